/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_PRINT_JSON_H
#define INFO_PRINT_JSON_H

/*
 * The findings as JSON, as doc/info-schema.json describes it.
 *
 * Must not know: how they were found.
 */

#include <stdio.h>

struct findings;

/* 0 or -1: it could not be made or written. */
int print_json(const struct findings *findings, FILE *stream);

#endif /* INFO_PRINT_JSON_H */
