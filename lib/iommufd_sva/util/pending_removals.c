/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Intervals whose pages are about to be dropped; see pending_removals.h. */

#include <rte_common.h>

#include "util/pending_removals.h"

static struct removal
pending_removals_new(uint64_t start, uint64_t end, uint64_t now)
{
	return (struct removal){
		.start = start,
		.end = end,
		.due = now + REMOVAL_FIRST_LOOK,
		.wait = REMOVAL_FIRST_LOOK * REMOVAL_FACTOR,
		.looks = REMOVAL_LOOKS,
	};
}

static void
pending_removals_take_out(struct pending_removals *removals, unsigned int i)
{
	removals->items[i] = removals->items[--removals->count];
}

/*
 * Two intervals that touch become one. The time of the earlier look stays: otherwise a
 * series of announcements would delay it without end. It is an additional look, since it
 * may come too early for the later announcement; all others follow that announcement.
 */
static void
pending_removals_absorb_neighbours(
	struct pending_removals *removals, struct removal *added)
{
	unsigned int i = 0;

	while (i < removals->count) {
		const struct removal *item = &removals->items[i];

		if (item->start > added->end || item->end < added->start) {
			i++;
			continue;
		}
		added->start = RTE_MIN(added->start, item->start);
		added->end = RTE_MAX(added->end, item->end);
		if (item->due < added->due) {
			added->due = item->due;
			added->wait = REMOVAL_FIRST_LOOK;
			added->looks = REMOVAL_LOOKS + 1;
		}
		pending_removals_take_out(removals, i);
	}
}

static unsigned int
pending_removals_most_looked_at(const struct pending_removals *removals)
{
	unsigned int best = 0;
	unsigned int i;

	for (i = 1; i < removals->count; i++)
		if (removals->items[i].looks < removals->items[best].looks)
			best = i;
	return best;
}

void
pending_removals_add(struct pending_removals *removals, uint64_t start,
	uint64_t end, uint64_t now)
{
	struct removal added = pending_removals_new(start, end, now);

	pending_removals_absorb_neighbours(removals, &added);
	if (removals->count == PENDING_REMOVALS_MAX)
		pending_removals_take_out(
			removals, pending_removals_most_looked_at(removals));
	removals->items[removals->count++] = added;
}

bool
pending_removals_overlap(
	const struct pending_removals *removals, uint64_t start, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < removals->count; i++)
		if (removals->items[i].start < end &&
			removals->items[i].end > start)
			return true;
	return false;
}

bool
pending_removals_fresh(const struct pending_removals *removals)
{
	unsigned int i;

	for (i = 0; i < removals->count; i++)
		if (removals->items[i].looks >= REMOVAL_LOOKS)
			return true;
	return false;
}

bool
pending_removals_take_due(struct pending_removals *removals, uint64_t now,
	uint64_t *start, uint64_t *end)
{
	struct removal *item;
	unsigned int i;

	for (i = 0; i < removals->count; i++) {
		item = &removals->items[i];
		if (item->due > now)
			continue;
		*start = item->start;
		*end = item->end;
		item->due = now + item->wait;
		item->wait *= REMOVAL_FACTOR;
		if (--item->looks == 0)
			pending_removals_take_out(removals, i);
		return true;
	}
	return false;
}

int
pending_removals_wait(const struct pending_removals *removals, uint64_t now)
{
	uint64_t due = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < removals->count; i++)
		due = RTE_MIN(due, removals->items[i].due);
	if (due == UINT64_MAX)
		return -1;
	return due > now ? (int)(due - now) : 0;
}
