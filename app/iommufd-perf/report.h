/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REPORT_H
#define REPORT_H

/*
 * What was measured: a list of figures with their samples and targets, for the program that
 * makes a table of them (iommufd_perf/report.py, where it stands what a kind is).
 *
 * Must not know: how anything is measured, nor what is told of the samples.
 */

#include <stdio.h>

#include "statistics.h"

struct report_kind {
	const char *name;
};

extern const struct report_kind report_milliseconds;
extern const struct report_kind report_microseconds;
extern const struct report_kind report_calls;	 /* ioctls */
extern const struct report_kind report_requests; /* for pages */
extern const struct report_kind report_ratio;	 /* higher is better */
extern const struct report_kind report_cost;	 /* a ratio; lower */

struct report;
struct report_figure;

/* NULL when out of memory. */
struct report *report_create(void);
void report_destroy(struct report *report);

/*
 * Adds a figure with a copy of its samples; format and what follows give its
 * name. A report that is out of memory says so by report_write(), so callers need not
 * look at each figure.
 */
struct report_figure *report_add(struct report *report,
	const struct report_kind *kind, const struct samples *samples,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds the ratios dividend / divisor of each turn. */
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

/* The median shall be so; both may be given. figure may be NULL. */
void report_want_at_least(struct report_figure *figure, double least);
void report_want_at_most(struct report_figure *figure, double most);

/*
 * A line of JSON for each figure: "kind", "name", "samples" or "dividends" and
 * "divisors", and what it has of "at least", "at most" and "point". 0 or -1, which is said.
 */
int report_write(const struct report *report, FILE *out);

#endif /* REPORT_H */
