/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What devices get when they ask: rights, how much, how groups are answered, the limit,
 * and that nothing that changes under way is left within their reach.
 */

#include <errno.h>
#include <string.h>

#include "logs.h"
#include "mock_kernel.h"
#include "mock_userfault.h"
#include "sva_bench.h"
#include "unit.h"

#define OK PAGE_ANSWER_SUCCESS
#define NO PAGE_ANSWER_INVALID

/* Waits for what was noted, and stops listening. */
static void
assert_reported(const char *part)
{
	sva_report_stop(&bench.report);
	assert_one_error(part);
	sva_report_start(&bench.report);
}

static void
map_file(uint64_t start, uint64_t end, uint32_t rights, uint64_t page_size)
{
	const struct vma mapping = {
		.start = start,
		.end = end,
		.rights = rights,
		.page_size = page_size,
		.shared = true,
	};

	mock_memory_map_as(&mapping);
}

/* --- rights --- */

static void
a_page_is_mapped_where_the_process_has_it(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + PAGE, R | W);
	assert_int_equal(ask(BASE + 0x123, R), OK);
	assert_area(BASE, BASE, BASE + PAGE, R | W);
	assert_true(mock_memory_is_followed(BASE, BASE + PAGE));
	assert_contains(mock_last_call("ioas_map"),
		"va=0x7f0000000000 iova=0x7f0000000000 length=0x1000 rights=rw");
	assert_int_equal(bench.stats.mapped, 1);
	assert_int_equal(ask(BASE, W), OK);
	assert_int_equal(bench.stats.present, 1);
	assert_int_equal(mock_calls("ioas_map"), 1);
}

static void
what_the_process_may_not_do_devices_may_not(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + PAGE, R);
	mock_memory_map(BASE + PAGE, BASE + 2 * PAGE, 0);
	assert_int_equal(ask(BASE, W), NO);
	assert_int_equal(ask(BASE + PAGE, R), NO);
	assert_int_equal(ask(BASE + 2 * PAGE, R), NO);
	assert_int_equal(bench.stats.refused, 3);
	assert_int_equal(mock_calls("ioas_map"), 0);
	assert_int_equal(ask(BASE, R), OK);
	assert_area(BASE, BASE, BASE + PAGE, R);
	assert_no_error();
}

/* See rights_for(). */
static void
shared_files_are_mapped_as_asked_and_upgraded(void **state __rte_unused)
{
	map_file(BASE, BASE + PAGE, R | W, PAGE);
	assert_int_equal(ask(BASE, R), OK);
	assert_area(BASE, BASE, BASE + PAGE, R);
	assert_int_equal(ask(BASE, W), OK);
	assert_area(BASE, BASE, BASE + PAGE, R | W);
	assert_int_equal(bench.stats.map_calls, 2);
	assert_int_equal(bench.stats.unmap_calls, 1);
}

static void
shared_hugepages_are_mapped_with_all_rights(void **state __rte_unused)
{
	map_file(BASE, BASE + 2 * HUGE, R | W, HUGE);
	assert_int_equal(ask(BASE + HUGE + 5, R), OK);
	assert_area(BASE + HUGE, BASE + HUGE, BASE + 2 * HUGE, R | W);
}

/* --- how much --- */

static void
the_block_around_is_mapped_within_the_mapping(void **state __rte_unused)
{
	mock_memory_map(BASE + 3 * PAGE, BASE + 100 * PAGE, R | W);
	mock_memory_map(BASE + 100 * PAGE, BASE + 112 * PAGE, R);
	assert_int_equal(ask(BASE + 5 * PAGE, R), OK);
	assert_area(BASE + 5 * PAGE, BASE + 3 * PAGE, BASE + 16 * PAGE, R | W);
	assert_int_equal(ask(BASE + 40 * PAGE, R), OK);
	assert_area(
		BASE + 40 * PAGE, BASE + 32 * PAGE, BASE + 48 * PAGE, R | W);
	assert_int_equal(ask(BASE + 97 * PAGE, R), OK);
	assert_area(
		BASE + 97 * PAGE, BASE + 96 * PAGE, BASE + 100 * PAGE, R | W);
	assert_int_equal(ask(BASE + 101 * PAGE, R), OK);
	assert_area(BASE + 101 * PAGE, BASE + 100 * PAGE, BASE + 112 * PAGE, R);
}

