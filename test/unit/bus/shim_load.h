/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SHIM_LOAD_H
#define SHIM_LOAD_H

/*
 * Loads an object under a name of its own: dpdk_vfio.c knows librte_eal by its name.
 *
 * Must not know: what is tested.
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

/* Its symbols are for all that is loaded later, as those of a program's libraries. */
static inline void *
shim_load_as(const char *path, const char *name)
{
	char folder[] = "/tmp/shim-XXXXXX";
	char link[64];
	char *target;
	void *object;

	target = realpath(path, NULL);
	assert_non_null(target);
	assert_non_null(mkdtemp(folder));
	snprintf(link, sizeof(link), "%s/%s", folder, name);
	assert_int_equal(symlink(target, link), 0);
	free(target);
	object = dlopen(link, RTLD_NOW | RTLD_GLOBAL);
	unlink(link);
	rmdir(folder);
	assert_non_null(object);
	return object;
}

#endif /* SHIM_LOAD_H */
