/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef KERNEL_CONFIG_H
#define KERNEL_CONFIG_H

/*
 * The options that the running kernel was built with, from the file that the distribution
 * installs beside it. Modules that were built apart do not show there.
 *
 * Must not know: what an option means.
 */

#include <limits.h>

struct kernel_option {
	const char *name; /* "CONFIG_IOMMUFD"; the caller's */
	char value[16];	  /* "y", "m", "n"; "" when the file cannot be read */
};

/*
 * Reads the values. The first of these files below root ("") that can be read is taken:
 * /boot/config-RELEASE, /lib/modules/RELEASE/config, /usr/lib/modules/RELEASE/config. Its path
 * is stored in path, "" without one.
 */
void kernel_config_read(const char *root, const char *release,
	struct kernel_option *options, unsigned int count, char path[PATH_MAX]);

#endif /* KERNEL_CONFIG_H */
