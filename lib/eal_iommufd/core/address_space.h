/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef ADDRESS_SPACE_H
#define ADDRESS_SPACE_H

/*
 * Address spaces, as the rest of the library uses them: see address_space.c.
 */

#include <stdint.h>

struct fault_queue;
struct mapping;
struct rte_iommufd_context;
struct rte_iommufd_space;

/*
 * rte_iommufd_space_create() for a space whose page tables report page requests to the
 * queue. The queue stays the caller's, and is closed after the space has ended. The
 * context's backend has to be iommufd: rte_iommufd_context_choose() comes first, because the
 * queue is made on the context's iommu_fd.
 */
int address_space_create_faulting(struct rte_iommufd_context *context,
	struct fault_queue *faults, struct rte_iommufd_space **space);

/* Reads again what the attached devices can reach: to be called after each change. */
void address_space_read_ranges(struct rte_iommufd_space *space);

/*
 * A PASID is about to be attached to the space: from now on nothing can be mapped where
 * devices write interrupts, which the kernel does not prevent (it does for a device
 * itself: iopt_table_enforce_dev_resv_regions()), and the IOMMU would not translate. 0,
 * or -EADDRINUSE when something is mapped there, logged. The context's lock is held.
 */
int address_space_enter_pasid(struct rte_iommufd_space *space);
/* It was detached, or was not attached. */
void address_space_leave_pasid(struct rte_iommufd_space *space);

/* Finds the mapping that contains the address. 0, or -ENOENT, which is not logged. */
int address_space_find(struct rte_iommufd_space *space, uint64_t iova,
	struct mapping *mapping);

#endif /* ADDRESS_SPACE_H */
