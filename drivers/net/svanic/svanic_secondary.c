/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The port in a secondary process. The port and its queues are in memory that the processes
 * share, at the same addresses, and so are the device's registers. A secondary process reads
 * them; the primary process alone changes the port. What the program has to see to: a queue
 * is one thread's at a time, of whichever process.
 *
 * Packets: with plain addresses a secondary process can use a queue, as with other drivers.
 * With sva=1 it cannot, since the device uses the primary process's addresses, and
 * what it reads there need not be what the secondary process has.
 *
 * Must not know: rings, registers.
 */

#include <errno.h>

#include <rte_errno.h>

#include "svanic_device.h"
#include "svanic_log.h"
#include "svanic_queue.h"

/* --- what changes the port is refused ---------------------------------------------- */

static int
refuse(struct rte_eth_dev *dev)
{
	SVANIC_LOG(ERR,
		"%s: a secondary process only reads this port: configure it, start it and stop it in the primary process",
		svanic_device_of(dev)->hardware.name);
	return -E_RTE_SECONDARY;
}

static int
refuse_for_queue(struct rte_eth_dev *dev, uint16_t number)
{
	RTE_SET_USED(number);
	return refuse(dev);
}

static int
refuse_mac_set(struct rte_eth_dev *dev, struct rte_ether_addr *address)
{
	RTE_SET_USED(address);
	return refuse(dev);
}

static int
refuse_mac_add(struct rte_eth_dev *dev, struct rte_ether_addr *address,
	uint32_t index, uint32_t pool)
{
	RTE_SET_USED(address);
	RTE_SET_USED(index);
	RTE_SET_USED(pool);
	return refuse(dev);
}

static int
refuse_multicast_set(struct rte_eth_dev *dev, struct rte_ether_addr *addresses,
	uint32_t count)
{
	RTE_SET_USED(addresses);
	RTE_SET_USED(count);
	return refuse(dev);
}

static int
refuse_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	RTE_SET_USED(conf);
	return refuse(dev);
}

static int
refuse_table_update(struct rte_eth_dev *dev,
	struct rte_eth_rss_reta_entry64 *table, uint16_t size)
{
	RTE_SET_USED(table);
	RTE_SET_USED(size);
	return refuse(dev);
}

static int
refuse_flow_operations(
	struct rte_eth_dev *dev, const struct rte_flow_ops **operations)
{
	RTE_SET_USED(operations);
	return refuse(dev);
}

/* What was of this process only ethdev and the bus release. */
static int
close_here(struct rte_eth_dev *dev)
{
	RTE_SET_USED(dev);
	return 0;
}

/*
 * dev_configure, the setup of queues and mac_addr_remove are not there: ethdev
 * returns -ENOTSUP at once then, while it would change what it shares with the primary
 * process before, or in spite of, a refusal.
 */
static const struct eth_dev_ops operations = {
	.dev_start = refuse,
	.dev_stop = refuse,
	.dev_close = close_here,
	.dev_reset = refuse,
	.link_update = svanic_link_update,
	.promiscuous_enable = refuse,
	.promiscuous_disable = refuse,
	.allmulticast_enable = refuse,
	.allmulticast_disable = refuse,
	.mac_addr_set = refuse_mac_set,
	.mac_addr_add = refuse_mac_add,
	.set_mc_addr_list = refuse_multicast_set,
	.mtu_set = refuse_for_queue, /* the number is the MTU */
	.stats_get = svanic_stats_get,
	.stats_reset = refuse,
	.xstats_get = svanic_xstats_get,
	.xstats_reset = refuse,
	.xstats_get_names = svanic_xstats_names,
	.dev_infos_get = svanic_info_get,
	.rxq_info_get = svanic_rx_info,
	.txq_info_get = svanic_tx_info,
	.rx_burst_mode_get = svanic_rx_mode_get,
	.tx_burst_mode_get = svanic_tx_mode_get,
	.fw_version_get = svanic_version_get,
	.dev_supported_ptypes_get = svanic_packet_types_get,
	.rx_queue_start = refuse_for_queue,
	.rx_queue_stop = refuse_for_queue,
	.tx_queue_start = refuse_for_queue,
	.tx_queue_stop = refuse_for_queue,
	.rx_queue_intr_enable = refuse_for_queue,
	.rx_queue_intr_disable = refuse_for_queue,
	.tx_done_cleanup = svanic_tx_done_cleanup,
	.rss_hash_update = refuse_hash_update,
	.rss_hash_conf_get = svanic_hash_get,
	.reta_update = refuse_table_update,
	.reta_query = svanic_table_query,
	.get_reg = svanic_registers_get,
	.flow_ops_get = refuse_flow_operations,
	.get_monitor_addr = svanic_rx_monitor,
	.eth_rx_descriptor_dump = svanic_rx_dump,
	.eth_tx_descriptor_dump = svanic_tx_dump,
	.is_removed = svanic_is_removed,
};

/* --- packets with sva=1 ------------------------------------------------------------- */

static uint16_t
no_packets(void *queue, struct rte_mbuf **mbufs, uint16_t count)
{
	static bool told;

	RTE_SET_USED(queue);
	RTE_SET_USED(mbufs);
	RTE_SET_USED(count);
	if (!__atomic_exchange_n(&told, true, __ATOMIC_RELAXED))
		SVANIC_LOG(ERR,
			"with sva=1 a secondary process can neither receive nor send: the device uses the primary process's addresses");
	return 0;
}

/* --- attaching ----------------------------------------------------------------------- */

/* The primary process can start the port with other sizes: this one receives all frames. */
static void
set_functions(struct rte_eth_dev *dev)
{
	bool sva = svanic_device_of(dev)->options.sva;

	dev->dev_ops = &operations;
	dev->rx_pkt_burst = sva ? no_packets : svanic_rx_burst_scattered;
	dev->tx_pkt_burst = sva ? no_packets : svanic_tx_burst;
	dev->tx_pkt_prepare = svanic_tx_prepare;
	dev->rx_queue_count = svanic_rx_count;
	dev->rx_descriptor_status = svanic_rx_status;
	dev->tx_descriptor_status = svanic_tx_status;
}

/* Queues name the registers by the address that the primary process has them at. */
static int
check_registers(const struct rte_eth_dev *dev, const struct rte_pci_device *pci)
{
	const volatile uint8_t *of_primary = svanic_device_of(dev)
						     ->hardware.registers;

	if (pci->mem_resource[SVANIC_REGISTERS_BAR].addr ==
		(const volatile void *)of_primary)
		return 0;
	SVANIC_LOG(ERR,
		"%s: the registers are not mapped where the primary process has them: start both processes with the same --base-virtaddr",
		pci->name);
	return -ENXIO;
}

int
svanic_secondary_attach(struct rte_pci_device *pci)
{
	struct rte_eth_dev *dev = rte_eth_dev_attach_secondary(
		pci->device.name);
	int ret;

	if (dev == NULL) {
		SVANIC_LOG(ERR,
			"%s: the primary process has no port of this name: name the device as it was named there (%s, or without the domain)",
			pci->device.name, pci->name);
		return -ENODEV;
	}
	ret = svanic_layout_check_shared(dev, pci);
	if (ret == 0)
		ret = check_registers(dev, pci);
	if (ret != 0) {
		rte_eth_dev_release_port(dev);
		return ret;
	}
	dev->device = &pci->device;
	set_functions(dev);
	rte_eth_dev_probing_finish(dev);
	return 0;
}
