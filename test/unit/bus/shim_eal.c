/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Stands in for librte_eal, as an object that exports DPDK's VFIO functions. Built
 * three times: with all of them, without one (WITHOUT_DEVICE_INFO, as 22.11), and
 * without any (WITHOUT_ALL, as 26.11).
 */

#ifdef WITHOUT_DEVICE_INFO
#define rte_vfio_get_device_info another_function
#endif

#include "shim_objects.h"

#ifndef WITHOUT_ALL

#define SHIM_EAL_FUNCTION(name, parameters)    \
	int name parameters                    \
	{                                      \
		return SHIM_EAL + SHIM_##name; \
	}
VFIO_SHIM_FUNCTIONS(SHIM_EAL_FUNCTION)

#endif

/* For objects without any other symbol. */
int shim_eal_loaded = 1;
