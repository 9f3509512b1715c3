/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Two ports with sva=1 in one process: something is done to the memory that port 0 uses,
 * and port 1 echoes what comes, all the time.
 *
 *   sva_ports EAL-OPTIONS -- change TURNS   each turn changes a piece of memory in one of
 *                    four ways, fills it with words that hold the turn's number, and
 *                    sends 1000 bytes of it from an external buffer
 *   sva_ports EAL-OPTIONS -- halt           port 0 echoes as well. SIGUSR1: the memory of
 *                    its receive ring is given up; SIGUSR2: the port is reset
 *
 * Ends with SIGTERM. `halt` wants --no-huge: memory is taken away by the page.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_iommufd.h>
#include <rte_iommufd_sva.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>
#include <rte_pause.h>

#include "rest.h"

#define SUBJECT 0
#define BESIDE 1
#define PAGE 4096
#define RING 1024 /* 16 KiB: whole pages are the ring's alone */
#define MBUFS 8191
#define BURST 32
#define PIECE (4 * PAGE)
#define LENGTH 1000
#define OFFSET (PAGE - LENGTH / 2) /* so that two pages are sent from */
#define PATIENCE_S 30

static volatile sig_atomic_t asked_to_end, asked_to_take, asked_to_reset;
static unsigned int halts; /* events, counted by EAL's interrupt thread */

static struct rte_mempool *pool;
static struct rte_iommufd_sva *sva;

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		asked_to_take = 1;
	else if (number == SIGUSR2)
		asked_to_reset = 1;
	else
		asked_to_end = 1;
}

static void
insist(bool ok, const char *what)
{
	if (ok)
		return;
	printf("sva_ports: FAILED: %s\n", what);
	exit(EXIT_FAILURE);
}

static void
say(const char *what)
{
	printf("sva_ports: %s\n", what);
	fflush(stdout);
}

