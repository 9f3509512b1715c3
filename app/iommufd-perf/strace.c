/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Reading what strace wrote; see strace.h. */

#include <err.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "strace.h"

/*
 * By name, or by number where strace is older than the call: IOMMU_IOAS_MAP,
 * IOMMU_IOAS_COPY, IOMMU_IOAS_MAP_FILE.
 */
static const char *const map_calls[] = {
	"VFIO_IOMMU_MAP_DMA",
	"IOMMU_IOAS_MAP",
	"IOMMU_IOAS_COPY",
	"_IOC(_IOC_NONE, 0x3b, 0x85, 0)",
	"_IOC(_IOC_NONE, 0x3b, 0x87, 0)",
	"_IOC(_IOC_NONE, 0x3b, 0x8f, 0)",
};

static bool
maps(const char *line)
{
	size_t i;

	if (strncmp(line, "ioctl(", strlen("ioctl(")) != 0)
		return false;
	for (i = 0; i < sizeof(map_calls) / sizeof(map_calls[0]); i++)
		if (strstr(line, map_calls[i]) != NULL)
			return true;
	return false;
}

static bool
populates(const char *line)
{
	return strncmp(line, "mmap(", strlen("mmap(")) == 0 &&
		strstr(line, "MAP_POPULATE") != NULL;
}

/* A line ends with the time the call took: <0.000123>. */
static void
add_line(const char *line, struct strace_sums *sums)
{
	const char *time = strrchr(line, '<');
	double seconds = time == NULL ? 0 : strtod(time + 1, NULL);

	if (populates(line)) {
		sums->populate += seconds;
		sums->populate_calls++;
	} else if (maps(line)) {
		sums->map += seconds;
		sums->map_calls++;
	}
}

static int
add_file(const char *path, struct strace_sums *sums)
{
	FILE *file = fopen(path, "r");
	char line[1024];

	if (file == NULL) {
		warn("%s", path);
		return -1;
	}
	while (fgets(line, sizeof(line), file) != NULL)
		add_line(line, sums);
	fclose(file);
	return unlink(path);
}

int
strace_sum(const char *prefix, struct strace_sums *sums)
{
	char pattern[256];
	glob_t found;
	int ret = 0;
	size_t i;

	*sums = (struct strace_sums){ 0 };
	snprintf(pattern, sizeof(pattern), "%s.*", prefix);
	if (glob(pattern, 0, NULL, &found) != 0) {
		warnx("strace wrote nothing to %s", pattern);
		return -1;
	}
	for (i = 0; i < found.gl_pathc && ret == 0; i++)
		ret = add_file(found.gl_pathv[i], sums);
	globfree(&found);
	if (ret == 0 && sums->populate_calls > 0 && sums->map_calls > 0)
		return 0;
	warnx("strace saw %u calls that give memory and %u that map it",
		sums->populate_calls, sums->map_calls);
	return -1;
}
