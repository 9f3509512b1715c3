/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DIAGNOSE_H
#define DIAGNOSE_H

/*
 * Says a line about each PCI device that the command line asks for (-a) and that
 * no PMD will get: EAL says nothing of a device that does not exist, and nothing
 * useful of one that the kernel's driver has.
 */
void diagnose_requested_devices(void);

#endif /* DIAGNOSE_H */
