/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The user for whom it is asked; see user.h. */

#include <err.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user.h"

#define GROUPS_MAX 256

static gid_t callers_groups[GROUPS_MAX];
static int callers_group_count;

static void
name_group(struct user *user)
{
	const struct group *group = getgrgid(user->gid);

	if (group != NULL)
		snprintf(
			user->group, sizeof(user->group), "%s", group->gr_name);
	else
		snprintf(user->group, sizeof(user->group), "%u", user->gid);
}

static void
describe_caller(struct user *user)
{
	const struct passwd *entry = getpwuid(geteuid());

	user->uid = geteuid();
	user->gid = getegid();
	user->is_caller = true;
	if (entry != NULL)
		snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
	else
		snprintf(user->name, sizeof(user->name), "%u", user->uid);
}

/* A number need not have an entry: a container's user often has none. */
static int
describe_other(const char *name, struct user *user)
{
	const struct passwd *entry = getpwnam(name);
	unsigned long number;
	char *end;

	snprintf(user->name, sizeof(user->name), "%s", name);
	if (entry == NULL) {
		number = strtoul(name, &end, 10);
		if (name[0] < '0' || name[0] > '9' || *end != '\0')
			return -ENOENT;
		entry = getpwuid(number);
		user->uid = number;
		user->gid = number;
	}
	if (entry != NULL) {
		user->uid = entry->pw_uid;
		user->gid = entry->pw_gid;
		snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
	}
	return 0;
}

int
user_find(const char *name, struct user *user)
{
	int ret = 0;

	*user = (struct user){ .is_caller = false };
	if (name == NULL)
		describe_caller(user);
	else
		ret = describe_other(name, user);
	if (ret != 0)
		return ret;
	if (user->uid == geteuid())
		describe_caller(user);
	user->is_root = user->uid == 0;
	user->is_known = getpwuid(user->uid) != NULL;
	name_group(user);
	if (!user->is_caller && geteuid() != 0)
		return -EPERM;
	return 0;
}

static bool
is_number_of(gid_t gid, const char *group)
{
	const struct group *entry = getgrnam(group);

	return entry != NULL ? entry->gr_gid == gid
			     : gid == strtoul(group, NULL, 10);
}

bool
user_is_in_group(const struct user *user, const char *group)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;
	int i;

	if (user->is_caller) {
		count = getgroups(GROUPS_MAX, groups);
		if (is_number_of(user->gid, group))
			return true;
	} else if (getgrouplist(user->name, user->gid, groups, &count) < 0) {
		count = GROUPS_MAX;
	}
	for (i = 0; i < count; i++)
		if (is_number_of(groups[i], group))
			return true;
	return false;
}

int
user_enter(const struct user *user)
{
	if (user->is_caller)
		return 0;
	callers_group_count = getgroups(GROUPS_MAX, callers_groups);
	if (callers_group_count < 0 || initgroups(user->name, user->gid) < 0)
		return -errno;
	if (setegid(user->gid) < 0 || seteuid(user->uid) < 0)
		err(EXIT_FAILURE, "cannot become %s", user->name);
	return 0;
}

void
user_leave(const struct user *user)
{
	if (user->is_caller)
		return;
	if (seteuid(getuid()) < 0 || setegid(getgid()) < 0 ||
		setgroups(callers_group_count, callers_groups) < 0)
		err(EXIT_FAILURE, "cannot be root again");
}
