/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Makes one page present for devices: it is looked up in the process, followed, and mapped.
 *
 * The process can change at any time, so the order is important:
 *   1. The mapping of the process at the address is looked up.
 *   2. It is followed, if it was not. From now on every change of it is reported. Where a
 *      thread is about to drop pages, nothing is mapped: the group is held.
 *   3. Its pages are pinned and mapped.
 *   4. Is a change of that mapping under way, or was it? If not, it was there and followed
 *      at 3. Otherwise another mapping may have taken its place between 2 and 3, whose
 *      changes would not be reported: it is unmapped again.
 *   5. The mappings that have pending reports are unmapped, and the reports are read. The
 *      group is answered only if none of its pages was unmapped (sva_group.c).
 * So every page that a device can reach was followed when it was pinned, and a call that
 * takes it from the process returns only after it was unmapped.
 *
 * Must not know: threads; how changes are detected.
 */

#include <errno.h>

#include <rte_common.h>

#include "kernel/userfault.h"
#include "sva.h"

/* How often the work for one page starts again because the process has changed. */
#define TRIES 8

/* How many areas are evicted for one page when the kernel pins no more. */
#define EVICTIONS 64

#define HUGE_SIZE (UINT64_C(2) << 20)

/* DMA with a PASID cannot reach this window, but the kernel allows to map it. */
#define INTERRUPTS_START UINT64_C(0xfee00000)
#define INTERRUPTS_END UINT64_C(0xfef00000)

/* The largest interval around the address that the devices' IOMMUs translate. */
static struct interval
sva_fault_reach(const struct rte_iommufd_sva *sva, uint64_t address)
{
	struct interval window = { 0, UINT64_MAX };
	const struct interval none = { 0, 0 };
	unsigned int i;

	for (i = 0; i < sva->range_count; i++)
		if (address >= sva->ranges[i].first &&
			address <= sva->ranges[i].last)
			break;
	if (sva->range_count > 0) {
		if (i == sva->range_count)
			return none;
		window.start = sva->ranges[i].first;
		if (sva->ranges[i].last != UINT64_MAX)
			window.end = sva->ranges[i].last + 1;
	}
#ifdef RTE_ARCH_X86
	if (address >= INTERRUPTS_START && address < INTERRUPTS_END)
		return none;
	if (address < INTERRUPTS_START)
		window.end = RTE_MIN(window.end, INTERRUPTS_START);
	else
		window.start = RTE_MAX(window.start, INTERRUPTS_END);
#endif
	return window;
}

/*
 * The rights of the mapping. Private memory and hugepages: all rights of the process,
 * also for a request to read. To pin a private page makes it the process's own page in
 * either case (gup_must_unshare()), so the right to write costs nothing and saves a
 * second request. Shared files: the requested rights only. Their pages would count as
 * written and be written to the disk, and some file systems do not allow to pin them for
 * writing.
 */
static uint32_t
rights_for(const struct rte_iommufd_sva *sva, const struct vma *mapping,
	uint32_t asked)
{
	if (mapping->shared && mapping->page_size == sva->page &&
		!(asked & RTE_IOMMUFD_MAP_WRITE))
		return RTE_IOMMUFD_MAP_READ;
	return mapping->rights;
}

static bool
may_be_mapped(const struct rte_iommufd_sva *sva, const struct vma *mapping,
	struct interval bounds, struct interval window)
{
	return mapping->start <= window.start && mapping->end >= window.end &&
		interval_contains(bounds, window) &&
		interval_size(window) <= sva->pin_limit;
}

/*
 * How much is mapped with the page: the hugepage that it is in; the interval around
 * it; or, where pages are about to be dropped, only the page.
 */
static struct interval
choose_window(const struct rte_iommufd_sva *sva,
	const struct sva_request *request, const struct vma *mapping)
{
	const struct interval page = interval_block(
		request->address, sva->page);
	const struct interval place = { mapping->start, mapping->end };
	struct interval bounds, window;

	area_lru_gap(&sva->residency, page.start, &bounds.start, &bounds.end);
	bounds = interval_common(bounds, sva_fault_reach(sva, page.start));
	window = interval_block(page.start, mapping->page_size);
	if (mapping->page_size > sva->page)
		return may_be_mapped(sva, mapping, bounds, window) ? window
								   : page;
	window = interval_block(page.start, HUGE_SIZE);
	if (pending_removals_overlap(&sva->removals, window.start, window.end))
		return page;
	if (may_be_mapped(sva, mapping, bounds, window) &&
		vma_query_is_huge(&sva->view, window.start, window.end))
		return window;
	bounds = interval_common(bounds, interval_common(place, request->clip));
	window = interval_common(
		bounds, interval_block(page.start, request->around));
	if (!interval_contains(window, page) ||
		interval_size(window) > sva->pin_limit)
		return page;
	return window;
}

