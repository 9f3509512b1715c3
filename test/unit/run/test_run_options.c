/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The command line of dpdk-iommufd-run.
 *
 * Must not know: what is done with it.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iommufd-run/options.h"
#include "unit.h"

static struct options options;
static char problem[256];

#define MAX_ARGUMENTS 80

/* NULL ends the arguments. */
static int
read_arguments(char **arguments)
{
	char *all[MAX_ARGUMENTS + 1] = { (char *)"dpdk-iommufd-run" };
	static char *kept[MAX_ARGUMENTS + 1];
	int count = 1;

	for (; *arguments != NULL; arguments++)
		all[count++] = *arguments;
	memcpy(kept, all, sizeof(all));
	problem[0] = '\0';
	return options_read(&options, count, kept, problem, sizeof(problem));
}

#define READ(...) read_arguments((char *[]){ __VA_ARGS__, NULL })

#define assert_refused(words, ...)                            \
	do {                                                  \
		assert_int_equal(READ(__VA_ARGS__), -EINVAL); \
		assert_contains(problem, words);              \
	} while (0)

static void
the_program_keeps_its_arguments(void **state __rte_unused)
{
	assert_int_equal(READ("-a", "01:00.0", "--", "testpmd", "-a", "01:00.0",
				 "--", "-i"),
		0);
	assert_int_equal(options.device_count, 1);
	assert_string_equal(options.devices[0], "0000:01:00.0");
	assert_string_equal(options.program[0], "testpmd");
	assert_string_equal(options.program[4], "-i");
	assert_null(options.program[5]);
	assert_null(options.user);
	assert_false(options.has_memlock);
	assert_int_equal(options.rlimit_mode, OPTIONS_RLIMIT_KEEP);
	/* Without "--" the program's begin with it as well. */
	assert_int_equal(READ("-a", "01:00.0", "echo", "-a", "x"), 0);
	assert_string_equal(options.program[0], "echo");
}

static void
addresses_are_what_eal_takes(void **state __rte_unused)
{
	assert_int_equal(READ("-a", "01:00.0,sva=1", "--allow=abcd:ef:1f.7",
				 "-a01:00.1", "x"),
		0);
	assert_int_equal(options.device_count, 3);
	assert_string_equal(options.devices[0], "0000:01:00.0");
	assert_string_equal(options.devices[1], "abcd:ef:1f.7");
	assert_string_equal(options.devices[2], "0000:01:00.1");
}

static void
other_addresses_are_refused(void **state __rte_unused)
{
	static char *const wrong[] = { "", "1:00.0", "01:00", "01:00.8",
		"01:20.0", "01:00.0x", "0000:01", "00000:01:00.0",
		"000:01:00.0", "eth0", "01:00.00", "0000:1:00.0", "01:0.0x",
		"vdev:net_null0" };
	size_t i;

	for (i = 0; i < RTE_DIM(wrong); i++)
		assert_refused("is not a PCI address", "-a", wrong[i], "x");
	assert_refused("is given twice", "-a", "01:00.0", "-a",
		"0000:01:00.0,x=1", "x");
}

static void
sizes_have_units(void **state __rte_unused)
{
	assert_int_equal(READ("-a", "01:00.0", "--memlock", "512M", "x"), 0);
	assert_true(options.has_memlock);
	assert_int_equal(options.memlock, (rlim_t)512 << 20);
	assert_int_equal(READ("-a", "01:00.0", "--memlock", "2g", "x"), 0);
	assert_int_equal(options.memlock, (rlim_t)2 << 30);
	assert_int_equal(READ("-a", "01:00.0", "--memlock", "65536", "x"), 0);
	assert_int_equal(options.memlock, 65536);
	assert_int_equal(READ("-a", "01:00.0", "--memlock", "0", "x"), 0);
	assert_int_equal(options.memlock, 0);
	assert_int_equal(
		READ("-a", "01:00.0", "--memlock", "unlimited", "x"), 0);
	assert_true(options.memlock == RLIM_INFINITY);
}

static void
other_sizes_are_refused(void **state __rte_unused)
{
	static char *const wrong[] = { "", "M", "-1", "+1", "1Z", "1MB", " 1",
		"0x10", "99999999999999999999", "18446744073709551615K",
		"16777216T" };
	size_t i;

	for (i = 0; i < RTE_DIM(wrong); i++)
		assert_refused("is no size", "-a", "01:00.0", "--memlock",
			wrong[i], "x");
}

static void
who_is_charged_is_process_or_user(void **state __rte_unused)
{
	assert_int_equal(
		READ("-a", "01:00.0", "--rlimit-mode", "process", "x"), 0);
	assert_int_equal(options.rlimit_mode, OPTIONS_RLIMIT_PROCESS);
	assert_int_equal(READ("-a", "01:00.0", "--rlimit-mode=user", "x"), 0);
	assert_int_equal(options.rlimit_mode, OPTIONS_RLIMIT_USER);
	assert_refused("--rlimit-mode mm is unknown: process or user", "-a",
		"01:00.0", "--rlimit-mode", "mm", "x");
}

static void
what_is_missing_is_named(void **state __rte_unused)
{
	assert_refused("no device is given", "--", "x");
	assert_refused("no program is given", "-a", "01:00.0", "--");
	assert_refused("no program is given", "-a", "01:00.0", "-u", "nobody");
	assert_refused("--user wants a value", "-a", "01:00.0", "--user");
	assert_refused("-a wants a value", "-a");
	assert_refused("--colour is unknown", "--colour", "x");
}

static void
help_needs_nothing_else(void **state __rte_unused)
{
	assert_int_equal(READ("--help"), 0);
	assert_true(options.help);
	assert_contains(options_help, "--rlimit-mode");
}

static void
there_is_a_limit_of_devices(void **state __rte_unused)
{
	static char texts[OPTIONS_MAX_DEVICES + 1][16];
	char *arguments[OPTIONS_MAX_DEVICES + 3] = { NULL };
	int i;

	for (i = 0; i <= OPTIONS_MAX_DEVICES; i++) {
		snprintf(texts[i], sizeof(texts[i]), "-a%02x:00.0", i);
		arguments[i] = texts[i];
	}
	assert_int_equal(read_arguments(arguments), -EINVAL);
	assert_contains(problem, "more than 64 devices");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_keeps_its_arguments),
		cmocka_unit_test(addresses_are_what_eal_takes),
		cmocka_unit_test(other_addresses_are_refused),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(other_sizes_are_refused),
		cmocka_unit_test(who_is_charged_is_process_or_user),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(help_needs_nothing_else),
		cmocka_unit_test(there_is_a_limit_of_devices),
	};

	return RUN_TESTS("run_options", tests);
}
