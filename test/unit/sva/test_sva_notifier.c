/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What the process gives up goes out of devices' reach; and what the service does when
 * it cannot see to that any more.
 */

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "kernel/kernel.h"
#include "kernel/userfault.h"
#include "logs.h"
#include "mock_kernel.h"
#include "mock_userfault.h"
#include "sva_bench.h"
#include "unit.h"

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
	follow_once();
}

/* Another mapping, with a gap below it. */
#define OTHER (BASE + 0x1000000)

static void
map_other(void)
{
	mock_memory_map(OTHER, OTHER + 16 * PAGE, R | W);
	assert_int_equal(ask(OTHER, R), PAGE_ANSWER_SUCCESS);
}

/* Which part a report is about is known only when the thread goes on: too late. */
static void
the_mapping_goes_and_nothing_else(void **state __rte_unused)
{
	map_other();
	mock_memory_unmap(BASE, BASE + 16 * PAGE);
	turn();
	assert_no_area(BASE);
	assert_no_area(BASE + 16 * PAGE);
	assert_area(OTHER, OTHER, OTHER + 16 * PAGE, R | W);
	assert_int_equal(bench.stats.events, 1);
	assert_int_equal(ask(BASE + 16 * PAGE, R), PAGE_ANSWER_SUCCESS);
}

static unsigned int mapped_before_read;

static void
count_areas(void)
{
	mapped_before_read = mock_mappings();
}

/* The thread that made the change goes on when its report is read. */
static void
nothing_is_within_reach_when_a_report_is_read(void **state __rte_unused)
{
	mapped_before_read = 99;
	mock_memory_during("before read", count_areas);
	mock_memory_unmap(BASE + 3 * PAGE, BASE + 4 * PAGE);
	turn();
	assert_int_equal(mapped_before_read, 0);
	mapped_before_read = 99;
	assert_int_equal(ask(BASE, R), PAGE_ANSWER_SUCCESS);
	mock_memory_during("before read", count_areas);
	mock_memory_move(BASE + 32 * PAGE, OTHER, PAGE);
	assert_int_equal(rte_iommufd_sva_settle(&bench), 0);
	assert_int_equal(mapped_before_read, 0);
}

/* Two threads change one mapping: each waits until its own part is out of reach. */
static void
reports_are_read_one_by_one(void **state __rte_unused)
{
	mock_memory_unmap(BASE, BASE + PAGE);
	mock_memory_unmap(BASE + PAGE, BASE + 2 * PAGE);
	mock_memory_during("read", count_areas);
	mapped_before_read = 99;
	turn();
	assert_int_equal(mapped_before_read, 0);
	assert_int_equal(bench.stats.events, 2);
	assert_int_equal(mock_memory_calls("read"), 2);
}

/* All that share a descriptor go together, and still before the report is read. */
static void
mappings_share_what_descriptors_there_are(void **state)
{
	sva_bench_teardown(state);
	sva_bench_setup_with(state, 16);
	mock_memory_map(BASE, BASE + 64 * PAGE, R | W);
	assert_int_equal(ask(BASE, R), PAGE_ANSWER_SUCCESS);
	map_other();
	mock_memory_map(OTHER + HUGE, OTHER + HUGE + PAGE, R | W);
	assert_int_equal(ask(OTHER + HUGE, R), PAGE_ANSWER_SUCCESS);
	assert_int_equal(bench.watches.count, 2);
	assert_int_not_equal(
		mock_memory_follower(BASE), mock_memory_follower(OTHER));
	assert_int_equal(
		mock_memory_follower(OTHER + HUGE), mock_memory_follower(BASE));
	mock_memory_unmap(BASE, BASE + PAGE);
	turn();
	assert_no_area(OTHER + HUGE);
	assert_area(OTHER, OTHER, OTHER + 16 * PAGE, R | W);
}

