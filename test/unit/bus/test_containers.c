/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Devices whose driver has requested an empty address space: which of them get one, and that
 * nothing is left of those that do not. The tests look into the records, which never end in a
 * program. (What needs EAL's memory, the VM tests show.)
 */

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_iommufd.h>
#include <rte_iommufd_internal.h>
#include <rte_log.h>

#include "bus_log.h"
#include "containers.h"
#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "registry.h"
#include "unit.h"
#include "vfio_shim.h"

#define GROUP 4
#define NODE "/dev/vfio/devices/vfio0"

RTE_LOG_REGISTER(bus_iommufd_logtype, bus.pci.iommufd, INFO)

static const struct fake_device nic_entry = { "0000:01:00.0", "vfio-pci",
	"vfio0", "511:0", "4", NULL };
static const char *nic;
static enum rte_proc_type_t process_type;

/* In the place of EAL's. */
enum rte_proc_type_t
rte_eal_process_type(void)
{
	return process_type;
}

/* The default container has the test's context, which ends. */
static int
setup(void **state)
{
	int ret = devices_start(state, false, "backend=iommufd");

	nic = fake_sysfs_add(&nic_entry);
	process_type = RTE_PROC_PRIMARY;
	containers_registry.standard.context = context;
	return ret;
}

static int
teardown(void **state)
{
	assert_true(TAILQ_EMPTY(&containers_registry.devices));
	assert_int_equal(
		rte_iommufd_space_destroy(containers_registry.standard.space),
		0);
	containers_registry.standard.space = NULL;
	containers_registry.standard.context = NULL;
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
	assert_true(TAILQ_FIRST(&containers_registry.devices)->is_empty);
	assert_ptr_not_equal(
		TAILQ_FIRST(&containers_registry.devices)->own_space,
		containers_registry.standard.space);
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

/* rte_iommufd_device_open() takes such a path, too. */
static void
a_request_may_end_with_slashes(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_device_request_empty(
				 "/sys/bus/pci/devices/0000:01:00.0/"),
		0);
	assert_true(rte_iommufd_device_wants_empty(nic));
	assert_true(rte_iommufd_device_wants_empty("0000:01:00.0//"));
	assert_false(rte_iommufd_device_wants_empty(
		"/sys/bus/pci/devices/0000:01:00.1/"));
	rte_iommufd_device_request_withdraw("/elsewhere/0000:01:00.0/");
	assert_false(rte_iommufd_device_wants_empty(nic));

	assert_int_equal(rte_iommufd_device_request_empty(nic), 0);
	assert_true(rte_iommufd_device_wants_empty(
		"/sys/bus/pci/devices/0000:01:00.0/"));
	rte_iommufd_device_request_withdraw(nic);
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

/* A space of the secondary's own reaches none of the primary's devices. */
static void
a_secondary_has_no_container_for_type1_calls(void **state __rte_unused)
{
	int fd;

	process_type = RTE_PROC_SECONDARY;
	assert_int_equal(containers_default_fd(&fd), -EINVAL);
	assert_one_error("in a secondary process");
	assert_null(containers_registry.standard.space);
	process_type = RTE_PROC_PRIMARY;
	assert_int_equal(containers_default_fd(&fd), 0);
	assert_no_error();
}

static unsigned int process_unmaps;

int __wrap_rte_iommufd_process_unmap(
	const void *va, uint64_t iova, uint64_t length);

int
__wrap_rte_iommufd_process_unmap(const void *va __rte_unused,
	uint64_t iova __rte_unused, uint64_t length __rte_unused)
{
	process_unmaps++;
	return 0;
}

/* As a program does that closes its port and then frees its memory. */
static void
a_secondary_unmaps_after_its_last_device(void **state __rte_unused)
{
	const int fd = VFIO_SHIM_DEFAULT_CONTAINER_FD;

	process_type = RTE_PROC_SECONDARY;
	process_unmaps = 0;
	assert_int_equal(containers_map(fd, 0x1000, 0x1000, 0x1000), -ENODEV);
	assert_int_equal(containers_unmap(fd, 0x1000, 0x1000, 0x1000), 0);
	assert_int_equal(process_unmaps, 1);
	assert_no_error();
}

/* --- Maps of the program --- */

static unsigned int calls_without_lock;

static void
count_if_unlocked(void)
{
	if (pthread_mutex_trylock(&containers_registry.lock) != 0)
		return;
	pthread_mutex_unlock(&containers_registry.lock);
	calls_without_lock++;
}

int __real_kernel_ioas_map(int iommu_fd, uint32_t ioas_id, uint64_t va,
	uint64_t iova, uint64_t length, uint32_t rights);
int __wrap_kernel_ioas_map(int iommu_fd, uint32_t ioas_id, uint64_t va,
	uint64_t iova, uint64_t length, uint32_t rights);
int __real_kernel_ioas_unmap(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped);
int __wrap_kernel_ioas_unmap(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped);

int
__wrap_kernel_ioas_map(int iommu_fd, uint32_t ioas_id, uint64_t va,
	uint64_t iova, uint64_t length, uint32_t rights)
{
	count_if_unlocked();
	return __real_kernel_ioas_map(
		iommu_fd, ioas_id, va, iova, length, rights);
}

int
__wrap_kernel_ioas_unmap(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped)
{
	count_if_unlocked();
	return __real_kernel_ioas_unmap(
		iommu_fd, ioas_id, iova, length, unmapped);
}

/* A long map must not keep other devices from being opened or mapped for. */
static void
the_kernel_is_called_without_the_lock(void **state __rte_unused)
{
	const int fd = VFIO_SHIM_DEFAULT_CONTAINER_FD;

	assert_int_equal(containers_map(fd, 0x7000, 0x1000, 0x1000), -ENODEV);
	assert_int_equal(containers_unmap(fd, 0x7000, 0x1000, 0x1000), -EINVAL);
	assert_one_error("not mapped by the program");
	assert_int_equal(containers_map(12345, 0x7000, 0x1000, 0x1000), -EBADF);
	assert_one_error("12345 is not the fd of a container");
	assert_int_equal(
		container_require_space(&containers_registry.standard), 0);
	containers_registry.standard.devices = 1;
	calls_without_lock = 0;
	assert_int_equal(containers_map(fd, 0x7000, 0x1000, 0x1000), 0);
	assert_int_equal(calls_without_lock, 1);
	containers_registry.standard.devices = 0;
	/* What was mapped while a device was there is unmapped when none is any more. */
	assert_int_equal(containers_unmap(fd, 0x7000, 0x1000, 0x1000), 0);
	assert_int_equal(calls_without_lock, 2);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
}

/* Its owner may destroy it while another thread maps. */
static void
a_container_ends_with_its_last_call(void **state __rte_unused)
{
	struct container *container;
	int fd;

	assert_int_equal(rte_iommufd_configure("backend=type1"), 0);
	assert_int_equal(containers_create(&fd), 0);
	assert_int_equal(container_call_begin(fd, 0, &container), 0);
	assert_int_equal(containers_destroy(fd), 0);
	assert_false(TAILQ_EMPTY(&containers_registry.custom));
	assert_int_equal(containers_map(fd, 0x7000, 0x1000, 0x1000), -EBADF);
	assert_one_error("is not the fd of a container");
	container_call_end(container);
	assert_true(TAILQ_EMPTY(&containers_registry.custom));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_requested_space_is_empty),
		TEST(a_request_is_for_one_device_until_withdrawn),
		TEST(a_request_may_end_with_slashes),
		TEST(what_cannot_be_attached_leaves_nothing),
		TEST(a_secondary_has_no_container_for_type1_calls),
		TEST(a_secondary_unmaps_after_its_last_device),
		TEST(the_kernel_is_called_without_the_lock),
		TEST(a_container_ends_with_its_last_call),
	};

	return RUN_TESTS("containers", tests);
}
