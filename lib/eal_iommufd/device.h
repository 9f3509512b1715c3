/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DEVICE_H
#define DEVICE_H

/*
 * Devices, as the rest of the library uses them: see device.c.
 */

#include <stdbool.h>

struct rte_iommufd_device;

/*
 * What a borrowed device (process.c) cannot do is its owner's to do: false is logged. Only
 * a device of one's own has a context.
 */
bool device_is_own(const struct rte_iommufd_device *device);

#endif /* DEVICE_H */
