/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Opening a device for a moment; see probe.h. */

#include <stdio.h>
#include <string.h>

#include <rte_log.h>

#include "pci_devices.h"
#include "probe.h"
#include "rte_iommufd.h"

static void
read_hardware(const struct rte_iommufd_device *opened, struct probe *probe)
{
	struct rte_iommufd_hw_info info = { .size = sizeof(info) };

	if (rte_iommufd_device_hw_info(opened, &info) != 0)
		return;
	probe->pasid_bits = info.max_pasid_log2;
	probe->dirty_tracking = (info.capabilities &
					RTE_IOMMUFD_HW_DIRTY_TRACKING) != 0
		? SEEN_PRESENT
		: SEEN_ABSENT;
}

void
probe_device(struct device *device)
{
	struct probe *probe = &device->probe;
	struct rte_iommufd_device *opened = NULL;
	struct rte_iommufd_context *context;

	if (device->start.verdict != CHOICE_WOULD_TRY || device->is_held ||
		rte_iommufd_context_create(NULL, &context) != 0)
		return;
	/* Which backend it is, is told with the rest. */
	rte_log_set_level_pattern("lib.iommufd", RTE_LOG_ERR);
	probe->state = PROBE_REFUSED;
	if (rte_iommufd_device_open(
		    context, device->place.path, NULL, &opened) == 0)
		probe->state = PROBE_DONE;
	snprintf(probe->backend, sizeof(probe->backend), "%s",
		rte_iommufd_context_backend(context));
	snprintf(probe->reason.text, sizeof(probe->reason.text), "%s",
		rte_iommufd_context_reason(context));
	if (opened != NULL && strcmp(probe->backend, "iommufd") == 0)
		read_hardware(opened, probe);
	rte_iommufd_device_close(opened);
	rte_iommufd_context_destroy(context);
}
