/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Whether a device is this process's own; see device_owner.h. */

#include "backend/objects.h"
#include "core/device_owner.h"
#include "util/log.h"

bool
device_is_own(const struct rte_iommufd_device *device)
{
	if (device->context != NULL)
		return true;
	IOMMUFD_LOG(ERR, "%s: the device is borrowed from the primary process",
		device->place.address);
	return false;
}
