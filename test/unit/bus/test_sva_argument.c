/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Which devices ask for sva=1: EAL's list of device options is this test's.
 *
 * Must not know: what follows from it.
 */

#include <string.h>

#include <rte_dev.h>
#include <rte_devargs.h>

#include "sva_argument.h"
#include "unit.h"

#define FOLDER "/sys/bus/pci/devices/"

static struct rte_devargs list[4];
static unsigned int count;

/* In the place of EAL's. */
struct rte_devargs *
rte_devargs_next(const char *bus, const struct rte_devargs *before)
{
	unsigned int next = before == NULL ? 0 : before - list + 1;

	assert_string_equal(bus, "pci");
	return next < count ? &list[next] : NULL;
}

static void
ask(enum rte_dev_policy policy, const char *name, const char *arguments)
{
	struct rte_devargs *device = &list[count++];

	memset(device, 0, sizeof(*device));
	device->policy = policy;
	snprintf(device->name, sizeof(device->name), "%s", name);
	device->args = arguments;
}

static int
setup(void **state __rte_unused)
{
	count = 0;
	return 0;
}

static void
nobody_asks(void **state __rte_unused)
{
	assert_false(sva_is_asked_for(FOLDER "0000:01:00.0"));
	ask(RTE_DEV_ALLOWED, "0000:01:00.0", NULL);
	ask(RTE_DEV_ALLOWED, "0000:02:00.0", "");
	assert_false(sva_is_asked_for(FOLDER "0000:01:00.0"));
	assert_false(sva_is_asked_for(FOLDER "0000:02:00.0"));
}

static void
the_device_that_asks_gets_it(void **state __rte_unused)
{
	ask(RTE_DEV_ALLOWED, "01:00.0", "patience=3,sva=1");
	ask(RTE_DEV_ALLOWED, "0000:02:00.0", "sva=0");
	ask(RTE_DEV_ALLOWED, "0001:03:00.0", "sva=1");
	assert_true(sva_is_asked_for(FOLDER "0000:01:00.0"));
	assert_false(sva_is_asked_for(FOLDER "0000:02:00.0"));
	assert_true(sva_is_asked_for(FOLDER "0001:03:00.0"));
	assert_false(sva_is_asked_for(FOLDER "0000:03:00.0"));
	assert_false(sva_is_asked_for(FOLDER "0000:01:00.1"));
}

static void
other_arguments_are_not_it(void **state __rte_unused)
{
	ask(RTE_DEV_ALLOWED, "01:00.0", "nsva=1");
	ask(RTE_DEV_ALLOWED, "02:00.0", "sva=10");
	ask(RTE_DEV_BLOCKED, "03:00.0", "sva=1");
	ask(RTE_DEV_ALLOWED, "04:00.0", "sva");
	assert_false(sva_is_asked_for(FOLDER "0000:01:00.0"));
	assert_false(sva_is_asked_for(FOLDER "0000:02:00.0"));
	assert_false(sva_is_asked_for(FOLDER "0000:03:00.0"));
	assert_false(sva_is_asked_for(FOLDER "0000:04:00.0"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nobody_asks, setup),
		cmocka_unit_test_setup(the_device_that_asks_gets_it, setup),
		cmocka_unit_test_setup(other_arguments_are_not_it, setup),
	};

	return RUN_TESTS("sva_argument", tests);
}
