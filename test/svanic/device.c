/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * svanic as a device type of QEMU's: `-device svanic,netdev=...`. This object is preloaded
 * into the distribution's QEMU, and registers the type when it is loaded there. Properties:
 * mac, netdev, pairs (16), pasid, ats, pri (on: the capability is there), pri-requests
 * (32). To make it worse than it has to be: work-delay, disable-delay (0): milliseconds
 * after which a queue works on a doorbell or a frame, or is off once it was disabled;
 * ignore-invalidations (off).
 *
 * Must not know: what registers and queues do.
 */

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "qemu_guard.h"
#include "svanic.h"

#define REVISION 1
#define CLASS_ETHERNET 0x0200
#define CAPABILITY_EXPRESS 0x80
#define EXTENDED_CAPABILITIES 0x100
#define EXTENDED_CAPABILITY_SIZE 0x10 /* no more than ATS, PRI or PASID has */
#define PASID_BITS 20

/* The state lies behind QEMU's own part of the instance. */
#define STATE_OFFSET 4096
_Static_assert(STATE_OFFSET >= QEMU_PCI_DEVICE_SIZE,
	"the state is behind the PCI device");

#define PROPERTY(field) \
	(STATE_OFFSET + (ptrdiff_t)offsetof(struct svanic, properties.field))

struct svanic *
svanic_of(void *device)
{
	return (struct svanic *)((char *)device + STATE_OFFSET);
}

#define fail(errp, ...) \
	error_setg_internal(errp, __FILE__, __LINE__, __func__, __VA_ARGS__)

/* --- properties ------------------------------------------------------------------- */

static const struct qemu_property properties[] = {
	{ .name = "mac",
		.info = qdev_prop_macaddr,
		.offset = PROPERTY(nic.mac) },
	{ .name = "netdev",
		.info = qdev_prop_netdev,
		.offset = PROPERTY(nic.peers) },
	{ .name = "pairs",
		.info = qdev_prop_uint8,
		.offset = PROPERTY(pairs),
		.has_value = true,
		.value = SVANIC_PAIRS_MAX },
	{ .name = "pasid",
		.info = qdev_prop_bool,
		.offset = PROPERTY(pasid),
		.has_value = true,
		.value = true },
	{ .name = "ats",
		.info = qdev_prop_bool,
		.offset = PROPERTY(ats),
		.has_value = true,
		.value = true },
	{ .name = "pri",
		.info = qdev_prop_bool,
		.offset = PROPERTY(pri),
		.has_value = true,
		.value = true },
	{ .name = "pri-requests",
		.info = qdev_prop_uint32,
		.offset = PROPERTY(pri_requests),
		.has_value = true,
		.value = 32 },
	{ .name = "work-delay",
		.info = qdev_prop_uint32,
		.offset = PROPERTY(work_delay),
		.has_value = true,
		.value = 0 },
	{ .name = "disable-delay",
		.info = qdev_prop_uint32,
		.offset = PROPERTY(disable_delay),
		.has_value = true,
		.value = 0 },
	{ .name = "ignore-invalidations",
		.info = qdev_prop_bool,
		.offset = PROPERTY(ignores_invalidations),
		.has_value = true,
		.value = false },
};

static bool
has_name(void *device, const char *property, const char *expected)
{
	char *value = object_property_get_str(device, property, NULL);
	bool same = value != NULL && strcasecmp(value, expected) == 0;

	g_free(value);
	return same;
}

/* Whether QEMU has put properties where this file believes them to be: qemu_abi.h. */
static bool
are_where_known(void *device, const struct svanic_properties *at)
{
	const uint8_t *mac = at->nic.mac;
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		mac[1], mac[2], mac[3], mac[4], mac[5]);
	return has_name(device, "mac", text) &&
		has_name(device, "netdev",
			at->nic.peers[0] == NULL ? ""
						 : at->nic.peers[0]->name) &&
		object_property_get_uint(device, "pairs", NULL) == at->pairs &&
		object_property_get_uint(device, "pri-requests", NULL) ==
		at->pri_requests &&
		object_property_get_uint(device, "work-delay", NULL) ==
		at->work_delay &&
		object_property_get_uint(device, "disable-delay", NULL) ==
		at->disable_delay &&
		object_property_get_bool(device, "pasid", NULL) == at->pasid &&
		object_property_get_bool(device, "ats", NULL) == at->ats &&
		object_property_get_bool(device, "pri", NULL) == at->pri &&
		object_property_get_bool(device, "ignore-invalidations",
			NULL) == at->ignores_invalidations;
}

static bool
are_properties_good(
	void *device, const struct svanic_properties *given, void **errp)
{
	if (!are_where_known(device, given))
		fail(errp,
			"svanic: this QEMU keeps properties otherwise than known");
	else if (!svanic_atc_knows_notifiers(svanic_of(device)))
		fail(errp,
			"svanic: this QEMU lays IOMMU notifiers out otherwise than known");
	else if (given->pairs < 1 || given->pairs > SVANIC_PAIRS_MAX)
		fail(errp, "svanic: pairs has to be 1 to %d", SVANIC_PAIRS_MAX);
	else if (given->pri_requests < 1 ||
		given->pri_requests > SVANIC_PAGE_INDEXES)
		fail(errp, "svanic: pri-requests has to be 1 to %d",
			SVANIC_PAGE_INDEXES);
	else
		return true;
	return false;
}

/* --- life ------------------------------------------------------------------------- */

