/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The object whose functions test_rebind.c replaces in others. */

#include "rebind_objects.h"

int
target_called(int number)
{
	return number + 1;
}

int
target_taken(int number)
{
	return number + 2;
}
