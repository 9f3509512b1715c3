/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef OBSTACLES_H
#define OBSTACLES_H

/*
 * What sysfs and /proc show already of the reasons for which the kernel would refuse a
 * device: found without opening it through VFIO, so that nothing changes. What they do not
 * show, only an attempt can tell.
 *
 * Must not know: contexts, the order in which backends are tried.
 */

struct explanation;
struct sysfs_device;

/*
 * Each returns 0, or the -errno that the kernel's call would return, and its explanation as
 * an attempt would have it.
 */

/* Opening the device's own node and binding it to IOMMUFD. */
int obstacles_to_bind(
	const struct sysfs_device *place, struct explanation *why);
/* Opening the node of the device's group and putting the group into a container. */
int obstacles_to_container(
	const struct sysfs_device *place, struct explanation *why);

#endif /* OBSTACLES_H */
