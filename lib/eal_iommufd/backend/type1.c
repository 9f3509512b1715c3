/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The legacy backend: one container for each space, whole IOMMU groups in it.
 *
 * The order that VFIO wants is the reverse of IOMMUFD's: a container gets its
 * IOMMU type when the first group is in it, a group gives out device fds only
 * after that, and the mappings die when the last group leaves
 * (vfio_group_detach_container()). So device_open() only opens the group, and the
 * device's fd comes with attach().
 *
 * A group of VFIO's no-IOMMU mode goes the same way, but for its type and its maps.
 *
 * Must not know: EAL, the record of mappings, other backends.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/vfio.h>

#include <rte_errno.h>
#include <rte_uuid.h>

#include "core/address_space.h"
#include "backend/backend.h"
#include "explain/explain.h"
#include "kernel/kernel.h"
#include "util/log.h"

/* An open IOMMU group. Guarded by its context's lock. */
struct group {
	TAILQ_ENTRY(group) next;
	int number;
	int fd;
	unsigned int opened;   /* devices that hold it open */
	unsigned int attached; /* of these, how many are in the space */
	struct rte_iommufd_space *space; /* whose container it is in, or NULL */
};

static int
type1_space_create(struct rte_iommufd_space *space)
{
	struct explanation why;
	int fd = kernel_open("/dev/vfio/vfio");

	if (fd < 0) {
		IOMMUFD_LOG(ERR, "%s", explain_container_node(&why, fd));
		return fd;
	}
	space->container_fd = fd;
	return 0;
}

static void
type1_space_destroy(struct rte_iommufd_space *space)
{
	struct group *group;

	/* One that could not leave: see leave_container(). */
	TAILQ_FOREACH(group, &space->context->groups, next)
		if (group->space == space)
			group->space = NULL;
	kernel_close(space->container_fd);
}

static int
type1_map(struct rte_iommufd_space *space, const struct mapping *mapping)
{
	return kernel_type1_map(space->container_fd, mapping->va, mapping->iova,
		mapping->length, mapping->rights);
}

static int
type1_unmap(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	uint64_t *unmapped)
{
	return kernel_type1_unmap(space->container_fd, iova, length, unmapped);
}

static int
type1_ranges(struct rte_iommufd_space *space, struct rte_iommufd_range *ranges,
	uint32_t *count)
{
	/* The container has no IOMMU to ask before a group is in it. */
	if (!space->live)
		return -EOPNOTSUPP;
	return kernel_container_ranges(space->container_fd, ranges, count);
}

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

static struct group *
find_group(struct rte_iommufd_context *context, int number)
{
	struct group *group;

	TAILQ_FOREACH(group, &context->groups, next)
		if (group->number == number)
			return group;
	return NULL;
}

static int
open_group_fd(const struct sysfs_device *place, struct explanation *why)
{
	char node[PATH_MAX];
	bool viable = false;
	int fd, ret;

	sysfs_device_group_node(place, node, sizeof(node));
	fd = kernel_open(node);
	if (fd < 0) {
		explain_group_node(why, node, fd);
		return fd;
	}
	ret = kernel_group_viable(fd, &viable);
	if (ret == 0 && viable)
		return fd;
	kernel_close(fd);
	explain_not_viable(why, place);
	return ret != 0 ? ret : -EPERM;
}

static int
open_group(const struct rte_iommufd_device *device, struct group **group,
	struct explanation *why)
{
	struct group *made = calloc(1, sizeof(*made));
	int fd;

	if (made == NULL) {
		explain_no_memory(why, "its group");
		return -ENOMEM;
	}
	fd = open_group_fd(&device->place, why);
	if (fd < 0) {
		free(made);
		return fd;
	}
	made->number = device->place.found.group;
	made->fd = fd;
	TAILQ_INSERT_TAIL(&device->context->groups, made, next);
	*group = made;
	return 0;
}

static int
type1_device_open(struct rte_iommufd_device *device, struct explanation *why)
{
	struct group *group = find_group(
		device->context, device->place.found.group);
	int ret;

	if (group == NULL) {
		ret = open_group(device, &group, why);
		if (ret != 0)
			return ret;
	}
	group->opened++;
	device->group = group;
	return 0;
}

static int
iommu_type(const struct backend *backend)
{
	if (backend == &backend_noiommu_group)
		return VFIO_NOIOMMU_IOMMU;
	return backend == &backend_type1v2 ? VFIO_TYPE1v2_IOMMU
					   : VFIO_TYPE1_IOMMU;
}

/* The group's container gets its IOMMU, which lets the group's devices in. */
static int
try_container(struct group *group, int container_fd, int type)
{
	int ret = kernel_group_set_container(group->fd, container_fd);

	if (ret != 0)
		return ret;
	ret = kernel_container_set_iommu(container_fd, type);
	if (ret != 0)
		kernel_group_unset_container(group->fd);
	return ret;
}

static int
set_container(struct rte_iommufd_device *device, struct group *group,
	struct rte_iommufd_space *space)
{
	struct explanation why;
	int ret = kernel_group_set_container(group->fd, space->container_fd);

	if (ret != 0)
		goto refused;
	/* One that keeps its page table has its type. */
	if (space->devices == 0 && !space->keeps_page_table) {
		ret = kernel_container_set_iommu(space->container_fd,
			iommu_type(space->context->backend));
		if (ret != 0) {
			kernel_group_unset_container(group->fd);
			goto refused;
		}
	}
	group->space = space;
	return 0;

refused:
	IOMMUFD_LOG(ERR, "%s: %s", device->place.address,
		explain_container(&why, ret));
	return ret;
}

