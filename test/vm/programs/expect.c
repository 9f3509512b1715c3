/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Results that are compared with what is documented; see expect.h. */

#include <stdio.h>

#include <rte_errno.h>

#include "expect.h"

unsigned int wrong;

void
expect(const char *what, int result, int expected)
{
	printf("%s: %d (%s)\n", what, result,
		result < 0 ? rte_strerror(-result) : "");
	if (result == expected)
		return;
	printf("WRONG: %d was expected\n", expected);
	wrong++;
}
