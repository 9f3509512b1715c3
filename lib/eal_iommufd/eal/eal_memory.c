/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * EAL's memory, mirrored into address spaces.
 *
 * What EAL has when a space starts to follow is mapped in runs (extents.h). What it
 * allocates and frees later comes as memory events. The kernel unmaps areas only
 * whole, and EAL frees page by page, whatever was allocated together; so a page
 * that may be freed is an area of its own, and only pages that stay for good
 * (those of -m and --socket-mem, all of --legacy-mem and --no-huge, and the
 * memory of an external heap, which goes as one) share areas.
 *
 * EAL's hotplug lock is held during a memory event: no code here may allocate from EAL's
 * memory or walk it with the functions that take the lock. For that reason the record of
 * mappings is in malloc()'s memory.
 *
 * Must not know: backends, devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "backend/backend.h"
#include "core/address_space.h"
#include "core/mirror.h"
#include "core/space_allow.h"
#include "core/space_counted.h"
#include "core/space_map.h"
#include "eal/secondary_maps.h"
#include "util/extents.h"
#include "util/log.h"

/*
 * Two threads may begin to follow with the same space, since EAL's lock is held for
 * reading only. Taken between EAL's lock and a space's.
 */
static pthread_mutex_t begin_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * One pass over EAL's pages at a time: it finds what is not mapped yet and maps it,
 * and an event may come between (an external heap is attached with EAL's lock held for
 * reading only). Taken after a callback is registered, since an event holds EAL's lock
 * of these.
 */
static pthread_mutex_t pass_lock = PTHREAD_MUTEX_INITIALIZER;

/* With at least so many pages that could share a call, a hint is logged. */
#define MANY_FILES 256
/* EAL has at most 128 lists (RTE_MAX_MEMSEG_LISTS), which a gap can cut in two. */
#define MAX_WINDOWS 256

/* One pass over EAL's pages. */
struct pass {
	struct rte_iommufd_space *space;
	struct extents runs;
	const struct rte_memseg_list *list; /* of the page before */
	bool all_stay; /* EAL frees nothing: no memory events */
	bool by_file;
	bool only_missing;     /* pages that are mapped are passed over */
	struct mapping *found; /* the runs to map */
	size_t count;
	size_t room;
	uint64_t event_start; /* of a memory event: what it is about, in va */
	uint64_t event_end;
};

static bool
eal_memory_has_address(const struct rte_memseg *page)
{
	return page->iova != RTE_BAD_IOVA && page->len != 0;
}

static void
describe_page(
	const struct rte_memseg *page, bool by_file, struct mapping *mapping)
{
	size_t offset = 0;

	*mapping = (struct mapping){
		.iova = page->iova,
		.length = page->len,
		.va = page->addr_64,
		.file = -1,
		.rights = ALL_RIGHTS,
		.origin = MAPPING_OF_EAL,
	};
	if (!by_file)
		return;
	mapping->file = rte_memseg_get_fd_thread_unsafe(page);
	if (mapping->file >= 0 &&
		rte_memseg_get_fd_offset_thread_unsafe(page, &offset) < 0)
		mapping->file = -1;
	mapping->offset = offset;
}

/* Notes a run, to be mapped with all others. */
static int
eal_memory_find_run(const struct mapping *run, void *argument)
{
	struct pass *pass = argument;
	size_t room = pass->room == 0 ? 64 : pass->room * 2;
	struct mapping *found;

	/* Mapped by the program, before EAL had the memory or before the space followed
	 * it.
	 */
	if (space_counted_keeps_for_eal(pass->space, run))
		return 0;
	if (pass->count == pass->room) {
		found = reallocarray(pass->found, room, sizeof(*found));
		if (found == NULL) {
			IOMMUFD_LOG(
				ERR, "no memory for the list of EAL's memory");
			return -ENOMEM;
		}
		pass->found = found;
		pass->room = room;
	}
	pass->found[pass->count++] = *run;
	return 0;
}

/* After the pages were visited, with this result: maps all that was found, or nothing. */
static int
eal_memory_map_found(struct pass *pass, int ret, unsigned int threads)
{
	if (ret == 0)
		ret = extents_finish(&pass->runs);
	if (ret == 0)
		ret = space_map_runs(
			pass->space, pass->found, pass->count, threads);
	free(pass->found);
	return ret;
}

/* A failure, which is logged there, does not stop the unmapping of the others. */
static int
eal_memory_unmap_run(const struct mapping *run, void *argument)
{
	struct pass *pass = argument;

	space_unmap(pass->space, run->iova, run->length, 1);
	return 0;
}

