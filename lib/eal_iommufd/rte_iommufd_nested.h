/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RTE_IOMMUFD_NESTED_H
#define RTE_IOMMUFD_NESTED_H

/**
 * @file
 * A device's page table in memory of the program, for mappings without system calls.
 *
 * An IOMMU with nested translation translates twice. The device's space is the second stage,
 * which the kernel keeps: what is mapped there is pinned, and the only memory that the device can
 * reach. The first stage is a page table of the program's, from the device's addresses to
 * addresses of the space. A mapping in it is a store, and to take mappings away is a store for
 * each and one call of the kernel for a batch of them. So memory can be within a device's reach
 * for as long as one packet needs it.
 *
 * What a program does: maps its memory into the device's space, as ever, and some pages for the
 * tables as well; creates a **nested table** there; maps in it what the device needs from the
 * start, such as its rings; attaches it. From then on each address that the device uses is one of
 * the nested table. It is for requests without PASID.
 *
 * Needs an Arm SMMUv3 with both stages, and S2FWB or a firmware that says CANWBS; Linux 6.13 with
 * CONFIG_ARM_SMMU_V3_IOMMUFD; the iommufd backend; and a device that is alone in its IOMMU group. The
 * line of a refusal names what is missing. Nothing is emulated: where it is refused, use
 * rte_iommufd_space_map(). doc/nested.md has the formats, the kernel's objects, and what was
 * run: QEMU's SMMUv3 with a patched kernel, no hardware.
 *
 * rte_iommufd_nested_map(), rte_iommufd_nested_unmap() and rte_iommufd_nested_invalidate() of one
 * table are for one thread at a time, and take no lock. So is
 * rte_iommufd_nested_fault_read(), beside them. The others may be called from any thread,
 * while none uses the table. Those that end it are rte_iommufd_nested_destroy() and
 * rte_iommufd_device_close(): after the latter, calls return -ENODEV, and
 * rte_iommufd_nested_destroy() is still to be called. A device with a nested table can be neither detached
 * nor moved.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_compat.h>

#include "rte_iommufd.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A page table that the program owns. */
struct rte_iommufd_nested;

/** What the SMMU has refused, see rte_iommufd_nested_fault_read(). */
struct rte_iommufd_nested_fault {
	size_t size; /**< sizeof(struct rte_iommufd_nested_fault), set by the caller */
	/**
	 * The number of the SMMU's event record (IHI 0070, 7.3): 0x10 nothing is mapped,
	 * 0x13 it is mapped for reads and was written, 0x0a the context descriptor is wrong (the
	 * program has overwritten it), 0x11 and 0x12 a wrong table. 0: no fault, only lost
	 * counts.
	 */
	uint32_t number;
	bool write;    /**< the device wanted to write */
	uint64_t iova; /**< the device's address, in bytes */
	/** How many faults before this one were lost, because they were not read in time. */
	uint32_t lost;
};