/* One call cannot map over another's area. */
static void
the_block_ends_where_another_area_begins(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 16 * PAGE, R | W);
	bench.fault_around = PAGE;
	assert_int_equal(ask(BASE + 4 * PAGE, R), OK);
	assert_int_equal(ask(BASE + 9 * PAGE, R), OK);
	bench.fault_around = 16 * PAGE;
	assert_int_equal(ask(BASE + 6 * PAGE, R), OK);
	assert_area(BASE + 6 * PAGE, BASE + 5 * PAGE, BASE + 9 * PAGE, R | W);
}

static void
a_transparent_hugepage_is_mapped_whole(void **state __rte_unused)
{
	mock_memory_map(BASE + PAGE, BASE + 2 * HUGE, R | W);
	mock_memory_make_huge(BASE + HUGE, BASE + 2 * HUGE);
	assert_int_equal(ask(BASE + HUGE + 7 * PAGE, R), OK);
	assert_area(BASE + HUGE, BASE + HUGE, BASE + 2 * HUGE, R | W);
	/* Not all of that one is in the mapping. */
	mock_memory_make_huge(BASE, BASE + HUGE);
	assert_int_equal(ask(BASE + 5 * PAGE, R), OK);
	assert_area(BASE + 5 * PAGE, BASE + PAGE, BASE + 16 * PAGE, R | W);
}

static void
what_the_kernel_refuses_as_a_block_is_tried_as_a_page(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 16 * PAGE, R | W);
	mock_answer("ioas_map ioas=2 va=0x7f0000000000", -EFAULT);
	assert_int_equal(ask(BASE + PAGE, R), OK);
	assert_area(BASE + PAGE, BASE + PAGE, BASE + 2 * PAGE, R | W);
	assert_int_equal(ask(BASE, R), NO);
	assert_int_equal(bench.stats.failed, 1);
	assert_reported("cannot be had");
}

#ifdef RTE_ARCH_X86
static void
the_interrupt_window_is_never_mapped(void **state __rte_unused)
{
	mock_memory_map(0xfed00000, 0xff000000, R | W);
	assert_int_equal(ask(0xfee00000, W), NO);
	assert_int_equal(ask(0xfeeff000, R), NO);
	bench.fault_around = HUGE;
	assert_int_equal(ask(0xfedff000, R), OK);
	assert_area(0xfedff000, 0xfed00000, 0xfee00000, R | W);
	assert_int_equal(ask(0xfef00000, R), OK);
	assert_area(0xfef00000, 0xfef00000, 0xff000000, R | W);
}
#endif

static void
what_the_iommu_does_not_reach_is_refused(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 16 * PAGE, R | W);
	bench.ranges[0] = (struct rte_iommufd_range){ 0, 0xffff };
	bench.ranges[1] = (struct rte_iommufd_range){ BASE + 2 * PAGE,
		BASE + 5 * PAGE - 1 };
	bench.range_count = 2;
	assert_int_equal(ask(BASE + 5 * PAGE, R), NO);
	assert_int_equal(ask(BASE + 4 * PAGE, R), OK);
	assert_area(BASE + 4 * PAGE, BASE + 2 * PAGE, BASE + 5 * PAGE, R | W);
}

/* --- groups --- */

static void
a_group_gets_one_answer(void **state __rte_unused)
{
	const struct page_request good[] = {
		{ .address = BASE, .rights = R },
		{ .address = BASE + 5 * PAGE, .rights = W },
		{ .address = BASE + 0x100000, .rights = R },
	};

	mock_memory_map(BASE, BASE + 0x200000, R | W);
	assert_int_equal(ask_group(good, 3), OK);
	assert_int_equal(bench.stats.request_groups, 1);
	assert_int_equal(bench.stats.page_requests, 3);
	assert_int_equal(bench.stats.mapped, 2);
	assert_int_equal(bench.stats.present, 1);
}

/* Its other pages stay mapped: the device may well ask for them again. */
static void
a_group_with_one_bad_page_is_refused(void **state __rte_unused)
{
	const struct page_request bad[] = {
		{ .address = BASE, .rights = R },
		{ .address = 0x5000, .rights = R },
		{ .address = BASE + 0x100000, .rights = R },
	};

	mock_memory_map(BASE, BASE + 0x200000, R | W);
	assert_int_equal(ask_group(bad, 3), NO);
	assert_int_equal(bench.stats.refused, 1);
	assert_int_equal(bench.stats.mapped, 2);
	assert_area(BASE, BASE, BASE + 16 * PAGE, R | W);
}

