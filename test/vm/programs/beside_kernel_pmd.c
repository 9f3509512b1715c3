/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A PMD that works through the kernel's driver of its device, as those of mlx5, mana and
 * nfb do: it maps no registers, so the PCI bus offers it the device whatever has it. It
 * takes e1000e and does nothing with them. Loaded with -d.
 *
 * Must not know: VFIO, the bus plugin.
 */

#include "driver_sdk/driver_sdk.h"

static int
probe(struct rte_pci_driver *driver __rte_unused,
	struct rte_pci_device *device __rte_unused)
{
	return 0;
}

static int
end(struct rte_pci_device *device __rte_unused)
{
	return 0;
}

static const struct rte_pci_id ids[] = {
	{ RTE_PCI_DEVICE(0x8086, 0x10d3) },
	{ .vendor_id = 0 },
};

static struct rte_pci_driver beside_kernel = {
	.id_table = ids,
	.probe = probe,
	.remove = end,
};

RTE_PMD_REGISTER_PCI(test_beside_kernel, beside_kernel);
