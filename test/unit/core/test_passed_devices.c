/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Contexts and devices by files that were passed to the process, and whom IOMMUFD charges.
 *
 * Must not know: how names are read.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/vfio.h>
#include <sys/sysmacros.h>

#include "backend/backend.h"
#include "devices.h"
#include "fake_sysfs.h"
#include "kernel/passed_fds.h"
#include "logs.h"
#include "machine.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define IOMMU_FD 3
#define DEVICE_FD 4
#define DEVICE_NODE "/dev/vfio/devices/vfio0"

static void
listen(const char *names, const char *count)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_FDNAMES", names, 1);
}

static int
setup(void **state)
{
	return machine_start(state, false, "backend=iommufd");
}

static int
setup_auto(void **state)
{
	return machine_start(state, false, "backend=auto");
}

static int
setup_by_process(void **state)
{
	return machine_start(state, false, "rlimit=process");
}

static int
setup_iommufd_by_process(void **state)
{
	return machine_start(state, false, "backend=iommufd,rlimit=process");
}

static int
setup_by_user(void **state)
{
	return machine_start(state, false, "backend=iommufd,rlimit=user");
}

static int
teardown(void **state)
{
	fake_sysfs_remove();
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	passed_fds_forget();
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	unsetenv("LISTEN_PID");
	return mock_finish(state);
}

static void
pass_both(void)
{
	mock_pass(IOMMU_FD, "/dev/iommu");
	mock_pass(DEVICE_FD, DEVICE_NODE);
	listen("iommu:vfio0", "2");
}

/* Opens, attaches and closes it. */
static void
use_device(void)
{
	struct rte_iommufd_space *space = create_space();
	struct rte_iommufd_device *device = open_device(nic);

	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
passed_files_need_no_nodes(void **state __rte_unused)
{
	pass_both();
	mock_answer("open ", -EACCES);
	use_device();
	assert_int_equal(mock_calls("open "), 0);
	assert_no_error();
}

static void
a_passed_file_is_bound_once_and_used_again(void **state __rte_unused)
{
	pass_both();
	use_device();
	assert_int_equal(mock_calls("device_stop fd=4"), 1);
	use_device();
	use_device();
	assert_int_equal(mock_calls("device_bind"), 1);
	assert_int_equal(mock_calls("device_attach"), 3);
	assert_int_equal(mock_calls("device_stop fd=4"), 3);
	assert_no_error();
}

static void
a_passed_file_serves_one_device_at_a_time(void **state __rte_unused)
{
	struct rte_iommufd_device *device, *second;

	pass_both();
	device = open_device(nic);
	assert_int_equal(
		rte_iommufd_device_open(context, nic, NULL, &second), -EBUSY);
	assert_one_error("already opened in this process", "descriptor 4");
	rte_iommufd_device_close(device);
	rte_iommufd_device_close(open_device(nic));
}

/* Only the device is passed: what it is bound to stays, for contexts that come after. */
static void
a_context_that_comes_after_has_the_same_iommufd(void **state __rte_unused)
{
	struct rte_iommufd_context *first = context;
	struct rte_iommufd_context *second;

	mock_pass(IOMMU_FD, DEVICE_NODE);
	listen("pci-0000-01-00.0", "1");
	use_device();
	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &second), 0);
	context = second;
	use_device();
	assert_int_equal(mock_calls("open /dev/iommu"), 1);
	assert_int_equal(mock_calls("device_bind"), 1);
	assert_int_equal(rte_iommufd_context_destroy(second), 0);
	context = first;
}

static void
a_device_that_was_not_passed_is_opened_by_its_node(void **state __rte_unused)
{
	pass_both();
	rte_iommufd_device_close(open_device(second_nic));
	assert_int_equal(mock_calls("open /dev/vfio/devices/vfio1"), 2);
	assert_int_equal(mock_calls("device_stop"), 0);
	assert_no_error();
}

