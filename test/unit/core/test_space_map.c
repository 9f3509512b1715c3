/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Many runs at once: all are mapped or none, by one thread and by several; what is
 * refused before the kernel is asked; regions of devices; and large intervals that
 * several threads unmap.
 *
 * Must not know: mirrors, EAL's memory.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/address_space.h"
#include "core/space_allow.h"
#include "core/space_map.h"
#include "backend/backend.h"
#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define PAGE 0x1000
/* Where no process has anything, so that nothing is made present there. */
#define VA_BASE UINT64_C(0x8000200000000000)
#define RUNS 100 /* so many that threads share them */

static struct rte_iommufd_space *space;
static struct rte_iommufd_run runs[RUNS];

static struct rte_iommufd_run
run_at(uint64_t iova, uint64_t length)
{
	return (struct rte_iommufd_run){
		.va = (void *)(uintptr_t)(VA_BASE + iova),
		.iova = iova,
		.length = length,
		.file = -1,
		.rights = RW,
	};
}

static int
start(void **state, const char *settings)
{
	size_t i;

	if (devices_start(state, false, settings) != 0)
		return -1;
	/* A page each, with a gap behind it. */
	for (i = 0; i < RUNS; i++)
		runs[i] = run_at((i + 1) * 2 * PAGE, PAGE);
	space = create_space();
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

static int
teardown(void **state)
{
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_no_error();
	return devices_end(state);
}

static int
map_all(void)
{
	return rte_iommufd_space_map_runs(
		space, runs, sizeof(struct rte_iommufd_run), RUNS);
}

static struct rte_iommufd_space_stats
stats_now(void)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	rte_iommufd_space_stats(space, &stats);
	return stats;
}

/* In the record and in the kernel. */
static void
assert_mapped(unsigned int areas, uint64_t bytes)
{
	assert_int_equal(stats_now().areas, areas);
	assert_int_equal(stats_now().bytes, bytes);
	assert_int_equal(mock_mappings(), areas);
	assert_int_equal(mock_mapped_bytes(), bytes);
}

static void
all_runs_are_mapped(void **state __rte_unused)
{
	runs[7].file = 3;
	runs[7].offset = 0x5000;
	runs[8].rights = RTE_IOMMUFD_MAP_READ;
	assert_int_equal(map_all(), 0);
	assert_mapped(RUNS, RUNS * PAGE);
	assert_int_equal(stats_now().map_calls, RUNS);
	assert_int_equal(stats_now().failed_calls, 0);
	assert_int_equal(mock_calls("ioas_map"), RUNS);
	assert_int_equal(
		mock_calls(
			"ioas_map_file ioas=1 file=3 offset=0x5000 iova=0x10000 length=0x1000 rights=rw"),
		1);
	assert_int_equal(
		mock_calls(
			"ioas_map ioas=1 va=0x8000200000012000 iova=0x12000 length=0x1000 rights=r"),
		1);
}

static void
no_runs_are_mapped_at_once(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_space_map_runs(space, runs,
				 sizeof(struct rte_iommufd_run), 0),
		0);
	assert_int_equal(rte_iommufd_space_map_runs(space, NULL,
				 sizeof(struct rte_iommufd_run), 0),
		0);
	assert_mapped(0, 0);
	assert_int_equal(mock_calls("ioas_map"), 0);
}

/* "0xIOVA-0x..." of the call that was made to fail. */
static void
interval_of_failed_call(char *text, size_t size)
{
	unsigned long iova = 0;
	const char *call = strstr(mock_failed_call(), " iova=");

	assert_non_null(call);
	assert_int_equal(sscanf(call, " iova=%lx", &iova), 1);
	snprintf(text, size, "cannot map %#lx-%#lx", iova, iova + PAGE - 1);
}

