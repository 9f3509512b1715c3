/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * PASIDs and page requests on the kernel's mock devices: which space a PASID is
 * attached to is what the kernel says, what it reaches is that space's memory and
 * nothing else, and a page request is read, answered and gone.
 *
 * Must not know: how the library does it.
 */

#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include <sys/mman.h>

#include "core/address_space.h"
#include "backend/backend.h"
#include "backend/fault_queue.h"
#include "logs.h"
#include "mock.h"
#include "mock_vfio.h"
#include "rte_iommufd.h"
#include "rte_iommufd_pasid.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE UINT64_C(4096)
#define PAGES 64
#define LENGTH (PAGES * PAGE)
#define IOVA UINT64_C(0x2000000)
#define WIDTH UAPI_TEST_PASID_BITS

/* Of a page request (IOMMU_FAULT_PERM_*). */
#define ASKS_READ (1u << 0)
#define ASKS_WRITE (1u << 1)

struct state {
	struct rte_iommufd_context *context;
	/* The devices' own, and two for PASIDs with the first and the second page. */
	struct rte_iommufd_space *own, *one, *two;
	struct rte_iommufd_device *device, *neighbour;
	struct mock_device *mock;
	int control; /* /dev/iommu */
	char *memory;
	int file;
};

static struct rte_iommufd_space *
create_space(const struct state *state)
{
	struct rte_iommufd_space *space;

	assert_int_equal(rte_iommufd_space_create(state->context, &space), 0);
	return space;
}

static void
map(struct rte_iommufd_space *space, const char *va, uint64_t iova)
{
	assert_int_equal(rte_iommufd_space_map(space, va, iova, PAGE, RW), 0);
}

static struct rte_iommufd_device *
open_device(const struct state *state)
{
	struct rte_iommufd_device *device;

	assert_int_equal(rte_iommufd_device_open(state->context,
				 mock_vfio_add(), NULL, &device),
		0);
	assert_int_equal(rte_iommufd_device_attach(device, state->own), 0);
	return device;
}

static int
set_up(void **argument)
{
	static struct state state;

	logs_start();
	mock_vfio_start();
	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &state.context),
		0);
	state.own = create_space(&state);
	state.one = create_space(&state);
	state.two = create_space(&state);
	state.control = state.context->iommu_fd;
	state.device = open_device(&state);
	state.neighbour = open_device(&state);
	state.mock = mock_vfio_device(state.device);
	state.memory = mock_memory(LENGTH, &state.file);
	map(state.one, state.memory, IOVA);
	map(state.two, state.memory + PAGE, IOVA);
	assert_no_error();
	*argument = &state;
	return 0;
}

/* PASIDs that are attached go with the device. */
static int
tear_down(void **argument)
{
	struct state *state = *argument;

	rte_iommufd_device_close(state->device);
	rte_iommufd_device_close(state->neighbour);
	assert_int_equal(rte_iommufd_space_destroy(state->two), 0);
	assert_int_equal(rte_iommufd_space_destroy(state->one), 0);
	assert_int_equal(rte_iommufd_space_destroy(state->own), 0);
	assert_true(mock_is_pinned(state->control, state->memory, LENGTH, 0));
	assert_int_equal(mock_pinned_pages(), 0);
	assert_int_equal(rte_iommufd_context_destroy(state->context), 0);
	munmap(state->memory, LENGTH);
	close(state->file);
	mock_vfio_end();
	assert_no_error();
	return 0;
}

/* Page number `page` of the memory is what the PASID finds at IOVA. */
static void
assert_finds(const struct state *state, uint32_t pasid, unsigned int page)
{
	const struct mock_device mock = mock_vfio_pasid(state->device, pasid);
	unsigned int other = page == 0 ? 1 : 0;

	assert_int_not_equal(mock.handle, 0);
	assert_true(
		mock_reaches(&mock, IOVA, state->memory + page * PAGE, PAGE));
	assert_true(mock_reaches_none(
		&mock, IOVA, state->memory + other * PAGE, PAGE));
}

static void
assert_free(const struct state *state, uint32_t pasid)
{
	assert_int_equal(mock_vfio_pasid(state->device, pasid).handle, 0);
	assert_null(rte_iommufd_pasid_space(state->device, pasid));
}

