/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* NICs for tests about devices; see machine.h. */

#include "devices.h"
#include "fake_sysfs.h"
#include "machine.h"

const char *nic;
const char *twin;
const char *second_nic;
const char *old_nic;

int
machine_start(void **state, bool scripted, const char *settings)
{
	static const struct fake_device nics[] = {
		{ "0000:01:00.0", "vfio-pci", "vfio0", "511:0", "7", NULL },
		{ "0000:01:00.1", "vfio-pci", "vfio2", "511:2", "7", NULL },
		{ "0000:02:00.0", "vfio-pci", "vfio1", "511:1", "8", NULL },
		{ "0000:03:00.0", "vfio-pci", NULL, NULL, "9", NULL },
	};
	const int ret = devices_start(state, scripted, settings);

	nic = fake_sysfs_add(&nics[0]);
	twin = fake_sysfs_add(&nics[1]);
	second_nic = fake_sysfs_add(&nics[2]);
	old_nic = fake_sysfs_add(&nics[3]);
	return ret;
}
