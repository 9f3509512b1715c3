/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DECLARATIONS_H
#define DECLARATIONS_H

/*
 * The structures between EAL, the PCI bus, ethdev and a PCI Ethernet driver, in
 * declarations of our own: the members that drivers touch by their names in DPDK, what
 * lies between as room. Read from drivers/bus/pci/bus_pci_driver.h,
 * lib/eal/include/dev_driver.h and lib/ethdev/ethdev_driver.h of DPDK 22.11.11, 24.11.4
 * and 25.11.2.
 *
 * What guards against a mistake: the assertions at the end; test_driver_sdk.c, which
 * compares with DPDK's headers where they are installed; and the driver, which compares
 * at probe what it sees with what it knows by other ways (svanic_layout.c).
 *
 * Comes after one of dpdk_*.h. Must not know svanic.
 */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>

#include <rte_bus_pci.h>
#include <rte_common.h>
#include <rte_compat.h>
#include <rte_dev.h>
#include <rte_dev_info.h>
#include <rte_ethdev.h>
#include <rte_flow.h>
#include <rte_interrupts.h>
#include <rte_os.h>
#include <rte_pci.h>
#include <rte_power_intrinsics.h>

/* --- EAL: devices and drivers ------------------------------------------------- */

struct rte_driver {
	RTE_TAILQ_ENTRY(rte_driver) next;
	const char *name;
	const char *alias;
};

struct rte_device {
	RTE_TAILQ_ENTRY(rte_device) next;
	const char *name;
	const char *bus_info;
	const struct rte_driver *driver;
	const struct rte_bus *bus;
	int numa_node;
	struct rte_devargs *devargs; /* NULL: none were given */
};

/* --- the PCI bus -------------------------------------------------------------- */

struct rte_pci_device {
	RTE_TAILQ_ENTRY(rte_pci_device) next;
	struct rte_device device;
	struct rte_pci_addr addr;
	struct rte_pci_id id;
	struct rte_mem_resource mem_resource[PCI_MAX_RESOURCE];
	struct rte_intr_handle *intr_handle;
	struct rte_pci_driver *driver;
	uint16_t max_vfs;
	int kdrv; /* an enumeration of kernel drivers */
	char name[PCI_PRI_STR_SIZE + 1];
	char *bus_info;
	struct rte_intr_handle *vfio_req_intr_handle;
};

#define RTE_DEV_TO_PCI(ptr) container_of(ptr, struct rte_pci_device, device)
#define RTE_ETH_DEV_TO_PCI(eth_dev) RTE_DEV_TO_PCI((eth_dev)->device)

#define RTE_PCI_DEVICE(vendor, device_number)                                \
	.class_id = RTE_CLASS_ANY_ID, .vendor_id = (vendor),                 \
	.device_id = (device_number), .subsystem_vendor_id = RTE_PCI_ANY_ID, \
	.subsystem_device_id = RTE_PCI_ANY_ID

struct rte_pci_driver {
	RTE_TAILQ_ENTRY(rte_pci_driver) next;
	struct rte_driver driver;
	int (*probe)(
		struct rte_pci_driver *driver, struct rte_pci_device *device);
	int (*remove)(struct rte_pci_device *device);
	int (*dma_map)(struct rte_pci_device *device, void *address,
		uint64_t iova, size_t length);
	int (*dma_unmap)(struct rte_pci_device *device, void *address,
		uint64_t iova, size_t length);
	const struct rte_pci_id *id_table; /* ends with zeros */
	uint32_t drv_flags;
};

#define RTE_PCI_DRV_NEED_MAPPING 0x0001
#define RTE_PCI_DRV_INTR_LSC 0x0008

__rte_internal void rte_pci_register(struct rte_pci_driver *driver);
__rte_internal const char *rte_pci_get_sysfs_path(void);

