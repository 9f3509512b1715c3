/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Address spaces on IOMMUFD: which call maps what, what is refused before the
 * kernel is asked, and what the record says after a failure.
 *
 * Must not know: devices; EAL's memory.
 */

#include <errno.h>
#include <string.h>

#include "logs.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define READ RTE_IOMMUFD_MAP_READ
#define WRITE RTE_IOMMUFD_MAP_WRITE
#define RW (READ | WRITE)
#define VA(address) ((void *)(uintptr_t)(address))
#define FILE_FD 77

static struct rte_iommufd_context *context;
static struct rte_iommufd_space *space;

static void
start(const char *settings)
{
	assert_int_equal(rte_iommufd_context_create(settings, &context), 0);
	assert_int_equal(rte_iommufd_space_create(context, &space), 0);
}

static void
start_scripted(const char *settings)
{
	mock_expect(10, "open /dev/iommu");
	mock_expect(0, "ioas_alloc iommu=10");
	mock_expect_value(1);
	start(settings);
	mock_assert_script_done();
}

static int
setup_script(void **state)
{
	logs_start();
	mock_start_script(state);
	start_scripted("backend=iommufd");
	return 0;
}

static int
setup(void **state)
{
	logs_start();
	mock_start_permissive(state);
	start("backend=iommufd");
	return 0;
}

/* Also shows that a space can end with mappings in it, by one call. */
static int
teardown_script(void **state)
{
	mock_assert_script_done();
	mock_expect(0, "destroy id=1");
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	mock_expect(0, "close fd=10");
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	return mock_finish(state);
}

static int
teardown(void **state)
{
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	return mock_finish(state);
}

static int
map(uint64_t va, uint64_t iova, uint64_t length)
{
	return rte_iommufd_space_map(space, VA(va), iova, length, RW);
}

static int
map_file(uint64_t offset, uint64_t va, uint64_t iova, uint64_t length)
{
	return rte_iommufd_space_map_file(
		space, FILE_FD, offset, VA(va), iova, length, RW);
}

static int
unmap(uint64_t iova, uint64_t length)
{
	return rte_iommufd_space_unmap(space, iova, length);
}

static void
assert_stats(uint64_t map_calls, uint64_t unmap_calls, uint64_t failed_calls,
	uint64_t areas, uint64_t bytes)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	memset(&stats, 0xff, sizeof(stats));
	stats.size = sizeof(stats);
	assert_int_equal(rte_iommufd_space_stats(space, &stats), 0);
	assert_int_equal(stats.map_calls, map_calls);
	assert_int_equal(stats.unmap_calls, unmap_calls);
	assert_int_equal(stats.failed_calls, failed_calls);
	assert_int_equal(stats.areas, areas);
	assert_int_equal(stats.bytes, bytes);
}

static void
map_and_unmap_are_one_call_each(void **state __rte_unused)
{
	mock_expect(0,
		"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x2000 rights=rw");
	assert_int_equal(map(0x7000, 0x1000, 0x2000), 0);
	assert_stats(1, 0, 0, 1, 0x2000);
	mock_expect(0, "ioas_unmap ioas=1 iova=0x1000 length=0x2000");
	assert_int_equal(unmap(0x1000, 0x2000), 0);
	assert_stats(1, 1, 0, 0, 0);
	assert_no_error();
}

static void
rights_reach_the_kernel(void **state __rte_unused)
{
	mock_expect(0,
		"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x1000 rights=r");
	assert_int_equal(
		rte_iommufd_space_map(space, VA(0x7000), 0x1000, 0x1000, READ),
		0);
	mock_expect(0,
		"ioas_map ioas=1 va=0x8000 iova=0x2000 length=0x1000 rights=w");
	assert_int_equal(
		rte_iommufd_space_map(space, VA(0x8000), 0x2000, 0x1000, WRITE),
		0);
}

static void
wrong_rights_are_refused_here(void **state __rte_unused)
{
	static const uint32_t wrong[] = { 0, 4, RW | 8, UINT32_MAX };
	size_t i;

	for (i = 0; i < RTE_DIM(wrong); i++) {
		assert_int_equal(rte_iommufd_space_map(space, VA(0x7000),
					 0x1000, 0x1000, wrong[i]),
			-EINVAL);
		assert_one_error("0x1000", "rights");
		assert_int_equal(rte_iommufd_space_map_file(space, FILE_FD, 0,
					 VA(0x7000), 0x1000, 0x1000, wrong[i]),
			-EINVAL);
		assert_one_error("0x1000", "rights");
	}
	assert_stats(0, 0, 0, 0, 0);
}

