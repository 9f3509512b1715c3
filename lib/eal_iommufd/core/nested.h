/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef NESTED_H
#define NESTED_H

/*
 * Nested tables of devices, as the rest of the library uses them: see nested.c. The
 * context's lock is held.
 */

struct rte_iommufd_device;

/* A device with a nested table stays in its space: -EBUSY, logged, for what it cannot do ("detach"). */
int nested_check_none(
	const struct rte_iommufd_device *device, const char *purpose);

/* The device is about to be closed: the kernel's objects end. The handle stays the program's. */
void nested_end_device(struct rte_iommufd_device *device);

#endif /* NESTED_H */
