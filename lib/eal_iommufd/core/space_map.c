/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The mapping engine: enters runs of memory into an address space.
 *
 * First the runs are recorded, which finds what overlaps, then the memory is made
 * present (prefault.h), then the kernel maps them: by several threads, because the
 * kernel takes map calls on one IOAS side by side (iopt_map_pages() holds its locks
 * for reading while it fills page tables). A legacy container has one lock over the
 * whole call (vfio_dma_do_map()), so there it is one thread. The thread that asked has
 * claimed what the runs cover (range_lock.h), so that calls of the program about other memory
 * go on meanwhile; its helpers only call the kernel.
 *
 * Must not know: which backend it is, EAL, devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <rte_common.h>

#include "core/address_space.h"
#include "backend/backend.h"
#include "explain/explain.h"
#include "explain/explain_pasid.h"
#include "util/log.h"
#include "util/parallel.h"
#include "kernel/prefault.h"
#include "util/progress.h"
#include "core/space_map.h"

/*
 * Threads are not worth their start for less than one of these: to map a file takes the
 * kernel a step for each hugepage, to map addresses one for each 4 KiB.
 */
#define MANY_RUNS 64
#define MANY_BYTES_BY_ADDRESS (UINT64_C(1) << 30)
#define MANY_BYTES_BY_FILE (UINT64_C(16) << 30)

unsigned int
space_threads(const struct rte_iommufd_space *space)
{
	int set = space->context->settings.threads;

	return set > 0 ? (unsigned int)set : parallel_default_threads();
}

/* What is pinned is charged in sum, so the limit has to be explained for all of it. */
int
space_refuse_batch(struct rte_iommufd_space *space, const struct mapping *run,
	uint64_t bytes, enum memory_charge charge, int err)
{
	struct mapping refused = *run;
	struct explanation why;

	if (err == -ENOMEM)
		refused.length = bytes;
	IOMMUFD_LOG(ERR, "%s",
		explain_map(&why, &refused, space->ranges, space->range_count,
			charge, err));
	return err;
}

int
space_refuse_map(
	struct rte_iommufd_space *space, const struct mapping *run, int err)
{
	return space_refuse_batch(
		space, run, run->length, MEMORY_NOT_CHARGED, err);
}

void
space_lock_runs(struct rte_iommufd_space *space, struct locked_range *locked,
	const struct mapping *runs, size_t count)
{
	uint64_t first = UINT64_MAX;
	uint64_t last = 0;
	size_t i;

	/* One that is no interval is refused by the record, which wants a claim, too. */
	for (i = 0; i < count; i++) {
		first = RTE_MIN(first, runs[i].iova);
		last = RTE_MAX(last, runs[i].iova);
		last = RTE_MAX(last, runs[i].iova + (runs[i].length - 1));
	}
	space_lock_range(space, locked, first, last - first + 1);
}

static bool
fits(const struct rte_iommufd_space *space, const struct mapping *run)
{
	uint32_t i;

	if (space->range_count == 0)
		return true;
	for (i = 0; i < space->range_count; i++)
		if (run->iova >= space->ranges[i].first &&
			run->iova + (run->length - 1) <= space->ranges[i].last)
			return true;
	return false;
}

/* Writes there are interrupts on x86, whatever the page tables say (VT-d 3.14). */
bool
space_touches_interrupt_window(const struct mapping *run)
{
#ifdef RTE_ARCH_X86
	return run->length != 0 && run->iova <= INTERRUPT_WINDOW_LAST &&
		run->iova + (run->length - 1) >= INTERRUPT_WINDOW_FIRST;
#else
	(void)run;
	return false;
#endif
}

/* Whether the run can be mapped there at all, as far as that is known. */
static int
check_place(struct rte_iommufd_space *space, const struct mapping *run)
{
	struct explanation why;

	if (run->length == 0)
		return 0;
	if (!fits(space, run))
		return space_refuse_map(space, run, -EINVAL);
	if (!space->keeps_interrupt_window ||
		!space_touches_interrupt_window(run))
		return 0;
	IOMMUFD_LOG(ERR, "%s", explain_interrupt_window(&why, run));
	return -EINVAL;
}

void
space_forget_locked(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count)
{
	pthread_mutex_lock(&space->map_lock);
	while (count-- > 0)
		iova_map_remove(
			&space->map, runs[count].iova, runs[count].length);
	pthread_mutex_unlock(&space->map_lock);
}

int
space_record_locked(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count)
{
	size_t failed;
	int ret;

	for (failed = 0; failed < count; failed++) {
		ret = check_place(space, &runs[failed]);
		if (ret != 0)
			return ret;
	}
	pthread_mutex_lock(&space->map_lock);
	ret = iova_map_add_all(&space->map, runs, count, &failed);
	pthread_mutex_unlock(&space->map_lock);
	if (ret != 0)
		return space_refuse_map(space, &runs[failed], ret);
	return 0;
}

#define NONE SIZE_MAX

struct work {
	struct rte_iommufd_space *space;
	const struct mapping *runs;
	bool *entered; /* of each run */
	atomic_size_t calls;
	atomic_size_t failed; /* the run that failed first; NONE: none did */
	int error;	      /* of that one */
	struct progress progress;
};

static int
enter_one(size_t item, void *argument)
{
	struct work *work = argument;
	const struct mapping *run = &work->runs[item];
	int ret = work->space->context->backend->map(work->space, run);
	size_t none = NONE;

	atomic_fetch_add(&work->calls, 1);
	if (ret != 0) {
		if (atomic_compare_exchange_strong(&work->failed, &none, item))
			work->error = ret;
		return ret;
	}
	work->entered[item] = true;
	progress_add(&work->progress, run->length);
	return 0;
}

