/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Reading the command line; see options.h. */

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define HUGEPAGE (UINT64_C(2) << 20)

const char *const suite_names[SUITE_COUNT] = {
	[SUITE_MAP] = "map",
	[SUITE_UNMAP] = "unmap",
	[SUITE_SIZES] = "sizes",
	[SUITE_PARALLEL] = "parallel",
	[SUITE_SHARE] = "share",
	[SUITE_ACCOUNT] = "account",
	[SUITE_START] = "start",
	[SUITE_FORWARD] = "forward",
	[SUITE_FAULT] = "fault",
	[SUITE_SVA_INVALIDATE] = "sva-invalidate",
	[SUITE_LATENCY] = "latency",
	[SUITE_SVA_FORWARD] = "sva-forward",
};

const char options_help[] =
	"dpdk-iommufd-perf [OPTION...] --device BDF... SUITE...\n"
	"dpdk-iommufd-perf --compare OLD NEW [--tolerance 5%]\n"
	"\n"
	"Measures DPDK on IOMMUFD beside DPDK's own way, by turns, in one process.\n"
	"Suites: map, unmap, sizes, parallel, share, account, start, forward; fault,\n"
	"sva-invalidate, latency, sva-forward; or all, the last four only with\n"
	"--svanic.\n"
	"\n"
	"  --device BDF     a device bound to vfio-pci; may be repeated\n"
	"  --svanic BDF     an svanic bound to vfio-pci; may be repeated (fault,\n"
	"                   sva-invalidate, latency: the first; sva-forward: two)\n"
	"  --wire IFACE     the interface that receives what the first device sends\n"
	"                   (start)\n"
	"  --cpu-time FILE  begins with the nanoseconds that the host has given to the\n"
	"                   processor 1, where it is a virtual one (forward)\n"
	"  --size SIZE      memory to map: 64M, 4G (4G); whole 2 MiB pages\n"
	"  --repeat N       measured turns (5)\n"
	"  --warmup N       turns before them that are not measured (1)\n"
	"  --again N        how often a turn maps and unmaps; the quickest counts (1;\n"
	"                   map, unmap)\n"
	"  --threads N      threads that map, where there are several (2)\n"
	"  --json FILE      write the figures to FILE\n"
	"  --fact NAME=VALUE  what is to stand beside them there, such as\n"
	"                   commit=1a2b3c; may be repeated\n"
	"  --check          exit status 1 when a target does not hold\n"
	"  --compare OLD NEW  compare two JSON files: exit status 1 when NEW is "
	"worse\n"
	"  --tolerance P    by how much a figure may be worse (5%)\n"
	"  --help\n"
	"\n"
	"Exit status: 0, 1 (see --check and --compare; or a suite failed), 2 "
	"(this\n"
	"command line is wrong, or a file for --compare is no report).\n";

static const struct option long_options[] = {
	{ "device", required_argument, NULL, 'd' },
	{ "svanic", required_argument, NULL, 'v' },
	{ "wire", required_argument, NULL, 'w' },
	{ "cpu-time", required_argument, NULL, 'm' },
	{ "size", required_argument, NULL, 's' },
	{ "repeat", required_argument, NULL, 'r' },
	{ "warmup", required_argument, NULL, 'u' },
	{ "again", required_argument, NULL, 'a' },
	{ "threads", required_argument, NULL, 't' },
	{ "json", required_argument, NULL, 'j' },
	{ "fact", required_argument, NULL, 'f' },
	{ "compare", required_argument, NULL, 'c' },
	{ "tolerance", required_argument, NULL, 'p' },
	{ "check", no_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct reader {
	struct options *options;
	char *problem;
	size_t problem_size;
	bool tolerance_given;
};

static int __attribute__((format(printf, 2, 3)))
refuse(const struct reader *reader, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(reader->problem, reader->problem_size, format, list);
	va_end(list);
	return -EINVAL;
}

static int
read_count(const struct reader *reader, const char *name, const char *text,
	unsigned int least, unsigned int *value)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
		number < least || number > 10000)
		return refuse(reader,
			"--%s wants a number from %u to 10000, not \"%s\"",
			name, least, text);
	*value = number;
	return 0;
}

