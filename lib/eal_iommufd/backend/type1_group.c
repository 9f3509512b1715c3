/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* IOMMU groups and the files of their devices; see type1_group.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_uuid.h>

#include "backend/type1_group.h"
#include "explain/explain.h"
#include "kernel/kernel.h"
#include "util/log.h"

static struct group *
find_group(struct rte_iommufd_context *context, int number)
{
	struct group *group;

	TAILQ_FOREACH(group, &context->groups, next)
		if (group->number == number)
			return group;
	return NULL;
}

/* The name in /dev can point to any device. */
static int
check_group_node(const char *node, int fd)
{
	dev_t number = 0;
	dev_t expected = 0;
	int ret = kernel_device_number(fd, &number);

	if (ret == 0)
		ret = kernel_group_number(strrchr(node, '/') + 1, &expected);
	return ret == 0 && number == expected ? 0 : -ENXIO;
}

static int
open_group_fd(const struct sysfs_device *place, struct explanation *why)
{
	char node[PATH_MAX];
	bool viable = false;
	int fd, ret;

	sysfs_device_group_node(place, node, sizeof(node));
	fd = kernel_open(node);
	if (fd < 0) {
		explain_group_node(why, place, fd);
		return fd;
	}
	ret = check_group_node(node, fd);
	if (ret != 0) {
		kernel_close(fd);
		explain_wrong_node(why, node);
		return ret;
	}
	ret = kernel_group_viable(fd, &viable);
	if (ret == 0 && viable)
		return fd;
	kernel_close(fd);
	explain_not_viable(why, place);
	return ret != 0 ? ret : -EPERM;
}

static int
open_group(const struct rte_iommufd_device *device, struct group **group,
	struct explanation *why)
{
	struct group *made = calloc(1, sizeof(*made));
	int fd;

	if (made == NULL) {
		explain_no_memory(why, "its group");
		return -ENOMEM;
	}
	fd = open_group_fd(&device->place, why);
	if (fd < 0) {
		free(made);
		return fd;
	}
	made->number = device->place.found.group;
	made->fd = fd;
	TAILQ_INSERT_TAIL(&device->context->groups, made, next);
	*group = made;
	return 0;
}

int
group_get(struct rte_iommufd_device *device, struct explanation *why)
{
	struct group *group = find_group(
		device->context, device->place.found.group);
	int ret;

	if (group == NULL) {
		ret = open_group(device, &group, why);
		if (ret != 0)
			return ret;
	}
	group->opened++;
	device->group = group;
	return 0;
}

bool
group_put(struct rte_iommufd_device *device)
{
	struct group *group = device->group;

	device->group = NULL;
	if (--group->opened > 0)
		return false;
	TAILQ_REMOVE(&device->context->groups, group, next);
	return true;
}

void
group_end(struct group *group)
{
	kernel_close(group->fd);
	free(group);
}

/* The group is in that container. */
static void
explain_refusal(struct explanation *why,
	const struct rte_iommufd_device *device, int container_fd, int err)
{
	if (kernel_container_is_iommufd(container_fd))
		explain_group_device_in_iommufd(
			why, &device->place, device->has_vf_token, err);
	else
		explain_group_device(
			why, &device->place, device->has_vf_token, err);
}

/* A VF is named by "ADDRESS vf_token=UUID": vfio_pci_core_match(). */
static int
ask_for_device(const struct rte_iommufd_device *device)
{
	char token[RTE_UUID_STRLEN];
	char name[256];

	snprintf(name, sizeof(name), "%s", device->place.address);
	if (device->has_vf_token) {
		rte_uuid_unparse(device->vf_token, token, sizeof(token));
		snprintf(name, sizeof(name), "%s vf_token=%s",
			device->place.address, token);
	}
	return kernel_group_open_device_fd(device->group->fd, name);
}

int
group_open_device(struct rte_iommufd_device *device)
{
	int fd = ask_for_device(device);
	struct explanation why;

	if (fd < 0) {
		explain_refusal(
			&why, device, device->group->space->container_fd, fd);
		IOMMUFD_LOG(ERR, "%s: %s", device->place.address, why.text);
		return fd;
	}
	device->fd = fd;
	device->group->attached++;
	return 0;
}

int
group_try_device(const struct rte_iommufd_device *device, int container_fd,
	struct explanation *why)
{
	int fd;

	if (!device->has_vf_token)
		return 0;
	fd = ask_for_device(device);
	if (fd < 0) {
		explain_refusal(why, device, container_fd, fd);
		return fd;
	}
	kernel_close(fd);
	return 0;
}

void
group_close_device(struct rte_iommufd_device *device)
{
	kernel_close(device->fd);
	device->fd = -1;
	device->group->attached--;
}

bool
group_any_attached(const struct rte_iommufd_space *space)
{
	const struct group *group;

	TAILQ_FOREACH(group, &space->context->groups, next)
		if (group->space == space && group->attached > 0)
			return true;
	return false;
}
