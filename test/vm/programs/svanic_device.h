/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_DEVICE_H
#define SVANIC_DEVICE_H

/* The groups of checks of svanic. Each starts from a reset of its own. */

#include "svanic_check.h"

void check_registers(struct test *test);
void check_traffic(struct test *test);
void check_resets(struct test *test);
void check_spaces(struct test *test);
void check_pages(struct test *test);
void check_cache(struct test *test);
void check_noise(struct test *test);
/* While somebody takes the link down, and up when it says so. */
void check_link(struct test *test);
/* On devices that have less: svanic_less.c. */
void check_less(struct test *test);
void check_no_pasid(struct test *test);
void check_one_request(struct test *test);
/* On a device with a defect: svanic_cache.c. */
void check_ignored(struct test *test);

#endif /* SVANIC_DEVICE_H */
