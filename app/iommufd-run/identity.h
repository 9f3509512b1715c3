/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef IDENTITY_H
#define IDENTITY_H

/*
 * Who the program runs as, and that it has no rights beyond that.
 *
 * Must not know: devices, files.
 */

#include <stdbool.h>
#include <sys/types.h>

struct identity {
	bool is_other; /* than this process's */
	uid_t user;
	gid_t group;
	char *name; /* NULL: a number that no user has */
	char *home;
};

/*
 * Looks up USER, USER:GROUP, or their numbers; NULL: this process's own, which must not be
 * root. 0, or -1 with a line.
 */
int identity_find(struct identity *identity, const char *user);

/*
 * Becomes that user, with the user's groups, and gives up every capability for good:
 * also those of files that are executed (no_new_privs). 0, or -1 with a line.
 */
int identity_take(const struct identity *identity);

#endif /* IDENTITY_H */
