/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef CDEV_OWNER_H
#define CDEV_OWNER_H

/*
 * Which process has a device, or another member of its IOMMU group, open by the device's own
 * node.
 *
 * Must not know: what follows from that.
 */

#include <stdbool.h>

#include "kernel/node_owner.h"
#include "kernel/sysfs_device.h"

/* As node_owner_find(); false for a device without a node of its own. */
bool cdev_owner_find(
	const struct sysfs_device *place, struct node_owner *owner);

/* The first member of the group, the device itself included, that is open so. */
bool cdev_owner_find_member(const struct sysfs_device *place,
	struct sysfs_device *member, struct node_owner *owner);

#endif /* CDEV_OWNER_H */
