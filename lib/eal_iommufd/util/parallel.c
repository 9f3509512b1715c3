/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Work shared among threads; see parallel.h. */

#include <numa.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <rte_common.h>

#include "util/parallel.h"

#define MAX_THREADS 64u
/* More threads do not map faster, and the program's other threads need CPUs, too. */
#define MAX_DEFAULT_THREADS 16u

static __thread bool is_helper;
static __thread int helper_node = -1;

/* Those that the process had when it was loaded; empty when unknown. */
static cpu_set_t process_cpus;

RTE_INIT(remember_cpus)
{
	if (sched_getaffinity(0, sizeof(process_cpus), &process_cpus) != 0)
		CPU_ZERO(&process_cpus);
}

unsigned int
parallel_default_threads(void)
{
	unsigned int count = CPU_COUNT(&process_cpus);

	if (count == 0)
		return 1;
	return RTE_MIN(count, MAX_DEFAULT_THREADS);
}

struct job {
	size_t count;
	parallel_work_t work;
	void *argument;
	atomic_size_t next;
	atomic_int failure;
};

static void
parallel_work_off(struct job *job)
{
	size_t item;
	int none = 0;
	int ret;

	while (atomic_load(&job->failure) == 0) {
		item = atomic_fetch_add(&job->next, 1);
		if (item >= job->count)
			return;
		ret = job->work(item, job->argument);
		if (ret != 0)
			atomic_compare_exchange_strong(
				&job->failure, &none, ret);
	}
}

static void
find_cpus_of_node(int node, cpu_set_t *cpus)
{
	struct bitmask *of_node = numa_allocate_cpumask();
	unsigned int cpu;

	CPU_ZERO(cpus);
	if (numa_node_to_cpus(node, of_node) == 0)
		for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
			if (numa_bitmask_isbitset(of_node, cpu) &&
				CPU_ISSET(cpu, &process_cpus))
				CPU_SET(cpu, cpus);
	numa_free_cpumask(of_node);
}

void
parallel_go_to_node(int node)
{
	cpu_set_t cpus;

	if (!is_helper || node < 0 || node == helper_node)
		return;
	helper_node = node;
	find_cpus_of_node(node, &cpus);
	if (CPU_COUNT(&cpus) > 0)
		pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
}

void
parallel_use_process_cpus(void)
{
	if (CPU_COUNT(&process_cpus) > 0)
		pthread_setaffinity_np(
			pthread_self(), sizeof(process_cpus), &process_cpus);
}

static void *
parallel_run_thread(void *argument)
{
	is_helper = true;
	parallel_use_process_cpus();
	parallel_work_off(argument);
	return NULL;
}

/* Starts as many as possible: the caller does the work of those that do not start. */
static unsigned int
parallel_start_threads(pthread_t *threads, unsigned int count, struct job *job)
{
	unsigned int started = 0;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (started < count &&
		pthread_create(
			&threads[started], NULL, parallel_run_thread, job) == 0)
		started++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

int
parallel_run(size_t count, unsigned int threads, parallel_work_t work,
	void *argument)
{
	struct job job = { .count = count, .work = work, .argument = argument };
	pthread_t helpers[MAX_THREADS];
	unsigned int started = 0;

	threads = RTE_MIN(threads, MAX_THREADS);
	if (threads > count)
		threads = count;
	if (threads > 1)
		started = parallel_start_threads(helpers, threads - 1, &job);
	parallel_work_off(&job);
	while (started > 0)
		pthread_join(helpers[--started], NULL);
	return atomic_load(&job.failure);
}
