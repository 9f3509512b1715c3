/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Checks the device svanic against its datasheet, from both ends of the wire: the device
 * by its registers, the other NIC by a packet socket.
 *
 *   svanic_device DEVICE INTERFACE
 *
 * DEVICE is a folder name such as 0000:01:00.0, INTERFACE the kernel's name of the NIC it
 * is wired to. Each check prints what it saw; the exit status is 0 when all was right.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "svanic_bare.h"

#define TEST_ETHERTYPE 0x88b5 /* IEEE 802: local experimental */
#define MEMORY_SIZE (1u << 20)
#define MEMORY_IOVA 0x1000000

/* where things are in a memory of MEMORY_SIZE */
#define TX_RING 0x00000
#define RX_RING 0x10000
#define TX_DATA 0x20000
#define RX_DATA 0x60000
#define RX_BUFFER 2048

static unsigned int wrong;

static void __attribute__((format(printf, 2, 3)))
check(bool good, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("%s: ", good ? "ok" : "WRONG");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
	wrong += !good;
}

/* --- the other end of the wire ---------------------------------------------------- */

static const uint8_t svanic_mac[6] = { 0x52, 0x54, 0, 0, 0, 1 };
static const uint8_t peer_mac[6] = { 0x52, 0x54, 0, 0, 0, 2 };

static int
open_peer(const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (fd < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror(interface);
		exit(EXIT_FAILURE);
	}
	return fd;
}

/* The next frame from svanic's side: its length, 0 when none comes. */
static size_t
peer_receive(int peer, uint8_t *frame, size_t size)
{
	struct pollfd ready = { .fd = peer, .events = POLLIN };
	struct sockaddr_ll from;
	socklen_t length = sizeof(from);
	ssize_t got;

	while (poll(&ready, 1, BARE_PATIENCE_MS) > 0) {
		got = recvfrom(peer, frame, size, 0, (struct sockaddr *)&from,
			&length);
		if (got > 0 && from.sll_pkttype != PACKET_OUTGOING)
			return (size_t)got;
	}
	return 0;
}

static void
peer_send(int peer, const uint8_t *frame, size_t length)
{
	if (send(peer, frame, length, 0) != (ssize_t)length)
		check(false, "the peer's frame of %zu bytes was not sent",
			length);
}

/* A frame to one address from the other, filled with bytes that follow from a number. */
static void
make_frame(uint8_t *frame, size_t length, const uint8_t to[6],
	const uint8_t from[6], unsigned int number)
{
	size_t i;

	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	frame[12] = TEST_ETHERTYPE >> 8;
	frame[13] = TEST_ETHERTYPE & 0xff;
	for (i = 14; i < length; i++)
		frame[i] = (uint8_t)(number * 31 + i * 7);
}

/* --- the device under test -------------------------------------------------------- */

struct test {
	struct bare bare;
	int peer;
	uint8_t *memory; /* at MEMORY_IOVA without a PASID */
	uint32_t space;
};

static uint8_t *
get_memory(void)
{
	uint8_t *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	return memory;
}

static void
start_pair(struct test *test, unsigned int pair, struct bare_queue *rx,
	struct bare_queue *tx)
{
	uint32_t base = SVANIC_PAIR(pair);

	bare_queue_start(rx, &test->bare, base + SVANIC_RX,
		test->memory + RX_RING, MEMORY_IOVA + RX_RING, 6);
	bare_queue_start(tx, &test->bare, base + SVANIC_TX,
		test->memory + TX_RING, MEMORY_IOVA + TX_RING, 6);
}

static void
reset_device(struct test *test)
{
	bare_write(&test->bare, SVANIC_CONTROL, SVANIC_CONTROL_RESET);
	while (bare_read(&test->bare, SVANIC_CONTROL) & SVANIC_CONTROL_RESET)
		;
}

/* --- checks ----------------------------------------------------------------------- */

