/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Locked ranges against a model. Each three bytes of the input are one step of one of four
 * threads: it asks for a range, or gives its range back. Who has a range then, and who waits, is
 * what the model says, and nobody waits for somebody who came later.
 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <semaphore.h>
#include <time.h>

#include "fuzz.h"
#include "util/range_lock.h"

#define THREADS 4
#define STEP_BYTES 3
#define STEPS_MAX 200
#define PATIENCE_SECONDS 10

enum wish { NOTHING, ACQUIRE, RELEASE };

struct worker {
	pthread_t thread;
	sem_t wished;
	enum wish wish;
	struct locked_range range;
	uint64_t first, last;
	unsigned int asked; /* when; 0: it has no range and waits for none */
	bool holds;	    /* the lock says so: guarded by state_lock */
	bool waits;	    /* so far as it is known: the same */
};

static struct worker workers[THREADS];
static struct range_lock lock;
static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t state_changed = PTHREAD_COND_INITIALIZER;
static __thread struct worker *self;
static unsigned int asked_last;

static bool
overlap(const struct worker *one, const struct worker *other)
{
	return one->first <= other->last && other->first <= one->last;
}

/* What the model says: nobody who came before it is in the way. */
static bool
should_hold(const struct worker *worker)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		if (workers[i].asked != 0 && workers[i].asked < worker->asked &&
			overlap(&workers[i], worker))
			return false;
	return worker->asked != 0;
}

static void
note(bool holds, bool waits)
{
	pthread_mutex_lock(&state_lock);
	self->holds = holds;
	self->waits = waits;
	pthread_cond_signal(&state_changed);
	pthread_mutex_unlock(&state_lock);
}

/* In the place of libc's: a thread of ours is about to wait for the lock. */
int __real_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);

int
__wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
	if (self != NULL)
		note(false, true);
	return __real_pthread_cond_wait(condition, mutex);
}

static void *
work(void *argument)
{
	self = argument;
	for (;;) {
		while (sem_wait(&self->wished) != 0)
			;
		if (self->wish == ACQUIRE) {
			range_lock_acquire(
				&lock, &self->range, self->first, self->last);
			note(true, false);
		} else if (self->wish == RELEASE) {
			range_lock_release(&lock, &self->range);
			note(false, false);
		}
	}
	return NULL;
}

static bool
is_as_the_model_says(void)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		if (workers[i].holds != should_hold(&workers[i]))
			return false;
		if (workers[i].asked != 0 && !workers[i].holds &&
			!workers[i].waits)
			return false;
	}
	return true;
}

static void
await_model(void)
{
	struct timespec end;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE_SECONDS;
	pthread_mutex_lock(&state_lock);
	while (ret == 0 && !is_as_the_model_says())
		ret = pthread_cond_timedwait(&state_changed, &state_lock, &end);
	pthread_mutex_unlock(&state_lock);
	FUZZ_CHECK(ret == 0);
}

static void
tell(struct worker *worker, enum wish wish)
{
	worker->wish = wish;
	sem_post(&worker->wished);
}

/* One that waits cannot do anything else. */
static void
step(const uint8_t *bytes)
{
	struct worker *worker = &workers[bytes[0] % THREADS];

	if (worker->asked != 0 && !worker->holds)
		return;
	if (worker->asked != 0) {
		worker->asked = 0;
		tell(worker, RELEASE);
	} else {
		worker->first = bytes[1];
		worker->last = bytes[1] + bytes[2] % 32;
		if (bytes[0] & 0x80) /* to the end of all addresses */
			worker->last = UINT64_MAX;
		worker->asked = ++asked_last;
		tell(worker, ACQUIRE);
	}
	await_model();
}

static void
release_all(void)
{
	unsigned int i, left;

	do {
		left = 0;
		for (i = 0; i < THREADS; i++) {
			left += workers[i].asked != 0;
			if (!workers[i].holds)
				continue;
			workers[i].asked = 0;
			tell(&workers[i], RELEASE);
			await_model();
		}
	} while (left > 0);
}

static void
start_workers(void)
{
	unsigned int i;

	if (workers[0].thread != 0)
		return;
	for (i = 0; i < THREADS; i++) {
		sem_init(&workers[i].wished, 0, 0);
		FUZZ_CHECK(pthread_create(&workers[i].thread, NULL, work,
				   &workers[i]) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int steps = 0;

	start_workers();
	range_lock_init(&lock);
	asked_last = 0;
	for (; size >= STEP_BYTES && steps++ < STEPS_MAX; size -= STEP_BYTES) {
		step(data);
		data += STEP_BYTES;
	}
	release_all();
	FUZZ_CHECK(TAILQ_EMPTY(&lock.all));
	range_lock_destroy(&lock);
	return 0;
}
