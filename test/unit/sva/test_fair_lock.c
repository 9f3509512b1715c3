/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Threads get the lock in the order in which they asked for it, or go first. */

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "unit.h"
#include "util/fair_lock.h"

#define THREADS 4
#define TURNS 2000

static struct fair_lock lock;
static unsigned int turns;
static bool got_it;

static int
setup(void **state __rte_unused)
{
	fair_lock_init(&lock);
	turns = 0;
	got_it = false;
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	fair_lock_end(&lock);
	return 0;
}

static void *
take_once(void *argument __rte_unused)
{
	fair_lock_take(&lock);
	got_it = true;
	fair_lock_give(&lock);
	return NULL;
}

/* This thread has it. */
static void
wait_until_so_many_wait(uint64_t count)
{
	while (fair_lock_threads(&lock) < 1 + count)
		usleep(1000);
}

/* As a long prefault, which gives the lock back for a moment after each part. */
static void
who_takes_it_again_is_behind_who_waits(void **state __rte_unused)
{
	unsigned int i;
	pthread_t thread;

	for (i = 0; i < 20; i++) {
		got_it = false;
		fair_lock_take(&lock);
		assert_int_equal(
			pthread_create(&thread, NULL, take_once, NULL), 0);
		wait_until_so_many_wait(1);
		fair_lock_give(&lock);
		fair_lock_take(&lock);
		assert_true(got_it);
		fair_lock_give(&lock);
		pthread_join(thread, NULL);
	}
}

#define WAITING (FAIR_LOCK_FIRST_MAX + 4)

static char order[WAITING + 1]; /* u: usual, f: first */
static unsigned int order_count;

static void *
note_usual(void *argument __rte_unused)
{
	fair_lock_take(&lock);
	order[order_count++] = 'u';
	fair_lock_give(&lock);
	return NULL;
}

static void *
note_first(void *argument __rte_unused)
{
	fair_lock_take_first(&lock);
	order[order_count++] = 'f';
	fair_lock_give(&lock);
	return NULL;
}

/* The letters say in which order they begin to wait; then in which they had it. */
static void
assert_order(const char *asked, const char *had)
{
	pthread_t threads[WAITING];
	unsigned int count, i;

	order_count = 0;
	fair_lock_take(&lock);
	for (count = 0; asked[count] != '\0'; count++) {
		pthread_create(&threads[count], NULL,
			asked[count] == 'f' ? note_first : note_usual, NULL);
		wait_until_so_many_wait(count + 1);
	}
	fair_lock_give(&lock);
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	order[order_count] = '\0';
	assert_string_equal(order, had);
}

/* As the service behind threads that prefault. */
static void
who_goes_first_does_not_wait_for_those_who_wait(void **state __rte_unused)
{
	assert_order("uuf", "fuu");
	assert_order("ufuf", "ffuu");
}

static void
who_waits_is_passed_a_few_times_only(void **state __rte_unused)
{
	assert_order("uufffffffff", "ffffffffufu");
}

static void *
take_often_first(void *argument __rte_unused)
{
	unsigned int i;

	for (i = 0; i < TURNS; i++) {
		fair_lock_take_first(&lock);
		turns++;
		fair_lock_give(&lock);
	}
	return NULL;
}

static void *
take_often(void *argument __rte_unused)
{
	unsigned int i;

	for (i = 0; i < TURNS; i++) {
		fair_lock_take(&lock);
		turns++;
		fair_lock_give(&lock);
	}
	return NULL;
}

static void
one_has_it_at_a_time(void **state __rte_unused)
{
	pthread_t threads[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL,
			i % 2 == 0 ? take_often : take_often_first, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(turns, THREADS * TURNS);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(who_takes_it_again_is_behind_who_waits),
		TEST(who_goes_first_does_not_wait_for_those_who_wait),
		TEST(who_waits_is_passed_a_few_times_only),
		TEST(one_has_it_at_a_time),
	};

	return RUN_TESTS("fair_lock", tests);
}
