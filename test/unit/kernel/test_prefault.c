/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Memory made present before it is mapped: on memory of this process, and that
 * nothing is done where it would not help or could do harm.
 *
 * Must not know: what the memory is mapped for.
 */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "logs.h"
#include "util/iova_map.h"
#include "kernel/prefault.h"
#include "rte_iommufd.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define POPULATE_WRITE 23
#define PAGE 4096
#define MIB (UINT64_C(1) << 20)
#define WORTH_IT (64 * MIB)
#define ROOM (2 * WORTH_IT + 4 * MIB)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int calls;
static uint64_t called_bytes;
static uint64_t lowest, highest; /* of what the calls were about */

/* In the place of libc's. */
int
madvise(void *address, size_t length, int advice)
{
	const uint64_t first = (uintptr_t)address;

	if (advice == POPULATE_WRITE) {
		pthread_mutex_lock(&lock);
		calls++;
		called_bytes += length;
		lowest = RTE_MIN(lowest, first);
		highest = RTE_MAX(highest, first + length);
		pthread_mutex_unlock(&lock);
	}
	return syscall(SYS_madvise, address, length, advice);
}

static uint8_t *memory;

static int
setup(void **state __rte_unused)
{
	logs_start();
	memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	/* Else a neighbour's fault may bring a huge page; EINVAL in a kernel without. */
	syscall(SYS_madvise, memory, ROOM, MADV_NOHUGEPAGE);
	calls = 0;
	called_bytes = 0;
	lowest = UINT64_MAX;
	highest = 0;
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	assert_int_equal(munmap(memory, ROOM), 0);
	assert_no_error();
	return 0;
}

static bool
kernel_populates(void)
{
	return syscall(SYS_madvise, memory + ROOM - PAGE, PAGE,
		       POPULATE_WRITE) == 0;
}

static void
make_present(uint64_t offset, uint64_t length)
{
	memset(memory + offset, 1, length);
}

static uint64_t
present_bytes(uint64_t offset, uint64_t length)
{
	static unsigned char pages[ROOM / PAGE];
	uint64_t bytes = 0;
	size_t i;

	assert_int_equal(mincore(memory + offset, length, pages), 0);
	for (i = 0; i < length / PAGE; i++)
		bytes += (pages[i] & 1) * PAGE;
	return bytes;
}

static struct mapping
run_at(uint64_t offset, uint64_t length)
{
	return (struct mapping){
		.va = (uintptr_t)memory + offset,
		.iova = 0x1000,
		.length = length,
		.file = -1,
		.rights = RW,
	};
}

static void
assert_left_alone(const struct mapping *runs, size_t count)
{
	prefault(runs, count, 2);
	assert_int_equal(calls, 0);
}

static void
memory_is_present_then(void **state __rte_unused)
{
	const struct mapping run = run_at(0, WORTH_IT + MIB);

	if (!kernel_populates())
		skip();
	assert_int_equal(present_bytes(0, run.length), 0);
	prefault(&run, 1, 1);
	assert_int_equal(present_bytes(0, run.length), run.length);
	assert_int_equal(called_bytes, run.length);
}

static void
threads_share_it_to_the_byte(void **state __rte_unused)
{
	const struct mapping run = run_at(PAGE, 2 * WORTH_IT + 3 * PAGE);

	if (!kernel_populates())
		skip();
	prefault(&run, 1, 3);
	assert_int_equal(calls, 3);
	assert_int_equal(called_bytes, run.length);
	assert_int_equal(lowest, run.va);
	assert_int_equal(highest, run.va + run.length);
	assert_int_equal(present_bytes(PAGE, run.length), run.length);
}

static void
little_memory_is_left_to_the_map_call(void **state __rte_unused)
{
	const struct mapping run = run_at(0, WORTH_IT - PAGE);
	const struct mapping enough = run_at(0, WORTH_IT);

	assert_left_alone(&run, 1);
	assert_left_alone(&run, 0);
	prefault(&enough, 1, 1);
	assert_int_equal(calls, 1);
}

static void
neighbours_count_together(void **state __rte_unused)
{
	const struct mapping halves[] = {
		run_at(0, WORTH_IT / 2),
		run_at(WORTH_IT / 2, WORTH_IT / 2),
	};
	const struct mapping apart[] = {
		run_at(0, WORTH_IT / 2),
		run_at(WORTH_IT / 2 + PAGE, WORTH_IT / 2),
	};

	assert_left_alone(apart, 2);
	prefault(halves, 2, 1);
	assert_int_equal(calls, 1);
	assert_int_equal(called_bytes, WORTH_IT);
}

