/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Memory of one space in others: copies, and mirrors, which go on; what is copied by
 * which call, and what is left of it when something fails.
 *
 * Must not know: EAL's memory.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/address_space.h"
#include "core/foreign_map.h"
#include "backend/backend.h"
#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

#define READ RTE_IOMMUFD_MAP_READ
#define RW (READ | RTE_IOMMUFD_MAP_WRITE)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define PAGE 0x1000
/* Where no process has anything, so that nothing is made present there. */
#define VA_BASE UINT64_C(0x8000200000000000)
#define VA(iova) ((void *)(uintptr_t)(VA_BASE + (iova)))

static struct rte_iommufd_space *source; /* IOAS 1 */
static struct rte_iommufd_space *mirror; /* IOAS 2 */
static struct rte_iommufd_space *third;	 /* IOAS 3 */

static int
start(void **state, const char *settings)
{
	if (devices_start(state, false, settings) != 0)
		return -1;
	source = create_space();
	mirror = create_space();
	third = create_space();
	return 0;
}

static int
setup(void **state)
{
	return start(state, "backend=iommufd,threads=1");
}

static int
setup_threads(void **state)
{
	return start(state, "backend=iommufd,threads=4");
}

static int
setup_type1(void **state)
{
	return start(state, "backend=type1,threads=4");
}

/* Those that mirror end first, which is the test's affair where it is the source. */
static int
teardown(void **state)
{
	assert_int_equal(rte_iommufd_space_destroy(third), 0);
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
	assert_int_equal(rte_iommufd_space_destroy(source), 0);
	assert_no_error();
	return devices_end(state);
}

static int
map(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	return rte_iommufd_space_map(space, VA(iova), iova, length, RW);
}

static void
map_well(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	assert_int_equal(map(space, iova, length), 0);
}

static void
unmap_well(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	assert_int_equal(rte_iommufd_space_unmap(space, iova, length), 0);
}

static void
mirror_well(struct rte_iommufd_space *space)
{
	assert_int_equal(rte_iommufd_space_mirror(space, source), 0);
}

static struct rte_iommufd_space_stats
stats_of(struct rte_iommufd_space *space)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	rte_iommufd_space_stats(space, &stats);
	return stats;
}

/* What the records of the three have, and the kernel has no more and no less. */
static void
assert_areas(
	unsigned int of_source, unsigned int of_mirror, unsigned int of_third)
{
	assert_int_equal(stats_of(source).areas, of_source);
	assert_int_equal(stats_of(mirror).areas, of_mirror);
	assert_int_equal(stats_of(third).areas, of_third);
	assert_int_equal(mock_mappings(), of_source + of_mirror + of_third);
	assert_int_equal(mock_mapped_bytes(),
		stats_of(source).bytes + stats_of(mirror).bytes +
			stats_of(third).bytes);
}

static bool
has(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	uint64_t va_of)
{
	void *va;

	return rte_iommufd_space_lookup(space, iova, length, READ, &va) == 0 &&
		va == VA(va_of);
}

/* --- Copies --- */

static int
copy(uint64_t iova, uint64_t source_iova, uint64_t length)
{
	return rte_iommufd_space_copy(
		mirror, iova, source, source_iova, length, RW);
}

static void
a_copy_can_lie_elsewhere_and_be_a_part(void **state __rte_unused)
{
	map_well(source, 0x10000, 0x8000);
	assert_int_equal(rte_iommufd_space_copy(mirror, 0x90000, source,
				 0x12000, 0x3000, READ),
		0);
	assert_string_equal(mock_last_call("ioas_copy"),
		"ioas_copy ioas=2 iova=0x90000 source=1 source_iova=0x12000 length=0x3000 rights=r");
	assert_areas(1, 1, 0);
	assert_true(has(mirror, 0x90000, 0x3000, 0x12000));
	assert_int_equal(stats_of(mirror).copy_calls, 1);
	assert_int_equal(stats_of(mirror).map_calls, 1);
	assert_int_equal(stats_of(source).copy_calls, 0);
	/* A right that was not given. */
	assert_int_equal(rte_iommufd_space_lookup(
				 mirror, 0x90000, PAGE, RW, &(void *){ NULL }),
		-ENOENT);
	unmap_well(mirror, 0x90000, 0x3000);
	assert_areas(1, 0, 0);
}

