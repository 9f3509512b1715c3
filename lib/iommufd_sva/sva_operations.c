/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The functions for an sva that exists: prefault, invalidate, settle, statistics.
 *
 * Must not know: how an sva and its bindings begin and end.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "kernel/userfault.h"
#include "sva.h"
#include "util/sva_log.h"

/* The size of one part of a prefault. */
#define PREFAULT_AROUND (UINT64_C(2) << 20)
/* How often a part of a prefault starts again because the process has changed. */
#define PREFAULT_TRIES 1000
/* How long it waits before that, in milliseconds. */
#define PREFAULT_POLL 1
#define ALL_RIGHTS (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
/* What the first version of the structure had. */
#define STATS_SIZE_MIN \
	(offsetof(struct rte_iommufd_sva_stats, pinned_peak) + sizeof(uint64_t))

/* The pages that the interval touches; false: it wraps. */
static bool
sva_pages_of(const struct rte_iommufd_sva *sva, const void *va, size_t length,
	struct interval *pages)
{
	const uint64_t start = (uintptr_t)va;

	pages->start = start & ~(sva->page - 1);
	if (start > UINT64_MAX - sva->page ||
		length > UINT64_MAX - sva->page - start)
		return false;
	pages->end = (start + length + sva->page - 1) & ~(sva->page - 1);
	return true;
}

static int
sva_refuse_interval(const void *va, size_t length)
{
	SVA_LOG(ERR, "%p with %zu bytes is no interval of memory", va, length);
	return -EINVAL;
}

/* The next part, from the address on; where it ends is stored there. The lock held. */
static enum sva_outcome
sva_prefault_part(struct rte_iommufd_sva *sva, struct sva_request *request,
	uint64_t round)
{
	const uint64_t latest = sva->round;
	enum sva_outcome outcome;
	const struct area *area;

	/* As if one device requested all of it at once. */
	sva->round = round;
	outcome = sva_fault_in(sva, request);
	sva->round = latest;
	area = area_lru_find(&sva->residency, request->address);
	if (area != NULL && request->error == 0)
		request->address = area->end;
	return outcome;
}

static int
explain_prefault(enum sva_outcome outcome, const struct rte_iommufd_sva *sva,
	const struct sva_request *request)
{
	enum sva_report_kind kind;

	if (request->error == -EAGAIN) {
		SVA_LOG(ERR,
			"cannot map %#" PRIx64
			" ahead of time: other threads go on changing it",
			request->address);
		return -EAGAIN;
	}
	if (sva_report_kind_of(outcome, request->error, &kind))
		sva_report_log(kind, request->address, sva->page,
			request->rights, request->error);
	else
		SVA_LOG(ERR, "cannot map %#" PRIx64 " ahead of time: %s",
			request->address,
			request->error == -ENOENT
				? "the process has nothing there"
				: request->error == -EACCES
				? "the process does not have these rights there"
				: "the IOMMU does not reach there");
	if (outcome == SVA_REFUSED && request->error != -ENOMEM)
		return -EFAULT;
	return request->error;
}

static int
sva_prefault(struct rte_iommufd_sva *sva, struct sva_request *request)
{
	enum sva_outcome outcome = SVA_PRESENT;
	unsigned int tries = PREFAULT_TRIES;
	uint64_t round;
	bool serving;

	fair_lock_take(&sva->lock);
	round = ++sva->round;
	serving = sva_fault_is_serving(sva);
	while (serving && request->address < request->clip.end && tries > 0) {
		/* The service and the threads that wait for it come in between. */
		fair_lock_give(&sva->lock);
		if (request->error == -EAGAIN)
			userfault_wait(NULL, 0, PREFAULT_POLL);
		sva_fault_prepare(sva, request);
		fair_lock_take(&sva->lock);
		serving = sva_fault_is_serving(sva);
		if (!serving)
			break;
		outcome = sva_prefault_part(sva, request, round);
		if (request->error != 0 && request->error != -EAGAIN)
			break;
		tries -= request->error == -EAGAIN;
	}
	fair_lock_give(&sva->lock);
	if (!serving) {
		SVA_LOG(ERR,
			"nothing can be mapped ahead of time: no device is bound, or the service has ended");
		return -ENODEV;
	}
	if (request->error != 0)
		return explain_prefault(outcome, sva, request);
	return 0;
}

static int
sva_keep_begin(struct rte_iommufd_sva *sva, struct sva_keep *keep)
{
	int ret;

	fair_lock_take(&sva->lock);
	ret = sva_fault_keep_begin(sva, keep);
	fair_lock_give(&sva->lock);
	if (ret != 0)
		SVA_LOG(ERR, "no memory to note what is not to be evicted");
	return ret;
}

