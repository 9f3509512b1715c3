/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_QEMU_ABI_H
#define SVANIC_QEMU_ABI_H

/*
 * Everything that the model takes from QEMU 11.1 for x86-64: functions that the binary
 * exports (a distribution that builds QEMU with modules exports them all) and the
 * layouts that cross this border. QEMU's own headers are not used. A comment names the
 * header in QEMU's source and how the layout is checked before anything rests on it;
 * qemu_guard.c does the checks that are called "guard".
 *
 * Must not know: what svanic is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The release that all of this is of. The lab reads these two lines: devtools/lab.d. */
#define QEMU_MAJOR 11
#define QEMU_MINOR 1

/* --- qom/object.h ----------------------------------------------------------------- */

/* guard: the name in the TypeImpl of a class that was asked for by name */
struct qemu_type_impl {
	const char *name;
	size_t class_size;
	size_t instance_size;
};

/* guard: as above */
struct qemu_object_class {
	const struct qemu_type_impl *type;
};

/* Checked by use: a type that is registered with another layout is not created. */
struct qemu_type_info {
	const char *name;
	const char *parent;
	size_t instance_size;
	size_t instance_align;
	void (*instance_init)(void *object);
	void (*instance_post_init)(void *object);
	void (*instance_finalize)(void *object);
	bool abstract;
	size_t class_size;
	void (*class_init)(void *class, const void *data);
	void (*class_base_init)(void *class, const void *data);
	const void *class_data;
	const struct qemu_interface_info *interfaces;
};

struct qemu_interface_info {
	const char *type;
};

void *type_register_static(const struct qemu_type_info *info);
struct qemu_object_class *object_class_by_name(const char *name);
void *object_resolve_path_type(
	const char *path, const char *type, bool *ambiguous);
char *object_property_get_str(void *object, const char *name, void **errp);
uint64_t object_property_get_uint(void *object, const char *name, void **errp);
bool object_property_get_bool(void *object, const char *name, void **errp);

/* qemu/module.h: the first slot after the one for QOM, so that all types are there */
#define QEMU_MODULE_INIT_MIGRATION 0
void register_module_init(void (*function)(void), int type);

/* --- hw/pci/pci_device.h ---------------------------------------------------------- */

/* Offsets in PCIDeviceClass; guard: the known values of three built-in devices there */
#define QEMU_PCI_CLASS_REALIZE 0xb8
#define QEMU_PCI_CLASS_EXIT 0xc0
#define QEMU_PCI_CLASS_CONFIG_WRITE 0xd0
#define QEMU_PCI_CLASS_VENDOR 0xd8
#define QEMU_PCI_CLASS_DEVICE 0xda
#define QEMU_PCI_CLASS_REVISION 0xdc
#define QEMU_PCI_CLASS_CLASS 0xde
#define QEMU_PCI_CLASS_SIZE 0xf8

/* sizeof(PCIDevice); guard: the instance size of the type "pci-device" */
#define QEMU_PCI_DEVICE_SIZE 2768

#define QEMU_NO_PASID UINT32_MAX /* hw/pci/pci.h: PCI_NO_PASID */
#define QEMU_PCI_BASE_ADDRESS_MEM_64 0x04

uint32_t pci_default_read_config(void *device, uint32_t address, int length);
void pci_default_write_config(
	void *device, uint32_t address, uint32_t value, int length);
void pci_register_bar(void *device, int number, uint8_t type, void *region);
uint16_t pci_requester_id(void *device);
void *pci_device_iommu_address_space(void *device);
int pcie_endpoint_cap_init(void *device, uint8_t offset);
void pcie_cap_exit(void *device);
void pcie_cap_flr_init(void *device);
void pcie_cap_flr_write_config(
	void *device, uint32_t address, uint32_t value, int length);
void pcie_ats_init(void *device, uint16_t offset, bool aligned);
bool pcie_ats_enabled(void *device);
void pcie_pri_init(
	void *device, uint16_t offset, uint32_t requests, bool response_pasid);
bool pcie_pri_enabled(void *device);
uint32_t pcie_pri_get_req_alloc(void *device);
void pcie_pasid_init(void *device, uint16_t offset, uint8_t width, bool execute,
	bool privileged);
bool pcie_pasid_enabled(void *device);
int msix_init_exclusive_bar(
	void *device, unsigned short vectors, uint8_t bar, void **errp);
