/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DEVICE_OWNER_H
#define DEVICE_OWNER_H

/*
 * Whether a device is this process's own, or borrowed from the primary process.
 *
 * Must not know: how devices are opened, attached or borrowed.
 */

#include <stdbool.h>

struct rte_iommufd_device;

/*
 * What a borrowed device (mp_secondary.c) cannot do, only its owner can do: false is
 * logged. Only a device of this process has a context.
 */
bool device_is_own(const struct rte_iommufd_device *device);

#endif /* DEVICE_OWNER_H */