static void
without_another_descriptor_they_share_as_well(void **state __rte_unused)
{
	mock_memory_fail_all("follow_open", -EMFILE);
	map_other();
	assert_int_equal(bench.watches.count, 1);
	mock_memory_fail_all("follow_open", 0);
	assert_no_error();
}

static void
a_descriptor_is_used_again(void **state __rte_unused)
{
	uint64_t i;

	for (i = 0; i < 100; i++) {
		map_other();
		mock_memory_unmap(OTHER, OTHER + 16 * PAGE);
		turn();
	}
	assert_int_equal(bench.watches.count, 2);
}

/*
 * As long as the thread that unmapped has not continued, a change is under way for its
 * userfaultfd. A device would wait for that thread, and request its page again and again.
 */
static void
a_descriptor_is_not_used_again_before_its_thread_continues(
	void **state __rte_unused)
{
	int follower;

	map_other();
	follower = mock_memory_follower(OTHER);
	mock_memory_unmap(OTHER, OTHER + 16 * PAGE);
	turn();
	mock_memory_hold_thread(follower);
	map_other();
	mock_memory_hold_thread(0);
	assert_int_not_equal(mock_memory_follower(OTHER), follower);
	assert_area(OTHER, OTHER, OTHER + 16 * PAGE, R | W);
}

/* Its userfaultfd follows the new part without being told, and without a report. */
static void
what_has_grown_is_followed_as_before(void **state __rte_unused)
{
	const int follower = mock_memory_follower(BASE);

	map_other();
	mock_memory_grow(BASE, BASE + 128 * PAGE);
	assert_int_equal(ask(BASE + 100 * PAGE, R), PAGE_ANSWER_SUCCESS);
	assert_int_equal(mock_memory_follower(BASE), follower);
	mock_memory_unmap(BASE + 100 * PAGE, BASE + 101 * PAGE);
	turn();
	assert_no_area(BASE + 100 * PAGE);
	/* What is left of it, when all that was known of it is gone. */
	mock_memory_unmap(BASE, BASE + 120 * PAGE);
	turn();
	assert_int_equal(ask(BASE + 125 * PAGE, R), PAGE_ANSWER_SUCCESS);
	mock_memory_unmap(BASE + 120 * PAGE, BASE + 128 * PAGE);
	turn();
	assert_no_area(BASE + 125 * PAGE);
	assert_area(OTHER, OTHER, OTHER + 16 * PAGE, R | W);
}

/* mremap() onto a followed mapping: two userfaultfds report, and both places go. */
static void
what_moves_onto_another_takes_its_place(void **state __rte_unused)
{
	map_other();
	mock_memory_move(BASE + 16 * PAGE, OTHER, 16 * PAGE);
	turn();
	assert_no_area(BASE);
	assert_no_area(BASE + 16 * PAGE);
	assert_no_area(OTHER);
	assert_int_equal(ask(OTHER, R), PAGE_ANSWER_SUCCESS);
	mock_memory_unmap(OTHER, OTHER + PAGE);
	turn();
	assert_no_area(OTHER);
	assert_int_equal(ask(OTHER + PAGE, R), PAGE_ANSWER_SUCCESS);
}

/* The kernel does not report shmdt(); the mapping that comes there is a new one. */
static void
what_left_without_a_report_is_followed_anew(void **state __rte_unused)
{
	mock_memory_unmap_silently(BASE, BASE + 64 * PAGE);
	assert_int_equal(rte_iommufd_sva_invalidate(
				 &bench, (void *)(uintptr_t)BASE, 64 * PAGE),
		0);
	mock_memory_map(BASE, BASE + 64 * PAGE, R | W);
	assert_int_equal(ask(BASE, R), PAGE_ANSWER_SUCCESS);
	assert_true(mock_memory_is_followed(BASE, BASE + 64 * PAGE));
}

