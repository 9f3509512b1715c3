/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * sva-hello: sends memory that nobody has mapped for a device.
 *
 * With sva=1 the NIC svanic uses this process's own addresses. So three frames go out
 * whose payload is a buffer on the stack, one from malloc(), and the pages of a file,
 * which the NIC is the first to read. Each is an external buffer behind an ordinary mbuf
 * with the header; there is no IOVA, and no rte_extmem_register() or rte_dev_dma_map().
 *
 *   devtools/lab shell --nic svanic:link=hub0,capture -- \
 *       /src/devtools/guest/with-vfio sva-hello -a 01:00.0,sva=1 -- /etc/debian_version
 *
 * Must not know: the library, PASIDs, page requests. It is a DPDK program as any.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define ETHERTYPE 0x88b5 /* IEEE 802: local experimental */
#define PAYLOAD_MAX 1400
#define PATIENCE_MS 30000

static void
need(bool condition, const char *what)
{
	if (!condition)
		rte_exit(EXIT_FAILURE, "sva-hello: %s\n", what);
}

/* What a counter of the driver says; 0 when it has none of this name. */
static uint64_t
counter(uint16_t port, const char *name)
{
	uint64_t id, value = 0;

	if (rte_eth_xstats_get_id_by_name(port, name, &id) == 0)
		rte_eth_xstats_get_by_id(port, &id, &value, 1);
	return value;
}

static uint16_t
start_svanic(void)
{
	const struct rte_eth_conf conf = {
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
	};
	struct rte_eth_dev_info info;
	uint64_t id;
	uint16_t port;

	RTE_ETH_FOREACH_DEV(port)
	if (rte_eth_dev_info_get(port, &info) == 0 &&
		strcmp(info.driver_name, "net_svanic") == 0)
		break;
	need(port < RTE_MAX_ETHPORTS, "there is no port of net_svanic");
	need(rte_eth_xstats_get_id_by_name(port, "sva_page_requests", &id) == 0,
		"the port does not use this process's addresses: give sva=1");
	need(rte_eth_dev_configure(port, 0, 1, &conf) == 0 &&
			rte_eth_tx_queue_setup(
				port, 0, 64, SOCKET_ID_ANY, NULL) == 0 &&
			rte_eth_dev_start(port) == 0,
		"the port does not start");
	return port;
}

static void
given_back(void *buffer, void *name)
{
	printf("sva-hello: given back: %p %s\n", buffer, (char *)name);
}

static void
send_hello(uint16_t port, struct rte_mempool *pool, const char *name,
	void *buffer, uint16_t length, struct rte_mbuf_ext_shared_info *shared)
{
	struct rte_mbuf *header = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *payload = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *ether;

	need(header != NULL && payload != NULL, "no mbufs");
	ether = (void *)rte_pktmbuf_append(header, sizeof(*ether));
	memset(&ether->dst_addr, 0xff, sizeof(ether->dst_addr));
	rte_eth_macaddr_get(port, &ether->src_addr);
	ether->ether_type = rte_cpu_to_be_16(ETHERTYPE);

	shared->free_cb = given_back;
	shared->fcb_opaque = (void *)(uintptr_t)name;
	rte_mbuf_ext_refcnt_set(shared, 1);
	rte_pktmbuf_attach_extbuf(
		payload, buffer, RTE_BAD_IOVA, length, shared);
	rte_pktmbuf_append(payload, length);
	rte_pktmbuf_chain(header, payload);

	printf("sva-hello: sending %" PRIu16 " bytes at %p %s\n", length,
		buffer, name);
	need(rte_eth_tx_burst(port, 0, &header, 1) == 1, "the ring is full");
}

static void
wait_until_sent(uint16_t port, uint64_t frames)
{
	struct rte_eth_stats stats = { 0 };
	unsigned int waited;

	for (waited = 0; waited < PATIENCE_MS; waited++) {
		rte_eth_stats_get(port, &stats);
		if (stats.opackets + stats.oerrors >= frames)
			break;
		rte_delay_ms(1);
	}
	printf("sva-hello: %" PRIu64 " frames sent, %" PRIu64 " errors\n",
		stats.opackets, stats.oerrors);
	need(stats.opackets == frames, "not all frames were sent");
}

int
main(int argc, char **argv)
{
	char on_stack[] = "hello from the stack";
	char *on_heap = strdup("hello from malloc()");
	struct rte_mbuf_ext_shared_info shared[3];
	int used = rte_eal_init(argc, argv);
	struct rte_mempool *pool;
	struct stat file;
	uint16_t port, length;
	void *in_file;
	int fd;

	need(used >= 0 && argc == used + 2, "EAL's arguments, --, and a file");
	fd = open(argv[used + 1], O_RDONLY);
	need(fd >= 0 && fstat(fd, &file) == 0 && file.st_size > 0, "no file");
	length = RTE_MIN(file.st_size, PAYLOAD_MAX);
	in_file = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
	need(in_file != MAP_FAILED, "the file cannot be mapped");
	pool = rte_pktmbuf_pool_create(
		"hello", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	need(pool != NULL && on_heap != NULL, "no memory");

	port = start_svanic();
	send_hello(port, pool, "on the stack", on_stack, strlen(on_stack),
		&shared[0]);
	send_hello(port, pool, "from malloc()", on_heap, strlen(on_heap),
		&shared[1]);
	send_hello(port, pool, "in a file", in_file, length, &shared[2]);
	wait_until_sent(port, RTE_DIM(shared));
	printf("sva-hello: %" PRIu64 " page requests: %" PRIu64
	       " mapped, %" PRIu64 " there by then, %" PRIu64 " refused\n",
		counter(port, "sva_page_requests"), counter(port, "sva_mapped"),
		counter(port, "sva_present"), counter(port, "sva_refused"));
	rte_eth_dev_stop(port); /* after this the buffers are ours again */
	rte_eth_dev_close(port);
	rte_eal_cleanup();
	free(on_heap);
	return EXIT_SUCCESS;
}
