/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The legacy backend: one container for each space, whole IOMMU groups in it.
 *
 * The order that VFIO requires is the reverse of IOMMUFD's: a container gets its
 * IOMMU type when the first group is in it, and a group gives out device fds only
 * after that. So device_open() only opens the group, and the device's fd comes with
 * attach(). type1_container.c decides what is mapped when.
 *
 * A group of VFIO's no-IOMMU mode is handled alike, except for its type and its maps.
 *
 * Must not know: EAL, the record of mappings, other backends.
 */

#include <errno.h>
#include <linux/vfio.h>

#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/type1_container.h"
#include "backend/type1_dirty.h"
#include "backend/type1_group.h"
#include "explain/explain.h"
#include "kernel/kernel.h"
#include "util/log.h"

/*
 * Without an IOMMU there is nothing to enter (vfio_noiommu_ioctl() knows no maps): the
 * devices use physical addresses, of memory that EAL's hugepages keep in place.
 */
static int
noiommu_map(struct rte_iommufd_space *space __rte_unused,
	const struct mapping *mapping __rte_unused)
{
	return 0;
}

static int
noiommu_unmap(struct rte_iommufd_space *space __rte_unused,
	uint64_t iova __rte_unused, uint64_t length, uint64_t *unmapped)
{
	*unmapped = length;
	return 0;
}

static int
noiommu_ranges(struct rte_iommufd_space *space __rte_unused,
	struct rte_iommufd_range *ranges __rte_unused,
	uint32_t *count __rte_unused)
{
	return -EOPNOTSUPP;
}

static int
type1_fd(struct rte_iommufd_space *space)
{
	return space->container_fd;
}

/* A container takes addresses, and merges across files. */
static bool
type1_maps_files(struct rte_iommufd_context *context __rte_unused)
{
	return false;
}

static int
iommu_type(const struct backend *backend)
{
	if (backend == &backend_noiommu_group)
		return VFIO_NOIOMMU_IOMMU;
	return backend == &backend_type1v2 ? VFIO_TYPE1v2_IOMMU
					   : VFIO_TYPE1_IOMMU;
}

/* A group is in one container as a whole. */
static int
say_group_is_elsewhere(const struct rte_iommufd_device *device)
{
	const struct group *group = device->group;

	IOMMUFD_LOG(ERR, "%s: IOMMU group %d is in %s", device->place.address,
		group->number,
		group->attached > 0
			? "another address space with another device, and legacy containers hold whole groups"
			: "the container of another address space, and the kernel keeps it there: a file of one of its devices is still open elsewhere");
	return -EBUSY;
}

static int
enter_container(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	struct explanation why;
	int ret = container_enter(
		space, device->group, iommu_type(space->context->backend));

	if (ret == -EXDEV)
		return say_group_is_elsewhere(device);
	if (ret != 0)
		IOMMUFD_LOG(ERR, "%s: %s", device->place.address,
			explain_container(&why, &device->place, ret));
	return ret;
}

/* Takes the group out, if the device was its last attached one. */
static void
leave_container(const struct rte_iommufd_device *device)
{
	int ret;

	if (device->group->attached > 0)
		return;
	ret = container_leave(device->group);
	if (ret != 0)
		IOMMUFD_LOG(ERR,
			"%s: its IOMMU group does not leave the container: %s; memory stays mapped for it while another process uses the device, or its registers are mapped",
			device->place.address, rte_strerror(-ret));
}

/* The group's container gets its IOMMU, which attaches the group's devices. */
static int
try_container(const struct group *group, int container_fd, int type)
{
	int ret = kernel_group_set_container(group->fd, container_fd);

	if (ret != 0)
		return ret;
	ret = kernel_container_set_iommu(container_fd, type);
	if (ret != 0)
		kernel_group_unset_container(group->fd);
	return ret;
}

/* The group is in the container. 0, or -errno and why. */
static int
try_device_and_leave(const struct rte_iommufd_device *device, int container_fd,
	struct explanation *why)
{
	int ret = group_try_device(device, container_fd, why);
	int left = kernel_group_unset_container(device->group->fd);

	if (ret != 0 || left == 0)
		return ret;
	/* It stays in the container of the trial, so it gets into no other. */
	explain_trial(why, left);
	return left;
}

/* In a container that ends with the trial; device and group stay as they were. */
static int
type1_try_attach(struct rte_iommufd_device *device, struct explanation *why)
{
	int container_fd = kernel_open("/dev/vfio/vfio");
	int ret;

	if (container_fd < 0) {
		explain_container_node(why, container_fd);
		return container_fd;
	}
	ret = try_container(device->group, container_fd,
		iommu_type(device->context->backend));
	if (ret != 0)
		explain_container(why, &device->place, ret);
	else
		ret = try_device_and_leave(device, container_fd, why);
	kernel_close(container_fd);
	return ret;
}

static int
type1_attach(struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	struct group *group = device->group;
	int ret;

	if (group->attached > 0 && group->space != space)
		return say_group_is_elsewhere(device);
	ret = enter_container(device, space);
	if (ret != 0)
		return ret;
	/* Not with the space locked: this resets the device, which takes some time. */
	ret = group_open_device(device);
	if (ret == 0) {
		ret = container_fill(space);
		if (ret != 0)
			group_close_device(device);
	}
	if (ret != 0)
		leave_container(device);
	return ret;
}

static int
type1_detach(struct rte_iommufd_device *device)
{
	group_close_device(device);
	leave_container(device);
	return 0;
}

/*
 * The last device's group is not taken out of its container: a mapping of a device's
 * registers keeps the device's file open, and then the kernel refuses. The kernel takes
 * the group out when it ends.
 */
static void
type1_device_close(struct rte_iommufd_device *device)
{
	struct group *group = device->group;

	if (device->fd >= 0 && group->opened > 1)
		type1_detach(device);
	else if (device->fd >= 0)
		group_close_device(device);
	if (group_put(device))
		container_end_group(group);
}

static int
type1_hw_info(const struct rte_iommufd_device *device __rte_unused,
	struct rte_iommufd_hw_info *info __rte_unused)
{
	return -EOPNOTSUPP;
}

#define GROUPS_IN_CONTAINERS                                              \
	.space_create = container_open, .space_destroy = container_close, \
	.type1_fd = type1_fd, .maps_files = type1_maps_files,             \
	.device_open = group_get, .device_close = type1_device_close,     \
	.attach = type1_attach, .try_attach = type1_try_attach,           \
	.detach = type1_detach, .hw_info = type1_hw_info

#define TYPE1_MAPS                                      \
	.map = container_map, .unmap = container_unmap, \
	.ranges = container_ranges, .charge = MEMORY_CHARGED_TO_PROCESS

/*
 * v1 is the same interface; its kernels only split mappings where v2 refuses, and record no
 * writes (vfio_iommu_type1_dirty_pages()).
 */
const struct backend backend_type1 = {
	.name = "type1",
	GROUPS_IN_CONTAINERS,
	TYPE1_MAPS,
};
const struct backend backend_type1v2 = {
	.name = "type1v2",
	GROUPS_IN_CONTAINERS,
	TYPE1_MAPS,
	.dirty_track = container_track_dirty,
	.dirty_read = container_read_dirty,
	.dirty_by_mapping = true,
};
const struct backend backend_noiommu_group = {
	.name = "noiommu",
	.unsafe = true,
	GROUPS_IN_CONTAINERS,
	.map = noiommu_map,
	.unmap = noiommu_unmap,
	.ranges = noiommu_ranges,
};
