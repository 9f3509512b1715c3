/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef TICKS_H
#define TICKS_H

/*
 * Times that may be shorter than the steps of the kernel's clock, some of which are milliseconds:
 * counted by the processor's counter, whose rate is found by that clock.
 *
 * Must not know: what is measured.
 */

#include <stdint.h>

/* To be called once, before the first time is taken. */
void ticks_start(void);

uint64_t ticks_now(void);

/* Waits until enough time has passed since the start for the rate to be known within 1%. */
double ticks_to_ns(uint64_t ticks);

/* Sorts the times, and returns the one in the middle in nanoseconds. */
double ticks_median(uint64_t *times, unsigned int count);

#endif /* TICKS_H */
