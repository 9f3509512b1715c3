/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The processor's counter as a clock; see ticks.h. */

#include <stdlib.h>
#include <time.h>

#include <rte_cycles.h>

#include "ticks.h"

#define ENOUGH_NS 800e6 /* a clock may move in steps of 4 ms */

static uint64_t first;
static double first_ns;

static double
clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void
ticks_start(void)
{
	first_ns = clock_ns();
	first = ticks_now();
}

uint64_t
ticks_now(void)
{
	return rte_rdtsc_precise();
}

double
ticks_to_ns(uint64_t ticks)
{
	double passed;

	do
		passed = clock_ns() - first_ns;
	while (passed < ENOUGH_NS);
	return (double)ticks * passed / (double)(ticks_now() - first);
}

static int
compare_times(const void *one, const void *other)
{
	const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return (a > b) - (a < b);
}

double
ticks_median(uint64_t *times, unsigned int count)
{
	qsort(times, count, sizeof(times[0]), compare_times);
	return ticks_to_ns(times[count / 2]);
}
