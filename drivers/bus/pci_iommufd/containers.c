/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The registry of containers, groups and devices; see containers.h. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_iommufd.h>
#include <rte_iommufd_internal.h>

#include "bus_log.h"
#include "containers.h"
#include "vfio_shim.h"

struct container {
	TAILQ_ENTRY(container) next;
	int fd; /* the number that callers use for it */
	struct rte_iommufd_context *context;
	struct rte_iommufd_space *space; /* NULL: none needed so far */
	unsigned int devices;
	unsigned int calls; /* that map or unmap at this moment */
	bool ending;	    /* destroyed by its owner, but still in use */
};

/* A group that a caller has bound, and the container for the group's devices. */
struct group {
	TAILQ_ENTRY(group) next;
	struct container *container;
	int number;
	int fd;
};

struct open_device {
	TAILQ_ENTRY(open_device) next;
	struct container *container; /* NULL: the primary process manages it */
	struct rte_iommufd_device *device;
	/* With ioas=per-device: its own, or its IOMMU group's, which mirrors the
	 * container's; where its driver has requested it, an empty one; else NULL.
	 */
	struct rte_iommufd_space *own_space;
	bool is_empty; /* own_space has nothing mapped by the bus */
	int group;
	int fd;
	char path[];
};

/* The space of a closed device, into which the program has moved another device. */
struct kept_space {
	TAILQ_ENTRY(kept_space) next;
	struct rte_iommufd_space *space;
};

/* All containers, groups and devices that are open; the registry lock guards all of it. */
static struct {
	pthread_mutex_t lock;	   /* the registry lock */
	struct container standard; /* the default container */
	TAILQ_HEAD(, container) custom;
	TAILQ_HEAD(, group) groups;
	TAILQ_HEAD(, open_device) devices;
	TAILQ_HEAD(, kept_space) kept_spaces;
} registry = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.standard = {
		.fd = VFIO_SHIM_DEFAULT_CONTAINER_FD,
	},
	.custom = TAILQ_HEAD_INITIALIZER(registry.custom),
	.groups = TAILQ_HEAD_INITIALIZER(registry.groups),
	.devices = TAILQ_HEAD_INITIALIZER(registry.devices),
	.kept_spaces = TAILQ_HEAD_INITIALIZER(registry.kept_spaces),
};

/* By VFIO_SHIM_DEFAULT_CONTAINER_FD or the fd that containers_*() gave out. */
static struct container *
find_container(int fd)
{
	struct container *container;

	if (fd == VFIO_SHIM_DEFAULT_CONTAINER_FD)
		return &registry.standard;
	TAILQ_FOREACH(container, &registry.custom, next)
		if (container->fd == fd && !container->ending)
			return container;
	if (registry.standard.space != NULL && registry.standard.fd == fd)
		return &registry.standard;
	return NULL;
}

static struct container *
require_container(int fd)
{
	struct container *container = find_container(fd);

	if (container == NULL)
		BUS_LOG(ERR, "%d is not the fd of a container", fd);
	return container;
}

static struct group *
find_group(int number)
{
	struct group *group;

	TAILQ_FOREACH(group, &registry.groups, next)
		if (group->number == number)
			return group;
	return NULL;
}

static int
require_context(struct container *container)
{
	if (container->context != NULL)
		return 0;
	return rte_iommufd_context_default(&container->context);
}

static int
require_space(struct container *container)
{
	if (container->space != NULL)
		return 0;
	return rte_iommufd_space_create(container->context, &container->space);
}

static void
end_container(struct container *container)
{
	TAILQ_REMOVE(&registry.custom, container, next);
	rte_iommufd_space_destroy(container->space);
	rte_iommufd_context_destroy(container->context);
	free(container);
}

/*
 * Ends a container that its owner has destroyed, after its last device and its last
 * call.
 */
static void
end_if_unused(struct container *container)
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
	pthread_mutex_lock(&registry.lock);
	TAILQ_INSERT_TAIL(&registry.custom, made, next);
	pthread_mutex_unlock(&registry.lock);
	*container_fd = made->fd;
	return 0;
}

