/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The functions by which EAL probes devices: DPDK's own functions probe, and then each
 * requested device that no driver has taken is logged. At start that is rte_bus_probe(),
 * for a device attached later rte_dev_probe(), which rte_eal_hotplug_add() calls as well. In a
 * static program that call is within one object file, where --wrap does not reach it, so there
 * rte_eal_hotplug_add() is wrapped, too.
 *
 * Must not know: VFIO; why a device was not taken (diagnose.c).
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "diagnose.h"
#include "dpdk_vfio.h"
#include "vfio_shim.h"

int
VFIO_SHIM(rte_bus_probe)(void)
{
	const struct dpdk_vfio *own = dpdk_vfio_functions();
	int ret;

	if (own->rte_bus_probe == NULL)
		return -ENOTSUP;
	ret = own->rte_bus_probe();
	diagnose_requested_devices();
	return ret;
}

/* Or there is no such device. Other errors: a driver has failed. */
static bool
probe_found_no_driver(int error)
{
	return error == -ENOTSUP || error == -ENODEV;
}

int
VFIO_SHIM(rte_dev_probe)(const char *devargs)
{
	const struct dpdk_vfio *own = dpdk_vfio_functions();
	int ret;

	if (own->rte_dev_probe == NULL)
		return -ENOTSUP;
	ret = own->rte_dev_probe(devargs);
	if (probe_found_no_driver(ret))
		diagnose_attached_device(devargs);
	return ret;
}

#ifdef VFIO_SHIM_BY_WRAP

int __real_rte_eal_hotplug_add(
	const char *bus, const char *device, const char *arguments);
int __wrap_rte_eal_hotplug_add(
	const char *bus, const char *device, const char *arguments);

int
__wrap_rte_eal_hotplug_add(
	const char *bus, const char *device, const char *arguments)
{
	char devargs[PATH_MAX];
	int ret = __real_rte_eal_hotplug_add(bus, device, arguments);

	if (!probe_found_no_driver(ret))
		return ret;
	snprintf(devargs, sizeof(devargs), "%s:%s", bus, device);
	diagnose_attached_device(devargs);
	return ret;
}

#endif