static void
whichever_call_fails_nothing_is_mapped(void **state)
{
	static const int errors[] = { -EFAULT, -EADDRINUSE, -EIO };
	unsigned int first, number;
	char interval[64];

	for (number = 1; number <= RUNS; number++) {
		first = mock_calls("");
		mock_fail_call(first + number, errors[number % 3]);
		assert_int_equal(map_all(), errors[number % 3]);
		assert_contains(mock_failed_call(), "ioas_map ");
		interval_of_failed_call(interval, sizeof(interval));
		assert_one_error(interval);
		assert_mapped(0, 0);
		assert_int_equal(stats_now().failed_calls, 1);
		/* It counts what was called. */
		assert_int_equal(
			stats_now().map_calls, mock_calls("ioas_map "));
		assert_int_equal(
			stats_now().unmap_calls, mock_calls("ioas_unmap "));
		/* Nothing is in the way of another try. */
		assert_int_equal(map_all(), 0);
		assert_mapped(RUNS, RUNS * PAGE);
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
fail_two(struct rte_iommufd_space *of __rte_unused, const struct mapping *run)
{
	if (run->iova == runs[0].iova || run->iova == runs[1].iova)
		pthread_barrier_wait(&both);
	if (run->iova == runs[0].iova)
		return -EFAULT;
	return run->iova == runs[1].iova ? -EPERM : 0;
}

static int
unmap_all(struct rte_iommufd_space *of __rte_unused, uint64_t iova __rte_unused,
	uint64_t length, uint64_t *unmapped)
{
	*unmapped = length;
	return 0;
}

static void
a_failure_is_explained_by_its_own_run(void **state __rte_unused)
{
	const struct backend *real = context->backend;
	static struct backend failing;
	unsigned int round;

	failing = *real;
	failing.map = fail_two;
	failing.unmap = unmap_all;
	pthread_barrier_init(&both, NULL, 2);
	context->backend = &failing;
	for (round = 0; round < 2000; round++) {
		if (map_all() == -EFAULT)
			assert_one_error("cannot map 0x2000-", "no memory");
		else
			assert_one_error(
				"cannot map 0x4000-", "not be written");
	}
	context->backend = real;
	pthread_barrier_destroy(&both);
	assert_mapped(0, 0);
}

/* A program that was built against an older or a newer version of the structures. */
static void
structures_carry_their_size(void **state __rte_unused)
{
	struct {
		struct rte_iommufd_run run;
		uint64_t more;
	} larger[2] = { { run_at(0x1000, PAGE), 1 },
		{ run_at(0x3000, PAGE), 1 } };
	union {
		struct rte_iommufd_space_stats stats;
		unsigned char bytes[sizeof(struct rte_iommufd_space_stats) + 8];
	} read;

	assert_int_equal(rte_iommufd_space_map_runs(
				 space, &larger[0].run, sizeof(larger[0]), 2),
		0);
	assert_mapped(2, 2 * PAGE);
	assert_int_equal(
		rte_iommufd_space_map_runs(space, runs, sizeof(runs[0]) - 1, 2),
		-EINVAL);
	assert_one_error("runs of");
	memset(&read, 0xff, sizeof(read));
	read.stats.size = sizeof(read);
	assert_int_equal(rte_iommufd_space_stats(space, &read.stats), 0);
	assert_int_equal(read.stats.size, sizeof(read));
	assert_int_equal(read.stats.areas, 2);
	assert_int_equal(read.bytes[sizeof(read) - 1], 0);
	read.stats.size = sizeof(read.stats) - 1;
	assert_int_equal(rte_iommufd_space_stats(space, &read.stats), -EINVAL);
	assert_one_error("struct rte_iommufd_space_stats", "sizeof");
}

static void
what_was_there_before_stays(void **state __rte_unused)
{
	const struct rte_iommufd_run before = run_at(PAGE, PAGE);

	assert_int_equal(rte_iommufd_space_map_runs(space, &before,
				 sizeof(struct rte_iommufd_run), 1),
		0);
	mock_fail_call(mock_calls("") + 50, -EFAULT);
	assert_int_equal(map_all(), -EFAULT);
	assert_one_error("cannot map");
	assert_mapped(1, PAGE);
}

static void
an_overlap_within_a_batch_is_found(void **state __rte_unused)
{
	runs[60] = run_at(runs[3].iova, PAGE);
	assert_int_equal(map_all(), -EEXIST);
	assert_one_error("cannot map 0x8000-0x8fff", "already");
	assert_mapped(0, 0);
	assert_int_equal(mock_calls("ioas_map"), 0);
}

static void
a_run_that_is_wrong_keeps_all_out(void **state __rte_unused)
{
	runs[99].rights = 0;
	assert_int_equal(map_all(), -EINVAL);
	assert_one_error("0xc8000", "rights");
	runs[99] = run_at(runs[99].iova, 0);
	assert_int_equal(map_all(), -EINVAL);
	assert_one_error("0xc8000", "nothing to map");
	runs[99] = run_at(UINT64_MAX - PAGE + 1, 2 * PAGE);
	assert_int_equal(map_all(), -EINVAL);
	assert_one_error("cannot map 0xfffffffffffff000");
	assert_mapped(0, 0);
	assert_int_equal(mock_calls("ioas_map"), 0);
}

/* An IOMMU of 39 bits. */
static const struct rte_iommufd_range ranges39[] = {
	{ 0, 0xfedfffff },
	{ 0xfef00000, 0x7fffffffff },
};

static void
attach_39_bits(void)
{
	mock_set_ranges(ranges39, 2);
	address_space_read_ranges(space);
}

static int
map_one(uint64_t iova, uint64_t length)
{
	const struct rte_iommufd_run run = run_at(iova, length);

	return rte_iommufd_space_map_runs(
		space, &run, sizeof(struct rte_iommufd_run), 1);
}

static void
what_is_out_of_reach_is_refused_here(void **state __rte_unused)
{
	attach_39_bits();
	assert_int_equal(map_one(0x7f0000000000, PAGE), -EINVAL);
	assert_one_error("cannot map 0x7f0000000000-0x7f0000000fff",
		"only up to 0x7fffffffff (39 bits)");
	assert_int_equal(map_one(0x7ffffff000, 2 * PAGE), -EINVAL);
	assert_one_error("0x7ffffff000-0x8000000fff", "(39 bits)");
	assert_int_equal(map_one(0xfee00000, PAGE), -EINVAL);
	assert_one_error("0xfee00000-0xfee00fff",
		"what can be mapped is 0-0xfedfffff, 0xfef00000-0x7fffffffff");
	assert_int_equal(map_one(0xfedff000, 2 * PAGE), -EINVAL);
	assert_one_error("0xfedff000-0xfee00fff", "reserved");
	assert_int_equal(map_one(0xfeeff000, 2 * PAGE), -EINVAL);
	assert_one_error("0xfeeff000-0xfef00fff", "reserved");
	assert_int_equal(map_one(0xfed00000, 0x400000), -EINVAL);
	assert_one_error("0xfed00000-0xff0fffff", "reserved");
	assert_int_equal(mock_calls("ioas_map"), 0);
	assert_mapped(0, 0);
	assert_int_equal(stats_now().failed_calls, 0);
}

static void
what_just_fits_is_mapped(void **state __rte_unused)
{
	attach_39_bits();
	assert_int_equal(map_one(0, PAGE), 0);
	assert_int_equal(map_one(0xfedff000, PAGE), 0);
	assert_int_equal(map_one(0xfef00000, PAGE), 0);
	assert_int_equal(map_one(0x7ffffff000, PAGE), 0);
	assert_mapped(4, 4 * PAGE);
}

static void
one_out_of_reach_keeps_all_out(void **state __rte_unused)
{
	attach_39_bits();
	runs[99] = run_at(0x8000000000, PAGE);
	assert_int_equal(map_all(), -EINVAL);
	assert_one_error("0x8000000000-0x8000000fff", "(39 bits)");
	assert_int_equal(mock_calls("ioas_map"), 0);
	assert_mapped(0, 0);
}

/* The kernel has the last word then. */
static void
ranges_that_are_not_known_refuse_nothing(void **state __rte_unused)
{
	struct rte_iommufd_range many[33];
	size_t i;

	assert_int_equal(map_one(0x7f0000000000, PAGE), 0);
	attach_39_bits();
	assert_int_equal(map_one(0x7f0000001000, PAGE), -EINVAL);
	assert_one_error("(39 bits)");
	mock_answer("ioas_ranges", -EIO);
	address_space_read_ranges(space);
	assert_int_equal(map_one(0x7f0000001000, PAGE), 0);
	/* More than are kept. */
	for (i = 0; i < RTE_DIM(many); i++)
		many[i] = (struct rte_iommufd_range){ i * GIB,
			i * GIB + PAGE - 1 };
	mock_answer("ioas_ranges", 0);
	mock_set_ranges(many, 32);
	address_space_read_ranges(space);
	assert_int_equal(map_one(0x7f0000002000, PAGE), -EINVAL);
	assert_one_error("cannot map");
	mock_set_ranges(many, 33);
	address_space_read_ranges(space);
	assert_int_equal(map_one(0x7f0000002000, PAGE), 0);
	assert_mapped(3, 3 * PAGE);
}

/* Where IOVAs must stay usable. */
static void
allowed_iovas_reach_the_kernel(void **state __rte_unused)
{
	static const struct rte_iommufd_range wanted[] = {
		{ 0x1000, 0x1fff },
		{ 0x100000000, 0x1ffffffff },
	};
	static const struct rte_iommufd_range reserved = { 0xfed00000,
		0xfef00000 };

	assert_int_equal(rte_iommufd_space_allow(space, wanted, 2), 0);
	assert_string_equal(mock_last_call("ioas_allow"),
		"ioas_allow ioas=1 ranges=0x1000-0x1fff,0x100000000-0x1ffffffff");
	assert_no_error();
	attach_39_bits();
	assert_int_equal(
		rte_iommufd_space_allow(space, &reserved, 1), -EADDRINUSE);
	assert_one_error("cannot be kept usable", "rte_iommufd_space_ranges()");
	mock_answer("ioas_allow", -ENOMEM);
	assert_int_equal(rte_iommufd_space_allow(space, wanted, 2), -ENOMEM);
	assert_one_error("cannot be kept usable", "Cannot allocate memory");
}

/* As follow_memory() does for EAL. */
static void
what_eal_needs_stays_allowed(void **state __rte_unused)
{
	static const struct rte_iommufd_range windows[] = {
		{ 0x200000000, 0x2ffffffff },
		{ 0x100000000, 0x1ffffffff },
	};
	static const struct rte_iommufd_range wanted[] = {
		{ 0x2fff00000, 0x300ffffff },
		{ 0x1000, 0x1fff },
	};
	static const struct rte_iommufd_range overlapping[] = {
		{ 0x1000, 0x2fff },
		{ 0x2000, 0x3fff },
	};
	static const struct rte_iommufd_range reversed = { 0x2000, 0x1fff };

	assert_int_equal(space_allow(space, ALLOWED_FOR_EAL, windows, 2), 0);
	assert_string_equal(mock_last_call("ioas_allow"),
		"ioas_allow ioas=1 ranges=0x100000000-0x2ffffffff");
	assert_int_equal(rte_iommufd_space_allow(space, wanted, 2), 0);
	assert_string_equal(mock_last_call("ioas_allow"),
		"ioas_allow ioas=1 ranges=0x1000-0x1fff,0x100000000-0x300ffffff");
	assert_int_equal(
		rte_iommufd_space_allow(space, overlapping, 2), -EINVAL);
	assert_one_error("cannot be kept usable");
	assert_int_equal(rte_iommufd_space_allow(space, &reversed, 1), -EINVAL);
	assert_one_error("cannot be kept usable");
	assert_int_equal(mock_calls("ioas_allow"), 2);
	/* What the kernel refuses changes nothing. */
	mock_answer("ioas_allow", -ENOMEM);
	assert_int_equal(rte_iommufd_space_allow(space, NULL, 0), -ENOMEM);
	assert_one_error("cannot be kept usable");
	mock_answer("ioas_allow", 0);
	assert_int_equal(space_allow(space, ALLOWED_FOR_EAL, windows, 1), 0);
	assert_string_equal(mock_last_call("ioas_allow"),
		"ioas_allow ioas=1 ranges=0x1000-0x1fff,0x200000000-0x300ffffff");
	assert_int_equal(rte_iommufd_space_allow(space, NULL, 0), 0);
	assert_string_equal(mock_last_call("ioas_allow"),
		"ioas_allow ioas=1 ranges=0x200000000-0x2ffffffff");
}

static void
containers_allow_nothing(void **state __rte_unused)
{
	assert_int_equal(
		rte_iommufd_space_allow(space, ranges39, 2), -EOPNOTSUPP);
	assert_one_error("backend type1v2", "RTE_IOMMUFD=backend=iommufd");
}

/* --- What a secondary process has mapped --- */

static int
reserve(uint64_t iova, uint64_t length)
{
	const struct mapping mapping = { .iova = iova,
		.length = length,
		.rights = ALL_RIGHTS,
		.file = -1,
		.origin = MAPPING_OF_SECONDARY };
	struct locked_range locked;
	int ret;

	space_lock_all(space, &locked);
	ret = space_reserve_locked(space, &mapping);
	space_unlock_range(space, &locked);
	return ret;
}

static int
forget_reserved(uint64_t iova, uint64_t length)
{
	struct locked_range locked;
	int ret;

	space_lock_all(space, &locked);
	ret = space_forget_reserved_locked(space, iova, length);
	space_unlock_range(space, &locked);
	return ret;
}

static void
what_is_reserved_is_not_mapped_over(void **state __rte_unused)
{
	void *va;

	assert_int_equal(reserve(0x10000, 0x4000), 0);
	assert_int_equal(map_one(0x13000, PAGE), -EEXIST);
	assert_one_error("0x13000", "already");
	assert_int_equal(reserve(0x12000, 0x4000), -EEXIST);
	assert_one_error("0x12000", "already");
	assert_int_equal(rte_iommufd_space_lookup(space, 0x10000, PAGE, 0, &va),
		-ENOENT);
	assert_int_equal(forget_reserved(0x10000, 0x1000), -ENOENT);
	assert_int_equal(forget_reserved(0x11000, 0x3000), -ENOENT);
	assert_int_equal(forget_reserved(0x10000, 0x4000), 0);
	assert_int_equal(forget_reserved(0x10000, 0x4000), -ENOENT);
	assert_int_equal(mock_calls("ioas_map"), 0);
	assert_int_equal(map_one(0x13000, PAGE), 0);
	assert_int_equal(forget_reserved(0x13000, PAGE), -ENOENT);
	assert_mapped(1, PAGE);
}

/* --- Regions --- */

static struct rte_iommufd_device *
open_owner(void)
{
	const struct fake_device fake = { "0000:01:00.0", "vfio-pci", "vfio0",
		"511:0", "7", NULL };

	return open_device(fake_sysfs_add(&fake));
}

static int
map_region(struct rte_iommufd_device *owner)
{
	return rte_iommufd_space_map_region(
		space, owner, 2, 0x4000, 0x100000, 0x2000, RW);
}

static void
a_region_is_mapped_by_its_file(void **state __rte_unused)
{
	struct rte_iommufd_device *owner = open_owner();
	char text[128];
	void *va = NULL;

	assert_int_equal(map_region(owner), 0);
	snprintf(text, sizeof(text),
		"device_open_dma_buf fd=%d region=2 offset=0x4000 length=0x2000",
		rte_iommufd_device_fd(owner));
	assert_string_equal(mock_last_call("device_open_dma_buf"), text);
	assert_contains(mock_last_call("ioas_map_file"),
		" offset=0 iova=0x100000 length=0x2000 rights=rw");
	assert_int_equal(mock_open("dma-buf"), 0);
	assert_mapped(1, 0x2000);
	/* This process does not see it. */
	assert_int_equal(
		rte_iommufd_space_lookup(space, 0x100000, 0x1000, RW, &va),
		-ENOENT);
	assert_null(va);
	assert_int_equal(rte_iommufd_space_unmap(space, 0x100000, 0x2000), 0);
	assert_mapped(0, 0);
	assert_no_error();
	rte_iommufd_device_close(owner);
}

static void
a_region_that_is_not_mapped_is_closed(void **state __rte_unused)
{
	struct rte_iommufd_device *owner = open_owner();

	/* None of these leads to a second way: there is no address. */
	static const int errors[] = { -EINVAL, -EOPNOTSUPP, -ENOTTY, -EFAULT };
	size_t i;

	for (i = 0; i < RTE_DIM(errors); i++) {
		mock_answer("ioas_map_file", errors[i]);
		assert_int_equal(map_region(owner), errors[i]);
		assert_one_error("cannot map 0x100000-0x101fff");
		assert_int_equal(mock_open("dma-buf"), 0);
		assert_mapped(0, 0);
	}
	mock_answer("ioas_map_file", 0);
	assert_int_equal(map_one(0x101000, PAGE), 0);
	assert_int_equal(map_region(owner), -EEXIST);
	assert_one_error("already");
	assert_int_equal(mock_open("dma-buf"), 0);
	assert_int_equal(mock_calls("ioas_map "), 1);
	rte_iommufd_device_close(owner);
}

static void
a_region_that_is_not_given_out_is_not_mapped(void **state __rte_unused)
{
	struct rte_iommufd_device *owner = open_owner();

	mock_answer("device_open_dma_buf", -EINVAL);
	assert_int_equal(map_region(owner), -EINVAL);
	assert_one_error("0000:01:00.0: region 2 has no 0x4000 + 0x2000");
	mock_answer("device_open_dma_buf", -ENODEV);
	assert_int_equal(map_region(owner), -ENODEV);
	assert_one_error("0000:01:00.0: region 2 cannot be given out");
	assert_int_equal(mock_calls("ioas_map"), 0);
	assert_mapped(0, 0);
	rte_iommufd_device_close(owner);
}

static int
setup_va_only(void **state)
{
	return start(state, "backend=iommufd,map=va");
}

static void
a_region_has_no_address_to_be_mapped_by(void **state __rte_unused)
{
	struct rte_iommufd_device *owner = open_owner();

	assert_int_equal(map_region(owner), 0);
	assert_int_equal(mock_calls("ioas_map_file"), 1);
	rte_iommufd_device_close(owner);
}

static void
containers_map_no_regions(void **state __rte_unused)
{
	struct rte_iommufd_device *owner = open_owner();

	assert_int_equal(map_region(owner), -EOPNOTSUPP);
	assert_one_error("backend type1v2 maps no regions");
	assert_int_equal(rte_iommufd_space_map_region(
				 space, owner, 2, 0x4000, 0x100000, 0x2000, 0),
		-EINVAL);
	assert_one_error("rights 0");
	assert_int_equal(mock_calls("device_open_dma_buf"), 0);
	rte_iommufd_device_close(owner);
}

/* --- Unmapping by several threads --- */

/* So many of 256 MiB, without a gap, from 4 GiB on. */
static void
map_blocks(unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		runs[i] = run_at(4 * GIB + i * 256 * MIB, 256 * MIB);
	assert_int_equal(rte_iommufd_space_map_runs(space, runs,
				 sizeof(struct rte_iommufd_run), count),
		0);
	assert_mapped(count, count * 256 * MIB);
}

static int
unmap_blocks(unsigned int count)
{
	return rte_iommufd_space_unmap(space, 4 * GIB, count * 256 * MIB);
}

static void
threads_share_a_large_interval(void **state __rte_unused)
{
	static const unsigned int counts[] = { 4, 5, 7, 8, 17, 100 };
	unsigned int calls;
	size_t i;

	for (i = 0; i < RTE_DIM(counts); i++) {
		map_blocks(counts[i]);
		calls = mock_calls("ioas_unmap");
		assert_int_equal(unmap_blocks(counts[i]), 0);
		assert_mapped(0, 0);
		calls = mock_calls("ioas_unmap") - calls;
		assert_true(calls >= 3 && calls <= 4);
	}
	assert_int_equal(stats_now().unmap_calls, mock_calls("ioas_unmap"));
	assert_no_error();
}

/* To the letter: 8 blocks are 4 calls of 2. */
static void
pieces_are_alike(void **state __rte_unused)
{
	char text[128];
	unsigned int i;

	map_blocks(8);
	assert_int_equal(unmap_blocks(8), 0);
	assert_int_equal(mock_calls("ioas_unmap"), 4);
	for (i = 0; i < 4; i++) {
		snprintf(text, sizeof(text),
			"ioas_unmap ioas=1 iova=%#lx length=0x20000000",
			(unsigned long)(4 * GIB + i * 512 * MIB));
		assert_int_equal(mock_calls(text), 1);
	}
}

static void
less_than_1_gib_is_one_call(void **state __rte_unused)
{
	map_blocks(3);
	assert_int_equal(unmap_blocks(3), 0);
	assert_int_equal(mock_calls("ioas_unmap"), 1);
	map_blocks(4);
	assert_int_equal(unmap_blocks(4), 0);
	assert_true(mock_calls("ioas_unmap") > 2);
}

static void
one_thread_is_one_call(void **state __rte_unused)
{
	map_blocks(16);
	assert_int_equal(unmap_blocks(16), 0);
	assert_int_equal(mock_calls("ioas_unmap"), 1);
	assert_mapped(0, 0);
}

/* Areas go whole: one of them cannot be shared. */
static void
one_area_is_one_call(void **state __rte_unused)
{
	assert_int_equal(map_one(4 * GIB, 8 * GIB), 0);
	assert_int_equal(map_one(12 * GIB, PAGE), 0);
	assert_int_equal(
		rte_iommufd_space_unmap(space, 4 * GIB, 8 * GIB + PAGE), 0);
	assert_true(
		mock_calls("ioas_unmap") >= 1 && mock_calls("ioas_unmap") <= 2);
	assert_mapped(0, 0);
}

static void
a_short_piece_is_an_error(void **state __rte_unused)
{
	map_blocks(8);
	mock_answer_value("ioas_unmap ioas=1 iova=0x140000000", 0, 256 * MIB);
	assert_int_equal(unmap_blocks(8), -EIO);
	assert_one_error("cannot unmap 0x100000000-0x17fffffff",
		"the kernel unmapped 1879048192 of 2147483648 bytes");
	assert_int_equal(stats_now().failed_calls, 1);
	/* What the kernel still has stays in the record. */
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(stats_now().areas, 2);
}

static void
a_piece_that_fails_is_one_error(void **state __rte_unused)
{
	map_blocks(8);
	mock_answer("ioas_unmap ioas=1 iova=0x140000000", -EBUSY);
	assert_int_equal(unmap_blocks(8), -EBUSY);
	assert_one_error(
		"cannot unmap 0x100000000-0x17fffffff", "of 2147483648 bytes");
	assert_int_equal(stats_now().failed_calls, 1);
	assert_true(stats_now().areas >= 2 && stats_now().areas <= 8);
	assert_int_equal(stats_now().areas, mock_mappings());
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define BY_THREADS(name) \
	cmocka_unit_test_setup_teardown(name, setup_threads, teardown)
#define TYPE1(name) cmocka_unit_test_setup_teardown(name, setup_type1, teardown)
	const struct CMUnitTest tests[] = {
		TEST(all_runs_are_mapped),
		BY_THREADS(all_runs_are_mapped),
		TEST(no_runs_are_mapped_at_once),
		TEST(whichever_call_fails_nothing_is_mapped),
		BY_THREADS(a_failure_is_explained_by_its_own_run),
		TEST(structures_carry_their_size),
		TEST(what_was_there_before_stays),
		BY_THREADS(what_was_there_before_stays),
		TEST(an_overlap_within_a_batch_is_found),
		BY_THREADS(an_overlap_within_a_batch_is_found),
		TEST(a_run_that_is_wrong_keeps_all_out),
		TEST(what_is_out_of_reach_is_refused_here),
		TEST(what_just_fits_is_mapped),
		TEST(one_out_of_reach_keeps_all_out),
		TEST(ranges_that_are_not_known_refuse_nothing),
		TEST(allowed_iovas_reach_the_kernel),
		TEST(what_eal_needs_stays_allowed),
		TYPE1(containers_allow_nothing),
		TEST(what_is_reserved_is_not_mapped_over),
		TEST(a_region_is_mapped_by_its_file),
		TEST(a_region_that_is_not_mapped_is_closed),
		TEST(a_region_that_is_not_given_out_is_not_mapped),
		cmocka_unit_test_setup_teardown(
			a_region_has_no_address_to_be_mapped_by, setup_va_only,
			teardown),
		TYPE1(containers_map_no_regions),
		BY_THREADS(threads_share_a_large_interval),
		BY_THREADS(pieces_are_alike),
		BY_THREADS(less_than_1_gib_is_one_call),
		TEST(one_thread_is_one_call),
		BY_THREADS(one_area_is_one_call),
		BY_THREADS(a_short_piece_is_an_error),
		BY_THREADS(a_piece_that_fails_is_one_error),
	};

	return RUN_TESTS("space_map", tests);
}
