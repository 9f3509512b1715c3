/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Every open() and ioctl() of the library; see kernel.h. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "kernel/kernel.h"
#include "kernel/kernel_call.h"
#include "kernel/kernel_uapi.h"
#include "rte_iommufd.h"

static_assert(
	sizeof(struct rte_iommufd_range) == sizeof(struct uapi_iova_range),
	"the kernel writes ranges straight into the caller's array");

int
kernel_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
kernel_check_access(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 ? -errno
								      : 0;
}

int
kernel_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}

int
kernel_duplicate_fd(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

int
kernel_open_own_process(void)
{
	int fd = syscall(SYS_pidfd_open, getpid(), 0);

	return fd < 0 ? -errno : fd;
}

int
kernel_check_waitable(int fd)
{
	struct epoll_event readable = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int ret;

	if (epoll < 0)
		return -errno;
	ret = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &readable) < 0 ? -errno : 0;
	close(epoll);
	return ret;
}

int
kernel_device_number(int fd, dev_t *number)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISCHR(status.st_mode))
		return -ENODEV;
	*number = status.st_rdev;
	return 0;
}

static int
read_device_number(const char *path, dev_t *number)
{
	unsigned int major_number, minor_number;
	FILE *file;
	int read;

	file = fopen(path, "re");
	if (file == NULL)
		return -errno;
	read = fscanf(file, "%u:%u", &major_number, &minor_number);
	fclose(file);
	if (read != 2)
		return -ENODEV;
	*number = makedev(major_number, minor_number);
	return 0;
}

/* vfio_group_alloc() */
int
kernel_group_number(const char *name, dev_t *number)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/class/vfio/%s/dev", name);
	return read_device_number(path, number);
}

/* iommu_misc_dev */
int
kernel_iommu_number(dev_t *number)
{
	return read_device_number("/sys/class/misc/iommu/dev", number);
}

int
kernel_set_cloexec(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

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

int
kernel_device_bind(int device_fd, int iommu_fd, const uint8_t *vf_token,
	uint32_t *device_id)
{
	struct uapi_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.flags = vf_token != NULL ? UAPI_BIND_FLAG_TOKEN : 0,
		.iommufd = iommu_fd,
		.token_uuid_ptr = (uintptr_t)vf_token,
	};
	int ret = kernel_call(device_fd, UAPI_DEVICE_BIND_IOMMUFD, &bind);

	if (ret == 0)
		*device_id = bind.out_devid;
	return ret;
}

int
kernel_device_attach(int device_fd, uint32_t page_table_id)
{
	struct uapi_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = page_table_id,
	};

	return kernel_call(device_fd, UAPI_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

int
kernel_device_detach(int device_fd)
{
	struct uapi_detach_iommufd_pt detach = { .argsz = sizeof(detach) };

	return kernel_call(device_fd, UAPI_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

int
kernel_device_attach_pasid(
	int device_fd, uint32_t pasid, uint32_t page_table_id)
{
	struct uapi_attach_iommufd_pasid_pt attach = {
		.argsz = sizeof(attach),
		.flags = UAPI_ATTACH_PASID,
		.pt_id = page_table_id,
		.pasid = pasid,
	};

	return kernel_call(device_fd, UAPI_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

int
kernel_device_detach_pasid(int device_fd, uint32_t pasid)
{
	struct uapi_detach_iommufd_pasid_pt detach = {
		.argsz = sizeof(detach),
		.flags = UAPI_ATTACH_PASID,
		.pasid = pasid,
	};

	return kernel_call(device_fd, UAPI_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

int
kernel_device_info(int device_fd, struct vfio_device_info *info)
{
	return kernel_call(device_fd, VFIO_DEVICE_GET_INFO, info);
}

/* vfio_pci_core_disable() begins in this order as well. EINVAL: the device has none of these. */
int
kernel_device_stop(int device_fd)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_irq_set none = {
		.argsz = sizeof(none),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
	};
	int ret = kernel_device_info(device_fd, &info);

	while (ret == 0 && none.index < info.num_irqs) {
		ret = kernel_call(device_fd, VFIO_DEVICE_SET_IRQS, &none);
		if (ret == -EINVAL)
			ret = 0;
		none.index++;
	}
	if (ret == 0)
		ret = kernel_call(device_fd, VFIO_DEVICE_RESET, NULL);
	return ret == -EINVAL ? 0 : ret;
}

int
kernel_device_open_dma_buf(
	int device_fd, uint32_t region, uint64_t offset, uint64_t length)
{
	struct uapi_feature_dma_buf feature = {
		.argsz = sizeof(feature),
		.flags = UAPI_FEATURE_GET | UAPI_FEATURE_DMA_BUF,
		.region_index = region,
		.open_flags = O_RDWR | O_CLOEXEC,
		.nr_ranges = 1,
		.offset = offset,
		.length = length,
	};

	return kernel_call(device_fd, UAPI_DEVICE_FEATURE, &feature);
}

void
kernel_sleep(unsigned int milliseconds)
{
	const struct timespec time = {
		.tv_sec = milliseconds / 1000,
		.tv_nsec = milliseconds % 1000 * 1000000L,
	};

	nanosleep(&time, NULL);
}

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
