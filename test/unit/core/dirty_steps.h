/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DIRTY_STEPS_H
#define DIRTY_STEPS_H

/*
 * What the tests of the record of written pages do alike with each backend: one device, one
 * space, and PAGES pages from IOVA on.
 *
 * Must not know: the backend.
 */

#include <stdint.h>

#include "rte_iommufd.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE UINT64_C(0x1000)
#define IOVA UINT64_C(0x100000)
#define PAGES 256
/* Where no process has anything, so that nothing is made present there. */
#define VA(iova) ((void *)(uintptr_t)(UINT64_C(0x8000200000000000) + (iova)))

extern struct rte_iommufd_device *device;
extern struct rte_iommufd_space *space;

/* None of the pages was written, or the sixth alone. */
extern const uint64_t none[PAGES / 64];
extern const uint64_t page_5[PAGES / 64];

/* Closes the device, ends the space, and all that devices_start() has begun. */
int teardown(void **state);
/* The record is wanted, the device attached, the record started. */
void begin(void);
/* Counted in pages, from IOVA on. */
void map(uint64_t page, uint64_t pages);
void unmap(uint64_t page, uint64_t pages);
void assert_written(uint32_t flags, const uint64_t *expected);

/* A test. */
void what_is_written_is_read_once(void **state);

#endif /* DIRTY_STEPS_H */