void msix_uninit_exclusive_bar(void *device);
void msix_vector_use(void *device, unsigned int vector);
void msix_notify(void *device, unsigned int vector);

/* exec/memory.h: IOMMUTLBEntry; checked at each use: it must be of the page asked for */
struct qemu_translation {
	void *target;
	uint64_t address;
	uint64_t translated;
	uint64_t mask;
	int permissions; /* 1 read, 2 write */
	uint32_t pasid;
	uint8_t reserve[24];
};
#define QEMU_MAY_READ 1
#define QEMU_MAY_WRITE 2

ssize_t pci_ats_request_translation(void *device, uint32_t pasid,
	bool privileged, bool execute, uint64_t address, size_t length,
	bool no_write, struct qemu_translation *result, size_t results,
	uint32_t *errors);

/* exec/memory.h: IOMMUNotifier; checked when a device is realized, and at each use: QEMU must
 * have put the function, the flags, the range and the pointer where they are expected */
struct qemu_iotlb_notifier {
	void (*notify)(struct qemu_iotlb_notifier *notifier,
		struct qemu_translation *what);
	int flags;
	uint64_t first, last;
	int index;
	void *opaque;
	uint64_t node[2];
	uint64_t reserve[8];
};
#define QEMU_DEVICE_IOTLB_EVENTS 4 /* IOMMU_NOTIFIER_DEVIOTLB_UNMAP */

void pci_iommu_init_iotlb_notifier(void *device,
	struct qemu_iotlb_notifier *notifier,
	void (*notify)(struct qemu_iotlb_notifier *notifier,
		struct qemu_translation *what),
	void *opaque);
int pci_iommu_register_iotlb_notifier(
	void *device, uint32_t pasid, struct qemu_iotlb_notifier *notifier);
int pci_iommu_unregister_iotlb_notifier(
	void *device, uint32_t pasid, struct qemu_iotlb_notifier *notifier);

/* exec/memory.h: IOMMUPRIResponse, IOMMUPRINotifier; an answer to an index that is not
 * out is ignored */
struct qemu_page_response {
	int code; /* 0 success, 1 invalid request, 2 failure */
	uint16_t index;
};
#define QEMU_PAGE_SUCCESS 0
#define QEMU_PAGE_INVALID 1

struct qemu_page_notifier {
	void (*notify)(struct qemu_page_notifier *notifier,
		struct qemu_page_response *response);
};

int pci_pri_request_page(void *device, uint32_t pasid, bool privileged,
	bool execute, uint64_t address, bool last, uint16_t index, bool is_read,
	bool is_write);
int pci_pri_register_notifier(
	void *device, uint32_t pasid, struct qemu_page_notifier *notifier);
void pci_pri_unregister_notifier(void *device, uint32_t pasid);

/* hw/i386/intel_iommu.h: the beginning of VTDAddressSpace; checked at each use: bus,
 * function and PASID have to be those asked for */
struct qemu_vtd_address_space {
	void *bus;
	uint8_t function;
	uint32_t pasid;
	char address_space[];
};

struct qemu_vtd_address_space *vtd_find_add_as(
	void *iommu, void *bus, int function, unsigned int pasid);

/* --- hw/core/qdev.h, qdev-properties.h -------------------------------------------- */

/* Property; checked when a device is realized: each property's value is compared with
 * what lies where it should have been put */
struct qemu_property {
	const char *name;
	const void *info;
	ptrdiff_t offset;
	const char *link_type;
	uint64_t bitmask;
	uint64_t value;
	const void *array_info;
	int array_offset;
	int array_field_size;
	uint8_t bit;
	bool has_value;
};

extern const char qdev_prop_bool[], qdev_prop_uint8[], qdev_prop_uint32[];
extern const char qdev_prop_macaddr[], qdev_prop_netdev[];

void device_class_set_props_n(
	void *class, const struct qemu_property *properties, size_t count);
void device_class_set_legacy_reset(void *class, void (*reset)(void *device));
void *qdev_get_parent_bus(void *device);

/* --- net/net.h -------------------------------------------------------------------- */

/* NICConf with NICPeers; checked as properties are: "netdev" is the name of peers[0] */
struct qemu_nic_conf {
	uint8_t mac[6];
	struct qemu_net_client *peers[1024];
	int32_t queues;
	int32_t boot_index;
};

/* NetClientState; checked as above, by its name */
struct qemu_net_client {
	void *info;
	int link_down;
	void *next[2];
	struct qemu_net_client *peer;
	void *incoming_queue;
	char *model;
	char *name;
};

