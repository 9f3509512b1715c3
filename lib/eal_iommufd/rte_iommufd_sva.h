/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RTE_IOMMUFD_SVA_H
#define RTE_IOMMUFD_SVA_H

/**
 * @file
 * Shared virtual addressing: devices that use this process's own addresses.
 *
 * An **sva** is an address space that follows this process: whatever the process can
 * read or write, a device bound to it can read or write at the same address, on the
 * stack, from malloc(), in a mapped file, without anything being mapped beforehand.
 * A device that meets an address without a translation asks for the page (PCI's page
 * request interface), and a service thread of the sva maps it with the rights that the
 * process has there, or refuses an address that the process does not have.
 *
 * **It follows the process back.** After munmap(), mremap() and madvise(MADV_DONTNEED)
 * or MADV_REMOVE the device's translation goes as well, and the next access asks again.
 * The kernel reports these by userfaultfd; how soon after the call that has happened is
 * described in doc/sva.md, and rte_iommufd_sva_settle() waits for it. mprotect() is not reported: call
 * rte_iommufd_sva_invalidate() after taking rights away.
 *
 * **What is pinned.** A page stays pinned from the device's first access until it is
 * unmapped, invalidated, or evicted because of a limit.
 *
 * **fork().** The child has no part in it: its memory is not the device's, and these
 * functions fail in the child.
 *
 * Needs what rte_iommufd_pasid.h needs, and ATS and page requests in the device and in
 * front of it. Functions return 0 or a negative errno and log one line when they fail.
 * They may be called from any thread; none of them belongs on a packet path.
 */

#include <stddef.h>
#include <stdint.h>

#include <rte_compat.h>

#include "rte_iommufd.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An address space that follows this process. */
struct rte_iommufd_sva;

/** How an sva behaves; all zero: as by default. */
struct rte_iommufd_sva_options {
	/**
	 * The most memory that may be pinned at a time, in bytes; what was used
	 * longest ago is unpinned for more, and asked for again when it is needed. 0:
	 * no limit but the process's own (RLIMIT_MEMLOCK).
	 */
	uint64_t pin_limit;
	/**
	 * How much is mapped around an address that the device asks for, in bytes: a
	 * power of two, at least a page, within one mapping of the process. 0: 64 KiB.
	 * Hugepages, and transparent hugepages that are there, are mapped as a whole.
	 */
	uint64_t fault_around;
};

/** What an sva has done so far. */
struct rte_iommufd_sva_stats {
	uint64_t page_requests;	 /**< pages that devices have asked for */
	uint64_t request_groups; /**< in so many groups */
	uint64_t mapped;  /**< requests answered with a page mapped for them */
	uint64_t present; /**< requests for what was mapped by then */
	uint64_t refused; /**< requests for what the process does not have */
	uint64_t
		failed; /**< requests that the kernel would not serve, e.g. pinning */
	uint64_t map_calls;   /**< kernel calls that mapped memory */
	uint64_t unmap_calls; /**< kernel calls that unmapped memory */
	uint64_t
		events; /**< changes of the process's memory that were followed */
	uint64_t invalidations; /**< calls of rte_iommufd_sva_invalidate() */
	uint64_t evictions;	/**< areas unpinned because of the limit */
	uint64_t areas;		/**< intervals mapped now */
	uint64_t pinned;	/**< bytes mapped, and so pinned, now */
	uint64_t pinned_peak;	/**< the most there have been */
};

/**
 * Make an address space that follows this process. Its service thread starts here.
 *
 * @param context
 *   The context; its backend is decided if it was not.
 * @param options
 *   NULL: as by default.
 * @param[out] sva
 *   It; the caller ends it with rte_iommufd_sva_destroy().
 * @return
 *   0, or
 *   - -EOPNOTSUPP: the backend or the kernel has no page requests (IOMMU_FAULT_QUEUE_ALLOC, Linux 6.11)
 *     or does not report changes of memory (userfaultfd with WP_ASYNC, Linux 6.7).
 *   - -EPERM: userfaultfd is not allowed here (a seccomp filter).
 *   - -EINVAL: the options.
 *   - -ENOMEM, -EMFILE, -EAGAIN: no memory, descriptor or thread left.
 */