static void
what_is_no_interval_is_refused_here(void **state __rte_unused)
{
	assert_int_equal(map(0x7000, 0x1000, 0), -EINVAL);
	assert_one_error("cannot map");
	assert_int_equal(map(0x7000, UINT64_MAX - 0xfff, 0x2000), -EINVAL);
	assert_one_error("cannot map");
	assert_int_equal(map_file(0, 0x7000, 0x1000, 0), -EINVAL);
	assert_one_error("cannot map");
	assert_stats(0, 0, 0, 0, 0);
}

static void
an_overlap_is_refused_here(void **state __rte_unused)
{
	mock_expect(0,
		"ioas_map ioas=1 va=0x7000 iova=0x2000 length=0x2000 rights=rw");
	assert_int_equal(map(0x7000, 0x2000, 0x2000), 0);
	assert_int_equal(map(0x7000, 0x2000, 0x2000), -EEXIST);
	assert_one_error("0x2000-0x3fff", "already");
	assert_int_equal(map(0x9000, 0x3000, 0x1000), -EEXIST);
	assert_one_error("0x3000-0x3fff");
	assert_int_equal(map_file(0, 0x9000, 0x1000, 0x8000), -EEXIST);
	assert_one_error("0x1000-0x8fff");
	assert_stats(1, 0, 0, 1, 0x2000);
}

static void
a_failed_map_is_explained_and_not_recorded(void **state __rte_unused)
{
	static const struct {
		int error;
		const char *words;
	} failures[] = {
		{ -ENOMEM, "cannot pin" },
		{ -EFAULT, "0x7000" },
		{ -EINVAL, "whole pages" },
		{ -EIO, "Input/output error" },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(failures); i++) {
		mock_expect(failures[i].error,
			"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x1000 rights=rw");
		assert_int_equal(
			map(0x7000, 0x1000, 0x1000), failures[i].error);
		assert_one_error(failures[i].words);
		assert_stats(i + 1, 0, i + 1, 0, 0);
	}
	/* Nothing is in the way of another try. */
	mock_expect(0,
		"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x1000 rights=rw");
	assert_int_equal(map(0x7000, 0x1000, 0x1000), 0);
}

static void
a_file_is_mapped_by_the_file(void **state __rte_unused)
{
	mock_expect(0,
		"ioas_map_file ioas=1 file=77 offset=0x5000 iova=0x1000 length=0x2000 rights=rw");
	assert_int_equal(map_file(0x5000, 0x7000, 0x1000, 0x2000), 0);
	mock_expect(0, "ioas_unmap ioas=1 iova=0x1000 length=0x2000");
	assert_int_equal(unmap(0x1000, 0x2000), 0);
	assert_no_error();
}

/* A kernel before 6.13: it is not asked a second time. */
static void
a_missing_call_is_remembered(void **state __rte_unused)
{
	mock_expect(-ENOTTY,
		"ioas_map_file ioas=1 file=77 offset=0 iova=0x1000 length=0x1000 rights=rw");
	mock_expect(0,
		"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x1000 rights=rw");
	assert_int_equal(map_file(0, 0x7000, 0x1000, 0x1000), 0);
	mock_expect(0,
		"ioas_map ioas=1 va=0x8000 iova=0x2000 length=0x1000 rights=rw");
	assert_int_equal(map_file(0x1000, 0x8000, 0x2000, 0x1000), 0);
	assert_no_error();
}

