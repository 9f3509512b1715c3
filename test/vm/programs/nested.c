/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A DPDK program whose NIC translates by a page table of the program's own. Frames go out of
 * slots, each a page of its own. With the protection "stores" a slot is within the NIC's reach
 * only while a frame is in it, at an address that stage 1 alone knows; with "calls" the same by
 * calls of the kernel, without stage 1; with "none" all slots are within reach all the time.
 *
 *   nested EAL-OPTIONS -- try DEVICE      ends when the table was made, or with status 2
 *   nested EAL-OPTIONS -- echo DEVICE     sends back what port 0 receives, protected by stores.
 *               SIGUSR1: sends a frame out of a slot that was unmapped. SIGUSR2: from now on without
 *               the table, or with it again. Faults are printed.
 *   nested EAL-OPTIONS -- cost DEVICE     what a page mapped and unmapped costs, by calls and by
 *               stores; and frames each second with each protection, in turns
 *
 * DEVICE is the PCI address of port 0. Ends with SIGTERM, or by itself.
 */

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_iommufd.h>
#include <rte_iommufd_nested.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "frames.h"

#define PORT 0
#define PAGE UINT64_C(4096)
#define TABLES_SIZE (64 * PAGE)
#define MEMORY_SIZE (SLOTS * PAGE)
/* Where the NIC finds the slots, and where they are in the space behind stage 1: below 44 bits, which
 * an SMMU's second stage may end at, and nothing of EAL is there.
 */
#define SLOTS_IOVA UINT64_C(0x12345600000)
#define TARGET_IOVA UINT64_C(0x54321600000)
#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
/* A frame has left its slot when so many came behind it: the ring has 64 descriptors. */
#define ON_THEIR_WAY 128
#define BATCH 32
#define ROUNDS 11
#define FRAMES 4096
#define FRAME_LENGTH 256

enum protection {
	NONE,
	CALLS,
	STORES,
	PROTECTIONS,
};

static const char *const protection_names[] = { "none", "calls", "stores" };

static struct {
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	struct rte_iommufd_nested *nested;
	struct rte_mempool *pool;
	struct slots slots;
	enum protection protection;
	unsigned int sent;
	unsigned int unmapped; /* since the last invalidation */
} job;

/* --- slots --------------------------------------------------------------------------- */

static uint64_t
offset_of(unsigned int slot)
{
	return slot % SLOTS * PAGE;
}

static int
map_by_call(unsigned int slot)
{
	return rte_iommufd_space_map(job.space, job.slots.va + offset_of(slot),
		SLOTS_IOVA + offset_of(slot), PAGE, RW);
}

static int
unmap_by_call(unsigned int slot)
{
	return rte_iommufd_space_unmap(
		job.space, SLOTS_IOVA + offset_of(slot), PAGE);
}

static int
map_by_store(unsigned int slot)
{
	return rte_iommufd_nested_map(job.nested, SLOTS_IOVA + offset_of(slot),
		TARGET_IOVA + offset_of(slot), PAGE, RW);
}

static int
unmap_by_store(unsigned int slot)
{
	return rte_iommufd_nested_unmap(
		job.nested, SLOTS_IOVA + offset_of(slot), PAGE);
}

/* Within the NIC's reach from now on. */
static void
give(unsigned int slot)
{
	if (job.protection == CALLS)
		check(map_by_call(slot) == 0, "map by a call");
	if (job.protection == STORES)
		check(map_by_store(slot) == 0, "map by a store");
}

static void
invalidate(void)
{
	check(rte_iommufd_nested_invalidate(job.nested) == 0, "invalidate");
	job.unmapped = 0;
}

/* Out of its reach, at the latest when the batch is full. */
static void
take(unsigned int slot)
{
	if (job.protection == CALLS)
		check(unmap_by_call(slot) == 0, "unmap by a call");
	if (job.protection != STORES)
		return;
	check(unmap_by_store(slot) == 0, "unmap by a store");
	if (++job.unmapped == BATCH)
		invalidate();
}

