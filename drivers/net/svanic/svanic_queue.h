/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_QUEUE_H
#define SVANIC_QUEUE_H

/*
 * Receive and transmit queues: the rings in memory, what is in them, and the functions
 * of the packet path, which take no lock, never enter the kernel and touch one register
 * each, the doorbell. One thread at a time uses a queue.
 *
 * Counts of descriptors run on modulo 2^32, as the device's HEAD and TAIL do; masked,
 * they are places in the ring.
 *
 * Must not know: ethdev's structures, what the addresses in descriptors mean to the
 * IOMMU.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_version.h>

#include "svanic_registers.h"

struct rte_memzone;
struct rte_power_monitor_cond;
struct svanic_hardware;

/* A descriptor as the device reads and writes it. */
union svanic_descriptor {
	struct svanic_rx_descriptor rx;
	struct svanic_tx_descriptor tx;
	uint64_t words[2]; /* little-endian */
};

_Static_assert(sizeof(union svanic_descriptor) == 16, "section 5 and 6");

#define SVANIC_ERROR_CODES 16 /* as many as there is room for */

/* What only the driver can count; they outlive the queue. */
struct __rte_aligned(RTE_CACHE_LINE_SIZE) svanic_rx_counters {
	uint64_t
		no_mbufs; /* times that the pool ran out; not polls meanwhile */
	uint64_t errors[SVANIC_ERROR_CODES]; /* frames lost, by code */
	/* frames in the ring when the queue was stopped, and their bytes */
	uint64_t dropped, dropped_bytes;
};

struct __rte_aligned(RTE_CACHE_LINE_SIZE) svanic_tx_counters {
	uint64_t refused; /* packets that no descriptors can be made for */
	uint64_t dropped; /* packets in the ring when the queue was stopped */
};

/*
 * What the device reaches follows this process's memory: before it is given new
 * descriptors, changes that were reported since have to have been followed. Without
 * sva=1 nothing is ever reported.
 */
struct svanic_changes {
	const uint32_t
		*reported; /* a counter, which another thread increments */
	uint32_t followed; /* what it was then */
	uint32_t never;	   /* what is read without sva=1: 0 */
	/* Waits until the device has lost what changed; 0 or -errno. */
	int (*follow)(void *argument);
	void *argument;
};

/* False: the device must not be given anything now. */
static inline bool
svanic_changes_are_followed(struct svanic_changes *changes)
{
	uint32_t reported = __atomic_load_n(
		changes->reported, __ATOMIC_ACQUIRE);

	if (likely(reported == changes->followed))
		return true;
	if (changes->follow(changes->argument) != 0)
		return false;
	changes->followed = reported;
	return true;
}

/* So far ahead mbufs are prefetched: as many NULLs are behind those of a ring. */
#define SVANIC_SPARE_PLACES 4

struct svanic_rx_queue {
	/* The packet path's. */
	union svanic_descriptor *ring;
	struct rte_mbuf **mbufs;
	volatile void *doorbell; /* RX_TAIL */
	struct rte_mempool *pool;
	struct svanic_changes changes;
	struct rte_mbuf *first; /* of a frame whose end has not come yet */
	struct rte_mbuf *last;
	uint64_t rearm;	   /* the eight bytes that every mbuf begins with */
	uint64_t flags;	   /* that every mbuf has: of the pool */
	uint32_t taken;	   /* descriptors taken back from the device */
	uint32_t given;	   /* descriptors given to it */
	uint32_t mask;	   /* of places */
	uint16_t at_least; /* empty places before they are filled */
	uint16_t buffer;   /* bytes of an mbuf's data room */
	uint16_t address;  /* where in an mbuf the address for the device is */
	uint16_t port;
	bool starved; /* the pool had too few when it was last asked */
	struct svanic_rx_counters *counters;

	/* The rest. */
	const struct svanic_hardware *hardware;
	const struct rte_memzone *memory;
	uint64_t offloads;
	uint16_t number;
	bool deferred_start;
};

