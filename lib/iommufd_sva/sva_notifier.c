/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Unmaps memory that the process frees or changes, so that devices cannot reach it.
 *
 * The thread that changes followed memory continues when its report is read, and before that
 * only the mapping is known that the report is about (watches.h). So all that devices reach of
 * this mapping is unmapped first, then one report is read. When munmap(), mremap(), brk() or
 * mmap() returns, no device reaches what was there.
 *
 * The kernel reports munmap() and mremap() when they are done, and madvise() before it
 * drops pages (userfaultfd_remove()), but not when it has dropped them. Until then nothing is
 * mapped there. When the thread has dropped them cannot be seen; it is concluded (doc/sva.md), and
 * for the case that it was wrong, the interval is unmapped again at each of several looks
 * (pending_removals.h).
 *
 * Must not know: which device requests memory; which requests are refused.
 */

#include <errno.h>

#include "kernel/userfault.h"
#include "sva.h"

#define READY 32
/*
 * The most reports that are read by sva_notifier_read_all(), while threads change memory all the
 * time. Each thread has at most one report waiting, so with up to 1024 threads all reports that
 * were there at the beginning are read.
 */
#define CHANGES_MAX 1024

int
sva_invalidate_area(struct rte_iommufd_sva *sva, struct area *area)
{
	const struct interval gone = { area->start, area->end };
	int ret = rte_iommufd_fault_space_unmap(
		sva->faults, gone.start, interval_size(gone));

	sva->stats.unmap_calls++;
	if (ret != 0) {
		sva->failed = true;
		sva_report(&sva->report, SVA_REPORT_UNMAP, gone.start,
			interval_size(gone), 0, ret);
	}
	area_lru_remove(&sva->residency, area);
	return ret;
}

int
sva_invalidate_interval(struct rte_iommufd_sva *sva, struct interval interval)
{
	struct area *area;
	int failure = 0;
	int ret;

	for (;;) {
		area = area_lru_next(&sva->residency, interval.start);
		if (area == NULL || area->start >= interval.end)
			return failure;
		ret = sva_invalidate_area(sva, area);
		if (failure == 0)
			failure = ret;
	}
}

void
sva_invalidate_all(struct rte_iommufd_sva *sva)
{
	sva_invalidate_interval(sva, (struct interval){ 0, UINT64_MAX });
}

/*
 * A mapping that was not in the record as it is now: what is mapped in its place for devices
 * is of another one, or of a smaller one.
 */
int
sva_notifier_register(struct rte_iommufd_sva *sva, struct interval interval,
	unsigned int *watch)
{
	int ret = watches_follow(&sva->watches, interval, watch);

	if (ret == 0)
		sva_invalidate_interval(sva, interval);
	return ret;
}

static void
unmap_watch(struct rte_iommufd_sva *sva, unsigned int watch)
{
	struct interval place = { 0, 0 };

	while (watches_next_place(&sva->watches, watch, place.end, &place))
		sva_invalidate_interval(sva, place);
}

/*
 * The system calls that follow order the store for the thread that made the change: it
 * continues only when its report is read.
 */
static void
raise_fence(struct rte_iommufd_sva *sva)
{
	__atomic_store_n(&sva->fence, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&sva->changes, sva->changes + 1, __ATOMIC_SEQ_CST);
}

/* Everything is done, except where pages may be dropped only after this. */
static void
lower_fence(struct rte_iommufd_sva *sva)
{
	__atomic_store_n(&sva->fence, pending_removals_any_open(&sva->removals),
		__ATOMIC_RELEASE);
}

/* With MREMAP_DONTUNMAP the mapping stays where it was, and is followed. */
static bool
is_still_followed(const struct rte_iommufd_sva *sva, struct interval place)
{
	struct vma mapping;

	return vma_query_at(&sva->view, place.start, &mapping) == 0 &&
		vma_query_is_registered(
			&sva->view, place.start, place.start + sva->page) == 0;
}

/* Without memory for the record it is found again by watches_follow(). */
static void
follow_move(struct rte_iommufd_sva *sva, unsigned int watch,
	struct interval place, struct interval destination)
{
	if (!is_still_followed(sva, place))
		watches_forget(&sva->watches, watch, place);
	sva_invalidate_interval(sva, destination);
	watches_record(&sva->watches, watch, destination);
}

/*
 * MADV_REMOVE, which is for shared mappings, can wait for locks of the file system before it
 * drops anything, so nothing shows that it has.
 */
