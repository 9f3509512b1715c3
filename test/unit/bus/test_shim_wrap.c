/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A program that links the plugin statically, with the linker's arguments of the pkg-config file:
 * its references to DPDK's VFIO functions, of either generation, are the plugin's, and the plugin
 * finds DPDK's own. The archive is the one that is installed. 26.11's EAL is a stand-in.
 *
 * Must not know: what the functions do.
 */

#include "dev_eal.h"
#include "unit.h"

#define DECLARE(type, name, parameters)       \
	extern type __wrap_##name parameters; \
	extern type __real_##name parameters;
VFIO_SHIM_FUNCTIONS(DECLARE)
DEV_VFIO_SHIM_FUNCTIONS(DECLARE)
PROBE_SHIM_FUNCTIONS(DECLARE)
#undef DECLARE

#define ASSERT_WRAPPED(type, name, parameters) \
	assert_ptr_equal((void *)name, (void *)__wrap_##name);

static void
calls_of_earlier_releases_are_the_plugins(void **state __rte_unused)
{
	VFIO_SHIM_FUNCTIONS(ASSERT_WRAPPED)
	PROBE_SHIM_FUNCTIONS(ASSERT_WRAPPED)
}

static void
calls_of_2611_are_the_plugins(void **state __rte_unused)
{
	DEV_VFIO_SHIM_FUNCTIONS(ASSERT_WRAPPED)
}

static void
dpdks_own_functions_are_found(void **state __rte_unused)
{
#define ASSERT_REAL(type, name, parameters)                       \
	assert_ptr_equal((void *)dev_eal_address(DEV_EAL_##name), \
		(void *)__real_##name);
	DEV_VFIO_SHIM_FUNCTIONS(ASSERT_REAL)
#undef ASSERT_REAL
}

/* As EAL starts: the plugin works, and DPDK's own code rests. */
static void
a_call_arrives(void **state __rte_unused)
{
	assert_int_equal(dev_vfio_init_mem(), 0);
	assert_int_equal(DEV_EAL_CALLS(init_mem), 0);
	assert_int_equal(dev_vfio_is_enabled(), 0);
	assert_int_equal(DEV_EAL_CALLS(is_enabled), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_earlier_releases_are_the_plugins),
		cmocka_unit_test(calls_of_2611_are_the_plugins),
		cmocka_unit_test(dpdks_own_functions_are_found),
		cmocka_unit_test(a_call_arrives),
	};

	return RUN_TESTS("shim_wrap", tests);
}
