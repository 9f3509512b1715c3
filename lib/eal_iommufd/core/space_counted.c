/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Memory that several users map independently of each other: programs map the same memory
 * once for each of their ports, though the ports share a space, and some map what EAL's
 * memory covers already. Neither may fail, and neither may be unmapped too early. So the
 * mapping in the record is counted: the program's own is unmapped when its count is 0, another
 * one (of EAL, of a source) only loses the count.
 *
 * Must not know: which backend it is, EAL, devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <rte_common.h>

#include "backend/backend.h"
#include "core/space_counted.h"
#include "core/space_kernel.h"
#include "core/space_map.h"
#include "kernel/same_memory.h"
#include "util/log.h"

static uint64_t
counted_last(const struct mapping *mapping)
{
	return mapping->iova + (mapping->length - 1);
}

/* By counted calls alone; also when it could not be unmapped at the last of them. */
static bool
counted_owns(const struct mapping *area)
{
	return area->origin == MAPPING_COUNTED ||
		(area->origin == MAPPING_LOST && area->count > 0);
}

static void
counted_change(struct mapping *area, const void *change)
{
	const struct mapping *by = change;

	area->count += by->count;
	area->has_aliases |= by->has_aliases;
}

static void
counted_decrement(struct mapping *area, const void *argument __rte_unused)
{
	area->count--;
}

/* --- Map --- */

/* What is mapped in the interval of a request. */
enum counted_place {
	PLACE_FREE,   /* as far as is known: the record finds the rest */
	PLACE_HAS_IT, /* these very IOVAs, by the program or by another one */
	PLACE_TAKEN,
};

/* The interval is mapped already: stores the address of the memory in this process. */
static enum counted_place
counted_look(struct rte_iommufd_space *space, const struct mapping *run,
	uint64_t *va)
{
	const uint64_t last = counted_last(run);
	const struct mapping *area = iova_map_at_or_after(
		&space->map, run->iova);

	if (area == NULL || area->iova > last)
		return PLACE_FREE;
	if (area->origin == MAPPING_COUNTED && area->iova == run->iova &&
		area->length == run->length &&
		(area->rights & run->rights) == run->rights) {
		*va = area->va;
		return PLACE_HAS_IT;
	}
	/* A part of the program's own would be gone when the whole is unmapped. */
	for (; area != NULL && area->iova <= last; area = iova_map_next(area))
		if (counted_owns(area))
			return PLACE_TAKEN;
	return iova_map_translate(&space->map, run->iova, run->length,
		       run->rights, va) == 0
		? PLACE_HAS_IT
		: PLACE_TAKEN;
}

/* The range is locked. */
static int
counted_add(
	struct rte_iommufd_space *space, const struct mapping *run, uint64_t va)
{
	const struct mapping change = {
		.count = 1,
		.has_aliases = va != run->va,
	};

	/* Physical addresses are the same wherever a process sees the memory. */
	if (va != run->va && !same_memory(va, run->va, run->length))
		return space_refuse_map(space, run, -EEXIST);
	pthread_mutex_lock(&space->map_lock);
	iova_map_change(
		&space->map, run->iova, run->length, counted_change, &change);
	pthread_mutex_unlock(&space->map_lock);
	return 0;
}

static int
counted_map(struct rte_iommufd_space *space, const struct map_request *request)
{
	const struct mapping *run = request->runs;
	enum counted_place place;
	struct locked_range locked;
	uint64_t va = 0;
	int ret;

	space_lock_range(space, &locked, run->iova, run->length);
	pthread_mutex_lock(&space->map_lock);
	place = counted_look(space, run, &va);
	pthread_mutex_unlock(&space->map_lock);
	if (place == PLACE_FREE)
		ret = space_map_locked(space, request);
	else if (place == PLACE_HAS_IT)
		ret = counted_add(space, run, va);
	else
		ret = space_refuse_map(space, run, -EEXIST);
	space_unlock_range(space, &locked);
	return ret;
}

int
rte_iommufd_space_map_counted(struct rte_iommufd_space *space, const void *va,
	uint64_t iova, uint64_t length, uint32_t rights)
{
	const struct mapping run = {
		.iova = iova,
		.length = length,
		.va = (uintptr_t)va,
		.file = -1,
		.rights = rights,
		.origin = MAPPING_COUNTED,
		.count = 1,
	};

	return space_map_one(space, &run, counted_map);
}

/* --- Unmap --- */

static int
counted_refuse(int err, uint64_t iova, uint64_t length)
{
	IOMMUFD_LOG(ERR, "cannot unmap %#" PRIx64 " + %#" PRIx64 ": %s", iova,
		length,
		err == -EOPNOTSUPP
			? "it is part of what was mapped by one call; unmap that whole"
			: "it was not mapped by the program");
	return err;
}

/* How much of the interval a step takes: all of the program's own, or a part of another one. */
static uint64_t
counted_step(const struct mapping *area, uint64_t iova, uint64_t limit)
{
	return RTE_MIN(limit, area->length - (iova - area->iova));
}

static int
counted_check_step(
	const struct mapping *area, uint64_t va, uint64_t iova, uint64_t limit)
{
	if (area == NULL || area->count == 0)
		return -EINVAL;
	if (!area->has_aliases && va - area->va != iova - area->iova)
		return -EINVAL;
	if (counted_owns(area) && (area->iova != iova || area->length > limit))
		return -EOPNOTSUPP;
	return 0;
}

