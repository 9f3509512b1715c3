/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The counters; see svanic_statistics.h. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_iommufd_sva.h>

#include "svanic_device.h"
#include "svanic_pasid.h"

static const uint32_t port_registers[SVANIC_PORT_COUNTERS] = {
	[SVANIC_COUNT_FILTERED] = SVANIC_RECEIVE_FILTERED,
	[SVANIC_COUNT_OVERSIZE] = SVANIC_RECEIVE_OVERSIZE,
	[SVANIC_COUNT_NO_QUEUE] = SVANIC_RECEIVE_NO_QUEUE,
	/* these read zero before version 1.1 */
	[SVANIC_COUNT_TRANSLATION_HITS] = SVANIC_TRANSLATION_HITS,
	[SVANIC_COUNT_TRANSLATION_MISSES] = SVANIC_TRANSLATION_MISSES,
	[SVANIC_COUNT_INVALIDATIONS] = SVANIC_INVALIDATIONS,
	[SVANIC_COUNT_TRANSLATIONS_REMOVED] = SVANIC_TRANSLATIONS_REMOVED,
};

#define PAIR_REGISTERS (SVANIC_COUNT_PAGE_TIMEOUTS + 1)

static const uint32_t pair_registers[PAIR_REGISTERS] = {
	[SVANIC_COUNT_RX_FRAMES] = SVANIC_RX_FRAMES,
	[SVANIC_COUNT_RX_BYTES] = SVANIC_RX_BYTES,
	[SVANIC_COUNT_RX_MISSED] = SVANIC_RX_MISSED,
	[SVANIC_COUNT_RX_ERRORS] = SVANIC_RX_ERRORS,
	[SVANIC_COUNT_TX_FRAMES] = SVANIC_TX_FRAMES,
	[SVANIC_COUNT_TX_BYTES] = SVANIC_TX_BYTES,
	[SVANIC_COUNT_TX_ERRORS] = SVANIC_TX_ERRORS,
	[SVANIC_COUNT_FAULTS] = SVANIC_FAULTS,
	[SVANIC_COUNT_PAGE_REQUESTS] = SVANIC_PAGE_REQUESTS,
	[SVANIC_COUNT_PAGE_REFUSALS] = SVANIC_PAGE_REFUSALS,
	[SVANIC_COUNT_PAGE_TIMEOUTS] = SVANIC_PAGE_TIMEOUTS,
};

/* --- what has been counted ---------------------------------------------------- */

static void
read_hardware(
	const struct svanic_hardware *hardware, struct svanic_statistics *now)
{
	uint16_t pair;
	unsigned int i;

	for (i = 0; i < SVANIC_PORT_COUNTERS; i++)
		now->port[i] = svanic_read64(hardware, port_registers[i]);
	for (pair = 0; pair < hardware->pairs; pair++)
		for (i = 0; i < PAIR_REGISTERS; i++)
			now->pair[pair][i] = svanic_read64(hardware,
				SVANIC_PAIR(pair) + pair_registers[i]);
}

static void
read_own(const struct svanic_device *device, struct svanic_statistics *now)
{
	const struct svanic_rx_counters *rx = device->rx_counters;
	const struct svanic_tx_counters *tx = device->tx_counters;
	unsigned int pair, code;

	for (pair = 0; pair < SVANIC_PAIRS_MAX; pair++) {
		now->pair[pair][SVANIC_COUNT_RX_NO_MBUFS] = rx[pair].no_mbufs;
		for (code = SVANIC_ERROR_REFUSED; code <= SVANIC_ERROR_BUS;
			code++)
			now->pair[pair][SVANIC_COUNT_RX_REFUSED + code -
				SVANIC_ERROR_REFUSED] = rx[pair].errors[code];
		now->pair[pair][SVANIC_COUNT_RX_DROPPED] = rx[pair].dropped;
		now->pair[pair][SVANIC_COUNT_RX_DROPPED_BYTES] =
			rx[pair].dropped_bytes;
		now->pair[pair][SVANIC_COUNT_TX_REFUSED] = tx[pair].refused;
		now->pair[pair][SVANIC_COUNT_TX_DROPPED] = tx[pair].dropped;
	}
}

static void
subtract(struct svanic_statistics *from, const struct svanic_statistics *what)
{
	unsigned int i, pair;

	for (i = 0; i < SVANIC_PORT_COUNTERS; i++)
		from->port[i] -= what->port[i];
	for (pair = 0; pair < SVANIC_PAIRS_MAX; pair++)
		for (i = 0; i < SVANIC_PAIR_COUNTERS; i++)
			from->pair[pair][i] -= what->pair[pair][i];
}

static void
read_since_reset(
	const struct svanic_device *device, struct svanic_statistics *now)
{
	memset(now, 0, sizeof(*now));
	read_hardware(&device->hardware, now);
	read_own(device, now);
	subtract(now, &device->base);
}

