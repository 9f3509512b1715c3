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

/* The one that begins at iova. */
static struct user_map *
find(struct user_maps *maps, uint64_t iova)
{
	struct user_map *map;

	TAILQ_FOREACH(map, maps, next)
		if (map->iova == iova)
			return map;
	return NULL;
}

static bool
is_inside_one(struct user_maps *maps, uint64_t iova)
{
	struct user_map *map;

	TAILQ_FOREACH(map, maps, next)
		if (iova > map->iova && iova - map->iova < map->length)
			return true;
	return false;
}

static int
map_or_borrow(struct rte_iommufd_space *space, struct user_map *map)
{
	void *va;

	if (rte_iommufd_space_lookup(
		    space, map->iova, map->length, ALL_RIGHTS, &va) == 0 &&
		(uintptr_t)va == map->va) {
		map->borrowed = true;
		return 0;
	}
	return rte_iommufd_space_map(space, (const void *)(uintptr_t)map->va,
		map->iova, map->length, ALL_RIGHTS);
}

int
user_maps_add(struct user_maps *maps, struct rte_iommufd_space *space,
	uint64_t va, uint64_t iova, uint64_t length)
{
	struct user_map *map = find(maps, iova);
	int ret;

	if (map != NULL && map->va == va && map->length == length) {
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
	ret = map_or_borrow(space, map);
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
		map = find(maps, iova + done);
		if (map == NULL)
			return refuse(is_inside_one(maps, iova + done)
					? -EOPNOTSUPP
					: -EINVAL,
				iova, length);
		if (map->va != va + done)
			return refuse(-EINVAL, iova, length);
		if (map->length > length - done)
			return refuse(-EOPNOTSUPP, iova, length);
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
		map = find(maps, iova + done);
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
