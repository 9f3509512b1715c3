/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Unmaps memory that the process frees or changes, so that devices cannot reach it.
 *
 * The kernel reports munmap() and mremap() when they are done, and madvise() before it
 * drops pages (userfaultfd_remove()), but not when it has dropped them. A page that a
 * device requests in between is mapped and may be the old page. It is unmapped again at
 * each of several looks (pending_removals.h).
 *
 * Must not know: which device requests memory; which requests are refused.
 */

#include <errno.h>

#include "kernel/userfault.h"
#include "sva.h"

#define CHANGES 32
/*
 * The most reads in one turn: threads that change memory all the time must not block the
 * devices. Each thread has at most one report in the queue, so with up to 1024 threads
 * all reports that were there at the beginning are read.
 */
#define BATCHES 32
/* How long threads may take to continue after their report was read; in milliseconds. */
#define UNFOLLOW_PATIENCE 10000

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

static void
note_registered(struct rte_iommufd_sva *sva, struct interval interval)
{
	if (interval_size(sva->registered) == 0)
		sva->registered = interval;
	if (interval.start < sva->registered.start)
		sva->registered.start = interval.start;
	if (interval.end > sva->registered.end)
		sva->registered.end = interval.end;
}

int
sva_notifier_register(struct rte_iommufd_sva *sva, struct interval interval)
{
	int ret = userfault_register(
		sva->userfault_fd, interval.start, interval.end);

	if (ret == 0)
		note_registered(sva, interval);
	return ret;
}

/*
 * The system calls that follow order the store for the thread that made the change: it
 * continues only when its report is read.
 */
static void
raise_fence(struct rte_iommufd_sva *sva)
{
	__atomic_store_n(&sva->fence, 1, __ATOMIC_SEQ_CST);
}

/* Everything is done, except where pages may be dropped only after this. */
static void
lower_fence(struct rte_iommufd_sva *sva)
{
	__atomic_store_n(&sva->fence, pending_removals_fresh(&sva->removals),
		__ATOMIC_RELEASE);
}

static void
sva_notifier_act_on(
	struct rte_iommufd_sva *sva, const struct memory_change *change)
{
	const struct interval place = { change->start, change->end };
	const struct interval destination = { change->destination,
		change->destination + interval_size(place) };

	sva->stats.events++;
	sva_invalidate_interval(sva, place);
	if (change->kind == MEMORY_MOVED) {
		sva_invalidate_interval(sva, destination);
		note_registered(sva, destination);
	}
	if (change->kind == MEMORY_REMOVED)
		pending_removals_add(&sva->removals, place.start, place.end,
			userfault_now());
}

static int
read_batches(struct rte_iommufd_sva *sva)
{
	struct memory_change changes[CHANGES];
	unsigned int batch;
	int total = 0;
	int count, i;

	for (batch = 0; batch < BATCHES; batch++) {
		count = userfault_read(sva->userfault_fd, changes, CHANGES);
		if (count < 0)
			return count;
		for (i = 0; i < count; i++)
			sva_notifier_act_on(sva, &changes[i]);
		total += count;
		if (count == 0)
			break;
	}
	return total;
}

int
sva_notifier_read(struct rte_iommufd_sva *sva)
{
	int total;

	raise_fence(sva);
	total = read_batches(sva);
	lower_fence(sva);
	return total;
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
 * What is followed, and nothing else: before Linux 6.17 a mapping can be unregistered
 * through any userfaultfd, also one that the program has registered with its own.
 */
static void
unregister_all(struct rte_iommufd_sva *sva)
{
	struct vma mapping = { .end = sva->registered.start };

	while (vma_query_next(&sva->view, mapping.end, &mapping) == 0 &&
		mapping.start < sva->registered.end)
		/* A mapping is followed as a whole. */
		if (vma_query_is_registered(&sva->view, mapping.start,
			    mapping.start + mapping.page_size) == 0)
			userfault_unregister(
				sva->userfault_fd, mapping.start, mapping.end);
}

/*
 * The last close of the descriptor wakes all waiting threads, but this close may not be
 * the last: a forked child has the descriptor, too (userfaultfd_release()). So before it
 * is closed nothing may be followed, and no thread may be about to report a change.
 */
void
sva_notifier_release(struct rte_iommufd_sva *sva)
{
	const uint64_t last = userfault_now() + UNFOLLOW_PATIENCE;

	if (sva->userfault_fd < 0)
		return;
	unregister_all(sva);
	sva_notifier_read(sva);
	/* Memory that has moved meanwhile. */
	unregister_all(sva);
	do
		sva_notifier_read(sva);
	while (userfault_pending(sva->userfault_fd) != 0 &&
		userfault_now() < last &&
		userfault_wait(&sva->userfault_fd, 1, 1) >= 0);
	userfault_close(sva->userfault_fd);
	sva->userfault_fd = -1;
}