/* Only this file is the matter: the next one is tried again. */
static void
a_file_of_another_kind_is_not_held_against_the_next(void **state __rte_unused)
{
	mock_expect(-EINVAL,
		"ioas_map_file ioas=1 file=77 offset=0 iova=0x1000 length=0x1000 rights=rw");
	mock_expect(0,
		"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x1000 rights=rw");
	assert_int_equal(map_file(0, 0x7000, 0x1000, 0x1000), 0);
	mock_expect(-EOPNOTSUPP,
		"ioas_map_file ioas=1 file=77 offset=0x1000 iova=0x2000 length=0x1000 rights=rw");
	mock_expect(0,
		"ioas_map ioas=1 va=0x8000 iova=0x2000 length=0x1000 rights=rw");
	assert_int_equal(map_file(0x1000, 0x8000, 0x2000, 0x1000), 0);
	mock_expect(0,
		"ioas_map_file ioas=1 file=77 offset=0x2000 iova=0x3000 length=0x1000 rights=rw");
	assert_int_equal(map_file(0x2000, 0x9000, 0x3000, 0x1000), 0);
	assert_no_error();
}

/* Not by a file that is not there, which would be "Bad file descriptor". */
static void
no_address_is_the_kernels_to_refuse(void **state __rte_unused)
{
	mock_expect(-EFAULT,
		"ioas_map ioas=1 va=0 iova=0x1000 length=0x1000 rights=rw");
	assert_int_equal(map(0, 0x1000, 0x1000), -EFAULT);
	assert_one_error("cannot map 0x1000-0x1fff", "no memory");
}

static void
other_errors_of_a_file_are_errors(void **state __rte_unused)
{
	static const int errors[] = { -ENOMEM, -EFAULT, -EADDRINUSE, -EBADF };
	size_t i;

	for (i = 0; i < RTE_DIM(errors); i++) {
		mock_expect(errors[i],
			"ioas_map_file ioas=1 file=77 offset=0 iova=0x1000 length=0x1000 rights=rw");
		assert_int_equal(
			map_file(0, 0x7000, 0x1000, 0x1000), errors[i]);
		assert_one_error("cannot ");
	}
}

static void
when_both_ways_fail_the_second_counts(void **state __rte_unused)
{
	mock_expect(-EINVAL,
		"ioas_map_file ioas=1 file=77 offset=0 iova=0x1000 length=0x1000 rights=rw");
	mock_expect(-EFAULT,
		"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x1000 rights=rw");
	assert_int_equal(map_file(0, 0x7000, 0x1000, 0x1000), -EFAULT);
	assert_one_error("0x7000");
	assert_stats(1, 0, 1, 0, 0);
}

static int
setup_file_only(void **state)
{
	logs_start();
	mock_start_script(state);
	start_scripted("backend=iommufd,map=file");
	return 0;
}

static void
by_file_only_means_no_second_way(void **state __rte_unused)
{
	static const int errors[] = { -ENOTTY, -EINVAL, -EOPNOTSUPP };
	size_t i;

	for (i = 0; i < RTE_DIM(errors); i++) {
		mock_expect(errors[i],
			"ioas_map_file ioas=1 file=77 offset=0 iova=0x1000 length=0x1000 rights=rw");
		assert_int_equal(
			map_file(0, 0x7000, 0x1000, 0x1000), errors[i]);
		assert_one_error("cannot map");
	}
	assert_stats(3, 0, 3, 0, 0);
}

static void
by_file_only_still_maps_what_has_no_file(void **state __rte_unused)
{
	mock_expect(0,
		"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x1000 rights=rw");
	assert_int_equal(map(0x7000, 0x1000, 0x1000), 0);
}

static int
setup_va_only(void **state)
{
	logs_start();
	mock_start_script(state);
	start_scripted("backend=iommufd,map=va");
	return 0;
}

static void
by_address_only_does_not_use_the_file(void **state __rte_unused)
{
	mock_expect(0,
		"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x1000 rights=rw");
	assert_int_equal(map_file(0, 0x7000, 0x1000, 0x1000), 0);
}

static void
unmap_refuses_what_is_not_whole(void **state __rte_unused)
{
	assert_int_equal(map(0x7000, 0x1000, 0x2000), 0);
	assert_int_equal(map(0x9000, 0x4000, 0x1000), 0);
	assert_int_equal(unmap(0x1000, 0x1000), -EINVAL);
	assert_one_error("0x1000", "begin and end");
	assert_int_equal(unmap(0x2000, 0x1000), -EINVAL);
	assert_one_error("begin and end");
	assert_int_equal(unmap(0x1000, 0x4000), -ENOENT);
	assert_one_error("not all of it is mapped");
	assert_int_equal(unmap(0x8000, 0x1000), -ENOENT);
	assert_one_error("not all of it is mapped");
	assert_int_equal(unmap(0x1000, 0), -EINVAL);
	assert_one_error("cannot unmap");
	assert_int_equal(mock_calls("ioas_unmap"), 0);
	assert_int_equal(mock_mappings(), 2);
	assert_stats(2, 0, 0, 2, 0x3000);
}

