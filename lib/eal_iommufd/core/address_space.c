/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Address spaces: create and destroy, their ranges, their statistics.
 *
 * Each space keeps its own record of what is mapped (iova_map.h). The kernel's unmap is
 * called only for whole mappings of the record. space_map.c maps and unmaps.
 *
 * Must not know: which backend it is, EAL.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "backend/backend.h"
#include "core/address_space.h"
#include "core/choice.h"
#include "core/inventory.h"
#include "core/mirror.h"
#include "core/region.h"
#include "core/space_allow.h"
#include "core/space_map.h"
#include "explain/explain_pasid.h"
#include "kernel/kernel.h"
#include "util/log.h"
#include "util/sized_struct.h"

/* Counts the space and settles the backend. */
static int
enter_context(struct rte_iommufd_context *context)
{
	int ret;

	pthread_mutex_lock(&context->lock);
	ret = choice_make_without_device(context);
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
	return address_space_create_faulting(context, NULL, space);
}

int
address_space_create_faulting(struct rte_iommufd_context *context,
	struct fault_queue *faults, struct rte_iommufd_space **space)
{
	struct rte_iommufd_space *made;
	int ret;

	ret = enter_context(context);
	if (ret != 0)
		return ret;
	if (faults != NULL && context->backend->attach_pasid == NULL) {
		IOMMUFD_LOG(ERR,
			"backend %s has no page requests: they need RTE_IOMMUFD=backend=iommufd",
			context->backend->name);
		ret = -EOPNOTSUPP;
		goto leave;
	}
	made = calloc(1, sizeof(*made));
	if (made == NULL) {
		IOMMUFD_LOG(ERR, "no memory for an address space");
		ret = -ENOMEM;
		goto leave;
	}
	made->context = context;
	made->faults = faults;
	made->container_fd = -1;
	made->state = SPACE_LIVE;
	range_lock_init(&made->range_lock);
	pthread_mutex_init(&made->map_lock, NULL);
	pthread_mutex_init(&made->dirty.lock, NULL);
	iova_map_init(&made->map);
	TAILQ_INIT(&made->mirrors);
	ret = context->backend->space_create(made);
	if (ret != 0)
		goto release;
	inventory_add_space(made);
	*space = made;
	return 0;

release:
	pthread_mutex_destroy(&made->dirty.lock);
	pthread_mutex_destroy(&made->map_lock);
	range_lock_destroy(&made->range_lock);
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
	if (space->pasids != 0) {
		IOMMUFD_LOG(ERR,
			"an address space cannot end with %u PASIDs attached",
			space->pasids);
		return -EBUSY;
	}
	if (space->mirror_count != 0) {
		IOMMUFD_LOG(ERR,
			"an address space cannot end while others mirror it");
		return -EBUSY;
	}
	if (space->unfollow != NULL)
		space->unfollow(space);
	mirror_end(space);
	pthread_mutex_lock(&context->lock);
	context->backend->space_destroy(space);
	pthread_mutex_unlock(&context->lock);
	inventory_remove_space(space);
	iova_map_clear(&space->map);
	space_allow_end(space);
	dirty_set_clear(&space->dirty.kept);
	pthread_mutex_destroy(&space->dirty.lock);
	pthread_mutex_destroy(&space->map_lock);
	range_lock_destroy(&space->range_lock);
	free(space);
	leave_context(context);
	return 0;
}

int
rte_iommufd_space_lookup(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, uint32_t rights, void **va)
{
	struct locked_range locked;
	uint64_t address;
	int ret;

	space_lock_range(space, &locked, iova, length);
	pthread_mutex_lock(&space->map_lock);
	ret = iova_map_translate(&space->map, iova, length, rights, &address);
	pthread_mutex_unlock(&space->map_lock);
	space_unlock_range(space, &locked);
	if (ret == 0)
		*va = (void *)(uintptr_t)address;
	return ret;
}

int
rte_iommufd_space_ranges(struct rte_iommufd_space *space,
	struct rte_iommufd_range *ranges, unsigned int capacity)
{
	uint32_t count = capacity;
	int ret = space->context->backend->ranges(space, ranges, &count);

	if (ret == 0 || ret == -EMSGSIZE)
		return count;
	IOMMUFD_LOG(ERR, "cannot read the IOVA ranges of an address space: %s",
		rte_strerror(-ret));
	return ret;
}

