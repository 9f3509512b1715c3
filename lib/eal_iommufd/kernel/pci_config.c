/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What a PCI device can do; see pci_config.h. */

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "kernel/pci_config.h"

#define CONFIG_SIZE 4096
#define FIRST_EXTENDED 0x100

static bool
join_path(char path[PATH_MAX], const char *folder, const char *name)
{
	int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);

	return length >= 0 && length < PATH_MAX;
}

bool
pci_config_is_vf(const char *device_path)
{
	char path[PATH_MAX];

	return join_path(path, device_path, "physfn") &&
		access(path, F_OK) == 0;
}

/* How much of it can be read: root sees all, others its first 64 bytes. */
static int
read_config(const char *device_path, uint8_t config[CONFIG_SIZE])
{
	char path[PATH_MAX];
	size_t length;
	FILE *file;

	if (!join_path(path, device_path, "config"))
		return -ENAMETOOLONG;
	file = fopen(path, "re");
	if (file == NULL)
		return -errno;
	length = fread(config, 1, CONFIG_SIZE, file);
	fclose(file);
	return length;
}

static uint32_t
pci_config_header_at(const uint8_t config[CONFIG_SIZE], unsigned int offset)
{
	return config[offset] | config[offset + 1] << 8 |
		config[offset + 2] << 16 | (uint32_t)config[offset + 3] << 24;
}

/* More entries than fit into the space: the list is a loop. */
static int
pci_config_find(const uint8_t config[CONFIG_SIZE], unsigned int capability)
{
	unsigned int left = (CONFIG_SIZE - FIRST_EXTENDED) / 8;
	unsigned int offset = FIRST_EXTENDED;
	uint32_t header;

	while (offset >= FIRST_EXTENDED && left-- > 0) {
		header = pci_config_header_at(config, offset);
		if (header == 0 || header == UINT32_MAX)
			return 0;
		if ((header & 0xffff) == capability)
			return 1;
		offset = header >> 20 & 0xffc;
	}
	return 0;
}

int
pci_config_has(const char *device_path, unsigned int capability)
{
	uint8_t config[CONFIG_SIZE];
	char pf[PATH_MAX];
	int length;

	if (capability != PCI_CONFIG_ATS && pci_config_is_vf(device_path) &&
		join_path(pf, device_path, "physfn"))
		device_path = pf;
	length = read_config(device_path, config);
	if (length < 0)
		return length;
	/* 256: not a PCI Express device. */
	if (length == FIRST_EXTENDED)
		return 0;
	return length < CONFIG_SIZE ? -EACCES
				    : pci_config_find(config, capability);
}
