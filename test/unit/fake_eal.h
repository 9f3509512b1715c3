/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAKE_EAL_H
#define FAKE_EAL_H

/*
 * EAL for unit tests: 64 MiB without hugepages, no devices, no privilege, and without a
 * trace on the machine: its folder for a run goes with the test. EAL can be started
 * once in a process.
 *
 * Must not know: what is tested.
 */

/* As cmocka's group fixtures. */
int small_eal_start(void **state);
int small_eal_stop(void **state);

#endif /* FAKE_EAL_H */
