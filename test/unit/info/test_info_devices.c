/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What dpdk-iommufd-info finds of devices in a sysfs that is made up.
 *
 * Must not know: how it is shown.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pci_devices.h"
#include "fake_sysfs.h"
#include "host.h"
#include "logs.h"
#include "mock_kernel.h"
#include "options.h"
#include "unit.h"
#include "user.h"

static struct device_list devices;
static struct options options;
static struct host host;
static char problem[256];

/* In the place of kernel_state.c's, which would show the machine that the test runs on. */
extern enum kernel_switch __wrap_kernel_state_remaps_interrupts(void);

enum kernel_switch
__wrap_kernel_state_remaps_interrupts(void)
{
	return KERNEL_SWITCH_ON;
}

/* host.c is not part of this test. */
static const struct user caller = { .name = "caller", .is_caller = true };

static int
setup(void **state)
{
	mock_start_permissive(state);
	fake_sysfs_make();
	logs_start();
	setenv("SYSFS_PCI_DEVICES", fake_sysfs_path("devices"), 1);
	unsetenv("RTE_IOMMUFD");
	options = (struct options){ .all = true };
	host = (struct host){ .has_iommufd = true, .calls_are_known = true };
	host.calls[IOMMU_CALL_IOAS_MAP_FILE] = true;
	TAILQ_INIT(&devices);
	return 0;
}

static int
teardown(void **state)
{
	devices_forget(&devices);
	assert_no_error();
	fake_sysfs_remove();
	return mock_finish(state);
}

static const char *
add(const char *address, const char *driver, const char *cdev,
	const char *class)
{
	const char *path = fake_sysfs_add(&(struct fake_device){
		address, driver, cdev, "511:0", "7", NULL });
	char file[256];

	snprintf(file, sizeof(file), "devices/%s/class", address);
	fake_sysfs_write(fake_sysfs_path(file), class);
	return path;
}

static struct device *
look(void)
{
	devices_forget(&devices);
	assert_int_equal(devices_look(&options, &caller, &host, &devices,
				 problem, sizeof(problem)),
		0);
	return TAILQ_FIRST(&devices);
}

static void
a_device_is_described_whole(void **state __rte_unused)
{
	const struct device *device;

	add("0000:01:00.0", "vfio-pci", "vfio0", "0x020000\n");
	add("0000:01:00.1", "e1000e", NULL, "0x020000\n");
	fake_sysfs_write(
		fake_sysfs_path("devices/0000:01:00.0/vendor"), "0x8086\n");
	fake_sysfs_write(
		fake_sysfs_path("devices/0000:01:00.0/device"), "0x10d3\n");
	fake_sysfs_write(fake_sysfs_path("groups/7/reserved_regions"),
		"0x00000000fee00000 0x00000000feefffff msi\n");
	fake_sysfs_write(fake_sysfs_path("groups/7/type"), "DMA\n");
	fake_sysfs_link(fake_sysfs_path("devices/0000:01:00.0/iommu"),
		"../../virtual/iommu/dmar0");
	device = look();
	assert_string_equal(device->place.address, "0000:01:00.0");
	assert_int_equal(device->class, 0x020000);
	assert_int_equal(device->vendor, 0x8086);
	assert_int_equal(device->id, 0x10d3);
	assert_string_equal(device->group_type, "DMA");
	assert_int_equal(device->member_count, 2);
	assert_false(device->members[0].is_intruder);
	assert_true(device->members[1].is_intruder);
	assert_true(device->has_iommu);
	assert_string_equal(device->iommu.name, "dmar0");
	assert_int_equal(device->region_count, 1);
	assert_string_equal(device->cdev.path, "/dev/vfio/devices/vfio0");
	assert_string_equal(device->group_node.path, "/dev/vfio/7");
	assert_int_equal(device->start.verdict, CHOICE_WOULD_FAIL);
	assert_contains(
		device->start.reason.text, "0000:01:00.1 is bound to e1000e");
	assert_int_equal(mock_calls("device_bind"), 0);
}

