/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The calls of /dev/iommu: address spaces (IOAS), page tables (HWPT), fault queues; see kernel.h. Page
 * tables of the program's own are in kernel_nested.c.
 *
 * Must not know: devices but by the id that IOMMUFD gives them; legacy containers.
 */

#include <errno.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "kernel/kernel_call.h"
#include "kernel/kernel_uapi.h"
#include "rte_iommufd.h"

static_assert(
	sizeof(struct rte_iommufd_range) == sizeof(struct uapi_iova_range),
	"the kernel writes ranges straight into the caller's array");

static int
rlimit_mode_option(int iommu_fd, uint16_t operation, uint64_t *value)
{
	struct uapi_option option = {
		.size = sizeof(option),
		.option_id = UAPI_OPTION_RLIMIT_MODE,
		.op = operation,
		.val64 = *value,
	};
	int ret = kernel_call(iommu_fd, UAPI_OPTION, &option);

	*value = option.val64;
	return ret;
}

int
kernel_iommu_get_rlimit_mode(int iommu_fd, bool *by_process)
{
	uint64_t value = 0;
	int ret = rlimit_mode_option(iommu_fd, UAPI_OPTION_GET, &value);

	*by_process = value == UAPI_RLIMIT_BY_PROCESS;
	return ret;
}

int
kernel_iommu_set_rlimit_mode(int iommu_fd, bool by_process)
{
	uint64_t value = by_process ? UAPI_RLIMIT_BY_PROCESS
				    : UAPI_RLIMIT_BY_USER;

	return rlimit_mode_option(iommu_fd, UAPI_OPTION_SET, &value);
}

int
kernel_ioas_alloc(int iommu_fd, uint32_t *ioas_id)
{
	struct uapi_ioas_alloc alloc = { .size = sizeof(alloc) };
	int ret = kernel_call(iommu_fd, UAPI_IOAS_ALLOC, &alloc);

	if (ret == 0)
		*ioas_id = alloc.out_ioas_id;
	return ret;
}

int
kernel_object_destroy(int iommu_fd, uint32_t id)
{
	struct uapi_destroy destroy = { .size = sizeof(destroy), .id = id };

	return kernel_call(iommu_fd, UAPI_DESTROY, &destroy);
}

int
kernel_ioas_allow(int iommu_fd, uint32_t ioas_id,
	const struct rte_iommufd_range *ranges, uint32_t count)
{
	struct uapi_ioas_allow_iovas allow = {
		.size = sizeof(allow),
		.ioas_id = ioas_id,
		.num_iovas = count,
		.allowed_iovas = (uintptr_t)ranges,
	};

	return kernel_call(iommu_fd, UAPI_IOAS_ALLOW_IOVAS, &allow);
}

static uint32_t
iommufd_map_flags(uint32_t rights)
{
	uint32_t flags = UAPI_MAP_FIXED_IOVA;

	if (rights & RTE_IOMMUFD_MAP_READ)
		flags |= UAPI_MAP_READABLE;
	if (rights & RTE_IOMMUFD_MAP_WRITE)
		flags |= UAPI_MAP_WRITEABLE;
	return flags;
}

int
kernel_ioas_map(int iommu_fd, uint32_t ioas_id, uint64_t va, uint64_t iova,
	uint64_t length, uint32_t rights)
{
	struct uapi_ioas_map map = {
		.size = sizeof(map),
		.flags = iommufd_map_flags(rights),
		.ioas_id = ioas_id,
		.user_va = va,
		.length = length,
		.iova = iova,
	};

	return kernel_call(iommu_fd, UAPI_IOAS_MAP, &map);
}

int
kernel_ioas_map_file(int iommu_fd, uint32_t ioas_id, int file_fd,
	uint64_t offset, uint64_t iova, uint64_t length, uint32_t rights)
{
	struct uapi_ioas_map_file map = {
		.size = sizeof(map),
		.flags = iommufd_map_flags(rights),
		.ioas_id = ioas_id,
		.fd = file_fd,
		.start = offset,
		.length = length,
		.iova = iova,
	};

	return kernel_call(iommu_fd, UAPI_IOAS_MAP_FILE, &map);
}

