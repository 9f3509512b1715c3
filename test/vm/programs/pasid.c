/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * PASIDs against the real kernel, by the bare svanic: queue pairs that use the same
 * addresses reach different memory, and what is not attached is refused.
 *
 *   pasid spaces DEVICE INTERFACE COUNT raw|ats
 *   pasid refused DEVICE SETTINGS
 *   pasid shared DEVICE...
 *
 * DEVICE is a folder name such as 0000:01:00.0, INTERFACE the kernel's name of the NIC that it is
 * wired to. Ends with status 0 when all was as documented.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <linux/if_ether.h>

#include <rte_iommufd.h>
#include <rte_iommufd_pasid.h>

#include "expect.h"
#include "svanic_bare.h"
#include "wire_socket.h"

#define ALL (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define MEMORY_SIZE (1u << 18)
/* The same in all spaces. */
#define IOVA 0x1000000
#define TX_RING 0x00000
#define RX_RING 0x08000
#define TX_DATA 0x10000
#define RX_DATA 0x20000
#define RING_LOG2 6
/* In the first space only. */
#define ALONE 0x9000000
#define PAIRS_MAX 8
#define UNATTACHED 0xabcde
#define TEST_ETHERTYPE 0x88b5 /* IEEE 802: local experimental */

static const uint8_t peer_mac[6] = { 0x52, 0x54, 0, 0, 0, 2 };

static struct rte_iommufd_context *context;
static struct rte_iommufd_device *device;
static struct rte_iommufd_space *own; /* the device's, empty */
static struct bare bare;
static int peer;
static uint32_t pasid_flags; /* with which the device uses a PASID */

struct pair {
	unsigned int number;
	uint32_t pasid;
	struct rte_iommufd_space *space;
	uint8_t *memory;
	struct bare_queue rx, tx;
};

static struct pair pairs[PAIRS_MAX];
static unsigned int pair_count;

static void
must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("WRONG: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
open_device(const char *address, struct rte_iommufd_device **opened)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	must(rte_iommufd_device_open(context, path, NULL, opened) == 0, path);
}

static struct rte_iommufd_space *
make_space(void)
{
	struct rte_iommufd_space *space;

	must(rte_iommufd_space_create(context, &space) == 0, "a space");
	return space;
}

static uint8_t *
get_memory(void)
{
	uint8_t *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	must(memory != MAP_FAILED, "memory");
	return memory;
}

/* --- The other end of the wire --- */

static void
open_peer(const char *interface)
{
	peer = wire_socket(interface, TEST_ETHERTYPE);
	must(peer >= 0, interface);
}

/* The address of frames for a pair; a filter of the device steers them there. */
static void
pair_mac(unsigned int number, uint8_t mac[6])
{
	const uint8_t address[6] = { 0x02, 0, 0, 0, 0x77, (uint8_t)number };

	memcpy(mac, address, 6);
}

/* Bytes that follow from a number, and a length that does. */
static size_t
make_frame(uint8_t *frame, const uint8_t to[6], unsigned int number)
{
	size_t length = 100 + number;
	size_t i;

	memcpy(frame, to, 6);
	memcpy(frame + 6, to, 6);
	frame[12] = TEST_ETHERTYPE >> 8;
	frame[13] = TEST_ETHERTYPE & 0xff;
	for (i = 14; i < length; i++)
		frame[i] = (uint8_t)(number * 31 + i * 7);
	return length;
}

/* Whether the next frame that comes is the one with this number. */
static int
peer_gets(unsigned int number)
{
	struct pollfd ready = { .fd = peer, .events = POLLIN };
	uint8_t frame[2048], wanted[2048];
	size_t length = make_frame(wanted, peer_mac, number);

	if (poll(&ready, 1, BARE_PATIENCE_MS) <= 0)
		return -ETIMEDOUT;
	if (recv(peer, frame, sizeof(frame), 0) != (ssize_t)length)
		return -EMSGSIZE;
	return memcmp(frame, wanted, length) == 0 ? 0 : -EILSEQ;
}

/* --- The device --- */

