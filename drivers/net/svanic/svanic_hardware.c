/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The device as a set of registers; see svanic_hardware.h. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "svanic_hardware.h"
#include "svanic_log.h"

/* Nothing in the device takes this long: what does is broken. */
#define PATIENCE_MS 2000
#define POLL_US 10

/* Nothing answers any more: it was pulled out, or has lost its power. */
bool
svanic_hardware_is_gone(const struct svanic_hardware *hardware)
{
	return svanic_read32(hardware, SVANIC_ID) == UINT32_MAX;
}

/* Whether `bits` of a register become zero in time. A device that is gone does nothing. */
static bool
wait_for_zero(
	const struct svanic_hardware *hardware, uint32_t offset, uint32_t bits)
{
	uint64_t end = rte_get_timer_cycles() +
		rte_get_timer_hz() * PATIENCE_MS / 1000;

	while ((svanic_read32(hardware, offset) & bits) != 0) {
		if (svanic_hardware_is_gone(hardware))
			return true;
		if (rte_get_timer_cycles() > end)
			return false;
		rte_delay_us_sleep(POLL_US);
	}
	return true;
}

int
svanic_hardware_identify(struct svanic_hardware *hardware)
{
	uint32_t id = svanic_read32(hardware, SVANIC_ID);
	uint32_t version = svanic_read32(hardware, SVANIC_VERSION);
	uint32_t limits = svanic_read32(hardware, SVANIC_LIMITS);

	if (id != SVANIC_ID_VALUE ||
		version >> 16 != SVANIC_VERSION_VALUE >> 16) {
		SVANIC_LOG(ERR,
			"%s: not a device of this driver: its ID is %#" PRIx32
			", its version %#" PRIx32,
			hardware->name, id, version);
		return -ENODEV;
	}
	hardware->pairs = RTE_MIN(limits & 0xff, (uint32_t)SVANIC_PAIRS_MAX);
	hardware->ring_log2_max = RTE_MIN(
		(limits >> 8) & 0xff, (uint32_t)SVANIC_RING_LOG2_MAX);
	hardware->segments_max = RTE_MIN(
		(limits >> 16) & 0xff, (uint32_t)SVANIC_SEGMENTS_MAX);
	hardware->features = svanic_read32(hardware, SVANIC_FEATURES);
	if (hardware->pairs == 0 ||
		hardware->ring_log2_max < SVANIC_RING_LOG2_MIN ||
		hardware->segments_max == 0) {
		SVANIC_LOG(ERR,
			"%s: the device's limits (%#" PRIx32 ") make no sense",
			hardware->name, limits);
		return -ENODEV;
	}
	return 0;
}

int
svanic_hardware_reset(const struct svanic_hardware *hardware)
{
	svanic_write32(hardware, SVANIC_CONTROL, SVANIC_CONTROL_RESET);
	if (wait_for_zero(hardware, SVANIC_CONTROL, SVANIC_CONTROL_RESET))
		return 0;
	SVANIC_LOG(ERR,
		"%s: the device does not come out of its reset: rebind it to its driver, which resets its slot",
		hardware->name);
	return -ETIMEDOUT;
}

int
svanic_queue_enable(const struct svanic_hardware *hardware, uint32_t at,
	uint64_t ring, uint32_t size)
{
	uint32_t state;

	svanic_write64(hardware, at + SVANIC_QUEUE_RING, ring);
	svanic_write32(
		hardware, at + SVANIC_QUEUE_SIZE, (uint32_t)rte_log2_u32(size));
	svanic_write32(
		hardware, at + SVANIC_QUEUE_CONTROL, SVANIC_QUEUE_ENABLE);
	state = svanic_read32(hardware, at + SVANIC_QUEUE_STATE);
	if ((state & 0xff) != SVANIC_STATE_HALTED)
		return 0;
	SVANIC_LOG(ERR,
		"%s: the device does not take a ring of %" PRIu32
		" descriptors at %#" PRIx64 ": %s",
		hardware->name, size, ring,
		svanic_error_text(state >> SVANIC_STATE_ERROR_SHIFT));
	svanic_write32(hardware, at + SVANIC_QUEUE_CONTROL, 0);
	return -EIO;
}

