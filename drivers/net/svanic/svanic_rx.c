/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Receiving: descriptors to mbufs, and mbufs to descriptors; see svanic_queue.h. How a
 * queue is set up is in svanic_queue_setup.c.
 *
 * Must not know: ethdev's structures, registers but the doorbell.
 */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ethdev.h>
#include <rte_io.h>
#include <rte_prefetch.h>

#include "svanic_queue.h"

/* data_off, refcnt, nb_segs and port, which every mbuf gets anew, by one write. */
#define REARM offsetof(struct rte_mbuf, rearm_data)

#define ERROR_BITS (0xfu << SVANIC_ERROR_SHIFT)

/* What the device says of a frame, by bits 2 to 6 of its status. */
#define KNOWN_SHIFT 2
#define KNOWN_MASK 0x1f
#define KNOWN(bit) ((bit) >> KNOWN_SHIFT)

static uint64_t
flags_of(unsigned int known)
{
	uint64_t flags = 0;

	if (known & KNOWN(SVANIC_RX_IPV4_SUM_CHECKED))
		flags |= known & KNOWN(SVANIC_RX_IPV4_SUM_WRONG)
			? RTE_MBUF_F_RX_IP_CKSUM_BAD
			: RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (known & KNOWN(SVANIC_RX_L4_SUM_CHECKED))
		flags |= known & KNOWN(SVANIC_RX_L4_SUM_WRONG)
			? RTE_MBUF_F_RX_L4_CKSUM_BAD
			: RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (known & KNOWN(SVANIC_RX_HASHED))
		flags |= RTE_MBUF_F_RX_RSS_HASH;
	return flags;
}

/* Only IPv4 has a header sum, so that its check tells what the packet is. */
static uint32_t
type_of(unsigned int known)
{
	if (known & KNOWN(SVANIC_RX_IPV4_SUM_CHECKED))
		return RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN;
	return RTE_PTYPE_L2_ETHER;
}

static struct {
	uint64_t flags;
	uint32_t type;
} meaning[KNOWN_MASK + 1];

RTE_INIT(svanic_rx_fill_meaning)
{
	unsigned int known;

	for (known = 0; known <= KNOWN_MASK; known++) {
		meaning[known].flags = flags_of(known);
		meaning[known].type = type_of(known);
	}
}

static inline uint64_t
read_word(const struct svanic_rx_queue *queue, uint32_t count)
{
	return rte_le_to_cpu_64(__atomic_load_n(
		&queue->ring[count & queue->mask].words[1], __ATOMIC_RELAXED));
}

static inline uint16_t
length_in(uint64_t word)
{
	return word & 0xffff;
}

static inline uint16_t
status_in(uint64_t word)
{
	return (word >> 16) & 0xffff;
}

static inline uint32_t
hash_in(uint64_t word)
{
	return word >> 32;
}

static inline void
give(struct svanic_rx_queue *queue, uint32_t place)
{
	union svanic_descriptor *descriptor = &queue->ring[place];

	descriptor->words[0] = rte_cpu_to_le_64(
		svanic_mbuf_address(queue->mbufs[place], queue->address) +
		RTE_PKTMBUF_HEADROOM);
	descriptor->words[1] = rte_cpu_to_le_64(queue->buffer);
}

/* Fills `count` places that lie side by side; false when the pool has too few mbufs. */
static inline bool
fill_run(struct svanic_rx_queue *queue, uint32_t count)
{
	uint32_t place = queue->given & queue->mask, end = place + count;

	if (unlikely(rte_mempool_get_bulk(queue->pool,
			     (void **)&queue->mbufs[place], count) != 0)) {
		queue->counters->no_mbufs += !queue->starved;
		queue->starved = true;
		return false;
	}
	queue->starved = false;
	queue->given += count;
	for (; place < end; place++)
		give(queue, place);
	return true;
}

void
svanic_rx_ring_doorbell(struct svanic_rx_queue *queue)
{
	rte_io_wmb();
	rte_write32_relaxed(rte_cpu_to_le_32(queue->given), queue->doorbell);
}

/*
 * In runs of at_least, so that a pool that has as many to spare can always serve one.
 * One doorbell for all; none for nothing.
 */
static inline void
refill(struct svanic_rx_queue *queue)
{
	uint32_t before = queue->given, empty, run;

	for (;;) {
		empty = queue->mask + 1 - (queue->given - queue->taken);
		if (empty < queue->at_least)
			break;
		run = queue->mask + 1 - (queue->given & queue->mask);
		if (!fill_run(queue, RTE_MIN(run, (uint32_t)queue->at_least)))
			break;
	}
	if (queue->given != before)
		svanic_rx_ring_doorbell(queue);
}

int
svanic_rx_fill(struct svanic_rx_queue *queue)
{
	struct rte_mbuf model;

	memset(&model, 0, sizeof(model));
	model.data_off = RTE_PKTMBUF_HEADROOM;
	model.nb_segs = 1;
	model.port = queue->port;
	rte_mbuf_refcnt_set(&model, 1);
	memcpy(&queue->rearm, (const char *)&model + REARM,
		sizeof(queue->rearm));
	svanic_rx_drain(queue);
	queue->starved = false;
	queue->taken = 0;
	queue->given = 0;
	return fill_run(queue, queue->mask + 1) ? 0 : -ENOMEM;
}

/* The device counts them as received; those with an error it counts as lost. */
static void
count_dropped(struct svanic_rx_queue *queue)
{
	uint64_t word, bytes = 0;
	uint32_t count;

	if (queue->first != NULL)
		bytes = queue->first->pkt_len;

	for (count = queue->taken; count != queue->given; count++) {
		word = read_word(queue, count);
		if (!(status_in(word) & SVANIC_RX_DONE))
			break;
		bytes += length_in(word);
		if (!(status_in(word) & SVANIC_RX_END))
			continue;
		if (!(status_in(word) & ERROR_BITS)) {
			queue->counters->dropped++;
			queue->counters->dropped_bytes += bytes;
		}
		bytes = 0;
	}
}

