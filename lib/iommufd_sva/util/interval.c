/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Arithmetic on intervals; see interval.h. */

#include <rte_common.h>

#include "util/interval.h"

/* The last block of all ends at 2^64, which is written as UINT64_MAX. */
struct interval
interval_block(uint64_t address, uint64_t size)
{
	struct interval block = { .start = address & ~(size - 1) };

	block.end = block.start + size;
	if (block.end < block.start)
		block.end = UINT64_MAX;
	return block;
}

struct interval
interval_common(struct interval a, struct interval b)
{
	return (struct interval){
		.start = RTE_MAX(a.start, b.start),
		.end = RTE_MIN(a.end, b.end),
	};
}

bool
interval_contains(struct interval outer, struct interval inner)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}

bool
interval_overlaps(struct interval a, struct interval b)
{
	return a.start < b.end && b.start < a.end;
}

uint64_t
interval_size(struct interval window)
{
	return window.end > window.start ? window.end - window.start : 0;
}
