/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Checks of svanic without PASIDs: what goes over the wire, and what a driver does wrong.
 *
 * Must not know: PASIDs, page requests.
 */

#include "svanic_device.h"

#include <string.h>

/* --- frames ----------------------------------------------------------------------- */

static void
check_many_frames(struct test *test)
{
	unsigned int i, good_out = 0, good_in = 0;
	struct pair pair;

	say_subject("frames out and in, the rings several times round");
	test_reset(test);
	pair_start(&pair, test, 0, test->memory, 0);
	for (i = 0; i < 3 * RING_ENTRIES; i++) {
		good_out += sends(&pair, i);
		good_in += receives(&pair, svanic_mac, i);
	}
	check(good_out == i && good_in == i,
		"of %u frames %u went out and %u came in", i, good_out,
		good_in);
	check(pair_counter(&pair, SVANIC_TX_FRAMES) == i &&
			pair_counter(&pair, SVANIC_RX_FRAMES) == i &&
			pair_counter(&pair, SVANIC_TX_BYTES) ==
				pair_counter(&pair, SVANIC_RX_BYTES),
		"counters: %ju frames with %ju bytes out, %ju with %ju in",
		(uintmax_t)pair_counter(&pair, SVANIC_TX_FRAMES),
		(uintmax_t)pair_counter(&pair, SVANIC_TX_BYTES),
		(uintmax_t)pair_counter(&pair, SVANIC_RX_FRAMES),
		(uintmax_t)pair_counter(&pair, SVANIC_RX_BYTES));
}

/* A full ring at once: in order, reported where asked for, HEAD at the end. */
static void
check_burst(struct test *test)
{
	unsigned int i, right = 0, reported = 0;
	uint8_t frame[2048];
	struct pair pair;

	say_subject("a ring full of frames by one doorbell");
	test_reset(test);
	pair_start(&pair, test, 2, test->memory, 0);
	for (i = 0; i < RING_ENTRIES; i++) {
		make_frame(test->memory + TX_DATA + i * BUFFER, 100 + i,
			peer_mac, svanic_mac, i);
		bare_put_tx(&pair.tx, MEMORY_IOVA + TX_DATA + i * BUFFER,
			(uint16_t)(100 + i),
			SVANIC_TX_END | (i % 8 == 7 ? SVANIC_TX_REPORT : 0), 0,
			0);
	}
	bare_queue_ring(&pair.tx);
	for (i = 0; i < RING_ENTRIES; i++)
		right += peer_receive(test, frame, sizeof(frame)) == 100 + i &&
			memcmp(frame, test->memory + TX_DATA + i * BUFFER,
				100 + i) == 0;
	check(bare_wait_for_head(&pair.tx, RING_ENTRIES) &&
			right == RING_ENTRIES,
		"%u frames arrived in order, HEAD %u", right,
		bare_queue_head(&pair.tx));
	for (i = 0; i < RING_ENTRIES; i++)
		reported += bare_tx(&pair.tx, i)->flags == SVANIC_TX_DONE;
	check(reported == RING_ENTRIES / 8, "%u descriptors written back",
		reported);
}

