/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef NODE_OWNER_H
#define NODE_OWNER_H

/*
 * Who has a device node open: the kernel says EBUSY and no more, /proc knows
 * the rest (for our own processes, or for all when we are root).
 *
 * Must not know: what the node is for.
 */

#include <stdbool.h>
#include <sys/types.h>

struct node_owner {
	pid_t pid;
	char program[32];
};

/* Whether another process that we may look at has the node open, and which. */
bool node_owner_find(const char *node, struct node_owner *holder);

#endif /* NODE_OWNER_H */
