/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Devices in legacy groups and containers: what is opened when, groups that
 * several devices share, mappings that come and go with the devices, and what is
 * left when any of it fails. What the kernel keeps is in test_type1_container.c.
 *
 * Must not know: IOMMUFD.
 */

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <linux/vfio.h>

#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "machine.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "fault_sweep.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define VA(address) ((void *)(uintptr_t)(address))

static int
setup_script(void **state)
{
	return machine_start(state, true, "backend=type1");
}

static int
setup(void **state)
{
	return machine_start(state, false, "backend=type1");
}

static void
expect_probe(void)
{
	mock_expect(9, "open /dev/vfio/vfio");
	mock_expect(VFIO_API_VERSION, "container_api_version fd=9");
	mock_expect(1, "container_has_extension type1v2 fd=9");
	mock_expect(0, "close fd=9");
}

/* The order of calls in a device's life, to the letter. */
static void
a_device_lives_by_the_book(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;

	expect_probe();
	mock_expect(20, "open /dev/vfio/7");
	mock_expect(0, "device_number fd=20");
	mock_expect(0, "group_number name=7");
	mock_expect(0, "group_viable fd=20");
	device = open_device(nic);
	assert_int_equal(rte_iommufd_device_fd(device), -ENODEV);

	mock_expect(30, "open /dev/vfio/vfio");
	space = create_space();

	mock_expect(0, "group_set_container fd=20 container=30");
	mock_expect(0, "container_set_iommu type1v2 fd=30");
	mock_expect(40, "group_open_device fd=20 name=0000:01:00.0");
	mock_expect(1, "container_has_iommu fd=30");
	mock_expect(0, "container_ranges fd=30 capacity=32");
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_device_fd(device), 40);
	assert_int_equal(rte_iommufd_space_type1_fd(space), 30);

	mock_expect(0, "close fd=40");
	mock_expect(0, "group_unset_container fd=20");
	mock_expect(-EINVAL, "container_has_iommu fd=30");
	mock_expect(-EINVAL, "container_has_iommu fd=30");
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(rte_iommufd_device_fd(device), -ENODEV);
	mock_expect(0, "close fd=20");
	rte_iommufd_device_close(device);
	mock_expect(0, "close fd=30");
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
}

static void
the_first_version_is_asked_for_where_it_is_all(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;

	mock_answer("container_has_extension type1v2", 0);
	device = open_device(nic);
	space = create_space();
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_calls("container_set_iommu type1 "), 1);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
a_group_is_opened_once_for_all_its_devices(void **state __rte_unused)
{
	struct rte_iommufd_device *first = open_device(nic);
	struct rte_iommufd_device *second = open_device(twin);
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(mock_open("/dev/vfio/7"), 1);
	assert_int_equal(rte_iommufd_device_attach(first, space), 0);
	assert_int_equal(rte_iommufd_device_attach(second, space), 0);
	assert_int_equal(mock_calls("group_set_container"), 1);
	assert_int_equal(mock_calls("container_set_iommu"), 1);
	assert_true(
		rte_iommufd_device_fd(first) != rte_iommufd_device_fd(second));

	rte_iommufd_device_close(first);
	assert_int_equal(mock_calls("group_unset_container"), 0);
	assert_int_equal(mock_open("/dev/vfio/7"), 1);
	assert_int_equal(mock_open("0000:01:00.1"), 1);
	/* The end of the group's file takes it out. */
	rte_iommufd_device_close(second);
	assert_int_equal(mock_calls("group_unset_container"), 0);
	assert_int_equal(mock_open("/dev/vfio/7"), 0);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
}