static void
check_gather(struct test *test)
{
	static const uint16_t parts[] = { 14, 1, 500, 85, 400 };
	uint8_t whole[1000], frame[2048], *at;
	size_t offset = 0, length;
	struct pair pair;
	unsigned int i;

	say_subject(
		"one frame out of five buffers, one into three, one filled up");
	test_reset(test);
	pair_start(&pair, test, 0, test->memory, 0);
	make_frame(whole, sizeof(whole), peer_mac, svanic_mac, 77);
	for (i = 0; i < 5; i++) {
		/* 100 bytes before a page's end, so that longer parts cross it */
		at = test->memory + TX_DATA + (2 * i + 1) * PAGE - 100;
		memcpy(at, whole + offset, parts[i]);
		offset += parts[i];
		bare_put_tx(&pair.tx,
			MEMORY_IOVA + (uint64_t)(at - test->memory), parts[i],
			i == 4 ? SVANIC_TX_END | SVANIC_TX_REPORT : 0, 0, 0);
	}
	bare_queue_ring(&pair.tx);
	length = peer_receive(test, frame, sizeof(frame));
	check(length == sizeof(whole) && memcmp(frame, whole, length) == 0,
		"the peer got %zu bytes", length);
	check(bare_wait_for_head(&pair.tx, 5) &&
			bare_tx(&pair.tx, 4)->flags == SVANIC_TX_DONE &&
			bare_tx(&pair.tx, 3)->flags == 0,
		"HEAD %u, flags of the last two %#x %#x",
		bare_queue_head(&pair.tx), bare_tx(&pair.tx, 3)->flags,
		bare_tx(&pair.tx, 4)->flags);

	for (i = 0; i < 3; i++)
		bare_put_rx(&pair.rx,
			MEMORY_IOVA + RX_DATA + (i + 1) * PAGE - 100, 400);
	bare_queue_ring(&pair.rx);
	make_frame(whole, sizeof(whole), svanic_mac, peer_mac, 78);
	peer_send(test, whole, sizeof(whole));
	check(bare_wait_for_head(&pair.rx, 3) &&
			bare_rx(&pair.rx, 0)->length == 400 &&
			bare_rx(&pair.rx, 0)->status == SVANIC_RX_DONE &&
			bare_rx(&pair.rx, 1)->length == 400 &&
			bare_rx(&pair.rx, 2)->length == 200 &&
			bare_rx(&pair.rx, 2)->status ==
				(SVANIC_RX_DONE | SVANIC_RX_END),
		"buffers of %u, %u and %u bytes, status %#x, %#x, %#x",
		bare_rx(&pair.rx, 0)->length, bare_rx(&pair.rx, 1)->length,
		bare_rx(&pair.rx, 2)->length, bare_rx(&pair.rx, 0)->status,
		bare_rx(&pair.rx, 1)->status, bare_rx(&pair.rx, 2)->status);
	for (i = 0, offset = 0; i < 3; i++, offset += 400)
		check(memcmp(test->memory + RX_DATA + (i + 1) * PAGE - 100,
			      whole + offset, i == 2 ? 200 : 400) == 0,
			"the bytes of buffer %u", i);

	memset(test->memory + TX_DATA, 0xee, 100);
	make_frame(test->memory + TX_DATA, 20, peer_mac, svanic_mac, 79);
	start_sending(&pair, MEMORY_IOVA + TX_DATA, 20);
	length = peer_receive(test, frame, sizeof(frame));
	memset(test->memory + TX_DATA + 20, 0, 40);
	check(length == 60 && memcmp(frame, test->memory + TX_DATA, 60) == 0,
		"of 20 bytes the peer got %zu, filled with %#x", length,
		frame[59]);
}

/* --- sums ------------------------------------------------------------------------- */

/* Ones' complement sum in the plainest way: not the model's. */
static uint16_t
plain_sum(const uint8_t *bytes, size_t length, uint32_t sum)
{
	size_t i;

	for (i = 0; i < length; i++)
		sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
	while (sum > 0xffff)
		sum = sum % 65536 + sum / 65536;
	return (uint16_t)sum;
}

/* TCP over IPv4 with 100 bytes of data, its sums left to the device. */
static void
make_tcp(uint8_t *frame, const uint8_t to[6], const uint8_t from[6])
{
	static const uint8_t headers[] = { 0x08, 0, 0x45, 0, 0, 140, 0, 7, 0, 0,
		64, 6, 0xde, 0xad, 192, 0, 2, 1, 198, 51, 100, 7, 0x12, 0x34, 0,
		80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 2, 0, 0xbe, 0xef, 0,
		0 };

	make_frame(frame, 154, to, from, 3);
	memcpy(frame + 12, headers, sizeof(headers));
}

static void
check_sums_out(struct test *test, struct pair *pair)
{
	uint8_t frame[2048];
	uint16_t ip, tcp;

	make_tcp(test->memory + TX_DATA, peer_mac, svanic_mac);
	bare_put_tx(&pair->tx, MEMORY_IOVA + TX_DATA, 154,
		SVANIC_TX_END | SVANIC_TX_IPV4_SUM | SVANIC_TX_TCP_SUM, 14, 20);
	bare_queue_ring(&pair->tx);
	check(peer_receive(test, frame, sizeof(frame)) == 154,
		"a frame with sums");
	ip = plain_sum(frame + 14, 20, 0);
	tcp = plain_sum(frame + 34, 120, plain_sum(frame + 26, 8, 6 + 120));
	check(ip == 0xffff && tcp == 0xffff,
		"on the wire: IPv4 header sums up to %#x, TCP to %#x", ip, tcp);
}

