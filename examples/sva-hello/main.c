/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * sva-hello: sends memory that nobody has mapped for a device.
 *
 * With sva=1 the NIC svanic uses this process's own addresses. So three frames go out
 * whose payload is on the stack, from malloc(), and in a file (this program's). Each is
 * an external buffer behind an mbuf with the header; nothing is registered or mapped
 * for the NIC, and there is no IOVA.
 *
 *   devtools/lab shell --nic svanic:link=pair1,capture --nic svanic:link=pair1 -- \
 *       /src/devtools/guest/with-vfio sva-hello -a 01:00.0,sva=1
 *
 * Must not know: the library, PASIDs, page requests. It is a DPDK program as any.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define FILE_PART 1000

static void
need(bool condition, const char *what)
{
	if (!condition)
		rte_exit(EXIT_FAILURE, "sva-hello: %s\n", what);
}

/* A counter that the driver has with sva=1 alone. */
static uint64_t
counter(uint16_t port, const char *name)
{
	uint64_t id;
	uint64_t value = 0;

	need(rte_eth_xstats_get_id_by_name(port, name, &id) == 0 &&
			rte_eth_xstats_get_by_id(port, &id, &value, 1) == 1,
		"the port does not use this process's addresses: give sva=1");
	return value;
}

static uint16_t
start_svanic(void)
{
	const struct rte_eth_conf conf = {
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
	};
	struct rte_eth_dev_info info;
	uint16_t port;

	for (port = 0; port < rte_eth_dev_count_avail(); port++)
		if (rte_eth_dev_info_get(port, &info) == 0 &&
			strcmp(info.driver_name, "net_svanic") == 0)
			break;
	need(port < rte_eth_dev_count_avail(),
		"there is no port of net_svanic");
	counter(port, "sva_mapped"); /* which says so if there is none */
	need(rte_eth_dev_configure(port, 0, 1, &conf) == 0, "configuration");
	need(rte_eth_tx_queue_setup(port, 0, 64, 0, NULL) == 0, "queue");
	need(rte_eth_dev_start(port) == 0, "start");
	return port;
}

static void
given_back(void *buffer, void *unused __rte_unused)
{
	printf("sva-hello: %p is given back\n", buffer);
}

static void
send_hello(uint16_t port, struct rte_mempool *pool, char *buffer,
	uint16_t length, struct rte_mbuf_ext_shared_info *shared)
{
	struct rte_mbuf *header = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *payload = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *ether;

	need(header != NULL && payload != NULL, "no mbufs");
	ether = (void *)rte_pktmbuf_append(header, sizeof(*ether));
	*ether = (struct rte_ether_hdr){
		.dst_addr.addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.ether_type = rte_cpu_to_be_16(0x88b5), /* experimental */
	};
	rte_eth_macaddr_get(port, &ether->src_addr);

	shared->free_cb = given_back;
	rte_mbuf_ext_refcnt_set(shared, 1);
	rte_pktmbuf_attach_extbuf(
		payload, buffer, RTE_BAD_IOVA, length, shared);
	rte_pktmbuf_append(payload, length);
	rte_pktmbuf_chain(header, payload);

	printf("sva-hello: sending %" PRIu16 " bytes at %p\n", length, buffer);
	need(rte_eth_tx_burst(port, 0, &header, 1) == 1, "the ring is full");
}

static void
wait_until_sent(uint16_t port, uint64_t frames)
{
	struct rte_eth_stats stats = { 0 };
	unsigned int patience = 30000; /* ms */

	while (stats.opackets + stats.oerrors < frames && patience-- > 0) {
		rte_delay_ms(1);
		rte_eth_stats_get(port, &stats);
	}
	printf("sva-hello: %" PRIu64 " frames sent, %" PRIu64 " errors\n",
		stats.opackets, stats.oerrors);
	need(stats.opackets == frames, "not all frames were sent");
}

int
main(int argc, char **argv)
{
	struct rte_mbuf_ext_shared_info shared[3] = { 0 };
	char on_stack[] = "hello from the stack";
	char *on_heap = strdup("hello from malloc()");
	char *in_file = mmap(NULL, FILE_PART, PROT_READ, MAP_PRIVATE,
		open("/proc/self/exe", O_RDONLY), 0);
	struct rte_mempool *pool;
	uint16_t port;

	need(on_heap != NULL && in_file != MAP_FAILED, "no memory");
	need(rte_eal_init(argc, argv) >= 0, "EAL does not start");
	pool = rte_pktmbuf_pool_create(
		"hello", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	need(pool != NULL, "no mbufs");
	port = start_svanic();
	send_hello(port, pool, on_stack, strlen(on_stack), &shared[0]);
	send_hello(port, pool, on_heap, strlen(on_heap), &shared[1]);
	send_hello(port, pool, in_file, FILE_PART, &shared[2]);
	wait_until_sent(port, RTE_DIM(shared));
	printf("sva-hello: %" PRIu64 " page requests were served\n",
		counter(port, "sva_mapped") + counter(port, "sva_present"));
	rte_eth_dev_stop(port); /* after this the buffers are ours again */
	rte_eth_dev_close(port);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