static void
assert_refused(const char *one, const char *other)
{
	struct rte_iommufd_device *device;

	assert_true(rte_iommufd_device_open(context, nic, NULL, &device) < 0);
	assert_one_error(one, other);
	assert_int_equal(mock_calls("open " DEVICE_NODE), 0);
	assert_int_equal(mock_calls("device_bind"), 0);
}

static void
a_file_that_is_not_what_its_name_says_is_refused(void **state __rte_unused)
{
	mock_pass(IOMMU_FD, "/dev/iommu");
	mock_pass(DEVICE_FD, "/dev/vfio/devices/vfio1");
	listen("iommu:vfio0", "2");
	assert_refused("calls file descriptor 4 \"vfio0\"",
		"its file is not " DEVICE_NODE);
	mock_answer("device_number fd=4", -ENODEV);
	assert_refused("calls file descriptor 4 \"vfio0\"",
		"its file is not " DEVICE_NODE);
	mock_answer("device_number fd=4", -EBADF);
	assert_refused(
		"calls file descriptor 4 \"vfio0\"", "no file is open there");
}

static void
an_iommu_that_is_not_one_is_refused(void **state __rte_unused)
{
	mock_pass(IOMMU_FD, "/dev/vfio/devices/vfio1");
	mock_pass(DEVICE_FD, DEVICE_NODE);
	listen("iommu:vfio0", "2");
	assert_refused("calls file descriptor 3 \"iommu\"",
		"its file is not /dev/iommu");
	mock_answer("iommu_number", -ENOENT);
	assert_refused("calls file descriptor 3 \"iommu\"",
		"cannot be checked: No such file");
}

static void
a_bound_file_wants_the_same_token(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	pass_both();
	assert_int_equal(
		rte_iommufd_device_open(context, nic, devices_token, &device),
		0);
	rte_iommufd_device_close(device);
	assert_int_equal(
		rte_iommufd_device_open(context, nic, NULL, &device), -EACCES);
	assert_one_error("bound with another VF token");
	assert_int_equal(
		rte_iommufd_device_open(context, nic, devices_token, &device),
		0);
	rte_iommufd_device_close(device);
	assert_int_equal(mock_calls("device_bind"), 1);
}