int
rte_iommufd_space_stats(
	struct rte_iommufd_space *space, struct rte_iommufd_space_stats *stats)
{
	struct rte_iommufd_space_stats now;
	int ret = sized_struct_check(stats,
		SIZED_STRUCT_UP_TO(struct rte_iommufd_space_stats, copy_calls),
		"rte_iommufd_space_stats");

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&space->map_lock);
	now = space->stats;
	now.areas = space->map.count;
	now.bytes = space->map.bytes;
	pthread_mutex_unlock(&space->map_lock);
	sized_struct_fill(stats, &now, sizeof(now));
	return 0;
}

int
rte_iommufd_space_type1_fd(struct rte_iommufd_space *space)
{
	struct locked_range locked;
	int ret;

	space_lock_all(space, &locked);
	ret = space->context->backend->type1_fd(space);
	space_unlock_range(space, &locked);
	return ret;
}

void
address_space_read_ranges(struct rte_iommufd_space *space)
{
	uint32_t count = RTE_DIM(space->ranges);
	struct locked_range locked;

	space_lock_all(space, &locked);
	if (space->context->backend->ranges(space, space->ranges, &count) != 0)
		count = 0;
	space->range_count = count;
	space_unlock_range(space, &locked);
}

int
rte_iommufd_space_map_region(struct rte_iommufd_space *space,
	struct rte_iommufd_device *owner, unsigned int region, uint64_t offset,
	uint64_t iova, uint64_t length, uint32_t rights)
{
	struct mapping run = {
		.iova = iova,
		.length = length,
		.rights = rights,
		.is_region = true,
	};
	int ret;

	if (rights == 0 || (rights & ~ALL_RIGHTS) != 0) {
		IOMMUFD_LOG(ERR,
			"%s: cannot map its region: rights %#x are neither read nor write",
			owner->place.address, rights);
		return -EINVAL;
	}
	if (!space->context->backend->maps_regions) {
		IOMMUFD_LOG(ERR,
			"backend %s maps no regions: map the address at which the program has mapped it",
			space->context->backend->name);
		return -EOPNOTSUPP;
	}
	if (owner->context != space->context || owner->fd < 0) {
		IOMMUFD_LOG(ERR,
			"%s: cannot map its region, the device is of another context or not open",
			owner->place.address);
		return -EINVAL;
	}
	run.file = region_open(owner, region, offset, length);
	if (run.file < 0)
		return run.file;
	ret = space_map_runs(space, &run, 1, 1);
	kernel_close(run.file);
	return ret;
}

static int
refuse_in_interrupt_window(
	const struct mapping *mapping, void *argument __rte_unused)
{
	struct explanation why;

	if (!space_touches_interrupt_window(mapping))
		return 0;
	IOMMUFD_LOG(ERR, "%s", explain_interrupt_window(&why, mapping));
	return -EADDRINUSE;
}

static void
count_pasid(struct rte_iommufd_space *space, int change)
{
	inventory_change_begin();
	space->pasids += change;
	inventory_change_end();
}

int
address_space_enter_pasid(struct rte_iommufd_space *space)
{
	struct locked_range locked;
	int ret = 0;

	space_lock_all(space, &locked);
	if (!space->keeps_interrupt_window)
		ret = iova_map_walk(
			&space->map, refuse_in_interrupt_window, NULL);
	if (ret == 0) {
		space->keeps_interrupt_window = true;
		count_pasid(space, 1);
	}
	space_unlock_range(space, &locked);
	return ret;
}

void
address_space_leave_pasid(struct rte_iommufd_space *space)
{
	struct locked_range locked;

	space_lock_all(space, &locked);
	count_pasid(space, -1);
	space->keeps_interrupt_window = space->pasids > 0;
	space_unlock_range(space, &locked);
}

int
address_space_find(
	struct rte_iommufd_space *space, uint64_t iova, struct mapping *mapping)
{
	const struct mapping *found;
	struct locked_range locked;

	space_lock_range(space, &locked, iova, 1);
	pthread_mutex_lock(&space->map_lock);
	found = iova_map_find(&space->map, iova);
	if (found != NULL)
		*mapping = *found;
	pthread_mutex_unlock(&space->map_lock);
	space_unlock_range(space, &locked);
	return found == NULL ? -ENOENT : 0;
}