static void
set_filter(unsigned int number)
{
	uint8_t mac[6];

	pair_mac(number, mac);
	bare_write(&bare, SVANIC_FILTER_LOW(number),
		mac[0] | mac[1] << 8 | mac[2] << 16 | (uint32_t)mac[3] << 24);
	bare_write(&bare, SVANIC_FILTER_HIGH(number),
		mac[4] | mac[5] << 8 | number << SVANIC_FILTER_QUEUE_SHIFT |
			SVANIC_FILTER_STEER | SVANIC_FILTER_VALID);
}

static void
start_tx(struct pair *pair)
{
	bare_queue_start(&pair->tx, &bare,
		SVANIC_PAIR(pair->number) + SVANIC_TX, pair->memory + TX_RING,
		IOVA + TX_RING, RING_LOG2);
}

static void
start_pair(struct pair *pair)
{
	const uint32_t base = SVANIC_PAIR(pair->number);

	bare_write(&bare, base + SVANIC_PASID, pair->pasid | pasid_flags);
	bare_queue_start(&pair->rx, &bare, base + SVANIC_RX,
		pair->memory + RX_RING, IOVA + RX_RING, RING_LOG2);
	start_tx(pair);
	set_filter(pair->number);
}

static void
stop_pair(struct pair *pair)
{
	bare_queue_stop(&pair->tx);
	bare_queue_stop(&pair->rx);
}

static uint64_t
counter(const struct pair *pair, uint32_t which)
{
	return bare_counter(&bare, pair->number, which);
}

static void
make_pair(unsigned int number)
{
	struct pair *pair = &pairs[number];

	pair->number = number;
	pair->space = make_space();
	pair->memory = get_memory();
	expect("allocate a PASID",
		rte_iommufd_pasid_alloc(device, &pair->pasid), 0);
	expect("map",
		rte_iommufd_space_map(
			pair->space, pair->memory, IOVA, MEMORY_SIZE, ALL),
		0);
	expect("attach the space to it",
		rte_iommufd_pasid_attach(device, pair->pasid, pair->space), 0);
	start_pair(pair);
}

/* --- What has to hold --- */

/* Puts a descriptor at the buffer into the ring that is in this memory. */
static void
put_frame(struct pair *pair, uint8_t *memory, uint64_t address, size_t length)
{
	pair->tx.tx = (void *)(memory + TX_RING);
	bare_put_tx(&pair->tx, address, length,
		SVANIC_TX_END | SVANIC_TX_REPORT, 0, 0);
}

/* All pairs have the same addresses in their descriptors, and frames of their own. */
static void
check_transmit(void)
{
	struct pair *pair;
	size_t length;
	unsigned int i;

	for (i = 0; i < pair_count; i++) {
		length = make_frame(pairs[i].memory + TX_DATA, peer_mac, i);
		put_frame(&pairs[i], pairs[i].memory, IOVA + TX_DATA, length);
	}
	for (i = 0; i < pair_count; i++) {
		pair = &pairs[i];
		bare_queue_ring(&pair->tx);
		expect("a frame was sent", bare_wait_for_head(&pair->tx, 1), 1);
		expect("and written back to this pair's memory",
			bare_tx(&pair->tx, 0)->flags, SVANIC_TX_DONE);
		expect("and got by the peer", peer_gets(i), 0);
		expect("its bytes", counter(pair, SVANIC_TX_BYTES), 100 + i);
	}
}

static void
check_receive(void)
{
	uint8_t frame[2048], mac[6];
	struct pair *pair;
	size_t length;
	unsigned int i;

	for (i = 0; i < pair_count; i++) {
		bare_put_rx(&pairs[i].rx, IOVA + RX_DATA, 2048);
		bare_queue_ring(&pairs[i].rx);
	}
	for (i = 0; i < pair_count; i++) {
		pair = &pairs[i];
		pair_mac(i, mac);
		length = make_frame(frame, mac, i);
		must(send(peer, frame, length, 0) == (ssize_t)length, "send");
		expect("a frame came", bare_wait_for_head(&pair->rx, 1), 1);
		expect("into this pair's memory",
			memcmp(pair->memory + RX_DATA, frame, length), 0);
		expect("its length", bare_rx(&pair->rx, 0)->length, length);
	}
}

