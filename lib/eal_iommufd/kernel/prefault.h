/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PREFAULT_H
#define PREFAULT_H

/*
 * Makes memory present before it is mapped for devices. The kernel's map calls do
 * so as well, but page by page in one thread, and clearing pages takes a hundred
 * times as long as entering them; here several threads do it side by side, each on
 * the NUMA node where the memory will be.
 *
 * Only an acceleration: what goes wrong here ends it, and goes wrong again in the map
 * call, which says so. To be called for what passed all checks, since memory that is
 * made present stays so. EAL's own hugepages are present already, which costs a few probes to see.
 *
 * Must not know: what is mapped where.
 */

#include <stddef.h>

struct mapping;

void prefault(const struct mapping *runs, size_t count, unsigned int threads);

#endif /* PREFAULT_H */
