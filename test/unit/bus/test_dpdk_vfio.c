/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * DPDK's own VFIO functions are found in librte_eal, and nowhere else. The code under
 * test is compiled in, because it searches once in a program's life.
 *
 * Must not know: who uses them.
 */

#include <errno.h>

#include "../../../drivers/bus/pci_iommufd/dpdk_vfio.c"
#include "shim_load.h"
#include "shim_objects.h"
#include "unit.h"

static const char *eal_with_all, *eal_without_one, *eal_without_any;
static const char *eal_with_some_dev, *eal_of_2611, *eal_without_groups;
static void *loaded;

/*
 * Exported by the program, so the dynamic linker's default order finds these before
 * librte_eal's: so it is with a preloaded plugin.
 */
#define OUR_FUNCTION(type, name, parameters)                 \
	type name parameters                                 \
	{                                                    \
		SHIM_ANSWER_##type(SHIM_OURS + SHIM_##name); \
	}
VFIO_SHIM_FUNCTIONS(OUR_FUNCTION)
DEV_VFIO_SHIM_FUNCTIONS(OUR_FUNCTION)
PROBE_SHIM_FUNCTIONS(OUR_FUNCTION)
#undef OUR_FUNCTION

static int
setup(void **state __rte_unused)
{
	once = PTHREAD_ONCE_INIT;
	functions = (struct dpdk_vfio){ .rte_vfio_enable = NULL };
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	if (loaded != NULL)
		dlclose(loaded);
	loaded = NULL;
	return 0;
}

static void
the_programs_own_come_first_by_default(void **state __rte_unused)
{
	int (*found)(const char *module);

	loaded = shim_load_as(eal_with_all, "librte_eal.so.99");
	*(void **)&found = dlsym(RTLD_DEFAULT, "rte_vfio_enable");
	assert_non_null(found);
	assert_int_equal(found("vfio"), SHIM_OURS + SHIM_rte_vfio_enable);
}

static void
all_are_librte_eals(void **state __rte_unused)
{
	const struct dpdk_vfio *found;

	loaded = shim_load_as(eal_with_all, "librte_eal.so.99");
	found = dpdk_vfio_functions();
	assert_int_equal(found->rte_vfio_enable("vfio"),
		SHIM_EAL + SHIM_rte_vfio_enable);
	assert_int_equal(found->rte_vfio_get_device_info("", "", NULL, NULL),
		SHIM_EAL + SHIM_rte_vfio_get_device_info);
#define ASSERT_EALS(type, name, parameters)                                   \
	assert_ptr_equal(*(void *const *)&found->name, dlsym(loaded, #name)); \
	assert_non_null(*(void *const *)&found->name);
	VFIO_SHIM_FUNCTIONS(ASSERT_EALS)
	PROBE_SHIM_FUNCTIONS(ASSERT_EALS)
#undef ASSERT_EALS
	assert_int_equal(dpdk_vfio_generation(), DPDK_VFIO_RTE);
	assert_null(found->dev_vfio_enable);
}

static void
a_release_may_lack_one(void **state __rte_unused)
{
	const struct dpdk_vfio *found;

	loaded = shim_load_as(eal_without_one, "librte_eal.so.23");
	found = dpdk_vfio_functions();
	assert_null(found->rte_vfio_get_device_info);
	assert_int_equal(found->rte_vfio_setup_device("", "", NULL, NULL),
		SHIM_EAL + SHIM_rte_vfio_setup_device);
	assert_int_equal(found->rte_vfio_container_dma_unmap(-1, 0, 0, 0),
		SHIM_EAL + SHIM_rte_vfio_container_dma_unmap);
}

static void
a_release_may_lack_all(void **state __rte_unused)
{
	loaded = shim_load_as(eal_without_any, "librte_eal.so.27");
	assert_int_equal(dpdk_vfio_generation(), DPDK_VFIO_UNKNOWN);
}

static void
all_of_2611_are_librte_eals(void **state __rte_unused)
{
	const struct dpdk_vfio *found;

	loaded = shim_load_as(eal_of_2611, "librte_eal.so.27");
	assert_int_equal(dpdk_vfio_generation(), DPDK_VFIO_DEV);
	found = dpdk_vfio_functions();
	assert_null(found->rte_vfio_enable);
#define ASSERT_EALS(type, name, parameters)                                   \
	assert_ptr_equal(*(void *const *)&found->name, dlsym(loaded, #name)); \
	assert_non_null(*(void *const *)&found->name);
	DEV_VFIO_SHIM_FUNCTIONS(ASSERT_EALS)
	PROBE_SHIM_FUNCTIONS(ASSERT_EALS)
#undef ASSERT_EALS
}

/* As in between two releases, where signatures are others. */
static void
some_of_2611_are_not_enough(void **state __rte_unused)
{
	loaded = shim_load_as(eal_with_some_dev, "librte_eal.so.27");
	assert_int_equal(dpdk_vfio_generation(), DPDK_VFIO_UNKNOWN);
	assert_int_equal(dpdk_vfio_start(false), -EOPNOTSUPP);
}

/* The same of the earlier functions. */
static void
without_groups_they_are_others(void **state __rte_unused)
{
	loaded = shim_load_as(eal_without_groups, "librte_eal.so.27");
	assert_int_equal(dpdk_vfio_generation(), DPDK_VFIO_UNKNOWN);
	assert_int_equal(dpdk_vfio_start(false), -EOPNOTSUPP);
}

static void
without_librte_eal_there_are_none(void **state __rte_unused)
{
	assert_int_equal(dpdk_vfio_generation(), DPDK_VFIO_UNKNOWN);
}

static void
libraries_of_similar_names_are_not_it(void **state __rte_unused)
{
	loaded = shim_load_as(eal_with_all, "librte_eal_iommufd.so.0");
	assert_int_equal(dpdk_vfio_generation(), DPDK_VFIO_UNKNOWN);
}

static void
the_search_is_made_once(void **state __rte_unused)
{
	assert_int_equal(dpdk_vfio_generation(), DPDK_VFIO_UNKNOWN);
	loaded = shim_load_as(eal_with_all, "librte_eal.so.99");
	assert_int_equal(dpdk_vfio_generation(), DPDK_VFIO_UNKNOWN);
}

int
main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_programs_own_come_first_by_default),
		TEST(all_are_librte_eals),
		TEST(a_release_may_lack_one),
		TEST(a_release_may_lack_all),
		TEST(all_of_2611_are_librte_eals),
		TEST(some_of_2611_are_not_enough),
		TEST(without_groups_they_are_others),
		TEST(without_librte_eal_there_are_none),
		TEST(libraries_of_similar_names_are_not_it),
		TEST(the_search_is_made_once),
	};

	if (argc != 7) {
		fprintf(stderr,
			"usage: %s EAL EAL-WITHOUT-ONE EAL-WITHOUT-ANY EAL-WITH-SOME-DEV EAL-OF-26.11 EAL-WITHOUT-GROUPS\n",
			argv[0]);
		return 2;
	}
	eal_with_all = argv[1];
	eal_without_one = argv[2];
	eal_without_any = argv[3];
	eal_with_some_dev = argv[4];
	eal_of_2611 = argv[5];
	eal_without_groups = argv[6];
	return RUN_TESTS("dpdk_vfio", tests);
}
