/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Median, percentiles and spread of samples, and the ratios of turns.
 *
 * Must not know: what was measured.
 */

#include <errno.h>
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
	assert_true(isnan(samples_lowest(&samples)));
	assert_true(isnan(samples_highest(&samples)));
}

static void
one_sample_is_all_three(void **state __rte_unused)
{
	TAKE(4.5);
	assert_equal(samples_median(&samples), 4.5);
	assert_equal(samples_lowest(&samples), 4.5);
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

static void
the_spread_is_from_the_lowest_to_the_highest(void **state __rte_unused)
{
	TAKE(3, -1, 7, 0);
	assert_equal(samples_lowest(&samples), -1);
	assert_equal(samples_highest(&samples), 7);
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

static void
ratios_are_those_of_the_same_turn(void **state __rte_unused)
{
	double tens[] = { 10, 20, 30, 40 };
	double others[] = { 5, 2, 10 };
	const struct samples dividends = { tens, 4 };
	const struct samples divisors = { others, 3 };

	assert_int_equal(
		samples_add_ratios(&samples, &dividends, &divisors), 0);
	assert_int_equal(samples.count, 3);
	assert_equal(samples.values[0], 2);
	assert_equal(samples.values[1], 10);
	assert_equal(samples.values[2], 3);
}

static void
there_is_no_ratio_to_nothing(void **state __rte_unused)
{
	double one = 1, zero = 0, none = NAN;
	const struct samples dividends = { &one, 1 };
	const struct samples zeros = { &zero, 1 };
	const struct samples nones = { &none, 1 };

	assert_int_equal(
		samples_add_ratios(&samples, &dividends, &zeros), -ERANGE);
	assert_int_equal(
		samples_add_ratios(&samples, &dividends, &nones), -ERANGE);
	assert_int_equal(samples.count, 0);
}

static void
few_samples_tell_no_interval(void **state __rte_unused)
{
	double low, high;

	assert_false(samples_interval(&samples, &low, &high));
	TAKE(1, 2, 3, 4, 5);
	assert_false(samples_interval(&samples, &low, &high));
}

static void
assert_interval(double low, double high)
{
	double from = NAN, to = NAN;

	assert_true(samples_interval(&samples, &from, &to));
	assert_equal(from, low);
	assert_equal(to, high);
}

/* As in tables of the sign test: 2 * P(at most k of n) <= 0.05 for k = 0, 0, 1, 4, 5. */
static void
the_interval_leaves_out_what_chance_allows(void **state __rte_unused)
{
	unsigned int i;

	TAKE(6, 5, 4, 3, 2, 1);
	assert_interval(1, 6);
	TAKE(1, 2, 3, 4, 5, 6, 7, 8);
	assert_interval(1, 8);
	assert_int_equal(samples_add(&samples, 9), 0);
	assert_interval(2, 8);
	for (i = 10; i <= 17; i++)
		assert_int_equal(samples_add(&samples, i), 0);
	assert_interval(5, 13);
	for (i = 18; i <= 20; i++)
		assert_int_equal(samples_add(&samples, i), 0);
	assert_interval(6, 15);
}

#define TEST(name) cmocka_unit_test_teardown(name, clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_has_no_median),
		TEST(one_sample_is_all_three),
		TEST(of_an_odd_count_it_is_the_middle_one),
		TEST(of_an_even_count_it_is_between_the_middle_two),
		TEST(the_spread_is_from_the_lowest_to_the_highest),
		TEST(a_percentile_is_not_exceeded_by_so_many),
		TEST(the_order_of_turns_is_kept),
		TEST(ratios_are_those_of_the_same_turn),
		TEST(there_is_no_ratio_to_nothing),
		TEST(few_samples_tell_no_interval),
		TEST(the_interval_leaves_out_what_chance_allows),
	};

	return RUN_TESTS("perf_statistics", tests);
}
