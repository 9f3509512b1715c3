/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Two reports side by side: what counts as worse, and what is no report.
 *
 * Must not know: what the figures are.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "unit.h"

static char folder[] = "/tmp/test_perf_compare.XXXXXX";
static char old_path[64];
static char new_path[64];
static char *table;

static int
make_folder(void **state __rte_unused)
{
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(old_path, sizeof(old_path), "%s/old", folder);
	snprintf(new_path, sizeof(new_path), "%s/new", folder);
	return 0;
}

static int
remove_folder(void **state __rte_unused)
{
	free(table);
	unlink(old_path);
	unlink(new_path);
	return rmdir(folder);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int
compare(const char *old_text, const char *new_text, double tolerance)
{
	size_t size;
	FILE *out;
	int ret;

	free(table);
	write_file(old_path, old_text);
	write_file(new_path, new_text);
	out = open_memstream(&table, &size);
	assert_non_null(out);
	ret = compare_reports(old_path, new_path, tolerance, out);
	assert_int_equal(fclose(out), 0);
	return ret;
}

#define FIGURE(name, better, comparable, median)                              \
	"{\"name\": \"" name "\", \"unit\": \"times\", \"better\": \"" better \
	"\", \"comparable\": " comparable ", \"median\": " median "}"
#define REPORT(figures) "{\"figures\": [" figures "]}"

/* One figure, which went from one value to another, at 5 %. */
#define CHANGE(better, comparable, old_median, new_median)           \
	compare(REPORT(FIGURE("f", better, comparable, old_median)), \
		REPORT(FIGURE("f", better, comparable, new_median)), 0.05)

static void
a_report_is_not_worse_than_itself(void **state __rte_unused)
{
	assert_int_equal(CHANGE("higher", "true", "10.0", "10.0"), 0);
	assert_int_equal(CHANGE("lower", "true", "10.0", "10.0"), 0);
	assert_int_equal(CHANGE("lower", "true", "0", "0.0"), 0);
	assert_contains(table, "same");
}

static void
lower_is_worse_where_higher_is_better(void **state __rte_unused)
{
	assert_int_equal(CHANGE("higher", "true", "10", "9.4"), 1);
	assert_contains(table, "WORSE");
	assert_int_equal(CHANGE("higher", "true", "10", "20"), 0);
	assert_contains(table, "better");
}

static void
higher_is_worse_where_lower_is_better(void **state __rte_unused)
{
	assert_int_equal(CHANGE("lower", "true", "10", "10.6"), 1);
	assert_contains(table, "WORSE");
	assert_int_equal(CHANGE("lower", "true", "10", "5"), 0);
	assert_contains(table, "better");
}

static void
the_border_itself_is_tolerated(void **state __rte_unused)
{
	assert_int_equal(CHANGE("higher", "true", "10", "9.5"), 0);
	assert_int_equal(CHANGE("higher", "true", "10", "9.499"), 1);
	assert_int_equal(CHANGE("lower", "true", "10", "10.5"), 0);
	assert_int_equal(CHANGE("lower", "true", "10", "10.501"), 1);
	assert_int_equal(CHANGE("lower", "true", "0.3", "0.315"), 0);
}

static void
anything_is_more_than_nothing(void **state __rte_unused)
{
	assert_int_equal(CHANGE("lower", "true", "0", "1"), 1);
}

static void
no_tolerance_tolerates_nothing(void **state __rte_unused)
{
	const char *old_text = REPORT(FIGURE("f", "lower", "true", "100"));

	assert_int_equal(compare(old_text, old_text, 0), 0);
	assert_int_equal(
		compare(old_text, REPORT(FIGURE("f", "lower", "true", "100.1")),
			0),
		1);
}

static void
absolute_figures_are_shown_but_not_compared(void **state __rte_unused)
{
	assert_int_equal(CHANGE("lower", "false", "10", "1000"), 0);
	assert_contains(table, "not compared");
	assert_contains(table, "1000");
}

static void
a_missing_figure_is_named_and_counts(void **state __rte_unused)
{
	assert_int_equal(
		compare(REPORT(FIGURE("kept", "lower", "true", "1") "," FIGURE(
				"lost", "lower", "false", "1")),
			REPORT(FIGURE("kept", "lower", "true", "1")), 0.05),
		1);
	assert_contains(table, "lost");
	assert_contains(table, "MISSING");
}

static void
a_new_figure_is_no_failure(void **state __rte_unused)
{
	assert_int_equal(
		compare(REPORT(FIGURE("kept", "lower", "true", "1")),
			REPORT(FIGURE("more", "lower", "true", "1") "," FIGURE(
				"kept", "lower", "true", "1")),
			0.05),
		0);
}

static void
what_is_no_report_is_refused(void **state __rte_unused)
{
	static const char good[] = REPORT(FIGURE("f", "lower", "true", "1"));
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"figures\": 1}",
		"{\"figures\": []}",
		"{\"figures\": [1]}",
		"{\"figures\": [{\"name\": \"f\"}]}",
		REPORT(FIGURE("f", "upwards", "true", "1")),
		REPORT(FIGURE("f", "lower", "1", "1")),
		REPORT(FIGURE("f", "lower", "true", "\"1\"")),
		REPORT(FIGURE("f", "lower", "true", "1")) "x",
	};
	size_t i;

	for (i = 0; i < RTE_DIM(bad); i++) {
		assert_int_equal(compare(bad[i], good, 0.05), -EINVAL);
		assert_int_equal(compare(good, bad[i], 0.05), -EINVAL);
	}
}

static void
a_file_that_is_not_there_is_refused(void **state __rte_unused)
{
	assert_int_equal(
		compare_reports(old_path, "/nonexistent/new", 0.05, stdout),
		-EINVAL);
	assert_int_equal(
		compare_reports("/nonexistent/old", old_path, 0.05, stdout),
		-EINVAL);
}

#define TEST(name) cmocka_unit_test(name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_report_is_not_worse_than_itself),
		TEST(lower_is_worse_where_higher_is_better),
		TEST(higher_is_worse_where_lower_is_better),
		TEST(the_border_itself_is_tolerated),
		TEST(anything_is_more_than_nothing),
		TEST(no_tolerance_tolerates_nothing),
		TEST(absolute_figures_are_shown_but_not_compared),
		TEST(a_missing_figure_is_named_and_counts),
		TEST(a_new_figure_is_no_failure),
		TEST(what_is_no_report_is_refused),
		TEST(a_file_that_is_not_there_is_refused),
	};

	return _cmocka_run_group_tests("perf_compare", tests, RTE_DIM(tests),
		make_folder, remove_folder);
}
