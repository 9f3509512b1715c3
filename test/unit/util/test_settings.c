/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Settings: every allowed value, and what is said about those that are not.
 *
 * Must not know: what a setting leads to.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/settings.h"
#include "unit.h"

static struct settings settings;
static char problem[256];

static int
parse(const char *text)
{
	settings.backend = (enum settings_backend)77;
	settings.map = (enum settings_map)77;
	settings.ioas = (enum settings_ioas)77;
	settings.rlimit = (enum settings_rlimit)77;
	settings.threads = 77;
	problem[0] = '\0';
	return settings_parse(text, &settings, problem, sizeof(problem));
}

static void
assert_settings(
	const char *text, enum settings_backend backend, enum settings_map map)
{
	assert_int_equal(parse(text), 0);
	assert_int_equal(settings.backend, backend);
	assert_int_equal(settings.map, map);
	assert_string_equal(problem, "");
}

static void
assert_refused(const char *text, const char *wrong_part)
{
	assert_int_equal(parse(text), -EINVAL);
	assert_contains(problem, wrong_part);
}

static void
nothing_means_the_defaults(void **state __rte_unused)
{
	assert_settings(NULL, SETTINGS_BACKEND_AUTO, SETTINGS_MAP_AUTO);
	assert_settings("", SETTINGS_BACKEND_AUTO, SETTINGS_MAP_AUTO);
}

static void
every_backend_is_understood(void **state __rte_unused)
{
	assert_settings(
		"backend=auto", SETTINGS_BACKEND_AUTO, SETTINGS_MAP_AUTO);
	assert_settings(
		"backend=iommufd", SETTINGS_BACKEND_IOMMUFD, SETTINGS_MAP_AUTO);
	assert_settings(
		"backend=type1", SETTINGS_BACKEND_TYPE1, SETTINGS_MAP_AUTO);
	assert_settings(
		"backend=stock", SETTINGS_BACKEND_STOCK, SETTINGS_MAP_AUTO);
}

static void
every_way_to_map_is_understood(void **state __rte_unused)
{
	assert_settings("map=auto", SETTINGS_BACKEND_AUTO, SETTINGS_MAP_AUTO);
	assert_settings("map=file", SETTINGS_BACKEND_AUTO, SETTINGS_MAP_FILE);
	assert_settings("map=va", SETTINGS_BACKEND_AUTO, SETTINGS_MAP_VA);
}

static void
keys_come_in_any_order(void **state __rte_unused)
{
	assert_settings("backend=type1,map=va", SETTINGS_BACKEND_TYPE1,
		SETTINGS_MAP_VA);
	assert_settings("map=file,backend=iommufd", SETTINGS_BACKEND_IOMMUFD,
		SETTINGS_MAP_FILE);
}

static void
spaces_are_shared_unless_the_settings_say_otherwise(void **state __rte_unused)
{
	assert_int_equal(parse(NULL), 0);
	assert_int_equal(settings.ioas, SETTINGS_IOAS_SHARED);
	assert_int_equal(parse("map=va"), 0);
	assert_int_equal(settings.ioas, SETTINGS_IOAS_SHARED);
	assert_int_equal(parse("ioas=shared"), 0);
	assert_int_equal(settings.ioas, SETTINGS_IOAS_SHARED);
	assert_int_equal(parse("ioas=per-device"), 0);
	assert_int_equal(settings.ioas, SETTINGS_IOAS_PER_DEVICE);
	assert_int_equal(settings.map, SETTINGS_MAP_AUTO);
	assert_int_equal(settings.threads, 0);
	assert_refused("ioas=per_device", "ioas=per_device is unknown");
	assert_contains(problem, "the values of ioas are shared, per-device");
	assert_refused("ioas=", "ioas= is unknown");
}

static void
nobody_is_charged_another_way_unless_the_settings_say_so(
	void **state __rte_unused)
{
	assert_int_equal(parse(NULL), 0);
	assert_int_equal(settings.rlimit, SETTINGS_RLIMIT_AUTO);
	assert_int_equal(parse("rlimit=auto"), 0);
	assert_int_equal(settings.rlimit, SETTINGS_RLIMIT_AUTO);
	assert_int_equal(parse("rlimit=user"), 0);
	assert_int_equal(settings.rlimit, SETTINGS_RLIMIT_USER);
	assert_int_equal(parse("map=va,rlimit=process"), 0);
	assert_int_equal(settings.rlimit, SETTINGS_RLIMIT_PROCESS);
	assert_refused("rlimit=1", "rlimit=1 is unknown");
	assert_contains(
		problem, "the values of rlimit are auto, user, process");
}

static void
threads_are_a_number(void **state __rte_unused)
{
	assert_int_equal(parse(NULL), 0);
	assert_int_equal(settings.threads, 0);
	assert_int_equal(parse("backend=type1"), 0);
	assert_int_equal(settings.threads, 0);
	assert_int_equal(parse("threads=1"), 0);
	assert_int_equal(settings.threads, 1);
	assert_int_equal(parse("threads=64"), 0);
	assert_int_equal(settings.threads, 64);
	assert_int_equal(parse("threads=17,ioas=per-device,map=va"), 0);
	assert_int_equal(settings.threads, 17);
	assert_int_equal(settings.ioas, SETTINGS_IOAS_PER_DEVICE);
	assert_int_equal(settings.map, SETTINGS_MAP_VA);
	assert_int_equal(settings.backend, SETTINGS_BACKEND_AUTO);
}

