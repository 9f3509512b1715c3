/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Compares a frame's destination with the addresses the device has.
 *
 * Must not know: QEMU, queues, what is in a frame behind its addresses.
 */

#include "filter.h"

#include <stdbool.h>

static uint64_t
address_of_registers(uint32_t low, uint32_t high)
{
	return (uint64_t)(high & 0xffff) << 32 | low;
}

static uint64_t
address_of_frame(const uint8_t bytes[6])
{
	uint64_t address = 0;
	int i;

	for (i = 5; i >= 0; i--)
		address = address << 8 | bytes[i];
	return address;
}

static bool
is_accepted_by_mode(uint32_t mode, uint64_t address)
{
	bool is_broadcast = address == UINT64_C(0xffffffffffff);
	bool is_group = address & 1;

	if (mode & SVANIC_RECEIVE_PROMISCUOUS)
		return true;
	if (is_broadcast && (mode & SVANIC_RECEIVE_BROADCAST))
		return true;
	return is_group && (mode & SVANIC_RECEIVE_ALL_MULTICAST);
}

int
filter_destination(const struct filters *filters, const uint8_t destination[6])
{
	uint64_t address = address_of_frame(destination);
	bool accepted = address ==
			address_of_registers(
				filters->mac[0], filters->mac[1]) ||
		is_accepted_by_mode(filters->mode, address);
	unsigned int i;

	for (i = 0; i < SVANIC_FILTERS; i++) {
		uint32_t low = filters->further[i][0],
			 high = filters->further[i][1];

		if (!(high & SVANIC_FILTER_VALID) ||
			address_of_registers(low, high) != address)
			continue;
		if (high & SVANIC_FILTER_STEER)
			return high >> SVANIC_FILTER_QUEUE_SHIFT & 0xf;
		accepted = true;
	}
	return accepted ? FILTER_ANY : FILTER_NOBODY;
}
