/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A primary process with a port, and secondary processes that send a frame through it out of
 * memory of their own, mapped with rte_dev_dma_map().
 *
 *   secondary_maps EAL-OPTIONS -- primary     receives, sends nothing. SIGUSR1: tries whether
 *                                it can map memory of its own where the secondaries do
 *   secondary_maps --proc-type=secondary EAL-OPTIONS -- send FILE [PAGE]   maps its memory at
 *                                that many pages behind IOVA, sends the file's bytes out of
 *                                it. SIGUSR1: unmaps it
 *
 * Ends with SIGTERM. Knows DPDK's public API only, nothing of ours.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "frames.h"

#define PORT 0
#define MBUFS 64
#define PAGE 4096
#define LENGTH RTE_ALIGN_CEIL((size_t)MBUFS *RTE_MBUF_DEFAULT_BUF_SIZE, PAGE)
#define IOVA 0x40000000 /* EAL's memory lies above 4 GiB */
#define ETHERTYPE 0x88b5
#define LONGEST 1500

static void
register_memory(void *memory)
{
	check(rte_extmem_register(memory, LENGTH, NULL, 0, PAGE) == 0,
		"rte_extmem_register");
}

/* --- The primary --- */

static void
try_place(void *memory)
{
	struct rte_device *device = frames_device_of(PORT);
	const int ret = rte_dev_dma_map(device, memory, IOVA, LENGTH);

	if (ret != 0) {
		printf("maps: the place is taken: %s\n",
			rte_strerror(rte_errno));
		return;
	}
	check(rte_dev_dma_unmap(device, memory, IOVA, LENGTH) == 0, "unmap");
	printf("maps: the place is free\n");
}

static void
be_primary(void)
{
	struct rte_mbuf *frames[BURST];
	void *memory = frames_own_memory(LENGTH);
	uint16_t count;

	register_memory(memory);
	check(rte_eth_dev_count_avail() == 1, "not exactly one port");
	frames_start_port(PORT, frames_make_pool("receive", 1024));
	printf("maps: ready\n");
	while (!asked_to_end) {
		count = rte_eth_rx_burst(PORT, 0, frames, BURST);
		rte_pktmbuf_free_bulk(frames, count);
		if (asked_for_first) {
			asked_for_first = 0;
			try_place(memory);
		}
		usleep(1000);
	}
	rte_eth_dev_stop(PORT);
	rte_eth_dev_close(PORT);
}

/* --- A secondary --- */

static struct rte_mempool *
make_pool(void *memory, uint64_t iova)
{
	struct rte_pktmbuf_extmem description = {
		.buf_ptr = memory,
		.buf_iova = iova,
		.buf_len = LENGTH,
		.elt_size = RTE_MBUF_DEFAULT_BUF_SIZE,
	};
	struct rte_mempool *pool;
	char name[32];

	snprintf(name, sizeof(name), "own_%d", getpid());
	pool = rte_pktmbuf_pool_create_extbuf(name, MBUFS, 0, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY, &description, 1);
	check(pool != NULL, "extbuf pool");
	return pool;
}

static void
send_file(struct rte_mempool *pool, const char *name)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *header;
	char bytes[LONGEST];
	size_t length;
	FILE *file = fopen(name, "rb");

	check(file != NULL && frame != NULL, name);
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	header = (void *)rte_pktmbuf_append(frame, sizeof(*header) + length);
	check(header != NULL, "a frame");
	memset(header, 0xff, sizeof(*header));
	header->ether_type = rte_cpu_to_be_16(ETHERTYPE);
	memcpy(header + 1, bytes, length);
	check(rte_eth_tx_burst(PORT, 0, &frame, 1) == 1, "send");
}

/* What EAL has allocated is mapped already, which is no error. */
static void
map_memory_of_eal(struct rte_device *device)
{
	void *memory = rte_malloc(NULL, PAGE, PAGE);
	rte_iova_t iova;

	check(memory != NULL, "rte_malloc");
	iova = rte_malloc_virt2iova(memory);
	check(rte_dev_dma_map(device, memory, iova, PAGE) == 0,
		"map of EAL's memory");
	/* DPDK's own code cannot: the kernel has a larger mapping there. */
	if (rte_dev_dma_unmap(device, memory, iova, PAGE) == 0)
		printf("maps: EAL's memory was mapped and unmapped\n");
	rte_free(memory);
}

static void
be_secondary(const char *file, uint64_t iova)
{
	struct rte_device *device;
	void *memory = frames_own_memory(LENGTH);

	check(rte_eth_dev_count_avail() == 1, "not exactly one port");
	device = frames_device_of(PORT);
	map_memory_of_eal(device);
	register_memory(memory);
	check(rte_dev_dma_map(device, memory, iova, LENGTH) == 0, "map");
	printf("maps: mapped %zu pages\n", LENGTH / PAGE);
	send_file(make_pool(memory, iova), file);
	printf("maps: sent\n");
	while (!asked_to_end) {
		if (asked_for_first) {
			asked_for_first = 0;
			if (rte_dev_dma_unmap(device, memory, iova, LENGTH) ==
				0)
				printf("maps: unmapped\n");
			else
				printf("maps: not unmapped: %s\n",
					rte_strerror(rte_errno));
		}
		usleep(1000);
	}
}

int
main(int argc, char **argv)
{
	int used;

	setvbuf(stdout, NULL, _IOLBF, 0);
	used = rte_eal_init(argc, argv);
	check(used >= 0, "rte_eal_init");
	argc -= used;
	argv += used;
	frames_note_signals();
	if (argc > 2 && strcmp(argv[1], "send") == 0) {
		be_secondary(argv[2],
			IOVA +
				(argc > 3 ? strtoul(argv[3], NULL, 0) : 0) *
					PAGE);
	} else {
		be_primary();
	}
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
