/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Memory of one address space in others: copies once, and the relation "mirrors", by which
 * what is mapped later goes to the others as well (space_map.c).
 *
 * IOMMU_IOAS_COPY enters the pages that one IOAS has pinned into another one; they stay pinned,
 * and charged, once for all (struct iopt_pages is shared).
 *
 * The relation is data of the spaces, changed with all of the source locked: what a new mirror
 * copies is whole, and no request finds half of it.
 *
 * Must not know: which backend it is, EAL, devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "backend/backend.h"
#include "core/address_space.h"
#include "core/inventory.h"
#include "core/mirror.h"
#include "core/space_map.h"
#include "util/log.h"

static int
mirror_refuse(const char *why)
{
	IOMMUFD_LOG(ERR, "cannot copy mappings: %s", why);
	return -EINVAL;
}

/* What [iova, iova + length) of the source consists of. */
static int
mirror_cut_out(struct rte_iommufd_space *source, uint64_t iova, uint64_t length,
	struct mapping **parts, size_t *count)
{
	struct locked_range locked;
	int ret;

	space_lock_range(source, &locked, iova, length);
	pthread_mutex_lock(&source->map_lock);
	ret = iova_map_cut_out(&source->map, iova, length, parts, count);
	pthread_mutex_unlock(&source->map_lock);
	space_unlock_range(source, &locked);
	if (ret != 0)
		IOMMUFD_LOG(ERR,
			"cannot copy %#" PRIx64 " + %#" PRIx64
			" of an address space: %s",
			iova, length,
			ret == -ENOENT		 ? "not all of it is mapped"
				: ret == -ENOMEM ? "out of memory"
						 : "this is no interval");
	return ret;
}

int
rte_iommufd_space_copy(struct rte_iommufd_space *space, uint64_t iova,
	struct rte_iommufd_space *source, uint64_t source_iova, uint64_t length,
	uint32_t rights)
{
	struct map_request request = {
		.source = source,
		.distance = source_iova - iova,
		.threads = space_threads(space),
	};
	struct mapping *parts;
	size_t i;
	int ret;

	if (space == source || space->context != source->context)
		return mirror_refuse("it takes two spaces of one context");
	if (rights == 0 || (rights & ~ALL_RIGHTS) != 0)
		return mirror_refuse("the rights are neither read nor write");
	ret = mirror_cut_out(
		source, source_iova, length, &parts, &request.count);
	if (ret != 0)
		return ret;
	for (i = 0; i < request.count; i++) {
		parts[i].iova -= request.distance;
		parts[i].rights = rights;
		parts[i].origin = MAPPING_OF_PROGRAM;
		parts[i].count = 0;
		parts[i].eal_bytes = 0;
	}
	request.runs = parts;
	ret = space_map(space, &request);
	free(parts);
	return ret;
}

/*
 * Which space mirrors which is decided before any space is locked, so that two calls with
 * exchanged spaces cannot wait for each other.
 */
static pthread_mutex_t relations_lock = PTHREAD_MUTEX_INITIALIZER;

static bool
mirror_is_possible(const struct rte_iommufd_space *space,
	const struct rte_iommufd_space *source)
{
	return space->source == NULL && source->source == NULL &&
		space->mirror_count == 0 && space->unfollow == NULL;
}

bool
mirror_lets_follow(struct rte_iommufd_space *space,
	void (*unfollow)(struct rte_iommufd_space *space))
{
	bool lets;

	pthread_mutex_lock(&relations_lock);
	lets = space->source == NULL;
	if (lets)
		space->unfollow = unfollow;
	pthread_mutex_unlock(&relations_lock);
	return lets;
}

/* A secondary process maps its memory itself, and does not learn of another container. */
static void
mirror_warn_of_secondaries(uint64_t bytes)
{
	IOMMUFD_LOG(WARNING,
		"%" PRIu64
		" KiB that secondary processes have mapped are out of reach of a device that is attached now: type1 cannot copy them. End these processes and start them again, or use backend iommufd",
		bytes >> 10);
}

/* What is lost cannot be copied; a secondary process's memory cannot be mapped instead. */
static size_t
mirror_select(struct mapping *list, size_t count, bool copies)
{
	uint64_t left_out = 0;
	size_t selected = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (list[i].origin == MAPPING_LOST)
			continue;
		if (!copies && list[i].origin == MAPPING_OF_SECONDARY) {
			left_out += list[i].length;
			continue;
		}
		list[selected] = list[i];
		list[selected].count = 0;
		list[selected++].origin = MAPPING_OF_SOURCE;
	}
	if (left_out > 0)
		mirror_warn_of_secondaries(left_out);
	return selected;
}

/* The whole source is locked. */
static int
mirror_all(struct rte_iommufd_space *space, struct rte_iommufd_space *source)
{
	struct map_request request = {
		.source = source,
		.threads = space_threads(space),
	};
	struct mapping *all;
	size_t count;
	int ret;

	ret = iova_map_list(&source->map, &all, &count);
	if (ret != 0) {
		IOMMUFD_LOG(ERR, "no memory to mirror an address space");
		return ret;
	}
	request.runs = all;
	request.count = mirror_select(
		all, count, source->context->backend->copy != NULL);
	ret = space_map(space, &request);
	free(all);
	if (ret == 0)
		TAILQ_INSERT_TAIL(&source->mirrors, space, next_mirror);
	return ret;
}

/* relations_lock is held. */
static void
mirror_set_source(
	struct rte_iommufd_space *space, struct rte_iommufd_space *source)
{
	inventory_change_begin();
	space->source = source;
	inventory_change_end();
}

/* relations_lock is held. */
static int
mirror_begin(struct rte_iommufd_space *space, struct rte_iommufd_space *source)
{
	struct locked_range locked;
	int ret;

	if (space->source == source)
		return 0;
	if (!mirror_is_possible(space, source))
		return mirror_refuse(
			"a space mirrors one other, which mirrors none, and does not follow memory itself");
	space_lock_all(source, &locked);
	ret = mirror_all(space, source);
	space_unlock_range(source, &locked);
	if (ret != 0)
		return ret;
	mirror_set_source(space, source);
	source->mirror_count++;
	return 0;
}

int
rte_iommufd_space_mirror(
	struct rte_iommufd_space *space, struct rte_iommufd_space *source)
{
	int ret;

	if (space == source || space->context != source->context)
		return mirror_refuse("it takes two spaces of one context");
	pthread_mutex_lock(&relations_lock);
	ret = mirror_begin(space, source);
	pthread_mutex_unlock(&relations_lock);
	return ret;
}

void
mirror_end(struct rte_iommufd_space *space)
{
	struct rte_iommufd_space *source = space->source;
	struct locked_range locked;

	if (source == NULL)
		return;
	space_lock_all(source, &locked);
	TAILQ_REMOVE(&source->mirrors, space, next_mirror);
	space_unlock_range(source, &locked);
	pthread_mutex_lock(&relations_lock);
	source->mirror_count--;
	mirror_set_source(space, NULL);
	pthread_mutex_unlock(&relations_lock);
}
