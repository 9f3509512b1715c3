/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Devices on IOMMUFD: open, attach, detach, close, and what is left when any of
 * it fails.
 *
 * Must not know: how memory is mapped.
 */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <linux/vfio.h>

#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "machine.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "fault_sweep.h"
#include "unit.h"

#define DEVICE_NODE "/dev/vfio/devices/vfio0"

static int
setup_script(void **state)
{
	return machine_start(state, true, "backend=iommufd");
}

static int
setup(void **state)
{
	return machine_start(state, false, "backend=iommufd");
}

/* The order of calls in a device's life, to the letter. */
static void
a_device_lives_by_the_book(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;

	mock_expect(10, "open /dev/iommu");
	mock_expect(11, "open " DEVICE_NODE);
	mock_expect(0, "device_number fd=11");
	mock_expect(0, "close fd=11");
	mock_expect(12, "open " DEVICE_NODE);
	mock_expect(0, "device_number fd=12");
	mock_expect(0, "device_bind fd=12 iommu=10 token=none");
	mock_expect_value(5);
	device = open_device(nic);
	assert_int_equal(rte_iommufd_device_fd(device), 12);

	mock_expect(0, "ioas_alloc iommu=10");
	mock_expect_value(3);
	space = create_space();

	mock_expect(0, "hw_info iommu=10 device=5");
	mock_expect(0, "hwpt_alloc device=5 ioas=3 flags=pasid fault=0");
	mock_expect_value(7);
	mock_expect(0, "device_attach fd=12 page_table=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	mock_expect(0, "hw_info iommu=10 device=5");
	assert_int_equal(
		rte_iommufd_device_hw_info(device,
			&(struct rte_iommufd_hw_info){
				.size = sizeof(struct rte_iommufd_hw_info) }),
		0);
	mock_expect(0, "device_detach fd=12");
	mock_expect(0, "destroy id=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	mock_expect(0, "close fd=12");
	rte_iommufd_device_close(device);
	mock_expect(0, "destroy id=3");
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	mock_assert_script_done();
	mock_expect(0, "close fd=10");
	assert_no_error();
}

static void
close_detaches_first(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;

	mock_expect(10, "open /dev/iommu");
	mock_expect(0, "ioas_alloc iommu=10");
	mock_expect_value(3);
	space = create_space();
	mock_expect(12, "open " DEVICE_NODE);
	mock_expect(0, "device_number fd=12");
	mock_expect(0, "device_bind fd=12 iommu=10 token=none");
	mock_expect_value(5);
	device = open_device(nic);
	mock_expect(0, "hw_info iommu=10 device=5");
	mock_expect(0, "hwpt_alloc device=5 ioas=3 flags=pasid fault=0");
	mock_expect_value(7);
	mock_expect(0, "device_attach fd=12 page_table=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_space_destroy(space), -EBUSY);
	assert_one_error("cannot end");
	mock_expect(0, "device_detach fd=12");
	mock_expect(0, "close fd=12");
	mock_expect(0, "destroy id=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	rte_iommufd_device_close(device);
	mock_expect(0, "destroy id=3");
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	mock_expect(0, "close fd=10");
}

static void
open_passes_the_vf_token(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	assert_int_equal(
		rte_iommufd_device_open(context, nic, devices_token, &device),
		0);
	assert_contains(
		mock_last_call("device_bind"), "token=" DEVICES_TOKEN_TEXT);
	rte_iommufd_device_close(device);
	assert_no_error();
}

struct refusal {
	int error;
	const char *words;
};

static void
assert_open_refused(const uint8_t *vf_token, int error)
{
	struct rte_iommufd_device *device = NULL;

	assert_int_equal(
		rte_iommufd_device_open(context, nic, vf_token, &device),
		error);
	assert_null(device);
	assert_int_equal(mock_open(DEVICE_NODE), 0);
}

static void
a_refused_token_is_never_dropped(void **state __rte_unused)
{
	static const struct refusal refusals[] = {
		{ -EINVAL, "takes no VF token" },
		{ -EACCES, "--vfio-vf-token" },
		{ -EBUSY, "in use" },
	};
	unsigned int calls = 0;
	size_t i;

	for (i = 0; i < RTE_DIM(refusals); i++) {
		mock_answer("device_bind", refusals[i].error);
		assert_open_refused(devices_token, refusals[i].error);
		assert_one_error("0000:01:00.0", refusals[i].words);
		assert_int_equal(mock_calls("device_bind"), ++calls);
		assert_contains(
			mock_last_call("device_bind"), DEVICES_TOKEN_TEXT);
	}
}

static void
a_refused_bind_is_explained(void **state __rte_unused)
{
	static const struct refusal refusals[] = {
		{ -EBUSY, "/dev/vfio/7" },
		{ -EINVAL, "no process was found that has" },
		{ -EPERM, "interrupts" },
		{ -EACCES, "--vfio-vf-token" },
		{ -ENOMEM, "Cannot allocate memory" },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(refusals); i++) {
		mock_answer("device_bind", refusals[i].error);
		assert_open_refused(NULL, refusals[i].error);
		assert_one_error("0000:01:00.0", refusals[i].words);
	}
}

static void
a_node_of_another_device_is_refused(void **state __rte_unused)
{
	mock_answer_value("device_number", 0, 12345);
	assert_open_refused(NULL, -ENXIO);
	assert_one_error("0000:01:00.0", DEVICE_NODE, "device number");
	assert_int_equal(mock_calls("device_bind"), 0);
}

static void
a_node_that_is_no_device_is_refused(void **state __rte_unused)
{
	mock_answer("device_number", -ENODEV);
	assert_open_refused(NULL, -ENXIO);
	assert_one_error("0000:01:00.0", DEVICE_NODE);
	assert_int_equal(mock_calls("device_bind"), 0);
}

static void
a_device_without_a_node_needs_the_other_backend(void **state __rte_unused)
{
	struct rte_iommufd_device *device = NULL;

	assert_int_equal(rte_iommufd_context_choose(context, NULL), 0);
	assert_int_equal(
		rte_iommufd_device_open(context, old_nic, NULL, &device),
		-ENXIO);
	assert_one_error("0000:03:00.0", "backend=type1");
	assert_null(device);
}

static void
assert_not_vfio(const struct fake_device *device)
{
	struct rte_iommufd_device *opened = NULL;

	assert_int_equal(rte_iommufd_device_open(context,
				 fake_sysfs_add(device), NULL, &opened),
		-ENODEV);
	assert_null(opened);
	assert_int_equal(mock_calls(""), 0);
	assert_no_error();
}

static void
other_devices_are_answered_without_a_word(void **state __rte_unused)
{
	const struct fake_device no_driver_no_group = { "0000:04:00.0", NULL,
		NULL, NULL, NULL, NULL };
	const struct fake_device kernel_driver = { "0000:05:00.0", "e1000e",
		NULL, NULL, "2000000001", NULL };
	const struct fake_device vfio_driver_no_group = { "0000:06:00.0",
		"vfio-pci", NULL, NULL, NULL, NULL };

	assert_not_vfio(&no_driver_no_group);
	assert_not_vfio(&kernel_driver);
	assert_not_vfio(&vfio_driver_no_group);
}

static void
no_device_is_answered_without_a_word(void **state __rte_unused)
{
	struct rte_iommufd_device *device = NULL;
	char path[PATH_MAX + 8];

	assert_int_equal(
		rte_iommufd_device_open(context,
			fake_sysfs_path("devices/0000:99:00.0"), NULL, &device),
		-ENODEV);
	assert_no_error();
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(
		rte_iommufd_device_open(context, path, NULL, &device), -EINVAL);
	assert_null(device);
	assert_int_equal(mock_calls(""), 0);
}

static void
a_device_is_in_one_space_at_a_time(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *first = create_space();
	struct rte_iommufd_space *second = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, first), 0);
	assert_int_equal(rte_iommufd_device_attach(device, first), -EINVAL);
	assert_one_error("0000:01:00.0", "attached already");
	assert_int_equal(rte_iommufd_device_attach(device, second), -EINVAL);
	assert_one_error("0000:01:00.0", "attached already");
	assert_int_equal(mock_calls("device_attach"), 1);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(rte_iommufd_device_attach(device, second), 0);
	assert_int_equal(rte_iommufd_space_destroy(first), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(second), 0);
	assert_no_error();
}

static void
a_space_of_another_context_is_refused(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_context *other;
	struct rte_iommufd_space *space;

	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &other), 0);
	assert_int_equal(rte_iommufd_space_create(other, &space), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), -EINVAL);
	assert_one_error("0000:01:00.0", "another context");
	assert_int_equal(mock_calls("device_attach"), 0);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(rte_iommufd_context_destroy(other), 0);
	rte_iommufd_device_close(device);
}