static void
the_second_group_finds_the_iommu_set(void **state __rte_unused)
{
	struct rte_iommufd_device *first = open_device(nic);
	struct rte_iommufd_device *second = open_device(second_nic);
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(rte_iommufd_device_attach(first, space), 0);
	assert_int_equal(rte_iommufd_device_attach(second, space), 0);
	assert_int_equal(mock_calls("group_set_container"), 2);
	assert_int_equal(mock_calls("container_set_iommu"), 1);
	/* The first leaves and comes back; the container kept its IOMMU. */
	assert_int_equal(rte_iommufd_device_detach(first), 0);
	assert_int_equal(rte_iommufd_device_attach(first, space), 0);
	assert_int_equal(mock_calls("container_set_iommu"), 1);
	rte_iommufd_device_close(first);
	rte_iommufd_device_close(second);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
a_group_cannot_be_in_two_spaces(void **state __rte_unused)
{
	struct rte_iommufd_device *first = open_device(nic);
	struct rte_iommufd_device *second = open_device(twin);
	struct rte_iommufd_space *space = create_space();
	struct rte_iommufd_space *other = create_space();

	assert_int_equal(rte_iommufd_device_attach(first, space), 0);
	assert_int_equal(rte_iommufd_device_attach(second, other), -EBUSY);
	assert_one_error("0000:01:00.1", "group 7", "whole groups");
	assert_int_equal(rte_iommufd_device_fd(second), -ENODEV);
	/* Once the first is out, the second may. */
	assert_int_equal(rte_iommufd_device_detach(first), 0);
	assert_int_equal(rte_iommufd_device_attach(second, other), 0);
	rte_iommufd_device_close(first);
	rte_iommufd_device_close(second);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
	assert_no_error();
}

static void
map_page(struct rte_iommufd_space *space, uint64_t iova)
{
	assert_int_equal(
		rte_iommufd_space_map(space, VA(iova), iova, 0x1000, RW), 0);
}

static void
mappings_are_noted_until_a_device_comes(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };
	struct rte_iommufd_space *space;

	expect_probe();
	mock_expect(30, "open /dev/vfio/vfio");
	space = create_space();
	map_page(space, 0x3000);
	map_page(space, 0x1000);
	map_page(space, 0x2000);
	assert_int_equal(rte_iommufd_space_unmap(space, 0x2000, 0x1000), 0);
	mock_assert_script_done();
	rte_iommufd_space_stats(space, &stats);
	assert_int_equal(stats.map_calls, 0);
	assert_int_equal(stats.unmap_calls, 0);
	assert_int_equal(stats.areas, 2);

	mock_expect(20, "open /dev/vfio/7");
	mock_expect(0, "device_number fd=20");
	mock_expect(0, "group_number name=7");
	mock_expect(0, "group_viable fd=20");
	device = open_device(nic);
	mock_expect(0, "group_set_container fd=20 container=30");
	mock_expect(0, "container_set_iommu type1v2 fd=30");
	mock_expect(40, "group_open_device fd=20 name=0000:01:00.0");
	mock_expect(0,
		"type1_map container=30 va=0x1000 iova=0x1000 length=0x1000 rights=rw");
	mock_expect(0,
		"type1_map container=30 va=0x3000 iova=0x3000 length=0x1000 rights=rw");
	mock_expect(1, "container_has_iommu fd=30");
	mock_expect(0, "container_ranges fd=30 capacity=32");
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	/* From now on at once. */
	mock_expect(0,
		"type1_map container=30 va=0x5000 iova=0x5000 length=0x1000 rights=rw");
	map_page(space, 0x5000);
	mock_expect(0, "type1_unmap container=30 iova=0x1000 length=0x1000");
	assert_int_equal(rte_iommufd_space_unmap(space, 0x1000, 0x1000), 0);
	rte_iommufd_space_stats(space, &stats);
	assert_int_equal(stats.map_calls, 3);
	assert_int_equal(stats.unmap_calls, 1);
	assert_int_equal(stats.areas, 2);

	mock_expect(0, "close fd=40");
	mock_expect(0, "close fd=20");
	mock_expect(-EINVAL, "container_has_iommu fd=30");
	mock_expect(-EINVAL, "container_has_iommu fd=30");
	rte_iommufd_device_close(device);
	mock_expect(0, "close fd=30");
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
mappings_come_back_with_the_next_device(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_device *other = open_device(second_nic);
	struct rte_iommufd_space *space = create_space();

	map_page(space, 0x1000);
	map_page(space, 0x2000);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_mappings(), 2);
	/* A second device finds them there. */
	assert_int_equal(rte_iommufd_device_attach(other, space), 0);
	assert_int_equal(mock_calls("type1_map"), 2);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(mock_mappings(), 2);

	/* With the last one they are gone, in the kernel. */
	assert_int_equal(rte_iommufd_device_detach(other), 0);
	assert_int_equal(mock_mappings(), 0);
	map_page(space, 0x3000);
	assert_int_equal(rte_iommufd_space_unmap(space, 0x1000, 0x1000), 0);
	assert_int_equal(mock_mappings(), 0);

	assert_int_equal(rte_iommufd_device_attach(other, space), 0);
	assert_int_equal(mock_mappings(), 2);
	assert_contains(mock_last_call("type1_map"), "iova=0x3000");
	rte_iommufd_device_close(device);
	rte_iommufd_device_close(other);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
}

