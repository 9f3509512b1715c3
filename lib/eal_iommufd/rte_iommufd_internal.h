/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RTE_IOMMUFD_INTERNAL_H
#define RTE_IOMMUFD_INTERNAL_H

/**
 * @file
 * @internal
 * Functions of librte_eal_iommufd for lib/iommufd_sva and the bus plugin only, not for
 * programs. The header is not installed, and its symbols have the version node INTERNAL:
 * caller and library are built together.
 *
 * A **fault space** is an address space of a context whose page tables report page requests,
 * and the queue that the requests are read from. What is mapped in it the caller records:
 * map and unmap here are one call of the kernel each, take no lock, allocate no memory and
 * log nothing, so that they can be called while other threads hold the locks of malloc(), of
 * EAL's memory or of this library.
 *
 * Must not know: whose memory is mapped, and when.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rte_iommufd_context;
struct rte_iommufd_device;
struct rte_iommufd_fault_space;
struct rte_iommufd_space;

/**
 * @internal
 * The longest group of requests that is served. A group can have as many as a device may have
 * outstanding, which Intel's driver limits to the depth of its queue (PRQ_DEPTH, pci_enable_pri()).
 */
#define FAULT_GROUP_MAX 2048

/** @internal A page that a device asks for: struct iommu_hwpt_pgfault. */
struct page_request {
	uint32_t device_id; /**< the device's object in the context */
	uint32_t pasid;	    /**< 0 without one */
	uint32_t group;
	bool last;	 /**< of its group */
	uint32_t rights; /**< RTE_IOMMUFD_MAP_* */
	uint64_t address;
	uint32_t cookie; /**< one answer per cookie answers the group */
};

/** @internal The answer: struct iommu_hwpt_page_response. */
enum page_answer {
	PAGE_ANSWER_SUCCESS,
	PAGE_ANSWER_INVALID, /**< there is no such page: the device gives up */
};

/**
 * @internal
 * Create a fault space.
 *
 * @param context
 *   The context; its backend is decided if it was not.
 * @param[out] faults
 *   The fault space.
 * @return
 *   0, or, each logged,
 *   - -EOPNOTSUPP: the backend is not iommufd, or the kernel knows no fault queues
 *     (ENOTTY of IOMMU_FAULT_QUEUE_ALLOC before Linux 6.11).
 *   - -ENOMEM: no memory here, or in iommufd_fault_alloc() or iommufd_ioas_alloc().
 *   - -EMFILE, -ENFILE: no descriptor (get_unused_fd_flags()).
 *   - any error of rte_iommufd_context_choose() and rte_iommufd_space_create().
 */
__rte_internal int rte_iommufd_fault_space_create(
	struct rte_iommufd_context *context,
	struct rte_iommufd_fault_space **faults);

/**
 * @internal
 * Destroy a fault space: its page tables first, then the queue. No device and no PASID is
 * attached to it. What is mapped is unmapped, requests without an answer are answered as
 * PAGE_ANSWER_INVALID (iommufd_fault_destroy()).
 *
 * @param faults
 *   NULL is allowed.
 */
__rte_internal void rte_iommufd_fault_space_destroy(
	struct rte_iommufd_fault_space *faults);

/** @internal The address space, to attach PASIDs to and to read the ranges of. */
__rte_internal struct rte_iommufd_space *rte_iommufd_fault_space_of(
	const struct rte_iommufd_fault_space *faults);

/** @internal The descriptor to poll() for requests; reading from it does not block. */
__rte_internal int rte_iommufd_fault_space_fd(
	const struct rte_iommufd_fault_space *faults);

/**
 * @internal
 * Read page requests, whole groups only.
 *
 * @param faults
 *   The fault space.
 * @param[out] requests
 *   The requests; those of one group have one cookie and follow each other.
 * @param capacity
 *   Room for FAULT_GROUP_MAX at least.
 * @return
 *   How many were stored, 0 when there is none; or, not logged,
 *   - -EINVAL: the first group does not fit (FAULT_GROUP_MAX).
 *   - -ENOMEM: no memory in the kernel; it keeps the group (iommufd_fault_fops_read()).
 *   - any other errno of read().
 */
__rte_internal int rte_iommufd_fault_space_read(
	struct rte_iommufd_fault_space *faults, struct page_request *requests,
	unsigned int capacity);

/** A device is closed after this; see rte_iommufd_fault_space_watch_devices(). */
typedef void (*fault_space_device_closes_t)(
	void *argument, struct rte_iommufd_device *device);

/**
 * @internal
 * Be told before a device is closed: each device of the process, also one that does not use
 * the fault space. No lock of the core is held then, except one that keeps the fault space
 * from being destroyed meanwhile. Called once for a fault space.
 */