static void
forget_group(struct group *group)
{
	TAILQ_REMOVE(&registry.groups, group, next);
	free(group);
}

static void
end_group(struct group *group)
{
	close(group->fd);
	forget_group(group);
}

static void
end_groups_of(const struct container *container)
{
	struct group *group, *following;

	for (group = TAILQ_FIRST(&registry.groups); group != NULL;
		group = following) {
		following = TAILQ_NEXT(group, next);
		if (group->container == container)
			end_group(group);
	}
}

static int
containers_destroy_locked(int container_fd)
{
	struct container *container = require_container(container_fd);

	if (container == NULL)
		return -EBADF;
	/* net_ntnic destroys it for each device; DPDK's own code accepts that, too. */
	if (container == &registry.standard)
		return 0;
	end_groups_of(container);
	container->ending = true;
	end_if_unused(container);
	return 0;
}

int
containers_destroy(int container_fd)
{
	int ret;

	pthread_mutex_lock(&registry.lock);
	ret = containers_destroy_locked(container_fd);
	pthread_mutex_unlock(&registry.lock);
	return ret;
}

/*
 * The settings change the default container only: a driver's own container is one
 * space.
 */
static bool
is_apart(const struct container *container)
{
	return container == &registry.standard &&
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
	ret = require_context(&registry.standard);
	if (ret == 0)
		ret = require_space(&registry.standard);
	if (ret != 0)
		return ret;
	if (is_apart(&registry.standard)) {
		BUS_LOG(ERR,
			"a driver maps memory by type1 calls, which reach no device that has an address space of its own: use RTE_IOMMUFD=ioas=shared");
		return -EINVAL;
	}
	if (registry.standard.fd == VFIO_SHIM_DEFAULT_CONTAINER_FD) {
		ret = rte_iommufd_space_type1_fd(registry.standard.space);
		if (ret < 0)
			return ret == -EOPNOTSUPP ? -EIO : ret;
		registry.standard.fd = ret;
	}
	*container_fd = registry.standard.fd;
	return 0;
}

int
containers_default_fd(int *container_fd)
{
	int ret;

	pthread_mutex_lock(&registry.lock);
	ret = containers_default_fd_locked(container_fd);
	pthread_mutex_unlock(&registry.lock);
	return ret;
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
	TAILQ_INSERT_TAIL(&registry.groups, made, next);
	*group = made;
	return 0;
}

static int
containers_bind_locked(int container_fd, int number, int *group_fd)
{
	struct container *container = require_container(container_fd);
	struct group *group = find_group(number);
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

	pthread_mutex_lock(&registry.lock);
	ret = containers_bind_locked(container_fd, group, group_fd);
	pthread_mutex_unlock(&registry.lock);
	return ret;
}

static int
containers_unbind_locked(int container_fd, int number)
{
	struct container *container = require_container(container_fd);
	struct group *group = find_group(number);

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

	pthread_mutex_lock(&registry.lock);
	ret = containers_unbind_locked(container_fd, group);
	pthread_mutex_unlock(&registry.lock);
	return ret;
}

int
containers_group_fd(int number, int *group_fd)
{
	struct group *group;

	pthread_mutex_lock(&registry.lock);
	group = find_group(number);
	if (group != NULL)
		*group_fd = group->fd;
	pthread_mutex_unlock(&registry.lock);
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

	pthread_mutex_lock(&registry.lock);
	TAILQ_FOREACH(group, &registry.groups, next)
		if (group->fd == group_fd)
			break;
	/* The caller has closed it: the number may belong to another file now. */
	if (group != NULL)
		forget_group(group);
	pthread_mutex_unlock(&registry.lock);
	return group == NULL ? -EBADF : 0;
}

static struct open_device *
find_device(int fd)
{
	struct open_device *device;

	TAILQ_FOREACH(device, &registry.devices, next)
		if (device->fd == fd)
			return device;
	return NULL;
}

