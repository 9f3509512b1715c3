/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The port's life: probe, configuration, start, stop, reset, close; and what ethdev
 * calls for it.
 *
 * Must not know: rings, counters, filters; other files have them.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_iommufd.h>
#include <rte_malloc.h>
#include <rte_version.h>

#include "svanic_device.h"
#include "svanic_log.h"
#include "svanic_pasid.h"
#include "svanic_queue.h"

RTE_LOG_REGISTER(svanic_logtype, pmd.net.svanic, NOTICE)

/* --- configuration, start and stop ----------------------------------------------- */

static int
configure(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);
	int ret = svanic_queues_recover(dev);

	if (ret == 0)
		ret = svanic_hash_configure(dev);
	if (ret == 0 && device->pasids != NULL)
		ret = svanic_pasids_require(device->pasids,
			RTE_MAX(dev->data->nb_rx_queues,
				dev->data->nb_tx_queues));
	return ret;
}

/* Taken by the device while a pair is off; 0 without sva=1. */
static int
set_pasids(struct rte_eth_dev *dev)
{
	const struct svanic_device *device = svanic_device_of(dev);
	uint16_t pairs = RTE_MAX(
		dev->data->nb_rx_queues, dev->data->nb_tx_queues);
	uint32_t value = 0;
	uint16_t pair;
	int ret = 0;

	for (pair = 0; pair < pairs && ret == 0; pair++) {
		if (device->pasids != NULL)
			value = svanic_pasids_of(device->pasids, pair) |
				SVANIC_PASID_USE | SVANIC_PASID_ATS |
				SVANIC_PASID_ASK;
		ret = svanic_pair_set_pasid(&device->hardware, pair, value);
	}
	if (device->options.has_patience)
		svanic_write32(&device->hardware, SVANIC_PAGE_PATIENCE,
			device->options.patience);
	return ret;
}

/*
 * What sva=1 uses, the host can have taken away since the probe. Each queue would halt
 * with its first descriptor.
 */
static int
check_enabled(const struct rte_eth_dev *dev)
{
	const struct svanic_device *device = svanic_device_of(dev);
	const uint32_t needed = SVANIC_STATUS_PASID | SVANIC_STATUS_ATS |
		SVANIC_STATUS_PRI;
	uint32_t lacking = needed &
		~svanic_read32(&device->hardware, SVANIC_STATUS);

	if (device->pasids == NULL || lacking == 0)
		return 0;
	SVANIC_LOG(ERR,
		"%s: sva=1 cannot start: the host has not enabled%s%s%s in the device: look for its IOMMU's messages in the kernel's log",
		device->hardware.name,
		lacking & SVANIC_STATUS_PASID ? " PASID" : "",
		lacking & SVANIC_STATUS_ATS ? " ATS" : "",
		lacking & SVANIC_STATUS_PRI ? " PRI" : "");
	return -ENOTSUP;
}

static int
choose_bursts(struct rte_eth_dev *dev)
{
	uint32_t frame = SVANIC_FRAME_OF_MTU(dev->data->mtu);
	bool offered = dev->data->dev_conf.rxmode.offloads &
		RTE_ETH_RX_OFFLOAD_SCATTER;
	bool needed = svanic_rx_needs_scatter(dev, frame);

	if (needed && !offered) {
		SVANIC_LOG(ERR,
			"%s: frames of %" PRIu32 " bytes (MTU %" PRIu16
			") do not fit into the mbufs of a receive queue: use larger ones, or RTE_ETH_RX_OFFLOAD_SCATTER",
			svanic_device_of(dev)->hardware.name, frame,
			dev->data->mtu);
		return -EINVAL;
	}
	dev->data->scattered_rx = needed;
	dev->rx_pkt_burst = needed ? svanic_rx_burst_scattered
				   : svanic_rx_burst;
	return 0;
}

