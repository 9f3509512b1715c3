/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Becoming a user without rights; see identity.h. */

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/securebits.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "identity.h"
#include "report.h"

/* True: the text is a number, and nothing else. */
static bool
read_id(const char *text, unsigned int *id)
{
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (*end != '\0' || errno != 0 || number >= (uid_t)-1)
		return false;
	*id = number;
	return true;
}

static int
find_user(struct identity *identity, const char *name, bool *has_group)
{
	const struct passwd *entry = getpwnam(name);

	if (entry == NULL && read_id(name, &identity->user))
		entry = getpwuid(identity->user);
	else if (entry == NULL)
		return report_failure(
			"there is no user %s: make one (adduser --system %s), or give a number and a group, 1000:1000",
			name, name);
	*has_group = entry != NULL;
	if (entry == NULL)
		return 0;
	identity->user = entry->pw_uid;
	identity->group = entry->pw_gid;
	identity->name = strdup(entry->pw_name);
	identity->home = strdup(entry->pw_dir);
	if (identity->name == NULL || identity->home == NULL)
		return report_failure("no memory for the user");
	return 0;
}

static int
find_group(struct identity *identity, const char *name)
{
	const struct group *entry = getgrnam(name);

	if (entry != NULL)
		identity->group = entry->gr_gid;
	else if (!read_id(name, &identity->group))
		return report_failure(
			"there is no group %s: make one (addgroup --system %s), or give a number",
			name, name);
	return 0;
}

static int
find_named(struct identity *identity, char *user)
{
	char *group = strchr(user, ':');
	bool has_group;
	int ret;

	if (group != NULL)
		*group++ = '\0';
	ret = find_user(identity, user, &has_group);
	if (ret != 0)
		return ret;
	if (group != NULL)
		return find_group(identity, group);
	if (!has_group)
		return report_failure(
			"no user has the number %u, so its group is not known: give it, %u:%u",
			identity->user, identity->user, identity->user);
	return 0;
}

int
identity_find(struct identity *identity, const char *user)
{
	char *copy;
	int ret;

	*identity = (struct identity){ .user = geteuid(), .group = getegid() };
	if (user == NULL && identity->user == 0)
		return report_failure(
			"started as root, it has to know who the program runs as: give --user USER");
	if (user == NULL)
		return 0;
	copy = strdup(user);
	if (copy == NULL)
		return report_failure("no memory for the user");
	ret = find_named(identity, copy);
	free(copy);
	if (ret != 0)
		return ret;
	identity->is_other = identity->user != geteuid() ||
		identity->group != getegid() || geteuid() == 0;
	return 0;
}

static int
set_groups(const struct identity *identity)
{
	if (identity->name != NULL)
		return initgroups(identity->name, identity->group);
	return setgroups(0, NULL);
}

static bool
has_capability(cap_value_t capability)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t all = cap_get_proc();

	if (all != NULL)
		cap_get_flag(all, capability, CAP_EFFECTIVE, &value);
	cap_free(all);
	return value == CAP_SET;
}

/*
 * What execve() could give back: to root, by the bounding set of files, as ambient ones. Without
 * CAP_SETPCAP none of this can be changed, and no_new_privs has to be enough.
 */
static int
drop_what_can_come_back(void)
{
	cap_value_t each;

	if (!has_capability(CAP_SETPCAP))
		return 0;
	for (each = 0; cap_get_bound(each) >= 0; each++)
		if (cap_drop_bound(each) != 0)
			return report_failure(
				"capability %d cannot be given up: %s", each,
				strerror(errno));
	if (prctl(PR_SET_SECUREBITS,
		    SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
			    SECBIT_NO_CAP_AMBIENT_RAISE |
			    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED) != 0)
		return report_failure(
			"securebits cannot be set: %s", strerror(errno));
	return 0;
}

static int
become_user(const struct identity *identity)
{
	if (!identity->is_other)
		return 0;
	if (setresuid(identity->user, identity->user, identity->user) == 0)
		return 0;
	return report_failure(
		"cannot become user %u (%s): start this as root, or as that user without --user",
		identity->user, strerror(errno));
}

static int
become_group(const struct identity *identity)
{
	if (!identity->is_other)
		return 0;
	if (set_groups(identity) == 0 &&
		setresgid(identity->group, identity->group, identity->group) ==
			0)
		return 0;
	return report_failure(
		"cannot take the groups of user %u (%s): start this as root, or as that user without --user",
		identity->user, strerror(errno));
}

static int
drop_capabilities(void)
{
	cap_t none = cap_init();
	cap_t now;
	int ret = none == NULL || cap_set_proc(none) != 0;

	if (ret == 0)
		ret = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (ret != 0) {
		cap_free(none);
		return report_failure(
			"the rights cannot be given up: %s", strerror(errno));
	}
	/* Looked at again: the program is not started with a right by mistake. */
	now = cap_get_proc();
	if (now == NULL || cap_compare(now, none) != 0)
		ret = report_failure("a capability is left");
	cap_free(now);
	cap_free(none);
	return ret;
}

/* EAL keeps files of the run in XDG_RUNTIME_DIR, which was another user's; else in /tmp. */
static int
set_environment(const struct identity *identity)
{
	struct stat status;
	char folder[64];
	int ret;

	if (!identity->is_other)
		return 0;
	snprintf(folder, sizeof(folder), "/run/user/%u", identity->user);
	if (stat(folder, &status) == 0 && status.st_uid == identity->user)
		ret = setenv("XDG_RUNTIME_DIR", folder, 1);
	else
		ret = unsetenv("XDG_RUNTIME_DIR");
	if (ret == 0 && identity->name != NULL)
		ret = setenv("USER", identity->name, 1) != 0 ||
			setenv("LOGNAME", identity->name, 1) != 0 ||
			setenv("HOME", identity->home, 1) != 0;
	return ret == 0 ? 0 : report_failure("no memory for the environment");
}

int
identity_take(const struct identity *identity)
{
	int ret = set_environment(identity);

	if (ret == 0)
		ret = become_group(identity);
	if (ret == 0)
		ret = drop_what_can_come_back();
	if (ret == 0)
		ret = become_user(identity);
	return ret != 0 ? ret : drop_capabilities();
}
