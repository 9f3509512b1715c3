/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Devices whose driver has requested an empty address space: which of them get one, and that
 * nothing is left of those that do not. containers.c is compiled in, because what it records
 * never ends in a program. (What needs EAL's memory, the VM tests show.)
 */

#include <errno.h>
#include <linux/vfio.h>

#include <rte_log.h>

#include "../../../drivers/bus/pci_iommufd/containers.c"
#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

#define GROUP 4
#define NODE "/dev/vfio/devices/vfio0"

RTE_LOG_REGISTER(bus_iommufd_logtype, bus.pci.iommufd, INFO)

static const struct fake_device nic_entry = { "0000:01:00.0", "vfio-pci",
	"vfio0", "511:0", "4", NULL };
static const char *nic;

/* The default container has the test's context, which ends. */
static int
setup(void **state)
{
	int ret = devices_start(state, false, "backend=iommufd");

	nic = fake_sysfs_add(&nic_entry);
	books.standard.context = context;
	return ret;
}

static int
teardown(void **state)
{
	assert_true(TAILQ_EMPTY(&books.devices));
	assert_int_equal(rte_iommufd_space_destroy(books.standard.space), 0);
	books.standard.space = NULL;
	books.standard.context = NULL;
	return devices_end(state);
}

static int
open_nic(int *fd)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	return containers_open_device(nic, GROUP, NULL, fd, &info);
}

static void
a_requested_space_is_empty(void **state __rte_unused)
{
	int fd;

	assert_int_equal(rte_iommufd_device_request_empty(nic), 0);
	assert_int_equal(rte_iommufd_device_request_empty(nic), 0);
	assert_int_equal(open_nic(&fd), 0);
	rte_iommufd_device_request_withdraw(nic);
	assert_true(TAILQ_FIRST(&books.devices)->is_empty);
	assert_ptr_not_equal(
		TAILQ_FIRST(&books.devices)->own_space, books.standard.space);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(mock_open(NODE), 1);
	assert_int_equal(containers_close_device(nic, fd), 0);
	assert_int_equal(mock_open(NODE), 0);
	assert_no_error();
}

/* Another path to the device, and another device. */
static void
a_request_is_for_one_device_until_withdrawn(void **state __rte_unused)
{
	const char *other = "/sys/bus/pci/devices/0000:01:00.1";

	assert_false(rte_iommufd_device_wants_empty(nic));
	assert_int_equal(rte_iommufd_device_request_empty(nic), 0);
	assert_true(rte_iommufd_device_wants_empty("/elsewhere/0000:01:00.0"));
	assert_false(rte_iommufd_device_wants_empty(other));
	rte_iommufd_device_request_withdraw(other);
	assert_true(rte_iommufd_device_wants_empty(nic));
	rte_iommufd_device_request_withdraw(nic);
	assert_false(rte_iommufd_device_wants_empty(nic));
}

static void
what_cannot_be_attached_leaves_nothing(void **state __rte_unused)
{
	int fd;

	assert_int_equal(rte_iommufd_device_request_empty(nic), 0);
	mock_answer("device_attach", -EBUSY);
	assert_int_equal(open_nic(&fd), -EBUSY);
	rte_iommufd_device_request_withdraw(nic);
	assert_int_equal(mock_open(NODE), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_requested_space_is_empty),
		TEST(a_request_is_for_one_device_until_withdrawn),
		TEST(what_cannot_be_attached_leaves_nothing),
	};

	return RUN_TESTS("containers", tests);
}
