/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MOCK_VFIO_H
#define MOCK_VFIO_H

/*
 * VFIO nodes for the kernel's mock devices, which have none: a few functions of
 * kernel/ have a stand-in here (by the linker's --wrap, see meson.build) that does
 * with the kernel's test operations what VFIO's ioctls do with a NIC. All else of the
 * library is as it is, and so is the kernel's IOMMUFD.
 *
 * Its IOMMU passes for one whose driver attaches page tables to PASIDs, as the mock's does.
 * A device that is attached to nothing is attached to an empty address space of its
 * own here, since a mock device always is attached.
 *
 * Must not know: what is tested.
 */

#include "mock.h"

struct rte_iommufd_device;

/* From here to the end there is a sysfs in a folder for temporary files. */
void mock_vfio_start(void);
void mock_vfio_end(void);

/*
 * A new device that can be opened: the path of its folder in that sysfs. It can use
 * PASIDs and make page requests.
 */
const char *mock_vfio_add(void);

/* What an open device is in the kernel; good until it is closed. */
struct mock_device *mock_vfio_device(const struct rte_iommufd_device *device);

/* The same for one of its PASIDs: what the kernel says is attached to it; handle 0: nothing. */
struct mock_device mock_vfio_pasid(
	const struct rte_iommufd_device *device, uint32_t pasid);

#endif /* MOCK_VFIO_H */
