/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef TYPE1_DIRTY_H
#define TYPE1_DIRTY_H

/*
 * A container's record of written pages, for struct backend. The kernel counts all memory that
 * is mapped for a device behind an IOMMU as written, at each read (update_user_bitmap()):
 * only devices that their driver emulates (mdev) are recorded page by page.
 *
 * Must not know: what is kept, and what the program reads.
 */

#include <stdbool.h>
#include <stdint.h>

struct page_table;
struct rte_iommufd_space;

/* 0 or -errno, not logged. While the container has no page table, there is nothing to do. */
int container_track_dirty(struct rte_iommufd_space *space, bool enable);

/* Whole mappings only (vfio_iova_dirty_bitmap()); each read clears. */
int container_read_dirty(struct rte_iommufd_space *space,
	const struct page_table *only, uint64_t iova, uint64_t length,
	bool clear, uint64_t *bitmap);

#endif /* TYPE1_DIRTY_H */
