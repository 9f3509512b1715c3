/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Arithmetic on intervals; see window.h. */

#include <rte_common.h>

#include "window.h"

/* The last block of all ends at 2^64, which is written as UINT64_MAX. */
struct window
window_block(uint64_t address, uint64_t size)
{
	struct window block = { .start = address & ~(size - 1) };

	block.end = block.start + size;
	if (block.end < block.start)
		block.end = UINT64_MAX;
	return block;
}

struct window
window_common(struct window a, struct window b)
{
	return (struct window){
		.start = RTE_MAX(a.start, b.start),
		.end = RTE_MIN(a.end, b.end),
	};
}

bool
window_contains(struct window outer, struct window inner)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}

bool
window_overlaps(struct window a, struct window b)
{
	return a.start < b.end && b.start < a.end;
}

uint64_t
window_size(struct window window)
{
	return window.end > window.start ? window.end - window.start : 0;
}
