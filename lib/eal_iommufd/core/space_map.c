/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Mapping and unmapping, from top to bottom in the order in which it happens:
 *
 *   check    the request
 *   lock     the range, so that calls about the same memory take turns (range_lock.h)
 *   record   what will be there, which finds what overlaps (iova_map.h)
 *   present  the memory that the process has not touched yet (prefault.h)
 *   enter    by calls of the kernel, in the space and then in those that mirror it
 *   commit   or roll back, in reverse order
 *
 * Unmapping is the same in reverse: first in the spaces that mirror this one, then in itself,
 * out of the kernel and then out of the record, so that nothing is mapped there too early.
 *
 * A space that mirrors another has the same mappings at the same addresses, beside its own.
 * The range is locked in the source first and then in the mirror, and nothing mirrors a
 * mirror. All mirrors stay locked until the request is entered in all of them, or in none.
 *
 * By which calls of the kernel one space is filled and emptied is in space_kernel.c.
 *
 * Must not know: which backend it is, EAL, devices, how a space comes to mirror another.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "backend/backend.h"
#include "core/region.h"
#include "core/space_kernel.h"
#include "core/space_map.h"
#include "explain/explain.h"
#include "explain/explain_pasid.h"
#include "kernel/kernel.h"
#include "kernel/prefault.h"
#include "util/log.h"
#include "util/parallel.h"

unsigned int
space_threads(const struct rte_iommufd_space *space)
{
	int set = space->context->settings.threads;

	return set > 0 ? (unsigned int)set : parallel_default_threads();
}

/* --- Check --- */

/* Whether it has rights and a length: 0, or -EINVAL, logged. */
static int
map_check_run(const struct mapping *run)
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

static bool
map_fits_ranges(
	const struct rte_iommufd_space *space, const struct mapping *run)
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

/* Whether the run can be mapped there at all, as far as that is known; the range is locked. */
static int
map_check_place(struct rte_iommufd_space *space, const struct mapping *run)
{
	struct explanation why;

	if (run->length == 0)
		return 0;
	if (!map_fits_ranges(space, run))
		return space_refuse_map(space, run, -EINVAL);
	if (!space->keeps_interrupt_window ||
		!space_touches_interrupt_window(run))
		return 0;
	IOMMUFD_LOG(ERR, "%s", explain_interrupt_window(&why, run));
	return -EINVAL;
}

/* --- Lock --- */

void
space_lock_all(struct rte_iommufd_space *space, struct locked_range *locked)
{
	range_lock_acquire(&space->range_lock, locked, 0, UINT64_MAX);
}

void
space_lock_range(struct rte_iommufd_space *space, struct locked_range *locked,
	uint64_t iova, uint64_t length)
{
	const uint64_t last = iova + (length - 1);

	if (space->context->backend->maps_in_parallel)
		range_lock_acquire(&space->range_lock, locked, iova,
			length == 0 || last < iova ? UINT64_MAX : last);
	else
		space_lock_all(space, locked);
}

void
space_unlock_range(struct rte_iommufd_space *space, struct locked_range *locked)
{
	range_lock_release(&space->range_lock, locked);
}

/* Locks all that the runs cover, and what lies between them. */
static void
map_lock_runs(struct rte_iommufd_space *space, struct locked_range *locked,
	const struct mapping *runs, size_t count)
{
	uint64_t first = UINT64_MAX;
	uint64_t last = 0;
	size_t i;

	/* An invalid interval is locked, too; the record refuses it later. */
	for (i = 0; i < count; i++) {
		first = RTE_MIN(first, runs[i].iova);
		last = RTE_MAX(last, runs[i].iova);
		last = RTE_MAX(last, runs[i].iova + (runs[i].length - 1));
	}
	space_lock_range(space, locked, first, last - first + 1);
}

/* --- Record --- */

static int
map_record(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count)
{
	size_t failed;
	int ret;

	for (failed = 0; failed < count; failed++) {
		ret = map_check_place(space, &runs[failed]);
		if (ret != 0)
			return ret;
	}
	pthread_mutex_lock(&space->map_lock);
	ret = iova_map_add_all(&space->map, runs, count, &failed);
	pthread_mutex_unlock(&space->map_lock);
	return ret == 0 ? 0 : space_refuse_map(space, &runs[failed], ret);
}

