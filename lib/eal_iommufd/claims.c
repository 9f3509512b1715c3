/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A lock of intervals; see claims.h. */

#include <stdbool.h>

#include "claims.h"

void
claims_init(struct claims *claims)
{
	pthread_mutex_init(&claims->lock, NULL);
	pthread_cond_init(&claims->changed, NULL);
	TAILQ_INIT(&claims->all);
}

void
claims_clear(struct claims *claims)
{
	pthread_cond_destroy(&claims->changed);
	pthread_mutex_destroy(&claims->lock);
}

static bool
overlap(const struct claim *one, const struct claim *other)
{
	return one->first <= other->last && other->first <= one->last;
}

/* The lock is held. */
static bool
has_to_wait(const struct claims *claims, const struct claim *claim)
{
	const struct claim *each;

	TAILQ_FOREACH(each, &claims->all, next) {
		if (each == claim)
			return false;
		if (overlap(each, claim))
			return true;
	}
	return false;
}

void
claims_take(struct claims *claims, struct claim *claim, uint64_t first,
	uint64_t last)
{
	*claim = (struct claim){ .first = first, .last = last };
	pthread_mutex_lock(&claims->lock);
	TAILQ_INSERT_TAIL(&claims->all, claim, next);
	while (has_to_wait(claims, claim))
		pthread_cond_wait(&claims->changed, &claims->lock);
	pthread_mutex_unlock(&claims->lock);
}

void
claims_give(struct claims *claims, struct claim *claim)
{
	pthread_mutex_lock(&claims->lock);
	TAILQ_REMOVE(&claims->all, claim, next);
	pthread_cond_broadcast(&claims->changed);
	pthread_mutex_unlock(&claims->lock);
}
