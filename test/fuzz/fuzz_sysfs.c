/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Any bytes in the files and links of a device in sysfs: what is read is ended, fits, and is in
 * range.
 */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel/reserved_regions.h"
#include "kernel/sysfs_device.h"

#define LONGEST 4096
#define FILES 5
#define REGIONS 4

static char root[] = "/tmp/fuzz-sysfs-XXXXXX";
static char device[sizeof(root) + 16];

static const char *const folders[] = { "", "/0000:01:00.0", "/7", "/7/devices",
	"/0000:01:00.0/vfio-dev", "/0000:01:00.0/vfio-dev/vfio3" };
static const char *const files[FILES] = { "/0000:01:00.0/vfio-dev/vfio3/dev",
	"/7/name", "/7/reserved_regions", "/0000:01:00.0/sriov_totalvfs",
	"" /* the name of the driver */ };

static void
in_root(char *path, size_t size, const char *name)
{
	FUZZ_CHECK(snprintf(path, size, "%s%s", root, name) < (int)size);
}

static void
remove_all(void)
{
	char path[256];
	size_t i;

	for (i = 0; i < FILES - 1; i++) {
		in_root(path, sizeof(path), files[i]);
		unlink(path);
	}
	in_root(path, sizeof(path), "/0000:01:00.0/driver");
	unlink(path);
	in_root(path, sizeof(path), "/0000:01:00.0/iommu_group");
	unlink(path);
	in_root(path, sizeof(path), "/7/devices/0000:01:00.0");
	unlink(path);
	for (i = sizeof(folders) / sizeof(folders[0]); i > 0; i--) {
		in_root(path, sizeof(path), folders[i - 1]);
		rmdir(path);
	}
}

static void
make_all(void)
{
	char path[256];
	size_t i;

	if (device[0] != '\0')
		return;
	FUZZ_CHECK(mkdtemp(root) != NULL);
	atexit(remove_all);
	in_root(device, sizeof(device), "/0000:01:00.0");
	for (i = 1; i < sizeof(folders) / sizeof(folders[0]); i++) {
		in_root(path, sizeof(path), folders[i]);
		FUZZ_CHECK(mkdir(path, 0700) == 0);
	}
	in_root(path, sizeof(path), "/0000:01:00.0/iommu_group");
	FUZZ_CHECK(symlink("../7", path) == 0);
	in_root(path, sizeof(path), "/7/devices/0000:01:00.0");
	FUZZ_CHECK(symlink("../../0000:01:00.0", path) == 0);
}

static void
write_file(const char *name, const uint8_t *data, size_t size)
{
	char path[256];
	FILE *file;

	in_root(path, sizeof(path), name);
	unlink(path);
	if (size == 0)
		return;
	file = fopen(path, "w");
	FUZZ_CHECK(file != NULL && fwrite(data, 1, size, file) == size);
	fclose(file);
}

static void
link_driver(const uint8_t *data, size_t size)
{
	char path[256], target[LONGEST + 1];

	in_root(path, sizeof(path), "/0000:01:00.0/driver");
	unlink(path);
	memcpy(target, data, size);
	target[size] = '\0';
	if (target[0] != '\0')
		symlink(target, path); /* too long: it is not there */
}

/* The parts of the input are separated by a byte that sysfs has nowhere. */
static void
write_all(const uint8_t *data, size_t size)
{
	const uint8_t *end;
	size_t part, i;

	for (i = 0; i < FILES; i++) {
		end = size == 0 ? NULL : memchr(data, 0xff, size);
		part = end == NULL ? size : (size_t)(end - data);
		if (i < FILES - 1)
			write_file(files[i], data, part);
		else
			link_driver(data, part);
		data += part + (end != NULL);
		size -= part + (end != NULL);
	}
}

static void
check_ended(const char *text, size_t size)
{
	FUZZ_CHECK(memchr(text, '\0', size) != NULL);
}

static bool
is_any(const struct sysfs_device *member)
{
	return member->address[0] != '\0';
}

static void
check_place(const struct sysfs_device *place)
{
	struct sysfs_device *member = malloc(sizeof(*member));
	char node[64];

	FUZZ_CHECK(member != NULL);
	FUZZ_CHECK(strcmp(place->address, "0000:01:00.0") == 0);
	FUZZ_CHECK(place->found.group == 7);
	check_ended(place->found.driver, sizeof(place->found.driver));
	check_ended(place->found.cdev, sizeof(place->found.cdev));
	FUZZ_CHECK(place->found.cdev[0] == '\0' ||
		strcmp(place->found.cdev, "vfio3") == 0);
	sysfs_device_cdev_node(place, node, sizeof(node));
	check_ended(node, sizeof(node));
	sysfs_device_group_node(place, node, sizeof(node));
	check_ended(node, sizeof(node));
	sysfs_device_is_of_vfio(place);
	sysfs_device_is_intruder(place);
	FUZZ_CHECK(sysfs_device_is_at(place, device));
	FUZZ_CHECK(sysfs_device_find_member(place, is_any, member));
	free(member);
}

static void
check_regions(void)
{
	struct reserved_region *regions = malloc(REGIONS * sizeof(*regions));
	char *list = malloc(32);
	unsigned int count, i;

	FUZZ_CHECK(regions != NULL && list != NULL);
	count = reserved_regions_read(device, regions, REGIONS);
	FUZZ_CHECK(count <= REGIONS);
	for (i = 0; i < count; i++)
		check_ended(regions[i].type, sizeof(regions[i].type));
	FUZZ_CHECK(reserved_regions_find_direct(device, list, 32) ==
		(list[0] != '\0'));
	check_ended(list, 32);
	free(list);
	free(regions);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sysfs_device *place = malloc(sizeof(*place));

	FUZZ_CHECK(place != NULL);
	if (size <= LONGEST) {
		make_all();
		write_all(data, size);
		FUZZ_CHECK(sysfs_device_find(device, place) == 0);
		check_place(place);
		check_regions();
	}
	free(place);
	return 0;
}