/* Downwards, and over a gap in the memory. */
static void
areas_side_by_side_are_one_call_and_as_many_areas(void **state __rte_unused)
{
	map_well(source, 0x100000, 0x2000);
	assert_int_equal(rte_iommufd_space_map(
				 source, VA(0x700000), 0x102000, 0x1000, RW),
		0);
	map_well(source, 0x103000, 0x4000);
	assert_int_equal(copy(0x1000, 0x101000, 0x4000), 0);
	assert_int_equal(mock_calls("ioas_copy"), 1);
	assert_string_equal(mock_last_call("ioas_copy"),
		"ioas_copy ioas=2 iova=0x1000 source=1 source_iova=0x101000 length=0x4000 rights=rw");
	assert_areas(3, 3, 0);
	assert_true(has(mirror, 0x1000, 0x1000, 0x101000));
	assert_true(has(mirror, 0x2000, 0x1000, 0x700000));
	assert_true(has(mirror, 0x3000, 0x2000, 0x103000));
	/* One by one they go. */
	unmap_well(mirror, 0x2000, 0x1000);
	assert_areas(3, 2, 0);
}

static void
a_copy_stays_when_its_source_goes(void **state __rte_unused)
{
	map_well(source, 0x1000, PAGE);
	assert_int_equal(copy(0x1000, 0x1000, PAGE), 0);
	unmap_well(source, 0x1000, PAGE);
	map_well(source, 0x5000, PAGE);
	assert_areas(1, 1, 0);
	assert_true(has(mirror, 0x1000, PAGE, 0x1000));
}

static void
a_copy_of_what_is_not_mapped_is_refused(void **state __rte_unused)
{
	map_well(source, 0x1000, 0x2000);
	map_well(source, 0x4000, 0x1000);
	assert_int_equal(copy(0x1000, 0x1000, 0x4000), -ENOENT);
	assert_one_error("cannot copy 0x1000 + 0x4000", "not all of it");
	assert_int_equal(copy(0x1000, 0x1000, 0), -EINVAL);
	assert_one_error("cannot copy 0x1000 + 0", "no interval");
	assert_int_equal(copy(0x1000, UINT64_MAX, 2), -EINVAL);
	assert_one_error("no interval");
	assert_int_equal(mock_calls("ioas_copy"), 0);
	assert_areas(2, 0, 0);
}

static void
a_copy_takes_two_spaces_of_a_context_and_rights(void **state __rte_unused)
{
	struct rte_iommufd_context *other;
	struct rte_iommufd_space *stranger;
	static const uint32_t wrong[] = { 0, 4, RW | 8 };
	size_t i;

	map_well(source, 0x1000, PAGE);
	assert_int_equal(rte_iommufd_space_copy(
				 source, 0x5000, source, 0x1000, PAGE, RW),
		-EINVAL);
	assert_one_error("cannot copy mappings", "two spaces of one context");
	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &other), 0);
	assert_int_equal(rte_iommufd_space_create(other, &stranger), 0);
	assert_int_equal(rte_iommufd_space_copy(
				 stranger, 0x1000, source, 0x1000, PAGE, RW),
		-EINVAL);
	assert_one_error("two spaces of one context");
	assert_int_equal(rte_iommufd_space_mirror(stranger, source), -EINVAL);
	assert_one_error("two spaces of one context");
	for (i = 0; i < RTE_DIM(wrong); i++) {
		assert_int_equal(rte_iommufd_space_copy(mirror, 0x1000, source,
					 0x1000, PAGE, wrong[i]),
			-EINVAL);
		assert_one_error("rights");
	}
	assert_int_equal(rte_iommufd_space_destroy(stranger), 0);
	assert_int_equal(rte_iommufd_context_destroy(other), 0);
	assert_int_equal(mock_calls("ioas_copy"), 0);
	assert_areas(1, 0, 0);
}

static void
a_copy_over_something_is_refused_here(void **state __rte_unused)
{
	map_well(source, 0x1000, PAGE);
	map_well(source, 0x2000, PAGE);
	map_well(mirror, 0x6000, PAGE);
	assert_int_equal(copy(0x5000, 0x1000, 2 * PAGE), -EEXIST);
	assert_one_error("cannot map 0x6000-0x6fff", "already");
	assert_int_equal(mock_calls("ioas_copy"), 0);
	assert_areas(2, 1, 0);
}