/* Strings that dpdk-pmdinfo finds; DPDK's own macros are in rte_dev.h up to 24.11. */
#ifdef RTE_PMD_REGISTER_PCI_TABLE
#define SDK_EXPORT_NAME(name) RTE_PMD_EXPORT_NAME(name, __COUNTER__)
#else
#define SDK_EXPORT(symbol) __attribute__((used)) const char symbol[]
#define SDK_EXPORT_NAME(name) SDK_EXPORT(this_pmd_name##name) = RTE_STR(name)
#define RTE_PMD_REGISTER_PCI_TABLE(name, table) \
	SDK_EXPORT(__##name##_pci_tbl_export) = RTE_STR(table)
#define RTE_PMD_REGISTER_PARAM_STRING(name, text) \
	SDK_EXPORT(__##name##_param_string_export) = text
#define RTE_PMD_REGISTER_KMOD_DEP(name, text) \
	SDK_EXPORT(__##name##_kmod_dep_export) = text
#endif

#define RTE_PMD_REGISTER_PCI(driver_name, pci_driver)            \
	RTE_INIT(register_##driver_name)                         \
	{                                                        \
		(pci_driver).driver.name = RTE_STR(driver_name); \
		rte_pci_register(&(pci_driver));                 \
	}                                                        \
	SDK_EXPORT_NAME(driver_name)

/* --- ethdev ------------------------------------------------------------------- */

struct rte_eth_dev_data;
struct eth_dev_ops;

struct __rte_aligned(RTE_CACHE_LINE_SIZE) rte_eth_dev {
	eth_rx_burst_t rx_pkt_burst;
	eth_tx_burst_t tx_pkt_burst;
	eth_tx_prep_t tx_pkt_prepare;
	eth_rx_queue_count_t rx_queue_count;
	eth_rx_descriptor_status_t rx_descriptor_status;
	void *sdk_queue_pointers[SDK_QUEUE_POINTERS_AFTER_RX];
	eth_tx_descriptor_status_t tx_descriptor_status;
	void *sdk_recycle_pointers[SDK_RECYCLE_POINTERS];
	struct rte_eth_dev_data *data;
	void *process_private;
	const struct eth_dev_ops *dev_ops;
	void *sdk_flow_pointers[SDK_FLOW_POINTERS];
	struct rte_device *device;
	struct rte_intr_handle *intr_handle;
	struct rte_eth_dev_cb_list link_intr_cbs;
	void *post_rx_burst_cbs[RTE_MAX_QUEUES_PER_PORT];
	void *pre_tx_burst_cbs[RTE_MAX_QUEUES_PER_PORT];
	enum rte_eth_dev_state state;
	void *security_ctx;
};

/* Shared by the processes of a DPDK application. */
struct __rte_aligned(RTE_CACHE_LINE_SIZE) rte_eth_dev_data {
	char name[RTE_ETH_NAME_MAX_LEN];
	void **rx_queues;
	void **tx_queues;
	uint16_t nb_rx_queues;
	uint16_t nb_tx_queues;
	struct rte_eth_dev_sriov sriov;
	void *dev_private;
	struct rte_eth_link dev_link;
	struct rte_eth_conf dev_conf;
	uint16_t mtu;
	uint32_t min_rx_buf_size;
	uint64_t rx_mbuf_alloc_failed;
	struct rte_ether_addr *mac_addrs; /* freed by ethdev with rte_free() */
	uint64_t mac_pool_sel[RTE_ETH_NUM_RECEIVE_MAC_ADDR];
	struct rte_ether_addr *hash_mac_addrs;
	uint16_t port_id;
	__extension__ uint8_t promiscuous : 1, scattered_rx : 1,
		all_multicast : 1, dev_started : 1, lro : 1, dev_configured : 1,
		flow_configured : 1;
	uint8_t rx_queue_state[RTE_MAX_QUEUES_PER_PORT];
	uint8_t tx_queue_state[RTE_MAX_QUEUES_PER_PORT];
	uint32_t dev_flags;
	int numa_node;
	struct rte_vlan_filter_conf vlan_filter_conf;
	struct rte_eth_dev_owner owner;
	uint16_t representor_id;
	uint16_t backer_port_id;
	pthread_mutex_t flow_ops_mutex;
};

#if SDK_STATS_BY_QUEUE_APART
#define RTE_ETHDEV_QUEUE_STAT_CNTRS 16

struct eth_queue_stats {
	uint64_t q_ipackets[RTE_ETHDEV_QUEUE_STAT_CNTRS];
	uint64_t q_opackets[RTE_ETHDEV_QUEUE_STAT_CNTRS];
	uint64_t q_ibytes[RTE_ETHDEV_QUEUE_STAT_CNTRS];
	uint64_t q_obytes[RTE_ETHDEV_QUEUE_STAT_CNTRS];
	uint64_t q_errors[RTE_ETHDEV_QUEUE_STAT_CNTRS];
};
#endif

/* An operation that no driver of ours has. */
typedef void (*sdk_operation_t)(void);

/* Longer than in any of these releases: ethdev takes NULL for what a driver has not. */
struct rte_flow_ops {
	int (*validate)(struct rte_eth_dev *dev,
		const struct rte_flow_attr *attributes,
		const struct rte_flow_item pattern[],
		const struct rte_flow_action actions[],
		struct rte_flow_error *error);
	struct rte_flow *(*create)(struct rte_eth_dev *dev,
		const struct rte_flow_attr *attributes,
		const struct rte_flow_item pattern[],
		const struct rte_flow_action actions[],
		struct rte_flow_error *error);
	int (*destroy)(struct rte_eth_dev *dev, struct rte_flow *flow,
		struct rte_flow_error *error);
	int (*flush)(struct rte_eth_dev *dev, struct rte_flow_error *error);
	sdk_operation_t sdk_other_flow_operations[124];
};

struct eth_dev_ops {
	int (*dev_configure)(struct rte_eth_dev *dev);
	int (*dev_start)(struct rte_eth_dev *dev);
	int (*dev_stop)(struct rte_eth_dev *dev);
	sdk_operation_t sdk_set_link[2];
	int (*dev_close)(struct rte_eth_dev *dev);
	int (*dev_reset)(struct rte_eth_dev *dev);
	int (*link_update)(struct rte_eth_dev *dev, int wait_to_complete);
	sdk_operation_t sdk_speed_lanes[SDK_SPEED_LANE_OPERATIONS];
	int (*is_removed)(struct rte_eth_dev *dev);
	int (*promiscuous_enable)(struct rte_eth_dev *dev);
	int (*promiscuous_disable)(struct rte_eth_dev *dev);
	int (*allmulticast_enable)(struct rte_eth_dev *dev);
	int (*allmulticast_disable)(struct rte_eth_dev *dev);
	void (*mac_addr_remove)(struct rte_eth_dev *dev, uint32_t index);
	int (*mac_addr_add)(struct rte_eth_dev *dev,
		struct rte_ether_addr *address, uint32_t index, uint32_t pool);
	int (*mac_addr_set)(
		struct rte_eth_dev *dev, struct rte_ether_addr *address);
	int (*set_mc_addr_list)(struct rte_eth_dev *dev,
		struct rte_ether_addr *addresses, uint32_t count);
	int (*mtu_set)(struct rte_eth_dev *dev, uint16_t mtu);
#if SDK_STATS_BY_QUEUE_APART
	int (*stats_get)(struct rte_eth_dev *dev, struct rte_eth_stats *stats,
		struct eth_queue_stats *queue_stats);
#else
	int (*stats_get)(struct rte_eth_dev *dev, struct rte_eth_stats *stats);
#endif
	int (*stats_reset)(struct rte_eth_dev *dev);
	int (*xstats_get)(struct rte_eth_dev *dev, struct rte_eth_xstat *stats,
		unsigned int count);
	int (*xstats_reset)(struct rte_eth_dev *dev);
	int (*xstats_get_names)(struct rte_eth_dev *dev,
		struct rte_eth_xstat_name *names, unsigned int count);
	sdk_operation_t sdk_queue_stats_mapping;
	int (*dev_infos_get)(
		struct rte_eth_dev *dev, struct rte_eth_dev_info *info);
	void (*rxq_info_get)(struct rte_eth_dev *dev, uint16_t queue,
		struct rte_eth_rxq_info *info);
	void (*txq_info_get)(struct rte_eth_dev *dev, uint16_t queue,
		struct rte_eth_txq_info *info);
	sdk_operation_t sdk_recycle[SDK_RECYCLE_OPERATIONS];
	int (*rx_burst_mode_get)(struct rte_eth_dev *dev, uint16_t queue,
		struct rte_eth_burst_mode *mode);
	int (*tx_burst_mode_get)(struct rte_eth_dev *dev, uint16_t queue,
		struct rte_eth_burst_mode *mode);
	int (*fw_version_get)(
		struct rte_eth_dev *dev, char *version, size_t size);
#if SDK_PTYPES_ARE_COUNTED
	const uint32_t *(*dev_supported_ptypes_get)(
		struct rte_eth_dev *dev, size_t *count);
#else
	const uint32_t *(*dev_supported_ptypes_get)(struct rte_eth_dev *dev);
#endif
	sdk_operation_t sdk_ptypes_and_vlan[6];
	int (*rx_queue_start)(struct rte_eth_dev *dev, uint16_t queue);
	int (*rx_queue_stop)(struct rte_eth_dev *dev, uint16_t queue);
	int (*tx_queue_start)(struct rte_eth_dev *dev, uint16_t queue);
	int (*tx_queue_stop)(struct rte_eth_dev *dev, uint16_t queue);
	int (*rx_queue_setup)(struct rte_eth_dev *dev, uint16_t queue,
		uint16_t descriptors, unsigned int socket,
		const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
	void (*rx_queue_release)(struct rte_eth_dev *dev, uint16_t queue);
	int (*rx_queue_intr_enable)(struct rte_eth_dev *dev, uint16_t queue);
	int (*rx_queue_intr_disable)(struct rte_eth_dev *dev, uint16_t queue);
	int (*tx_queue_setup)(struct rte_eth_dev *dev, uint16_t queue,
		uint16_t descriptors, unsigned int socket,
		const struct rte_eth_txconf *conf);
	void (*tx_queue_release)(struct rte_eth_dev *dev, uint16_t queue);
	int (*tx_done_cleanup)(void *queue, uint32_t count);
	sdk_operation_t sdk_led_to_rate_limit[12];
	int (*rss_hash_update)(
		struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
	int (*rss_hash_conf_get)(
		struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
	int (*reta_update)(struct rte_eth_dev *dev,
		struct rte_eth_rss_reta_entry64 *table, uint16_t size);
	int (*reta_query)(struct rte_eth_dev *dev,
		struct rte_eth_rss_reta_entry64 *table, uint16_t size);
	int (*get_reg)(struct rte_eth_dev *dev, struct rte_dev_reg_info *info);
	sdk_operation_t sdk_eeprom_and_module[5];
	int (*flow_ops_get)(
		struct rte_eth_dev *dev, const struct rte_flow_ops **ops);
	sdk_operation_t sdk_to_monitor[SDK_OPERATIONS_TO_MONITOR];
	int (*get_monitor_addr)(
		void *queue, struct rte_power_monitor_cond *condition);
	sdk_operation_t sdk_representor_to_thresholds[9];
	int (*eth_rx_descriptor_dump)(const struct rte_eth_dev *dev,
		uint16_t queue, uint16_t offset, uint16_t count, FILE *file);
	int (*eth_tx_descriptor_dump)(const struct rte_eth_dev *dev,
		uint16_t queue, uint16_t offset, uint16_t count, FILE *file);
	sdk_operation_t sdk_to_the_end[SDK_OPERATIONS_TO_THE_END];
};

extern struct rte_eth_dev rte_eth_devices[];

__rte_internal struct rte_eth_dev *rte_eth_dev_allocate(const char *name);
__rte_internal struct rte_eth_dev *rte_eth_dev_allocated(const char *name);
__rte_internal struct rte_eth_dev *rte_eth_dev_attach_secondary(
	const char *name);
__rte_internal int rte_eth_dev_release_port(struct rte_eth_dev *dev);
__rte_internal void rte_eth_dev_probing_finish(struct rte_eth_dev *dev);
__rte_internal int rte_eth_dev_callback_process(
	struct rte_eth_dev *dev, enum rte_eth_event_type event, void *argument);

/* --- what was derived from the sources, for 64-bit machines -------------------- */

#define SDK_OPERATION(name, index)                                        \
	_Static_assert(offsetof(struct eth_dev_ops, name) == 8 * (index), \
		"the place of " #name)

_Static_assert(sizeof(struct rte_device) == 64, "rte_device");
_Static_assert(sizeof(struct rte_pci_device) == 312, "rte_pci_device");
_Static_assert(offsetof(struct rte_pci_device, device) == 16, "device");
_Static_assert(offsetof(struct rte_pci_device, id) == 88, "id");
_Static_assert(
	offsetof(struct rte_pci_device, mem_resource) == 104, "mem_resource");
_Static_assert(
	offsetof(struct rte_pci_device, intr_handle) == 248, "intr_handle");
_Static_assert(offsetof(struct rte_pci_device, name) == 272, "name");
_Static_assert(sizeof(struct rte_pci_driver) == 96, "rte_pci_driver");
_Static_assert(offsetof(struct rte_pci_driver, probe) == 48, "probe");
_Static_assert(offsetof(struct rte_pci_driver, id_table) == 80, "id_table");
_Static_assert(offsetof(struct rte_eth_dev, data) ==
		8 * (6 + SDK_QUEUE_POINTERS_AFTER_RX + SDK_RECYCLE_POINTERS),
	"data");
_Static_assert(offsetof(struct rte_eth_dev, device) ==
		offsetof(struct rte_eth_dev, data) +
			8 * (3 + SDK_FLOW_POINTERS),
	"device");
SDK_OPERATION(dev_close, 5);
SDK_OPERATION(is_removed, 8 + SDK_SPEED_LANE_OPERATIONS);
SDK_OPERATION(mtu_set, 17 + SDK_SPEED_LANE_OPERATIONS);
SDK_OPERATION(stats_get, 18 + SDK_SPEED_LANE_OPERATIONS);
SDK_OPERATION(dev_infos_get, 24 + SDK_SPEED_LANE_OPERATIONS);
SDK_OPERATION(rx_queue_start,
	37 + SDK_SPEED_LANE_OPERATIONS + SDK_RECYCLE_OPERATIONS);
SDK_OPERATION(rss_hash_update,
	60 + SDK_SPEED_LANE_OPERATIONS + SDK_RECYCLE_OPERATIONS);
SDK_OPERATION(
	flow_ops_get, 70 + SDK_SPEED_LANE_OPERATIONS + SDK_RECYCLE_OPERATIONS);
SDK_OPERATION(get_monitor_addr,
	71 + SDK_SPEED_LANE_OPERATIONS + SDK_RECYCLE_OPERATIONS +
		SDK_OPERATIONS_TO_MONITOR);
SDK_OPERATION(eth_rx_descriptor_dump,
	81 + SDK_SPEED_LANE_OPERATIONS + SDK_RECYCLE_OPERATIONS +
		SDK_OPERATIONS_TO_MONITOR);

#undef SDK_OPERATION

#endif /* DECLARATIONS_H */
