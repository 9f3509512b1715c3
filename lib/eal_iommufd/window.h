/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef WINDOW_H
#define WINDOW_H

/*
 * How much is mapped around an address that is asked for: arithmetic on intervals. An
 * end is exclusive; sizes are powers of two.
 *
 * Must not know: what the intervals stand for.
 */

#include <stdbool.h>
#include <stdint.h>

struct window {
	uint64_t start;
	uint64_t end;
};

/* The aligned block of that size around the address. */
struct window window_block(uint64_t address, uint64_t size);

/* What both have in common; empty (start not below end) when that is nothing. */
struct window window_common(struct window a, struct window b);

bool window_contains(struct window outer, struct window inner);
bool window_overlaps(struct window a, struct window b);
uint64_t window_size(struct window window);

#endif /* WINDOW_H */
