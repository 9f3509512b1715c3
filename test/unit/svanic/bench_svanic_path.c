/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What a packet costs in the driver's packet path, against rings that the program itself
 * works off as the device would: instructions where the processor counts them for us,
 * and time.
 *
 *   bench_svanic_path [ROUNDS [BURST [TURNS]]]
 *
 * Then as with sva=1 against as with sva=0, by turns: descriptors get mbufs' virtual
 * addresses and the word of changes is another thread's, or neither.
 *
 * Without a counter of instructions: valgrind --tool=callgrind --collect-atstart=no
 * --toggle-collect=svanic_rx_burst (or svanic_tx_burst); the sum it prints, divided by
 * the packets that are printed here.
 *
 * Must not know: how the packet path does it.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "fake_eal.h"
#include "svanic_queue.h"
#include "unit.h"

#define RING 512
#define MBUFS 2047
#define CACHE 256
#define BURST_MAX 64
#define LENGTH 60
#define RX_WORD (LENGTH | (uint64_t)(SVANIC_RX_DONE | SVANIC_RX_END) << 16)
#define TX_REPORT_BIT ((uint64_t)SVANIC_TX_REPORT << 16)
#define TX_DONE_BIT ((uint64_t)SVANIC_TX_DONE << 16)

static struct svanic_rx_queue rx;
static struct svanic_tx_queue tx;
static struct svanic_rx_counters rx_counters;
static struct svanic_tx_counters tx_counters;
static union svanic_descriptor rx_ring[RING] __rte_cache_aligned;
static union svanic_descriptor tx_ring[RING] __rte_cache_aligned;
static struct rte_mbuf *rx_mbufs[RING + SVANIC_SPARE_PLACES], *tx_mbufs[RING];
static uint32_t tx_reports[RING], rx_tail, tx_tail;
static uint32_t changes; /* of memory: none */

/* --- measuring ------------------------------------------------------------------ */

struct cost {
	const char *name;
	uint64_t cycles, packets;
	int64_t instructions;
};

static int counter = -1;

