/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Which userfaultfd follows which mappings; see watches.h. */

#include <errno.h>

#include <rte_common.h>

#include "watches.h"

/* The program's own descriptors come first. */
#define SHARE_OF_LIMIT 8
/* The most reports that are read at the end before what is followed is looked up again. */
#define LAST_REPORTS 1024
/* How long threads may take to continue after their report was read; in milliseconds. */
#define CLOSE_PATIENCE 10000

/* -errno: no descriptor now; the next mapping tries again. */
static int
watches_add(struct watches *watches)
{
	int fd = userfault_open();
	int ret;

	if (fd < 0)
		return fd;
	ret = userfault_set_add(watches->set, fd, watches->count);
	if (ret != 0) {
		userfault_close(fd);
		return ret;
	}
	watches->items[watches->count++] = (struct watch){ .fd = fd };
	return 0;
}

int
watches_open(struct watches *watches)
{
	unsigned int limit = userfault_descriptor_limit() / SHARE_OF_LIMIT;
	int ret;

	*watches = (struct watches){ .limit = RTE_MIN(limit, WATCHES_MAX) };
	watches->limit = RTE_MAX(watches->limit, 1u);
	area_lru_init(&watches->places, userfault_memory_alloc,
		userfault_memory_free);
	watches->set = userfault_set_open();
	if (watches->set < 0)
		return watches->set;
	ret = watches_add(watches);
	if (ret == 0)
		return 0;
	userfault_close(watches->set);
	watches->set = -1;
	return ret;
}

/* --- The record --- */

static struct interval
place_interval(const struct area *place)
{
	return (struct interval){ place->start, place->end };
}

static void
add_place(struct watches *watches, struct area *place, unsigned int number,
	struct interval interval)
{
	struct watch *watch = &watches->items[number];

	place->start = interval.start;
	place->end = interval.end;
	place->owner = number;
	area_lru_add(&watches->places, place);
	if (watch->places++ == 0)
		watch->hull = interval;
	watch->hull.start = RTE_MIN(watch->hull.start, interval.start);
	watch->hull.end = RTE_MAX(watch->hull.end, interval.end);
}

static void
add_rest(struct watches *watches, unsigned int number, struct interval rest)
{
	struct area *place;

	if (rest.start >= rest.end)
		return;
	place = area_lru_new(&watches->places);
	if (place != NULL)
		add_place(watches, place, number, rest);
}

/* Without memory for the second part it is left out of the record; see watches_record(). */
static void
cut_place(struct watches *watches, struct area *place, struct interval interval)
{
	const struct interval was = place_interval(place);
	const unsigned int number = place->owner;

	area_lru_remove(&watches->places, place);
	watches->items[number].places--;
	add_rest(watches, number,
		(struct interval){ was.start, interval.start });
	add_rest(watches, number, (struct interval){ interval.end, was.end });
}

static void
watches_cut(struct watches *watches, const unsigned int *number,
	struct interval interval)
{
	struct area *place = area_lru_next(&watches->places, interval.start);
	uint64_t end;

	while (place != NULL && place->start < interval.end) {
		end = place->end;
		if (number == NULL || place->owner == *number)
			cut_place(watches, place, interval);
		place = area_lru_next(&watches->places, end);
	}
}

void
watches_forget(
	struct watches *watches, unsigned int number, struct interval interval)
{
	watches_cut(watches, &number, interval);
}

/* The memory for a part that the cut may leave over is allocated before the cut. */
int
watches_record(
	struct watches *watches, unsigned int number, struct interval interval)
{
	struct area *place = area_lru_new(&watches->places);
	struct area *spare = area_lru_new(&watches->places);

	if (spare != NULL)
		area_lru_drop(&watches->places, spare);
	if (place == NULL)
		return -ENOMEM;
	if (spare == NULL) {
		area_lru_drop(&watches->places, place);
		return -ENOMEM;
	}
	watches_cut(watches, NULL, interval);
	add_place(watches, place, number, interval);
	return 0;
}

bool
watches_cover(const struct watches *watches, struct interval mapping,
	unsigned int *number)
{
	const struct area *place = area_lru_find(
		&watches->places, mapping.start);

	if (place == NULL || place->end < mapping.end)
		return false;
	*number = place->owner;
	return true;
}

bool
watches_next_place(const struct watches *watches, unsigned int number,
	uint64_t address, struct interval *place)
{
	const struct watch *watch = &watches->items[number];
	const struct area *found;

	if (watch->places == 0)
		return false;
	address = RTE_MAX(address, watch->hull.start);
	while (address < watch->hull.end) {
		found = area_lru_next(&watches->places, address);
		if (found == NULL)
			return false;
		if (found->owner == number) {
			*place = place_interval(found);
			return true;
		}
		address = found->end;
	}
	return false;
}