static void
a_copy_has_to_be_within_reach(void **state __rte_unused)
{
	static const struct rte_iommufd_range reach = { 0, 0x7fffffffff };

	map_well(source, 0x8000000000, PAGE);
	mock_set_ranges(&reach, 1);
	address_space_read_ranges(mirror);
	assert_int_equal(copy(0x8000000000, 0x8000000000, PAGE), -EINVAL);
	assert_one_error("0x8000000000-0x8000000fff", "(39 bits)");
	assert_int_equal(mock_calls("ioas_copy"), 0);
	assert_int_equal(copy(0x1000, 0x8000000000, PAGE), 0);
	assert_areas(1, 1, 0);
}

static void
a_copy_that_the_kernel_refuses_leaves_nothing(void **state __rte_unused)
{
	static const struct {
		int error;
		const char *words;
	} refusals[] = {
		{ -ENOENT, "another thread has unmapped it" },
		{ -EPERM, "may not be written" },
		{ -EINVAL, "reserved" },
	};
	size_t i;

	map_well(source, 0x1000, 2 * PAGE);
	for (i = 0; i < RTE_DIM(refusals); i++) {
		mock_answer("ioas_copy", refusals[i].error);
		assert_int_equal(
			copy(0x5000, 0x1000, 2 * PAGE), refusals[i].error);
		assert_one_error("0x5000-0x6fff", refusals[i].words);
		assert_areas(1, 0, 0);
		assert_int_equal(stats_of(mirror).failed_calls, i + 1);
	}
	mock_answer("ioas_copy", 0);
	assert_int_equal(copy(0x5000, 0x1000, 2 * PAGE), 0);
	assert_areas(1, 1, 0);
}

/* So many of 512 MiB, side by side, from 4 GiB on. */
static void
map_blocks(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		map_well(source, 4 * GIB + i * 512 * MIB, 512 * MIB);
}

static void
calls_are_of_1_gib(void **state __rte_unused)
{
	char text[128];
	unsigned int i;

	map_blocks(5);
	assert_int_equal(copy(GIB, 4 * GIB, 5 * 512 * MIB), 0);
	assert_int_equal(mock_calls("ioas_copy"), 3);
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			"ioas_copy ioas=2 iova=%#lx source=1 source_iova=%#lx length=%#lx ",
			(unsigned long)(GIB + i * GIB),
			(unsigned long)(4 * GIB + i * GIB),
			(unsigned long)(i < 2 ? GIB : 512 * MIB));
		assert_int_equal(mock_calls(text), 1);
	}
	assert_areas(5, 5, 0);
	assert_int_equal(stats_of(mirror).copy_calls, 3);
}

static void
whichever_copy_fails_nothing_is_copied(void **state)
{
	char interval[64];
	unsigned int number;

	for (number = 1; number <= 4; number++) {
		map_blocks(7);
		mock_fail_call(mock_calls("") + number, -EFAULT);
		assert_int_equal(
			copy(4 * GIB, 4 * GIB, 7 * 512 * MIB), -EFAULT);
		assert_contains(mock_failed_call(), "ioas_copy");
		snprintf(interval, sizeof(interval), "%.*s-", 11,
			strstr(mock_failed_call(), " iova=") + 6);
		assert_one_error("cannot map", interval);
		assert_areas(7, 0, 0);
		assert_int_equal(stats_of(mirror).failed_calls, 1);
		/* It counts what was called. */
		assert_int_equal(
			stats_of(mirror).copy_calls, mock_calls("ioas_copy"));
		assert_int_equal(
			stats_of(mirror).map_calls, mock_calls("ioas_copy"));
		assert_int_equal(teardown(state), 0);
		if (number % 2 == 0)
			setup(state);
		else
			setup_threads(state);
	}
}

/* In the place of the backend's: the two fail together, each in its own way. */
static pthread_barrier_t both;

static int
fail_two(struct rte_iommufd_space *space __rte_unused, uint64_t iova,
	struct rte_iommufd_space *of __rte_unused,
	uint64_t source_iova __rte_unused, uint64_t length __rte_unused,
	uint32_t rights __rte_unused)
{
	pthread_barrier_wait(&both);
	return iova == 4 * GIB ? -EFAULT : -EPERM;
}