/**
 * Create a nested table for a device: empty, but for the window of the device's interrupts, which it
 * maps to itself where the IOMMU translates them (type "msi" in the group's reserved_regions). The
 * device goes on with its space until rte_iommufd_nested_attach().
 *
 * Memory that is mapped in the space is entered once more by the kernel, into the second stage; nothing can be mapped
 * beyond that from now on (rte_iommufd_space_ranges()).
 *
 * @param device
 *   A device of this process, attached to a space, without another nested table.
 * @param iova
 *   Where the memory for the tables is mapped in that space, a multiple of 4096. It is memory of this
 *   process, contiguous, which stays mapped there and which nothing else writes to until the
 *   nested table is destroyed.
 * @param length
 *   Of that memory, in bytes, a multiple of 4096 and 3 * 4096 at least. The context descriptor and the first table take
 *   one page each. Each further table takes one: for each 512 GiB, 1 GiB and 2 MiB in which
 *   something is mapped, less where larger blocks fit.
 * @param[out] nested
 *   The nested table, which belongs to the caller.
 * @return
 *   0, or (kernel: iommufd_hwpt_alloc(), iommufd_viommu_alloc_ioctl(),
 *   iommufd_vdevice_alloc_ioctl(), iommufd_veventq_alloc())
 *   - -EOPNOTSUPP: hardware, firmware, kernel or backend lack a part of it; the line names it.
 *   - -EINVAL: iova or length are not as above, the device is attached to no space, or is
 *     borrowed (rte_iommufd_process_borrow()).
 *   - -ENOENT: the memory for the tables is not mapped in the space, or not contiguous in this process.
 *   - -EBUSY: the device has a nested table already, or one of its PASIDs is attached.
 *   - -EEXIST: the device has a vDEVICE of somebody who shares this /dev/iommu.
 *   - -EADDRINUSE: something is mapped in the space where the second stage does not reach, whose addresses
 *     have as many bits as the SMMU's output (SMMU_IDR5.OAS; iopt_table_add_domain()).
 *   - -ENOMEM: no memory here or in the kernel, or none for the tables of the interrupt window.
 *   - -EMFILE, -ENFILE: no descriptor for the queue of faults.
 *   - another negative errno of the kernel.
 */
__rte_experimental int rte_iommufd_nested_create(
	struct rte_iommufd_device *device, uint64_t iova, uint64_t length,
	struct rte_iommufd_nested **nested);

/**
 * Destroy a nested table: the device goes back to its space if it is attached. The memory for the tables
 * is the caller's again.
 *
 * @param nested
 *   NULL is allowed.
 */
__rte_experimental void rte_iommufd_nested_destroy(
	struct rte_iommufd_nested *nested);

/**
 * Translate the device's requests by the nested table, in place of its space's mappings. DMA in the
 * instant of the change may be refused: stop the device's DMA first, or have its addresses mapped equally
 * in both.
 *
 * @param nested
 *   The nested table; no error when it is attached already.
 * @return
 *   0, or (kernel: iommufd_device_replace(), arm_smmu_attach_dev_nested())
 *   - -EBUSY: a PASID of the device is attached, or the device is being reset.
 *   - -ENOENT: another device of its IOMMU group has no nested table.
 *   - -ENODEV: the device is closed.
 *   - another negative errno of VFIO_DEVICE_ATTACH_IOMMUFD_PT; the device stays where it is.
 */
__rte_experimental int rte_iommufd_nested_attach(
	struct rte_iommufd_nested *nested);

/**
 * Translate the device's requests by its space's mappings again, as before
 * rte_iommufd_nested_attach(). The nested table stays as it is.
 *
 * @param nested
 *   The nested table; no error when it is not attached.
 * @return
 *   0, or
 *   - -ENODEV: the device is closed.
 *   - another negative errno of VFIO_DEVICE_ATTACH_IOMMUFD_PT; the nested table stays attached.
 */
__rte_experimental int rte_iommufd_nested_detach(
	struct rte_iommufd_nested *nested);

/**
 * Map an interval of the device's addresses, by stores: 1 GiB or 2 MiB a store where both addresses are multiples of
 * that and no smaller entries were there before, else 4 KiB (DDI 0487, D8.3). A doorbell that is rung
 * after it, behind the barrier that drivers have there (rte_io_wmb()), finds it mapped. Failures are not logged.
 *
 * Where an address was unmapped and rte_iommufd_nested_invalidate() was not called since, it is called here
 * first, as the SMMU must not see another translation before (DDI 0487, break-before-make).
 *
 * @param nested
 *   The nested table.
 * @param iova
 *   The device's first address, a multiple of 4096, below 2^48.
 * @param target
 *   The address in the device's space that it leads to, a multiple of 4096. It is not checked: a request to
 *   what is not mapped in the space is refused by the second stage, and then the kernel logs it.
 * @param length
 *   In bytes, a multiple of 4096.
 * @param rights
 *   RTE_IOMMUFD_MAP_READ, with or without RTE_IOMMUFD_MAP_WRITE: the format has no entry for writes alone.
 * @return
 *   0, or, with nothing of it mapped,
 *   - -EINVAL: an address, length or rights that are not as above.
 *   - -EEXIST: something is mapped in the interval.
 *   - -ENOMEM: no page is left for another table.
 *   - -ENODEV: the device is closed.
 *   - any error of rte_iommufd_nested_invalidate().
 */
