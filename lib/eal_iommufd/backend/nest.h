/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef NEST_H
#define NEST_H

/*
 * The kernel's objects for a page table that the program owns (doc/nested.md): a stage 2 of a
 * space, a part of the device's SMMUv3 over it, the device in that part, and the page table
 * itself; with invalidations and faults.
 *
 * Of the IOMMUFD backend only (struct backend has nests). A failure is logged, unless a function
 * says otherwise. nest_make(), nest_attach(), nest_detach() and nest_end() want the context's
 * lock.
 *
 * Must not know: what is mapped, where the table is.
 */

#include <stdbool.h>
#include <stdint.h>

#include "util/smmuv3.h"

struct rte_iommufd_device;

/* The device's number in commands: it is alone in its part of the SMMU. */
#define NEST_STREAM 0
/* The address space's: no other table is in that part. */
#define NEST_ASID 1

struct nest {
	struct rte_iommufd_device *device; /* NULL: it has ended */
	int iommu_fd;
	struct smmuv3_registers registers;
	/* 0: not there */
	uint32_t parent_id;
	uint32_t viommu_id;
	uint32_t vdevice_id;
	uint32_t table_id;
	uint32_t events_id;
	int events_fd; /* -1: the kernel has no such queue */
	uint32_t next_sequence;
	bool attached;
};

/* What the SMMU is. Fills all of nest. */
int nest_begin(struct nest *nest, struct rte_iommufd_device *device);

/*
 * The objects, for the device's space, after nest_begin(); the context descriptor is at this
 * address of the space. After a failure as before.
 */
int nest_make(struct nest *nest, uint64_t descriptor_iova);

/* The device's requests go by the program's table, in place of the space's; and back. */
int nest_attach(struct nest *nest);
int nest_detach(struct nest *nest);

/* Detaches, and ends what there is. May be called again. */
void nest_end(struct nest *nest);

/* Returns when the SMMU has done the commands. */
int nest_invalidate(struct nest *nest, const struct smmuv3_command *commands,
	uint32_t count);

/*
 * 1: a fault was stored, and how many were lost before it; 0: there is none; -errno, not
 * logged. One with the number 0 only tells of lost ones.
 */
int nest_read_fault(
	struct nest *nest, struct smmuv3_fault *fault, uint32_t *lost);

#endif /* NEST_H */
