/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * By which calls of the kernel one space is filled and emptied, and what they leave in its
 * record and its statistics.
 *
 * The kernel runs map calls on one IOAS in parallel (iopt_map_pages() holds its locks for
 * reading while it fills page tables), so several threads make them. A legacy container
 * has one lock over the whole call (vfio_dma_do_map()), so there it is one thread. The
 * threads only call the kernel; the thread that was called does the rest.
 *
 * Areas are unmapped only whole (iopt_unmap_iova_range()), which the record knows. Large
 * intervals of many areas are unmapped by several threads as well: the kernel drops its
 * lock of the area tree while it empties page tables. The length that it returns is
 * compared exactly.
 *
 * Must not know: which backend it is, mirrors, EAL, devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/dirty.h"
#include "core/space_kernel.h"
#include "core/space_map.h"
#include "explain/explain.h"
#include "kernel/memory_limits.h"
#include "util/log.h"
#include "util/parallel.h"
#include "util/progress.h"

/*
 * For less work than this, to start threads does not pay: to map a file takes the
 * kernel a step for each hugepage, to map addresses one for each 4 KiB.
 */
#define MANY_RUNS 64
#define MANY_BYTES_BY_ADDRESS (UINT64_C(1) << 30)
#define MANY_BYTES_BY_FILE (UINT64_C(16) << 30)
#define MANY_BYTES_TO_UNMAP (UINT64_C(1) << 30)
/* A copy is cut into calls of about this size, to share them among threads. */
#define COPY_CALL_BYTES (UINT64_C(1) << 30)

static int
kernel_refuse_charged(struct rte_iommufd_space *space,
	const struct mapping *run, enum memory_charge charge, int err)
{
	struct explanation why;

	IOMMUFD_LOG(ERR, "%s",
		explain_map(&why, run, space->ranges, space->range_count,
			charge, err));
	return err;
}

int
space_refuse_map(
	struct rte_iommufd_space *space, const struct mapping *run, int err)
{
	return kernel_refuse_charged(space, run, MEMORY_NOT_CHARGED, err);
}

static int
unmap_complain(uint64_t iova, uint64_t length, uint64_t unmapped, int err)
{
	IOMMUFD_LOG(ERR,
		"cannot unmap %#" PRIx64 "-%#" PRIx64
		": %s, the kernel unmapped %" PRIu64 " of %" PRIu64
		" bytes; do not reuse this memory while the device runs",
		iova, iova + (length - 1), rte_strerror(-err), unmapped,
		length);
	return err;
}

static void
kernel_take_back(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	uint64_t unmapped = 0;
	int ret = space->context->backend->unmap(
		space, iova, length, &unmapped);

	if (ret == 0 && unmapped != length)
		ret = -EIO;
	pthread_mutex_lock(&space->map_lock);
	space->stats.unmap_calls++;
	space->stats.failed_calls += ret != 0;
	if (ret != 0)
		iova_map_lose(&space->map, iova, length);
	pthread_mutex_unlock(&space->map_lock);
	if (ret != 0)
		unmap_complain(iova, length, unmapped, ret);
}

void
space_kernel_take_back(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	if (space_has_page_table(space))
		kernel_take_back(space, iova, length);
}

/* --- Map --- */

/* One call: it maps a run, or copies a run and its neighbours. */
struct map_call {
	const struct mapping *run;
	uint64_t length;
	bool made;
};

struct map_batch {
	struct rte_iommufd_space *space;
	struct rte_iommufd_space *source; /* copied from there; NULL: mapped */
	uint64_t distance;
	bool leaves_fault_to_caller;
	struct map_call *calls;
	size_t count;
	uint64_t bytes;
	atomic_size_t begun;
	_Atomic(struct map_call *) failed; /* the first that did, or NULL */
	int error;			   /* of that one */
	struct progress progress;
};

static int
map_call_kernel(size_t item, void *argument)
{
	struct map_batch *batch = argument;
	struct map_call *call = &batch->calls[item];
	const struct backend *backend = batch->space->context->backend;
	const struct mapping *run = call->run;
	struct map_call *none = NULL;
	int ret;

	atomic_fetch_add(&batch->begun, 1);
	if (batch->source == NULL)
		ret = backend->map(batch->space, run);
	else
		ret = backend->copy(batch->space, run->iova, batch->source,
			run->iova + batch->distance, call->length, run->rights);
	if (ret != 0) {
		if (atomic_compare_exchange_strong(&batch->failed, &none, call))
			batch->error = ret;
		return ret;
	}
	call->made = true;
	return 0;
}