static void
test_attach_replace_detach(void **argument)
{
	struct state *state = *argument;
	uint32_t pasid = 0;

	assert_int_equal(rte_iommufd_pasid_alloc(state->device, &pasid), 0);
	assert_int_equal(pasid, 1);
	assert_free(state, pasid);
	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, pasid, state->one), 0);
	assert_finds(state, pasid, 0);
	assert_ptr_equal(
		rte_iommufd_pasid_space(state->device, pasid), state->one);
	/* The device itself has another space. */
	assert_true(
		mock_reaches_none(state->mock, IOVA, state->memory, 2 * PAGE));
	assert_int_equal(
		rte_iommufd_pasid_replace(state->device, pasid, state->two), 0);
	assert_finds(state, pasid, 1);
	assert_int_equal(
		rte_iommufd_pasid_replace(state->device, pasid, state->two), 0);
	assert_finds(state, pasid, 1);
	assert_int_equal(mock_pinned_pages(), 1);
	assert_int_equal(rte_iommufd_pasid_detach(state->device, pasid), 0);
	assert_free(state, pasid);
	assert_no_error();
	assert_int_equal(
		rte_iommufd_pasid_detach(state->device, pasid), -ENOENT);
	assert_one_error("no space is attached to it");
	assert_int_equal(rte_iommufd_pasid_free(state->device, pasid), 0);
	assert_int_equal(mock_pinned_pages(), 0);
}

/* What is mapped and unmapped later is so for the PASID, too. */
static void
test_maps_reach_pasid(void **argument)
{
	struct state *state = *argument;
	const char *later = state->memory + 8 * PAGE;
	struct mock_device mock;

	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, 7, state->one), 0);
	mock = mock_vfio_pasid(state->device, 7);
	map(state->one, later, IOVA + 8 * PAGE);
	assert_true(mock_reaches(&mock, IOVA + 8 * PAGE, later, PAGE));
	assert_true(mock_is_pinned(state->control, later, PAGE, 1));
	assert_int_equal(
		rte_iommufd_space_unmap(state->one, IOVA + 8 * PAGE, PAGE), 0);
	assert_true(mock_reaches_none(&mock, IOVA + 8 * PAGE, later, PAGE));
	assert_true(mock_is_pinned(state->control, later, PAGE, 0));
}

/* Two PASIDs and two devices of one space: its memory is entered and pinned once. */
static void
test_page_table_is_shared(void **argument)
{
	struct state *state = *argument;
	uint32_t first, second, third;

	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, 1, state->one), 0);
	assert_int_equal(rte_iommufd_pasid_attach(
				 state->device, (1u << WIDTH) - 1, state->one),
		0);
	assert_int_equal(
		rte_iommufd_pasid_attach(state->neighbour, 1, state->one), 0);
	first = mock_vfio_pasid(state->device, 1).page_table_id;
	second = mock_vfio_pasid(state->device, (1u << WIDTH) - 1)
			 .page_table_id;
	third = mock_vfio_pasid(state->neighbour, 1).page_table_id;
	assert_int_equal(second, first);
	assert_int_equal(third, first);
	assert_true(mock_is_pinned(state->control, state->memory, PAGE, 1));
	assert_int_equal(mock_pinned_pages(), 1);
	/* One leaves, the others stay. */
	assert_int_equal(rte_iommufd_pasid_detach(state->device, 1), 0);
	assert_finds(state, (1u << WIDTH) - 1, 0);
}

static void
test_refused(void **argument)
{
	struct state *state = *argument;

	assert_int_equal(rte_iommufd_pasid_attach(state->device, 0, state->one),
		-EINVAL);
	assert_one_error("not between 1 and 1048575");
	assert_int_equal(rte_iommufd_pasid_attach(
				 state->device, 1u << WIDTH, state->one),
		-EINVAL);
	assert_one_error("not between 1 and 1048575");
	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, 5, state->one), 0);
	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, 5, state->two), -EBUSY);
	assert_one_error("rte_iommufd_pasid_replace()");
	assert_finds(state, 5, 0);
	assert_int_equal(rte_iommufd_device_detach(state->device), -EBUSY);
	assert_one_error("detach them first");
	assert_finds(state, 5, 0);
	assert_int_equal(
		rte_iommufd_pasid_replace(state->device, 6, state->two),
		-ENOENT);
	assert_one_error("no space is attached to it");
	assert_free(state, 6);
}

