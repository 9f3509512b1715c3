/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `sva-forward`: how many packets a second dpdk-testpmd sends by svanic with
 * this process's addresses (sva=1) and with IOVAs (sva=0), and how many pages the device
 * still asks for when all buffers have been used.
 *
 * Two testpmds live at the same time and send in short bursts by turns, as in the suite
 * `forward`, where the reasons are. The next turn gives each the other device.
 *
 * Must not know: how testpmd is run.
 */

#include <sched.h>
#include <stdio.h>

#include "sender.h"
#include "statistics.h"
#include "suites.h"

#define ROUNDS 12
#define BURST 400 /* milliseconds */

enum { BY_IOVA, BY_ADDRESS, SIDES };

static const char *const names[SIDES] = { "sva=0", "sva=1" };
static const char *const prefixes[SIDES] = { "iommufd-perf-iova",
	"iommufd-perf-sva" };

/* Of the rounds of a turn, or of all turns. */
struct table {
	struct samples rates[SIDES];
	struct samples ratio;
	struct samples requests; /* of turns only */
};

static void
clear(struct table *table)
{
	unsigned int side;

	for (side = 0; side < SIDES; side++)
		samples_clear(&table->rates[side]);
	samples_clear(&table->ratio);
	samples_clear(&table->requests);
}

/* Who begins alternates. */
static int
one_round(
	struct sender *const *senders, unsigned int round, struct table *rounds)
{
	double packets, taken, rates[SIDES];
	unsigned int side, i;

	for (i = 0; i < SIDES; i++) {
		side = (i + round) % SIDES;
		if (sender_burst(senders[side], BURST, &packets, &taken) != 0)
			return -1;
		rates[side] = packets / taken * 1000;
		if (samples_add(&rounds->rates[side], rates[side]) != 0)
			return -1;
	}
	return samples_add(&rounds->ratio, rates[BY_ADDRESS] / rates[BY_IOVA]);
}

static int
all_rounds(struct sender *const *senders, struct table *rounds)
{
	static const char counter[] = "q0_page_requests";
	double half = 0, end = 0;
	unsigned int round;
	int ret = 0;

	for (round = 0; round < ROUNDS && ret == 0; round++) {
		if (round == ROUNDS / 2)
			ret = sender_counter(
				senders[BY_ADDRESS], counter, &half);
		if (ret == 0)
			ret = one_round(senders, round, rounds);
	}
	if (ret == 0)
		ret = sender_counter(senders[BY_ADDRESS], counter, &end);
	return ret == 0 ? samples_add(&rounds->requests, end - half) : -1;
}

static int
add_turn(struct table *turns, const struct table *rounds)
{
	unsigned int side;
	int ret = 0;

	for (side = 0; side < SIDES; side++)
		ret |= samples_add(&turns->rates[side],
			samples_median(&rounds->rates[side]));
	ret |= samples_add(&turns->ratio, samples_median(&rounds->ratio));
	ret |= samples_add(&turns->requests, samples_median(&rounds->requests));
	return ret == 0 ? 0 : -1;
}

static struct sender *
start_side(const struct options *options, unsigned int turn, unsigned int side,
	char *device, size_t size)
{
	const struct sender_settings settings = {
		.device = device,
		.settings = "backend=iommufd",
		.backend = "iommufd",
		.prefix = prefixes[side],
	};

	snprintf(device, size, "%s,%s", options->svanics[(side + turn) % SIDES],
		names[side]);
	return sender_start(&settings);
}

static int
one_turn(const struct options *options, unsigned int turn, struct table *turns)
{
	struct sender *senders[SIDES] = { NULL };
	char devices[SIDES][32]; /* for as long as the senders live */
	struct table rounds = { 0 };
	unsigned int side;
	int ret = 0;

	for (side = 0; side < SIDES && ret == 0; side++) {
		senders[side] = start_side(options, turn, side, devices[side],
			sizeof(devices[side]));
		ret = senders[side] == NULL ? -1 : 0;
	}
	if (ret == 0)
		ret = all_rounds(senders, &rounds);
	for (side = 0; side < SIDES; side++)
		if (sender_end(senders[side]) != 0)
			ret = -1;
	if (ret == 0 && turn >= options->warmup)
		ret = add_turn(turns, &rounds);
	if (ret == 0)
		fprintf(stderr,
			"dpdk-iommufd-perf: sva-forward: turn %u: sva=1 / sva=0: %.3f\n",
			turn + 1, samples_median(&rounds.ratio));
	clear(&rounds);
	return ret;
}

static void
report_all(struct report *report, const struct table *turns)
{
	unsigned int side;

	for (side = 0; side < SIDES; side++)
		report_add(report, &report_rate, &turns->rates[side],
			"sva-forward: %s", names[side]);
	report_want_at_least(report_add(report, &report_ratio, &turns->ratio,
				     "sva-forward: sva=1 / sva=0"),
		0.9);
	report_want_at_most(
		report_add(report, &report_requests, &turns->requests,
			"sva-forward: sva=1: page requests under way"),
		0);
}

int
suite_sva_forward(const struct options *options, struct report *report)
{
	struct table turns = { 0 };
	cpu_set_t before;
	unsigned int turn;
	int ret = 0;

	sender_leave_processor(&before);
	for (turn = 0; turn < options->warmup + options->repeat && ret == 0;
		turn++)
		ret = one_turn(options, turn, &turns);
	sched_setaffinity(0, sizeof(before), &before);
	if (ret == 0)
		report_all(report, &turns);
	clear(&turns);
	return ret;
}
