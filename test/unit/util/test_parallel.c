/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Work shared among threads: each item once, the end at a failure, and what the
 * helpers are: on the process's CPUs, without the program's signals, not needed.
 *
 * Must not know: what the work is for.
 */

#include <errno.h>
#include <limits.h>
#include <numa.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/parallel.h"
#include "unit.h"

#define MANY 1000

static unsigned int threads_asked;
static unsigned int threads_to_get;

/* In the place of libc's: gives out only so many. */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *argument), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *argument), void *argument);

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *argument), void *argument)
{
	if (threads_asked++ >= threads_to_get)
		return EAGAIN;
	return __real_pthread_create(thread, attributes, run, argument);
}

/* The nodes of the machine that this test runs on in its own mind. */
enum {
	NODE_OF_LAST_CPU = 0,	/* of the process, and of one that it has not */
	NODE_OF_OTHER_CPUS = 1, /* that the process has not */
	NODE_THAT_IS_NOT_THERE = 1000,
	NO_NODE = -1,
};

#define OTHER_CPU 900

static int last_cpu;

/* In the place of libnuma's. */
int
numa_node_to_cpus(int number, struct bitmask *cpus)
{
	if (number != NODE_OF_LAST_CPU && number != NODE_OF_OTHER_CPUS)
		return -1;
	numa_bitmask_clearall(cpus);
	numa_bitmask_setbit(cpus, OTHER_CPU);
	if (number == NODE_OF_LAST_CPU)
		numa_bitmask_setbit(cpus, last_cpu);
	return 0;
}

/* As on a machine of many. */
struct bitmask *
numa_allocate_cpumask(void)
{
	return numa_bitmask_alloc(CPU_SETSIZE);
}

static atomic_uint begun[MANY];
static atomic_uint calls;
static cpu_set_t process_cpus;

static int
setup(void **state __rte_unused)
{
	memset(begun, 0, sizeof(begun));
	calls = 0;
	threads_asked = 0;
	threads_to_get = UINT_MAX;
	return 0;
}

static int
count_item(size_t item, void *argument)
{
	assert_ptr_equal(argument, begun);
	atomic_fetch_add(&begun[item], 1);
	atomic_fetch_add(&calls, 1);
	return 0;
}

/* Each of the first items once, and no other. */
static void
assert_all_once(size_t count)
{
	size_t i;

	for (i = 0; i < MANY; i++)
		assert_int_equal(begun[i], i < count);
	assert_int_equal(calls, count);
}

static void
each_item_is_done_once(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 63, 64, 65, MANY };
	unsigned int threads;
	size_t i;

	for (i = 0; i < RTE_DIM(counts); i++) {
		for (threads = 0; threads <= 66; threads++) {
			setup(state);
			assert_int_equal(parallel_run(counts[i], threads,
						 count_item, begun),
				0);
			assert_all_once(counts[i]);
		}
	}
}

static void
no_more_threads_than_asked_for_or_of_use(void **state)
{
	static const struct {
		size_t count;
		unsigned int threads;
		unsigned int helpers;
	} cases[] = {
		{ MANY, 0, 0 },
		{ MANY, 1, 0 },
		{ MANY, 2, 1 },
		{ MANY, 64, 63 },
		{ MANY, 65, 63 },
		{ MANY, UINT_MAX, 63 },
		{ 3, 64, 2 },
		{ 1, 64, 0 },
		{ 0, 64, 0 },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		setup(state);
		assert_int_equal(parallel_run(cases[i].count, cases[i].threads,
					 count_item, begun),
			0);
		assert_int_equal(threads_asked, cases[i].helpers);
	}
}

static int
fail_from_seventh(size_t item, void *argument __rte_unused)
{
	atomic_fetch_add(&begun[item], 1);
	atomic_fetch_add(&calls, 1);
	return item < 7 ? 0 : -(int)item;
}

static void
the_first_failure_ends_it(void **state __rte_unused)
{
	assert_int_equal(parallel_run(MANY, 1, fail_from_seventh, NULL), -7);
	assert_all_once(8);
}

/* Each thread begins one that fails, at most. */
static void
nothing_is_begun_after_a_failure(void **state)
{
	unsigned int threads;
	int ret;

	for (threads = 2; threads <= 64; threads++) {
		setup(state);
		ret = parallel_run(MANY, threads, fail_from_seventh, NULL);
		assert_true(ret <= -7 && ret > -7 - (int)threads);
		assert_true(calls >= 8 && calls <= 7 + threads);
		assert_int_equal(begun[-ret], 1);
	}
}

static pthread_barrier_t both;
static atomic_bool slow_one_has_ended;

static int
fail_while_another_works(size_t item, void *argument __rte_unused)
{
	pthread_barrier_wait(&both);
	if (item == 0)
		return -EIO;
	usleep(20000);
	slow_one_has_ended = true;
	return 0;
}

static void
what_was_begun_is_waited_for(void **state __rte_unused)
{
	slow_one_has_ended = false;
	pthread_barrier_init(&both, NULL, 2);
	assert_int_equal(
		parallel_run(2, 2, fail_while_another_works, NULL), -EIO);
	assert_true(slow_one_has_ended);
	pthread_barrier_destroy(&both);
}

/* What one thread was like while it worked. */
struct worker {
	pthread_t thread;
	sigset_t blocked;
	cpu_set_t cpus;
	cpu_set_t cpus_of_node;
};

static struct worker workers[2];
static int node;