/* The kernel waits for the file's end: it must not stay open. */
static void
the_file_of_a_removed_device_is_closed(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	char path[256];

	pass_both();
	device = open_device(nic);
	snprintf(path, sizeof(path), "%s/vfio-dev/vfio0/dev", nic);
	assert_int_equal(unlink(path), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(mock_calls("close fd=4"), 1);
	assert_int_equal(mock_calls("device_stop"), 0);
	assert_int_equal(mock_open(DEVICE_NODE), 0);
	assert_no_error();
}

static void
a_device_that_cannot_be_stopped_is_not_kept(void **state __rte_unused)
{
	pass_both();
	mock_answer("device_stop", -EIO);
	use_device();
	assert_contains(logs_text(), "it cannot be stopped with its file open");
	assert_int_equal(mock_open(DEVICE_NODE), 0);
}

/* A device that is bound keeps its group from a legacy container. */
static void
a_file_that_iommufd_cannot_use_is_given_up(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	pass_both();
	mock_answer("device_attach", -EINVAL);
	device = open_device(nic);
	assert_string_equal(rte_iommufd_context_backend(context), "type1v2");
	assert_int_equal(mock_open(DEVICE_NODE), 0);
	rte_iommufd_device_close(device);
	assert_no_error();
}

/* --- Whom IOMMUFD charges --- */

static void
the_process_is_charged_when_asked_for(void **state __rte_unused)
{
	rte_iommufd_device_close(open_device(nic));
	assert_contains(mock_last_call("iommu_set"), "mode=process");
	assert_int_equal(mock_calls("iommu_set"), 1);
	assert_string_equal(rte_iommufd_context_backend(context), "iommufd");
}

static void
nobody_else_is_charged_unasked(void **state __rte_unused)
{
	mock_charges_process = true;
	pass_both();
	rte_iommufd_device_close(open_device(nic));
	assert_int_equal(mock_calls("iommu_set"), 0);
	assert_true(mock_charges_process);
}

static void
the_user_is_charged_when_asked_for(void **state __rte_unused)
{
	mock_charges_process = true;
	pass_both();
	rte_iommufd_device_close(open_device(nic));
	assert_false(mock_charges_process);
}

/* It charges the process always. */
static void
a_container_serves_where_iommufd_may_not_charge_the_process(
	void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	mock_answer("iommu_set", -EPERM);
	device = open_device(nic);
	assert_string_equal(rte_iommufd_context_backend(context), "type1v2");
	assert_contains(rte_iommufd_context_reason(context),
		"rlimit=process was asked for, and the kernel lets only a process with CAP_SYS_RESOURCE");
	rte_iommufd_device_close(device);
}

static void
who_may_not_choose_is_told(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	mock_answer("iommu_set", -EPERM);
	assert_true(rte_iommufd_device_open(context, nic, NULL, &device) < 0);
	assert_one_error("rlimit=process was asked for", "CAP_SYS_RESOURCE",
		"dpdk-iommufd-run --rlimit-mode process");
	mock_answer("iommu_set", -EBUSY);
	assert_true(rte_iommufd_device_open(context, nic, NULL, &device) < 0);
	assert_one_error("rlimit=process was asked for", "is in use");
}

/* The counter that error lines name. */
static void
the_charge_is_known(void **state __rte_unused)
{
	rte_iommufd_device_close(open_device(nic));
	assert_int_equal(backend_charge(context), MEMORY_CHARGED_TO_PROCESS);
}

static void
the_charge_of_a_passed_file_is_known(void **state __rte_unused)
{
	mock_charges_process = true;
	pass_both();
	rte_iommufd_device_close(open_device(nic));
	assert_int_equal(backend_charge(context), MEMORY_CHARGED_TO_PROCESS);
}

static void
the_user_is_charged_by_default(void **state __rte_unused)
{
	rte_iommufd_device_close(open_device(nic));
	assert_int_equal(backend_charge(context), MEMORY_CHARGED_TO_USER);
}

#define WITH(setup_function, name) \
	cmocka_unit_test_setup_teardown(name, setup_function, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(setup, passed_files_need_no_nodes),
		WITH(setup, a_passed_file_is_bound_once_and_used_again),
		WITH(setup, a_passed_file_serves_one_device_at_a_time),
		WITH(setup, a_context_that_comes_after_has_the_same_iommufd),
		WITH(setup, a_device_that_was_not_passed_is_opened_by_its_node),
		WITH(setup, a_file_that_is_not_what_its_name_says_is_refused),
		WITH(setup, an_iommu_that_is_not_one_is_refused),
		WITH(setup, a_bound_file_wants_the_same_token),
		WITH(setup, the_file_of_a_removed_device_is_closed),
		WITH(setup, a_device_that_cannot_be_stopped_is_not_kept),
		WITH(setup_auto, a_file_that_iommufd_cannot_use_is_given_up),
		WITH(setup_by_process, the_process_is_charged_when_asked_for),
		WITH(setup, nobody_else_is_charged_unasked),
		WITH(setup_by_user, the_user_is_charged_when_asked_for),
		WITH(setup_by_process,
			a_container_serves_where_iommufd_may_not_charge_the_process),
		WITH(setup_iommufd_by_process, who_may_not_choose_is_told),
		WITH(setup_iommufd_by_process, the_charge_is_known),
		WITH(setup, the_charge_of_a_passed_file_is_known),
		WITH(setup, the_user_is_charged_by_default),
	};

	return RUN_TESTS("passed_devices", tests);
}
