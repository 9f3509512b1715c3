/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef CHOICE_H
#define CHOICE_H

/*
 * Which backend a context has: see choice.c. The context's lock is held during both
 * functions. Both return -EOPNOTSUPP when DPDK's own code shall serve the device, which
 * is not logged; every other error is.
 */

struct rte_iommufd_context;
struct rte_iommufd_device;

/* Opens the device. The first one of a context decides which backend it has. */
int choice_open_device(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device);

/* For what needs a backend before there is a device. */
int choice_make_without_device(struct rte_iommufd_context *context);

#endif /* CHOICE_H */