/*
 * Two errors have a special meaning for the caller: -ENODEV (VFIO does not manage the
 * device) and -EOPNOTSUPP (DPDK's own code shall open it). The same errors from other
 * functions are ordinary failures: they must not lead to a second attempt.
 */
static int
containers_plain_error(int ret)
{
	if (ret == -ENODEV)
		return -ENXIO;
	return ret == -EOPNOTSUPP ? -EIO : ret;
}

static bool
is_left_to_stock(const struct container *container)
{
	return container->context != NULL &&
		strcmp(rte_iommufd_context_backend(container->context),
			"stock") == 0;
}

/* Devices of one group are not kept apart by the IOMMU, so they share a space. */
static struct rte_iommufd_space *
own_space_of_group(const struct open_device *made)
{
	const struct open_device *other;

	TAILQ_FOREACH(other, &registry.devices, next)
		if (other->own_space != NULL && other->group >= 0 &&
			other->group == made->group)
			return other->own_space;
	return NULL;
}

static int
require_own_space(struct open_device *made, struct container *container)
{
	made->own_space = own_space_of_group(made);
	if (made->own_space != NULL)
		return 0;
	return rte_iommufd_space_create(container->context, &made->own_space);
}

/* Also true when another device of its group has an empty space of its own. */
static bool
wants_own_space(
	const struct open_device *made, const struct container *container)
{
	return made->is_empty || is_apart(container) ||
		(container == &registry.standard &&
			own_space_of_group(made) != NULL);
}

/*
 * A request holds only for a device without others in its group: devices of one group
 * share a space.
 */
static bool
is_to_be_empty(const struct open_device *made)
{
	const struct open_device *other;

	if (!rte_iommufd_device_wants_empty(made->path))
		return false;
	TAILQ_FOREACH(other, &registry.devices, next)
		if (other->group >= 0 && other->group == made->group)
			return false;
	return true;
}

/* Used by a device that owns it, or by one that the program has moved there. */
static bool
is_in_use(const struct rte_iommufd_space *space)
{
	struct open_device *device;

	TAILQ_FOREACH(device, &registry.devices, next)
		if (device->own_space == space ||
			rte_iommufd_device_space(device->device) == space)
			return true;
	return false;
}

static void
keep_space(struct rte_iommufd_space *space)
{
	struct kept_space *kept = calloc(1, sizeof(*kept));

	if (kept == NULL) {
		BUS_LOG(ERR,
			"no memory to end an address space later: it stays to the end of the process");
		return;
	}
	kept->space = space;
	TAILQ_INSERT_TAIL(&registry.kept_spaces, kept, next);
}

static void
release_kept_spaces(void)
{
	struct kept_space *kept, *following;

	for (kept = TAILQ_FIRST(&registry.kept_spaces); kept != NULL;
		kept = following) {
		following = TAILQ_NEXT(kept, next);
		if (is_in_use(kept->space))
			continue;
		TAILQ_REMOVE(&registry.kept_spaces, kept, next);
		rte_iommufd_space_destroy(kept->space);
		free(kept);
	}
}

static void
release_own_space(struct open_device *device)
{
	struct open_device *other;

	if (device->own_space == NULL)
		return;
	TAILQ_FOREACH(other, &registry.devices, next)
		if (other->own_space == device->own_space)
			return;
	if (is_in_use(device->own_space))
		keep_space(device->own_space);
	else
		rte_iommufd_space_destroy(device->own_space);
	release_kept_spaces();
}

static int
containers_attach_own(struct open_device *made, struct container *container)
{
	struct rte_iommufd_space *space;
	int ret;

	ret = require_space(container);
	if (ret == 0 && wants_own_space(made, container))
		ret = require_own_space(made, container);
	if (ret != 0)
		return ret;
	space = made->own_space != NULL ? made->own_space : container->space;
	ret = rte_iommufd_device_attach(made->device, space);
	if (ret != 0)
		release_own_space(made);
	return ret;
}

