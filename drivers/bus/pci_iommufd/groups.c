/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Groups that a driver binds to a container, and the descriptors that stand in for the
 * groups' own; see containers.h. IOMMUFD has no groups: what is recorded here only decides
 * which container a device goes into when it is opened.
 *
 * Must not know: devices.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus_log.h"
#include "containers.h"
#include "registry.h"

static void
forget_group(struct group *group)
{
	TAILQ_REMOVE(&containers_registry.groups, group, next);
	free(group);
}

static void
end_group(struct group *group)
{
	close(group->fd);
	forget_group(group);
}

void
groups_end_of(const struct container *container)
{
	struct group *group, *following;

	for (group = TAILQ_FIRST(&containers_registry.groups); group != NULL;
		group = following) {
		following = TAILQ_NEXT(group, next);
		if (group->container == container)
			end_group(group);
	}
}

static int
make_group(struct container *container, int number, struct group **group)
{
	struct group *made = calloc(1, sizeof(*made));

	if (made == NULL) {
		BUS_LOG(ERR, "no memory for group %d", number);
		return -ENOMEM;
	}
	/* A unique number, which does nothing when it is used. */
	made->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (made->fd < 0) {
		BUS_LOG(ERR, "no file descriptor for group %d: %s", number,
			strerror(errno));
		free(made);
		return -EMFILE;
	}
	made->container = container;
	made->number = number;
	TAILQ_INSERT_TAIL(&containers_registry.groups, made, next);
	*group = made;
	return 0;
}

static int
containers_bind_locked(int container_fd, int number, int *group_fd)
{
	struct container *container = registry_require_container(container_fd);
	struct group *group = registry_group(number);
	int ret;

	if (container == NULL)
		return -EBADF;
	if (group == NULL) {
		ret = make_group(container, number, &group);
		if (ret != 0)
			return ret;
	}
	if (group->container != container) {
		BUS_LOG(ERR,
			"group %d is in another container: unbind it there",
			number);
		return -EBUSY;
	}
	*group_fd = group->fd;
	return 0;
}

int
containers_bind_group(int container_fd, int group, int *group_fd)
{
	int ret;

	pthread_mutex_lock(&containers_registry.lock);
	ret = containers_bind_locked(container_fd, group, group_fd);
	pthread_mutex_unlock(&containers_registry.lock);
	return ret;
}

static int
containers_unbind_locked(int container_fd, int number)
{
	struct container *container = registry_require_container(container_fd);
	struct group *group = registry_group(number);

	if (container == NULL)
		return -EBADF;
	if (group == NULL || group->container != container) {
		BUS_LOG(ERR, "group %d is not in this container", number);
		return -ENOENT;
	}
	end_group(group);
	return 0;
}

int
containers_unbind_group(int container_fd, int group)
{
	int ret;

	pthread_mutex_lock(&containers_registry.lock);
	ret = containers_unbind_locked(container_fd, group);
	pthread_mutex_unlock(&containers_registry.lock);
	return ret;
}

int
containers_group_fd(int number, int *group_fd)
{
	struct group *group;

	pthread_mutex_lock(&containers_registry.lock);
	group = registry_group(number);
	if (group != NULL)
		*group_fd = group->fd;
	pthread_mutex_unlock(&containers_registry.lock);
	if (group != NULL)
		return 0;
	BUS_LOG(ERR,
		"a driver asks for IOMMU group %d to open devices by itself, which only DPDK's own VFIO code can serve: use RTE_IOMMUFD=backend=stock",
		number);
	return -EOPNOTSUPP;
}

int
containers_forget_group_fd(int group_fd)
{
	struct group *group;

	pthread_mutex_lock(&containers_registry.lock);
	TAILQ_FOREACH(group, &containers_registry.groups, next)
		if (group->fd == group_fd)
			break;
	/* The caller has closed it: the number may belong to another file now. */
	if (group != NULL)
		forget_group(group);
	pthread_mutex_unlock(&containers_registry.lock);
	return group == NULL ? -EBADF : 0;
}
