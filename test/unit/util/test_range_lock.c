/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The lock of intervals: who waits for whom, and in which order.
 *
 * Must not know: what the intervals are of.
 */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "util/range_lock.h"
#include "unit.h"

#define PATIENCE 10 /* seconds for what should happen at once */

static struct range_lock lock;
static atomic_uint turns; /* that were taken so far */

/* A thread that lock an interval, notes when it got it, and gives it back. */
struct waiter {
	pthread_t thread;
	uint64_t first;
	uint64_t last;
	unsigned int turn; /* 1: the first that got its own */
};

static int
setup(void **state __rte_unused)
{
	range_lock_init(&lock);
	turns = 0;
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	assert_true(TAILQ_EMPTY(&lock.all));
	range_lock_destroy(&lock);
	return 0;
}

static void *
run_waiter(void *argument)
{
	struct waiter *waiter = argument;
	struct locked_range locked;

	range_lock_acquire(&lock, &locked, waiter->first, waiter->last);
	waiter->turn = atomic_fetch_add(&turns, 1) + 1;
	range_lock_release(&lock, &locked);
	return NULL;
}

static unsigned int
count_claims(void)
{
	struct locked_range *each;
	unsigned int count = 0;

	pthread_mutex_lock(&lock.lock);
	TAILQ_FOREACH(each, &lock.all, next)
		count++;
	pthread_mutex_unlock(&lock.lock);
	return count;
}

/* Returns when it is in the queue, which then has so many. */
static void
start_waiting(struct waiter *waiter, unsigned int claims_then)
{
	const time_t until = time(NULL) + PATIENCE;

	assert_int_equal(
		pthread_create(&waiter->thread, NULL, run_waiter, waiter), 0);
	while (count_claims() < claims_then && time(NULL) < until)
		sched_yield();
	assert_int_equal(count_claims(), claims_then);
}

static void
end_waiting(struct waiter *waiter)
{
	assert_int_equal(pthread_join(waiter->thread, NULL), 0);
}

/* Were they to wait, this would never end. */
static void
intervals_apart_are_claimed_at_once(void **state __rte_unused)
{
	struct locked_range low, high, between;

	range_lock_acquire(&lock, &low, 0, 9);
	range_lock_acquire(&lock, &high, 20, UINT64_MAX);
	range_lock_acquire(&lock, &between, 10, 19);
	range_lock_release(&lock, &high);
	range_lock_release(&lock, &low);
	range_lock_release(&lock, &between);
}

static void
one_byte_in_both_is_enough_to_wait(void **state __rte_unused)
{
	struct waiter waiters[] = {
		{ .first = 0, .last = 10 },
		{ .first = 19, .last = 30 },
		{ .first = 12, .last = 12 },
		{ .first = 0, .last = UINT64_MAX },
	};
	struct locked_range locked;
	unsigned int i;

	for (i = 0; i < RTE_DIM(waiters); i++) {
		range_lock_acquire(&lock, &locked, 10, 19);
		start_waiting(&waiters[i], 2);
		assert_int_equal(turns, i);
		range_lock_release(&lock, &locked);
		end_waiting(&waiters[i]);
		assert_int_equal(turns, i + 1);
	}
}

static void
who_came_first_goes_first(void **state __rte_unused)
{
	struct waiter waiters[] = {
		{ .first = 5, .last = 15 },
		{ .first = 0, .last = 19 },
		{ .first = 12, .last = 12 },
	};
	struct locked_range locked;
	unsigned int i;

	range_lock_acquire(&lock, &locked, 10, 19);
	for (i = 0; i < RTE_DIM(waiters); i++)
		start_waiting(&waiters[i], i + 2);
	range_lock_release(&lock, &locked);
	for (i = 0; i < RTE_DIM(waiters); i++) {
		end_waiting(&waiters[i]);
		assert_int_equal(waiters[i].turn, i + 1);
	}
}

/* Else a row of small ranges would keep a lock of everything out for ever. */
static void
nobody_goes_past_who_waits_for_the_same(void **state __rte_unused)
{
	struct waiter everything = { .first = 0, .last = UINT64_MAX };
	struct waiter late = { .first = 50, .last = 59 };
	struct locked_range locked;

	range_lock_acquire(&lock, &locked, 10, 19);
	start_waiting(&everything, 2);
	start_waiting(&late, 3);
	assert_int_equal(turns, 0);
	range_lock_release(&lock, &locked);
	end_waiting(&everything);
	end_waiting(&late);
	assert_int_equal(everything.turn, 1);
	assert_int_equal(late.turn, 2);
}

static void
who_waits_keeps_nobody_else_out(void **state __rte_unused)
{
	struct waiter waiter = { .first = 5, .last = 15 };
	struct locked_range range, other;

	range_lock_acquire(&lock, &range, 10, 19);
	start_waiting(&waiter, 2);
	range_lock_acquire(&lock, &other, 20, 29);
	range_lock_release(&lock, &other);
	range_lock_release(&lock, &range);
	end_waiting(&waiter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(intervals_apart_are_claimed_at_once),
		TEST(one_byte_in_both_is_enough_to_wait),
		TEST(who_came_first_goes_first),
		TEST(nobody_goes_past_who_waits_for_the_same),
		TEST(who_waits_keeps_nobody_else_out),
	};

	return RUN_TESTS("range_lock", tests);
}
