/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The functions by which DPDK 26.11 reaches VFIO (dev_vfio_*), answered in terms of containers.h
 * and vfio_core.h.
 *
 * All set rte_errno when they fail, to one of a few values that callers know: ENXIO (VFIO is
 * off), ENODEV (VFIO does not manage the device), EINVAL (wrong parameters), ENOTSUP, EEXIST,
 * ENOENT, ENOMEM, and EIO for all else; the line that is logged has the cause. The comment
 * above each function says what its callers expect beyond the prototype. With backend stock,
 * every call is passed to DPDK's own code unchanged.
 *
 * Must not know: IOMMUFD, ioctls, how the calls get here (plugin.c), the functions of earlier
 * releases.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_errno.h>
#include <rte_iommufd.h>

#include "bus_log.h"
#include "containers.h"
#include "dpdk_vfio.h"
#include "vfio_core.h"
#include "vfio_shim.h"

/* enum dev_vfio_module */
enum { MODULE_VFIO, MODULE_VFIO_PCI };

/* enum dev_vfio_mode: by which of the kernel's interfaces devices are opened. */
enum mode { MODE_NONE, MODE_GROUP, MODE_CDEV };

/* enum dev_vfio_iova_mode */
enum { IOVA_UNKNOWN, IOVA_VA, IOVA_PA };

static int
dev_vfio_failure(int err)
{
	rte_errno = err;
	return -1;
}

/* The return value for the result of a containers_*() or vfio_core_*() function. */
static int
dev_vfio_result(int ret)
{
	if (ret >= 0)
		return ret;
	return dev_vfio_failure(ret == -ENOMEM ? ENOMEM : EIO);
}

/* Callers are expected to ask dev_vfio_is_enabled() first. */
static bool
dev_vfio_is_off(void)
{
	if (vfio_core_is_enabled())
		return false;
	BUS_LOG(ERR,
		"VFIO is asked for a device or a map, and it is off: load the kernel's module (modprobe vfio-pci) before the program starts");
	rte_errno = ENXIO;
	return true;
}

/* Before the bus scan, and after the plugins, the device options and the message channel. */
int
VFIO_SHIM(dev_vfio_enable)(void)
{
	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_enable();
	return vfio_core_enable() == 0 ? 0 : dev_vfio_failure(EIO);
}

/* After EAL's memory is there. It is mapped with the first device instead. */
int
VFIO_SHIM(dev_vfio_init_mem)(void)
{
	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_init_mem();
	vfio_core_memory_is_there();
	return 0;
}

/*
 * After the bus's cleanup and before EAL's memory goes: what drivers have left open is closed, so
 * that no device writes there any more.
 */
void
VFIO_SHIM(dev_vfio_cleanup)(void)
{
	if (vfio_core_stock() != NULL)
		vfio_core_stock()->dev_vfio_cleanup();
	else
		containers_close_all();
}

int
VFIO_SHIM(dev_vfio_is_enabled)(void)
{
	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_is_enabled();
	return vfio_core_is_enabled();
}

int
VFIO_SHIM(dev_vfio_module_is_loaded)(int module)
{
	switch (module) {
	case MODULE_VFIO:
		return vfio_core_is_module_loaded("vfio");
	case MODULE_VFIO_PCI:
		return vfio_core_is_module_loaded("vfio_pci");
	default:
		return 0;
	}
}

/*
 * What is used once a device is open. Before that, and where there is no IOMMU, the
 * answer is that of DPDK's own code: groups wherever the container's node can be used. It
 * concerns drivers that open groups by themselves (bus/fslmc).
 */
static enum mode
dev_vfio_mode(void)
{
	struct rte_iommufd_context *context;
	const char *backend = "none";

	if (!vfio_core_is_enabled())
		return MODE_NONE;
	if (rte_iommufd_context_default(&context) == 0)
		backend = rte_iommufd_context_backend(context);
	if (strcmp(backend, "iommufd") == 0)
		return MODE_CDEV;
	if (strncmp(backend, "type1", strlen("type1")) == 0)
		return MODE_GROUP;
	return access("/dev/vfio/vfio", R_OK | W_OK) == 0 ? MODE_GROUP
							  : MODE_CDEV;
}

