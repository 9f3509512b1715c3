/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What the library maps, copies, mirrors and unmaps, compared with the page tables of
 * the kernel's mock devices to the byte, and with how often each page is pinned.
 *
 * Must not know: how the library does it.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "backend/backend.h"
#include "logs.h"
#include "mock.h"
#include "mock_vfio.h"
#include "rte_iommufd.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE UINT64_C(4096)
#define HALF UAPI_TEST_PAGE_SIZE /* the mock's page */
#define PAGES 256
#define LENGTH (PAGES * PAGE)
#define IN_FILE(offset) ((offset) + PAGE)
#define IOVA UINT64_C(0x2000000)
#define ELSEWHERE UINT64_C(0x3000000)

static const char *settings;

struct state {
	struct rte_iommufd_context *context;
	struct rte_iommufd_space *space, *other;
	struct rte_iommufd_device *first, *second;
	struct mock_device *device, *other_device; /* the same in the kernel */
	int control;				   /* /dev/iommu */
	char *memory; /* with a page before and after it, in the file as well */
	int file;
};

static struct rte_iommufd_device *
open_device(struct state *state)
{
	struct rte_iommufd_device *device;

	assert_int_equal(rte_iommufd_device_open(state->context,
				 mock_vfio_add(), NULL, &device),
		0);
	return device;
}

/* Two spaces, the first of which has a device. */
static int
set_up(void **argument)
{
	static struct state state;

	logs_start();
	mock_vfio_start();
	state = (struct state){ .file = -1 };
	assert_int_equal(
		rte_iommufd_context_create(settings, &state.context), 0);
	assert_int_equal(
		rte_iommufd_space_create(state.context, &state.space), 0);
	assert_int_equal(
		rte_iommufd_space_create(state.context, &state.other), 0);
	state.control = state.context->iommu_fd;
	state.first = open_device(&state);
	state.second = open_device(&state);
	state.device = mock_vfio_device(state.first);
	state.other_device = mock_vfio_device(state.second);
	assert_int_equal(
		rte_iommufd_device_attach(state.first, state.space), 0);
	state.memory = mock_memory(PAGE + LENGTH + PAGE, &state.file) + PAGE;
	assert_no_error();
	*argument = &state;
	return 0;
}

/* Whatever is still mapped goes with its space. */
static int
tear_down(void **argument)
{
	struct state *state = *argument;

	rte_iommufd_device_close(state->first);
	rte_iommufd_device_close(state->second);
	assert_int_equal(rte_iommufd_space_destroy(state->other), 0);
	assert_int_equal(rte_iommufd_space_destroy(state->space), 0);
	assert_true(mock_is_pinned(state->control, state->memory, LENGTH, 0));
	assert_int_equal(mock_pinned_pages(), 0);
	assert_int_equal(rte_iommufd_context_destroy(state->context), 0);
	munmap(state->memory - PAGE, PAGE + LENGTH + PAGE);
	close(state->file);
	mock_vfio_end();
	assert_no_error();
	return 0;
}

static void
give_other_a_device(struct state *state)
{
	assert_int_equal(
		rte_iommufd_device_attach(state->second, state->other), 0);
}

static void
map(struct rte_iommufd_space *space, const char *va, uint64_t iova,
	uint64_t length)
{
	assert_int_equal(rte_iommufd_space_map(space, va, iova, length, RW), 0);
	assert_no_error();
}

static void
unmap(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	assert_int_equal(rte_iommufd_space_unmap(space, iova, length), 0);
	assert_no_error();
}

/* It is there, its neighbours of half a page are not. */
static void
assert_exactly(const struct mock_device *device, uint64_t iova, const char *va,
	uint64_t length)
{
	assert_true(mock_reaches(device, iova, va, length));
	assert_true(mock_reaches_none(device, iova - HALF, va - HALF, HALF));
	assert_true(
		mock_reaches_none(device, iova + length, va + length, HALF));
	/* The check itself sees a byte range that is elsewhere. */
	assert_true(mock_reaches_none(device, iova, va + HALF, HALF));
}

