/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PREFAULT_H
#define PREFAULT_H

/*
 * Makes memory present before it is mapped for devices. The kernel's map calls do
 * so as well, but page by page in one thread, and clearing pages takes a hundred
 * times as long as entering them; here several threads do it in parallel, each on
 * the NUMA node where the memory will be.
 *
 * Only an optimization: a failure here ends it, and occurs again in the map call, which
 * logs it. To be called only for memory that passed all checks, because it stays present.
 * EAL's own hugepages are present already; a few probes find that out.
 *
 * Must not know: what is mapped where.
 */

#include <stddef.h>

struct mapping;

void prefault(const struct mapping *runs, size_t count, unsigned int threads);

#endif /* PREFAULT_H */
