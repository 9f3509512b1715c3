/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The machine; see host.h. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "kernel/kernel.h"
#include "user.h"

#define FIRMWARE_TABLES "/sys/firmware/acpi/tables"

static const char *const option_names[HOST_OPTIONS] = {
	"CONFIG_IOMMUFD",
	"CONFIG_VFIO",
	"CONFIG_VFIO_DEVICE_CDEV",
	"CONFIG_VFIO_GROUP",
	"CONFIG_VFIO_IOMMU_TYPE1",
	"CONFIG_IOMMUFD_VFIO_CONTAINER",
	"CONFIG_VFIO_NOIOMMU",
	"CONFIG_INTEL_IOMMU",
	"CONFIG_AMD_IOMMU",
};

const char *const host_call_names[IOMMU_CALLS] = {
	[IOMMU_CALL_HWPT_ALLOC] = "HWPT_ALLOC",
	[IOMMU_CALL_GET_HW_INFO] = "GET_HW_INFO",
	[IOMMU_CALL_SET_DIRTY_TRACKING] = "HWPT_SET_DIRTY_TRACKING",
	[IOMMU_CALL_FAULT_QUEUE_ALLOC] = "FAULT_QUEUE_ALLOC",
	[IOMMU_CALL_IOAS_MAP_FILE] = "IOAS_MAP_FILE",
	[IOMMU_CALL_VIOMMU_ALLOC] = "VIOMMU_ALLOC",
	[IOMMU_CALL_IOAS_CHANGE_PROCESS] = "IOAS_CHANGE_PROCESS",
	[IOMMU_CALL_HW_QUEUE_ALLOC] = "HW_QUEUE_ALLOC",
	[IOMMU_CALL_IOAS_NOIOMMU_GET_PA] = "IOAS_NOIOMMU_GET_PA",
};

static void
look_at_kernel(struct host *host)
{
	unsigned int i;

	uname(&host->system);
	for (i = 0; i < HOST_OPTIONS; i++)
		host->options[i].name = option_names[i];
	kernel_config_read("", host->system.release, host->options,
		HOST_OPTIONS, host->config_file);
	if (host->config_file[0] == '\0')
		texts_add(&host->unseen,
			"the kernel's options: there is no /boot/config-%s, or it cannot be read",
			host->system.release);
	host->has_iommufd = kernel_state_has_node("iommu");
	host->has_vfio = kernel_state_has_node("vfio");
}

static bool
is_about_iommus(const char *word)
{
	return strstr(word, "iommu") != NULL || strstr(word, "vfio") != NULL;
}

static void
look_at_command_line(struct host *host)
{
	char line[4096] = "";
	FILE *file = fopen("/proc/cmdline", "re");
	size_t used = 0;
	char *word, *rest = line;

	if (file == NULL)
		return;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	fclose(file);
	while ((word = strsep(&rest, " \n")) != NULL)
		if (is_about_iommus(word) && used < sizeof(host->iommu_words))
			used += snprintf(host->iommu_words + used,
				sizeof(host->iommu_words) - used, "%s%s",
				used == 0 ? "" : " ", word);
}

static void
look_at_iommus(struct host *host)
{
	look_at_command_line(host);
	host->unit_count = iommu_units_read(
		"/sys/class/iommu", host->units, HOST_UNITS_MAX);
	host->firmware_is_seen = access(FIRMWARE_TABLES, R_OK | X_OK) == 0;
	host->firmware_table = iommu_unit_firmware_table(FIRMWARE_TABLES);
	host->remaps_interrupts = kernel_state_remaps_interrupts();
	host->iommufd_unsafe_interrupts = kernel_state_unsafe_interrupts(
		"iommufd");
	host->type1_unsafe_interrupts = kernel_state_unsafe_interrupts(
		"vfio_iommu_type1");
}

/*
 * To open the node has no effect on others: it makes a context, which ends with it. Where no
 * driver is behind it, it is not opened, because that could load a module.
 */
static void
ask_for_calls(struct host *host)
{
	int fd, i;

	if (!host->has_iommufd)
		return;
	fd = kernel_open("/dev/iommu");
	if (fd < 0) {
		texts_add(&host->unseen,
			"which calls /dev/iommu has: it cannot be opened (%s)",
			strerror(-fd));
		return;
	}
	host->calls_are_known = true;
	for (i = 0; i < IOMMU_CALLS; i++)
		host->calls[i] = kernel_knows_call(fd, i);
	kernel_close(fd);
}

static void
look_at_memory(const struct user *user, struct host *host)
{
	struct hugepage_mount mounts[HOST_MOUNTS_MAX];
	unsigned int i;

	memory_limits_read(&host->limits, MEMORY_CHARGED_TO_USER);
	host->limits_are_of_user = user->is_caller;
	if (!user->is_caller)
		texts_add(&host->unseen,
			"the limit on locked memory of %s's programs: run this as %s (runuser -u %s -- dpdk-iommufd-info)",
			user->name, user->name, user->name);
	host->pool_count = hugepages_read_pools(
		"/sys", host->pools, HOST_POOLS_MAX);
	host->mount_count = hugepages_read_mounts(
		"/proc/self/mounts", mounts, HOST_MOUNTS_MAX);
	for (i = 0; i < host->mount_count; i++)
		host->mounts[i].mount = mounts[i];
}

/* What depends on the user is looked at as this user. */
static void
look_as_user(const struct user *user, struct host *host)
{
	unsigned int i;
	int ret = user_enter(user);

	if (ret != 0) {
		texts_add(&host->unseen, "what %s may do: %s", user->name,
			strerror(-ret));
		return;
	}
	node_access_read("/dev/iommu", &host->iommu_node);
	node_access_read("/dev/vfio/vfio", &host->container_node);
	for (i = 0; i < host->mount_count; i++)
		node_access_read(
			host->mounts[i].mount.path, &host->mounts[i].access);
	user_leave(user);
}

static bool
is_installed(const char *program)
{
	static const char *const folders[] = { "/usr/bin", "/usr/sbin",
		"/usr/local/bin", "/usr/local/sbin" };
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], program);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

void
host_look(const struct user *user, struct host *host)
{
	*host = (struct host){ .pool_count = 0 };
	look_at_kernel(host);
	look_at_iommus(host);
	look_at_memory(user, host);
	look_as_user(user, host);
	ask_for_calls(host);
	host->has_devbind = is_installed("dpdk-devbind.py");
	plugin_look(INFO_PLUGIN_FOLDER, &host->plugin);
}
