/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SUITES_H
#define SUITES_H

/*
 * The suites: each measures by turns, adds its figures to the report, and sets
 * their targets. They return 0 or -1, which is said.
 *
 * Must not know: the command line, or how a report looks.
 */

#include "memory.h"
#include "options.h"
#include "report.h"

int suite_map(const struct options *options, struct report *report);
int suite_sizes(const struct options *options, struct report *report);
int suite_parallel(const struct options *options, struct report *report);
int suite_share(const struct options *options, struct report *report);
int suite_account(const struct options *options, struct report *report);
int suite_fault(const struct options *options, struct report *report);
int suite_sva_invalidate(const struct options *options, struct report *report);
int suite_latency(const struct options *options, struct report *report);

/* A part of suite_map(): what an unmap is made of. */
int unmap_parts(const struct options *options, struct report *report,
	const struct memory *memory);

#endif /* SUITES_H */
