/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SPACE_KERNEL_H
#define SPACE_KERNEL_H

/*
 * The kernel's part of mapping and unmapping in one space: see space_kernel.c. The caller
 * holds the range.
 */

#include <stdint.h>

struct map_request;
struct mapping;
struct rte_iommufd_space;

/*
 * Enters runs that are recorded: all of them or none. 0 or -errno, which is logged. A space
 * without a page table is filled when it gets one (type1_container.c).
 */
int space_kernel_map(
	struct rte_iommufd_space *space, const struct map_request *request);

/*
 * Takes out what space_kernel_map() has just entered. The record stays; what could not be
 * taken out is MAPPING_LOST there, and that is logged.
 */
void space_kernel_take_back(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length);

/*
 * Takes whole mappings out of the kernel and then out of the record. 0 or -errno, which is
 * logged; then what is not known to be gone is MAPPING_LOST. Needs no memory, since a memory
 * event cannot be refused.
 */
int space_kernel_unmap(struct rte_iommufd_space *space, uint64_t iova,
	uint64_t length, unsigned int threads);

/* Logs why a run could not be mapped, and returns err. */
int space_refuse_map(
	struct rte_iommufd_space *space, const struct mapping *run, int err);

#endif /* SPACE_KERNEL_H */
