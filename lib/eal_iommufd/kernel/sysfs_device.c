/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Where a device is found in sysfs; see sysfs_device.h. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/sysmacros.h>

#include "kernel/sysfs_device.h"

/* Joins the parts to a path; false when it does not fit. */
static bool
join_path(char *path, size_t size, const char *folder, const char *name)
{
	int length = snprintf(path, size, "%s/%s", folder, name);

	return length >= 0 && (size_t)length < size;
}

/* The last part of where the link folder/name points to; "" without one. */
static void
read_link_name(const char *folder, const char *name, char *target, size_t size)
{
	char path[PATH_MAX];
	char text[PATH_MAX];
	const char *last;
	ssize_t length;

	target[0] = '\0';
	if (!join_path(path, sizeof(path), folder, name))
		return;
	length = readlink(path, text, sizeof(text) - 1);
	if (length < 0)
		return;
	text[length] = '\0';
	last = strrchr(text, '/');
	snprintf(target, size, "%s", last == NULL ? text : last + 1);
}

static bool
read_line(const char *folder, const char *name, char *line, int size)
{
	char path[PATH_MAX];
	FILE *file;
	bool read;

	if (!join_path(path, sizeof(path), folder, name))
		return false;
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	read = fgets(line, size, file) != NULL;
	fclose(file);
	if (read)
		line[strcspn(line, "\n")] = '\0';
	return read;
}

/* Without an IOMMU the kernel calls it noiommu-vfioN, from 7.3 on. */
static bool
is_cdev_name(const char *name)
{
	return strncmp(name, "vfio", 4) == 0 ||
		strncmp(name, "noiommu-vfio", 12) == 0;
}

/* vfio-dev/vfioN and its device number, which the node's must equal. */
static void
find_cdev(struct sysfs_device *place)
{
	char folder[PATH_MAX];
	char file[2 * DEVICE_PLACE_NAME_SIZE];
	unsigned int major_number, minor_number;
	struct dirent *entry;
	char line[32];
	DIR *entries;

	if (!join_path(folder, sizeof(folder), place->path, "vfio-dev"))
		return;
	entries = opendir(folder);
	if (entries == NULL)
		return;
	while ((entry = readdir(entries)) != NULL) {
		if (!is_cdev_name(entry->d_name) ||
			strlen(entry->d_name) >= sizeof(place->found.cdev))
			continue;
		snprintf(file, sizeof(file), "%s/dev", entry->d_name);
		if (!read_line(folder, file, line, sizeof(line)) ||
			sscanf(line, "%u:%u", &major_number, &minor_number) !=
				2)
			continue;
		strcpy(place->found.cdev, entry->d_name);
		place->cdev_number = makedev(major_number, minor_number);
		if (entry->d_name[0] == 'n')
			place->found.noiommu = true;
		break;
	}
	closedir(entries);
}

/*
 * VFIO's no-IOMMU mode makes a group for a device that has none; the kernel
 * names it so (vfio_group_find_or_alloc(), iommu_group_set_name()).
 */
static void
find_group(struct sysfs_device *place)
{
	char name[DEVICE_PLACE_NAME_SIZE];
	char *end;
	long number;

	place->found.group = -1;
	read_link_name(place->path, "iommu_group", name, sizeof(name));
	if (name[0] == '\0')
		return;
	number = strtol(name, &end, 10);
	if (*end != '\0' || number < 0 || number > INT_MAX)
		return;
	place->found.group = number;
	if (read_line(place->path, "iommu_group/name", name, sizeof(name)))
		place->found.noiommu = strcmp(name, "vfio-noiommu") == 0;
}

static bool
takes_vf_token(const struct sysfs_device *place)
{
	char physfn[PATH_MAX];
	char line[32];

	if (read_line(place->path, "sriov_totalvfs", line, sizeof(line)))
		return atoi(line) > 0;
	read_link_name(place->path, "physfn/driver", physfn, sizeof(physfn));
	return strstr(physfn, "vfio") != NULL;
}

