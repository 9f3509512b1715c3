/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Assertions that cmocka lacks; see unit.h. */

#include <string.h>

#include "unit.h"

void
unit_assert_contains(
	const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part) != NULL)
		return;
	print_error("\"%s\" is not in \"%s\"\n", part, text);
	_fail(file, line);
}
