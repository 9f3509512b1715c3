/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_QEMU_GUARD_H
#define SVANIC_QEMU_GUARD_H

/*
 * Whether the QEMU around this object is one whose layouts qemu_abi.h describes.
 *
 * Must not know: what svanic is.
 */

#include <stdbool.h>

/* To be called when QEMU's types are registered. Says in one line what is different. */
bool qemu_is_known(void);

#endif /* SVANIC_QEMU_GUARD_H */