static void
several_groups_are_answered_each(void **state __rte_unused)
{
	const struct page_request good = { .address = BASE, .rights = R };
	const struct page_request bad = { .address = 0x5000, .rights = R };
	struct page_request requests[8];

	mock_memory_map(BASE, BASE + PAGE, R | W);
	mock_ask_pages(&bad, 1);
	mock_ask_pages(&good, 1);
	assert_int_equal(
		rte_iommufd_fault_space_read(bench.faults, requests, 8), 2);
	sva_group_serve(&bench, requests, 2);
	assert_int_equal(mock_calls("fault_answer"), 2);
	assert_contains(mock_last_call("fault_answer"), "success");
}

static void
nobody_is_served_while_no_device_is_bound(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + PAGE, R | W);
	bench.bound = 0;
	assert_int_equal(ask(BASE, R), NO);
	assert_int_equal(mock_calls("ioas_map"), 0);
}

/* The service ends at the next turn of the thread that follows. */
static void
pages_that_are_not_served_count_as_refused(void **state __rte_unused)
{
	const struct page_request pages[] = {
		{ .address = BASE, .rights = R },
		{ .address = BASE + 0x100000, .rights = R },
		{ .address = BASE + 0x200000, .rights = R },
	};

	mock_memory_map(BASE, BASE + 0x300000, R | W);
	mock_memory_fail_all("ready", -EIO);
	assert_int_equal(ask_group(pages, 3), NO);
	assert_int_equal(bench.stats.mapped, 1);
	assert_int_equal(bench.stats.refused, 2);
}

/* --- the limit --- */

static void
what_was_asked_for_longest_ago_makes_room(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 0x200000, R | W);
	bench.pin_limit = 48 * PAGE;
	assert_int_equal(ask(BASE, R), OK);
	assert_int_equal(ask(BASE + 0x10000, R), OK);
	assert_int_equal(ask(BASE + 0x20000, R), OK);
	assert_int_equal(ask(BASE, R), OK); /* a second chance */
	assert_int_equal(ask(BASE + 0x30000, R), OK);
	assert_no_area(BASE + 0x10000);
	assert_area(BASE, BASE, BASE + 0x10000, R | W);
	assert_int_equal(bench.stats.evictions, 1);
	assert_int_equal(bench.residency.peak, 48 * PAGE);
	/* Nothing is evicted for more than the page. */
	assert_int_equal(mock_mapped_bytes(), 33 * PAGE);
}

static void
what_is_around_a_page_evicts_nothing(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 0x200000, R | W);
	bench.pin_limit = 24 * PAGE;
	assert_int_equal(ask(BASE, R), OK);
	/* There is room for a half of what is around it. */
	assert_int_equal(ask(BASE + 0x19000, R), OK);
	assert_area(BASE + 0x19000, BASE + 0x18000, BASE + 0x20000, R | W);
	assert_int_equal(bench.stats.evictions, 0);
	assert_area(BASE, BASE, BASE + 0x10000, R | W);
}

static void
keep(uint64_t address, uint64_t length)
{
	assert_int_equal(
		rte_iommufd_sva_prefault(&bench, (void *)(uintptr_t)address,
			length, R | W | RTE_IOMMUFD_SVA_KEEP),
		0);
}

/* Rings: each request passes by many areas and the rings are not requested again. */
static void
what_is_kept_is_not_evicted(void **state __rte_unused)
{
	uint64_t i;

	mock_memory_map(BASE, BASE + 0x1000000, R | W);
	bench.pin_limit = 32 * PAGE;
	keep(BASE, 2 * PAGE);
	for (i = 1; i <= 32; i++)
		assert_int_equal(ask(BASE + i * 0x10000, R), OK);
	assert_area(BASE, BASE, BASE + 2 * PAGE, R | W);
	assert_true(bench.stats.evictions > 0);
	/* Also when it was unmapped by a change of its mapping, and requested again. */
	mock_memory_remove(BASE + 0x800000, BASE + 0x801000);
	follow_once();
	assert_no_area(BASE);
	bench.removals.count = 0;
	assert_int_equal(ask(BASE, R), OK);
	for (i = 1; i <= 32; i++)
		assert_int_equal(ask(BASE + i * 0x10000, R), OK);
	assert_area(BASE, BASE, BASE + 0x10000, R | W);
}

static void
unbind_all(void)
{
	bench.bound = 0;
}

/* Marked before its end, so that only prefault's line is logged. */
static void
end_service(void)
{
	bench.failed = true;
	sva_service_end(&bench, -EIO);
}

