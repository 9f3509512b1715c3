/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef KERNEL_CALL_H
#define KERNEL_CALL_H

/*
 * How kernel_*.c call ioctl(): no other file does.
 *
 * Must not know: what is called.
 */

#include <errno.h>
#include <sys/ioctl.h>

/* What ioctl() returns, or -errno. */
static inline int
kernel_call(int fd, unsigned long request, void *argument)
{
	int result = ioctl(fd, request, argument);

	return result < 0 ? -errno : result;
}

#endif /* KERNEL_CALL_H */
