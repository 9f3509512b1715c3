/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What the process gives up goes out of devices' reach; and what the service does when
 * it cannot see to that any more.
 */

#include <errno.h>

#include "kernel/kernel.h"
#include "kernel/userfault.h"
#include "logs.h"
#include "mock_kernel.h"
#include "mock_userfault.h"
#include "sva_bench.h"
#include "unit.h"

/* What wakes the service, as the bits of userfault_wait(). */
#define REQUESTS_CAME (1 << 1)

static int
setup(void **state)
{
	int ret = sva_bench_setup(state);

	mock_memory_map(BASE, BASE + 64 * PAGE, R | W);
	assert_int_equal(ask(BASE, R), PAGE_ANSWER_SUCCESS);
	assert_int_equal(ask(BASE + 16 * PAGE, R), PAGE_ANSWER_SUCCESS);
	return ret;
}

static void
turn(void)
{
	sva_service_turn(&bench, 0);
}

static void
what_is_unmapped_goes_and_nothing_else(void **state __rte_unused)
{
	mock_memory_unmap(BASE, BASE + 16 * PAGE);
	turn();
	assert_no_area(BASE);
	assert_area(
		BASE + 16 * PAGE, BASE + 16 * PAGE, BASE + 32 * PAGE, R | W);
	assert_int_equal(bench.stats.events, 1);
}

/* The kernel unmaps areas only whole. */
static void
a_part_takes_the_whole_area_along(void **state __rte_unused)
{
	mock_memory_unmap(BASE + 3 * PAGE, BASE + 4 * PAGE);
	turn();
	assert_no_area(BASE);
	assert_int_equal(ask(BASE, R), PAGE_ANSWER_SUCCESS);
	assert_area(BASE, BASE, BASE + 3 * PAGE, R | W);
	assert_int_equal(ask(BASE + 3 * PAGE, R), PAGE_ANSWER_INVALID);
}

/* Where it was is empty, and where it is was something else before. */
static void
what_is_moved_goes_at_both_ends(void **state __rte_unused)
{
	mock_memory_move(BASE, BASE + 16 * PAGE, 8 * PAGE);
	turn();
	assert_no_area(BASE);
	assert_no_area(BASE + 16 * PAGE);
	assert_int_equal(ask(BASE + 16 * PAGE, R), PAGE_ANSWER_SUCCESS);
}

/*
 * What was at the destination need not have been followed, if it came there while a
 * page was served: see step 4 in doc/sva.md.
 */
static void
the_destination_goes_without_a_report_of_its_own(void **state __rte_unused)
{
	mock_memory_map(BASE + 64 * PAGE, BASE + 65 * PAGE, R | W);
	assert_int_equal(ask(BASE + 64 * PAGE, R), PAGE_ANSWER_SUCCESS);
	userfault_unregister(
		bench.userfault_fd, BASE + 64 * PAGE, BASE + 65 * PAGE);
	mock_memory_move(BASE + 32 * PAGE, BASE + 64 * PAGE, PAGE);
	assert_int_equal(mock_memory_unread(), 1);
	turn();
	assert_no_area(BASE + 64 * PAGE);
}

/*
 * The old page, which a device gets between the announcement and the drop, goes at the
 * next look.
 */
static void
a_removal_is_looked_at_again(void **state __rte_unused)
{
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	turn();
	assert_no_area(BASE);
	assert_int_equal(ask(BASE + PAGE, R), PAGE_ANSWER_SUCCESS);
	assert_int_equal(sva_service_patience(&bench), REMOVAL_FIRST_LOOK);
	turn();
	assert_area(BASE + PAGE, BASE + PAGE, BASE + 2 * PAGE, R | W);
	mock_memory_set_time(REMOVAL_FIRST_LOOK);
	turn();
	assert_no_area(BASE + PAGE);
	assert_int_equal(ask(BASE + PAGE, R), PAGE_ANSWER_SUCCESS);
	mock_memory_set_time(100000);
	turn();
	assert_no_area(BASE + PAGE);
}

static uint32_t fence_during_read;

static void
look_at_fence(void)
{
	fence_during_read = *rte_iommufd_sva_fence(&bench);
}

static void
the_fence_is_up_while_a_change_is_in_hand(void **state __rte_unused)
{
	assert_int_equal(*rte_iommufd_sva_fence(&bench), 0);
	mock_memory_during("read", look_at_fence);
	mock_memory_unmap(BASE, BASE + PAGE);
	turn();
	assert_int_equal(fence_during_read, 1);
	assert_int_equal(*rte_iommufd_sva_fence(&bench), 0);
}