static void
test_each_byte(void **argument)
{
	struct state *state = *argument;
	uint64_t offset, length, shift;

	for (shift = 0; shift < 2 * PAGE; shift += HALF)
		for (offset = PAGE; offset < 2 * PAGE; offset += HALF)
			for (length = HALF; length <= 7 * HALF;
				length += HALF) {
				map(state->space, state->memory + offset,
					IOVA + shift, length);
				assert_exactly(state->device, IOVA + shift,
					state->memory + offset, length);
				unmap(state->space, IOVA + shift, length);
				assert_true(mock_reaches_none(state->device,
					IOVA + shift, state->memory + offset,
					length));
			}
}

static void
test_first_and_last_address(void **argument)
{
	struct state *state = *argument;
	const uint64_t last = UAPI_TEST_APERTURE_LAST + 1 - PAGE;

	map(state->space, state->memory, UAPI_TEST_APERTURE_FIRST, PAGE);
	map(state->space, state->memory + PAGE, last, PAGE);
	assert_true(mock_reaches(
		state->device, UAPI_TEST_APERTURE_FIRST, state->memory, PAGE));
	assert_true(
		mock_reaches(state->device, last, state->memory + PAGE, PAGE));
	assert_int_equal(
		rte_iommufd_space_map(state->space, state->memory + 2 * PAGE,
			UAPI_TEST_APERTURE_FIRST - PAGE, PAGE, RW),
		-EINVAL);
	assert_one_error("0xfff000", "0x1000000-0x7fffffff");
	assert_int_equal(
		rte_iommufd_space_map(state->space, state->memory + 2 * PAGE,
			last + PAGE, PAGE, RW),
		-EINVAL);
	assert_one_error("0x80000000", "up to 0x7fffffff");
}

static void
test_by_file(void **argument)
{
	struct state *state = *argument;
	const uint64_t offset = 5 * PAGE;

	assert_int_equal(rte_iommufd_space_map_file(state->space, state->file,
				 IN_FILE(offset), state->memory + offset, IOVA,
				 9 * PAGE, RW),
		0);
	assert_exactly(state->device, IOVA, state->memory + offset, 9 * PAGE);
	assert_true(mock_is_pinned(
		state->control, state->memory + offset, 9 * PAGE, 1));
	assert_true(mock_is_pinned(
		state->control, state->memory + offset - PAGE, PAGE, 0));
	assert_true(mock_is_pinned(
		state->control, state->memory + offset + 9 * PAGE, PAGE, 0));
	assert_int_equal(mock_pinned_pages(), 9);
	unmap(state->space, IOVA, 9 * PAGE);
	assert_true(mock_is_pinned(state->control, state->memory, LENGTH, 0));
}

/* Backwards, so that no page is where the one before would have it. */
static void
describe_runs(const struct state *state, struct rte_iommufd_run *runs)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		runs[i] = (struct rte_iommufd_run){
			.va = state->memory + (PAGES - 1 - i) * PAGE,
			.iova = IOVA + i * 2 * PAGE,
			.length = PAGE,
			.offset = IN_FILE((PAGES - 1 - i) * PAGE),
			.file = i % 3 == 0 ? state->file : -1,
			.rights = RW,
		};
}

static void
test_runs(void **argument)
{
	struct state *state = *argument;
	struct rte_iommufd_run runs[PAGES];
	unsigned int i;

	describe_runs(state, runs);
	assert_int_equal(rte_iommufd_space_map_runs(state->space, runs,
				 sizeof(struct rte_iommufd_run), PAGES),
		0);
	for (i = 0; i < PAGES; i++) {
		assert_true(mock_reaches(
			state->device, runs[i].iova, runs[i].va, PAGE));
		assert_true(mock_reaches_none(state->device,
			runs[i].iova + PAGE, (char *)runs[i].va, PAGE));
	}
	assert_true(mock_is_pinned(state->control, state->memory, LENGTH, 1));
	assert_int_equal(mock_pinned_pages(), PAGES);
}

