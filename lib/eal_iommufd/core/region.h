/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REGION_H
#define REGION_H

/*
 * Regions of devices (BARs) as files that can be mapped: see region.c.
 */

#include <stdint.h>

struct mapping;
struct rte_iommufd_device;
struct rte_iommufd_space;

/*
 * A dma-buf of part of the owner's region, which the caller closes: its fd, or -errno, logged.
 * The owner is open.
 */
int region_open(const struct rte_iommufd_device *owner, unsigned int region,
	uint64_t offset, uint64_t length);

/*
 * The same for a run that the kernel does not take as memory (-EFAULT), if this process has
 * mapped registers there of a device that is open in the space's context; else -EFAULT, logged.
 * Takes the context's lock.
 */
int region_open_at(struct rte_iommufd_space *space, const struct mapping *run);

#endif /* REGION_H */
