/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef VMA_QUERY_H
#define VMA_QUERY_H

/*
 * What this process has mapped at an address, as the kernel reports it, without reading
 * all of /proc/self/maps: PROCMAP_QUERY (Linux 6.11, as fault queues), and PAGEMAP_SCAN
 * (6.7) for its pages.
 *
 * Each answer may be out of date at once: another thread may change the memory.
 *
 * Must not know: what is mapped for devices.
 */

#include <stdbool.h>
#include <stdint.h>

struct vma_query {
	int maps_fd;
	int pagemap_fd;
};

/* A mapping of the process (VMA). */
struct vma {
	uint64_t start;
	uint64_t end; /* exclusive */
	uint64_t
		page_size; /* that of a hugetlbfs file, else the base page size */
	uint32_t rights;   /* RTE_IOMMUFD_MAP_*, what loads and stores may do */
	bool shared;	   /* MAP_SHARED */
};

/* 0; -EOPNOTSUPP: the kernel is older than 6.11; or another -errno. Not logged. */
int vma_query_open(struct vma_query *view);
void vma_query_close(struct vma_query *view);

/*
 * The mapping that contains the address. 0, -ENOENT when there is none, or another
 * -errno.
 */
int vma_query_at(
	const struct vma_query *view, uint64_t address, struct vma *mapping);
/* The same, or else the next mapping above the address. */
int vma_query_next(
	const struct vma_query *view, uint64_t address, struct vma *mapping);

/* Whether the interval is one transparent hugepage now. */
bool vma_query_is_huge(
	const struct vma_query *view, uint64_t start, uint64_t end);

/*
 * Whether all mappings in the interval report their changes to a userfaultfd in the
 * asynchronous write-protect mode: 0, -EPERM when one does not, or another -errno.
 */
int vma_query_is_registered(
	const struct vma_query *view, uint64_t start, uint64_t end);

#endif /* VMA_QUERY_H */
