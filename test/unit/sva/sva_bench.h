/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_BENCH_H
#define SVA_BENCH_H

/*
 * An sva without its service thread, whose turns a test takes itself, on the mocks of
 * the kernel and of the process's memory; and a device that asks it for pages.
 *
 * Must not know: what is tested.
 */

#include "sva.h"

#define R RTE_IOMMUFD_MAP_READ
#define W RTE_IOMMUFD_MAP_WRITE
#define PAGE UINT64_C(0x1000)
#define HUGE (UINT64_C(2) << 20)
/* Aligned to everything. */
#define BASE UINT64_C(0x7f0000000000)

/* The test's, with 64 KiB around a request and no limit. */
extern struct rte_iommufd_sva bench;

int sva_bench_setup(void **state);
/* In a process that may have so many descriptors. */
int sva_bench_setup_with(void **state, unsigned int descriptors);
/* Nothing is left mapped, followed or open. */
int sva_bench_teardown(void **state);

/* A turn of the thread that follows; how long it would sleep, in milliseconds. */
int follow_once(void);

/* A device asks for these pages as one group, and it is served: what it is told. */
enum page_answer ask_group(
	const struct page_request *pages, unsigned int count);
enum page_answer ask(uint64_t address, uint32_t rights);

/* Until so many threads have the lock or wait for it. */
void wait_for_threads(uint64_t count);
/* Two threads wait for the lock, which somebody has: first the one, and then the other. Returns when both have ended. */
void wait_for_lock_in_order(
	void *(*first)(void *argument), void *(*second)(void *argument));

/* The mapped area at the address is exactly this. */
void assert_area(
	uint64_t address, uint64_t start, uint64_t end, uint32_t rights);
void assert_no_area(uint64_t address);

#endif /* SVA_BENCH_H */
