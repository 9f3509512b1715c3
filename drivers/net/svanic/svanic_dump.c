/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The device's registers and its rings' descriptors as they are, for who looks for a fault
 * in it. None of them changes by being read.
 *
 * Must not know: what is in them.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "svanic_device.h"
#include "svanic_queue.h"

int
svanic_registers_get(struct rte_eth_dev *dev, struct rte_dev_reg_info *info)
{
	const struct svanic_hardware *hardware = &svanic_device_of(dev)
							  ->hardware;
	uint32_t *words = info->data, i;
	uint32_t count = SVANIC_PAIR(hardware->pairs) / sizeof(*words);

	info->width = sizeof(*words);
	if (words == NULL) { /* only the room that is needed is asked for */
		info->length = count;
		return 0;
	}
	if (info->length != 0 && info->length != count)
		return -ENOTSUP;
	info->length = count;
	info->version = svanic_read32(hardware, SVANIC_VERSION);
	for (i = 0; i < count; i++)
		words[i] = svanic_read32(hardware, i * sizeof(*words));
	return 0;
}

static void
print_descriptor(FILE *file, uint16_t offset, uint32_t place,
	const union svanic_descriptor *descriptor, const char *state)
{
	fprintf(file,
		"%" PRIu16 ": place %" PRIu32 ", %s, address 0x%" PRIx64
		", bytes 8 to 15 0x%016" PRIx64 "\n",
		offset, place, state,
		__atomic_load_n(&descriptor->words[0], __ATOMIC_RELAXED),
		__atomic_load_n(&descriptor->words[1], __ATOMIC_RELAXED));
}

/* Some places in a row, from one that is `offset` further than the queue's next one. */
static bool
is_in_ring(uint16_t offset, uint16_t count, uint32_t mask)
{
	return count > 0 && (uint32_t)offset + count <= mask + 1;
}

int
svanic_rx_dump(const struct rte_eth_dev *dev, uint16_t number, uint16_t offset,
	uint16_t count, FILE *file)
{
	static const char *const states[] = {
		[RTE_ETH_RX_DESC_AVAIL] = "given to the device",
		[RTE_ETH_RX_DESC_DONE] = "received",
		[RTE_ETH_RX_DESC_UNAVAIL] = "empty",
	};
	struct svanic_rx_queue *queue = dev->data->rx_queues[number];
	uint32_t end = (uint32_t)offset + count, place;

	if (queue == NULL || !is_in_ring(offset, count, queue->mask))
		return -EINVAL;
	for (; offset < end; offset++) {
		place = (queue->taken + offset) & queue->mask;
		print_descriptor(file, offset, place, &queue->ring[place],
			states[svanic_rx_status(queue, offset)]);
	}
	return 0;
}

int
svanic_tx_dump(const struct rte_eth_dev *dev, uint16_t number, uint16_t offset,
	uint16_t count, FILE *file)
{
	struct svanic_tx_queue *queue = dev->data->tx_queues[number];
	uint32_t end = (uint32_t)offset + count, place;

	if (queue == NULL || !is_in_ring(offset, count, queue->mask))
		return -EINVAL;
	for (; offset < end; offset++) {
		place = (queue->next + offset) & queue->mask;
		print_descriptor(file, offset, place, &queue->ring[place],
			svanic_tx_status(queue, offset) == RTE_ETH_TX_DESC_FULL
				? "given to the device"
				: "free, or sent");
	}
	return 0;
}