/* The driver of the IOMMU refuses the new one: the old one stays. */
static void
test_replace_fails(void **argument)
{
	struct state *state = *argument;
	const uint32_t pasid = UAPI_TEST_PASID_UNWILLING;

	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, pasid, state->one), 0);
	assert_int_equal(
		rte_iommufd_pasid_replace(state->device, pasid, state->two),
		-ENOMEM);
	assert_one_error("0000:01:00.0", "1024");
	assert_finds(state, pasid, 0);
	assert_ptr_equal(
		rte_iommufd_pasid_space(state->device, pasid), state->one);
	assert_int_equal(rte_iommufd_space_destroy(state->one), -EBUSY);
	assert_one_error("");
	assert_true(
		mock_is_pinned(state->control, state->memory + PAGE, PAGE, 0));
}

/* --- page requests ------------------------------------------------------------- */

struct faulting {
	struct fault_queue queue;
	struct rte_iommufd_space *space;
};

static void
begin_faulting(struct state *state, struct faulting *faulting)
{
	assert_int_equal(fault_queue_open(&faulting->queue, state->control), 0);
	assert_int_equal(address_space_create_faulting(state->context,
				 &faulting->queue, &faulting->space),
		0);
}

static void
end_faulting(struct faulting *faulting)
{
	assert_int_equal(rte_iommufd_space_destroy(faulting->space), 0);
	assert_int_equal(fault_queue_close(&faulting->queue), 0);
}

static void
ask(const struct state *state, uint32_t pasid, uint32_t group,
	uint32_t permissions, uint64_t address)
{
	struct uapi_test_command command = {
		.operation = UAPI_TEST_TRIGGER_IOPF,
		.trigger_iopf = { .device_id = state->mock->device_id,
			.pasid = pasid,
			.group = group,
			.permissions = permissions,
			.address = address },
	};

	assert_int_equal(mock_command(state->control, &command), 0);
}

/* The kernel hands requests on by a work queue, so they take a moment. */
static unsigned int
await_requests(struct faulting *faulting, struct page_request *requests)
{
	struct pollfd ready = { .fd = faulting->queue.fd, .events = POLLIN };
	int count;

	assert_int_equal(poll(&ready, 1, 10000), 1);
	count = fault_queue_read(&faulting->queue, requests, FAULT_GROUP_MAX);
	assert_true(count > 0);
	return count;
}

static void
assert_nothing_asked(struct faulting *faulting)
{
	static struct page_request requests[FAULT_GROUP_MAX];

	assert_int_equal(
		fault_queue_read(&faulting->queue, requests, FAULT_GROUP_MAX),
		0);
}

static void
assert_request(const struct state *state, const struct page_request *request,
	uint32_t pasid, uint32_t group, uint32_t rights, uint64_t address)
{
	assert_int_equal(request->device_id, state->mock->device_id);
	assert_int_equal(request->pasid, pasid);
	assert_int_equal(request->group, group);
	assert_int_equal(request->rights, rights);
	assert_int_equal(request->address, address);
	assert_true(request->last);
}

static void
answer(struct faulting *faulting, const struct page_request *request,
	enum page_answer with)
{
	assert_int_equal(
		fault_queue_answer(&faulting->queue, request->cookie, with), 0);
	/* Nobody waits for it any more. */
	assert_int_equal(
		fault_queue_answer(&faulting->queue, request->cookie, with),
		-EINVAL);
}

