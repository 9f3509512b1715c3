/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * When the plugin takes calls over, when it leaves all as it is, and that it gives
 * everything back where the system refuses a part. On small objects, with the real
 * search for DPDK's functions and the real rebinding. plugin.c and dpdk_vfio.c are
 * compiled in: one works when a program starts, the other searches once.
 *
 * Must not know: what the functions do, nor ELF.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "../../../drivers/bus/pci_iommufd/dpdk_vfio.c"
#include "../../../drivers/bus/pci_iommufd/plugin.c"
#include "dev_caller.h"
#include "shim_load.h"
#include "shim_objects.h"
#include "unit.h"

static const char *eal_with_all, *eal_without_one, *eal_without_any;
static const char *eal_with_some_dev, *eal_of_2611;
static const char *now_caller, *lazy_caller;
static const char *dev_now_caller, *dev_lazy_caller;
static bool refuse_write;

/* One caller's functions. */
struct caller {
	void *object;
	int (*enable)(void);
	int (*group_fd)(void);
	struct shim_table *(*table)(void);
};

/* The same for DPDK 26.11. */
struct dev_caller_object {
	void *object;
	const struct dev_caller *calls, *table;
};

static void *eal;
static struct caller now, lazy;
static struct dev_caller_object dev_now, dev_lazy;

/* --- what is logged, without EAL ------------------------------------------------------- */

static char logged[2048];
static unsigned int log_lines, log_errors;
static bool log_has_debug;

void
rte_iommufd_log(uint32_t level, int type __rte_unused, const char *format, ...)
{
	va_list arguments;

	log_lines++;
	if (level <= RTE_LOG_ERR)
		log_errors++;
	va_start(arguments, format);
	vsnprintf(logged, sizeof(logged), format, arguments);
	va_end(arguments);
}

bool
rte_log_can_log(uint32_t type __rte_unused, uint32_t level)
{
	return level != RTE_LOG_DEBUG || log_has_debug;
}

int
rte_log_register_type_and_pick_level(
	const char *name __rte_unused, uint32_t level __rte_unused)
{
	return RTE_LOGTYPE_USER1;
}

/* --- stand-ins --------------------------------------------------------------------------- */

#define OUR_FUNCTION(type, name, parameters)                 \
	type name parameters                                 \
	{                                                    \
		SHIM_ANSWER_##type(SHIM_OURS + SHIM_##name); \
	}
VFIO_SHIM_FUNCTIONS(OUR_FUNCTION)
DEV_VFIO_SHIM_FUNCTIONS(OUR_FUNCTION)
PROBE_SHIM_FUNCTIONS(OUR_FUNCTION)
#undef OUR_FUNCTION

int mprotect(void *address, size_t length, int protection);

/* In the place of libc's, for the code under test: systems may refuse. */
int
mprotect(void *address, size_t length, int protection)
{
	if (refuse_write && (protection & PROT_WRITE) != 0) {
		errno = EACCES;
		return -1;
	}
	return syscall(SYS_mprotect, address, length, protection);
}

static void
load_caller(struct caller *caller, const char *path, int flags)
{
	caller->object = dlopen(path, flags | RTLD_LOCAL);
	if (caller->object == NULL)
		fail_msg("%s", dlerror());
	*(void **)&caller->enable = dlsym(caller->object, "shim_caller_enable");
	*(void **)&caller->group_fd = dlsym(
		caller->object, "shim_caller_group_fd");
	*(void **)&caller->table = dlsym(caller->object, "shim_caller_table");
	assert_non_null(caller->enable);
	assert_non_null(caller->group_fd);
	assert_non_null(caller->table);
}

static void
unload_caller(struct caller *caller)
{
	if (caller->object != NULL)
		dlclose(caller->object);
	caller->object = NULL;
}

static void
unload_dev_caller(struct dev_caller_object *caller)
{
	if (caller->object != NULL)
		dlclose(caller->object);
	caller->object = NULL;
}

