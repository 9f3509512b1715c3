/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The state of a container's page table; see type1_container.h.
 *
 * A page table can outlive this process's devices for three reasons:
 *  - the kernel refuses to take a group out while a file of one of its devices is open, in a
 *    secondary process for example (vfio_group_ioctl_unset_container());
 *  - a group whose file is closed stays in until the last of these device files has ended: a
 *    child of fork() has them, and so has each mapping of a device's registers, which DPDK's
 *    PCI bus keeps until it has released the device (vfio_device_fops_release());
 *  - the container is IOMMUFD's, where the page table belongs to the container alone
 *    (iommufd_vfio_compat_ioas_create()).
 * In the second case the kernel does not report when the page table ends. So before each
 * use a call of the kernel checks whether the page table is there, and the reason is not
 * stored. The check also prevents calls on a page table that is just ending, which the
 * kernel does not prevent: kernel_container_has_iommu().
 */

#include <errno.h>
#include <inttypes.h>

#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/dirty.h"
#include "backend/type1_container.h"
#include "backend/type1_group.h"
#include "explain/explain.h"
#include "kernel/kernel.h"
#include "util/log.h"
#include "util/progress.h"

static void
lock_space(struct rte_iommufd_space *space, struct locked_range *locked)
{
	range_lock_acquire(&space->range_lock, locked, 0, UINT64_MAX);
}

static void
unlock_space(struct rte_iommufd_space *space, struct locked_range *locked)
{
	range_lock_release(&space->range_lock, locked);
}

static void
container_lose_locked(struct rte_iommufd_space *space)
{
	dirty_keep_unread(space);
	space->state = SPACE_EMPTY;
}

/* Updates the state after a group has left, or should have left. */
static void
container_settle_locked(struct rte_iommufd_space *space)
{
	if (space->state == SPACE_EMPTY || group_any_attached(space))
		return;
	if (kernel_container_has_iommu(space->container_fd))
		space->state = SPACE_HELD;
	else
		container_lose_locked(space);
}

/*
 * Whether the kernel has no page table. Checked before each call while the state is
 * SPACE_HELD, and after a call that failed.
 */
static bool
container_has_gone_locked(struct rte_iommufd_space *space)
{
	if (space->state == SPACE_HELD &&
		!kernel_container_has_iommu(space->container_fd))
		container_lose_locked(space);
	return space->state == SPACE_EMPTY;
}

int
container_open(struct rte_iommufd_space *space)
{
	struct explanation why;
	int fd = kernel_open("/dev/vfio/vfio");

	if (fd < 0) {
		IOMMUFD_LOG(ERR, "%s", explain_container_node(&why, fd));
		return fd;
	}
	space->container_fd = fd;
	space->state = SPACE_EMPTY;
	return 0;
}

/* How much of the record stays mapped. */
struct emptying {
	struct rte_iommufd_space *space;
	uint64_t left; /* in bytes */
};

static int
container_unmap_one(const struct mapping *mapping, void *argument)
{
	struct emptying *emptying = argument;
	struct rte_iommufd_space *space = emptying->space;
	uint64_t unmapped = 0;

	space->context->backend->unmap(
		space, mapping->iova, mapping->length, &unmapped);
	/* Of the others it is not known how much was mapped. */
	if (mapping_is_entered_here(mapping) && unmapped < mapping->length)
		emptying->left += mapping->length - unmapped;
	return 0;
}

/* The kernel would keep it for as long as it keeps the container. */
static void
container_empty_locked(struct rte_iommufd_space *space)
{
	struct emptying emptying = { .space = space };

	iova_map_walk(&space->map, container_unmap_one, &emptying);
	if (emptying.left > 0)
		IOMMUFD_LOG(ERR,
			"%" PRIu64
			" bytes of an address space that has ended stay mapped: end the other processes that use its devices before this memory is used again",
			emptying.left);
}

