/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What the VM tests run where a port's life is the subject; any port that has several
 * queues, RSS and Rx interrupts will do.
 *
 *   port EAL-OPTIONS -- orders    configures, starts and stops port 0 in many orders,
 *                                 then echoes
 *   port EAL-OPTIONS -- sleep     echoes, asleep until the device wakes it; tells how
 *                                 often that was
 *   port EAL-OPTIONS -- spread    echoes from four queues; tells how many packets each
 *                                 of them had
 *   port EAL-OPTIONS -- reset     echoes; SIGUSR1 resets the port (rte_eth_dev_reset())
 *
 * Ends with SIGTERM. Knows DPDK's public API only, nothing of ours.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_mbuf.h>
#include <rte_version.h>

#include "rest.h"

#define PORT 0
#define QUEUES_MAX 4
#define DESCRIPTORS 128
#define MBUFS 4096
#define BURST 32
#define SLEEP_MS 250

static volatile sig_atomic_t asked_to_end;
static volatile sig_atomic_t asked_to_reset;

static struct rte_mempool *pool;
static bool with_interrupts, with_spreading;
static uint64_t packets_of[QUEUES_MAX];

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		asked_to_reset = 1;
	else
		asked_to_end = 1;
}

static void
check(int result, const char *what)
{
	if (result == 0)
		return;
	printf("port: FAILED: %s: %d\n", what, result);
	exit(EXIT_FAILURE);
}

static void
insist(bool ok, const char *what)
{
	check(ok ? 0 : -1, what);
}

static void
configure(uint16_t queues)
{
	struct rte_eth_conf conf;

	memset(&conf, 0, sizeof(conf));
	conf.intr_conf.rxq = with_interrupts;
	if (with_spreading) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4 |
			RTE_ETH_RSS_NONFRAG_IPV4_UDP;
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
		conf.rx_adv_conf.rss_conf
			.algorithm = RTE_ETH_HASH_FUNCTION_TOEPLITZ;
#endif
	}
	check(rte_eth_dev_configure(PORT, queues, queues, &conf), "configure");
}

static void
set_queues_up(uint16_t queues, uint16_t descriptors, bool deferred)
{
	struct rte_eth_dev_info info;
	struct rte_eth_rxconf rx;
	struct rte_eth_txconf tx;
	uint16_t i;

	check(rte_eth_dev_info_get(PORT, &info), "info");
	rx = info.default_rxconf;
	tx = info.default_txconf;
	rx.rx_deferred_start = deferred;
	tx.tx_deferred_start = deferred;
	for (i = 0; i < queues; i++) {
		check(rte_eth_rx_queue_setup(
			      PORT, i, descriptors, SOCKET_ID_ANY, &rx, pool),
			"rx queue");
		check(rte_eth_tx_queue_setup(
			      PORT, i, descriptors, SOCKET_ID_ANY, &tx),
			"tx queue");
	}
}

static void
start(uint16_t queues)
{
	configure(queues);
	set_queues_up(queues, DESCRIPTORS, false);
	check(rte_eth_dev_start(PORT), "start");
}

/* What the port does not hold is in the pool. */
static void
insist_on_all_mbufs(const char *when)
{
	if (rte_mempool_avail_count(pool) == MBUFS)
		return;
	printf("port: FAILED: %s: %u mbufs are missing\n", when,
		MBUFS - rte_mempool_avail_count(pool));
	exit(EXIT_FAILURE);
}

static uint16_t
echo(uint16_t queue)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count = rte_eth_rx_burst(PORT, queue, mbufs, BURST);
	uint16_t sent = 0;

	packets_of[queue] += count;
	while (sent < count && !asked_to_end)
		sent += rte_eth_tx_burst(
			PORT, queue, mbufs + sent, count - sent);
	rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
	return count;
}

static void
say_ready(void)
{
	printf("port: ready\n");
	fflush(stdout);
}

static void
echo_until_end(uint16_t queues)
{
	uint16_t i, count;

	say_ready();
	while (!asked_to_end) {
		for (i = 0, count = 0; i < queues; i++)
			count += echo(i);
		rest_if_none(count);
	}
}

/* --- orders --------------------------------------------------------------------- */

static void
turn_queues(uint16_t queues)
{
	uint16_t i;

	for (i = 0; i < queues; i++) {
		check(rte_eth_dev_rx_queue_start(PORT, i), "rx queue start");
		check(rte_eth_dev_tx_queue_start(PORT, i), "tx queue start");
	}
	for (i = queues; i > 0; i--) {
		check(rte_eth_dev_tx_queue_stop(PORT, i - 1), "tx queue stop");
		check(rte_eth_dev_rx_queue_stop(PORT, i - 1), "rx queue stop");
		check(rte_eth_dev_rx_queue_stop(PORT, i - 1),
			"rx queue stop again");
	}
	insist_on_all_mbufs("all queues stopped, the port not");
	check(rte_eth_dev_rx_queue_start(PORT, 0), "rx queue start again");
}