static void
load_dev_caller(struct dev_caller_object *caller, const char *path, int flags)
{
	caller->object = dlopen(path, flags | RTLD_LOCAL);
	if (caller->object == NULL)
		fail_msg("%s", dlerror());
	caller->calls = dlsym(caller->object, "dev_caller_calls");
	caller->table = dlsym(caller->object, "dev_caller_table");
	assert_non_null(caller->calls);
	assert_non_null(caller->table);
}

static void
load_2611(void)
{
	eal = shim_load_as(eal_of_2611, "librte_eal.so.27");
	load_dev_caller(&dev_now, dev_now_caller, RTLD_NOW);
	load_dev_caller(&dev_lazy, dev_lazy_caller, RTLD_LAZY);
}

static void
load(const char *eal_path)
{
	eal = shim_load_as(eal_path, "librte_eal.so.99");
	load_caller(&now, now_caller, RTLD_NOW);
	load_caller(&lazy, lazy_caller, RTLD_LAZY);
}

static int
setup(void **state __rte_unused)
{
	once = PTHREAD_ONCE_INIT;
	functions = (struct dpdk_vfio){ .rte_vfio_enable = NULL };
	refuse_write = false;
	log_has_debug = plugin_version_logged = false;
	log_lines = log_errors = 0;
	logged[0] = '\0';
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	unload_caller(&now);
	unload_caller(&lazy);
	unload_dev_caller(&dev_now);
	unload_dev_caller(&dev_lazy);
	if (eal != NULL)
		dlclose(eal);
	eal = NULL;
	return 0;
}

/* Whose functions a caller reaches: SHIM_EAL or SHIM_OURS. */
static void
assert_reaches(const struct caller *caller, int whose)
{
	assert_int_equal(caller->enable(), whose + SHIM_rte_vfio_enable);
	assert_int_equal(
		caller->group_fd(), whose + SHIM_rte_vfio_get_group_fd);
	assert_int_equal(
		caller->table()->enable("vfio"), whose + SHIM_rte_vfio_enable);
}

/* The same for a few of 26.11's, which answer 0 where they are DPDK's own. */
static void
assert_reaches_dev(const struct dev_caller_object *caller, int whose)
{
	const struct dev_caller *ways[] = { caller->calls, caller->table };
	unsigned int i;

#define EXPECTED(name) (whose == SHIM_EAL ? 0 : whose + SHIM_##name)
	for (i = 0; i < RTE_DIM(ways); i++) {
		assert_int_equal(
			ways[i]->dev_vfio_enable(), EXPECTED(dev_vfio_enable));
		assert_int_equal(ways[i]->dev_vfio_init_mem(),
			EXPECTED(dev_vfio_init_mem));
		assert_int_equal(ways[i]->dev_vfio_setup_device("", "", NULL),
			EXPECTED(dev_vfio_setup_device));
		assert_int_equal(
			ways[i]->dev_vfio_container_assign_device(-1, "", ""),
			EXPECTED(dev_vfio_container_assign_device));
		assert_int_equal(
			ways[i]->rte_bus_probe(), EXPECTED(rte_bus_probe));
	}
#undef EXPECTED
}

/* --- tests ------------------------------------------------------------------------------- */

static void
nothing_is_changed_at_first(void **state __rte_unused)
{
	load(eal_with_all);
	assert_reaches(&now, SHIM_EAL);
	assert_reaches(&lazy, SHIM_EAL);
}

static void
calls_are_taken_over_when_it_is_loaded(void **state __rte_unused)
{
	load(eal_with_all);
	plugin_loaded();
	assert_reaches(&now, SHIM_OURS);
	assert_reaches(&lazy, SHIM_OURS);
	assert_int_equal(log_lines, 0);
}

static void
what_is_loaded_later_is_taken_over_by_another_call(void **state __rte_unused)
{
	eal = shim_load_as(eal_with_all, "librte_eal.so.99");
	load_caller(&now, now_caller, RTLD_NOW);
	plugin_loaded();
	load_caller(&lazy, lazy_caller, RTLD_LAZY);
	assert_reaches(&lazy, SHIM_EAL);
	plugin_take_over();
	assert_reaches(&lazy, SHIM_OURS);
	assert_reaches(&now, SHIM_OURS);
	assert_int_equal(log_lines, 0);
}

