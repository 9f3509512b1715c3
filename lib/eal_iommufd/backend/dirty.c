/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The record of pages that devices write; see dirty.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/dirty.h"
#include "backend/page_tables.h"
#include "kernel/kernel.h"
#include "util/log.h"

/* To keep what was written needs no allocated memory: it is read in chunks. */
#define CHUNK_WORDS 256
#define CHUNK_PAGES (CHUNK_WORDS * UINT64_C(64))

uint64_t
dirty_page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

static int
track(struct rte_iommufd_space *space, bool enable)
{
	return space->context->backend->dirty_track(space, enable);
}

static void
lock_all(struct rte_iommufd_space *space, struct locked_range *locked)
{
	range_lock_acquire(&space->range_lock, locked, 0, UINT64_MAX);
	pthread_mutex_lock(&space->dirty.lock);
}

static void
unlock_all(struct rte_iommufd_space *space, struct locked_range *locked)
{
	pthread_mutex_unlock(&space->dirty.lock);
	range_lock_release(&space->range_lock, locked);
}

int
dirty_start(struct rte_iommufd_space *space)
{
	struct locked_range locked;
	int ret;

	lock_all(space, &locked);
	ret = track(space, true);
	if (ret == 0) {
		dirty_set_clear(&space->dirty.kept);
		space->dirty.running = true;
	}
	unlock_all(space, &locked);
	return ret;
}

int
dirty_stop(struct rte_iommufd_space *space)
{
	struct locked_range locked;
	int ret;

	lock_all(space, &locked);
	ret = track(space, false);
	space->dirty.running = false;
	dirty_set_clear(&space->dirty.kept);
	unlock_all(space, &locked);
	return ret;
}

