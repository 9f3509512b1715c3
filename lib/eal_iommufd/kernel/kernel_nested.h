/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef KERNEL_NESTED_H
#define KERNEL_NESTED_H

/*
 * The calls of /dev/iommu for page tables that user space owns behind an SMMUv3, in the order
 * in which they are made; rules as in kernel.h, whose stand-in point is this file's, too.
 * doc/nested.md says what the objects are.
 *
 * Must not know: contexts, spaces, devices, DPDK; what is in the words that the SMMU reads.
 */

#include <stdint.h>

struct smmuv3_command;
struct smmuv3_event;
struct smmuv3_registers;

/*
 * IOMMU_GET_HW_INFO. -EOPNOTSUPP: the device is behind an IOMMU of another kind; -ENOTTY
 * before Linux 6.6.
 */
int kernel_smmuv3_registers(
	int iommu_fd, uint32_t device_id, struct smmuv3_registers *registers);

/* A stage 2 with all that the IOAS has mapped, and will have. -EOPNOTSUPP: the IOMMU has none. */
int kernel_nest_parent_alloc(
	int iommu_fd, uint32_t device_id, uint32_t ioas_id, uint32_t *hwpt_id);

/*
 * A part of the device's SMMU over that stage 2. -ENOTTY before Linux 6.13; -EOPNOTSUPP:
 * arm_smmu_get_viommu_size().
 */
int kernel_viommu_alloc(int iommu_fd, uint32_t device_id, uint32_t hwpt_id,
	uint32_t *viommu_id);

/*
 * The device in that part, by a stream ID of the caller's choice. -EEXIST: it is in one
 * already; -EOPNOTSUPP: it has more than one stream.
 */
int kernel_vdevice_alloc(int iommu_fd, uint32_t viommu_id, uint32_t device_id,
	uint32_t stream_id, uint32_t *vdevice_id);

/*
 * A page table, which kernel_device_attach() takes: the first two words of a stream table
 * entry (IHI 0070, 5.2). -EIO: a bit of them is not allowed.
 */
int kernel_nested_alloc(int iommu_fd, uint32_t device_id, uint32_t viommu_id,
	const uint64_t words[2], uint32_t *hwpt_id);

/*
 * Has the SMMU do the commands, and waits until they are done. *count becomes how many were.
 * -EIO: an opcode or a bit that is not allowed.
 */
int kernel_nested_invalidate(int iommu_fd, uint32_t viommu_id,
	const struct smmuv3_command *commands, uint32_t *count);

/*
 * A queue of at most depth event records of that part: returns its fd, whose read() does not
 * block, and stores its id. -ENOTTY before Linux 6.15.
 */
int kernel_veventq_alloc(
	int iommu_fd, uint32_t viommu_id, uint32_t depth, uint32_t *veventq_id);
/*
 * 1: the oldest record was stored; 0: there is none. *sequence counts them, from 0 on; a gap
 * are records that were lost, and so is a record without an event (words[0] is 0).
 */
int kernel_veventq_read(
	int veventq_fd, struct smmuv3_event *event, uint32_t *sequence);

#endif /* KERNEL_NESTED_H */
