/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What would keep the kernel from giving a device out; see obstacles.h. */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <linux/capability.h>

#include "core/obstacles.h"
#include "explain/explain.h"
#include "kernel/cdev_owner.h"
#include "kernel/kernel.h"
#include "kernel/kernel_state.h"
#include "kernel/reserved_regions.h"

static bool
has_reserved_memory(const struct sysfs_device *place)
{
	char regions[128];

	return reserved_regions_find_direct(
		place->path, regions, sizeof(regions));
}

/* iommufd_bind_iommu(), vfio_iommu_type1_attach_group() */
static bool
are_interrupts_unsafe(const char *module)
{
	return kernel_state_remaps_interrupts() == KERNEL_SWITCH_OFF &&
		kernel_state_unsafe_interrupts(module) == KERNEL_SWITCH_OFF;
}

/* A device without an IOMMU: vfio_df_device_first_open(), vfio_group_fops_open(). */
static bool
lacks_raw_io(const struct sysfs_device *place)
{
	return place->found.noiommu &&
		!kernel_state_has_capability(CAP_SYS_RAWIO);
}

static bool
has_intruder(const struct sysfs_device *place)
{
	struct sysfs_device member;

	return sysfs_device_find_member(
		place, sysfs_device_is_intruder, &member);
}

/* A member of the group that another program has open keeps the whole group. */
static bool
has_open_member(const struct sysfs_device *place)
{
	struct sysfs_device member;
	struct node_owner owner;

	return cdev_owner_find_member(place, &member, &owner);
}

/* In the order of the kernel's checks: vfio_df_ioctl_bind_iommufd(). */
static int
foresee_bind(const struct sysfs_device *place)
{
	struct node_owner owner;
	char node[PATH_MAX];

	sysfs_device_group_node(place, node, sizeof(node));
	if (node_owner_find(node, &owner))
		return -EBUSY;
	if (cdev_owner_find(place, &owner))
		return -EINVAL;
	if (lacks_raw_io(place))
		return -EPERM;
	if (place->found.noiommu)
		return 0;
	if (has_intruder(place) || has_open_member(place))
		return -EPERM;
	if (has_reserved_memory(place))
		return -EINVAL;
	return are_interrupts_unsafe("iommufd") ? -EPERM : 0;
}

int
obstacles_to_bind(const struct sysfs_device *place, struct explanation *why)
{
	int ret;

	if (place->found.cdev[0] == '\0') {
		explain_no_cdev(why);
		return -ENXIO;
	}
	ret = foresee_bind(place);
	if (ret != 0)
		explain_bind(why, place, false, ret);
	return ret;
}

static int
foresee_group_open(const struct sysfs_device *place)
{
	struct sysfs_device member;
	struct node_owner owner;
	char node[PATH_MAX];
	int ret;

	sysfs_device_group_node(place, node, sizeof(node));
	ret = kernel_check_access(node);
	if (ret != 0)
		return ret;
	if (lacks_raw_io(place))
		return -EPERM;
	return node_owner_find(node, &owner) ||
			cdev_owner_find_member(place, &member, &owner)
		? -EBUSY
		: 0;
}

int
obstacles_to_container(
	const struct sysfs_device *place, struct explanation *why)
{
	int ret = foresee_group_open(place);

	if (ret != 0) {
		explain_group_node(why, place, ret);
		return ret;
	}
	if (place->found.noiommu)
		return 0;
	if (has_intruder(place)) {
		explain_not_viable(why, place);
		return -EPERM;
	}
	if (has_reserved_memory(place) ||
		are_interrupts_unsafe("vfio_iommu_type1")) {
		explain_container(why, place, -EPERM);
		return -EPERM;
	}
	return 0;
}