/* The lock is given back between the parts and while pages are made present. */
static void
assert_nothing_prefaulted_after(void (*meanwhile)(void))
{
	mock_memory_map(BASE, BASE + PAGE, R | W);
	mock_memory_during("populate", meanwhile);
	assert_int_equal(rte_iommufd_sva_prefault(
				 &bench, (void *)(uintptr_t)BASE, PAGE, R),
		-ENODEV);
	assert_int_equal(mock_mappings(), 0);
	assert_one_error("nothing can be mapped ahead of time");
}

static void
nothing_is_prefaulted_when_no_device_is_left(void **state __rte_unused)
{
	assert_nothing_prefaulted_after(unbind_all);
}

/* All userfaultfds are closed then. */
static void
nothing_is_prefaulted_when_the_service_has_ended(void **state __rte_unused)
{
	assert_nothing_prefaulted_after(end_service);
}

static void
what_is_invalidated_or_unmapped_is_kept_no_more(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 0x1000000, R | W);
	mock_memory_map(BASE + 0x2000000, BASE + 0x2001000, R | W);
	keep(BASE, 2 * PAGE);
	keep(BASE + 0x2000000, PAGE);
	assert_int_equal(bench.kept.count, 2);
	assert_int_equal(rte_iommufd_sva_invalidate(
				 &bench, (void *)(uintptr_t)BASE, PAGE),
		0);
	assert_int_equal(bench.kept.count, 1);
	mock_memory_unmap(BASE + 0x2000000, BASE + 0x2001000);
	follow_once();
	assert_int_equal(bench.kept.count, 0);
}

/* More than the limit: what was mapped by then stays, and makes room. */
static void
what_could_not_be_kept_is_evicted(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 0x200000, R | W);
	bench.pin_limit = 4 * PAGE;
	assert_int_equal(
		rte_iommufd_sva_prefault(&bench, (void *)(uintptr_t)BASE,
			8 * PAGE, R | W | RTE_IOMMUFD_SVA_KEEP),
		-ENOSPC);
	assert_one_error("pin_limit");
	assert_int_equal(mock_mapped_bytes(), 4 * PAGE);
	assert_int_equal(ask(BASE + 0x100000, R), OK);
	assert_int_equal(bench.stats.evictions, 1);
}

/* It shares a page with what is kept already, and that stays kept. */
static void
what_was_kept_before_stays_so_when_more_cannot_be(void **state __rte_unused)
{
	bench.fault_around = PAGE;
	mock_memory_map(BASE, BASE + 0x200000, R | W);
	keep(BASE, 2 * PAGE);
	bench.pin_limit = 4 * PAGE;
	assert_int_equal(rte_iommufd_sva_prefault(&bench,
				 (void *)(uintptr_t)(BASE + PAGE), 8 * PAGE,
				 R | W | RTE_IOMMUFD_SVA_KEEP),
		-ENOSPC);
	assert_one_error("pin_limit");
	assert_int_equal(bench.kept.count, 1);
	/* What was mapped of the rest makes room, and the first does not. */
	assert_int_equal(ask(BASE + 0x100000, R), OK);
	assert_int_equal(ask(BASE + 0x110000, R), OK);
	assert_int_equal(ask(BASE + 0x120000, R), OK);
	assert_area(BASE, BASE, BASE + 2 * PAGE, R | W);
}

/* One page of it is invalidated: the pages of its other mapping are kept no more, too. */
static void
the_rest_of_what_is_kept_no_more_is_evicted(void **state __rte_unused)
{
	bench.fault_around = PAGE;
	mock_memory_map(BASE, BASE + PAGE, R | W);
	mock_memory_map(BASE + PAGE, BASE + 3 * PAGE, R | W);
	keep(BASE, 3 * PAGE);
	assert_int_equal(rte_iommufd_sva_invalidate(
				 &bench, (void *)(uintptr_t)BASE, PAGE),
		0);
	assert_area(BASE + PAGE, BASE + PAGE, BASE + 3 * PAGE, R | W);
	mock_memory_map(BASE + 0x100000, BASE + 0x101000, R | W);
	bench.pin_limit = 2 * PAGE;
	assert_int_equal(ask(BASE + 0x100000, R), OK);
	assert_no_area(BASE + PAGE);
}

