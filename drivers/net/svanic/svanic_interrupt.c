/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Interrupts: vector 0 tells of the link, of halted queues and of refused translations,
 * vector 1 + n of descriptors of queue pair n. EAL's interrupt thread runs the handler.
 *
 * Must not know: rings.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_interrupts.h>

#include "svanic_device.h"
#include "svanic_log.h"
#include "svanic_queue.h"

#define EVENTS (SVANIC_EVENT_LINK | SVANIC_EVENT_QUEUE | SVANIC_EVENT_FAULT)

/* The device has no speed of its own: it is as fast as what QEMU connects it to. */
static struct rte_eth_link
read_link(const struct rte_eth_dev *dev)
{
	const struct svanic_hardware *hardware = &svanic_device_of(dev)
							  ->hardware;
	struct rte_eth_link link = { 0 };

	link.link_speed = RTE_ETH_SPEED_NUM_UNKNOWN;
	link.link_duplex = RTE_ETH_LINK_FULL_DUPLEX;
	link.link_autoneg = RTE_ETH_LINK_FIXED;
	if (svanic_read32(hardware, SVANIC_STATUS) & SVANIC_STATUS_LINK)
		link.link_status = RTE_ETH_LINK_UP;
	return link;
}

/* 0 when the status has changed, else -1, as ethdev has it. Readers may be anywhere. */
int
svanic_link_update(struct rte_eth_dev *dev, int wait_to_complete)
{
	struct rte_eth_link old, new = read_link(dev);
	uint64_t word;

	RTE_SET_USED(wait_to_complete);
	RTE_BUILD_BUG_ON(sizeof(new) != sizeof(word));
	memcpy(&word, &new, sizeof(word));
	word = __atomic_exchange_n((uint64_t *)(void *)&dev->data->dev_link,
		word, __ATOMIC_SEQ_CST);
	memcpy(&old, &word, sizeof(word));
	return old.link_status == new.link_status ? -1 : 0;
}

/*
 * Where in its ring the queue could not go on; empty when the halt has no address. The
 * pair has one register for the last refused translation, which can be the other queue's.
 */
static void
describe_place(const struct svanic_hardware *hardware, uint16_t pair,
	uint32_t at, char *place, size_t size)
{
	uint64_t ring = svanic_read64(hardware, at + SVANIC_QUEUE_RING);
	uint64_t bytes = sizeof(union svanic_descriptor)
		<< (svanic_read32(hardware, at + SVANIC_QUEUE_SIZE) & 31);
	uint64_t address = svanic_read64(
		hardware, SVANIC_PAIR(pair) + SVANIC_FAULT_ADDRESS);
	uint32_t info = svanic_read32(
		hardware, SVANIC_PAIR(pair) + SVANIC_FAULT_INFO);

	place[0] = '\0';
	if ((info & SVANIC_FAULT_VALID) && address - ring < bytes)
		snprintf(place, size, ", at %#" PRIx64 " in its ring", address);
}

static bool
has_place(unsigned int error)
{
	return error == SVANIC_ERROR_REFUSED || error == SVANIC_ERROR_NO_PAGE ||
		error == SVANIC_ERROR_NO_ANSWER;
}

static void
log_halt(const struct svanic_hardware *hardware, uint16_t pair, uint32_t side,
	unsigned int error)
{
	char place[64] = "";

	if (has_place(error))
		describe_place(hardware, pair, svanic_queue_at(pair, side),
			place, sizeof(place));
	SVANIC_LOG(ERR,
		"%s: %s queue %" PRIu16
		" has halted: %s%s; it stays so until it or the port is stopped and started",
		hardware->name, side == SVANIC_RX ? "receive" : "transmit",
		pair, svanic_error_text(error), place);
}

/*
 * Once for each start of a queue. It is marked before its state is read: when it is
 * started in between, which takes the mark away, a halt that comes then is told of by the
 * event that it raises.
 */
static bool
tell_of_halt(struct svanic_device *device, uint16_t pair, uint32_t side)
{
	uint32_t bit = svanic_queue_bit(pair, side), state;

	if (__atomic_fetch_or(&device->halts_told, bit, __ATOMIC_SEQ_CST) & bit)
		return false;
	state = svanic_read32(&device->hardware,
		svanic_queue_at(pair, side) + SVANIC_QUEUE_STATE);
	if ((state & 0xff) != SVANIC_STATE_HALTED) {
		svanic_forget_halt(device, pair, side);
		return false;
	}
	log_halt(&device->hardware, pair, side,
		(state >> SVANIC_STATE_ERROR_SHIFT) & 0xff);
	return true;
}

static bool
find_halted(struct svanic_device *device)
{
	uint32_t halted = svanic_read32(&device->hardware, SVANIC_QUEUE_EVENTS);
	bool found = false;
	uint16_t pair;

	for (pair = 0; pair < device->hardware.pairs; pair++) {
		if (!(halted & (1u << pair)))
			continue;
		found |= tell_of_halt(device, pair, SVANIC_RX);
		found |= tell_of_halt(device, pair, SVANIC_TX);
	}
	return found;
}

void
svanic_forget_halt(struct svanic_device *device, uint16_t pair, uint32_t side)
{
	__atomic_fetch_and(&device->halts_told, ~svanic_queue_bit(pair, side),
		__ATOMIC_SEQ_CST);
}

/* What the device says of a queue that nobody has started is not believed. */
void
svanic_expect_no_halts(struct svanic_device *device)
{
	__atomic_store_n(&device->halts_told, UINT32_MAX, __ATOMIC_SEQ_CST);
}

