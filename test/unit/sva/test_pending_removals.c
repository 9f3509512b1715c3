/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Intervals whose pages are about to be dropped: when that is over, and when they are looked at again. */

#include "util/pending_removals.h"
#include "unit.h"

/* Who announces it, and how often threads had lost a CPU before. */
#define ME 7
#define OTHER 8
#define STAMP 100

static struct pending_removals removals;

static int
setup(void **state __rte_unused)
{
	removals = (struct pending_removals){ .count = 0 };
	return 0;
}

static void
announce(uint64_t start, uint64_t end, uint64_t now)
{
	pending_removals_add(&removals, start, end, ME, STAMP, now);
}

/* Announced, continued, and proven at once. */
static void
announce_and_close(uint64_t start, uint64_t end, uint64_t now)
{
	announce(start, end, now);
	pending_removals_continue(&removals, ME, now);
	assert_true(pending_removals_close(&removals, STAMP, now));
}

/* --- Open ones --- */

static void
it_is_open_until_its_thread_has_continued(void **state __rte_unused)
{
	announce(0x1000, 0x3000, 0);
	assert_true(pending_removals_are_open(&removals, 0x2fff, 0x9000));
	assert_false(pending_removals_are_open(&removals, 0x3000, 0x9000));
	assert_false(pending_removals_are_open(&removals, 0, 0x1000));
	assert_int_equal(pending_removals_wait(&removals, 0), REMOVAL_POLL);
	assert_int_equal(
		pending_removals_wait(&removals, 100000), REMOVAL_POLL);
	assert_false(pending_removals_can_close(&removals, 100000));
	assert_false(pending_removals_close(&removals, STAMP, 100000));
	pending_removals_continue(&removals, OTHER, 100000);
	assert_false(pending_removals_close(&removals, STAMP, 100000));
	pending_removals_continue(&removals, ME, 100000);
	assert_true(pending_removals_can_close(&removals, 100000));
	assert_int_equal(pending_removals_wait(&removals, 100000), 0);
	assert_true(pending_removals_close(&removals, STAMP, 100000));
	assert_false(pending_removals_any_open(&removals));
	assert_true(pending_removals_overlap(&removals, 0x1000, 0x2000));
}

/* A thread may have lost its CPU between the report and the pages. */
static void
without_a_proof_the_time_decides(void **state __rte_unused)
{
	announce(0x1000, 0x3000, 0);
	pending_removals_continue(&removals, ME, 5);
	assert_false(pending_removals_close(&removals, STAMP + 1, 5));
	assert_true(pending_removals_any_open(&removals));
	/* To try that once more proves nothing. */
	assert_false(pending_removals_can_close(&removals, 6));
	assert_false(pending_removals_close(&removals, STAMP, 6));
	assert_int_equal(
		pending_removals_wait(&removals, 6), REMOVAL_GRACE - 1);
	assert_false(pending_removals_close(
		&removals, STAMP, 5 + REMOVAL_GRACE - 1));
	assert_true(
		pending_removals_close(&removals, STAMP, 5 + REMOVAL_GRACE));
}

static void
what_cannot_be_proven_takes_its_time(void **state __rte_unused)
{
	pending_removals_add(
		&removals, 0x1000, 0x2000, ME, REMOVAL_UNPROVABLE, 0);
	pending_removals_continue(&removals, ME, 0);
	assert_false(pending_removals_close(&removals, REMOVAL_UNPROVABLE, 0));
	assert_true(pending_removals_close(
		&removals, REMOVAL_UNPROVABLE, REMOVAL_GRACE));
}

/* A newer one takes the place of an older one, whose thread may have lost its CPU before. */
static void
a_proof_is_not_for_those_before(void **state __rte_unused)
{
	announce(0x1000, 0x2000, 0);
	pending_removals_continue(&removals, ME, 0);
	pending_removals_add(&removals, 0x1000, 0x3000, ME, STAMP + 1, 1);
	assert_int_equal(removals.count, 1);
	pending_removals_continue(&removals, ME, 1);
	assert_false(pending_removals_close(&removals, STAMP + 1, 1));
	assert_true(pending_removals_are_open(&removals, 0x1000, 0x2000));
	assert_true(pending_removals_close(
		&removals, STAMP + 1, 1 + REMOVAL_GRACE));
}

/* Otherwise threads that drop one after the other would keep all of it open. */
static void
open_neighbours_stay_apart(void **state __rte_unused)
{
	announce(0x1000, 0x2000, 0);
	pending_removals_continue(&removals, ME, 0);
	announce(0x2000, 0x3000, 0);
	assert_int_equal(removals.count, 2);
	assert_true(pending_removals_close(&removals, STAMP, 0));
	assert_false(pending_removals_are_open(&removals, 0x1000, 0x2000));
	assert_true(pending_removals_are_open(&removals, 0x2000, 0x3000));
}

static void
each_owner_that_waits_is_named(void **state __rte_unused)
{
	unsigned int next = 0;
	uint64_t owner = 0;

	assert_false(pending_removals_next_owner(&removals, &next, &owner));
	announce_and_close(0x1000, 0x2000, 0);
	pending_removals_add(&removals, 0x5000, 0x6000, OTHER, STAMP, 0);
	next = 0;
	assert_true(pending_removals_next_owner(&removals, &next, &owner));
	assert_int_equal(owner, OTHER);
	assert_false(pending_removals_next_owner(&removals, &next, &owner));
}

/* --- Looks --- */