static uint16_t
status_of(struct test *test, struct pair *pair, const uint8_t *frame)
{
	uint32_t slot = bare_put_rx(&pair->rx, MEMORY_IOVA + RX_DATA, BUFFER);

	bare_queue_ring(&pair->rx);
	peer_send(test, frame, 154);
	return bare_wait_for_head(&pair->rx, slot + 1)
		? bare_rx(&pair->rx, slot)->status
		: 0;
}

static void
check_sums(struct test *test)
{
	const uint16_t checked = SVANIC_RX_DONE | SVANIC_RX_END |
		SVANIC_RX_IPV4_SUM_CHECKED | SVANIC_RX_L4_SUM_CHECKED |
		SVANIC_KIND_IPV4_TCP << SVANIC_RX_KIND_SHIFT;
	uint8_t frame[154];
	struct pair pair;
	uint16_t status;

	say_subject("sums");
	test_reset(test);
	pair_start(&pair, test, 0, test->memory, 0);
	check_sums_out(test, &pair);
	make_tcp(frame, svanic_mac, peer_mac);
	status = status_of(test, &pair, frame);
	check(status ==
			(checked | SVANIC_RX_IPV4_SUM_WRONG |
				SVANIC_RX_L4_SUM_WRONG),
		"status with both sums wrong: %#x", status);
	frame[24] = frame[25] = frame[50] = frame[51] = 0;
	status = plain_sum(frame + 14, 20, 0) ^ 0xffff;
	frame[24] = status >> 8;
	frame[25] = status & 0xff;
	status = plain_sum(frame + 34, 120, plain_sum(frame + 26, 8, 6 + 120)) ^
		0xffff;
	frame[50] = status >> 8;
	frame[51] = status & 0xff;
	status = status_of(test, &pair, frame);
	check(status == checked, "status with both sums right: %#x", status);
}

/* --- where frames go ------------------------------------------------------------------ */

static void
write_filter(struct test *test, unsigned int n, const uint8_t address[6],
	uint32_t bits)
{
	bare_write(&test->bare, SVANIC_FILTER_LOW(n),
		address[0] | address[1] << 8 | address[2] << 16 |
			(uint32_t)address[3] << 24);
	bare_write(&test->bare, SVANIC_FILTER_HIGH(n),
		bits | address[4] | address[5] << 8);
}

