/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Opening the nodes; see nodes.h. The kernel's calls and the explanations are the library's. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "explain/explain.h"
#include "kernel/kernel.h"
#include "kernel/sysfs_device.h"
#include "nodes.h"
#include "report.h"

static void
add_node(struct nodes *nodes, const char *name, int fd)
{
	struct node *node = &nodes->items[nodes->count++];

	snprintf(node->name, sizeof(node->name), "%s", name);
	node->fd = fd;
}

static int
set_rlimit_mode(int fd, enum options_rlimit_mode mode)
{
	const bool by_process = mode == OPTIONS_RLIMIT_PROCESS;
	int ret;

	if (mode == OPTIONS_RLIMIT_KEEP)
		return 0;
	ret = kernel_iommu_set_rlimit_mode(fd, by_process);
	if (ret == 0)
		return 0;
	if (ret == -EPERM)
		return report_failure(
			"the kernel lets only a process with CAP_SYS_RESOURCE choose whom it charges: start this as root, or leave --rlimit-mode out");
	return report_failure("the kernel does not set --rlimit-mode %s: %s",
		by_process ? "process" : "user", strerror(-ret));
}

static int
open_iommu(const struct options *options, struct nodes *nodes)
{
	struct explanation why;
	int fd = kernel_open("/dev/iommu");

	if (fd < 0)
		return report_failure("%s", explain_iommu_node(&why, fd));
	add_node(nodes, "iommu", fd);
	return set_rlimit_mode(fd, options->rlimit_mode);
}

static int
find_device(const char *address, struct sysfs_device *place)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	if (sysfs_device_find(path, place) != 0)
		return report_failure(
			"%s: there is no such device: see \"lspci -D\"",
			address);
	if (!sysfs_device_is_of_vfio(place))
		return report_failure(
			"%s: no VFIO driver has it: run \"dpdk-devbind.py -b vfio-pci %s\"",
			address, address);
	if (place->found.cdev[0] == '\0')
		return report_failure(
			"%s: this kernel gives it no node under /dev/vfio/devices (CONFIG_VFIO_DEVICE_CDEV, Linux 6.6): use another kernel, or legacy containers without this command",
			address);
	return 0;
}

static int
check_node(const struct sysfs_device *place, const char *node, int fd)
{
	struct explanation why;
	dev_t number = 0;

	if (kernel_device_number(fd, &number) == 0 &&
		number == place->cdev_number)
		return 0;
	return report_failure(
		"%s: %s", place->address, explain_wrong_node(&why, node));
}

/* "pci-0000-01-00.0": a name cannot have a colon. */
static void
name_device(const struct sysfs_device *place, char *name, size_t size)
{
	char *colon;

	snprintf(name, size, "pci-%.40s", place->address);
	while ((colon = strchr(name, ':')) != NULL)
		*colon = '-';
}

static int
open_device(const char *address, struct nodes *nodes)
{
	struct sysfs_device place;
	struct explanation why;
	char node[PATH_MAX];
	char name[64];
	int fd;

	if (find_device(address, &place) != 0)
		return -1;
	sysfs_device_cdev_node(&place, node, sizeof(node));
	fd = kernel_open(node);
	if (fd < 0)
		return report_failure(
			"%s: %s", address, explain_device_node(&why, node, fd));
	name_device(&place, name, sizeof(name));
	add_node(nodes, name, fd);
	return check_node(&place, node, fd);
}

int
nodes_open(const struct options *options, struct nodes *nodes)
{
	unsigned int i;
	int ret;

	nodes->count = 0;
	ret = open_iommu(options, nodes);
	for (i = 0; i < options->device_count && ret == 0; i++)
		ret = open_device(options->devices[i], nodes);
	return ret;
}
