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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

#define DESCRIPTORS 64
#define BURST 16
#define SLOTS 256 /* more than can be on their way at a time */
#define SLOT_SIZE 2048
/* Several hugepages, so that freeing it gives pages back. */
#define ZONE_SIZE (UINT64_C(16) << 20)

static volatile sig_atomic_t asked_to_end;
static volatile sig_atomic_t asked_to_change;	 /* SIGUSR1 */
static volatile sig_atomic_t asked_to_end_child; /* SIGUSR2 */

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		asked_to_change = 1;
	else if (number == SIGUSR2)
		asked_to_end_child = 1;
	else
		asked_to_end = 1;
}

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	printf("replug: FAILED: %s: %s\n", what, rte_strerror(rte_errno));
	exit(EXIT_FAILURE);
}

/* --- memory that frames go out of --- */

static const struct rte_memzone *zone;
static unsigned int next_slot;
static struct rte_mbuf_ext_shared_info shared[SLOTS];

static void
allocate_zone(void)
{
	zone = rte_memzone_reserve_aligned("frames", ZONE_SIZE, SOCKET_ID_ANY,
		RTE_MEMZONE_IOVA_CONTIG, RTE_PGSIZE_2M);
	check(zone != NULL, "memzone");
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

static void
keep(void *address __rte_unused, void *argument __rte_unused)
{
}

/* Where a frame goes out of changes, so that all pages are used in turn. */
static struct rte_mbuf *
frame_in_zone(struct rte_mempool *pool, const struct rte_mbuf *frame)
{
	const unsigned int slot = next_slot++ % SLOTS;
	const uint64_t offset = slot * (ZONE_SIZE / SLOTS);
	const uint16_t length = rte_pktmbuf_data_len(frame);
	struct rte_mbuf *copy = rte_pktmbuf_alloc(pool);

	check(copy != NULL && length <= SLOT_SIZE, "no room for a frame");
	shared[slot].free_cb = keep;
	rte_mbuf_ext_refcnt_set(&shared[slot], 1);
	memcpy(RTE_PTR_ADD(zone->addr, offset), rte_pktmbuf_mtod(frame, void *),
		length);
	rte_pktmbuf_attach_extbuf(copy, RTE_PTR_ADD(zone->addr, offset),
		zone->iova + offset, SLOT_SIZE, &shared[slot]);
	check(rte_pktmbuf_append(copy, length) != NULL, "append");
	return copy;
}

/* --- the port --- */

static uint16_t
start_port(struct rte_mempool *pool)
{
	const struct rte_eth_conf configuration = { 0 };
	uint16_t port = rte_eth_find_next(0);

	check(port != RTE_MAX_ETHPORTS, "no port");
	check(rte_eth_dev_configure(port, 1, 1, &configuration) == 0,
		"configure");
	check(rte_eth_rx_queue_setup(
		      port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, pool) == 0,
		"receive queue");
	check(rte_eth_tx_queue_setup(
		      port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL) == 0,
		"transmit queue");
	check(rte_eth_dev_start(port) == 0, "start");
	rte_eth_promiscuous_enable(port);
	return port;
}

static uint16_t
change_nic(uint16_t port, struct rte_mempool *pool, char **nics)
{
	asked_to_change = 0;
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

static void
echo(uint16_t port, struct rte_mempool *pool)
{
	struct rte_mbuf *frames[BURST];
	struct rte_mbuf *copy;
	uint16_t count = rte_eth_rx_burst(port, 0, frames, BURST);
	uint16_t i;

	for (i = 0; i < count; i++) {
		copy = frame_in_zone(pool, frames[i]);
		while (!asked_to_end &&
			rte_eth_tx_burst(port, 0, &copy, 1) == 0)
			;
		rte_pktmbuf_free(frames[i]);
	}
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
	asked_to_end_child = 0;
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
	pool = rte_pktmbuf_pool_create(
		"pool", 1024, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	check(pool != NULL, "pool");
	allocate_zone();
	child = start_child();
	signal(SIGTERM, on_signal);
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	port = start_port(pool);
	printf("replug: ready\n");
	while (!asked_to_end) {
		echo(port, pool);
		if (asked_to_change)
			port = change_nic(port, pool, argv + used + 1);
		if (asked_to_end_child)
			child = end_child(child);
	}
	rte_eth_dev_stop(port);
	rte_eth_dev_close(port);
	end_child(child);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
