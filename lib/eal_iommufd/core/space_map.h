/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SPACE_MAP_H
#define SPACE_MAP_H

/*
 * Mapping and unmapping, as the rest of the library uses it: see space_map.c.
 *
 * "Locked" means that the caller holds the range that it is about (space_lock_range()), so
 * that no other thread changes what the record says of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rte_iommufd.h"

#define ALL_RIGHTS (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

struct locked_range;
struct mapping;
struct rte_iommufd_space;

/* How many threads the settings allow for work outside memory events. */
unsigned int space_threads(const struct rte_iommufd_space *space);

/*
 * Waits until no other thread maps, unmaps or looks up anything of [iova, iova + length),
 * and blocks other threads there until space_unlock_range(). Locks the whole space when
 * the backend's calls do not run in parallel. A length of 0, or too large a one, is to
 * the end of the space.
 */
void space_lock_range(struct rte_iommufd_space *space,
	struct locked_range *locked, uint64_t iova, uint64_t length);
void space_lock_all(
	struct rte_iommufd_space *space, struct locked_range *locked);
void space_unlock_range(
	struct rte_iommufd_space *space, struct locked_range *locked);

/* What is to be mapped. */
struct map_request {
	const struct mapping *runs;
	size_t count;
	/* The runs are copied from this space; NULL: they are memory of this process. */
	struct rte_iommufd_space *source;
	uint64_t
		distance; /* from an IOVA of the runs to the same memory's there */
	bool leaves_fault_to_caller; /* -EFAULT is not logged */
	unsigned int
		threads; /* 1 for memory events, where EAL's threads are at work */
};

/*
 * Maps all of the runs or none, in the space and in those that mirror it. 0 or -errno; a
 * failure is logged.
 */
int space_map(
	struct rte_iommufd_space *space, const struct map_request *request);
int space_map_locked(
	struct rte_iommufd_space *space, const struct map_request *request);

/*
 * Maps one run of a program, which may be registers that it has mapped, by one of the
 * functions above or one that calls them; without a range locked.
 */
int space_map_one(struct rte_iommufd_space *space, const struct mapping *run,
	int (*map)(struct rte_iommufd_space *space,
		const struct map_request *request));

/* space_map() of memory of this process. */
int space_map_runs(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count, unsigned int threads);

/* rte_iommufd_space_unmap() by that many threads. */
int space_unmap(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	unsigned int threads);
int space_unmap_locked(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, unsigned int threads);

/*
 * Records that a secondary process has mapped something there (MAPPING_OF_SECONDARY), which
 * this process does not enter, and copies it into the spaces that mirror this one. 0 or
 * -errno; logged, and then nothing is recorded.
 */
int space_reserve_locked(
	struct rte_iommufd_space *space, const struct mapping *mapping);
/* It is unmapped: the record goes. 0, or -ENOENT for no such record. */
int space_forget_reserved_locked(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length);

/* Whether it lies, in part, where the devices of this machine write interrupts. */
bool space_touches_interrupt_window(const struct mapping *run);

#endif /* SPACE_MAP_H */
