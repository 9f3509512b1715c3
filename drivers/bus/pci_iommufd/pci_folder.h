/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PCI_FOLDER_H
#define PCI_FOLDER_H

/*
 * The folder of sysfs in which the PCI bus looks for devices. NULL: not known, because the bus
 * follows the environment also in a program with more rights than its user (AT_SECURE), and the
 * plugin reads nothing there that such a user names.
 *
 * Must not know: which code searches there.
 */
const char *pci_folder(void);

#endif /* PCI_FOLDER_H */
