/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_HARDWARE_H
#define SVANIC_HARDWARE_H

/*
 * The device as a set of registers: what a driver does with it step by step, in the
 * datasheet's terms. Nothing else in the driver but the doorbells writes registers of
 * queues.
 *
 * Functions return 0 or -errno; those that fail have logged why, with `name`.
 * None of them locks, and each waits a bounded time at most.
 *
 * Must not know: ethdev, mbufs, address spaces.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_io.h>

#include "svanic_registers.h"

struct svanic_hardware {
	volatile uint8_t *registers; /* BAR 0 */
	const char *name;	     /* for log lines */
	uint32_t features;
	uint16_t pairs;
	uint16_t segments_max; /* of one outgoing frame */
	uint8_t ring_log2_max;
};

static inline uint32_t
svanic_read32(const struct svanic_hardware *hardware, uint32_t offset)
{
	return rte_read32(hardware->registers + offset);
}

static inline uint64_t
svanic_read64(const struct svanic_hardware *hardware, uint32_t offset)
{
	return rte_read64(hardware->registers + offset);
}

static inline void
svanic_write32(
	const struct svanic_hardware *hardware, uint32_t offset, uint32_t value)
{
	rte_write32(value, hardware->registers + offset);
}

static inline void
svanic_write64(
	const struct svanic_hardware *hardware, uint32_t offset, uint64_t value)
{
	rte_write64(value, hardware->registers + offset);
}

/* The registers of a queue begin here: SVANIC_RX or SVANIC_TX of a pair. */
static inline uint32_t
svanic_queue_at(uint16_t pair, uint32_t side)
{
	return SVANIC_PAIR(pair) + side;
}

/*
 * Looks whether this is a device that the driver knows, and what it can do.
 * -ENODEV: it is none.
 */
int svanic_hardware_identify(struct svanic_hardware *hardware);
bool svanic_hardware_is_gone(const struct svanic_hardware *hardware);
/* -ETIMEDOUT: the device does not come out of its reset; its DMA may go on. */
int svanic_hardware_reset(const struct svanic_hardware *hardware);

/*
 * Starts a queue that is off: `ring` is an address in the pair's address space.
 * -EIO: the device does not take it.
 */
int svanic_queue_enable(const struct svanic_hardware *hardware, uint32_t at,
	uint64_t ring, uint32_t size);
/*
 * Ends a queue's DMA, also when it has halted or waits for a page. -ETIMEDOUT: it may
 * go on; only a reset ends it then.
 */
int svanic_queue_disable(const struct svanic_hardware *hardware, uint32_t at);

/* What a pair's DMA carries, both of its queues being off; 0: no PASID. -EIO. */
int svanic_pair_set_pasid(
	const struct svanic_hardware *hardware, uint16_t pair, uint32_t pasid);

void svanic_hardware_get_mac(
	const struct svanic_hardware *hardware, struct rte_ether_addr *address);
void svanic_hardware_set_mac(const struct svanic_hardware *hardware,
	const struct rte_ether_addr *address);
/* A further address in filter n; NULL: none. */
void svanic_hardware_set_filter(const struct svanic_hardware *hardware,
	unsigned int n, const struct rte_ether_addr *address);

/* The same, and its frames go to a queue pair. */
void svanic_hardware_steer(const struct svanic_hardware *hardware,
	unsigned int n, const struct rte_ether_addr *address, uint16_t pair);

/* What an error code of section 7 means. */
const char *svanic_error_text(unsigned int code);

#endif /* SVANIC_HARDWARE_H */