/* The pages are dropped after the report was read. */
static void
the_fence_is_up_until_a_removal_was_looked_at(void **state __rte_unused)
{
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	turn();
	assert_int_equal(*rte_iommufd_sva_fence(&bench), 1);
	mock_memory_set_time(REMOVAL_FIRST_LOOK);
	turn();
	assert_int_equal(*rte_iommufd_sva_fence(&bench), 0);
}

static void
settling_looks_at_once(void **state __rte_unused)
{
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	turn();
	assert_int_equal(ask(BASE + PAGE, R), PAGE_ANSWER_SUCCESS);
	bench.settle_asked = 7;
	turn();
	assert_no_area(BASE + PAGE);
	assert_int_equal(bench.settle_done, 7);
}

static void
many_changes_are_read_in_one_turn(void **state __rte_unused)
{
	uint64_t i;

	for (i = 0; i < 64; i++)
		mock_memory_unmap(BASE + i * PAGE, BASE + (i + 1) * PAGE);
	turn();
	assert_int_equal(mock_memory_unread(), 0);
	assert_int_equal(bench.stats.events, 64);
	assert_int_equal(mock_mappings(), 0);
}

static void
remove_a_page(void)
{
	mock_memory_remove(BASE, BASE + PAGE);
}

/* Devices are waiting as well. */
static void
changes_without_end_do_not_take_a_turn_without_end(void **state __rte_unused)
{
	mock_memory_during_each("read", remove_a_page, 100000);
	mock_memory_remove(BASE, BASE + PAGE);
	turn();
	assert_int_equal(mock_memory_unread(), 1);
	mock_memory_during_each("read", remove_a_page, 0);
}

/* Nothing may be within reach whose changes nobody sees; and devices get answers. */
static void
a_service_that_cannot_follow_refuses_everybody(void **state __rte_unused)
{
	const struct page_request page = { .address = BASE, .rights = R };

	mock_memory_fail_all("read", -EBADF);
	turn();
	assert_int_equal(mock_mappings(), 0);
	assert_false(mock_memory_is_followed(BASE, BASE + 64 * PAGE));
	assert_true(bench.failed);
	mock_ask_pages(&page, 1);
	sva_service_turn(&bench, REQUESTS_CAME);
	assert_contains(mock_last_call("fault_answer"), "invalid");
	turn();
	sva_report_stop(&bench.report);
	assert_one_error("has ended", "there can be another");
	sva_report_start(&bench.report);
}

static void
an_answer_needs_the_changes_to_be_read(void **state __rte_unused)
{
	mock_memory_fail_all("read", -EBADF);
	assert_int_equal(ask(BASE + 40 * PAGE, R), PAGE_ANSWER_INVALID);
}

/* And is out of the books, which could do nothing with it. */
static void
an_area_that_the_kernel_keeps_ends_the_service(void **state __rte_unused)
{
	mock_answer("ioas_unmap", -EBUSY);
	mock_memory_unmap(BASE, BASE + 16 * PAGE);
	turn();
	assert_true(bench.failed);
	assert_int_equal(bench.residency.count, 0);
	mock_answer("ioas_unmap", 0);
	sva_report_stop(&bench.report);
	assert_one_error("within devices' reach", "unbind them");
	sva_report_start(&bench.report);
	rte_iommufd_fault_space_unmap(bench.faults, BASE, 32 * PAGE);
}

/* In the end nobody may be left waiting, and nothing followed, wherever it went. */
static void
the_end_is_for_all_that_was_followed(void **state __rte_unused)
{
	mock_memory_move(BASE + 32 * PAGE, BASE + 0x10000000, 8 * PAGE);
	turn();
	mock_memory_unmap(BASE, BASE + PAGE);
	sva_invalidate_all(&bench);
	sva_notifier_release(&bench);
	assert_int_equal(mock_memory_unread(), 0);
	assert_int_equal(mock_memory_calls("unregister") > 0, 1);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, sva_bench_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_unmapped_goes_and_nothing_else),
		TEST(a_part_takes_the_whole_area_along),
		TEST(what_is_moved_goes_at_both_ends),
		TEST(the_destination_goes_without_a_report_of_its_own),
		TEST(a_removal_is_looked_at_again),
		TEST(the_fence_is_up_while_a_change_is_in_hand),
		TEST(the_fence_is_up_until_a_removal_was_looked_at),
		TEST(settling_looks_at_once),
		TEST(many_changes_are_read_in_one_turn),
		TEST(changes_without_end_do_not_take_a_turn_without_end),
		TEST(a_service_that_cannot_follow_refuses_everybody),
		TEST(an_answer_needs_the_changes_to_be_read),
		TEST(an_area_that_the_kernel_keeps_ends_the_service),
		TEST(the_end_is_for_all_that_was_followed),
	};

	return RUN_TESTS("sva_invalidate", tests);
}
