/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A device that writes anything into its transmit ring and into HEAD: each packet that was
 * accepted goes back to its pool once, and no call lasts for ever.
 */

#include <string.h>

#include <rte_ethdev.h>

#include "fake_eal.h"
#include "fuzz.h"
#include "svanic_hardware.h"
#include "svanic_queue.h"
#include "unit.h"

#define RING 32
#define MBUFS 128
#define BURST 8
#define STEP_BYTES 10
#define REPORT_AFTER 4

static struct rte_mempool *pool;
static union svanic_descriptor ring[RING];
static struct rte_mbuf *places[RING + SVANIC_SPARE_PLACES];
static uint32_t reports[RING];
static struct svanic_tx_counters counters;
static uint8_t registers[SVANIC_REGISTERS_SIZE] __attribute__((aligned(64)));
static struct svanic_hardware hardware = { .registers = registers,
	.name = "svanic" };
static uint32_t changes;

static void
stop(void)
{
	small_eal_stop(NULL);
}

static void
start(struct svanic_tx_queue *queue)
{
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	if (pool == NULL) {
		FUZZ_CHECK(small_eal_start(NULL) == 0);
		atexit(stop);
		pool = rte_pktmbuf_pool_create(
			"tx", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
		FUZZ_CHECK(pool != NULL);
	}
	memset(queue, 0, sizeof(*queue));
	memset(registers, 0, sizeof(registers));
	memset(places, 0, sizeof(places));
	memset(ring, 0, sizeof(ring));
	queue->counters = &counters;
	queue->changes.reported = &changes;
	queue->ring = ring;
	queue->mbufs = places;
	queue->reports = reports;
	queue->hardware = &hardware;
	queue->doorbell =
		&registers[svanic_queue_at(0, SVANIC_TX) + SVANIC_QUEUE_TAIL];
	queue->mask = RING - 1;
	queue->report_after = REPORT_AFTER;
	queue->free_below = RING / 2;
	queue->segments_max = 8;
	queue->address = offsetof(struct rte_mbuf, buf_addr);
	svanic_tx_begin(queue);
	queue->runs = true;
}

static void
send_packet(struct svanic_tx_queue *queue, unsigned int segments)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t i, sent;

	for (i = 0; i < segments; i++) {
		mbufs[i] = rte_pktmbuf_alloc(pool);
		FUZZ_CHECK(mbufs[i] != NULL);
		rte_pktmbuf_append(mbufs[i], 60);
		if (i > 0)
			FUZZ_CHECK(rte_pktmbuf_chain(mbufs[0], mbufs[i]) == 0);
	}
	sent = svanic_tx_burst(queue, mbufs, 1);
	if (sent == 0)
		rte_pktmbuf_free(mbufs[0]);
}

static void
check(const struct svanic_tx_queue *queue)
{
	FUZZ_CHECK(queue->next - queue->done <= RING);
	FUZZ_CHECK(rte_mempool_in_use_count(pool) == queue->next - queue->done);
}

/* What the device writes, and then a call of the program. */
static void
step(struct svanic_tx_queue *queue, const uint8_t *bytes)
{
	uint32_t head = queue->done + bytes[1] % (2 * RING);

	memcpy(&ring[bytes[0] % RING].words[1], bytes + 2, sizeof(uint64_t));
	if (bytes[0] & 0x20)
		memcpy(&registers[svanic_queue_at(0, SVANIC_TX) +
			       SVANIC_QUEUE_HEAD],
			&head, sizeof(head));
	switch (bytes[0] >> 6) {
	case 0:
	case 1:
		send_packet(queue, 1 + bytes[1] % 4);
		break;
	case 2:
		svanic_tx_done_cleanup(queue, bytes[1] % 8);
		break;
	case 3:
		svanic_tx_status(queue, bytes[1] % (RING + 1));
		break;
	}
	check(queue);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct svanic_tx_queue queue;

	start(&queue);
	for (; size >= STEP_BYTES; size -= STEP_BYTES) {
		step(&queue, data);
		data += STEP_BYTES;
	}
	svanic_tx_drain(&queue);
	FUZZ_CHECK(rte_mempool_avail_count(pool) == MBUFS);
	return 0;
}
