/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Sending, against a stand-in of the device: bytes, flags, wrap-around, when mbufs come
 * back, how often the doorbell is rung, errors; and that no mbuf gets lost.
 *
 * Must not know: how queues are set up.
 */

#include <string.h>

#include "svanic_stand_in.h"

#include "../../../drivers/net/svanic/svanic_tx.c"

#include "fake_eal.h"
#include "unit.h"

#define RING 64
#define MBUFS 512
#define ROOM 512
#define REPORT 8

static struct rte_mempool *pool, *other_pool;
static struct rte_mbuf *places[RING];
static uint32_t reports[RING];
static struct svanic_tx_counters counters;
static struct svanic_hardware hardware;
static struct svanic_tx_queue queue;

static struct rte_mempool *
make_pool(const char *name)
{
	struct rte_mempool *made = rte_pktmbuf_pool_create(
		name, MBUFS, 0, 0, ROOM + RTE_PKTMBUF_HEADROOM, 0);

	assert_non_null(made);
	return made;
}

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
	if (pool == NULL) {
		pool = make_pool("tx");
		other_pool = make_pool("other");
	}
	stand_in_start(SVANIC_TX, RING);
	memset(&queue, 0, sizeof(queue));
	memset(&counters, 0, sizeof(counters));
	hardware.registers = stand_in.registers;
	queue.hardware = &hardware;
	queue.counters = &counters;
	changes_reported = 0;
	followed = 0;
	follow_result = 0;
	queue.changes = (struct svanic_changes){ .reported = &changes_reported,
		.follow = follow };
	queue.ring = (union svanic_descriptor *)stand_in.ring;
	queue.mbufs = places;
	queue.reports = reports;
	queue.doorbell = &stand_in.registers[SVANIC_PAIR(0) + SVANIC_TX +
		SVANIC_QUEUE_TAIL];
	queue.mask = RING - 1;
	queue.segments_max = SVANIC_SEGMENTS_MAX;
	queue.report_after = REPORT;
	queue.free_below = RING / 2;
	queue.address = offsetof(struct rte_mbuf, buf_addr);
	svanic_tx_begin(&queue);
	return 0;
}

static int
setup_fast(void **state)
{
	setup(state);
	queue.fast_free = true;
	return 0;
}

/* mbufs in a pool are no chains, and belong to nobody. */
static void
check_pool(struct rte_mempool *one)
{
	struct rte_mbuf *mbufs[MBUFS];
	unsigned int i;

	assert_int_equal(rte_mempool_avail_count(one), MBUFS);
	assert_int_equal(rte_mempool_get_bulk(one, (void **)mbufs, MBUFS), 0);
	for (i = 0; i < MBUFS; i++) {
		assert_null(mbufs[i]->next);
		assert_int_equal(mbufs[i]->nb_segs, 1);
		assert_int_equal(rte_mbuf_refcnt_read(mbufs[i]), 1);
	}
	rte_mempool_put_bulk(one, (void **)mbufs, MBUFS);
}

static int
teardown(void **state __rte_unused)
{
	svanic_tx_drain(&queue);
	check_pool(pool);
	check_pool(other_pool);
	return 0;
}

/* An mbuf, or a chain, whose bytes count up from `first`. */
static struct rte_mbuf *
make_packet(struct rte_mempool *from, unsigned int segments, uint16_t length,
	uint8_t first)
{
	struct rte_mbuf *head = NULL, *mbuf;
	uint8_t *bytes;
	uint16_t i;

	while (segments-- > 0) {
		mbuf = rte_pktmbuf_alloc(from);
		assert_non_null(mbuf);
		bytes = (uint8_t *)rte_pktmbuf_append(mbuf, length);
		for (i = 0; i < length; i++)
			bytes[i] = first++;
		if (head == NULL)
			head = mbuf;
		else
			assert_int_equal(rte_pktmbuf_chain(head, mbuf), 0);
	}
	return head;
}

static void
check_frame(const struct stand_in_frame *frame, uint32_t length, uint8_t first)
{
	uint32_t i;

	assert_int_equal(frame->length, length);
	for (i = 0; i < length; i++)
		assert_int_equal(frame->bytes[i], first++);
}

static uint16_t
send_one(struct rte_mbuf *mbuf)
{
	return svanic_tx_burst(&queue, &mbuf, 1);
}