/* The first extended capability is where their list begins, whichever it is. */
static void
add_capabilities(void *device, const struct svanic_properties *with)
{
	uint16_t at = EXTENDED_CAPABILITIES;

	pcie_endpoint_cap_init(device, CAPABILITY_EXPRESS);
	pcie_cap_flr_init(device);
	if (with->ats) {
		pcie_ats_init(device, at, true);
		at += EXTENDED_CAPABILITY_SIZE;
	}
	if (with->pri) {
		pcie_pri_init(device, at, with->pri_requests, true);
		at += EXTENDED_CAPABILITY_SIZE;
	}
	if (with->pasid)
		pcie_pasid_init(device, at, PASID_BITS, false, false);
}

static bool
add_bars(struct svanic *nic, void **errp)
{
	unsigned int i;

	memory_region_init_io(nic->region, nic->device,
		&svanic_register_operations, nic, SVANIC_TYPE "-registers",
		SVANIC_REGISTERS_SIZE);
	pci_register_bar(nic->device, SVANIC_REGISTERS_BAR,
		QEMU_PCI_BASE_ADDRESS_MEM_64, nic->region);
	if (msix_init_exclusive_bar(nic->device, SVANIC_MSIX_VECTORS,
		    SVANIC_MSIX_BAR, errp) != 0)
		return false;
	for (i = 0; i < SVANIC_MSIX_VECTORS; i++)
		msix_vector_use(nic->device, i);
	return true;
}

static void
make_pairs(struct svanic *nic)
{
	unsigned int i;

	for (i = 0; i < SVANIC_PAIRS_MAX; i++) {
		struct svanic_pair *pair = &nic->pairs[i];

		pair->number = i;
		svanic_queue_init(nic, pair, &pair->rx, true);
		svanic_queue_init(nic, pair, &pair->tx, false);
	}
}

static void
realize(void *device, void **errp)
{
	struct svanic *nic = svanic_of(device);

	nic->device = device;
	qemu_macaddr_default_if_unset(nic->properties.nic.mac);
	if (!are_properties_good(device, &nic->properties, errp))
		return;
	add_capabilities(device, &nic->properties);
	if (!add_bars(nic, errp))
		return;
	if (!svanic_pages_init(nic) || !svanic_atc_init(nic)) {
		fail(errp, "svanic: no memory");
		return;
	}
	make_pairs(nic);
	svanic_net_init(nic);
	svanic_reset(nic);
}

static void
unrealize(void *device)
{
	struct svanic *nic = svanic_of(device);
	unsigned int i;

	for (i = 0; i < SVANIC_PAIRS_MAX; i++) {
		svanic_queue_exit(&nic->pairs[i].rx);
		svanic_queue_exit(&nic->pairs[i].tx);
	}
	svanic_atc_exit(nic);
	svanic_pages_exit(nic);
	svanic_net_exit(nic);
	msix_uninit_exclusive_bar(device);
	pcie_cap_exit(device);
}

static void
reset(void *device)
{
	svanic_reset(svanic_of(device));
}

static void
write_config(void *device, uint32_t address, uint32_t value, int length)
{
	struct svanic *nic = svanic_of(device);

	pci_default_write_config(device, address, value, length);
	pcie_cap_flr_write_config(device, address, value, length);
	if (!nic->properties.ats || !pcie_ats_enabled(device))
		svanic_atc_clear(nic);
}

/* --- the type --------------------------------------------------------------------- */

static void
put(void *class, size_t offset, const void *value, size_t size)
{
	memcpy((char *)class + offset, value, size);
}

static void
init_class(void *class, const void *data)
{
	void (*const realize_function)(void *, void **) = realize;
	void (*const exit_function)(void *) = unrealize;
	void (*const config_function)(
		void *, uint32_t, uint32_t, int) = write_config;
	const uint16_t vendor = SVANIC_VENDOR_ID, device = SVANIC_DEVICE_ID;
	const uint16_t class_id = CLASS_ETHERNET;
	const uint8_t revision = REVISION;

	(void)data;
	put(class, QEMU_PCI_CLASS_REALIZE, &realize_function,
		sizeof(realize_function));
	put(class, QEMU_PCI_CLASS_EXIT, &exit_function, sizeof(exit_function));
	put(class, QEMU_PCI_CLASS_CONFIG_WRITE, &config_function,
		sizeof(config_function));
	put(class, QEMU_PCI_CLASS_VENDOR, &vendor, sizeof(vendor));
	put(class, QEMU_PCI_CLASS_DEVICE, &device, sizeof(device));
	put(class, QEMU_PCI_CLASS_REVISION, &revision, sizeof(revision));
	put(class, QEMU_PCI_CLASS_CLASS, &class_id, sizeof(class_id));
	device_class_set_props_n(
		class, properties, sizeof(properties) / sizeof(properties[0]));
	device_class_set_legacy_reset(class, reset);
}

static const struct qemu_interface_info interfaces[] = {
	{ .type = "pci-express-device" },
	{ .type = NULL },
};

static const struct qemu_type_info type = {
	.name = SVANIC_TYPE,
	.parent = "pci-device",
	.instance_size = STATE_OFFSET + sizeof(struct svanic),
	.class_init = init_class,
	.interfaces = interfaces,
};

static void
register_type(void)
{
	if (qemu_is_known())
		type_register_static(&type);
}

__attribute__((constructor)) static void
load(void)
{
	register_module_init(register_type, QEMU_MODULE_INIT_MIGRATION);
}
