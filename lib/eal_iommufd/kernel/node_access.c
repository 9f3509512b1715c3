/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Who may open a file; see node_access.h. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/kernel.h"
#include "kernel/node_access.h"

static void
read_ownership(struct node_access *access)
{
	struct stat status;
	const struct passwd *user;
	const struct group *group;

	if (stat(access->path, &status) < 0)
		return;
	access->mode = status.st_mode & 07777;
	user = getpwuid(status.st_uid);
	if (user != NULL)
		snprintf(access->owner, sizeof(access->owner), "%s",
			user->pw_name);
	else
		snprintf(access->owner, sizeof(access->owner), "%u",
			status.st_uid);
	group = getgrgid(status.st_gid);
	if (group != NULL)
		snprintf(access->group, sizeof(access->group), "%s",
			group->gr_name);
	else
		snprintf(access->group, sizeof(access->group), "%u",
			status.st_gid);
}

void
node_access_read(const char *path, struct node_access *access)
{
	int ret;

	*access = (struct node_access){ .state = NODE_DENIED };
	snprintf(access->path, sizeof(access->path), "%s", path);
	ret = kernel_check_access(path);
	if (ret == 0)
		access->state = NODE_ACCESSIBLE;
	else if (ret == -ENOENT || ret == -ENOTDIR)
		access->state = NODE_MISSING;
	read_ownership(access);
}
