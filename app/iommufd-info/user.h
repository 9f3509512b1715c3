/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_USER_H
#define INFO_USER_H

/*
 * The user for whom it is asked: the one that runs the program, or, when root runs it, any
 * other. To see what another user may do, the process becomes that user for a while.
 *
 * Must not know: what is looked at meanwhile.
 */

#include <stdbool.h>
#include <sys/types.h>

struct user {
	char name[64]; /* a name, or a number */
	uid_t uid;
	gid_t gid;	/* the primary group */
	char group[64]; /* its name, or a number */
	bool is_caller; /* the one that runs the program */
	bool is_root;
	bool is_known; /* it has an entry, so that it can log in */
};

/*
 * NULL: the caller. 0; -ENOENT: there is no such user; -EPERM: only root can look as another
 * one.
 */
int user_find(const char *name, struct user *user);

/* Whether the user is a member of the group, which is a name or a number. */
bool user_is_in_group(const struct user *user, const char *group);

/* Becomes the user, and the caller again. A failure of the second ends the program. */
int user_enter(const struct user *user);
void user_leave(const struct user *user);

#endif /* INFO_USER_H */