static void
unmap_takes_several_whole_ones(void **state __rte_unused)
{
	assert_int_equal(map(0x7000, 0x1000, 0x2000), 0);
	assert_int_equal(map(0x19000, 0x3000, 0x1000), 0);
	assert_int_equal(map(0x29000, 0x4000, 0x1000), 0);
	assert_int_equal(unmap(0x1000, 0x3000), 0);
	assert_int_equal(mock_calls("ioas_unmap"), 1);
	assert_int_equal(mock_mappings(), 1);
	assert_stats(3, 1, 0, 1, 0x1000);
	assert_int_equal(unmap(0x1000, 0x3000), -ENOENT);
	assert_one_error("not all of it is mapped");
}

static void
a_short_unmap_is_an_error(void **state __rte_unused)
{
	mock_expect(0,
		"ioas_map ioas=1 va=0x7000 iova=0x1000 length=0x2000 rights=rw");
	assert_int_equal(map(0x7000, 0x1000, 0x2000), 0);
	mock_expect(0, "ioas_unmap ioas=1 iova=0x1000 length=0x2000");
	mock_expect_value(0x1000);
	assert_int_equal(unmap(0x1000, 0x2000), -EIO);
	assert_one_error("0x1000-0x2fff", "4096 of 8192");
	assert_stats(1, 1, 1, 1, 0x2000);
	mock_expect(0, "ioas_unmap ioas=1 iova=0x1000 length=0x2000");
	assert_int_equal(unmap(0x1000, 0x2000), 0);
}

static void
a_refused_unmap_keeps_the_record(void **state __rte_unused)
{
	assert_int_equal(map(0x7000, 0x1000, 0x2000), 0);
	mock_answer("ioas_unmap", -EBUSY);
	assert_int_equal(unmap(0x1000, 0x2000), -EBUSY);
	assert_one_error("0x1000-0x2fff");
	assert_stats(1, 1, 1, 1, 0x2000);
	assert_int_equal(map(0x7000, 0x1000, 0x2000), -EEXIST);
	assert_one_error("already");
}

static void
lookup_answers_from_the_record(void **state __rte_unused)
{
	void *va = NULL;

	assert_int_equal(map(0x70000, 0x1000, 0x2000), 0);
	assert_int_equal(
		rte_iommufd_space_map(space, VA(0x90000), 0x3000, 0x1000, READ),
		0);
	assert_int_equal(
		rte_iommufd_space_lookup(space, 0x1800, 0x800, RW, &va), 0);
	assert_ptr_equal(va, VA(0x70800));
	va = NULL;
	assert_int_equal(
		rte_iommufd_space_lookup(space, 0x3000, 0x1000, RW, &va),
		-ENOENT);
	assert_int_equal(
		rte_iommufd_space_lookup(space, 0x2000, 0x2000, READ, &va),
		-ENOENT);
	assert_int_equal(
		rte_iommufd_space_lookup(space, 0x4000, 0x1000, 0, &va),
		-ENOENT);
	assert_null(va);
	assert_no_error();
}

static const struct rte_iommufd_range known_ranges[] = {
	{ 0, 0xfedfffff },
	{ 0xfef00000, 0xffffffff },
	{ UINT64_C(1) << 40, UINT64_MAX },
};

static void
ranges_are_as_many_as_fit(void **state __rte_unused)
{
	struct rte_iommufd_range ranges[4];

	mock_set_ranges(known_ranges, RTE_DIM(known_ranges));
	memset(ranges, 0xee, sizeof(ranges));
	assert_int_equal(rte_iommufd_space_ranges(space, ranges, 4), 3);
	assert_memory_equal(ranges, known_ranges, sizeof(known_ranges));
	assert_int_equal(ranges[3].first, UINT64_C(0xeeeeeeeeeeeeeeee));
	assert_int_equal(rte_iommufd_space_ranges(space, ranges, 3), 3);

	memset(ranges, 0xee, sizeof(ranges));
	assert_int_equal(rte_iommufd_space_ranges(space, ranges, 2), 3);
	assert_memory_equal(ranges, known_ranges, 2 * sizeof(ranges[0]));
	assert_int_equal(ranges[2].first, UINT64_C(0xeeeeeeeeeeeeeeee));
	assert_int_equal(rte_iommufd_space_ranges(space, NULL, 0), 3);
	assert_no_error();
}

