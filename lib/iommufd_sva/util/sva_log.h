/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_LOG_H
#define SVA_LOG_H

/*
 * This library's log type, "lib.iommufd.sva". One line per event: what happened, why, what
 * to do.
 */

#include <rte_log.h>

#include "rte_iommufd_internal.h"

extern int sva_logtype;

#define SVA_LOG(level, format, ...)                                            \
	rte_iommufd_log(RTE_LOG_##level, sva_logtype, "IOMMUFD: " format "\n", \
		##__VA_ARGS__)

#endif /* SVA_LOG_H */
