/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Threads get the lock in the order in which they asked for it. */

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

static void
wait_until_one_waits(void)
{
	uint64_t waiting = 0;

	while (waiting < 1) {
		usleep(1000);
		pthread_mutex_lock(&lock.mutex);
		waiting = lock.next - lock.now - 1;
		pthread_mutex_unlock(&lock.mutex);
	}
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
		wait_until_one_waits();
		fair_lock_give(&lock);
		fair_lock_take(&lock);
		assert_true(got_it);
		fair_lock_give(&lock);
		pthread_join(thread, NULL);
	}
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
		pthread_create(&threads[i], NULL, take_often, NULL);
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
		TEST(one_has_it_at_a_time),
	};

	return RUN_TESTS("fair_lock", tests);
}
