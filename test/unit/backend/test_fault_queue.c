/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Fault queues: their life, and that requests and answers go through them. */

#include <errno.h>
#include <poll.h>

#include "backend/fault_queue.h"
#include "kernel/kernel.h"
#include "mock_kernel.h"
#include "unit.h"

static int iommu_fd;

static int
setup(void **state)
{
	mock_start_permissive(state);
	iommu_fd = kernel_open("/dev/iommu");
	return 0;
}

static int
teardown(void **state)
{
	kernel_close(iommu_fd);
	return mock_finish(state);
}

static void
a_queue_lives_by_the_book(void **state __rte_unused)
{
	struct fault_queue queue;

	mock_expect(10, "open /dev/iommu");
	mock_expect(11, "fault_queue_alloc iommu=10");
	mock_expect_value(5);
	iommu_fd = kernel_open("/dev/iommu");
	assert_int_equal(fault_queue_open(&queue, iommu_fd), 0);
	assert_int_equal(queue.fd, 11);
	assert_int_equal(queue.id, 5);
	mock_expect(0, "close fd=11");
	mock_expect(0, "destroy id=5");
	assert_int_equal(fault_queue_close(&queue), 0);
	mock_expect(0, "close fd=10");
	assert_int_equal(kernel_close(iommu_fd), 0);
}

static void
a_kernel_without_fault_queues_is_told_apart(void **state __rte_unused)
{
	struct fault_queue queue;

	mock_answer("fault_queue_alloc", -ENOTTY);
	assert_int_equal(fault_queue_open(&queue, iommu_fd), -EOPNOTSUPP);
	mock_answer("fault_queue_alloc", -EMFILE);
	assert_int_equal(fault_queue_open(&queue, iommu_fd), -EMFILE);
}

static void
a_queue_that_the_kernel_keeps_is_told_of(void **state __rte_unused)
{
	struct fault_queue queue;

	assert_int_equal(fault_queue_open(&queue, iommu_fd), 0);
	mock_answer("destroy", -EBUSY);
	assert_int_equal(fault_queue_close(&queue), -EBUSY);
	assert_int_equal(mock_open("fault queue"), 0);
}

static bool
is_readable(const struct fault_queue *queue)
{
	struct pollfd entry = { .fd = queue->fd, .events = POLLIN };

	return poll(&entry, 1, 0) == 1;
}

static void
requests_come_and_are_answered(void **state __rte_unused)
{
	static const struct page_request asked[] = {
		{ .device_id = 7, .pasid = 3, .group = 1, .address = 0x1000 },
		{ .device_id = 7, .pasid = 3, .group = 1, .address = 0x5000 },
	};
	struct page_request requests[FAULT_GROUP_MAX];
	struct fault_queue queue;

	assert_int_equal(fault_queue_open(&queue, iommu_fd), 0);
	assert_false(is_readable(&queue));
	assert_int_equal(
		fault_queue_read(&queue, requests, FAULT_GROUP_MAX), 0);
	mock_ask_pages(asked, 2);
	mock_ask_pages(&asked[1], 1);
	assert_true(is_readable(&queue));
	/* The first group does not fit; then it does, and the second does not. */
	assert_int_equal(fault_queue_read(&queue, requests, 1), -EINVAL);
	assert_int_equal(fault_queue_read(&queue, requests, 2), 2);
	assert_false(requests[0].last);
	assert_true(requests[1].last);
	assert_int_equal(requests[1].address, 0x5000);
	assert_int_equal(requests[0].cookie, requests[1].cookie);
	assert_int_equal(fault_queue_answer(&queue, requests[0].cookie,
				 PAGE_ANSWER_SUCCESS),
		0);
	assert_int_equal(fault_queue_answer(&queue, requests[0].cookie,
				 PAGE_ANSWER_SUCCESS),
		-EINVAL);
	assert_true(is_readable(&queue));
	assert_int_equal(
		fault_queue_read(&queue, requests, FAULT_GROUP_MAX), 1);
	assert_false(is_readable(&queue));
	/* The kernel answers what is left: iommufd_fault_destroy(). */
	assert_int_equal(fault_queue_close(&queue), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCRIPTED_TEST(a_queue_lives_by_the_book),
		TEST(a_kernel_without_fault_queues_is_told_apart),
		TEST(a_queue_that_the_kernel_keeps_is_told_of),
		TEST(requests_come_and_are_answered),
	};

	return RUN_TESTS("fault_queue", tests);
}
