/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Devices: opened into their container, or lent by the primary process, and closed; see
 * containers.h. Memory is mapped with the first device of the default container.
 *
 * Must not know: which function of DPDK opens them, when DPDK's own code does it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vfio.h>

#include <rte_eal.h>
#include <rte_iommufd.h>

#include "bus_log.h"
#include "containers.h"
#include "registry.h"
#include "vfio_shim.h"

/*
 * Two errors have a special meaning for the caller: -ENODEV (VFIO does not manage the
 * device) and -EOPNOTSUPP (DPDK's own code shall open it). The same errors from other
 * functions are ordinary failures: they must not lead to a second attempt.
 */
static int
containers_plain_error(int ret)
{
	if (ret == -ENODEV)
		return -ENXIO;
	return ret == -EOPNOTSUPP ? -EIO : ret;
}

static bool
is_left_to_stock(const struct container *container)
{
	return container->context != NULL &&
		strcmp(rte_iommufd_context_backend(container->context),
			"stock") == 0;
}

static int
containers_attach_own(struct open_device *made, struct container *container)
{
	struct rte_iommufd_space *space;
	int ret;

	ret = container_require_space(container);
	if (ret == 0 && own_space_is_wanted(made, container))
		ret = own_space_require(made, container);
	if (ret != 0)
		return ret;
	space = made->own_space != NULL ? made->own_space : container->space;
	ret = rte_iommufd_device_attach(made->device, space);
	if (ret != 0)
		own_space_release(made);
	return ret;
}

static int
containers_open_own(struct open_device *made, struct container *container,
	const char *path, const uint8_t *vf_token)
{
	int ret = container_require_context(container);

	if (ret != 0)
		return ret;
	/* The device first: it decides which backend the context can have. */
	ret = rte_iommufd_device_open(
		container->context, path, vf_token, &made->device);
	if (ret == -EOPNOTSUPP)
		return is_left_to_stock(container) ? ret : -EIO;
	if (ret != 0)
		return ret;
	made->is_empty = container == &containers_registry.standard &&
		own_space_is_to_be_empty(made);
	ret = containers_attach_own(made, container);
	if (ret != 0) {
		rte_iommufd_device_close(made->device);
		return containers_plain_error(ret);
	}
	if (made->is_empty) /* nothing is mapped for it */
		return 0;
	container->devices++;
	made->container = container;
	return 0;
}

/* Closes the device and releases its container; the device is not in the registry. */
static void
leave_container(struct open_device *device)
{
	struct container *container = device->container;

	rte_iommufd_device_close(device->device);
	own_space_release(device);
	if (container == NULL)
		return;
	container->devices--;
	container_end_if_unused(container);
}

/*
 * Returns -EOPNOTSUPP only when the primary process answers that it uses DPDK's own
 * code.
 */
static int
containers_borrow(const char *path, struct open_device *made)
{
	int ret = rte_iommufd_process_borrow(path, &made->device);

	return ret == -ENODEV ? -ENXIO : ret;
}

static int
containers_open_locked(const char *path, int number, const uint8_t *vf_token,
	struct container *container, struct open_device **device,
	struct vfio_device_info *info)
{
	struct open_device *made = calloc(1, sizeof(*made) + strlen(path) + 1);
	int ret;

	if (made == NULL) {
		BUS_LOG(ERR, "no memory for %s", path);
		return -ENOMEM;
	}
	strcpy(made->path, path);
	made->group = number;
	/* A driver's own container has nothing to do with the primary process. */
	if (container == &containers_registry.standard &&
		rte_eal_process_type() == RTE_PROC_SECONDARY)
		ret = containers_borrow(path, made);
	else
		ret = containers_open_own(made, container, path, vf_token);
	if (ret != 0)
		goto release;
	ret = containers_plain_error(
		rte_iommufd_device_info(made->device, info));
	if (ret != 0)
		goto leave;
	made->fd = rte_iommufd_device_fd(made->device);
	TAILQ_INSERT_TAIL(&containers_registry.devices, made, next);
	*device = made;
	return 0;

leave:
	leave_container(made);
release:
	free(made);
	return ret;
}

static void
close_device(struct open_device *device)
{
	TAILQ_REMOVE(&containers_registry.devices, device, next);
	leave_container(device);
	free(device);
}

/* What has to be known of a device that was just opened, without the registry lock. */
struct opened {
	int fd;
	struct rte_iommufd_space *own_space;
	bool is_standard; /* in the default container, in a primary process */
	bool is_empty;
};

static void
describe_opened(const struct open_device *device, struct opened *opened)
{
	*opened = (struct opened){
		.fd = device->fd,
		.own_space = device->own_space,
		.is_standard = device->container ==
			&containers_registry.standard,
		.is_empty = device->is_empty,
	};
}

/*
 * Maps EAL's memory for a device of the default container: for the first device, or, with
 * ioas=per-device, for each.
 */
static int
containers_begin_standard(struct rte_iommufd_space *own_space)
{
	struct rte_iommufd_space *standard = containers_registry.standard.space;
	int ret = rte_iommufd_space_follow_memory(standard);

	if (ret == 0 && own_space != NULL)
		ret = rte_iommufd_space_mirror(own_space, standard);
	return containers_plain_error(
		ret == 0 ? rte_iommufd_process_serve() : ret);
}

/*
 * What follows when a device is open; closes it again where that fails. Called without the
 * registry lock, because it takes EAL's lock.
 */
