/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DIAGNOSE_H
#define DIAGNOSE_H

/*
 * Logs a line about a requested PCI device that no driver of DPDK has taken. EAL logs
 * nothing about a device that does not exist, and nothing useful about one that is bound
 * to a kernel driver. The result of probing decides: a PMD that works together with a
 * kernel driver gets no advice to unbind it.
 */

/*
 * Starts the diagnosis. Before this call, and with DPDK's own VFIO code, nothing is
 * logged.
 */
void diagnose_begin(void);

/* Call after EAL has probed: checks the devices that the command line names (-a). */
void diagnose_requested_devices(void);

/* After rte_dev_probe() of this device has failed, because no driver takes it. */
void diagnose_attached_device(const char *devargs);

#endif /* DIAGNOSE_H */
