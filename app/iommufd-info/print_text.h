/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_PRINT_TEXT_H
#define INFO_PRINT_TEXT_H

/*
 * The findings for people: a few lines on the machine, a row for each device; or what the
 * doctor says. In colour where the stream is a terminal and NO_COLOR is not set.
 *
 * Must not know: how they were found.
 */

#include <stdbool.h>
#include <stdio.h>

struct findings;

/* verbose: with all that is known of each device. */
void print_text(const struct findings *findings, bool verbose, FILE *stream);

#endif /* INFO_PRINT_TEXT_H */
