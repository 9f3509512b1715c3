/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef KERNEL_H
#define KERNEL_H

/*
 * Every open() and ioctl() of the library, one small function each. All of them
 * return 0 (or a file descriptor, where the name says open or fd) or -errno, and
 * none of them logs, retries or remembers anything: explain.c explains an errno, and the
 * caller decides what to do about it. They are in kernel_file.c, kernel_iommufd.c, kernel_cdev.c and
 * kernel_container.c, by what they are called on.
 *
 * This is the stand-in point of the unit tests: they link a scripted stand-in for these
 * files, so all calls of the kernel have to use these functions.
 *
 * Rights are RTE_IOMMUFD_MAP_*.
 *
 * Must not know: contexts, spaces, devices, DPDK.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel/iommu_call.h"
#include "rte_iommufd_internal.h"

struct rte_iommufd_range;
struct vfio_device_info;

/* For kernel_hwpt_alloc(). */
#define KERNEL_HWPT_PASID (1u << 0)  /* fits requests with a PASID */
#define KERNEL_HWPT_FAULTS (1u << 1) /* page requests go to the fault queue */
#define KERNEL_HWPT_DIRTY (1u << 2)  /* can record which pages were written */

int kernel_open(const char *path);
/* Whether this process may open it for reading and writing, without opening it: 0 or -errno. */
int kernel_check_access(const char *path);
int kernel_close(int fd);
int kernel_duplicate_fd(int fd);
/* A descriptor of this process, which is readable when it has ended (pidfd_open()). */
int kernel_open_own_process(void);
/* Whether epoll can wait for it, which it cannot for a file. 0, or -EPERM. */
int kernel_check_waitable(int fd);
/* The device number behind an open character device. */
int kernel_device_number(int fd, dev_t *number);
/* The device number that sysfs names for a legacy group's node ("12", "noiommu-12"). */
int kernel_group_number(const char *name, dev_t *number);
/* The device number that sysfs names for /dev/iommu. */
int kernel_iommu_number(dev_t *number);
/* Closes the descriptor when this process executes another program. */
int kernel_set_cloexec(int fd);

/* /dev/iommu */
/*
 * Whether what is pinned is charged to the process that pins it (true), or to its user: for all
 * that this open file has. To set it needs CAP_SYS_RESOURCE, and an empty file (EBUSY).
 */
int kernel_iommu_get_rlimit_mode(int iommu_fd, bool *by_process);
int kernel_iommu_set_rlimit_mode(int iommu_fd, bool by_process);
int kernel_ioas_alloc(int iommu_fd, uint32_t *ioas_id);
int kernel_object_destroy(int iommu_fd, uint32_t id);
int kernel_ioas_map(int iommu_fd, uint32_t ioas_id, uint64_t va, uint64_t iova,
	uint64_t length, uint32_t rights);
int kernel_ioas_map_file(int iommu_fd, uint32_t ioas_id, int file_fd,
	uint64_t offset, uint64_t iova, uint64_t length, uint32_t rights);
/* Whether the kernel knows the call above at all (Linux 6.13). */
bool kernel_ioas_has_map_file(int iommu_fd);
/* Whether the kernel knows a call of /dev/iommu, whatever it is for: see iommu_call.h. */
bool kernel_knows_call(int iommu_fd, enum iommu_call call);
int kernel_ioas_unmap(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped);
/*
 * Reads at most *count ranges and stores how many there are in *count.
 * -EMSGSIZE when they did not all fit; *count is right then, too.
 */
int kernel_ioas_ranges(int iommu_fd, uint32_t ioas_id,
	struct rte_iommufd_range *ranges, uint32_t *count);
/* The IOVAs that no later attachment may take away; replaces the previous ones. */
int kernel_ioas_allow(int iommu_fd, uint32_t ioas_id,
	const struct rte_iommufd_range *ranges, uint32_t count);
/* Enters part of what is mapped in one IOAS into another. */
int kernel_ioas_copy(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint32_t source_ioas_id, uint64_t source_iova, uint64_t length,
	uint32_t rights);
/* Makes the IOAS the one that type1 ioctls on this iommu_fd act on. */
int kernel_ioas_serve_type1(int iommu_fd, uint32_t ioas_id);
int kernel_hw_info(int iommu_fd, uint32_t device_id, uint32_t *type,
	uint64_t *capabilities, uint8_t *max_pasid_log2);

/*
 * A page table (HWPT) for the device and those like it, filled with what the IOAS has
 * mapped; fault_id counts with KERNEL_HWPT_FAULTS only. -ENOTTY before Linux 6.6;
 * -EOPNOTSUPP where the kernel or the IOMMU's driver does not know a flag.
 */
