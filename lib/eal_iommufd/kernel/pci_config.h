/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PCI_CONFIG_H
#define PCI_CONFIG_H

/*
 * The capabilities of a PCI device, from its configuration space. Read from sysfs, which
 * shows all of it; VFIO shows only a part.
 *
 * Must not know: VFIO, contexts.
 */

#include <stdbool.h>

/* Extended capabilities (PCI Express Base Specification, 7.8 and 10.5). */
#define PCI_CONFIG_ATS 0x0f
#define PCI_CONFIG_PAGE_REQUESTS 0x13
#define PCI_CONFIG_PASID 0x1b

/*
 * Whether the device with this folder in sysfs has the extended capability; a VF has
 * those of its PF that are named above, except ATS. 1, 0, or -errno when that cannot be
 * seen; -EACCES: only root can.
 */
int pci_config_has(const char *device_path, unsigned int capability);

bool pci_config_is_vf(const char *device_path);

#endif /* PCI_CONFIG_H */
