/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef TYPE1_CONTAINER_H
#define TYPE1_CONTAINER_H

/*
 * A container (/dev/vfio/vfio), which is a space's page table in the kernel, and the state of
 * that page table: enum space_state.
 *
 *   EMPTY --container_fill()--> LIVE --a group leaves--> EMPTY, or HELD
 *   HELD --container_fill()--> LIVE
 *   HELD --container_enter(), container_map(), container_unmap()--> EMPTY, where the kernel is
 *                                                   found to have no page table any more
 *
 * Each change is made with the whole space locked, and the lock is held from before the
 * kernel's call that causes the change until its result is recorded: a map or an unmap of
 * another thread comes before both or after both. When the container's state is in doubt,
 * a call of the kernel finds it out.
 *
 * The context's lock is held in all functions but container_open(), container_map(),
 * container_unmap() and container_ranges(). Must not know: EAL, how devices are opened.
 */

#include <stdbool.h>
#include <stdint.h>

struct group;
struct mapping;
struct rte_iommufd_range;
struct rte_iommufd_space;

/* 0 or -errno, logged. */
int container_open(struct rte_iommufd_space *space);

/* No device is attached. What the kernel still has of the space is unmapped first. */
void container_close(struct rte_iommufd_space *space);

/*
 * Puts the group into the space's container, where it is not there yet, and gives the
 * container the IOMMU of that type. 0, or -errno, which is not logged; -EXDEV: the kernel
 * keeps the group in another container.
 */
int container_enter(
	struct rte_iommufd_space *space, struct group *group, int iommu_type);

/*
 * A device is attached: enters what the record has, where the kernel has not got it. What
 * other processes had entered themselves leaves the record then, which is logged. 0, or -errno,
 * logged; then nothing is entered.
 */
int container_fill(struct rte_iommufd_space *space);

/*
 * Takes the group, of which no device is attached, out of its container. 0 or -errno, which
 * is not logged: the kernel keeps it there.
 */
int container_leave(struct group *group);

/* Closes the group. The kernel decides when it leaves its container. */
void container_end_group(struct group *group);

/* With the whole space locked, for struct backend. */
int container_map(
	struct rte_iommufd_space *space, const struct mapping *mapping);
int container_unmap(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, uint64_t *unmapped);
/* No lock is needed. -EOPNOTSUPP while the kernel has no page table. */
int container_ranges(struct rte_iommufd_space *space,
	struct rte_iommufd_range *ranges, uint32_t *count);

#endif /* TYPE1_CONTAINER_H */
