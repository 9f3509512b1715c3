/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef IOMMU_NODE_H
#define IOMMU_NODE_H

/*
 * /dev/iommu: opened here, or the file that was passed to this process.
 *
 * Must not know: contexts, devices.
 */

#include <stdbool.h>

#include "util/settings.h"

struct explanation;

/*
 * Returns a descriptor that the caller closes, or -errno with why. charges_process: what is
 * pinned by it is charged to this process and not to its user.
 */
int iommu_node_open(enum settings_rlimit rlimit, bool *charges_process,
	struct explanation *why);

#endif /* IOMMU_NODE_H */
