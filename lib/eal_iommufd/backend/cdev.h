/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef CDEV_H
#define CDEV_H

/*
 * The node of a VFIO device under /dev/vfio/devices: opened here, or the file that was passed
 * to this process.
 *
 * The kernel binds a device to an iommufd once in the life of its file and unbinds it when the
 * last descriptor of the file is closed. A file that was passed cannot be opened again here, so
 * it stays open when the device is closed, and bound: the device is without an address
 * space, without interrupts and reset. The next opening finds it so.
 *
 * Must not know: contexts, what the file is for.
 */

#include <stdint.h>

struct explanation;
struct sysfs_device;

/*
 * Opens the node and makes sure that it is this device's: the program that manages /dev
 * decides what the name points to. Returns the fd, or -errno with why (-ENXIO: it is the
 * node of another device).
 */
int cdev_open(const struct sysfs_device *place, struct explanation *why);

/*
 * Opens the node and binds the device to the iommufd. Returns the fd, which cdev_close() closes,
 * or -errno with why.
 */
int cdev_open_bound(const struct sysfs_device *place, int iommu_fd,
	const uint8_t *vf_token, uint32_t *device_id, struct explanation *why);

/* The device is attached to nothing. */
void cdev_close(const struct sysfs_device *place, int fd);

/*
 * Closes what cdev_close() has kept open, so that the device's group can be used without
 * IOMMUFD.
 */
void cdev_give_up(const struct sysfs_device *place);

#endif /* CDEV_H */
