/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Median, percentiles and spread; see statistics.h. */

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

/*
 * How many samples from either end can be left out: the chance that the median lies below
 * the one at that place, counting from 0, is that of at most so many of count coins.
 */
static int
left_out(unsigned int count)
{
	double chance = pow(0.5, count); /* of exactly i + 1 coins */
	double below = chance;
	int i;

	for (i = -1; 2 * below <= 0.05; i++) {
		chance = chance * (count - (i + 1)) / (i + 2);
		below += chance;
	}
	return i;
}

bool
samples_interval(const struct samples *samples, double *low, double *high)
{
	int place = left_out(samples->count);
	double *values;

	if (place < 0)
		return false;
	values = sorted(samples);
	if (values == NULL)
		return false;
	*low = values[place];
	*high = values[samples->count - 1 - place];
	free(values);
	return true;
}

double
samples_lowest(const struct samples *samples)
{
	double lowest = NAN;
	unsigned int i;

	for (i = 0; i < samples->count; i++)
		lowest = fmin(lowest, samples->values[i]);
	return lowest;
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

int
samples_add_ratios(struct samples *ratios, const struct samples *dividends,
	const struct samples *divisors)
{
	unsigned int i;
	int ret;

	for (i = 0; i < dividends->count && i < divisors->count; i++) {
		if (!(divisors->values[i] > 0))
			return -ERANGE;
		ret = samples_add(
			ratios, dividends->values[i] / divisors->values[i]);
		if (ret != 0)
			return ret;
	}
	return 0;
}