static int
containers_open_own(struct open_device *made, struct container *container,
	const char *path, const uint8_t *vf_token)
{
	int ret = require_context(container);

	if (ret != 0)
		return ret;
	/* The device first: it decides which backend the context can have. */
	ret = rte_iommufd_device_open(
		container->context, path, vf_token, &made->device);
	if (ret == -EOPNOTSUPP)
		return is_left_to_stock(container) ? ret : -EIO;
	if (ret != 0)
		return ret;
	made->is_empty = container == &registry.standard &&
		is_to_be_empty(made);
	ret = containers_attach_own(made, container);
	if (ret != 0) {
		rte_iommufd_device_close(made->device);
		return containers_plain_error(ret);
	}
	if (made->is_empty) /* nothing is mapped for it */
		return 0;
	container->devices++;
	made->container = container;
	return 0;
}

/* Closes the device and releases its container; the device is not in the registry. */
static void
leave_container(struct open_device *device)
{
	struct container *container = device->container;

	rte_iommufd_device_close(device->device);
	release_own_space(device);
	if (container == NULL)
		return;
	container->devices--;
	end_if_unused(container);
}

/*
 * Returns -EOPNOTSUPP only when the primary process answers that it uses DPDK's own
 * code.
 */
static int
containers_borrow(const char *path, struct open_device *made)
{
	int ret = rte_iommufd_process_borrow(path, &made->device);

	return ret == -ENODEV ? -ENXIO : ret;
}

static int
containers_open_locked(const char *path, int number, const uint8_t *vf_token,
	struct open_device **device, struct vfio_device_info *info)
{
	struct group *group = find_group(number);
	struct container *container = group == NULL ? &registry.standard
						    : group->container;
	struct open_device *made = calloc(1, sizeof(*made) + strlen(path) + 1);
	int ret;

	if (made == NULL) {
		BUS_LOG(ERR, "no memory for %s", path);
		return -ENOMEM;
	}
	strcpy(made->path, path);
	made->group = number;
	if (rte_eal_process_type() == RTE_PROC_SECONDARY)
		ret = containers_borrow(path, made);
	else
		ret = containers_open_own(made, container, path, vf_token);
	if (ret != 0)
		goto release;
	ret = containers_plain_error(
		rte_iommufd_device_info(made->device, info));
	if (ret != 0)
		goto leave;
	made->fd = rte_iommufd_device_fd(made->device);
	TAILQ_INSERT_TAIL(&registry.devices, made, next);
	*device = made;
	return 0;

leave:
	leave_container(made);
release:
	free(made);
	return ret;
}

static void
close_device(struct open_device *device)
{
	TAILQ_REMOVE(&registry.devices, device, next);
	leave_container(device);
	free(device);
}

/*
 * Maps EAL's memory for a device of the default container: for the first device, or, with
 * ioas=per-device, for each. Called without the registry lock, because it takes EAL's
 * lock.
 */
static int
containers_begin_standard(struct rte_iommufd_space *own_space)
{
	struct rte_iommufd_space *standard = registry.standard.space;
	int ret = rte_iommufd_space_follow_memory(standard);

	if (ret == 0 && own_space != NULL)
		ret = rte_iommufd_space_mirror(own_space, standard);
	return containers_plain_error(
		ret == 0 ? rte_iommufd_process_serve() : ret);
}

int
containers_open_device(const char *path, int group, const uint8_t *vf_token,
	int *fd, struct vfio_device_info *info)
{
	struct rte_iommufd_space *own_space = NULL;
	bool standard, is_empty;
	struct open_device *device;
	int ret;

	pthread_mutex_lock(&registry.lock);
	ret = containers_open_locked(path, group, vf_token, &device, info);
	standard = ret == 0 && device->container == &registry.standard;
	is_empty = ret == 0 && device->is_empty;
	if (ret == 0) {
		*fd = device->fd;
		own_space = device->own_space;
	}
	pthread_mutex_unlock(&registry.lock);
	if (is_empty)
		ret = containers_plain_error(rte_iommufd_process_serve());
	else if (standard)
		ret = containers_begin_standard(own_space);
	else
		return ret;
	if (ret != 0)
		containers_close_device(path, *fd);
	return ret;
}

