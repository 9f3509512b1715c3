/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The files that were passed to this process: which ones are the library's, and what of the
 * environment counts.
 *
 * Must not know: what is done with the files.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/passed_fds.h"
#include "kernel/sysfs_device.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

static struct sysfs_device place;

static int
setup(void **state)
{
	place = (struct sysfs_device){ .address = "0000:01:00.0" };
	strcpy(place.found.cdev, "vfio3");
	logs_start();
	return mock_start_permissive(state);
}

static int
teardown(void **state)
{
	passed_fds_forget();
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	unsetenv("LISTEN_PID");
	return mock_finish(state);
}

static void
pass_to(long pid, const char *count, const char *names)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", pid);
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_FDNAMES", names, 1);
}

static void
assert_nothing_passed(void)
{
	assert_null(passed_fds_find_iommu());
	assert_null(passed_fds_find_device(&place));
	assert_false(passed_fds_have_devices());
	assert_int_equal(mock_calls(""), 0);
}

static void
without_the_variables_nothing_is_passed(void **state __rte_unused)
{
	assert_nothing_passed();
	assert_string_equal(logs_text(), "");
}

static void
files_are_found_by_their_names(void **state __rte_unused)
{
	mock_pass(3, "/dev/iommu");
	mock_pass(4, "/dev/vfio/devices/vfio3");
	pass_to(getpid(), "2", "iommu:vfio3");
	assert_int_equal(passed_fds_find_iommu()->fd, 3);
	assert_int_equal(passed_fds_find_device(&place)->fd, 4);
	assert_true(passed_fds_have_devices());
	assert_int_equal(mock_calls("set_cloexec fd=3"), 1);
	assert_int_equal(mock_calls("set_cloexec fd=4"), 1);
}

static void
a_device_has_its_address_as_a_name(void **state __rte_unused)
{
	mock_pass(3, "/dev/vfio/devices/vfio3");
	pass_to(getpid(), "1", "pci-0000-01-00.0");
	assert_null(passed_fds_find_iommu());
	assert_int_equal(passed_fds_find_device(&place)->fd, 3);
	strcpy(place.address, "0000:01:00.1");
	assert_null(passed_fds_find_device(&place));
}

/* One that the kernel gives no node has none that can be passed. */
static void
a_device_without_a_node_is_not_passed(void **state __rte_unused)
{
	mock_pass(3, "/dev/vfio/devices/vfio3");
	pass_to(getpid(), "1", "pci-0000-01-00.0");
	place.found.cdev[0] = '\0';
	assert_null(passed_fds_find_device(&place));
	assert_true(passed_fds_have_devices());
}

/* Not even their flags: they may not be open. */
static void
other_names_are_left_alone(void **state __rte_unused)
{
	char names[256];

	mock_pass(10, "/dev/vfio/devices/vfio3");
	snprintf(names, sizeof(names),
		"unknown:vfio:vfiox:vfio3x::socket:%080d:vfio3", 7);
	pass_to(getpid(), "8", names);
	assert_int_equal(passed_fds_find_device(&place)->fd, 10);
	assert_null(passed_fds_find_iommu());
	assert_int_equal(mock_calls(""), 1);
	assert_string_equal(mock_last_call(""), "set_cloexec fd=10");
}

static void
descriptors_of_another_process_do_not_count(void **state __rte_unused)
{
	pass_to(getppid(), "1", "iommu");
	assert_nothing_passed();
	passed_fds_forget();
	unsetenv("LISTEN_PID");
	assert_nothing_passed();
	assert_no_error();
}

static void
numbers_that_are_none_do_not_count(void **state __rte_unused)
{
	static const char *const wrong[] = { "", "0", "-1", "1x", " 1", "x",
		"99999999999999999999" };
	size_t i;

	for (i = 0; i < RTE_DIM(wrong); i++) {
		pass_to(getpid(), wrong[i], "iommu");
		assert_nothing_passed();
		passed_fds_forget();
	}
}

static void
descriptors_without_names_are_left_alone(void **state __rte_unused)
{
	pass_to(getpid(), "1", "");
	unsetenv("LISTEN_FDNAMES");
	assert_nothing_passed();
	assert_string_equal(logs_text(), "");
}

static void
too_few_names_are_complained_of_once(void **state __rte_unused)
{
	pass_to(getpid(), "3", "iommu:vfio3");
	assert_nothing_passed();
	assert_nothing_passed();
	assert_contains(logs_text(),
		"LISTEN_FDNAMES has 2 names, but LISTEN_FDS says 3 descriptors");
	assert_ptr_equal(strstr(logs_text(), "LISTEN_FDNAMES"),
		strstr(logs_text(), "LISTEN_FDNAMES has 2"));
}

/* One that is bound keeps others out, as any open device does. */
static void
only_files_that_are_bound_to_nothing_are_unbound(void **state __rte_unused)
{
	struct passed_fd *device;

	mock_pass(4, "/dev/vfio/devices/vfio3");
	pass_to(getpid(), "2", "other:vfio3");
	device = passed_fds_find_device(&place);
	assert_true(passed_fds_is_unbound(4));
	assert_false(passed_fds_is_unbound(3));
	passed_fds_set_state(device, PASSED_IDLE);
	assert_false(passed_fds_is_unbound(4));
	passed_fds_close(device);
	assert_null(passed_fds_find_device(&place));
	assert_false(passed_fds_is_unbound(4));
	assert_int_equal(mock_calls("close fd=4"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_the_variables_nothing_is_passed),
		TEST(files_are_found_by_their_names),
		TEST(a_device_has_its_address_as_a_name),
		TEST(a_device_without_a_node_is_not_passed),
		TEST(other_names_are_left_alone),
		TEST(descriptors_of_another_process_do_not_count),
		TEST(numbers_that_are_none_do_not_count),
		TEST(descriptors_without_names_are_left_alone),
		TEST(too_few_names_are_complained_of_once),
		TEST(only_files_that_are_bound_to_nothing_are_unbound),
	};

	return RUN_TESTS("passed_fds", tests);
}
