/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef EXPECT_H
#define EXPECT_H

/*
 * For programs that call functions and compare what they return with what is
 * documented: prints each, and counts what is wrong.
 */

#include <stdio.h>

#include <rte_errno.h>

/* Weak, so that a program of several files has one count. */
__attribute__((weak)) unsigned int wrong;

void expect(const char *what, int result, int expected);

__attribute__((weak)) void
expect(const char *what, int result, int expected)
{
	printf("%s: %d (%s)\n", what, result,
		result < 0 ? rte_strerror(-result) : "");
	if (result == expected)
		return;
	printf("WRONG: %d was expected\n", expected);
	wrong++;
}

#endif /* EXPECT_H */
