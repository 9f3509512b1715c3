/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Memory made present before it is mapped; see prefault.h. */

#include <numa.h>
#include <numaif.h>
#include <sched.h>
#include <stdbool.h>
#include <unistd.h>
#include <sys/mman.h>

#include <rte_common.h>

#include "kernel/prefault.h"
#include "rte_iommufd.h"
#include "util/iova_map.h"
#include "util/parallel.h"
#include "util/progress.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* Less than this is not worth a thread. */
#define WORTH_IT (UINT64_C(64) << 20)
/* What a thread takes at a time: a multiple of the hugepages in common use. */
#define PIECE (UINT64_C(64) << 20)
#define PROBES 16
#define MAX_NODES 1024

/* Memory without a gap. */
struct stretch {
	uint64_t va;
	uint64_t length;
	int home; /* the caller's node, or -1 */
	struct progress progress;
};

static bool
is_present(uint64_t va)
{
	const uint64_t page = va & ~(uint64_t)(sysconf(_SC_PAGESIZE) - 1);
	unsigned char present = 0;

	/* What is not known is left to the map call. */
	return mincore((void *)(uintptr_t)page, 1, &present) != 0 ||
		(present & 1) != 0;
}

static bool
looks_present(const struct stretch *stretch)
{
	unsigned int probe;

	for (probe = 0; probe < PROBES; probe++)
		if (!is_present(stretch->va + stretch->length / PROBES * probe))
			return false;
	return is_present(stretch->va + stretch->length - 1);
}

static int
prefault_home_node(void)
{
	return numa_available() < 0 ? -1 : numa_node_of_cpu(sched_getcpu());
}

/*
 * Where the page will be: on the node that a policy of the memory names, else, as
 * if the caller had touched it, on the caller's.
 */
static int
prefault_node_of(uint64_t va, int home)
{
	unsigned long nodes[MAX_NODES / (8 * sizeof(unsigned long))] = { 0 };
	unsigned int node;
	int policy;

	if (home < 0 ||
		get_mempolicy(&policy, nodes, MAX_NODES, (void *)(uintptr_t)va,
			MPOL_F_ADDR) != 0)
		return home;
	if (policy != MPOL_BIND && policy != MPOL_PREFERRED)
		return home;
	for (node = 0; node < MAX_NODES; node++)
		if (nodes[node / (8 * sizeof(long))] >>
				(node % (8 * sizeof(long))) &
			1)
			return node;
	return home;
}

static int
prefault_populate_piece(size_t item, void *argument)
{
	struct stretch *stretch = argument;
	const uint64_t offset = item * PIECE;
	const uint64_t va = stretch->va + offset;
	const uint64_t length = RTE_MIN(PIECE, stretch->length - offset);

	parallel_go_to_node(prefault_node_of(va, stretch->home));
	/* The map call logs it; the rest is not made present. */
	if (madvise((void *)(uintptr_t)va, length, MADV_POPULATE_WRITE) != 0)
		return -1;
	progress_add(&stretch->progress, length);
	return 0;
}

static void
prefault_populate(struct stretch *stretch, unsigned int threads)
{
	if (stretch->length < WORTH_IT || looks_present(stretch))
		return;
	stretch->home = prefault_home_node();
	progress_start(
		&stretch->progress, "making memory present", stretch->length);
	parallel_run((stretch->length + PIECE - 1) / PIECE, threads,
		prefault_populate_piece, stretch);
}

void
prefault(const struct mapping *runs, size_t count, unsigned int threads)
{
	struct stretch stretch = { 0 };
	size_t i;

	for (i = 0; i < count; i++) {
		/* Read-only memory may be a file's, of which nothing is to be changed. */
		if (runs[i].va == 0 ||
			!(runs[i].rights & RTE_IOMMUFD_MAP_WRITE))
			continue;
		if (stretch.va + stretch.length == runs[i].va) {
			stretch.length += runs[i].length;
			continue;
		}
		prefault_populate(&stretch, threads);
		stretch.va = runs[i].va;
		stretch.length = runs[i].length;
	}
	prefault_populate(&stretch, threads);
}
