/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The version of this library, from the project's meson.build.
 *
 * Must not know: anything else.
 */

#include "rte_iommufd.h"

const char *
rte_iommufd_version(void)
{
	return DPDK_IOMMUFD_VERSION;
}
