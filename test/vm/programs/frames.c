/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* See frames.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include "frames.h"

#define DESCRIPTORS 64

volatile sig_atomic_t asked_to_end;
volatile sig_atomic_t asked_for_first;
volatile sig_atomic_t asked_for_second;

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		asked_for_first = 1;
	else if (number == SIGUSR2)
		asked_for_second = 1;
	else
		asked_to_end = 1;
}

void
frames_note_signals(void)
{
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
}

void
check(bool ok, const char *what)
{
	if (ok)
		return;
	printf("%s: FAILED: %s: %s\n", program_invocation_short_name, what,
		rte_strerror(rte_errno));
	exit(EXIT_FAILURE);
}

struct rte_mempool *
frames_make_pool(const char *name, unsigned int mbufs)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		name, mbufs, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	check(pool != NULL, "no pool");
	return pool;
}

void
frames_start_port(uint16_t port, struct rte_mempool *pool)
{
	const struct rte_eth_conf configuration = { 0 };

	check(rte_eth_dev_is_valid_port(port) != 0, "no port");
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
}

struct rte_device *
frames_device_of(uint16_t port)
{
	struct rte_eth_dev_info info;

	check(rte_eth_dev_info_get(port, &info) == 0, "device");
	return info.device;
}

void
frames_send(uint16_t port, struct rte_mbuf *frame)
{
	while (!asked_to_end && rte_eth_tx_burst(port, 0, &frame, 1) == 0)
		rte_pause();
}

void *
frames_own_memory(size_t length)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED, "mmap");
	return memory;
}

static void
keep(void *address __rte_unused, void *argument __rte_unused)
{
}

struct rte_mbuf *
frames_in_slot(struct slots *slots, struct rte_mempool *pool, const void *bytes,
	uint16_t length)
{
	const unsigned int slot = slots->next++ % SLOTS;
	const size_t offset = slot * slots->stride;
	struct rte_mbuf *frame = rte_pktmbuf_alloc(pool);

	check(frame != NULL && length <= SLOT_SIZE, "no room for a frame");
	slots->shared[slot].free_cb = keep;
	rte_mbuf_ext_refcnt_set(&slots->shared[slot], 1);
	memcpy(slots->va + offset, bytes, length);
	rte_pktmbuf_attach_extbuf(frame, slots->va + offset,
		slots->iova + offset, SLOT_SIZE, &slots->shared[slot]);
	check(rte_pktmbuf_append(frame, length) != NULL, "append");
	return frame;
}
