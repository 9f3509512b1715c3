/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_PROBE_H
#define INFO_PROBE_H

/*
 * Opens a device as a start of DPDK does, and closes it at once: what no file of sysfs shows.
 * VFIO resets the device meanwhile, so that it is done only when it is asked for.
 *
 * Must not know: how the result is shown.
 */

struct device;

/* A device that is in use, or that VFIO does not have, is left alone. */
void probe_device(struct device *device);

#endif /* INFO_PROBE_H */
