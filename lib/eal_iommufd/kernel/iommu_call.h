/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef IOMMU_CALL_H
#define IOMMU_CALL_H

/*
 * The calls of /dev/iommu that a kernel with IOMMUFD may lack.
 *
 * Must not know: what the calls do.
 */

enum iommu_call {
	IOMMU_CALL_HWPT_ALLOC,		/* Linux 6.6 */
	IOMMU_CALL_GET_HW_INFO,		/* 6.6 */
	IOMMU_CALL_SET_DIRTY_TRACKING,	/* 6.7 */
	IOMMU_CALL_FAULT_QUEUE_ALLOC,	/* 6.11 */
	IOMMU_CALL_IOAS_MAP_FILE,	/* 6.13 */
	IOMMU_CALL_VIOMMU_ALLOC,	/* 6.13 */
	IOMMU_CALL_IOAS_CHANGE_PROCESS, /* 6.14 */
	IOMMU_CALL_HW_QUEUE_ALLOC,	/* 6.17 */
	IOMMU_CALL_IOAS_NOIOMMU_GET_PA, /* 7.3 */
	IOMMU_CALLS,
};

#endif /* IOMMU_CALL_H */
