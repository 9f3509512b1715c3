/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REGISTRY_H
#define REGISTRY_H

/*
 * What the bus plugin records of containers, groups and devices, and the lock of these
 * records: for the files behind containers.h only.
 *
 * Unless its comment says otherwise, a function here is called with the registry lock held.
 *
 * Must not know: the functions by which DPDK reaches VFIO.
 */

#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

#include <rte_iommufd.h>

struct container {
	TAILQ_ENTRY(container) next;
	int fd; /* the number that callers use for it */
	struct rte_iommufd_context *context;
	struct rte_iommufd_space *space; /* NULL: none needed so far */
	unsigned int devices;
	unsigned int calls; /* that map or unmap at this moment */
	bool ending;	    /* destroyed by its owner, but still in use */
};

/* A group that a caller has bound, and the container for the group's devices. */
struct group {
	TAILQ_ENTRY(group) next;
	struct container *container;
	int number;
	int fd;
};

struct open_device {
	TAILQ_ENTRY(open_device) next;
	struct container *container; /* NULL: the primary process manages it */
	struct rte_iommufd_device *device;
	/* With ioas=per-device: its own, or its IOMMU group's, which mirrors the
	 * container's; where its driver has requested it, an empty one; else NULL.
	 */
	struct rte_iommufd_space *own_space;
	bool is_empty; /* own_space has nothing mapped by the bus */
	int group;
	int fd;
	char path[];
};

/* The space of a closed device, into which the program has moved another device. */
struct kept_space {
	TAILQ_ENTRY(kept_space) next;
	struct rte_iommufd_space *space;
};

/* All containers, groups and devices that are open; its lock guards all of it. */
struct registry {
	pthread_mutex_t lock;	   /* the registry lock */
	struct container standard; /* the default container */
	TAILQ_HEAD(, container) custom;
	TAILQ_HEAD(, group) groups;
	TAILQ_HEAD(, open_device) devices;
	TAILQ_HEAD(, kept_space) kept_spaces;
};

extern struct registry containers_registry;

/* --- registry.c: what is recorded -------------------------------------------------- */

/* By VFIO_SHIM_DEFAULT_CONTAINER_FD or the fd that containers_*() gave out; else NULL. */
struct container *registry_container(int fd);
/* The same; logs an error where there is none. */
struct container *registry_require_container(int fd);
/* NULL for a group that no caller has bound. */
struct group *registry_group(int number);
struct open_device *registry_device(int fd);
struct open_device *registry_device_at(const char *path);
/*
 * The container into which a device of this group is to be opened: that of its group, where a
 * caller has bound it, or of another device of its group, or the default one.
 */
struct container *registry_container_of_group(int number);

/* --- containers.c -------------------------------------------------------------------- */

/* 0, or an error of the library. */
int container_require_context(struct container *container);
int container_require_space(struct container *container);
/* Ends a container that its owner has destroyed, after its last device and its last call. */
void container_end_if_unused(struct container *container);
/* Its owner does not use it any more. */
void container_end(struct container *container);
/* Whether each of its devices has a space of its own (ioas=per-device). */
bool container_is_apart(const struct container *container);
/*
 * Keeps the container and its space until container_call_end(), without the registry lock,
 * which both take by themselves. -ENODEV: it has fewer devices than the least number;
 * -EINVAL: no space was needed so far; -EBADF: no container, logged.
 */
int container_call_begin(int container_fd, unsigned int least_devices,
	struct container **container);
void container_call_end(struct container *container);

/* --- groups.c ------------------------------------------------------------------------ */

/* Forgets the groups that are bound to a container. */
void groups_end_of(const struct container *container);

/* --- own_spaces.c: devices that are not in their container's space --------------------- */

/* Whether the device's driver has requested an empty space, and it can have one. */
bool own_space_is_to_be_empty(const struct open_device *made);
/* Whether a space of its own is to be made for the device. */
bool own_space_is_wanted(
	const struct open_device *made, const struct container *container);
/* Gives the device its own space: its group's, or a new one. */
int own_space_require(struct open_device *made, struct container *container);
/* Ends the device's own space, unless another device is in it. */
void own_space_release(struct open_device *device);

#endif /* REGISTRY_H */
