/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Calls DPDK 26.11's VFIO functions; see dev_caller.h. Built with a table of addresses that is
 * read-only after start (-z now) and with one that is not (-z lazy).
 */

#include "dev_caller.h"

/* X(type, name, parameters, arguments) */
#define CALLS(X)                                                              \
	X(int, dev_vfio_enable, (void), ())                                   \
	X(int, dev_vfio_init_mem, (void), ())                                 \
	X(void, dev_vfio_cleanup, (void), ())                                 \
	X(int, dev_vfio_is_enabled, (void), ())                               \
	X(int, dev_vfio_module_is_loaded, (int module), (module))             \
	X(int, dev_vfio_get_mode, (void), ())                                 \
	X(int, dev_vfio_get_iova_mode, (void), ())                            \
	X(int, dev_vfio_setup_device,                                         \
		(const char *base, const char *address, int *fd),             \
		(base, address, fd))                                          \
	X(int, dev_vfio_release_device,                                       \
		(const char *base, const char *address, int fd),              \
		(base, address, fd))                                          \
	X(int, dev_vfio_get_device_info,                                      \
		(int fd, struct vfio_device_info *info), (fd, info))          \
	X(int, dev_vfio_get_group_num,                                        \
		(const char *base, const char *address, int *group),          \
		(base, address, group))                                       \
	X(int, dev_vfio_get_device_num,                                       \
		(const char *base, const char *address, int *number),         \
		(base, address, number))                                      \
	X(int, dev_vfio_get_container_fd, (void), ())                         \
	X(int, dev_vfio_container_create, (void), ())                         \
	X(int, dev_vfio_container_destroy, (int container), (container))      \
	X(int, dev_vfio_container_assign_device,                              \
		(int container, const char *base, const char *address),       \
		(container, base, address))                                   \
	X(int, dev_vfio_container_dma_map,                                    \
		(int container, uint64_t va, uint64_t iova, uint64_t length), \
		(container, va, iova, length))                                \
	X(int, dev_vfio_container_dma_unmap,                                  \
		(int container, uint64_t va, uint64_t iova, uint64_t length), \
		(container, va, iova, length))                                \
	X(int, rte_bus_probe, (void), ())                                     \
	X(int, rte_dev_probe, (const char *devargs), (devargs))

/* The attribute keeps the compiler from putting the function's address in the table. */
#define CALL_DEFINE(type, name, parameters, arguments)               \
	static type __attribute__((noinline)) call_##name parameters \
	{                                                            \
		return name arguments;                               \
	}
CALLS(CALL_DEFINE)

#define CALL_ENTRY(type, name, parameters, arguments) .name = call_##name,
const struct dev_caller dev_caller_calls = { CALLS(CALL_ENTRY) };

#define TABLE_ENTRY(type, name, parameters, arguments) .name = name,
struct dev_caller dev_caller_table = { CALLS(TABLE_ENTRY) };
