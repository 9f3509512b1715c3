/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A lock that threads get in order; see fair_lock.h. */

#include "util/fair_lock.h"

void
fair_lock_init(struct fair_lock *lock)
{
	unsigned int i;

	pthread_mutex_init(&lock->mutex, NULL);
	for (i = 0; i < FAIR_LOCK_TURNS; i++)
		pthread_cond_init(&lock->turns[i], NULL);
	lock->next = 0;
	lock->now = 0;
}

void
fair_lock_end(struct fair_lock *lock)
{
	unsigned int i;

	for (i = 0; i < FAIR_LOCK_TURNS; i++)
		pthread_cond_destroy(&lock->turns[i]);
	pthread_mutex_destroy(&lock->mutex);
}

void
fair_lock_take(struct fair_lock *lock)
{
	uint64_t mine;

	pthread_mutex_lock(&lock->mutex);
	mine = lock->next++;
	while (lock->now != mine)
		pthread_cond_wait(
			&lock->turns[mine % FAIR_LOCK_TURNS], &lock->mutex);
	pthread_mutex_unlock(&lock->mutex);
}

void
fair_lock_give(struct fair_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
	lock->now++;
	if (lock->now != lock->next)
		pthread_cond_broadcast(
			&lock->turns[lock->now % FAIR_LOCK_TURNS]);
	pthread_mutex_unlock(&lock->mutex);
}
