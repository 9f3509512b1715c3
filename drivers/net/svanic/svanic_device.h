/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_DEVICE_H
#define SVANIC_DEVICE_H

/*
 * A port of this driver: what its parts share, and the operations that ethdev calls,
 * by the file that has them. ethdev calls them one at a time, in the primary process; those
 * that only read also in secondary ones (svanic_secondary.c).
 *
 * Must not know: PASIDs (svanic_pasid.h).
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_dev_info.h>
#include <rte_eal.h>
#include <rte_ether.h>
#include <rte_version.h>

#include "driver_sdk/driver_sdk.h"
#include "svanic_hardware.h"
#include "svanic_options.h"
#include "svanic_queue.h"
#include "svanic_registers.h"
#include "svanic_statistics.h"

struct svanic_pasids;

/* Addresses beside the port's own: ethdev's list of unicast ones, and multicast. */
#define SVANIC_UNICAST_FILTERS 16
#define SVANIC_MULTICAST_FILTERS 8
#define SVANIC_FLOW_FILTERS 8 /* flow rules */
_Static_assert(SVANIC_UNICAST_FILTERS + SVANIC_MULTICAST_FILTERS +
			SVANIC_FLOW_FILTERS <=
		SVANIC_FILTERS,
	"filters for all");

/* FRAME_LIMIT is without the frame check sequence; two tags may be on top of the MTU. */
#define SVANIC_MTU_MAX (SVANIC_FRAME_LIMIT_MAX - RTE_ETHER_HDR_LEN)
#define SVANIC_FRAME_OF_MTU(mtu)                                         \
	RTE_MIN((uint32_t)(mtu) + RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN, \
		(uint32_t)SVANIC_FRAME_LIMIT_MAX)

/* Those of the sums and the hash if the device has the feature. */
#define SVANIC_RX_OFFLOADS                                                  \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM |     \
		RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_SCATTER | \
		RTE_ETH_RX_OFFLOAD_RSS_HASH)
#define SVANIC_TX_OFFLOADS                                              \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
		RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)
#define SVANIC_TX_QUEUE_OFFLOADS RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE
#define SVANIC_HASH_TYPES                                                     \
	(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 |                           \
		RTE_ETH_RSS_NONFRAG_IPV4_OTHER |                              \
		RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP | \
		RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 |                    \
		RTE_ETH_RSS_NONFRAG_IPV6_OTHER |                              \
		RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV6_UDP)

/* A rule: frames to this address go to this queue. */
struct rte_flow {
	struct rte_ether_addr address;
	uint16_t queue;
	bool is_used;
};

/* Secondary processes share it: what it points to is shared, too, but for `pasids`. */
struct svanic_device {
	struct svanic_hardware hardware;
	char name[PCI_PRI_STR_SIZE + 1];
	struct svanic_options options;
	struct svanic_pasids
		*pasids; /* the primary process's; NULL: without sva=1 */
	struct svanic_statistics
		base; /* what the counters were at their reset */
	struct svanic_rx_counters rx_counters[SVANIC_PAIRS_MAX];
	struct svanic_tx_counters tx_counters[SVANIC_PAIRS_MAX];
	/* What a reset takes away and ethdev does not bring back. */
	struct rte_ether_addr multicast[SVANIC_MULTICAST_FILTERS];
	unsigned int multicasts;
	struct rte_flow flows[SVANIC_FLOW_FILTERS];
	uint8_t hash_key[SVANIC_HASH_KEY_LENGTH];
	uint8_t hash_table[SVANIC_HASH_TABLE_ENTRIES];
	uint64_t hash_types; /* 0: frames are not spread */
	/* Queues whose halt was told of, or that were never started: bits of svanic_queue_bit(); two threads': atomic */
	uint32_t halts_told;
	bool fault_told;  /* so was a refused translation */
	bool was_reset;	  /* since the start: no queue can be started */
	bool dma_goes_on; /* perhaps: the device does not come out of a reset */
	bool listens;	  /* vector 0 has its handler */
	bool has_interrupts; /* and the device may interrupt */
};

