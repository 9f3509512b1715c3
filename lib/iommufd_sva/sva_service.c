/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The thread that serves an sva: it waits for changes of the process's memory, for page
 * requests, for the time of the next look, and for its eventfd, all in one poll().
 *
 * Changes come first, because threads of the process are waiting for them to be read.
 * When they cannot be read any more, everything is unmapped. The thread continues and
 * refuses all page requests, because no other thread would answer them.
 *
 * Must not know: what is mapped, and why.
 */

#include <errno.h>
#include <signal.h>

#include "kernel/userfault.h"
#include "sva.h"

enum {
	CHANGES,
	REQUESTS,
	WAKE,
	SOURCES,
};

void
sva_service_end(struct rte_iommufd_sva *sva, int error)
{
	if (!sva->failed)
		sva_report(&sva->report, SVA_REPORT_ENDED, 0, 0, 0, error);
	sva->failed = true;
	sva_invalidate_all(sva);
	/* No driver may wait for a service that has ended. */
	__atomic_store_n(&sva->fence, 0, __ATOMIC_RELEASE);
	watches_close(&sva->watches, &sva->view);
}

static void
sva_service_follow(struct rte_iommufd_sva *sva)
{
	int ret;

	if (sva->watches.set < 0)
		return;
	ret = sva_notifier_read(sva);
	/* Failed: an area could not be unmapped. */
	if (ret < 0 || sva->failed) {
		sva_service_end(sva, ret < 0 ? ret : -EIO);
		return;
	}
	sva_notifier_recheck(sva, false);
}

static void
sva_service_serve(struct rte_iommufd_sva *sva)
{
	struct page_request requests[FAULT_GROUP_MAX];
	int count = rte_iommufd_fault_space_read(
		sva->faults, requests, FAULT_GROUP_MAX);

	if (count > 0)
		sva_fault_serve(sva, requests, count);
	/* Without memory the kernel keeps the group for the next turn. */
	if (count >= 0 || count == -ENOMEM)
		return;
	fair_lock_take(&sva->lock);
	sva_service_end(sva, count);
	sva->queue_failed = true;
	fair_lock_give(&sva->lock);
}

void
sva_service_turn(struct rte_iommufd_sva *sva, int ready)
{
	if (ready & (1 << WAKE))
		userfault_wake_clear(sva->wake_fd);
	fair_lock_take(&sva->lock);
	sva_service_follow(sva);
	fair_lock_give(&sva->lock);
	if (ready & (1 << REQUESTS))
		sva_service_serve(sva);
}

int
sva_service_patience(struct rte_iommufd_sva *sva)
{
	int patience;

	fair_lock_take(&sva->lock);
	patience = pending_removals_wait(&sva->removals, userfault_now());
	fair_lock_give(&sva->lock);
	return patience;
}

/* Any thread may end the service. */
static int
sva_service_changes(struct rte_iommufd_sva *sva)
{
	int set;

	fair_lock_take(&sva->lock);
	set = sva->watches.set;
	fair_lock_give(&sva->lock);
	return set;
}

static bool
sva_service_is_ending(struct rte_iommufd_sva *sva)
{
	bool ending;

	fair_lock_take(&sva->lock);
	ending = sva->ending;
	fair_lock_give(&sva->lock);
	return ending;
}

/* If poll() fails, the work is tried. */
static int
sva_service_wait_for_work(struct rte_iommufd_sva *sva)
{
	const int sources[SOURCES] = {
		[CHANGES] = sva_service_changes(sva),
		[REQUESTS] = sva->queue_failed
			? -1
			: rte_iommufd_fault_space_fd(sva->faults),
		[WAKE] = sva->wake_fd,
	};
	int ready = userfault_wait(sources, SOURCES, sva_service_patience(sva));

	return ready >= 0 ? ready : (1 << SOURCES) - 1;
}

static void *
sva_service_run(void *argument)
{
	struct rte_iommufd_sva *sva = argument;
	int ready = 0;

	rte_iommufd_thread_use_process_cpus();
	while (!sva_service_is_ending(sva)) {
		sva_service_turn(sva, ready);
		ready = sva_service_wait_for_work(sva);
	}
	fair_lock_take(&sva->lock);
	sva_invalidate_all(sva);
	watches_close(&sva->watches, &sva->view);
	fair_lock_give(&sva->lock);
	return NULL;
}

int
sva_service_start(struct rte_iommufd_sva *sva)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&sva->service, NULL, sva_service_run, sva);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ret != 0)
		return -ret;
	pthread_setname_np(sva->service, "iommufd-sva");
	return 0;
}

void
sva_service_stop(struct rte_iommufd_sva *sva)
{
	fair_lock_take(&sva->lock);
	sva->ending = true;
	fair_lock_give(&sva->lock);
	userfault_wake(sva->wake_fd);
	pthread_join(sva->service, NULL);
}