/* Before Linux 6.17 the kernel would let the sva end what is not its own. */
static void
what_another_follows_stays_followed(void **state __rte_unused)
{
	mock_memory_map(OTHER, OTHER + PAGE, R | W);
	mock_memory_follow_by_another(OTHER, 9999);
	assert_int_equal(ask(OTHER, R), PAGE_ANSWER_INVALID);
	sva_invalidate_all(&bench);
	watches_close(&bench.watches, &bench.view);
	assert_int_equal(mock_memory_follower(BASE), 0);
	assert_int_equal(mock_memory_follower(OTHER), 9999);
	mock_memory_follow_by_another(OTHER, 0);
	sva_report_stop(&bench.report);
	assert_one_error("another userfaultfd follows it");
	sva_report_start(&bench.report);
}

static void
unmap_first_page(void)
{
	mock_memory_unmap(BASE, BASE + PAGE);
}

/* A thread is in munmap() and has not reported it yet. */
static void
settling_unmaps_what_is_about_to_be_reported(void **state __rte_unused)
{
	mock_memory_during("pending", unmap_first_page);
	assert_int_equal(rte_iommufd_sva_settle(&bench), 0);
	assert_no_area(BASE);
	assert_int_equal(mock_memory_unread(), 1);
	turn();
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
	mock_memory_follow_by_another(BASE + 64 * PAGE, 0);
	mock_memory_move(BASE + 32 * PAGE, BASE + 64 * PAGE, PAGE);
	assert_int_equal(mock_memory_unread(), 1);
	turn();
	assert_no_area(BASE + 64 * PAGE);
}

static bool
is_answered_within(unsigned int turns)
{
	const unsigned int answers = mock_calls("fault_answer");

	while (turns-- > 0) {
		turn();
		sva_group_release(&bench);
	}
	return mock_calls("fault_answer") > answers;
}

static void
ask_and_be_held(uint64_t address)
{
	const struct page_request page = { .address = address, .rights = R };
	const unsigned int answers = mock_calls("fault_answer");

	mock_ask_pages(&page, 1);
	sva_service_serve(&bench);
	assert_int_equal(mock_calls("fault_answer"), answers);
	assert_no_area(address);
}

/* The old page must not come back before the thread has dropped it, however late that is. */
static void
what_is_about_to_be_dropped_is_not_mapped(void **state __rte_unused)
{
	mock_memory_let_threads_wait(true);
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	turn();
	assert_no_area(BASE);
	ask_and_be_held(BASE + PAGE);
	mock_memory_set_time(100000);
	assert_false(is_answered_within(3));
	assert_int_equal(mock_memory_calls("pass"), 0);
	mock_memory_let_threads_wait(false);
	assert_true(is_answered_within(1));
	assert_contains(mock_last_call("fault_answer"), "success");
	assert_int_equal(mock_memory_calls("pass"), 1);
	/* It was told to try again. */
	assert_no_area(BASE + PAGE);
	assert_int_equal(ask(BASE + PAGE, R), PAGE_ANSWER_SUCCESS);
	assert_area(BASE + PAGE, BASE + PAGE, BASE + 2 * PAGE, R | W);
}

static void
what_is_beside_it_is_mapped(void **state __rte_unused)
{
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	assert_int_equal(rte_iommufd_sva_settle(&bench), 0);
	assert_int_equal(ask(BASE + 2 * PAGE, R), PAGE_ANSWER_SUCCESS);
	assert_area(BASE + 2 * PAGE, BASE + 2 * PAGE, BASE + 3 * PAGE, R | W);
}

/* In doubt whether the thread has got to it, it gets some time. */
static void
a_thread_that_may_have_lost_its_cpu_gets_time(void **state __rte_unused)
{
	mock_memory_during("read", mock_memory_preempt);
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	assert_int_equal(follow_once(), REMOVAL_GRACE);
	ask_and_be_held(BASE + PAGE);
	assert_int_equal(*rte_iommufd_sva_fence(&bench), 1);
	mock_memory_set_time(REMOVAL_GRACE - 1);
	assert_false(is_answered_within(2));
	mock_memory_set_time(REMOVAL_GRACE);
	assert_true(is_answered_within(1));
	assert_int_equal(*rte_iommufd_sva_fence(&bench), 0);
}

