/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The functions that probe, in a static program: each that the program calls leads to one
 * diagnosis of a device that no driver has taken. Linked with the arguments of the pkg-config
 * file libdpdk-iommufd-bus-static; the diagnosis is a stand-in.
 *
 * Must not know: VFIO.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diagnose.h"
#include "static_eal.h"
#include "unit.h"

int rte_bus_probe(void);
int rte_dev_probe(const char *devargs);
int rte_eal_hotplug_add(
	const char *bus, const char *device, const char *arguments);

static unsigned int diagnoses;
static char diagnosed[128];

void
diagnose_requested_devices(void)
{
	diagnoses++;
}

void
diagnose_attached_device(const char *devargs)
{
	diagnoses++;
	snprintf(diagnosed, sizeof(diagnosed), "%s", devargs);
}

static int
setup(void **state __rte_unused)
{
	memset(&static_eal, 0, sizeof(static_eal));
	diagnoses = 0;
	diagnosed[0] = '\0';
	return 0;
}

static void
what_no_driver_takes_is_diagnosed_once(void **state __rte_unused)
{
	static const int answers[] = { -ENOTSUP, -ENODEV };
	size_t i;

	for (i = 0; i < RTE_DIM(answers); i++) {
		setup(NULL);
		static_eal.answer = answers[i];
		assert_int_equal(rte_dev_probe("0000:01:00.0,a=b"), answers[i]);
		assert_int_equal(diagnoses, 1);
		assert_string_equal(diagnosed, "0000:01:00.0,a=b");
		assert_int_equal(
			rte_eal_hotplug_add("pci", "0000:02:00.0", "a=b"),
			answers[i]);
		assert_int_equal(diagnoses, 2);
		assert_string_equal(diagnosed, "pci:0000:02:00.0");
		assert_int_equal(static_eal.device_probes, 2);
	}
}

static void
what_is_taken_or_fails_is_not(void **state __rte_unused)
{
	static const int answers[] = { 0, -EEXIST, -EIO };
	size_t i;

	for (i = 0; i < RTE_DIM(answers); i++) {
		static_eal.answer = answers[i];
		assert_int_equal(rte_dev_probe("0000:01:00.0"), answers[i]);
		assert_int_equal(rte_eal_hotplug_add("pci", "0000:01:00.0", ""),
			answers[i]);
	}
	assert_int_equal(diagnoses, 0);
}

static void
the_start_is_followed_by_the_diagnosis(void **state __rte_unused)
{
	assert_int_equal(rte_bus_probe(), 0);
	assert_int_equal(static_eal.bus_probes, 1);
	assert_int_equal(diagnoses, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(what_no_driver_takes_is_diagnosed_once),
		TEST(what_is_taken_or_fails_is_not),
		TEST(the_start_is_followed_by_the_diagnosis),
	};

	return RUN_TESTS("static_probe", tests);
}
