/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The kernel's record of written pages in each of IOMMUFD's page tables of a space; see
 * page_tables.h.
 *
 * Must not know: what is kept, and what the program reads.
 */

#include "backend/backend.h"
#include "backend/dirty.h"
#include "backend/page_tables.h"
#include "kernel/kernel.h"

static int
set_table(const struct page_table *table, bool enable)
{
	return kernel_hwpt_track_dirty(
		table->space->context->iommu_fd, table->id, enable);
}

/* Returns the first error; the others are stopped nevertheless. */
static int
stop_tables(struct rte_iommufd_space *space, const struct page_table *end)
{
	struct page_table *table;
	int err, ret = 0;

	TAILQ_FOREACH(table, &space->page_tables, next) {
		if (table == end)
			break;
		err = set_table(table, false);
		if (ret == 0)
			ret = err;
	}
	return ret;
}

int
page_tables_track_dirty(struct rte_iommufd_space *space, bool enable)
{
	struct page_table *table;
	int ret;

	if (!enable)
		return stop_tables(space, NULL);
	TAILQ_FOREACH(table, &space->page_tables, next) {
		ret = set_table(table, true);
		if (ret == 0)
			continue;
		stop_tables(space, table);
		return ret;
	}
	return 0;
}

int
page_tables_read_dirty(struct rte_iommufd_space *space,
	const struct page_table *only, uint64_t iova, uint64_t length,
	bool clear, uint64_t *bitmap)
{
	struct page_table *table;
	int err, ret = 0;

	TAILQ_FOREACH(table, &space->page_tables, next) {
		if (only != NULL && only != table)
			continue;
		err = kernel_hwpt_read_dirty(space->context->iommu_fd,
			table->id, iova, length, dirty_page_size(), clear,
			bitmap);
		if (ret == 0)
			ret = err;
	}
	return ret;
}