static bool
is_room_for(const struct rte_iommufd_sva *sva, uint64_t size)
{
	return sva->residency.bytes + size <= sva->pin_limit;
}

/* -ENOSPC: all areas that are left are kept, or were requested in this round. */
static int
evict_one(struct rte_iommufd_sva *sva)
{
	struct area *oldest = area_lru_oldest(&sva->residency, sva->round);

	if (oldest == NULL)
		return -ENOSPC;
	sva->stats.evictions++;
	sva_invalidate_area(sva, oldest);
	return 0;
}

static bool
is_kept(const struct rte_iommufd_sva *sva, struct interval interval)
{
	const struct area *kept = area_lru_next(&sva->kept, interval.start);
	const struct sva_keep *keep;

	if (kept != NULL && kept->start < interval.end)
		return true;
	TAILQ_FOREACH(keep, &sva->keeping, next)
		if (!keep->is_forgotten &&
			interval_overlaps(keep->interval, interval))
			return true;
	return false;
}

static int
map_window(struct rte_iommufd_sva *sva, struct interval window, uint32_t rights)
{
	const uint64_t size = interval_size(window);
	struct area *area;
	int ret;

	area = area_lru_new(&sva->residency);
	if (area == NULL)
		return -ENOMEM;
	area->start = window.start;
	area->end = window.end;
	area->rights = rights;
	area->round = sva->round;
	area->keep = is_kept(sva, window);
	sva->stats.map_calls++;
	ret = rte_iommufd_fault_space_map(
		sva->faults, window.start, size, rights);
	if (ret == 0)
		area_lru_add(&sva->residency, area);
	else
		area_lru_drop(&sva->residency, area);
	return ret;
}

/*
 * What was requested. Other areas are evicted for it, also where the kernel does not pin any
 * more (RLIMIT_MEMLOCK).
 */
static int
map_needed(struct rte_iommufd_sva *sva, struct interval needed, uint32_t rights)
{
	unsigned int tries = EVICTIONS;
	int ret = 0;

	while (ret == 0 && !is_room_for(sva, interval_size(needed)))
		ret = evict_one(sva);
	if (ret != 0)
		return ret;
	ret = map_window(sva, needed, rights);
	while (ret == -ENOMEM && tries-- > 0 && evict_one(sva) == 0)
		ret = map_window(sva, needed, rights);
	return ret;
}

/* As much of the window around what is needed as there is room for without eviction. */
static struct interval
shrink_to_room(const struct rte_iommufd_sva *sva, struct interval window,
	struct interval needed)
{
	uint64_t size = HUGE_SIZE;

	while (interval_size(window) > interval_size(needed) &&
		!is_room_for(sva, interval_size(window))) {
		window = interval_common(
			window, interval_block(needed.start, size));
		size /= 2;
	}
	return window;
}

/*
 * The rest of the window was not requested, so nothing is evicted for it. And it may be the
 * cause of a failure: pages behind the end of a file, or more than the limits allow. So
 * then only the page is tried.
 */
static int
map_window_or_page(struct rte_iommufd_sva *sva, struct interval window,
	struct interval needed, struct interval page, uint32_t rights)
{
	int ret = -ENOSPC;

	window = shrink_to_room(sva, window, needed);
	if (interval_size(window) > interval_size(needed))
		ret = map_window(sva, window, rights);
	if (ret != 0)
		ret = map_needed(sva, needed, rights);
	if (ret == 0 || interval_size(needed) == interval_size(page))
		return ret;
	return map_needed(sva, page, rights);
}

static int
map_speculatively(struct rte_iommufd_sva *sva, struct interval window,
	struct interval page, uint32_t rights)
{
	window = shrink_to_room(sva, window, page);
	if (!is_room_for(sva, interval_size(window)))
		return -ENOSPC;
	return map_window(sva, window, rights);
}

/* Whether that mapping is still what the process has at the address. */
static bool
is_still_there(const struct rte_iommufd_sva *sva, uint64_t address,
	const struct vma *mapping)
{
	struct vma now;

	return vma_query_at(&sva->view, address, &now) == 0 &&
		now.start == mapping->start && now.end == mapping->end &&
		now.rights == mapping->rights;
}