static void
a_failed_copy_is_explained_by_its_own_errno(void **state __rte_unused)
{
	const struct backend *real = context->backend;
	static struct backend failing;
	unsigned int round;

	map_blocks(4);
	failing = *real;
	failing.copy = fail_two;
	pthread_barrier_init(&both, NULL, 2);
	context->backend = &failing;
	for (round = 0; round < 2000; round++) {
		if (copy(4 * GIB, 4 * GIB, 2 * GIB) == -EFAULT)
			assert_one_error(
				"cannot map 0x100000000-", "no memory");
		else
			assert_one_error("cannot map 0x140000000-",
				"may not be written");
	}
	context->backend = real;
	pthread_barrier_destroy(&both);
	assert_areas(4, 0, 0);
}

/* --- Mirrors --- */

static void
a_mirror_of_nothing_gets_what_comes(void **state __rte_unused)
{
	mirror_well(mirror);
	assert_areas(0, 0, 0);
	assert_int_equal(mock_calls("ioas_copy"), 0);
	map_well(source, 0x1000, 2 * PAGE);
	assert_string_equal(mock_last_call("ioas_copy"),
		"ioas_copy ioas=2 iova=0x1000 source=1 source_iova=0x1000 length=0x2000 rights=rw");
	assert_areas(1, 1, 0);
	assert_true(has(mirror, 0x1000, 2 * PAGE, 0x1000));
	unmap_well(source, 0x1000, 2 * PAGE);
	assert_areas(0, 0, 0);
	assert_int_equal(mock_calls("ioas_unmap ioas=2"), 1);
}

static void
a_mirror_gets_what_is_there(void **state __rte_unused)
{
	map_well(source, 0x1000, PAGE);
	map_well(source, 0x2000, PAGE);
	assert_int_equal(
		rte_iommufd_space_map(source, VA(0x3000), 0x3000, PAGE, READ),
		0);
	map_well(source, 0x8000, PAGE);
	mirror_well(mirror);
	/* Other rights and gaps end a call. */
	assert_int_equal(mock_calls("ioas_copy"), 3);
	assert_int_equal(
		mock_calls(
			"ioas_copy ioas=2 iova=0x1000 source=1 source_iova=0x1000 length=0x2000 rights=rw"),
		1);
	assert_int_equal(
		mock_calls(
			"ioas_copy ioas=2 iova=0x3000 source=1 source_iova=0x3000 length=0x1000 rights=r"),
		1);
	assert_areas(4, 4, 0);
	map_well(source, 0x9000, PAGE);
	assert_areas(5, 5, 0);
	/* Several whole areas by one call in each. */
	unmap_well(source, 0x1000, 3 * PAGE);
	assert_int_equal(mock_calls("ioas_unmap ioas=2"), 1);
	assert_int_equal(mock_calls("ioas_unmap ioas=1"), 1);
	assert_areas(2, 2, 0);
}

static void
many_runs_go_into_the_mirror_together(void **state __rte_unused)
{
	struct rte_iommufd_run runs[100];
	size_t i;

	for (i = 0; i < RTE_DIM(runs); i++)
		runs[i] = (struct rte_iommufd_run){
			.va = VA(i * PAGE),
			.iova = i * PAGE,
			.length = PAGE,
			.offset = i * PAGE,
			.file = 5,
			.rights = RW,
		};
	mirror_well(mirror);
	mirror_well(third);
	assert_int_equal(rte_iommufd_space_map_runs(source, runs,
				 sizeof(struct rte_iommufd_run), 100),
		0);
	assert_int_equal(mock_calls("ioas_map_file"), 100);
	assert_int_equal(mock_calls("ioas_copy"), 2);
	assert_areas(100, 100, 100);
	unmap_well(source, 0, 100 * PAGE);
	assert_areas(0, 0, 0);
}

static void
what_threads_unmap_goes_from_the_mirror_too(void **state __rte_unused)
{
	map_blocks(8);
	mirror_well(mirror);
	assert_int_equal(mock_calls("ioas_copy"), 4);
	unmap_well(source, 4 * GIB, 4 * GIB);
	assert_int_equal(mock_calls("ioas_unmap ioas=1"), 4);
	assert_int_equal(mock_calls("ioas_unmap ioas=2"), 4);
	assert_areas(0, 0, 0);
}