static int
start(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);
	int ret = svanic_queues_recover(dev);

	if (ret == 0)
		ret = check_enabled(dev);
	if (ret == 0)
		ret = choose_bursts(dev);
	device->fault_told = false;
	device->was_reset = false;
	if (ret == 0)
		ret = set_pasids(dev);
	if (ret != 0)
		return ret;
	svanic_filters_restore(dev);
	svanic_flows_restore(dev);
	svanic_hash_restore(dev);
	ret = svanic_interrupts_start(dev);
	if (ret != 0)
		return ret;
	ret = svanic_queues_start(dev);
	if (ret != 0) {
		svanic_interrupts_stop(dev);
		return ret;
	}
	svanic_write32(
		&device->hardware, SVANIC_CONTROL, SVANIC_CONTROL_RECEIVE);
	svanic_link_update(dev, 0);
	return 0;
}

static int
stop(struct rte_eth_dev *dev)
{
	struct rte_eth_link down = { .link_status = RTE_ETH_LINK_DOWN };

	svanic_write32(&svanic_device_of(dev)->hardware, SVANIC_CONTROL, 0);
	svanic_interrupts_stop(dev);
	svanic_queues_stop(dev);
	dev->data->dev_link = down;
	return 0;
}

/* ethdev has stopped the port; after this it is configured anew. */
static int
reset(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);
	int ret;

	svanic_stats_keep(dev);
	svanic_expect_no_halts(device);
	ret = svanic_queues_recover(dev);
	if (ret == 0)
		ret = svanic_hardware_reset(&device->hardware);
	if (ret == 0)
		svanic_mac_set(dev, &dev->data->mac_addrs[0]);
	return ret;
}

static int
close_port(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);
	uint16_t i;

	if (dev->data->dev_started) {
		stop(dev);
		dev->data->dev_started = 0;
	}
	svanic_interrupts_close(dev);
	svanic_queues_recover(dev);
	svanic_hardware_reset(&device->hardware);
	for (i = 0; i < dev->data->nb_rx_queues; i++)
		svanic_rx_release(dev, i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		svanic_tx_release(dev, i);
	svanic_pasids_close(device->pasids);
	device->pasids = NULL;
	return 0;
}

static const struct eth_dev_ops operations = {
	.dev_configure = configure,
	.dev_start = start,
	.dev_stop = stop,
	.dev_close = close_port,
	.dev_reset = reset,
	.link_update = svanic_link_update,
	.promiscuous_enable = svanic_promiscuous_enable,
	.promiscuous_disable = svanic_promiscuous_disable,
	.allmulticast_enable = svanic_allmulticast_enable,
	.allmulticast_disable = svanic_allmulticast_disable,
	.mac_addr_set = svanic_mac_set,
	.mac_addr_add = svanic_mac_add,
	.mac_addr_remove = svanic_mac_remove,
	.set_mc_addr_list = svanic_multicast_set,
	.mtu_set = svanic_mtu_set,
	.stats_get = svanic_stats_get,
	.stats_reset = svanic_stats_reset,
	.xstats_get = svanic_xstats_get,
	.xstats_reset = svanic_stats_reset,
	.xstats_get_names = svanic_xstats_names,
	.dev_infos_get = svanic_info_get,
	.rxq_info_get = svanic_rx_info,
	.txq_info_get = svanic_tx_info,
	.rx_burst_mode_get = svanic_rx_mode_get,
	.tx_burst_mode_get = svanic_tx_mode_get,
	.fw_version_get = svanic_version_get,
	.dev_supported_ptypes_get = svanic_packet_types_get,
	.rx_queue_start = svanic_rx_start,
	.rx_queue_stop = svanic_rx_stop,
	.tx_queue_start = svanic_tx_start,
	.tx_queue_stop = svanic_tx_stop,
	.rx_queue_setup = svanic_rx_setup,
	.rx_queue_release = svanic_rx_release,
	.rx_queue_intr_enable = svanic_rx_interrupt_enable,
	.rx_queue_intr_disable = svanic_rx_interrupt_disable,
	.tx_queue_setup = svanic_tx_setup,
	.tx_queue_release = svanic_tx_release,
	.tx_done_cleanup = svanic_tx_done_cleanup,
	.rss_hash_update = svanic_hash_update,
	.rss_hash_conf_get = svanic_hash_get,
	.reta_update = svanic_table_update,
	.reta_query = svanic_table_query,
	.get_reg = svanic_registers_get,
	.flow_ops_get = svanic_flow_operations,
	.get_monitor_addr = svanic_rx_monitor,
	.eth_rx_descriptor_dump = svanic_rx_dump,
	.eth_tx_descriptor_dump = svanic_tx_dump,
	.is_removed = svanic_is_removed,
};

