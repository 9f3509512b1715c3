/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef USER_MAPS_H
#define USER_MAPS_H

/*
 * What programs and drivers map into a container themselves
 * (rte_vfio_container_dma_map()).
 *
 * Programs map the same memory once for each of their ports, though the ports
 * share a container, and some map what EAL's memory covers already. Neither may
 * fail, and neither may unmap too early: the first is counted, the second noted
 * as borrowed. Anything else that overlaps is an error.
 *
 * Not thread-safe. Must not know: how containers are found, rte_errno.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct rte_iommufd_space;

struct user_map {
	TAILQ_ENTRY(user_map) next;
	uint64_t va;
	uint64_t iova;
	uint64_t length;
	unsigned int count; /* how often it was asked for */
	bool borrowed;	    /* the space had it already: not ours to unmap */
};

TAILQ_HEAD(user_maps, user_map);

/* 0, -ENOMEM, or an error of rte_iommufd_space_map(). */
int user_maps_add(struct user_maps *maps, struct rte_iommufd_space *space,
	uint64_t va, uint64_t iova, uint64_t length);

/*
 * One or several whole ones without a gap. 0, -EINVAL when something in there is
 * not mapped so, -EOPNOTSUPP when it begins or ends inside one, or an error of
 * rte_iommufd_space_unmap().
 */
int user_maps_remove(struct user_maps *maps, struct rte_iommufd_space *space,
	uint64_t va, uint64_t iova, uint64_t length);

/* Forgets all of them; their space is about to end. */
void user_maps_clear(struct user_maps *maps);

#endif /* USER_MAPS_H */
