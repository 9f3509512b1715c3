/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Receipt of descriptors; see mp_message.h. */

#include <assert.h>

#include "eal/mp_message.h"
#include "eal/received_fds.h"

static_assert(sizeof(struct mp_request) == RTE_MP_MAX_PARAM_LEN,
	"a request is as large as a message");

int
mp_message_take_fd(const struct rte_mp_msg *message)
{
	int fd = -1;
	int ret = received_fds_take(message, &fd, 1);

	return ret != 0 ? ret : fd;
}
