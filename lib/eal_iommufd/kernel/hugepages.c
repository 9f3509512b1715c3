/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Reserved hugepages; see hugepages.h. */

#include <dirent.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/hugepages.h"

struct pool_list {
	struct hugepage_pool *pools;
	unsigned int count;
	unsigned int max;
};

static uint64_t
read_count(const char *folder, const char *pool, const char *name)
{
	unsigned long long count = 0;
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, pool, name);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &count) != 1)
		count = 0;
	fclose(file);
	return count;
}

/* "hugepages-2048kB" */
static void
add_pool(struct pool_list *list, const char *folder, const char *name, int node)
{
	struct hugepage_pool *pool = &list->pools[list->count];
	unsigned long long size;

	if (list->count == list->max ||
		sscanf(name, "hugepages-%llukB", &size) != 1)
		return;
	pool->node = node;
	pool->size_kib = size;
	pool->total = read_count(folder, name, "nr_hugepages");
	pool->free = read_count(folder, name, "free_hugepages");
	list->count++;
}

static void
add_pools_in(struct pool_list *list, const char *folder, int node)
{
	struct dirent **names;
	int found = scandir(folder, &names, NULL, versionsort);
	int i;

	if (found < 0)
		return;
	for (i = 0; i < found; i++) {
		add_pool(list, folder, names[i]->d_name, node);
		free(names[i]);
	}
	free(names);
}

static void
add_pools_of_nodes(struct pool_list *list, const char *sysfs)
{
	char folder[PATH_MAX];
	char path[PATH_MAX];
	struct dirent **names;
	int found, i, node;

	snprintf(folder, sizeof(folder), "%s/devices/system/node", sysfs);
	found = scandir(folder, &names, NULL, versionsort);
	if (found < 0)
		return;
	for (i = 0; i < found; i++) {
		if (sscanf(names[i]->d_name, "node%d", &node) == 1) {
			snprintf(path, sizeof(path), "%s/node%d/hugepages",
				folder, node);
			add_pools_in(list, path, node);
		}
		free(names[i]);
	}
	free(names);
}

unsigned int
hugepages_read_pools(
	const char *sysfs, struct hugepage_pool *pools, unsigned int max)
{
	struct pool_list list = { .pools = pools, .max = max };
	char folder[PATH_MAX];

	add_pools_of_nodes(&list, sysfs);
	if (list.count > 0)
		return list.count;
	snprintf(folder, sizeof(folder), "%s/kernel/mm/hugepages", sysfs);
	add_pools_in(&list, folder, -1);
	return list.count;
}

uint64_t
hugepages_total_kib(const struct hugepage_pool *pools, unsigned int count)
{
	uint64_t sum = 0;

	while (count-- > 0)
		sum += pools[count].total * pools[count].size_kib;
	return sum;
}

uint64_t
hugepages_free_kib(const struct hugepage_pool *pools, unsigned int count)
{
	uint64_t sum = 0;

	while (count-- > 0)
		sum += pools[count].free * pools[count].size_kib;
	return sum;
}

/* "rw,relatime,pagesize=2M" */
static uint64_t
read_size_option(const struct mntent *mount)
{
	const char *option = strstr(mount->mnt_opts, "pagesize=");
	uint64_t size;
	char *unit;

	if (option == NULL)
		return 0;
	size = strtoull(option + strlen("pagesize="), &unit, 10);
	switch (*unit) {
	case 'G':
		return size << 20;
	case 'M':
		return size << 10;
	case 'K':
		return size;
	default:
		return size >> 10;
	}
}

unsigned int
hugepages_read_mounts(
	const char *table, struct hugepage_mount *mounts, unsigned int max)
{
	FILE *file = setmntent(table, "re");
	const struct mntent *mount;
	unsigned int count = 0;

	if (file == NULL)
		return 0;
	while (count < max && (mount = getmntent(file)) != NULL) {
		if (strcmp(mount->mnt_type, "hugetlbfs") != 0)
			continue;
		snprintf(mounts[count].path, sizeof(mounts[count].path), "%s",
			mount->mnt_dir);
		mounts[count++].size_kib = read_size_option(mount);
	}
	endmntent(file);
	return count;
}
