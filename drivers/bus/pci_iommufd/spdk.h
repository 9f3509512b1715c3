/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SPDK_H
#define SPDK_H

/*
 * SPDK finds out by itself whether its devices have an IOMMU: it looks for
 * /dev/vfio/vfio among the process's open files (env_dpdk's memory.c). With IOMMUFD there
 * is none, and SPDK gives its devices physical addresses, which the IOMMU refuses.
 *
 * Must not know: VFIO.
 */

/* Warns once when SPDK's environment is in this program and the backend is iommufd. */
void spdk_check_backend(const char *backend);

#endif /* SPDK_H */
