/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RESERVED_REGIONS_H
#define RESERVED_REGIONS_H

/*
 * Memory that devices of an IOMMU group must always reach, as the firmware requires (an
 * RMRR of Intel's table, a unity mapping of AMD's). Linux gives such a group to no
 * program (__iommu_device_set_domain()).
 *
 * Must not know: VFIO, contexts.
 */

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether iommu_group/reserved_regions of the device with this folder in sysfs has
 * regions of the type "direct". Their addresses are written to list, as many as fit:
 * "0x7b800000-0x7bffffff, ...". Regions of the type "direct-relaxable" do no harm.
 */
bool reserved_regions_find_direct(
	const char *device_path, char *list, size_t size);

#endif /* RESERVED_REGIONS_H */
