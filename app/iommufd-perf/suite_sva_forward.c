/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `sva-forward`: how many packets a second dpdk-testpmd sends by
 * svanic with this process's addresses (sva=1) and with IOVAs (sva=0), by
 * turns; and how many pages the device still asks for when it is under way.
 *
 * Must not know: how testpmd is run.
 */

#include <stdio.h>

#include "statistics.h"
#include "suites.h"
#include "testpmd.h"

#define SECONDS 5  /* of statistics in a turn */
#define MBUFS 2048 /* so few that all are used in the second before */

enum { BY_IOVA, BY_ADDRESS, SIDES };

static const char *const names[SIDES] = { "sva=0", "sva=1" };

struct series {
	struct samples rate;
	struct samples requests;
};

static int
one_turn(const struct options *options, unsigned int side,
	struct testpmd_result *result)
{
	static const char *const no_more[] = { NULL };
	char device[32];
	const struct testpmd testpmd = {
		.device = device,
		.wire = -1,
		.mbufs = MBUFS,
		.settings = "backend=iommufd",
		.backend = "iommufd",
		.eal = no_more,
		.seconds = SECONDS,
		.counter = "q0_page_requests",
	};

	snprintf(device, sizeof(device), "%s,%s", options->svanic, names[side]);
	return testpmd_run(&testpmd, result);
}

static int
all_turns(const struct options *options, struct series *series)
{
	struct testpmd_result result;
	unsigned int turn, side;

	for (turn = 0; turn < options->warmup + options->repeat; turn++)
		for (side = 0; side < SIDES; side++) {
			if (one_turn(options, side, &result) != 0)
				return -1;
			if (turn < options->warmup)
				continue;
			if (samples_add(&series[side].rate, result.rate) != 0 ||
				samples_add(&series[side].requests,
					(double)result.counted) != 0)
				return -1;
		}
	return 0;
}

static void
report_all(struct report *report, const struct series *series)
{
	unsigned int side;

	for (side = 0; side < SIDES; side++)
		report_add(report, &report_rate, &series[side].rate,
			"sva-forward: %s", names[side]);
	report_want_at_least(
		report_add_ratio(report, &report_ratio,
			&series[BY_ADDRESS].rate, &series[BY_IOVA].rate,
			"sva-forward: sva=1 / sva=0"),
		0.9);
	report_want_at_most(
		report_add(report, &report_requests,
			&series[BY_ADDRESS].requests,
			"sva-forward: sva=1: page requests in %d s under way",
			SECONDS),
		0);
}

int
suite_sva_forward(const struct options *options, struct report *report)
{
	struct series series[SIDES] = { 0 };
	int ret = all_turns(options, series);
	unsigned int side;

	if (ret == 0)
		report_all(report, series);
	for (side = 0; side < SIDES; side++) {
		samples_clear(&series[side].rate);
		samples_clear(&series[side].requests);
	}
	return ret;
}
