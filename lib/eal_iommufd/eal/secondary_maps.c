/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What secondary processes have mapped; see secondary_maps.h. */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_errno.h>
#include <rte_interrupts.h>

#include "backend/backend.h"
#include "core/foreign_map.h"
#include "core/space_map.h"
#include "eal/secondary_maps.h"
#include "kernel/kernel.h"
#include "util/log.h"

enum secondary_map_state {
	MAP_INTENDED,  /* the kernel may have it or not */
	MAP_COMMITTED, /* it has, and it is in the space's record */
};

struct secondary_map {
	TAILQ_ENTRY(secondary_map) next;
	uint64_t va; /* in the secondary */
	uint64_t iova;
	uint64_t length;
	enum secondary_map_state state;
};

struct secondary {
	TAILQ_ENTRY(secondary) next;
	TAILQ_HEAD(, secondary_map) maps;
	struct rte_iommufd_space *space; /* NULL: it has ended */
	struct rte_intr_handle *end; /* readable when the process has ended */
	int pidfd;
	uint64_t answered; /* the number of its last request; 0: none */
	int answer;	   /* to that */
	char peer[];
};

static TAILQ_HEAD(, secondary) secondaries = TAILQ_HEAD_INITIALIZER(
	secondaries);
/*
 * Guards the list and all in it. Taken before begin_lock (eal_memory.c) and before any lock
 * of a space; EAL's channel thread and its interrupt thread take it, memory events never.
 */
static pthread_mutex_t secondaries_lock = PTHREAD_MUTEX_INITIALIZER;

static struct secondary *
find_secondary(const char *peer)
{
	struct secondary *secondary;

	TAILQ_FOREACH(secondary, &secondaries, next)
		if (strcmp(secondary->peer, peer) == 0)
			return secondary;
	return NULL;
}

static struct secondary_map *
find_map(const struct secondary *secondary, uint64_t iova, uint64_t length)
{
	struct secondary_map *map;

	TAILQ_FOREACH(map, &secondary->maps, next)
		if (map->iova == iova && map->length == length)
			return map;
	return NULL;
}

static void
drop_map(struct secondary *secondary, struct secondary_map *map)
{
	TAILQ_REMOVE(&secondary->maps, map, next);
	free(map);
}

static void
secondary_maps_unmap_one(
	const struct secondary *secondary, const struct secondary_map *map)
{
	if (map->state == MAP_COMMITTED)
		foreign_map_remove(secondary->space, map->iova, map->length);
	else
		foreign_map_remove_unsure(
			secondary->space, map->iova, map->length);
}

static void
secondary_maps_unmap_all(struct secondary *secondary)
{
	struct secondary_map *map;
	uint64_t bytes = 0;

	while ((map = TAILQ_FIRST(&secondary->maps)) != NULL) {
		if (secondary->space != NULL)
			secondary_maps_unmap_one(secondary, map);
		bytes += map->length;
		drop_map(secondary, map);
	}
	IOMMUFD_LOG(DEBUG,
		"a secondary process has ended: %" PRIu64
		" bytes that it had mapped are unmapped",
		bytes);
}

/* EAL does not use the descriptor any more. */
static void
end_secondary(struct rte_intr_handle *handle __rte_unused, void *argument)
{
	struct secondary *secondary = argument;

	rte_intr_instance_free(secondary->end);
	kernel_close(secondary->pidfd);
	free(secondary);
}

/* Runs in EAL's interrupt thread. */
static void
secondary_maps_on_end(void *argument)
{
	struct secondary *secondary = argument;

	pthread_mutex_lock(&secondaries_lock);
	TAILQ_REMOVE(&secondaries, secondary, next);
	secondary_maps_unmap_all(secondary);
	pthread_mutex_unlock(&secondaries_lock);
	rte_intr_callback_unregister_pending(secondary->end,
		secondary_maps_on_end, secondary, end_secondary);
}

/* EAL's interrupt thread ends this process when it is given what it cannot wait for. */
static int
secondary_maps_watch(struct secondary *secondary)
{
	int ret = kernel_check_waitable(secondary->pidfd);

	if (ret != 0)
		return ret;
	secondary->end = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (secondary->end == NULL)
		return -ENOMEM;
	rte_intr_fd_set(secondary->end, secondary->pidfd);
	rte_intr_type_set(secondary->end, RTE_INTR_HANDLE_EXT);
	return rte_intr_callback_register(
		secondary->end, secondary_maps_on_end, secondary);
}

/* Takes the pidfd. */
static int
add_secondary(const char *peer, int pidfd, struct rte_iommufd_space *space)
{
	struct secondary *made = calloc(1, sizeof(*made) + strlen(peer) + 1);
	int ret = -ENOMEM;

	if (made != NULL) {
		TAILQ_INIT(&made->maps);
		made->space = space;
		made->pidfd = pidfd;
		strcpy(made->peer, peer);
		ret = secondary_maps_watch(made);
	}
	if (ret == 0) {
		TAILQ_INSERT_TAIL(&secondaries, made, next);
		return 0;
	}
	IOMMUFD_LOG(ERR,
		"the end of a secondary process cannot be waited for: %s; it maps no memory",
		rte_strerror(-ret));
	if (made != NULL)
		rte_intr_instance_free(made->end);
	free(made);
	kernel_close(pidfd);
	return ret;
}

static int
join_locked(const char *peer, int pidfd, struct rte_iommufd_space *space)
{
	const struct secondary *secondary = find_secondary(peer);

	if (secondary == NULL)
		return add_secondary(peer, pidfd, space);
	kernel_close(pidfd);
	return secondary->space == space ? 0 : -ESTALE;
}

