/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PAGE_TABLES_H
#define PAGE_TABLES_H

/*
 * The page tables (HWPTs) of an address space of the IOMMUFD backend, and their users.
 *
 * Where the kernel and the IOMMU's driver support PASIDs, the library makes the page
 * tables, so that they fit requests with a PASID; else the kernel makes one of its own,
 * which does not ("auto domain", iommufd_device_auto_get_domain()). One page table serves
 * all devices and PASIDs that fit, because what is mapped in a space is entered into each
 * of its page tables.
 *
 * The caller holds the context's lock.
 *
 * Must not know: which PASIDs are in use, mappings, how a refusal is logged.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct rte_iommufd_device;
struct rte_iommufd_space;

struct page_table {
	TAILQ_ENTRY(page_table) next; /* in its space */
	struct rte_iommufd_space *space;
	uint32_t id;
	bool tracks_dirty;  /* made with KERNEL_HWPT_DIRTY */
	unsigned int users; /* devices and PASIDs that are attached */
};

/* For page_table_attach(): the device itself, IOMMU_NO_PASID. */
#define PAGE_TABLE_DEVICE 0

/*
 * Attaches the device itself or one of its PASIDs, which leaves what it was attached to,
 * to a page table of the space, and stores which one. NULL: one of the kernel's own; the
 * device itself only. 0, or -errno, which is not logged; then all is as before. The
 * caller then calls page_table_leave() for the previous one.
 */
int page_table_attach(const struct rte_iommufd_device *device, uint32_t pasid,
	struct rte_iommufd_space *space, struct page_table **table);

/*
 * Removes one user, after it was detached, and ends a page table without users. NULL is
 * allowed.
 */
void page_table_leave(struct page_table *table);

/* The last ones of a space: 0, or -errno when the kernel keeps one; not logged. */
int page_tables_end(struct rte_iommufd_space *space);

/* The kernel's record of written pages, for struct backend: dirty_tables.c. */
int page_tables_track_dirty(struct rte_iommufd_space *space, bool enable);
int page_tables_read_dirty(struct rte_iommufd_space *space,
	const struct page_table *only, uint64_t iova, uint64_t length,
	bool clear, uint64_t *bitmap);

#endif /* PAGE_TABLES_H */
