/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef CLAIMS_H
#define CLAIMS_H

/*
 * A lock of intervals: those who claim intervals that overlap take turns, in the order
 * in which they came, and all others go side by side. The order keeps a claim of
 * everything from waiting for ever.
 *
 * A claim lives on its holder's stack: nothing is allocated, so that it may be used
 * inside memory events. No thread claims twice in one set.
 *
 * Must not know: what the intervals are of.
 */

#include <pthread.h>
#include <stdint.h>
#include <sys/queue.h>

struct claim {
	TAILQ_ENTRY(claim) next;
	uint64_t first;
	uint64_t last;
};

struct claims {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* In the order in which they came: those who have theirs, and those who wait. */
	TAILQ_HEAD(claim_list, claim) all;
};

void claims_init(struct claims *claims);

/* Nobody has a claim, nor waits for one. */
void claims_clear(struct claims *claims);

/* Waits for all who came before and overlap. */
void claims_take(struct claims *claims, struct claim *claim, uint64_t first,
	uint64_t last);

void claims_give(struct claims *claims, struct claim *claim);

#endif /* CLAIMS_H */
