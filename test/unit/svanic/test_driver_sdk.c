/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Our declarations of DPDK's structures for drivers have everything where DPDK's own
 * headers have it. Compiled where these are installed; the declarations for other
 * releases are made in the same way.
 *
 * Must not know: svanic.
 */

#include "driver_sdk_table.h"
#include "unit.h"

static void
everything_is_where_dpdk_has_it(void **state __rte_unused)
{
	const struct driver_sdk_place *own = driver_sdk_own;
	const struct driver_sdk_place *real = driver_sdk_real;

	for (; own->name != NULL; own++, real++) {
		assert_string_equal(own->name, real->name);
		if (own->offset != real->offset)
			fail_msg("%s: %zu, and DPDK has %zu", own->name,
				own->offset, real->offset);
	}
	assert_null(real->name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_where_dpdk_has_it),
	};

	return RUN_TESTS("driver_sdk", tests);
}
