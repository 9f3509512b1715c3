/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAKE_TELEMETRY_H
#define FAKE_TELEMETRY_H

/*
 * In the place of DPDK's telemetry library: it calls the registered commands, keeps their last
 * answer, and fails the test where the real library (DPDK 22.11 and later) would drop or cut a
 * part of it.
 *
 * Must not know: which commands there are.
 */

#include <stdbool.h>
#include <stdint.h>

/* Returns what the command's function returns. */
int fake_telemetry_call(const char *command, const char *parameters);

/* Of the last answer, a dictionary; the test fails when there is no such value of that type. */
uint64_t fake_telemetry_number(const char *name);
const char *fake_telemetry_string(const char *name);
/* An array of strings, put together. */
const char *fake_telemetry_text(const char *name);
/* An array. */
unsigned int fake_telemetry_length(const char *name);
const char *fake_telemetry_item(const char *name, unsigned int index);
int fake_telemetry_int_item(const char *name, unsigned int index);

bool fake_telemetry_has(const char *name);

#endif /* FAKE_TELEMETRY_H */
