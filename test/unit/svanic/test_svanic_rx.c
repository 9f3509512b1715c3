/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Receiving, against a stand-in of the device: order, bytes, wrap-around, pools that
 * are empty, errors, how often the doorbell is rung; and that no mbuf gets lost.
 *
 * Must not know: how queues are set up.
 */

#include <string.h>

#include "svanic_stand_in.h"

#include "../../../drivers/net/svanic/svanic_rx.c"

#include "fake_eal.h"
#include "unit.h"

#define RING 64
#define SPARE 64
#define BUFFER 256
#define BATCH 16

static struct rte_mempool *pool;
static struct rte_mbuf *places[RING + SVANIC_SPARE_PLACES];
static struct svanic_rx_counters counters;
static struct svanic_rx_queue queue;

const char *svanic_error_text(unsigned int code);

/* With sva=1: changes of the process's memory. */
static uint32_t changes_reported;
static unsigned int followed;
static int follow_result;

static int
follow(void *argument __rte_unused)
{
	assert_int_equal(stand_in.doorbells, 0); /* nothing was given before */
	followed++;
	return follow_result;
}

static int
setup(void **state __rte_unused)
{
	if (pool == NULL)
		pool = rte_pktmbuf_pool_create("rx", RING + SPARE, 0, 0,
			BUFFER + RTE_PKTMBUF_HEADROOM, 0);
	assert_non_null(pool);
	stand_in_start(SVANIC_RX, RING);
	memset(&queue, 0, sizeof(queue));
	memset(&counters, 0, sizeof(counters));
	queue.counters = &counters;
	changes_reported = 0;
	followed = 0;
	follow_result = 0;
	queue.changes = (struct svanic_changes){ .reported = &changes_reported,
		.follow = follow };
	queue.ring = (union svanic_descriptor *)stand_in.ring;
	queue.mbufs = places;
	queue.doorbell =
		&stand_in.registers[SVANIC_PAIR(0) + SVANIC_QUEUE_TAIL];
	queue.pool = pool;
	queue.mask = RING - 1;
	queue.at_least = BATCH;
	queue.buffer = BUFFER;
	queue.address = offsetof(struct rte_mbuf, buf_addr);
	queue.port = 7;
	assert_int_equal(svanic_rx_fill(&queue), 0);
	svanic_rx_ring_doorbell(&queue);
	stand_in.doorbells = 0;
	return 0;
}

/* Whatever a test has done, all mbufs are back in the pool. */
static int
teardown(void **state __rte_unused)
{
	svanic_rx_drain(&queue);
	assert_int_equal(rte_mempool_avail_count(pool), RING + SPARE);
	return 0;
}

static void
check_bytes(const struct rte_mbuf *mbuf, uint32_t length, uint8_t first)
{
	const uint8_t *bytes;
	uint16_t i;

	assert_int_equal(mbuf->pkt_len, length);
	for (; mbuf != NULL; mbuf = mbuf->next) {
		bytes = rte_pktmbuf_mtod(mbuf, const uint8_t *);
		for (i = 0; i < mbuf->data_len; i++)
			assert_int_equal(bytes[i], first++);
		length -= mbuf->data_len;
	}
	assert_int_equal(length, 0);
}

static void
nothing_received_is_nothing_rung(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[8];

	assert_int_equal(svanic_rx_burst(&queue, mbufs, 8), 0);
	assert_int_equal(stand_in.doorbells, 0);
	assert_int_equal(stand_in_waiting(), RING);
}

static void
a_frame_is_an_mbuf_with_all_its_fields(void **state __rte_unused)
{
	struct rte_mbuf *mbuf = NULL;

	stand_in_receive(100, 3,
		SVANIC_RX_IPV4_SUM_CHECKED | SVANIC_RX_L4_SUM_CHECKED |
			SVANIC_RX_L4_SUM_WRONG | SVANIC_RX_HASHED,
		0x12345678);
	assert_int_equal(svanic_rx_burst(&queue, &mbuf, 1), 1);
	check_bytes(mbuf, 100, 3);
	assert_int_equal(mbuf->nb_segs, 1);
	assert_int_equal(mbuf->port, 7);
	assert_int_equal(mbuf->data_off, RTE_PKTMBUF_HEADROOM);
	assert_int_equal(rte_mbuf_refcnt_read(mbuf), 1);
	assert_null(mbuf->next);
	assert_int_equal(mbuf->hash.rss, 0x12345678);
	assert_int_equal(mbuf->ol_flags,
		RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD |
			RTE_MBUF_F_RX_RSS_HASH);
	assert_true(RTE_ETH_IS_IPV4_HDR(mbuf->packet_type));
	rte_pktmbuf_free(mbuf);
}