__rte_experimental int rte_iommufd_sva_create(
	struct rte_iommufd_context *context,
	const struct rte_iommufd_sva_options *options,
	struct rte_iommufd_sva **sva);

/**
 * End an sva; what devices had mapped by it is unpinned.
 *
 * @param sva
 *   Bound to nothing; NULL is allowed.
 */
__rte_experimental void rte_iommufd_sva_destroy(struct rte_iommufd_sva *sva);

/**
 * Bind a device: its requests with the PASID that is returned use this process's
 * addresses. A device can be bound several times, each with a PASID of its own, and an
 * sva can have several devices, which share what is pinned.
 *
 * @param sva
 *   The sva.
 * @param device
 *   A device of the same context, attached to a space (which can be an empty one).
 * @param[out] pasid
 *   To be written into the device's registers.
 * @return
 *   0, or
 *   - -EOPNOTSUPP, -ENODEV: the device, the IOMMU, the kernel or a VF lacks something; the
 *     log line names it.
 *   - -EINVAL: called in a child after fork(), or a device of another context.
 *   - any error of rte_iommufd_pasid_alloc() and rte_iommufd_pasid_attach().
 */
__rte_experimental int rte_iommufd_sva_bind(struct rte_iommufd_sva *sva,
	struct rte_iommufd_device *device, uint32_t *pasid);

/**
 * Take a binding back. The caller stops the device's use of the PASID first; requests
 * that are still out are answered as refused.
 *
 * @param sva
 *   The sva.
 * @param device
 *   The device.
 * @param pasid
 *   From rte_iommufd_sva_bind().
 * @return
 *   0, or
 *   - -ENOENT: there is no such binding.
 *   - any error of rte_iommufd_pasid_detach().
 */
__rte_experimental int rte_iommufd_sva_unbind(struct rte_iommufd_sva *sva,
	struct rte_iommufd_device *device, uint32_t pasid);

/**
 * Map memory before devices ask for it. It is subject to the limit, and can be evicted
 * and invalidated, as if they had asked.
 *
 * @param sva
 *   The sva.
 * @param va
 *   Any address of this process.
 * @param length
 *   In bytes; every page that the interval touches is mapped.
 * @param rights
 *   RTE_IOMMUFD_MAP_*: what the process has to have there at least.
 * @return
 *   0, or
 *   - -EFAULT: the process has not all of it, or not with these rights. What was mapped by then stays.
 *   - -ENOSPC: more than pin_limit.
 *   - -EINVAL: no length, no or unknown rights, an interval that wraps.
 *   - any error of rte_iommufd_space_map().
 */
__rte_experimental int rte_iommufd_sva_prefault(struct rte_iommufd_sva *sva,
	const void *va, size_t length, uint32_t rights);

/**
 * Take memory out of the devices' reach, now: when this returns, no device has a
 * translation of the interval that was there when it was called, and the next access asks again. For
 * changes that are not reported (mprotect()), and for programs that want to be sure at
 * once.
 *
 * @param sva
 *   The sva.
 * @param va
 *   The first address.
 * @param length
 *   In bytes. What else shares a page, or a hugepage, with the interval is unmapped too.
 * @return
 *   0 (also when nothing was mapped there), or
 *   - -EINVAL: an interval that wraps, or called in a child after fork().
 *   - a negative errno of the kernel's unmap.
 */
__rte_experimental int rte_iommufd_sva_invalidate(
	struct rte_iommufd_sva *sva, const void *va, size_t length);

/**
 * Wait until every change of the process's memory that was complete before this call
 * has been followed.
 *
 * @param sva
 *   The sva.
 * @return
 *   0, or
 *   - -EINVAL: called in a child after fork().
 *   - -EIO: the service thread has ended.
 */
__rte_experimental int rte_iommufd_sva_settle(struct rte_iommufd_sva *sva);

/**
 * Read what an sva has done so far.
 *
 * @param sva
 *   The sva.
 * @param[out] stats
 *   The figures.
 */
__rte_experimental void rte_iommufd_sva_stats(
	struct rte_iommufd_sva *sva, struct rte_iommufd_sva_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_SVA_H */
