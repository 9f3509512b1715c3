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
bool
reserved_regions_find_direct(const char *device_path, char *list, size_t size)
{
	FILE *file = open_regions(device_path);
	uint64_t first, last;
	bool found = false;
	size_t used = 0;
	char type[32];

	list[0] = '\0';
	if (file == NULL)
		return false;
	while (fscanf(file, "%" SCNx64 " %" SCNx64 " %31s", &first, &last,
		       type) == 3) {
		if (strcmp(type, "direct") != 0)
			continue;
		if (used < size)
			used += snprintf(list + used, size - used,
				"%s%#" PRIx64 "-%#" PRIx64, found ? ", " : "",
				first, last);
		found = true;
	}
	fclose(file);
	return found;
}
