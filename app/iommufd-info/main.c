/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * dpdk-iommufd-info: what this machine can do with DPDK on IOMMUFD, and why not. Its manual page
 * says how it is used.
 *
 * Must not know: how anything is found out or shown.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "options.h"
#include "print_json.h"
#include "print_text.h"

#define WRONG_USE 2

static int
find_user(const struct options *options, struct user *user)
{
	switch (user_find(options->user, user)) {
	case 0:
		return 0;
	case -ENOENT:
		warnx("there is no user %s", options->user);
		break;
	default:
		warnx("only root can look as another user, which %s is",
			options->user);
		break;
	}
	return -1;
}

static int
look(const struct options *options, struct findings *findings)
{
	char problem[256];

	if (find_user(options, &findings->user) != 0)
		return -1;
	host_look(&findings->user, &findings->host);
	if (devices_look(options, &findings->user, &findings->host,
		    &findings->devices, problem, sizeof(problem)) != 0) {
		warnx("%s", problem);
		return -1;
	}
	if (options->doctor[0] == '\0')
		return 0;
	findings->has_diagnosis = true;
	doctor_examine(&findings->host, TAILQ_FIRST(&findings->devices),
		&findings->user, &findings->diagnosis);
	return 0;
}

static int
show(const struct options *options, const struct findings *findings)
{
	int ret = 0;

	if (options->json)
		ret = print_json(findings, stdout);
	else
		print_text(findings,
			options->verbose || options->device_count > 0, stdout);
	if (ret != 0 || fflush(stdout) != 0) {
		warnx("the output could not be written");
		return EXIT_FAILURE;
	}
	return findings->has_diagnosis &&
			!doctor_found_nothing(&findings->diagnosis)
		? EXIT_FAILURE
		: EXIT_SUCCESS;
}

static int
run(const struct options *options)
{
	struct findings *findings = calloc(1, sizeof(*findings));
	int status = WRONG_USE;

	if (findings == NULL)
		err(EXIT_FAILURE, "findings");
	TAILQ_INIT(&findings->devices);
	if (look(options, findings) == 0)
		status = show(options, findings);
	devices_forget(&findings->devices);
	texts_clear(&findings->host.unseen);
	doctor_forget(&findings->diagnosis);
	free(findings);
	return status;
}

int
main(int argc, char **argv)
{
	struct options options;
	char problem[256];

	if (options_parse(argc, argv, &options, problem, sizeof(problem)) !=
		0) {
		warnx("%s", problem);
		return WRONG_USE;
	}
	if (options.help) {
		fputs(options_help, stdout);
		return EXIT_SUCCESS;
	}
	if (options.version) {
		puts("dpdk-iommufd-info " INFO_VERSION);
		return EXIT_SUCCESS;
	}
	return run(&options);
}
