/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What programs and drivers map into a container by themselves, in either kind of process;
 * see containers.h.
 *
 * Must not know: EAL's own memory, which the library maps; devices.
 */

#include <errno.h>
#include <inttypes.h>

#include <rte_eal.h>
#include <rte_iommufd.h>

#include "bus_log.h"
#include "containers.h"
#include "registry.h"
#include "vfio_shim.h"

/* Not an error for vhost, which calls this to learn whether a device is there. */
static int
without_device(uint64_t iova, uint64_t length)
{
	BUS_LOG(DEBUG,
		"%#" PRIx64 " + %#" PRIx64
		" not mapped: no device is in the container",
		iova, length);
	return -ENODEV;
}

/*
 * Whether the primary process keeps what is mapped into the container: in a secondary one.
 * Its answer is waited for without the lock.
 */
static bool
is_kept_by_primary(int container_fd)
{
	return container_fd == VFIO_SHIM_DEFAULT_CONTAINER_FD &&
		rte_eal_process_type() == RTE_PROC_SECONDARY;
}

int
containers_map(int container_fd, uint64_t va, uint64_t iova, uint64_t length)
{
	struct container *container;
	int ret;

	/* For the devices that are borrowed. */
	if (is_kept_by_primary(container_fd) && containers_are_in_use())
		return rte_iommufd_process_map(
			(const void *)(uintptr_t)va, iova, length);
	ret = container_call_begin(container_fd, 1, &container);
	if (ret == -ENODEV)
		return without_device(iova, length);
	if (ret != 0)
		return ret;
	ret = rte_iommufd_space_map_counted(container->space,
		(const void *)(uintptr_t)va, iova, length,
		RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE);
	container_call_end(container);
	return ret;
}

int
containers_unmap(int container_fd, uint64_t va, uint64_t iova, uint64_t length)
{
	struct container *container;
	int ret;

	/* Also when the borrowed devices are closed. */
	if (is_kept_by_primary(container_fd))
		return rte_iommufd_process_unmap(
			(const void *)(uintptr_t)va, iova, length);
	ret = container_call_begin(container_fd, 0, &container);
	if (ret == -EINVAL)
		BUS_LOG(ERR,
			"cannot unmap %#" PRIx64 " + %#" PRIx64
			": it was not mapped by the program",
			iova, length);
	if (ret != 0)
		return ret;
	ret = rte_iommufd_space_unmap_counted(
		container->space, (const void *)(uintptr_t)va, iova, length);
	container_call_end(container);
	return ret;
}