static void
a_mirror_has_mappings_of_its_own_beside(void **state __rte_unused)
{
	mirror_well(mirror);
	map_well(mirror, 0x1000, PAGE);
	map_well(source, 0x2000, PAGE);
	map_well(mirror, 0x3000, PAGE);
	assert_areas(1, 3, 0);
	assert_int_equal(map(mirror, 0x2000, PAGE), -EEXIST);
	assert_one_error("already");
	unmap_well(source, 0x2000, PAGE);
	assert_areas(0, 2, 0);
	assert_true(has(mirror, 0x1000, PAGE, 0x1000));
	assert_true(has(mirror, 0x3000, PAGE, 0x3000));
}

static void
what_the_first_cannot_have_nobody_has(void **state __rte_unused)
{
	map_well(mirror, 0x2000, PAGE);
	mirror_well(mirror);
	assert_int_equal(map(source, 0x1000, 3 * PAGE), -EEXIST);
	assert_one_error("cannot map 0x1000-0x3fff", "already");
	assert_areas(0, 1, 0);
	unmap_well(mirror, 0x2000, PAGE);
	map_well(source, 0x1000, 3 * PAGE);
	assert_areas(1, 1, 0);
}

static void
what_is_copied_into_the_source_is_mirrored(void **state __rte_unused)
{
	map_well(third, 0x9000, 2 * PAGE);
	mirror_well(mirror);
	assert_int_equal(rte_iommufd_space_copy(
				 source, 0x1000, third, 0x9000, 2 * PAGE, RW),
		0);
	assert_areas(1, 1, 1);
	unmap_well(source, 0x1000, 2 * PAGE);
	assert_areas(0, 0, 1);
	/* What the mirror cannot have, the source does not keep. */
	map_well(mirror, 0x2000, PAGE);
	assert_int_equal(rte_iommufd_space_copy(
				 source, 0x1000, third, 0x9000, 2 * PAGE, RW),
		-EEXIST);
	assert_one_error("cannot map 0x1000-0x2fff", "already");
	assert_areas(0, 1, 1);
}

static void
what_is_no_memory_is_told_by_its_address(void **state __rte_unused)
{
	char address[32];

	mirror_well(mirror);
	mock_answer("ioas_copy", -EFAULT);
	assert_int_equal(map(source, 0x1000, PAGE), -EFAULT);
	snprintf(address, sizeof(address), "at %p of this process", VA(0x1000));
	assert_one_error("cannot map 0x1000-0x1fff", address);
	assert_areas(0, 0, 0);
}

static void
what_the_second_cannot_have_nobody_has(void **state __rte_unused)
{
	struct rte_iommufd_run runs[2] = {
		{ VA(0x1000), 0x1000, PAGE, 0, -1, RW },
		{ VA(0x5000), 0x5000, PAGE, 0, -1, RW },
	};

	map_well(third, 0x5000, PAGE);
	mirror_well(mirror);
	mirror_well(third);
	assert_int_equal(rte_iommufd_space_map_runs(source, runs,
				 sizeof(struct rte_iommufd_run), 2),
		-EEXIST);
	assert_one_error("cannot map 0x5000-0x5fff", "already");
	assert_areas(0, 0, 1);
	/* It was in the first one, and in the source. */
	assert_int_equal(mock_calls("ioas_copy ioas=2"), 2);
	assert_int_equal(mock_calls("ioas_copy ioas=3"), 0);
	assert_int_equal(rte_iommufd_space_map_runs(source, runs,
				 sizeof(struct rte_iommufd_run), 1),
		0);
	assert_areas(1, 1, 2);
}

static void
what_the_kernel_refuses_one_nobody_has(void **state __rte_unused)
{
	mirror_well(mirror);
	mirror_well(third);
	mock_answer("ioas_copy ioas=3", -ENOMEM);
	assert_int_equal(map(source, 0x1000, PAGE), -ENOMEM);
	assert_one_error("cannot pin 4 KiB");
	assert_areas(0, 0, 0);
	mock_answer("ioas_map ", -EFAULT);
	assert_int_equal(map(source, 0x1000, PAGE), -EFAULT);
	assert_one_error("cannot map 0x1000-0x1fff");
	assert_int_equal(mock_calls("ioas_copy"), 2);
	assert_areas(0, 0, 0);
}

