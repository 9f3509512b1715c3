/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Which pages devices have written, as the library reads it from the kernel's mock devices, bit by
 * bit: the mock marks pages as if a device had written them.
 *
 * Must not know: how the library reads.
 */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "backend/backend.h"
#include "backend/page_tables.h"
#include "logs.h"
#include "mock.h"
#include "mock_vfio.h"
#include "rte_iommufd.h"
#include "ticks.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE UINT64_C(4096)
/*
 * One for each page: the mock's page tables have entries of any power of two, and an entry for
 * several pages has one mark.
 */
#define PAGES 256
#define IOVA UINT64_C(0x2000000)
#define ROUNDS 10000
#define COST_IOVA UINT64_C(0x10000000)
#define COST_LENGTH (UINT64_C(64) << 20)
#define COST_ROUNDS 11

static struct {
	struct rte_iommufd_context *context;
	struct rte_iommufd_space *space;
	struct rte_iommufd_device *device;
	char *memory;
	int file;
	bool mapped[PAGES];
	uint64_t written[PAGES / 64]; /* and not read yet */
	uint32_t random;
} state;

static uint32_t
next_random(uint32_t below)
{
	state.random = state.random * 1664525 + 1013904223;
	return (state.random >> 8) % below;
}

static void
map(unsigned int which)
{
	assert_int_equal(
		rte_iommufd_space_map(state.space, state.memory + which * PAGE,
			IOVA + which * PAGE, PAGE, RW),
		0);
	state.mapped[which] = true;
}

static void
unmap(unsigned int which)
{
	assert_int_equal(
		rte_iommufd_space_unmap(state.space, IOVA + which * PAGE, PAGE),
		0);
	state.mapped[which] = false;
}

static int
set_up(void **argument __rte_unused)
{
	unsigned int i;

	logs_start();
	mock_vfio_start();
	memset(&state, 0, sizeof(state));
	state.file = -1;
	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &state.context),
		0);
	assert_int_equal(
		rte_iommufd_space_create(state.context, &state.space), 0);
	assert_int_equal(rte_iommufd_device_open(state.context, mock_vfio_add(),
				 NULL, &state.device),
		0);
	assert_int_equal(rte_iommufd_space_dirty_want(state.space), 0);
	assert_int_equal(
		rte_iommufd_device_attach(state.device, state.space), 0);
	state.memory = mock_memory(PAGES * PAGE, &state.file);
	for (i = 0; i < PAGES; i++)
		map(i);
	assert_no_error();
	return 0;
}

static int
tear_down(void **argument __rte_unused)
{
	rte_iommufd_device_close(state.device);
	assert_int_equal(rte_iommufd_space_destroy(state.space), 0);
	assert_int_equal(mock_pinned_pages(), 0);
	assert_int_equal(rte_iommufd_context_destroy(state.context), 0);
	munmap(state.memory, PAGES * PAGE);
	close(state.file);
	mock_vfio_end();
	assert_no_error();
	return 0;
}

/* As if the device had written these pages, which are mapped. */
static void
write_pages(unsigned int first, unsigned int count)
{
	uint64_t bits[PAGES / 64 + 1] = { 0 };
	struct uapi_test_command command = {
		.operation = UAPI_TEST_DIRTY,
		.id = TAILQ_FIRST(&state.space->page_tables)->id,
		.dirty = {
			.iova = IOVA + first * PAGE,
			.length = count * PAGE,
			.page_size = PAGE,
			.bits = (uintptr_t)bits,
		},
	};
	unsigned int i;

	memset(bits, 0xff, sizeof(bits));
	assert_int_equal(mock_command(state.context->iommu_fd, &command), 0);
	assert_int_equal(command.dirty.out_count, count);
	for (i = first; i < first + count; i++)
		state.written[i / 64] |= UINT64_C(1) << i % 64;
}

/* All of it is read, and what the library says is what was written, no bit more and none less. */
static void
read_all(uint32_t flags)
{
	uint64_t bits[PAGES / 64] = { 0 };

	assert_int_equal(rte_iommufd_space_dirty_read(
				 state.space, IOVA, PAGES * PAGE, flags, bits),
		0);
	assert_memory_equal(bits, state.written, sizeof(bits));
	if (flags == 0)
		memset(state.written, 0, sizeof(state.written));
}

