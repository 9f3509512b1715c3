/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The record of pages that devices write; see dirty.h. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/dirty.h"
#include "backend/page_tables.h"
#include "kernel/kernel.h"
#include "util/log.h"

/* enum iommufd_hw_capabilities */
#define IOMMU_HW_CAP_DIRTY_TRACKING (UINT64_C(1) << 0)

/* To keep what was written needs no allocated memory: it is read in chunks. */
#define CHUNK_WORDS 256
#define CHUNK_PAGES (CHUNK_WORDS * UINT64_C(64))

uint64_t
dirty_page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

static int
set_table(const struct page_table *table, bool enable)
{
	return kernel_hwpt_track_dirty(
		table->space->context->iommu_fd, table->id, enable);
}

/* Page tables that record nothing are no part of it. Returns the first error. */
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
dirty_start(struct rte_iommufd_space *space)
{
	struct page_table *table;
	int ret = 0;

	pthread_mutex_lock(&space->dirty.lock);
	TAILQ_FOREACH(table, &space->page_tables, next) {
		ret = set_table(table, true);
		if (ret != 0)
			break;
	}
	if (ret == 0) {
		dirty_set_clear(&space->dirty.kept);
		space->dirty.running = true;
	} else {
		stop_tables(space, table);
	}
	pthread_mutex_unlock(&space->dirty.lock);
	return ret;
}

int
dirty_stop(struct rte_iommufd_space *space)
{
	int ret;

	pthread_mutex_lock(&space->dirty.lock);
	ret = stop_tables(space, NULL);
	space->dirty.running = false;
	dirty_set_clear(&space->dirty.kept);
	pthread_mutex_unlock(&space->dirty.lock);
	return ret;
}

int
dirty_enter_list(struct page_table *table)
{
	struct rte_iommufd_space *space = table->space;
	int ret = 0;

	if (!space->dirty.wanted) {
		TAILQ_INSERT_TAIL(&space->page_tables, table, next);
		return 0;
	}
	pthread_mutex_lock(&space->dirty.lock);
	if (space->dirty.running)
		ret = set_table(table, true);
	if (ret == 0)
		TAILQ_INSERT_TAIL(&space->page_tables, table, next);
	pthread_mutex_unlock(&space->dirty.lock);
	return ret;
}

void
dirty_leave_list(struct page_table *table)
{
	struct rte_iommufd_space *space = table->space;

	if (space->dirty.wanted)
		pthread_mutex_lock(&space->dirty.lock);
	TAILQ_REMOVE(&space->page_tables, table, next);
	if (space->dirty.wanted)
		pthread_mutex_unlock(&space->dirty.lock);
}

void
dirty_say_untracked(const struct rte_iommufd_device *device, int err)
{
	uint64_t capabilities = 0;
	const char *cause;
	uint8_t width;
	uint32_t type;

	kernel_hw_info(device->context->iommu_fd, device->iommufd_id, &type,
		&capabilities, &width);
	if (err == -ENOTTY)
		cause = "the kernel makes no page tables for programs (Linux 6.7 records writes)";
	else if (capabilities & IOMMU_HW_CAP_DIRTY_TRACKING)
		cause = "its IOMMU has dirty tracking, but its driver does not make this kind of page table with it";
	else
		cause = "the kernel reports no dirty tracking for its IOMMU (IOMMU_HW_CAP_DIRTY_TRACKING)";
	IOMMUFD_LOG(WARNING,
		"%s: which pages it writes cannot be recorded: %s; without that record, all memory that it can write has to count as written",
		device->place.address, cause);
}

static int
read_table(const struct page_table *table, uint64_t iova, uint64_t length,
	bool clear, uint64_t *bitmap)
{
	return kernel_hwpt_read_dirty(table->space->context->iommu_fd,
		table->id, iova, length, dirty_page_size(), clear, bitmap);
}

/* The lock is held. only: NULL for all page tables. */
static int
read_tables(struct rte_iommufd_space *space, const struct page_table *only,
	uint64_t iova, uint64_t length, bool clear, uint64_t *bitmap)
{
	struct page_table *table;
	int err, ret = 0;

	TAILQ_FOREACH(table, &space->page_tables, next) {
		if (only != NULL && only != table)
			continue;
		err = read_table(table, iova, length, clear, bitmap);
		if (ret == 0)
			ret = err;
	}
	return ret;
}

int
dirty_read(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	bool clear, uint64_t *bitmap)
{
	int ret;

	pthread_mutex_lock(&space->dirty.lock);
	ret = read_tables(space, NULL, iova, length, clear, bitmap);
	pthread_mutex_unlock(&space->dirty.lock);
	return ret;
}

static void
keep_bits(struct dirty_set *kept, uint64_t iova, uint64_t pages,
	const uint64_t *bitmap)
{
	const uint64_t size = dirty_page_size();
	uint64_t page, first;

	for (page = 0; page < pages; page++)
		if (bitmap[page / 64] & UINT64_C(1) << page % 64) {
			first = iova + page * size;
			dirty_set_add(kept, first, first + (size - 1));
		}
}

/* The lock is held. */
static void
keep_locked(struct rte_iommufd_space *space, const struct page_table *only,
	uint64_t iova, uint64_t length)
{
	const uint64_t most = CHUNK_PAGES * dirty_page_size();
	uint64_t bitmap[CHUNK_WORDS];
	uint64_t part;

	for (; length > 0; iova += part, length -= part) {
		part = RTE_MIN(length, most);
		memset(bitmap, 0, sizeof(bitmap));
		if (read_tables(space, only, iova, part, false, bitmap) != 0)
			dirty_set_add(
				&space->dirty.kept, iova, iova + (part - 1));
		else
			keep_bits(&space->dirty.kept, iova,
				part / dirty_page_size(), bitmap);
	}
}

void
dirty_keep(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	if (!space->dirty.running)
		return;
	pthread_mutex_lock(&space->dirty.lock);
	if (space->dirty.running)
		keep_locked(space, NULL, iova, length);
	pthread_mutex_unlock(&space->dirty.lock);
}

struct table_keeper {
	struct rte_iommufd_space *space;
	const struct page_table *table;
};

static int
keep_mapping(const struct mapping *mapping, void *argument)
{
	const struct table_keeper *keeper = argument;

	keep_locked(
		keeper->space, keeper->table, mapping->iova, mapping->length);
	return 0;
}

/* The whole space is locked, so the record can be walked without map_lock. */
void
dirty_keep_table(struct page_table *table)
{
	struct rte_iommufd_space *space = table->space;
	struct table_keeper keeper = { space, table };
	struct locked_range locked;

	if (!space->dirty.running)
		return;
	range_lock_acquire(&space->range_lock, &locked, 0, UINT64_MAX);
	pthread_mutex_lock(&space->dirty.lock);
	iova_map_walk(&space->map, keep_mapping, &keeper);
	pthread_mutex_unlock(&space->dirty.lock);
	range_lock_release(&space->range_lock, &locked);
}
