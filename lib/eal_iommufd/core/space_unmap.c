/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Takes memory out of an address space again.
 *
 * The kernel unmaps areas only whole (iopt_unmap_iova_range()), which the record
 * knows beforehand. Large intervals of many areas are unmapped by several threads:
 * the kernel drops its lock of the area tree while it empties page tables. What the
 * kernel says it has unmapped is compared to the byte. The interval is claimed until
 * then (range_lock.h), and stays in the record, so that nobody maps into it too early.
 *
 * Must not know: which backend it is, EAL, devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include <rte_errno.h>

#include "core/address_space.h"
#include "backend/backend.h"
#include "util/log.h"
#include "util/parallel.h"
#include "core/space_map.h"

/* Threads are not worth their start for less. */
#define MANY_BYTES (UINT64_C(1) << 30)

/* An interval of whole areas for one call. */
struct piece {
	uint64_t iova;
	uint64_t length;
	uint64_t unmapped;
};

struct work {
	struct rte_iommufd_space *space;
	struct piece *pieces;
};

static int
unmap_piece(size_t item, void *argument)
{
	struct work *work = argument;
	struct piece *piece = &work->pieces[item];

	return work->space->context->backend->unmap(
		work->space, piece->iova, piece->length, &piece->unmapped);
}

/* Cuts [iova, iova + length) between areas into at most limit pieces alike in size. */
static size_t
cut(const struct iova_map *mappings, uint64_t iova, uint64_t length,
	struct piece *pieces, size_t limit)
{
	const uint64_t share = length / limit;
	const struct mapping *area;
	struct piece *piece = pieces;
	uint64_t done = 0;

	*piece = (struct piece){ .iova = iova };
	while (done < length) {
		area = iova_map_find(mappings, iova + done);
		if (piece->length >= share &&
			(size_t)(piece - pieces) + 1 < limit)
			*++piece = (struct piece){ .iova = iova + done };
		piece->length += area->length;
		done += area->length;
	}
	return piece - pieces + 1;
}

static int
complain(uint64_t iova, uint64_t length, uint64_t unmapped, int err)
{
	IOMMUFD_LOG(ERR,
		"cannot unmap %#" PRIx64 "-%#" PRIx64
		": %s, the kernel unmapped %" PRIu64 " of %" PRIu64
		" bytes; do not reuse this memory while the device runs",
		iova, iova + (length - 1), rte_strerror(-err), unmapped,
		length);
	return err;
}

/* How many calls, and of what. */
static size_t
plan(const struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	struct piece *pieces, unsigned int threads)
{
	if (threads > 1 && length >= MANY_BYTES &&
		space->context->backend->maps_in_parallel)
		return cut(&space->map, iova, length, pieces, threads);
	*pieces = (struct piece){ .iova = iova, .length = length };
	return 1;
}

/* Of several pieces some may be gone when another one fails: they leave the books. */
static uint64_t
settle(struct rte_iommufd_space *space, const struct piece *pieces,
	size_t count)
{
	uint64_t unmapped = 0;
	size_t i;

	space->stats.unmap_calls += count;
	for (i = 0; i < count; i++) {
		unmapped += pieces[i].unmapped;
		if (pieces[i].unmapped == pieces[i].length)
			iova_map_remove(
				&space->map, pieces[i].iova, pieces[i].length);
	}
	return unmapped;
}

int
space_take_out_locked(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, unsigned int threads)
{
	struct piece pieces[SETTINGS_THREADS_MAX];
	struct work work = { .space = space, .pieces = pieces };
	size_t count;
	uint64_t unmapped;
	int ret;

	if (!space->live) {
		pthread_mutex_lock(&space->map_lock);
		iova_map_remove(&space->map, iova, length);
		pthread_mutex_unlock(&space->map_lock);
		return 0;
	}
	pthread_mutex_lock(&space->map_lock);
	count = plan(space, iova, length, pieces, threads);
	pthread_mutex_unlock(&space->map_lock);
	ret = parallel_run(count, threads, unmap_piece, &work);
	pthread_mutex_lock(&space->map_lock);
	unmapped = settle(space, pieces, count);
	if (ret == 0 && unmapped != length)
		ret = -EIO;
	space->stats.failed_calls += ret != 0;
	if (ret != 0)
		iova_map_lose(&space->map, iova, length);
	pthread_mutex_unlock(&space->map_lock);
	return ret == 0 ? 0 : complain(iova, length, unmapped, ret);
}

void
space_take_back_locked(
	struct rte_iommufd_space *space, const struct mapping *run)
{
	uint64_t unmapped = 0;
	int ret = space->context->backend->unmap(
		space, run->iova, run->length, &unmapped);

	if (ret == 0 && unmapped != run->length)
		ret = -EIO;
	pthread_mutex_lock(&space->map_lock);
	space->stats.unmap_calls++;
	space->stats.failed_calls += ret != 0;
	pthread_mutex_unlock(&space->map_lock);
	if (ret != 0)
		complain(run->iova, run->length, unmapped, ret);
}

static int
unmap_locked(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	unsigned int threads)
{
	int mirrored, ret;

	pthread_mutex_lock(&space->map_lock);
	ret = iova_map_check_whole(&space->map, iova, length);
	pthread_mutex_unlock(&space->map_lock);
	if (ret != 0) {
		IOMMUFD_LOG(ERR, "cannot unmap %#" PRIx64 " + %#" PRIx64 ": %s",
			iova, length,
			ret == -ENOENT
				? "not all of it is mapped"
				: "it does not begin and end where mappings do; unmap what was mapped");
		return ret;
	}
	mirrored = mirrors_leave(space, iova, length, threads);
	ret = space_take_out_locked(space, iova, length, threads);
	return ret != 0 ? ret : mirrored;
}

int
space_unmap(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	unsigned int threads)
{
	struct locked_range locked;
	int ret;

	space_lock_range(space, &locked, iova, length);
	ret = unmap_locked(space, iova, length, threads);
	space_unlock_range(space, &locked);
	return ret;
}

/* Whether a secondary process has mapped something there: only it may unmap that. */
static bool
is_foreign(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	const struct mapping *area;
	bool found = false;
	uint64_t done = 0;

	if (space->foreign_maps == 0)
		return false;
	pthread_mutex_lock(&space->map_lock);
	while (!found && done < length) {
		area = iova_map_find(&space->map, iova + done);
		if (area == NULL)
			break;
		found = area->origin == MAPPING_OF_SECONDARY;
		done = area->iova + area->length - iova;
	}
	pthread_mutex_unlock(&space->map_lock);
	return found;
}

int
rte_iommufd_space_unmap(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	if (is_foreign(space, iova, length)) {
		IOMMUFD_LOG(ERR,
			"cannot unmap %#" PRIx64 " + %#" PRIx64
			": a secondary process has mapped it, and unmaps it itself or when it ends",
			iova, length);
		return -EPERM;
	}
	return space_unmap(space, iova, length, space_threads(space));
}