/* Or lost it while the thread that follows waited for it. */
static void
the_proof_is_looked_at_after_the_wait(void **state __rte_unused)
{
	mock_memory_during("pass", mock_memory_preempt);
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	assert_int_equal(follow_once(), REMOVAL_GRACE);
}

/* MADV_REMOVE waits for the file system before it drops anything. */
static void
a_shared_mapping_always_gets_time(void **state __rte_unused)
{
	const struct vma shared = {
		.start = OTHER,
		.end = OTHER + 16 * PAGE,
		.page_size = PAGE,
		.rights = R | W,
		.shared = true,
	};

	mock_memory_map_as(&shared);
	assert_int_equal(ask(OTHER, R), PAGE_ANSWER_SUCCESS);
	mock_memory_remove(OTHER, OTHER + PAGE);
	assert_int_equal(follow_once(), REMOVAL_GRACE);
	ask_and_be_held(OTHER);
	mock_memory_set_time(REMOVAL_GRACE);
	assert_true(is_answered_within(1));
}

/* A hugepage is pinned as a whole. */
static void
a_hugepage_that_is_dropped_in_part_is_held(void **state __rte_unused)
{
	const struct vma huge = {
		.start = OTHER,
		.end = OTHER + HUGE,
		.page_size = HUGE,
		.rights = R | W,
	};

	mock_memory_map_as(&huge);
	assert_int_equal(ask(OTHER, R), PAGE_ANSWER_SUCCESS);
	mock_memory_let_threads_wait(true);
	mock_memory_remove(OTHER, OTHER + PAGE);
	turn();
	ask_and_be_held(OTHER + HUGE / 2);
	mock_memory_let_threads_wait(false);
	assert_true(is_answered_within(1));
}

static void
let_threads_run(void)
{
	mock_memory_let_threads_wait(false);
	turn();
}

static void
a_prefault_waits_for_the_drop(void **state __rte_unused)
{
	mock_memory_let_threads_wait(true);
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	turn();
	mock_memory_during("wait", let_threads_run);
	assert_int_equal(rte_iommufd_sva_prefault(
				 &bench, (void *)(uintptr_t)BASE, 4 * PAGE, R),
		0);
	assert_area(BASE + PAGE, BASE + PAGE, BASE + 2 * PAGE, R | W);
}

static void
a_service_that_ends_lets_go_of_what_it_holds(void **state __rte_unused)
{
	mock_memory_let_threads_wait(true);
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	turn();
	ask_and_be_held(BASE + PAGE);
	assert_true(sva_group_release(&bench));
	bench.ending = true;
	assert_false(sva_group_release(&bench));
	bench.ending = false;
	mock_memory_let_threads_wait(false);
}