static void
a_device_in_no_space_cannot_be_detached(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);

	assert_int_equal(rte_iommufd_device_detach(device), -EINVAL);
	assert_one_error("0000:01:00.0", "attached to nothing");
	assert_int_equal(mock_calls("device_detach"), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(mock_calls("device_detach"), 0);
}

static void
two_devices_share_a_space(void **state __rte_unused)
{
	struct rte_iommufd_device *first = open_device(nic);
	struct rte_iommufd_device *second = open_device(second_nic);
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(rte_iommufd_device_attach(first, space), 0);
	assert_int_equal(rte_iommufd_device_attach(second, space), 0);
	rte_iommufd_device_close(first);
	assert_int_equal(rte_iommufd_space_destroy(space), -EBUSY);
	assert_one_error("cannot end");
	rte_iommufd_device_close(second);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
}

static void
a_refused_attach_is_explained_and_leaves_the_device(void **state __rte_unused)
{
	static const struct refusal refusals[] = {
		{ -EBUSY, "being reset" },
		{ -EINVAL, "does not fit" },
		{ -EADDRINUSE, "--base-virtaddr" },
		{ -ENOMEM, "out of memory" },
		{ -ENODEV, "No such device" },
	};
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();
	size_t i;

	for (i = 0; i < RTE_DIM(refusals); i++) {
		mock_answer("device_attach", refusals[i].error);
		assert_int_equal(rte_iommufd_device_attach(device, space),
			refusals[i].error);
		assert_one_error("0000:01:00.0", refusals[i].words);
	}
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	rte_iommufd_device_close(device);
	assert_no_error();
}

