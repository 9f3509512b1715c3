/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Figures as lines of JSON; see report.h. */

#include <err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <jansson.h>

#include "report.h"

const struct report_kind report_milliseconds = { "milliseconds" };
const struct report_kind report_microseconds = { "microseconds" };
const struct report_kind report_calls = { "calls" };
const struct report_kind report_requests = { "requests" };
const struct report_kind report_ratio = { "ratio" };
const struct report_kind report_cost = { "cost" };

struct report_figure {
	TAILQ_ENTRY(report_figure) next;
	struct report *report;
	json_t *object;
};

struct report {
	TAILQ_HEAD(, report_figure) figures;
	bool incomplete;
};

struct report *
report_create(void)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report != NULL)
		TAILQ_INIT(&report->figures);
	return report;
}

void
report_destroy(struct report *report)
{
	struct report_figure *figure;

	while ((figure = TAILQ_FIRST(&report->figures)) != NULL) {
		TAILQ_REMOVE(&report->figures, figure, next);
		json_decref(figure->object);
		free(figure);
	}
	free(report);
}

/* Takes the value, which may be NULL for want of memory, or because it is no number. */
static void
set(struct report_figure *figure, const char *key, json_t *value)
{
	if (figure != NULL &&
		json_object_set_new(figure->object, key, value) != 0)
		figure->report->incomplete = true;
}

static void
set_samples(struct report_figure *figure, const char *key,
	const struct samples *samples)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < samples->count && figure != NULL; i++)
		if (json_array_append_new(
			    array, json_real(samples->values[i])) != 0)
			figure->report->incomplete = true;
	set(figure, key, array);
}

static struct report_figure *
add(struct report *report, const struct report_kind *kind, const char *format,
	va_list list)
{
	struct report_figure *figure = calloc(1, sizeof(*figure));

	if (figure == NULL) {
		report->incomplete = true;
		return NULL;
	}
	figure->report = report;
	figure->object = json_object();
	TAILQ_INSERT_TAIL(&report->figures, figure, next);
	set(figure, "kind", json_string(kind->name));
	set(figure, "name", json_vsprintf(format, list));
	return figure;
}

struct report_figure *
report_add(struct report *report, const struct report_kind *kind,
	const struct samples *samples, const char *format, ...)
{
	struct report_figure *figure;
	va_list list;

	va_start(list, format);
	figure = add(report, kind, format, list);
	va_end(list);
	set_samples(figure, "samples", samples);
	return figure;
}

struct report_figure *
report_add_ratio(struct report *report, const struct report_kind *kind,
	const struct samples *dividends, const struct samples *divisors,
	const char *format, ...)
{
	struct report_figure *figure;
	va_list list;

	va_start(list, format);
	figure = add(report, kind, format, list);
	va_end(list);
	set_samples(figure, "dividends", dividends);
	set_samples(figure, "divisors", divisors);
	return figure;
}

void
report_place(struct report_figure *figure, double x, const char *unit,
	const char *format, ...)
{
	json_t *curve;
	va_list list;

	va_start(list, format);
	curve = json_vsprintf(format, list);
	va_end(list);
	set(figure, "point",
		json_pack("{s:o, s:f, s:s}", "curve", curve, "x", x, "unit",
			unit));
}

void
report_want_at_least(struct report_figure *figure, double least)
{
	set(figure, "at least", json_real(least));
}

void
report_want_at_most(struct report_figure *figure, double most)
{
	set(figure, "at most", json_real(most));
}

int
report_write(const struct report *report, FILE *out)
{
	const struct report_figure *figure;
	bool written = !report->incomplete;

	TAILQ_FOREACH(figure, &report->figures, next) {
		written &= json_dumpf(figure->object, out, 0) == 0;
		written &= fputc('\n', out) != EOF;
	}
	if (fflush(out) == 0 && written)
		return 0;
	warnx("not all figures could be told");
	return -1;
}
