/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The lines in which perf-ioctls tells its figures.
 *
 * Must not know: what was measured, or who reads them.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report.h"
#include "unit.h"

static struct report *report;
static char *lines;

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
	free(lines);
	lines = NULL;
	return 0;
}

static int
write_report(void)
{
	size_t size;
	FILE *out = open_memstream(&lines, &size);
	int ret;

	assert_non_null(out);
	ret = report_write(report, out);
	assert_int_equal(fclose(out), 0);
	return ret;
}

static double values[] = { 2, 0.5 };
static const struct samples two = { values, 2 };
static const struct samples none = { NULL, 0 };

static void
a_figure_is_a_line(void **state __rte_unused)
{
	report_add(report, &report_milliseconds, &two, "map: %s", "ours");
	report_add(report, &report_calls, &none, "nothing");
	assert_int_equal(write_report(), 0);
	assert_string_equal(lines,
		"{\"kind\": \"milliseconds\", \"name\": \"map: ours\", \"samples\": [2.0, 0.5]}\n"
		"{\"kind\": \"calls\", \"name\": \"nothing\", \"samples\": []}\n");
}

static void
a_ratio_has_both_its_sides_and_its_targets(void **state __rte_unused)
{
	struct report_figure *figure = report_add_ratio(
		report, &report_ratio, &two, &two, "ratio");

	report_want_at_least(figure, 3);
	report_want_at_most(figure, 5);
	assert_int_equal(write_report(), 0);
	assert_contains(
		lines, "\"dividends\": [2.0, 0.5], \"divisors\": [2.0, 0.5]");
	assert_contains(lines, "\"at least\": 3.0, \"at most\": 5.0");
}

static void
a_point_has_its_place_on_the_curve(void **state __rte_unused)
{
	report_place(report_add(report, &report_cost, &two, "8: a"), 8, "MiB",
		"curve %s", "a");
	assert_int_equal(write_report(), 0);
	assert_contains(lines,
		"\"point\": {\"curve\": \"curve a\", \"x\": 8.0, \"unit\": \"MiB\"}");
}

static void
what_is_no_number_is_a_failure(void **state __rte_unused)
{
	double not_a_number[] = { NAN };
	const struct samples one = { not_a_number, 1 };

	report_add(report, &report_cost, &one, "cost");
	assert_int_equal(write_report(), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_figure_is_a_line),
		TEST(a_ratio_has_both_its_sides_and_its_targets),
		TEST(a_point_has_its_place_on_the_curve),
		TEST(what_is_no_number_is_a_failure),
	};

	return RUN_TESTS("perf_figures", tests);
}
