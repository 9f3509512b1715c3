/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The device of sva.c, and frames; see sva_scene.h. */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "sva_scene.h"
#include "wire_socket.h"

static const uint8_t peer_mac[6] = { 0x52, 0x54, 0, 0, 0, 2 };

static struct rte_iommufd_context *context;
static struct rte_iommufd_space *own; /* the device's, empty */
static int peer;
struct rte_iommufd_device *device;
struct rte_iommufd_sva *sva;
struct bare bare;
struct pair pairs[PAIRS_MAX];

void
must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("WRONG: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
open_peer(const char *interface)
{
	peer = wire_socket(interface, TEST_ETHERTYPE);
	must(peer >= 0, interface);
}

void
open_all(const char *address, const char *interface,
	const struct rte_iommufd_sva_options *options)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	must(rte_iommufd_context_create("backend=iommufd", &context) == 0 &&
			rte_iommufd_device_open(context, path, NULL, &device) ==
				0 &&
			rte_iommufd_space_create(context, &own) == 0 &&
			rte_iommufd_device_attach(device, own) == 0,
		path);
	bare_take(&bare, rte_iommufd_device_fd(device));
	bare_reset(&bare);
	open_peer(interface);
	expect("make an sva", rte_iommufd_sva_create(context, options, &sva),
		0);
	must(sva != NULL, "sva");
}

uint64_t
pinned_kib(void)
{
	char line[128];
	uint64_t kib = 0;
	FILE *status = fopen("/proc/self/status", "r");

	must(status != NULL, "/proc/self/status");
	while (fgets(line, sizeof(line), status) != NULL)
		sscanf(line, "VmPin: %" SCNu64, &kib);
	fclose(status);
	return kib;
}

void
close_all(void)
{
	expect("end the sva", rte_iommufd_sva_destroy(sva), 0);
	expect("nothing is pinned", pinned_kib(), 0);
	rte_iommufd_device_close(device);
	expect("end the space", rte_iommufd_space_destroy(own), 0);
	expect("end the context", rte_iommufd_context_destroy(context), 0);
}

void *
get_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "memory");
	return memory;
}

void
start_pair(struct pair *pair, unsigned int number)
{
	const uint32_t base = SVANIC_PAIR(number);
	uint8_t *rings = get_memory(2 * PAGE);
	uint8_t mac[6] = { 0x02, 0, 0, 0, 0x77, (uint8_t)number };

	pair->number = number;
	pair->rings = rings;
	pair->headers = get_memory(HEADER << RING_LOG2);
	expect("bind", rte_iommufd_sva_bind(sva, device, &pair->pasid), 0);
	bare_write(&bare, base + SVANIC_PASID,
		pair->pasid | SVANIC_PASID_USE | SVANIC_PASID_ATS |
			SVANIC_PASID_ASK);
	bare_queue_start(&pair->rx, &bare, base + SVANIC_RX, rings,
		(uintptr_t)rings, RING_LOG2);
	bare_queue_start(&pair->tx, &bare, base + SVANIC_TX, rings + PAGE,
		(uintptr_t)rings + PAGE, RING_LOG2);
	bare_write(&bare, SVANIC_FILTER_LOW(number),
		mac[0] | mac[1] << 8 | mac[2] << 16 | (uint32_t)mac[3] << 24);
	bare_write(&bare, SVANIC_FILTER_HIGH(number),
		mac[4] | mac[5] << 8 | number << SVANIC_FILTER_QUEUE_SHIFT |
			SVANIC_FILTER_STEER | SVANIC_FILTER_VALID);
}

void
stop_pair(struct pair *pair)
{
	bare_queue_stop(&pair->tx);
	bare_queue_stop(&pair->rx);
	expect("unbind", rte_iommufd_sva_unbind(sva, device, pair->pasid), 0);
}

uint64_t
counter(const struct pair *pair, uint32_t which)
{
	return bare_counter(&bare, pair->number, which);
}