static void
threads_are_a_number_of_1_to_64(void **state __rte_unused)
{
	static const char *const wrong[] = { "0", "65", "-1", "", "2x", " 2",
		"+2", "x", "0x4", "4294967297", "18446744073709551617",
		"99999999999999999999999999" };
	char text[64], words[64];
	size_t i;

	for (i = 0; i < RTE_DIM(wrong); i++) {
		snprintf(text, sizeof(text), "threads=%s", wrong[i]);
		snprintf(words, sizeof(words), "threads=%s is unknown",
			wrong[i]);
		assert_refused(text, words);
		assert_contains(problem, "the values of threads are 1 to 64");
	}
	assert_refused("threads", "threads= is unknown");
	assert_refused("threads=2,threads=2", "more than once");
}

static void
an_unknown_key_is_named_with_the_known_ones(void **state __rte_unused)
{
	assert_refused("colour=red", "colour");
	assert_contains(problem, "backend, ioas, map, threads, rlimit");
	assert_refused("map=va,colour=red", "colour");
	assert_refused("Backend=auto", "Backend");
	assert_refused("backends=auto", "backends");
}

static void
an_unknown_backend_is_named_with_the_known_ones(void **state __rte_unused)
{
	assert_refused("backend=vfio", "backend=vfio");
	assert_contains(problem, "auto, iommufd, type1, noiommu, stock");
	assert_refused("backend=IOMMUFD", "backend=IOMMUFD");
	assert_refused("backend=type1v2", "backend=type1v2");
	assert_refused("map=va,backend=iommuf", "backend=iommuf ");
}

static void
an_unknown_way_to_map_is_named_with_the_known_ones(void **state __rte_unused)
{
	assert_refused("map=memfd", "map=memfd");
	assert_contains(problem, "auto, file, va");
	assert_refused("backend=auto,map=0", "map=0");
}

static void
a_missing_value_is_refused(void **state __rte_unused)
{
	assert_refused("backend", "backend=");
	assert_contains(problem, "auto, iommufd, type1, noiommu, stock");
	assert_refused("backend=", "backend=");
	assert_contains(problem, "auto, iommufd, type1, noiommu, stock");
	assert_refused("map,backend=auto", "map=");
}

static void
what_is_not_pairs_is_refused(void **state __rte_unused)
{
	assert_refused("=", "\"\"");
	assert_refused("=auto", "\"\"");
	assert_refused("backend=[auto", "backend=[auto");
	assert_refused("backend=auto,map=[va", "map=[va");
}

static void
a_key_given_twice_is_refused(void **state __rte_unused)
{
	assert_refused("backend=auto,backend=type1", "\"backend\"");
	assert_contains(problem, "more than once");
	assert_refused("map=va,backend=auto,map=va", "\"map\"");
	assert_refused("colour=red,colour=blue", "\"colour\"");
}

static void
spaces_are_not_skipped(void **state __rte_unused)
{
	assert_refused(" backend=auto", "\" backend\"");
	assert_refused("backend= auto", "backend= auto");
}

/* Longer than the sentence may be: cut, and never written past its end. */
static void
a_long_text_is_cut_in_the_problem(void **state __rte_unused)
{
	char text[1024];
	char room[40];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(room, '#', sizeof(room));
	assert_int_equal(settings_parse(text, &settings, room, 32), -EINVAL);
	assert_int_equal(strnlen(room, sizeof(room)), 31);
	assert_int_equal(room[32], '#');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_means_the_defaults),
		cmocka_unit_test(every_backend_is_understood),
		cmocka_unit_test(every_way_to_map_is_understood),
		cmocka_unit_test(keys_come_in_any_order),
		cmocka_unit_test(
			spaces_are_shared_unless_the_settings_say_otherwise),
		cmocka_unit_test(
			nobody_is_charged_another_way_unless_the_settings_say_so),
		cmocka_unit_test(threads_are_a_number),
		cmocka_unit_test(threads_are_a_number_of_1_to_64),
		cmocka_unit_test(an_unknown_key_is_named_with_the_known_ones),
		cmocka_unit_test(
			an_unknown_backend_is_named_with_the_known_ones),
		cmocka_unit_test(
			an_unknown_way_to_map_is_named_with_the_known_ones),
		cmocka_unit_test(a_missing_value_is_refused),
		cmocka_unit_test(what_is_not_pairs_is_refused),
		cmocka_unit_test(a_key_given_twice_is_refused),
		cmocka_unit_test(spaces_are_not_skipped),
		cmocka_unit_test(a_long_text_is_cut_in_the_problem),
	};

	return RUN_TESTS("settings", tests);
}
