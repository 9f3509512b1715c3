/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Samples, and their median and percentiles; see statistics.h. */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "statistics.h"

int
samples_add(struct samples *samples, double value)
{
	double *grown = reallocarray(
		samples->values, samples->count + 1, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	grown[samples->count] = value;
	samples->values = grown;
	samples->count++;
	return 0;
}

void
samples_clear(struct samples *samples)
{
	free(samples->values);
	*samples = (struct samples){ .values = NULL };
}

static int
ascending(const void *left, const void *right)
{
	const double *a = left;
	const double *b = right;

	return (*a > *b) - (*a < *b);
}

/* The samples in order, to be freed; NULL when there are none. */
static double *
sorted(const struct samples *samples)
{
	double *copy;

	if (samples->count == 0)
		return NULL;
	copy = calloc(samples->count, sizeof(*copy));
	if (copy == NULL)
		return NULL;
	memcpy(copy, samples->values, samples->count * sizeof(*copy));
	qsort(copy, samples->count, sizeof(*copy), ascending);
	return copy;
}

double
samples_median(const struct samples *samples)
{
	double *values = sorted(samples);
	unsigned int middle = samples->count / 2;
	double median;

	if (values == NULL)
		return NAN;
	median = values[middle];
	if (samples->count % 2 == 0)
		median = (values[middle - 1] + values[middle]) / 2;
	free(values);
	return median;
}

double
samples_highest(const struct samples *samples)
{
	double highest = NAN;
	unsigned int i;

	for (i = 0; i < samples->count; i++)
		highest = fmax(highest, samples->values[i]);
	return highest;
}

double
samples_percentile(const struct samples *samples, double percent)
{
	double *values = sorted(samples);
	unsigned int rank = ceil(percent * samples->count / 100);
	double percentile;

	if (values == NULL)
		return NAN;
	percentile = values[rank > 0 ? rank - 1 : 0];
	free(values);
	return percentile;
}
