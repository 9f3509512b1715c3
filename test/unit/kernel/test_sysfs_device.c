/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What is read of a device in sysfs, whole or in part, and who is found in the way
 * of its group.
 *
 * Must not know: what is done with it.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "kernel/sysfs_device.h"
#include "fake_sysfs.h"
#include "unit.h"

static struct sysfs_device place;

/* A device folder with nothing in it but the file and its text. */
static const char *
device_with_file(const char *address, const char *name, const char *text)
{
	const struct fake_device device = { .address = address };
	const char *path = fake_sysfs_add(&device);
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/%s", path, name);
	fake_sysfs_write(file, text);
	return path;
}

static void
all_of_a_device_is_found(void **state __rte_unused)
{
	const struct fake_device device = { "0000:01:00.0", "vfio-pci",
		"vfio12", "511:12", "33", NULL };
	const char *path = fake_sysfs_add(&device);
	char node[PATH_MAX];

	assert_int_equal(sysfs_device_find(path, &place), 0);
	assert_string_equal(place.path, path);
	assert_string_equal(place.address, "0000:01:00.0");
	assert_string_equal(place.found.driver, "vfio-pci");
	assert_string_equal(place.found.cdev, "vfio12");
	assert_int_equal(place.cdev_number, makedev(511, 12));
	assert_int_equal(place.found.group, 33);
	assert_false(place.found.noiommu);
	sysfs_device_cdev_node(&place, node, sizeof(node));
	assert_string_equal(node, "/dev/vfio/devices/vfio12");
	sysfs_device_group_node(&place, node, sizeof(node));
	assert_string_equal(node, "/dev/vfio/33");
}

static void
a_device_may_have_nothing(void **state __rte_unused)
{
	const struct fake_device device = { .address = "0000:01:00.0" };

	memset(&place, 0xff, sizeof(place));
	assert_int_equal(sysfs_device_find(fake_sysfs_add(&device), &place), 0);
	assert_string_equal(place.found.driver, "");
	assert_string_equal(place.found.cdev, "");
	assert_int_equal(place.found.group, -1);
	assert_false(place.found.noiommu);
}

static void
a_device_may_not_be_there(void **state __rte_unused)
{
	assert_int_equal(
		sysfs_device_find(fake_sysfs_path("devices/none"), &place),
		-ENODEV);
}

static void
a_path_may_be_too_long(void **state __rte_unused)
{
	char path[PATH_MAX + 1];

	memset(path, '/', PATH_MAX);
	path[PATH_MAX] = '\0';
	assert_int_equal(sysfs_device_find(path, &place), -EINVAL);
	memset(path + 1, 'x', DEVICE_PLACE_NAME_SIZE);
	path[1 + DEVICE_PLACE_NAME_SIZE] = '\0';
	assert_int_equal(sysfs_device_find(path, &place), -EINVAL);
	path[DEVICE_PLACE_NAME_SIZE] = '\0';
	assert_int_equal(sysfs_device_find(path, &place), -ENODEV);
}

static void
the_group_of_a_device_without_iommu_is_told_by_name(void **state __rte_unused)
{
	const struct fake_device unsafe = { "0000:01:00.0", "vfio-pci", NULL,
		NULL, "0", "vfio-noiommu" };
	const struct fake_device named = { "0000:02:00.0", "vfio-pci", NULL,
		NULL, "1", "another-name" };

	assert_int_equal(sysfs_device_find(fake_sysfs_add(&unsafe), &place), 0);
	assert_true(place.found.noiommu);
	assert_int_equal(place.found.group, 0);
	assert_int_equal(sysfs_device_find(fake_sysfs_add(&named), &place), 0);
	assert_false(place.found.noiommu);
}

static void
a_group_that_is_no_number_is_none(void **state __rte_unused)
{
	static const char *const groups[] = { "7x", "-7", "group", "2147483648",
		"99999999999999999999" };
	struct fake_device device = { .driver = "vfio-pci" };
	char address[32];
	size_t i;

	for (i = 0; i < RTE_DIM(groups); i++) {
		snprintf(address, sizeof(address), "0000:01:00.%zu", i);
		device.address = address;
		device.group = groups[i];
		assert_int_equal(
			sysfs_device_find(fake_sysfs_add(&device), &place), 0);
		assert_int_equal(place.found.group, -1);
	}
}

static void
a_cdev_is_told_by_its_name_and_number(void **state __rte_unused)
{
	assert_int_equal(
		sysfs_device_find(device_with_file("0000:01:00.0",
					  "vfio-dev/other0/dev", "511:0\n"),
			&place),
		0);
	assert_string_equal(place.found.cdev, "");
	assert_int_equal(
		sysfs_device_find(device_with_file("0000:01:00.1",
					  "vfio-dev/vfio0/dev", "nonsense\n"),
			&place),
		0);
	assert_string_equal(place.found.cdev, "");
	assert_int_equal(
		sysfs_device_find(device_with_file("0000:01:00.2",
					  "vfio-dev/vfio0/uevent", "511:0\n"),
			&place),
		0);
	assert_string_equal(place.found.cdev, "");
}

