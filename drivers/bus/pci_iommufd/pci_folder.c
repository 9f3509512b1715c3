/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The folder in which the PCI bus looks for devices; see pci_folder.h. */

#include <stdlib.h>

#include "pci_folder.h"

/* The same rule as in the PCI bus, whose function is not public. */
const char *
pci_folder(void)
{
	if (getenv("SYSFS_PCI_DEVICES") == NULL)
		return "/sys/bus/pci/devices";
	return secure_getenv("SYSFS_PCI_DEVICES");
}
