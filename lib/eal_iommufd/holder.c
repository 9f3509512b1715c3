/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Who has a device node open; see holder.h. */

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holder.h"

static bool
process_has_open(const char *pid, const char *node)
{
	char folder[64];
	char target[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	ssize_t length;
	DIR *entries;

	snprintf(folder, sizeof(folder), "/proc/%.20s/fd", pid);
	entries = opendir(folder);
	if (entries == NULL)
		return false;
	while (!found && (entry = readdir(entries)) != NULL) {
		length = readlinkat(dirfd(entries), entry->d_name, target,
			sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		found = strcmp(target, node) == 0;
	}
	closedir(entries);
	return found;
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

bool
holder_find(const char *node, struct holder *holder)
{
	struct dirent *entry;
	bool found = false;
	DIR *processes;

	processes = opendir("/proc");
	if (processes == NULL)
		return false;
	while (!found && (entry = readdir(processes)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
			atoi(entry->d_name) == getpid())
			continue;
		found = process_has_open(entry->d_name, node);
		if (!found)
			continue;
		holder->pid = atoi(entry->d_name);
		read_program_name(entry->d_name, holder->program,
			sizeof(holder->program));
	}
	closedir(processes);
	return found;
}
