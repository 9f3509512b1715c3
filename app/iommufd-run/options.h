/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef OPTIONS_H
#define OPTIONS_H

/*
 * The command line of dpdk-iommufd-run.
 *
 * Must not know: what is done with it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

#define OPTIONS_MAX_DEVICES 64

enum options_rlimit_mode {
	OPTIONS_RLIMIT_KEEP, /* as the kernel has it: the user is charged */
	OPTIONS_RLIMIT_USER,
	OPTIONS_RLIMIT_PROCESS,
};

struct options {
	/* Full addresses: 0000:01:00.0 */
	char devices[OPTIONS_MAX_DEVICES][sizeof("0000:01:00.0")];
	unsigned int device_count;
	const char *user; /* USER or USER:GROUP; NULL: stay who it is */
	enum options_rlimit_mode rlimit_mode;
	bool has_memlock;
	rlim_t memlock;
	bool help;
	char **program; /* with its arguments; ends with NULL */
};

extern const char options_help[];

/* Returns 0, or -EINVAL with a sentence in problem. */
int options_read(struct options *options, int count, char **arguments,
	char *problem, size_t size);

#endif /* OPTIONS_H */
