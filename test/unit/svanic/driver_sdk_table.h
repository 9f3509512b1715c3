/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DRIVER_SDK_TABLE_H
#define DRIVER_SDK_TABLE_H

/*
 * What is where in the structures that drivers use, as one set of declarations has it:
 * driver_sdk_table.c, compiled twice.
 *
 * Must not know: which declarations are right.
 */

#include <stddef.h>

struct driver_sdk_place {
	const char *name;
	size_t offset; /* or size */
};

/* End with a NULL name. */
extern const struct driver_sdk_place driver_sdk_own[];
extern const struct driver_sdk_place driver_sdk_real[];

#endif /* DRIVER_SDK_TABLE_H */