struct rte_iommufd_sva_stats
stats_now(void)
{
	struct rte_iommufd_sva_stats stats = { .size = sizeof(stats) };

	rte_iommufd_sva_stats(sva, &stats);
	return stats;
}

void
fill(void *payload, uint32_t number)
{
	uint8_t *bytes = payload;
	size_t i;

	for (i = 0; i < PAYLOAD; i++)
		bytes[i] = (uint8_t)(number * 31 + (number >> 8) + i * 7);
}

uint32_t
post(struct pair *pair, const void *payload, uint16_t ethertype)
{
	const uint32_t slot = pair->tx.tail & ((1u << RING_LOG2) - 1);
	uint8_t *header = pair->headers + HEADER * slot;
	uint32_t last;

	memcpy(header, peer_mac, 6);
	memcpy(header + 6, peer_mac, 6);
	header[6] = 0x02;
	header[12] = ethertype >> 8;
	header[13] = ethertype & 0xff;
	bare_put_tx(&pair->tx, (uintptr_t)header, HEADER, 0, 0, 0);
	last = bare_put_tx(&pair->tx, (uintptr_t)payload, PAYLOAD,
		SVANIC_TX_END | SVANIC_TX_REPORT, 0, 0);
	bare_queue_ring(&pair->tx);
	return last;
}

int
done(struct pair *pair, uint32_t last)
{
	if (!bare_wait_for_head(&pair->tx, last + 1))
		return -ETIMEDOUT;
	return bare_tx(&pair->tx, last)->flags >> SVANIC_ERROR_SHIFT;
}

int
send_from(struct pair *pair, const void *payload)
{
	return done(pair, post(pair, payload, TEST_ETHERTYPE));
}

int
peer_receives(void *frame, size_t size)
{
	struct pollfd ready = { .fd = peer, .events = POLLIN };

	if (poll(&ready, 1, BARE_PATIENCE_MS) <= 0)
		return -ETIMEDOUT;
	return (int)recv(peer, frame, size, 0);
}

int
peer_gets(uint32_t number)
{
	uint8_t frame[2048], wanted[PAYLOAD];
	int length;

	fill(wanted, number);
	length = peer_receives(frame, sizeof(frame));
	if (length == -ETIMEDOUT)
		return length;
	if (length != HEADER + PAYLOAD)
		return -EMSGSIZE;
	return memcmp(frame + HEADER, wanted, PAYLOAD) == 0 ? 0 : -EILSEQ;
}

int
receive_into(struct pair *pair, void *buffer, uint32_t number)
{
	uint8_t frame[HEADER + PAYLOAD] = { 0x02, 0, 0, 0, 0x77,
		(uint8_t)pair->number };
	uint32_t slot = bare_put_rx(&pair->rx, (uintptr_t)buffer, 2048);

	frame[6] = 0x02;
	frame[12] = TEST_ETHERTYPE >> 8;
	frame[13] = TEST_ETHERTYPE & 0xff;
	fill(frame + HEADER, number);
	bare_queue_ring(&pair->rx);
	must(send(peer, frame, sizeof(frame), 0) == sizeof(frame), "send");
	if (!bare_wait_for_head(&pair->rx, slot + 1))
		return -ETIMEDOUT;
	if (bare_rx(&pair->rx, slot)->status >> SVANIC_ERROR_SHIFT != 0)
		return bare_rx(&pair->rx, slot)->status >> SVANIC_ERROR_SHIFT;
	return memcmp(buffer, frame, sizeof(frame)) == 0 ? 0 : -EILSEQ;
}

static uint32_t next_number = 1;

void
send_filled(struct pair *pair, const char *what, void *payload)
{
	fill(payload, ++next_number);
	printf("-- %s\n", what);
	expect("sent", send_from(pair, payload), 0);
	expect("got by the peer", peer_gets(next_number), 0);
}
