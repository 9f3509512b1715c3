/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REPORT_H
#define REPORT_H

/*
 * The one line of a failure: what happened, and what to do about it.
 *
 * Must not know: what the command does.
 */

/* Prints "dpdk-iommufd-run: ..." to the standard error; returns -1. */
int report_failure(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif /* REPORT_H */