static void
a_burst_is_one_doorbell(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[20];
	unsigned int i;

	for (i = 0; i < 20; i++)
		mbufs[i] = make_packet(pool, 1, 60 + i, i);
	assert_int_equal(svanic_tx_burst(&queue, mbufs, 20), 20);
	assert_int_equal(stand_in.doorbells, 1);
	assert_int_equal(stand_in_waiting(), 20);
	for (i = 0; i < 20; i++)
		check_frame(stand_in_send(0), 60 + i, i);
	assert_int_equal(svanic_tx_burst(&queue, NULL, 0), 0);
	assert_int_equal(stand_in.doorbells, 1);
}

/* Packets of a burst are looked at several at once; one that is not simple can be any of them. */
static void
one_of_many_packets_can_be_another_kind(void **state __rte_unused)
{
	enum { CHAIN, WITH_SUM, EMPTY, SHARED, KINDS };
	struct rte_mbuf *mbufs[8], *other;
	unsigned int kind, place, i;
	const struct stand_in_frame *frame;

	for (kind = 0; kind < KINDS; kind++) {
		for (place = 0; place < 8; place++) {
			for (i = 0; i < 8; i++)
				mbufs[i] = make_packet(pool,
					i == place && kind == CHAIN ? 2 : 1,
					i == place && kind == EMPTY ? 0 : 70,
					i);
			other = mbufs[place];
			if (kind == WITH_SUM) {
				other->ol_flags = RTE_MBUF_F_TX_IPV4 |
					RTE_MBUF_F_TX_IP_CKSUM;
				other->l2_len = 14;
				other->l3_len = 20;
			}
			if (kind == SHARED)
				rte_mbuf_refcnt_update(other, 1);
			assert_int_equal(svanic_tx_burst(&queue, mbufs, 8), 8);
			for (i = 0; i < 8; i++) {
				if (i == place && kind == EMPTY)
					continue;
				frame = stand_in_send(0);
				check_frame(frame,
					i == place && kind == CHAIN ? 140 : 70,
					i);
				assert_int_equal(
					frame->flags & SVANIC_TX_IPV4_SUM,
					i == place && kind == WITH_SUM
						? SVANIC_TX_IPV4_SUM
						: 0);
			}
			assert_int_equal(stand_in_waiting(), 0);
			svanic_tx_done_cleanup(&queue, 0);
			assert_int_equal(rte_mempool_avail_count(pool),
				MBUFS - (kind == SHARED));
			if (kind == SHARED)
				rte_pktmbuf_free(other);
			assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
		}
	}
	assert_int_equal(counters.refused, 8);
}

/* A device that has sent all keeps no more than what was not reported. */
static void
packets_come_back_around_the_ring(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < 5 * RING; i++) {
		assert_int_equal(send_one(make_packet(pool, 1, 100, i)), 1);
		check_frame(stand_in_send(0), 100, i);
		assert_true(MBUFS - rte_mempool_avail_count(pool) <=
			RING / 2 + REPORT);
	}
}

static void
a_full_ring_takes_no_more(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[RING + 10];
	unsigned int i;

	for (i = 0; i < RING + 10; i++)
		mbufs[i] = make_packet(pool, 1, 60, i);
	assert_int_equal(svanic_tx_burst(&queue, mbufs, RING + 10), RING);
	assert_int_equal(stand_in_waiting(), RING);
	assert_int_equal(svanic_tx_status(&queue, 0), RTE_ETH_TX_DESC_FULL);
	assert_int_equal(svanic_tx_burst(&queue, mbufs + RING, 10), 0);
	assert_int_equal(stand_in.doorbells, 1);

	for (i = 0; i < REPORT; i++)
		stand_in_send(0);
	assert_int_equal(svanic_tx_status(&queue, 0), RTE_ETH_TX_DESC_DONE);
	assert_int_equal(
		svanic_tx_status(&queue, REPORT), RTE_ETH_TX_DESC_FULL);
	assert_int_equal(svanic_tx_burst(&queue, mbufs + RING, 10), REPORT);
	rte_pktmbuf_free_bulk(mbufs + RING + REPORT, 10 - REPORT);
}

