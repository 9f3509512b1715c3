/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PARALLEL_H
#define PARALLEL_H

/*
 * The same work on many items, shared among a few threads, which end when the work ends.
 *
 * The threads run on the CPUs that the process had when this library was loaded:
 * EAL binds its main thread to one CPU, and a new thread inherits that. They block all
 * signals, so that none of the program's handlers runs in them.
 *
 * Must not know: what the work is.
 */

#include <stddef.h>

/* Works on one item; 0 or -errno. Called by several threads at a time. */
typedef int (*parallel_work_t)(size_t item, void *argument);

/* The default number of threads. At least 1. */
unsigned int parallel_default_threads(void);

/*
 * Calls work() once for each item of 0 to count - 1, by at most that many threads,
 * the caller's among them. After a failure no further items are begun. Returns when
 * all that was begun has ended: 0, or the first failure that was seen.
 */
int parallel_run(size_t count, unsigned int threads, parallel_work_t work,
	void *argument);

/*
 * For work(): moves the thread to a CPU of that NUMA node that the process may use. No
 * effect in the caller's own thread, whose CPU the program chooses, and where there is no
 * such CPU.
 */
void parallel_go_to_node(int node);

/*
 * For the library's own long-running threads: moves the thread to the CPUs that the
 * process had, whichever CPU the thread that started it is bound to.
 */
void parallel_use_process_cpus(void);

#endif /* PARALLEL_H */
