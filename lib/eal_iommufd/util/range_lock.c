/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A lock of address ranges; see range_lock.h. */

#include <stdbool.h>

#include "util/range_lock.h"

void
range_lock_init(struct range_lock *lock)
{
	pthread_mutex_init(&lock->lock, NULL);
	pthread_cond_init(&lock->changed, NULL);
	TAILQ_INIT(&lock->all);
}

void
range_lock_destroy(struct range_lock *lock)
{
	pthread_cond_destroy(&lock->changed);
	pthread_mutex_destroy(&lock->lock);
}

static bool
ranges_overlap(const struct locked_range *one, const struct locked_range *other)
{
	return one->first <= other->last && other->first <= one->last;
}

/* The lock is held. */
static bool
has_to_wait(const struct range_lock *lock, const struct locked_range *range)
{
	const struct locked_range *each;

	TAILQ_FOREACH(each, &lock->all, next) {
		if (each == range)
			return false;
		if (ranges_overlap(each, range))
			return true;
	}
	return false;
}

void
range_lock_acquire(struct range_lock *lock, struct locked_range *range,
	uint64_t first, uint64_t last)
{
	*range = (struct locked_range){ .first = first, .last = last };
	pthread_mutex_lock(&lock->lock);
	TAILQ_INSERT_TAIL(&lock->all, range, next);
	while (has_to_wait(lock, range))
		pthread_cond_wait(&lock->changed, &lock->lock);
	pthread_mutex_unlock(&lock->lock);
}

void
range_lock_release(struct range_lock *lock, struct locked_range *range)
{
	pthread_mutex_lock(&lock->lock);
	TAILQ_REMOVE(&lock->all, range, next);
	pthread_cond_broadcast(&lock->changed);
	pthread_mutex_unlock(&lock->lock);
}
