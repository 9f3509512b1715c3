/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_LOG_H
#define SVANIC_LOG_H

/* The driver's log type, "pmd.net.svanic". */

#include <rte_log.h>

extern int svanic_logtype;

#define SVANIC_LOG(level, format, ...)                                   \
	rte_log(RTE_LOG_##level, svanic_logtype, "SVANIC: " format "\n", \
		##__VA_ARGS__)

#endif /* SVANIC_LOG_H */
