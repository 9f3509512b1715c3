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
#include <stdint.h>

struct rte_iommufd_device;
struct rte_iommufd_space;

bool pasid_is_any_attached(const struct rte_iommufd_device *device);

/*
 * rte_iommufd_pasid_detach() for the user of a fault space, who alone may do it. -ENOENT: the
 * PASID is not attached to that space.
 */
int pasid_detach_owned(struct rte_iommufd_device *device, uint32_t number,
	const struct rte_iommufd_space *owner);

/* The device is closed, and so its PASIDs are attached to nothing any more. */
void pasid_end_device(struct rte_iommufd_device *device);

#endif /* PASID_H */
