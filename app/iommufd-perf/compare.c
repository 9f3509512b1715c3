/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The old report against the new one; see compare.h. */

#include <err.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <jansson.h>

#include "compare.h"

#define NAME_WIDTH 76

/* One figure as it stands in a file; the strings are the file's. */
struct entry {
	const char *name;
	const char *unit;
	const char *better;
	int comparable;
	double median;
};

/* Numbers like 1 are integers to jansson, and as good. */
static int
read_entry(json_t *object, struct entry *entry)
{
	int ret = json_unpack(object, "{s:s, s:s, s:s, s:b, s:F}", "name",
		&entry->name, "unit", &entry->unit, "better", &entry->better,
		"comparable", &entry->comparable, "median", &entry->median);

	if (ret != 0)
		return -EINVAL;
	if (strcmp(entry->better, "lower") != 0 &&
		strcmp(entry->better, "higher") != 0)
		return -EINVAL;
	return 0;
}

static int
check_figures(const char *path, json_t *figures)
{
	struct entry entry;
	json_t *object;
	size_t i;

	if (!json_is_array(figures) || json_array_size(figures) == 0) {
		warnx("%s: not a report: it has no figures", path);
		return -EINVAL;
	}
	json_array_foreach(figures, i, object)
	{
		if (read_entry(object, &entry) == 0)
			continue;
		warnx("%s: not a report: its figure %zu is none", path, i + 1);
		return -EINVAL;
	}
	return 0;
}

/* The whole file, to be given back; NULL when it is no report. */
static json_t *
load(const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);

	if (root == NULL) {
		warnx("%s: not a report: line %d: %s", path, error.line,
			error.text);
		return NULL;
	}
	if (check_figures(path, json_object_get(root, "figures")) == 0)
		return root;
	json_decref(root);
	return NULL;
}

static bool
find(json_t *figures, const char *name, struct entry *entry)
{
	json_t *object;
	size_t i;

	json_array_foreach(
		figures, i, object) if (read_entry(object, entry) == 0 &&
		strcmp(entry->name, name) == 0) return true;
	return false;
}

/* As part of the old value; anything is infinitely more than nothing. */
static double
change_of(const struct entry *old_entry, const struct entry *new_entry)
{
	double change = new_entry->median - old_entry->median;

	return change == 0 ? 0 : change / fabs(old_entry->median);
}

/* What a sum of rounding errors may add to a border case. */
#define ROUNDING 1e-9

static const char *
judge(const struct entry *old_entry, const struct entry *new_entry,
	double tolerance)
{
	double worse = change_of(old_entry, new_entry);

	if (!old_entry->comparable)
		return "not compared";
	if (strcmp(old_entry->better, "higher") == 0)
		worse = -worse;
	if (worse > tolerance + ROUNDING)
		return "WORSE";
	return worse < -tolerance - ROUNDING ? "better" : "same";
}

/* 1 when the figure is worse or missing. */
static int
compare_figure(const struct entry *old_entry, json_t *new_figures,
	double tolerance, FILE *out)
{
	struct entry new_entry;
	const char *verdict;

	fprintf(out, "%-*s %12.4g", NAME_WIDTH, old_entry->name,
		old_entry->median);
	if (!find(new_figures, old_entry->name, &new_entry)) {
		fprintf(out, " %12s %9s  MISSING\n", "-", "-");
		return 1;
	}
	verdict = judge(old_entry, &new_entry, tolerance);
	fprintf(out, " %12.4g %+7.1f %%  %s\n", new_entry.median,
		100 * change_of(old_entry, &new_entry), verdict);
	return strcmp(verdict, "WORSE") == 0;
}

static int
compare_figures(
	json_t *old_figures, json_t *new_figures, double tolerance, FILE *out)
{
	struct entry entry;
	unsigned int bad = 0;
	json_t *object;
	size_t i;

	fprintf(out, "%-*s %12s %12s %9s\n", NAME_WIDTH, "", "old", "new",
		"change");
	json_array_foreach(
		old_figures, i, object) if (read_entry(object, &entry) == 0)
		bad += compare_figure(&entry, new_figures, tolerance, out);
	fprintf(out, "%u of %zu figures worse by more than %g %%, or missing\n",
		bad, json_array_size(old_figures), 100 * tolerance);
	return bad == 0 ? 0 : 1;
}

int
compare_reports(
	const char *old_path, const char *new_path, double tolerance, FILE *out)
{
	json_t *old_root = load(old_path);
	json_t *new_root = old_root == NULL ? NULL : load(new_path);
	int ret = -EINVAL;

	if (new_root != NULL)
		ret = compare_figures(json_object_get(old_root, "figures"),
			json_object_get(new_root, "figures"), tolerance, out);
	json_decref(new_root);
	json_decref(old_root);
	return ret;
}
