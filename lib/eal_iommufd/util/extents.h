/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef EXTENTS_H
#define EXTENTS_H

/*
 * Pages to runs: merges a sequence of pages, offered in ascending order, into the longest
 * runs that one map call can take, and calls a function for each.
 *
 * Two neighbours become one run when both may be merged and va, iova and the file
 * offset are contiguous. A page that may be freed alone must stay alone,
 * because the kernel unmaps areas only whole. No run goes over a multiple of
 * EXTENTS_END_AT, so that long work can be shared among threads and its progress can be
 * logged; the IOMMU's largest page table entries still fit.
 *
 * Pure. Must not know: where pages come from, what a run is used for.
 */

#include <stdbool.h>

#include "util/iova_map.h"

#define EXTENTS_END_AT (UINT64_C(1) << 30)

typedef int (*extents_emit_t)(const struct mapping *run, void *argument);

struct extents {
	extents_emit_t emit;
	void *argument;
	struct mapping current; /* .length is 0 when there is none */
	bool current_may_grow;
	size_t ended_by_file; /* runs that ended only because their file did */
};

void extents_start(struct extents *runs, extents_emit_t emit, void *argument);

/* 0, or what emit returned for a run that this page completed. */
int extents_add_page(
	struct extents *runs, const struct mapping *page, bool may_merge);

/* Emits the last run. 0, or what emit returned. */
int extents_finish(struct extents *runs);

#endif /* EXTENTS_H */
