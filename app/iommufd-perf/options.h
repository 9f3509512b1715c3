/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef OPTIONS_H
#define OPTIONS_H

/*
 * What is to be measured, and with which devices: as iommufd_perf/ioctls.py asks for it,
 * where the command line has been checked.
 *
 * Must not know: what the suites do; it only knows their names.
 */

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_DEVICES_MAX 16

enum suite {
	SUITE_MAP,
	SUITE_UNMAP,
	SUITE_SIZES,
	SUITE_PARALLEL,
	SUITE_SHARE,
	SUITE_ACCOUNT,
	SUITE_FAULT,
	SUITE_SVA_INVALIDATE,
	SUITE_LATENCY,
	SUITE_COUNT,
};

struct options {
	const char *devices[OPTIONS_DEVICES_MAX]; /* 0000:01:00.0 */
	unsigned int device_count;
	const char *svanics[OPTIONS_DEVICES_MAX];
	unsigned int svanic_count;
	uint64_t size; /* of memory, in bytes; whole 2 MiB pages */
	unsigned int repeat;
	unsigned int warmup;
	unsigned int again; /* maps in a turn */
	unsigned int threads;
	bool suites[SUITE_COUNT];
};

/* Strings in the result are those of arguments. 0 or -1, which is said. */
int options_parse(int count, char **arguments, struct options *options);

#endif /* OPTIONS_H */
