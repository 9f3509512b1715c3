/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DEV_CALLER_H
#define DEV_CALLER_H

/*
 * An object that calls DPDK 26.11's VFIO functions as EAL, the PCI bus and drivers do: by name,
 * which the linker turns into a call by a slot; and by a table in data.
 *
 * Must not know: whose functions they are.
 */

#include "vfio_shim.h"

struct dev_caller {
#define DEV_CALLER_POINTER(type, name, parameters) type(*name) parameters;
	DEV_VFIO_SHIM_FUNCTIONS(DEV_CALLER_POINTER)
	PROBE_SHIM_FUNCTIONS(DEV_CALLER_POINTER)
#undef DEV_CALLER_POINTER
};

/* Each calls the function of the field's name. */
extern const struct dev_caller dev_caller_calls;

/* The functions themselves, in data. */
extern struct dev_caller dev_caller_table;

#endif /* DEV_CALLER_H */
