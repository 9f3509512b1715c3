/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RECEIVED_FDS_H
#define RECEIVED_FDS_H

/*
 * File descriptors that came with a message of EAL's multi-process channel (SCM_RIGHTS).
 * EAL receives them without MSG_CMSG_CLOEXEC and leaves them to the message's receiver:
 * here they get FD_CLOEXEC, and unexpected ones are closed. A program that is
 * executed by another thread between EAL's recvmsg() and this still inherits them.
 *
 * Must not know: what messages are about.
 */

#include <rte_eal.h>

/* The message may have no descriptors: closes those that it has. */
void received_fds_close(const struct rte_mp_msg *message);

/*
 * The message has to have this many descriptors: stores them, with FD_CLOEXEC, and
 * returns 0. Else closes all of them and returns -EIO, or the errno of fcntl(2).
 */
int received_fds_take(
	const struct rte_mp_msg *message, int *fds, unsigned int count);

#endif /* RECEIVED_FDS_H */
