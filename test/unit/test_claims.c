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

#include "claims.h"
#include "unit.h"

#define PATIENCE 10 /* seconds for what should happen at once */

static struct claims claims;
static atomic_uint turns; /* that were taken so far */

/* A thread that claims an interval, notes when it got it, and gives it back. */
struct waiter {
	pthread_t thread;
	uint64_t first;
	uint64_t last;
	unsigned int turn; /* 1: the first that got its own */
};

static int
setup(void **state __rte_unused)
{
	claims_init(&claims);
	turns = 0;
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	assert_true(TAILQ_EMPTY(&claims.all));
	claims_clear(&claims);
	return 0;
}

static void *
run_waiter(void *argument)
{
	struct waiter *waiter = argument;
	struct claim claim;

	claims_take(&claims, &claim, waiter->first, waiter->last);
	waiter->turn = atomic_fetch_add(&turns, 1) + 1;
	claims_give(&claims, &claim);
	return NULL;
}

static unsigned int
count_claims(void)
{
	struct claim *each;
	unsigned int count = 0;

	pthread_mutex_lock(&claims.lock);
	TAILQ_FOREACH(each, &claims.all, next)
		count++;
	pthread_mutex_unlock(&claims.lock);
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
	struct claim low, high, between;

	claims_take(&claims, &low, 0, 9);
	claims_take(&claims, &high, 20, UINT64_MAX);
	claims_take(&claims, &between, 10, 19);
	claims_give(&claims, &high);
	claims_give(&claims, &low);
	claims_give(&claims, &between);
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
	struct claim claim;
	unsigned int i;

	for (i = 0; i < RTE_DIM(waiters); i++) {
		claims_take(&claims, &claim, 10, 19);
		start_waiting(&waiters[i], 2);
		assert_int_equal(turns, i);
		claims_give(&claims, &claim);
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
	struct claim claim;
	unsigned int i;

	claims_take(&claims, &claim, 10, 19);
	for (i = 0; i < RTE_DIM(waiters); i++)
		start_waiting(&waiters[i], i + 2);
	claims_give(&claims, &claim);
	for (i = 0; i < RTE_DIM(waiters); i++) {
		end_waiting(&waiters[i]);
		assert_int_equal(waiters[i].turn, i + 1);
	}
}

/* Else a row of small claims would keep a claim of everything out for ever. */
static void
nobody_goes_past_who_waits_for_the_same(void **state __rte_unused)
{
	struct waiter everything = { .first = 0, .last = UINT64_MAX };
	struct waiter late = { .first = 50, .last = 59 };
	struct claim claim;

	claims_take(&claims, &claim, 10, 19);
	start_waiting(&everything, 2);
	start_waiting(&late, 3);
	assert_int_equal(turns, 0);
	claims_give(&claims, &claim);
	end_waiting(&everything);
	end_waiting(&late);
	assert_int_equal(everything.turn, 1);
	assert_int_equal(late.turn, 2);
}

static void
who_waits_keeps_nobody_else_out(void **state __rte_unused)
{
	struct waiter waiter = { .first = 5, .last = 15 };
	struct claim claim, other;

	claims_take(&claims, &claim, 10, 19);
	start_waiting(&waiter, 2);
	claims_take(&claims, &other, 20, 29);
	claims_give(&claims, &other);
	claims_give(&claims, &claim);
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

	return RUN_TESTS("claims", tests);
}
