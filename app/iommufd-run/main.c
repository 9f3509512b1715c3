/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * dpdk-iommufd-run: opens what a DPDK program needs of /dev, gives up all rights and executes the
 * program. Read main() from top to bottom; each step is a file of its own.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "nodes.h"
#include "options.h"
#include "passing.h"
#include "report.h"

/* As env(1) and chroot(1) have them. */
#define EXIT_OWN_FAILURE 125
#define EXIT_NOT_EXECUTED 126
#define EXIT_NOT_FOUND 127

static int
set_memlock(const struct options *options)
{
	const struct rlimit limit = { options->memlock, options->memlock };
	struct rlimit now;

	if (!options->has_memlock || setrlimit(RLIMIT_MEMLOCK, &limit) == 0)
		return 0;
	if (errno != EPERM || getrlimit(RLIMIT_MEMLOCK, &now) != 0)
		return report_failure(
			"--memlock cannot be set: %s", strerror(errno));
	return report_failure(
		"--memlock is above the hard limit, %llu KiB, which only a process with CAP_SYS_RESOURCE can raise: start this as root, or raise it in /etc/security/limits.conf",
		(unsigned long long)now.rlim_max >> 10);
}

static int
execute(char **program)
{
	const char *name = program[0];
	int err;

	execvp(name, program);
	err = errno;
	report_failure("cannot execute %s: %s%s", name, strerror(err),
		err == ENOENT ? ": install it, or give its path"
			: err == EACCES
			? ": the user needs the right to read and execute it"
			: "");
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTED;
}

static int
prepare(const struct options *options)
{
	struct identity identity;
	struct nodes nodes;

	if (identity_find(&identity, options->user) != 0 ||
		nodes_open(options, &nodes) != 0 || set_memlock(options) != 0 ||
		passing_prepare(&nodes) != 0)
		return -1;
	return identity_take(&identity);
}

int
main(int count, char **arguments)
{
	struct options options;
	char problem[256];

	if (options_read(&options, count, arguments, problem,
		    sizeof(problem)) != 0) {
		report_failure("%s", problem);
		return EXIT_OWN_FAILURE;
	}
	if (options.help) {
		fputs(options_help, stdout);
		return 0;
	}
	if (prepare(&options) != 0)
		return EXIT_OWN_FAILURE;
	return execute(options.program);
}
