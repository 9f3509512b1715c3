/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A look at the structures of the DPDK that runs: are they what this driver was
 * compiled with? Declarations of our own (driver_sdk/) can be wrong for a release that
 * we have not seen; then the driver would write into the wrong places. What is compared
 * is what can be known by another way: sysfs, and what ethdev has just filled in.
 *
 * Must not know: the device.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_ether.h>

#include "svanic_device.h"
#include "svanic_log.h"

static int
differs(const char *name, const char *what)
{
	SVANIC_LOG(ERR,
		"%s: %s is not where the driver was compiled to find it: rebuild it with the headers of this DPDK (%s)",
		name, what, rte_version());
	return -EPROTO;
}

int
svanic_layout_check_pci(const struct rte_pci_device *pci)
{
	char name[PCI_PRI_STR_SIZE + 1];
	struct rte_pci_addr addr;

	if (pci->id.vendor_id != SVANIC_VENDOR_ID ||
		pci->id.device_id != SVANIC_DEVICE_ID)
		return differs("svanic", "a PCI device's ID");
	rte_pci_device_name(&pci->addr, name, sizeof(name));
	if (strcmp(name, pci->name) != 0)
		return differs(name, "a PCI device's name");
	/* This one can be as the user has typed it: "01:00.0". */
	if (pci->device.name == NULL ||
		rte_pci_addr_parse(pci->device.name, &addr) != 0 ||
		rte_pci_addr_cmp(&addr, &pci->addr) != 0)
		return differs(name, "a device's name");
	if (pci->mem_resource[SVANIC_REGISTERS_BAR].len !=
		SVANIC_REGISTERS_SIZE)
		return differs(name, "a PCI device's BAR 0");
	return 0;
}

/* A port that another process may have begun to use. */
int
svanic_layout_check_shared(
	const struct rte_eth_dev *dev, const struct rte_pci_device *pci)
{
	if (dev->data == NULL || strcmp(dev->data->name, pci->device.name) != 0)
		return differs(pci->name, "a port's name");
	if (dev != &rte_eth_devices[dev->data->port_id])
		return differs(pci->name, "a port's number");
	return 0;
}

/* A port that rte_eth_dev_allocate() has just given out. */
int
svanic_layout_check_port(
	const struct rte_eth_dev *dev, const struct rte_pci_device *pci)
{
	int ret = svanic_layout_check_shared(dev, pci);

	if (ret != 0)
		return ret;
	if (dev->data->mtu != RTE_ETHER_MTU)
		return differs(pci->name, "a port's MTU");
	if (dev->data->backer_port_id != RTE_MAX_ETHPORTS)
		return differs(pci->name, "a port's backer");
	return 0;
}
