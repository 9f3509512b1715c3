/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * perf-ioctls: the part of dpdk-iommufd-perf that measures ioctls. Runs the suites that
 * are named and writes their samples to stdout, which iommufd_perf/ioctls.py reads.
 *
 * Must not know: how anything is measured, or what becomes of the samples.
 */

#include <err.h>
#include <stdlib.h>

#include <rte_log.h>

#include "options.h"
#include "report.h"
#include "suites.h"

#define WRONG_USE 2

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
#if PERF_SVANIC
		[SUITE_FAULT] = suite_fault,
		[SUITE_SVA_INVALIDATE] = suite_sva_invalidate,
		[SUITE_LATENCY] = suite_latency,
#endif
	};
	unsigned int suite;
	int ret = 0;

	for (suite = 0; suite < SUITE_COUNT; suite++)
		if (suites[suite] != NULL && is_asked_for(options, suite) &&
			suites[suite](options, report) != 0)
			ret = -1;
	return ret;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct report *report;
	int ret;

	if (options_parse(argc, argv, &options) != 0)
		return WRONG_USE;
	report = report_create();
	if (report == NULL)
		err(EXIT_FAILURE, "report");
	/* Which backend it is, is no news at every turn. */
	rte_log_set_level_pattern("lib.iommufd", RTE_LOG_WARNING);
	ret = run_suites(&options, report);
	/* What was measured before a suite failed is worth telling. */
	if (report_write(report, stdout) != 0)
		ret = -1;
	report_destroy(report);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