static void
a_refused_detach_leaves_the_device_attached(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	mock_answer("device_detach", -EBUSY);
	assert_int_equal(rte_iommufd_device_detach(device), -EBUSY);
	assert_one_error("0000:01:00.0", "cannot detach");
	assert_int_equal(rte_iommufd_space_destroy(space), -EBUSY);
	assert_one_error("cannot end");
	mock_answer("device_detach", 0);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

/* Closing the node takes the device out of the space, whatever detach said. */
static void
close_frees_the_space_even_when_detach_is_refused(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	mock_answer("device_detach", -EBUSY);
	rte_iommufd_device_close(device);
	assert_one_error("0000:01:00.0", "cannot detach");
	assert_int_equal(mock_open(DEVICE_NODE), 0);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
}

static void
closing_none_is_fine(void **state __rte_unused)
{
	rte_iommufd_device_close(NULL);
	assert_int_equal(rte_iommufd_space_destroy(NULL), 0);
	assert_int_equal(mock_calls(""), 0);
}

static void
a_device_can_be_opened_again(void **state __rte_unused)
{
	rte_iommufd_device_close(open_device(nic));
	rte_iommufd_device_close(open_device(nic));
	assert_int_equal(mock_calls("device_bind"), 2);
	assert_int_equal(mock_calls("open /dev/iommu"), 1);
}

static void
info_comes_from_the_device(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct vfio_device_info info = { .argsz = sizeof(info) };

	assert_int_equal(rte_iommufd_device_info(device, &info), 0);
	assert_int_equal(info.num_regions, VFIO_PCI_NUM_REGIONS);
	mock_answer("device_info", -EIO);
	assert_int_equal(rte_iommufd_device_info(device, &info), -EIO);
	assert_one_error("0000:01:00.0");
	rte_iommufd_device_close(device);
}

static void
a_structure_without_its_size_is_not_filled(void **state __rte_unused)
{
	struct rte_iommufd_device_place place = { .group = 99 };
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_hw_info info = { .type = 99 };

	assert_int_equal(rte_iommufd_device_hw_info(device, &info), -EINVAL);
	assert_one_error("struct rte_iommufd_hw_info", "size");
	assert_int_equal(info.type, 99);
	assert_int_equal(mock_calls("hw_info"), 0);
	assert_int_equal(rte_iommufd_device_find(nic, &place), -EINVAL);
	assert_one_error("struct rte_iommufd_device_place", "size");
	assert_int_equal(place.group, 99);
	place.size = sizeof(place);
	assert_int_equal(rte_iommufd_device_find(nic, &place), 0);
	assert_int_equal(place.group, 7);
	assert_int_equal(place.size, sizeof(place));
	rte_iommufd_device_close(device);
}

static void
hw_info_that_is_not_there_is_no_error(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_hw_info info = { .size = sizeof(info) };

	mock_answer_value("hw_info", 0, 18);
	assert_int_equal(rte_iommufd_device_hw_info(device, &info), 0);
	assert_int_equal(info.type, 1);
	assert_int_equal(info.max_pasid_log2, 18);
	mock_answer("hw_info", -EOPNOTSUPP);
	assert_int_equal(
		rte_iommufd_device_hw_info(device, &info), -EOPNOTSUPP);
	assert_no_error();
	mock_answer("hw_info", -EFAULT);
	assert_int_equal(rte_iommufd_device_hw_info(device, &info), -EFAULT);
	assert_one_error("0000:01:00.0");
	rte_iommufd_device_close(device);
}

/* One that is being reset for a moment. */
static void
an_attachment_is_tried_again_while_it_is_reset(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	unsigned int i;

	mock_expect(10, "open /dev/iommu");
	mock_expect(0, "ioas_alloc iommu=10");
	mock_expect_value(3);
	space = create_space();
	mock_expect(12, "open " DEVICE_NODE);
	mock_expect(0, "device_number fd=12");
	mock_expect(0, "device_bind fd=12 iommu=10 token=none");
	mock_expect_value(5);
	device = open_device(nic);
	mock_expect(0, "hw_info iommu=10 device=5");
	mock_expect(0, "hwpt_alloc device=5 ioas=3 flags=pasid fault=0");
	mock_expect_value(7);
	for (i = 0; i < 3; i++) {
		mock_expect(-EBUSY, "device_attach fd=12 page_table=7");
		mock_expect(0, "sleep milliseconds=10");
	}
	mock_expect(0, "device_attach fd=12 page_table=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	mock_assert_script_done();
	assert_no_error();
	mock_expect(0, "device_detach fd=12");
	mock_expect(0, "close fd=12");
	mock_expect(0, "destroy id=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	rte_iommufd_device_close(device);
	mock_expect(0, "destroy id=3");
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	mock_expect(0, "close fd=10");
}

static void
an_attachment_is_given_up_after_two_seconds(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	mock_answer("device_attach", -EBUSY);
	assert_int_equal(rte_iommufd_device_attach(device, space), -EBUSY);
	assert_one_error("0000:01:00.0", "being reset");
	assert_int_equal(mock_calls("sleep milliseconds=10"), 200);
	assert_int_equal(mock_calls("sleep"), 200);
	assert_int_equal(mock_calls("device_attach"), 201);
	assert_null(rte_iommufd_device_space(device));
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
other_refusals_are_not_tried_again(void **state __rte_unused)
{
	static const int errors[] = { -EADDRINUSE, -ENOMEM, -ENODEV };
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();
	size_t i;

	for (i = 0; i < RTE_DIM(errors); i++) {
		mock_answer("device_attach", errors[i]);
		assert_int_equal(
			rte_iommufd_device_attach(device, space), errors[i]);
		assert_one_error("0000:01:00.0");
		assert_int_equal(mock_calls("device_attach"), i + 1);
	}
	assert_int_equal(mock_calls("sleep"), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

/* To the letter: no detachment, so no gap. */
static void
a_move_is_one_call(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *from, *to;

	mock_expect(10, "open /dev/iommu");
	mock_expect(0, "ioas_alloc iommu=10");
	mock_expect_value(3);
	from = create_space();
	mock_expect(0, "ioas_alloc iommu=10");
	mock_expect_value(4);
	to = create_space();
	mock_expect(12, "open " DEVICE_NODE);
	mock_expect(0, "device_number fd=12");
	mock_expect(0, "device_bind fd=12 iommu=10 token=none");
	mock_expect_value(5);
	device = open_device(nic);
	assert_null(rte_iommufd_device_space(device));
	mock_expect(0, "hw_info iommu=10 device=5");
	mock_expect(0, "hwpt_alloc device=5 ioas=3 flags=pasid fault=0");
	mock_expect_value(7);
	mock_expect(0, "device_attach fd=12 page_table=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	assert_int_equal(rte_iommufd_device_attach(device, from), 0);
	assert_ptr_equal(rte_iommufd_device_space(device), from);

	mock_expect(0, "hw_info iommu=10 device=5");
	mock_expect(0, "hwpt_alloc device=5 ioas=4 flags=pasid fault=0");
	mock_expect_value(8);
	mock_expect(0, "device_attach fd=12 page_table=8");
	mock_expect(0, "destroy id=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	mock_expect(0, "ioas_ranges ioas=4 capacity=32");
	assert_int_equal(rte_iommufd_device_move(device, to), 0);
	assert_ptr_equal(rte_iommufd_device_space(device), to);
	mock_assert_script_done();
	/* Where it is already nothing is asked of the kernel. */
	assert_int_equal(rte_iommufd_device_move(device, to), 0);
	assert_int_equal(rte_iommufd_space_destroy(to), -EBUSY);
	assert_one_error("1 devices");
	mock_expect(0, "destroy id=3");
	assert_int_equal(rte_iommufd_space_destroy(from), 0);
	mock_expect(0, "device_detach fd=12");
	mock_expect(0, "destroy id=8");
	mock_expect(0, "ioas_ranges ioas=4 capacity=32");
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_null(rte_iommufd_device_space(device));
	mock_expect(0, "close fd=12");
	rte_iommufd_device_close(device);
	mock_expect(0, "destroy id=4");
	assert_int_equal(rte_iommufd_space_destroy(to), 0);
	mock_expect(0, "close fd=10");
	assert_no_error();
}

/* As the kernel does: iommufd_device_do_replace(). */
static void
the_whole_group_is_moved(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_device *stranger = open_device(second_nic);
	struct rte_iommufd_device *other = open_device(twin);
	struct rte_iommufd_space *from = create_space();
	struct rte_iommufd_space *to = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, from), 0);
	assert_int_equal(rte_iommufd_device_attach(other, from), 0);
	assert_int_equal(rte_iommufd_device_attach(stranger, from), 0);
	assert_int_equal(rte_iommufd_device_move(device, to), 0);
	assert_ptr_equal(rte_iommufd_device_space(device), to);
	assert_ptr_equal(rte_iommufd_device_space(other), to);
	assert_ptr_equal(rte_iommufd_device_space(stranger), from);
	assert_int_equal(mock_page_tables(), 2);
	rte_iommufd_device_close(device);
	assert_int_equal(mock_page_tables(), 2);
	assert_int_equal(rte_iommufd_space_destroy(to), -EBUSY);
	assert_one_error("1 devices");
	rte_iommufd_device_close(other);
	assert_int_equal(mock_page_tables(), 1);
	rte_iommufd_device_close(stranger);
	assert_int_equal(rte_iommufd_space_destroy(to), 0);
	assert_int_equal(rte_iommufd_space_destroy(from), 0);
}

static void
a_refused_move_leaves_the_device_where_it_was(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *from = create_space();
	struct rte_iommufd_space *to = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, from), 0);
	mock_answer("device_attach", -EADDRINUSE);
	assert_int_equal(rte_iommufd_device_move(device, to), -EADDRINUSE);
	assert_one_error("0000:01:00.0", "--base-virtaddr");
	assert_ptr_equal(rte_iommufd_device_space(device), from);
	assert_int_equal(rte_iommufd_space_destroy(to), 0);
	assert_int_equal(rte_iommufd_space_destroy(from), -EBUSY);
	assert_one_error("1 devices");
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(from), 0);
}

static void
a_move_is_tried_again_while_it_is_reset(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *from = create_space();
	struct rte_iommufd_space *to = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, from), 0);
	/* After the page table is made. */
	mock_fail_call(mock_calls("") + 3, -EBUSY);
	assert_int_equal(rte_iommufd_device_move(device, to), 0);
	assert_contains(mock_failed_call(), "device_attach");
	assert_int_equal(mock_calls("sleep"), 1);
	assert_ptr_equal(rte_iommufd_device_space(device), to);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(from), 0);
	assert_int_equal(rte_iommufd_space_destroy(to), 0);
	assert_no_error();
}