/* The same, with progress lines. */
static int
map_call_and_report(size_t item, void *argument)
{
	struct map_batch *batch = argument;
	int ret = map_call_kernel(item, argument);

	if (ret == 0)
		progress_add(&batch->progress, batch->calls[item].length);
	return ret;
}

/* The kernel copies any number of areas side by side by one call, and makes as many. */
static bool
map_joins_copy(const struct map_call *call, const struct mapping *run)
{
	return call->run->iova + call->length == run->iova &&
		call->run->rights == run->rights &&
		call->length < COPY_CALL_BYTES;
}

static void
map_plan_calls(
	struct map_batch *batch, const struct mapping *runs, size_t count)
{
	struct map_call *call = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		batch->bytes += runs[i].length;
		if (batch->source != NULL && call != NULL &&
			map_joins_copy(call, &runs[i])) {
			call->length += runs[i].length;
			continue;
		}
		call = &batch->calls[batch->count++];
		*call = (struct map_call){ .run = &runs[i],
			.length = runs[i].length };
	}
}

static bool
map_is_worth_threads(
	const struct map_batch *batch, const struct mapping *runs, size_t count)
{
	uint64_t by_address = 0;
	uint64_t by_file = 0;
	size_t i;

	if (!batch->space->context->backend->maps_in_parallel)
		return false;
	for (i = 0; i < count; i++)
		*(runs[i].file < 0 ? &by_address : &by_file) += runs[i].length;
	return batch->source != NULL || count >= MANY_RUNS ||
		by_address >= MANY_BYTES_BY_ADDRESS ||
		by_file >= MANY_BYTES_BY_FILE;
}

/* What is pinned is charged in sum, so the limit has to be explained for all of it. */
static int
map_refuse_batch(const struct map_batch *batch)
{
	struct mapping refused = *batch->failed->run;

	refused.length = batch->error == -ENOMEM ? batch->bytes
						 : batch->failed->length;
	/* A copy shares what is pinned and charged for the source. */
	return kernel_refuse_charged(batch->space, &refused,
		batch->source != NULL ? MEMORY_NOT_CHARGED
				      : backend_charge(batch->space->context),
		batch->error);
}

/* Counts what was done; after a failure takes back the calls that were made. */
static int
map_settle_batch(struct map_batch *batch)
{
	struct rte_iommufd_space *space = batch->space;
	size_t i;

	pthread_mutex_lock(&space->map_lock);
	space->stats.map_calls += batch->begun;
	if (batch->source != NULL)
		space->stats.copy_calls += batch->begun;
	space->stats.failed_calls += batch->failed != NULL;
	pthread_mutex_unlock(&space->map_lock);
	if (batch->failed == NULL)
		return 0;
	for (i = 0; i < batch->count; i++)
		if (batch->calls[i].made)
			kernel_take_back(space, batch->calls[i].run->iova,
				batch->calls[i].length);
	if (batch->error == -EFAULT && batch->leaves_fault_to_caller)
		return -EFAULT;
	return map_refuse_batch(batch);
}

/* Legacy containers have no copy, so there the runs are mapped again. */
static int
map_in_kernel(
	struct rte_iommufd_space *space, const struct map_request *request)
{
	struct map_batch batch = {
		.space = space,
		.source = request->source,
		.distance = request->distance,
		.leaves_fault_to_caller = request->leaves_fault_to_caller,
	};
	unsigned int threads = request->threads;
	struct map_call single;
	int ret;

	if (space->context->backend->copy == NULL)
		batch.source = NULL;
	batch.calls = request->count == 1
		? &single
		: calloc(request->count, sizeof(*batch.calls));
	if (batch.calls == NULL)
		return space_refuse_map(space, &request->runs[0], -ENOMEM);
	map_plan_calls(&batch, request->runs, request->count);
	if (batch.count == 1) {
		map_call_kernel(0, &batch);
	} else {
		if (!map_is_worth_threads(
			    &batch, request->runs, request->count))
			threads = 1;
		progress_start(&batch.progress, "mapping memory for devices",
			batch.bytes);
		parallel_run(batch.count, threads, map_call_and_report, &batch);
	}
	ret = map_settle_batch(&batch);
	if (batch.calls != &single)
		free(batch.calls);
	return ret;
}