/* --- probe and removal ------------------------------------------------------------ */

static int
open_hardware(struct rte_eth_dev *dev, struct rte_pci_device *pci)
{
	struct svanic_device *device = svanic_device_of(dev);
	struct svanic_hardware *hardware = &device->hardware;
	int ret;

	if (pci->mem_resource[SVANIC_REGISTERS_BAR].addr == NULL) {
		SVANIC_LOG(ERR,
			"%s: the registers are not mapped: bind the device to vfio-pci",
			pci->name);
		return -ENXIO;
	}
	hardware->registers = pci->mem_resource[SVANIC_REGISTERS_BAR].addr;
	snprintf(device->name, sizeof(device->name), "%s", pci->name);
	hardware->name = device->name;
	ret = svanic_hardware_identify(hardware);
	if (ret == 0)
		ret = svanic_hardware_reset(hardware);
	return ret;
}

/* The device's folder in sysfs. */
static void
get_path(const struct rte_pci_device *pci, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", rte_pci_get_sysfs_path(), pci->name);
}

static int
open_pasids(struct rte_eth_dev *dev, struct rte_pci_device *pci)
{
	struct svanic_device *device = svanic_device_of(dev);
	char path[PATH_MAX];

	if (!device->options.sva)
		return 0;
	get_path(pci, path, sizeof(path));
	return svanic_pasids_open(
		path, pci->name, &device->options, &device->pasids);
}

static int
read_address(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);

	dev->data->mac_addrs = rte_zmalloc("svanic",
		(1 + SVANIC_UNICAST_FILTERS) * sizeof(struct rte_ether_addr),
		0);
	if (dev->data->mac_addrs == NULL) {
		SVANIC_LOG(ERR, "%s: no memory for addresses",
			device->hardware.name);
		return -ENOMEM;
	}
	svanic_hardware_get_mac(&device->hardware, &dev->data->mac_addrs[0]);
	return 0;
}

static void
set_functions(struct rte_eth_dev *dev)
{
	dev->dev_ops = &operations;
	dev->rx_pkt_burst = svanic_rx_burst;
	dev->tx_pkt_burst = svanic_tx_burst;
	dev->tx_pkt_prepare = svanic_tx_prepare;
	dev->rx_queue_count = svanic_rx_count;
	dev->rx_descriptor_status = svanic_rx_status;
	dev->tx_descriptor_status = svanic_tx_status;
}

static int
open_port(struct rte_eth_dev *dev, struct rte_pci_device *pci,
	const struct svanic_options *options)
{
	int ret;

	dev->data->dev_private = rte_zmalloc_socket("svanic",
		sizeof(struct svanic_device), RTE_CACHE_LINE_SIZE,
		pci->device.numa_node);
	if (dev->data->dev_private == NULL) {
		SVANIC_LOG(ERR, "%s: no memory for a port", pci->name);
		return -ENOMEM;
	}
	dev->device = &pci->device;
	dev->intr_handle = pci->intr_handle;
	dev->data->dev_flags = RTE_ETH_DEV_INTR_LSC |
		RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	dev->data->numa_node = pci->device.numa_node;
	svanic_device_of(dev)->options = *options;
	ret = open_hardware(dev, pci);
	if (ret == 0)
		ret = read_address(dev);
	if (ret == 0)
		ret = open_pasids(dev, pci);
	if (ret != 0)
		return ret;
	set_functions(dev);
	svanic_interrupts_open(dev);
	return 0;
}

