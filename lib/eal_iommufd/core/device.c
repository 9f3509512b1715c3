/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Devices: open, attach, detach, describe, close.
 *
 * Must not know: which backend it is, mappings, EAL.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "backend/backend.h"
#include "core/address_space.h"
#include "core/choice.h"
#include "core/device_owner.h"
#include "core/fault_space.h"
#include "core/inventory.h"
#include "core/nested.h"
#include "core/pasid.h"
#include "kernel/kernel.h"
#include "util/log.h"
#include "util/sized_struct.h"

int
rte_iommufd_device_find(
	const char *device_path, struct rte_iommufd_device_place *place)
{
	struct sysfs_device found;
	int ret = sized_struct_check(place,
		SIZED_STRUCT_UP_TO(
			struct rte_iommufd_device_place, takes_vf_token),
		"rte_iommufd_device_place");

	if (ret == 0)
		ret = sysfs_device_find(device_path, &found);
	if (ret == 0)
		sized_struct_fill(place, &found.found, sizeof(found.found));
	return ret;
}

static int
device_open_in_context(struct rte_iommufd_device *device)
{
	struct rte_iommufd_context *context = device->context;
	int ret;

	pthread_mutex_lock(&context->lock);
	ret = choice_open_device(context, device);
	if (ret == 0) {
		TAILQ_INSERT_TAIL(&context->devices, device, next);
		inventory_add_device(device);
	}
	pthread_mutex_unlock(&context->lock);
	/* -ENODEV is for what VFIO does not manage, and nothing else. */
	return ret == -ENODEV ? -ENXIO : ret;
}

int
rte_iommufd_device_open(struct rte_iommufd_context *context,
	const char *device_path, const uint8_t *vf_token,
	struct rte_iommufd_device **device)
{
	struct rte_iommufd_device *made = calloc(1, sizeof(*made));
	int ret;

	if (made == NULL) {
		IOMMUFD_LOG(ERR, "%s: no memory for the device", device_path);
		return -ENOMEM;
	}
	made->context = context;
	made->fd = -1;
	if (vf_token != NULL) {
		made->has_vf_token = true;
		memcpy(made->vf_token, vf_token, sizeof(made->vf_token));
	}
	ret = sysfs_device_find(device_path, &made->place);
	if (ret == -EINVAL)
		IOMMUFD_LOG(ERR, "%s: the path is too long", device_path);
	if (ret == 0)
		ret = sysfs_device_is_of_vfio(&made->place)
			? device_open_in_context(made)
			: -ENODEV;
	if (ret != 0) {
		free(made);
		return ret;
	}
	*device = made;
	return 0;
}

/* Records what the kernel has done already; NULL: none. The context's lock is held. */
static void
device_set_space(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	inventory_change_begin();
	if (device->space != NULL)
		device->space->devices--;
	device->space = space;
	if (space != NULL)
		space->devices++;
	inventory_change_end();
}

/* The context's lock is held. */
static int
device_detach_locked(struct rte_iommufd_device *device)
{
	struct rte_iommufd_space *space = device->space;
	int ret;

	if (device_state(device) != DEVICE_ATTACHED) {
		IOMMUFD_LOG(ERR, "%s: cannot detach, it is attached to nothing",
			device->place.address);
		return -EINVAL;
	}
	if (pasid_is_any_attached(device)) {
		IOMMUFD_LOG(ERR,
			"%s: cannot detach, its PASIDs are attached: detach them first",
			device->place.address);
		return -EBUSY;
	}
	ret = nested_check_none(device, "detach");
	if (ret == 0)
		ret = device->context->backend->detach(device);
	if (ret != 0)
		return ret;
	device_set_space(device, NULL);
	address_space_read_ranges(space);
	return 0;
}

void
rte_iommufd_device_close(struct rte_iommufd_device *device)
{
	struct rte_iommufd_context *context;
	struct rte_iommufd_space *space;

	if (device == NULL)
		return;
	context = device->context;
	if (context == NULL) {
		inventory_remove_device(device);
		kernel_close(device->fd);
		free(device);
		return;
	}
	fault_space_device_closes(device);
	pthread_mutex_lock(&context->lock);
	space = device->space;
	nested_end_device(device);
	context->backend->device_close(device);
	if (space != NULL) {
		device_set_space(device, NULL);
		address_space_read_ranges(space);
	}
	pasid_end_device(device);
	inventory_remove_device(device);
	TAILQ_REMOVE(&context->devices, device, next);
	pthread_mutex_unlock(&context->lock);
	free(device);
}