/* The last part of a path, without the slashes at its end. */
static bool
copy_last_name(const char *path, char *name, size_t size)
{
	size_t end = strlen(path);
	size_t begin;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (begin = end; begin > 0 && path[begin - 1] != '/';)
		begin--;
	if (end - begin >= size)
		return false;
	memcpy(name, path + begin, end - begin);
	name[end - begin] = '\0';
	return true;
}

int
sysfs_device_find(const char *path, struct sysfs_device *place)
{
	*place = (struct sysfs_device){ .found.group = -1 };
	if (strlen(path) >= sizeof(place->path) ||
		!copy_last_name(path, place->address, sizeof(place->address)))
		return -EINVAL;
	if (realpath(path, place->path) == NULL)
		return -ENODEV;
	if (!copy_last_name(
		    place->path, place->address, sizeof(place->address)))
		return -EINVAL;
	read_link_name(place->path, "driver", place->found.driver,
		sizeof(place->found.driver));
	find_group(place);
	find_cdev(place);
	place->found.takes_vf_token = takes_vf_token(place);
	return 0;
}

bool
sysfs_device_is_at(const struct sysfs_device *place, const char *path)
{
	char resolved[PATH_MAX];
	char name[DEVICE_PLACE_NAME_SIZE];

	if (realpath(path, resolved) != NULL)
		return strcmp(resolved, place->path) == 0;
	/* The device is gone from sysfs, so its name is all there is to compare. */
	return copy_last_name(path, name, sizeof(name)) &&
		strcmp(name, place->address) == 0;
}

bool
sysfs_device_kernel_lacks_cdevs(void)
{
	static const char classes[] = "/sys/class/vfio-dev";
	char file[2 * DEVICE_PLACE_NAME_SIZE];
	char line[32];
	struct dirent *entry;
	bool lacks = false;
	DIR *entries = opendir(classes);

	if (entries == NULL)
		return false;
	while (!lacks && (entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%.64s/dev", entry->d_name);
		lacks = !read_line(classes, file, line, sizeof(line));
	}
	closedir(entries);
	return lacks;
}

void
sysfs_device_cdev_node(
	const struct sysfs_device *place, char *node, size_t size)
{
	snprintf(node, size, "/dev/vfio/devices/%s", place->found.cdev);
}

void
sysfs_device_group_node(
	const struct sysfs_device *place, char *node, size_t size)
{
	snprintf(node, size, "/dev/vfio/%s%d",
		place->found.noiommu ? "noiommu-" : "", place->found.group);
}

bool
sysfs_device_is_of_vfio(const struct sysfs_device *place)
{
	char node[PATH_MAX];

	if (place->found.cdev[0] != '\0' || place->found.noiommu)
		return true;
	if (place->found.group < 0 || place->found.driver[0] == '\0')
		return false;
	if (strstr(place->found.driver, "vfio") != NULL)
		return true;
	sysfs_device_group_node(place, node, sizeof(node));
	return access(node, F_OK) == 0;
}

/*
 * Drivers that the kernel accepts beside VFIO's in a group that user space owns:
 * those that set driver_managed_dma (PCIe ports, the PCI stub) or none at all.
 */
bool
sysfs_device_is_intruder(const struct sysfs_device *member)
{
	static const char *const harmless[] = { "", "pcieport", "pci-stub",
		"shpchp" };
	size_t i;

	if (strstr(member->found.driver, "vfio") != NULL)
		return false;
	for (i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strcmp(member->found.driver, harmless[i]) == 0)
			return false;
	return true;
}

bool
sysfs_device_find_member(const struct sysfs_device *place,
	bool (*is_it)(const struct sysfs_device *member),
	struct sysfs_device *member)
{
	char folder[PATH_MAX];
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *entries;

	if (!join_path(
		    folder, sizeof(folder), place->path, "iommu_group/devices"))
		return false;
	entries = opendir(folder);
	if (entries == NULL)
		return false;
	while (!found && (entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		found = join_path(path, sizeof(path), folder, entry->d_name) &&
			sysfs_device_find(path, member) == 0 && is_it(member);
	}
	closedir(entries);
	return found;
}
