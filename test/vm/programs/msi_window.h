/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MSI_WINDOW_H
#define MSI_WINDOW_H

/* Where devices write their interrupts: the kernel leaves it out of what user space can map. */

#include <stdint.h>

#include <rte_config.h>

#ifdef RTE_ARCH_X86
#define MSI_WINDOW UINT64_C(0xfee00000) /* Intel SDM 3, 11.11.1 */
#else
#define MSI_WINDOW \
	UINT64_C(0x8000000) /* MSI_IOVA_BASE of Linux's IOMMU drivers */
#endif
#define MSI_WINDOW_SIZE UINT64_C(0x100000)

#endif /* MSI_WINDOW_H */
