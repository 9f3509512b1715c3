/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INTERVAL_H
#define INTERVAL_H

/*
 * How much is mapped around a requested address: arithmetic on intervals. An
 * end is exclusive; sizes are powers of two.
 *
 * Must not know: what the intervals stand for.
 */

#include <stdbool.h>
#include <stdint.h>

struct interval {
	uint64_t start;
	uint64_t end;
};

/* The aligned block of that size around the address. */
struct interval interval_block(uint64_t address, uint64_t size);

/* The intersection of both; empty (start not below end) when they do not overlap. */
struct interval interval_common(struct interval a, struct interval b);

bool interval_contains(struct interval outer, struct interval inner);
bool interval_overlaps(struct interval a, struct interval b);
uint64_t interval_size(struct interval window);

#endif /* INTERVAL_H */