int
kernel_ioas_copy(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint32_t source_ioas_id, uint64_t source_iova, uint64_t length,
	uint32_t rights)
{
	struct uapi_ioas_copy copy = {
		.size = sizeof(copy),
		.flags = iommufd_map_flags(rights),
		.dst_ioas_id = ioas_id,
		.src_ioas_id = source_ioas_id,
		.length = length,
		.dst_iova = iova,
		.src_iova = source_iova,
	};

	return kernel_call(iommu_fd, UAPI_IOAS_COPY, &copy);
}

/* A call without a body is EINVAL where it is known: iommufd_fops_ioctl(). */
bool
kernel_knows_call(int iommu_fd, enum iommu_call call)
{
	static const unsigned long requests[IOMMU_CALLS] = {
		[IOMMU_CALL_HWPT_ALLOC] = UAPI_HWPT_ALLOC,
		[IOMMU_CALL_GET_HW_INFO] = UAPI_GET_HW_INFO,
		[IOMMU_CALL_SET_DIRTY_TRACKING] = UAPI_SET_DIRTY_TRACKING,
		[IOMMU_CALL_FAULT_QUEUE_ALLOC] = UAPI_FAULT_QUEUE_ALLOC,
		[IOMMU_CALL_IOAS_MAP_FILE] = UAPI_IOAS_MAP_FILE,
		[IOMMU_CALL_VIOMMU_ALLOC] = UAPI_VIOMMU_ALLOC,
		[IOMMU_CALL_IOAS_CHANGE_PROCESS] = UAPI_IOAS_CHANGE_PROCESS,
		[IOMMU_CALL_HW_QUEUE_ALLOC] = UAPI_HW_QUEUE_ALLOC,
		[IOMMU_CALL_IOAS_NOIOMMU_GET_PA] = UAPI_IOAS_NOIOMMU_GET_PA,
	};
	uint32_t no_size = 0;

	return kernel_call(iommu_fd, requests[call], &no_size) != -ENOTTY;
}

bool
kernel_ioas_has_map_file(int iommu_fd)
{
	return kernel_knows_call(iommu_fd, IOMMU_CALL_IOAS_MAP_FILE);
}

int
kernel_ioas_unmap(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped)
{
	struct uapi_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas_id,
		.iova = iova,
		.length = length,
	};
	int ret = kernel_call(iommu_fd, UAPI_IOAS_UNMAP, &unmap);

	*unmapped = ret == 0 ? unmap.length : 0;
	return ret;
}

int
kernel_ioas_ranges(int iommu_fd, uint32_t ioas_id,
	struct rte_iommufd_range *ranges, uint32_t *count)
{
	struct uapi_ioas_iova_ranges query = {
		.size = sizeof(query),
		.ioas_id = ioas_id,
		.num_iovas = *count,
		.allowed_iovas = (uintptr_t)ranges,
	};
	int ret = kernel_call(iommu_fd, UAPI_IOAS_IOVA_RANGES, &query);

	if (ret == 0 || ret == -EMSGSIZE)
		*count = query.num_iovas;
	return ret;
}

int
kernel_ioas_serve_type1(int iommu_fd, uint32_t ioas_id)
{
	struct uapi_vfio_ioas serve = {
		.size = sizeof(serve),
		.ioas_id = ioas_id,
		.op = UAPI_VFIO_IOAS_SET,
	};

	return kernel_call(iommu_fd, UAPI_VFIO_IOAS, &serve);
}

int
kernel_hw_info(int iommu_fd, uint32_t device_id, uint32_t *type,
	uint64_t *capabilities, uint8_t *max_pasid_log2)
{
	struct uapi_hw_info info = {
		.size = sizeof(info),
		.dev_id = device_id,
	};
	int ret = kernel_call(iommu_fd, UAPI_GET_HW_INFO, &info);

	if (ret != 0)
		return ret;
	*type = info.out_data_type;
	*capabilities = info.out_capabilities;
	*max_pasid_log2 = info.out_max_pasid_log2;
	return 0;
}

