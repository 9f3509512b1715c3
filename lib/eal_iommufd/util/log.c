/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The library's log type; see log.h. */

#include <rte_common.h>

#include "util/log.h"

RTE_LOG_REGISTER(iommufd_logtype, lib.iommufd, INFO)
