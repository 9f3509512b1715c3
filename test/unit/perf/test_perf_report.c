/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Figures as a table and as JSON, and whether their targets hold.
 *
 * Must not know: what was measured.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "report.h"
#include "unit.h"

static struct report *report;
static char *table;

static int
begin(void **state __rte_unused)
{
	report = report_create();
	return report == NULL ? -1 : 0;
}

static int
end(void **state __rte_unused)
{
	report_destroy(report);
	free(table);
	table = NULL;
	return 0;
}

static double values[] = { 2, 8, 4 };
static const struct samples three = { values, 3 };

static const char *
print(void)
{
	size_t size;
	FILE *out;

	free(table);
	out = open_memstream(&table, &size);
	assert_non_null(out);
	report_print(report, out);
	assert_int_equal(fclose(out), 0);
	return table;
}

static void
without_a_target_all_holds(void **state __rte_unused)
{
	report_add(report, &report_milliseconds, &three, "plain");
	assert_true(report_targets_hold(report));
	assert_null(strstr(print(), "target"));
}

static void
the_median_has_to_reach_the_target(void **state __rte_unused)
{
	struct report_figure *figure = report_add(
		report, &report_ratio, &three, "a %s", "name");

	report_want_at_least(figure, 4);
	assert_true(report_targets_hold(report));
	assert_contains(print(), "a name");
	assert_contains(table, "target at least 4: holds");
	report_want_at_least(figure, 4.001);
	assert_false(report_targets_hold(report));
}

static void
the_median_has_to_stay_below_the_target(void **state __rte_unused)
{
	struct report_figure *figure = report_add(
		report, &report_cost, &three, "cost");

	report_want_at_most(figure, 4);
	assert_true(report_targets_hold(report));
	report_want_at_most(figure, 3.999);
	assert_false(report_targets_hold(report));
	assert_contains(print(), "target at most 3.999: DOES NOT HOLD");
}

static void
a_target_can_have_two_ends(void **state __rte_unused)
{
	struct report_figure *figure = report_add(
		report, &report_cost, &three, "both");

	report_want_at_least(figure, 3);
	report_want_at_most(figure, 5);
	assert_true(report_targets_hold(report));
	report_want_at_least(figure, 5);
	assert_false(report_targets_hold(report));
}

/* Of six samples it is all between the lowest and the highest. */
static void
a_target_is_decided_when_the_interval_is_on_one_side(void **state __rte_unused)
{
	double six[] = { 1, 2, 3, 4, 5, 6 };
	const struct samples samples = { six, 6 };
	struct report_figure *figure = report_add(
		report, &report_ratio, &samples, "ratio");

	report_want_at_least(figure, 1);
	assert_contains(print(), "95 %: 1 to 6  target at least 1: holds\n");
	figure = report_add(report, &report_ratio, &samples, "ratio");
	report_want_at_least(figure, 1.5);
	assert_contains(
		print(), "at least 1.5: holds, NOT DECIDED by these turns");
	figure = report_add(report, &report_cost, &samples, "cost");
	report_want_at_most(figure, 3);
	assert_contains(print(),
		"at most 3: DOES NOT HOLD, NOT DECIDED by these turns");
	figure = report_add(report, &report_cost, &samples, "cost");
	report_want_at_most(figure, 0.9);
	assert_contains(print(), "at most 0.9: DOES NOT HOLD\n");
}

static void
few_turns_decide_only_what_is_always_the_same(void **state __rte_unused)
{
	double same[] = { 3, 3 };
	const struct samples two = { same, 2 };
	const struct samples one = { same, 1 };

	report_want_at_least(report_add(report, &report_ratio, &two, "two"), 3);
	assert_contains(print(), "at least 3: holds\n");
	report_want_at_least(report_add(report, &report_ratio, &one, "one"), 3);
	assert_contains(print(), "at least 3: holds, NOT DECIDED");
	report_want_at_least(
		report_add(report, &report_ratio, &three, "three"), 1);
	assert_contains(print(), "at least 1: holds, NOT DECIDED");
}