static void
test_runs_all_or_none(void **argument)
{
	struct state *state = *argument;
	struct rte_iommufd_run runs[PAGES];
	unsigned int i;

	describe_runs(state, runs);
	runs[PAGES / 2].va = (void *)PAGE; /* no memory */
	runs[PAGES / 2].file = -1;
	assert_int_equal(rte_iommufd_space_map_runs(state->space, runs,
				 sizeof(struct rte_iommufd_run), PAGES),
		-EFAULT);
	assert_one_error("0x1000");
	describe_runs(state, runs);
	for (i = 0; i < PAGES; i++)
		assert_true(mock_reaches_none(
			state->device, runs[i].iova, runs[i].va, PAGE));
	assert_true(mock_is_pinned(state->control, state->memory, LENGTH, 0));
	assert_int_equal(mock_pinned_pages(), 0);
}

static void
test_unmap_some(void **argument)
{
	struct state *state = *argument;
	unsigned int i;

	for (i = 0; i < 8; i++)
		map(state->space, state->memory + 2 * i * PAGE,
			IOVA + 2 * i * PAGE, 2 * PAGE);
	assert_int_equal(
		rte_iommufd_space_unmap(state->space, IOVA + PAGE, 2 * PAGE),
		-EINVAL);
	assert_one_error("does not begin and end where mappings do");
	assert_int_equal(rte_iommufd_space_unmap(
				 state->space, IOVA + 14 * PAGE, 4 * PAGE),
		-ENOENT);
	assert_one_error("not all of it is mapped");
	assert_true(
		mock_reaches(state->device, IOVA, state->memory, 16 * PAGE));

	unmap(state->space, IOVA + 4 * PAGE, 6 * PAGE);
	assert_true(mock_reaches(state->device, IOVA, state->memory, 4 * PAGE));
	assert_true(mock_reaches_none(state->device, IOVA + 4 * PAGE,
		state->memory + 4 * PAGE, 6 * PAGE));
	assert_true(mock_reaches(state->device, IOVA + 10 * PAGE,
		state->memory + 10 * PAGE, 6 * PAGE));
	assert_true(mock_is_pinned(state->control, state->memory, 4 * PAGE, 1));
	assert_true(mock_is_pinned(
		state->control, state->memory + 4 * PAGE, 6 * PAGE, 0));
	assert_true(mock_is_pinned(
		state->control, state->memory + 10 * PAGE, 6 * PAGE, 1));
	assert_int_equal(mock_pinned_pages(), 10);
}

/* A part that begins and ends inside areas, to another place. */
static void
test_copy(void **argument)
{
	struct state *state = *argument;
	const char *part = state->memory + PAGE + HALF;
	const uint64_t length = 5 * PAGE;

	give_other_a_device(state);
	map(state->space, state->memory, IOVA, 4 * PAGE);
	map(state->space, state->memory + 4 * PAGE, IOVA + 4 * PAGE, 4 * PAGE);
	assert_int_equal(rte_iommufd_space_copy(state->other, ELSEWHERE,
				 state->space, IOVA + PAGE + HALF, length, RW),
		0);
	assert_exactly(state->other_device, ELSEWHERE, part, length);
	assert_true(mock_reaches_none(
		state->other_device, IOVA, state->memory, 8 * PAGE));
	/* Both have it, and it is pinned and charged once. */
	assert_true(mock_is_pinned(state->control, state->memory, 8 * PAGE, 1));
	assert_int_equal(mock_pinned_pages(), 8);

	unmap(state->space, IOVA, 8 * PAGE);
	assert_true(mock_reaches_none(
		state->device, IOVA, state->memory, 8 * PAGE));
	assert_exactly(state->other_device, ELSEWHERE, part, length);
	assert_true(mock_is_pinned(
		state->control, state->memory + PAGE, 5 * PAGE + PAGE, 1));
	unmap(state->other, ELSEWHERE, length);
	assert_true(mock_reaches_none(
		state->other_device, ELSEWHERE, part, length));
	assert_true(mock_is_pinned(state->control, state->memory, LENGTH, 0));
}

static void
test_copy_refused(void **argument)
{
	struct state *state = *argument;

	give_other_a_device(state);
	map(state->space, state->memory, IOVA, 4 * PAGE);
	map(state->other, state->memory + 8 * PAGE, ELSEWHERE + 3 * PAGE, PAGE);
	assert_int_equal(rte_iommufd_space_copy(state->other, ELSEWHERE,
				 state->space, IOVA, 4 * PAGE, RW),
		-EEXIST);
	assert_one_error("0x3000000");
	assert_true(mock_reaches_none(
		state->other_device, ELSEWHERE, state->memory, 3 * PAGE));
	assert_exactly(state->other_device, ELSEWHERE + 3 * PAGE,
		state->memory + 8 * PAGE, PAGE);
}

