/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * svanic's device arguments: what is understood, and what one line says of the rest.
 *
 * Must not know: what they do.
 */

#include <errno.h>

#include <rte_log.h>

#include "logs.h"
#include "svanic_log.h"
#include "svanic_options.h"
#include "unit.h"

RTE_LOG_REGISTER(svanic_logtype, pmd.net.svanic, INFO)

static struct svanic_options options;

static int
parse(const char *text)
{
	return svanic_options_parse(text, "0000:01:00.0", &options);
}

static int
setup(void **state __rte_unused)
{
	logs_start();
	return 0;
}

static void
nothing_is_the_plain_mode(void **state __rte_unused)
{
	assert_int_equal(parse(NULL), 0);
	assert_false(options.sva);
	assert_int_equal(parse(""), 0);
	assert_int_equal(parse("sva=0"), 0);
	assert_false(options.sva);
	assert_no_error();
}

static void
all_of_them(void **state __rte_unused)
{
	assert_int_equal(
		parse("sva=1,pasid=queue,patience=0,pin-limit=64M"), 0);
	assert_true(options.sva);
	assert_true(options.pasid_per_queue);
	assert_true(options.has_patience);
	assert_int_equal(options.patience, 0);
	assert_int_equal(options.pin_limit, 64 << 20);
	assert_int_equal(parse("sva=1,pasid=port,pin-limit=3G"), 0);
	assert_false(options.pasid_per_queue);
	assert_false(options.has_patience);
	assert_int_equal(options.pin_limit, 3ULL << 30);
	assert_int_equal(parse("pin-limit=4096,sva=1"), 0);
	assert_int_equal(options.pin_limit, 4096);
	assert_no_error();
}

static void
what_is_not_understood_is_named(void **state __rte_unused)
{
	static const struct {
		const char *text;
		const char *named;
	} cases[] = {
		{ "sva=2", "0 or 1" },
		{ "sva", "0 or 1" },
		{ "sva=1,pasid=3", "port or queue" },
		{ "sva=1,patience=-1", "milliseconds" },
		{ "sva=1,patience=4294967296", "milliseconds" },
		{ "sva=1,patience=5s", "milliseconds" },
		{ "sva=1,pin-limit=0", "bytes" },
		{ "sva=1,pin-limit=1T", "bytes" },
		{ "sva=1,pin-limit=1MM", "bytes" },
		{ "sva=1,pin-limit=17179869184G", "bytes" },
		{ "sva=1,pin-limit=M", "bytes" },
		{ "queues=3", "there are: sva=" },
		{ "pasid=queue", "only with sva=1" },
		{ "sva=0,patience=3", "only with sva=1" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		assert_int_equal(parse(cases[i].text), -EINVAL);
		assert_one_error("0000:01:00.0", cases[i].named);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_the_plain_mode, setup),
		cmocka_unit_test_setup(all_of_them, setup),
		cmocka_unit_test_setup(what_is_not_understood_is_named, setup),
	};

	return RUN_TESTS("svanic_options", tests);
}
