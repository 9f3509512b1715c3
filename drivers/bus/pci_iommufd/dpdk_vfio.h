/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DPDK_VFIO_H
#define DPDK_VFIO_H

/*
 * DPDK's own rte_vfio_* functions, for the setting backend=stock and for
 * devices that the library does not serve.
 *
 * Must not know: when they are used.
 */

#include "vfio_shim.h"

/*
 * One field per function, with the same name; NULL where the release lacks the
 * function.
 */
struct dpdk_vfio {
#define VFIO_SHIM_POINTER(name, parameters) int(*name) parameters;
	VFIO_SHIM_FUNCTIONS(VFIO_SHIM_POINTER)
#undef VFIO_SHIM_POINTER
};

/* NULL when librte_eal has no rte_vfio_* functions (26.11 and later) or is not found. */
const struct dpdk_vfio *dpdk_vfio_functions(void);

/* The functions that librte_eal has; each pointer may be NULL. */
const struct dpdk_vfio *dpdk_vfio_functions_present(void);

#endif /* DPDK_VFIO_H */