static int
eal_memory_map_page(const struct rte_memseg_list *list,
	const struct rte_memseg *page, void *argument)
{
	struct pass *pass = argument;
	struct mapping mapping;
	bool stays;
	int ret;

	if (!eal_memory_has_address(page))
		return 0;
	/* An external heap is removed as a whole, but separately from its neighbour. */
	if (pass->list != list && pass->list != NULL &&
		(list->external || pass->list->external)) {
		ret = extents_finish(&pass->runs);
		if (ret != 0)
			return ret;
	}
	pass->list = list;
	stays = pass->all_stay || list->external ||
		(page->flags & RTE_MEMSEG_FLAG_DO_NOT_FREE) != 0;
	describe_page(page, pass->by_file, &mapping);
	return extents_add_page(&pass->runs, &mapping, stays);
}

static bool
eal_memory_is_mapped(
	struct rte_iommufd_space *space, const struct rte_memseg *page)
{
	struct mapping area;

	return address_space_find(space, page->iova, &area) == 0 &&
		mapping_is_entered_here(&area);
}

/* External memory that is no heap is mapped by the code that registered it. */
static int
map_page_of_eal(const struct rte_memseg_list *list,
	const struct rte_memseg *page, void *argument)
{
	struct pass *pass = argument;

	if (list->external && !list->heap)
		return 0;
	if (pass->only_missing && eal_memory_is_mapped(pass->space, page))
		return 0;
	return eal_memory_map_page(list, page, argument);
}

static bool
maps_by_file(const struct rte_iommufd_space *space)
{
	struct rte_iommufd_context *context = space->context;

	return context->backend->maps_files(context);
}

/* Logged once: the cause is how the program was started. */
static void
hint_at_files(const struct pass *pass)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	if (pass->runs.ended_by_file < MANY_FILES ||
		pass->count <= pass->runs.ended_by_file ||
		atomic_flag_test_and_set(&said))
		return;
	IOMMUFD_LOG(INFO,
		"%zu calls mapped EAL's memory, since each hugepage has a file of its own: with --single-file-segments%s it takes %zu, and the start is faster",
		pass->count, pass->all_stay ? " instead of --legacy-mem" : "",
		pass->count - pass->runs.ended_by_file);
}

/* All or, when it fails, nothing. The pass is locked. */
static int
eal_memory_map_pages(struct pass *pass)
{
	extents_start(&pass->runs, eal_memory_find_run, pass);
	return eal_memory_map_found(pass,
		rte_memseg_walk_thread_unsafe(map_page_of_eal, pass),
		space_threads(pass->space));
}

static int
eal_memory_map_all(struct rte_iommufd_space *space, bool all_stay)
{
	struct pass pass = {
		.space = space,
		.all_stay = all_stay,
		.by_file = maps_by_file(space),
	};
	int ret;

	pthread_mutex_lock(&pass_lock);
	ret = eal_memory_map_pages(&pass);
	pthread_mutex_unlock(&pass_lock);
	if (ret == 0)
		hint_at_files(&pass);
	return ret;
}

/*
 * What could not be mapped when EAL got it. Without this a device that is opened later, or
 * again, would be without that memory for good.
 */
static int
eal_memory_map_missing(struct rte_iommufd_space *space)
{
	struct pass pass = {
		.space = space,
		.by_file = maps_by_file(space),
		.only_missing = true,
	};
	int ret = 0;

	pthread_mutex_lock(&pass_lock);
	if (space->lacks_memory)
		ret = eal_memory_map_pages(&pass);
	if (ret == 0)
		space->lacks_memory = false;
	pthread_mutex_unlock(&pass_lock);
	return ret;
}

/*
 * The pages of [address, address + length), which lie in one list and are all
 * in use; EAL's hotplug lock is held.
 */
