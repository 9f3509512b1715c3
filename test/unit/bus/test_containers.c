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

/* --- Maps of the program --- */

static unsigned int calls_without_lock;

static void
count_if_unlocked(void)
{
	if (pthread_mutex_trylock(&books.lock) != 0)
		return;
	pthread_mutex_unlock(&books.lock);
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
	assert_int_equal(require_space(&books.standard), 0);
	books.standard.devices = 1;
	calls_without_lock = 0;
	assert_int_equal(containers_map(fd, 0x7000, 0x1000, 0x1000), 0);
	assert_int_equal(calls_without_lock, 1);
	books.standard.devices = 0;
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
	assert_int_equal(call_begin(fd, 0, &container), 0);
	assert_int_equal(containers_destroy(fd), 0);
	assert_false(TAILQ_EMPTY(&books.custom));
	assert_int_equal(containers_map(fd, 0x7000, 0x1000, 0x1000), -EBADF);
	assert_one_error("is not the fd of a container");
	call_end(container);
	assert_true(TAILQ_EMPTY(&books.custom));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_device_with_pasids_has_an_empty_space),
		TEST(a_device_without_pasids_is_refused),
		TEST(the_kernel_is_called_without_the_lock),
		TEST(a_container_ends_with_its_last_call),
	};

	return RUN_TESTS("containers", tests);
}
