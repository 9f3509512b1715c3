/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PROCESS_VIEW_H
#define PROCESS_VIEW_H

/*
 * What this process has at an address, by the kernel's own word and without a walk over
 * /proc/self/maps: PROCMAP_QUERY (Linux 6.11, as fault queues), and PAGEMAP_SCAN (6.7)
 * for its pages.
 *
 * Everything it says may be over when it is said: another thread may change it.
 *
 * Must not know: what is mapped for devices.
 */

#include <stdbool.h>
#include <stdint.h>

struct process_view {
	int maps_fd;
	int pagemap_fd;
};

/* A mapping of the process (VMA). */
struct process_mapping {
	uint64_t start;
	uint64_t end; /* exclusive */
	uint64_t
		page_size; /* that of a hugetlbfs file, else the base page size */
	uint32_t rights;   /* RTE_IOMMUFD_MAP_*, what loads and stores may do */
	bool shared;	   /* MAP_SHARED */
};

/* 0; -EOPNOTSUPP: the kernel is older than 6.11; or another -errno. Not logged. */
int process_view_open(struct process_view *view);
void process_view_close(struct process_view *view);

/* What contains the address. 0, -ENOENT when nothing does, or another -errno. */
int process_view_at(const struct process_view *view, uint64_t address,
	struct process_mapping *mapping);
/* The same, or what comes next above the address. */
int process_view_next(const struct process_view *view, uint64_t address,
	struct process_mapping *mapping);

/* Whether the interval is one transparent hugepage now. */
bool process_view_is_huge(
	const struct process_view *view, uint64_t start, uint64_t end);

/*
 * Whether all mappings in the interval report their changes to a userfaultfd in the
 * asynchronous write-protect mode: 0, -EPERM when one does not, or another -errno.
 */
int process_view_is_followed(
	const struct process_view *view, uint64_t start, uint64_t end);

#endif /* PROCESS_VIEW_H */
