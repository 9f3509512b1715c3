/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* SPDK in this program; see spdk.h. */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "bus_log.h"
#include "spdk.h"

/* Of SPDK's library env_dpdk, in a program that is linked with it. */
extern int spdk_env_dpdk_post_init(bool legacy_mem) __attribute__((weak));

#ifdef VFIO_SHIM_BY_WRAP

static bool
is_loaded(void)
{
	return spdk_env_dpdk_post_init != NULL;
}

#else

#include <link.h>

static int
is_env_library(struct dl_phdr_info *object, size_t size, void *data)
{
	(void)size;
	(void)data;
	return strstr(object->dlpi_name, "/libspdk_env_dpdk.so") != NULL;
}

static bool
is_loaded(void)
{
	return spdk_env_dpdk_post_init != NULL ||
		dl_iterate_phdr(is_env_library, NULL) != 0;
}

#endif

void
spdk_check_backend(const char *backend)
{
	static bool warned;

	if (warned || strcmp(backend, "iommufd") != 0 || !is_loaded())
		return;
	warned = true;
	BUS_LOG(WARNING,
		"this program has SPDK's environment in it, which takes physical addresses unless it finds /dev/vfio/vfio open: its DMA will be refused; use RTE_IOMMUFD=backend=type1");
}
