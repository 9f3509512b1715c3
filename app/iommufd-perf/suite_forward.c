/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `forward`: how fast dpdk-testpmd sends, DPDK's own way and ours, with one
 * space for all devices and with one for each.
 *
 * Three testpmds live at the same time, one for each way, and send in short bursts by
 * turns: what the machine does besides changes within seconds, and so cancels out of the
 * ratio of bursts that follow each other. A turn is one life of the three, and its figure
 * the median of its rounds; the next turn gives each way another one of the three devices.
 * Lives differ by more than bursts do, so it is turns that count for the spread.
 *
 * Where somebody tells how much time the polling processor really had (--cpu-time), the
 * time for each packet is a second figure: what others take from an emulated processor is
 * not in it.
 *
 * Must not know: how testpmd is run.
 */

#include <err.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sender.h"
#include "statistics.h"
#include "suites.h"

#define ROUNDS 12 /* each order of the three twice */
#define BURST 400 /* milliseconds */

enum { STOCK, SHARED, PER_DEVICE, SIDES };

static const char *const names[SIDES] = { "stock", "ours, shared",
	"ours, per-device" };
static const char *const settings[SIDES] = { "backend=stock",
	"backend=iommufd,ioas=shared", "backend=iommufd,ioas=per-device" };
static const char *const backends[SIDES] = { "stock", "iommufd", "iommufd" };
static const char *const prefixes[SIDES] = { "iommufd-perf-stock",
	"iommufd-perf-shared", "iommufd-perf-single" };

enum { RATE, TIME, FIGURES };

/* Samples of each figure, of each way; of ratios those to stock. */
struct table {
	struct samples samples[FIGURES][SIDES];
	struct samples ratios[FIGURES][SIDES];
};

struct bench {
	const struct options *options;
	int cpu_time; /* file, or -1 */
	unsigned int figures;
	struct table turns;
};

static void
clear_table(struct table *table)
{
	unsigned int figure, side;

	for (figure = 0; figure < FIGURES; figure++)
		for (side = 0; side < SIDES; side++) {
			samples_clear(&table->samples[figure][side]);
			samples_clear(&table->ratios[figure][side]);
		}
}

/* Nanoseconds, the first number in the file. */
static int
read_cpu_time(const struct bench *bench, double *time)
{
	char text[128] = "";

	*time = 0;
	if (bench->cpu_time < 0)
		return 0;
	if (pread(bench->cpu_time, text, sizeof(text) - 1, 0) > 0 &&
		sscanf(text, "%lf", time) == 1)
		return 0;
	warnx("%s has no number", bench->options->cpu_time);
	return -1;
}

static int
one_burst(const struct bench *bench, struct sender *sender, double *figures)
{
	double before, after, packets, taken;

	if (read_cpu_time(bench, &before) != 0 ||
		sender_burst(sender, BURST, &packets, &taken) != 0 ||
		read_cpu_time(bench, &after) != 0)
		return -1;
	figures[RATE] = packets / taken * 1000;
	figures[TIME] = (after - before) / packets;
	return 0;
}

static int
one_round(const struct bench *bench, struct sender *const *senders,
	unsigned int round, struct table *rounds)
{
	double figures[SIDES][FIGURES];
	unsigned int figure, side, i;
	int ret = 0;

	/* Each begins in turn: what follows what may make a difference, too. */
	for (i = 0; i < SIDES; i++) {
		side = round % 2 == 0 ? i : SIDES - 1 - i;
		side = (side + round / 2) % SIDES;
		if (one_burst(bench, senders[side], figures[side]) != 0)
			return -1;
	}
	for (figure = 0; figure < bench->figures; figure++)
		for (side = 0; side < SIDES; side++) {
			ret |= samples_add(&rounds->samples[figure][side],
				figures[side][figure]);
			ret |= samples_add(&rounds->ratios[figure][side],
				figures[side][figure] / figures[STOCK][figure]);
		}
	return ret == 0 ? 0 : -1;
}

