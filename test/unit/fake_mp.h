/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAKE_MP_H
#define FAKE_MP_H

/*
 * A stand-in for EAL's multi-process channel, for its interrupt thread and for the clock: the
 * primary and any number of secondary processes live in the one process of the test. A
 * request calls the primary's action at once, descriptors are copied on their way, and the end
 * of a secondary is an interrupt on the pidfd that it has given away.
 *
 * Must not know: what is asked.
 */

#include <stdbool.h>

#include <rte_eal.h>

/* What the primary is like. */
enum fake_mp_primary {
	FAKE_MP_ANSWERS,
	FAKE_MP_STOPPED, /* takes requests and does not answer */
	FAKE_MP_ENDED,	 /* takes none */
	FAKE_MP_STOCK,	 /* without the library: DPDK's own VFIO code answers */
	FAKE_MP_STARTING,    /* asks to be ignored */
	FAKE_MP_UNREACHABLE, /* requests cannot be sent */
};

extern enum fake_mp_primary fake_mp_primary;
/* Which secondary process asks. */
extern const char *fake_mp_peer;
/* To how many requests from now on the answer is that of the request before. */
extern unsigned int fake_mp_late_answers;
/* Changes each answer on its way, as a primary would that is broken or hostile; NULL: none. */
extern void (*fake_mp_forge)(struct rte_mp_msg *answer);

/* For a test's setup: everything that was is forgotten. */
void fake_mp_start(void);
/* For its teardown: what secondaries have left is taken back as when they end. */
void fake_mp_end(void);

/* What the test itself is from now on; a secondary at the start. */
void fake_mp_be_primary(bool primary);
/* How many requests so far of that action's name. */
unsigned int fake_mp_requests(const char *name);
/* The number-th request from now on is acted on only when the next one comes. */
void fake_mp_delay(unsigned int number);
/* Before the number-th request from now on is sent, the secondary ends. */
void fake_mp_kill_before(unsigned int number, const char *peer);
/* The process of that name ends, and the primary learns of it. */
void fake_mp_kill(const char *peer);
/* Seconds pass. */
void fake_mp_wait(unsigned int seconds);
/* Calls the primary's action with a message of the test's own; gives the answer. */
void fake_mp_send(const struct rte_mp_msg *message, struct rte_mp_msg *answer);

#endif /* FAKE_MP_H */
