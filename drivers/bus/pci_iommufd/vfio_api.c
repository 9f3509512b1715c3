/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The functions by which DPDK reaches VFIO, answered in terms of rte_iommufd.h.
 *
 * The comment above each function says what its callers expect beyond the prototype: the
 * behaviour of DPDK's own code (lib/eal/linux/eal_vfio.c). With backend stock, every call
 * is passed to DPDK's own code unchanged.
 *
 * Must not know: IOMMUFD, ioctls, how the calls get here (plugin.c).
 */

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_iommufd.h>
#include <rte_uuid.h>

#include "bus_log.h"
#include "containers.h"
#include "diagnose.h"
#include "dpdk_vfio.h"
#include "pci_folder.h"
#include "plugin.h"
#include "spdk.h"
#include "vfio_shim.h"

#define NOIOMMU_SWITCH "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

/* Written while EAL starts and at the first device, by one thread. */
static struct {
	bool asked;   /* EAL has called rte_vfio_enable() */
	bool enabled; /* it has, and VFIO can be used */
	bool broken;  /* the settings are not understood, which is logged */
	const struct dpdk_vfio
		*stock; /* receives all calls with backend stock, else NULL */
} state;

/* The return value of an rte_vfio_* function for a negative errno. */
static int
vfio_api_failure(int err)
{
	rte_errno = -err;
	return -1;
}

/* "vfio_pci" or "vfio-pci": sysfs has the name with underscores. */
static bool
is_module_loaded(const char *name)
{
	char path[PATH_MAX];
	char *c;

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	for (c = path + strlen("/sys/module/"); *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
	return access(path, F_OK) == 0;
}

/*
 * Passes all later calls of the process to DPDK's own code. That code cannot release what
 * this plugin has opened, so this fails when a device or container is open.
 */
static int
vfio_api_use_stock(void)
{
	const struct dpdk_vfio *stock = dpdk_vfio_functions();

	if (stock == NULL) {
		BUS_LOG(ERR,
			"DPDK's own VFIO code is not in this program: use another backend");
		return -EOPNOTSUPP;
	}
	if (containers_are_in_use()) {
		BUS_LOG(ERR,
			"devices that only DPDK's own VFIO code can serve cannot be mixed with others: use RTE_IOMMUFD=backend=stock for all");
		return -EBUSY;
	}
	state.stock = stock;
	return stock->rte_vfio_enable("vfio") == 0 ? 0 : -EIO;
}

/*
 * Returns 0 also when VFIO cannot be used: a program without VFIO devices must be able to
 * start. It runs after all plugins are loaded and before any device is probed.
 */
int
VFIO_SHIM(rte_vfio_enable)(const char *module)
{
	struct rte_iommufd_context *context;

	if (state.stock != NULL)
		return state.stock->rte_vfio_enable(module);
	/* While VFIO cannot be used, the PCI bus calls this again for each device. */
	state.enabled = is_module_loaded(module);
	if (state.asked)
		return 0;
	state.asked = true;
	plugin_take_over();
	/* With every backend, a secondary process gets an answer. */
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		rte_iommufd_process_serve();
	if (rte_iommufd_context_default(&context) != 0) {
		state.broken = true;
		return 0;
	}
	if (strcmp(rte_iommufd_context_backend(context), "stock") == 0) {
		rte_iommufd_context_choose(context, NULL);
		return vfio_api_use_stock();
	}
	diagnose_begin();
	return 0;
}

int
VFIO_SHIM(rte_vfio_is_enabled)(const char *module)
{
	if (state.stock != NULL)
		return state.stock->rte_vfio_is_enabled(module);
	return state.enabled && is_module_loaded(module);
}

static bool
is_noiommu_switch_on(void)
{
	ssize_t length;
	char value;
	int fd;

	fd = open(NOIOMMU_SWITCH, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, &value, 1);
	close(fd);
	return length == 1 && value == 'Y';
}

/* A device that is bound to a VFIO driver, so that DPDK could use it. */
static bool
is_a_device_without_iommu(void)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };
	const char *folder = pci_folder();
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *entries = folder == NULL ? NULL : opendir(folder);

	if (entries == NULL)
		return false;
	while (!found && (entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		found = rte_iommufd_device_find(path, &place) == 0 &&
			place.noiommu;
	}
	closedir(entries);
	return found;
}

/*
 * If this returns 1, the PCI bus uses physical addresses for all VFIO devices. DPDK's own
 * code checks only the kernel's switch, which may be on although the machine has an
 * IOMMU.
 */
int
VFIO_SHIM(rte_vfio_noiommu_is_enabled)(void)
{
	return is_noiommu_switch_on() && is_a_device_without_iommu();
}

/* 1: found, 0: the device has no group. */
int
VFIO_SHIM(rte_vfio_get_group_num)(
	const char *sysfs_base, const char *address, int *group)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sysfs_base, address);
	if (rte_iommufd_device_find(path, &place) != 0 || place.group < 0)
		return 0;
	*group = place.group;
	return 1;
}

/* EAL has the token of --vfio-vf-token since 22.11, as an experimental function. */
extern void rte_eal_vfio_get_vf_token(rte_uuid_t token) __attribute__((weak));

/*
 * The token is given for the whole process, but the kernel refuses it for devices that
 * need none. These are opened without it, as DPDK's own code does. For all other devices
 * it is never left out.
 */