/* 1 for none, 0 for an unknown one. */
static uint64_t
unit_of(const char *suffix)
{
	static const char letters[] = "KMGT";
	const char *found;

	if (suffix[0] == '\0')
		return 1;
	found = strchr(letters, suffix[0]);
	if (found == NULL || suffix[1] != '\0')
		return 0;
	return UINT64_C(1024) << (10 * (found - letters));
}

static int
read_size(const struct reader *reader, const char *text)
{
	unsigned long long number;
	uint64_t unit;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	unit = unit_of(end);
	if (text[0] < '0' || text[0] > '9' || errno != 0 || unit == 0 ||
		number == 0 || number > (UINT64_C(1) << 46) / unit)
		return refuse(reader,
			"--size wants a size such as 64M or 4G, not \"%s\"",
			text);
	reader->options->size = number * unit;
	if (reader->options->size % HUGEPAGE != 0)
		return refuse(reader,
			"--size wants whole pages of 2 MiB, which \"%s\" is not",
			text);
	return 0;
}

static int
read_tolerance(struct reader *reader, const char *text)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || !isfinite(number) || number < 0 ||
		strcmp(end, "%") != 0)
		return refuse(reader,
			"--tolerance wants a percentage such as 5%%, not \"%s\"",
			text);
	reader->options->tolerance = number / 100;
	reader->tolerance_given = true;
	return 0;
}

/* 01:00.0 or 0000:01:00.0 */
static int
read_address(const struct reader *reader, const char *option, const char *text,
	char *name, size_t size)
{
	unsigned int domain = 0, bus, slot, function;
	int length = -1;

	if (sscanf(text, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function,
		    &length) != 4 ||
		length < 0 || text[length] != '\0') {
		domain = 0;
		length = -1;
		if (sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function,
			    &length) != 3 ||
			length < 0 || text[length] != '\0')
			return refuse(reader,
				"--%s wants a PCI address such as 01:00.0, not \"%s\"",
				option, text);
	}
	snprintf(name, size, "%04x:%02x:%02x.%x", domain, bus, slot, function);
	return 0;
}

/* A device for the end of a list of them. */
static int
read_device(const struct reader *reader, const char *option, const char *text,
	char (*list)[16], unsigned int *count)
{
	unsigned int i;

	if (*count == OPTIONS_DEVICES_MAX)
		return refuse(reader, "--%s: %d are the most", option,
			OPTIONS_DEVICES_MAX);
	if (read_address(reader, option, text, list[*count],
		    sizeof(list[*count])) != 0)
		return -EINVAL;
	for (i = 0; i < *count; i++)
		if (strcmp(list[i], list[*count]) == 0)
			return refuse(
				reader, "--%s %s is given twice", option, text);
	(*count)++;
	return 0;
}

static int
read_fact(const struct reader *reader, const char *text)
{
	struct options *options = reader->options;
	const char *value = strchr(text, '=');

	if (value == NULL || value == text || value[1] == '\0')
		return refuse(
			reader, "--fact wants NAME=VALUE, not \"%s\"", text);
	if (options->fact_count == OPTIONS_FACTS_MAX)
		return refuse(
			reader, "--fact: %d are the most", OPTIONS_FACTS_MAX);
	options->facts[options->fact_count++] = text;
	return 0;
}

static int
read_option(struct reader *reader, int letter, const char *value)
{
	struct options *options = reader->options;

	switch (letter) {
	case 'd':
		return read_device(reader, "device", value, options->devices,
			&options->device_count);
	case 'v':
		return read_device(reader, "svanic", value, options->svanics,
			&options->svanic_count);
	case 'w':
		options->wire = value;
		return 0;
	case 'm':
		options->cpu_time = value;
		return 0;
	case 's':
		return read_size(reader, value);
	case 'r':
		return read_count(reader, "repeat", value, 1, &options->repeat);
	case 'u':
		return read_count(reader, "warmup", value, 0, &options->warmup);
	case 'a':
		return read_count(reader, "again", value, 1, &options->again);
	case 't':
		return read_count(
			reader, "threads", value, 1, &options->threads);
	case 'j':
		options->json = value;
		return 0;
	case 'f':
		return read_fact(reader, value);
	case 'c':
		options->compare_old = value;
		return 0;
	case 'p':
		return read_tolerance(reader, value);
	case 'k':
		options->check = true;
		return 0;
	default:
		options->help = true;
		return 0;
	}
}

