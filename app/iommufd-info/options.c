/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Reading the command line; see options.h. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

const char options_help[] =
	"dpdk-iommufd-info [OPTION...] [BDF...]\n"
	"dpdk-iommufd-info --doctor BDF [--user NAME] [--json]\n"
	"\n"
	"Tells what this machine can do with DPDK on IOMMUFD, and why not. Changes nothing.\n"
	"Without BDF it shows network, crypto and accelerator devices, and what VFIO has.\n"
	"\n"
	"  --doctor BDF   what keeps this device from working, and the commands that\n"
	"                 repair it, to be run by root in this order\n"
	"  --user NAME    whether this user may open the nodes (only root can tell)\n"
	"  --probe        also open each device that is free, for a moment, as a start\n"
	"                 of DPDK does: this resets it\n"
	"  --all          all PCI devices\n"
	"  --verbose      all that is known of each device\n"
	"  --json         the same as JSON\n"
	"  --help\n"
	"  --version\n"
	"\n"
	"Exit status: 0; 1: --doctor has found something; 2: the command line is wrong, or\n"
	"there is no such device.\n";

static const struct option long_options[] = {
	{ "doctor", required_argument, NULL, 'd' },
	{ "user", required_argument, NULL, 'u' },
	{ "probe", no_argument, NULL, 'p' },
	{ "all", no_argument, NULL, 'a' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* 01:00.0 or 0000:01:00.0; whole: the whole text is one. */
static bool
read_address(const char *text, char *name, size_t size)
{
	unsigned int domain = 0, bus, slot, function;
	int length = -1;

	if (sscanf(text, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function,
		    &length) == 4 &&
		length > 0 && text[length] == '\0') {
		snprintf(name, size, "%04x:%02x:%02x.%x", domain, bus, slot,
			function);
		return true;
	}
	length = -1;
	if (sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function, &length) ==
			3 &&
		length > 0 && text[length] == '\0') {
		snprintf(name, size, "0000:%02x:%02x.%x", bus, slot, function);
		return true;
	}
	return false;
}

struct reader {
	struct options *options;
	char *problem;
	size_t size;
};

static int
refuse(const struct reader *reader, const char *format, const char *word)
{
	snprintf(reader->problem, reader->size, format, word);
	return -EINVAL;
}

static int
read_device(const struct reader *reader, const char *text)
{
	struct options *options = reader->options;

	if (options->device_count == OPTIONS_DEVICES_MAX)
		return refuse(reader, "%s: too many devices", text);
	if (!read_address(text, options->devices[options->device_count],
		    sizeof(options->devices[0])))
		return refuse(reader,
			"\"%s\" is no PCI address such as 01:00.0", text);
	options->device_count++;
	return 0;
}

static int
read_option(const struct reader *reader, int letter, const char *value)
{
	struct options *options = reader->options;

	switch (letter) {
	case 'd':
		return read_address(
			       value, options->doctor, sizeof(options->doctor))
			? 0
			: refuse(reader,
				  "--doctor wants a PCI address such as 01:00.0, not \"%s\"",
				  value);
	case 'u':
		options->user = value;
		return 0;
	case 'p':
		options->probe = true;
		return 0;
	case 'a':
		options->all = true;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'V':
		options->version = true;
		return 0;
	default:
		options->help = true;
		return 0;
	}
}

/* The doctor looks at one device, and binds nothing. */
static int
check_together(const struct reader *reader)
{
	const struct options *options = reader->options;

	if (options->doctor[0] == '\0')
		return 0;
	if (options->device_count > 0)
		return refuse(reader,
			"--doctor looks at one device: leave out \"%s\"",
			options->devices[0]);
	if (options->all || options->probe)
		return refuse(reader, "--doctor does without %s",
			options->all ? "--all" : "--probe");
	return 0;
}

int
options_parse(int count, char **arguments, struct options *options,
	char *problem, size_t problem_size)
{
	const struct reader reader = { options, problem, problem_size };
	int ret = 0;
	int letter;

	*options = (struct options){ .user = NULL };
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
	while (ret == 0 && optind < count)
		ret = read_device(&reader, arguments[optind++]);
	return ret != 0 ? ret : check_together(&reader);
}