static bool
read_vf_token(const char *path, rte_uuid_t token)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };

	if (rte_eal_vfio_get_vf_token == NULL)
		return false;
	rte_eal_vfio_get_vf_token(token);
	return !rte_uuid_is_null(token) &&
		rte_iommufd_device_find(path, &place) == 0 &&
		place.takes_vf_token;
}

static int
vfio_api_setup(const char *path, int group, int *device_fd,
	struct vfio_device_info *info)
{
	struct rte_iommufd_context *context;
	rte_uuid_t token;
	int ret = containers_open_device(path, group,
		read_vf_token(path, token) ? token : NULL, device_fd, info);

	if (ret == 0 && rte_iommufd_context_default(&context) == 0)
		spdk_check_backend(rte_iommufd_context_backend(context));
	return ret;
}

/*
 * 0 and an fd > 0; 1 when VFIO does not manage the device, which makes the PCI bus skip
 * it; negative for an error.
 */
int
VFIO_SHIM(rte_vfio_setup_device)(const char *sysfs_base, const char *address,
	int *device_fd, struct vfio_device_info *info)
{
	char path[PATH_MAX];
	int group = -1;
	int ret;

	if (state.stock != NULL)
		return state.stock->rte_vfio_setup_device(
			sysfs_base, address, device_fd, info);
	if (state.broken)
		return vfio_api_failure(-EINVAL);
	snprintf(path, sizeof(path), "%s/%s", sysfs_base, address);
	ret = -ENODEV;
	if (VFIO_SHIM(rte_vfio_get_group_num)(sysfs_base, address, &group) == 1)
		ret = vfio_api_setup(path, group, device_fd, info);
	if (ret == -EOPNOTSUPP) {
		if (rte_eal_process_type() == RTE_PROC_SECONDARY)
			BUS_LOG(INFO,
				"backend stock: the primary process says that DPDK's own code serves its devices");
		ret = vfio_api_use_stock();
		return ret != 0 ? vfio_api_failure(ret)
				: state.stock->rte_vfio_setup_device(
					  sysfs_base, address, device_fd, info);
	}
	if (ret == -ENODEV) {
		BUS_LOG(NOTICE, "%s: not managed by VFIO, skipped", address);
		return 1;
	}
	return ret == 0 ? 0 : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_release_device)(
	const char *sysfs_base, const char *address, int device_fd)
{
	char path[PATH_MAX];
	int ret;

	if (state.stock != NULL)
		return state.stock->rte_vfio_release_device(
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

	if (state.stock != NULL &&
		state.stock->rte_vfio_get_device_info != NULL)
		return state.stock->rte_vfio_get_device_info(
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
	if (ret == -ENODEV && dpdk_vfio_functions() != NULL &&
		dpdk_vfio_functions()->rte_vfio_get_device_info != NULL)
		return dpdk_vfio_functions()->rte_vfio_get_device_info(
			sysfs_base, address, device_fd, info);
	return ret == 0 ? 0 : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_get_group_fd)(int group)
{
	int fd, ret;

	if (state.stock != NULL)
		return state.stock->rte_vfio_get_group_fd(group);
	ret = containers_group_fd(group, &fd);
	return ret == 0 ? fd : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_clear_group)(int group_fd)
{
	int ret;

	if (state.stock != NULL)
		return state.stock->rte_vfio_clear_group(group_fd);
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

	if (state.stock != NULL)
		return state.stock->rte_vfio_get_container_fd();
	if (state.broken)
		return vfio_api_failure(-EINVAL);
	ret = containers_default_fd(&fd);
	if (ret == -EOPNOTSUPP) {
		ret = vfio_api_use_stock();
		return ret != 0 ? vfio_api_failure(ret)
				: state.stock->rte_vfio_get_container_fd();
	}
	return ret == 0 ? fd : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_container_create)(void)
{
	int fd, ret;

	if (state.stock != NULL)
		return state.stock->rte_vfio_container_create();
	if (state.broken)
		return vfio_api_failure(-EINVAL);
	ret = containers_create(&fd);
	if (ret == -EOPNOTSUPP) {
		ret = vfio_api_use_stock();
		return ret != 0 ? vfio_api_failure(ret)
				: state.stock->rte_vfio_container_create();
	}
	return ret == 0 ? fd : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_container_destroy)(int container_fd)
{
	int ret;

	if (state.stock != NULL)
		return state.stock->rte_vfio_container_destroy(container_fd);
	ret = containers_destroy(container_fd);
	return ret == 0 ? 0 : vfio_api_failure(ret);
}

/* Returns the group's fd. */
int
VFIO_SHIM(rte_vfio_container_group_bind)(int container_fd, int group)
{
	int fd, ret;

	if (state.stock != NULL)
		return state.stock->rte_vfio_container_group_bind(
			container_fd, group);
	ret = containers_bind_group(container_fd, group, &fd);
	return ret == 0 ? fd : vfio_api_failure(ret);
}

int
VFIO_SHIM(rte_vfio_container_group_unbind)(int container_fd, int group)
{
	int ret;

	if (state.stock != NULL)
		return state.stock->rte_vfio_container_group_unbind(
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

	if (state.stock != NULL)
		return state.stock->rte_vfio_container_dma_map(
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

	if (state.stock != NULL)
		return state.stock->rte_vfio_container_dma_unmap(
			container_fd, va, iova, length);
	if (length == 0)
		return vfio_api_failure(-EINVAL);
	ret = containers_unmap(container_fd, va, iova, length);
	return ret == 0 ? 0 : vfio_api_failure(ret);
}