static unsigned int
svanics_wanted(enum suite suite)
{
	static const unsigned int wanted[SUITE_COUNT] = {
		[SUITE_FAULT] = 1,
		[SUITE_SVA_INVALIDATE] = 1,
		[SUITE_LATENCY] = 1,
		[SUITE_SVA_FORWARD] = 2,
	};

	return wanted[suite];
}

/* Few machines have an svanic: without one, all are all that need none. */
static bool
is_meant(const struct reader *reader, const char *name, enum suite suite)
{
	if (strcmp(name, "all") != 0)
		return strcmp(name, suite_names[suite]) == 0;
	return svanics_wanted(suite) == 0 || reader->options->svanic_count > 0;
}

static int
read_suite(const struct reader *reader, const char *name)
{
	unsigned int i;
	bool found = false;

	for (i = 0; i < SUITE_COUNT; i++) {
		if (!is_meant(reader, name, i))
			continue;
		reader->options->suites[i] = true;
		found = true;
	}
	if (found)
		return 0;
	return refuse(reader, "no suite \"%s\"; see --help", name);
}

static int
read_comparison(const struct reader *reader, int count, char **words)
{
	if (count != 1)
		return refuse(
			reader, "--compare wants two files: --compare OLD NEW");
	reader->options->compare_new = words[0];
	return 0;
}

/* Which suite wants how many devices, and a wire. */
static int
check_needs(const struct reader *reader)
{
	static const unsigned int devices[SUITE_COUNT] = {
		[SUITE_MAP] = 1,
		[SUITE_UNMAP] = 1,
		[SUITE_SIZES] = 1,
		[SUITE_PARALLEL] = 2,
		[SUITE_SHARE] = 2,
		[SUITE_ACCOUNT] = 2,
		[SUITE_START] = 1,
		[SUITE_FORWARD] = 3,
	};
	static const char *const times[] = { "", "once", "twice",
		"three times" };
	const struct options *options = reader->options;
	unsigned int i;

	for (i = 0; i < SUITE_COUNT; i++)
		if (!PERF_SVANIC && options->suites[i] && svanics_wanted(i) > 0)
			return refuse(reader,
				"the suite %s is not part of this build: build with -Dsvanic=enabled",
				suite_names[i]);
	for (i = 0; i < SUITE_COUNT; i++)
		if (options->suites[i] && options->device_count < devices[i])
			return refuse(reader,
				"the suite %s wants --device at least %s",
				suite_names[i], times[devices[i]]);
	for (i = 0; i < SUITE_COUNT; i++)
		if (options->suites[i] &&
			options->svanic_count < svanics_wanted(i))
			return refuse(reader,
				"the suite %s wants --svanic at least %s",
				suite_names[i], times[svanics_wanted(i)]);
	if (options->suites[SUITE_START] && options->wire == NULL)
		return refuse(reader, "the suite start wants --wire IFACE");
	return 0;
}

static int
read_words(const struct reader *reader, int count, char **words)
{
	int ret = 0;
	int i;

	if (reader->options->compare_old != NULL)
		return read_comparison(reader, count, words);
	if (reader->tolerance_given)
		return refuse(reader, "--tolerance belongs to --compare");
	if (count == 0)
		return refuse(reader, "which suite? see --help");
	for (i = 0; i < count && ret == 0; i++)
		ret = read_suite(reader, words[i]);
	return ret == 0 ? check_needs(reader) : ret;
}

int
options_parse(int count, char **arguments, struct options *options,
	char *problem, size_t problem_size)
{
	struct reader reader = {
		.options = options,
		.problem = problem,
		.problem_size = problem_size,
	};
	int ret = 0;
	int letter;

	*options = (struct options){
		.size = UINT64_C(4) << 30,
		.repeat = 5,
		.warmup = 1,
		.again = 1,
		.threads = 2,
		.tolerance = 0.05,
	};
	optind = 0; /* anew: glibc's way */
	opterr = 0;
	while (ret == 0) {
		letter = getopt_long(count, arguments, ":", long_options, NULL);
		if (letter == -1)
			break;
		if (letter == ':')
			return refuse(&reader, "%s wants a value",
				arguments[optind - 1]);
		if (letter == '?')
			return refuse(&reader, "unknown option %s; see --help",
				arguments[optind - 1]);
		ret = read_option(&reader, letter, optarg);
	}
	if (ret != 0 || options->help)
		return ret;
	return read_words(&reader, count - optind, arguments + optind);
}
