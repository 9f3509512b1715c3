/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PENDING_REMOVALS_H
#define PENDING_REMOVALS_H

/*
 * Intervals whose pages a thread of the process is about to drop. The kernel announces
 * this (UFFD_EVENT_REMOVE), but does not report when the pages are dropped. Until the caller
 * knows or has reason to assume that, the interval is open, and the caller maps nothing there.
 * Later it is unmapped again several times, with growing pauses, and whenever a caller
 * requests it.
 *
 * An interval is closed in two steps: the thread that has announced it was seen to continue;
 * then either the caller can prove that it has not lost its CPU since, or a time has passed.
 *
 * A pure data structure of fixed size. Must not know: what is mapped, the kernel, the
 * source of the time, how anything is proven.
 */

#include <stdbool.h>
#include <stdint.h>

/* In milliseconds. How long a thread may be without a CPU after it was seen to continue. */
#define REMOVAL_GRACE 16
/* How soon it is looked again whether a thread has continued. */
#define REMOVAL_POLL 1
/* Looks come 128, then 1024 and 8192 milliseconds after another, from the close on. */
#define REMOVAL_FIRST_LOOK 128
#define REMOVAL_LOOKS 3
#define REMOVAL_FACTOR 8

/* More than the service can read reports until the first of them is closed. */
#define PENDING_REMOVALS_MAX 4096

/* As a stamp: nothing can be proven for this interval. */
#define REMOVAL_UNPROVABLE UINT64_MAX

enum removal_state {
	REMOVAL_CLOSED,
	REMOVAL_ANNOUNCED, /* the thread was not seen to run since */
	REMOVAL_CONTINUED, /* it was */
	REMOVAL_UNPROVEN,  /* it may have lost its CPU: the time decides */
};

struct removal {
	uint64_t start;
	uint64_t end;	/* exclusive */
	uint64_t owner; /* who has announced it: any number of the caller's */
	uint64_t stamp; /* the caller's count of losses of a CPU at that time */
	enum removal_state state;
	/* time of the next step, in milliseconds of the caller's clock */
	uint64_t due;
	uint64_t wait;	    /* pause until the look after that */
	unsigned int looks; /* number of looks left */
};

struct pending_removals {
	struct removal items[PENDING_REMOVALS_MAX];
	unsigned int count;
};

/*
 * An open interval. Never fails. It takes the place of those of the same owner within it. When
 * there are too many, the one with the fewest looks left is dropped, closed ones first.
 */
void pending_removals_add(struct pending_removals *removals, uint64_t start,
	uint64_t end, uint64_t owner, uint64_t stamp, uint64_t now);

/* Whether any part of the interval is open; or open or to be looked at again. */
bool pending_removals_are_open(
	const struct pending_removals *removals, uint64_t start, uint64_t end);
bool pending_removals_overlap(
	const struct pending_removals *removals, uint64_t start, uint64_t end);
bool pending_removals_any_open(const struct pending_removals *removals);

/* An owner whose thread was not seen to continue; false: none from *next on. */
bool pending_removals_next_owner(const struct pending_removals *removals,
	unsigned int *next, uint64_t *owner);
/* All that this owner has announced by now has continued. */
void pending_removals_continue(
	struct pending_removals *removals, uint64_t owner, uint64_t now);

/* Whether pending_removals_close() can close any: it is worth while to prove something. */
bool pending_removals_can_close(
	const struct pending_removals *removals, uint64_t now);
/*
 * Closes what was announced at this stamp and has continued, and what has waited long enough.
 * Closed neighbours of one owner become one. Whether any was closed.
 */
bool pending_removals_close(
	struct pending_removals *removals, uint64_t stamp, uint64_t now);

/*
 * Stores a closed interval that is due for a look, and counts that look as taken; its last
 * look takes it out. false: none is due.
 */
bool pending_removals_take_due(struct pending_removals *removals, uint64_t now,
	uint64_t *start, uint64_t *end);

/* Milliseconds until the next step of any, at least 0; -1: none. A timeout for poll(). */
int pending_removals_wait(
	const struct pending_removals *removals, uint64_t now);

#endif /* PENDING_REMOVALS_H */
