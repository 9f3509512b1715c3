/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Intervals whose pages are about to be dropped: when they are looked at again. */

#include "util/pending_removals.h"
#include "unit.h"

static struct pending_removals removals;

static int
setup(void **state __rte_unused)
{
	removals = (struct pending_removals){ .count = 0 };
	return 0;
}

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

	pending_removals_add(&removals, 0x1000, 0x3000, 0);
	assert_int_equal(pending_removals_wait(&removals, 0), 2);
	assert_int_equal(looks_until(20000, moments), REMOVAL_LOOKS);
	assert_int_equal(moments[0], 2);
	assert_int_equal(moments[1], 18);
	assert_int_equal(moments[2], 146);
	assert_int_equal(moments[3], 1170);
	assert_int_equal(moments[4], 9362);
	assert_int_equal(pending_removals_wait(&removals, 20000), -1);
}

/* A process that was stopped does not use up its looks at once. */
static void
late_looks_keep_their_distance(void **state __rte_unused)
{
	uint64_t start, end;

	pending_removals_add(&removals, 0x1000, 0x3000, 0);
	assert_true(pending_removals_take_due(&removals, 9999, &start, &end));
	assert_false(pending_removals_take_due(&removals, 9999, &start, &end));
	assert_int_equal(pending_removals_wait(&removals, 9999), 16);
	assert_true(pending_removals_take_due(&removals, 10015, &start, &end));
	assert_int_equal(start, 0x1000);
	assert_int_equal(end, 0x3000);
}

/* Without this, jemalloc's threads could put the look off for ever. */
static void
a_stream_of_announcements_does_not_put_looks_off(void **state __rte_unused)
{
	uint64_t start, end, now;
	unsigned int looks = 0;

	for (now = 0; now < 100; now++) {
		pending_removals_add(&removals, 0x1000 + now * 0x1000,
			0x2000 + now * 0x1000, now);
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

	pending_removals_add(&removals, 0x1000, 0x2000, 0);
	pending_removals_add(&removals, 0x1000, 0x2000, 1);
	assert_true(pending_removals_take_due(&removals, 2, &start, &end));
	assert_true(pending_removals_fresh(&removals));
	assert_int_equal(removals.items[0].looks, REMOVAL_LOOKS);
	assert_true(pending_removals_wait(&removals, 2) <= 2);
	assert_true(pending_removals_take_due(&removals, 4, &start, &end));
	assert_false(pending_removals_fresh(&removals));
}

static void
neighbours_become_one(void **state __rte_unused)
{
	pending_removals_add(&removals, 0x1000, 0x2000, 0);
	pending_removals_add(&removals, 0x5000, 0x6000, 0);
	assert_int_equal(removals.count, 2);
	pending_removals_add(&removals, 0x2000, 0x5000, 0);
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
		pending_removals_add(
			&removals, i * 0x100000, i * 0x100000 + 0x1000, i);
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
who_had_no_look_is_not_dropped(void **state __rte_unused)
{
	uint64_t start, end, i;

	pending_removals_add(&removals, 0x1000, 0x2000, 0);
	assert_true(pending_removals_take_due(&removals, 2, &start, &end));
	for (i = 1; i <= PENDING_REMOVALS_MAX; i++)
		pending_removals_add(
			&removals, i * 0x100000, i * 0x100000 + 0x1000, 3);
	assert_false(pending_removals_overlap(&removals, 0x1000, 0x2000));
	for (i = 1; i <= PENDING_REMOVALS_MAX; i++)
		assert_true(pending_removals_overlap(
			&removals, i * 0x100000, i * 0x100000 + 0x1000));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(looks_come_further_and_further_apart),
		TEST(late_looks_keep_their_distance),
		TEST(a_stream_of_announcements_does_not_put_looks_off),
		TEST(an_early_look_is_additional),
		TEST(neighbours_become_one),
		TEST(what_is_between_is_left_alone),
		TEST(who_had_no_look_is_not_dropped),
	};

	return RUN_TESTS("pending_removals", tests);
}
