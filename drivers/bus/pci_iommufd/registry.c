/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The records of containers, groups and devices, and the search in them; see registry.h.
 *
 * Must not know: when something is recorded, and what for; the library.
 */

#include <stddef.h>
#include <string.h>

#include "bus_log.h"
#include "registry.h"
#include "vfio_shim.h"

struct registry containers_registry = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.standard = {
		.fd = VFIO_SHIM_DEFAULT_CONTAINER_FD,
	},
	.custom = TAILQ_HEAD_INITIALIZER(containers_registry.custom),
	.groups = TAILQ_HEAD_INITIALIZER(containers_registry.groups),
	.devices = TAILQ_HEAD_INITIALIZER(containers_registry.devices),
	.kept_spaces = TAILQ_HEAD_INITIALIZER(containers_registry.kept_spaces),
};

/* By VFIO_SHIM_DEFAULT_CONTAINER_FD or the fd that containers_*() gave out. */
struct container *
registry_container(int fd)
{
	struct container *container;

	if (fd == VFIO_SHIM_DEFAULT_CONTAINER_FD)
		return &containers_registry.standard;
	TAILQ_FOREACH(container, &containers_registry.custom, next)
		if (container->fd == fd && !container->ending)
			return container;
	if (containers_registry.standard.space != NULL &&
		containers_registry.standard.fd == fd)
		return &containers_registry.standard;
	return NULL;
}

struct container *
registry_require_container(int fd)
{
	struct container *container = registry_container(fd);

	if (container == NULL)
		BUS_LOG(ERR, "%d is not the fd of a container", fd);
	return container;
}

struct group *
registry_group(int number)
{
	struct group *group;

	TAILQ_FOREACH(group, &containers_registry.groups, next)
		if (group->number == number)
			return group;
	return NULL;
}

struct open_device *
registry_device(int fd)
{
	struct open_device *device;

	TAILQ_FOREACH(device, &containers_registry.devices, next)
		if (device->fd == fd)
			return device;
	return NULL;
}

struct open_device *
registry_device_at(const char *path)
{
	struct open_device *device;

	TAILQ_FOREACH(device, &containers_registry.devices, next)
		if (strcmp(device->path, path) == 0)
			return device;
	return NULL;
}

struct container *
registry_container_of_group(int number)
{
	struct group *group = registry_group(number);
	struct open_device *device;

	if (group != NULL)
		return group->container;
	TAILQ_FOREACH(device, &containers_registry.devices, next)
		if (device->group == number && device->container != NULL &&
			!device->container->ending)
			return device->container;
	return &containers_registry.standard;
}
