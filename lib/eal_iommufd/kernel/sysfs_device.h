/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SYSFS_DEVICE_H
#define SYSFS_DEVICE_H

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

struct sysfs_device {
	char path[PATH_MAX]; /* its folder in sysfs, links resolved */
	char address[DEVICE_PLACE_NAME_SIZE]; /* the folder's name: the BDF */
	struct rte_iommufd_device_place found;
	dev_t cdev_number;
};

/* 0; -ENODEV when there is no such device; -EINVAL when path is too long. */
int sysfs_device_find(const char *path, struct sysfs_device *place);

/*
 * Whether the path, which may lead over links or end with slashes, names the folder that
 * the device was found in.
 */
bool sysfs_device_is_at(const struct sysfs_device *place, const char *path);

/*
 * Whether a VFIO device of this machine shows that the kernel gives none of them a
 * node (before 6.6, or without CONFIG_VFIO_DEVICE_CDEV). False without devices.
 */
bool sysfs_device_kernel_lacks_cdevs(void);

/* /dev/vfio/devices/vfioN, /dev/vfio/devices/noiommu-vfioN */
void sysfs_device_cdev_node(
	const struct sysfs_device *place, char *node, size_t size);
/* /dev/vfio/N, /dev/vfio/noiommu-N */
void sysfs_device_group_node(
	const struct sysfs_device *place, char *node, size_t size);

/*
 * Whether a VFIO driver has the device: its own node shows it, else the driver's name, or, for
 * a driver of another name, its group's node. That belongs to all members of the group, so that
 * one without a driver has to be told from them.
 */
bool sysfs_device_is_of_vfio(const struct sysfs_device *place);

/*
 * Looks through the members of the device's IOMMU group, itself included, for one
 * of which is_it() holds, and describes it in member. Returns whether there is one.
 */
bool sysfs_device_find_member(const struct sysfs_device *place,
	bool (*is_it)(const struct sysfs_device *member),
	struct sysfs_device *member);

/*
 * Whether a member prevents its group from being used by user space: its driver is
 * neither VFIO's nor known to do no DMA of its own.
 */
bool sysfs_device_is_intruder(const struct sysfs_device *member);

#endif /* SYSFS_DEVICE_H */
