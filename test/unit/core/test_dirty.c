/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The record of the pages that devices write: what is read is what was written, once, also
 * when the mapping or the page table has ended before; and what is refused.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/objects.h"
#include "backend/page_tables.h"
#include "core/dirty_steps.h"
#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "rte_iommufd_pasid.h"
#include "unit.h"

#define AREA 8 /* pages of one mapping in the rounds */
/* As many as the stand-in has room for calls; five times. */
#define ROUNDS 2000

static const struct fake_device nic_entry = { "0000:01:00.0", "vfio-pci",
	"vfio0", "511:0", "4", NULL };

static const struct fake_device second_entry = { "0000:02:00.0", "vfio-pci",
	"vfio1", "511:1", "5", NULL };

static int
setup(void **state)
{
	const char *nic;
	int ret = devices_start(state, false, "backend=iommufd,threads=1");

	nic = fake_sysfs_add(&nic_entry);
	space = create_space();
	device = open_device(nic);
	return ret;
}

static void
what_is_unmapped_is_not_lost(void **state __rte_unused)
{
	begin();
	map(0, 8);
	mock_write_page(IOVA + 5 * PAGE);
	unmap(0, 8);
	assert_written(RTE_IOMMUFD_DIRTY_KEEP, page_5);
	assert_written(0, page_5);
	assert_written(0, none);
}

static void
what_cannot_be_read_before_an_unmap_counts_as_written(void **state __rte_unused)
{
	static const uint64_t all_8[PAGES / 64] = { 0xff };

	begin();
	map(0, 8);
	mock_answer("hwpt_read_dirty", -ENOMEM);
	unmap(0, 8);
	mock_answer("hwpt_read_dirty", 0);
	assert_written(0, all_8);
}

static void
what_a_detached_device_wrote_is_not_lost(void **state __rte_unused)
{
	begin();
	map(0, 8);
	mock_write_page(IOVA + 5 * PAGE);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(mock_page_tables(), 0);
	assert_written(0, page_5);
}

static void
part_of_a_mapping_is_not_cleared(void **state __rte_unused)
{
	uint64_t bitmap[1] = { 0 };

	begin();
	map(0, 8);
	mock_write_page(IOVA + 5 * PAGE);
	assert_int_equal(rte_iommufd_space_dirty_read(
				 space, IOVA + 4 * PAGE, 2 * PAGE, 0, bitmap),
		-EINVAL);
	assert_one_error("in part");
	assert_int_equal(rte_iommufd_space_dirty_read(space, IOVA + 4 * PAGE,
				 2 * PAGE, RTE_IOMMUFD_DIRTY_KEEP, bitmap),
		0);
	assert_int_equal(bitmap[0], 2);
}

static void
it_is_wanted_before_the_first_device(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_space_dirty_want(space), -EBUSY);
	assert_one_error("before the first");
	assert_int_equal(rte_iommufd_space_dirty_start(space), -EINVAL);
	assert_one_error("rte_iommufd_space_dirty_want()");
}

static void
without_tracking_a_device_works_and_start_is_refused(void **state __rte_unused)
{
	mock_answer(
		"hwpt_alloc device=2 ioas=1 flags=pasid+dirty", -EOPNOTSUPP);
	mock_answer("hwpt_alloc device=2 ioas=1 flags=dirty", -EOPNOTSUPP);
	assert_int_equal(rte_iommufd_space_dirty_want(space), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_space_dirty_start(space), -EOPNOTSUPP);
}

static void
a_device_that_cannot_be_recorded_is_refused_in_one_line(
	void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_space_dirty_want(space), 0);
	assert_int_equal(rte_iommufd_space_dirty_start(space), 0);
	mock_answer(
		"hwpt_alloc device=2 ioas=1 flags=pasid+dirty", -EOPNOTSUPP);
	mock_answer("hwpt_alloc device=2 ioas=1 flags=dirty", -EOPNOTSUPP);
	assert_int_equal(rte_iommufd_device_attach(device, space), -EOPNOTSUPP);
	assert_one_error("not attached while address space", "0000:01:00.0",
		"rte_iommufd_space_dirty_stop()");
	assert_null(strstr(logs_text(), "which pages it writes"));
	assert_null(rte_iommufd_device_space(device));
	assert_int_equal(mock_page_tables(), 0);
}