static int
add_turn(struct bench *bench, const struct table *rounds)
{
	unsigned int figure, side;
	int ret = 0;

	for (figure = 0; figure < bench->figures; figure++)
		for (side = 0; side < SIDES; side++) {
			ret |= samples_add(&bench->turns.samples[figure][side],
				samples_median(&rounds->samples[figure][side]));
			ret |= samples_add(&bench->turns.ratios[figure][side],
				samples_median(&rounds->ratios[figure][side]));
		}
	return ret == 0 ? 0 : -1;
}

/* Three turns give each way each device once. */
static struct sender *
start_side(const struct bench *bench, unsigned int turn, unsigned int side)
{
	const struct options *options = bench->options;
	const unsigned int first = options->device_count - SIDES;
	const struct sender_settings sender = {
		.device = options->devices[first + (side + turn) % SIDES],
		.settings = settings[side],
		.backend = backends[side],
		.prefix = prefixes[side],
	};

	return sender_start(&sender);
}

static int
one_turn(struct bench *bench, unsigned int turn)
{
	struct sender *senders[SIDES] = { NULL };
	struct table rounds = { 0 };
	unsigned int side, round;
	int ret = 0;

	for (side = 0; side < SIDES && ret == 0; side++) {
		senders[side] = start_side(bench, turn, side);
		ret = senders[side] == NULL ? -1 : 0;
	}
	for (round = 0; round < ROUNDS && ret == 0; round++)
		ret = one_round(bench, senders, round, &rounds);
	for (side = 0; side < SIDES; side++)
		if (sender_end(senders[side]) != 0)
			ret = -1;
	if (ret == 0 && turn >= bench->options->warmup)
		ret = add_turn(bench, &rounds);
	if (ret == 0)
		fprintf(stderr,
			"dpdk-iommufd-perf: forward: turn %u: packets/s, ours / stock: %.3f shared, %.3f per-device\n",
			turn + 1, samples_median(&rounds.ratios[RATE][SHARED]),
			samples_median(&rounds.ratios[RATE][PER_DEVICE]));
	clear_table(&rounds);
	return ret;
}

static void
report_all(const struct bench *bench, struct report *report)
{
	const struct table *turns = &bench->turns;
	struct report_figure *figure;
	unsigned int side;

	for (side = 0; side < SIDES; side++)
		report_add(report, &report_rate, &turns->samples[RATE][side],
			"forward: %s", names[side]);
	for (side = SHARED; side < SIDES; side++) {
		figure = report_add(report, &report_ratio,
			&turns->ratios[RATE][side], "forward: %s / stock",
			names[side]);
		report_want_at_least(figure, 0.97);
	}
	if (bench->figures <= TIME)
		return;
	for (side = 0; side < SIDES; side++)
		report_add(report, &report_nanoseconds,
			&turns->samples[TIME][side],
			"forward: %s: processor's time for a packet",
			names[side]);
	for (side = SHARED; side < SIDES; side++) {
		figure = report_add(report, &report_cost,
			&turns->ratios[TIME][side],
			"forward: %s / stock: processor's time for a packet",
			names[side]);
		report_want_at_most(figure, 1 / 0.97);
	}
}

int
suite_forward(const struct options *options, struct report *report)
{
	struct bench bench = { .options = options, .figures = TIME };
	cpu_set_t before;
	unsigned int turn;
	int ret = 0;

	bench.cpu_time = -1;
	if (options->cpu_time != NULL) {
		bench.cpu_time = open(options->cpu_time, O_RDONLY | O_CLOEXEC);
		if (bench.cpu_time < 0) {
			warn("%s", options->cpu_time);
			return -1;
		}
		bench.figures = FIGURES;
	}
	sender_leave_processor(&before);
	for (turn = 0; turn < options->warmup + options->repeat && ret == 0;
		turn++)
		ret = one_turn(&bench, turn);
	sched_setaffinity(0, sizeof(before), &before);
	if (ret == 0)
		report_all(&bench, report);
	clear_table(&bench.turns);
	if (bench.cpu_time >= 0)
		close(bench.cpu_time);
	return ret;
}