/*
 * 0, and which watch follows it; -EAGAIN: it has changed meanwhile; or why it cannot be
 * followed. The kernel is asked as well: it does not report shmdt().
 */
static int
register_vma(struct rte_iommufd_sva *sva, uint64_t address,
	const struct vma *mapping, unsigned int *watch)
{
	const struct interval place = { mapping->start, mapping->end };
	int ret;

	/* A mapping is followed as a whole or not at all. */
	if (watches_cover(&sva->watches, place, watch) &&
		vma_query_is_registered(
			&sva->view, address, address + sva->page) == 0)
		return 0;
	ret = sva_notifier_register(sva, place, watch);
	if (ret == 0)
		return 0;
	return is_still_there(sva, address, mapping) ? ret : -EAGAIN;
}

/* 0; -EAGAIN: it has changed meanwhile; or why it was not mapped. */
static int
map_followed(struct rte_iommufd_sva *sva, const struct sva_request *request,
	const struct vma *mapping, unsigned int watch)
{
	const struct interval page = interval_block(
		request->address, sva->page);
	const struct interval window = choose_window(sva, request, mapping);
	const uint32_t rights = rights_for(sva, mapping, request->rights);
	const bool hugepage = mapping->page_size > sva->page;
	int ret;

	if (request->speculative)
		ret = map_speculatively(sva, window, page, rights);
	else
		ret = map_window_or_page(sva, window,
			hugepage || request->all ? window : page, page, rights);
	if (ret != 0)
		return is_still_there(sva, page.start, mapping) ? ret : -EAGAIN;
	if (watches_are_quiet(&sva->watches, watch))
		return 0;
	sva_invalidate_interval(sva, page);
	return -EAGAIN;
}

/* The mapping at the address, followed; or why devices do not get it. */
static int
look_up(struct rte_iommufd_sva *sva, const struct sva_request *request,
	struct vma *mapping, unsigned int *watch)
{
	int ret = vma_query_at(&sva->view, request->address, mapping);

	if (ret != 0)
		return ret;
	if ((request->rights & ~mapping->rights) != 0)
		return -EACCES;
	if (interval_size(sva_fault_reach(sva, request->address)) == 0)
		return -ERANGE;
	return register_vma(sva, request->address, mapping, watch);
}

static struct area *
find_present(struct rte_iommufd_sva *sva, const struct sva_request *request)
{
	struct area *area = area_lru_find(&sva->residency, request->address);

	if (area != NULL && (request->rights & ~area->rights) == 0)
		return area;
	return NULL;
}

/* What is there at the address is about to be dropped. */
static bool
is_held(const struct rte_iommufd_sva *sva, const struct vma *mapping,
	struct sva_request *request)
{
	const struct interval block = interval_block(
		request->address, mapping->page_size);

	if (!pending_removals_are_open(&sva->removals, block.start, block.end))
		return false;
	request->held = block;
	return true;
}

/* Once; -EAGAIN in the request's error: the process has changed meanwhile, or is about to. */
static enum sva_outcome
try_to_fault_in(struct rte_iommufd_sva *sva, struct sva_request *request)
{
	struct vma mapping;
	unsigned int watch;
	struct area *area = find_present(sva, request);

	request->error = 0;
	request->held = (struct interval){ 0, 0 };
	if (area != NULL) {
		area_lru_touch(&sva->residency, area, sva->round);
		return SVA_PRESENT;
	}
	request->error = look_up(sva, request, &mapping, &watch);
	if (request->error != 0)
		return SVA_REFUSED;
	if (is_held(sva, &mapping, request)) {
		request->error = -EAGAIN;
		return SVA_FAILED;
	}
	/* It is mapped with fewer rights: it is unmapped and mapped again. */
	sva_invalidate_interval(
		sva, interval_block(request->address, sva->page));
	request->error = map_followed(sva, request, &mapping, watch);
	return request->error == 0 ? SVA_MAPPED : SVA_FAILED;
}

/* What will be mapped; false: nothing, because it is present or refused. */
static bool
plan(struct rte_iommufd_sva *sva, struct sva_request *request,
	struct interval *window, uint32_t *rights)
{
	struct vma mapping;
	unsigned int watch;

	if (find_present(sva, request) != NULL ||
		look_up(sva, request, &mapping, &watch) != 0 ||
		is_held(sva, &mapping, request))
		return false;
	*window = choose_window(sva, request, &mapping);
	*rights = rights_for(sva, &mapping, request->rights);
	return true;
}