int
svanic_stats_reset(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);

	read_hardware(&device->hardware, &device->base);
	read_own(device, &device->base);
	return 0;
}

/* The counters run on modulo 2^64, and so does what they are compared with. */
void
svanic_stats_keep(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);
	struct svanic_statistics now = { 0 };

	read_hardware(&device->hardware, &now);
	subtract(&device->base, &now);
}

/* --- as ethdev has it --------------------------------------------------------- */

static uint64_t
sum(const struct svanic_statistics *now, enum svanic_pair_counter counter)
{
	uint64_t total = 0;
	unsigned int pair;

	for (pair = 0; pair < SVANIC_PAIRS_MAX; pair++)
		total += now->pair[pair][counter];
	return total;
}

/*
 * What the program has got: not what was dropped from the ring, which the device has
 * counted as received; perhaps before the counters were last set to zero.
 */
static uint64_t
taken(uint64_t received, uint64_t dropped)
{
	return received > dropped ? received - dropped : 0;
}

/* ethdev's arrays: in their own structure since 25.11. */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
#define QUEUES struct eth_queue_stats
#else
#define QUEUES struct rte_eth_stats
#endif

static void
fill_queues(const struct svanic_statistics *now, QUEUES *queues)
{
	unsigned int i;

	for (i = 0; i < RTE_MIN((unsigned int)SVANIC_PAIRS_MAX,
				(unsigned int)RTE_ETHDEV_QUEUE_STAT_CNTRS);
		i++) {
		const uint64_t *pair = now->pair[i];

		queues->q_ipackets[i] = taken(pair[SVANIC_COUNT_RX_FRAMES],
			pair[SVANIC_COUNT_RX_DROPPED]);
		queues->q_ibytes[i] = taken(pair[SVANIC_COUNT_RX_BYTES],
			pair[SVANIC_COUNT_RX_DROPPED_BYTES]);
		queues->q_opackets[i] = pair[SVANIC_COUNT_TX_FRAMES];
		queues->q_obytes[i] = pair[SVANIC_COUNT_TX_BYTES];
		queues->q_errors[i] = pair[SVANIC_COUNT_RX_ERRORS] +
			pair[SVANIC_COUNT_RX_MISSED] +
			pair[SVANIC_COUNT_RX_DROPPED];
	}
}

static void
fill_port(const struct svanic_statistics *now, struct rte_eth_stats *stats)
{
	stats->ipackets = taken(sum(now, SVANIC_COUNT_RX_FRAMES),
		sum(now, SVANIC_COUNT_RX_DROPPED));
	stats->ibytes = taken(sum(now, SVANIC_COUNT_RX_BYTES),
		sum(now, SVANIC_COUNT_RX_DROPPED_BYTES));
	stats->imissed = sum(now, SVANIC_COUNT_RX_MISSED) +
		sum(now, SVANIC_COUNT_RX_DROPPED) +
		now->port[SVANIC_COUNT_NO_QUEUE];
	stats->ierrors = sum(now, SVANIC_COUNT_RX_ERRORS) +
		now->port[SVANIC_COUNT_OVERSIZE];
	stats->rx_nombuf = sum(now, SVANIC_COUNT_RX_NO_MBUFS);
	stats->opackets = sum(now, SVANIC_COUNT_TX_FRAMES);
	stats->obytes = sum(now, SVANIC_COUNT_TX_BYTES);
	stats->oerrors = sum(now, SVANIC_COUNT_TX_ERRORS) +
		sum(now, SVANIC_COUNT_TX_REFUSED) +
		sum(now, SVANIC_COUNT_TX_DROPPED);
}

#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
int
svanic_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
	struct eth_queue_stats *queues)
{
	struct svanic_statistics now;

	read_since_reset(svanic_device_of(dev), &now);
	fill_port(&now, stats);
	if (queues != NULL)
		fill_queues(&now, queues);
	return 0;
}
#else
int
svanic_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	struct svanic_statistics now;

	read_since_reset(svanic_device_of(dev), &now);
	fill_port(&now, stats);
	fill_queues(&now, stats);
	return 0;
}
#endif

/* --- extended statistics ------------------------------------------------------- */

static const char *const port_names[SVANIC_PORT_COUNTERS] = {
	[SVANIC_COUNT_FILTERED] = "rx_filtered",
	[SVANIC_COUNT_OVERSIZE] = "rx_oversize",
	[SVANIC_COUNT_NO_QUEUE] = "rx_no_queue",
	[SVANIC_COUNT_TRANSLATION_HITS] = "translation_hits",
	[SVANIC_COUNT_TRANSLATION_MISSES] = "translation_misses",
	[SVANIC_COUNT_INVALIDATIONS] = "invalidations",
	[SVANIC_COUNT_TRANSLATIONS_REMOVED] = "translations_removed",
};

