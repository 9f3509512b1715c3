/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef VFIO_SHIM_H
#define VFIO_SHIM_H

/*
 * The rte_vfio_* functions, by which DPDK reaches VFIO: all of them exported by
 * librte_eal with signatures that did not change from 22.11 to 26.07. vfio_api.c
 * implements them; dpdk_vfio.c finds DPDK's own functions.
 *
 * They are declared here and not taken from rte_vfio.h, because a release may lack
 * one of them (22.11 has no rte_vfio_get_device_info) or all (26.11).
 *
 * In a static program the linker sends the calls here (--wrap), and the functions here
 * have the names that --wrap uses.
 */

#include <stdint.h>

struct vfio_device_info;

/* The value of RTE_VFIO_DEFAULT_CONTAINER_FD in rte_vfio.h. */
#define VFIO_SHIM_DEFAULT_CONTAINER_FD (-1)

/*
 * X(name, parameters): the functions, all of which return int. EAL probes devices by the
 * last two: probe.c logs the devices that no driver has taken.
 */
#define VFIO_SHIM_FUNCTIONS(X)                                                \
	X(rte_vfio_enable, (const char *module))                              \
	X(rte_vfio_is_enabled, (const char *module))                          \
	X(rte_vfio_noiommu_is_enabled, (void))                                \
	X(rte_vfio_setup_device,                                              \
		(const char *sysfs_base, const char *address, int *device_fd, \
			struct vfio_device_info *info))                       \
	X(rte_vfio_release_device,                                            \
		(const char *sysfs_base, const char *address, int device_fd)) \
	X(rte_vfio_get_device_info,                                           \
		(const char *sysfs_base, const char *address, int *device_fd, \
			struct vfio_device_info *info))                       \
	X(rte_vfio_get_group_num,                                             \
		(const char *sysfs_base, const char *address, int *group))    \
	X(rte_vfio_get_group_fd, (int group))                                 \
	X(rte_vfio_clear_group, (int group_fd))                               \
	X(rte_vfio_get_container_fd, (void))                                  \
	X(rte_vfio_container_create, (void))                                  \
	X(rte_vfio_container_destroy, (int container_fd))                     \
	X(rte_vfio_container_group_bind, (int container_fd, int group))       \
	X(rte_vfio_container_group_unbind, (int container_fd, int group))     \
	X(rte_vfio_container_dma_map,                                         \
		(int container_fd, uint64_t va, uint64_t iova,                \
			uint64_t length))                                     \
	X(rte_vfio_container_dma_unmap,                                       \
		(int container_fd, uint64_t va, uint64_t iova,                \
			uint64_t length))                                     \
	X(rte_bus_probe, (void))                                              \
	X(rte_dev_probe, (const char *devargs))

#ifdef VFIO_SHIM_BY_WRAP
#define VFIO_SHIM(name) __wrap_##name
#else
#define VFIO_SHIM(name) name
#endif

#define VFIO_SHIM_DECLARE(name, parameters) int VFIO_SHIM(name) parameters;
VFIO_SHIM_FUNCTIONS(VFIO_SHIM_DECLARE)
#undef VFIO_SHIM_DECLARE

#endif /* VFIO_SHIM_H */
