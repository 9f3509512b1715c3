/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Compares what can be known of QEMU's layouts with what qemu_abi.h says: the version,
 * the sizes of types, and the identity of built-in PCI devices in their classes.
 *
 * Must not know: what svanic is.
 */

#include "qemu_guard.h"

#include <string.h>

#include "qemu_abi.h"

static const struct built_in {
	const char *name;
	uint16_t vendor, device, class;
	uint8_t revision;
} built_ins[] = {
	{ "edu", 0x1234, 0x11e8, 0x00ff, 0x10 },
	{ "e1000e", 0x8086, 0x10d3, 0x0200, 0 },
	{ "igb", 0x8086, 0x10c9, 0x0200, 1 },
};

/* The first check: the others read memory where it should be in this version. */
static bool
has_known_version(void)
{
	struct qemu_version *version = qmp_query_version(NULL);
	bool known;

	if (version == NULL || version->triple == NULL)
		return false;
	known = version->triple->major == QEMU_MAJOR &&
		version->triple->minor == QEMU_MINOR;
	if (!known)
		error_report(
			"svanic: made for QEMU %d.%d, this is %d.%d: not registered",
			QEMU_MAJOR, QEMU_MINOR, (int)version->triple->major,
			(int)version->triple->minor);
	qapi_free_VersionInfo(version);
	return known;
}

static const struct qemu_type_impl *
type_of(const char *name)
{
	const struct qemu_object_class *class = object_class_by_name(name);

	if (class == NULL || strcmp(class->type->name, name) != 0)
		return NULL;
	return class->type;
}

static bool
have_known_sizes(void)
{
	const struct qemu_type_impl *device = type_of("pci-device");
	const struct qemu_type_impl *region = type_of("memory-region");

	if (device == NULL || region == NULL) {
		error_report(
			"svanic: QEMU's types are not laid out as known: not registered");
		return false;
	}
	if (device->instance_size == QEMU_PCI_DEVICE_SIZE &&
		device->class_size == QEMU_PCI_CLASS_SIZE &&
		region->instance_size <= QEMU_MEMORY_REGION_SIZE)
		return true;
	error_report(
		"svanic: a PCI device has %zu bytes and its class %zu, a memory region %zu, not %d, %d and at most %d: not registered",
		device->instance_size, device->class_size,
		region->instance_size, QEMU_PCI_DEVICE_SIZE,
		QEMU_PCI_CLASS_SIZE, QEMU_MEMORY_REGION_SIZE);
	return false;
}

static uint16_t
read_16(const void *class, size_t offset)
{
	uint16_t value;

	memcpy(&value, (const char *)class + offset, sizeof(value));
	return value;
}

static bool
is_where_known(const struct built_in *expected)
{
	const void *class = object_class_by_name(expected->name);

	if (class != NULL &&
		read_16(class, QEMU_PCI_CLASS_VENDOR) == expected->vendor &&
		read_16(class, QEMU_PCI_CLASS_DEVICE) == expected->device &&
		read_16(class, QEMU_PCI_CLASS_CLASS) == expected->class &&
		((const uint8_t *)class)[QEMU_PCI_CLASS_REVISION] ==
			expected->revision)
		return true;
	error_report(
		"svanic: the class of QEMU's own device %s does not have its identity where it is known to be: not registered",
		expected->name);
	return false;
}

bool
qemu_is_known(void)
{
	size_t i;

	if (!has_known_version() || !have_known_sizes())
		return false;
	for (i = 0; i < sizeof(built_ins) / sizeof(built_ins[0]); i++) {
		if (!is_where_known(&built_ins[i]))
			return false;
	}
	return true;
}