#define MANY 11

/* As of frame number i of the test below. */
static void
check_one_of_many(struct rte_mbuf *mbuf, unsigned int i)
{
	const uint64_t flags[] = { RTE_MBUF_F_RX_IP_CKSUM_GOOD,
		RTE_MBUF_F_RX_L4_CKSUM_GOOD, RTE_MBUF_F_RX_RSS_HASH };

	check_bytes(mbuf, 60 + i, i);
	assert_int_equal(mbuf->data_len, 60 + i);
	assert_int_equal(mbuf->nb_segs, 1);
	assert_int_equal(mbuf->port, 7);
	assert_int_equal(mbuf->data_off, RTE_PKTMBUF_HEADROOM);
	assert_int_equal(mbuf->hash.rss, 0x1000 + i);
	assert_int_equal(mbuf->ol_flags, flags[i % 3]);
}

/* A burst works on several descriptors at once; one of them, or none, is of a lost frame. */
static void
each_of_many_frames_has_its_own_fields(void **state __rte_unused)
{
	const uint16_t status[] = { SVANIC_RX_IPV4_SUM_CHECKED,
		SVANIC_RX_L4_SUM_CHECKED, SVANIC_RX_HASHED };
	struct rte_mbuf *mbufs[MANY];
	unsigned int i, k, lost, received;

	for (lost = 0; lost <= MANY; lost++) {
		for (i = 0; i < MANY; i++) {
			if (i == lost)
				stand_in_receive_error(0, SVANIC_ERROR_NO_PAGE);
			else
				stand_in_receive(
					60 + i, i, status[i % 3], 0x1000 + i);
		}
		received = lost < MANY ? MANY - 1 : MANY;
		assert_int_equal(
			svanic_rx_burst(&queue, mbufs, MANY), received);
		for (i = 0, k = 0; i < MANY; i++)
			if (i != lost)
				check_one_of_many(mbufs[k++], i);
		rte_pktmbuf_free_bulk(mbufs, received);
	}
	assert_int_equal(counters.errors[SVANIC_ERROR_NO_PAGE], MANY);
}

static void
packet_types_are_what_the_device_says(void **state __rte_unused)
{
	static const struct {
		uint16_t status;
		uint32_t type;
	} kinds[] = {
		{ SVANIC_KIND_IPV4 << SVANIC_RX_KIND_SHIFT,
			RTE_PTYPE_L3_IPV4_EXT_UNKNOWN },
		{ SVANIC_KIND_IPV4_UDP << SVANIC_RX_KIND_SHIFT |
				SVANIC_RX_IPV4_SUM_CHECKED,
			RTE_PTYPE_L3_IPV4_EXT_UNKNOWN | RTE_PTYPE_L4_UDP },
		{ SVANIC_KIND_IPV6_TCP << SVANIC_RX_KIND_SHIFT,
			RTE_PTYPE_L3_IPV6_EXT_UNKNOWN | RTE_PTYPE_L4_TCP },
		{ SVANIC_KIND_IPV6 << SVANIC_RX_KIND_SHIFT,
			RTE_PTYPE_L3_IPV6_EXT_UNKNOWN },
	};
	struct rte_mbuf *mbuf = NULL;
	unsigned int i;

	for (i = 0; i < RTE_DIM(kinds); i++) {
		stand_in_receive(60, 0, kinds[i].status, 0);
		assert_int_equal(svanic_rx_burst(&queue, &mbuf, 1), 1);
		assert_int_equal(
			mbuf->packet_type, RTE_PTYPE_L2_ETHER | kinds[i].type);
		rte_pktmbuf_free(mbuf);
	}
}

/* A pool with pinned external buffers wants its mbufs back with this flag. */
static void
the_pools_flags_are_every_mbufs(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[6];
	unsigned int i;

	queue.flags = RTE_MBUF_F_EXTERNAL;
	for (i = 0; i < 5; i++)
		stand_in_receive(60, i, SVANIC_RX_HASHED, 0);
	assert_int_equal(svanic_rx_burst(&queue, mbufs, 5), 5);
	stand_in_receive(2 * BUFFER, 0, 0, 0);
	assert_int_equal(svanic_rx_burst_scattered(&queue, mbufs + 5, 1), 1);
	for (i = 0; i < 5; i++)
		assert_int_equal(mbufs[i]->ol_flags,
			RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_RX_RSS_HASH);
	assert_int_equal(mbufs[5]->ol_flags, RTE_MBUF_F_EXTERNAL);
	assert_int_equal(mbufs[5]->next->ol_flags, RTE_MBUF_F_EXTERNAL);
	mbufs[5]->next->ol_flags = 0; /* they are ordinary ones */
	for (i = 0; i < 6; i++) {
		mbufs[i]->ol_flags = 0;
		rte_pktmbuf_free(mbufs[i]);
	}
}

