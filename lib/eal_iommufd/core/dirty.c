/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The public functions for the record of the pages that devices write: what is asked for is
 * checked, and an interval is read mapping by mapping.
 *
 * Must not know: the kernel's calls, how many page tables there are.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/dirty.h"
#include "backend/page_tables.h"
#include "core/space_map.h"
#include "util/log.h"

int
rte_iommufd_space_dirty_want(struct rte_iommufd_space *space)
{
	struct rte_iommufd_context *context = space->context;
	int ret = 0;

	if (context->backend->dirty_track == NULL) {
		IOMMUFD_LOG(ERR,
			"backend %s does not record which pages devices write: RTE_IOMMUFD=backend=iommufd can, where the IOMMU has dirty tracking",
			context->backend->name);
		return -EOPNOTSUPP;
	}
	pthread_mutex_lock(&context->lock);
	if (!space->dirty.wanted && (space->devices > 0 || space->pasids > 0))
		ret = -EBUSY;
	else
		space->dirty.wanted = true;
	pthread_mutex_unlock(&context->lock);
	if (ret != 0)
		IOMMUFD_LOG(ERR,
			"address space %u has devices already, whose page tables cannot be changed to record writes: call rte_iommufd_space_dirty_want() before the first is attached",
			space->number);
	return ret;
}

/* The context's lock is held. The name of what is not recorded, or NULL. */
static const char *
find_unrecorded(const struct rte_iommufd_space *space)
{
	const struct rte_iommufd_device *device;
	const struct page_table *table;

	if (space->context->backend->dirty_by_mapping)
		return NULL;
	TAILQ_FOREACH(device, &space->context->devices, next)
		if (device->space == space &&
			(device->page_table == NULL ||
				!device->page_table->tracks_dirty))
			return device->place.address;
	TAILQ_FOREACH(table, &space->page_tables, next)
		if (!table->tracks_dirty)
			return "a PASID";
	return NULL;
}

static int
start_locked(struct rte_iommufd_space *space)
{
	const char *unrecorded;
	int ret;

	if (!space->dirty.wanted) {
		IOMMUFD_LOG(ERR,
			"address space %u has no page tables that record writes: call rte_iommufd_space_dirty_want() before the first device is attached",
			space->number);
		return -EINVAL;
	}
	if (space->dirty.running) {
		IOMMUFD_LOG(ERR,
			"in address space %u writes are recorded already",
			space->number);
		return -EALREADY;
	}
	unrecorded = find_unrecorded(space);
	if (unrecorded != NULL) {
		IOMMUFD_LOG(ERR,
			"in address space %u not all writes can be recorded: %s is on a page table without dirty tracking",
			space->number, unrecorded);
		return -EOPNOTSUPP;
	}
	ret = dirty_start(space);
	if (ret != 0)
		IOMMUFD_LOG(ERR,
			"in address space %u the kernel does not record writes: %s",
			space->number, rte_strerror(-ret));
	return ret;
}

int
rte_iommufd_space_dirty_start(struct rte_iommufd_space *space)
{
	int ret;

	pthread_mutex_lock(&space->context->lock);
	ret = start_locked(space);
	pthread_mutex_unlock(&space->context->lock);
	return ret;
}

static int
refuse_idle(const struct rte_iommufd_space *space)
{
	IOMMUFD_LOG(ERR,
		"in address space %u no writes are recorded: call rte_iommufd_space_dirty_start()",
		space->number);
	return -EINVAL;
}

int
rte_iommufd_space_dirty_stop(struct rte_iommufd_space *space)
{
	int ret;

	pthread_mutex_lock(&space->context->lock);
	if (!space->dirty.running) {
		ret = refuse_idle(space);
	} else {
		ret = dirty_stop(space);
		if (ret != 0)
			IOMMUFD_LOG(ERR,
				"in address space %u the kernel goes on to record writes: %s",
				space->number, rte_strerror(-ret));
	}
	pthread_mutex_unlock(&space->context->lock);
	return ret;
}

/* The mappings in an interval, whose range is locked. */
struct dirty_request {
	struct rte_iommufd_space *space;
	uint64_t first;
	uint64_t last;
	bool clear;
	uint64_t *bitmap;
	uint64_t
		*scratch; /* for bits that are not at the beginning of a word */
};

/* The part of the first mapping at or behind the address in the request; false: none. */
static bool
next_part(const struct dirty_request *request, uint64_t from,
	struct mapping *whole, uint64_t *iova, uint64_t *length)
{
	struct rte_iommufd_space *space = request->space;
	const struct mapping *found;
	uint64_t last;

	pthread_mutex_lock(&space->map_lock);
	found = iova_map_at_or_after(&space->map, from);
	if (found != NULL)
		*whole = *found;
	pthread_mutex_unlock(&space->map_lock);
	if (found == NULL || whole->iova > request->last)
		return false;
	*iova = RTE_MAX(whole->iova, from);
	last = RTE_MIN(whole->iova + (whole->length - 1), request->last);
	*length = last - *iova + 1;
	return true;
}

