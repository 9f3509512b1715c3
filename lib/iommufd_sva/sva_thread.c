/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Threads of an sva; see sva_thread.h. */

#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>
#include <sys/syscall.h>

#include <rte_lcore.h>

#include "rte_iommufd_internal.h"
#include "sva_thread.h"

/*
 * Nanoseconds; the shortest that Linux takes. A thread of the usual policy that wakes up goes
 * before those that have longer slices (EEVDF, from Linux 6.12 on; PREEMPT_SHORT), and has no more
 * of the processor's time for it. Without that, it waits for the slices of threads that compute, 3 ms each.
 */
#define SLICE 100000

/* linux/sched/types.h; glibc has it from 2.41 on. */
struct uapi_sched_attr {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t deadline;
	uint64_t period;
};

struct start {
	void *(*run)(void *argument);
	void *argument;
	cpu_set_t lcores; /* the CPUs of all lcores */
	cpu_set_t main_lcore;
	sem_t read; /* by the thread, which does not look at it again */
};

/*
 * The CPUs that EAL gives its control threads: those of the process without those of
 * lcores, or else those of the main lcore.
 */
static void
use_control_cpus(const struct start *start)
{
	cpu_set_t process, common;

	rte_iommufd_thread_use_process_cpus();
	if (sched_getaffinity(0, sizeof(process), &process) != 0)
		return;
	CPU_AND(&common, &process, &start->lcores);
	CPU_XOR(&process, &process, &common);
	if (CPU_COUNT(&process) == 0)
		process = start->main_lcore;
	if (CPU_COUNT(&process) != 0)
		sched_setaffinity(0, sizeof(process), &process);
}

/* Real-time threads, whose policy is inherited, stay as they are. */
static void
use_short_slices(void)
{
	struct uapi_sched_attr attributes = { .size = sizeof(attributes) };

	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) !=
			0 ||
		attributes.policy != SCHED_OTHER)
		return;
	attributes.runtime = SLICE;
	syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static void *
sva_thread_run(void *argument)
{
	struct start *start = argument;
	void *(*run)(void *argument) = start->run;
	void *of_run = start->argument;

	use_control_cpus(start);
	use_short_slices();
	sem_post(&start->read);
	return run(of_run);
}

/* Before EAL's initialisation there are none. */
static void
read_lcores(struct start *start)
{
	cpu_set_t cpus;
	unsigned int lcore;

	CPU_ZERO(&start->lcores);
	CPU_ZERO(&start->main_lcore);
	RTE_LCORE_FOREACH(lcore)
	{
		cpus = rte_lcore_cpuset(lcore);
		CPU_OR(&start->lcores, &start->lcores, &cpus);
		if (lcore == rte_get_main_lcore())
			start->main_lcore = cpus;
	}
}

int
sva_thread_start(pthread_t *thread, const char *name,
	void *(*run)(void *argument), void *argument)
{
	struct start start = { .run = run, .argument = argument };
	sigset_t all, before;
	int ret;

	read_lcores(&start);
	sem_init(&start.read, 0, 0);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(thread, NULL, sva_thread_run, &start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ret == 0) {
		pthread_setname_np(*thread, name);
		while (sem_wait(&start.read) != 0)
			; /* EINTR */
	}
	sem_destroy(&start.read);
	return -ret;
}
