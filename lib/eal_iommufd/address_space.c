/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Address spaces: create, map, unmap, look up, ranges.
 *
 * Each space keeps its own record of what is mapped (mappings.h). The kernel is
 * asked to unmap only what the record says was mapped whole, and the record is
 * what is entered into a legacy container when its first device arrives.
 *
 * Must not know: which backend it is, EAL, devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <rte_errno.h>

#include "address_space.h"
#include "backend.h"
#include "context.h"
#include "explain.h"
#include "log.h"

#define ALL_RIGHTS (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

/* Counts the space and settles the backend. */
static int
enter_context(struct rte_iommufd_context *context)
{
	int ret;

	pthread_mutex_lock(&context->lock);
	ret = context_choose_locked(context, NULL);
	if (ret == 0)
		context->spaces++;
	pthread_mutex_unlock(&context->lock);
	return ret;
}

static void
leave_context(struct rte_iommufd_context *context)
{
	pthread_mutex_lock(&context->lock);
	context->spaces--;
	pthread_mutex_unlock(&context->lock);
}

int
rte_iommufd_space_create(
	struct rte_iommufd_context *context, struct rte_iommufd_space **space)
{
	struct rte_iommufd_space *made;
	int ret;

	ret = enter_context(context);
	if (ret != 0)
		return ret;
	made = calloc(1, sizeof(*made));
	if (made == NULL) {
		IOMMUFD_LOG(ERR, "no memory for an address space");
		ret = -ENOMEM;
		goto leave;
	}
	made->context = context;
	made->container_fd = -1;
	made->live = !context->backend->maps_need_device;
	pthread_mutex_init(&made->lock, NULL);
	mappings_init(&made->mappings);
	ret = context->backend->space_create(made);
	if (ret != 0)
		goto release;
	*space = made;
	return 0;

release:
	pthread_mutex_destroy(&made->lock);
	free(made);
leave:
	leave_context(context);
	return ret;
}

int
rte_iommufd_space_destroy(struct rte_iommufd_space *space)
{
	struct rte_iommufd_context *context;

	if (space == NULL)
		return 0;
	context = space->context;
	if (space->devices != 0) {
		IOMMUFD_LOG(ERR,
			"an address space cannot end with %u devices attached",
			space->devices);
		return -EBUSY;
	}
	memory_unfollow(space);
	pthread_mutex_lock(&context->lock);
	context->backend->space_destroy(space);
	pthread_mutex_unlock(&context->lock);
	mappings_clear(&space->mappings);
	pthread_mutex_destroy(&space->lock);
	free(space);
	leave_context(context);
	return 0;
}

static int
refuse_map(const struct mapping *mapping, int err)
{
	struct explanation why;

	IOMMUFD_LOG(ERR, "%s",
		explain_map(&why, mapping->va, mapping->iova, mapping->length,
			err));
	return err;
}

static int
map_now(struct rte_iommufd_space *space, const struct mapping *mapping)
{
	int ret = space->context->backend->map(space, mapping);

	space->stats.map_calls++;
	if (ret == 0)
		return 0;
	space->stats.failed_calls++;
	return refuse_map(mapping, ret);
}

/* The space's lock is held. */
static int
map_locked(struct rte_iommufd_space *space, const struct mapping *mapping)
{
	struct mapping record = *mapping;
	int ret;

	/* The file is the caller's, and may be closed after the call. */
	record.file = -1;
	ret = mappings_add(&space->mappings, &record);
	if (ret != 0)
		return refuse_map(mapping, ret);
	if (!space->live)
		return 0;
	ret = map_now(space, mapping);
	if (ret != 0)
		mappings_remove(
			&space->mappings, mapping->iova, mapping->length);
	return ret;
}

int
address_space_map(
	struct rte_iommufd_space *space, const struct mapping *mapping)
{
	int ret;

