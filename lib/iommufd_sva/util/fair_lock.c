/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A lock that threads get in order; see fair_lock.h. */

#include <stddef.h>

#include "util/fair_lock.h"

static void
queue_init(struct fair_lock_queue *queue)
{
	unsigned int i;

	for (i = 0; i < FAIR_LOCK_TURNS; i++)
		pthread_cond_init(&queue->turns[i], NULL);
	queue->next = 0;
	queue->now = 0;
}

static void
queue_end(struct fair_lock_queue *queue)
{
	unsigned int i;

	for (i = 0; i < FAIR_LOCK_TURNS; i++)
		pthread_cond_destroy(&queue->turns[i]);
}

static bool
is_waited_in(const struct fair_lock_queue *queue)
{
	return queue->now != queue->next;
}

void
fair_lock_init(struct fair_lock *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
	queue_init(&lock->usual);
	queue_init(&lock->first);
	lock->passed = 0;
	lock->taken = false;
}

void
fair_lock_end(struct fair_lock *lock)
{
	queue_end(&lock->first);
	queue_end(&lock->usual);
	pthread_mutex_destroy(&lock->mutex);
}

/* NULL: nobody waits. */
static struct fair_lock_queue *
next_queue(struct fair_lock *lock)
{
	if (is_waited_in(&lock->first) &&
		!(is_waited_in(&lock->usual) &&
			lock->passed == FAIR_LOCK_FIRST_MAX))
		return &lock->first;
	return is_waited_in(&lock->usual) ? &lock->usual : NULL;
}

/* A thread that was woken and does not run yet can be overtaken by one that goes first. */
static void
take(struct fair_lock *lock, struct fair_lock_queue *queue)
{
	uint64_t mine;

	pthread_mutex_lock(&lock->mutex);
	mine = queue->next++;
	while (lock->taken || queue->now != mine || next_queue(lock) != queue)
		pthread_cond_wait(
			&queue->turns[mine % FAIR_LOCK_TURNS], &lock->mutex);
	queue->now++;
	lock->taken = true;
	if (queue == &lock->first && is_waited_in(&lock->usual))
		lock->passed++;
	else
		lock->passed = 0;
	pthread_mutex_unlock(&lock->mutex);
}

void
fair_lock_take(struct fair_lock *lock)
{
	take(lock, &lock->usual);
}

void
fair_lock_take_first(struct fair_lock *lock)
{
	take(lock, &lock->first);
}

void
fair_lock_give(struct fair_lock *lock)
{
	struct fair_lock_queue *queue;

	pthread_mutex_lock(&lock->mutex);
	lock->taken = false;
	queue = next_queue(lock);
	if (queue != NULL)
		pthread_cond_broadcast(
			&queue->turns[queue->now % FAIR_LOCK_TURNS]);
	pthread_mutex_unlock(&lock->mutex);
}

uint64_t
fair_lock_threads(struct fair_lock *lock)
{
	uint64_t threads;

	pthread_mutex_lock(&lock->mutex);
	threads = lock->taken + (lock->usual.next - lock->usual.now) +
		(lock->first.next - lock->first.now);
	pthread_mutex_unlock(&lock->mutex);
	return threads;
}
