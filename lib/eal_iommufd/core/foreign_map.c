/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What another process has mapped; see foreign_map.h. */

#include <errno.h>
#include <stdbool.h>

#include "backend/backend.h"
#include "core/address_space.h"
#include "core/foreign_map.h"
#include "core/space_map.h"

/* map_lock is held. */
static bool
is_memory_of_eal(const struct iova_map *map, const struct mapping *mapping)
{
	const struct mapping *area;
	uint64_t done = 0;

	while (done < mapping->length) {
		area = iova_map_find(map, mapping->iova + done);
		if (area == NULL || area->origin != MAPPING_OF_EAL ||
			area->va - area->iova != mapping->va - mapping->iova)
			return false;
		done = area->iova + area->length - mapping->iova;
	}
	return true;
}

/* The record tells what overlaps when something is added, so that is what it does. */
static int
foreign_map_check_record(
	struct rte_iommufd_space *space, const struct mapping *mapping)
{
	int ret;

	pthread_mutex_lock(&space->map_lock);
	ret = iova_map_add(&space->map, mapping);
	if (ret == 0)
		iova_map_remove(&space->map, mapping->iova, mapping->length);
	else if (ret == -EEXIST && is_memory_of_eal(&space->map, mapping))
		ret = 1;
	pthread_mutex_unlock(&space->map_lock);
	return ret;
}

int
foreign_map_check(
	struct rte_iommufd_space *space, const struct mapping *mapping)
{
	struct locked_range locked;
	int ret;

	space_lock_range(space, &locked, mapping->iova, mapping->length);
	if (!space->live)
		ret = -ENODEV;
	else if (!TAILQ_EMPTY(&space->mirrors) &&
		space->context->backend->copy == NULL)
		ret = -EOPNOTSUPP;
	else
		ret = foreign_map_check_record(space, mapping);
	space_unlock_range(space, &locked);
	return ret;
}

int
foreign_map_add(struct rte_iommufd_space *space, const struct mapping *mapping)
{
	struct locked_range locked;
	int ret;

	space_lock_range(space, &locked, mapping->iova, mapping->length);
	ret = space_record_locked(space, mapping, 1);
	if (ret == 0) {
		ret = mirrors_enter(space, mapping, 1, 1);
		if (ret != 0)
			space_forget_locked(space, mapping, 1);
	}
	space_unlock_range(space, &locked);
	if (ret == 0)
		atomic_fetch_add(&space->foreign_maps, 1);
	return ret;
}

int
foreign_map_remove(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	atomic_fetch_sub(&space->foreign_maps, 1);
	return space_unmap(space, iova, length, 1);
}

void
foreign_map_remove_unsure(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	const struct mapping mapping = { .iova = iova, .length = length };
	struct locked_range locked;
	uint64_t unmapped;

	space_lock_range(space, &locked, iova, length);
	if (space->live && foreign_map_check_record(space, &mapping) == 0)
		space->context->backend->unmap(space, iova, length, &unmapped);
	space_unlock_range(space, &locked);
}
