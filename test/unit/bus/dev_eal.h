/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DEV_EAL_H
#define DEV_EAL_H

/*
 * Stands in for librte_eal of DPDK 26.11, as far as VFIO goes: each function counts its calls,
 * and answers what the test says.
 *
 * Must not know: what is tested.
 */

#include "vfio_shim.h"

#define DEV_EAL_NUMBER(type, name, parameters) DEV_EAL_##name,
enum dev_eal_function {
	DEV_VFIO_SHIM_FUNCTIONS(DEV_EAL_NUMBER)
		PROBE_SHIM_FUNCTIONS(DEV_EAL_NUMBER) DEV_EAL_FUNCTIONS
};
#undef DEV_EAL_NUMBER

struct dev_eal {
	unsigned int calls;
	int answer;
};

extern struct dev_eal dev_eal[DEV_EAL_FUNCTIONS];

/* How often DPDK's own dev_vfio_NAME() was called. */
#define DEV_EAL_CALLS(name) (dev_eal[DEV_EAL_dev_vfio_##name].calls)

/* Where the stand-in has its functions, by their numbers. */
typedef void (*dev_eal_function_t)(void);
dev_eal_function_t dev_eal_address(enum dev_eal_function function);

#endif /* DEV_EAL_H */
