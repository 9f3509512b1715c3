/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Registers that a program maps by the address at which it sees them: which device's dma-buf
 * is taken, and what is said where there is none. A file in the tests' sysfs stands in for the
 * BAR.
 *
 * Must not know: how the address is looked up.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/mman.h>

#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE 0x1000
#define BAR_PAGES 16
#define IOVA 0x100000

static const struct fake_device nic_entry = { "0000:01:00.0", "vfio-pci",
	"vfio0", "511:0", "4", NULL };
static const struct fake_device other_entry = { "0000:02:00.0", "vfio-pci",
	"vfio1", "511:1", "5", NULL };

static struct rte_iommufd_device *nic;
static struct rte_iommufd_space *space;
static char *of_nic, *of_other; /* pages 2 to 9 of their BARs 2 */

/* Its physical address, which the kernel adds to the offset, is page 1 here. */
static char *
map_bar(const char *folder, const char *name)
{
	char path[PATH_MAX];
	char *va;
	int fd;

	snprintf(path, sizeof(path), "%s/resource", folder);
	fake_sysfs_write(path,
		"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		"0x0000000000001000 0x000000000000ffff 0x0000000000140204\n");
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fake_sysfs_write(path, "");
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, BAR_PAGES * PAGE), 0);
	va = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		3 * PAGE);
	close(fd);
	assert_ptr_not_equal(va, MAP_FAILED);
	return va;
}

static int
start(void **state, const char *settings)
{
	const char *folder;

	assert_int_equal(devices_start(state, false, settings), 0);
	folder = fake_sysfs_add(&nic_entry);
	of_nic = map_bar(folder, "resource2_wc");
	nic = open_device(folder);
	of_other = map_bar(fake_sysfs_add(&other_entry), "resource2");
	space = create_space();
	return 0;
}

static int
setup(void **state)
{
	int ret = start(state, "backend=iommufd");

	mock_answer("ioas_map ", -EFAULT);
	return ret;
}

static int
setup_type1(void **state)
{
	return start(state, "backend=type1");
}

static int
teardown(void **state)
{
	munmap(of_nic, 8 * PAGE);
	munmap(of_other, 8 * PAGE);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	rte_iommufd_device_close(nic);
	assert_no_error();
	return devices_end(state);
}

static void
assert_dma_buf(const char *part)
{
	char text[128];

	snprintf(text, sizeof(text), "device_open_dma_buf fd=%d region=2 %s",
		rte_iommufd_device_fd(nic), part);
	assert_string_equal(mock_last_call("device_open_dma_buf"), text);
	assert_int_equal(mock_open("dma-buf"), 0);
}

static void
registers_are_mapped_by_their_dma_buf(void **state __rte_unused)
{
	void *va;

	assert_int_equal(
		rte_iommufd_space_map(space, of_nic + PAGE, IOVA, 2 * PAGE, RW),
		0);
	assert_dma_buf("offset=0x3000 length=0x2000");
	assert_contains(mock_last_call("ioas_map_file"),
		" offset=0 iova=0x100000 length=0x2000 rights=rw");
	assert_int_equal(
		rte_iommufd_space_lookup(space, IOVA, PAGE, RW, &va), 0);
	assert_ptr_equal(va, of_nic + PAGE);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, 2 * PAGE), 0);
	assert_int_equal(mock_mappings(), 0);
}

/* As rte_dev_dma_map() does, for two ports. */
static void
registers_are_counted(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		assert_int_equal(rte_iommufd_space_map_counted(
					 space, of_nic, IOVA, 8 * PAGE, RW),
			0);
	assert_dma_buf("offset=0x2000 length=0x8000");
	assert_int_equal(mock_calls("ioas_map_file"), 1);
	for (i = 0; i < 2; i++)
		assert_int_equal(rte_iommufd_space_unmap_counted(
					 space, of_nic, IOVA, 8 * PAGE),
			0);
	assert_int_equal(mock_mappings(), 0);
}

static void
registers_of_a_device_that_is_not_open_are_told(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_space_map(space, of_other, IOVA, PAGE, RW),
		-EFAULT);
	assert_one_error("cannot map 0x100000-0x100fff",
		"registers of 0000:02:00.0", "not opened",
		"RTE_IOMMUFD=backend=type1");
	assert_int_equal(mock_calls("device_open_dma_buf"), 0);
	assert_int_equal(mock_mappings(), 0);
}

static void
a_kernel_without_dma_bufs_is_told(void **state __rte_unused)
{
	mock_answer("device_open_dma_buf", -ENOTTY);
	assert_int_equal(
		rte_iommufd_space_map_counted(space, of_nic, IOVA, PAGE, RW),
		-EFAULT);
	assert_one_error("registers of 0000:01:00.0", "Linux 6.19",
		"RTE_IOMMUFD=backend=type1");
}

static void
what_is_no_registers_stays_a_fault(void **state __rte_unused)
{
	assert_int_equal(
		rte_iommufd_space_map(space, &space, IOVA, PAGE, RW), -EFAULT);
	assert_one_error("cannot map 0x100000-0x100fff", "there is no memory");
	/* Nothing, and more than the registers. */
	assert_int_equal(
		rte_iommufd_space_map(space, (void *)PAGE, IOVA, PAGE, RW),
		-EFAULT);
	assert_one_error("there is no memory");
	assert_int_equal(
		rte_iommufd_space_map(space, of_nic + PAGE, IOVA, 8 * PAGE, RW),
		-EFAULT);
	assert_one_error("there is no memory");
	assert_int_equal(mock_calls("device_open_dma_buf"), 0);
}

static void
containers_take_the_address(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_device_attach(nic, space), 0);
	assert_int_equal(
		rte_iommufd_space_map(space, of_nic, IOVA, PAGE, RW), 0);
	assert_int_equal(mock_calls("device_open_dma_buf"), 0);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
	assert_int_equal(rte_iommufd_device_detach(nic), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TYPE1(name) cmocka_unit_test_setup_teardown(name, setup_type1, teardown)
	const struct CMUnitTest tests[] = {
		TEST(registers_are_mapped_by_their_dma_buf),
		TEST(registers_are_counted),
		TEST(registers_of_a_device_that_is_not_open_are_told),
		TEST(a_kernel_without_dma_bufs_is_told),
		TEST(what_is_no_registers_stays_a_fault),
		TYPE1(containers_take_the_address),
	};

	return RUN_TESTS("region", tests);
}