static void
try_orders(void)
{
	uint16_t queues, turn;

	for (queues = 1; queues <= QUEUES_MAX; queues++) {
		configure(queues);
		set_queues_up(queues, DESCRIPTORS, true);
		check(rte_eth_dev_start(PORT), "start with deferred queues");
		turn_queues(queues);
		check(rte_eth_dev_stop(PORT), "stop");
		check(rte_eth_dev_stop(PORT), "stop again");
		insist_on_all_mbufs("stopped");
	}
	for (turn = 0; turn < 3; turn++) { /* other sizes, without configure */
		set_queues_up(QUEUES_MAX, 32u << turn, false);
		check(rte_eth_dev_start(PORT), "start with another size");
		check(rte_eth_dev_set_mtu(PORT, 1200 + 100 * turn), "mtu");
		check(rte_eth_promiscuous_disable(PORT), "promiscuous");
		check(rte_eth_promiscuous_enable(PORT), "promiscuous");
		check(rte_eth_dev_stop(PORT), "stop");
	}
	check(rte_eth_dev_set_mtu(PORT, RTE_ETHER_MTU), "mtu");
	check(rte_eth_rx_queue_setup(PORT, 0, 96, SOCKET_ID_ANY, NULL, pool),
		"a ring of any size that the limits allow");
	check(rte_eth_dev_reset(PORT), "reset of a stopped port");
	insist_on_all_mbufs("after all orders");
	start(2);
}

static void
run_orders(void)
{
	try_orders();
	echo_until_end(2);
}

/* --- sleep ---------------------------------------------------------------------- */

static void
run_asleep(void)
{
	struct rte_epoll_event event;
	unsigned int wakes = 0, timeouts = 0, empty = 0;

	with_interrupts = true;
	start(1);
	check(rte_eth_dev_rx_intr_ctl_q(
		      PORT, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD, NULL),
		"interrupt of the queue");
	say_ready();
	while (!asked_to_end) {
		check(rte_eth_dev_rx_intr_enable(PORT, 0), "arm");
		if (rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, SLEEP_MS) ==
			1)
			wakes++;
		else
			timeouts++;
		check(rte_eth_dev_rx_intr_disable(PORT, 0), "disarm");
		if (echo(0) == 0)
			empty++;
		while (echo(0) > 0)
			;
	}
	printf("port: %u wakes, %u timeouts, %u without packets, %" PRIu64
	       " packets\n",
		wakes, timeouts, empty, packets_of[0]);
}

/* --- spread ----------------------------------------------------------------------- */

/* What was asked for is what the port says that it does. */
static void
insist_on_algorithm(void)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	struct rte_eth_rss_conf conf = { .rss_key = NULL };

	check(rte_eth_dev_rss_hash_conf_get(PORT, &conf), "RSS");
	insist(conf.algorithm == RTE_ETH_HASH_FUNCTION_TOEPLITZ,
		"RSS is by Toeplitz hash");
#endif
}

static void
run_spread(void)
{
	uint16_t i;

	with_spreading = true;
	start(QUEUES_MAX);
	insist_on_algorithm();
	echo_until_end(QUEUES_MAX);
	for (i = 0; i < QUEUES_MAX; i++)
		printf("port: queue %u had %" PRIu64 " packets\n", i,
			packets_of[i]);
}

/* --- reset ------------------------------------------------------------------------- */

static void
run_resets(void)
{
	unsigned int resets = 0;

	start(1);
	say_ready();
	while (!asked_to_end) {
		rest_if_none(echo(0));
		if (!asked_to_reset)
			continue;
		asked_to_reset = 0;
		check(rte_eth_dev_reset(PORT), "reset");
		insist_on_all_mbufs("after the reset");
		start(1);
		printf("port: reset %u\n", ++resets);
		fflush(stdout);
	}
}

static void
tell_statistics(void)
{
	struct rte_eth_stats stats;

	check(rte_eth_stats_get(PORT, &stats), "statistics");
	printf("port: in %" PRIu64 " missed %" PRIu64 " errors %" PRIu64
	       " out %" PRIu64 " errors %" PRIu64 "\n",
		stats.ipackets, stats.imissed, stats.ierrors, stats.opackets,
		stats.oerrors);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = { { "orders", run_orders }, { "sleep", run_asleep },
		{ "spread", run_spread }, { "reset", run_resets } };
	struct rte_eth_link link;
	unsigned int i;
	int parsed = rte_eal_init(argc, argv);

	insist(parsed >= 0 && parsed + 1 < argc, "EAL and a mode");
	signal(SIGTERM, on_signal);
	signal(SIGUSR1, on_signal);
	insist(rte_eth_dev_is_valid_port(PORT), "there is a port");
	pool = rte_pktmbuf_pool_create(
		"port", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	insist(pool != NULL, "a pool");
	for (i = 0; i < RTE_DIM(modes); i++)
		if (strcmp(argv[parsed + 1], modes[i].name) == 0)
			modes[i].run();
	check(rte_eth_link_get_nowait(PORT, &link), "link");
	insist(link.link_status == RTE_ETH_LINK_UP, "the link is up");
	tell_statistics();
	check(rte_eth_dev_stop(PORT), "the last stop");
	insist_on_all_mbufs("the last stop");
	check(rte_eth_dev_close(PORT), "close");
	insist(!rte_eth_dev_is_valid_port(PORT), "closed ports are gone");
	check(rte_eal_cleanup(), "end of EAL");
	printf("port: done\n");
	return EXIT_SUCCESS;
}
