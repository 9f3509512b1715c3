/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Containers: the default one and those that drivers make; see containers.h and registry.h.
 *
 * Must not know: how a device gets into a container (devices.c), what is mapped
 * (container_maps.c).
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_iommufd.h>

#include "bus_log.h"
#include "containers.h"
#include "registry.h"
#include "vfio_shim.h"

int
container_require_context(struct container *container)
{
	if (container->context != NULL)
		return 0;
	return rte_iommufd_context_default(&container->context);
}

int
container_require_space(struct container *container)
{
	if (container->space != NULL)
		return 0;
	return rte_iommufd_space_create(container->context, &container->space);
}

static void
end_container(struct container *container)
{
	TAILQ_REMOVE(&containers_registry.custom, container, next);
	rte_iommufd_space_destroy(container->space);
	rte_iommufd_context_destroy(container->context);
	free(container);
}

/*
 * Ends a container that its owner has destroyed, after its last device and its last
 * call.
 */
void
container_end_if_unused(struct container *container)
{
	if (container->ending && container->devices == 0 &&
		container->calls == 0)
		end_container(container);
}

static int
open_custom(struct container *container)
{
	int ret;

	ret = rte_iommufd_context_create(NULL, &container->context);
	if (ret != 0)
		return ret;
	ret = rte_iommufd_space_create(container->context, &container->space);
	if (ret != 0)
		goto end_context;
	ret = rte_iommufd_space_type1_fd(container->space);
	if (ret < 0)
		goto end_space;
	container->fd = ret;
	return 0;

end_space:
	rte_iommufd_space_destroy(container->space);
end_context:
	rte_iommufd_context_destroy(container->context);
	return ret;
}

int
containers_create(int *container_fd)
{
	struct container *made = calloc(1, sizeof(*made));
	int ret;

	if (made == NULL) {
		BUS_LOG(ERR, "no memory for a container");
		return -ENOMEM;
	}
	ret = open_custom(made);
	if (ret != 0) {
		free(made);
		return ret;
	}
	pthread_mutex_lock(&containers_registry.lock);
	TAILQ_INSERT_TAIL(&containers_registry.custom, made, next);
	pthread_mutex_unlock(&containers_registry.lock);
	*container_fd = made->fd;
	return 0;
}

void
container_end(struct container *container)
{
	groups_end_of(container);
	container->ending = true;
	container_end_if_unused(container);
}

static int
containers_destroy_locked(int container_fd)
{
	struct container *container = registry_require_container(container_fd);

	if (container == NULL)
		return -EBADF;
	/* net_ntnic destroys it for each device; DPDK's own code accepts that, too. */
	if (container == &containers_registry.standard)
		return 0;
	container_end(container);
	return 0;
}

int
containers_destroy(int container_fd)
{
	int ret;

	pthread_mutex_lock(&containers_registry.lock);
	ret = containers_destroy_locked(container_fd);
	pthread_mutex_unlock(&containers_registry.lock);
	return ret;
}

/*
 * The settings change the default container only: a driver's own container is one
 * space.
 */
bool
container_is_apart(const struct container *container)
{
	return container == &containers_registry.standard &&
		rte_iommufd_context_is_per_device(container->context);
}

static int
containers_default_fd_locked(int *container_fd)
{
	int ret;

	/* A space of its own would be in none of the primary's devices. */
	if (rte_eal_process_type() == RTE_PROC_SECONDARY) {
		BUS_LOG(ERR,
			"a driver maps memory by type1 calls in a secondary process, where they reach no device: map with rte_vfio_container_dma_map(), or in the primary process");
		return -EINVAL;
	}
	ret = container_require_context(&containers_registry.standard);
	if (ret == 0)
		ret = container_require_space(&containers_registry.standard);
	if (ret != 0)
		return ret;
	if (container_is_apart(&containers_registry.standard)) {
		BUS_LOG(ERR,
			"a driver maps memory by type1 calls, which reach no device that has an address space of its own: use RTE_IOMMUFD=ioas=shared");
		return -EINVAL;
	}
	if (containers_registry.standard.fd == VFIO_SHIM_DEFAULT_CONTAINER_FD) {
		ret = rte_iommufd_space_type1_fd(
			containers_registry.standard.space);
		if (ret < 0)
			return ret == -EOPNOTSUPP ? -EIO : ret;
		containers_registry.standard.fd = ret;
	}
	*container_fd = containers_registry.standard.fd;
	return 0;
}

int
containers_default_fd(int *container_fd)
{
	int ret;

	pthread_mutex_lock(&containers_registry.lock);
	ret = containers_default_fd_locked(container_fd);
	pthread_mutex_unlock(&containers_registry.lock);
	return ret;
}

/*
 * Keeps the container and its space until container_call_end(), without the registry
 * lock.
 */
int
container_call_begin(int container_fd, unsigned int least_devices,
	struct container **container)
{
	int ret = 0;

	pthread_mutex_lock(&containers_registry.lock);
	*container = registry_require_container(container_fd);
	if (*container == NULL)
		ret = -EBADF;
	else if ((*container)->devices < least_devices)
		ret = -ENODEV;
	else if ((*container)->space == NULL)
		ret = -EINVAL;
	else
		(*container)->calls++;
	pthread_mutex_unlock(&containers_registry.lock);
	return ret;
}

void
container_call_end(struct container *container)
{
	pthread_mutex_lock(&containers_registry.lock);
	container->calls--;
	container_end_if_unused(container);
	pthread_mutex_unlock(&containers_registry.lock);
}

bool
containers_is_default(int container_fd)
{
	bool is_default;

	pthread_mutex_lock(&containers_registry.lock);
	is_default = registry_container(container_fd) ==
		&containers_registry.standard;
	pthread_mutex_unlock(&containers_registry.lock);
	return is_default;
}
