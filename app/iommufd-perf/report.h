/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REPORT_H
#define REPORT_H

/*
 * What was measured: a list of figures, as a table for people and as JSON for
 * machines, with the targets that some of them have.
 *
 * Must not know: how anything is measured, nor how two reports compare.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "statistics.h"

enum report_better {
	REPORT_LOWER,
	REPORT_HIGHER,
};

/* What a figure is, apart from its samples. */
struct report_kind {
	const char *unit;
	enum report_better better;
	/* Whether it means something on another machine, too. */
	bool comparable;
};

extern const struct report_kind report_milliseconds;
extern const struct report_kind report_seconds;
extern const struct report_kind report_microseconds;
extern const struct report_kind report_nanoseconds;
extern const struct report_kind report_rate;	 /* packets per second */
extern const struct report_kind report_calls;	 /* ioctls */
extern const struct report_kind report_requests; /* for pages */
extern const struct report_kind report_ratio;	 /* higher is better */
extern const struct report_kind report_cost;	 /* a ratio; lower */
extern const struct report_kind report_percent;	 /* part of a whole */

struct report;
struct report_figure;

/* NULL when out of memory. */
struct report *report_create(void);
void report_destroy(struct report *report);

/*
 * Adds a figure with a copy of its samples; format and what follows give its
 * name. A report that is out of memory says so by report_write() and
 * report_targets_hold(), so callers need not look at each figure.
 */
struct report_figure *report_add(struct report *report,
	const struct report_kind *kind, const struct samples *samples,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Adds the ratios dividend / divisor of each turn. Beside them is told the ratio
 * of the lowest dividend and the lowest divisor: where other programs take the
 * processors at times, it comes nearest to what the ways cost by themselves.
 */
struct report_figure *report_add_ratio(struct report *report,
	const struct report_kind *kind, const struct samples *dividends,
	const struct samples *divisors, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * The figure is the point at x, in that unit, of the curve that format and what follows
 * name. figure may be NULL.
 */
void report_place(struct report_figure *figure, double x, const char *unit,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* NAME=VALUE, for the JSON alone: what the figures do not show, such as the machine. */
void report_add_fact(struct report *report, const char *fact);

/*
 * The median shall be so; both may be given. figure may be NULL. Beside the target is
 * told whether the samples are enough to decide it (samples_interval()).
 */
void report_want_at_least(struct report_figure *figure, double least);
void report_want_at_most(struct report_figure *figure, double most);

/* All figures since the last call, a line each. */
void report_print(struct report *report, FILE *out);

/* 0, or a negative errno, which is said. */
int report_write(const struct report *report, const char *path);

/* Also false when a figure could not be added. */
bool report_targets_hold(const struct report *report);

#endif /* REPORT_H */