static void
check_steering(struct test *test)
{
	static const uint8_t third[6] = { 0x52, 0x54, 0, 0, 0, 0x33 };
	static const uint8_t nobody[6] = { 0x52, 0x54, 0, 0, 0, 0x44 };
	struct bare *bare = &test->bare;
	struct pair zero, three;
	uint8_t frame[100];

	say_subject("filters");
	test_reset(test);
	pair_start(&zero, test, 0, test->memory, 0);
	pair_start(&three, test, 3, test->memory, 0);
	write_filter(test, 9, third,
		SVANIC_FILTER_VALID | SVANIC_FILTER_STEER |
			3u << SVANIC_FILTER_QUEUE_SHIFT);
	check(receives(&three, third, 5), "a steered frame: pair 3 has %ju",
		(uintmax_t)pair_counter(&three, SVANIC_RX_FRAMES));
	check(receives(&zero, svanic_mac, 6),
		"the station address: pair 0 has %ju",
		(uintmax_t)pair_counter(&zero, SVANIC_RX_FRAMES));
	make_frame(frame, sizeof(frame), nobody, peer_mac, 7);
	peer_send(test, frame, sizeof(frame));
	check(bare_wait_for_counter(bare, SVANIC_RECEIVE_FILTERED, 1),
		"a frame for nobody: RECEIVE_FILTERED %ju",
		(uintmax_t)bare_read_wide(bare, SVANIC_RECEIVE_FILTERED));
	bare_write(bare, SVANIC_RECEIVE_MODE, SVANIC_RECEIVE_PROMISCUOUS);
	check(receives(&zero, nobody, 8),
		"the same with PROMISCUOUS: pair 0 has %ju",
		(uintmax_t)pair_counter(&zero, SVANIC_RX_FRAMES));
	bare_queue_stop(&three.rx);
	make_frame(frame, sizeof(frame), third, peer_mac, 9);
	peer_send(test, frame, sizeof(frame));
	check(bare_wait_for_counter(bare, SVANIC_RECEIVE_NO_QUEUE, 1),
		"a frame for a queue that is off: RECEIVE_NO_QUEUE %ju",
		(uintmax_t)bare_read_wide(bare, SVANIC_RECEIVE_NO_QUEUE));
	bare_write(bare, SVANIC_FRAME_LIMIT, 99);
	make_frame(frame, sizeof(frame), svanic_mac, peer_mac, 9);
	peer_send(test, frame, sizeof(frame));
	check(bare_wait_for_counter(bare, SVANIC_RECEIVE_OVERSIZE, 1),
		"100 bytes with a FRAME_LIMIT of 99: RECEIVE_OVERSIZE %ju",
		(uintmax_t)bare_read_wide(bare, SVANIC_RECEIVE_OVERSIZE));
}

/* The key of the specification of receive-side scaling, and its first example. */
static void
check_hash(struct test *test)
{
	static const uint8_t key[] = { 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e,
		0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0,
		0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d,
		0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe,
		0xac, 0x01, 0xfa };
	static const uint8_t ends[] = { 66, 9, 149, 187, 161, 142, 100, 80,
		2794 >> 8, 2794 & 0xff, 1766 >> 8, 1766 & 0xff };
	const uint32_t expected = 0x51ccc178;
	struct bare *bare = &test->bare;
	struct pair pair;
	uint8_t frame[154];
	uint32_t word;
	size_t i;

	say_subject("receive hash");
	test_reset(test);
	pair_start(&pair, test, 5, test->memory, 0);
	for (i = 0; i < sizeof(key); i += 4) {
		memcpy(&word, key + i, 4);
		bare_write(bare, SVANIC_HASH_KEY + (uint32_t)i, word);
	}
	bare_write(bare, SVANIC_HASH_TABLE + (expected % 128 & ~3u),
		5u << 8 * (expected % 4));
	bare_write(bare, SVANIC_HASH_FIELDS, SVANIC_HASH_IPV4_TCP);
	bare_write(bare, SVANIC_RECEIVE_MODE, SVANIC_RECEIVE_HASH);
	make_tcp(frame, svanic_mac, peer_mac);
	memcpy(frame + 26, ends, sizeof(ends));
	word = status_of(test, &pair, frame);
	check((word & SVANIC_RX_HASHED) &&
			bare_rx(&pair.rx, 0)->hash == expected,
		"pair 5: status %#x, hash %#x", word,
		bare_rx(&pair.rx, 0)->hash);
}

/* --- frames without a buffer -------------------------------------------------------------- */

static void
check_waiting_frames(struct test *test)
{
	uint8_t *in = test->memory + RX_DATA, frame[200];
	struct bare *bare = &test->bare;
	struct pair pair;
	unsigned int i, right = 0;

	say_subject("frames that find no descriptor");
	test_reset(test);
	pair_start(&pair, test, 0, test->memory, 0);
	for (i = 0; i < 70; i++) {
		make_frame(frame, sizeof(frame), svanic_mac, peer_mac, i);
		peer_send(test, frame, sizeof(frame));
	}
	check(bare_wait_for_counter(bare, SVANIC_PAIR(0) + SVANIC_RX_MISSED, 6),
		"of 70 frames, 64 wait: RX_MISSED %ju",
		(uintmax_t)pair_counter(&pair, SVANIC_RX_MISSED));
	for (i = 0; i < 60; i++)
		bare_put_rx(&pair.rx, MEMORY_IOVA + RX_DATA + i * 256, 256);
	bare_queue_ring(&pair.rx);
	check(bare_wait_for_head(&pair.rx, 60), "60 descriptors: HEAD %u",
		bare_queue_head(&pair.rx));
	for (i = 0; i < 60; i++) {
		make_frame(frame, sizeof(frame), svanic_mac, peer_mac, i);
		right += memcmp(in + i * 256, frame, sizeof(frame)) == 0;
	}
	check(right == 60, "the first %u frames, in order", right);
	bare_queue_stop(&pair.rx);
	check(pair_counter(&pair, SVANIC_RX_MISSED) == 10,
		"the rest is lost with the queue: RX_MISSED %ju",
		(uintmax_t)pair_counter(&pair, SVANIC_RX_MISSED));
}