static void
sums_that_were_not_checked_are_not_told_of(void **state __rte_unused)
{
	struct rte_mbuf *mbuf = NULL;

	stand_in_receive(60, 0, SVANIC_RX_IPV4_SUM_WRONG, 5);
	assert_int_equal(svanic_rx_burst(&queue, &mbuf, 1), 1);
	assert_int_equal(mbuf->ol_flags, 0);
	assert_int_equal(mbuf->packet_type, RTE_PTYPE_L2_ETHER);
	rte_pktmbuf_free(mbuf);
}

/* Three times around the ring, in bursts that divide neither the ring nor the batch. */
static void
frames_come_in_order_around_the_ring(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[7];
	uint16_t count, i;
	uint8_t sent = 0, got = 0;
	unsigned int total = 0;

	while (total < 3 * RING) {
		for (i = 0; i < 5; i++, sent++)
			stand_in_receive(60 + sent % 100, sent, 0, 0);
		count = svanic_rx_burst(&queue, mbufs, 7);
		for (i = 0; i < count; i++, got++) {
			check_bytes(mbufs[i], 60 + got % 100, got);
			rte_pktmbuf_free(mbufs[i]);
		}
		total += count;
	}
	assert_int_equal(got, sent);
	/* No more often than a batch of places was empty. */
	assert_true(stand_in.doorbells <= total / BATCH);
}

static void
a_burst_takes_no_more_than_was_asked_for(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[RING];
	unsigned int i;

	for (i = 0; i < 20; i++)
		stand_in_receive(60, i, 0, 0);
	assert_int_equal(svanic_rx_count(&queue), 20);
	assert_int_equal(svanic_rx_status(&queue, 19), RTE_ETH_RX_DESC_DONE);
	assert_int_equal(svanic_rx_status(&queue, 20), RTE_ETH_RX_DESC_AVAIL);
	assert_int_equal(svanic_rx_burst(&queue, mbufs, 10), 10);
	assert_int_equal(
		svanic_rx_status(&queue, RING - 10), RTE_ETH_RX_DESC_UNAVAIL);
	assert_int_equal(svanic_rx_count(&queue), 10);
	assert_int_equal(stand_in.reads, 0);
	assert_int_equal(stand_in.doorbells, 0);
	assert_int_equal(svanic_rx_burst(&queue, mbufs + 10, RING), 10);
	assert_int_equal(stand_in.doorbells, 1); /* 20 are empty, 16 filled */
	assert_int_equal(stand_in_waiting(), RING - 4);
	rte_pktmbuf_free_bulk(mbufs, 20);
}

/* What was there before is not received again while its places are empty. */
static void
without_mbufs_the_queue_waits_and_goes_on(void **state __rte_unused)
{
	struct rte_mbuf *kept[SPARE], *mbufs[2 * RING];
	unsigned int i, count = 0;

	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, kept, SPARE), 0);
	for (i = 0; i < RING; i++)
		stand_in_receive(60, i, 0, 0);
	while (count < RING)
		count += svanic_rx_burst(&queue, mbufs + count, 24);
	assert_int_equal(stand_in_waiting(), 0);
	assert_int_equal(counters.no_mbufs, 1);
	assert_int_equal(svanic_rx_burst(&queue, mbufs + count, 24), 0);
	assert_int_equal(stand_in.doorbells, 0);
	assert_int_equal(counters.no_mbufs, 1); /* polls are not counted */

	rte_pktmbuf_free_bulk(kept, BATCH + 1);
	assert_int_equal(svanic_rx_burst(&queue, mbufs + count, 24), 0);
	assert_int_equal(stand_in.doorbells, 1);
	assert_int_equal(stand_in_waiting(), BATCH);
	assert_int_equal(counters.no_mbufs, 2); /* it ran out again */
	stand_in_receive(80, 200, 0, 0);
	assert_int_equal(svanic_rx_burst(&queue, mbufs + count, 24), 1);
	check_bytes(mbufs[count], 80, 200);
	rte_pktmbuf_free_bulk(mbufs, count + 1);
	rte_pktmbuf_free_bulk(kept + BATCH + 1, SPARE - BATCH - 1);
}