/* A second device that does not fit the first one's page table, and a PASID on it. */
static void
all_page_tables_are_read(void **state __rte_unused)
{
	static const uint64_t pages_5_and_6[PAGES / 64] = { 3 << 5 };
	struct rte_iommufd_device *second = open_device(
		fake_sysfs_add(&second_entry));
	const struct page_table *first;
	char does_not_fit[64];
	uint32_t pasid;

	begin();
	map(0, 8);
	snprintf(does_not_fit, sizeof(does_not_fit),
		"device_attach fd=%d page_table=%u",
		rte_iommufd_device_fd(second),
		TAILQ_FIRST(&space->page_tables)->id);
	mock_answer(does_not_fit, -EINVAL);
	assert_int_equal(rte_iommufd_device_attach(second, space), 0);
	assert_int_equal(mock_page_tables(), 2);
	first = TAILQ_FIRST(&space->page_tables);
	mock_write_page_by(first->id, IOVA + 5 * PAGE);
	assert_int_equal(mock_calls("hwpt_track_dirty"), 2);
	assert_int_equal(rte_iommufd_pasid_alloc(second, &pasid), 0);
	assert_int_equal(rte_iommufd_pasid_attach(second, pasid, space), 0);
	mock_write_page_by(TAILQ_NEXT(first, next)->id, IOVA + 6 * PAGE);
	assert_written(0, pages_5_and_6);
	assert_written(0, none);

	/* What a page table has is kept when its last user leaves. */
	mock_write_page_by(TAILQ_NEXT(first, next)->id, IOVA + 5 * PAGE);
	assert_int_equal(rte_iommufd_pasid_detach(second, pasid), 0);
	rte_iommufd_device_close(second);
	assert_int_equal(mock_page_tables(), 1);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_written(0, page_5);
	assert_written(0, none);
	assert_no_error();
}

/* The page table comes with the PASID, while writes are recorded. */
static void
a_pasid_alone_is_recorded(void **state __rte_unused)
{
	struct rte_iommufd_space *other = create_space();
	uint32_t pasid;

	assert_int_equal(rte_iommufd_device_attach(device, other), 0);
	assert_int_equal(rte_iommufd_space_dirty_want(space), 0);
	assert_int_equal(rte_iommufd_space_dirty_start(space), 0);
	map(0, 8);
	assert_int_equal(rte_iommufd_pasid_alloc(device, &pasid), 0);
	assert_int_equal(rte_iommufd_pasid_attach(device, pasid, space), 0);
	mock_write_page(IOVA + 5 * PAGE);
	assert_written(RTE_IOMMUFD_DIRTY_KEEP, page_5);
	assert_int_equal(rte_iommufd_pasid_detach(device, pasid), 0);
	assert_written(0, page_5);
	assert_written(0, none);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
	assert_no_error();
}

/* Each has a record of its own, and what is unmapped in the source is kept in both. */
static void
a_mirror_has_its_own_record(void **state __rte_unused)
{
	struct rte_iommufd_space *source = space, *mirror = create_space();
	struct rte_iommufd_device *second = open_device(
		fake_sysfs_add(&second_entry));

	assert_int_equal(rte_iommufd_space_dirty_want(mirror), 0);
	assert_int_equal(rte_iommufd_device_attach(second, mirror), 0);
	assert_int_equal(rte_iommufd_space_mirror(mirror, source), 0);
	begin();
	map(0, 8);
	mock_write_page(IOVA + 5 * PAGE); /* in the source alone */
	assert_int_equal(rte_iommufd_space_dirty_start(mirror), 0);
	unmap(0, 8);
	assert_written(0, page_5);
	space = mirror;
	assert_written(0, none);
	space = source;
	map(0, 8);
	mock_write_page(IOVA + 5 * PAGE); /* in both */
	unmap(0, 8);
	space = mirror;
	assert_written(0, page_5);
	space = source;
	assert_written(0, page_5);
	rte_iommufd_device_close(second);
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
	assert_no_error();
}

/* The model: which areas are mapped, and what was written and not read. */
static void
no_page_is_lost_in_random_rounds(unsigned int seed)
{
	bool mapped[PAGES / AREA] = { false };
	uint64_t written[PAGES / 64] = { 0 };
	unsigned int round, area, page;

	srandom(seed);
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

static void
no_page_is_lost_in_random_rounds_1(void **state __rte_unused)
{
	no_page_is_lost_in_random_rounds(1);
}

static void
no_page_is_lost_in_random_rounds_2(void **state __rte_unused)
{
	no_page_is_lost_in_random_rounds(2);
}

static void
no_page_is_lost_in_random_rounds_3(void **state __rte_unused)
{
	no_page_is_lost_in_random_rounds(3);
}

static void
no_page_is_lost_in_random_rounds_4(void **state __rte_unused)
{
	no_page_is_lost_in_random_rounds(4);
}

static void
no_page_is_lost_in_random_rounds_5(void **state __rte_unused)
{
	no_page_is_lost_in_random_rounds(5);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read_once),
		TEST(what_is_unmapped_is_not_lost),
		TEST(what_cannot_be_read_before_an_unmap_counts_as_written),
		TEST(what_a_detached_device_wrote_is_not_lost),
		TEST(part_of_a_mapping_is_not_cleared),
		TEST(it_is_wanted_before_the_first_device),
		TEST(without_tracking_a_device_works_and_start_is_refused),
		TEST(a_device_that_cannot_be_recorded_is_refused_in_one_line),
		TEST(all_page_tables_are_read),
		TEST(a_pasid_alone_is_recorded),
		TEST(a_mirror_has_its_own_record),
		TEST(no_page_is_lost_in_random_rounds_1),
		TEST(no_page_is_lost_in_random_rounds_2),
		TEST(no_page_is_lost_in_random_rounds_3),
		TEST(no_page_is_lost_in_random_rounds_4),
		TEST(no_page_is_lost_in_random_rounds_5),
	};

	return RUN_TESTS("dirty", tests);
}
