/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Where the threads of an sva run, in how short slices, and that no signal reaches them. */

#include <sched.h>
#include <signal.h>
#include <unistd.h>
#include <sys/syscall.h>

#include <rte_lcore.h>

#include "sva_thread.h"
#include "unit.h"

static cpu_set_t process;    /* the CPUs of this test */
static rte_cpuset_t polling; /* those of the one lcore */
static cpu_set_t cpus_seen;
static sigset_t signals_seen;
static uint64_t slice_seen; /* 0: the kernel does not tell */
static int policy_seen;

/* In place of EAL's. */
rte_cpuset_t
rte_lcore_cpuset(unsigned int lcore)
{
	rte_cpuset_t none;

	CPU_ZERO(&none);
	return lcore == rte_get_main_lcore() ? polling : none;
}

/* sched_getattr(); of the usual policy the runtime is the slice (Linux 6.12). */
static uint64_t
slice_of_this_thread(void)
{
	uint64_t attributes[6] = { sizeof(attributes) };
	const unsigned int runtime = 3;

	if (syscall(SYS_sched_getattr, 0, attributes, sizeof(attributes), 0) !=
		0)
		return 0;
	return attributes[runtime];
}

static void *
look(void *argument __rte_unused)
{
	slice_seen = slice_of_this_thread();
	policy_seen = sched_getscheduler(0);
	sched_getaffinity(0, sizeof(cpus_seen), &cpus_seen);
	pthread_sigmask(SIG_SETMASK, NULL, &signals_seen);
	return NULL;
}

static void
run_thread(void)
{
	pthread_t thread;

	assert_int_equal(sva_thread_start(&thread, "look", look, NULL), 0);
	pthread_join(thread, NULL);
}

static int
first_cpu(void)
{
	int cpu = 0;

	while (!CPU_ISSET(cpu, &process))
		cpu++;
	return cpu;
}

static void
threads_stay_away_from_lcores(void **state __rte_unused)
{
	if (CPU_COUNT(&process) < 2)
		skip();
	CPU_ZERO(&polling);
	CPU_SET(first_cpu(), &polling);
	run_thread();
	assert_int_equal(CPU_COUNT(&cpus_seen), CPU_COUNT(&process) - 1);
	assert_false(CPU_ISSET(first_cpu(), &cpus_seen));
}

static void
without_another_cpu_they_are_with_the_main_lcore(void **state __rte_unused)
{
	polling = process;
	run_thread();
	assert_true(CPU_EQUAL(&cpus_seen, &process));
}

static void
without_lcores_they_have_all_cpus(void **state __rte_unused)
{
	CPU_ZERO(&polling);
	run_thread();
	assert_true(CPU_EQUAL(&cpus_seen, &process));
}

static void
no_signal_reaches_them(void **state __rte_unused)
{
	run_thread();
	assert_int_equal(sigismember(&signals_seen, SIGTERM), 1);
	assert_int_equal(sigismember(&signals_seen, SIGUSR1), 1);
}

/* A thread that computes has the processor for 3 ms, and they would wait for that. */
static void
they_have_short_slices(void **state __rte_unused)
{
	const uint64_t here = slice_of_this_thread();

	if (here == 0)
		skip();
	run_thread();
	assert_int_equal(policy_seen, SCHED_OTHER);
	assert_int_equal(slice_seen, 100000);
	assert_int_equal(slice_of_this_thread(), here);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_stay_away_from_lcores),
		cmocka_unit_test(
			without_another_cpu_they_are_with_the_main_lcore),
		cmocka_unit_test(without_lcores_they_have_all_cpus),
		cmocka_unit_test(they_have_short_slices),
		cmocka_unit_test(no_signal_reaches_them),
	};

	sched_getaffinity(0, sizeof(process), &process);
	return RUN_TESTS("sva_thread", tests);
}