/* Starts the pair's transmit queue, whose ring it cannot read. */
static void
expect_refused_ring(struct pair *pair, const char *why)
{
	const uint64_t faults = counter(pair, SVANIC_FAULTS);
	const uint32_t halted = SVANIC_STATE_HALTED |
		SVANIC_ERROR_REFUSED << SVANIC_STATE_ERROR_SHIFT;
	uint32_t info;

	start_tx(pair);
	put_frame(pair, pair->memory, IOVA + TX_DATA, 100);
	bare_queue_ring(&pair->tx);
	printf("PASID %#x is %s\n", pair->pasid, why);
	expect("its queue halts, refused",
		bare_wait_for_state(&pair->tx, halted), 1);
	expect("the device counts it", counter(pair, SVANIC_FAULTS) - faults,
		1);
	info = bare_read(&bare, SVANIC_PAIR(pair->number) + SVANIC_FAULT_INFO);
	expect("with its PASID", info & SVANIC_PASID_MASK, pair->pasid);
	bare_queue_stop(&pair->tx);
}

static void
check_unattached(void)
{
	struct pair stranger = { .number = PAIRS_MAX, .pasid = UNATTACHED };

	stranger.memory = pairs[0].memory;
	bare_write(&bare, SVANIC_PAIR(PAIRS_MAX) + SVANIC_PASID,
		UNATTACHED | pasid_flags);
	expect_refused_ring(&stranger, "attached to nothing");
}

/* The pair goes on, in another space: its frame is what that one's memory has. */
static void
check_replaced(struct pair *pair)
{
	struct rte_iommufd_space *other = make_space();
	uint8_t *memory = get_memory();
	uint8_t *alone = get_memory();
	size_t length = make_frame(memory + TX_DATA, peer_mac, 77);
	uint64_t faults;

	expect("map in the other space",
		rte_iommufd_space_map(other, memory, IOVA, MEMORY_SIZE, ALL),
		0);
	expect("map in the first space alone",
		rte_iommufd_space_map(
			pair->space, alone, ALONE, MEMORY_SIZE, ALL),
		0);
	make_frame(alone, peer_mac, 78);
	put_frame(pair, pair->memory, ALONE, 100 + 78);
	bare_queue_ring(&pair->tx);
	expect("sent before", bare_wait_for_head(&pair->tx, 2), 1);
	expect("got by the peer", peer_gets(78), 0);

	expect("replace the space",
		rte_iommufd_pasid_replace(device, pair->pasid, other), 0);
	put_frame(pair, memory, IOVA + TX_DATA, length);
	bare_queue_ring(&pair->tx);
	expect("sent afterwards", bare_wait_for_head(&pair->tx, 3), 1);
	expect("out of the other space", peer_gets(77), 0);
	faults = counter(pair, SVANIC_FAULTS);
	put_frame(pair, memory, ALONE, 100);
	bare_queue_ring(&pair->tx);
	expect("done", bare_wait_for_head(&pair->tx, 4), 1);
	expect("what the first space has is refused",
		bare_tx(&pair->tx, 3)->flags >> SVANIC_ERROR_SHIFT,
		SVANIC_ERROR_REFUSED);
	expect("and counted", counter(pair, SVANIC_FAULTS) - faults, 1);
	expect("where", counter(pair, SVANIC_FAULT_ADDRESS) == ALONE, 1);

	expect("back",
		rte_iommufd_pasid_replace(device, pair->pasid, pair->space), 0);
	expect("end the other space", rte_iommufd_space_destroy(other), 0);
	put_frame(pair, pair->memory, ALONE, 100 + 78);
	bare_queue_ring(&pair->tx);
	expect("sent once more", bare_wait_for_head(&pair->tx, 5), 1);
	expect("got by the peer", peer_gets(78), 0);
}

static void
check_detached(struct pair *pair)
{
	stop_pair(pair);
	expect("end a space that is attached",
		rte_iommufd_space_destroy(pair->space), -EBUSY);
	expect("free a PASID that is attached",
		rte_iommufd_pasid_free(device, pair->pasid), -EBUSY);
	expect("detach", rte_iommufd_pasid_detach(device, pair->pasid), 0);
	expect_refused_ring(pair, "detached");
}

static void
check_the_interrupt_window(struct pair *pair)
{
	expect("map where devices write interrupts",
		rte_iommufd_space_map(
			pair->space, pair->memory, 0xfee00000, 0x1000, ALL),
		-EINVAL);
}