static void
what_is_written_is_read_once(void **argument __rte_unused)
{
	assert_int_equal(rte_iommufd_space_dirty_start(state.space), 0);
	read_all(0);
	write_pages(0, 1);
	write_pages(15, 1);
	write_pages(241, 3);
	read_all(RTE_IOMMUFD_DIRTY_KEEP);
	read_all(0);
	read_all(0);
	assert_int_equal(rte_iommufd_space_dirty_stop(state.space), 0);
}

static void
what_was_written_before_the_start_is_forgotten(void **argument __rte_unused)
{
	assert_int_equal(rte_iommufd_space_dirty_start(state.space), 0);
	write_pages(48, 16);
	assert_int_equal(rte_iommufd_space_dirty_stop(state.space), 0);
	memset(state.written, 0, sizeof(state.written));
	assert_int_equal(rte_iommufd_space_dirty_start(state.space), 0);
	read_all(0);
	assert_int_equal(rte_iommufd_space_dirty_stop(state.space), 0);
}

static void
what_was_written_outlives_its_mapping(void **argument __rte_unused)
{
	assert_int_equal(rte_iommufd_space_dirty_start(state.space), 0);
	write_pages(84, 4);
	unmap(85);
	read_all(RTE_IOMMUFD_DIRTY_KEEP);
	map(85);
	write_pages(88, 4);
	read_all(0);
	read_all(0);
	assert_int_equal(rte_iommufd_space_dirty_stop(state.space), 0);
}

static void
one_round(void)
{
	const unsigned int which = next_random(PAGES);

	switch (next_random(32)) {
	case 0:
		read_all(0);
		break;
	case 1:
		read_all(RTE_IOMMUFD_DIRTY_KEEP);
		break;
	case 2 ... 12:
		if (state.mapped[which])
			unmap(which);
		else
			map(which);
		break;
	default:
		if (state.mapped[which])
			write_pages(which, 1);
		break;
	}
}

/* Mapped, unmapped, written and read in any order. */
static void
in_ten_thousand_rounds_no_page_is_lost(void **argument __rte_unused)
{
	unsigned int round;

	assert_int_equal(rte_iommufd_space_dirty_start(state.space), 0);
	state.random = 20261125;
	for (round = 0; round < ROUNDS; round++)
		one_round();
	read_all(0);
	assert_int_equal(rte_iommufd_space_dirty_stop(state.space), 0);
}

static uint64_t
time_of_read(uint64_t iova, uint64_t length, uint64_t *bits)
{
	const uint64_t from = ticks_now();

	assert_int_equal(rte_iommufd_space_dirty_read(
				 state.space, iova, length, 0, bits),
		0);
	return ticks_now() - from;
}

/* Prints the median of some rounds over memory that is mapped in pieces of this length. */
static void
measure(uint64_t piece)
{
	static uint64_t bits[COST_LENGTH / PAGE / 64];
	uint64_t times[COST_ROUNDS];
	uint64_t done;
	int i, file = -1;
	char *memory = mock_memory(COST_LENGTH, &file);

	for (done = 0; done < COST_LENGTH; done += piece)
		assert_int_equal(
			rte_iommufd_space_map(state.space, memory + done,
				COST_IOVA + done, piece, RW),
			0);
	assert_int_equal(rte_iommufd_space_dirty_start(state.space), 0);
	for (i = 0; i < COST_ROUNDS; i++)
		times[i] = time_of_read(COST_IOVA, COST_LENGTH, bits);
	for (i = 0; i < (int)RTE_DIM(bits); i++)
		assert_int_equal(bits[i], 0);
	assert_int_equal(rte_iommufd_space_dirty_stop(state.space), 0);
	print_message("a round over pieces of %" PRIu64
		      " KiB: %.0f us for each GiB\n",
		piece >> 10,
		ticks_median(times, COST_ROUNDS) / 1e3 *
			((double)(UINT64_C(1) << 30) / COST_LENGTH));
	assert_int_equal(
		rte_iommufd_space_unmap(state.space, COST_IOVA, COST_LENGTH),
		0);
	munmap(memory, COST_LENGTH);
	close(file);
}

static void
what_a_round_costs(void **argument __rte_unused)
{
	ticks_start();
	measure(PAGE);
	measure(COST_LENGTH);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read_once),
		TEST(what_was_written_before_the_start_is_forgotten),
		TEST(what_was_written_outlives_its_mapping),
		TEST(in_ten_thousand_rounds_no_page_is_lost),
		TEST(what_a_round_costs),
	};

	return RUN_TESTS("mock_dirty", tests);
}
