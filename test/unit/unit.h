/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef UNIT_H
#define UNIT_H

/*
 * What every unit test includes: cmocka with the headers that it wants before
 * its own, and the way to run a group.
 *
 * Must not know: what is tested.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_common.h>

/* The group's name shows in the output only. */
#define RUN_TESTS(name, tests) \
	_cmocka_run_group_tests(name, tests, RTE_DIM(tests), NULL, NULL)

/* The part is somewhere in the text; the message shows both. */
#define assert_contains(text, part) \
	unit_assert_contains(text, part, __FILE__, __LINE__)

void unit_assert_contains(
	const char *text, const char *part, const char *file, int line);

#endif /* UNIT_H */
