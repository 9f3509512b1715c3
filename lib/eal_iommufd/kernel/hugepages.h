/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef HUGEPAGES_H
#define HUGEPAGES_H

/*
 * How many hugepages the kernel has reserved, and where programs find them.
 *
 * Must not know: what they are for.
 */

#include <limits.h>
#include <stdint.h>

struct hugepage_pool {
	int node; /* NUMA node; -1: the kernel shows no nodes */
	uint64_t size_kib;
	uint64_t total; /* pages */
	uint64_t free;
};

struct hugepage_mount {
	char path[PATH_MAX];
	uint64_t size_kib; /* 0: the default size */
};

/* Those of each node and size in that sysfs ("/sys"): at most max; how many were stored. */
unsigned int hugepages_read_pools(
	const char *sysfs, struct hugepage_pool *pools, unsigned int max);

/* The memory of all of them, and of those that are free. */
uint64_t hugepages_total_kib(
	const struct hugepage_pool *pools, unsigned int count);
uint64_t hugepages_free_kib(
	const struct hugepage_pool *pools, unsigned int count);

/* The mounts of hugetlbfs in that table ("/proc/self/mounts"). */
unsigned int hugepages_read_mounts(
	const char *table, struct hugepage_mount *mounts, unsigned int max);

#endif /* HUGEPAGES_H */