	pthread_mutex_lock(&space->lock);
	ret = map_locked(space, mapping);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

static int
check_and_map(struct rte_iommufd_space *space, const struct mapping *mapping)
{
	if (mapping->rights == 0 || (mapping->rights & ~ALL_RIGHTS) != 0) {
		IOMMUFD_LOG(ERR,
			"cannot map %#" PRIx64
			": rights %#x are neither read nor write",
			mapping->iova, mapping->rights);
		return -EINVAL;
	}
	if (mapping->length == 0) {
		IOMMUFD_LOG(ERR, "cannot map %#" PRIx64 ": nothing to map",
			mapping->iova);
		return -EINVAL;
	}
	return address_space_map(space, mapping);
}

int
rte_iommufd_space_map(struct rte_iommufd_space *space, const void *va,
	uint64_t iova, uint64_t length, uint32_t rights)
{
	const struct mapping mapping = {
		.iova = iova,
		.length = length,
		.va = (uintptr_t)va,
		.file = -1,
		.rights = rights,
	};

	return check_and_map(space, &mapping);
}

int
rte_iommufd_space_map_file(struct rte_iommufd_space *space, int file,
	uint64_t offset, const void *va, uint64_t iova, uint64_t length,
	uint32_t rights)
{
	const struct mapping mapping = {
		.iova = iova,
		.length = length,
		.va = (uintptr_t)va,
		.file = file,
		.offset = offset,
		.rights = rights,
	};

	return check_and_map(space, &mapping);
}

static int
unmap_now(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	uint64_t unmapped;
	int ret;

	ret = space->context->backend->unmap(space, iova, length, &unmapped);
	space->stats.unmap_calls++;
	if (ret == 0 && unmapped == length)
		return 0;
	space->stats.failed_calls++;
	if (ret == 0)
		ret = -EIO;
	IOMMUFD_LOG(ERR,
		"cannot unmap %#" PRIx64 "-%#" PRIx64
		": %s, the kernel unmapped %" PRIu64 " of %" PRIu64
		" bytes; do not reuse this memory while the device runs",
		iova, iova + (length - 1), rte_strerror(-ret), unmapped,
		length);
	return ret;
}

/* The space's lock is held. */
static int
unmap_locked(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	int ret = mappings_check_whole(&space->mappings, iova, length);

	if (ret != 0) {
		IOMMUFD_LOG(ERR, "cannot unmap %#" PRIx64 " + %#" PRIx64 ": %s",
			iova, length,
			ret == -ENOENT
				? "not all of it is mapped"
				: "it does not begin and end where mappings do; unmap what was mapped");
		return ret;
	}
	if (space->live) {
		ret = unmap_now(space, iova, length);
		if (ret != 0)
			return ret;
	}
	mappings_remove(&space->mappings, iova, length);
	return 0;
}

int
rte_iommufd_space_unmap(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	int ret;

	pthread_mutex_lock(&space->lock);
	ret = unmap_locked(space, iova, length);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

int
rte_iommufd_space_lookup(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, uint32_t rights, void **va)
{
	uint64_t address;
	int ret;

	pthread_mutex_lock(&space->lock);
	ret = mappings_translate(
		&space->mappings, iova, length, rights, &address);
	pthread_mutex_unlock(&space->lock);
	if (ret == 0)
		*va = (void *)(uintptr_t)address;
	return ret;
}

int
rte_iommufd_space_ranges(struct rte_iommufd_space *space,
	struct rte_iommufd_range *ranges, unsigned int capacity)
{
	uint32_t count = capacity;
	int ret;

	pthread_mutex_lock(&space->lock);
	ret = space->context->backend->ranges(space, ranges, &count);
	pthread_mutex_unlock(&space->lock);
	if (ret == 0 || ret == -EMSGSIZE)
		return count;
	IOMMUFD_LOG(ERR, "cannot read the IOVA ranges of an address space: %s",
		rte_strerror(-ret));
	return ret;
}

void
rte_iommufd_space_stats(
	struct rte_iommufd_space *space, struct rte_iommufd_space_stats *stats)
{
	pthread_mutex_lock(&space->lock);
	*stats = space->stats;
	stats->areas = space->mappings.count;
	stats->bytes = space->mappings.bytes;
	pthread_mutex_unlock(&space->lock);
}

int
rte_iommufd_space_type1_fd(struct rte_iommufd_space *space)
{
	int ret;

	pthread_mutex_lock(&space->lock);
	ret = space->context->backend->type1_fd(space);
	pthread_mutex_unlock(&space->lock);
	return ret;
}

static int
enter_again(const struct mapping *mapping, void *space)
{
	return map_now(space, mapping);
}

int
address_space_go_live(struct rte_iommufd_space *space)
{
	int ret = 0;

	pthread_mutex_lock(&space->lock);
	if (!space->live)
		ret = mappings_walk(&space->mappings, enter_again, space);
	if (ret == 0)
		space->live = true;
	pthread_mutex_unlock(&space->lock);
	return ret;
}

void
address_space_go_idle(struct rte_iommufd_space *space)
{
	pthread_mutex_lock(&space->lock);
	if (space->context->backend->maps_need_device)
		space->live = false;
	pthread_mutex_unlock(&space->lock);
}

void
address_space_stay_live(struct rte_iommufd_space *space)
{
	pthread_mutex_lock(&space->lock);
	space->live = true;
	pthread_mutex_unlock(&space->lock);
}

int
address_space_find(
	struct rte_iommufd_space *space, uint64_t iova, struct mapping *mapping)
{
	const struct mapping *found;

	pthread_mutex_lock(&space->lock);
	found = mappings_find(&space->mappings, iova);
	if (found != NULL)
		*mapping = *found;
	pthread_mutex_unlock(&space->lock);
	return found == NULL ? -ENOENT : 0;
}
