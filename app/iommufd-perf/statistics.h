/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef STATISTICS_H
#define STATISTICS_H

/*
 * Samples of one figure, and what is told of them: median and spread.
 *
 * Must not know: what was measured, or how. No I/O.
 */

#include <stdbool.h>

struct samples {
	double *values; /* in the order in which they were taken */
	unsigned int count;
};

/* 0, or -ENOMEM. */
int samples_add(struct samples *samples, double value);

/* Empty afterwards. */
void samples_clear(struct samples *samples);

/* Of no samples: NaN. */
double samples_median(const struct samples *samples);
double samples_lowest(const struct samples *samples);
double samples_highest(const struct samples *samples);
/* The smallest sample that at least so many of 100 samples do not exceed; 0 < percent <= 100. */
double samples_percentile(const struct samples *samples, double percent);

/*
 * The interval that has the median of all that could have been sampled in it, in at least
 * 95 of 100 cases, whatever the distribution: between two of the samples (order
 * statistics; the number of samples below the median is binomial). false with fewer than
 * 6 samples, which tell no such interval, and when out of memory.
 */
bool samples_interval(const struct samples *samples, double *low, double *high);

/*
 * Adds to ratios what the pairs of the same turn give, as far as both have
 * them: 0, -ENOMEM, or -ERANGE when a divisor is not above 0.
 */
int samples_add_ratios(struct samples *ratios, const struct samples *dividends,
	const struct samples *divisors);

#endif /* STATISTICS_H */