void
container_close(struct rte_iommufd_space *space)
{
	struct locked_range locked;
	struct group *group;

	lock_space(space, &locked);
	container_settle_locked(space);
	if (space->state == SPACE_HELD)
		container_empty_locked(space);
	unlock_space(space, &locked);
	TAILQ_FOREACH(group, &space->context->groups, next)
		if (group->space == space)
			group->space = NULL;
	kernel_close(space->container_fd);
}

/* The group's container is locked, where its space is still there. */
static int
container_leave_locked(struct group *group)
{
	int ret = kernel_group_unset_container(group->fd);

	if (ret != 0)
		return ret;
	group->in_container = false;
	group->space = NULL;
	return 0;
}

int
container_leave(struct group *group)
{
	struct rte_iommufd_space *space = group->space;
	struct locked_range locked;
	int ret;

	if (space == NULL)
		return container_leave_locked(group);
	lock_space(space, &locked);
	ret = container_leave_locked(group);
	container_settle_locked(space);
	unlock_space(space, &locked);
	return ret;
}

void
container_end_group(struct group *group)
{
	struct rte_iommufd_space *space = group->space;
	struct locked_range locked;

	if (space == NULL) {
		group_end(group);
		return;
	}
	lock_space(space, &locked);
	group_end(group);
	container_settle_locked(space);
	unlock_space(space, &locked);
}

/*
 * The type is set once, and again when the container has lost it; a container that has
 * one returns -EINVAL (vfio_ioctl_set_iommu()). With the group in the container it cannot
 * be lost between these calls and what follows.
 */
static int
container_set_iommu_locked(struct rte_iommufd_space *space, int iommu_type)
{
	int ret;

	if (space->state == SPACE_LIVE)
		return 0;
	if (space->state == SPACE_HELD && !container_has_gone_locked(space))
		return 0;
	ret = kernel_container_set_iommu(space->container_fd, iommu_type);
	if (ret == -EINVAL && kernel_container_has_iommu(space->container_fd))
		return 0;
	return ret;
}

static int
container_enter_locked(
	struct rte_iommufd_space *space, struct group *group, int iommu_type)
{
	int ret;

	if (!group->in_container) {
		ret = kernel_group_set_container(
			group->fd, space->container_fd);
		if (ret != 0)
			return ret;
		group->in_container = true;
		group->space = space;
	}
	ret = container_set_iommu_locked(space, iommu_type);
	if (ret == 0)
		return 0;
	container_leave_locked(group);
	container_settle_locked(space);
	return ret;
}

int
container_enter(
	struct rte_iommufd_space *space, struct group *group, int iommu_type)
{
	struct locked_range locked;
	int ret;

	/* The process that kept it there may have ended. */
	if (group->in_container && group->space != space &&
		container_leave(group) != 0)
		return -EXDEV;
	lock_space(space, &locked);
	ret = container_enter_locked(space, group, iommu_type);
	unlock_space(space, &locked);
	return ret;
}

/* The state of a walk over the record that enters the mappings one by one. */
struct filling {
	struct rte_iommufd_space *space;
	const struct mapping *refused; /* NULL: none yet */
	uint64_t maps, unmaps;	       /* calls */
	struct progress progress;
};

static int
container_enter_one(const struct mapping *mapping, void *argument)
{
	struct filling *filling = argument;
	struct rte_iommufd_space *space = filling->space;
	int ret;

	if (!mapping_is_entered_here(mapping))
		return 0;
	ret = space->context->backend->map(space, mapping);
	filling->maps++;
	if (ret != 0)
		filling->refused = mapping;
	progress_add(&filling->progress, mapping->length);
	return ret;
}

static int
container_take_back_one(const struct mapping *mapping, void *argument)
{
	struct filling *filling = argument;
	struct rte_iommufd_space *space = filling->space;
	uint64_t unmapped = 0;

	if (mapping == filling->refused)
		return 1;
	if (!mapping_is_entered_here(mapping))
		return 0;
	space->context->backend->unmap(
		space, mapping->iova, mapping->length, &unmapped);
	filling->unmaps++;
	return 0;
}

