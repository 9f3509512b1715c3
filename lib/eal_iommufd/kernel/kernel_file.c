/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What is asked of files and descriptors, whatever device is behind them, and time; see kernel.h.
 *
 * Must not know: any ioctl().
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "kernel/kernel.h"

int
kernel_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
kernel_check_access(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 ? -errno
								      : 0;
}

int
kernel_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}

int
kernel_duplicate_fd(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

int
kernel_open_own_process(void)
{
	int fd = syscall(SYS_pidfd_open, getpid(), 0);

	return fd < 0 ? -errno : fd;
}

int
kernel_check_waitable(int fd)
{
	struct epoll_event readable = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int ret;

	if (epoll < 0)
		return -errno;
	ret = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &readable) < 0 ? -errno : 0;
	close(epoll);
	return ret;
}

int
kernel_device_number(int fd, dev_t *number)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISCHR(status.st_mode))
		return -ENODEV;
	*number = status.st_rdev;
	return 0;
}

static int
read_device_number(const char *path, dev_t *number)
{
	unsigned int major_number, minor_number;
	FILE *file;
	int read;

	file = fopen(path, "re");
	if (file == NULL)
		return -errno;
	read = fscanf(file, "%u:%u", &major_number, &minor_number);
	fclose(file);
	if (read != 2)
		return -ENODEV;
	*number = makedev(major_number, minor_number);
	return 0;
}

/* vfio_group_alloc() */
int
kernel_group_number(const char *name, dev_t *number)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/class/vfio/%s/dev", name);
	return read_device_number(path, number);
}

/* iommu_misc_dev */
int
kernel_iommu_number(dev_t *number)
{
	return read_device_number("/sys/class/misc/iommu/dev", number);
}

int
kernel_set_cloexec(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

void
kernel_sleep(unsigned int milliseconds)
{
	const struct timespec time = {
		.tv_sec = milliseconds / 1000,
		.tv_nsec = milliseconds % 1000 * 1000000L,
	};

	nanosleep(&time, NULL);
}