static void
a_cdev_is_found_among_other_entries(void **state __rte_unused)
{
	const char *path = device_with_file(
		"0000:01:00.0", "vfio-dev/vfio3/dev", "511:3\n");
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/vfio-dev/uevent", path);
	fake_sysfs_write(file, "");
	snprintf(file, sizeof(file), "%s/vfio-dev/vfio/power", path);
	fake_sysfs_write(file, "");
	assert_int_equal(sysfs_device_find(path, &place), 0);
	assert_string_equal(place.found.cdev, "vfio3");
}

static const char *
add_member(const char *address, const char *driver)
{
	const struct fake_device device = { address, driver, NULL, NULL, "5",
		NULL };

	return fake_sysfs_add(&device);
}

static void
harmless_members_are_no_intruders(void **state __rte_unused)
{
	struct sysfs_device intruder;
	const char *path = add_member("0000:01:00.0", "vfio-pci");

	add_member("0000:01:00.1", "pcieport");
	add_member("0000:01:00.2", "pci-stub");
	add_member("0000:01:00.3", NULL);
	add_member("0000:01:00.4", "mlx5_vfio_pci");
	add_member("0000:01:00.5", "shpchp");
	assert_int_equal(sysfs_device_find(path, &place), 0);
	assert_false(sysfs_device_find_member(
		&place, sysfs_device_is_intruder, &intruder));
}

static void
a_member_of_the_kernels_is_an_intruder(void **state __rte_unused)
{
	struct sysfs_device intruder;
	const char *path = add_member("0000:01:00.0", "vfio-pci");

	add_member("0000:01:00.1", "vfio-pci");
	add_member("0000:01:00.2", "snd_hda_intel");
	add_member("0000:01:00.3", NULL);
	assert_int_equal(sysfs_device_find(path, &place), 0);
	assert_true(sysfs_device_find_member(
		&place, sysfs_device_is_intruder, &intruder));
	assert_string_equal(intruder.address, "0000:01:00.2");
	assert_string_equal(intruder.found.driver, "snd_hda_intel");
}

static void
without_a_group_there_is_no_intruder(void **state __rte_unused)
{
	const struct fake_device device = { .address = "0000:01:00.0" };
	struct sysfs_device intruder;

	assert_int_equal(sysfs_device_find(fake_sysfs_add(&device), &place), 0);
	assert_false(sysfs_device_find_member(
		&place, sysfs_device_is_intruder, &intruder));
}

/* As /sys/bus/pci/devices has it: the folder is a link to where the device really is. */
static void
a_path_may_lead_over_links_and_end_with_slashes(void **state __rte_unused)
{
	const char *real = fake_sysfs_add(&(struct fake_device){
		"0000:01:00.0", "vfio-pci", "vfio0", "511:0", "7", NULL });
	const char *link = fake_sysfs_path("bus/pci/devices/0000:01:00.0");
	const char *slashes = fake_sysfs_path("bus/pci/devices/0000:01:00.0//");
	const char *const paths[] = { real, link, slashes };
	size_t i, j;

	fake_sysfs_link(link, "../../../devices/0000:01:00.0");
	for (i = 0; i < RTE_DIM(paths); i++) {
		assert_int_equal(sysfs_device_find(paths[i], &place), 0);
		assert_string_equal(place.address, "0000:01:00.0");
		assert_string_equal(place.found.cdev, "vfio0");
		assert_int_equal(place.found.group, 7);
		for (j = 0; j < RTE_DIM(paths); j++)
			assert_true(sysfs_device_is_at(&place, paths[j]));
		assert_false(sysfs_device_is_at(&place,
			fake_sysfs_path("bus/pci/devices/0000:02:00.0")));
	}
	/* One that is gone is known by its name. */
	fake_sysfs_remove();
	assert_true(sysfs_device_is_at(&place, slashes));
}

int
main(void)
{
#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
		name, fake_sysfs_setup, fake_sysfs_teardown)
	const struct CMUnitTest tests[] = {
		TEST(all_of_a_device_is_found),
		TEST(a_device_may_have_nothing),
		TEST(a_device_may_not_be_there),
		TEST(a_path_may_be_too_long),
		TEST(the_group_of_a_device_without_iommu_is_told_by_name),
		TEST(a_group_that_is_no_number_is_none),
		TEST(a_cdev_is_told_by_its_name_and_number),
		TEST(a_cdev_is_found_among_other_entries),
		TEST(harmless_members_are_no_intruders),
		TEST(a_member_of_the_kernels_is_an_intruder),
		TEST(without_a_group_there_is_no_intruder),
		TEST(a_path_may_lead_over_links_and_end_with_slashes),
	};

	return RUN_TESTS("sysfs_device", tests);
}