/* A suite that lost its samples must not look as if all were well. */
static void
a_figure_without_samples_is_a_failure(void **state __rte_unused)
{
	const struct samples none = { NULL, 0 };

	assert_null(report_add(report, &report_ratio, &none, "nothing"));
	assert_false(report_targets_hold(report));
	assert_int_not_equal(report_write(report, "/dev/null"), 0);
}

static void
each_figure_is_printed_once(void **state __rte_unused)
{
	report_add(report, &report_ratio, &three, "first");
	assert_contains(print(), "first");
	report_add(report, &report_ratio, &three, "second");
	assert_contains(print(), "second");
	assert_null(strstr(table, "first"));
	assert_string_equal(print(), "");
}

static void
ratios_tell_that_of_the_lowest(void **state __rte_unused)
{
	double others[] = { 1, 1, 0.5 };
	const struct samples divisors = { others, 3 };

	report_add_ratio(report, &report_ratio, &three, &divisors, "ratio");
	/* Median of 2, 8, 8; 2 / 0.5. */
	assert_contains(print(),
		"          8           2           8"
		"           4  times");
}

static void
a_file_that_cannot_be_written_is_a_failure(void **state __rte_unused)
{
	report_add(report, &report_ratio, &three, "figure");
	assert_int_not_equal(report_write(report, "/nonexistent/file"), 0);
}

static double
real_of(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	assert_true(json_is_real(value));
	return json_real_value(value);
}

static void
all_is_in_the_file(void **state __rte_unused)
{
	char path[] = "/tmp/test_perf_report.XXXXXX";
	int file = mkstemp(path);
	json_t *root, *figure;

	assert_true(file >= 0);
	close(file);
	report_add_fact(report, "commit=1a=b");
	report_want_at_most(
		report_add(report, &report_cost, &three, "cost"), 3);
	report_place(report_add(report, &report_cost, &three, "8: a"), 8, "MiB",
		"curve %s", "a");
	assert_int_equal(report_write(report, path), 0);
	root = json_load_file(path, 0, NULL);
	unlink(path);
	assert_non_null(root);
	figure = json_array_get(json_object_get(root, "figures"), 0);
	assert_string_equal(
		json_string_value(json_object_get(figure, "name")), "cost");
	assert_string_equal(
		json_string_value(json_object_get(figure, "unit")), "times");
	assert_string_equal(
		json_string_value(json_object_get(figure, "better")), "lower");
	assert_true(json_is_true(json_object_get(figure, "comparable")));
	assert_true(json_is_false(json_object_get(figure, "holds")));
	assert_float_equal(real_of(figure, "median"), 4, 1e-12);
	assert_float_equal(real_of(figure, "lowest"), 2, 1e-12);
	assert_float_equal(real_of(figure, "highest"), 8, 1e-12);
	assert_float_equal(real_of(figure, "at most"), 3, 1e-12);
	assert_int_equal(
		json_array_size(json_object_get(figure, "samples")), 3);
	assert_null(json_object_get(figure, "point"));
	figure = json_array_get(json_object_get(root, "figures"), 1);
	figure = json_object_get(figure, "point");
	assert_string_equal(
		json_string_value(json_object_get(figure, "curve")), "curve a");
	assert_string_equal(
		json_string_value(json_object_get(figure, "unit")), "MiB");
	assert_float_equal(real_of(figure, "x"), 8, 1e-12);
	figure = json_object_get(root, "facts");
	assert_string_equal(
		json_string_value(json_object_get(figure, "commit")), "1a=b");
	json_decref(root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_target_all_holds),
		TEST(the_median_has_to_reach_the_target),
		TEST(the_median_has_to_stay_below_the_target),
		TEST(a_target_can_have_two_ends),
		TEST(a_target_is_decided_when_the_interval_is_on_one_side),
		TEST(few_turns_decide_only_what_is_always_the_same),
		TEST(a_figure_without_samples_is_a_failure),
		TEST(each_figure_is_printed_once),
		TEST(ratios_tell_that_of_the_lowest),
		TEST(a_file_that_cannot_be_written_is_a_failure),
		TEST(all_is_in_the_file),
	};

	return RUN_TESTS("perf_report", tests);
}
