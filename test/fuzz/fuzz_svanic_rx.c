/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A device that writes anything as the second word of its receive descriptors: no frame is
 * larger than the buffers that it is in, each buffer is given out or back once, and the doorbell
 * tells of those that the ring has.
 */

#include <string.h>

#include <rte_ethdev.h>

#include "fake_eal.h"
#include "fuzz.h"
#include "svanic_queue.h"
#include "unit.h"

#define RING 32
#define SPARE 32
#define BUFFER 256
#define BATCH 8
#define BURST 16
#define WORD_BYTES 9

static struct rte_mempool *pool;
static union svanic_descriptor ring[RING];
static struct rte_mbuf *places[RING + SVANIC_SPARE_PLACES];
static struct svanic_rx_counters counters;
static uint32_t doorbell, changes;

static void
stop(void)
{
	small_eal_stop(NULL);
}

static void
start(struct svanic_rx_queue *queue)
{
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	if (pool == NULL) {
		FUZZ_CHECK(small_eal_start(NULL) == 0);
		atexit(stop);
		pool = rte_pktmbuf_pool_create("rx", RING + SPARE, 0, 0,
			BUFFER + RTE_PKTMBUF_HEADROOM, 0);
		FUZZ_CHECK(pool != NULL);
	}
	memset(queue, 0, sizeof(*queue));
	memset(&counters, 0, sizeof(counters));
	queue->counters = &counters;
	queue->changes.reported = &changes;
	queue->ring = ring;
	queue->mbufs = places;
	queue->doorbell = &doorbell;
	queue->pool = pool;
	queue->mask = RING - 1;
	queue->at_least = BATCH;
	queue->buffer = BUFFER;
	queue->address = offsetof(struct rte_mbuf, buf_addr);
	FUZZ_CHECK(svanic_rx_fill(queue) == 0);
	svanic_rx_ring_doorbell(queue);
}

/* What a program is given, it reads. */
static void
check_frame(const struct rte_mbuf *frame)
{
	const struct rte_mbuf *mbuf;
	unsigned int segments = 0;
	uint32_t length = 0;
	const char *why;

	for (mbuf = frame; mbuf != NULL; mbuf = mbuf->next) {
		FUZZ_CHECK(mbuf->data_len <= BUFFER);
		length += mbuf->data_len;
		segments++;
	}
	FUZZ_CHECK(length == frame->pkt_len && segments == frame->nb_segs);
	FUZZ_CHECK(frame->nb_segs <= RING);
	FUZZ_CHECK(rte_mbuf_check(frame, 1, &why) == 0);
}

static void
receive(struct svanic_rx_queue *queue, bool scattered, unsigned int most)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count, i;

	FUZZ_CHECK(svanic_rx_count(queue) <= (svanic_count_t)RING);
	count = scattered ? svanic_rx_burst_scattered(queue, mbufs, most)
			  : svanic_rx_burst(queue, mbufs, most);
	FUZZ_CHECK(count <= most);
	for (i = 0; i < count; i++)
		check_frame(mbufs[i]);
	rte_pktmbuf_free_bulk(mbufs, count);
	FUZZ_CHECK(doorbell == queue->given);
	FUZZ_CHECK(queue->given - queue->taken <= RING);
}

/* The first byte: which descriptor; in some cases the program receives. */
static void
step(struct svanic_rx_queue *queue, bool scattered, const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes + 1, sizeof(word));
	ring[bytes[0] % RING].words[1] = word;
	if (bytes[0] & 0x80)
		receive(queue, scattered, 1 + (bytes[0] & 0x60) / 0x20 * 5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct svanic_rx_queue queue;
	const bool scattered = size > 0 && data[0] % 2;

	if (size == 0)
		return 0;
	start(&queue);
	for (data++, size--; size >= WORD_BYTES; size -= WORD_BYTES) {
		step(&queue, scattered, data);
		data += WORD_BYTES;
	}
	receive(&queue, scattered, BURST);
	svanic_rx_drain(&queue);
	FUZZ_CHECK(rte_mempool_avail_count(pool) == RING + SPARE);
	return 0;
}