int
space_kernel_map(
	struct rte_iommufd_space *space, const struct map_request *request)
{
	return space_has_page_table(space) ? map_in_kernel(space, request) : 0;
}

/* --- Unmap --- */

/* An interval of whole areas for one call. */
struct unmap_piece {
	uint64_t iova;
	uint64_t length;
	uint64_t unmapped;
};

struct unmap_batch {
	struct rte_iommufd_space *space;
	struct unmap_piece pieces[SETTINGS_THREADS_MAX];
	size_t count;
};

static int
unmap_call_kernel(size_t item, void *argument)
{
	struct unmap_batch *batch = argument;
	struct unmap_piece *piece = &batch->pieces[item];

	return batch->space->context->backend->unmap(
		batch->space, piece->iova, piece->length, &piece->unmapped);
}

/* Cuts [iova, iova + length) between areas into at most limit pieces alike in size. */
static void
unmap_cut(
	struct unmap_batch *batch, uint64_t iova, uint64_t length, size_t limit)
{
	const uint64_t share = length / limit;
	struct unmap_piece *piece = batch->pieces;
	const struct mapping *area;
	uint64_t done = 0;

	*piece = (struct unmap_piece){ .iova = iova };
	while (done < length) {
		area = iova_map_find(&batch->space->map, iova + done);
		if (piece->length >= share &&
			(size_t)(piece - batch->pieces) + 1 < limit)
			*++piece = (struct unmap_piece){ .iova = iova + done };
		piece->length += area->length;
		done += area->length;
	}
	batch->count = piece - batch->pieces + 1;
}

/* How many calls, and of what. */
static void
unmap_plan(struct unmap_batch *batch, uint64_t iova, uint64_t length,
	unsigned int threads)
{
	struct rte_iommufd_space *space = batch->space;

	if (threads <= 1 || length < MANY_BYTES_TO_UNMAP ||
		!space->context->backend->maps_in_parallel) {
		batch->pieces[0] = (struct unmap_piece){ .iova = iova,
			.length = length };
		batch->count = 1;
		return;
	}
	pthread_mutex_lock(&space->map_lock);
	unmap_cut(batch, iova, length, threads);
	pthread_mutex_unlock(&space->map_lock);
}

/*
 * When one of several pieces fails, others may be unmapped already: these are removed
 * from the record, and it is not known what the kernel has of the rest.
 */
static int
unmap_settle(struct unmap_batch *batch, uint64_t iova, uint64_t length, int ret)
{
	struct rte_iommufd_space *space = batch->space;
	const struct unmap_piece *piece;
	uint64_t unmapped = 0;

	pthread_mutex_lock(&space->map_lock);
	space->stats.unmap_calls += batch->count;
	for (piece = batch->pieces; piece < batch->pieces + batch->count;
		piece++) {
		unmapped += piece->unmapped;
		if (piece->unmapped == piece->length)
			iova_map_remove(
				&space->map, piece->iova, piece->length);
	}
	if (ret == 0 && unmapped != length)
		ret = -EIO;
	space->stats.failed_calls += ret != 0;
	if (ret != 0)
		iova_map_lose(&space->map, iova, length);
	pthread_mutex_unlock(&space->map_lock);
	return ret == 0 ? 0 : unmap_complain(iova, length, unmapped, ret);
}

int
space_kernel_unmap(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, unsigned int threads)
{
	struct unmap_batch batch = { .space = space };
	int ret;

	if (!space_has_page_table(space)) {
		pthread_mutex_lock(&space->map_lock);
		iova_map_remove(&space->map, iova, length);
		pthread_mutex_unlock(&space->map_lock);
		return 0;
	}
	dirty_keep(space, iova, length);
	unmap_plan(&batch, iova, length, threads);
	if (batch.count == 1)
		ret = unmap_call_kernel(0, &batch);
	else
		ret = parallel_run(
			batch.count, threads, unmap_call_kernel, &batch);
	return unmap_settle(&batch, iova, length, ret);
}
