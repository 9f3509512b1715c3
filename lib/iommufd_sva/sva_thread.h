/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_THREAD_H
#define SVA_THREAD_H

/*
 * Starts the threads of an sva: with all signals blocked, and away from the CPUs on which
 * EAL's lcores poll.
 *
 * Must not know: what the threads do.
 */

#include <pthread.h>

/* 0, or -errno of pthread_create(). */
int sva_thread_start(pthread_t *thread, const char *name,
	void *(*run)(void *argument), void *argument);

#endif /* SVA_THREAD_H */
