/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The library's log type; see sva_log.h. */

#include <rte_common.h>

#include "util/sva_log.h"

RTE_LOG_REGISTER(sva_logtype, lib.iommufd.sva, INFO)
