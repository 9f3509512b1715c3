/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `start`: from the start of dpdk-testpmd to its first packet on the
 * wire, DPDK's own way and ours by turns; and where the time goes, from one more
 * turn under strace, which makes all slower and is not part of the rest.
 *
 * Must not know: how testpmd is run.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "statistics.h"
#include "strace.h"
#include "suites.h"
#include "testpmd.h"
#include "wire.h"

enum { STOCK, OURS, SIDES };
enum { DYNAMIC, LEGACY, MODES };

static const char *const sides[SIDES] = { "stock", "ours" };
static const char *const backends[SIDES] = { "stock", "iommufd" };
static const char *const settings[SIDES] = { "backend=stock",
	"backend=iommufd" };
static const char *const modes[MODES] = { "-m", "--legacy-mem -m" };

struct bench {
	const struct options *options;
	struct report *report;
	int wire;
	char megabytes[16];
};

static int
run_testpmd(const struct bench *bench, unsigned int mode, unsigned int side,
	const char *trace, double *first_packet)
{
	const char *const eal[] = { "-m", bench->megabytes,
		mode == LEGACY ? "--legacy-mem" : NULL, NULL };
	const struct testpmd testpmd = {
		.device = bench->options->devices[0],
		.interface = bench->options->wire,
		.wire = bench->wire,
		.settings = settings[side],
		.backend = backends[side],
		.eal = eal,
		.trace = trace,
	};
	struct testpmd_result result;

	if (testpmd_run(&testpmd, &result) != 0)
		return -1;
	*first_packet = result.first_packet;
	return 0;
}

static int
all_turns(const struct bench *bench, unsigned int mode, struct samples *samples)
{
	const struct options *options = bench->options;
	unsigned int turn, side;
	double taken;

	for (turn = 0; turn < options->warmup + options->repeat; turn++)
		for (side = 0; side < SIDES; side++) {
			if (run_testpmd(bench, mode, side, NULL, &taken) != 0)
				return -1;
			if (turn >= options->warmup &&
				samples_add(&samples[side], taken) != 0)
				return -1;
		}
	return 0;
}

static void
report_part(const struct bench *bench, unsigned int mode, unsigned int side,
	const char *part, double percent)
{
	const struct samples one = { &percent, 1 };

	report_add(bench->report, &report_percent, &one,
		"start, %s %s: %s, traced: %s", modes[mode], bench->megabytes,
		sides[side], part);
}

static int
report_parts(const struct bench *bench, unsigned int mode, unsigned int side)
{
	char prefix[] = "/tmp/iommufd-perf.XXXXXX";
	struct strace_sums sums;
	double taken, clearing, mapping;
	int file = mkstemp(prefix);
	int ret;

	if (file >= 0)
		close(file);
	ret = run_testpmd(bench, mode, side, prefix, &taken);
	if (ret == 0)
		ret = strace_sum(prefix, &sums);
	unlink(prefix);
	if (ret != 0)
		return -1;
	clearing = 100 * sums.populate / taken;
	mapping = 100 * sums.map / taken;
	report_part(bench, mode, side, "clearing memory", clearing);
	report_part(bench, mode, side, "mapping it", mapping);
	report_part(bench, mode, side, "all else", 100 - clearing - mapping);
	return 0;
}

static int
measure(const struct bench *bench, unsigned int mode)
{
	struct samples samples[SIDES] = { 0 };
	unsigned int side;
	int ret = all_turns(bench, mode, samples);

	if (ret == 0) {
		for (side = 0; side < SIDES; side++)
			report_add(bench->report, &report_seconds,
				&samples[side],
				"start, %s %s: %s: first packet", modes[mode],
				bench->megabytes, sides[side]);
		report_want_at_most(
			report_add_ratio(bench->report, &report_cost,
				&samples[OURS], &samples[STOCK],
				"start, %s %s: ours / stock", modes[mode],
				bench->megabytes),
			1);
	}
	for (side = 0; side < SIDES; side++) {
		if (ret == 0)
			ret = report_parts(bench, mode, side);
		samples_clear(&samples[side]);
	}
	return ret;
}

int
suite_start(const struct options *options, struct report *report)
{
	struct bench bench = { .options = options, .report = report };
	unsigned int mode;
	int ret = 0;

	snprintf(bench.megabytes, sizeof(bench.megabytes), "%lu",
		(unsigned long)(options->size >> 20));
	bench.wire = wire_open(options->wire);
	if (bench.wire < 0)
		return -1;
	for (mode = 0; mode < MODES && ret == 0; mode++)
		ret = measure(&bench, mode);
	close(bench.wire);
	return ret;
}