/* The range and the record are locked. */
static int
counted_check(
	const struct iova_map *map, uint64_t va, uint64_t iova, uint64_t length)
{
	const struct mapping *area;
	uint64_t done, step;
	int ret;

	if (length == 0 || iova + (length - 1) < iova)
		return -EINVAL;
	for (done = 0; done < length; done += step) {
		area = iova_map_find(map, iova + done);
		ret = counted_check_step(
			area, va + done, iova + done, length - done);
		if (ret != 0)
			return ret;
		step = counted_step(area, iova + done, length - done);
	}
	return 0;
}

static void
counted_pass_to_eal(struct mapping *area, const void *argument __rte_unused)
{
	area->origin = MAPPING_OF_EAL;
	area->count = 0;
}

/* The last count of the program's own goes when the kernel has unmapped it. */
static int
counted_take_one(struct rte_iommufd_space *space, uint64_t iova, uint64_t limit,
	uint64_t *step)
{
	struct mapping area;
	bool is_last;

	pthread_mutex_lock(&space->map_lock);
	area = *iova_map_find(&space->map, iova);
	*step = counted_step(&area, iova, limit);
	is_last = counted_owns(&area) && area.count == 1;
	if (!is_last)
		iova_map_change(
			&space->map, iova, *step, counted_decrement, NULL);
	else if (area.eal_bytes > 0)
		iova_map_change(
			&space->map, iova, *step, counted_pass_to_eal, NULL);
	pthread_mutex_unlock(&space->map_lock);
	if (!is_last || area.eal_bytes > 0)
		return 0;
	return space_unmap_locked(space, iova, *step, space_threads(space));
}

static int
counted_unmap_locked(struct rte_iommufd_space *space, uint64_t va,
	uint64_t iova, uint64_t length)
{
	uint64_t done, step;
	int ret;

	pthread_mutex_lock(&space->map_lock);
	ret = counted_check(&space->map, va, iova, length);
	pthread_mutex_unlock(&space->map_lock);
	if (ret != 0)
		return counted_refuse(ret, iova, length);
	for (done = 0; ret == 0 && done < length; done += step)
		ret = counted_take_one(
			space, iova + done, length - done, &step);
	return ret;
}

int
rte_iommufd_space_unmap_counted(struct rte_iommufd_space *space, const void *va,
	uint64_t iova, uint64_t length)
{
	struct locked_range locked;
	int ret;

	space_lock_range(space, &locked, iova, length);
	ret = counted_unmap_locked(space, (uintptr_t)va, iova, length);
	space_unlock_range(space, &locked);
	return ret;
}

/* --- EAL's memory --- */

/* How much of the mapping the interval covers, in bytes. */
static uint64_t
counted_overlap(const struct mapping *area, const struct mapping *interval)
{
	const uint64_t first = RTE_MAX(area->iova, interval->iova);
	const uint64_t last = RTE_MIN(
		counted_last(area), counted_last(interval));

	return last - first + 1;
}

static bool
counted_is_shared_with_eal(const struct mapping *area)
{
	return area->origin == MAPPING_COUNTED || area->eal_bytes > 0;
}

static void
counted_eal_gets(struct mapping *area, const void *interval)
{
	if (counted_is_shared_with_eal(area))
		area->eal_bytes = RTE_MIN(area->length,
			area->eal_bytes + counted_overlap(area, interval));
}

static void
counted_eal_frees(struct mapping *area, const void *interval)
{
	area->eal_bytes -= RTE_MIN(
		area->eal_bytes, counted_overlap(area, interval));
}

bool
space_counted_keeps_for_eal(
	struct rte_iommufd_space *space, const struct mapping *run)
{
	struct locked_range locked;
	uint64_t va = 0;
	bool is_there;

	space_lock_range(space, &locked, run->iova, run->length);
	pthread_mutex_lock(&space->map_lock);
	is_there = iova_map_translate(&space->map, run->iova, run->length,
			   run->rights, &va) == 0 &&
		va == run->va;
	if (is_there)
		iova_map_change(&space->map, run->iova, run->length,
			counted_eal_gets, run);
	pthread_mutex_unlock(&space->map_lock);
	space_unlock_range(space, &locked);
	return is_there;
}

bool
space_counted_eal_frees(struct rte_iommufd_space *space,
	const struct mapping *area, const struct mapping *piece)
{
	struct locked_range locked;
	const struct mapping *found;
	struct mapping left = { 0 };

	if (!counted_is_shared_with_eal(area))
		return false;
	space_lock_range(space, &locked, area->iova, area->length);
	pthread_mutex_lock(&space->map_lock);
	iova_map_change(&space->map, piece->iova, piece->length,
		counted_eal_frees, piece);
	found = iova_map_find(&space->map, area->iova);
	if (found != NULL)
		left = *found;
	pthread_mutex_unlock(&space->map_lock);
	/* The program has unmapped it before, and EAL had the rest. */
	if (left.origin == MAPPING_OF_EAL && left.eal_bytes == 0 &&
		left.length != 0)
		space_unmap_locked(space, left.iova, left.length, 1);
	space_unlock_range(space, &locked);
	return true;
}
