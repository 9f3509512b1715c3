/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What a page table of the program's own would save: a page mapped and unmapped by calls of the
 * kernel, and by stores with invalidations, one for each page and for each batch.
 *
 * The calls are real, on the kernel's mock devices: IOAS_MAP and IOAS_UNMAP, and HWPT_INVALIDATE
 * on a nested page table. The mock's nested page table is only a number to the kernel, so no
 * device reads the table, and an invalidation costs the call and no hardware.
 *
 * Must not know: the library's objects, but for its calls of the kernel.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kernel/kernel.h"
#include "kernel/kernel_uapi.h"
#include "mock.h"
#include "rte_iommufd.h"
#include "ticks.h"
#include "unit.h"
#include "util/stage1.h"

#define PAGE UINT64_C(4096)
#define PAGES 2048
#define BATCH 32
#define TABLES 16
#define IOVA UINT64_C(0x2000000)
#define TABLES_IOVA UINT64_C(0x8000000)
#define ROUNDS 11
#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

/* iommufd_test.h of the kernel */
#define DATA_SELFTEST 0xdead
#define INVALIDATE_SELFTEST 0xdeadbeef
#define INVALIDATE_ALL (1u << 0)

struct selftest_data {
	uint32_t iotlb;
	uint32_t page_table_type;
};

struct selftest_invalidation {
	uint32_t flags;
	uint32_t iotlb_id;
};

static struct {
	struct mock_device device;
	struct stage1 table;
	char *memory, *tables;
	uint32_t ioas, parent, nested;
	int iommu_fd, file, tables_file;
} state;

static uint32_t
alloc_page_table(
	uint32_t on, uint32_t flags, uint32_t type, void *data, uint32_t length)
{
	struct uapi_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = flags,
		.dev_id = state.device.device_id,
		.pt_id = on,
		.data_type = type,
		.data_len = length,
		.data_uptr = (uintptr_t)data,
	};

	if (ioctl(state.iommu_fd, UAPI_HWPT_ALLOC, &alloc) != 0)
		fail_msg("HWPT_ALLOC: %s", strerror(errno));
	return alloc.out_hwpt_id;
}

static void
invalidate(uint32_t count)
{
	static struct selftest_invalidation entries[BATCH];
	struct uapi_hwpt_invalidate call = {
		.size = sizeof(call),
		.hwpt_id = state.nested,
		.data_uptr = (uintptr_t)entries,
		.data_type = INVALIDATE_SELFTEST,
		.entry_len = sizeof(entries[0]),
		.entry_num = count,
	};

	if (ioctl(state.iommu_fd, UAPI_HWPT_INVALIDATE, &call) != 0)
		fail_msg("HWPT_INVALIDATE: %s", strerror(errno));
	assert_int_equal(call.entry_num, count);
}

static int
set_up(void **argument __rte_unused)
{
	struct selftest_data data = { .iotlb = 1 };

	memset(&state, 0, sizeof(state));
	state.file = state.tables_file = -1;
	state.iommu_fd = kernel_open("/dev/iommu");
	assert_true(state.iommu_fd >= 0);
	assert_int_equal(kernel_ioas_alloc(state.iommu_fd, &state.ioas), 0);
	assert_int_equal(
		mock_create(state.iommu_fd, state.ioas, 0, &state.device), 0);
	state.parent = alloc_page_table(
		state.ioas, UAPI_HWPT_ALLOC_NEST_PARENT, 0, NULL, 0);
	state.nested = alloc_page_table(
		state.parent, 0, DATA_SELFTEST, &data, sizeof(data));
	state.memory = mock_memory(PAGES * PAGE, &state.file);
	state.tables = mock_memory(TABLES * PAGE, &state.tables_file);
	stage1_init(&state.table, state.tables, TABLES_IOVA, TABLES);
	return 0;
}

static int
tear_down(void **argument __rte_unused)
{
	assert_int_equal(
		kernel_object_destroy(state.iommu_fd, state.nested), 0);
	assert_int_equal(
		kernel_object_destroy(state.iommu_fd, state.parent), 0);
	assert_int_equal(mock_destroy(&state.device), 0);
	munmap(state.memory, PAGES * PAGE);
	munmap(state.tables, TABLES * PAGE);
	close(state.file);
	close(state.tables_file);
	kernel_close(state.iommu_fd);
	return 0;
}

/* --- the ways ------------------------------------------------------------------------ */

static void
map_by_call(unsigned int page)
{
	assert_int_equal(kernel_ioas_map(state.iommu_fd, state.ioas,
				 (uintptr_t)state.memory + page * PAGE,
				 IOVA + page * PAGE, PAGE, RW),
		0);
}

static void
unmap_by_call(unsigned int page)
{
	uint64_t unmapped;

	assert_int_equal(kernel_ioas_unmap(state.iommu_fd, state.ioas,
				 IOVA + page * PAGE, PAGE, &unmapped),
		0);
	assert_int_equal(unmapped, PAGE);
}

static void
map_by_store(unsigned int page)
{
	assert_int_equal(
		stage1_map(&state.table, IOVA + page * PAGE, IOVA + page * PAGE,
			PAGE, STAGE1_READ | STAGE1_WRITE),
		0);
}

static void
unmap_by_store(unsigned int page)
{
	assert_int_equal(
		stage1_unmap(&state.table, IOVA + page * PAGE, PAGE), 0);
}

static void
unmap_and_invalidate(unsigned int page)
{
	unmap_by_store(page);
	invalidate(1);
}

static void
unmap_and_invalidate_in_batches(unsigned int page)
{
	unmap_by_store(page);
	if (page % BATCH == BATCH - 1)
		invalidate(BATCH);
}

static uint64_t
time_of(void (*act)(unsigned int page))
{
	const uint64_t from = ticks_now();
	unsigned int page;

	for (page = 0; page < PAGES; page++)
		act(page);
	return ticks_now() - from;
}

static void
measure(const char *way, void (*map)(unsigned int page),
	void (*unmap)(unsigned int page))
{
	uint64_t maps[ROUNDS], unmaps[ROUNDS];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		maps[i] = time_of(map);
		unmaps[i] = time_of(unmap);
	}
	print_message("%s: map %.0f ns, unmap %.0f ns\n", way,
		ticks_median(maps, ROUNDS) / PAGES,
		ticks_median(unmaps, ROUNDS) / PAGES);
}

static void
what_a_page_costs(void **argument __rte_unused)
{
	ticks_start();
	measure("IOAS_MAP, IOAS_UNMAP", map_by_call, unmap_by_call);
	measure("stores alone", map_by_store, unmap_by_store);
	measure("stores, an invalidation for each page", map_by_store,
		unmap_and_invalidate);
	measure("stores, an invalidation for 32 pages", map_by_store,
		unmap_and_invalidate_in_batches);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_a_page_costs, set_up, tear_down),
	};

	return RUN_TESTS("mock_stage1", tests);
}
