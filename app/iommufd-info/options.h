/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_OPTIONS_H
#define INFO_OPTIONS_H

/*
 * The command line of dpdk-iommufd-info.
 *
 * Must not know: how anything is found out or shown.
 */

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_DEVICES_MAX 64

struct options {
	char devices[OPTIONS_DEVICES_MAX][16]; /* "0000:01:00.0" */
	unsigned int device_count;	       /* 0: those that fit */
	char doctor[16];		       /* "" without */
	const char *user;		       /* NULL: the one that runs it */
	bool all;
	bool probe;
	bool json;
	bool verbose;
	bool help;
	bool version;
};

extern const char options_help[];

/* 0, or -EINVAL with a sentence in problem. */
int options_parse(int count, char **arguments, struct options *options,
	char *problem, size_t problem_size);

#endif /* INFO_OPTIONS_H */
