/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What both generations of DPDK's VFIO functions have in common; see vfio_core.h.
 *
 * Must not know: the functions by which DPDK reaches VFIO, how the calls get here (plugin.c).
 */

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_iommufd.h>
#include <rte_uuid.h>

#include "bus_log.h"
#include "containers.h"
#include "diagnose.h"
#include "dpdk_vfio.h"
#include "pci_folder.h"
#include "plugin.h"
#include "spdk.h"
#include "vfio_core.h"

#define NOIOMMU_SWITCH "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

/* Written while EAL starts and at the first device, by one thread. */
static struct {
	bool asked;	 /* EAL has called vfio_core_enable() */
	bool enabled;	 /* it has, and VFIO can be used */
	bool broken;	 /* the settings are not understood, which is logged */
	bool has_memory; /* EAL has called vfio_core_memory_is_there() */
	const struct dpdk_vfio
		*stock; /* receives all calls with backend stock, else NULL */
} state;

const struct dpdk_vfio *
vfio_core_stock(void)
{
	return state.stock;
}

bool
vfio_core_is_broken(void)
{
	return state.broken;
}

/* sysfs has the name with underscores. */
bool
vfio_core_is_module_loaded(const char *name)
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
 * this plugin has opened, so this fails when a device or container is open. What EAL has
 * called already is made up for: DPDK's own code has not seen these calls.
 */
static int
vfio_core_hand_over(void)
{
	if (dpdk_vfio_generation() == DPDK_VFIO_UNKNOWN) {
		BUS_LOG(ERR,
			"DPDK's own VFIO code is not in this program: use another backend");
		return -EOPNOTSUPP;
	}
	if (containers_are_in_use()) {
		BUS_LOG(ERR,
			"devices that only DPDK's own VFIO code can serve cannot be mixed with others: use RTE_IOMMUFD=backend=stock for all");
		return -EBUSY;
	}
	state.stock = dpdk_vfio_functions();
	return dpdk_vfio_start(state.has_memory);
}

int
vfio_core_settle(int result)
{
	int ret;

	if (result != -EOPNOTSUPP)
		return result;
	ret = vfio_core_hand_over();
	return ret == 0 ? VFIO_CORE_HANDED_OVER : ret;
}

/*
 * Where librte_eal is linked with -Bsymbolic-functions, its calls of its own functions have no
 * slots that a plugin could change, and the first call that gets here is the PCI bus's.
 */
static void
vfio_core_tell_of_own_code(void)
{
	if (!dpdk_vfio_is_started())
		return;
	BUS_LOG(INFO,
		"this librte_eal calls its own VFIO functions directly (-Bsymbolic-functions): DPDK's own VFIO code is started as well, and keeps a descriptor open that it does not use");
}

int
vfio_core_enable(void)
{
	struct rte_iommufd_context *context;
	int ret;

	/* While VFIO cannot be used, the PCI bus calls this again for each device. */
	state.enabled = vfio_core_is_module_loaded("vfio");
	if (state.asked)
		return 0;
	state.asked = true;
	plugin_take_over();
	vfio_core_tell_of_own_code();
	/* With every backend, a secondary process gets an answer. */
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		rte_iommufd_process_serve();
	/* What was missing for a moment, such as memory, may be there at the first device. */
	ret = rte_iommufd_context_default(&context);
	state.broken = ret == -EINVAL;
	if (state.broken)
		return 0;
	if (ret == 0 &&
		strcmp(rte_iommufd_context_backend(context), "stock") == 0) {
		rte_iommufd_context_choose(context, NULL);
		return vfio_core_hand_over();
	}
	diagnose_begin();
	return 0;
}

void
vfio_core_enable_late(void)
{
	if (!state.asked && dpdk_vfio_is_started())
		vfio_core_enable();
}

bool
vfio_core_is_enabled(void)
{
	return state.enabled && vfio_core_is_module_loaded("vfio");
}

void
vfio_core_memory_is_there(void)
{
	state.has_memory = true;
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

bool
vfio_core_is_noiommu(void)
{
	return is_noiommu_switch_on() && is_a_device_without_iommu();
}

int
vfio_core_find_group(const char *sysfs_base, const char *address, int *group)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sysfs_base, address);
	if (rte_iommufd_device_find(path, &place) != 0 || place.group < 0)
		return -ENODEV;
	*group = place.group;
	return 0;
}

/* EAL has the token of --vfio-vf-token since 22.11, as an experimental function. */
extern void rte_eal_vfio_get_vf_token(rte_uuid_t token) __attribute__((weak));

/*
 * The token is given for the whole process, but the kernel refuses it for devices that
 * need none. These are opened without it, as DPDK's own code does. For all other devices
 * it is never left out.
 */
static bool
read_vf_token(const struct rte_iommufd_device_place *place, rte_uuid_t token)
{
	if (rte_eal_vfio_get_vf_token == NULL)
		return false;
	rte_eal_vfio_get_vf_token(token);
	return !rte_uuid_is_null(token) && place->takes_vf_token;
}

/* What is needed to open a device. */
struct located {
	char path[PATH_MAX];
	int group;
	rte_uuid_t token_store;
	const uint8_t *token; /* NULL: without */
};

/* -ENODEV: VFIO does not manage it. */
static int
vfio_core_locate(
	const char *sysfs_base, const char *address, struct located *device)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };

	snprintf(device->path, sizeof(device->path), "%s/%s", sysfs_base,
		address);
	if (rte_iommufd_device_find(device->path, &place) != 0 ||
		place.group < 0)
		return -ENODEV;
	device->group = place.group;
	device->token = read_vf_token(&place, device->token_store)
		? device->token_store
		: NULL;
	return 0;
}

/* What follows an attempt to open a device. */
static int
vfio_core_opened(int ret, const char *address)
{
	struct rte_iommufd_context *context;

	if (ret == 0 && rte_iommufd_context_default(&context) == 0)
		spdk_check_backend(rte_iommufd_context_backend(context));
	if (ret == -ENODEV)
		BUS_LOG(NOTICE, "%s: not managed by VFIO, skipped", address);
	if (ret == -EOPNOTSUPP && rte_eal_process_type() == RTE_PROC_SECONDARY)
		BUS_LOG(INFO,
			"backend stock: the primary process says that DPDK's own code serves its devices");
	return vfio_core_settle(ret);
}

int
vfio_core_open_device(const char *sysfs_base, const char *address,
	int *device_fd, struct vfio_device_info *info)
{
	struct located device;
	int ret;

	if (state.broken)
		return -EINVAL;
	ret = vfio_core_locate(sysfs_base, address, &device);
	if (ret == 0)
		ret = containers_open_device(device.path, device.group,
			device.token, device_fd, info);
	return vfio_core_opened(ret, address);
}

int
vfio_core_assign_device(
	int container_fd, const char *sysfs_base, const char *address)
{
	struct located device;
	int ret;

	if (state.broken)
		return -EINVAL;
	ret = vfio_core_locate(sysfs_base, address, &device);
	if (ret == 0)
		ret = containers_assign_device(
			container_fd, device.path, device.group, device.token);
	return vfio_core_opened(ret, address);
}