/* Unused members are not sent, so that older kernels accept the call. */
int
kernel_hwpt_alloc(int iommu_fd, uint32_t device_id, uint32_t page_table_id,
	uint32_t flags, uint32_t fault_id, uint32_t *hwpt_id)
{
	struct uapi_hwpt_alloc alloc = {
		.size = UAPI_HWPT_ALLOC_OLD_SIZE,
		.dev_id = device_id,
		.pt_id = page_table_id,
	};
	int ret;

	if (flags & KERNEL_HWPT_PASID)
		alloc.flags |= UAPI_HWPT_ALLOC_PASID;
	if (flags & KERNEL_HWPT_DIRTY)
		alloc.flags |= UAPI_HWPT_ALLOC_DIRTY_TRACKING;
	if (flags & KERNEL_HWPT_FAULTS) {
		alloc.size = sizeof(alloc);
		alloc.flags |= UAPI_HWPT_FAULT_ID_VALID;
		alloc.fault_id = fault_id;
	}
	ret = kernel_call(iommu_fd, UAPI_HWPT_ALLOC, &alloc);
	if (ret == 0)
		*hwpt_id = alloc.out_hwpt_id;
	return ret;
}

int
kernel_hwpt_track_dirty(int iommu_fd, uint32_t hwpt_id, bool enable)
{
	struct uapi_set_dirty_tracking set = {
		.size = sizeof(set),
		.flags = enable ? UAPI_DIRTY_TRACKING_ENABLE : 0,
		.hwpt_id = hwpt_id,
	};

	return kernel_call(iommu_fd, UAPI_SET_DIRTY_TRACKING, &set);
}

int
kernel_hwpt_read_dirty(int iommu_fd, uint32_t hwpt_id, uint64_t iova,
	uint64_t length, uint64_t page_size, bool clear, uint64_t *bitmap)
{
	struct uapi_get_dirty_bitmap get = {
		.size = sizeof(get),
		.hwpt_id = hwpt_id,
		.flags = clear ? 0 : UAPI_GET_DIRTY_BITMAP_NO_CLEAR,
		.iova = iova,
		.length = length,
		.page_size = page_size,
		.data = (uintptr_t)bitmap,
	};

	return kernel_call(iommu_fd, UAPI_GET_DIRTY_BITMAP, &get);
}

int
kernel_fault_queue_alloc(int iommu_fd, uint32_t *fault_id)
{
	struct uapi_fault_alloc alloc = { .size = sizeof(alloc) };
	int ret = kernel_call(iommu_fd, UAPI_FAULT_QUEUE_ALLOC, &alloc);

	if (ret != 0)
		return ret;
	*fault_id = alloc.out_fault_id;
	return alloc.out_fault_fd;
}

/* To execute is to read: the kernel maps nothing for execution alone. */
static struct page_request
kernel_page_request(const struct uapi_pgfault *fault)
{
	struct page_request request = {
		.device_id = fault->dev_id,
		.group = fault->grpid,
		.last = fault->flags & UAPI_PGFAULT_LAST_PAGE,
		.address = fault->addr,
		.cookie = fault->cookie,
	};

	if (fault->flags & UAPI_PGFAULT_PASID_VALID)
		request.pasid = fault->pasid;
	if (fault->perm & UAPI_PGFAULT_WRITE)
		request.rights |= RTE_IOMMUFD_MAP_WRITE;
	if (fault->perm & UAPI_PGFAULT_READ || request.rights == 0)
		request.rights |= RTE_IOMMUFD_MAP_READ;
	return request;
}

int
kernel_fault_read(
	int fault_fd, struct page_request *requests, unsigned int capacity)
{
	struct uapi_pgfault faults[FAULT_GROUP_MAX];
	ssize_t length;
	unsigned int i;

	if (capacity > FAULT_GROUP_MAX)
		capacity = FAULT_GROUP_MAX;
	length = read(fault_fd, faults, capacity * sizeof(faults[0]));
	if (length < 0)
		return -errno;
	for (i = 0; i < length / sizeof(faults[0]); i++)
		requests[i] = kernel_page_request(&faults[i]);
	return i;
}

int
kernel_fault_answer(int fault_fd, uint32_t cookie, enum page_answer answer)
{
	const struct uapi_page_response response = {
		.cookie = cookie,
		.code = answer == PAGE_ANSWER_SUCCESS
			? UAPI_PAGE_RESPONSE_SUCCESS
			: UAPI_PAGE_RESPONSE_INVALID,
	};

	return write(fault_fd, &response, sizeof(response)) < 0 ? -errno : 0;
}