static void
check_identity(struct test *test)
{
	struct bare *bare = &test->bare;

	check(bare_read(bare, SVANIC_ID) == SVANIC_ID_VALUE, "ID %#x",
		bare_read(bare, SVANIC_ID));
	check(bare_read(bare, SVANIC_VERSION) == SVANIC_VERSION_VALUE,
		"VERSION %#x", bare_read(bare, SVANIC_VERSION));
	check(bare_read(bare, SVANIC_LIMITS) == (16 | 15 << 8 | 16 << 16),
		"LIMITS %#x", bare_read(bare, SVANIC_LIMITS));
	check(bare_read(bare, SVANIC_FEATURES) == 0x71f, "FEATURES %#x",
		bare_read(bare, SVANIC_FEATURES));
	check(bare_read(bare, SVANIC_MAC_LOW) == 0x00005452 &&
			bare_read(bare, SVANIC_MAC_HIGH) == 0x0100,
		"station address %#x %#x", bare_read(bare, SVANIC_MAC_LOW),
		bare_read(bare, SVANIC_MAC_HIGH));
	check(bare_read(bare, SVANIC_STATUS) & SVANIC_STATUS_LINK, "STATUS %#x",
		bare_read(bare, SVANIC_STATUS));
}

static void
check_one_frame_each_way(struct test *test)
{
	uint8_t *out = test->memory + TX_DATA, *in = test->memory + RX_DATA;
	struct bare_queue rx, tx;
	uint8_t frame[2048];
	size_t length;

	reset_device(test);
	start_pair(test, 0, &rx, &tx);
	bare_write(&test->bare, SVANIC_CONTROL, SVANIC_CONTROL_RECEIVE);

	make_frame(out, 200, peer_mac, svanic_mac, 1);
	bare_put_tx(&tx, MEMORY_IOVA + TX_DATA, 200,
		SVANIC_TX_END | SVANIC_TX_REPORT, 0, 0);
	bare_queue_ring(&tx);
	check(bare_wait_for_head(&tx, 1), "transmit HEAD %u, STATE %#x",
		bare_queue_head(&tx), bare_queue_state(&tx));
	check(bare_tx(&tx, 0)->flags == SVANIC_TX_DONE, "transmit flags %#x",
		bare_tx(&tx, 0)->flags);
	length = peer_receive(test->peer, frame, sizeof(frame));
	check(length == 200 && memcmp(frame, out, 200) == 0,
		"the peer got %zu bytes", length);

	make_frame(frame, 300, svanic_mac, peer_mac, 2);
	bare_put_rx(&rx, MEMORY_IOVA + RX_DATA, RX_BUFFER);
	bare_queue_ring(&rx);
	peer_send(test->peer, frame, 300);
	check(bare_wait_for_head(&rx, 1), "receive HEAD %u, STATE %#x",
		bare_queue_head(&rx), bare_queue_state(&rx));
	check(bare_rx(&rx, 0)->status == (SVANIC_RX_DONE | SVANIC_RX_END) &&
			bare_rx(&rx, 0)->length == 300 &&
			memcmp(in, frame, 300) == 0,
		"received %u bytes, status %#x", bare_rx(&rx, 0)->length,
		bare_rx(&rx, 0)->status);
	check(bare_counter(&test->bare, 0, SVANIC_RX_FRAMES) == 1 &&
			bare_counter(&test->bare, 0, SVANIC_TX_BYTES) == 200,
		"frames received %ju, bytes sent %ju",
		(uintmax_t)bare_counter(&test->bare, 0, SVANIC_RX_FRAMES),
		(uintmax_t)bare_counter(&test->bare, 0, SVANIC_TX_BYTES));
}

int
main(int argc, char **argv)
{
	struct test test;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3)
		return EXIT_FAILURE;
	test.peer = open_peer(argv[2]);
	bare_open(&test.bare, argv[1]);
	test.space = bare_space(&test.bare);
	test.memory = get_memory();
	bare_map(&test.bare, test.space, test.memory, MEMORY_IOVA, MEMORY_SIZE);
	bare_attach(&test.bare, bare_table(&test.bare, test.space, 0));
	check_identity(&test);
	check_one_frame_each_way(&test);
	printf("%u wrong\n", wrong);
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
