/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* DPDK 26.11's librte_eal, as far as VFIO goes; see dev_eal.h. */

#include "dev_eal.h"

#define DEV_EAL_ANSWER_int(number) return dev_eal[number].answer
#define DEV_EAL_ANSWER_void(number) (void)0

struct dev_eal dev_eal[DEV_EAL_FUNCTIONS];

#define DEV_EAL_DEFINE(type, name, parameters)         \
	type name parameters                           \
	{                                              \
		dev_eal[DEV_EAL_##name].calls++;       \
		DEV_EAL_ANSWER_##type(DEV_EAL_##name); \
	}
DEV_VFIO_SHIM_FUNCTIONS(DEV_EAL_DEFINE)
PROBE_SHIM_FUNCTIONS(DEV_EAL_DEFINE)

dev_eal_function_t
dev_eal_address(enum dev_eal_function function)
{
#define DEV_EAL_ENTRY(type, name, parameters) (dev_eal_function_t) name,
	static const dev_eal_function_t addresses[] = { DEV_VFIO_SHIM_FUNCTIONS(
		DEV_EAL_ENTRY) PROBE_SHIM_FUNCTIONS(DEV_EAL_ENTRY) };

	return addresses[function];
}
