/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef OPTIONS_H
#define OPTIONS_H

/*
 * The command line of dpdk-iommufd-perf.
 *
 * Must not know: what the suites do; it only knows their names.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_DEVICES_MAX 16
#define OPTIONS_FACTS_MAX 16

enum suite {
	SUITE_MAP,
	SUITE_UNMAP,
	SUITE_SIZES,
	SUITE_PARALLEL,
	SUITE_SHARE,
	SUITE_ACCOUNT,
	SUITE_START,
	SUITE_FORWARD,
	SUITE_FAULT,
	SUITE_SVA_INVALIDATE,
	SUITE_LATENCY,
	SUITE_SVA_FORWARD,
	SUITE_COUNT,
};

extern const char *const suite_names[SUITE_COUNT];

struct options {
	char devices[OPTIONS_DEVICES_MAX][16]; /* 0000:01:00.0 */
	unsigned int device_count;
	char svanics[OPTIONS_DEVICES_MAX][16];
	unsigned int svanic_count;
	const char *wire; /* interface that receives; NULL: none */
	const char
		*cpu_time; /* file with that of the processor 1; NULL: none */
	uint64_t size;	   /* of memory, in bytes; whole 2 MiB pages */
	unsigned int repeat;
	unsigned int warmup;
	unsigned int again; /* maps in a turn */
	unsigned int threads;
	const char *json;		      /* file to write; NULL: none */
	const char *facts[OPTIONS_FACTS_MAX]; /* NAME=VALUE, for that file */
	unsigned int fact_count;
	const char *compare_old;
	const char *compare_new;
	double tolerance; /* 0.05 is 5 % */
	bool suites[SUITE_COUNT];
	bool check;
	bool help;
};

/*
 * Strings in the result are those of arguments. 0, or -EINVAL, then problem is
 * one sentence that names what is wrong.
 */
int options_parse(int count, char **arguments, struct options *options,
	char *problem, size_t problem_size);

/* What --help prints. */
extern const char options_help[];

#endif /* OPTIONS_H */