/* Such as a ring that shares a page with another one. */
static void
what_is_kept_twice_in_part_is_kept_whole(void **state __rte_unused)
{
	bench.fault_around = PAGE;
	mock_memory_map(BASE, BASE + 3 * PAGE, R | W);
	mock_memory_map(BASE + 0x100000, BASE + 0x101000, R | W);
	keep(BASE, 2 * PAGE);
	keep(BASE + PAGE, 2 * PAGE);
	assert_int_equal(bench.kept.count, 1);
	/* Unmapped by a change of its mapping, and requested again. */
	mock_memory_remove(BASE + 2 * PAGE, BASE + 3 * PAGE);
	follow_once();
	bench.removals.count = 0;
	assert_int_equal(ask(BASE, R), OK);
	bench.pin_limit = PAGE;
	assert_int_equal(ask(BASE + 0x100000, R), NO);
	assert_area(BASE, BASE, BASE + PAGE, R | W);
	assert_reported("pin_limit");
}

/* RLIMIT_MEMLOCK is met before pin_limit: then the oldest make room as well. */
static void
a_limit_of_the_kernel_evicts_as_well(void **state __rte_unused)
{
	bench.fault_around = PAGE;
	bench.stream_around = PAGE;
	mock_memory_map(BASE, BASE + 16 * PAGE, R | W);
	assert_int_equal(ask(BASE, R), OK);
	assert_int_equal(ask(BASE + PAGE, R), OK);
	/* The first reads the request. */
	mock_fail_call(mock_calls("") + 2, -ENOMEM);
	assert_int_equal(ask(BASE + 2 * PAGE, R), OK);
	assert_contains(mock_failed_call(), "ioas_map");
	assert_no_area(BASE);
	assert_area(BASE + PAGE, BASE + PAGE, BASE + 2 * PAGE, R | W);
	assert_int_equal(bench.stats.evictions, 1);
	/* And an end when nothing is left. */
	mock_answer("ioas_map", -ENOMEM);
	assert_int_equal(ask(BASE + 3 * PAGE, R), NO);
	assert_int_equal(bench.residency.count, 0);
	mock_answer("ioas_map", 0);
	assert_reported("locked memory");
}

/* RLIMIT_MEMLOCK is met for each of 32 areas that pass: the rings are not what makes room, also when nothing else is left. */
static void
a_limit_of_the_kernel_does_not_evict_what_is_kept(void **state __rte_unused)
{
	uint64_t i;

	bench.fault_around = PAGE;
	bench.stream_around = PAGE;
	mock_memory_map(BASE, BASE + 0x1000000, R | W);
	keep(BASE, 2 * PAGE);
	assert_int_equal(ask(BASE + 0x10000, R), OK);
	for (i = 2; i <= 33; i++) {
		/* The first reads the request. */
		mock_fail_call(mock_calls("") + 2, -ENOMEM);
		assert_int_equal(ask(BASE + i * 0x10000, R), OK);
		assert_contains(mock_failed_call(), "ioas_map");
		assert_no_area(BASE + (i - 1) * 0x10000);
		assert_area(BASE, BASE, BASE + 2 * PAGE, R | W);
	}
	assert_int_equal(bench.stats.evictions, 32);
	mock_answer("ioas_map", -ENOMEM);
	assert_int_equal(ask(BASE + 0x800000, R), NO);
	mock_answer("ioas_map", 0);
	assert_area(BASE, BASE, BASE + 2 * PAGE, R | W);
	assert_int_equal(bench.residency.count, 1);
	assert_int_equal(bench.stats.evictions, 33);
	assert_reported("locked memory");
}

static void
a_block_beyond_the_limit_becomes_a_page(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 0x200000, R | W);
	mock_memory_make_huge(BASE, BASE + HUGE);
	bench.pin_limit = 3 * PAGE;
	assert_int_equal(ask(BASE + PAGE, R), OK);
	assert_area(BASE + PAGE, BASE + PAGE, BASE + 2 * PAGE, R | W);
}

/* It would never be served: each of its pages would throw another one out. */
static void
a_group_beyond_the_limit_is_refused_and_told_once(void **state __rte_unused)
{
	struct page_request pages[4];
	unsigned int i;

	mock_memory_map(BASE, BASE + 0x200000, R | W);
	bench.pin_limit = 3 * PAGE;
	for (i = 0; i < 4; i++)
		pages[i] = (struct page_request){ .address = BASE + 0x20000 * i,
			.rights = R };
	assert_int_equal(ask_group(pages, 4), NO);
	assert_int_equal(ask_group(pages, 4), NO);
	assert_true(bench.stats.failed >= 2);
	assert_int_equal(ask_group(pages, 3), OK);
	assert_reported("pin_limit");
}

/* --- streams --- */

