/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The functions by which DPDK 22.11 to 26.07 reaches VFIO (rte_vfio_*), answered in terms of
 * containers.h and vfio_core.h.
 *
 * The comment above each function says what its callers expect beyond the prototype: the
 * behaviour of DPDK's own code (lib/eal/linux/eal_vfio.c). With backend stock, every call
 * is passed to DPDK's own code unchanged.
 *
 * Must not know: IOMMUFD, ioctls, how the calls get here (plugin.c), 26.11's functions.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include <rte_errno.h>

#include "bus_log.h"
#include "containers.h"
#include "dpdk_vfio.h"
#include "vfio_core.h"
#include "vfio_shim.h"

/* The return value of an rte_vfio_* function for a negative errno. */
static int
vfio_api_failure(int err)
{
	rte_errno = -err;
	return -1;
}

/*
 * EAL calls it after all plugins are loaded and before any device is probed, the PCI bus again for
 * each device while VFIO cannot be used.
 */
int
VFIO_SHIM(rte_vfio_enable)(const char *module)
{
	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_enable(module);
	return vfio_core_enable();
}

int
VFIO_SHIM(rte_vfio_is_enabled)(const char *module)
{
	vfio_core_enable_late();
	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_is_enabled(module);
	return vfio_core_is_enabled() && vfio_core_is_module_loaded(module);
}

/*
 * If this returns 1, the PCI bus uses physical addresses for all VFIO devices.
 */
int
VFIO_SHIM(rte_vfio_noiommu_is_enabled)(void)
{
	return vfio_core_is_noiommu();
}

/* 1: found, 0: the device has no group. */
int
VFIO_SHIM(rte_vfio_get_group_num)(
	const char *sysfs_base, const char *address, int *group)
{
	return vfio_core_find_group(sysfs_base, address, group) == 0;
}

/*
 * 0 and an fd > 0; 1 when VFIO does not manage the device, which makes the PCI bus skip
 * it; negative for an error.
 */
int
VFIO_SHIM(rte_vfio_setup_device)(const char *sysfs_base, const char *address,
	int *device_fd, struct vfio_device_info *info)
{
	int ret = vfio_core_stock() != NULL
		? VFIO_CORE_HANDED_OVER
		: vfio_core_open_device(sysfs_base, address, device_fd, info);

	if (ret == VFIO_CORE_HANDED_OVER)
		return vfio_core_stock()->rte_vfio_setup_device(
			sysfs_base, address, device_fd, info);
	if (ret == -ENODEV)
		return 1;
	return ret == 0 ? 0 : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_release_device)(
	const char *sysfs_base, const char *address, int device_fd)
{
	char path[PATH_MAX];
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_release_device(
			sysfs_base, address, device_fd);
	snprintf(path, sizeof(path), "%s/%s", sysfs_base, address);
	ret = containers_close_device(path, device_fd);
	if (ret == 0)
		return 0;
	BUS_LOG(ERR, "%s: cannot release it, it was not set up", address);
	return vfio_api_failure(ret);
}

/* With an fd of 0 the device is set up first. New in DPDK 23.03. */
int
VFIO_SHIM(rte_vfio_get_device_info)(const char *sysfs_base, const char *address,
	int *device_fd, struct vfio_device_info *info)
{
	int ret;

	if (vfio_core_stock() != NULL &&
		vfio_core_stock()->rte_vfio_get_device_info != NULL)
		return vfio_core_stock()->rte_vfio_get_device_info(
			sysfs_base, address, device_fd, info);
	if (info == NULL || *device_fd < 0)
		return vfio_api_failure(-EINVAL);
	if (*device_fd == 0)
		return VFIO_SHIM(rte_vfio_setup_device)(
			       sysfs_base, address, device_fd, info) == 0
			? 0
			: -1;
	ret = containers_device_info(*device_fd, info);
	/* A device that this plugin has not opened: only the ioctl is needed. */
	if (ret == -ENODEV &&
		dpdk_vfio_functions()->rte_vfio_get_device_info != NULL)
		return dpdk_vfio_functions()->rte_vfio_get_device_info(
			sysfs_base, address, device_fd, info);
	return ret == 0 ? 0 : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_get_group_fd)(int group)
{
	int fd, ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_get_group_fd(group);
	ret = containers_group_fd(group, &fd);
	return ret == 0 ? fd : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_clear_group)(int group_fd)
{
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_clear_group(group_fd);
	ret = containers_forget_group_fd(group_fd);
	return ret == 0 ? 0 : vfio_api_failure(ret);
}

/*
 * The default container's, as in 22.11 and 25.11; 24.11 opens a new one each
 * time, which no caller needs.
 */
int
VFIO_SHIM(rte_vfio_get_container_fd)(void)
{
	int fd, ret;

	if (vfio_core_stock() != NULL)
		ret = VFIO_CORE_HANDED_OVER;
	else if (vfio_core_is_broken())
		ret = -EINVAL;
	else
		ret = vfio_core_settle(containers_default_fd(&fd));
	if (ret == VFIO_CORE_HANDED_OVER)
		return vfio_core_stock()->rte_vfio_get_container_fd();
	return ret == 0 ? fd : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_container_create)(void)
{
	int fd, ret;

	if (vfio_core_stock() != NULL)
		ret = VFIO_CORE_HANDED_OVER;
	else if (vfio_core_is_broken())
		ret = -EINVAL;
	else
		ret = vfio_core_settle(containers_create(&fd));
	if (ret == VFIO_CORE_HANDED_OVER)
		return vfio_core_stock()->rte_vfio_container_create();
	return ret == 0 ? fd : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_container_destroy)(int container_fd)
{
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_container_destroy(
			container_fd);
	ret = containers_destroy(container_fd);
	return ret == 0 ? 0 : vfio_api_failure(ret);
}

/* Returns the group's fd. */
int
VFIO_SHIM(rte_vfio_container_group_bind)(int container_fd, int group)
{
	int fd, ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_container_group_bind(
			container_fd, group);
	ret = containers_bind_group(container_fd, group, &fd);
	return ret == 0 ? fd : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_container_group_unbind)(int container_fd, int group)
{
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_container_group_unbind(
			container_fd, group);
	ret = containers_unbind_group(container_fd, group);
	return ret == 0 ? 0 : vfio_api_failure(ret);
}

/*
 * Sets rte_errno to ENODEV when no device is attached: vhost then continues without
 * mapping.
 */
int
VFIO_SHIM(rte_vfio_container_dma_map)(
	int container_fd, uint64_t va, uint64_t iova, uint64_t length)
{
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_container_dma_map(
			container_fd, va, iova, length);
	if (length == 0)
		return vfio_api_failure(-EINVAL);
	ret = containers_map(container_fd, va, iova, length);
	return ret == 0 ? 0 : vfio_api_failure(ret);
}

/* Sets rte_errno to EINVAL for what was not mapped. */
int
VFIO_SHIM(rte_vfio_container_dma_unmap)(
	int container_fd, uint64_t va, uint64_t iova, uint64_t length)
{
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->rte_vfio_container_dma_unmap(
			container_fd, va, iova, length);
	if (length == 0)
		return vfio_api_failure(-EINVAL);
	ret = containers_unmap(container_fd, va, iova, length);
	return ret == 0 ? 0 : vfio_api_failure(ret);
}
