/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The IOMMUs of the machine; see iommu_unit.h. */

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/iommu_unit.h"

/* The names that the drivers give to iommu_device_sysfs_add(). */
static const char *
kind_of(const char *name)
{
	static const struct {
		const char *beginning;
		const char *kind;
	} kinds[] = {
		{ "dmar", "intel-iommu" },
		{ "ivhd", "amd-iommu" },
		{ "smmu3", "arm-smmu-v3" },
		{ "smmu", "arm-smmu" },
		{ "virtio", "virtio-iommu" },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(name, kinds[i].beginning,
			    strlen(kinds[i].beginning)) == 0)
			return kinds[i].kind;
	return "";
}

static void
set_unit(struct iommu_unit *unit, const char *name)
{
	snprintf(unit->name, sizeof(unit->name), "%s", name);
	unit->kind = kind_of(name);
}

bool
iommu_unit_of(const char *device_path, struct iommu_unit *unit)
{
	char target[PATH_MAX];
	char path[PATH_MAX];
	const char *last;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/iommu", device_path);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	last = strrchr(target, '/');
	set_unit(unit, last == NULL ? target : last + 1);
	return true;
}

unsigned int
iommu_units_read(const char *folder, struct iommu_unit *units, unsigned int max)
{
	unsigned int count = 0;
	struct dirent **names;
	int found = scandir(folder, &names, NULL, versionsort);
	int i;

	if (found < 0)
		return 0;
	for (i = 0; i < found; i++) {
		if (names[i]->d_name[0] != '.' && count < max)
			set_unit(&units[count++], names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return count;
}

const char *
iommu_unit_firmware_table(const char *folder)
{
	static const char *const tables[] = { "DMAR", "IVRS", "IORT", "VIOT" };
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, tables[i]);
		if (access(path, F_OK) == 0)
			return tables[i];
	}
	return NULL;
}

void
iommu_unit_group_type(const char *device_path, char *type, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	type[0] = '\0';
	snprintf(path, sizeof(path), "%s/iommu_group/type", device_path);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(type, size, file) == NULL)
		type[0] = '\0';
	type[strcspn(type, "\n")] = '\0';
	fclose(file);
}