static void
a_lost_frame_is_counted_and_its_mbuf_comes_back(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[4];

	stand_in_receive(60, 1, 0, 0);
	stand_in_receive_error(0, SVANIC_ERROR_NO_PAGE);
	stand_in_receive_error(0, SVANIC_ERROR_REFUSED);
	stand_in_receive(60, 2, 0, 0);
	assert_int_equal(svanic_rx_burst(&queue, mbufs, 4), 2);
	check_bytes(mbufs[0], 60, 1);
	check_bytes(mbufs[1], 60, 2);
	assert_int_equal(counters.errors[SVANIC_ERROR_NO_PAGE], 1);
	assert_int_equal(counters.errors[SVANIC_ERROR_REFUSED], 1);
	assert_int_equal(rte_mempool_avail_count(pool), SPARE + 2);
	rte_pktmbuf_free_bulk(mbufs, 2);
}

/* As a device would that is broken or hostile. */
static void
write_back_length(unsigned int place, uint16_t length, uint16_t status)
{
	stand_in.ring[2 * place + 1] = length |
		(uint64_t)(SVANIC_RX_DONE | status) << 16;
}

/* Nobody reads behind a buffer because the device says that the frame goes on there. */
static void
a_frame_longer_than_its_buffer_is_lost(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		write_back_length(
			i, i == 5 ? BUFFER + 1 : BUFFER, SVANIC_RX_END);
	stand_in.head = 8;
	assert_int_equal(svanic_rx_burst(&queue, mbufs, 8), 7);
	for (i = 0; i < 7; i++)
		assert_int_equal(mbufs[i]->data_len, BUFFER);
	assert_int_equal(counters.errors[SVANIC_ERROR_MALFORMED], 1);
	rte_pktmbuf_free_bulk(mbufs, 7);

	write_back_length(8, BUFFER + 1, 0);
	write_back_length(9, 60, SVANIC_RX_END);
	stand_in.head = 10;
	assert_int_equal(svanic_rx_burst_scattered(&queue, mbufs, 8), 1);
	assert_int_equal(mbufs[0]->pkt_len, 60);
	assert_int_equal(counters.errors[SVANIC_ERROR_MALFORMED], 2);
	rte_pktmbuf_free(mbufs[0]);
}

/* A frame without an end would take all mbufs of the pool. */
static void
a_frame_longer_than_the_ring_is_lost(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[8];
	unsigned int i;

	for (i = 0; i < RING; i++)
		write_back_length(i, 60, 0);
	stand_in.head = RING;
	assert_int_equal(svanic_rx_burst_scattered(&queue, mbufs, 8), 0);
	write_back_length(0, 60, 0);
	stand_in.head = RING + 1;
	assert_int_equal(svanic_rx_burst_scattered(&queue, mbufs, 8), 0);
	assert_int_equal(counters.errors[SVANIC_ERROR_MALFORMED], 1);
	assert_null(queue.first);
}

static void
large_frames_are_chains(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[4];

	stand_in_receive(3 * BUFFER + 1, 9, SVANIC_RX_HASHED, 77);
	stand_in_receive(BUFFER, 4, 0, 0);
	assert_int_equal(svanic_rx_burst_scattered(&queue, mbufs, 4), 2);
	assert_int_equal(mbufs[0]->nb_segs, 4);
	check_bytes(mbufs[0], 3 * BUFFER + 1, 9);
	assert_int_equal(mbufs[0]->hash.rss, 77);
	assert_int_equal(mbufs[0]->ol_flags, RTE_MBUF_F_RX_RSS_HASH);
	assert_int_equal(mbufs[1]->nb_segs, 1);
	check_bytes(mbufs[1], BUFFER, 4);
	rte_pktmbuf_free_bulk(mbufs, 2);
}

/* The device is in the middle of a frame when the burst looks, and at a ring's end. */
static void
a_chain_can_come_in_parts(void **state __rte_unused)
{
	uint64_t *second, word;
	struct rte_mbuf *mbufs[4];
	unsigned int i, around;

	for (around = 0; around < RING + 3; around++) {
		i = (stand_in.head + 1) & (RING - 1);
		second = &stand_in.ring[2 * i + 1];
		stand_in_receive(2 * BUFFER, around, 0, 0);
		word = *second;
		*second = BUFFER; /* as it was before */
		assert_int_equal(
			svanic_rx_burst_scattered(&queue, mbufs, 4), 0);
		*second = word;
		assert_int_equal(
			svanic_rx_burst_scattered(&queue, mbufs, 4), 1);
		check_bytes(mbufs[0], 2 * BUFFER, around);
		rte_pktmbuf_free(mbufs[0]);
	}
}

