/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A container's record of written pages; see type1_dirty.h. */

#include <rte_common.h>

#include "backend/backend.h"
#include "backend/dirty.h"
#include "backend/type1_dirty.h"
#include "kernel/kernel.h"
#include "util/log.h"

/* The kernel may have dropped the page table, and does not say when: SPACE_HELD. */
static bool
has_gone(struct rte_iommufd_space *space)
{
	return space->state == SPACE_HELD &&
		!kernel_container_has_iommu(space->container_fd);
}

int
container_track_dirty(struct rte_iommufd_space *space, bool enable)
{
	int ret;

	if (!space_has_page_table(space))
		return 0;
	ret = kernel_type1_track_dirty(space->container_fd, enable);
	if (ret == 0 && enable)
		IOMMUFD_LOG(NOTICE,
			"address space %u: a legacy container counts all memory that is mapped for a device behind an IOMMU as written, at each read",
			space->number);
	return ret != 0 && has_gone(space) ? 0 : ret;
}

int
container_read_dirty(struct rte_iommufd_space *space,
	const struct page_table *only __rte_unused, uint64_t iova,
	uint64_t length, bool clear __rte_unused, uint64_t *bitmap)
{
	const uint64_t size = dirty_page_size();
	uint64_t page;
	int ret;

	/* What it had is kept since it has ended. */
	if (!space_has_page_table(space))
		return 0;
	ret = kernel_type1_read_dirty(
		space->container_fd, iova, length, size, bitmap);
	if (ret == 0 || !has_gone(space))
		return ret;
	for (page = 0; page < length / size; page++)
		bitmap[page / 64] |= UINT64_C(1) << page % 64;
	return 0;
}
