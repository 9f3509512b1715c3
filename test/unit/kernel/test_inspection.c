/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What dpdk-iommufd-info reads of the machine: hugepages, IOMMUs, the kernel's options, reserved
 * regions, nodes.
 *
 * Must not know: what it is shown for.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake_sysfs.h"
#include "kernel/hugepages.h"
#include "kernel/iommu_unit.h"
#include "kernel/kernel_config.h"
#include "kernel/node_access.h"
#include "kernel/reserved_regions.h"
#include "mock_kernel.h"
#include "unit.h"

static int
setup(void **state)
{
	mock_start_permissive(state);
	fake_sysfs_make();
	return 0;
}

static int
teardown(void **state)
{
	fake_sysfs_remove();
	return mock_finish(state);
}

static void
write_pool(const char *folder, const char *total, const char *left)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/nr_hugepages", folder);
	fake_sysfs_write(fake_sysfs_path(name), total);
	snprintf(name, sizeof(name), "%s/free_hugepages", folder);
	fake_sysfs_write(fake_sysfs_path(name), left);
}

static void
hugepages_are_told_by_node_and_size(void **state __rte_unused)
{
	struct hugepage_pool pools[8];

	write_pool("kernel/mm/hugepages/hugepages-2048kB", "9\n", "9\n");
	write_pool("devices/system/node/node0/hugepages/hugepages-2048kB",
		"512\n", "500\n");
	write_pool("devices/system/node/node0/hugepages/hugepages-1048576kB",
		"1\n", "0\n");
	write_pool("devices/system/node/node10/hugepages/hugepages-2048kB",
		"7\n", "7\n");
	write_pool("devices/system/node/node2/hugepages/hugepages-2048kB",
		"4\n", "4\n");
	assert_int_equal(
		hugepages_read_pools(fake_sysfs_path("."), pools, 8), 4);
	assert_int_equal(pools[0].node, 0);
	assert_int_equal(pools[0].size_kib, 2048);
	assert_int_equal(pools[0].total, 512);
	assert_int_equal(pools[0].free, 500);
	assert_int_equal(pools[1].size_kib, 1048576);
	assert_int_equal(pools[1].free, 0);
	assert_int_equal(pools[2].node, 2);
	assert_int_equal(pools[3].node, 10);
	assert_int_equal(
		hugepages_read_pools(fake_sysfs_path("."), pools, 2), 2);
}

static void
without_nodes_there_are_the_hugepages_of_the_machine(void **state __rte_unused)
{
	struct hugepage_pool pools[8];

	assert_int_equal(
		hugepages_read_pools(fake_sysfs_path("."), pools, 8), 0);
	write_pool("kernel/mm/hugepages/hugepages-64kB", "9\n", "8\n");
	assert_int_equal(
		hugepages_read_pools(fake_sysfs_path("."), pools, 8), 1);
	assert_int_equal(pools[0].node, -1);
	assert_int_equal(pools[0].size_kib, 64);
	assert_int_equal(pools[0].total, 9);
	assert_int_equal(pools[0].free, 8);
}

static void
mounts_are_told_with_their_size(void **state __rte_unused)
{
	const char *table = fake_sysfs_path("mounts");
	struct hugepage_mount mounts[4];

	fake_sysfs_write(table,
		"proc /proc proc rw 0 0\n"
		"none /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n"
		"none /mnt/a\\040b hugetlbfs rw,pagesize=1024M 0 0\n"
		"none /mnt/plain hugetlbfs rw 0 0\n");
	assert_int_equal(hugepages_read_mounts(table, mounts, 4), 3);
	assert_string_equal(mounts[0].path, "/dev/hugepages");
	assert_int_equal(mounts[0].size_kib, 2048);
	assert_string_equal(mounts[1].path, "/mnt/a b");
	assert_int_equal(mounts[1].size_kib, 1048576);
	assert_int_equal(mounts[2].size_kib, 0);
	assert_int_equal(
		hugepages_read_mounts(fake_sysfs_path("none"), mounts, 4), 0);
}

static void
iommus_are_told_in_the_order_of_their_numbers(void **state __rte_unused)
{
	struct iommu_unit units[4];

	assert_int_equal(
		iommu_units_read(fake_sysfs_path("class"), units, 4), 0);
	fake_sysfs_write(fake_sysfs_path("class/dmar10/uevent"), "");
	fake_sysfs_write(fake_sysfs_path("class/dmar2/uevent"), "");
	fake_sysfs_write(fake_sysfs_path("class/other/uevent"), "");
	assert_int_equal(
		iommu_units_read(fake_sysfs_path("class"), units, 4), 3);
	assert_string_equal(units[0].name, "dmar2");
	assert_string_equal(units[0].kind, "intel-iommu");
	assert_string_equal(units[1].name, "dmar10");
	assert_string_equal(units[2].name, "other");
	assert_string_equal(units[2].kind, "");
}

