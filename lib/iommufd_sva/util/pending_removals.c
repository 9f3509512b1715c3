/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Intervals whose pages are about to be dropped; see pending_removals.h. */

#include <rte_common.h>

#include "util/pending_removals.h"

static void
take_out(struct pending_removals *removals, unsigned int i)
{
	removals->items[i] = removals->items[--removals->count];
}

static bool
is_open(const struct removal *item)
{
	return item->state != REMOVAL_CLOSED;
}

/* --- Open ones --- */

static bool
is_within(const struct removal *item, const struct removal *added)
{
	return item->owner == added->owner && item->start >= added->start &&
		item->end <= added->end;
}

/*
 * The newer announcement holds what the older one does, and for longer. A proof for the newer
 * one says nothing about the older one's thread if that may have lost its CPU before.
 */
static void
take_out_within(struct pending_removals *removals, struct removal *added)
{
	const struct removal *item;
	unsigned int i = 0;

	while (i < removals->count) {
		item = &removals->items[i];
		if (!is_within(item, added)) {
			i++;
			continue;
		}
		if (is_open(item) && item->stamp != added->stamp)
			added->stamp = REMOVAL_UNPROVABLE;
		take_out(removals, i);
	}
}

static bool
is_dropped_before(const struct removal *item, const struct removal *other)
{
	if (is_open(item) != is_open(other))
		return is_open(other);
	return item->looks < other->looks;
}

static unsigned int
find_least_needed(const struct pending_removals *removals)
{
	unsigned int best = 0;
	unsigned int i;

	for (i = 1; i < removals->count; i++)
		if (is_dropped_before(
			    &removals->items[i], &removals->items[best]))
			best = i;
	return best;
}

void
pending_removals_add(struct pending_removals *removals, uint64_t start,
	uint64_t end, uint64_t owner, uint64_t stamp, uint64_t now)
{
	struct removal added = {
		.start = start,
		.end = end,
		.owner = owner,
		.stamp = stamp,
		.state = REMOVAL_ANNOUNCED,
		.due = now + REMOVAL_POLL,
		.looks = REMOVAL_LOOKS,
	};

	take_out_within(removals, &added);
	if (removals->count == PENDING_REMOVALS_MAX)
		take_out(removals, find_least_needed(removals));
	removals->items[removals->count++] = added;
}

static bool
overlaps(const struct removal *item, uint64_t start, uint64_t end)
{
	return item->start < end && item->end > start;
}

bool
pending_removals_are_open(
	const struct pending_removals *removals, uint64_t start, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < removals->count; i++)
		if (is_open(&removals->items[i]) &&
			overlaps(&removals->items[i], start, end))
			return true;
	return false;
}

bool
pending_removals_overlap(
	const struct pending_removals *removals, uint64_t start, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < removals->count; i++)
		if (overlaps(&removals->items[i], start, end))
			return true;
	return false;
}

bool
pending_removals_any_open(const struct pending_removals *removals)
{
	return pending_removals_are_open(removals, 0, UINT64_MAX);
}

bool
pending_removals_next_owner(const struct pending_removals *removals,
	unsigned int *next, uint64_t *owner)
{
	const struct removal *item;

	while (*next < removals->count) {
		item = &removals->items[(*next)++];
		*owner = item->owner;
		if (item->state == REMOVAL_ANNOUNCED)
			return true;
	}
	return false;
}

void
pending_removals_continue(
	struct pending_removals *removals, uint64_t owner, uint64_t now)
{
	struct removal *item;
	unsigned int i;

	for (i = 0; i < removals->count; i++) {
		item = &removals->items[i];
		if (item->owner != owner || item->state != REMOVAL_ANNOUNCED)
			continue;
		item->state = item->stamp == REMOVAL_UNPROVABLE
			? REMOVAL_UNPROVEN
			: REMOVAL_CONTINUED;
		item->due = now + REMOVAL_GRACE;
	}
}