int
secondary_maps_join(const char *peer, int pidfd,
	int (*find)(struct rte_iommufd_space **space, void *argument),
	void *argument)
{
	struct rte_iommufd_space *space;
	int ret;

	/* Held from the look at the space on: secondary_maps_end_space() comes after it. */
	pthread_mutex_lock(&secondaries_lock);
	ret = find(&space, argument);
	if (ret == 0)
		ret = join_locked(peer, pidfd, space);
	else
		kernel_close(pidfd);
	pthread_mutex_unlock(&secondaries_lock);
	return ret;
}

/* What they have mapped there stays in their lists, so that they can unmap it. */
void
secondary_maps_end_space(const struct rte_iommufd_space *space)
{
	struct secondary *secondary;

	pthread_mutex_lock(&secondaries_lock);
	TAILQ_FOREACH(secondary, &secondaries, next)
		if (secondary->space == space)
			secondary->space = NULL;
	pthread_mutex_unlock(&secondaries_lock);
}

void
secondary_maps_note_answer(const char *peer, uint64_t number, int answer)
{
	struct secondary *secondary;

	pthread_mutex_lock(&secondaries_lock);
	secondary = find_secondary(peer);
	if (secondary != NULL) {
		secondary->answered = number;
		secondary->answer = answer;
	}
	pthread_mutex_unlock(&secondaries_lock);
}

bool
secondary_maps_is_answered(const char *peer, uint64_t number, int *answer)
{
	const struct secondary *secondary;
	bool is_answered;

	pthread_mutex_lock(&secondaries_lock);
	secondary = find_secondary(peer);
	is_answered = secondary != NULL && number != 0 &&
		secondary->answered == number;
	if (is_answered)
		*answer = secondary->answer;
	pthread_mutex_unlock(&secondaries_lock);
	return is_answered;
}

static bool
secondary_maps_is_intended(
	const struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	const struct secondary *secondary;
	const struct secondary_map *map;

	TAILQ_FOREACH(secondary, &secondaries, next)
		TAILQ_FOREACH(map, &secondary->maps, next)
			if (secondary->space == space &&
				(iova - map->iova < map->length ||
					map->iova - iova < length))
				return true;
	return false;
}

static int
secondary_maps_intend_locked(struct secondary *secondary, uint64_t va,
	uint64_t iova, uint64_t length)
{
	const struct mapping wanted = {
		.va = va, .iova = iova, .length = length
	};
	struct secondary_map *map;
	int ret;

	if (secondary->space == NULL)
		return -ESTALE;
	if (secondary_maps_is_intended(secondary->space, iova, length))
		return -EEXIST;
	ret = foreign_map_check(secondary->space, &wanted);
	if (ret != 0)
		return ret;
	map = calloc(1, sizeof(*map));
	if (map == NULL)
		return -ENOMEM;
	map->va = va;
	map->iova = iova;
	map->length = length;
	map->state = MAP_INTENDED;
	TAILQ_INSERT_TAIL(&secondary->maps, map, next);
	return 0;
}

int
secondary_maps_intend(
	const char *peer, uint64_t va, uint64_t iova, uint64_t length)
{
	struct secondary *secondary;
	int ret = -ENOENT;

	pthread_mutex_lock(&secondaries_lock);
	secondary = find_secondary(peer);
	if (secondary != NULL)
		ret = secondary_maps_intend_locked(secondary, va, iova, length);
	pthread_mutex_unlock(&secondaries_lock);
	return ret;
}

/* Common part of commit, withdraw and unmap; secondaries_lock is held. */
typedef int (*change_t)(struct secondary *secondary, struct secondary_map *map);

static int
change_map(const char *peer, uint64_t iova, uint64_t length, change_t change)
{
	struct secondary *secondary;
	struct secondary_map *map = NULL;
	int ret = -ENOENT;

	pthread_mutex_lock(&secondaries_lock);
	secondary = find_secondary(peer);
	if (secondary != NULL)
		map = find_map(secondary, iova, length);
	if (map != NULL)
		ret = change(secondary, map);
	pthread_mutex_unlock(&secondaries_lock);
	return ret;
}

static int
secondary_maps_withdraw_locked(
	struct secondary *secondary, struct secondary_map *map)
{
	if (map->state != MAP_INTENDED)
		return -ENOENT;
	drop_map(secondary, map);
	return 0;
}

int
secondary_maps_withdraw(const char *peer, uint64_t iova, uint64_t length)
{
	return change_map(peer, iova, length, secondary_maps_withdraw_locked);
}

static int
secondary_maps_commit_locked(
	struct secondary *secondary, struct secondary_map *map)
{
	const struct mapping mapping = {
		.iova = map->iova,
		.length = map->length,
		.file = -1,
		.rights = ALL_RIGHTS,
		.origin = MAPPING_OF_SECONDARY,
	};
	int ret;

	if (map->state != MAP_INTENDED)
		return -ENOENT;
	ret = secondary->space == NULL
		? -ESTALE
		: foreign_map_add(secondary->space, &mapping);
	if (ret == 0)
		map->state = MAP_COMMITTED;
	else /* the secondary unmaps it */
		drop_map(secondary, map);
	return ret;
}

int
secondary_maps_commit(const char *peer, uint64_t iova, uint64_t length)
{
	return change_map(peer, iova, length, secondary_maps_commit_locked);
}

static int
secondary_maps_unmap_locked(
	struct secondary *secondary, struct secondary_map *map)
{
	int ret = 0;

	if (map->state != MAP_COMMITTED)
		return -ENOENT;
	if (secondary->space != NULL)
		ret = foreign_map_remove(
			secondary->space, map->iova, map->length);
	drop_map(secondary, map);
	return ret;
}

int
secondary_maps_unmap(const char *peer, uint64_t iova, uint64_t length)
{
	return change_map(peer, iova, length, secondary_maps_unmap_locked);
}
