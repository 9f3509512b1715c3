/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DEVICE_PLACE_H
#define DEVICE_PLACE_H

/*
 * Where a device is found: what sysfs says about its VFIO nodes, its group and
 * its driver. Reads sysfs only and opens no device.
 *
 * Must not know: contexts, backends, ioctls.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "rte_iommufd.h"

#define DEVICE_PLACE_NAME_SIZE 64

struct device_place {
	char path[PATH_MAX]; /* its folder in sysfs */
	char address[DEVICE_PLACE_NAME_SIZE]; /* the folder's name: the BDF */
	struct rte_iommufd_device_place found;
	dev_t cdev_number;
	bool noiommu; /* the group is not the IOMMU's but VFIO's substitute */
};

/* 0; -ENODEV when there is no such device; -EINVAL when path is too long. */
int device_place_find(const char *path, struct device_place *place);

/* /dev/vfio/devices/vfioN */
void device_place_cdev_node(
	const struct device_place *place, char *node, size_t size);
/* /dev/vfio/N */
void device_place_group_node(
	const struct device_place *place, char *node, size_t size);

/*
 * Looks for a member of the device's group that keeps the group from being
 * handed to user space: one whose driver is neither VFIO's nor known to do
 * no DMA of its own. Returns whether there is one.
 */
bool device_place_group_intruder(
	const struct device_place *place, struct device_place *intruder);

#endif /* DEVICE_PLACE_H */
