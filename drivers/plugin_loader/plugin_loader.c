/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What EAL finds in its plugin folder: it loads the library PLUGIN_LIBRARY, and where that
 * cannot be done it says so in one line and does nothing more.
 *
 * EAL ends the start of a program when dlopen() fails for a file of the plugin folder. A
 * library there that needs other libraries of this project would stop every DPDK program
 * of the machine when one of these is missing, has been replaced by an older one, or
 * belongs to another DPDK release. This object needs nothing but libc, so its own dlopen()
 * does not fail, and a failure of the second dlopen() has no consequence.
 *
 * The paths are fixed when this is built. The library is in the folder above this object's:
 * EAL has checked that neither of them is world-writable.
 * PLUGIN_EAL is librte_eal's name with the ABI that the library was linked with. A second
 * librte_eal of another ABI must not come into the program, so it is looked for first.
 *
 * Must not know: what the library does.
 */

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <rte_log.h>

/* There or not: a program that links DPDK statically may not export it. */
#pragma weak rte_log

#define LOADER_LOG(format, ...)                                               \
	do {                                                                  \
		if (rte_log != NULL)                                          \
			rte_log(RTE_LOG_WARNING, RTE_LOGTYPE_EAL,             \
				"IOMMUFD: " format "\n", __VA_ARGS__);        \
		else                                                          \
			fprintf(stderr, "IOMMUFD: " format "\n", __VA_ARGS__); \
	} while (0)

static bool
plugin_loader_is_loaded(const char *name)
{
	void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);

	if (handle == NULL)
		return false;
	dlclose(handle);
	return true;
}

static void __attribute__((constructor))
plugin_loader_load(void)
{
	/* Linked, preloaded or given by -d: a second copy would answer as well. */
	if (plugin_loader_is_loaded(PLUGIN_SONAME))
		return;
	if (!plugin_loader_is_loaded(PLUGIN_EAL)) {
		LOADER_LOG("%s is not loaded: it was built for %s, which this program does not use; build and install dpdk-iommufd for this program's DPDK release, or remove it",
			PLUGIN_SONAME, PLUGIN_EAL);
		return;
	}
	if (dlopen(PLUGIN_LIBRARY, RTLD_NOW) == NULL)
		LOADER_LOG("%s is not loaded (%s): install dpdk-iommufd again, or remove it",
			PLUGIN_SONAME, dlerror());
}
