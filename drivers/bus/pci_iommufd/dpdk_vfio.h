/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DPDK_VFIO_H
#define DPDK_VFIO_H

/*
 * DPDK's own functions behind the seam, for the setting backend=stock and for
 * devices that the library does not serve.
 *
 * Must not know: when they are used.
 */

#include "vfio_shim.h"

/* A field for each function, of the same name; NULL where the release lacks it. */
struct dpdk_vfio {
#define VFIO_SHIM_POINTER(name, parameters) int(*name) parameters;
	VFIO_SHIM_FUNCTIONS(VFIO_SHIM_POINTER)
#undef VFIO_SHIM_POINTER
};

/* NULL when librte_eal has no seam (26.11 and later) or cannot be found. */
const struct dpdk_vfio *dpdk_vfio_functions(void);

/* Those that librte_eal has, whatever it lacks: each pointer may be NULL. */
const struct dpdk_vfio *dpdk_vfio_functions_present(void);

#endif /* DPDK_VFIO_H */
