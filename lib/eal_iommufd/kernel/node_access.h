/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef NODE_ACCESS_H
#define NODE_ACCESS_H

/*
 * Whether the process, as the user that it is at the moment, may open a file for reading and
 * writing, and to whom the file belongs. It is not opened.
 *
 * Must not know: what the file is for.
 */

#include <limits.h>

enum node_state {
	NODE_MISSING,
	NODE_DENIED,
	NODE_ACCESSIBLE,
};

struct node_access {
	char path[PATH_MAX];
	enum node_state state;
	unsigned int mode; /* permission bits; 0 when it cannot be seen */
	char owner[64];	   /* a name, or a number; "" when it cannot be seen */
	char group[64];
};

void node_access_read(const char *path, struct node_access *access);

#endif /* NODE_ACCESS_H */