/* A read of a register waits for the device: only what will not be reported needs one. */
static void
what_is_reported_is_known_without_the_device(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < REPORT + 2; i++)
		assert_int_equal(send_one(make_packet(pool, 1, 60, i)), 1);
	for (i = 0; i < REPORT + 1; i++)
		stand_in_send(0);
	assert_int_equal(svanic_tx_status(&queue, RING - REPORT - 2),
		RTE_ETH_TX_DESC_DONE);
	assert_int_equal(
		svanic_tx_status(&queue, RING - 3), RTE_ETH_TX_DESC_DONE);
	assert_int_equal(stand_in.reads, 0);
	assert_int_equal(
		svanic_tx_status(&queue, RING - 2), RTE_ETH_TX_DESC_DONE);
	assert_int_equal(
		svanic_tx_status(&queue, RING - 1), RTE_ETH_TX_DESC_FULL);
	assert_int_equal(stand_in.reads, 2);
}

static void
chains_keep_their_bytes(void **state __rte_unused)
{
	const struct stand_in_frame *frame;
	unsigned int i;

	for (i = 0; i < RING; i++) {
		assert_int_equal(
			send_one(make_packet(pool, 1 + i % 16, 70, i)), 1);
		frame = stand_in_send(0);
		assert_int_equal(frame->segments, 1 + i % 16);
		check_frame(frame, 70 * (1 + i % 16), i);
	}
}

static void
empty_segments_are_left_out(void **state __rte_unused)
{
	struct rte_mbuf *mbuf = make_packet(pool, 1, 0, 0);
	const struct stand_in_frame *frame;

	assert_int_equal(
		rte_pktmbuf_chain(mbuf, make_packet(pool, 2, 40, 5)), 0);
	assert_int_equal(
		rte_pktmbuf_chain(mbuf, make_packet(pool, 1, 0, 0)), 0);
	assert_int_equal(send_one(mbuf), 1);
	frame = stand_in_send(0);
	assert_int_equal(frame->segments, 2);
	check_frame(frame, 80, 5);
}

/* They would halt the queue. The stand-in fails when it gets one. */
static void
what_no_descriptors_can_be_made_for_is_counted(void **state __rte_unused)
{
	struct rte_mbuf *mbufs[3];

	mbufs[0] = make_packet(pool, 17, 10, 0);
	mbufs[1] = make_packet(pool, 1, 0, 0);
	mbufs[2] = make_packet(pool, 1, 60, 9);
	assert_int_equal(svanic_tx_burst(&queue, mbufs, 3), 3);
	assert_int_equal(counters.refused, 2);
	assert_int_equal(stand_in_waiting(), 1);
	check_frame(stand_in_send(0), 60, 9);
}

static void
errors_do_not_hold_packets(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < 3 * RING; i++) {
		assert_int_equal(send_one(make_packet(pool, 2, 60, i)), 1);
		stand_in_send(i % 3 == 0 ? SVANIC_ERROR_NO_PAGE : 0);
	}
}

static void
packets_of_several_pools_go_home(void **state __rte_unused)
{
	struct rte_mbuf *mbuf, *clone;
	unsigned int i;

	for (i = 0; i < 2 * RING; i++) {
		mbuf = make_packet(i % 3 == 0 ? other_pool : pool, 1, 60, i);
		assert_int_equal(
			rte_pktmbuf_chain(mbuf,
				make_packet(i % 2 == 0 ? other_pool : pool, 1,
					60, i + 60)),
			0);
		clone = rte_pktmbuf_clone(mbuf, pool);
		assert_non_null(clone);
		assert_int_equal(send_one(clone), 1);
		rte_pktmbuf_free(mbuf);
		check_frame(stand_in_send(0), 120, i);
	}
}

static void
sums_are_asked_for(void **state __rte_unused)
{
	static const struct {
		uint64_t asked;
		uint16_t made;
	} cases[] = {
		{ 0, 0 },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM,
			SVANIC_TX_IPV4_SUM },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM,
			SVANIC_TX_TCP_SUM },
		{ RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_UDP_CKSUM,
			SVANIC_TX_UDP_SUM },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM |
				RTE_MBUF_F_TX_TCP_CKSUM,
			SVANIC_TX_IPV4_SUM | SVANIC_TX_TCP_SUM },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM |
				RTE_MBUF_F_TX_UDP_CKSUM,
			SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM },
	};
	const uint16_t sums = SVANIC_TX_IPV4_SUM | SVANIC_TX_TCP_SUM |
		SVANIC_TX_UDP_SUM;
	const struct stand_in_frame *frame;
	struct rte_mbuf *mbuf;
	unsigned int i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		mbuf = make_packet(pool, 2, 60, 0);
		mbuf->ol_flags |= cases[i].asked;
		mbuf->l2_len = 18;
		mbuf->l3_len = 24;
		assert_int_equal(svanic_tx_prepare(&queue, &mbuf, 1), 1);
		assert_int_equal(send_one(mbuf), 1);
		frame = stand_in_send(0);
		assert_int_equal(frame->flags & sums, cases[i].made);
		if (cases[i].made == 0)
			continue;
		assert_int_equal(frame->l2_length, 18);
		assert_int_equal(frame->l3_length, 24);
	}
}

