/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Structures that the caller's header may know in another size than the library.
 *
 * Must not know: which structures there are.
 */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "logs.h"
#include "unit.h"
#include "util/sized_struct.h"

/* As it was at first, as the library knows it, and as a newer header has it. */
struct first {
	size_t size;
	uint64_t a;
};
struct known {
	size_t size;
	uint64_t a, b;
};
struct newer {
	size_t size;
	uint64_t a, b, c;
};

static const struct known filled = { .size = 1, .a = 11, .b = 12 };

static void
one_that_is_too_small_is_refused(void **state __rte_unused)
{
	const size_t first = SIZED_STRUCT_UP_TO(struct known, a);
	struct known callers = { .size = first - 1 };

	logs_start();
	assert_int_equal(first, sizeof(struct first));
	assert_int_equal(sized_struct_check(&callers, first, "x"), -EINVAL);
	assert_one_error("struct x", "15", "16", "sizeof(struct x)");
	callers.size = 0;
	assert_int_equal(sized_struct_check(&callers, first, "x"), -EINVAL);
	assert_one_error("struct x");
	callers.size = first;
	assert_int_equal(sized_struct_check(&callers, first, "x"), 0);
}

static void
an_older_caller_gets_what_it_knows(void **state __rte_unused)
{
	struct known callers = { .size = sizeof(struct first), .b = 99 };

	sized_struct_fill(&callers, &filled, sizeof(filled));
	assert_int_equal(callers.size, sizeof(struct first));
	assert_int_equal(callers.a, 11);
	assert_int_equal(callers.b, 99);
}

static void
a_newer_caller_gets_zero_where_the_library_knows_nothing(
	void **state __rte_unused)
{
	struct newer callers;

	memset(&callers, 0xff, sizeof(callers));
	callers.size = sizeof(callers);
	sized_struct_fill(&callers, &filled, sizeof(filled));
	assert_int_equal(callers.size, sizeof(callers));
	assert_int_equal(callers.a, 11);
	assert_int_equal(callers.b, 12);
	assert_int_equal(callers.c, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_too_small_is_refused),
		cmocka_unit_test(an_older_caller_gets_what_it_knows),
		cmocka_unit_test(
			a_newer_caller_gets_zero_where_the_library_knows_nothing),
	};

	return RUN_TESTS("sized_struct", tests);
}
