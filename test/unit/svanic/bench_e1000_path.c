/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What a packet costs in the packet path of DPDK's own net_e1000, to compare net_svanic's with
 * (bench_svanic_path.c): the distribution's object code, with registers and rings in this
 * program's memory, which works them off as the device would. Only under valgrind
 * --tool=callgrind --collect-atstart=no --toggle-collect=eth_em_recv_pkts (or
 * eth_em_xmit_pkts); the sum that it prints, divided by the packets that are printed here.
 *
 *   bench_e1000_path [ROUNDS]
 *
 * Must not know: how the packet path does it. It does know that the driver's private data begin
 * with a pointer and the address of the registers.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

#include "driver_sdk/driver_sdk.h"

#define RING 512
#define BURST 32
#define MBUFS 2047
#define CACHE 256
#define LENGTH 60
#define PRIVATE_SIZE (1u << 20)
#define REGISTERS_SIZE (1u << 20)
/* As the NIC's manual has them. */
#define RX_DONE_AND_END 3
#define TX_DONE 1
#define TX_REPORT (UINT32_C(1) << 27)

struct rx_descriptor {
	uint64_t address;
	uint16_t length;
	uint16_t sum;
	uint8_t status;
	uint8_t errors;
	uint16_t special;
};

struct tx_descriptor {
	uint64_t address;
	uint32_t command;
	uint8_t status;
	uint8_t options;
	uint16_t special;
};

/* The driver's. */
int eth_em_rx_queue_setup(struct rte_eth_dev *dev, uint16_t queue,
	uint16_t descriptors, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
int eth_em_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue,
	uint16_t descriptors, unsigned int socket,
	const struct rte_eth_txconf *conf);
int eth_em_rx_init(struct rte_eth_dev *dev);
void eth_em_tx_init(struct rte_eth_dev *dev);
uint16_t eth_em_recv_pkts(void *queue, struct rte_mbuf **mbufs, uint16_t count);
uint16_t eth_em_xmit_pkts(void *queue, struct rte_mbuf **mbufs, uint16_t count);

static void *rx_queues[1], *tx_queues[1];
static struct rte_eth_dev_data data = { .rx_queues = rx_queues,
	.tx_queues = tx_queues,
	.nb_rx_queues = 1,
	.nb_tx_queues = 1,
	.mtu = RTE_ETHER_MTU };
static struct rte_eth_dev dev = { .data = &data };
static struct rx_descriptor *rx_ring;
static struct tx_descriptor *tx_ring;
static uint32_t rx_head, tx_head;

static void *
ring_of(const char *name)
{
	const struct rte_memzone *zone = rte_memzone_lookup(name);

	return zone == NULL ? NULL : zone->addr;
}

static bool
prepare(void)
{
	const struct rte_eth_rxconf rx_conf = { .rx_free_thresh = BURST };
	const struct rte_eth_txconf tx_conf = { .tx_rs_thresh = BURST,
		.tx_free_thresh = BURST };
	void *registers = calloc(1, REGISTERS_SIZE);
	struct rte_mempool *pool = rte_pktmbuf_pool_create("bench", MBUFS,
		CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	data.dev_private = calloc(1, PRIVATE_SIZE);
	if (pool == NULL || data.dev_private == NULL || registers == NULL)
		return false;
	memcpy((char *)data.dev_private + sizeof(void *), &registers,
		sizeof(registers));
	if (eth_em_rx_queue_setup(
		    &dev, 0, RING, SOCKET_ID_ANY, &rx_conf, pool) != 0 ||
		eth_em_tx_queue_setup(&dev, 0, RING, SOCKET_ID_ANY, &tx_conf) !=
			0)
		return false;
	eth_em_tx_init(&dev);
	if (eth_em_rx_init(&dev) != 0)
		return false;
	rx_ring = ring_of("eth_p0_q0_rx_ring");
	tx_ring = ring_of("eth_p0_q0_tx_ring");
	return rx_ring != NULL && tx_ring != NULL;
}

/* --- the device's part ------------------------------------------------------------ */

static void
receive(void)
{
	struct rx_descriptor *descriptor;
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		descriptor = &rx_ring[rx_head++ % RING];
		descriptor->length = LENGTH;
		descriptor->errors = 0;
		descriptor->status = RX_DONE_AND_END;
	}
}

static void
work_off(unsigned int count)
{
	struct tx_descriptor *descriptor;

	for (; count > 0; count--) {
		descriptor = &tx_ring[tx_head++ % RING];
		if (descriptor->command & TX_REPORT)
			descriptor->status |= TX_DONE;
	}
}

int
main(int argc, char **argv)
{
	char *arguments[] = { argv[0], (char *)"--no-huge", (char *)"-m",
		(char *)"64", (char *)"--no-pci", (char *)"--no-shconf",
		(char *)"--no-telemetry", (char *)"--iova-mode=va",
		(char *)"--lcores=0" };
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	unsigned long received = 0, sent = 0, round;
	struct rte_mbuf *mbufs[BURST];
	uint16_t count;

	if (rte_eal_init(RTE_DIM(arguments), arguments) < 0 || !prepare())
		return EXIT_FAILURE;
	for (round = 0; round < rounds; round++) {
		receive();
		count = eth_em_recv_pkts(rx_queues[0], mbufs, BURST);
		received += count;
		count = eth_em_xmit_pkts(tx_queues[0], mbufs, count);
		sent += count;
		work_off(count);
	}
	printf("%lu packets received, %lu sent\n", received, sent);
	return received == rounds * BURST && sent == received ? EXIT_SUCCESS
							      : EXIT_FAILURE;
}