static void
test_mirror(void **argument)
{
	struct state *state = *argument;

	map(state->space, state->memory, IOVA, 4 * PAGE);
	give_other_a_device(state);
	assert_int_equal(
		rte_iommufd_space_mirror(state->other, state->space), 0);
	assert_exactly(state->other_device, IOVA, state->memory, 4 * PAGE);

	map(state->space, state->memory + 8 * PAGE, ELSEWHERE, 3 * PAGE);
	assert_exactly(
		state->device, ELSEWHERE, state->memory + 8 * PAGE, 3 * PAGE);
	assert_exactly(state->other_device, ELSEWHERE, state->memory + 8 * PAGE,
		3 * PAGE);
	/* Its own, out of the other's reach. */
	map(state->other, state->memory + 16 * PAGE, IOVA + 8 * PAGE, PAGE);
	assert_true(mock_reaches_none(state->device, IOVA + 8 * PAGE,
		state->memory + 16 * PAGE, PAGE));
	assert_true(mock_is_pinned(state->control, state->memory, 4 * PAGE, 1));
	assert_int_equal(mock_pinned_pages(), 4 + 3 + 1);

	unmap(state->space, IOVA, 4 * PAGE);
	assert_true(mock_reaches_none(
		state->other_device, IOVA, state->memory, 4 * PAGE));
	assert_true(mock_is_pinned(state->control, state->memory, 4 * PAGE, 0));
	assert_exactly(state->other_device, IOVA + 8 * PAGE,
		state->memory + 16 * PAGE, PAGE);
}

/* What cannot be in the mirror is not in the source, either. */
static void
test_mirror_refused(void **argument)
{
	struct state *state = *argument;

	give_other_a_device(state);
	assert_int_equal(
		rte_iommufd_space_mirror(state->other, state->space), 0);
	map(state->other, state->memory + 16 * PAGE, IOVA + PAGE, PAGE);
	assert_int_equal(rte_iommufd_space_map(state->space, state->memory,
				 IOVA, 4 * PAGE, RW),
		-EEXIST);
	assert_one_error("0x2000000");
	assert_true(mock_reaches_none(
		state->device, IOVA, state->memory, 4 * PAGE));
	assert_true(mock_reaches_none(
		state->other_device, IOVA, state->memory, 4 * PAGE));
	assert_true(mock_is_pinned(state->control, state->memory, 4 * PAGE, 0));
}

/* Mapped before there is a page table, and seen by each that comes. */
static void
test_device_later(void **argument)
{
	struct state *state = *argument;
	struct rte_iommufd_device *third = open_device(state);

	map(state->other, state->memory, IOVA, 16 * PAGE);
	assert_int_equal(mock_pinned_pages(), 0);
	give_other_a_device(state);
	assert_exactly(state->other_device, IOVA, state->memory, 16 * PAGE);
	assert_int_equal(mock_pinned_pages(), 16);
	assert_int_equal(rte_iommufd_device_attach(third, state->other), 0);
	assert_exactly(mock_vfio_device(third), IOVA, state->memory, 16 * PAGE);
	/* One page table for both. */
	assert_int_equal(mock_vfio_device(third)->page_table_id,
		state->other_device->page_table_id);
	assert_true(
		mock_is_pinned(state->control, state->memory, 16 * PAGE, 1));
	rte_iommufd_device_close(third);
	assert_exactly(state->other_device, IOVA, state->memory, 16 * PAGE);
	assert_int_equal(rte_iommufd_device_detach(state->second), 0);
	assert_true(mock_reaches_none(
		state->other_device, IOVA, state->memory, 16 * PAGE));
	assert_int_equal(mock_pinned_pages(), 0);
}

