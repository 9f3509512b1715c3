/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PASID_H
#define PASID_H

/*
 * PASIDs of devices, as the rest of the library uses them: see pasid.c. The context's
 * lock is held.
 */

#include <stdbool.h>

struct rte_iommufd_device;

bool pasid_is_any_attached(const struct rte_iommufd_device *device);

/* The device is closed, and so its PASIDs are attached to nothing any more. */
void pasid_end_device(struct rte_iommufd_device *device);

#endif /* PASID_H */
