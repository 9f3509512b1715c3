/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef EXPLAIN_NESTED_H
#define EXPLAIN_NESTED_H

/*
 * The same as explain.h, for page tables that programs own: at which step it ended, and what
 * hardware, firmware or kernel lacks for it.
 *
 * Must not know: contexts, backends; how the text is shown.
 */

#include "explain/explain.h"

struct smmuv3_registers;

/* The steps in their order: doc/nested.md. */
enum nest_step {
	NEST_REGISTERS,	   /* IOMMU_GET_HW_INFO */
	NEST_FORMAT,	   /* what these say of tables: no call of the kernel */
	NEST_PARENT,	   /* IOMMU_HWPT_ALLOC with NEST_PARENT */
	NEST_VIOMMU,	   /* IOMMU_VIOMMU_ALLOC */
	NEST_VDEVICE,	   /* IOMMU_VDEVICE_ALLOC */
	NEST_TABLE,	   /* IOMMU_HWPT_ALLOC on the vIOMMU */
	NEST_EVENTS,	   /* IOMMU_VEVENTQ_ALLOC */
	NEST_INVALIDATION, /* IOMMU_HWPT_INVALIDATE */
	NEST_ATTACHMENT,   /* VFIO_DEVICE_ATTACH_IOMMUFD_PT */
};

/* registers count from NEST_FORMAT on. */
const char *explain_nested(struct explanation *explanation,
	const struct sysfs_device *place, enum nest_step step,
	const struct smmuv3_registers *registers, int err);

#endif /* EXPLAIN_NESTED_H */
