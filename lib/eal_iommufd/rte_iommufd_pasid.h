/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef RTE_IOMMUFD_PASID_H
#define RTE_IOMMUFD_PASID_H

/**
 * @file
 * Several address spaces on one device, distinguished by PASIDs.
 *
 * A PASID (process address space identifier) is a number that a device puts into the
 * requests of its DMA, say of one queue. The IOMMU translates each request by the
 * space that is attached to its PASID, and requests without a PASID by the space that
 * the device itself is attached to (rte_iommufd_device_attach()). The driver writes the
 * PASIDs that a device uses into the device's registers. PASIDs that are attached when
 * the device is closed are detached then; a device cannot be detached before its PASIDs.
 *
 * This needs a device with the PASID capability, an IOMMU that translates by PASID,
 * Linux 6.15, and the iommufd backend. A device without this is refused here; the kernel
 * itself would accept the call and do nothing.
 *
 * The functions may be called from any thread; none of them belongs on a packet path.
 */

#include <stdint.h>

#include <rte_compat.h>

#include "rte_iommufd.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Get a PASID of a device that is in use nowhere on it.
 *
 * @param device
 *   The device, opened by this process.
 * @param[out] pasid
 *   The lowest free one, from 1 on; PASID 0 stands for requests without one
 *   (IOMMU_NO_PASID).
 * @return
 *   0, or
 *   - -EOPNOTSUPP: no PASIDs with this device, IOMMU, kernel or backend; the log line
 *     names what is missing.
 *   - -ENOSPC: all are in use.
 *   - -ENOMEM: out of memory.
 *   - -EINVAL: the device is borrowed (rte_iommufd_process_borrow()).
 */
__rte_experimental int rte_iommufd_pasid_alloc(
	struct rte_iommufd_device *device, uint32_t *pasid);

/**
 * Give a PASID back.
 *
 * @param device
 *   The device.
 * @param pasid
 *   A PASID of rte_iommufd_pasid_alloc(), attached to nothing.
 * @return
 *   0, or
 *   - -EINVAL: it was not allocated, or the device is borrowed.
 *   - -EBUSY: a space is attached to it.
 */
__rte_experimental int rte_iommufd_pasid_free(
	struct rte_iommufd_device *device, uint32_t pasid);

/**
 * Attach a space to a PASID of a device: from now on the device's requests with this
 * PASID are translated by it. The device has to be attached to a space itself
 * (rte_iommufd_device_attach()), which can be an empty one.
 *
 * The interrupt window (on x86 0xfee00000 to 0xfeefffff) is not translated for requests
 * with a PASID either, and the kernel does not reserve it in such a space; the library
 * maps nothing there (-EINVAL), though rte_iommufd_space_ranges() may show it.
 *
 * Linux keeps PASIDs by IOMMU group: where two devices share one, a PASID that both use is
 * the same space for both.
 *
 * @param device
 *   The device.
 * @param pasid
 *   From rte_iommufd_pasid_alloc(), or a number of the caller's own below two to the
 *   power of rte_iommufd_hw_info.max_pasid_log2.
 * @param space
 *   A space of the same context. It can be attached to several PASIDs and devices. It
 *   must not be destroyed while it is.
 * @return
 *   0, or (kernel: iommufd_device_attach(), iommu_attach_device_pasid())
 *   - -EOPNOTSUPP: as for rte_iommufd_pasid_alloc().
 *   - -EINVAL: the PASID is 0 or too large, or the device is attached to no space, or is
 *     of another context.
 *   - -EINVAL also: the IOMMU does not fit the space, or another device of its IOMMU group
 *     has the PASID in another space.
 *   - -EBUSY: a space is attached to this PASID already; or the device was being reset, and
 *     two seconds later still was.
 *   - -EADDRINUSE: memory is mapped in the interrupt window, or where the IOMMU does not
 *     reach.
 *   - -ENODEV: the space takes page requests and the device or IOMMU cannot make them.
 *   - any error of rte_iommufd_device_attach().
 */
__rte_experimental int rte_iommufd_pasid_attach(
	struct rte_iommufd_device *device, uint32_t pasid,
	struct rte_iommufd_space *space);

/**
 * Attach another space to a PASID in place of the one that is attached to it.
 * Whether DMA goes on meanwhile is up to the driver of the IOMMU, as for
 * rte_iommufd_device_move().
 *
 * @param device
 *   The device.
 * @param pasid
 *   A PASID with a space.
 * @param space
 *   The space that takes its place.
 * @return
 *   0 (also when it is that one already), or
 *   - -ENOENT: no space is attached to the PASID.
 *   - -EBUSY: the PASID is from rte_iommufd_sva_bind().
 *   - any error of rte_iommufd_pasid_attach(); the old one stays attached.
 */
__rte_experimental int rte_iommufd_pasid_replace(
	struct rte_iommufd_device *device, uint32_t pasid,
	struct rte_iommufd_space *space);

/**
 * Take the space off a PASID: the device's requests with it are refused from now on.
 * The caller first stops the DMA that the device still does with it.
 *
 * @param device
 *   The device.
 * @param pasid
 *   The PASID; it stays allocated.
 * @return
 *   0, or
 *   - -ENOENT: no space is attached to it.
 *   - -EBUSY: the PASID is from rte_iommufd_sva_bind(): rte_iommufd_sva_unbind() ends it.
 *   - -EINVAL: the device is borrowed.
 *   - another negative errno of VFIO_DEVICE_DETACH_IOMMUFD_PT.
 */
__rte_experimental int rte_iommufd_pasid_detach(
	struct rte_iommufd_device *device, uint32_t pasid);

/**
 * The space that is attached to a PASID.
 *
 * @param device
 *   The device.
 * @param pasid
 *   The PASID.
 * @return
 *   The space, which belongs to its creator, or NULL.
 */
__rte_experimental struct rte_iommufd_space *rte_iommufd_pasid_space(
	struct rte_iommufd_device *device, uint32_t pasid);

#ifdef __cplusplus
}
#endif

#endif /* RTE_IOMMUFD_PASID_H */
