/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Requested devices that cannot be had; see diagnose.h.
 *
 * Must not know: VFIO. It looks at EAL's device options and at sysfs only.
 */

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_iommufd.h>
#include <rte_pci.h>

#include "bus_log.h"
#include "diagnose.h"

/* Kernel drivers that a PMD works beside or through. */
static const char *const usable_drivers[] = { "vfio", "uio", "mlx4_core",
	"mlx5_core" };

static bool
is_usable(const char *driver)
{
	size_t i;

	for (i = 0; i < RTE_DIM(usable_drivers); i++)
		if (strstr(driver, usable_drivers[i]) != NULL)
			return true;
	return false;
}

/*
 * The PCI bus's own rule; its function for it is not public. NULL: not known, because
 * the bus follows the variable also in a program with more rights than its user
 * (AT_SECURE), and this library reads nothing there that such a user names.
 */
static const char *
devices_folder(void)
{
	if (getenv("SYSFS_PCI_DEVICES") == NULL)
		return "/sys/bus/pci/devices";
	return secure_getenv("SYSFS_PCI_DEVICES");
}

/* net_virtio drives legacy devices by their I/O ports, bound to no driver. */
static bool
is_legacy_virtio(const char *path)
{
	char file[PATH_MAX];
	unsigned int vendor = 0;
	FILE *stream;

	snprintf(file, sizeof(file), "%s/vendor", path);
	stream = fopen(file, "re");
	if (stream == NULL)
		return false;
	if (fscanf(stream, "%x", &vendor) != 1)
		vendor = 0;
	fclose(stream);
	return vendor == 0x1af4;
}

static void
diagnose(const char *address)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", devices_folder(), address);
	if (rte_iommufd_device_find(path, &place) != 0) {
		BUS_LOG(WARNING,
			"%s: there is no such PCI device (\"dpdk-devbind.py --status\" lists them)",
			address);
		return;
	}
	if (place.driver[0] == '\0') {
		if (!is_legacy_virtio(path))
			BUS_LOG(WARNING,
				"%s: not bound to any driver: run \"dpdk-devbind.py -b vfio-pci %s\"",
				address, address);
		return;
	}
	if (!is_usable(place.driver))
		BUS_LOG(WARNING,
			"%s: bound to %s, not to vfio-pci: run \"dpdk-devbind.py -b vfio-pci %s\" (its network interface goes away)",
			address, place.driver, address);
}

void
diagnose_requested_devices(void)
{
	struct rte_pci_addr parsed;
	struct rte_devargs *device;
	char address[PCI_PRI_STR_SIZE];

	if (devices_folder() == NULL)
		return;
	RTE_EAL_DEVARGS_FOREACH("pci", device) {
		if (device->policy != RTE_DEV_ALLOWED ||
			rte_pci_addr_parse(device->name, &parsed) != 0)
			continue;
		rte_pci_device_name(&parsed, address, sizeof(address));
		/* "-a 0:0.0" is the customary way to ask for no device. */
		if (strcmp(address, "0000:00:00.0") == 0)
			continue;
		diagnose(address);
	}
}
