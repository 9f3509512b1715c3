/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef STATISTICS_H
#define STATISTICS_H

/*
 * Samples of one figure, of which iommufd_perf/report.py tells what there is to tell; or of one
 * turn that has many of them, whose median and percentiles are samples of figures.
 *
 * Must not know: what was measured, or how. No I/O.
 */

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
double samples_highest(const struct samples *samples);
/* The smallest sample that at least so many of 100 samples do not exceed; 0 < percent <= 100. */
double samples_percentile(const struct samples *samples, double percent);

#endif /* STATISTICS_H */