/* Each request maps twice as much, and the next part is mapped after its answer. */
static void
a_stream_is_mapped_ahead(void **state __rte_unused)
{
	bench.stream_around = HUGE;
	mock_memory_map(BASE, BASE + 2 * HUGE, R | W);
	assert_int_equal(ask(BASE, R), OK);
	assert_no_area(BASE + 0x10000);
	assert_int_equal(ask(BASE + 0x10000, R), OK);
	assert_area(BASE + 0x10000, BASE + 0x10000, BASE + 0x30000, R | W);
	assert_area(BASE + 0x30000, BASE + 0x30000, BASE + 0x50000, R | W);
	assert_no_area(BASE + 0x50000);
	assert_int_equal(ask(BASE + 0x50000, R), OK);
	assert_area(BASE + 0x50000, BASE + 0x50000, BASE + 0x90000, R | W);
	assert_area(BASE + 0x90000, BASE + 0x90000, BASE + 0xd0000, R | W);
	/* What is somewhere else is no stream. */
	assert_int_equal(ask(BASE + 0x180000, R), OK);
	assert_area(BASE + 0x180000, BASE + 0x180000, BASE + 0x190000, R | W);
	assert_no_area(BASE + 0x190000);
}

static void
nothing_is_evicted_to_map_ahead(void **state __rte_unused)
{
	bench.stream_around = HUGE;
	bench.pin_limit = 48 * PAGE;
	mock_memory_map(BASE, BASE + 2 * HUGE, R | W);
	assert_int_equal(ask(BASE, R), OK);
	assert_int_equal(ask(BASE + 0x10000, R), OK);
	assert_area(BASE, BASE, BASE + 0x10000, R | W);
	assert_area(BASE + 0x10000, BASE + 0x10000, BASE + 0x30000, R | W);
	assert_no_area(BASE + 0x30000);
	assert_int_equal(bench.stats.evictions, 0);
	assert_no_error();
}

/* --- what cannot be followed --- */

static void
what_cannot_be_followed_is_refused_and_told_once(void **state __rte_unused)
{
	map_file(BASE, BASE + PAGE, R, PAGE);
	mock_memory_refuse_following(BASE, -EPERM);
	assert_int_equal(ask(BASE, R), NO);
	assert_int_equal(ask(BASE, R), NO);
	assert_int_equal(mock_calls("ioas_map"), 0);
	assert_int_equal(bench.stats.refused, 2);
	assert_reported("map it privately");
}

/* --- what changes under way --- */

static void
unmap_it(void)
{
	mock_memory_unmap(BASE, BASE + PAGE);
}

/* The change is read before the answer goes out, and the page is looked up anew. */
static void
a_page_unmapped_while_it_is_served_is_refused(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + PAGE, R | W);
	mock_memory_during("register", unmap_it);
	assert_int_equal(ask(BASE, R), NO);
	assert_no_area(BASE);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(mock_memory_unread(), 0);
}

static void
replace_it(void)
{
	mock_memory_map(BASE, BASE + PAGE, R);
}

/* Another mapping came to the same place, which nobody follows: see sva_fault.c, 4. */
static void
a_page_replaced_while_it_is_served_is_followed(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + PAGE, R | W);
	mock_memory_during("register", replace_it);
	assert_int_equal(ask(BASE, R), OK);
	assert_true(mock_memory_is_followed(BASE, BASE + PAGE));
	assert_area(BASE, BASE, BASE + PAGE, R);
	assert_int_equal(mock_memory_unread(), 0);
}

/* So late that the page was pinned and found followed. */
static void
a_page_replaced_before_the_answer_is_served_anew(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + PAGE, R | W);
	assert_int_equal(ask(BASE, R), OK);
	mock_memory_remove(BASE, BASE + PAGE);
	follow_once();
	mock_memory_during("pending", replace_it);
	assert_int_equal(ask(BASE, R), OK);
	assert_int_equal(mock_memory_unread(), 0);
	assert_true(mock_memory_is_followed(BASE, BASE + PAGE));
	assert_area(BASE, BASE, BASE + PAGE, R);
}

static void
a_process_that_never_holds_still_is_tried_later(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + PAGE, R | W);
	mock_memory_during_each("register", replace_it, 1000);
	assert_int_equal(ask(BASE, R), OK);
	assert_int_equal(bench.stats.present, 1);
	assert_no_area(BASE);
	mock_memory_during_each("register", replace_it, 0);
	assert_int_equal(ask(BASE, R), OK);
	assert_area(BASE, BASE, BASE + PAGE, R);
}

/*
 * A mapping may have come and gone in the same place, which was never followed and will not
 * be reported; a hole is all that is left to see.
 */
