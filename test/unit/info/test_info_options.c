/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The command line of dpdk-iommufd-info.
 *
 * Must not know: what is done with it.
 */

#include <errno.h>
#include <string.h>

#include "options.h"
#include "unit.h"

static struct options options;
static char problem[256];

static int
parse(const char *first, const char *second, const char *third)
{
	const char *words[] = { "dpdk-iommufd-info", first, second, third,
		NULL };
	int count = 1;

	while (words[count] != NULL)
		count++;
	problem[0] = '\0';
	return options_parse(count, (char **)(uintptr_t)words, &options,
		problem, sizeof(problem));
}

static void
without_words_all_that_fits_is_meant(void **state __rte_unused)
{
	assert_int_equal(parse(NULL, NULL, NULL), 0);
	assert_int_equal(options.device_count, 0);
	assert_string_equal(options.doctor, "");
	assert_null(options.user);
	assert_false(options.all || options.probe || options.json ||
		options.verbose || options.help || options.version);
}

static void
addresses_may_be_short_or_long(void **state __rte_unused)
{
	assert_int_equal(parse("01:00.0", "000A:fe:1f.7", NULL), 0);
	assert_int_equal(options.device_count, 2);
	assert_string_equal(options.devices[0], "0000:01:00.0");
	assert_string_equal(options.devices[1], "000a:fe:1f.7");
	assert_int_equal(parse("--doctor", "02:00.1", "--json"), 0);
	assert_string_equal(options.doctor, "0000:02:00.1");
	assert_true(options.json);
}

static void
wrong_words_are_named(void **state __rte_unused)
{
	static const char *const wrong[][3] = {
		{ "01:00", NULL, "\"01:00\" is no PCI address" },
		{ "01:00.0x", NULL, "01:00.0x" },
		{ "--doctor", "eth0", "not \"eth0\"" },
		{ "--doctor", NULL, "--doctor wants a value" },
		{ "--frob", NULL, "--frob" },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(wrong); i++) {
		assert_int_equal(
			parse(wrong[i][0], wrong[i][1], NULL), -EINVAL);
		assert_contains(problem, wrong[i][2]);
	}
}

static void
the_doctor_looks_at_one_device_and_opens_none(void **state __rte_unused)
{
	assert_int_equal(parse("--doctor=01:00.0", "02:00.0", NULL), -EINVAL);
	assert_contains(problem, "0000:02:00.0");
	assert_int_equal(parse("--doctor=01:00.0", "--probe", NULL), -EINVAL);
	assert_contains(problem, "--probe");
	assert_int_equal(parse("--doctor=01:00.0", "--all", NULL), -EINVAL);
	assert_contains(problem, "--all");
	assert_int_equal(parse("--doctor=01:00.0", "--user", "nobody"), 0);
	assert_string_equal(options.user, "nobody");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_words_all_that_fits_is_meant),
		cmocka_unit_test(addresses_may_be_short_or_long),
		cmocka_unit_test(wrong_words_are_named),
		cmocka_unit_test(the_doctor_looks_at_one_device_and_opens_none),
	};

	return RUN_TESTS("info_options", tests);
}