/* Who reads the statistics holds no range. */
static void
count_filling(struct rte_iommufd_space *space, const struct filling *filling)
{
	pthread_mutex_lock(&space->map_lock);
	space->stats.map_calls += filling->maps;
	space->stats.unmap_calls += filling->unmaps;
	space->stats.failed_calls += filling->refused != NULL;
	pthread_mutex_unlock(&space->map_lock);
}

/* Nobody but the process itself can enter it again. */
static void
forget_of_secondaries_locked(struct rte_iommufd_space *space)
{
	uint64_t bytes;

	pthread_mutex_lock(&space->map_lock);
	bytes = iova_map_remove_all_reserved(&space->map);
	pthread_mutex_unlock(&space->map_lock);
	if (bytes > 0)
		IOMMUFD_LOG(WARNING,
			"%" PRIu64
			" bytes that a secondary process had mapped are not mapped any more, because the last device had left the address space: let the process unmap and map them again",
			bytes);
}

static int
container_fill_locked(struct rte_iommufd_space *space)
{
	struct filling filling = { .space = space };
	struct explanation why;
	int ret;

	if (space->state != SPACE_EMPTY) {
		space->state = SPACE_LIVE;
		return 0;
	}
	space->state = SPACE_LIVE;
	ret = dirty_resume(space);
	if (ret != 0) {
		IOMMUFD_LOG(ERR,
			"in address space %u the kernel does not record the writes of a new device: %s; call rte_iommufd_space_dirty_stop() before it is attached",
			space->number, rte_strerror(-ret));
		space->state = SPACE_EMPTY;
		return ret;
	}
	forget_of_secondaries_locked(space);
	progress_start(&filling.progress, "mapping memory for devices",
		space->map.bytes);
	ret = iova_map_walk(&space->map, container_enter_one, &filling);
	if (ret == 0) {
		count_filling(space, &filling);
		return 0;
	}
	IOMMUFD_LOG(ERR, "%s",
		explain_map(&why, filling.refused, space->ranges,
			space->range_count, backend_charge(space->context),
			ret));
	/* The group may not be able to leave, and then the kernel keeps the page table. */
	iova_map_walk(&space->map, container_take_back_one, &filling);
	count_filling(space, &filling);
	space->state = SPACE_EMPTY;
	return ret;
}

int
container_fill(struct rte_iommufd_space *space)
{
	struct locked_range locked;
	int ret;

	lock_space(space, &locked);
	ret = container_fill_locked(space);
	unlock_space(space, &locked);
	return ret;
}

int
container_map(struct rte_iommufd_space *space, const struct mapping *mapping)
{
	int ret;

	if (container_has_gone_locked(space))
		return 0;
	ret = kernel_type1_map(space->container_fd, mapping->va, mapping->iova,
		mapping->length, mapping->rights);
	return ret != 0 && container_has_gone_locked(space) ? 0 : ret;
}

int
container_unmap(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	uint64_t *unmapped)
{
	int ret;

	*unmapped = length;
	if (container_has_gone_locked(space))
		return 0;
	ret = kernel_type1_unmap(space->container_fd, iova, length, unmapped);
	if (ret == 0 || !container_has_gone_locked(space))
		return ret;
	*unmapped = length;
	return 0;
}

int
container_ranges(struct rte_iommufd_space *space,
	struct rte_iommufd_range *ranges, uint32_t *count)
{
	const int fd = space->container_fd;
	int ret;

	/* The space's state cannot be read here. Without an IOMMU there is nothing to ask. */
	if (!kernel_container_has_iommu(fd))
		return -EOPNOTSUPP;
	ret = kernel_container_ranges(fd, ranges, count);
	if (ret != 0 && ret != -EMSGSIZE && !kernel_container_has_iommu(fd))
		return -EOPNOTSUPP;
	return ret;
}