static int
containers_begin(const char *path, const struct opened *opened)
{
	int ret = 0;

	if (opened->is_empty)
		ret = containers_plain_error(rte_iommufd_process_serve());
	else if (opened->is_standard)
		ret = containers_begin_standard(opened->own_space);
	if (ret != 0)
		containers_close_device(path, opened->fd);
	return ret;
}

int
containers_open_device(const char *path, int group, const uint8_t *vf_token,
	int *fd, struct vfio_device_info *info)
{
	struct open_device *device;
	struct opened opened;
	int ret;

	pthread_mutex_lock(&containers_registry.lock);
	ret = containers_open_locked(path, group, vf_token,
		registry_container_of_group(group), &device, info);
	if (ret == 0)
		describe_opened(device, &opened);
	pthread_mutex_unlock(&containers_registry.lock);
	if (ret != 0)
		return ret;
	*fd = opened.fd;
	return containers_begin(path, &opened);
}

/* Devices that the primary process lends are in its default container. */
static bool
is_in_container(
	const struct open_device *device, const struct container *container)
{
	if (device->container == NULL)
		return container == &containers_registry.standard;
	return device->container == container;
}

/* The device is not open, and no other container has a device of its group. */
static int
containers_check_assignment(
	const struct container *container, const char *path, int number)
{
	const struct open_device *device = registry_device_at(path);

	if (device != NULL && is_in_container(device, container))
		return -EEXIST;
	TAILQ_FOREACH(device, &containers_registry.devices, next) {
		if (device->group != number ||
			is_in_container(device, container))
			continue;
		BUS_LOG(ERR,
			"%s: its IOMMU group %d is in use in another container, by %s: release that device first",
			path, number, device->path);
		return -EBUSY;
	}
	return 0;
}

static int
containers_assign_locked(int container_fd, const char *path, int number,
	const uint8_t *vf_token, struct open_device **device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct container *container = registry_require_container(container_fd);
	int ret;

	if (container == NULL)
		return -EBADF;
	ret = containers_check_assignment(container, path, number);
	if (ret != 0)
		return ret;
	return containers_open_locked(
		path, number, vf_token, container, device, &info);
}

int
containers_assign_device(
	int container_fd, const char *path, int group, const uint8_t *vf_token)
{
	struct open_device *device;
	struct opened opened;
	int ret;

	pthread_mutex_lock(&containers_registry.lock);
	ret = containers_assign_locked(
		container_fd, path, group, vf_token, &device);
	if (ret == 0)
		describe_opened(device, &opened);
	pthread_mutex_unlock(&containers_registry.lock);
	return ret != 0 ? ret : containers_begin(path, &opened);
}

int
containers_find_device(const char *path, int *fd)
{
	struct open_device *device;

	pthread_mutex_lock(&containers_registry.lock);
	device = registry_device_at(path);
	if (device != NULL)
		*fd = device->fd;
	pthread_mutex_unlock(&containers_registry.lock);
	return device == NULL ? -ENODEV : 0;
}

bool
containers_are_in_use(void)
{
	bool in_use;

	pthread_mutex_lock(&containers_registry.lock);
	in_use = !TAILQ_EMPTY(&containers_registry.devices) ||
		!TAILQ_EMPTY(&containers_registry.custom);
	pthread_mutex_unlock(&containers_registry.lock);
	return in_use;
}

int
containers_close_device(const char *path, int fd)
{
	struct open_device *device;
	int ret = -ENODEV;

	pthread_mutex_lock(&containers_registry.lock);
	device = registry_device(fd);
	if (device != NULL && strcmp(device->path, path) == 0) {
		close_device(device);
		ret = 0;
	}
	pthread_mutex_unlock(&containers_registry.lock);
	return ret;
}

/* NULL: of all containers. */
static void
close_devices_of(const struct container *container)
{
	struct open_device *device, *following;

	for (device = TAILQ_FIRST(&containers_registry.devices); device != NULL;
		device = following) {
		following = TAILQ_NEXT(device, next);
		if (container == NULL || device->container == container)
			close_device(device);
	}
}

void
containers_close_devices(int container_fd)
{
	struct container *container;

	pthread_mutex_lock(&containers_registry.lock);
	container = registry_container(container_fd);
	if (container != NULL)
		close_devices_of(container);
	pthread_mutex_unlock(&containers_registry.lock);
}

/* Its space ends without the registry lock, because that takes EAL's lock. */
static struct rte_iommufd_space *
take_standard_space(void)
{
	struct container *standard = &containers_registry.standard;
	struct rte_iommufd_space *space = standard->space;

	groups_end_of(standard);
	if (standard->calls != 0)
		return NULL;
	standard->space = NULL;
	standard->fd = VFIO_SHIM_DEFAULT_CONTAINER_FD;
	return space;
}

void
containers_close_all(void)
{
	struct container *container, *following;
	struct rte_iommufd_space *space;

	pthread_mutex_lock(&containers_registry.lock);
	close_devices_of(NULL);
	for (container = TAILQ_FIRST(&containers_registry.custom);
		container != NULL; container = following) {
		following = TAILQ_NEXT(container, next);
		container_end(container);
	}
	space = take_standard_space();
	pthread_mutex_unlock(&containers_registry.lock);
	rte_iommufd_space_destroy(space);
}

int
containers_device_info(int fd, struct vfio_device_info *info)
{
	struct open_device *device;
	int ret = -ENODEV;

	pthread_mutex_lock(&containers_registry.lock);
	device = registry_device(fd);
	if (device != NULL)
		ret = rte_iommufd_device_info(device->device, info);
	pthread_mutex_unlock(&containers_registry.lock);
	return ret;
}
