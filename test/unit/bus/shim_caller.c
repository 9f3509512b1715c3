/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* An object that calls DPDK's VFIO functions, as a driver does: by name, and by a
 * table in its data. Built with a table of addresses that is read-only after start
 * (-z now) and with one that is not (-z lazy).
 */

#include "shim_objects.h"

static struct shim_table table = { rte_vfio_enable };

int
shim_caller_enable(void)
{
	return rte_vfio_enable("vfio");
}

int
shim_caller_group_fd(void)
{
	return rte_vfio_get_group_fd(1);
}

struct shim_table *
shim_caller_table(void)
{
	return &table;
}