static void
what_a_start_would_do_is_told_without_binding(void **state __rte_unused)
{
	const struct device *device;

	add("0000:01:00.0", "vfio-pci", "vfio0", "0x020000\n");
	device = look();
	assert_int_equal(device->start.verdict, CHOICE_WOULD_TRY);
	assert_string_equal(device->start.backend, "iommufd");
	assert_int_equal(device->map_file, SEEN_PRESENT);
	assert_int_equal(device->probe.state, PROBE_NOT_DONE);
	assert_int_equal(device->probe.dirty_tracking, SEEN_NOT);
	assert_contains(device->unseen.items[device->unseen.count - 1],
		"--probe tells");
	assert_int_equal(mock_calls("device_bind"), 0);
	setenv("RTE_IOMMUFD", "backend=type1", 1);
	device = look();
	assert_string_equal(device->start.backend, "type1v2");
	assert_int_equal(device->map_file, SEEN_ABSENT);
	unsetenv("RTE_IOMMUFD");
}

static void
a_probe_opens_and_closes_the_device(void **state __rte_unused)
{
	const struct device *device;

	add("0000:01:00.0", "vfio-pci", "vfio0", "0x020000\n");
	options.probe = true;
	device = look();
	assert_int_equal(device->probe.state, PROBE_DONE);
	assert_string_equal(device->probe.backend, "iommufd");
	assert_true(device->probe.pasid_bits >= 0);
	assert_int_not_equal(device->probe.dirty_tracking, SEEN_NOT);
	assert_int_equal(mock_calls("device_bind"), 1);
	assert_int_equal(mock_open("/dev/vfio/devices/vfio0"), 0);
	assert_int_equal(mock_open("/dev/iommu"), 0);
}

static void
what_does_not_fit_is_left_out(void **state __rte_unused)
{
	add("0000:01:00.0", "nvme", NULL, "0x010802\n");
	add("0000:02:00.0", "vfio-pci", "vfio1", "0x010802\n");
	add("0000:03:00.0", NULL, NULL, "0x120000\n");
	options.all = false;
	assert_string_equal(look()->place.address, "0000:02:00.0");
	assert_string_equal(
		TAILQ_NEXT(TAILQ_FIRST(&devices), next)->place.address,
		"0000:03:00.0");
	options.all = true;
	assert_string_equal(look()->place.address, "0000:01:00.0");
}

static void
interfaces_are_found_in_both_places(void **state __rte_unused)
{
	const struct device *device;

	add("0000:01:00.0", "e1000e", NULL, "0x020000\n");
	fake_sysfs_write(fake_sysfs_path("devices/0000:01:00.0/net/eth3/flags"),
		"0x1002\n");
	device = look();
	assert_int_equal(device->interface_count, 1);
	assert_string_equal(device->interfaces[0], "eth3");
	assert_false(device->interface_is_up);
	fake_sysfs_write(
		fake_sysfs_path("devices/0000:01:00.0/virtio9/net/eth4/flags"),
		"0x1003\n");
	device = look();
	assert_int_equal(device->interface_count, 2);
	assert_true(device->interface_is_up);
	assert_int_equal(device->start.verdict, CHOICE_NOT_OF_VFIO);
}

static void
a_device_that_is_named_has_to_be_there(void **state __rte_unused)
{
	strcpy(options.devices[0], "0000:09:00.0");
	options.device_count = 1;
	assert_int_equal(devices_look(&options, &caller, &host, &devices,
				 problem, sizeof(problem)),
		-ENODEV);
	assert_contains(problem, "0000:09:00.0: there is no such PCI device");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_device_is_described_whole),
		TEST(what_a_start_would_do_is_told_without_binding),
		TEST(a_probe_opens_and_closes_the_device),
		TEST(what_does_not_fit_is_left_out),
		TEST(interfaces_are_found_in_both_places),
		TEST(a_device_that_is_named_has_to_be_there),
	};

	return RUN_TESTS("info_devices", tests);
}