/* What this process does not see, a region, is passed over. */
static void
a_region_does_not_part_neighbours(void **state __rte_unused)
{
	struct mapping runs[] = {
		run_at(0, WORTH_IT / 2),
		run_at(0, WORTH_IT),
		run_at(WORTH_IT / 2, WORTH_IT / 2),
	};

	runs[1].va = 0;
	prefault(runs, 3, 1);
	assert_int_equal(calls, 1);
	assert_int_equal(called_bytes, WORTH_IT);
}

/* The first is taken as well, and not only the last. */
static void
each_stretch_is_taken(void **state __rte_unused)
{
	const struct mapping apart[] = {
		run_at(0, WORTH_IT),
		run_at(WORTH_IT + 2 * MIB, WORTH_IT),
	};

	prefault(apart, 2, 1);
	assert_int_equal(calls, 2);
	assert_int_equal(called_bytes, 2 * WORTH_IT);
	assert_int_equal(lowest, apart[0].va);
	assert_int_equal(highest, apart[1].va + WORTH_IT);
}

static void
what_is_not_written_to_is_left_alone(void **state __rte_unused)
{
	struct mapping run = run_at(0, WORTH_IT);

	run.rights = RTE_IOMMUFD_MAP_READ;
	assert_left_alone(&run, 1);
	assert_int_equal(present_bytes(0, WORTH_IT), 0);
}

/* Nor does it come along with what lies at both its sides. */
static void
what_is_not_written_to_is_not_taken_along(void **state __rte_unused)
{
	struct mapping runs[] = {
		run_at(0, WORTH_IT),
		run_at(WORTH_IT, MIB),
		run_at(WORTH_IT + MIB, WORTH_IT),
	};

	if (!kernel_populates())
		skip();
	runs[1].rights = RTE_IOMMUFD_MAP_READ;
	prefault(runs, 3, 1);
	assert_int_equal(called_bytes, 2 * WORTH_IT);
	assert_int_equal(present_bytes(WORTH_IT, MIB), 0);
}

static void
what_is_present_is_left_alone(void **state __rte_unused)
{
	const struct mapping run = run_at(0, WORTH_IT);

	make_present(0, WORTH_IT);
	assert_left_alone(&run, 1);
}

/* Present at its beginning and at its end, and not in between. */
static void
what_is_present_in_part_is_made_so(void **state __rte_unused)
{
	const struct mapping run = run_at(0, WORTH_IT);

	if (!kernel_populates())
		skip();
	make_present(0, 24 * MIB);
	make_present(32 * MIB, WORTH_IT - 32 * MIB);
	prefault(&run, 1, 1);
	assert_int_equal(present_bytes(0, WORTH_IT), WORTH_IT);
}

static void
only_the_last_page_can_be_missing(void **state __rte_unused)
{
	const struct mapping run = run_at(0, WORTH_IT);

	make_present(0, WORTH_IT);
	assert_int_equal(syscall(SYS_madvise, memory + WORTH_IT - PAGE, PAGE,
				 MADV_DONTNEED),
		0);
	prefault(&run, 1, 1);
	assert_int_equal(calls, 1);
}

static void
no_memory_is_left_to_the_map_call(void **state __rte_unused)
{
	struct mapping run = run_at(0, WORTH_IT);

	run.va = 0;
	assert_left_alone(&run, 1);
	run = run_at(0, WORTH_IT);
	assert_int_equal(munmap(memory, ROOM), 0);
	assert_left_alone(&run, 1);
	memory = mmap(memory, ROOM, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(memory_is_present_then),
		TEST(threads_share_it_to_the_byte),
		TEST(little_memory_is_left_to_the_map_call),
		TEST(neighbours_count_together),
		TEST(a_region_does_not_part_neighbours),
		TEST(each_stretch_is_taken),
		TEST(what_is_not_written_to_is_left_alone),
		TEST(what_is_not_written_to_is_not_taken_along),
		TEST(what_is_present_is_left_alone),
		TEST(what_is_present_in_part_is_made_so),
		TEST(only_the_last_page_can_be_missing),
		TEST(no_memory_is_left_to_the_map_call),
	};

	return RUN_TESTS("prefault", tests);
}