/* How many words of scratch are needed, or -EINVAL for a mapping in part. */
static int
plan(const struct dirty_request *request, uint64_t *words)
{
	const uint64_t size = dirty_page_size();
	uint64_t iova, length, from = request->first;
	struct mapping whole;

	*words = 0;
	while (next_part(request, from, &whole, &iova, &length)) {
		if (request->clear && length != whole.length) {
			IOMMUFD_LOG(ERR,
				"cannot read and clear what was written in %#" PRIx64
				"-%#" PRIx64
				", which has a mapping only in part: name whole mappings, or RTE_IOMMUFD_DIRTY_KEEP",
				request->first, request->last);
			return -EINVAL;
		}
		if ((iova - request->first) / size % 64 != 0)
			*words = RTE_MAX(*words, length / size / 64 + 1);
		if (iova + (length - 1) >= request->last)
			break;
		from = iova + length;
	}
	return 0;
}

static void
add_bits(
	uint64_t *bitmap, uint64_t offset, const uint64_t *bits, uint64_t count)
{
	uint64_t i;

	for (i = 0; i < count; i++)
		if (bits[i / 64] & UINT64_C(1) << i % 64)
			bitmap[(offset + i) / 64] |= UINT64_C(1)
				<< (offset + i) % 64;
}

static int
read_part(const struct dirty_request *request, const struct mapping *whole,
	uint64_t iova, uint64_t length)
{
	const uint64_t size = dirty_page_size();
	const uint64_t offset = (iova - request->first) / size;
	uint64_t i;
	int ret;

	if (request->space->context->backend->dirty_by_mapping)
		return dirty_take(request->space, whole->iova, whole->length);
	if (offset % 64 == 0)
		return dirty_read(request->space, iova, length, request->clear,
			&request->bitmap[offset / 64]);
	for (i = 0; i <= length / size / 64; i++)
		request->scratch[i] = 0;
	ret = dirty_read(
		request->space, iova, length, request->clear, request->scratch);
	add_bits(request->bitmap, offset, request->scratch, length / size);
	return ret;
}

/* It is not known whether the kernel has it, so all of it counts as written. */
static void
count_as_written(
	const struct dirty_request *request, uint64_t iova, uint64_t length)
{
	const uint64_t size = dirty_page_size();
	uint64_t page = (iova - request->first) / size;
	const uint64_t end = page + length / size;

	for (; page < end; page++)
		request->bitmap[page / 64] |= UINT64_C(1) << page % 64;
}

static int
read_parts(const struct dirty_request *request)
{
	uint64_t iova, length, from = request->first;
	struct mapping whole;
	int ret;

	while (next_part(request, from, &whole, &iova, &length)) {
		ret = read_part(request, &whole, iova, length);
		if (ret == -EINVAL && !mapping_is_entered_here(&whole)) {
			count_as_written(request, iova, length);
			ret = 0;
		}
		if (ret != 0) {
			IOMMUFD_LOG(ERR,
				"the kernel does not tell what was written in %#" PRIx64
				"-%#" PRIx64 ": %s",
				iova, iova + (length - 1), rte_strerror(-ret));
			return ret;
		}
		if (iova + (length - 1) >= request->last)
			break;
		from = iova + length;
	}
	return 0;
}

static void
read_kept(const struct dirty_request *request)
{
	struct dirty_tracking *dirty = &request->space->dirty;

	pthread_mutex_lock(&dirty->lock);
	dirty_set_read(&dirty->kept, request->first, request->last,
		dirty_page_size(), request->bitmap);
	if (request->clear)
		dirty_set_remove(&dirty->kept, request->first, request->last);
	pthread_mutex_unlock(&dirty->lock);
}

static int
read_locked(struct dirty_request *request)
{
	uint64_t words;
	int ret;

	if (!request->space->dirty.running)
		return refuse_idle(request->space);
	ret = plan(request, &words);
	if (ret != 0)
		return ret;
	if (words > 0) {
		request->scratch = calloc(words, sizeof(*request->scratch));
		if (request->scratch == NULL) {
			IOMMUFD_LOG(ERR,
				"no memory to read what was written in %#" PRIx64
				"-%#" PRIx64,
				request->first, request->last);
			return -ENOMEM;
		}
	}
	ret = read_parts(request);
	if (ret == 0)
		read_kept(request);
	free(request->scratch);
	return ret;
}

int
rte_iommufd_space_dirty_read(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, uint32_t flags, uint64_t *bitmap)
{
	struct dirty_request request = {
		.space = space,
		.first = iova,
		.last = iova + (length - 1),
		.clear = !(flags & RTE_IOMMUFD_DIRTY_KEEP),
		.bitmap = bitmap,
	};
	struct locked_range locked;
	int ret;

	if (length == 0 || (iova | length) % dirty_page_size() != 0 ||
		request.last < iova || (flags & ~RTE_IOMMUFD_DIRTY_KEEP) != 0) {
		IOMMUFD_LOG(ERR,
			"cannot read what was written in %#" PRIx64 "+%#" PRIx64
			" with flags %#x: whole pages, and no flag but RTE_IOMMUFD_DIRTY_KEEP",
			iova, length, flags);
		return -EINVAL;
	}
	space_lock_range(space, &locked, iova, length);
	ret = read_locked(&request);
	space_unlock_range(space, &locked);
	return ret;
}