static void
check_spaces(void)
{
	unsigned int i;

	for (i = 0; i < pair_count; i++)
		make_pair(i);
	expect("the host has enabled PASIDs",
		(bare_read(&bare, SVANIC_STATUS) & SVANIC_STATUS_PASID) != 0,
		1);
	check_transmit();
	check_receive();
	check_the_interrupt_window(&pairs[0]);
	check_unattached();
	check_replaced(&pairs[0]);
	check_detached(&pairs[pair_count - 1]);
	if (pair_count == 1)
		return;
	/* The others have felt nothing of it. */
	put_frame(&pairs[0], pairs[0].memory, ALONE, 100 + 78);
	bare_queue_ring(&pairs[0].tx);
	expect("the first pair sends", bare_wait_for_head(&pairs[0].tx, 6), 1);
	expect("got by the peer", peer_gets(78), 0);
}

/* Closing the device takes its PASIDs out of the spaces. */
static void
end_spaces(void)
{
	unsigned int i;

	expect("detach a device with PASIDs", rte_iommufd_device_detach(device),
		pair_count > 1 ? -EBUSY : 0);
	munmap((void *)(uintptr_t)bare.registers, SVANIC_REGISTERS_SIZE);
	rte_iommufd_device_close(device);
	for (i = 0; i < pair_count; i++)
		expect("end a pair's space",
			rte_iommufd_space_destroy(pairs[i].space), 0);
	expect("end the device's space", rte_iommufd_space_destroy(own), 0);
}

static void
run_spaces(const char *address, const char *interface, const char *count,
	const char *way)
{
	pair_count = (unsigned int)atoi(count);
	must(pair_count >= 1 && pair_count <= PAIRS_MAX, "COUNT");
	pasid_flags = SVANIC_PASID_USE;
	if (strcmp(way, "ats") == 0)
		pasid_flags |= SVANIC_PASID_ATS;
	open_peer(interface);
	open_device(address, &device);
	own = make_space();
	expect("attach the device", rte_iommufd_device_attach(device, own), 0);
	bare_take(&bare, rte_iommufd_device_fd(device));
	bare_reset(&bare);
	check_spaces();
	end_spaces();
}

/* The line that names what is missing is the script's to read. */
static void
run_refused(const char *address)
{
	uint32_t pasid;

	open_device(address, &device);
	own = make_space();
	expect("attach the device", rte_iommufd_device_attach(device, own), 0);
	expect("allocate a PASID", rte_iommufd_pasid_alloc(device, &pasid),
		-EOPNOTSUPP);
	expect("attach a PASID", rte_iommufd_pasid_attach(device, 1, own),
		-EOPNOTSUPP);
	rte_iommufd_device_close(device);
	expect("end the space", rte_iommufd_space_destroy(own), 0);
}

/* Devices in one space, which has memory: the script counts the page tables. */
static void
run_shared(char **addresses, unsigned int count)
{
	struct rte_iommufd_device *devices[8];
	uint8_t *memory = get_memory();
	unsigned int i;

	must(count <= 8, "DEVICE...");
	own = make_space();
	for (i = 0; i < count; i++) {
		open_device(addresses[i], &devices[i]);
		expect("attach", rte_iommufd_device_attach(devices[i], own), 0);
	}
	expect("map",
		rte_iommufd_space_map(own, memory, IOVA, MEMORY_SIZE, ALL), 0);
	for (i = 0; i < count; i++)
		rte_iommufd_device_close(devices[i]);
	expect("end the space", rte_iommufd_space_destroy(own), 0);
}

int
main(int argc, char **argv)
{
	const bool refused = argc == 4 && strcmp(argv[1], "refused") == 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	must(rte_iommufd_context_create(
		     refused ? argv[3] : "backend=iommufd", &context) == 0,
		"a context");
	if (refused)
		run_refused(argv[2]);
	else if (argc == 6 && strcmp(argv[1], "spaces") == 0)
		run_spaces(argv[2], argv[3], argv[4], argv[5]);
	else if (argc > 2 && strcmp(argv[1], "shared") == 0)
		run_shared(&argv[2], argc - 2);
	else
		return EXIT_FAILURE;
	expect("end the context", rte_iommufd_context_destroy(context), 0);
	printf("%u wrong\n", wrong);
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
