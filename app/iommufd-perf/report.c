/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Figures as a table and as JSON; see report.h. */

#include <err.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <jansson.h>

#include "report.h"

const struct report_kind report_milliseconds = { "ms", REPORT_LOWER, false };
const struct report_kind report_seconds = { "s", REPORT_LOWER, false };
const struct report_kind report_microseconds = { "us", REPORT_LOWER, false };
const struct report_kind report_nanoseconds = { "ns", REPORT_LOWER, false };
const struct report_kind report_rate = { "packets/s", REPORT_HIGHER, false };
const struct report_kind report_calls = { "calls", REPORT_LOWER, true };
const struct report_kind report_requests = { "requests", REPORT_LOWER, true };
const struct report_kind report_ratio = { "times", REPORT_HIGHER, true };
const struct report_kind report_cost = { "times", REPORT_LOWER, true };
const struct report_kind report_percent = { "%", REPORT_LOWER, false };

struct report_figure {
	TAILQ_ENTRY(report_figure) next;
	const struct report_kind *kind;
	struct samples samples;
	double of_lowest; /* of a ratio: that of the lowest samples; or NaN */
	double least;	  /* NaN: no target */
	double most;	  /* NaN: no target */
	char *name;
	char *curve;	    /* NULL: it is no point of one */
	const char *x_unit; /* a string that stays */
	double x;
	bool printed;
};

struct report {
	TAILQ_HEAD(, report_figure) figures;
	json_t *facts;
	bool incomplete;
};

struct report *
report_create(void)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report == NULL)
		return NULL;
	TAILQ_INIT(&report->figures);
	report->facts = json_object();
	return report;
}

static void
destroy_figure(struct report_figure *figure)
{
	samples_clear(&figure->samples);
	free(figure->curve);
	free(figure->name);
	free(figure);
}

void
report_destroy(struct report *report)
{
	struct report_figure *figure;

	if (report == NULL)
		return;
	while ((figure = TAILQ_FIRST(&report->figures)) != NULL) {
		TAILQ_REMOVE(&report->figures, figure, next);
		destroy_figure(figure);
	}
	json_decref(report->facts);
	free(report);
}

static struct report_figure *
make_figure(const struct report_kind *kind, const char *format, va_list list)
{
	struct report_figure *figure = calloc(1, sizeof(*figure));

	if (figure == NULL)
		return NULL;
	figure->kind = kind;
	figure->of_lowest = NAN;
	figure->least = NAN;
	figure->most = NAN;
	if (vasprintf(&figure->name, format, list) >= 0)
		return figure;
	free(figure);
	return NULL;
}

static int
copy_samples(struct samples *copy, const struct samples *samples)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < samples->count && ret == 0; i++)
		ret = samples_add(copy, samples->values[i]);
	return ret;
}

/* Takes the figure, whose samples were added with this result. */
static struct report_figure *
enter(struct report *report, struct report_figure *figure, int result)
{
	if (figure != NULL && result == 0 && figure->samples.count > 0) {
		TAILQ_INSERT_TAIL(&report->figures, figure, next);
		return figure;
	}
	warnx("%s: no figure: %s", figure == NULL ? "report" : figure->name,
		result == 0 ? "no samples" : strerror(-result));
	report->incomplete = true;
	if (figure != NULL)
		destroy_figure(figure);
	return NULL;
}

struct report_figure *
report_add(struct report *report, const struct report_kind *kind,
	const struct samples *samples, const char *format, ...)
{
	struct report_figure *figure;
	int ret = -ENOMEM;
	va_list list;

	va_start(list, format);
	figure = make_figure(kind, format, list);
	va_end(list);
	if (figure != NULL)
		ret = copy_samples(&figure->samples, samples);
	return enter(report, figure, ret);
}

struct report_figure *
report_add_ratio(struct report *report, const struct report_kind *kind,
	const struct samples *dividends, const struct samples *divisors,
	const char *format, ...)
{
	struct report_figure *figure;
	int ret = -ENOMEM;
	va_list list;

	va_start(list, format);
	figure = make_figure(kind, format, list);
	va_end(list);
	if (figure == NULL)
		return enter(report, NULL, ret);
	figure->of_lowest = samples_lowest(dividends) /
		samples_lowest(divisors);
	ret = samples_add_ratios(&figure->samples, dividends, divisors);
	return enter(report, figure, ret);
}

void
report_place(struct report_figure *figure, double x, const char *unit,
	const char *format, ...)
{
	va_list list;

	if (figure == NULL)
		return;
	figure->x = x;
	figure->x_unit = unit;
	va_start(list, format);
	if (vasprintf(&figure->curve, format, list) < 0)
		figure->curve = NULL;
	va_end(list);
}

void
report_add_fact(struct report *report, const char *fact)
{
	const char *value = strchr(fact, '=');
	char *name = value == NULL ? NULL : strndup(fact, value - fact);

	if (name == NULL ||
		json_object_set_new(
			report->facts, name, json_string(value + 1)) != 0) {
		warnx("%s: cannot be written as NAME=VALUE", fact);
		report->incomplete = true;
	}
	free(name);
}

void
report_want_at_least(struct report_figure *figure, double least)
{
	if (figure != NULL)
		figure->least = least;
}

void
report_want_at_most(struct report_figure *figure, double most)
{
	if (figure != NULL)
		figure->most = most;
}

/* Comparisons with NaN are false: what has no target holds. */
static bool
holds(const struct report_figure *figure)
{
	double median = samples_median(&figure->samples);

	return !(median < figure->least) && !(median > figure->most);
}

