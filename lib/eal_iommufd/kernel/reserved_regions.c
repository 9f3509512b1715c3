/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What the firmware has reserved for devices; see reserved_regions.h. */

#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kernel/reserved_regions.h"

static FILE *
open_regions(const char *device_path)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path),
		"%s/iommu_group/reserved_regions", device_path);

	if (length < 0 || (size_t)length >= sizeof(path))
		return NULL;
	return fopen(path, "re");
}

/* "0x000000007b800000 0x000000007bffffff direct": iommu_group_show_resv_regions() */
static bool
read_region(FILE *file, struct reserved_region *region)
{
	return fscanf(file, "%" SCNx64 " %" SCNx64 " %31s", &region->first,
		       &region->last, region->type) == 3;
}

unsigned int
reserved_regions_read(const char *device_path, struct reserved_region *regions,
	unsigned int max)
{
	FILE *file = open_regions(device_path);
	unsigned int count = 0;

	if (file == NULL)
		return 0;
	while (count < max && read_region(file, &regions[count]))
		count++;
	fclose(file);
	return count;
}

bool
reserved_regions_find_direct(const char *device_path, char *list, size_t size)
{
	FILE *file = open_regions(device_path);
	struct reserved_region region;
	bool found = false;
	size_t used = 0;

	list[0] = '\0';
	if (file == NULL)
		return false;
	while (read_region(file, &region)) {
		if (strcmp(region.type, "direct") != 0)
			continue;
		if (used < size)
			used += snprintf(list + used, size - used,
				"%s%#" PRIx64 "-%#" PRIx64, found ? ", " : "",
				region.first, region.last);
		found = true;
	}
	fclose(file);
	return found;
}
