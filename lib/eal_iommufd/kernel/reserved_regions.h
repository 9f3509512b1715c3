/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RESERVED_REGIONS_H
#define RESERVED_REGIONS_H

/*
 * IOVAs of an IOMMU group at which programs cannot map memory. Those of the type "direct" are
 * memory that the group's devices must always reach, as the firmware requires (an RMRR of
 * Intel's table, a unity mapping of AMD's): Linux gives such a group to no program
 * (__iommu_device_set_domain()).
 *
 * Must not know: VFIO, contexts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reserved_region {
	uint64_t first;
	uint64_t last;
	char type[32]; /* "direct", "direct-relaxable", "reserved", "msi" */
};

/*
 * All regions of iommu_group/reserved_regions of the device with this folder in sysfs: at
 * most max are stored, and the number of those is returned.
 */
unsigned int reserved_regions_read(const char *device_path,
	struct reserved_region *regions, unsigned int max);

/*
 * Whether there are regions of the type "direct". Their addresses are written to list, as many as fit:
 * "0x7b800000-0x7bffffff, ...". Regions of the type "direct-relaxable" do no harm.
 */
bool reserved_regions_find_direct(
	const char *device_path, char *list, size_t size);

#endif /* RESERVED_REGIONS_H */
