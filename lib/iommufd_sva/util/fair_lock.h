/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAIR_LOCK_H
#define FAIR_LOCK_H

/*
 * A lock that threads get in the order in which they asked for it. A thread that gives it
 * back and takes it again waits behind those that came meanwhile; with a pthread_mutex_t it
 * would usually get it at once, and others could wait for milliseconds.
 *
 * Threads for which others wait go first: they wait for the thread that has the lock, and
 * for others like them, but not for those that only wait themselves. Of these one comes in
 * between after every few.
 *
 * It allocates nothing and is not recursive. Must not know: what it guards.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* So that a handover wakes the next thread, and seldom another one. */
#define FAIR_LOCK_TURNS 16
/* How often a thread goes first while another one waits that does not. */
#define FAIR_LOCK_FIRST_MAX 8

/* Threads that wait, in order. */
struct fair_lock_queue {
	pthread_cond_t turns[FAIR_LOCK_TURNS]; /* by the thread's number */
	uint64_t next; /* the number of the next thread that asks */
	uint64_t now;  /* the number of the thread that is served next */
};

struct fair_lock {
	pthread_mutex_t mutex; /* held for a moment only */
	struct fair_lock_queue usual;
	struct fair_lock_queue first;
	unsigned int passed; /* how often in a row the usual ones have waited */
	bool taken;
};

void fair_lock_init(struct fair_lock *lock);
void fair_lock_end(struct fair_lock *lock);
void fair_lock_take(struct fair_lock *lock);
void fair_lock_take_first(struct fair_lock *lock);
void fair_lock_give(struct fair_lock *lock);
/* How many threads have it or wait for it; for tests. */
uint64_t fair_lock_threads(struct fair_lock *lock);

#endif /* FAIR_LOCK_H */