int
VFIO_SHIM(dev_vfio_get_mode)(void)
{
	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_get_mode();
	return dev_vfio_mode();
}

/*
 * The PCI bus asks before it scans. Where EAL's own call of dev_vfio_enable() does not get here (a
 * librte_eal that is linked with -Bsymbolic-functions), that is before VFIO is enabled.
 */
int
VFIO_SHIM(dev_vfio_get_iova_mode)(void)
{
	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_get_iova_mode();
	if (!vfio_core_is_module_loaded("vfio"))
		return IOVA_UNKNOWN;
	return vfio_core_is_noiommu() ? IOVA_PA : IOVA_VA;
}

/* -1 with ENODEV makes the bus skip the device. Asked twice, it gives the same fd. */
int
VFIO_SHIM(dev_vfio_setup_device)(
	const char *sysfs_base, const char *address, int *device_fd)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	char path[PATH_MAX];
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_setup_device(
			sysfs_base, address, device_fd);
	if (sysfs_base == NULL || address == NULL || device_fd == NULL)
		return dev_vfio_failure(EINVAL);
	if (dev_vfio_is_off())
		return -1;
	snprintf(path, sizeof(path), "%s/%s", sysfs_base, address);
	if (containers_find_device(path, device_fd) == 0)
		return 0;
	ret = vfio_core_open_device(sysfs_base, address, device_fd, &info);
	if (ret == VFIO_CORE_HANDED_OVER)
		return vfio_core_stock()->dev_vfio_setup_device(
			sysfs_base, address, device_fd);
	if (ret == -ENODEV)
		return dev_vfio_failure(ENODEV);
	return dev_vfio_result(ret);
}

/* The fd decides. A device that was assigned to a container is not any more. */
int
VFIO_SHIM(dev_vfio_release_device)(
	const char *sysfs_base, const char *address, int device_fd)
{
	char path[PATH_MAX];

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_release_device(
			sysfs_base, address, device_fd);
	if (sysfs_base == NULL || address == NULL)
		return dev_vfio_failure(EINVAL);
	if (dev_vfio_is_off())
		return -1;
	snprintf(path, sizeof(path), "%s/%s", sysfs_base, address);
	if (containers_close_device(path, device_fd) == 0)
		return 0;
	BUS_LOG(ERR, "%s: cannot release it, it was not set up", address);
	return dev_vfio_failure(ENOENT);
}

/* Opens nothing. */
int
VFIO_SHIM(dev_vfio_get_device_info)(
	int device_fd, struct vfio_device_info *info)
{
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_get_device_info(
			device_fd, info);
	if (info == NULL)
		return dev_vfio_failure(EINVAL);
	if (dev_vfio_is_off())
		return -1;
	ret = containers_device_info(device_fd, info);
	if (ret != -ENODEV)
		return dev_vfio_result(ret);
	BUS_LOG(ERR, "%d is not the fd of a device that was set up", device_fd);
	return dev_vfio_failure(EINVAL);
}

int
VFIO_SHIM(dev_vfio_get_group_num)(
	const char *sysfs_base, const char *address, int *group)
{
	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_get_group_num(
			sysfs_base, address, group);
	if (sysfs_base == NULL || address == NULL || group == NULL)
		return dev_vfio_failure(EINVAL);
	if (dev_vfio_is_off())
		return -1;
	if (dev_vfio_mode() != MODE_GROUP)
		return dev_vfio_failure(ENOTSUP);
	return vfio_core_find_group(sysfs_base, address, group) == 0
		? 0
		: dev_vfio_failure(ENODEV);
}

/* The N of /dev/vfio/devices/vfioN, or noiommu-vfioN. */
int
VFIO_SHIM(dev_vfio_get_device_num)(
	const char *sysfs_base, const char *address, int *number)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };
	char path[PATH_MAX];
	const char *digits;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_get_device_num(
			sysfs_base, address, number);
	if (sysfs_base == NULL || address == NULL || number == NULL)
		return dev_vfio_failure(EINVAL);
	if (dev_vfio_is_off())
		return -1;
	if (dev_vfio_mode() != MODE_CDEV)
		return dev_vfio_failure(ENOTSUP);
	snprintf(path, sizeof(path), "%s/%s", sysfs_base, address);
	if (rte_iommufd_device_find(path, &place) != 0)
		return dev_vfio_failure(ENODEV);
	digits = strpbrk(place.cdev, "0123456789");
	if (digits == NULL)
		return dev_vfio_failure(ENODEV);
	*number = atoi(digits);
	return 0;
}

