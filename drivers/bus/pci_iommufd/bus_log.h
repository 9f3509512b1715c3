/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef BUS_LOG_H
#define BUS_LOG_H

/* The bus plugin's log type, "bus.pci.iommufd". */

#include <rte_iommufd_internal.h>
#include <rte_log.h>

extern int bus_iommufd_logtype;

#define BUS_LOG(level, format, ...)                           \
	rte_iommufd_log(RTE_LOG_##level, bus_iommufd_logtype, \
		"IOMMUFD: " format "\n", ##__VA_ARGS__)

#endif /* BUS_LOG_H */
