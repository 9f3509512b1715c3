/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef COMPARE_H
#define COMPARE_H

/*
 * Two reports in JSON side by side: is the new one worse?
 *
 * Must not know: what the figures are; each says itself which way is better and
 * whether it means something on another machine.
 */

#include <stdio.h>

/*
 * Prints a table to out. 0, 1 when a comparable figure of the old report is
 * worse in the new one by more than tolerance (0.05 is 5 %), or is missing
 * there, or -EINVAL when a file is no report, which is said in one line.
 */
int compare_reports(const char *old_path, const char *new_path,
	double tolerance, FILE *out);

#endif /* COMPARE_H */
