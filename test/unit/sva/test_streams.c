/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Which requests continue a stream, and how much is mapped for them. */

#include "unit.h"
#include "util/streams.h"

#define START(number) ((uint64_t)(number) << 32)

static struct streams streams;

static int
setup(void **state __rte_unused)
{
	streams = (struct streams){ .clock = 0 };
	return 0;
}

static void
what_follows_the_last_is_doubled(void **state __rte_unused)
{
	assert_int_equal(streams_continue(&streams, 0x1000), 0);
	streams_note(&streams, 0x1000, 0x1000, 0x2000);
	assert_int_equal(streams_continue(&streams, 0x2000), 0x2000);
	assert_int_equal(streams_continue(&streams, 0x3000), 0);
	streams_note(&streams, 0x2000, 0x2000, 0x4000);
	assert_int_equal(streams_continue(&streams, 0x2000), 0);
	assert_int_equal(streams_continue(&streams, 0x4000), 0x4000);
}

static void
the_one_continued_longest_ago_makes_room(void **state __rte_unused)
{
	uint64_t i;

	for (i = 1; i <= STREAMS_MAX; i++)
		streams_note(&streams, START(i), 0x1000, START(i) + 0x1000);
	streams_note(&streams, START(1) + 0x1000, 0x2000, START(1) + 0x3000);
	streams_note(&streams, START(99), 0x1000, START(99) + 0x1000);
	assert_int_equal(streams_continue(&streams, START(1) + 0x3000), 0x4000);
	assert_int_equal(streams_continue(&streams, START(2) + 0x1000), 0);
	assert_int_equal(streams_continue(&streams, START(3) + 0x1000), 0x2000);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(what_follows_the_last_is_doubled),
		TEST(the_one_continued_longest_ago_makes_room),
	};

	return RUN_TESTS("streams", tests);
}