static int
on_halt(uint16_t port __rte_unused, enum rte_eth_event_type type __rte_unused,
	void *argument __rte_unused, void *result __rte_unused)
{
	__atomic_add_fetch(&halts, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static void
start(uint16_t port)
{
	const struct rte_eth_conf conf = {
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
	};

	insist(rte_eth_dev_configure(port, 1, 1, &conf) == 0 &&
			rte_eth_rx_queue_setup(port, 0, RING, SOCKET_ID_ANY,
				NULL, pool) == 0 &&
			rte_eth_tx_queue_setup(
				port, 0, RING, SOCKET_ID_ANY, NULL) == 0 &&
			rte_eth_dev_start(port) == 0,
		"a port starts");
}

static uint16_t
echo(uint16_t port)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count = rte_eth_rx_burst(port, 0, mbufs, BURST);
	uint16_t sent = rte_eth_tx_burst(port, 0, mbufs, count);

	rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
	return count;
}

/* --- change ------------------------------------------------------------------------ */

struct piece {
	char *memory;
	uint64_t frames, errors; /* that port 0 has to have counted */
	struct rte_mbuf_ext_shared_info shared;
};

static void
ignore(void *buffer __rte_unused, void *argument __rte_unused)
{
}

static void
fill(char *memory, uint64_t turn)
{
	uint64_t *words = (uint64_t *)(void *)(memory + OFFSET);
	size_t i;

	for (i = 0; i < LENGTH / sizeof(turn); i++)
		words[i] = rte_cpu_to_be_64(turn);
}

static void
put_on_ring(struct piece *piece)
{
	struct rte_mbuf *header = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *payload = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *ether;

	insist(header != NULL && payload != NULL, "mbufs");
	ether = (void *)rte_pktmbuf_append(header, sizeof(*ether));
	memset(ether, 0xff, sizeof(*ether));
	ether->ether_type = rte_cpu_to_be_16(0x88b5);
	rte_eth_macaddr_get(SUBJECT, &ether->src_addr);
	rte_mbuf_ext_refcnt_update(&piece->shared, 1);
	rte_pktmbuf_attach_extbuf(payload, piece->memory + OFFSET, RTE_BAD_IOVA,
		LENGTH, &piece->shared);
	rte_pktmbuf_append(payload, LENGTH);
	rte_pktmbuf_chain(header, payload);
	insist(rte_eth_tx_burst(SUBJECT, 0, &header, 1) == 1, "room to send");
}

/* Why a frame was refused: what the device has counted, and where its last fault was. */
static void
show_counters(void)
{
	struct rte_eth_xstat_name names[64];
	struct rte_eth_xstat values[64];
	int count = rte_eth_xstats_get(SUBJECT, values, RTE_DIM(values));
	int i;

	if (count > (int)RTE_DIM(names) ||
		rte_eth_xstats_get_names(SUBJECT, names, RTE_DIM(names)) !=
			count)
		return;
	for (i = 0; i < count; i++)
		if (values[i].value != 0)
			printf("sva_ports: %s: %" PRIu64 "\n",
				names[values[i].id].name, values[i].value);
}

/* The memory is changed again only when the device has done with it. */
static void
send_piece(struct piece *piece, bool can_be_sent)
{
	uint64_t end = rte_get_timer_cycles() + PATIENCE_S * rte_get_timer_hz();
	struct rte_eth_stats stats;

	put_on_ring(piece);
	if (can_be_sent)
		piece->frames++;
	else
		piece->errors++;
	do {
		echo(BESIDE);
		rte_pause(); /* an emulator may run the service in turns with this */
		insist(rte_eth_stats_get(SUBJECT, &stats) == 0, "statistics");
		insist(rte_get_timer_cycles() < end, "an end of a frame");
	} while (
		stats.opackets + stats.oerrors < piece->frames + piece->errors);
	if (stats.opackets == piece->frames && stats.oerrors == piece->errors)
		return;
	printf("sva_ports: %" PRIu64 " sent and %" PRIu64
	       " refused, not %" PRIu64 " and %" PRIu64 "\n",
		stats.opackets, stats.oerrors, piece->frames, piece->errors);
	show_counters();
	insist(false, "what the process has is sent, the rest refused");
}

static char *
map_at(void *wanted)
{
	char *memory = mmap(wanted, PIECE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS |
			(wanted == NULL ? 0 : MAP_FIXED_NOREPLACE),
		-1, 0);

	insist(memory != MAP_FAILED, "memory");
	return memory;
}

static void
unmap_and_map(struct piece *piece)
{
	insist(munmap(piece->memory, PIECE) == 0, "munmap");
	map_at(piece->memory);
}

static void
move_another_there(struct piece *piece)
{
	char *other = map_at(NULL);

	memset(other, 0xee, PIECE);
	insist(mremap(other, PIECE, PIECE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       piece->memory) == piece->memory,
		"mremap");
}

static void
drop(struct piece *piece)
{
	insist(madvise(piece->memory, PIECE, MADV_DONTNEED) == 0, "madvise");
	/* the kernel drops the pages after it has reported that */
	insist(rte_iommufd_sva_settle(sva) == 0, "settle");
}

/* What the process may not read is refused, and not sent. */
static void
protect(struct piece *piece)
{
	insist(mprotect(piece->memory, PIECE, PROT_NONE) == 0, "mprotect");
	insist(rte_iommufd_sva_invalidate(sva, piece->memory, PIECE) == 0,
		"invalidate");
	send_piece(piece, false);
	insist(mprotect(piece->memory, PIECE, PROT_READ | PROT_WRITE) == 0,
		"mprotect");
}

static void
run_changes(unsigned int turns)
{
	static void (*const ways[])(struct piece *) = { unmap_and_map,
		move_another_there, drop, protect };
	struct piece piece = { .memory = map_at(NULL),
		.shared.free_cb = ignore };
	struct rte_iommufd_sva_stats stats = { .size = sizeof(stats) };
	unsigned int turn;

	rte_mbuf_ext_refcnt_set(&piece.shared, 1);
	for (turn = 0; turn < turns && !asked_to_end; turn++) {
		ways[turn % RTE_DIM(ways)](&piece);
		fill(piece.memory, turn);
		send_piece(&piece, true);
	}
	rte_iommufd_sva_stats(sva, &stats);
	printf("sva_ports: %u turns, %" PRIu64 " changes followed, %" PRIu64
	       " invalidations, %" PRIu64 " refused\n",
		turn, stats.events, stats.invalidations, piece.errors);
	say("changed");
	while (!asked_to_end)
		rest_if_none(echo(BESIDE));
}

/* --- halt -------------------------------------------------------------------------- */

static void
find_ring(const struct rte_memzone *zone, void *ring)
{
	const struct rte_memzone **found = ring;

	if (strcmp(zone->name, "svanic_0_rx_0") == 0)
		*found = zone;
}

/* With its descriptors, in one call: the process has no memory there any more. */
static void
set_ring(int protection)
{
	const struct rte_memzone *ring = NULL;
	char *first, *end;

	rte_memzone_walk(find_ring, &ring);
	insist(ring != NULL, "there is a ring");
	first = RTE_PTR_ALIGN_CEIL(ring->addr, PAGE);
	end = RTE_PTR_ALIGN_FLOOR(RTE_PTR_ADD(ring->addr, ring->len), PAGE);
	insist(first < end, "the ring has pages of its own");
	insist(mmap(first, end - first, protection,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == first,
		"mmap");
}

static void
recover(void)
{
	set_ring(PROT_READ | PROT_WRITE);
	insist(rte_eth_dev_reset(SUBJECT) == 0, "reset");
	start(SUBJECT);
	say("reset");
}

static void
run_halts(void)
{
	unsigned int told = 0;
	bool has_ring = true;
	uint16_t count;

	while (!asked_to_end) {
		count = echo(BESIDE);
		if (has_ring)
			count += echo(SUBJECT);
		rest_if_none(count);
		if (asked_to_take) {
			asked_to_take = 0;
			has_ring = false;
			set_ring(PROT_NONE);
			say("the ring is gone");
		}
		if (__atomic_load_n(&halts, __ATOMIC_SEQ_CST) > told) {
			printf("sva_ports: event %u: a reset is needed\n",
				++told);
			fflush(stdout);
		}
		if (asked_to_reset) {
			asked_to_reset = 0;
			recover();
			has_ring = true;
		}
	}
}

static void
share_sva(void)
{
	struct rte_iommufd_context *context;

	insist(rte_iommufd_context_default(&context) == 0 &&
			rte_iommufd_sva_create(context, NULL, &sva) == 0,
		"the sva of the ports");
}

static void
end(void)
{
	uint16_t port;

	for (port = SUBJECT; port <= BESIDE; port++)
		insist(rte_eth_dev_stop(port) == 0 &&
				rte_eth_dev_close(port) == 0,
			"a port ends");
	insist(rte_iommufd_sva_destroy(sva) == 0, "the sva ends");
	insist(rte_eal_cleanup() == 0, "EAL ends");
	say("done");
}

int
main(int argc, char **argv)
{
	int parsed = rte_eal_init(argc, argv);
	bool halt = parsed >= 0 && parsed + 2 == argc &&
		strcmp(argv[parsed + 1], "halt") == 0;
	bool change = parsed >= 0 && parsed + 3 == argc &&
		strcmp(argv[parsed + 1], "change") == 0;

	insist(halt || change, "EAL and what to do");
	signal(SIGTERM, on_signal);
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	insist(rte_eth_dev_count_avail() == 2, "there are two ports");
	pool = rte_pktmbuf_pool_create("sva_ports", MBUFS, 0, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	insist(pool != NULL, "a pool");
	share_sva();
	insist(rte_eth_dev_callback_register(
		       SUBJECT, RTE_ETH_EVENT_INTR_RESET, on_halt, NULL) == 0,
		"a callback");
	start(SUBJECT);
	start(BESIDE);
	say("ready");
	if (halt)
		run_halts();
	else
		run_changes(strtoul(argv[parsed + 2], NULL, 10));
	end();
	return EXIT_SUCCESS;
}