static void
a_chain_that_is_lost_comes_back_whole(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[4];

	stand_in_receive_error(2, SVANIC_ERROR_NO_ANSWER);
	stand_in_receive(BUFFER + 1, 1, 0, 0);
	assert_int_equal(svanic_rx_burst_scattered(&queue, mbufs, 4), 1);
	check_bytes(mbufs[0], BUFFER + 1, 1);
	assert_int_equal(counters.errors[SVANIC_ERROR_NO_ANSWER], 1);
	rte_pktmbuf_free(mbufs[0]);
}

static void
half_a_chain_is_drained(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[4];
	uint64_t *second = &stand_in.ring[3];

	stand_in_receive(2 * BUFFER, 0, 0, 0);
	*second = BUFFER;
	assert_int_equal(svanic_rx_burst_scattered(&queue, mbufs, 4), 0);
	assert_non_null(queue.first); /* teardown looks for it */
}

/* Those in the ring, whole and without an error; the last has no end yet. */
static void
frames_that_nobody_took_are_counted(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[1];

	stand_in_receive(60, 0, 0, 0);
	stand_in_receive(3 * BUFFER, 0, 0, 0);
	stand_in_receive_error(1, SVANIC_ERROR_NO_PAGE);
	stand_in_receive(60, 1, 0, 0);
	stand_in_receive(2 * BUFFER, 0, 0, 0);
	stand_in.ring[2 * (stand_in.head - 1) + 1] = BUFFER;
	assert_int_equal(svanic_rx_burst_scattered(&queue, mbufs, 1), 1);
	svanic_rx_drain(&queue);
	assert_int_equal(counters.dropped, 2);
	assert_int_equal(counters.dropped_bytes, 3 * BUFFER + 60);
	svanic_rx_drain(&queue);
	assert_int_equal(counters.dropped, 2);
	rte_pktmbuf_free(mbufs[0]);
}

/* Polls fill the ring of a queue that is off; its start gives these mbufs back. */
static void
a_queue_that_is_off_can_be_polled(void **state __rte_unused)
{
	struct rte_mbuf *mbuf;

	stand_in_receive(60, 0, 0, 0);
	assert_int_equal(svanic_rx_burst(&queue, &mbuf, 1), 1);
	rte_pktmbuf_free(mbuf);
	stand_in_stop();
	svanic_rx_drain(&queue);
	assert_int_equal(svanic_rx_burst(&queue, &mbuf, 1), 0);
	assert_int_equal(svanic_rx_count(&queue), 0);
	stand_in_start(SVANIC_RX, RING);
	assert_int_equal(svanic_rx_fill(&queue), 0);
	svanic_rx_ring_doorbell(&queue);
	assert_int_equal(rte_mempool_avail_count(pool), SPARE);
	assert_int_equal(counters.dropped, 0);
	stand_in_receive(60, 9, 0, 0);
	assert_int_equal(svanic_rx_burst(&queue, &mbuf, 1), 1);
	check_bytes(mbuf, 60, 9);
	rte_pktmbuf_free(mbuf);
}

static void
descriptors_hold_the_address_that_the_mode_says(void **state __rte_unused)
{
	const struct rte_mbuf *mbuf = places[0];

	assert_int_equal(stand_in.ring[0],
		(uintptr_t)mbuf->buf_addr + RTE_PKTMBUF_HEADROOM);
	svanic_rx_drain(&queue);
	queue.address = offsetof(struct rte_mbuf, buf_iova);
	places[0]->buf_iova += 0x1000000;
	assert_int_equal(svanic_rx_fill(&queue), 0);
	for (unsigned int i = 0; i < RING; i++)
		assert_int_equal(stand_in.ring[2 * i],
			places[i]->buf_iova + RTE_PKTMBUF_HEADROOM);
	((struct rte_mbuf *)(uintptr_t)mbuf)->buf_iova -= 0x1000000;
}

static void
receive_a_batch(void)
{
	struct rte_mbuf *mbufs[BATCH];
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		stand_in_receive(60, i, 0, 0);
	assert_int_equal(svanic_rx_burst(&queue, mbufs, BATCH), BATCH);
	rte_pktmbuf_free_bulk(mbufs, BATCH);
}

