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

/* 0; 1: all of it is EAL's memory, mapped there; -EEXIST; -EINVAL. The range is locked. */
static int
foreign_map_check_record(
	struct rte_iommufd_space *space, const struct mapping *mapping)
{
	const uint64_t last = mapping->iova + (mapping->length - 1);
	const struct mapping *area;
	int ret = 0;

	if (mapping->length == 0 || last < mapping->iova)
		return -EINVAL;
	pthread_mutex_lock(&space->map_lock);
	area = iova_map_at_or_after(&space->map, mapping->iova);
	if (area != NULL && area->iova <= last)
		ret = is_memory_of_eal(&space->map, mapping) ? 1 : -EEXIST;
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
	if (!space_has_page_table(space))
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
	ret = space_reserve_locked(space, mapping);
	space_unlock_range(space, &locked);
	return ret;
}

/* The range is locked. */
static bool
foreign_map_is_there(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	const struct mapping *area;
	bool is_there;

	pthread_mutex_lock(&space->map_lock);
	area = iova_map_find(&space->map, iova);
	is_there = area != NULL && area->origin == MAPPING_OF_SECONDARY &&
		area->iova == iova && area->length == length;
	pthread_mutex_unlock(&space->map_lock);
	return is_there;
}

int
foreign_map_remove(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	struct locked_range locked;
	int ret = 0;

	space_lock_range(space, &locked, iova, length);
	if (foreign_map_is_there(space, iova, length)) {
		ret = space_unmap_locked(space, iova, length, 1);
		/* One that was not unmapped here is MAPPING_LOST now, and stays. */
		space_forget_reserved_locked(space, iova, length);
	}
	space_unlock_range(space, &locked);
	return ret;
}

void
foreign_map_remove_unsure(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	const struct mapping mapping = { .iova = iova, .length = length };
	struct locked_range locked;
	uint64_t unmapped;

	space_lock_range(space, &locked, iova, length);
	if (space_has_page_table(space) &&
		foreign_map_check_record(space, &mapping) == 0)
		space->context->backend->unmap(space, iova, length, &unmapped);
	space_unlock_range(space, &locked);
}