static int
eal_memory_each_page(const void *address, size_t length,
	int (*visit)(const struct rte_memseg_list *list,
		const struct rte_memseg *page, void *argument),
	void *argument)
{
	const struct rte_memseg_list *list = rte_mem_virt2memseg_list(address);
	const struct rte_memseg *page;
	size_t done;
	int ret;

	if (list == NULL)
		return 0;
	page = rte_mem_virt2memseg(address, list);
	for (done = 0; page != NULL && done < length; done += list->page_sz) {
		ret = visit(list, page++, argument);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/*
 * Events come for EAL's memory and for heaps only. When the memory of a new heap
 * is announced, its list does not say yet that it is one
 * (rte_malloc_heap_memory_add()), so it must not be checked here.
 */
static void
eal_memory_map_event(
	struct rte_iommufd_space *space, const void *address, size_t length)
{
	struct pass pass = { .space = space, .by_file = maps_by_file(space) };
	int ret;

	pthread_mutex_lock(&pass_lock);
	extents_start(&pass.runs, eal_memory_find_run, &pass);
	ret = eal_memory_each_page(address, length, eal_memory_map_page, &pass);
	if (eal_memory_map_found(&pass, ret, 1) != 0)
		space->lacks_memory = true;
	pthread_mutex_unlock(&pass_lock);
}

/*
 * Whether an area lies completely in what EAL frees. It does not when permanent pages
 * share the area: rte_eal_cleanup() frees those as well. They stay mapped until the
 * process, which is about to end, closes the space.
 */
static bool
eal_memory_goes_with_event(const struct pass *pass, const struct mapping *area)
{
	if (area->origin != MAPPING_OF_EAL)
		return false;
	if (area->va >= pass->event_start &&
		area->va + area->length <= pass->event_end)
		return true;
	IOMMUFD_LOG(DEBUG,
		"EAL gives up part of %#" PRIx64 " + %#" PRIx64
		", which stays mapped to the end",
		area->iova, area->length);
	return false;
}

/* What the page and the area have in common, from that offset in the page on. */
static void
cut_page(const struct rte_memseg *page, uint64_t offset,
	const struct mapping *area, struct mapping *piece)
{
	describe_page(page, false, piece);
	piece->iova += offset;
	piece->va += offset;
	piece->length = RTE_MIN(
		page->len - offset, area->length - (piece->iova - area->iova));
}

/* A page is an area or part of one; the program may have mapped it in several. */
static int
eal_memory_unmap_page(const struct rte_memseg_list *list __rte_unused,
	const struct rte_memseg *page, void *argument)
{
	struct pass *pass = argument;
	struct mapping area, piece;
	uint64_t done;
	int ret = 0;

	if (!eal_memory_has_address(page))
		return 0;
	for (done = 0; ret == 0 && done < page->len; done += piece.length) {
		/* Where there is none, its map call failed, which was logged then. */
		if (address_space_find(pass->space, page->iova + done, &area) !=
			0)
			return 0;
		cut_page(page, done, &area, &piece);
		if (space_counted_eal_frees(pass->space, &area, &piece))
			continue;
		if (eal_memory_goes_with_event(pass, &area))
			ret = extents_add_page(&pass->runs, &piece, true);
	}
	return ret;
}

static void
eal_memory_unmap_event(
	struct rte_iommufd_space *space, const void *address, size_t length)
{
	struct pass pass = {
		.space = space,
		.event_start = (uintptr_t)address,
		.event_end = (uintptr_t)address + length,
	};

	pthread_mutex_lock(&pass_lock);
	extents_start(&pass.runs, eal_memory_unmap_run, &pass);
	eal_memory_each_page(address, length, eal_memory_unmap_page, &pass);
	extents_finish(&pass.runs);
	pthread_mutex_unlock(&pass_lock);
}

/*
 * EAL offers no way to refuse: a failure was logged where it happened, and the next device
 * that is opened asks for the memory again.
 */
static void
on_memory_event(enum rte_mem_event type, const void *address, size_t length,
	void *space)
{
	if (type == RTE_MEM_EVENT_ALLOC)
		eal_memory_map_event(space, address, length);
	else
		eal_memory_unmap_event(space, address, length);
}

static void
callback_name(const struct rte_iommufd_space *space, char *name, size_t size)
{
	snprintf(name, size, "iommufd_%p", (const void *)space);
}

/* 0; 1 when EAL's memory never changes; or -errno. */
static int
register_callback(struct rte_iommufd_space *space)
{
	char name[RTE_MEM_EVENT_CALLBACK_NAME_LEN];

	callback_name(space, name, sizeof(name));
	if (rte_mem_event_callback_register(name, on_memory_event, space) == 0)
		return 0;
	if (rte_errno == ENOTSUP)
		return 1;
	IOMMUFD_LOG(ERR, "EAL does not tell of memory that comes and goes: %s",
		rte_strerror(rte_errno));
	return -rte_errno;
}

static void
unregister_callback(struct rte_iommufd_space *space)
{
	char name[RTE_MEM_EVENT_CALLBACK_NAME_LEN];

	callback_name(space, name, sizeof(name));
	rte_mem_event_callback_unregister(name, space);
}

/* The windows of addresses that EAL has reserved for memory it does not have yet. */
struct windows {
	const struct rte_iommufd_range *usable;
	uint32_t usable_count; /* 0: not known */
	struct rte_iommufd_range found[MAX_WINDOWS];
	uint32_t count;
};

static void
add_window(struct windows *windows, uint64_t first, uint64_t last)
{
	if (first <= last && windows->count < MAX_WINDOWS)
		windows->found[windows->count++] = (struct rte_iommufd_range){
			first, last
		};
}

static int
eal_memory_find_window(const struct rte_memseg_list *list, void *argument)
{
	struct windows *windows = argument;
	const uint64_t first = list->addr_64;
	const uint64_t last = first + list->len - 1;
	uint32_t i;

	if (list->external || list->len == 0)
		return 0;
	for (i = 0; i < windows->usable_count; i++)
		add_window(windows, RTE_MAX(first, windows->usable[i].first),
			RTE_MIN(last, windows->usable[i].last));
	return 0;
}

/*
 * A device that is attached later must not take away addresses that EAL will use: to
 * refuse its attachment is better than to fail later, when memory is mapped. Addresses
 * that the present devices do not reach do not matter until EAL has memory there.
 */
static void
keep_windows(struct rte_iommufd_space *space)
{
	struct windows windows = { .usable = space->ranges };
	struct locked_range locked;
	int ret;

	if (rte_eal_iova_mode() != RTE_IOVA_VA)
		return;
	space_lock_all(space, &locked);
	windows.usable_count = space->range_count;
	rte_memseg_list_walk_thread_unsafe(eal_memory_find_window, &windows);
	space_unlock_range(space, &locked);
	if (windows.count == 0)
		return;
	ret = space_allow(space, ALLOWED_FOR_EAL, windows.found, windows.count);
	if (ret != 0 && ret != -EOPNOTSUPP)
		IOMMUFD_LOG(WARNING,
			"the kernel does not keep EAL's addresses usable: %s; a device that is attached later may keep memory from being mapped",
			rte_strerror(-ret));
}

/* Before the space ends; does not unmap. */
static void
eal_memory_unfollow(struct rte_iommufd_space *space)
{
	/* Waits for an event that is running, which may take the locks here. */
	unregister_callback(space);
	space->unfollow = NULL;
	pthread_mutex_lock(&begin_lock);
	if (space->context->memory == space)
		space->context->memory = NULL;
	pthread_mutex_unlock(&begin_lock);
	secondary_maps_end_space(space);
}

/*
 * EAL's hotplug lock is held for reading, so its own memory does not change meanwhile.
 * An external heap can be attached (rte_malloc_heap_memory_attach() reads as well);
 * its event and this pass find what the other one has mapped.
 */
static int
eal_memory_follow_locked(struct rte_iommufd_space *space)
{
	int never_changes, ret;

	if (space->context->backend->unsafe &&
		rte_eal_iova_mode() != RTE_IOVA_PA) {
		IOMMUFD_LOG(ERR,
			"without an IOMMU devices use physical addresses: start with --iova-mode=pa");
		return -EINVAL;
	}
	if (!mirror_lets_follow(space, eal_memory_unfollow)) {
		IOMMUFD_LOG(ERR,
			"an address space that mirrors another does not follow memory itself");
		return -EINVAL;
	}
	never_changes = register_callback(space);
	if (never_changes < 0) {
		space->unfollow = NULL;
		return never_changes;
	}
	ret = eal_memory_map_all(space, never_changes != 0);
	if (ret == 0) {
		if (space->context->memory == NULL)
			space->context->memory = space;
		if (!never_changes)
			keep_windows(space);
		return 0;
	}
	if (!never_changes)
		unregister_callback(space);
	space->unfollow = NULL;
	return ret;
}

int
rte_iommufd_space_follow_memory(struct rte_iommufd_space *space)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };
	int ret = 0;

	rte_mcfg_mem_read_lock();
	pthread_mutex_lock(&begin_lock);
	if (space->unfollow == NULL)
		ret = eal_memory_follow_locked(space);
	else
		ret = eal_memory_map_missing(space);
	pthread_mutex_unlock(&begin_lock);
	rte_mcfg_mem_read_unlock();
	if (ret != 0)
		return ret;
	rte_iommufd_space_stats(space, &stats);
	IOMMUFD_LOG(DEBUG, "%" PRIu64 " MiB mapped in %" PRIu64 " calls",
		stats.bytes >> 20, stats.map_calls);
	return 0;
}

struct rte_iommufd_space *
rte_iommufd_context_memory(const struct rte_iommufd_context *context)
{
	struct rte_iommufd_space *memory;

	pthread_mutex_lock(&begin_lock);
	memory = context->memory;
	pthread_mutex_unlock(&begin_lock);
	return memory;
}
