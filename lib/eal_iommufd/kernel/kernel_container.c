/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The calls of legacy VFIO: containers, groups, type1; see kernel.h.
 *
 * Must not know: IOMMUFD, but that it can be behind a container.
 */

#include <errno.h>
#include <stdlib.h>

#include "kernel/kernel.h"
#include "kernel/kernel_call.h"
#include "kernel/kernel_uapi.h"
#include "rte_iommufd.h"

int
kernel_container_api_version(int container_fd)
{
	return kernel_call(container_fd, VFIO_GET_API_VERSION, NULL);
}

int
kernel_container_has_extension(int container_fd, int extension)
{
	return kernel_call(container_fd, VFIO_CHECK_EXTENSION,
		(void *)(intptr_t)extension);
}

int
kernel_container_set_iommu(int container_fd, int type)
{
	return kernel_call(
		container_fd, VFIO_SET_IOMMU, (void *)(intptr_t)type);
}

/*
 * The first call is for the container's lock, which vfio_group_detach_container() holds until
 * the page table is freed. The second one, as calls that map and unmap, takes no lock before
 * it uses the page table (vfio_fops_unl_ioctl()), and would wait inside of it for its end.
 *
 * The errors are those of vfio_fops_unl_ioctl() without a driver, and of
 * get_compat_ioas() in iommufd without an IOAS. VFIO's driver without an IOMMU returns
 * -ENOTTY.
 */
bool
kernel_container_has_iommu(int container_fd)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };
	int ret;

	kernel_container_has_extension(container_fd, VFIO_TYPE1v2_IOMMU);
	ret = kernel_call(container_fd, VFIO_IOMMU_GET_INFO, &info);
	return ret != -EINVAL && ret != -ENODEV;
}

/*
 * iommufd_vfio_ioas() returns -ENODEV while no IOAS serves the container. VFIO's own
 * container does not know the call: -EINVAL without an IOMMU, -ENOTTY with one.
 */
bool
kernel_container_is_iommufd(int container_fd)
{
	struct uapi_vfio_ioas get = {
		.size = sizeof(get),
		.op = UAPI_VFIO_IOAS_GET,
	};
	int ret = kernel_call(container_fd, UAPI_VFIO_IOAS, &get);

	return ret == 0 || ret == -ENODEV;
}

static const struct vfio_iommu_type1_info_cap_iova_range *
find_range_capability(const struct vfio_iommu_type1_info *info)
{
	const struct vfio_info_cap_header *header;
	uint32_t offset;

	if (!(info->flags & VFIO_IOMMU_INFO_CAPS))
		return NULL;
	for (offset = info->cap_offset; offset != 0; offset = header->next) {
		header = (const void *)((const char *)info + offset);
		if (header->id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			return (const void *)header;
	}
	return NULL;
}

int
kernel_container_ranges(
	int container_fd, struct rte_iommufd_range *ranges, uint32_t *count)
{
	const struct vfio_iommu_type1_info_cap_iova_range *capability;
	struct vfio_iommu_type1_info head = { .argsz = sizeof(head) };
	struct vfio_iommu_type1_info *info;
	uint32_t capacity = *count;
	uint32_t i;
	int ret;

	/* The first call returns the size of the whole answer. */
	ret = kernel_call(container_fd, VFIO_IOMMU_GET_INFO, &head);
	if (ret != 0)
		return ret;
	info = calloc(1, head.argsz);
	if (info == NULL)
		return -ENOMEM;
	info->argsz = head.argsz;
	ret = kernel_call(container_fd, VFIO_IOMMU_GET_INFO, info);
	if (ret != 0)
		goto out;
	capability = find_range_capability(info);
	if (capability == NULL) {
		ret = -EOPNOTSUPP;
		goto out;
	}
	*count = capability->nr_iovas;
	for (i = 0; i < capability->nr_iovas && i < capacity; i++) {
		ranges[i].first = capability->iova_ranges[i].start;
		ranges[i].last = capability->iova_ranges[i].end;
	}
	ret = capability->nr_iovas > capacity ? -EMSGSIZE : 0;
out:
	free(info);
	return ret;
}

int
kernel_group_viable(int group_fd, bool *viable)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int ret = kernel_call(group_fd, VFIO_GROUP_GET_STATUS, &status);

	if (ret == 0)
		*viable = status.flags & VFIO_GROUP_FLAGS_VIABLE;
	return ret;
}

int
kernel_group_set_container(int group_fd, int container_fd)
{
	return kernel_call(group_fd, VFIO_GROUP_SET_CONTAINER, &container_fd);
}

int
kernel_group_unset_container(int group_fd)
{
	return kernel_call(group_fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
}

int
kernel_group_open_device_fd(int group_fd, const char *name)
{
	return kernel_call(
		group_fd, VFIO_GROUP_GET_DEVICE_FD, (void *)(uintptr_t)name);
}

int
kernel_type1_map(int container_fd, uint64_t va, uint64_t iova, uint64_t length,
	uint32_t rights)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.vaddr = va,
		.iova = iova,
		.size = length,
	};

	if (rights & RTE_IOMMUFD_MAP_READ)
		map.flags |= VFIO_DMA_MAP_FLAG_READ;
	if (rights & RTE_IOMMUFD_MAP_WRITE)
		map.flags |= VFIO_DMA_MAP_FLAG_WRITE;
	return kernel_call(container_fd, VFIO_IOMMU_MAP_DMA, &map);
}

int
kernel_type1_unmap(
	int container_fd, uint64_t iova, uint64_t length, uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = length,
	};
	int ret = kernel_call(container_fd, VFIO_IOMMU_UNMAP_DMA, &unmap);

	*unmapped = ret == 0 ? unmap.size : 0;
	return ret;
}

int
kernel_type1_track_dirty(int container_fd, bool enable)
{
	struct vfio_iommu_type1_dirty_bitmap track = {
		.argsz = sizeof(track),
		.flags = enable ? VFIO_IOMMU_DIRTY_PAGES_FLAG_START
				: VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
	};

	return kernel_call(container_fd, VFIO_IOMMU_DIRTY_PAGES, &track);
}

/* The request, and behind it the part that says what is read. */
struct type1_get_dirty {
	struct vfio_iommu_type1_dirty_bitmap head;
	struct vfio_iommu_type1_dirty_bitmap_get range;
};

int
kernel_type1_read_dirty(int container_fd, uint64_t iova, uint64_t length,
	uint64_t page_size, uint64_t *bitmap)
{
	struct type1_get_dirty get = {
		.head.argsz = sizeof(get),
		.head.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
		.range.iova = iova,
		.range.size = length,
		.range.bitmap.pgsize = page_size,
		.range.bitmap.size = (length / page_size + 63) / 64 * 8,
		.range.bitmap.data = (void *)bitmap,
	};

	return kernel_call(container_fd, VFIO_IOMMU_DIRTY_PAGES, &get);
}
