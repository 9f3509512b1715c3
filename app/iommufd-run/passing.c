/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Passing files to the program; see passing.h. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nodes.h"
#include "passing.h"
#include "report.h"

/* SD_LISTEN_FDS_START */
#define FIRST_PASSED_FD 3
#define MOST_PASSED 1024

/* The number of the variable; 0 without one. */
static long
read_number(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	long number;

	if (text == NULL)
		return 0;
	number = strtol(text, &end, 10);
	return *text == '\0' || *end != '\0' ? 0 : number;
}

/* How many descriptors this process was given; they go to the program as they are. */
static int
count_received(void)
{
	const long count = read_number("LISTEN_FDS");

	if (read_number("LISTEN_PID") != getpid() || count <= 0)
		return 0;
	return count > MOST_PASSED ? MOST_PASSED : (int)count;
}

/* Away from the places where they shall be in the end. */
static int
move_up(const struct nodes *nodes, int first, int *fds)
{
	unsigned int i;

	for (i = 0; i < nodes->count; i++) {
		fds[i] = fcntl(nodes->items[i].fd, F_DUPFD_CLOEXEC,
			first + (int)nodes->count);
		if (fds[i] < 0)
			return report_failure(
				"no descriptors are left for the files (%s): raise the limit (ulimit -n)",
				strerror(errno));
	}
	return 0;
}

/* dup2() clears close-on-exec. */
static int
move_down(const struct nodes *nodes, int first, const int *fds)
{
	unsigned int i;

	for (i = 0; i < nodes->count; i++)
		if (dup2(fds[i], first + (int)i) < 0)
			return report_failure(
				"the file %s cannot be made descriptor %d: %s",
				nodes->items[i].name, first + (int)i,
				strerror(errno));
	if (close_range(first + (int)nodes->count, ~0U, 0) < 0)
		return report_failure(
			"the other descriptors cannot be closed: %s",
			strerror(errno));
	return 0;
}

/* Received ones without names are "unknown", as for sd_listen_fds_with_names(3). */
static int
make_names(const struct nodes *nodes, int received, char **names)
{
	const char *given = received > 0 ? getenv("LISTEN_FDNAMES") : NULL;
	unsigned int i;
	size_t size;
	FILE *stream = open_memstream(names, &size);

	if (stream == NULL)
		return report_failure("no memory for LISTEN_FDNAMES");
	if (given != NULL)
		fprintf(stream, "%s:", given);
	for (i = 0; given == NULL && i < (unsigned int)received; i++)
		fputs("unknown:", stream);
	for (i = 0; i < nodes->count; i++)
		fprintf(stream, "%s%s", i > 0 ? ":" : "", nodes->items[i].name);
	return fclose(stream) == 0
		? 0
		: report_failure("no memory for LISTEN_FDNAMES");
}

static int
set_variables(const struct nodes *nodes, int received)
{
	char count[24], pid[24];
	char *names = NULL;
	int ret = make_names(nodes, received, &names);

	snprintf(count, sizeof(count), "%d", received + (int)nodes->count);
	snprintf(pid, sizeof(pid), "%d", getpid());
	if (ret == 0 &&
		(setenv("LISTEN_FDS", count, 1) != 0 ||
			setenv("LISTEN_PID", pid, 1) != 0 ||
			setenv("LISTEN_FDNAMES", names, 1) != 0))
		ret = report_failure("no memory for the environment");
	free(names);
	return ret;
}

int
passing_prepare(const struct nodes *nodes)
{
	const int received = count_received();
	const int first = FIRST_PASSED_FD + received;
	int fds[1 + OPTIONS_MAX_DEVICES];
	int ret = move_up(nodes, first, fds);

	if (ret == 0)
		ret = move_down(nodes, first, fds);
	return ret != 0 ? ret : set_variables(nodes, received);
}
