/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The command line of dpdk-iommufd-perf: what is understood, and one sentence
 * about what is not.
 *
 * Must not know: what a suite does.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "unit.h"

static struct options options;
static char problem[256];

/* The words are parted by blanks. */
static int
parse(const char *line)
{
	static char text[1024];
	char *words[64] = { "dpdk-iommufd-perf" };
	int count = 1;
	char *word;

	snprintf(text, sizeof(text), "%s", line);
	for (word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
		words[count++] = word;
	problem[0] = '\0';
	return options_parse(count, words, &options, problem, sizeof(problem));
}

static void
assert_understood(const char *line)
{
	assert_int_equal(parse(line), 0);
	assert_string_equal(problem, "");
}

static void
assert_refused(const char *line, const char *part)
{
	assert_int_equal(parse(line), -EINVAL);
	assert_contains(problem, part);
	assert_null(strchr(problem, '\n'));
}

static void
there_are_defaults(void **state __rte_unused)
{
	assert_understood("--device 01:00.0 map");
	assert_int_equal(options.size, UINT64_C(4) << 30);
	assert_int_equal(options.repeat, 5);
	assert_int_equal(options.warmup, 1);
	assert_int_equal(options.threads, 2);
	assert_float_equal(options.tolerance, 0.05, 1e-12);
	assert_null(options.json);
	assert_null(options.wire);
	assert_null(options.compare_old);
	assert_false(options.check);
	assert_false(options.help);
}

static void
every_option_is_understood(void **state __rte_unused)
{
	assert_understood(
		"--device 01:00.0 --device=02:00.1 --wire eth7 --size 64M "
		"--repeat 3 --warmup 0 --again 7 --threads 4 --json out.json --check "
		"--fact commit=1a2b --fact machine=a=b map");
	assert_int_equal(options.fact_count, 2);
	assert_string_equal(options.facts[0], "commit=1a2b");
	assert_string_equal(options.facts[1], "machine=a=b");
	assert_int_equal(options.device_count, 2);
	assert_string_equal(options.wire, "eth7");
	assert_int_equal(options.size, 64 << 20);
	assert_int_equal(options.repeat, 3);
	assert_int_equal(options.warmup, 0);
	assert_int_equal(options.again, 7);
	assert_int_equal(options.threads, 4);
	assert_string_equal(options.json, "out.json");
	assert_true(options.check);
}

static void
a_fact_has_a_name_and_a_value(void **state __rte_unused)
{
	assert_refused("--fact commit map", "NAME=VALUE, not \"commit\"");
	assert_refused("--fact =x map", "NAME=VALUE");
	assert_refused("--fact commit= map", "NAME=VALUE");
}

static void
help_needs_nothing_else(void **state __rte_unused)
{
	assert_understood("--help");
	assert_true(options.help);
}

static void
only_the_named_suites_run(void **state __rte_unused)
{
	assert_understood("unmap --device 01:00.0");
	assert_true(options.suites[SUITE_UNMAP]);
	assert_false(options.suites[SUITE_MAP]);
	assert_false(options.suites[SUITE_START]);
}

#if PERF_SVANIC
static void
all_means_all(void **state __rte_unused)
{
	unsigned int i;

	assert_understood(
		"--device 1:0.0 --device 2:0.0 --device 3:0.0 --wire w "
		"--svanic 4:0.0 --svanic 5:0.0 all");
	for (i = 0; i < SUITE_COUNT; i++)
		assert_true(options.suites[i]);
}

#endif

static void
all_leaves_out_what_wants_an_svanic(void **state __rte_unused)
{
	unsigned int i, meant = 0;

	assert_understood(
		"--device 1:0.0 --device 2:0.0 --device 3:0.0 --wire w all");
	for (i = 0; i < SUITE_COUNT; i++)
		meant += options.suites[i];
	assert_int_equal(meant, SUITE_COUNT - 4);
	assert_false(options.suites[SUITE_FAULT]);
	assert_false(options.suites[SUITE_SVA_INVALIDATE]);
	assert_false(options.suites[SUITE_LATENCY]);
	assert_false(options.suites[SUITE_SVA_FORWARD]);
}

#if PERF_SVANIC
static void
an_svanic_has_an_address(void **state __rte_unused)
{
	assert_understood("--svanic 6:0.0 --svanic 7:0.0 "
			  "fault sva-invalidate latency sva-forward");
	assert_int_equal(options.svanic_count, 2);
	assert_string_equal(options.svanics[0], "0000:06:00.0");
	assert_string_equal(options.svanics[1], "0000:07:00.0");
	assert_int_equal(options.device_count, 0);
	assert_true(options.suites[SUITE_FAULT]);
	assert_true(options.suites[SUITE_SVA_INVALIDATE]);
	assert_true(options.suites[SUITE_LATENCY]);
	assert_true(options.suites[SUITE_SVA_FORWARD]);
	assert_refused("--svanic eth0 fault", "--svanic wants a PCI address");
	assert_refused("--svanic 6:0.0 --svanic 06:00.0 fault", "twice");
}
#else
static void
suites_with_svanic_are_another_build(void **state __rte_unused)
{
	assert_refused("--svanic 6:0.0 fault", "-Dsvanic=enabled");
	assert_refused("--svanic 6:0.0 sva-invalidate", "-Dsvanic=enabled");
	assert_refused("--svanic 6:0.0 --svanic 7:0.0 sva-forward",
		"-Dsvanic=enabled");
	assert_refused("--device 1:0.0 --device 2:0.0 --device 3:0.0 --wire w "
		       "--svanic 4:0.0 --svanic 5:0.0 all",
		"-Dsvanic=enabled");
}
#endif

static void
a_suite_has_to_be_known(void **state __rte_unused)
{
	assert_refused("--device 01:00.0", "which suite");
	assert_refused("--device 01:00.0 maps", "\"maps\"");
	assert_refused("--device 01:00.0 map Unmap", "\"Unmap\"");
}

static void
a_device_has_one_name(void **state __rte_unused)
{
	assert_understood("--device a:1F.7 map");
	assert_string_equal(options.devices[0], "0000:0a:1f.7");
	assert_understood("--device 0001:02:03.4 map");
	assert_string_equal(options.devices[0], "0001:02:03.4");
	assert_refused("--device 01:00.0 --device 0000:01:00.0 map", "twice");
}

static void
what_is_no_address_is_refused(void **state __rte_unused)
{
	assert_refused("--device eth0 map", "\"eth0\"");
	assert_refused("--device 01:00 map", "\"01:00\"");
	assert_refused("--device 01:00.0x map", "\"01:00.0x\"");
	assert_refused("--device 00:00:01:00.0 map", "\"00:00:01:00.0\"");
}

static void
devices_may_be_too_many(void **state __rte_unused)
{
	char line[1024] = "";
	unsigned int i;

	for (i = 0; i <= OPTIONS_DEVICES_MAX; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			"--device %02x:00.0 ", i);
	assert_refused(line, "the most");
}

static void
sizes_have_units(void **state __rte_unused)
{
	assert_understood("--device 1:0.0 --size 2M map");
	assert_int_equal(options.size, 2 << 20);
	assert_understood("--device 1:0.0 --size 4194304 map");
	assert_int_equal(options.size, 4 << 20);
	assert_understood("--device 1:0.0 --size 2048K map");
	assert_int_equal(options.size, 2 << 20);
	assert_understood("--device 1:0.0 --size 1T map");
	assert_int_equal(options.size, UINT64_C(1) << 40);
}

static void
what_is_no_size_is_refused(void **state __rte_unused)
{
	assert_refused("--device 1:0.0 --size 0 map", "\"0\"");
	assert_refused("--device 1:0.0 --size -2M map", "\"-2M\"");
	assert_refused("--device 1:0.0 --size 1M map", "whole pages");
	assert_refused("--device 1:0.0 --size 3M map", "whole pages");
	assert_refused("--device 1:0.0 --size 4X map", "\"4X\"");
	assert_refused("--device 1:0.0 --size 4MB map", "\"4MB\"");
	assert_refused("--device 1:0.0 --size G map", "\"G\"");
	assert_refused("--device 1:0.0 --size 99999999T map", "\"99999999T\"");
	assert_refused(
		"--device 1:0.0 --size 99999999999999999999999 map", "--size");
}

static void
what_is_no_number_is_refused(void **state __rte_unused)
{
	assert_refused("--device 1:0.0 --repeat 0 map", "--repeat");
	assert_refused("--device 1:0.0 --repeat x map", "\"x\"");
	assert_refused("--device 1:0.0 --repeat 1x map", "\"1x\"");
	assert_refused("--device 1:0.0 --warmup -1 map", "\"-1\"");
	assert_refused("--device 1:0.0 --threads 0 map", "--threads");
	assert_refused("--device 1:0.0 --threads 10001 map", "10001");
}

static void
a_tolerance_is_a_percentage(void **state __rte_unused)
{
	assert_understood("--compare old new --tolerance 7.5%");
	assert_float_equal(options.tolerance, 0.075, 1e-12);
	assert_understood("--tolerance 0% --compare old new");
	assert_float_equal(options.tolerance, 0, 1e-12);
	assert_refused("--compare old new --tolerance 5", "\"5\"");
	assert_refused("--compare old new --tolerance -5%", "\"-5%\"");
	assert_refused("--compare old new --tolerance nan%", "\"nan%\"");
	assert_refused("--compare old new --tolerance %", "\"%\"");
	assert_refused("--device 1:0.0 --tolerance 5% map", "--compare");
}

static void
a_comparison_has_two_files(void **state __rte_unused)
{
	assert_understood("--compare old new");
	assert_string_equal(options.compare_old, "old");
	assert_string_equal(options.compare_new, "new");
	assert_refused("--compare old", "OLD NEW");
	assert_refused("--compare old new newer", "OLD NEW");
}

static void
what_a_suite_needs_has_to_be_there(void **state __rte_unused)
{
	assert_refused("map", "the suite map wants --device");
	assert_refused("--device 1:0.0 share", "twice");
	assert_refused("--device 1:0.0 parallel", "twice");
	assert_refused("--device 1:0.0 start", "--wire");
	assert_refused("--device 1:0.0 --device 2:0.0 forward", "three times");
#if PERF_SVANIC
	assert_refused("--device 1:0.0 fault",
		"the suite fault wants --svanic at least once");
	assert_refused("sva-invalidate", "--svanic");
	assert_refused("latency", "--svanic");
	assert_refused("--svanic 1:0.0 sva-forward", "twice");
#endif
	assert_refused("--svanic 1:0.0 map", "--device");
}

static void
unknown_options_are_named(void **state __rte_unused)
{
	assert_refused("--colour map", "--colour");
	assert_refused("-x map", "-x");
	assert_refused("map --repeat", "--repeat wants a value");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_defaults),
		cmocka_unit_test(every_option_is_understood),
		cmocka_unit_test(a_fact_has_a_name_and_a_value),
		cmocka_unit_test(help_needs_nothing_else),
		cmocka_unit_test(only_the_named_suites_run),
		cmocka_unit_test(all_leaves_out_what_wants_an_svanic),
#if PERF_SVANIC
		cmocka_unit_test(all_means_all),
		cmocka_unit_test(an_svanic_has_an_address),
#else
		cmocka_unit_test(suites_with_svanic_are_another_build),
#endif
		cmocka_unit_test(a_suite_has_to_be_known),
		cmocka_unit_test(a_device_has_one_name),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(devices_may_be_too_many),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(what_is_no_size_is_refused),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(a_tolerance_is_a_percentage),
		cmocka_unit_test(a_comparison_has_two_files),
		cmocka_unit_test(what_a_suite_needs_has_to_be_there),
		cmocka_unit_test(unknown_options_are_named),
	};

	return RUN_TESTS("perf_options", tests);
}
