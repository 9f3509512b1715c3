/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Files that are mapped, by /proc/self/maps (proc_pid_maps(5)). */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/vma_file.h"

/* "START-END PERMISSIONS OFFSET MAJOR:MINOR INODE   PATH" */
static bool
parse_line(const char *line, struct vma_file *found)
{
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n",
		    &found->start, &found->end, &found->offset, &path) != 3)
		return false;
	snprintf(found->path, sizeof(found->path), "%s", line + path);
	found->path[strcspn(found->path, "\n")] = '\0';
	return true;
}

int
vma_file_at(uint64_t address, struct vma_file *found)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	int ret = -ENOENT;
	size_t size = 0;

	if (maps == NULL)
		return -ENOENT;
	while (ret != 0 && getline(&line, &size, maps) > 0)
		if (parse_line(line, found) && address >= found->start &&
			address < found->end)
			ret = 0;
	free(line);
	fclose(maps);
	return ret;
}
