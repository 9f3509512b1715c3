/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SENDER_H
#define SENDER_H

/*
 * A dpdk-testpmd that lives through many bursts of sending, and does nothing in between,
 * so that several of them can take turns within a second.
 *
 * It polls on the processor 1, its main thread is on the processor 0. Its addresses are
 * not randomized: where its code and data come to lie makes a difference of several per
 * cent from one start to the next, most of all on an emulated processor.
 *
 * Must not know: what is compared with what.
 */

#include <sched.h>

#define SENDER_POLLS_ON 1 /* processor */

struct sender_settings {
	const char *device;
	const char *settings; /* RTE_IOMMUFD */
	const char *backend;  /* that its line shall name */
	const char *prefix;   /* of EAL's files, its own */
};

struct sender;

/* Waits until it is ready to send; NULL, which is said. */
struct sender *sender_start(const struct sender_settings *settings);

/*
 * Sends for about so long. How many packets the device says it has sent, and in which
 * time: milliseconds from the command to begin to the end of the last packet. 0 or -1,
 * which is said.
 */
int sender_burst(struct sender *sender, unsigned int milliseconds,
	double *packets, double *taken);

/* One of the device's extended statistics. 0 or -1, which is said. */
int sender_counter(struct sender *sender, const char *name, double *value);

/*
 * This process keeps off the processor that polls, until it takes what is stored here
 * for its affinity again.
 */
void sender_leave_processor(cpu_set_t *before);

/* NULL is allowed. 0, or -1 when it did not end in order, which is said. */
int sender_end(struct sender *sender);

#endif /* SENDER_H */