static inline struct svanic_device *
svanic_device_of(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

/* NULL in a secondary process, too. */
static inline struct svanic_pasids *
svanic_pasids_here(const struct rte_eth_dev *dev)
{
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return NULL;
	return svanic_device_of(dev)->pasids;
}

/* A queue in a word of the port: receive queues first. */
static inline uint32_t
svanic_queue_bit(uint16_t pair, uint32_t side)
{
	RTE_BUILD_BUG_ON(2 * SVANIC_PAIRS_MAX > 32);
	return 1u << (pair + (side == SVANIC_RX ? 0 : SVANIC_PAIRS_MAX));
}

/* svanic_queue_setup.c */
int svanic_rx_setup(struct rte_eth_dev *dev, uint16_t number,
	uint16_t descriptors, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
void svanic_rx_release(struct rte_eth_dev *dev, uint16_t number);
int svanic_tx_setup(struct rte_eth_dev *dev, uint16_t number,
	uint16_t descriptors, unsigned int socket,
	const struct rte_eth_txconf *conf);
void svanic_tx_release(struct rte_eth_dev *dev, uint16_t number);
void svanic_rx_info(struct rte_eth_dev *dev, uint16_t number,
	struct rte_eth_rxq_info *info);
void svanic_tx_info(struct rte_eth_dev *dev, uint16_t number,
	struct rte_eth_txq_info *info);
int svanic_rx_start(struct rte_eth_dev *dev, uint16_t number);
int svanic_rx_stop(struct rte_eth_dev *dev, uint16_t number);
int svanic_tx_start(struct rte_eth_dev *dev, uint16_t number);
int svanic_tx_stop(struct rte_eth_dev *dev, uint16_t number);
/* All but those with a deferred start; on an error none runs. */
int svanic_queues_start(struct rte_eth_dev *dev);
void svanic_queues_stop(struct rte_eth_dev *dev);
/* Ends DMA that may go on since a reset has failed. -EIO: it still may. */
int svanic_queues_recover(struct rte_eth_dev *dev);
/* Whether a frame of this size can need more than one buffer of a queue. */
bool svanic_rx_needs_scatter(const struct rte_eth_dev *dev, uint32_t frame);

/* svanic_dump.c */
int svanic_registers_get(
	struct rte_eth_dev *dev, struct rte_dev_reg_info *info);
int svanic_rx_dump(const struct rte_eth_dev *dev, uint16_t number,
	uint16_t offset, uint16_t count, FILE *file);
int svanic_tx_dump(const struct rte_eth_dev *dev, uint16_t number,
	uint16_t offset, uint16_t count, FILE *file);

/* svanic_filters.c */
int svanic_promiscuous_enable(struct rte_eth_dev *dev);
int svanic_promiscuous_disable(struct rte_eth_dev *dev);
int svanic_allmulticast_enable(struct rte_eth_dev *dev);
int svanic_allmulticast_disable(struct rte_eth_dev *dev);
int svanic_mac_set(struct rte_eth_dev *dev, struct rte_ether_addr *address);
int svanic_mac_add(struct rte_eth_dev *dev, struct rte_ether_addr *address,
	uint32_t index, uint32_t pool);
void svanic_mac_remove(struct rte_eth_dev *dev, uint32_t index);
int svanic_multicast_set(struct rte_eth_dev *dev,
	struct rte_ether_addr *addresses, uint32_t count);
int svanic_mtu_set(struct rte_eth_dev *dev, uint16_t mtu);
/* What was set before goes into the device, at its start. */
void svanic_filters_restore(struct rte_eth_dev *dev);

/* svanic_flow.c */
int svanic_flow_operations(
	struct rte_eth_dev *dev, const struct rte_flow_ops **operations);
void svanic_flows_restore(struct rte_eth_dev *dev);

/* svanic_info.c */
int svanic_info_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info);
int svanic_is_removed(struct rte_eth_dev *dev);
int svanic_version_get(struct rte_eth_dev *dev, char *version, size_t size);
#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
const uint32_t *svanic_packet_types_get(struct rte_eth_dev *dev, size_t *count);
#else
const uint32_t *svanic_packet_types_get(struct rte_eth_dev *dev);
#endif
int svanic_rx_mode_get(struct rte_eth_dev *dev, uint16_t queue,
	struct rte_eth_burst_mode *mode);
int svanic_tx_mode_get(struct rte_eth_dev *dev, uint16_t queue,
	struct rte_eth_burst_mode *mode);

/* svanic_hash.c */
int svanic_hash_configure(struct rte_eth_dev *dev);
void svanic_hash_restore(struct rte_eth_dev *dev);
int svanic_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int svanic_hash_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int svanic_table_update(struct rte_eth_dev *dev,
	struct rte_eth_rss_reta_entry64 *table, uint16_t size);
int svanic_table_query(struct rte_eth_dev *dev,
	struct rte_eth_rss_reta_entry64 *table, uint16_t size);

/* svanic_interrupt.c */
int svanic_link_update(struct rte_eth_dev *dev, int wait_to_complete);
/* Whether somebody listens to vector 0; told of at the start. */
void svanic_interrupts_open(struct rte_eth_dev *dev);
void svanic_interrupts_close(struct rte_eth_dev *dev);
int svanic_interrupts_start(struct rte_eth_dev *dev);
void svanic_interrupts_stop(struct rte_eth_dev *dev);
/* No queue is started: no halt is told of. */
void svanic_expect_no_halts(struct svanic_device *device);
/* A queue is about to be started: its next halt is told of. */
void svanic_forget_halt(
	struct svanic_device *device, uint16_t pair, uint32_t side);
int svanic_rx_interrupt_enable(struct rte_eth_dev *dev, uint16_t number);
int svanic_rx_interrupt_disable(struct rte_eth_dev *dev, uint16_t number);

/* svanic_layout.c: -EPROTO when this DPDK's structures are not what was declared. */
int svanic_layout_check_pci(const struct rte_pci_device *pci);
int svanic_layout_check_shared(
	const struct rte_eth_dev *dev, const struct rte_pci_device *pci);
int svanic_layout_check_port(
	const struct rte_eth_dev *dev, const struct rte_pci_device *pci);

/* svanic_secondary.c: the port that the primary process has for this mapped device. */
int svanic_secondary_attach(struct rte_pci_device *pci);

#endif /* SVANIC_DEVICE_H */