__rte_experimental int rte_iommufd_nested_map(struct rte_iommufd_nested *nested,
	uint64_t iova, uint64_t target, uint64_t length, uint32_t rights);

/**
 * Unmap an interval of the device's addresses, by stores alone. **The device may go on to reach the memory**, by what the SMMU has
 * cached, until rte_iommufd_nested_invalidate() has returned. Failures are not logged.
 *
 * @param nested
 *   The nested table.
 * @param iova
 *   The first address, where an entry begins.
 * @param length
 *   In bytes, up to where an entry ends. It can be what several calls have mapped, or a part of that: an entry is 4 KiB, or
 *   the block that rte_iommufd_nested_map() has chosen.
 * @return
 *   0, or, with all mapped as before,
 *   - -EINVAL: not multiples of 4096, beyond 2^48, or a block is in it only in part.
 *   - -ENOENT: something in it is not mapped.
 *   - -ENODEV: the device is closed.
 */
__rte_experimental int rte_iommufd_nested_unmap(
	struct rte_iommufd_nested *nested, uint64_t iova, uint64_t length);

/** For how many entries one invalidation has a command each; beyond that it is one command for all addresses. */
#define RTE_IOMMUFD_NESTED_BATCH 64

/**
 * Have the SMMU forget all that was unmapped since the last call, by one call of the kernel
 * (IOMMU_HWPT_INVALIDATE, arm_vsmmu_cache_invalidate()) with CMD_TLBI_NH_VA for each entry, or CMD_TLBI_NH_ASID
 * for more than RTE_IOMMUFD_NESTED_BATCH (IHI 0070, 4.4). When it has returned, the device reaches
 * none of it, and what it had written is in memory. Without anything to forget it does not enter the kernel.
 *
 * @param nested
 *   The nested table.
 * @return
 *   0, or
 *   - -ENODEV: the device is closed.
 *   - -EIO, -ENOMEM or another negative errno of IOMMU_HWPT_INVALIDATE; logged. What was unmapped counts as not
 *     invalidated.
 */
__rte_experimental int rte_iommufd_nested_invalidate(
	struct rte_iommufd_nested *nested);

/**
 * A descriptor that poll() finds readable when there are faults. It belongs to the nested table, and is for poll() alone.
 *
 * @param nested
 *   The nested table.
 * @return
 *   The descriptor, or
 *   - -EOPNOTSUPP: the kernel hands out no faults (before Linux 6.15); they are in its log.
 *   - -ENODEV: the device is closed.
 */
__rte_experimental int rte_iommufd_nested_fault_fd(
	const struct rte_iommufd_nested *nested);

/**
 * Read the oldest fault of the device in the nested table. The request has failed: nothing is to be answered. The SMMU may report
 * equal faults that follow each other as one (IHI 0070, 7.3, STE.MEV). Faults of the second stage are in the
 * kernel's log. Does not wait, and logs nothing.
 *
 * @param nested
 *   The nested table.
 * @param[in,out] fault
 *   Its size is set by the caller; the rest is filled when there is a fault.
 * @return
 *   1 when there was a fault, 0 when there is none, or
 *   - -EINVAL: a wrong size.
 *   - -EOPNOTSUPP: as rte_iommufd_nested_fault_fd().
 *   - -ENODEV: the device is closed.
 *   - another negative errno of read(2) (iommufd_veventq_fops_read()).
 */
__rte_experimental int rte_iommufd_nested_fault_read(
	struct rte_iommufd_nested *nested,
	struct rte_iommufd_nested_fault *fault);

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_NESTED_H */
