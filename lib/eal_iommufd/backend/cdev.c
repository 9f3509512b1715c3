/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The node of a VFIO device; see cdev.h. */

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include <rte_errno.h>

#include "backend/cdev.h"
#include "explain/explain.h"
#include "kernel/kernel.h"
#include "kernel/passed_fds.h"
#include "kernel/sysfs_device.h"
#include "util/log.h"

/* Contexts of several threads can want one passed file. Taken under a context's lock. */
static pthread_mutex_t passed_lock = PTHREAD_MUTEX_INITIALIZER;

static int
check_number(const struct sysfs_device *place, int fd)
{
	dev_t number = 0;
	int ret = kernel_device_number(fd, &number);

	return ret == 0 && number != place->cdev_number ? -ENXIO : ret;
}

static int
open_passed(const struct sysfs_device *place, const struct passed_fd *passed,
	struct explanation *why)
{
	char node[PATH_MAX];
	int ret = check_number(place, passed->fd);

	sysfs_device_cdev_node(place, node, sizeof(node));
	if (ret != 0) {
		explain_passed_fd(why, passed->fd, passed->name, node, ret);
		return ret;
	}
	ret = kernel_duplicate_fd(passed->fd);
	if (ret < 0)
		explain_device_node(why, node, ret);
	return ret;
}

static int
open_node(const struct sysfs_device *place, struct explanation *why)
{
	char node[PATH_MAX];
	int fd;

	sysfs_device_cdev_node(place, node, sizeof(node));
	fd = kernel_open(node);
	if (fd < 0) {
		explain_device_node(why, node, fd);
		return fd;
	}
	if (check_number(place, fd) == 0)
		return fd;
	kernel_close(fd);
	explain_wrong_node(why, node);
	return -ENXIO;
}

int
cdev_open(const struct sysfs_device *place, struct explanation *why)
{
	const struct passed_fd *passed = passed_fds_find_device(place);

	return passed != NULL ? open_passed(place, passed, why)
			      : open_node(place, why);
}

static bool
is_same_token(const struct passed_fd *passed, const uint8_t *vf_token)
{
	if (vf_token == NULL || !passed->has_vf_token)
		return passed->has_vf_token == (vf_token != NULL);
	return memcmp(passed->vf_token, vf_token, sizeof(passed->vf_token)) ==
		0;
}

static void
remember_binding(struct passed_fd *passed, const uint8_t *vf_token, uint32_t id)
{
	passed->iommufd_id = id;
	passed->has_vf_token = vf_token != NULL;
	if (vf_token != NULL)
		memcpy(passed->vf_token, vf_token, sizeof(passed->vf_token));
}

/* What is bound already is bound to the iommufd of the process: see iommu_node.c. */
static int
bind_passed(const struct sysfs_device *place, struct passed_fd *passed,
	int iommu_fd, const uint8_t *vf_token, struct explanation *why)
{
	uint32_t id;
	int ret;

	switch (passed->state) {
	case PASSED_IN_USE:
		explain_passed_in_use(why, passed->fd);
		return -EBUSY;
	case PASSED_IDLE:
		if (is_same_token(passed, vf_token))
			return 0;
		explain_passed_token(why, passed->fd);
		return -EACCES;
	case PASSED_UNBOUND:
		break;
	}
	ret = kernel_device_bind(passed->fd, iommu_fd, vf_token, &id);
	if (ret == 0)
		remember_binding(passed, vf_token, id);
	else
		explain_bind(why, place, vf_token != NULL, ret);
	return ret;
}

/* passed_lock is held. */
static int
open_passed_bound(const struct sysfs_device *place, struct passed_fd *passed,
	int iommu_fd, const uint8_t *vf_token, uint32_t *device_id,
	struct explanation *why)
{
	int fd = open_passed(place, passed, why);
	int ret;

	if (fd < 0)
		return fd;
	ret = bind_passed(place, passed, iommu_fd, vf_token, why);
	if (ret != 0) {
		kernel_close(fd);
		return ret;
	}
	passed_fds_set_state(passed, PASSED_IN_USE);
	*device_id = passed->iommufd_id;
	return fd;
}

static int
open_node_bound(const struct sysfs_device *place, int iommu_fd,
	const uint8_t *vf_token, uint32_t *device_id, struct explanation *why)
{
	int fd = open_node(place, why);
	int ret;

	if (fd < 0)
		return fd;
	ret = kernel_device_bind(fd, iommu_fd, vf_token, device_id);
	if (ret == 0)
		return fd;
	/* Closed first: explain_bind() searches the open files of processes for the node. */
	kernel_close(fd);
	explain_bind(why, place, vf_token != NULL, ret);
	return ret;
}

int
cdev_open_bound(const struct sysfs_device *place, int iommu_fd,
	const uint8_t *vf_token, uint32_t *device_id, struct explanation *why)
{
	struct passed_fd *passed = passed_fds_find_device(place);
	int fd;

	if (passed == NULL)
		return open_node_bound(
			place, iommu_fd, vf_token, device_id, why);
	pthread_mutex_lock(&passed_lock);
	fd = open_passed_bound(
		place, passed, iommu_fd, vf_token, device_id, why);
	pthread_mutex_unlock(&passed_lock);
	return fd;
}

/*
 * A device that is being removed waits for its file to be closed, and is not in sysfs any more:
 * vfio_unregister_group_dev().
 */
static bool
is_leaving(const struct sysfs_device *place)
{
	struct sysfs_device now;

	return sysfs_device_find(place->path, &now) != 0 ||
		now.cdev_number != place->cdev_number;
}

/* Whether the passed file may stay open without its device doing anything. */
static bool
can_keep(const struct sysfs_device *place, const struct passed_fd *passed)
{
	int ret;

	if (is_leaving(place))
		return false;
	ret = kernel_device_stop(passed->fd);
	if (ret != 0)
		IOMMUFD_LOG(WARNING,
			"%s: it cannot be stopped with its file open (%s): the file that was passed for it, descriptor %d, is closed, and the device cannot be opened by it again",
			place->address, rte_strerror(-ret), passed->fd);
	return ret == 0;
}

void
cdev_close(const struct sysfs_device *place, int fd)
{
	struct passed_fd *passed = passed_fds_find_device(place);

	kernel_close(fd);
	if (passed == NULL)
		return;
	pthread_mutex_lock(&passed_lock);
	if (passed->state == PASSED_IN_USE) {
		if (can_keep(place, passed))
			passed_fds_set_state(passed, PASSED_IDLE);
		else
			passed_fds_close(passed);
	}
	pthread_mutex_unlock(&passed_lock);
}

void
cdev_give_up(const struct sysfs_device *place)
{
	struct passed_fd *passed = passed_fds_find_device(place);

	if (passed == NULL)
		return;
	pthread_mutex_lock(&passed_lock);
	if (passed->state == PASSED_IDLE)
		passed_fds_close(passed);
	pthread_mutex_unlock(&passed_lock);
}
