/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PASID_SET_H
#define PASID_SET_H

/*
 * The PASIDs of one device that are in use: allocated, or attached, or both.
 *
 * A pure data structure. Must not know: the kernel, locks, how many there may be.
 */

#include <stdbool.h>
#include <stdint.h>

struct page_table;
struct rte_iommufd_space;

struct pasid {
	uint32_t number;		 /* not 0 */
	bool allocated;			 /* by rte_iommufd_pasid_alloc() */
	struct rte_iommufd_space *space; /* attached to it; NULL: nothing is */
	struct page_table *page_table;	 /* the page table of that space */
};

/* All zero: empty. */
struct pasid_set {
	struct pasid *items; /* in ascending order of numbers */
	uint32_t count;
	uint32_t room;
};

/* NULL: it is not in use. What is found moves when the set changes. */
struct pasid *pasid_set_find(const struct pasid_set *set, uint32_t number);

/* The lowest unused number, from 1 on. */
uint32_t pasid_set_lowest_free(const struct pasid_set *set);

/* Adds one that is not in use; NULL: out of memory. */
struct pasid *pasid_set_add(struct pasid_set *set, uint32_t number);

/* Removes one that is in use. */
void pasid_set_remove(struct pasid_set *set, uint32_t number);

void pasid_set_clear(struct pasid_set *set);

#endif /* PASID_SET_H */