static void
prepare_stops_at_what_cannot_be_sent(void **state __rte_unused)
{
	static const struct {
		uint64_t flags;
		unsigned int segments;
		unsigned int l3_length;
		int error;
	} cases[] = {
		{ RTE_MBUF_F_TX_VLAN, 1, 20, ENOTSUP },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_SCTP_CKSUM, 1, 20,
			ENOTSUP },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_SEG, 1, 20, ENOTSUP },
		{ 0, 17, 20, EINVAL },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM, 1, 300,
			EINVAL },
		{ RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM, 1, 0, EINVAL },
		{ RTE_MBUF_F_TX_TCP_CKSUM, 1, 20, EINVAL },
	};
	struct rte_mbuf *mbufs[2];
	unsigned int i;

	mbufs[0] = make_packet(pool, 1, 60, 0);
	for (i = 0; i < RTE_DIM(cases); i++) {
		mbufs[1] = make_packet(pool, cases[i].segments, 20, 0);
		mbufs[1]->ol_flags |= cases[i].flags;
		mbufs[1]->l2_len = 14;
		mbufs[1]->l3_len = cases[i].l3_length;
		rte_errno = 0;
		assert_int_equal(svanic_tx_prepare(&queue, mbufs, 2), 1);
		assert_int_equal(rte_errno, cases[i].error);
		rte_pktmbuf_free(mbufs[1]);
	}
	rte_pktmbuf_free(mbufs[0]);
}

/* As far as the device has got, without any report. */
static void
cleanup_gives_back_what_was_asked_for(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		assert_int_equal(send_one(make_packet(pool, 2, 60, i)), 1);
	assert_int_equal(svanic_tx_done_cleanup(&queue, 0), 0);
	for (i = 0; i < 5; i++)
		stand_in_send(0);
	assert_int_equal(svanic_tx_done_cleanup(&queue, 3), 3);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS - 6);
	assert_int_equal(svanic_tx_done_cleanup(&queue, 0), 2);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS - 2);
	for (i = 0; i < 4 * RING; i++) {
		assert_int_equal(send_one(make_packet(pool, 1, 60, i)), 1);
		stand_in_send(0);
		if (i % 5 == 0)
			svanic_tx_done_cleanup(&queue, i % 3);
	}
}

/* The device can write what it likes into the ring: no end is found then, and HEAD is one. */
static void
cleanup_ends_where_no_packet_does(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		assert_int_equal(send_one(make_packet(pool, 2, 60, i)), 1);
	for (i = 0; i < 3; i++)
		stand_in_send(0);
	memset(stand_in.ring, 0, sizeof(stand_in.ring));
	assert_int_equal(svanic_tx_done_cleanup(&queue, 0), 1);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS - 6);
}

static void
packets_in_a_stopped_ring_are_counted(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < 9; i++)
		assert_int_equal(send_one(make_packet(pool, 3, 60, i)), 1);
	for (i = 0; i < 4; i++)
		stand_in_send(0);
	svanic_tx_drain(&queue);
	assert_int_equal(counters.dropped, 5);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
}

/* HEAD is of the run before, and says nothing of these. */
static void
packets_in_a_queue_that_is_off_are_counted(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		assert_int_equal(send_one(make_packet(pool, 1, 60, i)), 1);
	for (i = 0; i < 3; i++)
		stand_in_send(0);
	stand_in_stop();
	svanic_tx_drain(&queue);
	assert_int_equal(counters.dropped, 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(send_one(make_packet(pool, 2, 60, i)), 1);
	assert_int_equal(svanic_tx_done_cleanup(&queue, 0), 0);
	svanic_tx_begin(&queue);
	assert_int_equal(counters.dropped, 5);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
	stand_in_start(SVANIC_TX, RING);
	assert_int_equal(send_one(make_packet(pool, 1, 60, 7)), 1);
	assert_int_equal(stand_in_send(0)->bytes[0], 7);
}

/* What the device has reported was sent, whatever HEAD says after a reset. */
static void
reported_packets_are_not_dropped(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < REPORT + 2; i++)
		assert_int_equal(send_one(make_packet(pool, 1, 60, i)), 1);
	for (i = 0; i < REPORT; i++)
		stand_in_send(0);
	memset(stand_in.registers, 0, sizeof(stand_in.registers));
	svanic_tx_drain(&queue);
	assert_int_equal(counters.dropped, 2);
}

