/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The record of the pages that devices write, by a legacy container: it reads whole mappings and
 * clears what it reads, and is gone with the last device. The stand-in for the kernel records
 * page by page, as the kernel does for emulated devices.
 *
 * Must not know: page tables of IOMMUFD.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/dirty_steps.h"
#include "devices.h"
#include "logs.h"
#include "machine.h"
#include "mock_kernel.h"
#include "unit.h"

#define AREA 8 /* pages of one mapping in the rounds */
#define ROUNDS 2000

static int
setup(void **state)
{
	int ret = machine_start(state, false, "backend=type1,threads=1");

	device = open_device(nic);
	space = create_space();
	return ret;
}

static const uint64_t first_8[PAGES / 64] = { 0xff };

/* The kernel reads whole mappings and clears them; what was not asked for is kept. */
static void
part_of_a_mapping_is_read_and_the_rest_is_kept(void **state __rte_unused)
{
	uint64_t bitmap[1] = { 0 };

	begin();
	map(0, 8);
	mock_write_page(IOVA + 5 * PAGE);
	assert_int_equal(rte_iommufd_space_dirty_read(space, IOVA + 6 * PAGE,
				 2 * PAGE, RTE_IOMMUFD_DIRTY_KEEP, bitmap),
		0);
	assert_int_equal(bitmap[0], 0);
	assert_int_equal(rte_iommufd_space_dirty_read(
				 space, IOVA + 4 * PAGE, 2 * PAGE, 0, bitmap),
		-EINVAL);
	assert_one_error("in part");
	assert_written(0, page_5);
	assert_written(0, none);
}

/* Whole words of the kernel's bitmap, and parts of one. */
static void
many_pages_are_as_they_were_written(void **state __rte_unused)
{
	static const uint64_t written[PAGES / 64] = { UINT64_MAX, 0, 2, 0 };
	unsigned int page;

	begin();
	map(0, 200);
	for (page = 0; page < 64; page++)
		mock_write_page(IOVA + page * PAGE);
	mock_write_page(IOVA + 129 * PAGE);
	assert_written(RTE_IOMMUFD_DIRTY_KEEP, written);
	assert_written(0, written);
	assert_written(0, none);
}

static void
what_is_unmapped_is_not_lost(void **state __rte_unused)
{
	begin();
	map(0, 4);
	map(4, 4);
	mock_write_page(IOVA + 5 * PAGE);
	unmap(0, 8);
	assert_written(0, page_5);
	assert_written(0, none);
}

static void
what_cannot_be_read_before_an_unmap_counts_as_written(void **state __rte_unused)
{
	begin();
	map(0, 8);
	mock_answer("type1_read_dirty", -ENOMEM);
	unmap(0, 8);
	assert_written(0, first_8);
}

/* The kernel's record ends with the last device, unread; with the next one it goes on. */
static void
with_the_last_device_all_counts_as_written(void **state __rte_unused)
{
	begin();
	map(0, 8);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_written(0, first_8);
	assert_written(0, none);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_calls("type1_track_dirty"), 2);
	mock_write_page(IOVA + 5 * PAGE);
	assert_written(0, page_5);
	assert_no_error();
}

/* A file of the device is open elsewhere: the record goes on, until the kernel drops it. */
static void
a_page_table_that_the_kernel_keeps_is_read(void **state __rte_unused)
{
	begin();
	map(0, 8);
	mock_answer("group_unset_container", -EBUSY);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	logs_start();
	mock_write_page(IOVA + 5 * PAGE);
	assert_written(0, page_5);
	assert_written(0, none);
	mock_answer("container_has_iommu", 0);
	mock_answer("type1_read_dirty", -EINVAL);
	assert_written(0, first_8);
	mock_answer("type1_track_dirty", -EINVAL);
	assert_int_equal(rte_iommufd_space_dirty_stop(space), 0);
	assert_no_error();
}

static void
it_can_begin_before_the_first_device(void **state __rte_unused)
{
	map(0, 8);
	assert_int_equal(rte_iommufd_space_dirty_want(space), 0);
	assert_int_equal(rte_iommufd_space_dirty_start(space), 0);
	assert_written(0, none);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	mock_write_page(IOVA + 5 * PAGE);
	assert_written(0, page_5);
	assert_no_error();
}

static void
a_device_that_ends_the_record_is_refused_in_one_line(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_space_dirty_want(space), 0);
	assert_int_equal(rte_iommufd_space_dirty_start(space), 0);
	mock_answer("type1_track_dirty", -ENOMEM);
	assert_int_equal(rte_iommufd_device_attach(device, space), -ENOMEM);
	assert_one_error("does not record the writes of a new device");
	assert_null(rte_iommufd_device_space(device));
}

/* iommufd_vfio_ioctl() does not know the call. */
static void
where_the_container_is_iommufds_it_is_refused(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_space_dirty_want(space), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	mock_answer("type1_track_dirty", -ENOTTY);
	assert_int_equal(rte_iommufd_space_dirty_start(space), -ENOTTY);
	assert_one_error("does not record writes");
	assert_int_equal(rte_iommufd_space_dirty_stop(space), -EINVAL);
	assert_one_error("no writes are recorded");
}

/* The model: which areas are mapped, and what was written and not read. */
static void
no_page_is_lost_in_random_rounds(void **state __rte_unused)
{
	bool mapped[PAGES / AREA] = { false };
	uint64_t written[PAGES / 64] = { 0 };
	unsigned int round, area, page;

	srandom(1);
	begin();
	for (round = 0; round < ROUNDS; round++) {
		area = random() % (PAGES / AREA);
		page = area * AREA + random() % AREA;
		if (random() % 64 == 0) {
			assert_written(0, written);
			memset(written, 0, sizeof(written));
		} else if (!mapped[area]) {
			map(area * AREA, AREA);
			mapped[area] = true;
		} else if (random() % 4 == 0) {
			unmap(area * AREA, AREA);
			mapped[area] = false;
		} else if (!(written[page / 64] & UINT64_C(1) << page % 64)) {
			mock_write_page(IOVA + page * PAGE);
			written[page / 64] |= UINT64_C(1) << page % 64;
		}
	}
	assert_written(0, written);
	assert_written(0, none);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read_once),
		TEST(part_of_a_mapping_is_read_and_the_rest_is_kept),
		TEST(many_pages_are_as_they_were_written),
		TEST(what_is_unmapped_is_not_lost),
		TEST(what_cannot_be_read_before_an_unmap_counts_as_written),
		TEST(with_the_last_device_all_counts_as_written),
		TEST(a_page_table_that_the_kernel_keeps_is_read),
		TEST(it_can_begin_before_the_first_device),
		TEST(a_device_that_ends_the_record_is_refused_in_one_line),
		TEST(where_the_container_is_iommufds_it_is_refused),
		TEST(no_page_is_lost_in_random_rounds),
	};

	return RUN_TESTS("dirty_type1", tests);
}
