/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DPDK_VFIO_H
#define DPDK_VFIO_H

/*
 * DPDK's own functions of vfio_shim.h, for the setting backend=stock and for devices that the
 * library does not serve; and which generation of them this DPDK has.
 *
 * Must not know: when they are used.
 */

#include <stdbool.h>

#include "vfio_shim.h"

/* One field per function, with the same name; NULL where the release lacks the function. */
struct dpdk_vfio {
#define DPDK_VFIO_POINTER(type, name, parameters) type(*name) parameters;
	VFIO_SHIM_FUNCTIONS(DPDK_VFIO_POINTER)
	DEV_VFIO_SHIM_FUNCTIONS(DPDK_VFIO_POINTER)
	PROBE_SHIM_FUNCTIONS(DPDK_VFIO_POINTER)
#undef DPDK_VFIO_POINTER
};

/* By which functions this DPDK reaches VFIO. */
enum dpdk_vfio_generation {
	DPDK_VFIO_UNKNOWN, /* librte_eal is not found, or has neither */
	DPDK_VFIO_RTE,	   /* rte_vfio_*: 22.11 to 26.07 */
	DPDK_VFIO_DEV,	   /* dev_vfio_*: 26.11 */
};

enum dpdk_vfio_generation dpdk_vfio_generation(void);

/* The functions that librte_eal has. Never NULL. */
const struct dpdk_vfio *dpdk_vfio_functions(void);

/* Whether DPDK's own VFIO code has been started: by the function below or by EAL. */
bool dpdk_vfio_is_started(void);

/*
 * Starts DPDK's own VFIO code, as EAL would have; without effect where it is started. With memory: EAL's
 * memory is there, and EAL has called dev_vfio_init_mem() already. -EOPNOTSUPP: it is not in
 * this program; -EIO: it has failed, and logged why.
 */
int dpdk_vfio_start(bool with_memory);

#endif /* DPDK_VFIO_H */
