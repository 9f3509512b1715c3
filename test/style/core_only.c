/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A program that links librte_eal_iommufd alone: it calls the library, and prints which of
 * the project's libraries its process has.
 */

#include <stdio.h>
#include <string.h>

#include <rte_iommufd.h>

int
main(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096];
	char *name;

	rte_iommufd_device_request_withdraw("0000:01:00.0");
	if (maps == NULL)
		return 1;
	while (fgets(line, sizeof(line), maps) != NULL) {
		name = strrchr(line, '/');
		if (name != NULL && strstr(name, "iommufd") != NULL)
			fputs(name + 1, stdout);
	}
	return fclose(maps) == 0 ? 0 : 1;
}
