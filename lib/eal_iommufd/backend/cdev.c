/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The node of a VFIO device; see cdev.h. */

#include <errno.h>
#include <limits.h>

#include "backend/cdev.h"
#include "explain/explain.h"
#include "kernel/kernel.h"
#include "kernel/sysfs_device.h"

int
cdev_open(const struct sysfs_device *place, struct explanation *why)
{
	char node[PATH_MAX];
	dev_t number = 0;
	int fd, ret;

	sysfs_device_cdev_node(place, node, sizeof(node));
	fd = kernel_open(node);
	if (fd < 0) {
		explain_device_node(why, node, fd);
		return fd;
	}
	ret = kernel_device_number(fd, &number);
	if (ret == 0 && number == place->cdev_number)
		return fd;
	kernel_close(fd);
	explain_wrong_node(why, node);
	return -ENXIO;
}
