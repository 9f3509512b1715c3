/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Frames between svanic and the NIC it is wired to, which the kernel drives and a packet
 * socket reads.
 *
 * Must not know: any one check.
 */

#include "svanic_check.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define TEST_ETHERTYPE 0x88b5 /* IEEE 802: local experimental */
#define LENGTH_OF(number) (64 + (number) * 37 % 1400)

const uint8_t svanic_mac[6] = { 0x52, 0x54, 0, 0, 0, 1 };
const uint8_t peer_mac[6] = { 0x52, 0x54, 0, 0, 0, 2 };

unsigned int checks_wrong;

void
say_subject(const char *subject)
{
	printf("== %s\n", subject);
}

void
say(bool good, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("%s: ", good ? "ok" : "WRONG");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
	checks_wrong += !good;
}

/* --- the device ------------------------------------------------------------------- */

uint8_t *
test_memory(void)
{
	uint8_t *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	return memory;
}

static int
open_peer(const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	/* Protocol 0 until bind(): else it gets frames of every interface first. */
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror(interface);
		exit(EXIT_FAILURE);
	}
	return fd;
}

void
test_open(struct test *test, const char *address, const char *interface)
{
	test->peer = open_peer(interface);
	bare_open(&test->bare, address);
	test->space = bare_space(&test->bare);
	test->memory = test_memory();
	bare_map(&test->bare, test->space, test->memory, MEMORY_IOVA,
		MEMORY_SIZE);
	bare_attach(&test->bare, bare_table(&test->bare, test->space, 0));
}

void
test_reset(struct test *test)
{
	bare_reset(&test->bare);
}

void
pair_start(struct pair *pair, struct test *test, unsigned int number,
	uint8_t *memory, uint32_t pasid)
{
	uint32_t base = SVANIC_PAIR(number);

	pair->test = test;
	pair->number = number;
	pair->memory = memory;
	bare_write(&test->bare, base + SVANIC_PASID, pasid);
	bare_queue_start(&pair->rx, &test->bare, base + SVANIC_RX,
		memory + RX_RING(number), MEMORY_IOVA + RX_RING(number),
		RING_LOG2);
	bare_queue_start(&pair->tx, &test->bare, base + SVANIC_TX,
		memory + TX_RING(number), MEMORY_IOVA + TX_RING(number),
		RING_LOG2);
}

void
pair_stop(struct pair *pair)
{
	bare_queue_stop(&pair->rx);
	bare_queue_stop(&pair->tx);
}

uint64_t
pair_counter(struct pair *pair, uint32_t counter)
{
	return bare_counter(&pair->test->bare, pair->number, counter);
}

/* --- frames ----------------------------------------------------------------------- */

void
make_frame(uint8_t *frame, size_t length, const uint8_t to[6],
	const uint8_t from[6], unsigned int number)
{
	size_t i;

	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	frame[12] = TEST_ETHERTYPE >> 8;
	frame[13] = TEST_ETHERTYPE & 0xff;
	for (i = 14; i < length; i++)
		frame[i] = (uint8_t)(number * 31 + i * 7 + i / 256);
}

size_t
peer_receive_within(
	struct test *test, uint8_t *frame, size_t size, int patience_ms)
{
	struct pollfd ready = { .fd = test->peer, .events = POLLIN };
	struct sockaddr_ll from;
	socklen_t length;
	ssize_t got;

	while (poll(&ready, 1, patience_ms) > 0) {
		length = sizeof(from);
		got = recvfrom(test->peer, frame, size, 0,
			(struct sockaddr *)&from, &length);
		if (got > 0 && from.sll_pkttype != PACKET_OUTGOING)
			return (size_t)got;
	}
	return 0;
}

size_t
peer_receive(struct test *test, uint8_t *frame, size_t size)
{
	return peer_receive_within(test, frame, size, BARE_PATIENCE_MS);
}

bool
peer_is_quiet(struct test *test)
{
	uint8_t frame[2048];

	return peer_receive_within(test, frame, sizeof(frame), 0) == 0;
}

void
peer_send(struct test *test, const uint8_t *frame, size_t length)
{
	if (send(test->peer, frame, length, 0) != (ssize_t)length)
		check(false, "the peer's frame of %zu bytes was not sent",
			length);
}

uint32_t
start_sending(struct pair *pair, uint64_t iova, uint16_t length)
{
	uint32_t number = bare_put_tx(&pair->tx, iova, length,
		SVANIC_TX_END | SVANIC_TX_REPORT, 0, 0);

	bare_queue_ring(&pair->tx);
	return number;
}

bool
sends(struct pair *pair, unsigned int number)
{
	uint8_t *out = pair->memory + TX_DATA, frame[2048];
	size_t length = LENGTH_OF(number);
	uint32_t descriptor;

	make_frame(out, length, peer_mac, svanic_mac, number);
	descriptor = start_sending(
		pair, MEMORY_IOVA + TX_DATA, (uint16_t)length);
	return bare_wait_for_head(&pair->tx, descriptor + 1) &&
		bare_tx(&pair->tx, descriptor)->flags == SVANIC_TX_DONE &&
		peer_receive(pair->test, frame, sizeof(frame)) == length &&
		memcmp(frame, out, length) == 0;
}

bool
receives(struct pair *pair, const uint8_t to[6], unsigned int number)
{
	uint8_t *in = pair->memory + RX_DATA, frame[2048];
	size_t length = LENGTH_OF(number);
	volatile struct svanic_rx_descriptor *descriptor;
	uint32_t slot;

	make_frame(frame, length, to, peer_mac, number);
	slot = bare_put_rx(&pair->rx, MEMORY_IOVA + RX_DATA, BUFFER);
	bare_queue_ring(&pair->rx);
	peer_send(pair->test, frame, length);
	if (!bare_wait_for_head(&pair->rx, slot + 1))
		return false;
	descriptor = bare_rx(&pair->rx, slot);
	return descriptor->status == (SVANIC_RX_DONE | SVANIC_RX_END) &&
		descriptor->length == length && memcmp(in, frame, length) == 0;
}