static void
a_mapping_that_cannot_be_entered_refuses_the_device(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	map_page(space, 0x1000);
	map_page(space, 0x2000);
	map_page(space, 0x3000);
	mock_answer("type1_map container=1002 va=0x2000", -EINVAL);
	assert_int_equal(rte_iommufd_device_attach(device, space), -EINVAL);
	assert_one_error("0x2000-0x2fff");
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(mock_calls("type1_map"), 2);
	assert_int_equal(rte_iommufd_device_fd(device), -ENODEV);
	assert_int_equal(rte_iommufd_device_detach(device), -EINVAL);
	assert_one_error("attached to nothing");

	/* The record is as it was: without the culprit, all is well. */
	rte_iommufd_space_stats(space, &stats);
	assert_int_equal(stats.areas, 3);
	assert_int_equal(stats.failed_calls, 1);
	assert_int_equal(rte_iommufd_space_unmap(space, 0x2000, 0x1000), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_mappings(), 2);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
assert_open_refused(int error)
{
	struct rte_iommufd_device *device = NULL;

	assert_int_equal(
		rte_iommufd_device_open(context, nic, NULL, &device), error);
	assert_null(device);
	assert_int_equal(mock_open("/dev/vfio/7"), 0);
}

static void
a_group_that_cannot_be_opened_is_explained(void **state __rte_unused)
{
	static const struct {
		int error;
		const char *words;
	} refusals[] = {
		{ -EBUSY, "in use" },
		{ -EACCES, "no permission" },
		{ -ENOENT, "missing" },
		{ -EMFILE, "Too many open files" },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(refusals); i++) {
		mock_answer("open /dev/vfio/7", refusals[i].error);
		assert_open_refused(refusals[i].error);
		assert_one_error(
			"0000:01:00.0", "/dev/vfio/7", refusals[i].words);
	}
}

static void
a_group_that_is_not_viable_names_who_is_in_the_way(void **state __rte_unused)
{
	const struct fake_device intruder = { "0000:01:00.2", "ahci", NULL,
		NULL, "7", NULL };

	fake_sysfs_add(&intruder);
	mock_answer_value("group_viable", 0, false);
	assert_open_refused(-EPERM);
	assert_one_error("0000:01:00.0", "group 7", "0000:01:00.2", "ahci",
		"dpdk-devbind.py -b vfio-pci 0000:01:00.2");
}

static void
a_group_that_does_not_answer_is_closed(void **state __rte_unused)
{
	mock_answer("group_viable", -EIO);
	assert_open_refused(-EIO);
	assert_one_error("0000:01:00.0");
}

static void
a_node_of_another_group_is_refused(void **state __rte_unused)
{
	static const struct {
		const char *call;
		int result;
	} wrongs[] = {
		{ "device_number", 0 },
		{ "device_number", -ENODEV }, /* no device at all */
		{ "group_number", 0 },
		{ "group_number", -ENOENT }, /* the kernel has no such group */
	};
	struct rte_iommufd_device *device = NULL;
	size_t i;

	for (i = 0; i < RTE_DIM(wrongs); i++) {
		mock_answer_value(wrongs[i].call, wrongs[i].result, 12345);
		assert_int_equal(
			rte_iommufd_device_open(context, nic, NULL, &device),
			-ENXIO);
		assert_null(device);
		assert_one_error(
			"0000:01:00.0", "/dev/vfio/7", "device number");
		assert_int_equal(mock_open("/dev/vfio/7"), 0);
		mock_answer_value(wrongs[i].call, 0, makedev(240, 7));
	}
	assert_int_equal(mock_calls("group_viable"), 0);
}

static void
attach_passes_the_vf_token(void **state __rte_unused)
{
	struct rte_iommufd_space *space = create_space();
	struct rte_iommufd_device *device;

	assert_int_equal(
		rte_iommufd_device_open(context, nic, devices_token, &device),
		0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_contains(mock_last_call("group_open_device"),
		"name=0000:01:00.0 vf_token=" DEVICES_TOKEN_UUID);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
a_refused_token_is_never_dropped(void **state __rte_unused)
{
	struct rte_iommufd_space *space = create_space();
	struct rte_iommufd_device *device;

	assert_int_equal(
		rte_iommufd_device_open(context, nic, devices_token, &device),
		0);
	mock_answer("group_open_device", -EACCES);
	assert_int_equal(rte_iommufd_device_attach(device, space), -EACCES);
	assert_one_error("0000:01:00.0", "--vfio-vf-token");
	mock_answer("group_open_device", -EINVAL);
	assert_int_equal(rte_iommufd_device_attach(device, space), -EINVAL);
	assert_one_error("0000:01:00.0", "--vfio-vf-token");
	assert_int_equal(mock_calls("group_open_device"), 2);
	assert_contains(
		mock_last_call("group_open_device"), DEVICES_TOKEN_UUID);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
a_refused_attach_leaves_the_container_empty(void **state)
{
	static const struct {
		const char *call;
		int error;
		const char *words;
	} refusals[] = {
		{ "group_set_container", -EPERM, "interrupts" },
		{ "group_set_container", -EBUSY, "in another one already" },
		{ "container_set_iommu", -EPERM, "interrupts" },
		{ "container_set_iommu", -ENOMEM, "Cannot allocate memory" },
		{ "group_open_device", -EBUSY, "busy" },
		{ "group_open_device", -ENODEV, "No such device" },
	};
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	size_t i;

	for (i = 0; i < RTE_DIM(refusals); i++) {
		device = open_device(nic);
		space = create_space();
		mock_answer(refusals[i].call, refusals[i].error);
		assert_int_equal(rte_iommufd_device_attach(device, space),
			refusals[i].error);
		assert_one_error("0000:01:00.0", refusals[i].words);
		assert_int_equal(rte_iommufd_space_destroy(space), 0);
		rte_iommufd_device_close(device);
		devices_end(state);
		setup(state);
	}
}

/* The other device of the group must not lose the container. */
static void
a_device_that_fails_leaves_its_twin_alone(void **state __rte_unused)
{
	struct rte_iommufd_device *first = open_device(nic);
	struct rte_iommufd_device *second = open_device(twin);
	struct rte_iommufd_space *space = create_space();

	map_page(space, 0x1000);
	assert_int_equal(rte_iommufd_device_attach(first, space), 0);
	mock_answer("group_open_device", -ENODEV);
	assert_int_equal(rte_iommufd_device_attach(second, space), -ENODEV);
	assert_one_error("0000:01:00.1");
	assert_int_equal(mock_calls("group_unset_container"), 0);
	assert_int_equal(mock_mappings(), 1);
	rte_iommufd_device_close(second);
	assert_int_equal(mock_open("/dev/vfio/7"), 1);
	rte_iommufd_device_close(first);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

/* VFIO keeps a group in while another process holds one of its device's fds. */
static void
a_group_that_the_kernel_keeps_is_told_of(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	mock_answer("group_unset_container", -EBUSY);
	rte_iommufd_device_detach(device);
	assert_one_error("0000:01:00.0");
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
ranges_need_a_device(void **state __rte_unused)
{
	static const struct rte_iommufd_range known[] = {
		{ 0, 0xfedfffff },
		{ 0xfef00000, 0x7fffffffff },
	};
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();
	struct rte_iommufd_range ranges[2];

	mock_set_ranges(known, RTE_DIM(known));
	assert_int_equal(
		rte_iommufd_space_ranges(space, ranges, 2), -EOPNOTSUPP);
	assert_int_equal(mock_calls("container_ranges"), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_calls("container_ranges"), 1);
	assert_int_equal(rte_iommufd_space_ranges(space, ranges, 2), 2);
	assert_memory_equal(ranges, known, sizeof(known));
	rte_iommufd_device_close(device);
	assert_int_equal(
		rte_iommufd_space_ranges(space, ranges, 2), -EOPNOTSUPP);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
a_device_is_not_moved_here(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *from = create_space();
	struct rte_iommufd_space *to = create_space();

	assert_int_equal(rte_iommufd_device_move(device, to), -EINVAL);
	assert_one_error("0000:01:00.0", "attached to nothing");
	assert_int_equal(rte_iommufd_device_attach(device, from), 0);
	assert_int_equal(rte_iommufd_device_move(device, to), -EOPNOTSUPP);
	assert_one_error("0000:01:00.0", "legacy containers cannot move",
		"detach and attach");
	assert_ptr_equal(rte_iommufd_device_space(device), from);
	assert_int_equal(mock_calls("group_set_container"), 1);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(from), 0);
	assert_int_equal(rte_iommufd_space_destroy(to), 0);
}

/* As with IOMMUFD: where it is it need not go. */
static void
a_device_is_where_it_is(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_device_move(device, space), 0);
	assert_no_error();
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
what_is_out_of_reach_is_refused_while_a_device_is_there(
	void **state __rte_unused)
{
	static const struct rte_iommufd_range reach = { 0, 0x7fffffffff };
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	mock_set_ranges(&reach, 1);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_space_map(
				 space, VA(0x1000), 0x8000000000, 0x1000, RW),
		-EINVAL);
	assert_one_error("0x8000000000-0x8000000fff", "(39 bits)");
	assert_int_equal(mock_calls("type1_map"), 0);
	/* Without one there is nothing to tell, and it is noted. */
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(rte_iommufd_space_map(
				 space, VA(0x1000), 0x8000000000, 0x1000, RW),
		0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
}

static void
hw_info_is_not_known_here(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_hw_info info = { .size = sizeof(info) };

	assert_int_equal(
		rte_iommufd_device_hw_info(device, &info), -EOPNOTSUPP);
	assert_no_error();
	rte_iommufd_device_close(device);
}

static void
a_container_that_cannot_be_opened_makes_no_space(void **state __rte_unused)
{
	struct rte_iommufd_space *space = NULL;

	assert_int_equal(rte_iommufd_context_choose(context, NULL), 0);
	mock_answer("open /dev/vfio/vfio", -EMFILE);
	assert_int_equal(rte_iommufd_space_create(context, &space), -EMFILE);
	assert_one_error("/dev/vfio/vfio", "Too many open files");
	assert_null(space);
}

static void
whatever_fails_nothing_is_left_with_two_groups(void **state __rte_unused)
{
	sweep_every_call("backend=type1", nic, second_nic);
}

static void
whatever_fails_nothing_is_left_with_one_group(void **state __rte_unused)
{
	sweep_every_call("backend=type1", nic, twin);
}

static void
whatever_fails_nothing_is_left_while_writes_are_recorded(
	void **state __rte_unused)
{
	sweep_every_call_while_writes_are_recorded(
		"backend=type1", nic, second_nic);
}

int
main(void)
{
#define SCRIPTED(name) \
	cmocka_unit_test_setup_teardown(name, setup_script, devices_end)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, devices_end)
	const struct CMUnitTest tests[] = {
		SCRIPTED(a_device_lives_by_the_book),
		TEST(the_first_version_is_asked_for_where_it_is_all),
		TEST(a_group_is_opened_once_for_all_its_devices),
		TEST(the_second_group_finds_the_iommu_set),
		TEST(a_group_cannot_be_in_two_spaces),
		SCRIPTED(mappings_are_noted_until_a_device_comes),
		TEST(mappings_come_back_with_the_next_device),
		TEST(a_mapping_that_cannot_be_entered_refuses_the_device),
		TEST(a_group_that_cannot_be_opened_is_explained),
		TEST(a_group_that_is_not_viable_names_who_is_in_the_way),
		TEST(a_group_that_does_not_answer_is_closed),
		TEST(a_node_of_another_group_is_refused),
		TEST(attach_passes_the_vf_token),
		TEST(a_refused_token_is_never_dropped),
		TEST(a_refused_attach_leaves_the_container_empty),
		TEST(a_device_that_fails_leaves_its_twin_alone),
		TEST(a_group_that_the_kernel_keeps_is_told_of),
		TEST(ranges_need_a_device),
		TEST(a_device_is_not_moved_here),
		TEST(a_device_is_where_it_is),
		TEST(what_is_out_of_reach_is_refused_while_a_device_is_there),
		TEST(hw_info_is_not_known_here),
		TEST(a_container_that_cannot_be_opened_makes_no_space),
		TEST(whatever_fails_nothing_is_left_with_two_groups),
		TEST(whatever_fails_nothing_is_left_with_one_group),
		TEST(whatever_fails_nothing_is_left_while_writes_are_recorded),
	};

	return RUN_TESTS("device_type1", tests);
}
