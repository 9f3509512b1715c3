/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_RING_H
#define SVANIC_RING_H

/*
 * The arithmetic of a ring whose numbers of descriptors count modulo 2^32.
 *
 * Must not know: what a descriptor means, QEMU.
 */

#include <stdbool.h>
#include <stdint.h>

#include "svanic_registers.h"

#define RING_DESCRIPTOR_SIZE 16u
#define RING_PAGE_SIZE 4096u

struct ring {
	uint64_t address;
	uint8_t log2_size;
	uint32_t tail; /* given to the device */
	uint32_t head; /* given back */
};

static inline bool
ring_is_valid(uint64_t address, uint32_t log2_size)
{
	return log2_size >= SVANIC_RING_LOG2_MIN &&
		log2_size <= SVANIC_RING_LOG2_MAX &&
		address % SVANIC_RING_ALIGNMENT == 0;
}

/* A doorbell can give at most what the ring holds, and takes nothing back. */
static inline bool
ring_takes_tail(const struct ring *ring, uint32_t tail)
{
	return tail - ring->head <= UINT32_C(1) << ring->log2_size &&
		tail - ring->head >= ring->tail - ring->head;
}

static inline uint32_t
ring_slot(const struct ring *ring, uint32_t number)
{
	return number & ((UINT32_C(1) << ring->log2_size) - 1);
}

static inline uint64_t
ring_slot_address(const struct ring *ring, uint32_t number)
{
	return ring->address +
		(uint64_t)ring_slot(ring, number) * RING_DESCRIPTOR_SIZE;
}

/* How many descriptors from this number on can be read at once: given, in one page,
 * not beyond the ring's end. */
static inline uint32_t
ring_batch(const struct ring *ring, uint32_t number)
{
	uint32_t given = ring->tail - number;
	uint32_t to_end = (UINT32_C(1) << ring->log2_size) -
		ring_slot(ring, number);
	uint32_t in_page = (RING_PAGE_SIZE -
				   (uint32_t)(ring_slot_address(ring, number) %
					   RING_PAGE_SIZE)) /
		RING_DESCRIPTOR_SIZE;
	uint32_t count = given < to_end ? given : to_end;

	return count < in_page ? count : in_page;
}

#endif /* SVANIC_RING_H */
