/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * EAL's memory as EAL itself describes it, without hugepages: there are no memory
 * events then (test_memory.c has those), but everything else is real.
 *
 * Must not know: how spaces map.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "logs.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "fake_eal.h"
#include "unit.h"
#include "util/extents.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define EAL_BYTES (64 << 20)
#define HEAP_BYTES (2 << 20)
#define HEAP_PAGE 4096

static struct rte_iommufd_context *context;
static struct rte_iommufd_space *space;

static int
start_with(void **state, const char *settings)
{
	logs_start();
	mock_start_permissive(state);
	assert_int_equal(rte_iommufd_context_create(settings, &context), 0);
	return rte_iommufd_space_create(context, &space);
}

static int
setup(void **state)
{
	return start_with(state, "backend=iommufd");
}

static int
setup_by_address(void **state)
{
	return start_with(state, "backend=iommufd,map=va");
}

static int
teardown(void **state)
{
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	return mock_finish(state);
}

struct extent {
	uint64_t first;
	uint64_t last;
	uint64_t bytes;
};

static int
note_page(const struct rte_memseg_list *list __rte_unused,
	const struct rte_memseg *page, void *argument)
{
	struct extent *extent = argument;

	extent->first = RTE_MIN(extent->first, page->addr_64);
	extent->last = RTE_MAX(extent->last, page->addr_64 + page->len - 1);
	extent->bytes += page->len;
	return 0;
}

/* EAL's memory lies in one piece, with IOVA as VA. */
static struct extent
extent_of_eal(void)
{
	struct extent extent = { .first = UINT64_MAX };

	assert_int_equal(rte_memseg_walk(note_page, &extent), 0);
	assert_int_equal(extent.bytes, EAL_BYTES);
	assert_int_equal(extent.last - extent.first + 1, extent.bytes);
	assert_int_equal(rte_eal_iova_mode(), RTE_IOVA_VA);
	return extent;
}

/* Memory in one piece is one run, but for the addresses at which each run ends: where it lies is up to the kernel. */
static unsigned int
runs_of(uint64_t first, uint64_t bytes)
{
	return 1 + (first + bytes - 1) / EXTENTS_END_AT -
		first / EXTENTS_END_AT;
}

static unsigned int
runs_of_eal(void)
{
	return runs_of(extent_of_eal().first, EAL_BYTES);
}

static void
assert_mapped(unsigned int areas, uint64_t bytes)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	rte_iommufd_space_stats(space, &stats);
	assert_int_equal(stats.areas, areas);
	assert_int_equal(stats.bytes, bytes);
	assert_int_equal(mock_mappings(), areas);
	assert_int_equal(mock_mapped_bytes(), bytes);
}

static void
assert_all_is_mapped_in_one_run(void)
{
	const struct extent extent = extent_of_eal();
	void *va;

	assert_int_equal(rte_iommufd_space_follow_memory(space), 0);
	assert_no_error();
	assert_mapped(runs_of_eal(), EAL_BYTES);
	assert_int_equal(rte_iommufd_space_lookup(
				 space, extent.first, EAL_BYTES, RW, &va),
		0);
	assert_int_equal((uintptr_t)va, extent.first);
}

static void
all_is_mapped_in_one_run(void **state __rte_unused)
{
	assert_all_is_mapped_in_one_run();
	assert_int_equal(rte_iommufd_space_follow_memory(space), 0);
	assert_mapped(runs_of_eal(), EAL_BYTES);
}

static void
all_is_mapped_in_one_run_by_address(void **state __rte_unused)
{
	char text[64];

	assert_all_is_mapped_in_one_run();
	snprintf(text, sizeof(text), "ioas_map ioas=1 va=%#lx ",
		(unsigned long)extent_of_eal().first);
	assert_int_equal(mock_calls(text), 1);
	assert_int_equal(mock_calls("ioas_map"), runs_of_eal());
}

static void
what_is_allocated_can_be_looked_up(void **state __rte_unused)
{
	void *buffer, *va;

	assert_int_equal(rte_iommufd_space_follow_memory(space), 0);
	buffer = rte_malloc(NULL, 10000, 64);
	assert_non_null(buffer);
	assert_int_equal(rte_iommufd_space_lookup(space,
				 rte_malloc_virt2iova(buffer), 10000, RW, &va),
		0);
	assert_ptr_equal(va, buffer);
	rte_free(buffer);
}

static void
a_failed_map_leaves_nothing_behind(void **state __rte_unused)
{
	mock_answer("ioas_map", -ENOMEM);
	assert_int_equal(rte_iommufd_space_follow_memory(space), -ENOMEM);
	assert_one_error("cannot pin 65536 KiB");
	assert_mapped(0, 0);
	mock_answer("ioas_map", 0);
	assert_int_equal(rte_iommufd_space_follow_memory(space), 0);
	assert_mapped(runs_of_eal(), EAL_BYTES);
}

static void *
add_heap(void)
{
	rte_iova_t iovas[HEAP_BYTES / HEAP_PAGE];
	unsigned int i;
	char *memory;

	memory = mmap(NULL, HEAP_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	for (i = 0; i < RTE_DIM(iovas); i++)
		iovas[i] = (uintptr_t)memory + i * HEAP_PAGE;
	assert_int_equal(rte_malloc_heap_create("heap"), 0);
	assert_int_equal(rte_malloc_heap_memory_add("heap", memory, HEAP_BYTES,
				 iovas, RTE_DIM(iovas), HEAP_PAGE),
		0);
	return memory;
}

static void
remove_heap(void *memory)
{
	assert_int_equal(
		rte_malloc_heap_memory_remove("heap", memory, HEAP_BYTES), 0);
	assert_int_equal(rte_malloc_heap_destroy("heap"), 0);
	munmap(memory, HEAP_BYTES);
}

static void
an_external_heap_is_one_more_run(void **state __rte_unused)
{
	const unsigned int runs = runs_of_eal();
	void *memory = add_heap();
	void *va = NULL;

	assert_int_equal(rte_iommufd_space_follow_memory(space), 0);
	assert_no_error();
	assert_mapped(runs + runs_of((uintptr_t)memory, HEAP_BYTES),
		EAL_BYTES + HEAP_BYTES);
	assert_int_equal(rte_iommufd_space_lookup(
				 space, (uintptr_t)memory, HEAP_BYTES, RW, &va),
		0);
	assert_ptr_equal(va, memory);
	remove_heap(memory);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(all_is_mapped_in_one_run),
		cmocka_unit_test_setup_teardown(
			all_is_mapped_in_one_run_by_address, setup_by_address,
			teardown),
		TEST(what_is_allocated_can_be_looked_up),
		TEST(a_failed_map_leaves_nothing_behind),
		TEST(an_external_heap_is_one_more_run),
	};

	return cmocka_run_group_tests_name(
		"memory_eal", tests, small_eal_start, small_eal_stop);
}