static void
ranges_are_asked_for_each_time(void **state __rte_unused)
{
	struct rte_iommufd_range ranges[4];

	mock_set_ranges(known_ranges, 3);
	assert_int_equal(rte_iommufd_space_ranges(space, ranges, 4), 3);
	mock_set_ranges(known_ranges, 1);
	assert_int_equal(rte_iommufd_space_ranges(space, ranges, 4), 1);
	mock_answer("ioas_ranges", -ENOENT);
	assert_int_equal(rte_iommufd_space_ranges(space, ranges, 4), -ENOENT);
	assert_one_error("ranges");
}

static void
the_type1_descriptor_is_the_iommu(void **state __rte_unused)
{
	mock_expect(0, "ioas_serve_type1 ioas=1");
	assert_int_equal(rte_iommufd_space_type1_fd(space), 10);
	mock_expect(-ENODEV, "ioas_serve_type1 ioas=1");
	assert_int_equal(rte_iommufd_space_type1_fd(space), -ENODEV);
	assert_one_error("type1");
}

static void
spaces_are_apart(void **state __rte_unused)
{
	struct rte_iommufd_space *other;
	void *va;

	assert_int_equal(rte_iommufd_space_create(context, &other), 0);
	assert_int_equal(map(0x7000, 0x1000, 0x1000), 0);
	assert_int_equal(
		rte_iommufd_space_map(other, VA(0x8000), 0x1000, 0x1000, RW),
		0);
	assert_int_equal(mock_calls("open /dev/iommu"), 1);
	assert_int_equal(mock_calls("ioas_alloc"), 2);
	assert_int_equal(
		rte_iommufd_space_lookup(other, 0x1000, 1, RW, &va), 0);
	assert_ptr_equal(va, VA(0x8000));
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
	assert_stats(1, 0, 0, 1, 0x1000);
	assert_int_equal(mock_mappings(), 1);
}

int
main(void)
{
#define SCRIPTED(name) \
	cmocka_unit_test_setup_teardown(name, setup_script, teardown_script)
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCRIPTED(map_and_unmap_are_one_call_each),
		SCRIPTED(rights_reach_the_kernel),
		SCRIPTED(wrong_rights_are_refused_here),
		SCRIPTED(what_is_no_interval_is_refused_here),
		SCRIPTED(an_overlap_is_refused_here),
		SCRIPTED(a_failed_map_is_explained_and_not_recorded),
		SCRIPTED(a_file_is_mapped_by_the_file),
		SCRIPTED(a_missing_call_is_remembered),
		SCRIPTED(a_file_of_another_kind_is_not_held_against_the_next),
		SCRIPTED(no_address_is_the_kernels_to_refuse),
		SCRIPTED(other_errors_of_a_file_are_errors),
		SCRIPTED(when_both_ways_fail_the_second_counts),
		cmocka_unit_test_setup_teardown(
			by_file_only_means_no_second_way, setup_file_only,
			teardown_script),
		cmocka_unit_test_setup_teardown(
			by_file_only_still_maps_what_has_no_file,
			setup_file_only, teardown_script),
		cmocka_unit_test_setup_teardown(
			by_address_only_does_not_use_the_file, setup_va_only,
			teardown_script),
		TEST(unmap_refuses_what_is_not_whole),
		TEST(unmap_takes_several_whole_ones),
		SCRIPTED(a_short_unmap_is_an_error),
		TEST(a_refused_unmap_keeps_the_record),
		TEST(lookup_answers_from_the_record),
		TEST(ranges_are_as_many_as_fit),
		TEST(ranges_are_asked_for_each_time),
		SCRIPTED(the_type1_descriptor_is_the_iommu),
		TEST(spaces_are_apart),
	};

	return RUN_TESTS("address_space", tests);
}
