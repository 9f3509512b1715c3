/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RTE_IOMMUFD_SVA_H
#define RTE_IOMMUFD_SVA_H

/**
 * @file
 * Shared virtual addressing: devices that use this process's own addresses. A library of its
 * own, librte_iommufd_sva (libdpdk-iommufd-sva for pkg-config).
 *
 * An **sva** is an address space that follows this process: whatever the process can
 * read or write, a device bound to it can read or write at the same address, on the
 * stack, from malloc(), in a mapped file, without anything being mapped beforehand.
 * A device that meets an address without a translation requests the page (PCI's page
 * request interface), and a service thread of the sva maps it with the rights that the
 * process has there, or refuses an address that the process does not have.
 *
 * **It follows the process back.** munmap(), mremap(), brk(), a mapping put over another
 * one, and madvise() with MADV_DONTNEED, MADV_FREE or MADV_REMOVE take the devices'
 * translation away, and the next access requests the page again. The kernel reports these
 * calls by userfaultfd, and each call waits until its report was handled. What holds:
 *
 * | call | when it has returned |
 * |------|----------------------|
 * | munmap(), mmap() with MAP_FIXED over something, mremap(), brk() | no device reaches what was there |
 * | madvise() that drops pages | no device reaches what was there; see below |
 * | mprotect() that takes rights away, shmdt(), MADV_GUARD_INSTALL; ftruncate(), fallocate() with FALLOC_FL_PUNCH_HOLE on a file | nothing: not reported |
 * | rte_iommufd_sva_settle() after madvise() | no device reaches what was there |
 * | rte_iommufd_sva_invalidate() after any of these | no device reaches what was there |
 *
 * - **madvise().** The kernel reports it before it drops the pages, and does not report
 *   when they are dropped. The service unmaps the whole mapping before the call continues, and
 *   devices that request what is dropped wait until the thread has run on: 1 to 4 ms; up to 20
 *   when a thread of the process has lost its CPU meanwhile, or for a shared mapping. So old
 *   pages are possible only if the thread runs on, loses its CPU for more than 16 ms before it
 *   has begun to drop the pages, and a device requests one after that time; in a shared mapping
 *   (MADV_REMOVE), also if the file system keeps the thread for so long. For this case the
 *   interval is unmapped again 128, 1152 and 9344 ms later, and rte_iommufd_sva_settle() unmaps
 *   it. A driver calls that only when rte_iommufd_sva_changes() has changed.
 * - **Another thread** that gets the address by mmap() before munmap() has returned in the
 *   first one calls rte_iommufd_sva_settle() to be certain: until the first call has
 *   returned, devices may reach what was there.
 * - A change of a part of a mapping of the process unmaps all that devices reach of that
 *   mapping. They request the rest again.
 *
 * **What is pinned.** A page stays pinned from the device's first access until it is
 * unmapped, invalidated, or evicted because of a limit, or until no device is bound.
 *
 * **What devices do not get** although the process has it: memory of devices (PCI BARs),
 * memory that another userfaultfd follows, and shared mappings of files that are open for
 * reading only, because the kernel reports nothing of them; and, on x86, the interrupt
 * window 0xfee00000 to 0xfeefffff.
 *
 * **What it costs the process.** Those calls wait for a thread of the service, some ten
 * microseconds and one unmap call for each area, on memory that devices have used. While the
 * process is stopped by
 * a debugger they wait, too. Memory that devices have used does not merge with neighbours
 * that they have not, so that the process can have some more mappings (vm.max_map_count).
 * Each mapping that devices have used takes a descriptor (userfaultfd), up to an eighth of
 * RLIMIT_NOFILE and at most 256; beyond that mappings share them, and are unmapped
 * together.
 *
 * **fork().** The child does not share the sva: devices do not reach its memory, its
 * changes are not followed, and these functions fail in the child. It inherits the
 * descriptors until exec(): code that reads them there takes requests and reports away
 * from the service.
 *
 * A process has one sva, for any number of devices: all programs and drivers in it share
 * that one (rte_iommufd_sva_create()).
 *
 * Needs what rte_iommufd_pasid.h needs, and ATS and page requests in the device and in
 * front of it. Functions return 0 or a negative errno and log one line when they fail.
 * They may be called from any thread; only reading the words of rte_iommufd_sva_changes() and
 * rte_iommufd_sva_fence() belongs on a packet path, and rte_iommufd_sva_settle() when the first
 * has changed.
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

/** How an sva behaves; all zero but the size: as by default. */
struct rte_iommufd_sva_options {
	/** sizeof(struct rte_iommufd_sva_options), set by the caller. */
	size_t size;
	/**
	 * The most memory that may be pinned at a time, in bytes; for new memory, the
	 * least recently requested memory is unpinned, and requested again when a device
	 * needs it. (The time of the last use is not known: the IOMMU's accessed bits do
	 * not reach user space; see RTE_IOMMUFD_SVA_KEEP for rings.) A request for more than
	 * this at a time is refused. 0: no limit but the process's own (RLIMIT_MEMLOCK), at
	 * which memory is unpinned in the same way.
	 */
	uint64_t pin_limit;
	/**
	 * How much is mapped around an address that the device requests, in bytes: a
	 * power of two, at least a page, within one mapping of the process. 0: 64 KiB.
	 * Hugepages, and transparent hugepages that are there, are mapped as a whole.
	 * What is mapped together is unmapped together, when any part of it is.
	 */
	uint64_t fault_around;
};

