/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef VFIO_CALLS_H
#define VFIO_CALLS_H

/*
 * DPDK's functions for containers by one name each. From 26.11 on they are for drivers
 * alone, have other names, take a device instead of its group, and say EIO for all that the
 * kernel refuses: meson.build then defines DPDK_HAS_DEV_VFIO. Must not know: who calls them.
 */

#include <errno.h>
#include <stdbool.h>

#include <rte_vfio.h>

#define VFIO_CALLS_DEVICES "/sys/bus/pci/devices"

#ifdef DPDK_HAS_DEV_VFIO

#define vfio_get_container_fd dev_vfio_get_container_fd
#define vfio_container_create dev_vfio_container_create
#define vfio_container_destroy dev_vfio_container_destroy
#define vfio_container_dma_map dev_vfio_container_dma_map
#define vfio_container_dma_unmap dev_vfio_container_dma_unmap
#define VFIO_CALLS_NO_DEVICE EIO
#define VFIO_CALLS_NOT_MAPPED EIO

/* The device at this address will be opened in the container. */
static inline bool
vfio_container_take(int container, const char *address)
{
	return dev_vfio_container_assign_device(
		       container, VFIO_CALLS_DEVICES, address) == 0;
}

#else

#define vfio_get_container_fd rte_vfio_get_container_fd
#define vfio_container_create rte_vfio_container_create
#define vfio_container_destroy rte_vfio_container_destroy
#define vfio_container_dma_map rte_vfio_container_dma_map
#define vfio_container_dma_unmap rte_vfio_container_dma_unmap
#define VFIO_CALLS_NO_DEVICE ENODEV
#define VFIO_CALLS_NOT_MAPPED EINVAL

/* The device at this address will be opened in the container. */
static inline bool
vfio_container_take(int container, const char *address)
{
	int group;

	return rte_vfio_get_group_num(VFIO_CALLS_DEVICES, address, &group) ==
		1 &&
		rte_vfio_container_group_bind(container, group) >= 0;
}

#endif

#endif /* VFIO_CALLS_H */
