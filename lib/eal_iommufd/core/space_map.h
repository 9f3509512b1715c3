/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SPACE_MAP_H
#define SPACE_MAP_H

/*
 * Mapping and unmapping, as the rest of the library uses it: space_map.c maps,
 * space_unmap.c unmaps, mirror.c does either in the spaces that mirror this one.
 *
 * "Claimed" means that the caller has claimed the interval that it is about
 * (space_lock_range()), so that nobody else changes what the record says of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/memory_limits.h"
#include "rte_iommufd.h"

#define ALL_RIGHTS (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

struct locked_range;
struct mapping;
struct rte_iommufd_space;

/* How many threads the settings allow for work outside memory events. */
unsigned int space_threads(const struct rte_iommufd_space *space);

/*
 * Maps all of the runs or none, in the space and in those that mirror it. A failure
 * is logged. With one thread for memory events, where EAL's threads are at work.
 */
int space_map_runs(struct rte_iommufd_space *space, const struct mapping *runs,
	size_t count, unsigned int threads);

/* Claims all that the runs cover, and what lies between them. */
void space_lock_runs(struct rte_iommufd_space *space,
	struct locked_range *locked, const struct mapping *runs, size_t count);

/* The steps of that, for mirror.c: the books, then the kernel. */
int space_record_locked(struct rte_iommufd_space *space,
	const struct mapping *runs, size_t count);
void space_forget_locked(struct rte_iommufd_space *space,
	const struct mapping *runs, size_t count);
int space_enter_locked(struct rte_iommufd_space *space,
	const struct mapping *runs, size_t count, unsigned int threads);
/* Whether it lies, in part, where the devices of this machine write interrupts. */
bool space_touches_interrupt_window(const struct mapping *run);
/* Says why a run could not be mapped, and returns err. */
int space_refuse_map(
	struct rte_iommufd_space *space, const struct mapping *run, int err);

/* The same when it was one of several, of that many bytes in all, charged in that way. */
int space_refuse_batch(struct rte_iommufd_space *space,
	const struct mapping *run, uint64_t bytes, enum memory_charge charge,
	int err);

/* rte_iommufd_space_unmap() by that many threads. */
int space_unmap(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	unsigned int threads);

/* Unmaps whole mappings here, but not in the mirrors. */
int space_take_out_locked(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, unsigned int threads);
/* Takes back what the kernel has of one run; its record stays. */
void space_take_back_locked(
	struct rte_iommufd_space *space, const struct mapping *run);

/*
 * In all spaces that mirror this one, of which the interval is claimed: all or, on failure,
 * none.
 */
int mirrors_enter(struct rte_iommufd_space *source, const struct mapping *runs,
	size_t count, unsigned int threads);
/* What they still have of it. 0, or the first failure; all are tried. */
int mirrors_leave(struct rte_iommufd_space *source, uint64_t iova,
	uint64_t length, unsigned int threads);
/*
 * Notes that the space follows memory, and what ends that before the space is destroyed; false,
 * without doing so, when it mirrors.
 */
bool mirror_lets_follow(struct rte_iommufd_space *space,
	void (*unfollow)(struct rte_iommufd_space *space));
/* A space that mirrors another one is about to end. */
void mirror_end(struct rte_iommufd_space *space);

#endif /* SPACE_MAP_H */