static void
the_version_is_logged_once(void **state __rte_unused)
{
	load(eal_with_all);
	log_has_debug = true;
	plugin_loaded();
	assert_int_equal(log_lines, 1);
	assert_int_equal(log_errors, 0);
	assert_contains(logged, "librte_bus_pci_iommufd " DPDK_IOMMUFD_VERSION);
	assert_contains(logged, "librte_eal_iommufd " DPDK_IOMMUFD_VERSION);
	plugin_take_over();
	assert_int_equal(log_lines, 1);
}

/* A preloaded plugin is there before EAL has read its options. */
static void
the_version_is_logged_when_the_log_level_is_known(void **state __rte_unused)
{
	load(eal_with_all);
	plugin_loaded();
	assert_int_equal(log_lines, 0);
	log_has_debug = true;
	plugin_take_over();
	assert_int_equal(log_lines, 1);
	assert_contains(logged, "librte_bus_pci_iommufd");
}

static void
dpdks_own_functions_stay_reachable(void **state __rte_unused)
{
	load(eal_with_all);
	plugin_loaded();
	assert_int_equal(dpdk_vfio_functions()->rte_vfio_enable("vfio"),
		SHIM_EAL + SHIM_rte_vfio_enable);
}

static void
a_release_without_one_function_is_taken_over(void **state __rte_unused)
{
	load(eal_without_one);
	plugin_loaded();
	assert_reaches(&now, SHIM_OURS);
	assert_reaches(&lazy, SHIM_OURS);
	assert_int_equal(log_lines, 0);
}

static void
a_table_that_the_program_has_changed_is_left_alone(void **state __rte_unused)
{
	load(eal_with_all);
	now.table()->enable = NULL;
	plugin_loaded();
	assert_null(now.table()->enable);
	assert_int_equal(now.enable(), SHIM_OURS + SHIM_rte_vfio_enable);
	assert_reaches(&lazy, SHIM_OURS);
}

/* As after 26.11, perhaps. The caller has its functions from elsewhere. */
static void
a_release_without_any_is_left_alone(void **state __rte_unused)
{
	void *elsewhere;

	elsewhere = shim_load_as(eal_with_all, "libelsewhere.so");
	load(eal_without_any);
	plugin_loaded();
	assert_reaches(&now, SHIM_EAL);
	assert_reaches(&lazy, SHIM_EAL);
	assert_int_equal(log_lines, 1);
	assert_int_equal(log_errors, 0);
	assert_contains(logged, "26.11");
	plugin_take_over();
	assert_reaches(&now, SHIM_EAL);
	assert_int_equal(log_lines, 1);
	teardown(NULL);
	dlclose(elsewhere);
}

static void
the_calls_of_2611_are_taken_over(void **state __rte_unused)
{
	load_2611();
	assert_reaches_dev(&dev_now, SHIM_EAL);
	assert_reaches_dev(&dev_lazy, SHIM_EAL);
	plugin_loaded();
	assert_reaches_dev(&dev_now, SHIM_OURS);
	assert_reaches_dev(&dev_lazy, SHIM_OURS);
	assert_int_equal(log_lines, 0);
}

