/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Memory that several have mapped: what is counted, what is refused, and what is unmapped when.
 *
 * Must not know: how the bus plugin comes to call this.
 */

#include <errno.h>

#include "core/address_space.h"
#include "core/space_counted.h"
#include "core/space_map.h"
#include "util/iova_map.h"
#include "logs.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define READ RTE_IOMMUFD_MAP_READ
#define RW (READ | RTE_IOMMUFD_MAP_WRITE)
#define VA(address) ((void *)(uintptr_t)(address))

static struct rte_iommufd_context *context;
static struct rte_iommufd_space *space;

static int
setup(void **state)
{
	logs_start();
	mock_start_permissive(state);
	mock_same_memory = false;
	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &context), 0);
	return rte_iommufd_space_create(context, &space);
}

static int
teardown(void **state)
{
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	return mock_finish(state);
}

/* The program's memory: va and iova differ, so that they cannot be mixed up. */
static int
add(uint64_t iova, uint64_t length)
{
	return rte_iommufd_space_map_counted(
		space, VA(0x700000000 + iova), iova, length, RW);
}

static int
take_out(uint64_t iova, uint64_t length)
{
	return rte_iommufd_space_unmap_counted(
		space, VA(0x700000000 + iova), iova, length);
}

/* EAL's memory, at the same distance. */
static void
map_of_eal(uint64_t iova, uint64_t length, uint32_t rights)
{
	const struct mapping run = {
		.iova = iova,
		.length = length,
		.va = 0x700000000 + iova,
		.file = -1,
		.rights = rights,
		.origin = MAPPING_OF_EAL,
	};

	assert_int_equal(space_map_runs(space, &run, 1, 1), 0);
}

