/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What this process has at an address; see vma_query.h. */

#include <errno.h>

#include "kernel/kernel.h"
#include "userfault.h"
#include "vma_query.h"

int
vma_query_open(struct vma_query *view)
{
	struct vma any;
	int ret;

	view->pagemap_fd = -1;
	view->maps_fd = kernel_open_to_read("/proc/self/maps");
	if (view->maps_fd < 0)
		return view->maps_fd;
	view->pagemap_fd = kernel_open_to_read("/proc/self/pagemap");
	ret = view->pagemap_fd;
	if (ret >= 0)
		ret = kernel_maps_query(view->maps_fd, 0, true, &any);
	if (ret == 0)
		return 0;
	vma_query_close(view);
	return ret == -ENOTTY ? -EOPNOTSUPP : ret;
}

void
vma_query_close(struct vma_query *view)
{
	if (view->pagemap_fd >= 0)
		kernel_close(view->pagemap_fd);
	kernel_close(view->maps_fd);
}

int
vma_query_at(
	const struct vma_query *view, uint64_t address, struct vma *mapping)
{
	return kernel_maps_query(view->maps_fd, address, false, mapping);
}

int
vma_query_next(
	const struct vma_query *view, uint64_t address, struct vma *mapping)
{
	return kernel_maps_query(view->maps_fd, address, true, mapping);
}

bool
vma_query_is_huge(const struct vma_query *view, uint64_t start, uint64_t end)
{
	bool huge = false;

	if (kernel_pagemap_is_huge(view->pagemap_fd, start, end, &huge) != 0)
		return false;
	return huge;
}

int
vma_query_is_followed(
	const struct vma_query *view, uint64_t start, uint64_t end)
{
	return kernel_pagemap_is_followed(view->pagemap_fd, start, end);
}