/* Each one: a table has all of them. */
static void
all_functions_of_2611_are_taken_over(void **state __rte_unused)
{
	load_2611();
	plugin_loaded();
#define ASSERT_OURS(type, name, parameters)                                   \
	assert_ptr_equal(*(void *const *)&dev_now.table->name, (void *)name); \
	assert_ptr_not_equal(                                                 \
		*(void *const *)&dev_now.table->name, dlsym(eal, #name));
	DEV_VFIO_SHIM_FUNCTIONS(ASSERT_OURS)
	PROBE_SHIM_FUNCTIONS(ASSERT_OURS)
#undef ASSERT_OURS
}

static void
what_2611_loads_later_is_taken_over_by_another_call(void **state __rte_unused)
{
	eal = shim_load_as(eal_of_2611, "librte_eal.so.27");
	load_dev_caller(&dev_now, dev_now_caller, RTLD_NOW);
	plugin_loaded();
	load_dev_caller(&dev_lazy, dev_lazy_caller, RTLD_LAZY);
	assert_reaches_dev(&dev_lazy, SHIM_EAL);
	plugin_take_over();
	assert_reaches_dev(&dev_lazy, SHIM_OURS);
}

static void
where_a_part_of_2611_is_refused_all_is_given_back(void **state __rte_unused)
{
	load_2611();
	refuse_write = true;
	plugin_loaded();
	assert_reaches_dev(&dev_now, SHIM_EAL);
	assert_reaches_dev(&dev_lazy, SHIM_EAL);
	assert_int_equal(log_lines, 1);
	assert_contains(logged, "mprotect");
}

/* The caller has its functions from elsewhere. */
static void
a_release_with_some_of_2611_is_left_alone(void **state __rte_unused)
{
	void *elsewhere;

	elsewhere = shim_load_as(eal_of_2611, "libelsewhere.so");
	eal = shim_load_as(eal_with_some_dev, "librte_eal.so.27");
	load_dev_caller(&dev_now, dev_now_caller, RTLD_NOW);
	plugin_loaded();
	assert_reaches_dev(&dev_now, SHIM_EAL);
	assert_int_equal(log_lines, 1);
	assert_int_equal(log_errors, 0);
	assert_contains(logged, "dev_vfio_*");
	teardown(NULL);
	dlclose(elsewhere);
}

/* Lazily bound calls and data can be written to all the same. */
static void
where_a_part_is_refused_all_is_given_back(void **state __rte_unused)
{
	load(eal_with_all);
	assert_reaches(&lazy, SHIM_EAL);
	refuse_write = true;
	plugin_loaded();
	assert_reaches(&now, SHIM_EAL);
	assert_reaches(&lazy, SHIM_EAL);
	assert_int_equal(log_lines, 1);
	assert_int_equal(log_errors, 1);
	assert_contains(logged, "mprotect");
	assert_contains(logged, "LD_PRELOAD=librte_bus_pci_iommufd.so");
}

static void
what_was_refused_can_be_taken_over_later(void **state __rte_unused)
{
	load(eal_with_all);
	refuse_write = true;
	plugin_loaded();
	refuse_write = false;
	plugin_take_over();
	assert_reaches(&now, SHIM_OURS);
	assert_reaches(&lazy, SHIM_OURS);
}

int
main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_changed_at_first),
		TEST(calls_are_taken_over_when_it_is_loaded),
		TEST(what_is_loaded_later_is_taken_over_by_another_call),
		TEST(the_version_is_logged_once),
		TEST(the_version_is_logged_when_the_log_level_is_known),
		TEST(dpdks_own_functions_stay_reachable),
		TEST(a_release_without_one_function_is_taken_over),
		TEST(a_table_that_the_program_has_changed_is_left_alone),
		TEST(a_release_without_any_is_left_alone),
		TEST(the_calls_of_2611_are_taken_over),
		TEST(all_functions_of_2611_are_taken_over),
		TEST(what_2611_loads_later_is_taken_over_by_another_call),
		TEST(where_a_part_of_2611_is_refused_all_is_given_back),
		TEST(a_release_with_some_of_2611_is_left_alone),
		TEST(where_a_part_is_refused_all_is_given_back),
		TEST(what_was_refused_can_be_taken_over_later),
	};

	if (argc != 10) {
		fprintf(stderr,
			"usage: %s EAL EAL-WITHOUT-ONE EAL-WITHOUT-ANY EAL-WITH-SOME-DEV EAL-OF-26.11 CALLER-NOW CALLER-LAZY DEV-CALLER-NOW DEV-CALLER-LAZY\n",
			argv[0]);
		return 2;
	}
	eal_with_all = argv[1];
	eal_without_one = argv[2];
	eal_without_any = argv[3];
	eal_with_some_dev = argv[4];
	eal_of_2611 = argv[5];
	now_caller = argv[6];
	lazy_caller = argv[7];
	dev_now_caller = argv[8];
	dev_lazy_caller = argv[9];
	return RUN_TESTS("plugin", tests);
}