static void
test_device_moves(void **argument)
{
	struct state *state = *argument;

	map(state->space, state->memory, IOVA, PAGE);
	map(state->other, state->memory + 8 * PAGE, IOVA, PAGE);
	assert_int_equal(
		rte_iommufd_device_move(state->first, state->other), 0);
	assert_exactly(state->device, IOVA, state->memory + 8 * PAGE, PAGE);
	map(state->other, state->memory + 16 * PAGE, ELSEWHERE, PAGE);
	assert_exactly(
		state->device, ELSEWHERE, state->memory + 16 * PAGE, PAGE);
	assert_int_equal(
		rte_iommufd_device_move(state->first, state->space), 0);
	assert_exactly(state->device, IOVA, state->memory, PAGE);
	assert_true(mock_reaches_none(
		state->device, ELSEWHERE, state->memory + 16 * PAGE, PAGE));
}

static void
test_reserved_addresses(void **argument)
{
	struct state *state = *argument;
	struct uapi_test_command reserve = {
		.operation = UAPI_TEST_ADD_RESERVED,
		.id = state->space->ioas_id,
		.add_reserved = { .start = ELSEWHERE, .length = 3 * PAGE },
	};
	struct rte_iommufd_range ranges[4];

	assert_int_equal(mock_command(state->control, &reserve), 0);
	assert_int_equal(
		rte_iommufd_space_ranges(state->space, ranges, RTE_DIM(ranges)),
		2);
	assert_int_equal(ranges[0].first, UAPI_TEST_APERTURE_FIRST);
	assert_int_equal(ranges[0].last, ELSEWHERE - 1);
	assert_int_equal(ranges[1].first, ELSEWHERE + 3 * PAGE);
	assert_int_equal(ranges[1].last, UAPI_TEST_APERTURE_LAST);
	assert_int_equal(rte_iommufd_space_map(state->space, state->memory,
				 ELSEWHERE + 2 * PAGE, 2 * PAGE, RW),
		-EINVAL);
	assert_one_error("0x3002000");
	assert_true(mock_reaches_none(
		state->device, ELSEWHERE + 2 * PAGE, state->memory, 2 * PAGE));
	map(state->space, state->memory, ELSEWHERE - PAGE, PAGE);
	map(state->space, state->memory, ELSEWHERE + 3 * PAGE, PAGE);
}

/* A device that would take away what has to stay usable is kept out. */
static void
test_allowed_addresses(void **argument)
{
	struct state *state = *argument;
	const struct rte_iommufd_range below = { 0, PAGE - 1 };
	const struct rte_iommufd_range inside = { IOVA, IOVA + PAGE - 1 };

	assert_int_equal(rte_iommufd_space_allow(state->other, &below, 1), 0);
	assert_int_equal(rte_iommufd_device_attach(state->second, state->other),
		-EADDRINUSE);
	assert_one_error("0000:02:00.0");
	assert_int_equal(rte_iommufd_space_allow(state->other, &inside, 1), 0);
	give_other_a_device(state);
	assert_int_equal(
		rte_iommufd_space_allow(state->other, &below, 1), -EADDRINUSE);
	assert_one_error("reserved");
}

static void
test_rights(void **argument)
{
	struct state *state = *argument;
	char *readable = mmap(
		NULL, PAGE, PROT_READ, MAP_SHARED, state->file, IN_FILE(0));

	assert_ptr_not_equal(readable, MAP_FAILED);
	assert_int_equal(
		rte_iommufd_space_map(state->space, readable, IOVA, PAGE, RW),
		-EFAULT);
	assert_one_error("0x2000000");
	assert_int_equal(rte_iommufd_space_map(state->space, readable, IOVA,
				 PAGE, RTE_IOMMUFD_MAP_READ),
		0);
	assert_exactly(state->device, IOVA, state->memory, PAGE);
	unmap(state->space, IOVA, PAGE);
	munmap(readable, PAGE);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_each_byte),
		TEST(test_first_and_last_address),
		TEST(test_by_file),
		TEST(test_runs),
		TEST(test_runs_all_or_none),
		TEST(test_unmap_some),
		TEST(test_copy),
		TEST(test_copy_refused),
		TEST(test_mirror),
		TEST(test_mirror_refused),
		TEST(test_device_later),
		TEST(test_device_moves),
		TEST(test_reserved_addresses),
		TEST(test_allowed_addresses),
		TEST(test_rights),
	};

	assert_int_equal(argc, 2);
	settings = argv[1];
	return RUN_TESTS("maps", tests);
}