static int
decimals(double value)
{
	if (value == trunc(value))
		return 0;
	if (fabs(value) >= 100)
		return 1;
	return fabs(value) >= 10 ? 2 : 3;
}

/* Whether all of the median's interval is on one side of the target. */
static bool
is_decided(const struct report_figure *figure)
{
	double low = samples_lowest(&figure->samples);
	double high = samples_highest(&figure->samples);

	/* What is counted is the same in each turn, and a few are enough. */
	if (figure->samples.count < 2 ||
		(low != high &&
			!samples_interval(&figure->samples, &low, &high)))
		return false;
	return !(low < figure->least && high >= figure->least) &&
		!(low <= figure->most && high > figure->most);
}

static void
print_interval(const struct report_figure *figure, FILE *out)
{
	double low, high;

	if (samples_interval(&figure->samples, &low, &high) && low != high)
		fprintf(out, "  95 %%: %.*f to %.*f", decimals(low), low,
			decimals(high), high);
}

static void
print_target(const struct report_figure *figure, FILE *out)
{
	if (isnan(figure->least) && isnan(figure->most))
		return;
	fprintf(out, "  target");
	if (!isnan(figure->least))
		fprintf(out, " at least %g", figure->least);
	if (!isnan(figure->most))
		fprintf(out, " at most %g", figure->most);
	fprintf(out, ": %s%s", holds(figure) ? "holds" : "DOES NOT HOLD",
		is_decided(figure) ? "" : ", NOT DECIDED by these turns");
}

static void
print_number(double value, FILE *out)
{
	fprintf(out, " %11.*f", decimals(value), value);
}

static void
print_figure(const struct report_figure *figure, int width, FILE *out)
{
	fprintf(out, "%-*s", width, figure->name);
	print_number(samples_median(&figure->samples), out);
	print_number(samples_lowest(&figure->samples), out);
	print_number(samples_highest(&figure->samples), out);
	if (isnan(figure->of_lowest))
		fprintf(out, " %11s", "");
	else
		print_number(figure->of_lowest, out);
	fprintf(out, "  %s", figure->kind->unit);
	print_interval(figure, out);
	print_target(figure, out);
	fputc('\n', out);
}

void
report_print(struct report *report, FILE *out)
{
	struct report_figure *figure;
	int width = 0;

	TAILQ_FOREACH(figure, &report->figures, next)
		if (!figure->printed && (int)strlen(figure->name) > width)
			width = (int)strlen(figure->name);
	if (width == 0)
		return;
	fprintf(out, "\n%-*s %11s %11s %11s %11s\n", width, "", "median",
		"lowest", "highest", "of lowest");
	TAILQ_FOREACH(figure, &report->figures, next) {
		if (!figure->printed)
			print_figure(figure, width, out);
		figure->printed = true;
	}
	fflush(out);
}

static json_t *
figure_to_json(const struct report_figure *figure)
{
	json_t *samples = json_array();
	json_t *object;
	double low, high;
	unsigned int i;

	for (i = 0; i < figure->samples.count; i++)
		json_array_append_new(
			samples, json_real(figure->samples.values[i]));
	object = json_pack("{s:s, s:s, s:s, s:b, s:f, s:f, s:f, s:o}", "name",
		figure->name, "unit", figure->kind->unit, "better",
		figure->kind->better == REPORT_LOWER ? "lower" : "higher",
		"comparable", figure->kind->comparable, "median",
		samples_median(&figure->samples), "lowest",
		samples_lowest(&figure->samples), "highest",
		samples_highest(&figure->samples), "samples", samples);
	if (!isnan(figure->of_lowest))
		json_object_set_new(
			object, "of lowest", json_real(figure->of_lowest));
	if (figure->curve != NULL)
		json_object_set_new(object, "point",
			json_pack("{s:s, s:f, s:s}", "curve", figure->curve,
				"x", figure->x, "unit", figure->x_unit));
	if (!isnan(figure->least))
		json_object_set_new(
			object, "at least", json_real(figure->least));
	if (!isnan(figure->most))
		json_object_set_new(object, "at most", json_real(figure->most));
	if (samples_interval(&figure->samples, &low, &high))
		json_object_set_new(object, "95 %",
			json_pack("{s:f, s:f}", "low", low, "high", high));
	if (!isnan(figure->least) || !isnan(figure->most)) {
		json_object_set_new(
			object, "holds", json_boolean(holds(figure)));
		json_object_set_new(
			object, "decided", json_boolean(is_decided(figure)));
	}
	return object;
}

static json_t *
report_to_json(const struct report *report)
{
	const struct report_figure *figure;
	json_t *figures = json_array();
	struct utsname system;

	TAILQ_FOREACH(figure, &report->figures, next)
		json_array_append_new(figures, figure_to_json(figure));
	if (uname(&system) != 0)
		system.release[0] = '\0';
	return json_pack("{s:s, s:s, s:I, s:O, s:o}", "program",
		"dpdk-iommufd-perf", "kernel", system.release, "processors",
		(json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "facts",
		report->facts, "figures", figures);
}

int
report_write(const struct report *report, const char *path)
{
	json_t *root;
	int ret;

	root = report_to_json(report);
	ret = json_dump_file(root, path, JSON_INDENT(1));
	json_decref(root);
	if (ret == 0 && !report->incomplete)
		return 0;
	warnx("%s: %s", path,
		ret == 0 ? "not all figures are there" : "cannot be written");
	return -EIO;
}

bool
report_targets_hold(const struct report *report)
{
	const struct report_figure *figure;
	bool all = !report->incomplete;

	TAILQ_FOREACH(figure, &report->figures, next)
		all = all && holds(figure);
	return all;
}
