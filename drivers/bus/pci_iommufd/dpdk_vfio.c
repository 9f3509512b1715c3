/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* DPDK's own rte_vfio_* functions; see dpdk_vfio.h. */

#include <stddef.h>

#include "dpdk_vfio.h"

#ifdef VFIO_SHIM_BY_WRAP

/* The linker's names for the wrapped functions; weak, because a release may lack one. */
#define VFIO_SHIM_REAL(name, parameters) \
	extern int __real_##name parameters __attribute__((weak));
VFIO_SHIM_FUNCTIONS(VFIO_SHIM_REAL)
#undef VFIO_SHIM_REAL

#define VFIO_SHIM_ENTRY(name, parameters) .name = __real_##name,
static const struct dpdk_vfio functions = { VFIO_SHIM_FUNCTIONS(
	VFIO_SHIM_ENTRY) };
#undef VFIO_SHIM_ENTRY

const struct dpdk_vfio *
dpdk_vfio_functions(void)
{
	return functions.rte_vfio_setup_device != NULL ? &functions : NULL;
}

const struct dpdk_vfio *
dpdk_vfio_functions_present(void)
{
	return &functions;
}

#else

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <string.h>

static struct dpdk_vfio functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int
dpdk_vfio_is_eal(struct dl_phdr_info *object, size_t size, void *path)
{
	const char *name = strrchr(object->dlpi_name, '/');

	(void)size;
	name = name == NULL ? object->dlpi_name : name + 1;
	if (strncmp(name, "librte_eal.so", strlen("librte_eal.so")) != 0)
		return 0;
	*(const char **)path = object->dlpi_name;
	return 1;
}

/*
 * Searches by the handle of librte_eal: the default order would find the functions of
 * this plugin where they come first (LD_PRELOAD, link order).
 */
static void
dpdk_vfio_find(void)
{
	const char *path = NULL;
	void *eal;

	dl_iterate_phdr(dpdk_vfio_is_eal, &path);
	if (path == NULL)
		return;
	eal = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
	if (eal == NULL)
		return;
#define VFIO_SHIM_FIND(name, parameters) \
	*(void **)&functions.name = dlsym(eal, #name);
	VFIO_SHIM_FUNCTIONS(VFIO_SHIM_FIND)
#undef VFIO_SHIM_FIND
	/* EAL stays loaded: the program or this plugin depends on it. */
	dlclose(eal);
}

const struct dpdk_vfio *
dpdk_vfio_functions_present(void)
{
	pthread_once(&once, dpdk_vfio_find);
	return &functions;
}

const struct dpdk_vfio *
dpdk_vfio_functions(void)
{
	pthread_once(&once, dpdk_vfio_find);
	return functions.rte_vfio_setup_device != NULL ? &functions : NULL;
}

#endif