/* Its device reaches less far than the source, which has none. */
static void
what_is_out_of_reach_in_a_mirror_nobody_has(void **state __rte_unused)
{
	static const struct rte_iommufd_range reach = { 0, 0x7fffffffff };

	mirror_well(mirror);
	mirror_well(third);
	mock_set_ranges(&reach, 1);
	address_space_read_ranges(third);
	assert_int_equal(map(source, 0x8000000000, PAGE), -EINVAL);
	assert_one_error("0x8000000000-0x8000000fff", "(39 bits)");
	assert_areas(0, 0, 0);
	map_well(source, 0x7ffffff000, PAGE);
	assert_areas(1, 1, 1);
}

static void
a_mirror_that_cannot_begin_is_none(void **state __rte_unused)
{
	map_well(source, 0x1000, PAGE);
	map_well(source, 0x5000, PAGE);
	map_well(mirror, 0x5000, PAGE);
	assert_int_equal(rte_iommufd_space_mirror(mirror, source), -EEXIST);
	assert_one_error("cannot map 0x5000-0x5fff", "already");
	assert_areas(2, 1, 0);
	mock_answer("ioas_copy", -ENOMEM);
	assert_int_equal(rte_iommufd_space_mirror(third, source), -ENOMEM);
	assert_one_error("cannot pin");
	assert_areas(2, 1, 0);
	/* Neither of them follows, and both may still begin. */
	mock_answer("ioas_copy", 0);
	map_well(source, 0x9000, PAGE);
	assert_areas(3, 1, 0);
	unmap_well(mirror, 0x5000, PAGE);
	mirror_well(mirror);
	mirror_well(third);
	assert_areas(3, 3, 3);
}

static void
a_mirror_mirrors_one_that_mirrors_none(void **state __rte_unused)
{
	mirror_well(mirror);
	assert_int_equal(rte_iommufd_space_mirror(source, source), -EINVAL);
	assert_one_error("two spaces of one context");
	/* Again, which is no error, and another one. */
	mirror_well(mirror);
	assert_int_equal(rte_iommufd_space_mirror(mirror, third), -EINVAL);
	assert_one_error("mirrors none");
	/* A mirror of a mirror, from both its sides. */
	assert_int_equal(rte_iommufd_space_mirror(third, mirror), -EINVAL);
	assert_one_error("mirrors none");
	assert_int_equal(rte_iommufd_space_mirror(source, third), -EINVAL);
	assert_one_error("mirrors none");
	map_well(source, 0x1000, PAGE);
	map_well(third, 0x1000, PAGE);
	assert_areas(1, 1, 1);
}

/* In pieces, as it was mapped; what is left follows when the source's goes. */
static void
the_program_may_unmap_part_in_a_mirror(void **state __rte_unused)
{
	unsigned int i;

	for (i = 1; i <= 4; i++)
		map_well(source, i * PAGE, PAGE);
	mirror_well(mirror);
	mirror_well(third);
	unmap_well(mirror, 2 * PAGE, PAGE);
	assert_areas(4, 3, 4);
	unmap_well(source, 1 * PAGE, 4 * PAGE);
	assert_areas(0, 0, 0);
	/* Before and behind the gap by one call each, elsewhere by one for all. */
	assert_int_equal(mock_calls("ioas_unmap ioas=2"), 3);
	assert_int_equal(mock_calls("ioas_unmap ioas=3"), 1);
	assert_no_error();
}

static void
what_the_program_put_in_its_place_stays(void **state __rte_unused)
{
	map_well(source, 0x1000, 2 * PAGE);
	mirror_well(mirror);
	unmap_well(mirror, 0x1000, 2 * PAGE);
	/* Of the same extent, and of another. */
	assert_int_equal(rte_iommufd_space_map(
				 mirror, VA(0x70000), 0x1000, 2 * PAGE, RW),
		0);
	unmap_well(source, 0x1000, 2 * PAGE);
	assert_areas(0, 1, 0);
	assert_true(has(mirror, 0x1000, 2 * PAGE, 0x70000));
	assert_int_equal(map(source, 0x1000, PAGE), -EEXIST);
	assert_one_error("already");
	unmap_well(mirror, 0x1000, 2 * PAGE);
	map_well(source, 0x1000, PAGE);
	assert_areas(1, 1, 0);
}

