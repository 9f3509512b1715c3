/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef VFIO_SHIM_H
#define VFIO_SHIM_H

/*
 * The functions by which DPDK reaches VFIO, all of them exported by librte_eal. There are two
 * generations, and a librte_eal has one of them:
 *
 *  - DPDK 22.11 to 26.07: rte_vfio_*, whose signatures did not change (vfio_api.c);
 *  - DPDK 26.11: dev_vfio_*, internal functions (dev_vfio_api.c).
 *
 * dpdk_vfio.c finds DPDK's own functions, and so which generation it is.
 *
 * They are declared here and not taken from DPDK's headers, because one build serves both
 * generations, and because a release may lack one of the first (22.11 has no
 * rte_vfio_get_device_info).
 *
 * In a static program the linker sends the calls here (--wrap), and the functions here
 * have the names that --wrap uses.
 */

#include <stdint.h>

struct vfio_device_info;

/* The value of RTE_VFIO_DEFAULT_CONTAINER_FD, and of DEV_VFIO_DEFAULT_CONTAINER_FD. */
#define VFIO_SHIM_DEFAULT_CONTAINER_FD (-1)

/* X(type, name, parameters) */
#define VFIO_SHIM_FUNCTIONS(X)                                                 \
	X(int, rte_vfio_enable, (const char *module))                          \
	X(int, rte_vfio_is_enabled, (const char *module))                      \
	X(int, rte_vfio_noiommu_is_enabled, (void))                            \
	X(int, rte_vfio_setup_device,                                          \
		(const char *sysfs_base, const char *address, int *device_fd,  \
			struct vfio_device_info *info))                        \
	X(int, rte_vfio_release_device,                                        \
		(const char *sysfs_base, const char *address, int device_fd))  \
	X(int, rte_vfio_get_device_info,                                       \
		(const char *sysfs_base, const char *address, int *device_fd,  \
			struct vfio_device_info *info))                        \
	X(int, rte_vfio_get_group_num,                                         \
		(const char *sysfs_base, const char *address, int *group))     \
	X(int, rte_vfio_get_group_fd, (int group))                             \
	X(int, rte_vfio_clear_group, (int group_fd))                           \
	X(int, rte_vfio_get_container_fd, (void))                              \
	X(int, rte_vfio_container_create, (void))                              \
	X(int, rte_vfio_container_destroy, (int container_fd))                 \
	X(int, rte_vfio_container_group_bind, (int container_fd, int group))   \
	X(int, rte_vfio_container_group_unbind, (int container_fd, int group)) \
	X(int, rte_vfio_container_dma_map,                                     \
		(int container_fd, uint64_t va, uint64_t iova,                 \
			uint64_t length))                                      \
	X(int, rte_vfio_container_dma_unmap,                                   \
		(int container_fd, uint64_t va, uint64_t iova,                 \
			uint64_t length))

/* The same; int stands for the enums of dev_vfio.h. */
#define DEV_VFIO_SHIM_FUNCTIONS(X)                                             \
	X(int, dev_vfio_enable, (void))                                        \
	X(int, dev_vfio_init_mem, (void))                                      \
	X(void, dev_vfio_cleanup, (void))                                      \
	X(int, dev_vfio_is_enabled, (void))                                    \
	X(int, dev_vfio_module_is_loaded, (int module))                        \
	X(int, dev_vfio_get_mode, (void))                                      \
	X(int, dev_vfio_get_iova_mode, (void))                                 \
	X(int, dev_vfio_setup_device,                                          \
		(const char *sysfs_base, const char *address, int *device_fd)) \
	X(int, dev_vfio_release_device,                                        \
		(const char *sysfs_base, const char *address, int device_fd))  \
	X(int, dev_vfio_get_device_info,                                       \
		(int device_fd, struct vfio_device_info *info))                \
	X(int, dev_vfio_get_group_num,                                         \
		(const char *sysfs_base, const char *address, int *group))     \
	X(int, dev_vfio_get_device_num,                                        \
		(const char *sysfs_base, const char *address, int *number))    \
	X(int, dev_vfio_get_container_fd, (void))                              \
	X(int, dev_vfio_container_create, (void))                              \
	X(int, dev_vfio_container_destroy, (int container_fd))                 \
	X(int, dev_vfio_container_assign_device,                               \
		(int container_fd, const char *sysfs_base,                     \
			const char *address))                                  \
	X(int, dev_vfio_container_dma_map,                                     \
		(int container_fd, uint64_t va, uint64_t iova,                 \
			uint64_t length))                                      \
	X(int, dev_vfio_container_dma_unmap,                                   \
		(int container_fd, uint64_t va, uint64_t iova,                 \
			uint64_t length))

/*
 * The same: what EAL probes devices with, in both generations. probe.c logs the devices that no
 * driver has taken.
 */
#define PROBE_SHIM_FUNCTIONS(X)       \
	X(int, rte_bus_probe, (void)) \
	X(int, rte_dev_probe, (const char *devargs))

#ifdef VFIO_SHIM_BY_WRAP
#define VFIO_SHIM(name) __wrap_##name
#else
#define VFIO_SHIM(name) name
#endif

#define VFIO_SHIM_DECLARE(type, name, parameters) \
	type VFIO_SHIM(name) parameters;
VFIO_SHIM_FUNCTIONS(VFIO_SHIM_DECLARE)
DEV_VFIO_SHIM_FUNCTIONS(VFIO_SHIM_DECLARE)
PROBE_SHIM_FUNCTIONS(VFIO_SHIM_DECLARE)
#undef VFIO_SHIM_DECLARE

#endif /* VFIO_SHIM_H */
