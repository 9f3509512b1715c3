/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Reading the command line; see options.h. */

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

const char options_help[] =
	"dpdk-iommufd-run -a BDF... [OPTION...] -- PROGRAM [ARGUMENT...]\n"
	"\n"
	"Opens /dev/iommu and the nodes of devices, gives up all rights, and executes a\n"
	"DPDK program that finds the files (LISTEN_FDS).\n"
	"\n"
	"  -a, --allow BDF         a device bound to vfio-pci: 01:00.0; may be repeated\n"
	"  -u, --user USER[:GROUP] who the program runs as; needed when started as root\n"
	"      --rlimit-mode MODE  whom the kernel charges for pinned memory: process or\n"
	"                          user; needs CAP_SYS_RESOURCE\n"
	"      --memlock SIZE      the limit on locked memory: 512M, 2G, unlimited\n"
	"  -h, --help\n"
	"\n"
	"Exit status: the program's; 125 (this command failed), 126 (the program cannot\n"
	"be executed), 127 (it was not found).\n";

enum {
	OPTION_RLIMIT_MODE = 256,
	OPTION_MEMLOCK,
};

static const struct option long_options[] = {
	{ "allow", required_argument, NULL, 'a' },
	{ "user", required_argument, NULL, 'u' },
	{ "rlimit-mode", required_argument, NULL, OPTION_RLIMIT_MODE },
	{ "memlock", required_argument, NULL, OPTION_MEMLOCK },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct problem {
	char *text;
	size_t size;
};

static int refuse(const struct problem *problem, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int
refuse(const struct problem *problem, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(problem->text, problem->size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int
count_digits(const char *text)
{
	int count = 0;

	while (isxdigit((unsigned char)text[count]))
		count++;
	return count;
}

/* "01:00.0" or "0000:01:00.0", and devargs that are not read: what EAL's -a takes. */
static bool
read_address(const char *text, char *address, size_t size)
{
	unsigned int domain = 0, bus, device, function;
	int end = 0;

	if (count_digits(text) == 4) {
		if (sscanf(text, "%4x:%n", &domain, &end) != 1 || end == 0)
			return false;
		text += end;
	}
	if (count_digits(text) != 2)
		return false;
	end = 0;
	if (sscanf(text, "%2x:%2x.%1x%n", &bus, &device, &function, &end) !=
			3 ||
		(text[end] != '\0' && text[end] != ',') || device > 0x1f ||
		function > 7)
		return false;
	snprintf(address, size, "%04x:%02x:%02x.%u", domain, bus, device,
		function);
	return true;
}

static int
add_device(struct options *options, const char *text,
	const struct problem *problem)
{
	char *address = options->devices[options->device_count];
	unsigned int i;

	if (options->device_count == OPTIONS_MAX_DEVICES)
		return refuse(
			problem, "more than %d devices", OPTIONS_MAX_DEVICES);
	if (!read_address(text, address, sizeof(options->devices[0])))
		return refuse(problem,
			"-a %s is not a PCI address, such as 01:00.0 or 0000:01:00.0",
			text);
	for (i = 0; i < options->device_count; i++)
		if (strcmp(options->devices[i], address) == 0)
			return refuse(problem, "-a %s is given twice", address);
	options->device_count++;
	return 0;
}

static int
read_rlimit_mode(struct options *options, const char *text,
	const struct problem *problem)
{
	if (strcmp(text, "process") == 0)
		options->rlimit_mode = OPTIONS_RLIMIT_PROCESS;
	else if (strcmp(text, "user") == 0)
		options->rlimit_mode = OPTIONS_RLIMIT_USER;
	else
		return refuse(problem,
			"--rlimit-mode %s is unknown: process or user", text);
	return 0;
}

static int
shift_of(const char *unit)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcasecmp(unit, units[i]) == 0)
			return 10 * i;
	return -1;
}

static int
read_memlock(struct options *options, const char *text,
	const struct problem *problem)
{
	unsigned long long number;
	char *unit;
	int shift;

	options->has_memlock = true;
	options->memlock = RLIM_INFINITY;
	if (strcmp(text, "unlimited") == 0)
		return 0;
	errno = 0;
	number = strtoull(text, &unit, 10);
	shift = shift_of(unit);
	if (!isdigit((unsigned char)text[0]) || errno != 0 || shift < 0 ||
		number > UINT64_MAX >> (shift + 1))
		return refuse(problem,
			"--memlock %s is no size: 512M, 2G or unlimited", text);
	options->memlock = (rlim_t)number << shift;
	return 0;
}

static int
read_option(struct options *options, int letter, char **arguments,
	const struct problem *problem)
{
	switch (letter) {
	case 'a':
		return add_device(options, optarg, problem);
	case 'u':
		options->user = optarg;
		return 0;
	case 'h':
		options->help = true;
		return 0;
	case OPTION_RLIMIT_MODE:
		return read_rlimit_mode(options, optarg, problem);
	case OPTION_MEMLOCK:
		return read_memlock(options, optarg, problem);
	case ':':
		return refuse(
			problem, "%s wants a value", arguments[optind - 1]);
	default:
		return refuse(problem, "%s is unknown: see --help",
			arguments[optind - 1]);
	}
}

int
options_read(struct options *options, int count, char **arguments,
	char *problem, size_t size)
{
	const struct problem report = { problem, size };
	int letter, ret = 0;

	*options = (struct options){ .program = NULL };
	optind = 0;
	while (ret == 0 &&
		(letter = getopt_long(count, arguments, "+:a:u:h", long_options,
			 NULL)) != -1)
		ret = read_option(options, letter, arguments, &report);
	if (ret != 0 || options->help)
		return ret;
	if (options->device_count == 0)
		return refuse(&report, "no device is given: -a 01:00.0");
	options->program = arguments + optind;
	if (options->program[0] == NULL)
		return refuse(&report,
			"no program is given: ... -- dpdk-testpmd -a 01:00.0");
	return 0;
}