static void
open_counter(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	counter = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

static int64_t
instructions(void)
{
	int64_t value = 0;

	if (counter >= 0 && read(counter, &value, sizeof(value)) < 0)
		value = 0;
	return value;
}

#define MEASURE(cost, count)                                     \
	do {                                                     \
		int64_t before = instructions();                 \
		uint64_t start = rte_rdtsc_precise();            \
		uint16_t done = (count);                         \
                                                                 \
		(cost)->cycles += rte_rdtsc_precise() - start;   \
		(cost)->instructions += instructions() - before; \
		(cost)->packets += done;                         \
	} while (0)

static void
tell(const struct cost *cost, int64_t empty)
{
	double packets = (double)cost->packets;

	printf("%s: %" PRIu64 " packets, %.1f ns each", cost->name,
		cost->packets,
		(double)cost->cycles * 1e9 / (double)rte_get_tsc_hz() /
			packets);
	if (counter >= 0)
		printf(", %.1f instructions each",
			(double)(cost->instructions - empty) / packets);
	printf("\n");
}

/* --- the device's part ------------------------------------------------------------ */

static void
receive(uint32_t *head, unsigned int count)
{
	for (; count > 0; count--)
		rx_ring[(*head)++ & (RING - 1)].words[1] = RX_WORD;
}

static void
work_off(uint32_t *head)
{
	for (; *head != tx_tail; (*head)++) {
		uint64_t *word = &tx_ring[*head & (RING - 1)].words[1];

		if (*word & TX_REPORT_BIT)
			*word |= TX_DONE_BIT;
	}
}

/* --- the queues --------------------------------------------------------------------- */

static void
prepare(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("bench", MBUFS,
		CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	assert_non_null(pool);
	rx = (struct svanic_rx_queue){ .ring = rx_ring,
		.mbufs = rx_mbufs,
		.doorbell = &rx_tail,
		.pool = pool,
		.mask = RING - 1,
		.at_least = 32,
		.buffer = RTE_MBUF_DEFAULT_DATAROOM,
		.address = offsetof(struct rte_mbuf, buf_addr),
		.counters = &rx_counters,
		.changes.reported = &changes };
	tx = (struct svanic_tx_queue){ .ring = tx_ring,
		.mbufs = tx_mbufs,
		.doorbell = &tx_tail,
		.reports = tx_reports,
		.mask = RING - 1,
		.report_after = 32,
		.free_below = 32,
		.segments_max = SVANIC_SEGMENTS_MAX,
		.address = offsetof(struct rte_mbuf, buf_addr),
		.runs = true,
		.counters = &tx_counters,
		.changes.reported = &changes };
	assert_int_equal(svanic_rx_fill(&rx), 0);
	svanic_rx_ring_doorbell(&rx);
}

static uint16_t
nothing(void)
{
	return 1;
}

static void
run(unsigned long rounds, uint16_t burst, bool fast_free)
{
	struct cost received = { .name = "received" }, none = { 0 };
	struct cost sent = {
		.name = fast_free ? "sent, freed fast" : "sent",
	};
	uint32_t rx_head = 0, tx_head = 0;
	struct rte_mbuf *mbufs[BURST_MAX];
	unsigned long round;

	tx.fast_free = fast_free;
	rx_head = rx.taken;
	tx_head = tx.next;
	for (round = 0; round < rounds; round++) {
		receive(&rx_head, burst);
		MEASURE(&none, nothing());
		MEASURE(&received, svanic_rx_burst(&rx, mbufs, burst));
		MEASURE(&sent, svanic_tx_burst(&tx, mbufs, burst));
		work_off(&tx_head);
	}
	assert_int_equal(received.packets, rounds * burst);
	assert_int_equal(sent.packets, rounds * burst);
	tell(&received, none.instructions);
	tell(&sent, none.instructions);
}

/* --- sva=1 against sva=0 ------------------------------------------------------------- */

static void
set_mode(bool sva)
{
	uint16_t field = sva ? offsetof(struct rte_mbuf, buf_addr)
			     : offsetof(struct rte_mbuf, buf_iova);

	rx.address = field;
	tx.address = field;
	rx.changes.reported = sva ? &changes : &rx.changes.never;
	tx.changes.reported = sva ? &changes : &tx.changes.never;
}

static int
compare_doubles(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

/*
 * Packets received and sent again in a second, without what the device would do: by the
 * median of the rounds, since now and then another program has the processor.
 */
static double
forward(unsigned long rounds, uint16_t burst, bool sva)
{
	double *cycles = calloc(rounds, sizeof(*cycles)), median;
	uint32_t rx_head = rx.taken, tx_head = tx.next;
	struct rte_mbuf *mbufs[BURST_MAX];
	unsigned long round;

	assert_non_null(cycles);
	set_mode(sva);
	for (round = 0; round < rounds; round++) {
		struct cost both = { .name = "both" };

		receive(&rx_head, burst);
		MEASURE(&both, svanic_rx_burst(&rx, mbufs, burst));
		MEASURE(&both, svanic_tx_burst(&tx, mbufs, burst));
		work_off(&tx_head);
		assert_int_equal(both.packets, 2 * burst);
		cycles[round] = (double)both.cycles;
	}
	qsort(cycles, rounds, sizeof(*cycles), compare_doubles);
	median = cycles[rounds / 2];
	free(cycles);
	return burst * (double)rte_get_tsc_hz() / median;
}

#define TURNS_MAX 99

static void
compare(unsigned long turns, unsigned long rounds, uint16_t burst)
{
	double ratios[TURNS_MAX], with[TURNS_MAX], without[TURNS_MAX];
	unsigned long turn;

	for (turn = 0; turn < turns; turn++) {
		if (turn % 2 == 0)
			with[turn] = forward(rounds, burst, true);
		without[turn] = forward(rounds, burst, false);
		if (turn % 2 != 0)
			with[turn] = forward(rounds, burst, true);
		ratios[turn] = with[turn] / without[turn];
	}
	qsort(ratios, turns, sizeof(double), compare_doubles);
	qsort(with, turns, sizeof(double), compare_doubles);
	qsort(without, turns, sizeof(double), compare_doubles);
	printf("received and sent again: %.2f million packets a second with sva=1, %.2f with sva=0 (medians); sva=1 / sva=0 %.3f (%.3f to %.3f), %lu turns\n",
		with[turns / 2] / 1e6, without[turns / 2] / 1e6,
		ratios[turns / 2], ratios[0], ratios[turns - 1], turns);
}

int
main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
	unsigned long burst = argc > 2 ? strtoul(argv[2], NULL, 10) : 32;
	unsigned long turns = argc > 3 ? strtoul(argv[3], NULL, 10) : 15;

	if (rounds == 0 || burst == 0 || burst > BURST_MAX || turns == 0 ||
		turns > TURNS_MAX || small_eal_start(NULL) != 0)
		return EXIT_FAILURE;
	prepare();
	open_counter();
	if (counter < 0)
		printf("no counter of instructions here\n");
	run(rounds, (uint16_t)burst, false);
	run(rounds, (uint16_t)burst, true);
	compare(turns, rounds, (uint16_t)burst);
	return EXIT_SUCCESS;
}
