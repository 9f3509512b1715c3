/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Median and percentiles of samples.
 *
 * Must not know: what was measured.
 */

#include <math.h>

#include "statistics.h"
#include "unit.h"

static struct samples samples;

static void
take(const double *values, unsigned int count)
{
	unsigned int i;

	samples_clear(&samples);
	for (i = 0; i < count; i++)
		assert_int_equal(samples_add(&samples, values[i]), 0);
}

#define TAKE(...)                                        \
	do {                                             \
		const double values[] = { __VA_ARGS__ }; \
		take(values, RTE_DIM(values));           \
	} while (0)

static int
clear(void **state __rte_unused)
{
	samples_clear(&samples);
	return 0;
}

static void
assert_equal(double value, double expected)
{
	assert_float_equal(value, expected, 1e-12);
}

static void
nothing_has_no_median(void **state __rte_unused)
{
	assert_true(isnan(samples_median(&samples)));
	assert_true(isnan(samples_highest(&samples)));
}

static void
one_sample_is_all_of_them(void **state __rte_unused)
{
	TAKE(4.5);
	assert_equal(samples_median(&samples), 4.5);
	assert_equal(samples_highest(&samples), 4.5);
}

static void
of_an_odd_count_it_is_the_middle_one(void **state __rte_unused)
{
	TAKE(9, 1, 5);
	assert_equal(samples_median(&samples), 5);
	TAKE(100, 2, 1, 3, 1);
	assert_equal(samples_median(&samples), 2);
}

static void
of_an_even_count_it_is_between_the_middle_two(void **state __rte_unused)
{
	TAKE(4, 1);
	assert_equal(samples_median(&samples), 2.5);
	TAKE(10, 1, 3, 2);
	assert_equal(samples_median(&samples), 2.5);
}

/* The nearest rank: it is one of the samples, and never between two. */
static void
a_percentile_is_not_exceeded_by_so_many(void **state __rte_unused)
{
	unsigned int i;

	assert_true(isnan(samples_percentile(&samples, 99)));
	TAKE(7);
	assert_equal(samples_percentile(&samples, 1), 7);
	assert_equal(samples_percentile(&samples, 99), 7);
	TAKE(4, 1, 3, 2);
	assert_equal(samples_percentile(&samples, 25), 1);
	assert_equal(samples_percentile(&samples, 26), 2);
	assert_equal(samples_percentile(&samples, 75), 3);
	assert_equal(samples_percentile(&samples, 99), 4);
	assert_equal(samples_percentile(&samples, 100), 4);
	samples_clear(&samples);
	for (i = 1000; i > 0; i--)
		assert_int_equal(samples_add(&samples, i), 0);
	assert_equal(samples_percentile(&samples, 50), 500);
	assert_equal(samples_percentile(&samples, 99), 990);
	assert_equal(samples_percentile(&samples, 99.9), 999);
}

static void
the_order_of_turns_is_kept(void **state __rte_unused)
{
	TAKE(3, 1, 2);
	assert_equal(samples_median(&samples), 2);
	assert_equal(samples.values[0], 3);
	assert_equal(samples.values[1], 1);
	assert_equal(samples.values[2], 2);
}

#define TEST(name) cmocka_unit_test_teardown(name, clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_has_no_median),
		TEST(one_sample_is_all_of_them),
		TEST(of_an_odd_count_it_is_the_middle_one),
		TEST(of_an_even_count_it_is_between_the_middle_two),
		TEST(a_percentile_is_not_exceeded_by_so_many),
		TEST(the_order_of_turns_is_kept),
	};

	return RUN_TESTS("perf_statistics", tests);
}
