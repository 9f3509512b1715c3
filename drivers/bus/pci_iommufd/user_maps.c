/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What programs map into a container themselves; see user_maps.h. */

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

#include <rte_iommufd.h>

#include "bus_log.h"
#include "user_maps.h"

#define ALL_RIGHTS (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

static struct user_map *
find_same(struct user_maps *maps, uint64_t va, uint64_t iova, uint64_t length)
{
	struct user_map *map;

	TAILQ_FOREACH(map, maps, next)
		if (map->va == va && map->iova == iova && map->length == length)
			return map;
	return NULL;
}

/* The one that begins at iova: if there are several, the longest that fits. */
static struct user_map *
find_step(struct user_maps *maps, uint64_t va, uint64_t iova, uint64_t limit)
{
	struct user_map *found = NULL;
	struct user_map *map;

	TAILQ_FOREACH(map, maps, next)
		if (map->iova == iova && map->va == va &&
			map->length <= limit &&
			(found == NULL || map->length > found->length))
			found = map;
	return found;
}

static bool
overlaps(const struct user_map *map, uint64_t iova, uint64_t length)
{
	return iova - map->iova < map->length || map->iova - iova < length;
}

/* Whether the program has mapped something there by itself. */
static bool
is_taken(struct user_maps *maps, uint64_t iova, uint64_t length)
{
	struct user_map *map;

	TAILQ_FOREACH(map, maps, next)
		if (!map->borrowed && overlaps(map, iova, length))
			return true;
	return false;
}

/* Whether one that reaches to both sides of iova, or beyond it, is in the way. */
static bool
is_part(struct user_maps *maps, uint64_t va, uint64_t iova)
{
	struct user_map *map;

	TAILQ_FOREACH(map, maps, next)
		if (iova - map->iova < map->length &&
			va - map->va == iova - map->iova)
			return true;
	return false;
}

/* What the space has already, and not from the program, is EAL's. */
static bool
can_borrow(struct user_maps *maps, struct rte_iommufd_space *space,
	const struct user_map *map)
{
	void *va;

	return !is_taken(maps, map->iova, map->length) &&
		rte_iommufd_space_lookup(
			space, map->iova, map->length, ALL_RIGHTS, &va) == 0 &&
		(uintptr_t)va == map->va;
}

int
user_maps_add(struct user_maps *maps, struct rte_iommufd_space *space,
	uint64_t va, uint64_t iova, uint64_t length)
{
	struct user_map *map = find_same(maps, va, iova, length);
	int ret = 0;

	if (map != NULL) {
		map->count++;
		return 0;
	}
	map = calloc(1, sizeof(*map));
	if (map == NULL) {
		BUS_LOG(ERR, "no memory for the record of a mapping");
		return -ENOMEM;
	}
	map->va = va;
	map->iova = iova;
	map->length = length;
	map->count = 1;
	map->borrowed = can_borrow(maps, space, map);
	if (!map->borrowed)
		ret = rte_iommufd_space_map(space, (const void *)(uintptr_t)va,
			iova, length, ALL_RIGHTS);
	if (ret != 0) {
		free(map);
		return ret;
	}
	TAILQ_INSERT_TAIL(maps, map, next);
	return 0;
}

static int
refuse(int err, uint64_t iova, uint64_t length)
{
	BUS_LOG(ERR, "cannot unmap %#" PRIx64 " + %#" PRIx64 ": %s", iova,
		length,
		err == -EOPNOTSUPP
			? "it is part of what was mapped by one call; unmap that whole"
			: "it was not mapped by the program");
	return err;
}

static int
check(struct user_maps *maps, uint64_t va, uint64_t iova, uint64_t length)
{
	const struct user_map *map;
	uint64_t done = 0;

	while (done < length) {
		map = find_step(maps, va + done, iova + done, length - done);
		if (map == NULL)
			return refuse(is_part(maps, va + done, iova + done)
					? -EOPNOTSUPP
					: -EINVAL,
				iova, length);
		done += map->length;
	}
	return 0;
}

int
user_maps_remove(struct user_maps *maps, struct rte_iommufd_space *space,
	uint64_t va, uint64_t iova, uint64_t length)
{
	struct user_map *map;
	uint64_t done, step;
	int ret;

	ret = check(maps, va, iova, length);
	for (done = 0; ret == 0 && done < length; done += step) {
		map = find_step(maps, va + done, iova + done, length - done);
		step = map->length;
		if (map->count > 1) {
			map->count--;
			continue;
		}
		if (!map->borrowed)
			ret = rte_iommufd_space_unmap(
				space, map->iova, map->length);
		if (ret != 0)
			break;
		TAILQ_REMOVE(maps, map, next);
		free(map);
	}
	return ret;
}

void
user_maps_clear(struct user_maps *maps)
{
	struct user_map *map;

	while ((map = TAILQ_FIRST(maps)) != NULL) {
		TAILQ_REMOVE(maps, map, next);
		free(map);
	}
}