void
sva_fault_prepare(struct rte_iommufd_sva *sva, struct sva_request *request)
{
	struct interval window;
	uint32_t rights = 0;
	bool planned;

	if (request->by_service)
		fair_lock_take_first(&sva->lock);
	else
		fair_lock_take(&sva->lock);
	planned = sva_fault_is_serving(sva) &&
		plan(sva, request, &window, &rights);
	fair_lock_give(&sva->lock);
	if (planned)
		userfault_populate(window.start, window.end,
			rights & RTE_IOMMUFD_MAP_WRITE);
}

bool
sva_fault_is_serving(const struct rte_iommufd_sva *sva)
{
	return sva->bound > 0 && !sva->failed && !sva->ending;
}

enum sva_outcome
sva_fault_in(struct rte_iommufd_sva *sva, struct sva_request *request)
{
	enum sva_outcome outcome;
	unsigned int tries = TRIES;

	do
		outcome = try_to_fault_in(sva, request);
	while (request->error == -EAGAIN && interval_size(request->held) == 0 &&
		--tries > 0 && sva_notifier_read(sva) >= 0);
	return outcome;
}

bool
sva_report_kind_of(
	enum sva_outcome outcome, int error, enum sva_report_kind *kind)
{
	switch (outcome) {
	case SVA_REFUSED:
		*kind = SVA_REPORT_NOT_FOLLOWED;
		return error != -ENOENT && error != -EACCES && error != -ERANGE;
	case SVA_FAILED:
		*kind = error == -ENOSPC ? SVA_REPORT_LIMIT : SVA_REPORT_MAP;
		return true;
	default:
		return false;
	}
}

/* What is mapped in the interval is evicted or not, as the record of what is kept says. */
static void
mark_areas(struct rte_iommufd_sva *sva, struct interval interval)
{
	struct area *area = area_lru_next(&sva->residency, interval.start);

	while (area != NULL && area->start < interval.end) {
		area_lru_keep(&sva->residency, area,
			is_kept(sva,
				(struct interval){ area->start, area->end }));
		area = area_lru_next(&sva->residency, area->end);
	}
}

/* Entries that the interval overlaps leave the record, and become part of the interval. */
static struct interval
absorb_kept(struct rte_iommufd_sva *sva, struct interval interval)
{
	struct area *kept;

	while ((kept = area_lru_next(&sva->kept, interval.start)) != NULL &&
		kept->start < interval.end) {
		interval.start = RTE_MIN(interval.start, kept->start);
		interval.end = RTE_MAX(interval.end, kept->end);
		area_lru_remove(&sva->kept, kept);
	}
	return interval;
}

int
sva_fault_keep_begin(struct rte_iommufd_sva *sva, struct sva_keep *keep)
{
	keep->record = area_lru_new(&sva->kept);
	if (keep->record == NULL)
		return -ENOMEM;
	keep->is_forgotten = false;
	TAILQ_INSERT_TAIL(&sva->keeping, keep, next);
	mark_areas(sva, keep->interval);
	return 0;
}

void
sva_fault_keep_end(
	struct rte_iommufd_sva *sva, struct sva_keep *keep, bool is_mapped)
{
	struct interval whole;

	TAILQ_REMOVE(&sva->keeping, keep, next);
	if (!is_mapped || keep->is_forgotten) {
		area_lru_drop(&sva->kept, keep->record);
		mark_areas(sva, keep->interval);
		return;
	}
	whole = absorb_kept(sva, keep->interval);
	keep->record->start = whole.start;
	keep->record->end = whole.end;
	area_lru_add(&sva->kept, keep->record);
}

static void
forget_what_is_being_kept(struct rte_iommufd_sva *sva, struct interval interval)
{
	struct sva_keep *keep;

	TAILQ_FOREACH(keep, &sva->keeping, next) {
		if (!interval_overlaps(keep->interval, interval))
			continue;
		keep->is_forgotten = true;
		mark_areas(sva, keep->interval);
	}
}

void
sva_fault_forget(struct rte_iommufd_sva *sva, struct interval interval)
{
	struct interval gone;
	struct area *kept;

	forget_what_is_being_kept(sva, interval);
	while ((kept = area_lru_next(&sva->kept, interval.start)) != NULL &&
		kept->start < interval.end) {
		gone = (struct interval){ kept->start, kept->end };
		area_lru_remove(&sva->kept, kept);
		mark_areas(sva, gone);
	}
}