void
svanic_rx_drain(struct svanic_rx_queue *queue)
{
	count_dropped(queue);
	for (; queue->taken != queue->given; queue->taken++)
		rte_pktmbuf_free_seg(queue->mbufs[queue->taken & queue->mask]);
	rte_pktmbuf_free(queue->first);
	queue->first = NULL;
}

void
svanic_rx_abandon(struct svanic_rx_queue *queue)
{
	queue->taken = queue->given;
	rte_pktmbuf_free(queue->first); /* these it has done with */
	queue->first = NULL;
}

static inline void
begin_mbuf(const struct svanic_rx_queue *queue, struct rte_mbuf *mbuf,
	uint16_t length)
{
	memcpy((char *)mbuf + REARM, &queue->rearm, sizeof(queue->rearm));
	mbuf->data_len = length;
	mbuf->pkt_len = length;
}

static inline void
describe_frame(struct rte_mbuf *mbuf, uint64_t word)
{
	unsigned int known = (status_in(word) >> KNOWN_SHIFT) & KNOWN_MASK;

	mbuf->ol_flags = meaning[known].flags;
	mbuf->packet_type = meaning[known].type;
	mbuf->hash.rss = hash_in(word);
}

/* A frame that the device could not write, or has written into too small a buffer. */
static void
lose_frame(struct svanic_rx_queue *queue, struct rte_mbuf *mbuf, uint64_t word)
{
	unsigned int code = status_in(word) >> SVANIC_ERROR_SHIFT;

	queue->counters->errors[code != 0 ? code : SVANIC_ERROR_MALFORMED]++;
	begin_mbuf(queue, mbuf, 0);
	rte_pktmbuf_free_seg(mbuf);
	rte_pktmbuf_free(queue->first);
	queue->first = NULL;
}

uint16_t
svanic_rx_burst(void *opaque, struct rte_mbuf **mbufs, uint16_t capacity)
{
	struct svanic_rx_queue *queue = opaque;
	uint32_t taken = queue->taken;
	struct rte_mbuf *mbuf;
	uint16_t count = 0;
	uint64_t word;

	while (count < capacity && taken != queue->given) {
		word = read_word(queue, taken);
		if (!(status_in(word) & SVANIC_RX_DONE))
			break;
		mbuf = queue->mbufs[taken & queue->mask];
		taken++;
		rte_prefetch0(queue->mbufs[taken & queue->mask]);
		if (unlikely((status_in(word) & (ERROR_BITS | SVANIC_RX_END)) !=
			    SVANIC_RX_END)) {
			lose_frame(queue, mbuf, word);
			continue;
		}
		begin_mbuf(queue, mbuf, length_in(word));
		describe_frame(mbuf, word);
		mbufs[count++] = mbuf;
	}
	/* The frames' bytes are read after the words that told of them. */
	rte_io_rmb();
	queue->taken = taken;
	refill(queue);
	return count;
}

static inline void
append(struct svanic_rx_queue *queue, struct rte_mbuf *mbuf)
{
	if (queue->first == NULL) {
		queue->first = mbuf;
	} else {
		queue->last->next = mbuf;
		queue->first->nb_segs++;
		queue->first->pkt_len += mbuf->data_len;
	}
	queue->last = mbuf;
}

uint16_t
svanic_rx_burst_scattered(
	void *opaque, struct rte_mbuf **mbufs, uint16_t capacity)
{
	struct svanic_rx_queue *queue = opaque;
	uint32_t taken = queue->taken;
	struct rte_mbuf *mbuf;
	uint16_t count = 0;
	uint64_t word;

	while (count < capacity && taken != queue->given) {
		word = read_word(queue, taken);
		if (!(status_in(word) & SVANIC_RX_DONE))
			break;
		mbuf = queue->mbufs[taken & queue->mask];
		taken++;
		rte_prefetch0(queue->mbufs[taken & queue->mask]);
		if (unlikely(status_in(word) & ERROR_BITS)) {
			lose_frame(queue, mbuf, word);
			continue;
		}
		begin_mbuf(queue, mbuf, length_in(word));
		append(queue, mbuf);
		if (!(status_in(word) & SVANIC_RX_END))
			continue;
		describe_frame(queue->first, word);
		mbufs[count++] = queue->first;
		queue->first = NULL;
	}
	rte_io_rmb();
	queue->taken = taken;
	refill(queue);
	return count;
}

static bool
is_done(const struct svanic_rx_queue *queue, uint32_t count)
{
	return status_in(read_word(queue, count)) & SVANIC_RX_DONE;
}

/* The device gives descriptors back in order: those that are done come first. */
svanic_count_t
svanic_rx_count(void *opaque)
{
	const struct svanic_rx_queue *queue = opaque;
	uint32_t done = 0, undone = queue->given - queue->taken, middle;

	while (done != undone) {
		middle = done + (undone - done) / 2;
		if (is_done(queue, queue->taken + middle))
			done = middle + 1;
		else
			undone = middle;
	}
	return done;
}

int
svanic_rx_status(void *opaque, uint16_t offset)
{
	const struct svanic_rx_queue *queue = opaque;

	if (offset > queue->mask)
		return -EINVAL;
	if (offset >= queue->given - queue->taken)
		return RTE_ETH_RX_DESC_UNAVAIL;
	return is_done(queue, queue->taken + offset) ? RTE_ETH_RX_DESC_DONE
						     : RTE_ETH_RX_DESC_AVAIL;
}
