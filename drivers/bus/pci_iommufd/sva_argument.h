/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_ARGUMENT_H
#define SVA_ARGUMENT_H

/*
 * The one device argument that the bus plugin reads: with sva=1 a driver uses this
 * process's own addresses, by PASIDs, and EAL's memory is of no use to the device's
 * plain address space, so that it is neither mapped nor pinned there.
 *
 * Must not know: address spaces, VFIO.
 */

#include <stdbool.h>

/* `path`: the device's folder in sysfs, whose last part is its address. */
bool sva_is_asked_for(const char *path);

#endif /* SVA_ARGUMENT_H */