/** What an sva has done so far. */
struct rte_iommufd_sva_stats {
	/** sizeof(struct rte_iommufd_sva_stats), set by the caller. */
	size_t size;
	uint64_t page_requests;	 /**< pages that devices have asked for */
	uint64_t request_groups; /**< in so many groups */
	uint64_t mapped; /**< requests answered with a page mapped for them */
	/** requests for what was mapped by then, or was changing all the time */
	uint64_t present;
	/** requests for what the process does not have, or devices do not get */
	uint64_t refused;
	uint64_t
		failed; /**< requests refused because of a limit or by the kernel */
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
 * Get the address space that follows this process. The first caller makes it; its
 * threads start here: "iommufd-sva" that unmaps what has changed, "iommufd-sva-pin" that
 * serves page requests, and "iommufd-sva-log" that logs for them. They run on the CPUs of EAL's
 * control threads, with all signals blocked. Later callers get the same one, since the kernel lets
 * only one userfaultfd follow a mapping.
 *
 * @param context
 *   The context; its backend is decided if it was not.
 * @param options
 *   NULL: as by default, or as it is when there is one already. For a later caller a
 *   member that is 0 accepts the present value.
 * @param[out] sva
 *   It; each caller ends its use with rte_iommufd_sva_destroy().
 * @return
 *   0, or
 *   - -EOPNOTSUPP: the backend or the kernel has no page requests (IOMMU_FAULT_QUEUE_ALLOC, Linux 6.11)
 *     or does not report changes of memory (userfaultfd with WP_ASYNC, Linux 6.7).
 *   - -EBUSY: this process has an sva already, with other options or in another context.
 *   - -EPERM: userfaultfd is not allowed here (a seccomp filter).
 *   - -EINVAL: the options, or their size is less than that of the first version.
 *   - -E2BIG: the program sets an option that this version of the library does not know.
 *   - -ENOMEM, -EMFILE, -EAGAIN: no memory, descriptor or thread left.
 */
__rte_experimental int rte_iommufd_sva_create(
	struct rte_iommufd_context *context,
	const struct rte_iommufd_sva_options *options,
	struct rte_iommufd_sva **sva);

/**
 * End the use of an sva, and with the last one the sva: what devices had mapped by it is
 * unpinned then, and nothing is followed any more.
 *
 * @param sva
 *   NULL is allowed. The caller has unbound its own devices, and no other call of it on
 *   this sva is running.
 * @return
 *   0, or
 *   - -EBUSY: this is the last use, and a device is bound to it.
 *   - -EINVAL: called in a child after fork().
 */
__rte_experimental int rte_iommufd_sva_destroy(struct rte_iommufd_sva *sva);

/**
 * Bind a device: its requests with the PASID that is returned use this process's
 * addresses. A device can be bound several times, each with a PASID of its own, and an
 * sva can have several devices, which share what is pinned.
 *
 * @param sva
 *   The sva.
 * @param device
 *   A device of the same context, attached to a space (which can be an empty one). When it is
 *   closed, it is unbound.
 * @param[out] pasid
 *   To be written into the device's registers. It belongs to the sva: it cannot be detached
 *   or replaced by the functions of rte_iommufd_pasid.h.
 * @return
 *   0, or
 *   - -EOPNOTSUPP, -ENODEV: the device, the IOMMU, the kernel or a VF lacks something; the
 *     log line names it.
 *   - -EINVAL: called in a child after fork(), or a device of another context.
 *   - -EIO: the service has ended.
 *   - any error of rte_iommufd_pasid_alloc() and rte_iommufd_pasid_attach().
 */
__rte_experimental int rte_iommufd_sva_bind(struct rte_iommufd_sva *sva,
	struct rte_iommufd_device *device, uint32_t *pasid);

/**
 * Unbind a device. The caller stops the device's use of the PASID first; outstanding
 * requests are answered as refused. With the last one everything is unpinned.
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
 * A flag for rte_iommufd_sva_prefault(): this memory is never evicted, such as rings. It is
 * still unmapped when the process frees or changes it. It is kept until any part of it is
 * freed, moved, or passed to rte_iommufd_sva_invalidate(), or no device is bound; intervals
 * that share a page count as one. When the call fails, what was kept before stays so.
 */
#define RTE_IOMMUFD_SVA_KEEP (UINT32_C(1) << 31)

/**
 * Map memory before devices request it. It is subject to the limit, and can be evicted
 * (without RTE_IOMMUFD_SVA_KEEP) and invalidated, as if they had requested it. Up to 2 MiB
 * of it go together.
 *
 * @param sva
 *   The sva.
 * @param va
 *   Any address of this process.
 * @param length
 *   In bytes; every page that the interval touches is mapped.
 * @param rights
 *   RTE_IOMMUFD_MAP_*: what the process has to have there at least; and RTE_IOMMUFD_SVA_KEEP.
 * @return
 *   0, or
 *   - -EFAULT: the process has not all of it, or not with these rights, or devices do
 *     not get it (see above). What was mapped by then stays.
 *   - -ENOSPC: more than pin_limit.
 *   - -ENODEV: no device is bound, so there is no page table; or the service has ended.
 *   - -EAGAIN: other threads go on changing it all the time.
 *   - -EINVAL: no length, no or unknown rights, an interval that wraps, or called in a
 *     child after fork().
 *   - -ENOMEM: more than the limit on locked memory, or no memory.
 */
__rte_experimental int rte_iommufd_sva_prefault(struct rte_iommufd_sva *sva,
	const void *va, size_t length, uint32_t rights);

/**
 * Unmap memory for the devices, now: when this returns, no device has a
 * translation of the interval that was there when it was called, and the next access
 * requests the page again. For changes that are not reported (mprotect()), and for
 * programs that need the result at once.
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
 *   - -EIO: the service has ended, because the kernel had not unmapped something: nothing is
 *     certain before the devices are unbound.
 *   - a negative errno of the kernel's unmap.
 */
__rte_experimental int rte_iommufd_sva_invalidate(
	struct rte_iommufd_sva *sva, const void *va, size_t length);

/**
 * Unmap whatever devices can reach although the process has it no more: because madvise() has
 * dropped it, or because another thread has freed it and that call has not returned yet. When
 * this returns, no device has a translation of what any call that was complete before this one
 * has taken away. The text at the top says what that means for madvise(). It works in
 * the calling thread: some system calls, and pages that devices have requested in memory
 * that madvise() has dropped in the last seconds are requested again.
 *
 * @param sva
 *   The sva.
 * @return
 *   0, or
 *   - -EINVAL: called in a child after fork().
 *   - -EIO: the service has ended.
 */
__rte_experimental int rte_iommufd_sva_settle(struct rte_iommufd_sva *sva);

/**
 * A counter for the packet path of a driver. It is incremented before a report of a change of
 * the process's memory is read, so before the thread that made the change continues. Several
 * changes can count as one.
 *
 * Only madvise() needs it, because the kernel drops the pages after its report was read, and then
 * only in the case that the text at the top names. A driver reads the counter once for each burst, and calls rte_iommufd_sva_settle() when it has changed,
 * before it gives new descriptors to the device:
 * @code
 *   now = __atomic_load_n(changes, __ATOMIC_ACQUIRE);
 *   if (now != queue->changes) {
 *           queue->changes = now;
 *           rte_iommufd_sva_settle(sva);
 *   }
 * @endcode
 * Then whatever a thread sends after its own madvise() has returned is what the process has there.
 *
 * @param sva
 *   The sva.
 * @return
 *   The counter, which wraps. It exists until the caller ends its use of the sva. In a child
 *   after fork() it does not change any more.
 */
__rte_experimental const uint32_t *rte_iommufd_sva_changes(
	const struct rte_iommufd_sva *sva);

/**
 * A word for the packet path of a driver that cannot call rte_iommufd_sva_settle(): not 0 while
 * a change of the process's memory is under way. It is set before the service reads a report,
 * and cleared when the devices have lost what was there; after madvise(), when they may have
 * again what is there (the text at the top says when that is).
 *
 * A driver reads it once for each burst and gives the device no new descriptors while it is not 0,
 * so that the device's queue does not wait for a page. A program whose threads call madvise() all
 * the time can keep it set.
 *
 * @param sva
 *   The sva.
 * @return
 *   The word. It exists until the caller ends its use of the sva. In a child after fork() it
 *   does not change any more.
 */
__rte_experimental const uint32_t *rte_iommufd_sva_fence(
	const struct rte_iommufd_sva *sva);

/**
 * Read what an sva has done so far.
 *
 * @param sva
 *   The sva; in a child after fork() all figures are zero.
 * @param[in, out] stats
 *   The figures; the caller sets `size`, and nothing behind it is written. Figures that
 *   this version of the library does not have are 0.
 * @return
 *   0, or
 *   - -EINVAL: the size is less than that of the first version.
 */
__rte_experimental int rte_iommufd_sva_stats(
	struct rte_iommufd_sva *sva, struct rte_iommufd_sva_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_SVA_H */
