/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A folder that looks like sysfs; see fake_sysfs.h. Its layout:
 *
 *   devices/ADDRESS/driver -> ../../drivers/DRIVER   (which need not be there)
 *   devices/ADDRESS/iommu_group -> ../../groups/NUMBER
 *   devices/ADDRESS/vfio-dev/CDEV/dev
 *   groups/NUMBER/name, groups/NUMBER/devices/ADDRESS -> ../../../devices/ADDRESS
 */

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "fake_sysfs.h"
#include "unit.h"

#define MAX_PATHS 64

static char root[PATH_MAX / 4];
static char paths[MAX_PATHS][PATH_MAX];
static unsigned int path_count;

void
fake_sysfs_make(void)
{
	const char *folder = getenv("TMPDIR");

	snprintf(root, sizeof(root), "%s/fake-sysfs-XXXXXX",
		folder == NULL ? "/tmp" : folder);
	assert_non_null(mkdtemp(root));
	path_count = 0;
}

static int
remove_entry(const char *path, const struct stat *status __rte_unused,
	int type __rte_unused, struct FTW *walk __rte_unused)
{
	return remove(path);
}

void
fake_sysfs_remove(void)
{
	if (root[0] != '\0')
		nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	root[0] = '\0';
}

int
fake_sysfs_setup(void **state __rte_unused)
{
	fake_sysfs_make();
	return 0;
}

int
fake_sysfs_teardown(void **state __rte_unused)
{
	fake_sysfs_remove();
	return 0;
}

const char *
fake_sysfs_path(const char *name)
{
	assert_true(path_count < MAX_PATHS);
	snprintf(paths[path_count], sizeof(paths[0]), "%s/%s", root, name);
	return paths[path_count++];
}

static void
make_folders_of(const char *path)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	for (slash = strchr(folder + 1, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(folder, 0755);
		*slash = '/';
	}
}

void
fake_sysfs_write(const char *path, const char *text)
{
	FILE *file;

	make_folders_of(path);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

void
fake_sysfs_link(const char *path, const char *target)
{
	make_folders_of(path);
	assert_int_equal(symlink(target, path), 0);
}

static void
write_cdev(const char *path, const struct fake_device *device)
{
	char file[PATH_MAX];
	char line[64];

	snprintf(file, sizeof(file), "%s/vfio-dev/%s/dev", path, device->cdev);
	snprintf(line, sizeof(line), "%s\n", device->cdev_number);
	fake_sysfs_write(file, line);
}

static void
enter_group(const char *path, const struct fake_device *device)
{
	char name[PATH_MAX];
	char target[PATH_MAX];

	snprintf(target, sizeof(target), "../../groups/%s", device->group);
	snprintf(name, sizeof(name), "%s/iommu_group", path);
	fake_sysfs_link(name, target);
	snprintf(name, sizeof(name), "%s/groups/%s/devices/%s", root,
		device->group, device->address);
	snprintf(
		target, sizeof(target), "../../../devices/%s", device->address);
	fake_sysfs_link(name, target);
	if (device->group_name == NULL)
		return;
	snprintf(name, sizeof(name), "%s/groups/%s/name", root, device->group);
	snprintf(target, sizeof(target), "%s\n", device->group_name);
	fake_sysfs_write(name, target);
}

const char *
fake_sysfs_add(const struct fake_device *device)
{
	char name[PATH_MAX];
	char target[PATH_MAX];
	const char *path;

	snprintf(name, sizeof(name), "devices/%s", device->address);
	path = fake_sysfs_path(name);
	snprintf(name, sizeof(name), "%s/uevent", path);
	fake_sysfs_write(name, "");
	if (device->driver != NULL) {
		snprintf(name, sizeof(name), "%s/driver", path);
		snprintf(target, sizeof(target), "../../drivers/%s",
			device->driver);
		fake_sysfs_link(name, target);
	}
	if (device->cdev != NULL)
		write_cdev(path, device);
	if (device->group != NULL)
		enter_group(path, device);
	return path;
}
