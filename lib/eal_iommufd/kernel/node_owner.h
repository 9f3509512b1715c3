/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef NODE_OWNER_H
#define NODE_OWNER_H

/*
 * Which process has a device node open: the kernel only returns EBUSY, and /proc shows
 * the process (for processes of this user, or for all when it is root).
 *
 * Must not know: what the node is for.
 */

#include <stdbool.h>
#include <sys/types.h>

struct node_owner {
	pid_t pid;
	bool is_self; /* this very process */
	int fd;	      /* by which descriptor */
	char program[32];
};

/*
 * Whether a process that this one may look at has the node open, and which: this very
 * process, when it has; else the first other one.
 */
bool node_owner_find(const char *node, struct node_owner *owner);

#endif /* NODE_OWNER_H */
