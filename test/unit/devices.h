/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DEVICES_H
#define DEVICES_H

/*
 * A context, devices and spaces for tests of either backend. Apart from unit.h, since
 * not every test has the library to link with.
 *
 * Must not know: which backend it is.
 */

#include <stdbool.h>

#include "rte_iommufd.h"

/* A VF token, as IOMMUFD's calls in scripts have it, and as a group's have it. */
extern const uint8_t devices_token[RTE_IOMMUFD_VF_TOKEN_LENGTH];
#define DEVICES_TOKEN_TEXT "14d63f20844511ea89001f9ce7d5650d"
#define DEVICES_TOKEN_UUID "14d63f20-8445-11ea-8900-1f9ce7d5650d"

/* The test's, from devices_start() to devices_end(). */
extern struct rte_iommufd_context *context;

/* For a test's setup and teardown, with an empty sysfs in between; 0, or it fails. */
int devices_start(void **state, bool scripted, const char *settings);
int devices_end(void **state);

/* Both succeed, or the test fails. */
struct rte_iommufd_device *open_device(const char *path);
struct rte_iommufd_space *create_space(void);

#endif /* DEVICES_H */