/* ethdev frees dev_private and mac_addrs with the port. */
static int
create_port(struct rte_pci_device *pci, const struct svanic_options *options)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocate(pci->device.name);
	int ret;

	if (dev == NULL)
		return -ENOMEM; /* ethdev has said why */
	ret = svanic_layout_check_port(dev, pci);
	/* What is where is not known when this fails: nothing is touched. */
	if (ret == 0)
		ret = open_port(dev, pci, options);
	if (ret != 0) {
		rte_eth_dev_release_port(dev);
		return ret;
	}
	rte_eth_dev_probing_finish(dev);
	return 0;
}

/*
 * The bus maps the device for drivers with RTE_PCI_DRV_NEED_MAPPING before it calls their
 * probe function. This driver does it itself, because with sva=1 it has to say before that the
 * device does not use EAL's memory.
 */
static int
map_device(struct rte_pci_device *pci, const struct svanic_options *options)
{
	char path[PATH_MAX];
	int ret;

	if (!options->sva)
		return rte_pci_map_device(pci);
	get_path(pci, path, sizeof(path));
	ret = rte_iommufd_device_request_empty(path);
	if (ret != 0)
		return ret;
	ret = rte_pci_map_device(pci);
	rte_iommufd_device_request_withdraw(path);
	return ret;
}

/* The arguments are the primary process's; the bus gets the device from there. */
static int
probe_in_secondary(struct rte_pci_device *pci)
{
	int ret = rte_pci_map_device(pci);

	if (ret != 0)
		return ret;
	ret = svanic_secondary_attach(pci);
	if (ret != 0)
		rte_pci_unmap_device(pci);
	return ret;
}

static int
probe(struct rte_pci_driver *driver, struct rte_pci_device *pci)
{
	const struct rte_devargs *devargs;
	struct svanic_options options;
	int ret = svanic_layout_check_pci(pci);

	RTE_SET_USED(driver);
	if (ret != 0)
		return ret;
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return probe_in_secondary(pci);
	devargs = pci->device.devargs;
	ret = svanic_options_parse(
		devargs != NULL ? devargs->args : NULL, pci->name, &options);
	if (ret == 0)
		ret = map_device(pci, &options);
	if (ret != 0)
		return ret;
	ret = create_port(pci, &options);
	if (ret != 0)
		rte_pci_unmap_device(pci);
	return ret;
}

static int
remove_port(struct rte_pci_device *pci)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(pci->device.name);
	int ret = 0;

	/*
	 * Else the program has closed it before; in a secondary process ethdev still
	 * finds it then, by what the primary process has.
	 */
	if (dev != NULL && dev->dev_ops != NULL) {
		dev->dev_ops->dev_close(dev);
		ret = rte_eth_dev_release_port(dev);
	}
	if (ret == 0)
		rte_pci_unmap_device(pci);
	return ret;
}

static const struct rte_pci_id devices[] = {
	{ RTE_PCI_DEVICE(SVANIC_VENDOR_ID, SVANIC_DEVICE_ID) },
	{ .vendor_id = 0 },
};

static struct rte_pci_driver svanic_driver = {
	.id_table = devices,
	.drv_flags = RTE_PCI_DRV_INTR_LSC,
	.probe = probe,
	.remove = remove_port,
};

RTE_PMD_REGISTER_PCI(net_svanic, svanic_driver);
RTE_PMD_REGISTER_PCI_TABLE(net_svanic, devices);
RTE_PMD_REGISTER_KMOD_DEP(net_svanic, "* vfio-pci");
RTE_PMD_REGISTER_PARAM_STRING(net_svanic, SVANIC_ARGUMENTS);

/* What DPDK's build makes of these for its own drivers, and dpdk-pmdinfo looks for. */
_Static_assert(SVANIC_VENDOR_ID == 4660 && SVANIC_DEVICE_ID == 21334,
	"the numbers below");
static const char pmd_info[] __attribute__((used)) =
	"PMD_INFO_STRING= {\"name\": \"net_svanic\", \"params\": \"" SVANIC_ARGUMENTS
	"\", \"kmod\": \"* vfio-pci\", \"pci_ids\": [[4660, 21334, 65535, 65535]]}";