/* --- Closing --- */

static bool
can_close(const struct removal *item, uint64_t now)
{
	return item->state == REMOVAL_CONTINUED ||
		(item->state == REMOVAL_UNPROVEN && item->due <= now);
}

bool
pending_removals_can_close(
	const struct pending_removals *removals, uint64_t now)
{
	unsigned int i;

	for (i = 0; i < removals->count; i++)
		if (can_close(&removals->items[i], now))
			return true;
	return false;
}

static void
close_one(struct removal *item, uint64_t now)
{
	item->state = REMOVAL_CLOSED;
	item->due = now + REMOVAL_FIRST_LOOK;
	item->wait = REMOVAL_FIRST_LOOK * REMOVAL_FACTOR;
	item->looks = REMOVAL_LOOKS;
}

static bool
are_closed_neighbours(const struct removal *one, const struct removal *other)
{
	return one->owner == other->owner && !is_open(one) && !is_open(other) &&
		one->start <= other->end && other->start <= one->end;
}

/* The time of the earlier look stays, else a series of them would delay it without end. */
static void
absorb(struct removal *item, const struct removal *other)
{
	item->start = RTE_MIN(item->start, other->start);
	item->end = RTE_MAX(item->end, other->end);
	if (other->due >= item->due)
		return;
	item->due = other->due;
	item->wait = REMOVAL_FIRST_LOOK;
	item->looks = REMOVAL_LOOKS + 1;
}

/* What was just closed leaves its place for that, and comes back as the last one. */
static void
absorb_neighbours(struct pending_removals *removals, unsigned int number)
{
	struct removal whole = removals->items[number];
	unsigned int i = 0;

	take_out(removals, number);
	while (i < removals->count) {
		if (!are_closed_neighbours(&whole, &removals->items[i])) {
			i++;
			continue;
		}
		absorb(&whole, &removals->items[i]);
		take_out(removals, i);
		i = 0;
	}
	removals->items[removals->count++] = whole;
}

/* The first one that can be closed; false: none is left. */
static bool
close_next(struct pending_removals *removals, uint64_t stamp, uint64_t now)
{
	struct removal *item;
	unsigned int i;

	for (i = 0; i < removals->count; i++) {
		item = &removals->items[i];
		if (!can_close(item, now))
			continue;
		if (item->due > now && item->stamp != stamp) {
			item->state = REMOVAL_UNPROVEN;
			continue;
		}
		close_one(item, now);
		absorb_neighbours(removals, i);
		return true;
	}
	return false;
}

bool
pending_removals_close(
	struct pending_removals *removals, uint64_t stamp, uint64_t now)
{
	bool any = false;

	while (close_next(removals, stamp, now))
		any = true;
	return any;
}

/* --- Closed ones --- */

bool
pending_removals_take_due(struct pending_removals *removals, uint64_t now,
	uint64_t *start, uint64_t *end)
{
	struct removal *item;
	unsigned int i;

	for (i = 0; i < removals->count; i++) {
		item = &removals->items[i];
		if (is_open(item) || item->due > now)
			continue;
		*start = item->start;
		*end = item->end;
		item->due = now + item->wait;
		item->wait *= REMOVAL_FACTOR;
		if (--item->looks == 0)
			take_out(removals, i);
		return true;
	}
	return false;
}

/* What has continued and was not tried yet is due at once. */
static uint64_t
due_of(const struct removal *item, uint64_t now)
{
	if (item->state == REMOVAL_CONTINUED)
		return now;
	if (item->state == REMOVAL_ANNOUNCED)
		return now + REMOVAL_POLL;
	return item->due;
}

int
pending_removals_wait(const struct pending_removals *removals, uint64_t now)
{
	uint64_t due = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < removals->count; i++)
		due = RTE_MIN(due, due_of(&removals->items[i], now));
	if (due == UINT64_MAX)
		return -1;
	return due > now ? (int)(due - now) : 0;
}
