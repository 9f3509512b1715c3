/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* DPDK's own VFIO functions; see dpdk_vfio.h. */

#include <errno.h>
#include <stddef.h>

#include "dpdk_vfio.h"

#ifdef VFIO_SHIM_BY_WRAP

/* The linker's names for the wrapped functions; weak, because a release lacks some. */
#define DPDK_VFIO_REAL(type, name, parameters) \
	extern type __real_##name parameters __attribute__((weak));
VFIO_SHIM_FUNCTIONS(DPDK_VFIO_REAL)
DEV_VFIO_SHIM_FUNCTIONS(DPDK_VFIO_REAL)
PROBE_SHIM_FUNCTIONS(DPDK_VFIO_REAL)
#undef DPDK_VFIO_REAL

#define DPDK_VFIO_ENTRY(type, name, parameters) .name = __real_##name,
static const struct dpdk_vfio functions = { VFIO_SHIM_FUNCTIONS(DPDK_VFIO_ENTRY)
		DEV_VFIO_SHIM_FUNCTIONS(DPDK_VFIO_ENTRY)
			PROBE_SHIM_FUNCTIONS(DPDK_VFIO_ENTRY) };
#undef DPDK_VFIO_ENTRY

const struct dpdk_vfio *
dpdk_vfio_functions(void)
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
#define DPDK_VFIO_FIND(type, name, parameters) \
	*(void **)&functions.name = dlsym(eal, #name);
	VFIO_SHIM_FUNCTIONS(DPDK_VFIO_FIND)
	DEV_VFIO_SHIM_FUNCTIONS(DPDK_VFIO_FIND)
	PROBE_SHIM_FUNCTIONS(DPDK_VFIO_FIND)
#undef DPDK_VFIO_FIND
	/* EAL stays loaded: the program or this plugin depends on it. */
	dlclose(eal);
}

const struct dpdk_vfio *
dpdk_vfio_functions(void)
{
	pthread_once(&once, dpdk_vfio_find);
	return &functions;
}

#endif

/*
 * A tree between 26.07 and 26.11 may have rte_vfio_* with other signatures. It has none for groups,
 * which all releases with the known ones have.
 */
static bool
dpdk_vfio_has_rte(const struct dpdk_vfio *own)
{
	return own->rte_vfio_setup_device != NULL &&
		own->rte_vfio_container_group_bind != NULL;
}

/*
 * All of 26.11's, since a release that has only some of them, or others, is one that nobody has
 * tried.
 */
static bool
dpdk_vfio_has_all_dev(const struct dpdk_vfio *own)
{
#define DPDK_VFIO_IS_THERE(type, name, parameters) own->name != NULL &&
	return DEV_VFIO_SHIM_FUNCTIONS(DPDK_VFIO_IS_THERE) true;
#undef DPDK_VFIO_IS_THERE
}

enum dpdk_vfio_generation
dpdk_vfio_generation(void)
{
	const struct dpdk_vfio *own = dpdk_vfio_functions();

	if (dpdk_vfio_has_rte(own))
		return DPDK_VFIO_RTE;
	return dpdk_vfio_has_all_dev(own) ? DPDK_VFIO_DEV : DPDK_VFIO_UNKNOWN;
}

bool
dpdk_vfio_is_started(void)
{
	const struct dpdk_vfio *own = dpdk_vfio_functions();

	switch (dpdk_vfio_generation()) {
	case DPDK_VFIO_RTE:
		return own->rte_vfio_is_enabled("vfio") == 1;
	case DPDK_VFIO_DEV:
		return own->dev_vfio_is_enabled() == 1;
	case DPDK_VFIO_UNKNOWN:
		break;
	}
	return false;
}

/* DPDK's own code of 22.11 to 26.07 opens one more container when it is started again. */
static int
dpdk_vfio_enable(const struct dpdk_vfio *own)
{
	if (dpdk_vfio_is_started())
		return 0;
	return dpdk_vfio_generation() == DPDK_VFIO_RTE
		? own->rte_vfio_enable("vfio")
		: own->dev_vfio_enable();
}

int
dpdk_vfio_start(bool with_memory)
{
	const struct dpdk_vfio *own = dpdk_vfio_functions();
	const enum dpdk_vfio_generation generation = dpdk_vfio_generation();

	if (generation == DPDK_VFIO_UNKNOWN)
		return -EOPNOTSUPP;
	if (dpdk_vfio_enable(own) != 0)
		return -EIO;
	if (generation == DPDK_VFIO_DEV && with_memory &&
		own->dev_vfio_init_mem() != 0)
		return -EIO;
	return 0;
}