/* The first one since the start; how many there are the statistics tell. */
static void
tell_of_fault(struct svanic_device *device)
{
	const struct svanic_hardware *hardware = &device->hardware;
	uint32_t info;
	uint16_t pair;

	for (pair = 0; pair < hardware->pairs && !device->fault_told; pair++) {
		info = svanic_read32(
			hardware, SVANIC_PAIR(pair) + SVANIC_FAULT_INFO);
		if (!(info & SVANIC_FAULT_VALID))
			continue;
		device->fault_told = true;
		SVANIC_LOG(WARNING,
			"%s: queue pair %" PRIu16
			": the IOMMU refuses to %s %#" PRIx64 " (PASID %" PRIu32
			"): memory that the device cannot reach; more of these are counted in the extended statistics only",
			hardware->name, pair,
			info & SVANIC_FAULT_WRITE ? "write" : "read",
			svanic_read64(hardware,
				SVANIC_PAIR(pair) + SVANIC_FAULT_ADDRESS),
			info & SVANIC_FAULT_WITH_PASID
				? info & SVANIC_PASID_MASK
				: 0);
	}
}

static void
handle(void *opaque)
{
	struct rte_eth_dev *dev = opaque;
	struct svanic_device *device = svanic_device_of(dev);
	const struct svanic_hardware *hardware = &device->hardware;
	uint32_t events = svanic_read32(hardware, SVANIC_EVENTS);

	svanic_write32(hardware, SVANIC_EVENTS, events);
	if (events & SVANIC_EVENT_FAULT)
		tell_of_fault(device);
	if ((events & SVANIC_EVENT_LINK) && svanic_link_update(dev, 0) == 0 &&
		dev->data->dev_conf.intr_conf.lsc)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
	if ((events & SVANIC_EVENT_QUEUE) && find_halted(device))
		rte_eth_dev_callback_process(
			dev, RTE_ETH_EVENT_INTR_RESET, NULL);
	rte_intr_ack(dev->intr_handle);
}

/* A vector for each receive queue, if the program wants to sleep on them. */
static int
prepare_queue_vectors(struct rte_eth_dev *dev)
{
	struct rte_intr_handle *handle = dev->intr_handle;
	uint16_t i, count = dev->data->nb_rx_queues;
	int ret;

	if (!dev->data->dev_conf.intr_conf.rxq || count == 0)
		return 0;
	if (!rte_intr_cap_multiple(handle))
		return -ENOTSUP;
	ret = rte_intr_efd_enable(handle, count);
	if (ret == 0)
		ret = rte_intr_vec_list_alloc(handle, "svanic", count);
	for (i = 0; i < count && ret == 0; i++)
		ret = rte_intr_vec_list_index_set(
			handle, i, RTE_INTR_VEC_RXTX_OFFSET + i);
	return ret;
}

static int
try_start(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);
	int ret;

	if (!device->listens)
		return -ENOTSUP;
	ret = prepare_queue_vectors(dev);
	if (ret == 0)
		ret = rte_intr_enable(dev->intr_handle);
	if (ret != 0)
		return ret;
	device->has_interrupts = true;
	svanic_write32(&device->hardware, SVANIC_EVENTS, EVENTS);
	svanic_write32(&device->hardware, SVANIC_EVENT_ENABLE, EVENTS);
	return 0;
}

/* Without interrupts a port works, if the program does not wait for them. */
int
svanic_interrupts_start(struct rte_eth_dev *dev)
{
	const struct rte_eth_intr_conf *wanted = &dev->data->dev_conf.intr_conf;
	bool needed = wanted->lsc || wanted->rxq;
	int ret = try_start(dev);

	if (ret == 0)
		return 0;
	svanic_interrupts_stop(dev);
	rte_log(needed ? RTE_LOG_ERR : RTE_LOG_WARNING, svanic_logtype,
		"SVANIC: %s: no interrupts (error %d)%s\n",
		svanic_device_of(dev)->hardware.name, ret,
		needed ? ": bind the device to vfio-pci, or do without lsc and rxq"
		       : ": nobody will be told when a queue halts");
	return needed ? ret : 0;
}

void
svanic_interrupts_stop(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);

	svanic_write32(&device->hardware, SVANIC_EVENT_ENABLE, 0);
	if (device->has_interrupts)
		rte_intr_disable(dev->intr_handle);
	device->has_interrupts = false;
	rte_intr_efd_disable(dev->intr_handle);
	rte_intr_vec_list_free(dev->intr_handle);
}

/* From probe to close, so that a port can be stopped by who is told of an event. */
void
svanic_interrupts_open(struct rte_eth_dev *dev)
{
	svanic_expect_no_halts(svanic_device_of(dev));
	svanic_device_of(dev)->listens = rte_intr_callback_register(
						 dev->intr_handle, handle,
						 dev) == 0;
}

void
svanic_interrupts_close(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);

	if (device->listens)
		rte_intr_callback_unregister_sync(
			dev->intr_handle, handle, dev);
	device->listens = false;
}

/*
 * Armed with the number of descriptors that were taken back, the vector comes at once
 * when there are more by now: nothing is slept through.
 */
int
svanic_rx_interrupt_enable(struct rte_eth_dev *dev, uint16_t number)
{
	const struct svanic_rx_queue *queue = dev->data->rx_queues[number];

	svanic_write32(queue->hardware, SVANIC_PAIR(number) + SVANIC_INTERRUPT,
		SVANIC_INTERRUPT_ARM | (queue->taken & SVANIC_INTERRUPT_COUNT));
	return 0;
}

int
svanic_rx_interrupt_disable(struct rte_eth_dev *dev, uint16_t number)
{
	svanic_write32(&svanic_device_of(dev)->hardware,
		SVANIC_PAIR(number) + SVANIC_INTERRUPT, 0);
	return 0;
}
