/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAKE_SYSFS_H
#define FAKE_SYSFS_H

/*
 * A folder that looks to the code under test like the part of sysfs that
 * describes VFIO devices.
 *
 * Must not know: who reads it.
 */

#include <stddef.h>

/* NULL: there is none of it. */
struct fake_device {
	const char *address;
	const char *driver;
	const char *cdev;
	const char *cdev_number; /* "MAJOR:MINOR" */
	const char *group;
	const char *group_name;
};

/* Makes the empty tree, in the folder for temporary files. */
void fake_sysfs_make(void);
void fake_sysfs_remove(void);

/* The same as a test's setup and teardown. */
int fake_sysfs_setup(void **state);
int fake_sysfs_teardown(void **state);

/*
 * Adds a device and returns the path of its folder, which is good until the tree
 * is removed. The group is made with the first device that names it.
 */
const char *fake_sysfs_add(const struct fake_device *device);

/* A path in the tree, good until the tree is removed; nothing is made there. */
const char *fake_sysfs_path(const char *name);

/* Makes a file with that text, and the folders on the way. */
void fake_sysfs_write(const char *path, const char *text);

/* Makes a link, and the folders on the way to it. */
void fake_sysfs_link(const char *path, const char *target);

#endif /* FAKE_SYSFS_H */