int
svanic_queue_disable(const struct svanic_hardware *hardware, uint32_t at)
{
	svanic_write32(hardware, at + SVANIC_QUEUE_CONTROL, 0);
	if (wait_for_zero(
		    hardware, at + SVANIC_QUEUE_CONTROL, SVANIC_QUEUE_ENABLE))
		return 0;
	SVANIC_LOG(ERR,
		"%s: a queue does not end its DMA (registers at %#" PRIx32
		"): the device is reset, and works again when the port is stopped and started",
		hardware->name, at);
	return -ETIMEDOUT;
}

int
svanic_pair_set_pasid(
	const struct svanic_hardware *hardware, uint16_t pair, uint32_t pasid)
{
	uint32_t at = SVANIC_PAIR(pair) + SVANIC_PASID;

	svanic_write32(hardware, at, pasid);
	if (svanic_read32(hardware, at) == pasid)
		return 0;
	SVANIC_LOG(ERR,
		"%s: the device does not take the PASID of queue pair %" PRIu16
		": one of its queues is running",
		hardware->name, pair);
	return -EIO;
}

void
svanic_hardware_get_mac(
	const struct svanic_hardware *hardware, struct rte_ether_addr *address)
{
	uint32_t low = svanic_read32(hardware, SVANIC_MAC_LOW);
	uint32_t high = svanic_read32(hardware, SVANIC_MAC_HIGH);
	unsigned int i;

	for (i = 0; i < 4; i++)
		address->addr_bytes[i] = low >> (8 * i);
	for (; i < RTE_ETHER_ADDR_LEN; i++)
		address->addr_bytes[i] = high >> (8 * (i - 4));
}

static uint32_t
low_of(const struct rte_ether_addr *address)
{
	const uint8_t *byte = address->addr_bytes;

	return byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
		(uint32_t)byte[3] << 24;
}

static uint32_t
high_of(const struct rte_ether_addr *address)
{
	return address->addr_bytes[4] | (uint32_t)address->addr_bytes[5] << 8;
}

void
svanic_hardware_set_mac(const struct svanic_hardware *hardware,
	const struct rte_ether_addr *address)
{
	svanic_write32(hardware, SVANIC_MAC_LOW, low_of(address));
	svanic_write32(hardware, SVANIC_MAC_HIGH, high_of(address));
}

static void
write_filter(const struct svanic_hardware *hardware, unsigned int n,
	const struct rte_ether_addr *address, uint32_t bits)
{
	/* It is no filter while it is half written. */
	svanic_write32(hardware, SVANIC_FILTER_HIGH(n), 0);
	if (address == NULL)
		return;
	svanic_write32(hardware, SVANIC_FILTER_LOW(n), low_of(address));
	svanic_write32(hardware, SVANIC_FILTER_HIGH(n),
		high_of(address) | SVANIC_FILTER_VALID | bits);
}

void
svanic_hardware_set_filter(const struct svanic_hardware *hardware,
	unsigned int n, const struct rte_ether_addr *address)
{
	write_filter(hardware, n, address, 0);
}

void
svanic_hardware_steer(const struct svanic_hardware *hardware, unsigned int n,
	const struct rte_ether_addr *address, uint16_t pair)
{
	write_filter(hardware, n, address,
		SVANIC_FILTER_STEER |
			(uint32_t)pair << SVANIC_FILTER_QUEUE_SHIFT);
}

const char *
svanic_error_text(unsigned int code)
{
	static const char *const texts[] = {
		[SVANIC_ERROR_NONE] = "no error",
		[SVANIC_ERROR_REFUSED] =
			"the IOMMU does not translate an address for this access",
		[SVANIC_ERROR_NO_PAGE] = "the process has no such page",
		[SVANIC_ERROR_NO_ANSWER] =
			"a page request was not answered, or with a failure",
		[SVANIC_ERROR_NO_PASID] =
			"the host has not enabled PASID, ATS or page requests",
		[SVANIC_ERROR_MALFORMED] =
			"a descriptor, ring or doorbell against the rules",
		[SVANIC_ERROR_BUS] = "nothing answers at an address",
	};

	if (code >= RTE_DIM(texts))
		return "an error that the driver does not know";
	return texts[code];
}