static uint64_t
bytes_of(const struct mapping *runs, size_t count)
{
	uint64_t bytes = 0;

	while (count-- > 0)
		bytes += runs[count].length;
	return bytes;
}

static bool
is_worth_threads(const struct mapping *runs, size_t count)
{
	uint64_t by_address = 0;
	uint64_t by_file = 0;
	size_t i;

	for (i = 0; i < count; i++)
		*(runs[i].file < 0 ? &by_address : &by_file) += runs[i].length;
	return count >= MANY_RUNS || by_address >= MANY_BYTES_BY_ADDRESS ||
		by_file >= MANY_BYTES_BY_FILE;
}

static void
take_back(const struct work *work, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (work->entered[i])
			space_take_back_locked(work->space, &work->runs[i]);
}

int
space_enter_locked(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count, unsigned int threads)
{
	struct work work = { .space = space, .runs = runs, .failed = NONE };
	const uint64_t bytes = bytes_of(runs, count);
	int ret;

	work.entered = calloc(count, sizeof(*work.entered));
	if (work.entered == NULL)
		return space_refuse_map(space, &runs[0], -ENOMEM);
	if (!space->context->backend->maps_in_parallel ||
		!is_worth_threads(runs, count))
		threads = 1;
	progress_start(&work.progress, "mapping memory for devices", bytes);
	parallel_run(count, threads, enter_one, &work);
	ret = work.error;
	pthread_mutex_lock(&space->map_lock);
	space->stats.map_calls += work.calls;
	space->stats.failed_calls += ret != 0;
	pthread_mutex_unlock(&space->map_lock);
	if (ret != 0) {
		take_back(&work, count);
		space_refuse_batch(space, &runs[work.failed], bytes,
			space->context->backend->charge, ret);
	}
	free(work.entered);
	return ret;
}

static int
enter_everywhere(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count, unsigned int threads)
{
	size_t i;
	int ret = 0;

	if (space->live)
		ret = space_enter_locked(space, runs, count, threads);
	if (ret != 0)
		return ret;
	ret = mirrors_enter(space, runs, count, threads);
	for (i = 0; ret != 0 && space->live && i < count; i++)
		space_take_back_locked(space, &runs[i]);
	return ret;
}

static int
map_runs_locked(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count, unsigned int threads)
{
	int ret;

	ret = space_record_locked(space, runs, count);
	if (ret != 0)
		return ret;
	prefault(runs, count, threads);
	ret = enter_everywhere(space, runs, count, threads);
	if (ret != 0)
		space_forget_locked(space, runs, count);
	return ret;
}

int
space_map_runs(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count, unsigned int threads)
{
	struct locked_range locked;
	int ret;

	if (count == 0)
		return 0;
	space_lock_runs(space, &locked, runs, count);
	ret = map_runs_locked(space, runs, count, threads);
	space_unlock_range(space, &locked);
	return ret;
}

static int
check(const struct mapping *run)
{
	if (run->rights == 0 || (run->rights & ~ALL_RIGHTS) != 0) {
		IOMMUFD_LOG(ERR,
			"cannot map %#" PRIx64
			": rights %#x are neither read nor write",
			run->iova, run->rights);
		return -EINVAL;
	}
	if (run->length == 0) {
		IOMMUFD_LOG(ERR, "cannot map %#" PRIx64 ": nothing to map",
			run->iova);
		return -EINVAL;
	}
	return 0;
}

static int
check_and_map(struct rte_iommufd_space *space, const struct mapping *run)
{
	int ret = check(run);

	return ret != 0 ? ret
			: space_map_runs(space, run, 1, space_threads(space));
}

int
rte_iommufd_space_map(struct rte_iommufd_space *space, const void *va,
	uint64_t iova, uint64_t length, uint32_t rights)
{
	const struct mapping run = {
		.iova = iova,
		.length = length,
		.va = (uintptr_t)va,
		.file = -1,
		.rights = rights,
	};

	return check_and_map(space, &run);
}

int
rte_iommufd_space_map_file(struct rte_iommufd_space *space, int file,
	uint64_t offset, const void *va, uint64_t iova, uint64_t length,
	uint32_t rights)
{
	const struct mapping run = {
		.iova = iova,
		.length = length,
		.va = (uintptr_t)va,
		.file = file,
		.offset = offset,
		.rights = rights,
	};

	return check_and_map(space, &run);
}

int
rte_iommufd_space_map_runs(struct rte_iommufd_space *space,
	const struct rte_iommufd_run *runs, unsigned int count)
{
	struct mapping *mappings = calloc((size_t)count + 1, sizeof(*mappings));
	unsigned int i;
	int ret = 0;

	if (mappings == NULL) {
		IOMMUFD_LOG(ERR, "no memory for a list of %u runs", count);
		return -ENOMEM;
	}
	for (i = 0; i < count && ret == 0; i++) {
		mappings[i] = (struct mapping){
			.iova = runs[i].iova,
			.length = runs[i].length,
			.va = (uintptr_t)runs[i].va,
			.file = runs[i].file,
			.offset = runs[i].offset,
			.rights = runs[i].rights,
		};
		ret = check(&mappings[i]);
	}
	if (ret == 0)
		ret = space_map_runs(
			space, mappings, count, space_threads(space));
	free(mappings);
	return ret;
}
