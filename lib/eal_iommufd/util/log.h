/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef LOG_H
#define LOG_H

/*
 * The library's log type, "lib.iommufd". One line per event: what happened, the cause,
 * the remedy.
 */

#include <rte_log.h>

extern int iommufd_logtype;

#define IOMMUFD_LOG(level, format, ...)                                    \
	rte_log(RTE_LOG_##level, iommufd_logtype, "IOMMUFD: " format "\n", \
		##__VA_ARGS__)

#endif /* LOG_H */
