/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RANGE_LOCK_H
#define RANGE_LOCK_H

/*
 * A lock of address ranges: owners of ranges that overlap take turns in the order of
 * their requests, and all others run in parallel. The order guarantees that a series of
 * small ranges does not delay a large range without end.
 *
 * A struct locked_range is on its owner's stack: nothing is allocated, so it may be used
 * inside memory events. No thread holds two ranges of one lock.
 *
 * Must not know: what the addresses are of.
 */

#include <pthread.h>
#include <stdint.h>
#include <sys/queue.h>

/* A range that one thread holds or waits for. */
struct locked_range {
	TAILQ_ENTRY(locked_range) next;
	uint64_t first;
	uint64_t last;
};

struct range_lock {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* In the order of the requests: the ranges that are locked and those that wait.
	 */
	TAILQ_HEAD(locked_range_list, locked_range) all;
};

void range_lock_init(struct range_lock *lock);

/* No range is held or waited for. */
void range_lock_destroy(struct range_lock *lock);

/* Waits for all earlier ranges that overlap [first, last]. */
void range_lock_acquire(struct range_lock *lock, struct locked_range *range,
	uint64_t first, uint64_t last);

void range_lock_release(struct range_lock *lock, struct locked_range *range);

#endif /* RANGE_LOCK_H */