/* --- Descriptors --- */

/*
 * One that follows nothing, or a new one, or else one after the other. Where a thread has not
 * continued yet after its report was read, no mapping would be mapped until it has.
 */
static unsigned int
choose_watch(struct watches *watches)
{
	unsigned int unused = watches->count;
	unsigned int i;

	for (i = 0; i < watches->count; i++) {
		if (watches->items[i].places != 0)
			continue;
		if (watches_are_quiet(watches, i))
			return i;
		unused = i;
	}
	if (watches->count < watches->limit && watches_add(watches) == 0)
		return watches->count - 1;
	if (unused < watches->count)
		return unused;
	return watches->next_shared++ % watches->count;
}

static bool
is_anything_under_way(const struct watches *watches)
{
	unsigned int i;

	for (i = 0; i < watches->count; i++)
		if (!watches_are_quiet(watches, i))
			return true;
	return false;
}

/*
 * A mapping that has grown or moved, and is not in the record: to follow it once more succeeds
 * only with the userfaultfd that follows it already.
 */
static int
find_watch(const struct watches *watches, struct interval mapping,
	unsigned int *number)
{
	unsigned int i;

	for (i = 0; i < watches->count; i++) {
		*number = i;
		if (userfault_register(watches->items[i].fd, mapping.start,
			    mapping.end) == 0)
			return 0;
	}
	return is_anything_under_way(watches) ? -EAGAIN : -EBUSY;
}

int
watches_follow(
	struct watches *watches, struct interval mapping, unsigned int *number)
{
	const struct area *place = area_lru_next(
		&watches->places, mapping.start);
	int ret;

	*number = place != NULL && place->start < mapping.end
		? place->owner
		: choose_watch(watches);
	ret = userfault_register(
		watches->items[*number].fd, mapping.start, mapping.end);
	if (ret == -EBUSY)
		ret = find_watch(watches, mapping, number);
	return ret == 0 ? watches_record(watches, *number, mapping) : ret;
}

int
watches_ready(const struct watches *watches, unsigned int *numbers,
	unsigned int capacity)
{
	return userfault_set_ready(watches->set, numbers, capacity);
}

int
watches_read(const struct watches *watches, unsigned int number,
	struct memory_change *change)
{
	return userfault_read(watches->items[number].fd, change, 1);
}

bool
watches_are_quiet(const struct watches *watches, unsigned int number)
{
	return userfault_pending(watches->items[number].fd) == 0;
}

/* --- The end --- */

/* Only the userfaultfd that follows a mapping can follow it once more. */
static void
unfollow(const struct watches *watches, const struct vma *mapping)
{
	unsigned int i;

	for (i = 0; i < watches->count; i++)
		if (userfault_register(watches->items[i].fd, mapping->start,
			    mapping->end) == 0) {
			userfault_unregister(watches->items[i].fd,
				mapping->start, mapping->end);
			return;
		}
}

/*
 * Also mappings that have grown or moved. Those that another userfaultfd follows stay
 * followed: before Linux 6.17 a mapping can be unregistered through any userfaultfd.
 */
static void
unfollow_all(const struct watches *watches, const struct vma_query *view)
{
	struct vma mapping = { .end = 0 };

	while (vma_query_next(view, mapping.end, &mapping) == 0)
		/* A mapping is followed as a whole. */
		if (vma_query_is_registered(view, mapping.start,
			    mapping.start + mapping.page_size) == 0)
			unfollow(watches, &mapping);
}

static void
read_last_reports(const struct watches *watches)
{
	struct memory_change change;
	unsigned int i, count;

	for (i = 0; i < watches->count; i++)
		for (count = 0; count < LAST_REPORTS &&
			watches_read(watches, i, &change) > 0;
			count++)
			;
}

/*
 * The last close of a descriptor wakes all waiting threads, but this close may not be
 * the last: a forked child has the descriptor, too (userfaultfd_release()). So before it
 * is closed nothing may be followed, and no thread may be about to report a change.
 */
void
watches_close(struct watches *watches, const struct vma_query *view)
{
	const uint64_t last = userfault_now() + CLOSE_PATIENCE;

	if (watches->set < 0)
		return;
	unfollow_all(watches, view);
	read_last_reports(watches);
	/* Memory that has moved meanwhile. */
	unfollow_all(watches, view);
	do
		read_last_reports(watches);
	while (is_anything_under_way(watches) && userfault_now() < last &&
		userfault_wait(&watches->set, 1, 1) >= 0);
	while (watches->count > 0)
		userfault_close(watches->items[--watches->count].fd);
	userfault_close(watches->set);
	watches->set = -1;
}