/* For the case that the conclusion was wrong. */
static void
a_removal_is_looked_at_again(void **state __rte_unused)
{
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	assert_int_equal(follow_once(), REMOVAL_FIRST_LOOK);
	assert_int_equal(ask(BASE + PAGE, R), PAGE_ANSWER_SUCCESS);
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

static uint32_t changes_before_read;

static void
look_at_changes(void)
{
	changes_before_read = *rte_iommufd_sva_changes(&bench);
}

/* After the read the thread goes on, drops its pages, and perhaps sends from there. */
static void
a_change_is_counted_before_its_report_is_read(void **state __rte_unused)
{
	const uint32_t before = *rte_iommufd_sva_changes(&bench);

	turn();
	assert_int_equal(*rte_iommufd_sva_changes(&bench), before);
	mock_memory_during("before read", look_at_changes);
	mock_memory_remove(BASE, BASE + PAGE);
	turn();
	assert_int_equal(changes_before_read, before + 1);
	assert_int_equal(*rte_iommufd_sva_changes(&bench), before + 1);
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
the_fence_is_up_until_a_removal_is_over(void **state __rte_unused)
{
	mock_memory_let_threads_wait(true);
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	turn();
	assert_int_equal(*rte_iommufd_sva_fence(&bench), 1);
	mock_memory_let_threads_wait(false);
	turn();
	assert_int_equal(*rte_iommufd_sva_fence(&bench), 0);
}

static void
settling_looks_at_once(void **state __rte_unused)
{
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	turn();
	assert_int_equal(ask(BASE + PAGE, R), PAGE_ANSWER_SUCCESS);
	assert_int_equal(rte_iommufd_sva_settle(&bench), 0);
	assert_no_area(BASE + PAGE);
}

/* Otherwise the service sleeps over the looks at what another thread has read. */
static void
the_service_learns_of_a_removal_that_another_thread_reads(
	void **state __rte_unused)
{
	mock_memory_remove(BASE + PAGE, BASE + 2 * PAGE);
	userfault_wake_clear(bench.wake_fd);
	assert_int_equal(userfault_wait(&bench.wake_fd, 1, 0), 0);
	assert_int_equal(rte_iommufd_sva_settle(&bench), 0);
	assert_int_equal(userfault_wait(&bench.wake_fd, 1, 0), 1);
	mock_memory_let_threads_wait(true);
	assert_int_equal(follow_once(), REMOVAL_POLL);
	mock_memory_let_threads_wait(false);
}

static uint64_t areas_seen;
static sem_t lock_is_taken;

static void *
count_areas_once(void *argument)
{
	fair_lock_take(&bench.lock);
	areas_seen = bench.residency.count;
	fair_lock_give(&bench.lock);
	return argument;
}

/* Lets another thread ask for the lock behind the invalidation. */
static void *
hold_the_lock(void *argument)
{
	pthread_t thread;

	fair_lock_take(&bench.lock);
	sem_post(&lock_is_taken);
	wait_for_threads(2);
	pthread_create(&thread, NULL, count_areas_once, NULL);
	wait_for_threads(3);
	fair_lock_give(&bench.lock);
	pthread_join(thread, NULL);
	return argument;
}

/* A thread that calls munmap() waits for one area, and not for all of them. */
static void
a_large_invalidation_lets_others_come_in_between(void **state __rte_unused)
{
	pthread_t thread;

	assert_int_equal(ask(BASE + 32 * PAGE, R), PAGE_ANSWER_SUCCESS);
	sem_init(&lock_is_taken, 0, 0);
	pthread_create(&thread, NULL, hold_the_lock, NULL);
	sem_wait(&lock_is_taken);
	assert_int_equal(rte_iommufd_sva_invalidate(
				 &bench, (void *)(uintptr_t)BASE, 64 * PAGE),
		0);
	pthread_join(thread, NULL);
	sem_destroy(&lock_is_taken);
	assert_int_equal(areas_seen, 2);
	assert_int_equal(bench.residency.count, 0);
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

static pthread_t waiting_thread;
static uint64_t events_seen;

static void *
note_events(void *argument)
{
	fair_lock_take_first(&bench.lock);
	events_seen = bench.stats.events;
	fair_lock_give(&bench.lock);
	return argument;
}

static void
let_another_wait(void)
{
	pthread_create(&waiting_thread, NULL, note_events, NULL);
	wait_for_threads(2);
}

/* As the thread that serves a request while many threads unmap. */
static void
between_reports_others_get_the_lock(void **state __rte_unused)
{
	uint64_t i;

	for (i = 0; i < 64; i++)
		mock_memory_unmap(BASE + i * PAGE, BASE + (i + 1) * PAGE);
	mock_memory_during("read", let_another_wait);
	turn();
	pthread_join(waiting_thread, NULL);
	assert_int_equal(events_seen, 1);
	assert_int_equal(bench.stats.events, 64);
}

static void *
note_events_as_usual(void *argument)
{
	fair_lock_take(&bench.lock);
	events_seen = bench.stats.events;
	fair_lock_give(&bench.lock);
	return argument;
}

static void *
follow_in_thread(void *argument)
{
	turn();
	return argument;
}

/* Other threads wait for it. */
static void
it_goes_before_threads_that_only_wait_themselves(void **state __rte_unused)
{
	mock_memory_unmap(BASE, BASE + PAGE);
	wait_for_lock_in_order(note_events_as_usual, follow_in_thread);
	assert_int_equal(events_seen, 1);
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

	mock_memory_fail_all("ready", -EBADF);
	turn();
	assert_int_equal(mock_mappings(), 0);
	assert_false(mock_memory_is_followed(BASE, BASE + 64 * PAGE));
	assert_true(bench.failed);
	mock_ask_pages(&page, 1);
	sva_service_serve(&bench);
	assert_contains(mock_last_call("fault_answer"), "invalid");
	turn();
	sva_report_stop(&bench.report);
	assert_one_error("has ended", "there can be another");
	sva_report_start(&bench.report);
}

static void
an_answer_needs_the_changes_to_be_read(void **state __rte_unused)
{
	mock_memory_fail_all("ready", -EBADF);
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
	watches_close(&bench.watches, &bench.view);
	assert_int_equal(mock_memory_unread(), 0);
	assert_int_equal(mock_memory_calls("unregister") > 0, 1);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, sva_bench_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_mapping_goes_and_nothing_else),
		TEST(nothing_is_within_reach_when_a_report_is_read),
		TEST(reports_are_read_one_by_one),
		TEST(mappings_share_what_descriptors_there_are),
		TEST(without_another_descriptor_they_share_as_well),
		TEST(a_descriptor_is_used_again),
		TEST(a_descriptor_is_not_used_again_before_its_thread_continues),
		TEST(what_has_grown_is_followed_as_before),
		TEST(what_moves_onto_another_takes_its_place),
		TEST(what_left_without_a_report_is_followed_anew),
		TEST(what_another_follows_stays_followed),
		TEST(settling_unmaps_what_is_about_to_be_reported),
		TEST(a_part_takes_the_whole_area_along),
		TEST(what_is_moved_goes_at_both_ends),
		TEST(the_destination_goes_without_a_report_of_its_own),
		TEST(what_is_about_to_be_dropped_is_not_mapped),
		TEST(what_is_beside_it_is_mapped),
		TEST(a_thread_that_may_have_lost_its_cpu_gets_time),
		TEST(the_proof_is_looked_at_after_the_wait),
		TEST(a_shared_mapping_always_gets_time),
		TEST(a_hugepage_that_is_dropped_in_part_is_held),
		TEST(a_prefault_waits_for_the_drop),
		TEST(a_service_that_ends_lets_go_of_what_it_holds),
		TEST(a_removal_is_looked_at_again),
		TEST(a_change_is_counted_before_its_report_is_read),
		TEST(the_fence_is_up_while_a_change_is_in_hand),
		TEST(the_fence_is_up_until_a_removal_is_over),
		TEST(settling_looks_at_once),
		TEST(the_service_learns_of_a_removal_that_another_thread_reads),
		TEST(a_large_invalidation_lets_others_come_in_between),
		TEST(many_changes_are_read_in_one_turn),
		TEST(between_reports_others_get_the_lock),
		TEST(it_goes_before_threads_that_only_wait_themselves),
		TEST(changes_without_end_do_not_take_a_turn_without_end),
		TEST(a_service_that_cannot_follow_refuses_everybody),
		TEST(an_answer_needs_the_changes_to_be_read),
		TEST(an_area_that_the_kernel_keeps_ends_the_service),
		TEST(the_end_is_for_all_that_was_followed),
	};

	return RUN_TESTS("sva_invalidate", tests);
}
