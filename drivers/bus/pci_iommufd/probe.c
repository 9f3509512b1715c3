/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The functions by which EAL probes devices: DPDK's own functions probe, and then each
 * requested device that no driver has taken is logged. At start that is rte_bus_probe(),
 * for a device attached later rte_dev_probe(), which rte_eal_hotplug_add() calls as well.
 *
 * Must not know: VFIO; why a device was not taken (diagnose.c).
 */

#include <errno.h>
#include <stddef.h>

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

int
VFIO_SHIM(rte_dev_probe)(const char *devargs)
{
	const struct dpdk_vfio *own = dpdk_vfio_functions();
	int ret;

	if (own->rte_dev_probe == NULL)
		return -ENOTSUP;
	ret = own->rte_dev_probe(devargs);
	/* No driver takes it, or there is no such device. Other errors: a driver has
	 * failed.
	 */
	if (ret == -ENOTSUP || ret == -ENODEV)
		diagnose_attached_device(devargs);
	return ret;
}
