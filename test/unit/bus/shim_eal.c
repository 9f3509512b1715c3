/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Stands in for librte_eal, as an object that exports DPDK's VFIO functions. Built
 * five times: with all those of 22.11 to 26.07, without one (WITHOUT_DEVICE_INFO, as 22.11),
 * without any (WITHOUT_ALL), without any but some of 26.11's (WITH_SOME_DEV), and
 * without one that all releases have (WITHOUT_GROUPS).
 */

#ifdef WITHOUT_DEVICE_INFO
#define rte_vfio_get_device_info another_function
#endif

#ifdef WITHOUT_GROUPS
#define rte_vfio_container_group_bind another_function
#endif

#include "shim_objects.h"

#ifdef WITH_SOME_DEV

int
dev_vfio_enable(void)
{
	return SHIM_EAL + SHIM_dev_vfio_enable;
}

int
dev_vfio_setup_device(
	const char *sysfs_base, const char *address, int *device_fd)
{
	return SHIM_EAL + SHIM_dev_vfio_setup_device;
}

#elif !defined(WITHOUT_ALL)

#define SHIM_EAL_FUNCTION(type, name, parameters)           \
	type name parameters                                \
	{                                                   \
		SHIM_ANSWER_##type(SHIM_EAL + SHIM_##name); \
	}
VFIO_SHIM_FUNCTIONS(SHIM_EAL_FUNCTION)
PROBE_SHIM_FUNCTIONS(SHIM_EAL_FUNCTION)

#endif

/* For objects without any other symbol. */
int shim_eal_loaded = 1;
