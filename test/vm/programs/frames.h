/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FRAMES_H
#define FRAMES_H

/*
 * What the programs share that receive and send frames: a port with one queue each way, memory
 * of their own, frames that go out of it, and how they end when something fails.
 *
 * Knows DPDK's public API only. Must not know: how memory is mapped for a device.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define BURST 16

struct rte_device;

/* SIGTERM or SIGINT has come: stop sending, and end. */
extern volatile sig_atomic_t asked_to_end;
/* SIGUSR1 and SIGUSR2 have come; the program sets them back. */
extern volatile sig_atomic_t asked_for_first;
extern volatile sig_atomic_t asked_for_second;

/* From now on signals are noted in the words above. */
void frames_note_signals(void);

/* Ends the program with a line that names it, what, and rte_errno, when ok is false. */
void check(bool ok, const char *what);

struct rte_mempool *frames_make_pool(const char *name, unsigned int mbufs);
/* One receive and one transmit queue; starts, and takes all that comes. */
void frames_start_port(uint16_t port, struct rte_mempool *pool);
struct rte_device *frames_device_of(uint16_t port);
/* Until the port takes it, or the program has to end. */
void frames_send(uint16_t port, struct rte_mbuf *frame);

/* Ordinary memory, filled with zeros, which no device can reach yet. */
void *frames_own_memory(size_t length);

#define SLOTS 256 /* more than can be on their way at a time */
#define SLOT_SIZE 2048

/* Memory that frames go out of, a slot for each. */
struct slots {
	uint8_t *va;
	uint64_t iova;
	size_t stride; /* in bytes, from slot to slot: at least SLOT_SIZE */
	unsigned int next;
	struct rte_mbuf_ext_shared_info shared[SLOTS];
};

/* A frame with these bytes in the next slot. */
struct rte_mbuf *frames_in_slot(struct slots *slots, struct rte_mempool *pool,
	const void *bytes, uint16_t length);

#endif /* FRAMES_H */
