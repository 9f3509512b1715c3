/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PENDING_REMOVALS_H
#define PENDING_REMOVALS_H

/*
 * Intervals whose pages a thread of the process is about to drop. The kernel announces
 * this (UFFD_EVENT_REMOVE), but does not report when the pages are dropped. Pages that
 * are mapped there in between may be the old ones, so the interval is unmapped again:
 * several times, with growing pauses, and whenever a caller requests it.
 *
 * A pure data structure of fixed size. Must not know: what is mapped, the kernel, the
 * source of the time.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * In milliseconds: 2 after the announcement, then 16, 128, 1024 and 8192 after another. The
 * clock counts whole milliseconds, so the first look comes 1 to 2 after it.
 */
#define REMOVAL_FIRST_LOOK 2
#define REMOVAL_LOOKS 5
#define REMOVAL_FACTOR 8

/* More than the service can read reports until the first look at the first of them. */
#define PENDING_REMOVALS_MAX 4096

struct removal {
	uint64_t start;
	uint64_t end; /* exclusive */
	uint64_t
		due; /* time of the next look, in milliseconds of the caller's clock */
	uint64_t wait;	    /* pause until the look after that */
	unsigned int looks; /* number of looks left */
};

struct pending_removals {
	struct removal items[PENDING_REMOVALS_MAX];
	unsigned int count;
};

/*
 * Never fails. Intervals that touch become one. When there are too many, the one with the
 * fewest looks left is dropped; it had its first look by then.
 */
void pending_removals_add(struct pending_removals *removals, uint64_t start,
	uint64_t end, uint64_t now);

/* Whether any part of the interval is about to be dropped. */
bool pending_removals_overlap(
	const struct pending_removals *removals, uint64_t start, uint64_t end);

/* Whether one had no look yet since its last announcement. */
bool pending_removals_fresh(const struct pending_removals *removals);

/*
 * Stores an interval that is due for a look, and counts that look as taken; its last
 * look takes it out. false: none is due.
 */
bool pending_removals_take_due(struct pending_removals *removals, uint64_t now,
	uint64_t *start, uint64_t *end);

/* Milliseconds until one is due, at least 0; -1: none will be. A timeout for poll(). */
int pending_removals_wait(
	const struct pending_removals *removals, uint64_t now);

#endif /* PENDING_REMOVALS_H */
