/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What the kernel shows about itself; see kernel_state.h. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel_state.h"

/* Both are misc devices: iommufd's iommu_misc_dev, vfio's vfio_dev. */
bool
kernel_state_has_node(const char *name)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/dev", name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	fclose(file);
	return true;
}

enum kernel_switch
kernel_state_unsafe_interrupts(const char *module)
{
	char path[PATH_MAX];
	FILE *file;
	int value;

	snprintf(path, sizeof(path),
		"/sys/module/%s/parameters/allow_unsafe_interrupts", module);
	file = fopen(path, "re");
	if (file == NULL)
		return KERNEL_SWITCH_UNKNOWN;
	value = fgetc(file);
	fclose(file);
	if (value == 'Y')
		return KERNEL_SWITCH_ON;
	return value == 'N' ? KERNEL_SWITCH_OFF : KERNEL_SWITCH_UNKNOWN;
}

enum kernel_switch
kernel_state_remaps_interrupts(void)
{
	enum kernel_switch remaps = KERNEL_SWITCH_UNKNOWN;
	FILE *file = fopen("/proc/interrupts", "re");
	char *line = NULL;
	size_t size = 0;

	if (file == NULL)
		return KERNEL_SWITCH_UNKNOWN;
	while (remaps != KERNEL_SWITCH_ON &&
		getline(&line, &size, file) != -1) {
		if (strstr(line, " IR-") != NULL ||
			strstr(line, " ITS-") != NULL)
			remaps = KERNEL_SWITCH_ON;
		else if (strstr(line, " IO-APIC") != NULL ||
			strstr(line, " PCI-MSI") != NULL)
			remaps = KERNEL_SWITCH_OFF;
	}
	free(line);
	fclose(file);
	return remaps;
}

bool
kernel_state_has_capability(unsigned int capability)
{
	FILE *file = fopen("/proc/thread-self/status", "re");
	unsigned long long effective = 0;
	char line[128];

	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	fclose(file);
	return (effective >> capability & 1) != 0;
}