/* A page table that does not fit is not the end: the kernel may make one that does. */
static void
what_does_not_fit_is_left_to_the_kernel(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	mock_fail_call(mock_calls("") + 3, -EINVAL);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_contains(mock_failed_call(), "device_attach");
	assert_int_equal(mock_calls("device_attach"), 2);
	assert_int_equal(mock_page_tables(), 0);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	mock_answer("device_attach", -EINVAL);
	assert_int_equal(rte_iommufd_device_attach(device, space), -EINVAL);
	assert_one_error("0000:01:00.0", "does not fit");
	assert_int_equal(mock_page_tables(), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

/* Those whose drivers attach no page table to a PASID. */
static void
other_iommus_have_the_kernels_page_tables(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	mock_iommu_type = MOCK_AMD;
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_calls("hwpt_alloc"), 0);
	rte_iommufd_device_close(device);
	mock_iommu_type = MOCK_INTEL;
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
}

/* Which driver it is was not answered, which is not to say that it is another one. */
static void
a_question_that_fails_chooses_no_page_table(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	mock_answer("hw_info", -ENOMEM);
	assert_int_equal(rte_iommufd_device_attach(device, space), -ENOMEM);
	assert_one_error("0000:01:00.0", "out of memory");
	assert_int_equal(mock_calls("device_attach"), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

/* What a driver emulates (mdev) has an IOAS and no page table. */
static void
emulated_devices_get_the_space_itself(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_device *emulated = open_device(second_nic);
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	mock_answer("hw_info", -ENOENT);
	mock_fail_call(mock_calls("") + 1, -ENOENT);
	assert_int_equal(rte_iommufd_device_attach(emulated, space), 0);
	assert_contains(mock_failed_call(), "device_attach");
	assert_contains(mock_last_call("device_attach"), "page_table=3");
	assert_int_equal(mock_page_tables(), 1);
	rte_iommufd_device_close(emulated);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
}

static void
older_kernels_make_the_page_table(void **state __rte_unused)
{
	static const int errors[] = { -EOPNOTSUPP, -ENOTTY };
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();
	size_t i;

	for (i = 0; i < RTE_DIM(errors); i++) {
		mock_answer("hwpt_alloc", errors[i]);
		assert_int_equal(rte_iommufd_device_attach(device, space), 0);
		assert_string_equal(mock_last_call("device_attach"),
			"device_attach fd=1002 page_table=2");
		assert_int_equal(rte_iommufd_device_detach(device), 0);
	}
	mock_answer("hwpt_alloc", -ENOMEM);
	assert_int_equal(rte_iommufd_device_attach(device, space), -ENOMEM);
	assert_one_error("0000:01:00.0", "out of memory");
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

/* One page table for all that fit it, and one more for the one that does not. */
static void
devices_of_a_space_share_page_tables(void **state __rte_unused)
{
	const struct fake_device third = { "0000:05:00.0", "vfio-pci", "vfio9",
		"511:9", "19", NULL };
	struct rte_iommufd_device *devices[] = {
		open_device(nic),
		open_device(second_nic),
		open_device(fake_sysfs_add(&third)),
	};
	struct rte_iommufd_space *space = create_space();
	struct rte_iommufd_space *other = create_space();

	assert_int_equal(rte_iommufd_device_attach(devices[0], space), 0);
	assert_int_equal(rte_iommufd_device_attach(devices[1], space), 0);
	assert_int_equal(mock_page_tables(), 1);
	mock_fail_call(mock_calls("") + 1, -EINVAL);
	assert_int_equal(rte_iommufd_device_attach(devices[2], space), 0);
	assert_contains(mock_failed_call(), "device_attach");
	assert_int_equal(mock_page_tables(), 2);
	assert_int_equal(rte_iommufd_device_detach(devices[0]), 0);
	assert_int_equal(mock_page_tables(), 2);
	assert_int_equal(rte_iommufd_device_move(devices[1], other), 0);
	assert_int_equal(mock_calls("hwpt_alloc"), 3);
	assert_int_equal(mock_page_tables(), 2);
	rte_iommufd_device_close(devices[1]);
	assert_int_equal(mock_page_tables(), 1);
	rte_iommufd_device_close(devices[2]);
	assert_int_equal(mock_page_tables(), 0);
	rte_iommufd_device_close(devices[0]);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
	assert_no_error();
}

/* Nobody is harmed by it, and its space takes it along, or the next device does. */
static void
a_page_table_that_the_kernel_keeps_is_used_again(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	mock_fail_call(mock_calls("") + 2, -EBUSY);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_contains(mock_failed_call(), "destroy");
	assert_contains(logs_text(), "the kernel keeps page table");
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_calls("hwpt_alloc"), 1);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(mock_page_tables(), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
}

static void
only_within_its_context_a_device_is_moved(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();
	struct rte_iommufd_context *other;
	struct rte_iommufd_space *stranger;

	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &other), 0);
	assert_int_equal(rte_iommufd_space_create(other, &stranger), 0);
	assert_int_equal(rte_iommufd_device_move(device, space), -EINVAL);
	assert_one_error("0000:01:00.0: cannot move", "attached to nothing");
	assert_int_equal(mock_calls("device_attach"), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_device_move(device, stranger), -EINVAL);
	assert_one_error("0000:01:00.0: cannot move", "another context");
	assert_int_equal(mock_calls("device_attach"), 1);
	assert_ptr_equal(rte_iommufd_device_space(device), space);
	assert_int_equal(rte_iommufd_space_destroy(stranger), 0);
	assert_int_equal(rte_iommufd_context_destroy(other), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
a_device_is_looked_up_by_its_folder(void **state __rte_unused)
{
	struct rte_iommufd_device *first = open_device(nic);
	struct rte_iommufd_device *second = open_device(second_nic);
	struct rte_iommufd_device *found = NULL;

	assert_int_equal(
		rte_iommufd_device_lookup(context, second_nic, &found), 0);
	assert_ptr_equal(found, second);
	assert_int_equal(rte_iommufd_device_lookup(context, nic, &found), 0);
	assert_ptr_equal(found, first);
	assert_int_equal(
		rte_iommufd_device_lookup(context,
			fake_sysfs_path("devices/0000:02:00.0/"), &found),
		0);
	assert_ptr_equal(found, second);
	assert_int_equal(rte_iommufd_device_lookup(context, nic, &found), 0);
	assert_int_equal(
		rte_iommufd_device_lookup(context, old_nic, &found), -ENODEV);
	assert_ptr_equal(found, first);
	rte_iommufd_device_close(first);
	assert_int_equal(
		rte_iommufd_device_lookup(context, nic, &found), -ENODEV);
	rte_iommufd_device_close(second);
	assert_no_error();
}

/* Each device may narrow them, and when it leaves they are as they were. */
static void
what_can_be_reached_changes_with_the_devices(void **state __rte_unused)
{
	static const struct rte_iommufd_range wide = { 0, UINT64_MAX };
	static const struct rte_iommufd_range narrow = { 0, 0x7fffffffff };
	void *const va = (void *)(uintptr_t)0x200000000000;
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *from = create_space();
	struct rte_iommufd_space *to = create_space();

	mock_set_ranges(&narrow, 1);
	assert_int_equal(rte_iommufd_device_attach(device, from), 0);
	assert_int_equal(
		rte_iommufd_space_map(from, va, 0x8000000000, 0x1000, 3),
		-EINVAL);
	assert_one_error("(39 bits)");
	assert_int_equal(rte_iommufd_device_move(device, to), 0);
	assert_int_equal(rte_iommufd_space_map(to, va, 0x8000000000, 0x1000, 3),
		-EINVAL);
	assert_one_error("(39 bits)");
	mock_set_ranges(&wide, 1);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(
		rte_iommufd_space_map(to, va, 0x8000000000, 0x1000, 3), 0);
	mock_set_ranges(&narrow, 1);
	assert_int_equal(rte_iommufd_device_attach(device, from), 0);
	mock_set_ranges(&wide, 1);
	rte_iommufd_device_close(device);
	assert_int_equal(
		rte_iommufd_space_map(from, va, 0x8000000000, 0x1000, 3), 0);
	assert_int_equal(rte_iommufd_space_destroy(from), 0);
	assert_int_equal(rte_iommufd_space_destroy(to), 0);
	assert_no_error();
}

static void
a_space_that_the_kernel_does_not_make_is_none(void **state __rte_unused)
{
	struct rte_iommufd_space *space = NULL;

	mock_answer("ioas_alloc", -ENOMEM);
	assert_int_equal(rte_iommufd_space_create(context, &space), -ENOMEM);
	assert_one_error("Cannot allocate memory");
	assert_null(space);
}

static void
a_space_that_the_kernel_keeps_is_told_of(void **state __rte_unused)
{
	struct rte_iommufd_space *space = create_space();

	mock_answer("destroy", -EBUSY);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_one_error("the kernel keeps");
}

static void
whatever_fails_nothing_is_left(void **state __rte_unused)
{
	sweep_every_call("backend=iommufd", nic, second_nic);
}

static void
whatever_fails_nothing_is_left_with_addresses_only(void **state __rte_unused)
{
	sweep_every_call("backend=iommufd,map=va", nic, second_nic);
}

/* Here the first failures lead to the other backend. */
static void
whatever_fails_nothing_is_left_when_it_may_choose(void **state __rte_unused)
{
	sweep_every_call("backend=auto", nic, second_nic);
}

static void
whatever_fails_nothing_is_left_while_writes_are_recorded(
	void **state __rte_unused)
{
	sweep_every_call_while_writes_are_recorded(
		"backend=iommufd", nic, second_nic);
}

int
main(void)
{
#define SCRIPTED(name) \
	cmocka_unit_test_setup_teardown(name, setup_script, devices_end)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, devices_end)
	const struct CMUnitTest tests[] = {
		SCRIPTED(a_device_lives_by_the_book),
		SCRIPTED(close_detaches_first),
		TEST(open_passes_the_vf_token),
		TEST(a_refused_token_is_never_dropped),
		TEST(a_refused_bind_is_explained),
		TEST(a_node_of_another_device_is_refused),
		TEST(a_node_that_is_no_device_is_refused),
		TEST(a_device_without_a_node_needs_the_other_backend),
		TEST(other_devices_are_answered_without_a_word),
		TEST(no_device_is_answered_without_a_word),
		TEST(a_device_is_in_one_space_at_a_time),
		TEST(a_space_of_another_context_is_refused),
		TEST(a_device_in_no_space_cannot_be_detached),
		TEST(two_devices_share_a_space),
		TEST(a_refused_attach_is_explained_and_leaves_the_device),
		TEST(a_refused_detach_leaves_the_device_attached),
		TEST(close_frees_the_space_even_when_detach_is_refused),
		TEST(closing_none_is_fine),
		TEST(a_device_can_be_opened_again),
		TEST(info_comes_from_the_device),
		TEST(a_structure_without_its_size_is_not_filled),
		TEST(hw_info_that_is_not_there_is_no_error),
		SCRIPTED(an_attachment_is_tried_again_while_it_is_reset),
		TEST(an_attachment_is_given_up_after_two_seconds),
		TEST(other_refusals_are_not_tried_again),
		SCRIPTED(a_move_is_one_call),
		TEST(the_whole_group_is_moved),
		TEST(a_refused_move_leaves_the_device_where_it_was),
		TEST(a_move_is_tried_again_while_it_is_reset),
		TEST(what_does_not_fit_is_left_to_the_kernel),
		TEST(other_iommus_have_the_kernels_page_tables),
		TEST(a_question_that_fails_chooses_no_page_table),
		TEST(emulated_devices_get_the_space_itself),
		TEST(older_kernels_make_the_page_table),
		TEST(devices_of_a_space_share_page_tables),
		TEST(a_page_table_that_the_kernel_keeps_is_used_again),
		TEST(only_within_its_context_a_device_is_moved),
		TEST(a_device_is_looked_up_by_its_folder),
		TEST(what_can_be_reached_changes_with_the_devices),
		TEST(a_space_that_the_kernel_does_not_make_is_none),
		TEST(a_space_that_the_kernel_keeps_is_told_of),
		TEST(whatever_fails_nothing_is_left),
		TEST(whatever_fails_nothing_is_left_with_addresses_only),
		TEST(whatever_fails_nothing_is_left_when_it_may_choose),
		TEST(whatever_fails_nothing_is_left_while_writes_are_recorded),
	};

	return RUN_TESTS("device_iommufd", tests);
}
