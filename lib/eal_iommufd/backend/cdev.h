/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef CDEV_H
#define CDEV_H

/*
 * The node of a VFIO device under /dev/vfio/devices.
 *
 * Must not know: contexts, what the file is for.
 */

struct explanation;
struct sysfs_device;

/*
 * Opens the node and makes sure that it is this device's: the program that manages /dev
 * decides what the name points to. Returns the fd, or -errno with why (-ENXIO: it is the
 * node of another device).
 */
int cdev_open(const struct sysfs_device *place, struct explanation *why);

#endif /* CDEV_H */
