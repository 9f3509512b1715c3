/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Descriptors that come with a message: those that are expected stay open, with
 * FD_CLOEXEC; all others are closed.
 *
 * Must not know: what messages are about.
 */

#include <errno.h>

#include "eal/received_fds.h"
#include "kernel/kernel.h"
#include "mock_kernel.h"
#include "unit.h"

/* A message with that many open descriptors. */
static struct rte_mp_msg
message_with(int count)
{
	struct rte_mp_msg message = { .num_fds = count };
	int i;

	for (i = 0; i < count; i++)
		message.fds[i] = kernel_open("[vfio-device]");
	return message;
}

static void
what_is_expected_is_closed_on_exec(void **state __rte_unused)
{
	struct rte_mp_msg message = message_with(2);
	int fds[2] = { -1, -1 };

	assert_int_equal(received_fds_take(&message, fds, 2), 0);
	assert_int_equal(fds[0], message.fds[0]);
	assert_int_equal(fds[1], message.fds[1]);
	assert_int_equal(mock_calls("set_cloexec"), 2);
	assert_int_equal(mock_open("[vfio-device]"), 2);
	received_fds_close(&message);
}

static void
more_or_fewer_than_expected_are_closed(void **state __rte_unused)
{
	/* The largest number differs by release: 8 or 253. */
	const int counts[] = { 0, 2, 3, RTE_MP_MAX_FD_NUM };
	struct rte_mp_msg message;
	size_t i;
	int fd;

	for (i = 0; i < RTE_DIM(counts); i++) {
		message = message_with(counts[i]);
		assert_int_equal(received_fds_take(&message, &fd, 1), -EIO);
		assert_int_equal(mock_open("[vfio-device]"), 0);
	}
}

static void
one_that_cannot_be_closed_on_exec_is_not_used(void **state __rte_unused)
{
	struct rte_mp_msg message = message_with(2);
	int fds[2];

	mock_answer("set_cloexec", -EBADF);
	assert_int_equal(received_fds_take(&message, fds, 2), -EBADF);
	assert_int_equal(mock_open("[vfio-device]"), 0);
}

/* A number that no message has room for is the sender's invention. */
static void
a_wrong_number_is_not_believed(void **state __rte_unused)
{
	struct rte_mp_msg message = message_with(RTE_MP_MAX_FD_NUM);
	int fd;

	message.num_fds = RTE_MP_MAX_FD_NUM + 1;
	assert_int_equal(received_fds_take(&message, &fd, 1), -EIO);
	assert_int_equal(mock_open("[vfio-device]"), 0);
	message.num_fds = -1;
	received_fds_close(&message);
	assert_int_equal(received_fds_take(&message, &fd, 1), -EIO);
	assert_int_equal(mock_calls("close"), RTE_MP_MAX_FD_NUM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PERMISSIVE_TEST(what_is_expected_is_closed_on_exec),
		PERMISSIVE_TEST(more_or_fewer_than_expected_are_closed),
		PERMISSIVE_TEST(one_that_cannot_be_closed_on_exec_is_not_used),
		PERMISSIVE_TEST(a_wrong_number_is_not_believed),
	};

	return RUN_TESTS("received_fds", tests);
}