/* The moments at which there are looks, up to the limit; each takes one. */
static unsigned int
looks_until(uint64_t limit, uint64_t *moments)
{
	uint64_t now, start, end;
	unsigned int count = 0;

	for (now = 0; now <= limit; now++)
		while (pending_removals_take_due(&removals, now, &start, &end))
			moments[count++] = now;
	return count;
}

static void
looks_come_further_and_further_apart(void **state __rte_unused)
{
	uint64_t moments[16];

	announce(0x1000, 0x3000, 0);
	assert_int_equal(looks_until(20000, moments), 0);
	pending_removals_continue(&removals, ME, 0);
	assert_true(pending_removals_close(&removals, STAMP, 0));
	assert_int_equal(
		pending_removals_wait(&removals, 0), REMOVAL_FIRST_LOOK);
	assert_int_equal(looks_until(20000, moments), REMOVAL_LOOKS);
	assert_int_equal(moments[0], 128);
	assert_int_equal(moments[1], 1152);
	assert_int_equal(moments[2], 9344);
	assert_int_equal(pending_removals_wait(&removals, 20000), -1);
}

/* A process that was stopped does not use up its looks at once. */
static void
late_looks_keep_their_distance(void **state __rte_unused)
{
	uint64_t start, end;

	announce_and_close(0x1000, 0x3000, 0);
	assert_true(pending_removals_take_due(&removals, 9999, &start, &end));
	assert_false(pending_removals_take_due(&removals, 9999, &start, &end));
	assert_int_equal(pending_removals_wait(&removals, 9999), 1024);
	assert_true(pending_removals_take_due(&removals, 11023, &start, &end));
	assert_int_equal(start, 0x1000);
	assert_int_equal(end, 0x3000);
}

/* Without this, jemalloc's threads could put the look off for ever. */
static void
a_stream_of_announcements_does_not_put_looks_off(void **state __rte_unused)
{
	uint64_t start, end, now;
	unsigned int looks = 0;

	for (now = 0; now < 6400; now += 10) {
		announce_and_close(0x1000 + now * 0x1000,
			0x1000 + now * 0x1000 + 0xa000, now);
		assert_int_equal(removals.count, 1);
		looks += pending_removals_take_due(
			&removals, now, &start, &end);
	}
	assert_true(looks >= 30 && looks <= 100);
}

/* The look that was due before may come before the pages of the later one are dropped. */
static void
an_early_look_is_additional(void **state __rte_unused)
{
	uint64_t start, end;

	announce_and_close(0x1000, 0x2000, 0);
	announce_and_close(0x2000, 0x3000, 1);
	assert_int_equal(removals.count, 1);
	assert_true(pending_removals_take_due(&removals, 128, &start, &end));
	assert_int_equal(start, 0x1000);
	assert_int_equal(end, 0x3000);
	assert_int_equal(removals.items[0].looks, REMOVAL_LOOKS);
}

static void
closed_neighbours_become_one(void **state __rte_unused)
{
	announce_and_close(0x1000, 0x2000, 0);
	announce_and_close(0x5000, 0x6000, 0);
	assert_int_equal(removals.count, 2);
	announce_and_close(0x2000, 0x5000, 0);
	assert_int_equal(removals.count, 1);
	assert_true(pending_removals_overlap(&removals, 0x5fff, 0x6000));
	assert_false(pending_removals_overlap(&removals, 0x6000, 0x7000));
	assert_false(pending_removals_overlap(&removals, 0, 0x1000));
}

/* The memory between two intervals is not theirs, also when there are too many. */
static void
what_is_between_is_left_alone(void **state __rte_unused)
{
	uint64_t i;

	for (i = 0; i < 2 * PENDING_REMOVALS_MAX; i++) {
		announce(i * 0x100000, i * 0x100000 + 0x1000, i);
		assert_false(pending_removals_overlap(
			&removals, i * 0x100000 + 0x1000, UINT64_MAX));
	}
	for (i = 1; i < 2 * PENDING_REMOVALS_MAX; i++)
		assert_false(pending_removals_overlap(
			&removals, (i - 1) * 0x100000 + 0x1000, i * 0x100000));
	assert_int_equal(removals.count, PENDING_REMOVALS_MAX);
}

/* The first to be dropped are those whose threads had the most time. */
static void
what_is_open_is_not_dropped(void **state __rte_unused)
{
	uint64_t i;

	announce_and_close(0x1000, 0x2000, 0);
	for (i = 1; i <= PENDING_REMOVALS_MAX; i++)
		announce(i * 0x100000, i * 0x100000 + 0x1000, 3);
	assert_false(pending_removals_overlap(&removals, 0x1000, 0x2000));
	for (i = 1; i <= PENDING_REMOVALS_MAX; i++)
		assert_true(pending_removals_are_open(
			&removals, i * 0x100000, i * 0x100000 + 0x1000));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(it_is_open_until_its_thread_has_continued),
		TEST(without_a_proof_the_time_decides),
		TEST(what_cannot_be_proven_takes_its_time),
		TEST(a_proof_is_not_for_those_before),
		TEST(open_neighbours_stay_apart),
		TEST(each_owner_that_waits_is_named),
		TEST(looks_come_further_and_further_apart),
		TEST(late_looks_keep_their_distance),
		TEST(a_stream_of_announcements_does_not_put_looks_off),
		TEST(an_early_look_is_additional),
		TEST(closed_neighbours_become_one),
		TEST(what_is_between_is_left_alone),
		TEST(what_is_open_is_not_dropped),
	};

	return RUN_TESTS("pending_removals", tests);
}
