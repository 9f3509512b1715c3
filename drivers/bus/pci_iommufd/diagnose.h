/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DIAGNOSE_H
#define DIAGNOSE_H

/*
 * A line about a PCI device that was asked for and that no driver of DPDK has taken: EAL
 * says nothing of a device that does not exist, and nothing useful of one that a driver of
 * the kernel has. What probing found decides, so that a PMD which works beside or through
 * a driver of the kernel gets no advice to unbind it.
 */

/* From now on; before, and with DPDK's own VFIO code, nothing is said. */
void diagnose_begin(void);

/* After EAL has probed: those that the command line asks for (-a). */
void diagnose_requested_devices(void);

/* After rte_dev_probe() of this device has failed, because no driver takes it. */
void diagnose_attached_device(const char *devargs);

#endif /* DIAGNOSE_H */
