/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef TYPE1_GROUP_H
#define TYPE1_GROUP_H

/*
 * IOMMU groups, opened as /dev/vfio/GROUP: one file for all devices of the group that this
 * process has opened.
 *
 * All of it is guarded by the context's lock. What becomes of a container when a group enters
 * or leaves it is in type1_container.c. Must not know: containers' page tables, mappings, EAL.
 */

#include <stdbool.h>
#include <sys/queue.h>

#include "backend/objects.h"

struct group {
	TAILQ_ENTRY(group) next;
	int number;
	int fd;
	unsigned int opened;   /* devices of this process */
	unsigned int attached; /* of these, how many have their own file open */
	/* The group is in a container; assumed when the kernel refused to take it out.
	 */
	bool in_container;
	struct rte_iommufd_space *
		space; /* owner of the container; NULL: none, or one that has ended */
};

/* The device's group, opened if it is not yet. 0, or -errno and why. */
int group_get(struct rte_iommufd_device *device, struct explanation *why);

/* Whether the device was the last; then the caller ends it, by group_end(). */
bool group_put(struct rte_iommufd_device *device);

/* Closes it. In the kernel it ends when the files of its devices have ended as well. */
void group_end(struct group *group);

/*
 * Opens the device's own file, which the kernel opens while the group is in a container
 * with an IOMMU. 0 or -errno, logged.
 */
int group_open_device(struct rte_iommufd_device *device);

/*
 * Whether the group would give out the device, while it is in that container: it is opened only
 * where a VF token can be wrong, because to open it resets it. 0, or -errno and why.
 */
int group_try_device(const struct rte_iommufd_device *device, int container_fd,
	struct explanation *why);

void group_close_device(struct rte_iommufd_device *device);

/* Whether devices of this process are attached to the space. */
bool group_any_attached(const struct rte_iommufd_space *space);

#endif /* TYPE1_GROUP_H */
