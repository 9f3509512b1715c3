/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* /dev/iommu; see iommu_node.h. */

#include <errno.h>
#include <pthread.h>
#include <sys/types.h>

#include "backend/iommu_node.h"
#include "explain/explain.h"
#include "kernel/kernel.h"
#include "kernel/passed_fds.h"

#define IOMMU_NODE "/dev/iommu"

/* Which file the process has is decided once. Taken under a context's lock. */
static pthread_mutex_t iommu_lock = PTHREAD_MUTEX_INITIALIZER;

/* A copy of the passed file, which stays open for the next context. */
static int
open_passed(const struct passed_fd *passed, struct explanation *why)
{
	dev_t number = 0, expected = 0;
	int ret = kernel_device_number(passed->fd, &number);

	if (ret == 0)
		ret = kernel_iommu_number(&expected);
	if (ret == 0 && number != expected)
		ret = -ENXIO;
	if (ret != 0) {
		explain_passed_fd(
			why, passed->fd, passed->name, IOMMU_NODE, ret);
		return ret;
	}
	ret = kernel_duplicate_fd(passed->fd);
	if (ret < 0)
		explain_iommu_node(why, ret);
	return ret;
}

/*
 * A device that was passed is bound once in the life of its file, so all contexts of this process
 * then have the same file of /dev/iommu. iommu_lock is held.
 */
static int
iommu_node_open_file(struct explanation *why)
{
	const struct passed_fd *passed = passed_fds_find_iommu();
	int fd, ret;

	if (passed != NULL)
		return open_passed(passed, why);
	fd = kernel_open(IOMMU_NODE);
	if (fd < 0) {
		explain_iommu_node(why, fd);
		return fd;
	}
	ret = passed_fds_have_devices() ? passed_fds_keep_iommu(fd) : 0;
	if (ret == 0)
		return fd;
	kernel_close(fd);
	explain_iommu_node(why, ret);
	return ret;
}

/* What the kernel does not tell is what it has always done: it charges the user. */
static int
settle_rlimit(int fd, enum settings_rlimit rlimit, bool *charges_process,
	struct explanation *why)
{
	const bool wanted = rlimit == SETTINGS_RLIMIT_PROCESS;
	int ret;

	if (kernel_iommu_get_rlimit_mode(fd, charges_process) != 0)
		*charges_process = false;
	if (rlimit == SETTINGS_RLIMIT_AUTO || wanted == *charges_process)
		return 0;
	ret = kernel_iommu_set_rlimit_mode(fd, wanted);
	if (ret == 0)
		*charges_process = wanted;
	else
		explain_rlimit_mode(why, wanted, ret);
	return ret;
}

int
iommu_node_open(enum settings_rlimit rlimit, bool *charges_process,
	struct explanation *why)
{
	int fd, ret;

	pthread_mutex_lock(&iommu_lock);
	fd = iommu_node_open_file(why);
	pthread_mutex_unlock(&iommu_lock);
	if (fd < 0)
		return fd;
	ret = settle_rlimit(fd, rlimit, charges_process, why);
	if (ret != 0) {
		kernel_close(fd);
		return ret;
	}
	return fd;
}
