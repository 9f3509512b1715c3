/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_HOST_H
#define INFO_HOST_H

/*
 * What is true of the machine and the kernel, whatever the device.
 *
 * Must not know: devices; how it is shown.
 */

#include <stdbool.h>
#include <sys/utsname.h>

#include "kernel/hugepages.h"
#include "kernel/iommu_call.h"
#include "kernel/iommu_unit.h"
#include "kernel/kernel_config.h"
#include "kernel/kernel_state.h"
#include "kernel/memory_limits.h"
#include "kernel/node_access.h"
#include "plugin.h"
#include "texts.h"

struct user;

#define HOST_POOLS_MAX 64
#define HOST_MOUNTS_MAX 8
#define HOST_UNITS_MAX 32
#define HOST_OPTIONS 9

struct host_mount {
	struct hugepage_mount mount;
	struct node_access access;
};

struct host {
	struct utsname system;
	struct kernel_option options[HOST_OPTIONS];
	char config_file[PATH_MAX]; /* "" when it cannot be read */
	char iommu_words
		[256]; /* those about IOMMUs of the kernel's command line */

	struct iommu_unit units[HOST_UNITS_MAX];
	unsigned int unit_count;
	const char *firmware_table; /* NULL: none */
	bool firmware_is_seen;
	enum kernel_switch remaps_interrupts;
	enum kernel_switch iommufd_unsafe_interrupts;
	enum kernel_switch type1_unsafe_interrupts;

	struct node_access iommu_node;	   /* /dev/iommu */
	struct node_access container_node; /* /dev/vfio/vfio */
	bool has_iommufd; /* the kernel has a driver for /dev/iommu */
	bool has_vfio;
	bool calls_are_known; /* /dev/iommu could be asked */
	bool calls[IOMMU_CALLS];

	bool limits_are_of_user; /* else they are of whoever runs the program */
	struct memory_limits limits;
	struct hugepage_pool pools[HOST_POOLS_MAX];
	unsigned int pool_count;
	struct host_mount mounts[HOST_MOUNTS_MAX];
	unsigned int mount_count;

	bool has_devbind; /* DPDK's program dpdk-devbind.py is installed */
	struct plugin plugin;
	struct texts unseen; /* sentences: what could not be seen, and why */
};

extern const char *const host_call_names[IOMMU_CALLS];

/* For that user; texts_clear(&host->unseen) ends it. */
void host_look(const struct user *user, struct host *host);

#endif /* INFO_HOST_H */
