/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What this process has at an address; see vma_query.h. */

#include <errno.h>

#include "kernel/userfault.h"
#include "kernel/vma_query.h"

int
vma_query_open(struct vma_query *view)
{
	struct vma any;
	int ret;

	view->pagemap_fd = -1;
	view->maps_fd = userfault_open_proc("/proc/self/maps");
	if (view->maps_fd < 0)
		return view->maps_fd;
	view->pagemap_fd = userfault_open_proc("/proc/self/pagemap");
	ret = view->pagemap_fd;
	if (ret >= 0)
		ret = userfault_query_vma(view->maps_fd, 0, true, &any);
	if (ret == 0)
		return 0;
	vma_query_close(view);
	return ret == -ENOTTY ? -EOPNOTSUPP : ret;
}

void
vma_query_close(struct vma_query *view)
{
	if (view->pagemap_fd >= 0)
		userfault_close(view->pagemap_fd);
	userfault_close(view->maps_fd);
}

int
vma_query_at(
	const struct vma_query *view, uint64_t address, struct vma *mapping)
{
	return userfault_query_vma(view->maps_fd, address, false, mapping);
}

int
vma_query_next(
	const struct vma_query *view, uint64_t address, struct vma *mapping)
{
	return userfault_query_vma(view->maps_fd, address, true, mapping);
}

bool
vma_query_is_huge(const struct vma_query *view, uint64_t start, uint64_t end)
{
	bool huge = false;

	if (userfault_is_huge(view->pagemap_fd, start, end, &huge) != 0)
		return false;
	return huge;
}

int
vma_query_is_registered(
	const struct vma_query *view, uint64_t start, uint64_t end)
{
	return userfault_is_registered(view->pagemap_fd, start, end);
}