static uint64_t
stamp_for(const struct rte_iommufd_sva *sva, struct interval place,
	uint64_t preemptions)
{
	struct vma mapping;

	if (vma_query_at(&sva->view, place.start, &mapping) == 0 &&
		mapping.shared)
		return REMOVAL_UNPROVABLE;
	return preemptions;
}

/* All of the mapping is unmapped when this begins. */
static void
sva_notifier_act_on(struct rte_iommufd_sva *sva, unsigned int watch,
	const struct memory_change *change, uint64_t preemptions)
{
	const struct interval place = { change->start, change->end };
	const struct interval destination = { change->destination,
		change->destination + interval_size(place) };

	sva->stats.events++;
	if (change->kind != MEMORY_REMOVED)
		sva_fault_forget(sva, place);
	switch (change->kind) {
	case MEMORY_UNMAPPED:
		watches_forget(&sva->watches, watch, place);
		break;
	case MEMORY_MOVED:
		follow_move(sva, watch, place, destination);
		break;
	case MEMORY_REMOVED:
		pending_removals_add(&sva->removals, place.start, place.end,
			watch, stamp_for(sva, place, preemptions),
			userfault_now());
		/* The service looks after it soon, whichever thread reads this. */
		userfault_wake(sva->wake_fd);
		break;
	}
}

/*
 * 1; 0: there is no report; or -errno. A thread that loses its CPU after its report was read is
 * counted after this has asked.
 */
static int
follow_one(struct rte_iommufd_sva *sva, unsigned int watch)
{
	struct memory_change change;
	uint64_t preemptions;
	int ret;

	unmap_watch(sva, watch);
	preemptions = userfault_preemptions();
	ret = watches_read(&sva->watches, watch, &change);
	if (ret > 0)
		sva_notifier_act_on(sva, watch, &change, preemptions);
	return ret;
}

/* One report of each that has some, or -errno. */
static int
follow_ready(struct rte_iommufd_sva *sva)
{
	unsigned int ready[READY];
	int count = watches_ready(&sva->watches, ready, READY);
	int total = 0;
	int ret, i;

	if (count <= 0)
		return count;
	raise_fence(sva);
	for (i = 0; i < count; i++) {
		ret = follow_one(sva, ready[i]);
		if (ret < 0)
			return ret;
		total += ret;
	}
	return total;
}

int
sva_notifier_read(struct rte_iommufd_sva *sva)
{
	int count = follow_ready(sva);

	if (count >= 0)
		lower_fence(sva);
	return count;
}

int
sva_notifier_read_all(struct rte_iommufd_sva *sva)
{
	int total = 0;
	int count;

	do {
		count = sva_notifier_read(sva);
		if (count < 0)
			return count;
		total += count;
	} while (count > 0 && total < CHANGES_MAX);
	return total;
}

void
sva_notifier_settle(struct rte_iommufd_sva *sva)
{
	unsigned int i;

	for (i = 0; i < sva->watches.count; i++)
		if (!watches_are_quiet(&sva->watches, i))
			unmap_watch(sva, i);
	sva_notifier_recheck(sva, true);
}

void
sva_notifier_recheck(struct rte_iommufd_sva *sva, bool at_all)
{
	struct interval interval;
	unsigned int i;

	while (pending_removals_take_due(&sva->removals, userfault_now(),
		&interval.start, &interval.end))
		sva_invalidate_interval(sva, interval);
	for (i = 0; at_all && i < sva->removals.count; i++)
		sva_invalidate_interval(sva,
			(struct interval){ sva->removals.items[i].start,
				sva->removals.items[i].end });
	lower_fence(sva);
}

/*
 * A change is under way for the userfaultfd until the thread continues, also when its report was
 * read (mmap_changing).
 */
bool
sva_notifier_observe(struct rte_iommufd_sva *sva)
{
	const uint64_t now = userfault_now();
	uint64_t watch, waiting = WATCHES_MAX;
	unsigned int next = 0;

	while (pending_removals_next_owner(&sva->removals, &next, &watch)) {
		if (watch == waiting)
			continue; /* often many of one mapping */
		if (watches_are_quiet(&sva->watches, watch))
			pending_removals_continue(&sva->removals, watch, now);
		else
			waiting = watch;
	}
	return pending_removals_can_close(&sva->removals, now);
}

void
sva_notifier_end_removals(
	struct rte_iommufd_sva *sva, uint64_t preemptions, uint64_t now)
{
	if (pending_removals_close(&sva->removals, preemptions, now))
		lower_fence(sva);
}