static void
changes_are_followed_before_packets_are_given(void **state __rte_unused)
{
	changes_reported = 7;
	assert_int_equal(send_one(make_packet(pool, 1, 60, 0)), 1);
	assert_int_equal(followed, 1);
	assert_int_equal(send_one(make_packet(pool, 1, 60, 1)), 1);
	assert_int_equal(followed, 1);
	assert_int_equal(stand_in_send(0)->bytes[0], 0);
	assert_int_equal(stand_in_send(0)->bytes[0], 1);
}

static void
no_packet_is_given_while_changes_are_not_followed(void **state __rte_unused)
{
	struct rte_mbuf *mbuf = make_packet(pool, 1, 60, 3);

	changes_reported++;
	follow_result = -EIO;
	assert_int_equal(svanic_tx_burst(&queue, &mbuf, 1), 0);
	assert_int_equal(stand_in.doorbells, 0);
	follow_result = 0;
	assert_int_equal(svanic_tx_burst(&queue, &mbuf, 1), 1);
	assert_int_equal(stand_in_send(0)->bytes[0], 3);
}

/* The device has counted them as sent, though it was not to report them. */
static void
sent_packets_are_not_dropped_by_a_reset(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < REPORT - 1; i++)
		assert_int_equal(send_one(make_packet(pool, 1, 60, i)), 1);
	for (i = 0; i < REPORT - 3; i++)
		stand_in_send(0);
	svanic_tx_keep_head(&queue);
	memset(stand_in.registers, 0, sizeof(stand_in.registers));
	svanic_tx_drain(&queue);
	assert_int_equal(counters.dropped, 2);
}

static void
a_device_that_is_gone_is_no_endless_loop(void **state __rte_unused)
{
	assert_int_equal(send_one(make_packet(pool, 2, 60, 0)), 1);
	memset(stand_in.registers, 0xff, sizeof(stand_in.registers));
	assert_int_equal(svanic_tx_done_cleanup(&queue, 0), 0);
	svanic_tx_drain(&queue);
	assert_int_equal(counters.dropped, 1);
	memset(stand_in.registers, 0, sizeof(stand_in.registers));
}

int
main(void)
{
#define SLOW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define FAST(name) cmocka_unit_test_setup_teardown(name, setup_fast, teardown)
	const struct CMUnitTest tests[] = {
		SLOW(a_burst_is_one_doorbell),
		FAST(a_burst_is_one_doorbell),
		SLOW(packets_come_back_around_the_ring),
		SLOW(one_of_many_packets_can_be_another_kind),
		FAST(packets_come_back_around_the_ring),
		SLOW(a_full_ring_takes_no_more),
		FAST(a_full_ring_takes_no_more),
		SLOW(chains_keep_their_bytes),
		FAST(chains_keep_their_bytes),
		SLOW(what_is_reported_is_known_without_the_device),
		SLOW(empty_segments_are_left_out),
		FAST(empty_segments_are_left_out),
		SLOW(what_no_descriptors_can_be_made_for_is_counted),
		SLOW(errors_do_not_hold_packets),
		FAST(errors_do_not_hold_packets),
		SLOW(packets_of_several_pools_go_home),
		SLOW(sums_are_asked_for),
		SLOW(prepare_stops_at_what_cannot_be_sent),
		SLOW(cleanup_gives_back_what_was_asked_for),
		FAST(cleanup_gives_back_what_was_asked_for),
		SLOW(cleanup_ends_where_no_packet_does),
		SLOW(packets_in_a_stopped_ring_are_counted),
		SLOW(packets_in_a_queue_that_is_off_are_counted),
		FAST(packets_in_a_queue_that_is_off_are_counted),
		SLOW(reported_packets_are_not_dropped),
		SLOW(changes_are_followed_before_packets_are_given),
		SLOW(no_packet_is_given_while_changes_are_not_followed),
		SLOW(sent_packets_are_not_dropped_by_a_reset),
		FAST(sent_packets_are_not_dropped_by_a_reset),
		SLOW(a_device_that_is_gone_is_no_endless_loop),
	};

	return cmocka_run_group_tests_name(
		"svanic_tx", tests, small_eal_start, small_eal_stop);
}