static void
changes_are_followed_before_buffers_are_given(void **state __rte_unused)
{
	struct rte_mbuf *mbuf;

	changes_reported++;
	assert_int_equal(svanic_rx_burst(&queue, &mbuf, 1), 0);
	assert_int_equal(followed, 0); /* there is nothing to give */
	receive_a_batch();
	assert_int_equal(followed, 1);
	assert_int_equal(stand_in.doorbells, 1);
	stand_in.doorbells = 0;
	receive_a_batch();
	assert_int_equal(followed, 1);
}

/* What was received is handed out all the same. */
static void
no_buffer_is_given_while_changes_are_not_followed(void **state __rte_unused)
{
	changes_reported++;
	follow_result = -EIO;
	receive_a_batch();
	assert_int_equal(followed, 1);
	assert_int_equal(stand_in.doorbells, 0);
	assert_int_equal(stand_in_waiting(), RING - BATCH);
	follow_result = 0;
	receive_a_batch();
	assert_int_equal(followed, 2);
	assert_int_equal(stand_in_waiting(), RING);
}

/* What rte_power_monitor() asks before a thread sleeps. */
static int
may_sleep(void)
{
	struct rte_power_monitor_cond condition = { .addr = NULL };

	assert_int_equal(svanic_rx_monitor(&queue, &condition), 0);
	assert_int_equal(condition.size, sizeof(uint64_t));
	return condition.fn(*(const volatile uint64_t *)condition.addr,
		       condition.opaque) == 0;
}

static void
a_thread_sleeps_until_the_next_descriptor(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[RING], *kept[SPARE + RING];
	unsigned int i;
	uint16_t last;

	for (i = 0; i < RING + 5; i++) { /* also where the ring begins anew */
		assert_true(may_sleep());
		stand_in_receive(60, 0, 0, 0);
		assert_false(may_sleep());
		assert_int_equal(svanic_rx_burst(&queue, mbufs, RING), 1);
		rte_pktmbuf_free(mbufs[0]);
	}
	/* Without mbufs the device has nothing that it could write to: the pool is to be asked. */
	for (i = 0; rte_mempool_get(pool, (void **)&kept[i]) == 0; i++)
		;
	while (stand_in_waiting() > 0)
		stand_in_receive(60, 0, 0, 0);
	last = svanic_rx_burst(&queue, mbufs, RING);
	assert_int_equal(queue.given, queue.taken);
	assert_false(may_sleep());
	rte_pktmbuf_free_bulk(mbufs, last);
	rte_mempool_put_bulk(pool, (void **)kept, i);
}

static void
a_device_that_is_gone_has_nothing(void **state __rte_unused)
{
	memset(stand_in.registers, 0xff, sizeof(stand_in.registers));
	assert_int_equal(svanic_rx_count(&queue), 0);
	assert_int_equal(svanic_rx_status(&queue, 0), RTE_ETH_RX_DESC_AVAIL);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_received_is_nothing_rung),
		TEST(a_frame_is_an_mbuf_with_all_its_fields),
		TEST(each_of_many_frames_has_its_own_fields),
		TEST(packet_types_are_what_the_device_says),
		TEST(the_pools_flags_are_every_mbufs),
		TEST(sums_that_were_not_checked_are_not_told_of),
		TEST(frames_come_in_order_around_the_ring),
		TEST(a_burst_takes_no_more_than_was_asked_for),
		TEST(without_mbufs_the_queue_waits_and_goes_on),
		TEST(a_lost_frame_is_counted_and_its_mbuf_comes_back),
		TEST(a_frame_longer_than_its_buffer_is_lost),
		TEST(a_frame_longer_than_the_ring_is_lost),
		TEST(large_frames_are_chains),
		TEST(a_chain_can_come_in_parts),
		TEST(a_chain_that_is_lost_comes_back_whole),
		TEST(half_a_chain_is_drained),
		TEST(frames_that_nobody_took_are_counted),
		TEST(a_queue_that_is_off_can_be_polled),
		TEST(descriptors_hold_the_address_that_the_mode_says),
		TEST(changes_are_followed_before_buffers_are_given),
		TEST(no_buffer_is_given_while_changes_are_not_followed),
		TEST(a_thread_sleeps_until_the_next_descriptor),
		TEST(a_device_that_is_gone_has_nothing),
	};

	return cmocka_run_group_tests_name(
		"svanic_rx", tests, small_eal_start, small_eal_stop);
}