/* What could not be taken out of the kernel again stays, as MAPPING_LOST. */
static void
map_forget(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count)
{
	pthread_mutex_lock(&space->map_lock);
	while (count-- > 0)
		if (iova_map_find(&space->map, runs[count].iova)->origin !=
			MAPPING_LOST)
			iova_map_remove(&space->map, runs[count].iova,
				runs[count].length);
	pthread_mutex_unlock(&space->map_lock);
}

/* --- Present, enter: one space --- */

/* Records, makes present and enters; all or nothing. */
static int
map_in_one(struct rte_iommufd_space *space, const struct map_request *request)
{
	int ret = map_record(space, request->runs, request->count);

	if (ret != 0)
		return ret;
	if (request->source == NULL && !request->runs[0].is_region)
		prefault(request->runs, request->count, request->threads);
	ret = space_kernel_map(space, request);
	if (ret != 0)
		map_forget(space, request->runs, request->count);
	return ret;
}

/* The reverse of that. */
static void
map_roll_back(
	struct rte_iommufd_space *space, const struct map_request *request)
{
	size_t i;

	for (i = request->count; i-- > 0;)
		space_kernel_take_back(
			space, request->runs[i].iova, request->runs[i].length);
	map_forget(space, request->runs, request->count);
}

/* --- Enter: the spaces that mirror it --- */

struct map_mirror {
	struct rte_iommufd_space *space;
	struct locked_range locked;
};

/* What the mirrors of a space are given, which is what the space was given. */
struct map_mirrors {
	struct map_request request;
	struct mapping *runs;
	struct map_mirror *items;
	size_t count;
};

static size_t
mirrors_count(const struct rte_iommufd_space *space)
{
	const struct rte_iommufd_space *mirror;
	size_t count = 0;

	TAILQ_FOREACH(mirror, &space->mirrors, next_mirror)
		count++;
	return count;
}

static int
mirrors_prepare(struct map_mirrors *mirrors, struct rte_iommufd_space *space,
	const struct map_request *request)
{
	size_t i;

	mirrors->items = calloc(mirrors_count(space), sizeof(*mirrors->items));
	mirrors->runs = calloc(request->count, sizeof(*mirrors->runs));
	if (mirrors->items == NULL || mirrors->runs == NULL) {
		IOMMUFD_LOG(ERR, "no memory to mirror %zu mappings",
			request->count);
		return -ENOMEM;
	}
	for (i = 0; i < request->count; i++) {
		mirrors->runs[i] = request->runs[i];
		mirrors->runs[i].file = -1;
		mirrors->runs[i].origin = MAPPING_OF_SOURCE;
		mirrors->runs[i].count = 0;
	}
	mirrors->request = (struct map_request){
		.runs = mirrors->runs,
		.count = request->count,
		.source = space,
		.leaves_fault_to_caller = request->leaves_fault_to_caller,
		.threads = request->threads,
	};
	return 0;
}

static int
mirrors_enter(struct map_mirrors *mirrors, struct rte_iommufd_space *space)
{
	struct rte_iommufd_space *mirror;
	struct map_mirror *item;
	int ret;

	TAILQ_FOREACH(mirror, &space->mirrors, next_mirror) {
		item = &mirrors->items[mirrors->count];
		item->space = mirror;
		map_lock_runs(mirror, &item->locked, mirrors->request.runs,
			mirrors->request.count);
		ret = map_in_one(mirror, &mirrors->request);
		if (ret != 0) {
			space_unlock_range(mirror, &item->locked);
			return ret;
		}
		mirrors->count++;
	}
	return 0;
}

/* Those that were entered stay so, or are rolled back. */
static void
mirrors_finish(struct map_mirrors *mirrors, bool keep)
{
	struct map_mirror *item;

	while (mirrors->count > 0) {
		item = &mirrors->items[--mirrors->count];
		if (!keep)
			map_roll_back(item->space, &mirrors->request);
		space_unlock_range(item->space, &item->locked);
	}
	free(mirrors->items);
	free(mirrors->runs);
}

