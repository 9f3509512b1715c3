/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* In the place of SPDK's library of that name, which is known by its name. */

extern int spdk_stand_in;
int spdk_stand_in;
