/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DIRTY_SET_H
#define DIRTY_SET_H

/*
 * A set of pages, as intervals of addresses. To add never fails: without memory, one interval
 * that covers all such additions takes them, so that the set has too many pages and
 * never too few.
 *
 * Must not know: what the pages are, locks.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dirty_interval {
	uint64_t first;
	uint64_t last;
};

/* All zero: an empty set. */
struct dirty_set {
	struct dirty_interval *items;
	size_t count;
	size_t capacity;
	bool spilled;
	struct dirty_interval spill;
};

void dirty_set_add(struct dirty_set *set, uint64_t first, uint64_t last);

/* Sets the bits of the pages in [first, last]; bit 0 is the page at first. */
void dirty_set_read(const struct dirty_set *set, uint64_t first, uint64_t last,
	uint64_t page_size, uint64_t *bitmap);

/* Takes [first, last] out. What cannot be cut for want of memory stays. */
void dirty_set_remove(struct dirty_set *set, uint64_t first, uint64_t last);

void dirty_set_clear(struct dirty_set *set);

#endif /* DIRTY_SET_H */
