/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Who has a device open by its own node; see cdev_owner.h. */

#include <limits.h>

#include "kernel/cdev_owner.h"

bool
cdev_owner_find(const struct sysfs_device *place, struct node_owner *owner)
{
	char node[PATH_MAX];

	if (place->found.cdev[0] == '\0')
		return false;
	sysfs_device_cdev_node(place, node, sizeof(node));
	return node_owner_find(node, owner);
}

static bool
has_cdev_owner(const struct sysfs_device *member)
{
	struct node_owner owner;

	return cdev_owner_find(member, &owner);
}

bool
cdev_owner_find_member(const struct sysfs_device *place,
	struct sysfs_device *member, struct node_owner *owner)
{
	return sysfs_device_find_member(place, has_cdev_owner, member) &&
		cdev_owner_find(member, owner);
}