bool
containers_are_in_use(void)
{
	bool in_use;

	pthread_mutex_lock(&registry.lock);
	in_use = !TAILQ_EMPTY(&registry.devices) ||
		!TAILQ_EMPTY(&registry.custom);
	pthread_mutex_unlock(&registry.lock);
	return in_use;
}

int
containers_close_device(const char *path, int fd)
{
	struct open_device *device;
	int ret = -ENODEV;

	pthread_mutex_lock(&registry.lock);
	device = find_device(fd);
	if (device != NULL && strcmp(device->path, path) == 0) {
		close_device(device);
		ret = 0;
	}
	pthread_mutex_unlock(&registry.lock);
	return ret;
}

int
containers_device_info(int fd, struct vfio_device_info *info)
{
	struct open_device *device;
	int ret = -ENODEV;

	pthread_mutex_lock(&registry.lock);
	device = find_device(fd);
	if (device != NULL)
		ret = rte_iommufd_device_info(device->device, info);
	pthread_mutex_unlock(&registry.lock);
	return ret;
}

/* Not an error for vhost, which calls this to learn whether a device is there. */
static int
without_device(uint64_t iova, uint64_t length)
{
	BUS_LOG(DEBUG,
		"%#" PRIx64 " + %#" PRIx64
		" not mapped: no device is in the container",
		iova, length);
	return -ENODEV;
}

/*
 * Keeps the container and its space until containers_call_end(), without the registry
 * lock.
 */
static int
containers_call_begin(int container_fd, unsigned int least_devices,
	struct container **container)
{
	int ret = 0;

	pthread_mutex_lock(&registry.lock);
	*container = require_container(container_fd);
	if (*container == NULL)
		ret = -EBADF;
	else if ((*container)->devices < least_devices)
		ret = -ENODEV;
	else if ((*container)->space == NULL)
		ret = -EINVAL;
	else
		(*container)->calls++;
	pthread_mutex_unlock(&registry.lock);
	return ret;
}

static void
containers_call_end(struct container *container)
{
	pthread_mutex_lock(&registry.lock);
	container->calls--;
	end_if_unused(container);
	pthread_mutex_unlock(&registry.lock);
}

/*
 * Whether the primary process keeps what is mapped into the container: in a secondary one.
 * Its answer is waited for without the lock.
 */
static bool
is_kept_by_primary(int container_fd)
{
	return container_fd == VFIO_SHIM_DEFAULT_CONTAINER_FD &&
		rte_eal_process_type() == RTE_PROC_SECONDARY;
}

int
containers_map(int container_fd, uint64_t va, uint64_t iova, uint64_t length)
{
	struct container *container;
	int ret;

	/* For the devices that are borrowed. */
	if (is_kept_by_primary(container_fd) && containers_are_in_use())
		return rte_iommufd_process_map(
			(const void *)(uintptr_t)va, iova, length);
	ret = containers_call_begin(container_fd, 1, &container);
	if (ret == -ENODEV)
		return without_device(iova, length);
	if (ret != 0)
		return ret;
	ret = rte_iommufd_space_map_counted(container->space,
		(const void *)(uintptr_t)va, iova, length,
		RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE);
	containers_call_end(container);
	return ret;
}

int
containers_unmap(int container_fd, uint64_t va, uint64_t iova, uint64_t length)
{
	struct container *container;
	int ret;

	/* Also when the borrowed devices are closed. */
	if (is_kept_by_primary(container_fd))
		return rte_iommufd_process_unmap(
			(const void *)(uintptr_t)va, iova, length);
	ret = containers_call_begin(container_fd, 0, &container);
	if (ret == -EINVAL)
		BUS_LOG(ERR,
			"cannot unmap %#" PRIx64 " + %#" PRIx64
			": it was not mapped by the program",
			iova, length);
	if (ret != 0)
		return ret;
	ret = rte_iommufd_space_unmap_counted(
		container->space, (const void *)(uintptr_t)va, iova, length);
	containers_call_end(container);
	return ret;
}
