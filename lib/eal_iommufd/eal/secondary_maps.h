/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SECONDARY_MAPS_H
#define SECONDARY_MAPS_H

/*
 * In the primary process: which secondary process has mapped what. When a secondary ends,
 * for any reason, what it has mapped is unmapped.
 *
 * A secondary is identified by the name of its socket, which is unique.
 * Functions return 0 or -errno; they lock by themselves.
 *
 * Must not know: messages, devices.
 */

#include <stdbool.h>
#include <stdint.h>

struct rte_iommufd_space;

/*
 * The secondary will map into the space that find() gives, which does not end before this
 * has returned. An error of find() is returned. -ESTALE: it had joined one that has ended.
 * Takes the pidfd, also when it fails.
 */
int secondary_maps_join(const char *peer, int pidfd,
	int (*find)(struct rte_iommufd_space **space, void *argument),
	void *argument);
/*
 * A space is about to end, and all that is mapped there with it. When this returns, nothing
 * here uses it.
 */
void secondary_maps_end_space(const struct rte_iommufd_space *space);
/*
 * Its request of that number was answered so. Nothing is noted of a secondary that has not
 * joined.
 */
void secondary_maps_note_answer(const char *peer, uint64_t number, int answer);
/* Whether it has sent again the request that was answered last, and how that was. */
bool secondary_maps_is_answered(const char *peer, uint64_t number, int *answer);
/*
 * Calls foreign_map_check() and records that the secondary is about to map it. -EEXIST
 * also for what another secondary intends; -ENOENT: it has not joined; -ESTALE: the space
 * has ended.
 */
int secondary_maps_intend(
	const char *peer, uint64_t va, uint64_t iova, uint64_t length);
/* It was not mapped. -ENOENT: it was not intended. */
int secondary_maps_withdraw(const char *peer, uint64_t iova, uint64_t length);
/* It was mapped. -ENOENT: it was not intended; or an error of foreign_map_add(). */
int secondary_maps_commit(const char *peer, uint64_t iova, uint64_t length);
/* Unmaps one whole. -ENOENT: it is not this secondary's; or of rte_iommufd_space_unmap(). */
int secondary_maps_unmap(const char *peer, uint64_t iova, uint64_t length);

#endif /* SECONDARY_MAPS_H */
