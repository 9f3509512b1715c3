/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * dpdk-iommufd-perf: reads the command line, runs the suites that were asked for,
 * tells the figures. What it measures, and why, is in its manual page.
 *
 * Must not know: how anything is measured.
 */

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_log.h>

#include "compare.h"
#include "options.h"
#include "report.h"
#include "suites.h"

#define WRONG_USE 2

static int
compare(const struct options *options)
{
	int ret = compare_reports(options->compare_old, options->compare_new,
		options->tolerance, stdout);

	return ret < 0 ? WRONG_USE : ret;
}

/* `map` and `unmap` come from the same turns. */
static bool
is_asked_for(const struct options *options, enum suite suite)
{
	if (suite == SUITE_MAP)
		return options->suites[SUITE_MAP] ||
			options->suites[SUITE_UNMAP];
	return options->suites[suite];
}

static int
run_suites(const struct options *options, struct report *report)
{
	static int (*const suites[SUITE_COUNT])(
		const struct options *, struct report *) = {
		[SUITE_MAP] = suite_map,
		[SUITE_SIZES] = suite_sizes,
		[SUITE_PARALLEL] = suite_parallel,
		[SUITE_SHARE] = suite_share,
		[SUITE_ACCOUNT] = suite_account,
		[SUITE_START] = suite_start,
		[SUITE_FORWARD] = suite_forward,
#if PERF_SVANIC
		[SUITE_FAULT] = suite_fault,
		[SUITE_SVA_INVALIDATE] = suite_sva_invalidate,
		[SUITE_LATENCY] = suite_latency,
		[SUITE_SVA_FORWARD] = suite_sva_forward,
#endif
	};
	unsigned int suite;
	int ret = 0;

	for (suite = 0; suite < SUITE_COUNT; suite++) {
		if (suites[suite] == NULL || !is_asked_for(options, suite))
			continue;
		fprintf(stderr, "dpdk-iommufd-perf: measuring: %s\n",
			suite_names[suite]);
		if (suites[suite](options, report) != 0) {
			warnx("the suite %s failed", suite_names[suite]);
			ret = -1;
		}
		report_print(report, stdout);
	}
	return ret;
}

/* Better now than after minutes of measuring. */
static bool
can_write(const char *path)
{
	FILE *file = fopen(path, "a");

	if (file == NULL) {
		warn("%s", path);
		return false;
	}
	fclose(file);
	return true;
}

static int
measure(const struct options *options)
{
	struct report *report;
	unsigned int i;
	int ret;

	if (options->json != NULL && !can_write(options->json))
		return WRONG_USE;
	report = report_create();
	if (report == NULL)
		err(EXIT_FAILURE, "report");
	for (i = 0; i < options->fact_count; i++)
		report_add_fact(report, options->facts[i]);
	/* Which backend it is, is no news at every turn. */
	rte_log_set_level_pattern("lib.iommufd", RTE_LOG_WARNING);
	ret = run_suites(options, report);
	if (options->json != NULL && report_write(report, options->json) != 0)
		ret = -1;
	if (options->check && !report_targets_hold(report)) {
		warnx("not all targets hold");
		ret = -1;
	}
	report_destroy(report);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct options options;
	char problem[256];

	if (options_parse(argc, argv, &options, problem, sizeof(problem)) !=
		0) {
		warnx("%s", problem);
		return WRONG_USE;
	}
	if (options.help) {
		fputs(options_help, stdout);
		return EXIT_SUCCESS;
	}
	if (options.compare_old != NULL)
		return compare(&options);
	return measure(&options);
}
