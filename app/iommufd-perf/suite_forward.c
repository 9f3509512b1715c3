/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `forward`: how many packets a second dpdk-testpmd sends, DPDK's own
 * way and ours by turns, with one space for all devices and with one for each.
 *
 * Must not know: how testpmd is run.
 */

#include <unistd.h>

#include "statistics.h"
#include "suites.h"
#include "testpmd.h"
#include "wire.h"

#define SECONDS 5 /* of statistics in a turn */

enum { STOCK, SHARED, PER_DEVICE, SIDES };

static const char *const names[SIDES] = { "stock", "ours, shared",
	"ours, per-device" };
static const char *const settings[SIDES] = { "backend=stock",
	"backend=iommufd,ioas=shared", "backend=iommufd,ioas=per-device" };

static int
one_turn(const struct options *options, int wire, unsigned int side,
	double *rate)
{
	static const char *const no_more[] = { NULL };
	const struct testpmd testpmd = {
		.device = options->devices[0],
		.interface = options->wire,
		.wire = wire,
		.settings = settings[side],
		.backend = side == STOCK ? "stock" : "iommufd",
		.eal = no_more,
		.seconds = SECONDS,
	};
	struct testpmd_result result;

	if (testpmd_run(&testpmd, &result) != 0)
		return -1;
	*rate = result.rate;
	return 0;
}

static int
all_turns(const struct options *options, int wire, struct samples *samples)
{
	unsigned int turn, side;
	double rate;

	for (turn = 0; turn < options->warmup + options->repeat; turn++)
		for (side = 0; side < SIDES; side++) {
			if (one_turn(options, wire, side, &rate) != 0)
				return -1;
			if (turn >= options->warmup &&
				samples_add(&samples[side], rate) != 0)
				return -1;
		}
	return 0;
}

static void
report_all(struct report *report, const struct samples *samples)
{
	unsigned int side;

	for (side = 0; side < SIDES; side++)
		report_add(report, &report_rate, &samples[side], "forward: %s",
			names[side]);
	for (side = SHARED; side < SIDES; side++)
		report_want_at_least(
			report_add_ratio(report, &report_ratio, &samples[side],
				&samples[STOCK], "forward: %s / stock",
				names[side]),
			0.97);
}

int
suite_forward(const struct options *options, struct report *report)
{
	struct samples samples[SIDES] = { 0 };
	unsigned int side;
	int wire = wire_open(options->wire);
	int ret;

	if (wire < 0)
		return -1;
	ret = all_turns(options, wire, samples);
	if (ret == 0)
		report_all(report, samples);
	for (side = 0; side < SIDES; side++)
		samples_clear(&samples[side]);
	close(wire);
	return ret;
}
