/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MACHINE_H
#define MACHINE_H

/*
 * The machine of tests about devices: NICs on vfio-pci in a sysfs of the test's own, the same
 * ones for either backend.
 *
 * Must not know: which backend it is.
 */

#include <stdbool.h>

extern const char *nic;	       /* 0000:01:00.0, vfio0, in group 7 */
extern const char *twin;       /* 0000:01:00.1, vfio2, in group 7 as well */
extern const char *second_nic; /* 0000:02:00.0, vfio1, in group 8 */
extern const char *old_nic;    /* 0000:03:00.0, without a cdev, in group 9 */

/* devices_start() with these NICs; devices_end() ends it. */
int machine_start(void **state, bool scripted, const char *settings);

#endif /* MACHINE_H */
