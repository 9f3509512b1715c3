/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A program that gives up its only NIC, frees memory and allocates it again, and takes
 * another NIC. Like echo.c, it sends back what its port receives, out of that memory.
 *
 *   replug EAL-OPTIONS -- FIRST SECOND   FIRST is the NIC that the options name; SIGUSR1
 *                       changes it for SECOND
 *
 * A child that fork() has made sleeps meanwhile: it has all of the program's files, the NIC's
 * as well. SIGUSR2 ends it. Ends with SIGTERM. Knows DPDK's public API only, nothing of ours.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

#include "frames.h"
#include "rest.h"

/* Several hugepages, so that freeing it gives pages back. */
#define ZONE_SIZE (UINT64_C(16) << 20)

/* --- memory that frames go out of --- */

static const struct rte_memzone *zone;
static struct slots slots = { .stride = ZONE_SIZE / SLOTS };

static void
allocate_zone(void)
{
	zone = rte_memzone_reserve_aligned("frames", ZONE_SIZE, SOCKET_ID_ANY,
		RTE_MEMZONE_IOVA_CONTIG, RTE_PGSIZE_2M);
	check(zone != NULL, "memzone");
	slots.va = zone->addr;
	slots.iova = zone->iova;
	printf("replug: memory at %#" PRIx64 "\n", zone->iova);
}

/* Nothing of it may be on its way. */
static void
allocate_zone_again(void)
{
	const uint64_t before = zone->iova;

	memset(zone->addr, 0xee, ZONE_SIZE);
	check(rte_memzone_free(zone) == 0, "free the memzone");
	allocate_zone();
	check(zone->iova == before, "the memory is at another address");
	memset(zone->addr, 0, ZONE_SIZE);
}

/* --- the port --- */

static uint16_t
start_port(struct rte_mempool *pool)
{
	const uint16_t port = rte_eth_find_next(0);

	frames_start_port(port, pool);
	return port;
}

static uint16_t
change_nic(uint16_t port, struct rte_mempool *pool, char **nics)
{
	asked_for_first = 0;
	rte_eth_dev_stop(port);
	check(rte_eth_dev_close(port) == 0, "close");
	check(rte_eal_hotplug_remove("pci", nics[0]) == 0, "remove");
	printf("replug: removed\n");
	allocate_zone_again();
	check(rte_eal_hotplug_add("pci", nics[1], "") == 0, "add");
	port = start_port(pool);
	printf("replug: changed\n");
	return port;
}

static uint16_t
echo(uint16_t port, struct rte_mempool *pool)
{
	struct rte_mbuf *frames[BURST];
	uint16_t count = rte_eth_rx_burst(port, 0, frames, BURST);
	uint16_t i;

	for (i = 0; i < count; i++) {
		frames_send(port,
			frames_in_slot(&slots, pool,
				rte_pktmbuf_mtod(frames[i], void *),
				rte_pktmbuf_data_len(frames[i])));
		rte_pktmbuf_free(frames[i]);
	}
	return count;
}

static pid_t
start_child(void)
{
	pid_t child = fork();

	check(child >= 0, "fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return child;
}

static pid_t
end_child(pid_t child)
{
	asked_for_second = 0;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		printf("replug: child ended\n");
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	uint16_t port;
	pid_t child;
	int used;

	setvbuf(stdout, NULL, _IOLBF, 0);
	used = rte_eal_init(argc, argv);
	check(used >= 0 && argc == used + 3, "rte_eal_init");
	pool = frames_make_pool("pool", 1024);
	allocate_zone();
	child = start_child();
	frames_note_signals();
	port = start_port(pool);
	printf("replug: ready\n");
	while (!asked_to_end) {
		rest_if_none(echo(port, pool));
		if (asked_for_first)
			port = change_nic(port, pool, argv + used + 1);
		if (asked_for_second)
			child = end_child(child);
	}
	rte_eth_dev_stop(port);
	rte_eth_dev_close(port);
	end_child(child);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