static void
test_page_request(void **argument)
{
	static struct page_request requests[FAULT_GROUP_MAX];
	struct state *state = *argument;
	struct faulting faulting;
	struct mock_device mock;

	begin_faulting(state, &faulting);
	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, 3, faulting.space), 0);
	assert_nothing_asked(&faulting);
	ask(state, 3, 77, ASKS_WRITE | ASKS_READ, IOVA + PAGE);
	assert_int_equal(await_requests(&faulting, requests), 1);
	assert_request(state, &requests[0], 3, 77, RW, IOVA + PAGE);
	map(faulting.space, state->memory + PAGE, requests[0].address);
	answer(&faulting, &requests[0], PAGE_ANSWER_SUCCESS);
	mock = mock_vfio_pasid(state->device, 3);
	assert_true(
		mock_reaches(&mock, IOVA + PAGE, state->memory + PAGE, PAGE));
	assert_nothing_asked(&faulting);
	assert_int_equal(rte_iommufd_pasid_detach(state->device, 3), 0);
	end_faulting(&faulting);
	assert_no_error();
}

/* By two PASIDs of one queue, and answered in the other order. */
static void
test_page_requests(void **argument)
{
	static struct page_request requests[FAULT_GROUP_MAX];
	struct state *state = *argument;
	struct faulting faulting;
	unsigned int count;

	begin_faulting(state, &faulting);
	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, 3, faulting.space), 0);
	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, 4, faulting.space), 0);
	ask(state, 3, 1, ASKS_READ, IOVA);
	ask(state, 4, 2, ASKS_WRITE, IOVA + 5 * PAGE);
	count = await_requests(&faulting, requests);
	if (count == 1)
		count += await_requests(&faulting, &requests[1]);
	assert_int_equal(count, 2);
	assert_request(state, &requests[0], 3, 1, RTE_IOMMUFD_MAP_READ, IOVA);
	assert_request(state, &requests[1], 4, 2, RTE_IOMMUFD_MAP_WRITE,
		IOVA + 5 * PAGE);
	answer(&faulting, &requests[1], PAGE_ANSWER_SUCCESS);
	answer(&faulting, &requests[0], PAGE_ANSWER_INVALID);
	assert_nothing_asked(&faulting);
	assert_int_equal(rte_iommufd_pasid_detach(state->device, 3), 0);
	assert_int_equal(rte_iommufd_pasid_detach(state->device, 4), 0);
	end_faulting(&faulting);
	assert_no_error();
}

/* The kernel answers for a PASID that is taken away: nothing waits for us then. */
static void
test_detached_with_request(void **argument)
{
	static struct page_request requests[FAULT_GROUP_MAX];
	struct state *state = *argument;
	struct faulting faulting;

	begin_faulting(state, &faulting);
	assert_int_equal(
		rte_iommufd_pasid_attach(state->device, 3, faulting.space), 0);
	ask(state, 3, 1, ASKS_READ, IOVA);
	assert_int_equal(await_requests(&faulting, requests), 1);
	assert_int_equal(rte_iommufd_pasid_detach(state->device, 3), 0);
	assert_int_equal(fault_queue_answer(&faulting.queue, requests[0].cookie,
				 PAGE_ANSWER_SUCCESS),
		-EINVAL);
	/* What is asked without an attachment reaches nobody. */
	ask(state, 3, 2, ASKS_READ, IOVA);
	assert_nothing_asked(&faulting);
	end_faulting(&faulting);
	assert_no_error();
}

/* Without a PASID: the device itself is in a space that takes page requests. */
static void
test_request_of_device(void **argument)
{
	static struct page_request requests[FAULT_GROUP_MAX];
	struct state *state = *argument;
	struct faulting faulting;

	begin_faulting(state, &faulting);
	assert_int_equal(
		rte_iommufd_device_move(state->device, faulting.space), 0);
	ask(state, 0, 9, ASKS_WRITE, IOVA);
	assert_int_equal(await_requests(&faulting, requests), 1);
	assert_request(state, &requests[0], 0, 9, RTE_IOMMUFD_MAP_WRITE, IOVA);
	answer(&faulting, &requests[0], PAGE_ANSWER_INVALID);
	assert_int_equal(rte_iommufd_device_move(state->device, state->own), 0);
	end_faulting(&faulting);
	assert_no_error();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_attach_replace_detach),
		TEST(test_maps_reach_pasid),
		TEST(test_page_table_is_shared),
		TEST(test_refused),
		TEST(test_replace_fails),
		TEST(test_page_request),
		TEST(test_page_requests),
		TEST(test_detached_with_request),
		TEST(test_request_of_device),
	};

	return RUN_TESTS("pasids", tests);
}
