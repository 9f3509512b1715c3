/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What this process has at an address; see process_view.h. */

#include <errno.h>

#include "kernel.h"
#include "kernel_memory.h"
#include "process_view.h"

int
process_view_open(struct process_view *view)
{
	struct process_mapping any;
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
	process_view_close(view);
	return ret == -ENOTTY ? -EOPNOTSUPP : ret;
}

void
process_view_close(struct process_view *view)
{
	if (view->pagemap_fd >= 0)
		kernel_close(view->pagemap_fd);
	kernel_close(view->maps_fd);
}

int
process_view_at(const struct process_view *view, uint64_t address,
	struct process_mapping *mapping)
{
	return kernel_maps_query(view->maps_fd, address, false, mapping);
}

int
process_view_next(const struct process_view *view, uint64_t address,
	struct process_mapping *mapping)
{
	return kernel_maps_query(view->maps_fd, address, true, mapping);
}

bool
process_view_is_huge(
	const struct process_view *view, uint64_t start, uint64_t end)
{
	bool huge = false;

	if (kernel_pagemap_is_huge(view->pagemap_fd, start, end, &huge) != 0)
		return false;
	return huge;
}

int
process_view_is_followed(
	const struct process_view *view, uint64_t start, uint64_t end)
{
	return kernel_pagemap_is_followed(view->pagemap_fd, start, end);
}
