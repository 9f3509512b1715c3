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
 * The rule is that of any DPDK program: a buffer stays as it is until it is given back.
 * After that there is nothing else to do: it is freed or unmapped, and what the process
 * has at the same address next is what is sent from there. The fourth frame shows that.
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
#include <unistd.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define FILE_PART 1000
#define PATIENCE_MS 30000

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

	RTE_ETH_FOREACH_DEV(port)
	{
		if (rte_eth_dev_info_get(port, &info) == 0 &&
			strcmp(info.driver_name, "net_svanic") == 0)
			break;
	}
	need(port < RTE_MAX_ETHPORTS, "there is no port of net_svanic");
	counter(port, "sva_mapped"); /* which says so if there is none */
	need(rte_eth_dev_configure(port, 0, 1, &conf) == 0, "configuration");
	need(rte_eth_tx_queue_setup(port, 0, 64, 0, NULL) == 0, "queue");
	need(rte_eth_dev_start(port) == 0, "start");
	return port;
}

static unsigned int buffers_back;

static void
given_back(void *buffer, void *unused __rte_unused)
{
	printf("sva-hello: %p is given back\n", buffer);
	buffers_back++;
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
	need(ether != NULL, "no room for a header");
	*ether = (struct rte_ether_hdr){
		.dst_addr.addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.ether_type = rte_cpu_to_be_16(0x88b5), /* experimental */
	};
	need(rte_eth_macaddr_get(port, &ether->src_addr) == 0, "no address");

	shared->free_cb = given_back;
	rte_mbuf_ext_refcnt_set(shared, 1);
	rte_pktmbuf_attach_extbuf(
		payload, buffer, RTE_BAD_IOVA, length, shared);
	need(rte_pktmbuf_append(payload, length) != NULL &&
			rte_pktmbuf_chain(header, payload) == 0,
		"no room for the payload");

	printf("sva-hello: sending %" PRIu16 " bytes at %p\n", length, buffer);
	need(rte_eth_tx_burst(port, 0, &header, 1) == 1, "the ring is full");
}

/* The driver gives back what was sent when it is asked to, or when its ring is full. */
static void
wait_until_back(uint16_t port, unsigned int buffers)
{
	unsigned int waited;

	for (waited = 0; buffers_back < buffers; waited++) {
		need(rte_eth_tx_done_cleanup(port, 0, 0) >= 0, "cleanup");
		need(waited < PATIENCE_MS, "not all frames were sent");
		rte_delay_ms(1);
	}
}

/* Other memory at this address; the NIC is told nothing of it. */
static char *
put_at(char *address, const char *text)
{
	char *memory = mmap(address, FILE_PART, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	need(memory == address, "the address is not free");
	return strcpy(memory, text);
}

static char *
map_own_program(void)
{
	int file = open("/proc/self/exe", O_RDONLY);
	char *memory = MAP_FAILED;

	if (file >= 0) {
		memory = mmap(NULL, FILE_PART, PROT_READ, MAP_PRIVATE, file, 0);
		close(file);
	}
	need(memory != MAP_FAILED, "its own file cannot be mapped");
	return memory;
}

static void
tell(uint16_t port, uint64_t frames)
{
	struct rte_eth_stats stats;

	need(rte_eth_stats_get(port, &stats) == 0, "statistics");
	printf("sva-hello: %" PRIu64 " frames sent, %" PRIu64 " errors\n",
		stats.opackets, stats.oerrors);
	need(stats.opackets == frames, "not all frames were sent");
}

int
main(int argc, char **argv)
{
	struct rte_mbuf_ext_shared_info shared[4] = { 0 };
	char on_stack[] = "hello from the stack";
	char *on_heap = strdup("hello from malloc()");
	char *in_file = map_own_program(), *instead;
	struct rte_mempool *pool;
	uint16_t port;

	need(on_heap != NULL, "no memory");
	need(rte_eal_init(argc, argv) >= 0, "EAL does not start");
	pool = rte_pktmbuf_pool_create(
		"hello", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	need(pool != NULL, "no mbufs");
	port = start_svanic();
	send_hello(port, pool, on_stack, strlen(on_stack), &shared[0]);
	send_hello(port, pool, on_heap, strlen(on_heap), &shared[1]);
	send_hello(port, pool, in_file, FILE_PART, &shared[2]);
	wait_until_back(port, 3);
	free(on_heap);
	need(munmap(in_file, FILE_PART) == 0, "munmap");
	instead = put_at(in_file, "hello from where the file was");
	send_hello(port, pool, instead, strlen(instead), &shared[3]);
	wait_until_back(port, 4);
	need(munmap(instead, FILE_PART) == 0, "munmap");
	tell(port, RTE_DIM(shared));
	printf("sva-hello: %" PRIu64 " page requests were served\n",
		counter(port, "sva_mapped") + counter(port, "sva_present"));
	need(rte_eth_dev_stop(port) == 0 && rte_eth_dev_close(port) == 0 &&
			rte_eal_cleanup() == 0,
		"the end");
	return EXIT_SUCCESS;
}