static void
a_mirror_that_cannot_unmap_is_told_of_once(void **state __rte_unused)
{
	map_well(source, 0x1000, PAGE);
	mirror_well(mirror);
	mirror_well(third);
	mock_answer("ioas_unmap ioas=2", -EBUSY);
	assert_int_equal(rte_iommufd_space_unmap(source, 0x1000, PAGE), -EBUSY);
	assert_one_error("cannot unmap 0x1000-0x1fff");
	/* All others have done so. */
	assert_areas(0, 1, 0);
}

static void
a_source_ends_after_its_mirrors(void **state __rte_unused)
{
	map_well(source, 0x1000, PAGE);
	mirror_well(mirror);
	mirror_well(third);
	assert_int_equal(rte_iommufd_space_destroy(source), -EBUSY);
	assert_one_error("cannot end while others mirror it");
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
	assert_int_equal(rte_iommufd_space_destroy(source), -EBUSY);
	assert_one_error("cannot end while others mirror it");
	/* It goes on, and so does the other one. */
	map_well(source, 0x2000, PAGE);
	assert_int_equal(stats_of(third).areas, 2);
	assert_int_equal(mock_mappings(), 4);
	unmap_well(source, 0x1000, PAGE);
	assert_int_equal(stats_of(third).areas, 1);
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(rte_iommufd_space_create(context, &mirror), 0);
	mirror_well(mirror);
	assert_areas(1, 1, 1);
}

/* --- Legacy containers --- */

static struct rte_iommufd_device *
open_fake(const char *address, const char *group)
{
	const struct fake_device fake = { address, "vfio-pci", NULL, NULL,
		group, NULL };

	return open_device(fake_sysfs_add(&fake));
}

static void
a_container_mirrors_when_it_has_a_device(void **state __rte_unused)
{
	struct rte_iommufd_device *device, *other;

	device = open_fake("0000:01:00.0", "7");
	other = open_fake("0000:02:00.0", "8");
	map_well(source, 0x1000, PAGE);
	map_well(source, 0x2000, PAGE);
	mirror_well(mirror);
	/* Only recorded: neither has a device. */
	assert_int_equal(stats_of(mirror).areas, 2);
	assert_int_equal(mock_calls("type1_map"), 0);

	assert_int_equal(rte_iommufd_device_attach(device, mirror), 0);
	assert_int_equal(mock_mappings(), 2);
	map_well(source, 0x3000, PAGE);
	assert_contains(mock_last_call("type1_map"),
		" va=0x8000200000003000 iova=0x3000 length=0x1000 rights=rw");
	assert_int_equal(mock_mappings(), 3);
	/* One that begins with its device there. */
	assert_int_equal(rte_iommufd_device_attach(other, third), 0);
	mirror_well(third);
	assert_int_equal(mock_mappings(), 6);
	assert_int_equal(stats_of(third).copy_calls, 0);
	assert_int_equal(stats_of(third).map_calls, 3);

	unmap_well(source, 0x1000, 2 * PAGE);
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(stats_of(source).unmap_calls, 0);
	rte_iommufd_device_close(device);
	rte_iommufd_device_close(other);
	assert_int_equal(stats_of(mirror).areas, 1);
	assert_no_error();
}

/* A secondary process has mapped it into another container, by itself. */
static void
a_container_says_what_of_secondaries_it_lacks(void **state __rte_unused)
{
	const struct mapping of_secondary = {
		.iova = 0x8000,
		.length = 2 * PAGE,
		.file = -1,
		.rights = RW,
		.origin = MAPPING_OF_SECONDARY,
	};

	map_well(source, 0x1000, PAGE);
	assert_int_equal(foreign_map_add(source, &of_secondary), 0);
	assert_null(strstr(logs_text(), "secondary"));
	mirror_well(mirror);
	assert_non_null(strstr(logs_text(),
		"8 KiB that secondary processes have mapped are out of reach"));
	assert_int_equal(stats_of(mirror).areas, 1);
	foreign_map_remove(source, 0x8000, 2 * PAGE);
}

