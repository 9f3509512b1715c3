/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Lines about long work: when they come, what they say, and that they come once,
 * whichever thread asks. The clock is the test's.
 *
 * Must not know: what the work is.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "logs.h"
#include "util/progress.h"
#include "unit.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define START 50000000 /* milliseconds */

static _Atomic uint64_t milliseconds;

/* In the place of libc's. */
int
clock_gettime(clockid_t clock __rte_unused, struct timespec *time)
{
	time->tv_sec = milliseconds / 1000;
	time->tv_nsec = milliseconds % 1000 * 1000000;
	return 0;
}

static struct progress progress;

static int
setup(void **state __rte_unused)
{
	logs_start();
	milliseconds = START;
	progress_start(&progress, "moving sand", 100 * GIB);
	return 0;
}

/* Whether one more GiB at that time after the start made one line, or none. */
static bool
says_at(uint64_t after)
{
	logs_start();
	milliseconds = START + after;
	progress_add(&progress, GIB);
	if (logs_text()[0] == '\0')
		return false;
	assert_contains(logs_text(), "IOMMUFD: moving sand: ");
	assert_ptr_equal(strchr(logs_text(), '\n'),
		logs_text() + strlen(logs_text()) - 1);
	return true;
}

static void
work_of_seconds_says_nothing(void **state __rte_unused)
{
	assert_false(says_at(0));
	assert_false(says_at(1000));
	assert_false(says_at(2999));
	assert_true(says_at(3000));
}

static void
then_there_is_a_line_every_five_seconds(void **state __rte_unused)
{
	assert_true(says_at(3000));
	assert_false(says_at(3000));
	assert_false(says_at(7999));
	assert_true(says_at(8000));
	assert_false(says_at(12999));
	assert_true(says_at(13000));
}

/* What was not asked about meanwhile is not made up for. */
static void
a_late_line_puts_the_next_one_off(void **state __rte_unused)
{
	assert_true(says_at(60000));
	assert_false(says_at(60001));
	assert_false(says_at(64999));
	assert_true(says_at(65000));
}

static void
a_line_says_how_far_it_is(void **state __rte_unused)
{
	progress_add(&progress, 41 * GIB);
	assert_true(says_at(3000));
	assert_contains(logs_text(), ": 43008 of 102400 MiB");
	assert_no_error();
}

/* Nobody looks at the clock for each page. */
static void
small_steps_are_looked_at_together(void **state __rte_unused)
{
	unsigned int i;

	logs_start();
	milliseconds = START + 3000;
	for (i = 0; i < 31; i++)
		progress_add(&progress, 2 * MIB);
	assert_string_equal(logs_text(), "");
	progress_add(&progress, 2 * MIB);
	assert_contains(logs_text(), ": 64 of 102400 MiB");
}

static void
the_end_is_no_news(void **state __rte_unused)
{
	progress_add(&progress, 98 * GIB);
	assert_true(says_at(3000));
	assert_false(says_at(20000));
	assert_int_equal(progress.done, progress.total);
}

static atomic_uint lines;
static pthread_barrier_t all;
static struct progress shared;

static void *
ask(void *argument __rte_unused)
{
	unsigned int round;

	for (round = 0; round < 500; round++) {
		pthread_barrier_wait(&all);
		lines += progress_is_due(&shared, round * UINT64_C(5000));
	}
	return NULL;
}

static void
of_all_that_ask_one_has_a_line(void **state __rte_unused)
{
	pthread_t threads[4];
	size_t i;

	lines = 0;
	atomic_init(&shared.next, 0);
	pthread_barrier_init(&all, NULL, RTE_DIM(threads));
	for (i = 0; i < RTE_DIM(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, ask, NULL), 0);
	for (i = 0; i < RTE_DIM(threads); i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&all);
	assert_int_equal(lines, 500);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(work_of_seconds_says_nothing),
		TEST(then_there_is_a_line_every_five_seconds),
		TEST(a_late_line_puts_the_next_one_off),
		TEST(a_line_says_how_far_it_is),
		TEST(small_steps_are_looked_at_together),
		TEST(the_end_is_no_news),
		TEST(of_all_that_ask_one_has_a_line),
	};

	return RUN_TESTS("progress", tests);
}