static void
send_bytes(const void *bytes, uint16_t length)
{
	const unsigned int slot = job.sent++;

	give(slot);
	frames_send(PORT, frames_in_slot(&job.slots, job.pool, bytes, length));
	if (job.sent > ON_THEIR_WAY)
		take(job.sent - ON_THEIR_WAY - 1);
}

/* --- the table ----------------------------------------------------------------------- */

/* In the space, the slots are where the stage 1 leads, or, without one, where the NIC finds them. */
static void
map_memory(bool map)
{
	const uint64_t iova = job.protection == NONE ? SLOTS_IOVA : TARGET_IOVA;

	if (job.protection == CALLS)
		return;
	check((map ? rte_iommufd_space_map(
			     job.space, job.slots.va, iova, MEMORY_SIZE, RW)
		   : rte_iommufd_space_unmap(job.space, iova, MEMORY_SIZE)) ==
			0,
		"the slots in the space");
}

static int
map_equally(const struct rte_memseg_list *list, const struct rte_memseg *page,
	void *argument __rte_unused)
{
	if (list->external)
		return 0;
	return rte_iommufd_nested_map(
		job.nested, page->iova, page->iova, page->len, RW);
}

static int
make_table(void)
{
	void *memory = rte_malloc("tables", TABLES_SIZE, PAGE);

	check(memory != NULL, "memory for tables");
	return rte_iommufd_nested_create(job.device,
		rte_malloc_virt2iova(memory), TABLES_SIZE, &job.nested);
}

static void
look_up(const char *address)
{
	struct rte_iommufd_context *context;
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	check(rte_iommufd_context_default(&context) == 0, "context");
	check(rte_iommufd_device_lookup(context, path, &job.device) == 0,
		"the bus plugin has not opened this device");
	job.space = rte_iommufd_device_space(job.device);
}

/* With DMA at rest. */
static void
begin(enum protection protection)
{
	job.protection = protection;
	map_memory(true);
	if (protection == STORES)
		check(rte_iommufd_nested_attach(job.nested) == 0, "attach");
	job.sent = job.slots.next = 0;
	check(rte_eth_dev_start(PORT) == 0, "start");
}

static void
end(void)
{
	unsigned int slot = job.sent > ON_THEIR_WAY ? job.sent - ON_THEIR_WAY
						    : 0;

	check(rte_eth_dev_stop(PORT) == 0, "stop");
	for (; slot < job.sent; slot++)
		take(slot);
	if (job.protection == STORES) {
		invalidate();
		check(rte_iommufd_nested_detach(job.nested) == 0, "detach");
	}
	map_memory(false);
}

/* --- echo ---------------------------------------------------------------------------- */

static void
tell_faults(void)
{
	struct rte_iommufd_nested_fault fault = { .size = sizeof(fault) };
	struct pollfd readable = {
		.fd = rte_iommufd_nested_fault_fd(job.nested),
		.events = POLLIN,
	};

	if (poll(&readable, 1, 0) != 1)
		return;
	while (rte_iommufd_nested_fault_read(job.nested, &fault) == 1)
		printf("nested: fault %#x, %s at %#" PRIx64 ", %u lost\n",
			fault.number, fault.write ? "write" : "read",
			fault.iova, fault.lost);
}

/* The NIC has read this slot before, so the SMMU may have cached where it was. */
static void
trespass(void)
{
	static const uint8_t frame[60] = "out of a slot that was unmapped";
	const unsigned int slot = job.sent - ON_THEIR_WAY - 1;
	const unsigned int next = job.slots.next;

	check(job.sent > ON_THEIR_WAY, "no slot was unmapped so far");
	invalidate();
	job.slots.next = slot;
	printf("nested: sending out of %#" PRIx64 "\n",
		SLOTS_IOVA + offset_of(slot));
	frames_send(PORT,
		frames_in_slot(&job.slots, job.pool, frame, sizeof(frame)));
	job.slots.next = next;
}

