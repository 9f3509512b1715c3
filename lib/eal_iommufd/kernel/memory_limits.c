/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What keeps this process from pinning more memory; see memory_limits.h. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/resource.h>

#include "kernel/memory_limits.h"

#define CGROUPS "/sys/fs/cgroup"

/* The number after a name in /proc/self/status; 0 without one. */
static uint64_t
read_status(const char *name, int base)
{
	FILE *file = fopen("/proc/self/status", "re");
	uint64_t value = 0;
	char line[128];

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name), NULL, base);
	fclose(file);
	return value;
}

/* A cgroup's number in KiB; false when there is none, as for "max". */
static bool
read_cgroup(const char *cgroup, const char *name, uint64_t *kib)
{
	unsigned long long bytes;
	char path[PATH_MAX];
	FILE *file;
	bool read;

	snprintf(path, sizeof(path), CGROUPS "%s/%s", cgroup, name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	read = fscanf(file, "%llu", &bytes) == 1;
	fclose(file);
	if (read)
		*kib = bytes >> 10;
	return read;
}

/* "0::/a/b" of cgroup v2 -> "/a/b" */
static bool
find_own_cgroup(char *name, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX];
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		found = strncmp(line, "0::/", 4) == 0;
		line[strcspn(line, "\n")] = '\0';
	}
	fclose(file);
	if (found)
		snprintf(name, size, "%s", line + 3);
	return found;
}

/* From the process's own up to the root: the first with a limit. */
static void
find_limited_cgroup(struct memory_limits *limits)
{
	char name[PATH_MAX];
	char *end;

	if (!find_own_cgroup(name, sizeof(name)))
		return;
	while ((end = strrchr(name, '/')) != NULL && name[1] != '\0') {
		if (read_cgroup(name, "memory.max", &limits->cgroup_max_kib) &&
			read_cgroup(name, "memory.current",
				&limits->cgroup_used_kib)) {
			snprintf(limits->cgroup, sizeof(limits->cgroup), "%s",
				name);
			return;
		}
		*end = '\0';
	}
}

void
memory_limits_read(struct memory_limits *limits)
{
	struct rlimit locked = { RLIM_INFINITY, RLIM_INFINITY };

	*limits = (struct memory_limits){ .locked_kib = UINT64_MAX };
	getrlimit(RLIMIT_MEMLOCK, &locked);
	if (locked.rlim_cur != RLIM_INFINITY)
		limits->locked_kib = locked.rlim_cur >> 10;
	limits->pinned_kib = read_status("VmPin:", 10);
	limits->unlimited = (read_status("CapEff:", 16) >> CAP_IPC_LOCK & 1) !=
		0;
	find_limited_cgroup(limits);
}
