/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Requested devices that no driver has taken; see diagnose.h.
 *
 * Must not know: VFIO. It looks at EAL's device options and at sysfs only.
 */

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_iommufd.h>
#include <rte_pci.h>

#include "bus_log.h"
#include "diagnose.h"
#include "pci_folder.h"

static bool begun;

/* Whether a driver of DPDK uses it. */
static bool
diagnose_is_taken(const struct rte_pci_addr *address)
{
	struct rte_dev_iterator iterator;
	struct rte_pci_addr found;
	struct rte_device *device;
	bool taken = false;

	/* The iterator frees its memory only at its end. */
	RTE_DEV_FOREACH(device, "bus=pci", &iterator)
	{
		if (rte_dev_is_probed(device) &&
			rte_pci_addr_parse(rte_dev_name(device), &found) == 0 &&
			rte_pci_addr_cmp(&found, address) == 0)
			taken = true;
	}
	return taken;
}

/* Whether it is bound to a kernel driver whose purpose is to give devices to programs. */
static bool
is_for_programs(const char *path, const struct rte_iommufd_device_place *place)
{
	char folder[PATH_MAX];

	if (place->cdev[0] != '\0' || strstr(place->driver, "vfio") != NULL)
		return true;
	snprintf(folder, sizeof(folder), "%s/uio", path);
	return access(folder, F_OK) == 0;
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
diagnose(const struct rte_pci_addr *address)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };
	char name[PCI_PRI_STR_SIZE];
	char path[PATH_MAX];

	rte_pci_device_name(address, name, sizeof(name));
	snprintf(path, sizeof(path), "%s/%s", pci_folder(), name);
	if (rte_iommufd_device_find(path, &place) != 0) {
		BUS_LOG(WARNING,
			"%s: there is no such PCI device (\"dpdk-devbind.py --status\" lists them)",
			name);
		return;
	}
	if (diagnose_is_taken(address) || is_for_programs(path, &place))
		return;
	if (place.driver[0] != '\0')
		BUS_LOG(WARNING,
			"%s: bound to %s, and no driver of DPDK has taken it so: if its PMD needs vfio-pci, as most do, run \"dpdk-devbind.py -b vfio-pci %s\" (its network interface goes away)",
			name, place.driver, name);
	else if (!is_legacy_virtio(path))
		BUS_LOG(WARNING,
			"%s: not bound to any driver: run \"dpdk-devbind.py -b vfio-pci %s\"",
			name, name);
}

void
diagnose_begin(void)
{
	begun = true;
}

void
diagnose_requested_devices(void)
{
	/* "-a 0:0.0" is the usual option for no device at all. */
	const struct rte_pci_addr none = { 0 };
	struct rte_pci_addr address;
	struct rte_devargs *device;

	if (!begun || pci_folder() == NULL)
		return;
	RTE_EAL_DEVARGS_FOREACH("pci", device) {
		if (device->policy == RTE_DEV_ALLOWED &&
			rte_pci_addr_parse(device->name, &address) == 0 &&
			rte_pci_addr_cmp(&address, &none) != 0)
			diagnose(&address);
	}
}

void
diagnose_attached_device(const char *devargs)
{
	struct rte_pci_addr address;
	struct rte_devargs device;

	if (!begun || pci_folder() == NULL)
		return;
	memset(&device, 0, sizeof(device));
	if (rte_devargs_parse(&device, devargs) != 0)
		return;
	if (strcmp(rte_bus_name(device.bus), "pci") == 0 &&
		rte_pci_addr_parse(device.name, &address) == 0)
		diagnose(&address);
	rte_devargs_reset(&device);
}