/* --- interrupts ------------------------------------------------------------------------ */

#define NOT_LONG_MS 300 /* for an interrupt that must not come */

static void
arm(struct pair *pair, uint32_t bits)
{
	bare_write(&pair->test->bare,
		SVANIC_PAIR(pair->number) + SVANIC_INTERRUPT,
		SVANIC_INTERRUPT_ARM | bits);
}

static uint32_t
armed(struct pair *pair)
{
	return bare_read(&pair->test->bare,
		SVANIC_PAIR(pair->number) + SVANIC_INTERRUPT);
}

static uint64_t
interrupts(struct pair *pair, int patience_ms)
{
	return bare_interrupts(
		&pair->test->bare, 1 + pair->number, patience_ms);
}

static void
check_interrupts(struct test *test)
{
	struct pair pair;

	say_subject("interrupts");
	test_reset(test);
	pair_start(&pair, test, 4, test->memory, 0);
	check(sends(&pair, 1) && interrupts(&pair, 0) == 0, "not armed: none");
	arm(&pair, SVANIC_INTERRUPT_TX | 1);
	check(interrupts(&pair, NOT_LONG_MS) == 0 && armed(&pair) >> 30 == 3,
		"armed at HEAD 1: none, INTERRUPT %#x", armed(&pair));
	check(sends(&pair, 2) && interrupts(&pair, BARE_PATIENCE_MS) == 1 &&
			armed(&pair) == (SVANIC_INTERRUPT_TX | 1),
		"HEAD has moved: one, INTERRUPT %#x", armed(&pair));
	check(sends(&pair, 3) && interrupts(&pair, NOT_LONG_MS) == 0,
		"HEAD moves again: none");
	arm(&pair, SVANIC_INTERRUPT_TX | 2);
	check(interrupts(&pair, BARE_PATIENCE_MS) == 1 && !(armed(&pair) >> 31),
		"armed at what HEAD has left: at once");
	arm(&pair, 0);
	arm(&pair, SVANIC_INTERRUPT_TX | 3);
	bare_write(&test->bare, SVANIC_PAIR(4) + SVANIC_INTERRUPT,
		SVANIC_INTERRUPT_TX);
	check(sends(&pair, 4) && interrupts(&pair, NOT_LONG_MS) == 0,
		"disarmed: none");
	bare_write(&test->bare, pair.rx.base + SVANIC_QUEUE_TAIL, 1000);
	check(bare_queue_state(&pair.rx) ==
				(SVANIC_STATE_HALTED |
					SVANIC_ERROR_MALFORMED
						<< SVANIC_STATE_ERROR_SHIFT) &&
			interrupts(&pair, BARE_PATIENCE_MS) == 1,
		"the receive queue, armed before, has halted: one");
	check(bare_interrupts(&test->bare, 0, 0) == 0, "vector 0: none");
	bare_write(&test->bare, SVANIC_EVENT_ENABLE, SVANIC_EVENT_QUEUE);
	check(bare_interrupts(&test->bare, 0, BARE_PATIENCE_MS) == 1,
		"EVENT_ENABLE with EVENTS %#x: vector 0",
		bare_read(&test->bare, SVANIC_EVENTS));
	bare_write(&test->bare, SVANIC_EVENTS, SVANIC_EVENT_QUEUE);
	check(bare_read(&test->bare, SVANIC_EVENTS) == 0 &&
			bare_read(&test->bare, SVANIC_QUEUE_EVENTS) == 1u << 4,
		"cleared: EVENTS %#x, QUEUE_EVENTS %#x",
		bare_read(&test->bare, SVANIC_EVENTS),
		bare_read(&test->bare, SVANIC_QUEUE_EVENTS));
	bare_write(&test->bare, pair.tx.base + SVANIC_QUEUE_TAIL, 1000);
	check(bare_interrupts(&test->bare, 0, BARE_PATIENCE_MS) == 1,
		"another queue halts: vector 0");
}