__rte_internal void rte_iommufd_fault_space_watch_devices(
	struct rte_iommufd_fault_space *faults,
	fault_space_device_closes_t device_closes, void *argument);

/**
 * @internal
 * Detach a PASID from the fault space. rte_iommufd_pasid_detach() and
 * rte_iommufd_pasid_replace() refuse a PASID that is attached to one.
 *
 * @return
 *   0, -ENOENT when it is not attached to this space, or an errno of
 *   rte_iommufd_pasid_detach().
 */
__rte_internal int rte_iommufd_fault_space_detach(
	struct rte_iommufd_fault_space *faults,
	struct rte_iommufd_device *device, uint32_t pasid);

/**
 * @internal
 * Answer a group of page requests.
 *
 * @param faults
 *   The fault space.
 * @param cookie
 *   Of the group.
 * @param answer
 *   For all of the group.
 * @return
 *   0, or, not logged,
 *   - -EINVAL: no request waits for it: the device was detached meanwhile, which has
 *     answered it (iommufd_fault_fops_write()).
 *   - any other errno of write().
 */
__rte_internal int rte_iommufd_fault_space_answer(
	struct rte_iommufd_fault_space *faults, uint32_t cookie,
	enum page_answer answer);

/**
 * @internal
 * Pin memory of this process and map it at its own address, without a record of it.
 *
 * @param faults
 *   The fault space.
 * @param address
 *   A multiple of the page size, as an address of this process and as an IOVA.
 * @param length
 *   In bytes, whole pages.
 * @param rights
 *   RTE_IOMMUFD_MAP_*.
 * @return
 *   0, or, not logged, an errno of IOMMU_IOAS_MAP (iommufd_ioas_map()):
 *   - -EFAULT: the process does not have the memory with these rights (pin_user_pages_remote()).
 *   - -ENOMEM: more than RLIMIT_MEMLOCK, or no memory.
 *   - -EADDRINUSE: something is mapped there (iopt_map_pages()).
 *   - -EINVAL, -EOVERFLOW: alignment, or an interval that wraps; reserved IOVAs.
 */
__rte_internal int rte_iommufd_fault_space_map(
	struct rte_iommufd_fault_space *faults, uint64_t address,
	uint64_t length, uint32_t rights);

/**
 * @internal
 * Unmap exactly what was mapped with rte_iommufd_fault_space_map(), and unpin it.
 *
 * @return
 *   0, or, not logged,
 *   - -ENOENT: nothing is mapped there, or only part of a mapping (iopt_unmap_iova_range()).
 *   - -EIO: the kernel has unmapped another length than this one.
 *   - any other errno of IOMMU_IOAS_UNMAP.
 */
__rte_internal int rte_iommufd_fault_space_unmap(
	struct rte_iommufd_fault_space *faults, uint64_t address,
	uint64_t length);

/**
 * @internal
 * Say why rte_iommufd_fault_space_map() has failed: the cause and the remedy, one sentence.
 *
 * @param[out] text
 *   The sentence, cut where it does not fit.
 * @param size
 *   The room in text, in bytes.
 * @param address
 *   As in the call that failed.
 * @param length
 *   As in the call that failed.
 * @param rights
 *   As in the call that failed.
 * @param error
 *   What it returned.
 */
__rte_internal void rte_iommufd_fault_space_explain(char *text, size_t size,
	uint64_t address, uint64_t length, uint32_t rights, int error);

/**
 * @internal
 * Whether rte_iommufd_device_request_empty() holds for a device. For the bus, when it
 * opens the device.
 *
 * @param path
 *   The device's folder in sysfs, whose last part is its address.
 */
__rte_internal bool rte_iommufd_device_wants_empty(const char *path);

/**
 * @internal
 * Let the calling thread run on the CPUs that the process had when the library was loaded,
 * whichever CPU the thread that started it is bound to. EAL binds its main thread to one CPU,
 * and a thread inherits that. Without effect where the kernel refuses (sched_setaffinity()).
 */
__rte_internal void rte_iommufd_thread_use_process_cpus(void);

/**
 * @internal
 * Log a line, as rte_log() does. The last line of level ERR or worse is recorded, for telemetry
 * (/iommufd/info), whether or not the log shows it.
 *
 * @param level
 *   RTE_LOG_*.
 * @param type
 *   The log type.
 * @param format
 *   As of printf(): one line, with its newline.
 */
__rte_internal void rte_iommufd_log(uint32_t level, int type,
	const char *format, ...) __rte_format_printf(3, 4);

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_INTERNAL_H */
