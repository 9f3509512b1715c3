/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAULT_SPACE_H
#define FAULT_SPACE_H

/*
 * What the rest of the core has to tell the users of fault spaces: see fault_space.c.
 *
 * Must not know: what a user does then.
 */

struct rte_iommufd_device;

/* Before a device is closed; no lock is held. */
void fault_space_device_closes(struct rte_iommufd_device *device);

#endif /* FAULT_SPACE_H */
