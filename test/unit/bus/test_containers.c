/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Devices with sva=1 in the books behind the seam: which of them get an address space
 * without EAL's memory, and that nothing is left of those that do not. The books are
 * compiled in, because they never end in a program. (What needs EAL's memory, the VM
 * tests show.)
 *
 * Must not know: how the argument is found.
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

/* In the place of sva_argument.c's: everybody asks for it. */
bool
sva_is_asked_for(const char *path)
{
	assert_string_equal(path, nic);
	return true;
}

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
a_device_with_pasids_has_an_empty_space(void **state __rte_unused)
{
	int fd;

	mock_answer_value("hw_info", 0, 20);
	assert_int_equal(open_nic(&fd), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(mock_pasids(), 0);
	assert_int_equal(mock_open(NODE), 1);
	assert_int_equal(containers_close_device(nic, fd), 0);
	assert_int_equal(mock_open(NODE), 0);
	assert_no_error();
}

static void
a_device_without_pasids_is_refused(void **state __rte_unused)
{
	int fd;

	mock_answer_value("hw_info", 0, 0);
	assert_int_equal(open_nic(&fd), -EIO);
	assert_one_error("0000:01:00.0: cannot use PASIDs");
	assert_int_equal(mock_calls("device_attach"), 0);
	assert_int_equal(mock_open(NODE), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_device_with_pasids_has_an_empty_space),
		TEST(a_device_without_pasids_is_refused),
	};

	return RUN_TESTS("containers", tests);
}
