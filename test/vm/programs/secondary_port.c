/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A port of a primary process, in a secondary one.
 *
 *   secondary_port EAL-OPTIONS -- primary     starts port 0, and leaves its queue to others
 *   secondary_port --proc-type=secondary EAL-OPTIONS -- read    tells what it reads of port 0
 *                                and tries to change it, in vain
 *   secondary_port --proc-type=secondary EAL-OPTIONS -- echo    sends back what is received
 *
 * "primary" and "echo" end with SIGTERM. Knows DPDK's public API only, nothing of ours.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "rest.h"

#define PORT 0
#define DESCRIPTORS 128
#define MBUFS 1023
#define BURST 32

static volatile sig_atomic_t asked_to_end;

static void
on_signal(int number)
{
	RTE_SET_USED(number);
	asked_to_end = 1;
}

static void
check(int result, const char *what)
{
	if (result == 0)
		return;
	printf("secondary: FAILED: %s: %d\n", what, result);
	exit(EXIT_FAILURE);
}

static void
say(const char *line)
{
	printf("secondary: %s\n", line);
	fflush(stdout);
}

/* --- the primary process ------------------------------------------------------------ */

static void
be_primary(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		"mbufs", MBUFS, 32, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	struct rte_eth_conf conf;

	check(pool != NULL ? 0 : -rte_errno, "pool");
	memset(&conf, 0, sizeof(conf));
	check(rte_eth_dev_configure(PORT, 1, 1, &conf), "configure");
	check(rte_eth_rx_queue_setup(
		      PORT, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, pool),
		"rx queue");
	check(rte_eth_tx_queue_setup(PORT, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL),
		"tx queue");
	check(rte_eth_dev_start(PORT), "start");
	check(rte_eth_promiscuous_enable(PORT), "promiscuous");
	say("ready");
	while (!asked_to_end)
		pause();
	check(rte_eth_dev_stop(PORT), "stop");
	/* What the secondary processes have had is all back, but for their caches. */
	check(rte_eth_dev_close(PORT), "close");
}

/* --- a secondary process that reads --------------------------------------------------- */

static void
tell_of_port(void)
{
	char version[32];
	struct rte_eth_dev_info info;
	struct rte_eth_link link;
	struct rte_eth_stats stats;
	struct rte_dev_reg_info registers = { .data = NULL };
	struct rte_eth_rxq_info queue;

	check(rte_eth_dev_info_get(PORT, &info), "info");
	check(rte_eth_link_get_nowait(PORT, &link), "link");
	check(rte_eth_stats_get(PORT, &stats), "statistics");
	check(rte_eth_rx_queue_info_get(PORT, 0, &queue), "queue");
	check(rte_eth_dev_fw_version_get(PORT, version, sizeof(version)),
		"version");
	check(rte_eth_dev_get_reg_info(PORT, &registers), "registers");
	registers.data = calloc(registers.length, registers.width);
	check(rte_eth_dev_get_reg_info(PORT, &registers), "registers");
	printf("secondary: driver %s %s, link %s, %" PRIu16
	       " descriptors, first register %#" PRIx32 "\n",
		info.driver_name, version,
		link.link_status == RTE_ETH_LINK_UP ? "up" : "down",
		queue.nb_desc, *(uint32_t *)registers.data);
	printf("secondary: in %" PRIu64 " out %" PRIu64 "\n", stats.ipackets,
		stats.opackets);
	free(registers.data);
	check(rte_eth_rx_descriptor_dump(PORT, 0, 0, 2, stdout), "dump");
	check(rte_eth_tx_descriptor_dump(PORT, 0, 0, 2, stdout), "dump");
}

static void
tell_of_attempt(const char *what, int result)
{
	if (result == 0) {
		printf("secondary: FAILED: %s has changed the port\n", what);
		exit(EXIT_FAILURE);
	}
	printf("secondary: %s: %s\n", what,
		result == -E_RTE_SECONDARY ? "refused" : strerror(-result));
}

static void
try_changes(void)
{
	struct rte_ether_addr address = { .addr_bytes = { 2, 0, 0, 0, 0, 7 } };
	struct rte_eth_conf conf;

	memset(&conf, 0, sizeof(conf));
	tell_of_attempt("configure", rte_eth_dev_configure(PORT, 2, 2, &conf));
	tell_of_attempt("queue setup",
		rte_eth_tx_queue_setup(PORT, 0, 64, SOCKET_ID_ANY, NULL));
	tell_of_attempt("promiscuous", rte_eth_promiscuous_disable(PORT));
	tell_of_attempt("mtu", rte_eth_dev_set_mtu(PORT, 1000));
	tell_of_attempt(
		"address", rte_eth_dev_default_mac_addr_set(PORT, &address));
	tell_of_attempt("statistics", rte_eth_stats_reset(PORT));
	tell_of_attempt("queue stop", rte_eth_dev_rx_queue_stop(PORT, 0));
	tell_of_attempt("stop", rte_eth_dev_stop(PORT));
}

static void
read_port(void)
{
	tell_of_port();
	try_changes();
	tell_of_port();
}

/* --- a secondary process that has the queue ------------------------------------------- */

static void
echo(void)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count, sent;

	say("ready");
	while (!asked_to_end) {
		count = rte_eth_rx_burst(PORT, 0, mbufs, BURST);
		for (sent = 0; sent < count && !asked_to_end;)
			sent += rte_eth_tx_burst(
				PORT, 0, mbufs + sent, count - sent);
		rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
		rest_if_none(count);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = { { "primary", be_primary }, { "read", read_port },
		{ "echo", echo } };
	const int used = rte_eal_init(argc, argv);
	unsigned int i;

	if (used < 0 || argc - used != 2)
		return EXIT_FAILURE;
	signal(SIGTERM, on_signal);
	for (i = 0; i < RTE_DIM(modes); i++)
		if (strcmp(argv[used + 1], modes[i].name) == 0)
			modes[i].run();
	say("done");
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