static int
map_in_mirrors(
	struct rte_iommufd_space *space, const struct map_request *request)
{
	struct map_mirrors mirrors = { .items = NULL };
	int ret;

	if (TAILQ_EMPTY(&space->mirrors))
		return 0;
	ret = mirrors_prepare(&mirrors, space, request);
	if (ret == 0)
		ret = mirrors_enter(&mirrors, space);
	mirrors_finish(&mirrors, ret == 0);
	return ret;
}

/* --- Map: all of it --- */

int
space_map_locked(
	struct rte_iommufd_space *space, const struct map_request *request)
{
	int ret = map_in_one(space, request);

	if (ret != 0)
		return ret;
	ret = map_in_mirrors(space, request);
	if (ret != 0)
		map_roll_back(space, request);
	return ret;
}

int
space_map(struct rte_iommufd_space *space, const struct map_request *request)
{
	struct locked_range locked;
	int ret;

	if (request->count == 0)
		return 0;
	map_lock_runs(space, &locked, request->runs, request->count);
	ret = space_map_locked(space, request);
	space_unlock_range(space, &locked);
	return ret;
}

int
space_map_runs(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count, unsigned int threads)
{
	const struct map_request request = {
		.runs = runs,
		.count = count,
		.threads = threads,
	};

	return space_map(space, &request);
}

/* Registers are no memory to the kernel (-EFAULT): then they are mapped by their dma-buf. */
int
space_map_one(struct rte_iommufd_space *space, const struct mapping *run,
	int (*map)(struct rte_iommufd_space *space,
		const struct map_request *request))
{
	struct mapping registers = *run;
	struct map_request request = {
		.runs = run,
		.count = 1,
		.leaves_fault_to_caller = true,
		.threads = space_threads(space),
	};
	int ret = map_check_run(run);

	if (ret == 0)
		ret = map(space, &request);
	if (ret != -EFAULT)
		return ret;
	registers.file = region_open_at(space, run);
	if (registers.file < 0)
		return registers.file;
	registers.offset = 0;
	registers.is_region = true;
	request.runs = &registers;
	request.leaves_fault_to_caller = false;
	ret = map(space, &request);
	kernel_close(registers.file);
	return ret;
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

	return space_map_one(space, &run, space_map);
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

	return space_map_one(space, &run, space_map);
}

int
rte_iommufd_space_map_runs(struct rte_iommufd_space *space,
	const struct rte_iommufd_run *runs, size_t run_size, unsigned int count)
{
	const struct rte_iommufd_run *run;
	struct mapping *mappings;
	unsigned int i;
	int ret = 0;

	if (run_size < sizeof(*run)) {
		IOMMUFD_LOG(ERR,
			"cannot map runs of %zu bytes: they have %zu at least",
			run_size, sizeof(*run));
		return -EINVAL;
	}
	mappings = calloc((size_t)count + 1, sizeof(*mappings));
	if (mappings == NULL) {
		IOMMUFD_LOG(ERR, "no memory for a list of %u runs", count);
		return -ENOMEM;
	}
	for (i = 0; i < count && ret == 0; i++) {
		run = (const void *)((const char *)runs + i * run_size);
		mappings[i] = (struct mapping){
			.iova = run->iova,
			.length = run->length,
			.va = (uintptr_t)run->va,
			.file = run->file,
			.offset = run->offset,
			.rights = run->rights,
		};
		ret = map_check_run(&mappings[i]);
	}
	if (ret == 0)
		ret = space_map_runs(
			space, mappings, count, space_threads(space));
	free(mappings);
	return ret;
}

/* --- Unmap: the spaces that mirror it --- */

/*
 * Neighbours in [*iova, last] that a mirror has from its source. The program may have
 * unmapped others there, and mapped its own instead.
 */
static bool
mirror_next_row(struct rte_iommufd_space *mirror, uint64_t *iova, uint64_t last,
	uint64_t *length)
{
	const struct mapping *area;

	*length = 0;
	pthread_mutex_lock(&mirror->map_lock);
	area = iova_map_at_or_after(&mirror->map, *iova);
	while (area != NULL && area->iova <= last &&
		area->origin != MAPPING_OF_SOURCE)
		area = iova_map_next(area);
	if (area != NULL)
		*iova = area->iova;
	while (area != NULL && area->origin == MAPPING_OF_SOURCE &&
		area->iova <= last && area->iova == *iova + *length) {
		*length += area->length;
		area = iova_map_next(area);
	}
	pthread_mutex_unlock(&mirror->map_lock);
	return *length != 0;
}

