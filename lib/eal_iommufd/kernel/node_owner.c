/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Which process has a device node open; see node_owner.h. */

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/node_owner.h"
#include "kernel/passed_fds.h"

#define GROUP_FOLDER "/dev/vfio/"
#define DEVICE_LINE "vfio-device-syspath: "

/*
 * A device that was opened through its group has a file without a name, and keeps
 * the group in use also when the group's own file is closed, in a secondary process
 * for example. Newer kernels show which device it is (vfio_device_show_fdinfo()).
 */
static bool
is_device_of_group(const char *pid, const char *fd, const char *number)
{
	char line[PATH_MAX];
	char path[PATH_MAX + sizeof("/iommu_group")];
	char group[PATH_MAX];
	bool found = false;
	ssize_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo/%.20s", pid, fd);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, DEVICE_LINE, strlen(DEVICE_LINE)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(path, sizeof(path), "%s/iommu_group",
			line + strlen(DEVICE_LINE));
		length = readlink(path, group, sizeof(group) - 1);
		if (length < 0)
			continue;
		group[length] = '\0';
		found = strcmp(strrchr(group, '/') + 1, number) == 0;
	}
	fclose(file);
	return found;
}

static bool
is_group_node(const char *node)
{
	return strncmp(node, GROUP_FOLDER, strlen(GROUP_FOLDER)) == 0 &&
		isdigit((unsigned char)node[strlen(GROUP_FOLDER)]);
}

/*
 * The descriptor by which the process has the node open, or -1. A file that was passed to this
 * process and is bound to nothing keeps nobody out.
 */
static int
find_open_fd(const char *pid, const char *node)
{
	const bool group = is_group_node(node);
	const bool self = atoi(pid) == getpid();
	char folder[64];
	char target[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	ssize_t length;
	DIR *entries;
	int fd = -1;

	snprintf(folder, sizeof(folder), "/proc/%.20s/fd", pid);
	entries = opendir(folder);
	if (entries == NULL)
		return -1;
	while (!found && (entry = readdir(entries)) != NULL) {
		length = readlinkat(dirfd(entries), entry->d_name, target,
			sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		found = strcmp(target, node) == 0 &&
			!(self && passed_fds_is_unbound(atoi(entry->d_name)));
		if (!found && group && strstr(target, "[vfio-device]") != NULL)
			found = is_device_of_group(pid, entry->d_name,
				node + strlen(GROUP_FOLDER));
		if (found)
			fd = atoi(entry->d_name);
	}
	closedir(entries);
	return fd;
}

static void
read_program_name(const char *pid, char *name, int size)
{
	char path[64];
	FILE *file;

	snprintf(name, size, "?");
	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(name, size, file) != NULL)
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

static bool
describe_owner(const char *pid, const char *node, struct node_owner *owner)
{
	const int fd = find_open_fd(pid, node);

	if (fd < 0)
		return false;
	owner->pid = atoi(pid);
	owner->is_self = owner->pid == getpid();
	owner->fd = fd;
	read_program_name(pid, owner->program, sizeof(owner->program));
	return true;
}

bool
node_owner_find(const char *node, struct node_owner *owner)
{
	struct dirent *entry;
	bool found;
	DIR *processes;
	char self[24];

	snprintf(self, sizeof(self), "%d", getpid());
	found = describe_owner(self, node, owner);
	processes = found ? NULL : opendir("/proc");
	if (processes == NULL)
		return found;
	while (!found && (entry = readdir(processes)) != NULL)
		found = isdigit((unsigned char)entry->d_name[0]) &&
			describe_owner(entry->d_name, node, owner);
	closedir(processes);
	return found;
}