static void
cut_a_hole(void)
{
	mock_memory_unmap(BASE + 5 * PAGE, BASE + 6 * PAGE);
}

static void
while_a_report_is_late_nothing_is_mapped(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 16 * PAGE, R | W);
	mock_memory_delay_reports(true);
	mock_memory_during("register", cut_a_hole);
	/* The device tries again. */
	assert_int_equal(ask(BASE, R), OK);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(mock_memory_unread(), 1);
	mock_memory_delay_reports(false);
	follow_once();
	assert_int_equal(ask(BASE, R), OK);
	assert_area(BASE, BASE, BASE + 5 * PAGE, R | W);
}

static void
remove_it(void)
{
	mock_memory_remove(BASE + 4 * PAGE, BASE + 5 * PAGE);
}

/* While the pages of an interval may be old, as little as possible is mapped. */
static void
where_pages_are_dropped_one_page_is_mapped(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 16 * PAGE, R | W);
	assert_int_equal(ask(BASE, R), OK);
	remove_it();
	follow_once();
	assert_int_equal(ask(BASE, R), OK);
	assert_area(BASE, BASE, BASE + PAGE, R | W);
	assert_int_equal(ask(BASE + 4 * PAGE, R), OK);
	assert_area(BASE + 4 * PAGE, BASE + 4 * PAGE, BASE + 5 * PAGE, R | W);
}

static bool lock_was_free;

static void
try_the_lock(void)
{
	lock_was_free = fair_lock_threads(&bench.lock) == 0;
}

/* A page that has to be read from a disk does not keep the lock: see sva_fault_prepare(). */
static void
pages_are_made_present_before_the_lock_is_taken(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + 64 * PAGE, R | W);
	lock_was_free = false;
	mock_memory_during("populate", try_the_lock);
	assert_int_equal(ask(BASE + 20 * PAGE, R), OK);
	assert_true(lock_was_free);
	assert_int_equal(mock_memory_populated().start, BASE + 16 * PAGE);
	assert_int_equal(mock_memory_populated().end, BASE + 32 * PAGE);
	assert_int_equal(mock_memory_populated().rights, W);
	/* What is present is left alone, and so is what is refused. */
	assert_int_equal(ask(BASE + 20 * PAGE, R), OK);
	assert_int_equal(ask(BASE + 64 * PAGE, R), NO);
	assert_int_equal(mock_memory_calls("populate"), 1);
}

static void *
ask_in_thread(void *argument)
{
	assert_int_equal(ask(BASE, R), OK);
	return argument;
}

static unsigned int registered;

static void *
count_registered(void *argument)
{
	fair_lock_take(&bench.lock);
	registered = mock_memory_calls("register");
	fair_lock_give(&bench.lock);
	return argument;
}

/* A device waits for the answer. */
static void
a_request_goes_before_threads_that_prefault(void **state __rte_unused)
{
	mock_memory_map(BASE, BASE + PAGE, R | W);
	wait_for_lock_in_order(count_registered, ask_in_thread);
	assert_int_equal(registered, 1);
}

static unsigned int maps_at_read;

static void
count_maps(void)
{
	maps_at_read = mock_calls("ioas_map");
}

static void
unmap_another(void)
{
	mock_memory_unmap(BASE + 2 * HUGE, BASE + 2 * HUGE + PAGE);
	mock_memory_during("before read", count_maps);
}

/* Its thread waits for one page, and not for the group. */
static void
reports_are_read_between_the_pages_of_a_group(void **state __rte_unused)
{
	const struct page_request pages[] = {
		{ .address = BASE, .rights = R },
		{ .address = BASE + HUGE, .rights = R },
	};
	unsigned int before;

	mock_memory_map(BASE, BASE + PAGE, R | W);
	mock_memory_map(BASE + HUGE, BASE + HUGE + PAGE, R | W);
	mock_memory_map(BASE + 2 * HUGE, BASE + 2 * HUGE + PAGE, R | W);
	assert_int_equal(ask(BASE + 2 * HUGE, R), OK);
	before = mock_calls("ioas_map");
	mock_memory_during("pending", unmap_another);
	assert_int_equal(ask_group(pages, 2), OK);
	assert_int_equal(maps_at_read, before + 1);
	assert_int_equal(mock_memory_unread(), 0);
}

static void
remove_another(void)
{
	mock_memory_remove(BASE + HUGE, BASE + HUGE + PAGE);
}