static void
the_iommu_of_a_device_is_behind_its_link(void **state __rte_unused)
{
	const char *nic = fake_sysfs_add(&(struct fake_device){
		"0000:01:00.0", "vfio-pci", NULL, NULL, "7", NULL });
	struct iommu_unit unit;
	char type[32];

	assert_false(iommu_unit_of(nic, &unit));
	iommu_unit_group_type(nic, type, sizeof(type));
	assert_string_equal(type, "");
	fake_sysfs_link(fake_sysfs_path("devices/0000:01:00.0/iommu"),
		"../../virtual/iommu/ivhd0");
	fake_sysfs_write(fake_sysfs_path("groups/7/type"), "DMA-FQ\n");
	assert_true(iommu_unit_of(nic, &unit));
	assert_string_equal(unit.name, "ivhd0");
	assert_string_equal(unit.kind, "amd-iommu");
	iommu_unit_group_type(nic, type, sizeof(type));
	assert_string_equal(type, "DMA-FQ");
}

static void
the_firmwares_table_is_found(void **state __rte_unused)
{
	assert_null(iommu_unit_firmware_table(fake_sysfs_path("tables")));
	fake_sysfs_write(fake_sysfs_path("tables/IVRS"), "");
	assert_string_equal(
		iommu_unit_firmware_table(fake_sysfs_path("tables")), "IVRS");
}

static void
options_of_the_kernel_are_read_whole(void **state __rte_unused)
{
	struct kernel_option options[] = { { .name = "CONFIG_VFIO" },
		{ .name = "CONFIG_IOMMUFD" }, { .name = "CONFIG_VFIO_PCI" } };
	char path[PATH_MAX];

	kernel_config_read(
		fake_sysfs_path("."), "7.3.0", options, RTE_DIM(options), path);
	assert_string_equal(path, "");
	assert_string_equal(options[0].value, "");
	fake_sysfs_write(
		fake_sysfs_path("lib/modules/7.3.0/config"), "CONFIG_VFIO=y\n");
	fake_sysfs_write(fake_sysfs_path("boot/config-7.3.0"),
		"CONFIG_VFIO=m\nCONFIG_VFIO_PCI_CORE=m\n"
		"# CONFIG_IOMMUFD is not set\nCONFIG_VFIO_PCI=m\n");
	kernel_config_read(
		fake_sysfs_path("."), "7.3.0", options, RTE_DIM(options), path);
	assert_contains(path, "/boot/config-7.3.0");
	assert_string_equal(options[0].value, "m");
	assert_string_equal(options[1].value, "n");
	assert_string_equal(options[2].value, "m");
}

static void
all_reserved_regions_are_told(void **state __rte_unused)
{
	const char *nic = fake_sysfs_add(&(struct fake_device){
		"0000:01:00.0", "vfio-pci", NULL, NULL, "7", NULL });
	struct reserved_region regions[2];
	char list[64];

	assert_int_equal(reserved_regions_read(nic, regions, 2), 0);
	fake_sysfs_write(fake_sysfs_path("groups/7/reserved_regions"),
		"0x000000007b800000 0x000000007bffffff direct-relaxable\n"
		"0x00000000fee00000 0x00000000feefffff msi\n"
		"0x000000fd00000000 0x000000ffffffffff reserved\n");
	assert_int_equal(reserved_regions_read(nic, regions, 2), 2);
	assert_int_equal(regions[0].first, 0x7b800000);
	assert_int_equal(regions[0].last, 0x7bffffff);
	assert_string_equal(regions[0].type, "direct-relaxable");
	assert_string_equal(regions[1].type, "msi");
	assert_false(reserved_regions_find_direct(nic, list, sizeof(list)));
}

static void
the_kernel_says_who_may_open_a_node(void **state __rte_unused)
{
	const char *path = fake_sysfs_path("node");
	struct node_access access;

	fake_sysfs_write(path, "");
	node_access_read(path, &access);
	assert_string_equal(access.path, path);
	assert_int_equal(access.state, NODE_ACCESSIBLE);
	assert_true(access.owner[0] != '\0');
	mock_answer("check_access", -EACCES);
	node_access_read(path, &access);
	assert_int_equal(access.state, NODE_DENIED);
	mock_answer("check_access", -ENOENT);
	node_access_read(fake_sysfs_path("none"), &access);
	assert_int_equal(access.state, NODE_MISSING);
	assert_string_equal(access.owner, "");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(hugepages_are_told_by_node_and_size),
		TEST(without_nodes_there_are_the_hugepages_of_the_machine),
		TEST(mounts_are_told_with_their_size),
		TEST(iommus_are_told_in_the_order_of_their_numbers),
		TEST(the_iommu_of_a_device_is_behind_its_link),
		TEST(the_firmwares_table_is_found),
		TEST(options_of_the_kernel_are_read_whole),
		TEST(all_reserved_regions_are_told),
		TEST(the_kernel_says_who_may_open_a_node),
	};

	return RUN_TESTS("inspection", tests);
}
