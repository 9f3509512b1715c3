/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DPDK_22_H
#define DPDK_22_H

/*
 * What DPDK 22.11 has in ethdev's structures for drivers where releases differ; see
 * declarations.h. Must not know: anything that all releases share.
 */

/* Operations that this driver leaves out, where their number changes. */
#define SDK_SPEED_LANE_OPERATIONS 0
#define SDK_RECYCLE_OPERATIONS 0
#define SDK_OPERATIONS_TO_MONITOR 26 /* from get_dcb_info on */
#define SDK_OPERATIONS_TO_THE_END 4  /* from cman_info_get on */
/* Pointers in struct rte_eth_dev. */
#define SDK_QUEUE_POINTERS_AFTER_RX 0 /* of Tx queues: their count */
#define SDK_RECYCLE_POINTERS 0
#define SDK_FLOW_POINTERS 0
/* Signatures. */
#define SDK_STATS_BY_QUEUE_APART 0
#define SDK_PTYPES_ARE_COUNTED 0

#endif /* DPDK_22_H */
