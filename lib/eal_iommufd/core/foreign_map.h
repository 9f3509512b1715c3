/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FOREIGN_MAP_H
#define FOREIGN_MAP_H

/*
 * Memory that another process (a secondary of EAL's) has entered into a space's page tables
 * by itself. The record has it as MAPPING_OF_SECONDARY, so that what this process maps does
 * not overlap it, and spaces that mirror this one get it as well. This process cannot see
 * the memory, so it cannot enter it again.
 *
 * Must not know: messages, which process it is.
 */

#include <stdint.h>

struct mapping;
struct rte_iommufd_space;

/*
 * Whether another process may map there. 0; 1 when all of it is EAL's memory at the same
 * address, which is mapped; -EEXIST when something else is mapped there; -ENODEV when no
 * device is attached (type1); -EOPNOTSUPP when other spaces mirror this one and the backend
 * cannot copy; -EINVAL for an interval that is none. Logs nothing.
 */
int foreign_map_check(
	struct rte_iommufd_space *space, const struct mapping *mapping);
/* The other process has mapped it: records it, and copies it to the mirrors. Logs. */
int foreign_map_add(
	struct rte_iommufd_space *space, const struct mapping *mapping);
/*
 * Unmaps one that was added, here and in the mirrors. Logs. 0 also for one that the kernel
 * has dropped with a legacy container's page table, wherever the record has others now.
 */
int foreign_map_remove(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length);
/*
 * The other process has ended and may have mapped this or not: unmaps what the kernel has
 * there, unless the record has another owner for it.
 */
void foreign_map_remove_unsure(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length);

#endif /* FOREIGN_MAP_H */
