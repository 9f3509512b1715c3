/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DPDK_24_H
#define DPDK_24_H

/*
 * What DPDK 24.11 has in ethdev's structures for drivers where releases differ; see
 * declarations.h. Must not know: anything that all releases share.
 */

/* Operations that this driver leaves out, where their number changes. */
#define SDK_SPEED_LANE_OPERATIONS 3
#define SDK_RECYCLE_OPERATIONS 1
#define SDK_OPERATIONS_TO_MONITOR 27 /* from get_dcb_info on */
#define SDK_OPERATIONS_TO_THE_END 7  /* from cman_info_get on */
/* Pointers in struct rte_eth_dev. */
#define SDK_QUEUE_POINTERS_AFTER_RX 1 /* of Tx queues: their count */
#define SDK_RECYCLE_POINTERS 2
#define SDK_FLOW_POINTERS 1
/* Signatures. */
#define SDK_STATS_BY_QUEUE_APART 0
#define SDK_PTYPES_ARE_COUNTED 1

#endif /* DPDK_24_H */
