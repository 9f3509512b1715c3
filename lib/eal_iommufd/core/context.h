/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef CONTEXT_H
#define CONTEXT_H

/*
 * Contexts, as the rest of the library uses them: see context.c.
 */

struct sysfs_device;
struct rte_iommufd_context;

/*
 * rte_iommufd_context_choose() with the context's lock held; place is NULL when
 * the choice is made without a device.
 */
int context_choose_locked(
	struct rte_iommufd_context *context, const struct sysfs_device *place);

#endif /* CONTEXT_H */
