/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Receipt of descriptors; see mp_message.h. */

#include <assert.h>
#include <errno.h>

#include "eal/mp_message.h"
#include "kernel/kernel.h"

static_assert(sizeof(struct mp_request) == RTE_MP_MAX_PARAM_LEN,
	"a request is as large as a message");

int
mp_message_take_fd(const struct rte_mp_msg *message)
{
	int i;

	if (message->num_fds == 1)
		return message->fds[0];
	for (i = 0; i < message->num_fds; i++)
		kernel_close(message->fds[i]);
	return -EIO;
}