/* One pass over the reports, which are not about its page. */
static void
other_threads_that_change_other_memory_do_not_delay_an_answer(
	void **state __rte_unused)
{
	uint64_t before;

	mock_memory_map(BASE, BASE + PAGE, R | W);
	mock_memory_map(BASE + HUGE, BASE + HUGE + PAGE, R | W);
	assert_int_equal(ask(BASE + HUGE, R), OK);
	before = bench.stats.events;
	mock_memory_during_each("read", remove_another, 100000);
	remove_another();
	assert_int_equal(ask(BASE, R), OK);
	assert_int_equal(bench.stats.events, before + 1);
	assert_area(BASE, BASE, BASE + PAGE, R | W);
	mock_memory_during_each("read", remove_another, 0);
}

/* --- whatever fails --- */

/* A device gets an answer, and what it has is followed, whichever call fails. */
static void
every_call_may_fail(void **state)
{
	const struct page_request pages[] = {
		{ .address = BASE, .rights = R },
		{ .address = BASE + 0x100000, .rights = W },
	};
	unsigned int number;
	bool failed = true;

	for (number = 1; failed; number++) {
		mock_memory_map(BASE, BASE + 0x180000, R | W);
		mock_memory_fail_call(mock_memory_calls("") + number, -ENOMEM);
		ask_group(pages, 2);
		failed = mock_memory_call_has_failed();
		if (!failed)
			break;
		assert_true(bench.residency.count == 0 ||
			mock_memory_is_followed(BASE, BASE + 0x180000));
		sva_bench_teardown(state);
		sva_bench_setup(state);
	}
	assert_true(number > 7);
}

int
main(void)
{
#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
		name, sva_bench_setup, sva_bench_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_page_is_mapped_where_the_process_has_it),
		TEST(what_the_process_may_not_do_devices_may_not),
		TEST(shared_files_are_mapped_as_asked_and_upgraded),
		TEST(shared_hugepages_are_mapped_with_all_rights),
		TEST(the_block_around_is_mapped_within_the_mapping),
		TEST(the_block_ends_where_another_area_begins),
		TEST(a_transparent_hugepage_is_mapped_whole),
		TEST(what_the_kernel_refuses_as_a_block_is_tried_as_a_page),
#ifdef RTE_ARCH_X86
		TEST(the_interrupt_window_is_never_mapped),
#endif
		TEST(what_the_iommu_does_not_reach_is_refused),
		TEST(a_group_gets_one_answer),
		TEST(a_group_with_one_bad_page_is_refused),
		TEST(several_groups_are_answered_each),
		TEST(nobody_is_served_while_no_device_is_bound),
		TEST(pages_that_are_not_served_count_as_refused),
		TEST(what_was_asked_for_longest_ago_makes_room),
		TEST(what_is_around_a_page_evicts_nothing),
		TEST(what_is_kept_is_not_evicted),
		TEST(nothing_is_prefaulted_when_no_device_is_left),
		TEST(nothing_is_prefaulted_when_the_service_has_ended),
		TEST(what_is_invalidated_or_unmapped_is_kept_no_more),
		TEST(what_could_not_be_kept_is_evicted),
		TEST(what_was_kept_before_stays_so_when_more_cannot_be),
		TEST(the_rest_of_what_is_kept_no_more_is_evicted),
		TEST(what_is_kept_twice_in_part_is_kept_whole),
		TEST(a_limit_of_the_kernel_evicts_as_well),
		TEST(a_limit_of_the_kernel_does_not_evict_what_is_kept),
		TEST(a_block_beyond_the_limit_becomes_a_page),
		TEST(a_group_beyond_the_limit_is_refused_and_told_once),
		TEST(a_stream_is_mapped_ahead),
		TEST(nothing_is_evicted_to_map_ahead),
		TEST(what_cannot_be_followed_is_refused_and_told_once),
		TEST(a_page_unmapped_while_it_is_served_is_refused),
		TEST(a_page_replaced_while_it_is_served_is_followed),
		TEST(a_page_replaced_before_the_answer_is_served_anew),
		TEST(a_process_that_never_holds_still_is_tried_later),
		TEST(while_a_report_is_late_nothing_is_mapped),
		TEST(where_pages_are_dropped_one_page_is_mapped),
		TEST(pages_are_made_present_before_the_lock_is_taken),
		TEST(a_request_goes_before_threads_that_prefault),
		TEST(reports_are_read_between_the_pages_of_a_group),
		TEST(other_threads_that_change_other_memory_do_not_delay_an_answer),
		TEST(every_call_may_fail),
	};

	return RUN_TESTS("sva_fault", tests);
}
