/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef CONTAINERS_H
#define CONTAINERS_H

/*
 * Containers, groups and devices as DPDK's VFIO functions name them, kept as address spaces and
 * devices of the library: the registry for both generations of these functions.
 *
 * The default container is the space of the process's context, follows EAL's
 * memory and begins with the first device; with ioas=per-device it has no devices
 * itself, but each has a space that mirrors it. A device whose driver has requested it
 * (rte_iommufd_device_request_empty()) has an empty space of its own, whatever the settings say; it is in
 * no container. A container made by a driver
 * (containers_create()) has a context of its own, so that it has a file
 * descriptor of its own, on which type1 ioctls act on it alone.
 *
 * IOMMUFD has no groups. Binding a group to a container only records the container for
 * devices of that group; the group fd that callers get is a stand-in.
 *
 * Functions return 0 or -errno; the failure is logged by the library or by them. They
 * take the registry lock by themselves. Lock order: EAL's memory hotplug lock, the
 * registry lock, the library's locks. So no function here takes EAL's lock while it holds
 * the registry lock.
 *
 * Must not know: rte_errno, DPDK's own functions, ioctls.
 */

#include <stdbool.h>
#include <stdint.h>

struct vfio_device_info;

/*
 * Opens the device, puts it into its container, and gives its fd.
 * In a secondary process the device and its container belong to the primary process; what
 * this process maps there is unmapped when it ends. -ENODEV: VFIO does not manage it;
 * -EOPNOTSUPP: DPDK's own code shall do it (the settings or the machine say so, or the
 * primary process uses it); no other failure returns it.
 */
int containers_open_device(const char *path, int group, const uint8_t *vf_token,
	int *fd, struct vfio_device_info *info);
/*
 * The same, for this container and this one device: others of its group follow when they are
 * opened, since the kernel keeps a group together. -EEXIST, not logged: it is open there
 * already; -EBUSY: it, or another of its group, is open in another container; -EBADF: no
 * container.
 */
int containers_assign_device(
	int container_fd, const char *path, int group, const uint8_t *vf_token);
/* The fd of an open device. -ENODEV, not logged: it is not open. */
int containers_find_device(const char *path, int *fd);
/* -ENODEV when no such device is open; its fd is not touched then. */
int containers_close_device(const char *path, int fd);
/* Closes all devices that are open in a container; for no container, none. */
void containers_close_devices(int container_fd);
/* Closes all devices, and ends all containers and the default one's space. */
void containers_close_all(void);
/* Whether a device is open, or a container that a driver made. */
bool containers_are_in_use(void);
/* The library's description of an open device. */
int containers_device_info(int fd, struct vfio_device_info *info);

/* Gives the fd of a new container. */
int containers_create(int *container_fd);
/*
 * The container ends with its last device. The default one cannot end: it stays, and 0 is
 * returned. -EBADF: no container.
 */
int containers_destroy(int container_fd);
bool containers_is_default(int container_fd);
/*
 * The fd of the default container, which is opened if need be. -EINVAL in a secondary process,
 * whose own container would have none of the primary's devices.
 */
int containers_default_fd(int *container_fd);

/* Returns a stand-in for the group's fd: the same one at each call for a group. */
int containers_bind_group(int container_fd, int group, int *group_fd);
int containers_unbind_group(int container_fd, int group);
/* The stand-in of a group that is bound; -EOPNOTSUPP for another. */
int containers_group_fd(int group, int *group_fd);
/* Call this when the caller has closed the stand-in, or is about to close it. */
int containers_forget_group_fd(int group_fd);

/*
 * -ENODEV, not logged, while no device is in the container, -EINVAL for what is not mapped,
 * -EOPNOTSUPP for a part of what was mapped by one call, -EBADF for no container.
 */
int containers_map(
	int container_fd, uint64_t va, uint64_t iova, uint64_t length);
int containers_unmap(
	int container_fd, uint64_t va, uint64_t iova, uint64_t length);

#endif /* CONTAINERS_H */