struct svanic_tx_queue {
	/* The packet path's. */
	union svanic_descriptor *ring;
	struct rte_mbuf **mbufs; /* one for each descriptor */
	volatile void *doorbell; /* TX_TAIL */
	struct svanic_changes changes;
	uint32_t *reports;    /* counts after descriptors that report */
	uint32_t report_next; /* how many reports were asked for */
	uint32_t report_done; /* and have come */
	uint32_t next;	      /* descriptors given to the device */
	uint32_t done;	      /* and taken back */
	uint32_t mask;
	uint16_t unreported; /* descriptors since the last report */
	uint16_t report_after;
	uint16_t free_below; /* free places before some are taken back */
	uint16_t segments_max;
	uint16_t address;
	bool fast_free;
	bool runs;     /* HEAD is of this run */
	uint32_t kept; /* what HEAD was, when it does not run */
	struct svanic_tx_counters *counters;

	/* The rest. */
	const struct svanic_hardware *hardware;
	const struct rte_memzone *memory;
	uint64_t offloads;
	uint16_t number;
	bool deferred_start;
};

/* What ethdev has a count of descriptors returned as. */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
typedef int svanic_count_t;
#else
typedef uint32_t svanic_count_t;
#endif

/* --- receive: svanic_rx.c ----------------------------------------------------- */

/*
 * The queue's own part of its start: drains what polls have left in a queue that was
 * off, empties the counts and fills the ring with mbufs, without telling the device.
 * -ENOMEM: the pool has too few.
 */
int svanic_rx_fill(struct svanic_rx_queue *queue);
/* Tells the device how many descriptors it has. */
void svanic_rx_ring_doorbell(struct svanic_rx_queue *queue);
/* Gives all mbufs back and counts the frames that nobody took; DMA has ended. */
void svanic_rx_drain(struct svanic_rx_queue *queue);
/* Gives none back: the device may still write to them. */
void svanic_rx_abandon(struct svanic_rx_queue *queue);

/* For buffers that hold the largest frame, and for others. */
uint16_t svanic_rx_burst(
	void *queue, struct rte_mbuf **mbufs, uint16_t capacity);
uint16_t svanic_rx_burst_scattered(
	void *queue, struct rte_mbuf **mbufs, uint16_t capacity);
svanic_count_t svanic_rx_count(void *queue);
int svanic_rx_status(void *queue, uint16_t offset);
/* What a thread can sleep on that waits for the next descriptor. */
int svanic_rx_monitor(void *queue, struct rte_power_monitor_cond *condition);

/* --- transmit: svanic_tx.c ---------------------------------------------------- */

/* The queue's own part of its start; drains what a queue that was off has accepted. */
void svanic_tx_begin(struct svanic_tx_queue *queue);
/* HEAD is about to be lost, by a reset of the device. */
void svanic_tx_keep_head(struct svanic_tx_queue *queue);
/* Gives all mbufs back and counts the packets that were not sent; DMA has ended. */
void svanic_tx_drain(struct svanic_tx_queue *queue);
/* Gives none back: the device may still read them. */
void svanic_tx_abandon(struct svanic_tx_queue *queue);

uint16_t svanic_tx_burst(void *queue, struct rte_mbuf **mbufs, uint16_t count);
uint16_t svanic_tx_prepare(
	void *queue, struct rte_mbuf **mbufs, uint16_t count);
/* These read HEAD, the second one only of what no report is to come for. */
int svanic_tx_done_cleanup(void *queue, uint32_t packets);
int svanic_tx_status(void *queue, uint16_t offset);

/* --- both --------------------------------------------------------------------- */

/* The address that the device gets, as the queue's mode has it. */
static inline uint64_t
svanic_mbuf_address(const struct rte_mbuf *mbuf, size_t field)
{
	uint64_t address;

	memcpy(&address, (const char *)mbuf + field, sizeof(address));
	return address;
}

#endif /* SVANIC_QUEUE_H */