/* 0, or the first failure; all is tried. */
static int
unmap_in_mirror(struct rte_iommufd_space *mirror, uint64_t iova,
	uint64_t length, unsigned int threads)
{
	const uint64_t last = iova + (length - 1);
	struct locked_range locked;
	uint64_t row_length;
	int ret, failure = 0;

	space_lock_range(mirror, &locked, iova, length);
	while (mirror_next_row(mirror, &iova, last, &row_length)) {
		ret = space_kernel_unmap(mirror, iova, row_length, threads);
		if (failure == 0)
			failure = ret;
		if (iova + (row_length - 1) >= last)
			break;
		iova += row_length;
	}
	space_unlock_range(mirror, &locked);
	return failure;
}

/* --- Unmap: all of it --- */

/* Whether a secondary process has mapped something there; map_lock is held. */
static bool
unmap_meets_reserved(const struct iova_map *map, uint64_t iova, uint64_t length)
{
	const struct mapping *area = iova_map_at_or_after(map, iova);

	while (area != NULL && area->iova - iova < length &&
		area->origin != MAPPING_OF_SECONDARY)
		area = iova_map_next(area);
	return area != NULL && area->iova <= iova + (length - 1) &&
		area->origin == MAPPING_OF_SECONDARY;
}

static const char *
unmap_refusal(int err)
{
	switch (-err) {
	case EPERM:
		return "a secondary process has mapped it, and unmaps it itself or when it ends";
	case ENOENT:
		return "not all of it is mapped";
	default:
		return "it does not begin and end where mappings do; unmap what was mapped";
	}
}

static int
unmap_check(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	int ret;

	pthread_mutex_lock(&space->map_lock);
	ret = iova_map_check_whole(&space->map, iova, length);
	if (ret == -ENOENT && unmap_meets_reserved(&space->map, iova, length))
		ret = -EPERM;
	pthread_mutex_unlock(&space->map_lock);
	if (ret != 0)
		IOMMUFD_LOG(ERR, "cannot unmap %#" PRIx64 " + %#" PRIx64 ": %s",
			iova, length, unmap_refusal(ret));
	return ret;
}

int
space_unmap_locked(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, unsigned int threads)
{
	struct rte_iommufd_space *mirror;
	int ret, failure = 0;

	TAILQ_FOREACH(mirror, &space->mirrors, next_mirror) {
		ret = unmap_in_mirror(mirror, iova, length, threads);
		if (failure == 0)
			failure = ret;
	}
	ret = space_kernel_unmap(space, iova, length, threads);
	return ret != 0 ? ret : failure;
}

int
space_unmap(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	unsigned int threads)
{
	struct locked_range locked;
	int ret;

	space_lock_range(space, &locked, iova, length);
	ret = unmap_check(space, iova, length);
	if (ret == 0)
		ret = space_unmap_locked(space, iova, length, threads);
	space_unlock_range(space, &locked);
	return ret;
}

int
rte_iommufd_space_unmap(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	return space_unmap(space, iova, length, space_threads(space));
}

/* --- Mapped by another process --- */

int
space_reserve_locked(
	struct rte_iommufd_space *space, const struct mapping *mapping)
{
	const struct map_request request = {
		.runs = mapping,
		.count = 1,
		.threads = 1,
	};
	int ret = map_record(space, mapping, 1);

	if (ret != 0)
		return ret;
	ret = map_in_mirrors(space, &request);
	if (ret != 0)
		space_forget_reserved_locked(
			space, mapping->iova, mapping->length);
	return ret;
}

int
space_forget_reserved_locked(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	int ret;

	pthread_mutex_lock(&space->map_lock);
	ret = iova_map_remove_reserved(&space->map, iova, length);
	pthread_mutex_unlock(&space->map_lock);
	return ret;
}