static void
a_container_that_cannot_have_it_keeps_it_from_all(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	device = open_fake("0000:01:00.0", "7");
	assert_int_equal(rte_iommufd_device_attach(device, third), 0);
	mirror_well(mirror);
	mirror_well(third);
	mock_answer("type1_map", -ENOSPC);
	assert_int_equal(map(source, 0x1000, PAGE), -ENOSPC);
	assert_one_error("0x1000-0x1fff", "dma_entry_limit");
	assert_int_equal(stats_of(source).areas, 0);
	assert_int_equal(stats_of(mirror).areas, 0);
	assert_int_equal(stats_of(third).areas, 0);
	assert_int_equal(mock_mappings(), 0);
	rte_iommufd_device_close(device);
}

static void
a_container_copies_by_mapping_again(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	device = open_fake("0000:01:00.0", "7");
	assert_int_equal(rte_iommufd_device_attach(device, mirror), 0);
	map_well(source, 0x10000, 0x4000);
	assert_int_equal(rte_iommufd_space_copy(mirror, 0x90000, source,
				 0x12000, 0x1000, READ),
		0);
	assert_contains(mock_last_call("type1_map"),
		" va=0x8000200000012000 iova=0x90000 length=0x1000 rights=r");
	assert_int_equal(stats_of(mirror).map_calls, 1);
	assert_int_equal(stats_of(mirror).copy_calls, 0);
	unmap_well(mirror, 0x90000, 0x1000);
	assert_int_equal(mock_mappings(), 0);
	rte_iommufd_device_close(device);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define BY_THREADS(name) \
	cmocka_unit_test_setup_teardown(name, setup_threads, teardown)
#define TYPE1(name) cmocka_unit_test_setup_teardown(name, setup_type1, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_copy_can_lie_elsewhere_and_be_a_part),
		TEST(areas_side_by_side_are_one_call_and_as_many_areas),
		TEST(a_copy_stays_when_its_source_goes),
		TEST(a_copy_of_what_is_not_mapped_is_refused),
		TEST(a_copy_takes_two_spaces_of_a_context_and_rights),
		TEST(a_copy_over_something_is_refused_here),
		TEST(a_copy_has_to_be_within_reach),
		TEST(a_copy_that_the_kernel_refuses_leaves_nothing),
		TEST(calls_are_of_1_gib),
		BY_THREADS(calls_are_of_1_gib),
		TEST(whichever_copy_fails_nothing_is_copied),
		BY_THREADS(a_failed_copy_is_explained_by_its_own_errno),
		TEST(a_mirror_of_nothing_gets_what_comes),
		TEST(a_mirror_gets_what_is_there),
		BY_THREADS(a_mirror_gets_what_is_there),
		BY_THREADS(many_runs_go_into_the_mirror_together),
		BY_THREADS(what_threads_unmap_goes_from_the_mirror_too),
		TEST(a_mirror_has_mappings_of_its_own_beside),
		TEST(what_the_first_cannot_have_nobody_has),
		TEST(what_is_copied_into_the_source_is_mirrored),
		TEST(what_is_no_memory_is_told_by_its_address),
		TEST(what_the_second_cannot_have_nobody_has),
		BY_THREADS(what_the_second_cannot_have_nobody_has),
		TEST(what_the_kernel_refuses_one_nobody_has),
		TEST(what_is_out_of_reach_in_a_mirror_nobody_has),
		TEST(a_mirror_that_cannot_begin_is_none),
		TEST(a_mirror_mirrors_one_that_mirrors_none),
		TEST(the_program_may_unmap_part_in_a_mirror),
		TEST(what_the_program_put_in_its_place_stays),
		TEST(a_mirror_that_cannot_unmap_is_told_of_once),
		TEST(a_source_ends_after_its_mirrors),
		TYPE1(a_container_mirrors_when_it_has_a_device),
		TYPE1(a_container_says_what_of_secondaries_it_lacks),
		TYPE1(a_container_that_cannot_have_it_keeps_it_from_all),
		TYPE1(a_container_copies_by_mapping_again),
	};

	return RUN_TESTS("mirror", tests);
}
