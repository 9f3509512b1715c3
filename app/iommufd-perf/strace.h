/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef STRACE_H
#define STRACE_H

/*
 * What `strace -ff -T` wrote: how long the calls took that give memory and that
 * map it.
 *
 * Must not know: what was traced.
 */

struct strace_sums {
	double populate; /* seconds in mmap() that fills pages: clearing them */
	double map; /* seconds in the ioctls of VFIO and IOMMUFD that map */
	unsigned int populate_calls;
	unsigned int map_calls;
};

/* Adds up and removes the files PREFIX.*: 0 or -1, which is said. */
int strace_sum(const char *prefix, struct strace_sums *sums);

#endif /* STRACE_H */
