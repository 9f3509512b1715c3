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

#include <rte_eal.h>
#include <rte_iommufd.h>

#include "bus_log.h"
#include "containers.h"
#include "registry.h"

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

/* Closes the device and releases its container; the device is not in the containers_registry. */
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
	struct open_device **device, struct vfio_device_info *info)
{
	struct group *group = registry_group(number);
	struct container *container = group == NULL
		? &containers_registry.standard
		: group->container;
	struct open_device *made = calloc(1, sizeof(*made) + strlen(path) + 1);
	int ret;

	if (made == NULL) {
		BUS_LOG(ERR, "no memory for %s", path);
		return -ENOMEM;
	}
	strcpy(made->path, path);
	made->group = number;
	if (rte_eal_process_type() == RTE_PROC_SECONDARY)
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

/*
 * Maps EAL's memory for a device of the default container: for the first device, or, with
 * ioas=per-device, for each. Called without the registry lock, because it takes EAL's
 * lock.
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

int
containers_open_device(const char *path, int group, const uint8_t *vf_token,
	int *fd, struct vfio_device_info *info)
{
	struct rte_iommufd_space *own_space = NULL;
	bool standard, is_empty;
	struct open_device *device;
	int ret;

	pthread_mutex_lock(&containers_registry.lock);
	ret = containers_open_locked(path, group, vf_token, &device, info);
	standard = ret == 0 &&
		device->container == &containers_registry.standard;
	is_empty = ret == 0 && device->is_empty;
	if (ret == 0) {
		*fd = device->fd;
		own_space = device->own_space;
	}
	pthread_mutex_unlock(&containers_registry.lock);
	if (is_empty)
		ret = containers_plain_error(rte_iommufd_process_serve());
	else if (standard)
		ret = containers_begin_standard(own_space);
	else
		return ret;
	if (ret != 0)
		containers_close_device(path, *fd);
	return ret;
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