/* The default container's. */
int
VFIO_SHIM(dev_vfio_get_container_fd)(void)
{
	int fd, ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_get_container_fd();
	if (dev_vfio_is_off())
		return -1;
	if (vfio_core_is_broken())
		return dev_vfio_failure(EIO);
	ret = vfio_core_settle(containers_default_fd(&fd));
	if (ret == VFIO_CORE_HANDED_OVER)
		return vfio_core_stock()->dev_vfio_get_container_fd();
	return ret == 0 ? fd : dev_vfio_result(ret);
}

int
VFIO_SHIM(dev_vfio_container_create)(void)
{
	int fd, ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_container_create();
	if (dev_vfio_is_off())
		return -1;
	if (vfio_core_is_broken())
		return dev_vfio_failure(EIO);
	ret = vfio_core_settle(containers_create(&fd));
	if (ret == VFIO_CORE_HANDED_OVER)
		return vfio_core_stock()->dev_vfio_container_create();
	return ret == 0 ? fd : dev_vfio_result(ret);
}

/* Closes the container's devices: a driver that fails after it has assigned one only calls this. */
int
VFIO_SHIM(dev_vfio_container_destroy)(int container_fd)
{
	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_container_destroy(
			container_fd);
	if (dev_vfio_is_off())
		return -1;
	if (containers_is_default(container_fd)) {
		BUS_LOG(ERR, "the default container cannot be destroyed");
		return dev_vfio_failure(EINVAL);
	}
	containers_close_devices(container_fd);
	return containers_destroy(container_fd) == 0 ? 0
						     : dev_vfio_failure(ENODEV);
}

/*
 * Opens this one device in the container; dev_vfio_setup_device() gives its fd afterwards. It
 * leaves the container when it is released.
 */
int
VFIO_SHIM(dev_vfio_container_assign_device)(
	int container_fd, const char *sysfs_base, const char *address)
{
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_container_assign_device(
			container_fd, sysfs_base, address);
	if (sysfs_base == NULL || address == NULL)
		return dev_vfio_failure(EINVAL);
	if (dev_vfio_is_off())
		return -1;
	ret = vfio_core_assign_device(container_fd, sysfs_base, address);
	if (ret == VFIO_CORE_HANDED_OVER)
		return vfio_core_stock()->dev_vfio_container_assign_device(
			container_fd, sysfs_base, address);
	switch (ret) {
	case -EBADF:
		return dev_vfio_failure(EINVAL);
	case -EEXIST:
	case -ENODEV:
		return dev_vfio_failure(-ret);
	default:
		return dev_vfio_result(ret);
	}
}

/* Why a map or unmap cannot be tried, as rte_errno's value; else 0. */
static int
dev_vfio_check_map(uint64_t length)
{
	if (length == 0)
		return EINVAL;
	return dev_vfio_is_off() ? ENXIO : 0;
}

int
VFIO_SHIM(dev_vfio_container_dma_map)(
	int container_fd, uint64_t va, uint64_t iova, uint64_t length)
{
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_container_dma_map(
			container_fd, va, iova, length);
	ret = dev_vfio_check_map(length);
	if (ret != 0)
		return dev_vfio_failure(ret);
	ret = containers_map(container_fd, va, iova, length);
	if (ret == 0)
		return 0;
	return dev_vfio_failure(ret == -EBADF ? EINVAL : EIO);
}

int
VFIO_SHIM(dev_vfio_container_dma_unmap)(
	int container_fd, uint64_t va, uint64_t iova, uint64_t length)
{
	int ret;

	if (vfio_core_stock() != NULL)
		return vfio_core_stock()->dev_vfio_container_dma_unmap(
			container_fd, va, iova, length);
	ret = dev_vfio_check_map(length);
	if (ret != 0)
		return dev_vfio_failure(ret);
	ret = containers_unmap(container_fd, va, iova, length);
	if (ret == 0)
		return 0;
	return dev_vfio_failure(ret == -EBADF ? EINVAL : EIO);
}