/* Whether a group without devices in the space is still in its container. */
static bool
keeps_group(const struct rte_iommufd_space *space)
{
	const struct group *group;

	TAILQ_FOREACH(group, &space->context->groups, next)
		if (group->space == space && group->attached == 0)
			return true;
	return false;
}

/*
 * The group of a device that has left, if that was the last. It has to stay where a
 * copy of a device's fd is still open, in a secondary process for example
 * (vfio_group_ioctl_unset_container()); then it can be used again in this space only,
 * and the container keeps its page table.
 */
static void
leave_container(struct rte_iommufd_device *device)
{
	struct rte_iommufd_space *space = device->group->space;
	struct group *group = device->group;
	int ret;

	if (group->attached > 0)
		return;
	ret = kernel_group_unset_container(group->fd);
	if (ret == 0)
		group->space = NULL;
	space->keeps_page_table = keeps_group(space);
	if (ret == 0)
		return;
	IOMMUFD_LOG(ERR,
		"%s: its IOMMU group does not leave the container: %s; end the other processes that use the device",
		device->place.address, rte_strerror(-ret));
}

/* A VF is asked for by "ADDRESS vf_token=UUID": vfio_pci_core_match(). */
static int
ask_group_for_device(const struct rte_iommufd_device *device)
{
	char token[RTE_UUID_STRLEN];
	char name[256];

	snprintf(name, sizeof(name), "%s", device->place.address);
	if (device->has_vf_token) {
		rte_uuid_unparse(device->vf_token, token, sizeof(token));
		snprintf(name, sizeof(name), "%s vf_token=%s",
			device->place.address, token);
	}
	return kernel_group_open_device_fd(device->group->fd, name);
}

static int
open_device_fd(const struct rte_iommufd_device *device)
{
	struct explanation why;
	int fd = ask_group_for_device(device);

	if (fd < 0)
		IOMMUFD_LOG(ERR, "%s: %s", device->place.address,
			explain_group_device(&why, device->has_vf_token, fd));
	return fd;
}

/*
 * A device is opened only where a VF token can be wrong: to open it resets it, which takes
 * real devices a tenth of a second.
 */
static int
try_device_fd(const struct rte_iommufd_device *device, struct explanation *why)
{
	int fd;

	if (!device->has_vf_token)
		return 0;
	fd = ask_group_for_device(device);
	if (fd < 0) {
		explain_group_device(why, true, fd);
		return fd;
	}
	kernel_close(fd);
	return 0;
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
	if (ret != 0) {
		explain_container(why, ret);
	} else {
		ret = try_device_fd(device, why);
		kernel_group_unset_container(device->group->fd);
	}
	kernel_close(container_fd);
	return ret;
}

static int
type1_attach(struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	struct group *group = device->group;
	int fd, ret;

	if (group->space != NULL && group->space != space) {
		IOMMUFD_LOG(ERR,
			"%s: another device of IOMMU group %d is in another address space, and legacy containers hold whole groups",
			device->place.address, group->number);
		return -EBUSY;
	}
	if (group->space == NULL) {
		ret = set_container(device, group, space);
		if (ret != 0)
			return ret;
	}
	fd = open_device_fd(device);
	if (fd < 0) {
		leave_container(device);
		return fd;
	}
	group->attached++;
	device->fd = fd;
	return 0;
}

static int
type1_detach(struct rte_iommufd_device *device)
{
	kernel_close(device->fd);
	device->fd = -1;
	device->group->attached--;
	leave_container(device);
	return 0;
}

/*
 * A group that nothing holds open leaves its container by itself: when its file is
 * closed and the last file of its devices has ended, and that can be later, because
 * whoever has mapped a device's registers keeps its file (DPDK's PCI bus unmaps them
 * only after it has released the device). To ask it to leave before would fail.
 */
static void
type1_device_close(struct rte_iommufd_device *device)
{
	struct group *group = device->group;

	if (device->fd >= 0 && group->opened > 1) {
		type1_detach(device);
	} else if (device->fd >= 0) {
		kernel_close(device->fd);
		device->fd = -1;
	}
	device->group = NULL;
	if (--group->opened > 0)
		return;
	TAILQ_REMOVE(&device->context->groups, group, next);
	if (group->space != NULL) {
		group->space->keeps_page_table = keeps_group(group->space);
		if (group->space->devices == 0 &&
			!group->space->keeps_page_table)
			address_space_go_idle(group->space);
	}
	kernel_close(group->fd);
	free(group);
}

static int
type1_hw_info(const struct rte_iommufd_device *device __rte_unused,
	struct rte_iommufd_hw_info *info __rte_unused)
{
	return -EOPNOTSUPP;
}

#define GROUPS_IN_CONTAINERS                                              \
	.maps_need_device = true, .space_create = type1_space_create,     \
	.space_destroy = type1_space_destroy, .type1_fd = type1_fd,       \
	.maps_files = type1_maps_files, .device_open = type1_device_open, \
	.device_close = type1_device_close, .attach = type1_attach,       \
	.try_attach = type1_try_attach, .detach = type1_detach,           \
	.hw_info = type1_hw_info

#define TYPE1_MAPS \
	.map = type1_map, .unmap = type1_unmap, .ranges = type1_ranges

/* v1 is the same interface; its kernels only split mappings where v2 refuses. */
const struct backend backend_type1 = {
	.name = "type1",
	GROUPS_IN_CONTAINERS,
	TYPE1_MAPS,
};
const struct backend backend_type1v2 = {
	.name = "type1v2",
	GROUPS_IN_CONTAINERS,
	TYPE1_MAPS,
};
const struct backend backend_noiommu_group = {
	.name = "noiommu",
	.unsafe = true,
	GROUPS_IN_CONTAINERS,
	.map = noiommu_map,
	.unmap = noiommu_unmap,
	.ranges = noiommu_ranges,
};
