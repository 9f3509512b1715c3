/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef VFIO_CORE_H
#define VFIO_CORE_H

/*
 * What both generations of DPDK's VFIO functions have in common: whether VFIO is used in this
 * process, whether DPDK's own code does the work, and how a device is opened.
 *
 * Functions return 0 or -errno; the failure is logged. They are called while EAL starts and
 * probes, by one thread.
 *
 * Must not know: the functions by which DPDK reaches VFIO, nor what these return; IOMMUFD, ioctls.
 */

#include <stdbool.h>

struct dpdk_vfio;
struct vfio_device_info;

/* DPDK's own code has taken over: the call is to be passed on to it. */
#define VFIO_CORE_HANDED_OVER 1

/*
 * DPDK's own functions, once DPDK's own code does the work in this process; else NULL. Every
 * call is passed on to it unchanged.
 */
const struct dpdk_vfio *vfio_core_stock(void);

/*
 * EAL starts VFIO: all plugins are loaded, and no device is probed. Also called again. Returns 0
 * also when VFIO cannot be used: a program without VFIO devices must be able to start. Fails only
 * when DPDK's own code is to do the work, and cannot.
 */
int vfio_core_enable(void);
/*
 * The same where EAL has started DPDK's own code by a direct call. 22.11's PCI bus only asks whether
 * VFIO is enabled, and does not enable it as that of later releases does. The failure is logged.
 */
void vfio_core_enable_late(void);
/* Whether VFIO can be used: EAL has started it, and the kernel has it. */
bool vfio_core_is_enabled(void);
/* "vfio_pci" or "vfio-pci" */
bool vfio_core_is_module_loaded(const char *name);
/* EAL's memory is there, and DPDK's own code would map it now; called before the hand-over. */
void vfio_core_memory_is_there(void);
/*
 * Whether devices are to be used by physical addresses: the kernel's unsafe switch is on, and
 * there is a device without an IOMMU. DPDK's own code checks only the switch, which may be on
 * although the machine has an IOMMU. Does not need VFIO to be enabled.
 */
bool vfio_core_is_noiommu(void);

/* The settings are not understood, which is logged: no device is opened. */
bool vfio_core_is_broken(void);

/*
 * The result of a containers_*() function, where -EOPNOTSUPP means that DPDK's own code is to do
 * the work of this process: then that is started, and VFIO_CORE_HANDED_OVER or its error returned.
 */
int vfio_core_settle(int result);

/* -ENODEV, not logged: the device has no group. */
int vfio_core_find_group(
	const char *sysfs_base, const char *address, int *group);
/*
 * Opens the device into its container; or into this one, from which its fd is to be asked for
 * (containers_find_device()). -ENODEV: VFIO does not manage it; VFIO_CORE_HANDED_OVER: see above;
 * -EINVAL: see vfio_core_is_broken(), or an error of containers_open_device(); and those of
 * containers_assign_device().
 */
int vfio_core_open_device(const char *sysfs_base, const char *address,
	int *device_fd, struct vfio_device_info *info);
int vfio_core_assign_device(
	int container_fd, const char *sysfs_base, const char *address);

#endif /* VFIO_CORE_H */