/* --- what a driver does wrong --------------------------------------------------------- */

static const struct malformed {
	const char *what;
	uint64_t iova;
	uint16_t length, flags;
	uint8_t l2_length, l3_length;
	uint16_t reserved;
	uint8_t error;
} malformed[] = {
	{ "length 0", MEMORY_IOVA, 0, 0, 0, 0, 0, SVANIC_ERROR_MALFORMED },
	{ "DONE set", MEMORY_IOVA, 100, 1, 0, 0, 0, SVANIC_ERROR_MALFORMED },
	{ "flag bit 9", MEMORY_IOVA, 100, 1 << 9, 0, 0, 0,
		SVANIC_ERROR_MALFORMED },
	{ "reserved bytes", MEMORY_IOVA, 100, 0, 0, 0, 7,
		SVANIC_ERROR_MALFORMED },
	{ "over FRAME_LIMIT", MEMORY_IOVA, 1519, 0, 0, 0, 0,
		SVANIC_ERROR_MALFORMED },
	{ "two sums", MEMORY_IOVA, 100, SVANIC_TX_TCP_SUM | SVANIC_TX_UDP_SUM,
		14, 20, 0, SVANIC_ERROR_MALFORMED },
	{ "headers beyond the frame", MEMORY_IOVA, 100, SVANIC_TX_IPV4_SUM, 90,
		20, 0, SVANIC_ERROR_MALFORMED },
	{ "no IP header", MEMORY_IOVA, 100, SVANIC_TX_UDP_SUM, 14, 20, 0,
		SVANIC_ERROR_MALFORMED },
	{ "memory that is not mapped", NOT_MAPPED, 100, 0, 0, 0, 0,
		SVANIC_ERROR_REFUSED },
	{ "an end that is not mapped", NOT_MAPPED - 50, 100, 0, 0, 0, 0,
		SVANIC_ERROR_REFUSED },
	{ "the last byte there is", UINT64_MAX, 100, 0, 0, 0, 0,
		SVANIC_ERROR_REFUSED },
};

static void
check_malformed_out(struct test *test)
{
	const unsigned int count = sizeof(malformed) / sizeof(malformed[0]);
	struct pair pair;
	unsigned int i;
	uint32_t slot;

	say_subject("frames that cannot be sent");
	test_reset(test);
	pair_start(&pair, test, 1, test->memory, 0);
	for (i = 0; i < count; i++) {
		const struct malformed *bad = &malformed[i];

		slot = bare_put_tx(&pair.tx, bad->iova, bad->length,
			bad->flags | SVANIC_TX_END, bad->l2_length,
			bad->l3_length);
		bare_tx(&pair.tx, slot)->reserved = bad->reserved;
		bare_queue_ring(&pair.tx);
		check(bare_wait_for_head(&pair.tx, slot + 1) &&
				bare_tx(&pair.tx, slot)->flags ==
					(SVANIC_TX_DONE |
						bad->error
							<< SVANIC_ERROR_SHIFT),
			"%s: flags %#x", bad->what,
			bare_tx(&pair.tx, slot)->flags);
	}
	check(pair_counter(&pair, SVANIC_TX_ERRORS) == count &&
			pair_counter(&pair, SVANIC_TX_FRAMES) == 0 &&
			peer_is_quiet(test),
		"TX_ERRORS %ju, nothing on the wire",
		(uintmax_t)pair_counter(&pair, SVANIC_TX_ERRORS));
	check(pair_counter(&pair, SVANIC_FAULTS) == 3 &&
			pair_counter(&pair, SVANIC_FAULT_ADDRESS) ==
				UINT64_MAX &&
			bare_read(&test->bare,
				SVANIC_PAIR(1) + SVANIC_FAULT_INFO) ==
				SVANIC_FAULT_VALID,
		"FAULTS %ju, FAULT_ADDRESS %#jx, FAULT_INFO %#x",
		(uintmax_t)pair_counter(&pair, SVANIC_FAULTS),
		(uintmax_t)pair_counter(&pair, SVANIC_FAULT_ADDRESS),
		bare_read(&test->bare, SVANIC_PAIR(1) + SVANIC_FAULT_INFO));
	check(sends(&pair, 1), "and the queue goes on");
	for (i = 0; i < 16; i++)
		bare_put_tx(&pair.tx, MEMORY_IOVA, 10, 0, 0, 0);
	bare_queue_ring(&pair.tx);
	check(bare_wait_for_state(&pair.tx,
		      SVANIC_STATE_HALTED |
			      SVANIC_ERROR_MALFORMED
				      << SVANIC_STATE_ERROR_SHIFT),
		"16 descriptors without an END: STATE %#x",
		bare_queue_state(&pair.tx));
	check(bare_read(&test->bare, pair.rx.base + SVANIC_QUEUE_CONTROL) == 1,
		"the receive queue of the pair is on");
}

