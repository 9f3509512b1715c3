/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Descriptors of messages; see received_fds.h. */

#include <errno.h>

#include "eal/received_fds.h"
#include "kernel/kernel.h"

/* The number comes from the sender. */
static unsigned int
count_fds(const struct rte_mp_msg *message)
{
	if (message->num_fds < 0)
		return 0;
	return message->num_fds > RTE_MP_MAX_FD_NUM ? RTE_MP_MAX_FD_NUM
						    : message->num_fds;
}

void
received_fds_close(const struct rte_mp_msg *message)
{
	const unsigned int count = count_fds(message);
	unsigned int i;

	for (i = 0; i < count; i++)
		kernel_close(message->fds[i]);
}

int
received_fds_take(
	const struct rte_mp_msg *message, int *fds, unsigned int count)
{
	int ret = count_fds(message) == count ? 0 : -EIO;
	unsigned int i;

	for (i = 0; ret == 0 && i < count; i++) {
		fds[i] = message->fds[i];
		ret = kernel_set_cloexec(fds[i]);
	}
	if (ret != 0)
		received_fds_close(message);
	return ret;
}
