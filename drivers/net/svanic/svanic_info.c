/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What the port can do, for ethdev to tell programs; it follows from what the device has.
 *
 * Must not know: how anything of it is done.
 */

#include <inttypes.h>
#include <stdio.h>

#include <rte_version.h>

#include "svanic_device.h"

/* What the program gets that asks for nothing. */
#define RX_RING_DEFAULT 512
#define TX_RING_DEFAULT 512
#define BURST_DEFAULT 32

/* Offloads of one direction that the device has no feature for. */
static uint64_t
without_features(const struct svanic_hardware *hardware, bool is_rx)
{
	static const struct {
		uint32_t feature;
		uint64_t rx, tx;
	} needs[] = {
		{ SVANIC_FEATURE_RX_IPV4_SUM, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM,
			0 },
		{ SVANIC_FEATURE_RX_L4_SUM,
			RTE_ETH_RX_OFFLOAD_UDP_CKSUM |
				RTE_ETH_RX_OFFLOAD_TCP_CKSUM,
			0 },
		{ SVANIC_FEATURE_TX_IPV4_SUM, 0,
			RTE_ETH_TX_OFFLOAD_IPV4_CKSUM },
		{ SVANIC_FEATURE_TX_L4_SUM, 0,
			RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
				RTE_ETH_TX_OFFLOAD_TCP_CKSUM },
		{ SVANIC_FEATURE_HASH, RTE_ETH_RX_OFFLOAD_RSS_HASH, 0 },
	};
	uint64_t without = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(needs); i++)
		if (!(hardware->features & needs[i].feature))
			without |= is_rx ? needs[i].rx : needs[i].tx;
	return without;
}

static void
get_hash_info(struct rte_eth_dev_info *info)
{
	info->flow_type_rss_offloads = SVANIC_HASH_TYPES;
	info->hash_key_size = SVANIC_HASH_KEY_LENGTH;
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	info->rss_algo_capa |= RTE_ETH_HASH_ALGO_CAPA_MASK(TOEPLITZ);
#endif
	info->reta_size = SVANIC_HASH_TABLE_ENTRIES;
}

int
svanic_info_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct svanic_hardware *hardware = &svanic_device_of(dev)
							  ->hardware;
	const struct rte_eth_desc_lim limits = {
		.nb_min = 1u << SVANIC_RING_LOG2_MIN,
		.nb_max = 1u << hardware->ring_log2_max,
		.nb_align = 1u << SVANIC_RING_LOG2_MIN,
		.nb_seg_max = hardware->segments_max,
		.nb_mtu_seg_max = hardware->segments_max,
	};

	info->max_rx_queues = hardware->pairs;
	info->max_tx_queues = hardware->pairs;
	info->min_rx_bufsize = 64;
	info->max_rx_pktlen = SVANIC_FRAME_LIMIT_MAX;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = SVANIC_MTU_MAX;
	info->max_mac_addrs = 1 + SVANIC_UNICAST_FILTERS;
	info->rx_desc_lim = limits;
	info->tx_desc_lim = limits;
	info->rx_offload_capa = SVANIC_RX_OFFLOADS &
		~without_features(hardware, true);
	info->tx_offload_capa = (SVANIC_TX_OFFLOADS &
					~without_features(hardware, false)) |
		SVANIC_TX_QUEUE_OFFLOADS;
	info->tx_queue_offload_capa = SVANIC_TX_QUEUE_OFFLOADS;
	if (hardware->features & SVANIC_FEATURE_HASH)
		get_hash_info(info);
	info->default_rxportconf.ring_size = RX_RING_DEFAULT;
	info->default_rxportconf.burst_size = BURST_DEFAULT;
	info->default_rxportconf.nb_queues = 1;
	info->default_txportconf.ring_size = TX_RING_DEFAULT;
	info->default_txportconf.burst_size = BURST_DEFAULT;
	info->default_txportconf.nb_queues = 1;
	return 0;
}

int
svanic_is_removed(struct rte_eth_dev *dev)
{
	return svanic_hardware_is_gone(&svanic_device_of(dev)->hardware);
}

int
svanic_version_get(struct rte_eth_dev *dev, char *version, size_t size)
{
	uint32_t number = svanic_read32(
		&svanic_device_of(dev)->hardware, SVANIC_VERSION);
	int length = snprintf(version, size, "%" PRIu32 ".%" PRIu32,
		number >> 16, number & 0xffff);

	/* As ethdev has it: the room that is needed, with the end, if it is too small. */
	return (size_t)length < size ? 0 : length + 1;
}

static const uint32_t packet_types[] = {
	RTE_PTYPE_L2_ETHER,
	RTE_PTYPE_L3_IPV4_EXT_UNKNOWN,
	RTE_PTYPE_L3_IPV6_EXT_UNKNOWN,
	RTE_PTYPE_L4_TCP,
	RTE_PTYPE_L4_UDP,
	RTE_PTYPE_UNKNOWN,
};

#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
const uint32_t *
svanic_packet_types_get(struct rte_eth_dev *dev, size_t *count)
{
	RTE_SET_USED(dev);
	*count = RTE_DIM(packet_types) - 1;
	return packet_types;
}
#else
const uint32_t *
svanic_packet_types_get(struct rte_eth_dev *dev)
{
	RTE_SET_USED(dev);
	return packet_types;
}
#endif

int
svanic_rx_mode_get(struct rte_eth_dev *dev, uint16_t queue,
	struct rte_eth_burst_mode *mode)
{
	RTE_SET_USED(queue);
	snprintf(mode->info, sizeof(mode->info), "Scalar%s",
		dev->data->scattered_rx ? " Scattered" : "");
	return 0;
}

int
svanic_tx_mode_get(struct rte_eth_dev *dev, uint16_t queue,
	struct rte_eth_burst_mode *mode)
{
	RTE_SET_USED(dev);
	RTE_SET_USED(queue);
	snprintf(mode->info, sizeof(mode->info), "Scalar");
	return 0;
}
