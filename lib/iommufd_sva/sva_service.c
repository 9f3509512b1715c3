/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The two threads that serve an sva. One follows: it waits for changes of the process's
 * memory, for the time of the next look, and for its eventfd. Threads of the process wait
 * for it, so it never pins memory. The other one pins: it serves page requests.
 *
 * When changes cannot be read any more, everything is unmapped. The threads continue and
 * refuse all page requests, because no other thread would answer them.
 *
 * Must not know: what is mapped, and why.
 */

#include <errno.h>

#include "kernel/userfault.h"
#include "sva.h"
#include "sva_thread.h"

/* How often the reports are read in one turn, while threads change memory all the time. */
#define FOLLOW_PASSES 1024

/* What userfault_wait() returns for the second source of the thread that pins. */
#define STOP (1 << 1)
/* How soon the thread that pins looks again after groups that it holds; in milliseconds. */
#define HELD_POLL 1

void
sva_service_end(struct rte_iommufd_sva *sva, int error)
{
	if (!sva->failed)
		sva_report(&sva->report, SVA_REPORT_ENDED, 0, 0, 0, error);
	sva->failed = true;
	sva_invalidate_all(sva);
	sva->removals.count = 0;
	/* No driver may wait for a service that has ended. */
	__atomic_store_n(&sva->fence, 0, __ATOMIC_RELEASE);
	watches_close(&sva->watches, &sva->view);
}

/* --- The thread that follows --- */

/* How many reports were read. */
static int
sva_service_follow_locked(struct rte_iommufd_sva *sva)
{
	int ret;

	if (sva->watches.set < 0)
		return 0;
	ret = sva_notifier_read(sva);
	/* Failed: an area could not be unmapped. */
	if (ret < 0 || sva->failed) {
		sva_service_end(sva, ret < 0 ? ret : -EIO);
		return 0;
	}
	sva_notifier_recheck(sva, false);
	return ret;
}

/*
 * The lock is held, and given back for the time in which this waits for other threads. Only this
 * thread ends removals, so those that were seen to continue are the same afterwards.
 */
static void
sva_service_end_removals(struct rte_iommufd_sva *sva)
{
	uint64_t preemptions, now;

	if (sva->failed || !sva_notifier_observe(sva))
		return;
	fair_lock_give(&sva->lock);
	now = userfault_now();
	userfault_pass_threads(sva->own_page, sva->page);
	preemptions = userfault_preemptions();
	fair_lock_take_first(&sva->lock);
	sva_notifier_end_removals(sva, preemptions, now);
}

/* The lock is given back after a report of each mapping: a device may wait for it. */
bool
sva_service_follow(struct rte_iommufd_sva *sva, struct sva_sleep *sleep)
{
	unsigned int passes = FOLLOW_PASSES;
	bool ending;
	int changes;

	userfault_wake_clear(sva->wake_fd);
	do {
		fair_lock_take_first(&sva->lock);
		changes = sva_service_follow_locked(sva);
		sva_service_end_removals(sva);
		sleep->changes = sva->watches.set;
		sleep->milliseconds = pending_removals_wait(
			&sva->removals, userfault_now());
		ending = sva->ending;
		fair_lock_give(&sva->lock);
	} while (changes > 0 && !ending && --passes > 0);
	return !ending;
}

static void *
sva_service_run_follower(void *argument)
{
	struct rte_iommufd_sva *sva = argument;
	struct sva_sleep sleep;

	while (sva_service_follow(sva, &sleep)) {
		const int sources[] = { sleep.changes, sva->wake_fd };

		/* If it fails, the work is tried. */
		userfault_wait(sources, 2, sleep.milliseconds);
	}
	fair_lock_take(&sva->lock);
	sva_invalidate_all(sva);
	watches_close(&sva->watches, &sva->view);
	fair_lock_give(&sva->lock);
	return NULL;
}

/* --- The thread that pins --- */

void
sva_service_serve(struct rte_iommufd_sva *sva)
{
	struct page_request requests[FAULT_GROUP_MAX];
	int count = rte_iommufd_fault_space_read(
		sva->faults, requests, FAULT_GROUP_MAX);

	if (count > 0)
		sva_group_serve(sva, requests, count);
	/* Without memory the kernel keeps the group for the next turn. */
	if (count >= 0 || count == -ENOMEM)
		return;
	fair_lock_take(&sva->lock);
	sva_service_end(sva, count);
	sva->queue_failed = true;
	fair_lock_give(&sva->lock);
}

/* Asked only after a wake-up: the lock may be in demand. */
static bool
sva_service_is_ending(struct rte_iommufd_sva *sva)
{
	bool ending;

	userfault_wake_clear(sva->stop_fd);
	fair_lock_take(&sva->lock);
	ending = sva->ending;
	fair_lock_give(&sva->lock);
	return ending;
}

static void *
sva_service_run_pinner(void *argument)
{
	struct rte_iommufd_sva *sva = argument;
	int sources[] = { rte_iommufd_fault_space_fd(sva->faults),
		sva->stop_fd };
	int ready = userfault_wait(sources, 2, -1);
	bool holds;

	/* If poll() fails, the work is tried. */
	while (ready < 0 || !(ready & STOP) || !sva_service_is_ending(sva)) {
		sva_service_serve(sva);
		/* Only this thread changes it. */
		if (sva->queue_failed)
			sources[0] = -1;
		holds = sva_group_release(sva);
		ready = userfault_wait(sources, 2, holds ? HELD_POLL : -1);
	}
	return NULL;
}

/* --- Both --- */

static void
sva_service_ask_to_end(struct rte_iommufd_sva *sva)
{
	fair_lock_take(&sva->lock);
	sva->ending = true;
	fair_lock_give(&sva->lock);
	userfault_wake(sva->stop_fd);
	userfault_wake(sva->wake_fd);
}

int
sva_service_start(struct rte_iommufd_sva *sva)
{
	int ret = sva_thread_start(
		&sva->follower, "iommufd-sva", sva_service_run_follower, sva);

	if (ret != 0)
		return ret;
	ret = sva_thread_start(
		&sva->pinner, "iommufd-sva-pin", sva_service_run_pinner, sva);
	if (ret == 0)
		return 0;
	sva_service_ask_to_end(sva);
	pthread_join(sva->follower, NULL);
	return ret;
}

void
sva_service_stop(struct rte_iommufd_sva *sva)
{
	sva_service_ask_to_end(sva);
	pthread_join(sva->pinner, NULL);
	pthread_join(sva->follower, NULL);
}