static void
sva_keep_end(struct rte_iommufd_sva *sva, struct sva_keep *keep, bool is_mapped)
{
	fair_lock_take(&sva->lock);
	sva_fault_keep_end(sva, keep, is_mapped);
	fair_lock_give(&sva->lock);
}

int
rte_iommufd_sva_prefault(struct rte_iommufd_sva *sva, const void *va,
	size_t length, uint32_t rights)
{
	const bool keeps = rights & RTE_IOMMUFD_SVA_KEEP;
	struct sva_request request = {
		.all = true,
		.rights = rights & ~RTE_IOMMUFD_SVA_KEEP,
	};
	struct sva_keep keep;
	int ret = sva_refuse_child(sva);

	if (ret != 0)
		return ret;
	if (length == 0 || request.rights == 0 ||
		(request.rights & ~ALL_RIGHTS) != 0 ||
		!sva_pages_of(sva, va, length, &request.clip))
		return sva_refuse_interval(va, length);
	keep.interval = request.clip;
	if (keeps)
		ret = sva_keep_begin(sva, &keep);
	if (ret != 0)
		return ret;
	request.address = request.clip.start;
	request.around = RTE_MAX(PREFAULT_AROUND, sva->fault_around);
	ret = sva_prefault(sva, &request);
	if (keeps)
		sva_keep_end(sva, &keep, ret == 0);
	return ret;
}

/*
 * Others come in between: a large interval may have thousands of areas. What they map there
 * meanwhile is what the process has now. The lock held.
 */
static int
invalidate_by_turns(struct rte_iommufd_sva *sva, struct interval interval)
{
	struct area *area = area_lru_next(&sva->residency, interval.start);
	int failure = 0;
	int ret;

	while (area != NULL && area->start < interval.end) {
		interval.start = area->end;
		ret = sva_invalidate_area(sva, area);
		if (failure == 0)
			failure = ret;
		fair_lock_give(&sva->lock);
		fair_lock_take(&sva->lock);
		area = area_lru_next(&sva->residency, interval.start);
	}
	return failure;
}

int
rte_iommufd_sva_invalidate(
	struct rte_iommufd_sva *sva, const void *va, size_t length)
{
	struct interval pages;
	bool ended;
	int ret = sva_refuse_child(sva);

	if (ret != 0)
		return ret;
	if (!sva_pages_of(sva, va, length, &pages))
		return sva_refuse_interval(va, length);
	fair_lock_take(&sva->lock);
	/* An area that the kernel did not unmap then is not in the record any more. */
	ended = sva->failed;
	sva->stats.invalidations++;
	if (length != 0) {
		sva_fault_forget(sva, pages);
		ret = invalidate_by_turns(sva, pages);
	}
	fair_lock_give(&sva->lock);
	if (ret != 0 || !ended)
		return ret;
	SVA_LOG(ERR,
		"the service of this sva has ended: what devices can reach is certain only when they are unbound");
	return -EIO;
}

int
rte_iommufd_sva_settle(struct rte_iommufd_sva *sva)
{
	int ret = sva_refuse_child(sva);

	if (ret != 0)
		return ret;
	fair_lock_take(&sva->lock);
	ret = sva->failed ? -EIO : sva_notifier_read_all(sva);
	if (ret >= 0) {
		sva_notifier_settle(sva);
		ret = sva->failed ? -EIO : 0;
	}
	if (ret < 0 && sva->watches.set >= 0) {
		sva_service_end(sva, ret);
		ret = -EIO;
	}
	fair_lock_give(&sva->lock);
	if (ret != 0)
		SVA_LOG(ERR,
			"changes of this process's memory are not followed any more: the service of this sva has ended");
	return ret;
}

const uint32_t *
rte_iommufd_sva_changes(const struct rte_iommufd_sva *sva)
{
	return &sva->changes;
}

const uint32_t *
rte_iommufd_sva_fence(const struct rte_iommufd_sva *sva)
{
	return &sva->fence;
}

int
rte_iommufd_sva_stats(
	struct rte_iommufd_sva *sva, struct rte_iommufd_sva_stats *stats)
{
	struct rte_iommufd_sva_stats figures = { 0 };
	const size_t size = stats->size;

	if (size < STATS_SIZE_MIN) {
		SVA_LOG(ERR,
			"rte_iommufd_sva_stats.size is %zu, it has to be at least %zu: set it to the size of the structure",
			size, STATS_SIZE_MIN);
		return -EINVAL;
	}
	if (sva->owner == getpid()) {
		fair_lock_take(&sva->lock);
		figures = sva_figures(sva);
		fair_lock_give(&sva->lock);
	}
	figures.size = size;
	memset(stats, 0, size);
	memcpy(stats, &figures, RTE_MIN(size, sizeof(figures)));
	return 0;
}
