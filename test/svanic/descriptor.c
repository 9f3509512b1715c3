/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What makes a descriptor malformed.
 *
 * Must not know: QEMU, where descriptors come from.
 */

#include "descriptor.h"

#define TX_SUMS (SVANIC_TX_IPV4_SUM | SVANIC_TX_TCP_SUM | SVANIC_TX_UDP_SUM)
#define TX_FLAGS (SVANIC_TX_END | SVANIC_TX_REPORT | TX_SUMS)

bool
descriptor_rx_is_valid(const struct svanic_rx_descriptor *descriptor)
{
	return descriptor->length != 0 && descriptor->status == 0 &&
		descriptor->hash == 0;
}

uint32_t
descriptors_tx_length(
	const struct svanic_tx_descriptor *descriptors, unsigned int count)
{
	uint32_t length = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		length += descriptors[i].length;
	return length;
}

static bool
sums_are_possible(const struct svanic_tx_descriptor *first, uint32_t length)
{
	if ((first->flags & SVANIC_TX_TCP_SUM) &&
		(first->flags & SVANIC_TX_UDP_SUM))
		return false;
	return (uint32_t)first->l2_length + first->l3_length <= length;
}

bool
descriptors_tx_are_valid(const struct svanic_tx_descriptor *descriptors,
	unsigned int count, uint32_t frame_limit)
{
	uint32_t length = descriptors_tx_length(descriptors, count);
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (descriptors[i].length == 0 ||
			descriptors[i].reserved != 0 ||
			(descriptors[i].flags & ~TX_FLAGS) != 0)
			return false;
	}
	if (length > frame_limit)
		return false;
	return (descriptors[0].flags & TX_SUMS) == 0 ||
		sums_are_possible(&descriptors[0], length);
}
