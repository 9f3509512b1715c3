/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The limits on the memory that this process can pin; see memory_limits.h. */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/resource.h>

#include "kernel/memory_limits.h"

#define CGROUPS "/sys/fs/cgroup"

/* To open a file takes memory of the kernel, which is what has run out here. */
static FILE *
open_file(struct memory_limits *limits, const char *path)
{
	FILE *file;

	errno = 0;
	file = fopen(path, "re");
	if (file == NULL && errno == ENOMEM)
		limits->unreadable = true;
	return file;
}

/* So does reading one: the kernel makes the text then. */
static void
close_file(struct memory_limits *limits, FILE *file)
{
	if (ferror(file))
		limits->unreadable = true;
	fclose(file);
}

/* What the kernel shows in a process's file "status". */
struct process_status {
	uint64_t user; /* the real one's number; UINT64_MAX: not told */
	uint64_t pinned_kib;
	uint64_t locked_kib;
	uint64_t capabilities;
};

/* "NAME: NUMBER": stores the number where the line has that name. */
static void
read_number(const char *line, const char *name, int base, uint64_t *value)
{
	if (strncmp(line, name, strlen(name)) == 0)
		*value = strtoull(line + strlen(name), NULL, base);
}

static void
read_status(struct memory_limits *limits, const char *pid,
	struct process_status *status)
{
	char path[64];
	char line[128];
	FILE *file;

	*status = (struct process_status){ .user = UINT64_MAX };
	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	file = open_file(limits, path);
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		read_number(line, "Uid:", 10, &status->user);
		read_number(line, "VmPin:", 10, &status->pinned_kib);
		read_number(line, "VmLck:", 10, &status->locked_kib);
		read_number(line, "CapEff:", 16, &status->capabilities);
	}
	close_file(limits, file);
}

static bool
has_no_limit(const struct process_status *status)
{
	return (status->capabilities >> CAP_IPC_LOCK & 1) != 0;
}

/* What other processes of the user have pinned; those without a limit are not charged. */
static uint64_t
sum_of_others(struct memory_limits *limits, uint64_t user)
{
	struct process_status status;
	struct dirent *entry;
	uint64_t sum = 0;
	DIR *processes;

	processes = user == UINT64_MAX ? NULL : opendir("/proc");
	if (processes == NULL)
		return 0;
	while ((entry = readdir(processes)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
			atoi(entry->d_name) == getpid())
			continue;
		read_status(limits, entry->d_name, &status);
		if (status.user == user && !has_no_limit(&status))
			sum += status.pinned_kib;
	}
	closedir(processes);
	return sum;
}

static uint64_t
read_available(struct memory_limits *limits)
{
	FILE *file = open_file(limits, "/proc/meminfo");
	uint64_t available = 0;
	char line[128];

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		read_number(line, "MemAvailable:", 10, &available);
	close_file(limits, file);
	return available;
}

/* A cgroup's number in KiB; false when there is none, as for "max". */
static bool
read_cgroup(struct memory_limits *limits, const char *cgroup, const char *name,
	uint64_t *kib)
{
	unsigned long long bytes;
	char path[PATH_MAX];
	FILE *file;
	bool read;

	snprintf(path, sizeof(path), CGROUPS "%s/%s", cgroup, name);
	file = open_file(limits, path);
	if (file == NULL)
		return false;
	read = fscanf(file, "%llu", &bytes) == 1;
	close_file(limits, file);
	if (read)
		*kib = bytes >> 10;
	return read;
}

/* "0::/a/b" of cgroup v2 -> "/a/b" */
static bool
find_own_cgroup(struct memory_limits *limits, char *name, size_t size)
{
	FILE *file = open_file(limits, "/proc/self/cgroup");
	char line[PATH_MAX];
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		found = strncmp(line, "0::/", 4) == 0;
		line[strcspn(line, "\n")] = '\0';
	}
	close_file(limits, file);
	if (found)
		snprintf(name, size, "%s", line + 3);
	return found;
}

static uint64_t
room_in(uint64_t max_kib, uint64_t used_kib)
{
	return max_kib > used_kib ? max_kib - used_kib : 0;
}

/* From the process's own up to the root: the one with the least room. */
static void
find_fullest_cgroup(struct memory_limits *limits)
{
	uint64_t max_kib, used_kib;
	char name[PATH_MAX];
	char *end;

	if (!find_own_cgroup(limits, name, sizeof(name)))
		return;
	while ((end = strrchr(name, '/')) != NULL && name[1] != '\0') {
		if (read_cgroup(limits, name, "memory.max", &max_kib) &&
			read_cgroup(
				limits, name, "memory.current", &used_kib) &&
			(limits->cgroup[0] == '\0' ||
				room_in(max_kib, used_kib) <
					room_in(limits->cgroup_max_kib,
						limits->cgroup_used_kib))) {
			snprintf(limits->cgroup, sizeof(limits->cgroup), "%s",
				name);
			limits->cgroup_max_kib = max_kib;
			limits->cgroup_used_kib = used_kib;
		}
		*end = '\0';
	}
}

void
memory_limits_read(struct memory_limits *limits, enum memory_charge charge)
{
	struct rlimit locked = { RLIM_INFINITY, RLIM_INFINITY };
	struct process_status self;

	*limits = (struct memory_limits){ .locked_kib = UINT64_MAX };
	getrlimit(RLIMIT_MEMLOCK, &locked);
	if (locked.rlim_cur != RLIM_INFINITY)
		limits->locked_kib = locked.rlim_cur >> 10;
	read_status(limits, "self", &self);
	limits->unlimited = has_no_limit(&self);
	if (charge == MEMORY_CHARGED_TO_USER) {
		limits->charged_kib = self.pinned_kib;
		limits->others_kib = sum_of_others(limits, self.user);
	} else if (charge == MEMORY_CHARGED_TO_PROCESS) {
		limits->charged_kib = self.locked_kib;
	}
	limits->available_kib = read_available(limits);
	find_fullest_cgroup(limits);
}