static void
echo(void)
{
	struct rte_mbuf *frames[BURST];
	unsigned int i, count;

	begin(STORES);
	printf("nested: ready\n");
	while (!asked_to_end) {
		count = rte_eth_rx_burst(PORT, 0, frames, BURST);
		for (i = 0; i < count; i++) {
			send_bytes(rte_pktmbuf_mtod(frames[i], void *),
				rte_pktmbuf_data_len(frames[i]));
			rte_pktmbuf_free(frames[i]);
		}
		tell_faults();
		if (asked_for_first) {
			asked_for_first = 0;
			trespass();
		}
		if (asked_for_second) {
			asked_for_second = 0;
			end();
			begin(job.protection == STORES ? NONE : STORES);
			printf("nested: protection %s\n",
				protection_names[job.protection]);
		}
	}
	end();
}

/* --- cost ---------------------------------------------------------------------------- */

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int
compare_times(const void *one, const void *other)
{
	const double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static double
median(double times[ROUNDS])
{
	qsort(times, ROUNDS, sizeof(times[0]), compare_times);
	return times[ROUNDS / 2];
}

/* One invalidation for so many slots; 0: none. */
static double
time_of(int (*act)(unsigned int slot), unsigned int batch)
{
	const double from = now();
	unsigned int slot;

	for (slot = 0; slot < SLOTS; slot++) {
		check(act(slot) == 0, "a slot");
		if (batch != 0 && slot % batch == batch - 1)
			invalidate();
	}
	return (now() - from) / SLOTS;
}

static void
measure_pages(const char *way, int (*map)(unsigned int slot),
	int (*unmap)(unsigned int slot), unsigned int batch)
{
	double maps[ROUNDS], unmaps[ROUNDS];
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		maps[i] = time_of(map, 0);
		unmaps[i] = time_of(unmap, batch);
	}
	printf("nested: %s: map %.0f ns, unmap %.0f ns\n", way, median(maps),
		median(unmaps));
}

static double
frames_each_second(enum protection protection)
{
	static const uint8_t bytes[FRAME_LENGTH] = { 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb6 };
	unsigned int i;
	double from, to;

	begin(protection);
	from = now();
	for (i = 0; i < FRAMES; i++)
		send_bytes(bytes, sizeof(bytes));
	to = now();
	end();
	return FRAMES / ((to - from) / 1e9);
}

static void
cost(void)
{
	double rates[PROTECTIONS][ROUNDS];
	unsigned int i, protection;

	measure_pages("calls of the kernel", map_by_call, unmap_by_call, 0);
	job.protection = STORES;
	map_memory(true);
	check(rte_iommufd_nested_attach(job.nested) == 0, "attach");
	measure_pages(
		"stores, invalidated each", map_by_store, unmap_by_store, 1);
	measure_pages("stores, invalidated by 32", map_by_store, unmap_by_store,
		BATCH);
	check(rte_iommufd_nested_detach(job.nested) == 0, "detach");
	map_memory(false);
	for (i = 0; i < ROUNDS; i++)
		for (protection = 0; protection < PROTECTIONS; protection++)
			rates[protection][i] = frames_each_second(protection);
	for (protection = 0; protection < PROTECTIONS; protection++)
		printf("nested: protection %s: %.0f frames each second\n",
			protection_names[protection],
			median(rates[protection]));
}

int
main(int argc, char **argv)
{
	int used, ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	used = rte_eal_init(argc, argv);
	check(used >= 0 && argc == used + 3, "rte_eal_init, or arguments");
	frames_note_signals();
	look_up(argv[used + 2]);
	ret = make_table();
	if (ret != 0) {
		printf("nested: no table: %s\n", rte_strerror(-ret));
		rte_eal_cleanup();
		return 2;
	}
	job.pool = frames_make_pool("frames", 2048);
	job.slots.va = frames_own_memory(MEMORY_SIZE);
	job.slots.iova = SLOTS_IOVA;
	job.slots.stride = PAGE;
	frames_start_port(PORT, job.pool);
	check(rte_eth_dev_stop(PORT) == 0, "stop");
	check(rte_memseg_walk(map_equally, NULL) == 0, "EAL's memory");
	if (strcmp(argv[used + 1], "echo") == 0)
		echo();
	else if (strcmp(argv[used + 1], "cost") == 0)
		cost();
	rte_iommufd_nested_destroy(job.nested);
	rte_eth_dev_close(PORT);
	rte_eal_cleanup();
	printf("nested: ended\n");
	return EXIT_SUCCESS;
}