int kernel_hwpt_alloc(int iommu_fd, uint32_t device_id, uint32_t page_table_id,
	uint32_t flags, uint32_t fault_id, uint32_t *hwpt_id);
/*
 * Whether a page table made with KERNEL_HWPT_DIRTY records which pages devices write (Linux
 * 6.7). To enable it forgets what was recorded before.
 */
int kernel_hwpt_track_dirty(int iommu_fd, uint32_t hwpt_id, bool enable);
/*
 * Sets the bits of the pages that were written; bit 0 is the page at iova, and no bit is
 * cleared. clear: the record starts anew. -EINVAL: not all of the interval is mapped, or
 * nothing is recorded.
 */
int kernel_hwpt_read_dirty(int iommu_fd, uint32_t hwpt_id, uint64_t iova,
	uint64_t length, uint64_t page_size, bool clear, uint64_t *bitmap);
/*
 * A queue of page requests (Linux 6.11): returns its fd, whose read() and write() do
 * not block whatever its flags, and stores its id for kernel_hwpt_alloc().
 */
int kernel_fault_queue_alloc(int iommu_fd, uint32_t *fault_id);
/*
 * How many requests were stored, all of whole groups; 0 when there are none; -EINVAL
 * when the first group does not fit. At most FAULT_GROUP_MAX at a time.
 */
int kernel_fault_read(
	int fault_fd, struct page_request *requests, unsigned int capacity);
/* -EINVAL: no request waits for this answer (any more). */
int kernel_fault_answer(int fault_fd, uint32_t cookie, enum page_answer answer);

/* A VFIO device opened as /dev/vfio/devices/vfioN */
int kernel_device_bind(int device_fd, int iommu_fd, const uint8_t *vf_token,
	uint32_t *device_id);
/*
 * A device that is attached already is moved without an interval in which it is
 * detached.
 */
int kernel_device_attach(int device_fd, uint32_t page_table_id);
int kernel_device_detach(int device_fd);
/*
 * The same for one PASID of the device (Linux 6.15; before it both are -EINVAL). The page
 * table is an HWPT with KERNEL_HWPT_PASID. A PASID that is attached already is moved;
 * to detach one that is not is no error.
 */
int kernel_device_attach_pasid(
	int device_fd, uint32_t pasid, uint32_t page_table_id);
int kernel_device_detach_pasid(int device_fd, uint32_t pasid);
/*
 * What the end of the device's file does, while it stays open: no more interrupts, and a
 * reset where the device can be reset.
 */
int kernel_device_stop(int device_fd);
/* Works on a device fd of either origin. */
int kernel_device_info(int device_fd, struct vfio_device_info *info);
/* A dma-buf of part of a region (a BAR), as a new fd: Linux 6.19. */
int kernel_device_open_dma_buf(
	int device_fd, uint32_t region, uint64_t offset, uint64_t length);

/* Sleeps for milliseconds; it is here so that unit tests need not wait. */
void kernel_sleep(unsigned int milliseconds);

/* /dev/vfio/vfio and /dev/vfio/GROUP */
int kernel_container_api_version(int container_fd);
int kernel_container_has_extension(int container_fd, int extension);
int kernel_container_set_iommu(int container_fd, int type);
/*
 * Whether the kernel has a page table behind the container, with whatever is mapped in it:
 * it does from the first group's IOMMU type until the last group has left, and where the
 * container is IOMMUFD's, from the first group until the container is closed. When in
 * doubt it does. Without an IOMMU: whether the type is set. Waits for a group that is leaving
 * the container at this moment.
 */
bool kernel_container_has_iommu(int container_fd);
/*
 * Whether the container is IOMMUFD's: /dev/vfio/vfio of a kernel with
 * CONFIG_IOMMUFD_VFIO_CONTAINER, or a link to /dev/iommu.
 */
bool kernel_container_is_iommufd(int container_fd);
int kernel_container_ranges(
	int container_fd, struct rte_iommufd_range *ranges, uint32_t *count);
int kernel_group_viable(int group_fd, bool *viable);
int kernel_group_set_container(int group_fd, int container_fd);
int kernel_group_unset_container(int group_fd);
int kernel_group_open_device_fd(int group_fd, const char *name);
int kernel_type1_map(int container_fd, uint64_t va, uint64_t iova,
	uint64_t length, uint32_t rights);
int kernel_type1_unmap(
	int container_fd, uint64_t iova, uint64_t length, uint64_t *unmapped);
/* Whether the container records which pages devices write (type1v2 only). */
int kernel_type1_track_dirty(int container_fd, bool enable);
/* Whole words of the bitmap are overwritten; what is read is cleared. */
int kernel_type1_read_dirty(int container_fd, uint64_t iova, uint64_t length,
	uint64_t page_size, uint64_t *bitmap);

#endif /* KERNEL_H */
