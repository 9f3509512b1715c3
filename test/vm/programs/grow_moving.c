/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A program that moves its NIC between two address spaces, again and again, while another thread
 * takes memory from EAL and gives it back all the time. In some of the moves frames go out of
 * memory that was taken while the NIC was in the other space.
 *
 *   grow_moving EAL-OPTIONS -- ADDRESS MOVES EVERY   the options name the NIC at ADDRESS; after the
 *                       first and each EVERY-th move frames are sent back as they came. A line for
 *                       each move says how long the program waited for memory and for the move
 *
 * Uses rte_iommufd.h, and must not know how the library does it.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_iommufd.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "frames.h"
#include "rest.h"

#define PORT 0
#define FRAMES 20
#define GROWTH               \
	(                    \
		UINT64_C(12) \
		<< 20) /* several hugepages, given back when they are freed */
#define OUTGOING (UINT64_C(4) << 20)
#define ALIGNMENT 4096
#define BETWEEN_US 2000

static struct rte_iommufd_device *device;
static struct rte_iommufd_space *spaces[2];
static struct rte_mempool *pool;

/* --- the thread that takes memory and gives it back --- */

static atomic_bool is_growing = true;
static atomic_uint growths;

static bool
both_have(const void *memory)
{
	const uint64_t iova = rte_malloc_virt2iova(memory);
	unsigned int i;
	void *va;

	for (i = 0; i < RTE_DIM(spaces); i++)
		if (rte_iommufd_space_lookup(spaces[i], iova, ALIGNMENT,
			    RTE_IOMMUFD_MAP_READ, &va) != 0 ||
			va != memory)
			return false;
	return true;
}

static void *
grow(void *argument)
{
	void *memory;

	while (is_growing) {
		memory = rte_malloc(NULL, GROWTH, ALIGNMENT);
		check(memory != NULL, "no memory");
		check(both_have(memory), "new memory is not in both spaces");
		rte_free(memory);
		growths++;
		/* EAL's lock is not given in turns: who takes it again at once keeps others waiting for seconds. */
		usleep(BETWEEN_US);
	}
	return argument;
}

/* Growth goes on, and not only the moves. */
static void
wait_for_growth(unsigned int more)
{
	const unsigned int wanted = growths + more;

	while (growths < wanted && !asked_to_end)
		sched_yield();
}

/* --- frames --- */

static struct slots outgoing = { .stride = SLOT_SIZE };

static void
take_outgoing(void)
{
	outgoing.va = rte_zmalloc(NULL, OUTGOING, ALIGNMENT);
	check(outgoing.va != NULL, "no memory for frames");
	outgoing.iova = rte_malloc_virt2iova(outgoing.va);
	outgoing.next = 0;
}

static void
send_back(void)
{
	struct rte_mbuf *frames[BURST];
	unsigned int sent = 0;
	uint16_t count, i;

	frames_start_port(PORT, pool);
	while (sent < FRAMES && !asked_to_end) {
		count = rte_eth_rx_burst(PORT, 0, frames, BURST);
		rest_if_none(count);
		for (i = 0; i < count; i++) {
			frames_send(PORT,
				frames_in_slot(&outgoing, pool,
					rte_pktmbuf_mtod(frames[i], void *),
					rte_pktmbuf_data_len(frames[i])));
			rte_pktmbuf_free(frames[i]);
		}
		sent += count;
	}
	/* DMA rests while the device is moved: see rte_iommufd_device_move(). */
	check(rte_eth_dev_stop(PORT) == 0, "stop");
}

/* --- moves --- */

static unsigned int
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
begin(const char *address)
{
	struct rte_iommufd_context *context;
	char path[128];

	check(rte_iommufd_context_default(&context) == 0, "context");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	check(rte_iommufd_device_lookup(context, path, &device) == 0,
		"the bus plugin has not opened this device");
	spaces[0] = rte_iommufd_device_space(device);
	check(rte_iommufd_space_create(context, &spaces[1]) == 0, "space");
	check(rte_iommufd_space_mirror(
		      spaces[1], rte_iommufd_context_memory(context)) == 0,
		"mirror");
}

static void
move_often(unsigned int moves, unsigned int every)
{
	unsigned int move, began, has_memory, moved;

	for (move = 1; move <= moves && !asked_to_end; move++) {
		began = milliseconds();
		take_outgoing();
		has_memory = milliseconds();
		check(rte_iommufd_device_move(device, spaces[move % 2]) == 0,
			"move");
		check(rte_iommufd_device_space(device) == spaces[move % 2],
			"it is elsewhere");
		moved = milliseconds();
		if (move == 1 || move % every == 0) {
			send_back();
			wait_for_growth(1);
		}
		rte_free(outgoing.va);
		printf("grow_moving: move %u: %u ms for memory, %u ms for the move, %u ms for the rest; memory was taken %u times\n",
			move, has_memory - began, moved - has_memory,
			milliseconds() - moved, growths);
	}
	check(move > moves, "ended early");
}

int
main(int argc, char **argv)
{
	unsigned int moves;
	pthread_t thread;
	int used;

	setvbuf(stdout, NULL, _IOLBF, 0);
	used = rte_eal_init(argc, argv);
	check(used >= 0 && argc == used + 4, "rte_eal_init");
	moves = strtoul(argv[used + 2], NULL, 0);
	frames_note_signals();
	pool = frames_make_pool("pool", 1024);
	begin(argv[used + 1]);
	check(pthread_create(&thread, NULL, grow, NULL) == 0, "thread");
	move_often(moves, strtoul(argv[used + 3], NULL, 0));
	is_growing = false;
	pthread_join(thread, NULL);
	check(rte_iommufd_device_move(device, spaces[0]) == 0, "last move");
	check(rte_iommufd_space_destroy(spaces[1]) == 0, "destroy");
	printf("grow_moving: done, %u moves while memory was taken %u times\n",
		moves, growths);
	rte_eth_dev_close(PORT);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