/* NetClientInfo; qemu_new_nic() aborts QEMU when type and size are not what it takes */
struct qemu_net_info {
	int type;
	size_t size;
	ssize_t (*receive)(struct qemu_net_client *client, const uint8_t *frame,
		size_t length);
	void *receive_vector;
	bool (*can_receive)(struct qemu_net_client *client);
	void *start;
	void *load;
	void *stop;
	void (*cleanup)(struct qemu_net_client *client);
	void (*link_changed)(struct qemu_net_client *client);
	void *reserve[40];
};
#define QEMU_NET_NIC 1	 /* NET_CLIENT_DRIVER_NIC */
#define QEMU_NIC_SIZE 40 /* sizeof(NICState) */

/* guard is DeviceState.mem_reentrancy_guard's kind: one bool */
void *qemu_new_nic(struct qemu_net_info *info, struct qemu_nic_conf *conf,
	const char *model, const char *name, bool *guard, void *opaque);
void qemu_del_nic(void *nic);
struct qemu_net_client *qemu_get_queue(void *nic);
void *qemu_get_nic_opaque(struct qemu_net_client *client);
ssize_t qemu_send_packet_async(struct qemu_net_client *client,
	const uint8_t *frame, int length,
	void (*sent)(struct qemu_net_client *client, ssize_t length));
void qemu_format_nic_info_str(struct qemu_net_client *client, uint8_t mac[6]);
void qemu_macaddr_default_if_unset(uint8_t mac[6]);

/* --- memory ----------------------------------------------------------------------- */

/* exec/memattrs.h: all zero is MEMTXATTRS_UNSPECIFIED but for one bit nobody here reads */
struct qemu_attributes {
	uint64_t raw;
};

/* sizeof(MemoryRegion) is less; guard: the instance size of the type */
#define QEMU_MEMORY_REGION_SIZE 1024

/* exec/memory.h: MemoryRegionOps; checked by use: the registers could not be read */
struct qemu_region_operations {
	uint64_t (*read)(void *opaque, uint64_t offset, unsigned int size);
	void (*write)(void *opaque, uint64_t offset, uint64_t value,
		unsigned int size);
	void *read_with_attributes;
	void *write_with_attributes;
	int endianness;
	struct {
		unsigned int min, max;
		bool unaligned;
		void *accepts;
	} valid;
	struct {
		unsigned int min, max;
		bool unaligned;
	} implemented;
};
#define QEMU_LITTLE_ENDIAN 2

extern char address_space_memory[];
void memory_region_init_io(void *region, void *owner,
	const struct qemu_region_operations *operations, void *opaque,
	const char *name, uint64_t size);
uint32_t address_space_rw(void *space, uint64_t address,
	struct qemu_attributes attributes, void *buffer, uint64_t length,
	bool is_write);
void address_space_stq_le(void *space, uint64_t address, uint64_t value,
	struct qemu_attributes attributes, uint32_t *result);

/* --- main loop -------------------------------------------------------------------- */

void *qemu_bh_new_full(void (*function)(void *opaque), void *opaque,
	const char *name, void *guard);
void qemu_bh_schedule(void *bottom_half);
void qemu_bh_cancel(void *bottom_half);
void qemu_bh_delete(void *bottom_half);

/* qemu/timer.h: QEMUTimer has 48 bytes, of which only QEMU knows what is in them */
struct qemu_timer {
	uint64_t raw[16];
};
#define QEMU_CLOCK_VIRTUAL 1
#define QEMU_MILLISECOND 1000000

void timer_init_full(struct qemu_timer *timer, void *group, int clock,
	int scale, int attributes, void (*function)(void *opaque),
	void *opaque);
void timer_mod(struct qemu_timer *timer, int64_t when);
void timer_del(struct qemu_timer *timer);
int64_t qemu_clock_get_ns(int clock);

/* --- messages and version --------------------------------------------------------- */

void error_report(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void error_setg_internal(void **errp, const char *file, int line,
	const char *function, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void error_free(void *error);
void g_free(void *memory);

/* qapi: VersionInfo */
struct qemu_version {
	struct {
		int64_t major, minor, micro;
	} *triple;
	char *package;
};

struct qemu_version *qmp_query_version(void **errp);
void qapi_free_VersionInfo(struct qemu_version *version);

#endif /* SVANIC_QEMU_ABI_H */
