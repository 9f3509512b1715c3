/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What it costs to read which pages a device has written, where that device is idle:
 *
 *   dirty_cost DEVICE-FOLDER SETTINGS
 *
 * Prints the median of some rounds for each GiB, over one mapping, and how many pages were
 * reported in the last one. Knows the library's public API only.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>

#include <rte_iommufd.h>

#define PAGE UINT64_C(4096)
#define LENGTH (UINT64_C(256) << 20)
#define IOVA UINT64_C(0x40000000)
#define ROUNDS 11
#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

static uint64_t bits[LENGTH / PAGE / 64];

/* The library has logged what is wrong: this ends the program. */
static void
need(bool good)
{
	if (!good)
		exit(EXIT_FAILURE);
}

static int
compare_times(const void *one, const void *other)
{
	const double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static double
read_round(struct rte_iommufd_space *space)
{
	struct timespec from, to;

	memset(bits, 0, sizeof(bits));
	clock_gettime(CLOCK_MONOTONIC, &from);
	need(rte_iommufd_space_dirty_read(space, IOVA, LENGTH, 0, bits) == 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from.tv_sec) * 1e6 +
		(double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

static unsigned int
count_bits(void)
{
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		count += __builtin_popcountll(bits[i]);
	return count;
}

int
main(int argc, char **argv)
{
	struct rte_iommufd_context *context;
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	double times[ROUNDS];
	void *memory;
	int i;

	need(argc == 3);
	memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(memory != MAP_FAILED);
	need(rte_iommufd_context_create(argv[2], &context) == 0);
	need(rte_iommufd_device_open(context, argv[1], NULL, &device) == 0);
	need(rte_iommufd_space_create(context, &space) == 0);
	need(rte_iommufd_space_dirty_want(space) == 0);
	need(rte_iommufd_device_attach(device, space) == 0);
	need(rte_iommufd_space_map(space, memory, IOVA, LENGTH, RW) == 0);
	need(rte_iommufd_space_dirty_start(space) == 0);
	for (i = 0; i < ROUNDS; i++)
		times[i] = read_round(space);
	qsort(times, ROUNDS, sizeof(times[0]), compare_times);
	printf("dirty_cost: backend %s: %.0f us for each GiB, %u of %" PRIu64
	       " pages reported\n",
		rte_iommufd_context_backend(context),
		times[ROUNDS / 2] * ((double)(UINT64_C(1) << 30) / LENGTH),
		count_bits(), LENGTH / PAGE);
	rte_iommufd_device_close(device);
	need(rte_iommufd_space_destroy(space) == 0);
	need(rte_iommufd_context_destroy(context) == 0);
	return EXIT_SUCCESS;
}