static void
check_one_bad_buffer(struct pair *pair, const char *what, uint64_t iova,
	uint16_t length, uint16_t status, uint8_t error)
{
	uint32_t slot = bare_put_rx(&pair->rx, iova, length);
	uint8_t frame[200];

	bare_rx(&pair->rx, slot)->status = status;
	bare_queue_ring(&pair->rx);
	make_frame(frame, sizeof(frame), svanic_mac, peer_mac, 1);
	peer_send(pair->test, frame, sizeof(frame));
	check(bare_wait_for_head(&pair->rx, slot + 1) &&
			bare_rx(&pair->rx, slot)->length == 0 &&
			bare_rx(&pair->rx, slot)->status ==
				(SVANIC_RX_DONE | SVANIC_RX_END |
					error << SVANIC_ERROR_SHIFT),
		"%s: length %u, status %#x", what,
		bare_rx(&pair->rx, slot)->length,
		bare_rx(&pair->rx, slot)->status);
}

static void
check_bad_buffers(struct test *test)
{
	struct pair pair;

	say_subject("buffers that cannot be filled");
	test_reset(test);
	pair_start(&pair, test, 0, test->memory, 0);
	check_one_bad_buffer(&pair, "length 0", MEMORY_IOVA + RX_DATA, 0, 0,
		SVANIC_ERROR_MALFORMED);
	check_one_bad_buffer(&pair, "a status", MEMORY_IOVA + RX_DATA, 100, 1,
		SVANIC_ERROR_MALFORMED);
	check_one_bad_buffer(&pair, "not mapped", NOT_MAPPED, BUFFER, 0,
		SVANIC_ERROR_REFUSED);
	check_one_bad_buffer(&pair, "its end is not mapped", NOT_MAPPED - 100,
		BUFFER, 0, SVANIC_ERROR_REFUSED);
	/* the first buffer is good, the second is not: the whole frame is lost */
	bare_put_rx(&pair.rx, MEMORY_IOVA + RX_DATA, 100);
	check_one_bad_buffer(&pair, "the second of a frame's", NOT_MAPPED,
		BUFFER, 0, SVANIC_ERROR_REFUSED);
	check(pair_counter(&pair, SVANIC_RX_ERRORS) == 5 &&
			pair_counter(&pair, SVANIC_RX_FRAMES) == 0 &&
			pair_counter(&pair, SVANIC_FAULTS) == 3,
		"RX_ERRORS %ju, RX_FRAMES %ju, FAULTS %ju",
		(uintmax_t)pair_counter(&pair, SVANIC_RX_ERRORS),
		(uintmax_t)pair_counter(&pair, SVANIC_RX_FRAMES),
		(uintmax_t)pair_counter(&pair, SVANIC_FAULTS));
	check(receives(&pair, svanic_mac, 2), "and the queue goes on");
}