int
dirty_resume(struct rte_iommufd_space *space)
{
	int ret;

	if (!space->dirty.running)
		return 0;
	pthread_mutex_lock(&space->dirty.lock);
	ret = track(space, true);
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
		ret = kernel_hwpt_track_dirty(
			space->context->iommu_fd, table->id, true);
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

static enum dirty_capability
ask_kernel(const struct rte_iommufd_device *device)
{
	uint64_t capabilities;
	uint8_t width;
	uint32_t type;

	if (kernel_hw_info(device->context->iommu_fd, device->iommufd_id, &type,
		    &capabilities, &width) != 0)
		return DIRTY_UNKNOWN;
	return capabilities & RTE_IOMMUFD_HW_DIRTY_TRACKING ? DIRTY_THERE
							    : DIRTY_LACKING;
}

void
dirty_note_capability(struct rte_iommufd_device *device)
{
	device->dirty_capability = ask_kernel(device);
}

static const char *
find_cause(const struct rte_iommufd_device *device, int err)
{
	if (err == -ENOTTY)
		return "the kernel makes no page tables for programs (Linux 6.7 records writes)";
	return ask_kernel(device) == DIRTY_THERE
		? "its IOMMU has dirty tracking, but its driver does not make this kind of page table with it"
		: "the kernel reports no dirty tracking for its IOMMU (IOMMU_HW_CAP_DIRTY_TRACKING)";
}

void
dirty_say_untracked(const struct rte_iommufd_device *device, int err)
{
	IOMMUFD_LOG(WARNING,
		"%s: which pages it writes cannot be recorded: %s; without that record, all memory that it can write has to count as written",
		device->place.address, find_cause(device, err));
}

bool
dirty_say_refused(const struct rte_iommufd_device *device,
	const struct rte_iommufd_space *space, int err)
{
	if (!space->dirty.running || (err != -EOPNOTSUPP && err != -ENOTTY))
		return false;
	IOMMUFD_LOG(ERR,
		"%s: not attached while address space %u records writes, because this device's cannot be recorded: %s; rte_iommufd_space_dirty_stop() ends the record",
		device->place.address, space->number, find_cause(device, err));
	return true;
}

/* The lock is held. only: NULL for all page tables. */
static int
read_kernel(struct rte_iommufd_space *space, const struct page_table *only,
	uint64_t iova, uint64_t length, bool clear, uint64_t *bitmap)
{
	return space->context->backend->dirty_read(
		space, only, iova, length, clear, bitmap);
}

int
dirty_read(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	bool clear, uint64_t *bitmap)
{
	int ret;

	pthread_mutex_lock(&space->dirty.lock);
	ret = read_kernel(space, NULL, iova, length, clear, bitmap);
	pthread_mutex_unlock(&space->dirty.lock);
	return ret;
}

static void
keep_pages(struct dirty_set *kept, uint64_t iova, uint64_t pages)
{
	dirty_set_add(kept, iova, iova + (pages * dirty_page_size() - 1));
}

static void
keep_bits(struct dirty_set *kept, uint64_t iova, uint64_t pages,
	const uint64_t *bitmap)
{
	const uint64_t size = dirty_page_size();
	uint64_t page, step;

	for (page = 0; page < pages; page += step) {
		step = 1;
		if (page % 64 == 0 && pages - page >= 64 &&
			(bitmap[page / 64] == 0 ||
				bitmap[page / 64] == UINT64_MAX))
			step = 64;
		if (bitmap[page / 64] & UINT64_C(1) << page % 64)
			keep_pages(kept, iova + page * size, step);
	}
}

/* Whole mappings, of which the kernel has no mark any more after that. */
static int
take_locked(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	const uint64_t pages = length / dirty_page_size();
	uint64_t *bitmap = calloc((pages + 63) / 64, sizeof(*bitmap));
	int ret;

	if (bitmap == NULL)
		return -ENOMEM;
	ret = read_kernel(space, NULL, iova, length, true, bitmap);
	if (ret == 0)
		keep_bits(&space->dirty.kept, iova, pages, bitmap);
	free(bitmap);
	return ret;
}

int
dirty_take(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	int ret;

	pthread_mutex_lock(&space->dirty.lock);
	ret = take_locked(space, iova, length);
	pthread_mutex_unlock(&space->dirty.lock);
	return ret;
}

static void
keep_chunks(struct rte_iommufd_space *space, const struct page_table *only,
	uint64_t iova, uint64_t length)
{
	const uint64_t most = CHUNK_PAGES * dirty_page_size();
	uint64_t bitmap[CHUNK_WORDS];
	uint64_t part, pages;

	for (; length > 0; iova += part, length -= part) {
		part = RTE_MIN(length, most);
		pages = part / dirty_page_size();
		memset(bitmap, 0, sizeof(bitmap));
		if (read_kernel(space, only, iova, part, false, bitmap) != 0)
			keep_pages(&space->dirty.kept, iova, pages);
		else
			keep_bits(&space->dirty.kept, iova, pages, bitmap);
	}
}

/* The lock is held. */
static void
keep_locked(struct rte_iommufd_space *space, const struct page_table *only,
	uint64_t iova, uint64_t length)
{
	if (!space->context->backend->dirty_by_mapping)
		keep_chunks(space, only, iova, length);
	else if (take_locked(space, iova, length) != 0)
		keep_pages(
			&space->dirty.kept, iova, length / dirty_page_size());
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
	lock_all(space, &locked);
	iova_map_walk(&space->map, keep_mapping, &keeper);
	unlock_all(space, &locked);
}

static int
keep_unread(const struct mapping *mapping, void *argument)
{
	struct rte_iommufd_space *space = argument;

	keep_pages(&space->dirty.kept, mapping->iova,
		mapping->length / dirty_page_size());
	return 0;
}

void
dirty_keep_unread(struct rte_iommufd_space *space)
{
	if (!space->dirty.running)
		return;
	pthread_mutex_lock(&space->dirty.lock);
	iova_map_walk(&space->map, keep_unread, space);
	pthread_mutex_unlock(&space->dirty.lock);
}
