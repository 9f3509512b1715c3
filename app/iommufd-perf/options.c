/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Reading what the other program asks for; see options.h. */

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static const char *const suite_names[SUITE_COUNT] = {
	[SUITE_MAP] = "map",
	[SUITE_UNMAP] = "unmap",
	[SUITE_SIZES] = "sizes",
	[SUITE_PARALLEL] = "parallel",
	[SUITE_SHARE] = "share",
	[SUITE_ACCOUNT] = "account",
	[SUITE_FAULT] = "fault",
	[SUITE_SVA_INVALIDATE] = "sva-invalidate",
	[SUITE_LATENCY] = "latency",
};

static const struct option long_options[] = {
	{ "device", required_argument, NULL, 'd' },
	{ "svanic", required_argument, NULL, 'v' },
	{ "size", required_argument, NULL, 's' },
	{ "repeat", required_argument, NULL, 'r' },
	{ "warmup", required_argument, NULL, 'u' },
	{ "again", required_argument, NULL, 'a' },
	{ "threads", required_argument, NULL, 't' },
	{ NULL, 0, NULL, 0 },
};

static int
add_device(const char **list, unsigned int *count, const char *address)
{
	if (*count == OPTIONS_DEVICES_MAX) {
		warnx("%d devices are the most", OPTIONS_DEVICES_MAX);
		return -1;
	}
	list[(*count)++] = address;
	return 0;
}

static int
read_option(struct options *options, int letter, const char *value)
{
	unsigned long long number = strtoull(value, NULL, 10);

	switch (letter) {
	case 'd':
		return add_device(
			options->devices, &options->device_count, value);
	case 'v':
		return add_device(
			options->svanics, &options->svanic_count, value);
	case 's':
		options->size = number;
		return 0;
	case 'r':
		options->repeat = number;
		return 0;
	case 'u':
		options->warmup = number;
		return 0;
	case 'a':
		options->again = number;
		return 0;
	default:
		options->threads = number;
		return 0;
	}
}

static int
read_suite(struct options *options, const char *name)
{
	unsigned int i;

	for (i = 0; i < SUITE_COUNT; i++)
		if (strcmp(name, suite_names[i]) == 0) {
			options->suites[i] = true;
			return 0;
		}
	warnx("no suite \"%s\" that measures ioctls", name);
	return -1;
}

int
options_parse(int count, char **arguments, struct options *options)
{
	int ret = 0;
	int letter;

	*options = (struct options){ 0 };
	while (ret == 0) {
		letter = getopt_long(count, arguments, "", long_options, NULL);
		if (letter == -1)
			break;
		if (letter == '?')
			return -1; /* which getopt has said */
		ret = read_option(options, letter, optarg);
	}
	for (; ret == 0 && optind < count; optind++)
		ret = read_suite(options, arguments[optind]);
	return ret;
}
