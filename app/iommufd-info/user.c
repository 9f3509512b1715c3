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

/* The groups of the caller while it looks as another user. */
static gid_t *callers_groups;
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
		/* (uid_t)-1 is "no user" for the kernel, and no number may be cut. */
		if (name[0] < '0' || name[0] > '9' || *end != '\0' ||
			number >= (uid_t)-1)
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

/* The caller's supplementary groups, to be freed; their number, or -errno. */
static int
list_callers_groups(gid_t **groups)
{
	const int count = getgroups(0, NULL);
	int ret;

	*groups = calloc(count > 0 ? count : 1, sizeof(**groups));
	if (count < 0 || *groups == NULL)
		return count < 0 ? -errno : -ENOMEM;
	ret = getgroups(count, *groups);
	return ret < 0 ? -errno : ret;
}

/* All groups of another user, to be freed; their number, or -errno. */
static int
list_groups_of(const struct user *user, gid_t **groups)
{
	int count = 0;

	getgrouplist(user->name, user->gid, NULL, &count);
	*groups = calloc(count > 0 ? count : 1, sizeof(**groups));
	if (*groups == NULL)
		return -ENOMEM;
	return getgrouplist(user->name, user->gid, *groups, &count);
}

bool
user_is_in_group(const struct user *user, const char *group)
{
	bool is_in = is_number_of(user->gid, group);
	gid_t *groups = NULL;
	int count, i;

	count = user->is_caller ? list_callers_groups(&groups)
				: list_groups_of(user, &groups);
	for (i = 0; !is_in && i < count; i++)
		is_in = is_number_of(groups[i], group);
	free(groups);
	return is_in;
}

int
user_enter(const struct user *user)
{
	if (user->is_caller)
		return 0;
	free(callers_groups);
	callers_group_count = list_callers_groups(&callers_groups);
	if (callers_group_count < 0)
		return callers_group_count;
	if (initgroups(user->name, user->gid) < 0)
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
