/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_STATISTICS_H
#define SVANIC_STATISTICS_H

/*
 * The counters, the device's and the queues' own, as ethdev's statistics.
 *
 * Must not know: how a port is started and stopped.
 */

#include <stdint.h>

#include "driver_sdk/driver_sdk.h"
#include "svanic_registers.h"

/* The device's registers of a pair, from RX_FRAMES to PAGE_TIMEOUTS, */
enum svanic_pair_counter {
	SVANIC_COUNT_RX_FRAMES,
	SVANIC_COUNT_RX_BYTES,
	SVANIC_COUNT_RX_MISSED,
	SVANIC_COUNT_RX_ERRORS,
	SVANIC_COUNT_TX_FRAMES,
	SVANIC_COUNT_TX_BYTES,
	SVANIC_COUNT_TX_ERRORS,
	SVANIC_COUNT_FAULTS,
	SVANIC_COUNT_PAGE_REQUESTS,
	SVANIC_COUNT_PAGE_REFUSALS,
	SVANIC_COUNT_PAGE_TIMEOUTS,
	/* and the driver's own */
	SVANIC_COUNT_RX_NO_MBUFS,
	SVANIC_COUNT_RX_REFUSED,
	SVANIC_COUNT_RX_NO_PAGE,
	SVANIC_COUNT_RX_NO_ANSWER,
	SVANIC_COUNT_RX_NO_PASID,
	SVANIC_COUNT_RX_MALFORMED,
	SVANIC_COUNT_RX_BUS,
	SVANIC_COUNT_RX_DROPPED,
	SVANIC_COUNT_RX_DROPPED_BYTES,
	SVANIC_COUNT_TX_REFUSED,
	SVANIC_COUNT_TX_DROPPED,
	SVANIC_PAIR_COUNTERS,
};

enum svanic_port_counter {
	SVANIC_COUNT_FILTERED,
	SVANIC_COUNT_OVERSIZE,
	SVANIC_COUNT_NO_QUEUE,
	SVANIC_COUNT_TRANSLATION_HITS,
	SVANIC_COUNT_TRANSLATION_MISSES,
	SVANIC_COUNT_INVALIDATIONS,
	SVANIC_COUNT_TRANSLATIONS_REMOVED,
	SVANIC_PORT_COUNTERS,
};

struct svanic_statistics {
	uint64_t port[SVANIC_PORT_COUNTERS];
	uint64_t pair[SVANIC_PAIRS_MAX][SVANIC_PAIR_COUNTERS];
};

#if RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
int svanic_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
	struct eth_queue_stats *queues);
#else
int svanic_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats);
#endif
int svanic_stats_reset(struct rte_eth_dev *dev);
int svanic_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *stats,
	unsigned int count);
int svanic_xstats_names(struct rte_eth_dev *dev,
	struct rte_eth_xstat_name *names, unsigned int count);
/* The device's counters are about to become zero: what they say is not lost. */
void svanic_stats_keep(struct rte_eth_dev *dev);

#endif /* SVANIC_STATISTICS_H */