/* The context's lock is held. */
static int
device_attach_locked(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	const bool attached = device_state(device) == DEVICE_ATTACHED;
	int ret;

	if (attached || space->context != device->context) {
		IOMMUFD_LOG(ERR, "%s: cannot attach, %s", device->place.address,
			attached ? "it is attached already"
				 : "the address space is of another context");
		return -EINVAL;
	}
	ret = device->context->backend->attach(device, space);
	if (ret != 0)
		return ret;
	device_set_space(device, space);
	address_space_read_ranges(space);
	return 0;
}

/* The kernel moves the whole IOMMU group, so its other devices have moved as well. */
static void
device_move_group(const struct rte_iommufd_device *moved,
	struct rte_iommufd_space *left, struct rte_iommufd_space *space)
{
	struct rte_iommufd_device *each;

	TAILQ_FOREACH(each, &moved->context->devices, next)
		if (each->space == left && devices_share_group(each, moved))
			device_set_space(each, space);
}

/* A nested table is over the space in which its device was when it was made. */
static int
device_check_group_moves(const struct rte_iommufd_device *moved)
{
	struct rte_iommufd_device *each;
	int ret = 0;

	TAILQ_FOREACH(each, &moved->context->devices, next)
		if (ret == 0 && devices_share_group(each, moved))
			ret = nested_check_none(each, "move");
	return ret;
}

/* The context's lock is held. */
static int
device_move_locked(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	const bool attached = device_state(device) == DEVICE_ATTACHED;
	struct rte_iommufd_space *left = device->space;
	int ret;

	if (!attached || space->context != device->context) {
		IOMMUFD_LOG(ERR, "%s: cannot move, %s", device->place.address,
			!attached ? "it is attached to nothing"
				  : "the address space is of another context");
		return -EINVAL;
	}
	if (left == space)
		return 0;
	if (device->context->backend->move == NULL) {
		IOMMUFD_LOG(ERR,
			"%s: legacy containers cannot move a device without a gap: stop it, detach and attach",
			device->place.address);
		return -EOPNOTSUPP;
	}
	ret = device_check_group_moves(device);
	if (ret == 0)
		ret = device->context->backend->move(device, space);
	if (ret != 0)
		return ret;
	device_move_group(device, left, space);
	address_space_read_ranges(left);
	address_space_read_ranges(space);
	return 0;
}

int
rte_iommufd_device_attach(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	int ret;

	if (!device_is_own(device))
		return -EINVAL;
	pthread_mutex_lock(&device->context->lock);
	ret = device_attach_locked(device, space);
	pthread_mutex_unlock(&device->context->lock);
	return ret;
}

int
rte_iommufd_device_move(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	int ret;

	if (!device_is_own(device))
		return -EINVAL;
	pthread_mutex_lock(&device->context->lock);
	ret = device_move_locked(device, space);
	pthread_mutex_unlock(&device->context->lock);
	return ret;
}

struct rte_iommufd_space *
rte_iommufd_device_space(const struct rte_iommufd_device *device)
{
	return device->space;
}

int
rte_iommufd_device_lookup(struct rte_iommufd_context *context,
	const char *device_path, struct rte_iommufd_device **device)
{
	struct rte_iommufd_device *each;
	int ret = -ENODEV;

	pthread_mutex_lock(&context->lock);
	TAILQ_FOREACH(each, &context->devices, next) {
		if (!sysfs_device_is_at(&each->place, device_path))
			continue;
		*device = each;
		ret = 0;
	}
	pthread_mutex_unlock(&context->lock);
	return ret;
}

int
rte_iommufd_device_detach(struct rte_iommufd_device *device)
{
	int ret;

	if (!device_is_own(device))
		return -EINVAL;
	pthread_mutex_lock(&device->context->lock);
	ret = device_detach_locked(device);
	pthread_mutex_unlock(&device->context->lock);
	return ret;
}

int
rte_iommufd_device_fd(const struct rte_iommufd_device *device)
{
	return device->fd < 0 ? -ENODEV : device->fd;
}

int
rte_iommufd_device_info(
	const struct rte_iommufd_device *device, struct vfio_device_info *info)
{
	int ret = kernel_device_info(device->fd, info);

	if (ret != 0)
		IOMMUFD_LOG(ERR, "%s: VFIO does not describe the device: %s",
			device->place.address, rte_strerror(-ret));
	return ret;
}

int
rte_iommufd_device_hw_info(const struct rte_iommufd_device *device,
	struct rte_iommufd_hw_info *info)
{
	struct rte_iommufd_hw_info filled = { .type = 0 };
	int ret = sized_struct_check(info,
		SIZED_STRUCT_UP_TO(struct rte_iommufd_hw_info, capabilities),
		"rte_iommufd_hw_info");

	if (ret != 0)
		return ret;
	if (!device_is_own(device))
		return -EINVAL;
	ret = device->context->backend->hw_info(device, &filled);
	if (ret == 0)
		sized_struct_fill(info, &filled, sizeof(filled));
	return ret;
}