static void
check_halted(struct bare_queue *queue, const char *what, unsigned int error)
{
	check(bare_wait_for_state(queue,
		      SVANIC_STATE_HALTED |
			      error << SVANIC_STATE_ERROR_SHIFT) &&
			bare_read(queue->bare,
				queue->base + SVANIC_QUEUE_CONTROL) == 0,
		"%s: STATE %#x, CONTROL %u", what, bare_queue_state(queue),
		bare_read(queue->bare, queue->base + SVANIC_QUEUE_CONTROL));
}

static void
check_bad_rings(struct test *test)
{
	struct bare *bare = &test->bare;
	struct pair good, bad;

	say_subject("rings");
	test_reset(test);
	pair_start(&good, test, 0, test->memory, 0);
	pair_start(&bad, test, 7, test->memory, 0);
	bare_queue_stop(&bad.tx);
	bare_queue_start(&bad.tx, bare, bad.tx.base, test->memory, NOT_MAPPED,
		RING_LOG2);
	bare_write(bare, bad.tx.base + SVANIC_QUEUE_TAIL, 1);
	check_halted(&bad.tx, "a ring outside of mapped memory",
		SVANIC_ERROR_REFUSED);
	check(bare_read(bare, SVANIC_QUEUE_EVENTS) == 1u << 7 &&
			(bare_read(bare, SVANIC_EVENTS) & SVANIC_EVENT_QUEUE),
		"QUEUE_EVENTS %#x, EVENTS %#x",
		bare_read(bare, SVANIC_QUEUE_EVENTS),
		bare_read(bare, SVANIC_EVENTS));
	check(sends(&good, 1) && receives(&good, svanic_mac, 2),
		"pair 0 works");
	bare_write(
		bare, bad.tx.base + SVANIC_QUEUE_CONTROL, SVANIC_QUEUE_ENABLE);
	check_halted(&bad.tx, "enabled again without being disabled",
		SVANIC_ERROR_REFUSED);
	bare_queue_stop(&bad.tx);
	check(bare_queue_state(&bad.tx) == SVANIC_STATE_OFF &&
			bare_read(bare, SVANIC_QUEUE_EVENTS) == 0,
		"disabled: STATE %#x", bare_queue_state(&bad.tx));
	bare_queue_start(&bad.tx, bare, bad.tx.base, test->memory,
		MEMORY_IOVA + 32, RING_LOG2);
	check_halted(&bad.tx, "a misaligned ring", SVANIC_ERROR_MALFORMED);
	bare_queue_stop(&bad.tx);
	bare_queue_start(
		&bad.tx, bare, bad.tx.base, test->memory, MEMORY_IOVA, 4);
	check_halted(&bad.tx, "16 descriptors", SVANIC_ERROR_MALFORMED);
	bare_queue_stop(&bad.tx);
	bare_queue_start(
		&bad.tx, bare, bad.tx.base, test->memory, MEMORY_IOVA, 16);
	check_halted(&bad.tx, "65536 descriptors", SVANIC_ERROR_MALFORMED);
	bare_queue_stop(&bad.tx);
	pair_start(&bad, test, 7, test->memory, 0);
	bare_write(bare, bad.tx.base + SVANIC_QUEUE_TAIL, RING_ENTRIES + 1);
	check_halted(
		&bad.tx, "a doorbell beyond the ring", SVANIC_ERROR_MALFORMED);
	bare_queue_stop(&bad.tx);
	bare_queue_stop(&bad.rx);
	pair_start(&bad, test, 7, test->memory, 0);
	check(sends(&bad, 3), "pair 7 works when it is started well");
	bare_set_bus_master(bare, false);
	bare_put_tx(&bad.tx, MEMORY_IOVA, 100, SVANIC_TX_END, 0, 0);
	bare_queue_ring(&bad.tx);
	check_halted(&bad.tx, "not a bus master", SVANIC_ERROR_BUS);
	bare_set_bus_master(bare, true);
}

void
check_traffic(struct test *test)
{
	check_many_frames(test);
	check_burst(test);
	check_gather(test);
	check_sums(test);
	check_steering(test);
	check_hash(test);
	check_waiting_frames(test);
	check_interrupts(test);
	check_malformed_out(test);
	check_bad_buffers(test);
	check_bad_rings(test);
}
