/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef IOMMU_UNIT_H
#define IOMMU_UNIT_H

/*
 * The IOMMUs of the machine as sysfs shows them, and which one is in front of a device.
 *
 * Must not know: VFIO, contexts.
 */

#include <stdbool.h>
#include <stddef.h>

struct iommu_unit {
	char name[32];	  /* "dmar0" */
	const char *kind; /* "intel-iommu"; "" for one that is not known here */
};

/* The one in front of the device with this folder in sysfs; false without one. */
bool iommu_unit_of(const char *device_path, struct iommu_unit *unit);

/* Stores at most max of those in the folder (/sys/class/iommu), in the order of their names. */
unsigned int iommu_units_read(
	const char *folder, struct iommu_unit *units, unsigned int max);

/*
 * The firmware's table that describes an IOMMU, among those in the folder
 * (/sys/firmware/acpi/tables): "DMAR", "IVRS", "IORT", "VIOT", or NULL.
 */
const char *iommu_unit_firmware_table(const char *folder);

/* The kernel's default page table of the device's group: "DMA", "DMA-FQ", "identity"; or "". */
void iommu_unit_group_type(const char *device_path, char *type, size_t size);

#endif /* IOMMU_UNIT_H */