/* %u: the pair. Frames and bytes of queues are ethdev's own names. */
static const struct {
	const char *format;
	enum svanic_pair_counter counter;
} pair_names[] = {
	{ "rx_q%u_missed", SVANIC_COUNT_RX_MISSED },
	{ "rx_q%u_no_mbufs", SVANIC_COUNT_RX_NO_MBUFS },
	{ "rx_q%u_frame_errors", SVANIC_COUNT_RX_ERRORS },
	{ "rx_q%u_error_refused", SVANIC_COUNT_RX_REFUSED },
	{ "rx_q%u_error_no_page", SVANIC_COUNT_RX_NO_PAGE },
	{ "rx_q%u_error_no_answer", SVANIC_COUNT_RX_NO_ANSWER },
	{ "rx_q%u_error_no_pasid", SVANIC_COUNT_RX_NO_PASID },
	{ "rx_q%u_error_malformed", SVANIC_COUNT_RX_MALFORMED },
	{ "rx_q%u_error_bus", SVANIC_COUNT_RX_BUS },
	{ "rx_q%u_dropped", SVANIC_COUNT_RX_DROPPED },
	{ "tx_q%u_frame_errors", SVANIC_COUNT_TX_ERRORS },
	{ "tx_q%u_refused", SVANIC_COUNT_TX_REFUSED },
	{ "tx_q%u_dropped", SVANIC_COUNT_TX_DROPPED },
	{ "q%u_faults", SVANIC_COUNT_FAULTS },
	{ "q%u_page_requests", SVANIC_COUNT_PAGE_REQUESTS },
	{ "q%u_page_refusals", SVANIC_COUNT_PAGE_REFUSALS },
	{ "q%u_page_timeouts", SVANIC_COUNT_PAGE_TIMEOUTS },
};

static const struct {
	const char *name;
	size_t offset;
} sva_names[] = {
#define SVA(field) \
	{ "sva_" #field, offsetof(struct rte_iommufd_sva_stats, field) }
	SVA(page_requests),
	SVA(mapped),
	SVA(present),
	SVA(refused),
	SVA(failed),
	SVA(events),
	SVA(evictions),
	SVA(areas),
	SVA(pinned),
	SVA(pinned_peak),
#undef SVA
};

static unsigned int
pairs_in_use(const struct rte_eth_dev *dev)
{
	return RTE_MAX(dev->data->nb_rx_queues, dev->data->nb_tx_queues);
}

static unsigned int
count_of_xstats(const struct rte_eth_dev *dev)
{
	unsigned int sva = svanic_pasids_here(dev) != NULL ? RTE_DIM(sva_names)
							   : 0;

	return SVANIC_PORT_COUNTERS + sva +
		pairs_in_use(dev) * RTE_DIM(pair_names);
}

int
svanic_xstats_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
	unsigned int count)
{
	unsigned int needed = count_of_xstats(dev), pair, i, n = 0;

	if (names == NULL || count < needed)
		return needed;
	for (i = 0; i < SVANIC_PORT_COUNTERS; i++)
		snprintf(names[n++].name, sizeof(names[0].name), "%s",
			port_names[i]);
	for (i = 0; svanic_pasids_here(dev) != NULL && i < RTE_DIM(sva_names);
		i++)
		snprintf(names[n++].name, sizeof(names[0].name), "%s",
			sva_names[i].name);
	for (pair = 0; pair < pairs_in_use(dev); pair++)
		for (i = 0; i < RTE_DIM(pair_names); i++)
			snprintf(names[n++].name, sizeof(names[0].name),
				pair_names[i].format, pair);
	return n;
}

int
svanic_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *stats,
	unsigned int count)
{
	unsigned int needed = count_of_xstats(dev), pair, i, n = 0;
	struct svanic_device *device = svanic_device_of(dev);
	struct svanic_statistics now;

	if (stats == NULL || count < needed)
		return needed;
	read_since_reset(device, &now);
	for (i = 0; i < SVANIC_PORT_COUNTERS; i++)
		stats[n++].value = now.port[i];
	if (svanic_pasids_here(dev) != NULL) {
		struct rte_iommufd_sva_stats sva = { .size = sizeof(sva) };

		svanic_pasids_stats(device->pasids, &sva);
		for (i = 0; i < RTE_DIM(sva_names); i++)
			memcpy(&stats[n++].value,
				(const char *)&sva + sva_names[i].offset,
				sizeof(stats[0].value));
	}
	for (pair = 0; pair < pairs_in_use(dev); pair++)
		for (i = 0; i < RTE_DIM(pair_names); i++)
			stats[n++]
				.value = now.pair[pair][pair_names[i].counter];
	for (i = 0; i < n; i++)
		stats[i].id = i;
	return n;
}