static void
one_is_mapped_and_unmapped(void **state __rte_unused)
{
	assert_int_equal(add(0x1000, 0x2000), 0);
	assert_contains(mock_last_call("ioas_map"),
		"va=0x700001000 iova=0x1000 length=0x2000 rights=rw");
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(take_out(0x1000, 0x2000), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
	assert_int_equal(take_out(0x1000, 0x2000), -EINVAL);
	assert_one_error("0x1000", "not mapped by the program");
}

static void
the_same_again_is_counted(void **state __rte_unused)
{
	assert_int_equal(add(0x1000, 0x2000), 0);
	assert_int_equal(add(0x1000, 0x2000), 0);
	assert_int_equal(add(0x1000, 0x2000), 0);
	assert_int_equal(mock_calls("ioas_map"), 1);
	assert_int_equal(take_out(0x1000, 0x2000), 0);
	assert_int_equal(take_out(0x1000, 0x2000), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(take_out(0x1000, 0x2000), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
}

static void
what_eal_has_is_counted_there(void **state __rte_unused)
{
	map_of_eal(0x100000, 0x10000, RW);
	assert_int_equal(add(0x102000, 0x1000), 0);
	assert_int_equal(add(0x102000, 0x1000), 0);
	assert_int_equal(mock_calls("ioas_map"), 1);
	assert_int_equal(take_out(0x102000, 0x1000), 0);
	assert_int_equal(take_out(0x102000, 0x1000), 0);
	assert_int_equal(mock_calls("ioas_unmap"), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_no_error();
	assert_int_equal(take_out(0x102000, 0x1000), -EINVAL);
}

static void
what_eal_has_in_pieces_is_counted_there_too(void **state __rte_unused)
{
	map_of_eal(0x100000, 0x1000, RW);
	map_of_eal(0x101000, 0x1000, RW);
	assert_int_equal(add(0x100800, 0x1000), 0);
	assert_int_equal(mock_calls("ioas_map"), 2);
	assert_int_equal(take_out(0x100800, 0x1000), 0);
	assert_int_equal(mock_mappings(), 2);
	assert_no_error();
}

/* Buffers of several drivers may begin at the same place of EAL's memory. */
static void
buffers_of_one_start_are_both_counted(void **state __rte_unused)
{
	map_of_eal(0x100000, 0x10000, RW);
	assert_int_equal(add(0x100000, 0x1000), 0);
	assert_int_equal(add(0x100000, 0x4000), 0);
	assert_int_equal(take_out(0x100000, 0x4000), 0);
	assert_int_equal(take_out(0x100000, 0x1000), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_no_error();
}

static void
assert_overlap_refused(uint64_t iova, uint64_t length)
{
	assert_int_equal(add(iova, length), -EEXIST);
	assert_one_error("already");
	assert_int_equal(take_out(iova, length), -EINVAL);
	assert_one_error("not mapped by the program");
}

static void
other_memory_is_not_counted(void **state __rte_unused)
{
	map_of_eal(0x100000, 0x10000, RW);
	assert_int_equal(rte_iommufd_space_map_counted(
				 space, VA(0x1234000), 0x102000, 0x1000, RW),
		-EEXIST);
	assert_one_error("already");
	assert_overlap_refused(0x10f000, 0x2000);
}

static void
memory_with_fewer_rights_is_not_counted(void **state __rte_unused)
{
	map_of_eal(0x100000, 0x10000, READ);
	assert_overlap_refused(0x102000, 0x1000);
}

/* It would be gone, with the device still using it, when the whole is unmapped. */
static void
a_part_of_the_programs_own_is_not_counted(void **state __rte_unused)
{
	assert_int_equal(add(0x100000, 0x4000), 0);
	assert_int_equal(add(0x101000, 0x1000), -EEXIST);
	assert_one_error("already");
	assert_int_equal(add(0x100000, 0x1000), -EEXIST);
	assert_one_error("already");
	assert_int_equal(mock_mappings(), 1);
}

static void
more_than_the_programs_own_is_refused(void **state __rte_unused)
{
	assert_int_equal(add(0x100000, 0x4000), 0);
	assert_int_equal(add(0x100000, 0x8000), -EEXIST);
	assert_one_error("already");
	assert_int_equal(add(0xff000, 0x8000), -EEXIST);
	assert_one_error("already");
	assert_int_equal(take_out(0x100000, 0x4000), 0);
	assert_no_error();
}

static void
a_failed_map_is_not_noted(void **state __rte_unused)
{
	mock_answer("ioas_map", -ENOMEM);
	assert_int_equal(add(0x1000, 0x1000), -ENOMEM);
	assert_one_error("cannot pin");
	mock_answer("ioas_map", 0);
	assert_int_equal(add(0x1000, 0x1000), 0);
}

static void
several_in_a_row_go_by_one_call(void **state __rte_unused)
{
	map_of_eal(0x4000, 0x1000, RW);
	assert_int_equal(add(0x2000, 0x1000), 0);
	assert_int_equal(add(0x1000, 0x1000), 0);
	assert_int_equal(add(0x3000, 0x1000), 0);
	assert_int_equal(add(0x3000, 0x1000), 0);
	assert_int_equal(add(0x4000, 0x1000), 0);
	assert_int_equal(take_out(0x1000, 0x4000), 0);
	/* What was asked for twice, and what is EAL's. */
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(take_out(0x3000, 0x1000), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_no_error();
}

static void
parts_are_refused(void **state __rte_unused)
{
	assert_int_equal(add(0x1000, 0x4000), 0);
	assert_int_equal(add(0x5000, 0x1000), 0);
	assert_int_equal(take_out(0x1000, 0x2000), -EOPNOTSUPP);
	assert_one_error("0x1000", "unmap that whole");
	assert_int_equal(take_out(0x2000, 0x3000), -EOPNOTSUPP);
	assert_one_error("0x2000", "unmap that whole");
	assert_int_equal(take_out(0x4000, 0x2000), -EOPNOTSUPP);
	assert_one_error("unmap that whole");
	assert_int_equal(mock_calls("ioas_unmap"), 0);
	assert_int_equal(take_out(0x1000, 0x5000), 0);
	assert_int_equal(mock_mappings(), 0);
}

static void
gaps_and_strangers_are_refused(void **state __rte_unused)
{
	assert_int_equal(add(0x1000, 0x1000), 0);
	assert_int_equal(add(0x3000, 0x1000), 0);
	map_of_eal(0x8000, 0x1000, RW);
	assert_int_equal(take_out(0x1000, 0x3000), -EINVAL);
	assert_one_error("not mapped by the program");
	assert_int_equal(take_out(0x2000, 0x1000), -EINVAL);
	assert_one_error("not mapped by the program");
	assert_int_equal(take_out(0x8000, 0x1000), -EINVAL);
	assert_one_error("not mapped by the program");
	assert_int_equal(rte_iommufd_space_unmap_counted(
				 space, VA(0x1000), 0x1000, 0x1000),
		-EINVAL);
	assert_one_error("not mapped by the program");
	assert_int_equal(mock_calls("ioas_unmap"), 0);
	assert_int_equal(mock_mappings(), 3);
}

static void
a_refused_unmap_can_be_tried_again(void **state __rte_unused)
{
	assert_int_equal(add(0x1000, 0x1000), 0);
	mock_answer("ioas_unmap", -EBUSY);
	assert_int_equal(take_out(0x1000, 0x1000), -EBUSY);
	assert_one_error("0x1000-0x1fff");
	mock_answer("ioas_unmap", 0);
	assert_int_equal(take_out(0x1000, 0x1000), 0);
	assert_int_equal(mock_mappings(), 0);
}

/* --- The same memory at another address --- */

static int
add_alias(uint64_t iova, uint64_t length)
{
	return rte_iommufd_space_map_counted(
		space, VA(0x900000000 + iova), iova, length, RW);
}

static int
take_out_alias(uint64_t iova, uint64_t length)
{
	return rte_iommufd_space_unmap_counted(
		space, VA(0x900000000 + iova), iova, length);
}

/* Two ports of vhost that have the memory of one guest, with physical addresses as IOVAs. */
static void
the_same_memory_elsewhere_is_counted(void **state __rte_unused)
{
	mock_same_memory = true;
	assert_int_equal(add(0x1000, 0x2000), 0);
	assert_int_equal(add_alias(0x1000, 0x2000), 0);
	assert_int_equal(mock_calls("ioas_map"), 1);
	assert_int_equal(take_out(0x1000, 0x2000), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(take_out_alias(0x1000, 0x2000), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
	assert_int_equal(take_out_alias(0x1000, 0x2000), -EINVAL);
	assert_one_error("not mapped by the program");
}

static void
other_memory_at_the_same_place_is_refused(void **state __rte_unused)
{
	assert_int_equal(add(0x1000, 0x2000), 0);
	assert_int_equal(add_alias(0x1000, 0x2000), -EEXIST);
	assert_one_error("already");
	assert_int_equal(take_out_alias(0x1000, 0x2000), -EINVAL);
	assert_one_error("not mapped by the program");
	assert_int_equal(take_out(0x1000, 0x2000), 0);
	assert_int_equal(mock_mappings(), 0);
}

/* --- EAL's memory --- */

static const struct mapping of_eal = {
	.iova = 0x101000,
	.length = 0x1000,
	.va = 0x700101000,
	.file = -1,
	.rights = RW,
	.origin = MAPPING_OF_EAL,
};

static uint64_t
areas(void)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	assert_int_equal(rte_iommufd_space_stats(space, &stats), 0);
	return stats.areas;
}

/* A program maps memory, and makes an external heap of it thereafter. */
static void
what_eal_got_later_stays_when_the_program_unmaps(void **state __rte_unused)
{
	assert_int_equal(add(0x100000, 0x4000), 0);
	assert_true(space_counted_keeps_for_eal(space, &of_eal));
	assert_int_equal(take_out(0x100000, 0x4000), 0);
	assert_int_equal(mock_calls("ioas_unmap"), 0);
	assert_int_equal(areas(), 1);
	assert_int_equal(take_out(0x100000, 0x4000), -EINVAL);
	assert_one_error("not mapped by the program");
}

static void
what_eal_has_given_up_goes_with_the_program(void **state __rte_unused)
{
	struct mapping area;

	assert_int_equal(add(0x100000, 0x4000), 0);
	assert_true(space_counted_keeps_for_eal(space, &of_eal));
	assert_int_equal(address_space_find(space, 0x100000, &area), 0);
	assert_true(space_counted_eal_frees(space, &area, &of_eal));
	assert_int_equal(take_out(0x100000, 0x4000), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(areas(), 0);
	assert_false(space_counted_keeps_for_eal(space, &of_eal));
	assert_no_error();
}

static void
what_is_counted_is_counted_in_its_own_space_only(void **state __rte_unused)
{
	struct rte_iommufd_space *other;

	assert_int_equal(rte_iommufd_space_create(context, &other), 0);
	assert_int_equal(add(0x1000, 0x1000), 0);
	assert_int_equal(add(0x1000, 0x1000), 0);
	assert_int_equal(rte_iommufd_space_mirror(other, space), 0);
	assert_int_equal(add(0x2000, 0x1000), 0);
	assert_int_equal(mock_mappings(), 4);
	assert_int_equal(rte_iommufd_space_unmap_counted(
				 other, VA(0x700001000), 0x1000, 0x1000),
		-EINVAL);
	assert_one_error("not mapped by the program");
	assert_int_equal(rte_iommufd_space_unmap_counted(
				 other, VA(0x700002000), 0x2000, 0x1000),
		-EINVAL);
	assert_one_error("not mapped by the program");
	assert_int_equal(take_out(0x1000, 0x2000), 0);
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(take_out(0x1000, 0x1000), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
	assert_no_error();
}

static void
what_is_no_interval_is_refused(void **state __rte_unused)
{
	assert_int_equal(add(0x1000, 0), -EINVAL);
	assert_one_error("nothing to map");
	assert_int_equal(add(UINT64_C(0) - 0x1000, 0x2000), -EINVAL);
	assert_one_error("cannot map");
	assert_int_equal(take_out(0x1000, 0), -EINVAL);
	assert_one_error("not mapped by the program");
	assert_int_equal(take_out(UINT64_C(0) - 0x1000, 0x2000), -EINVAL);
	assert_one_error("not mapped by the program");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_is_mapped_and_unmapped),
		TEST(the_same_again_is_counted),
		TEST(what_eal_has_is_counted_there),
		TEST(what_eal_has_in_pieces_is_counted_there_too),
		TEST(buffers_of_one_start_are_both_counted),
		TEST(other_memory_is_not_counted),
		TEST(memory_with_fewer_rights_is_not_counted),
		TEST(a_part_of_the_programs_own_is_not_counted),
		TEST(more_than_the_programs_own_is_refused),
		TEST(a_failed_map_is_not_noted),
		TEST(several_in_a_row_go_by_one_call),
		TEST(parts_are_refused),
		TEST(gaps_and_strangers_are_refused),
		TEST(a_refused_unmap_can_be_tried_again),
		TEST(the_same_memory_elsewhere_is_counted),
		TEST(other_memory_at_the_same_place_is_refused),
		TEST(what_eal_got_later_stays_when_the_program_unmaps),
		TEST(what_eal_has_given_up_goes_with_the_program),
		TEST(what_is_counted_is_counted_in_its_own_space_only),
		TEST(what_is_no_interval_is_refused),
	};

	return RUN_TESTS("space_counted", tests);
}
