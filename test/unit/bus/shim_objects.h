/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SHIM_OBJECTS_H
#define SHIM_OBJECTS_H

/*
 * What the small objects of test_dpdk_vfio.c and test_plugin.c share: every function
 * answers with a number that says whose it is, plus its place among them.
 *
 * Must not know: what is tested.
 */

#include "vfio_shim.h"

#define SHIM_NUMBER(type, name, parameters) SHIM_##name,
enum shim_number {
	VFIO_SHIM_FUNCTIONS(SHIM_NUMBER) DEV_VFIO_SHIM_FUNCTIONS(SHIM_NUMBER)
		PROBE_SHIM_FUNCTIONS(SHIM_NUMBER) SHIM_FUNCTIONS
};
#undef SHIM_NUMBER

/* By a function's type: how it answers. */
#define SHIM_ANSWER_int(number) return number
#define SHIM_ANSWER_void(number) (void)(number)

#define SHIM_EAL 1000
#define SHIM_OURS 2000

/* As a driver's table of functions. */
struct shim_table {
	int (*enable)(const char *module);
};

extern int shim_eal_loaded;

int shim_caller_enable(void);
int shim_caller_group_fd(void);
struct shim_table *shim_caller_table(void);

#endif /* SHIM_OBJECTS_H */