static int
describe_worker(size_t item, void *argument __rte_unused)
{
	struct worker *worker = &workers[item];

	/* None of the two does both. */
	pthread_barrier_wait(&both);
	worker->thread = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &worker->blocked);
	sched_getaffinity(0, sizeof(worker->cpus), &worker->cpus);
	parallel_go_to_node(node);
	sched_getaffinity(
		0, sizeof(worker->cpus_of_node), &worker->cpus_of_node);
	return 0;
}

/* The caller's is the first then. */
static void
describe_workers(void)
{
	struct worker caller;

	pthread_barrier_init(&both, NULL, 2);
	assert_int_equal(parallel_run(2, 2, describe_worker, NULL), 0);
	pthread_barrier_destroy(&both);
	assert_false(pthread_equal(workers[0].thread, workers[1].thread));
	if (pthread_equal(workers[0].thread, pthread_self()))
		return;
	assert_true(pthread_equal(workers[1].thread, pthread_self()));
	caller = workers[1];
	workers[1] = workers[0];
	workers[0] = caller;
}

static void
helpers_take_no_signals(void **state __rte_unused)
{
	sigset_t before, after;
	int signal_number;

	sigemptyset(&before);
	sigaddset(&before, SIGUSR2);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	describe_workers();
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (signal_number = 1; signal_number < SIGRTMAX; signal_number++) {
		/* Two cannot be blocked, and libc keeps some to itself. */
		if (signal_number == SIGKILL || signal_number == SIGSTOP ||
			(signal_number >= 32 && signal_number < SIGRTMIN))
			continue;
		assert_true(sigismember(&workers[1].blocked, signal_number));
		assert_int_equal(sigismember(&before, signal_number),
			sigismember(&workers[0].blocked, signal_number));
		assert_int_equal(sigismember(&before, signal_number),
			sigismember(&after, signal_number));
	}
}

/* Ties this thread to one CPU, as EAL does with its main thread. */
static void
pin(cpu_set_t *one)
{
	int cpu = 0;

	while (!CPU_ISSET(cpu, &process_cpus))
		cpu++;
	CPU_ZERO(one);
	CPU_SET(cpu, one);
	assert_int_equal(sched_setaffinity(0, sizeof(*one), one), 0);
}

static void
helpers_have_the_process_s_cpus(void **state __rte_unused)
{
	cpu_set_t one;

	if (CPU_COUNT(&process_cpus) < 2)
		skip();
	pin(&one);
	describe_workers();
	sched_setaffinity(0, sizeof(process_cpus), &process_cpus);
	assert_true(CPU_EQUAL(&workers[0].cpus, &one));
	assert_true(CPU_EQUAL(&workers[1].cpus, &process_cpus));
}

static void
helpers_go_to_a_node_and_the_caller_stays(void **state __rte_unused)
{
	cpu_set_t one;

	if (CPU_COUNT(&process_cpus) < 2)
		skip();
	pin(&one);
	node = NODE_OF_LAST_CPU;
	describe_workers();
	node = NO_NODE;
	sched_setaffinity(0, sizeof(process_cpus), &process_cpus);
	assert_true(CPU_EQUAL(&workers[0].cpus_of_node, &one));
	CPU_ZERO(&one);
	CPU_SET(last_cpu, &one);
	assert_true(CPU_EQUAL(&workers[1].cpus_of_node, &one));
}

static void
a_node_without_cpus_of_ours_changes_nothing(void **state __rte_unused)
{
	static const int nodes[] = { NO_NODE, NODE_THAT_IS_NOT_THERE,
		NODE_OF_OTHER_CPUS };
	size_t i;

	for (i = 0; i < RTE_DIM(nodes); i++) {
		node = nodes[i];
		describe_workers();
		assert_true(
			CPU_EQUAL(&workers[1].cpus_of_node, &workers[1].cpus));
	}
	node = NO_NODE;
}

static void
without_threads_the_caller_does_it_all(void **state)
{
	unsigned int there;

	for (there = 0; there < 4; there++) {
		setup(state);
		threads_to_get = there;
		assert_int_equal(parallel_run(MANY, 8, count_item, begun), 0);
		assert_all_once(MANY);
		assert_int_equal(threads_asked, there + 1);
	}
}

static void
the_default_goes_by_the_process_s_cpus(void **state __rte_unused)
{
	const unsigned int cpus = CPU_COUNT(&process_cpus);
	cpu_set_t one;

	assert_int_equal(parallel_default_threads(), RTE_MIN(cpus, 16u));
	pin(&one);
	assert_int_equal(parallel_default_threads(), RTE_MIN(cpus, 16u));
	sched_setaffinity(0, sizeof(process_cpus), &process_cpus);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(each_item_is_done_once),
		TEST(no_more_threads_than_asked_for_or_of_use),
		TEST(the_first_failure_ends_it),
		TEST(nothing_is_begun_after_a_failure),
		TEST(what_was_begun_is_waited_for),
		TEST(helpers_take_no_signals),
		TEST(helpers_have_the_process_s_cpus),
		TEST(helpers_go_to_a_node_and_the_caller_stays),
		TEST(a_node_without_cpus_of_ours_changes_nothing),
		TEST(without_threads_the_caller_does_it_all),
		TEST(the_default_goes_by_the_process_s_cpus),
	};

	node = NO_NODE;
	sched_getaffinity(0, sizeof(process_cpus), &process_cpus);
	for (last_cpu = CPU_SETSIZE - 1; !CPU_ISSET(last_cpu, &process_cpus);)
		last_cpu--;
	return RUN_TESTS("parallel", tests);
}
