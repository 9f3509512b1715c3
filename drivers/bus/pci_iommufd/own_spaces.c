/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Spaces of devices that are not in their container's own space: with ioas=per-device, or
 * where a driver has requested an empty one; and spaces that outlive their device, because
 * the program has moved another device there. See registry.h.
 *
 * Must not know: containers' descriptors, groups that are bound.
 */

#include <stdlib.h>

#include <rte_iommufd.h>
#include <rte_iommufd_internal.h>

#include "bus_log.h"
#include "registry.h"

/* Devices of one group are not kept apart by the IOMMU, so they share a space. */
static struct rte_iommufd_space *
own_space_of_group(const struct open_device *made)
{
	const struct open_device *other;

	TAILQ_FOREACH(other, &containers_registry.devices, next)
		if (other->own_space != NULL && other->group >= 0 &&
			other->group == made->group)
			return other->own_space;
	return NULL;
}

int
own_space_require(struct open_device *made, struct container *container)
{
	made->own_space = own_space_of_group(made);
	if (made->own_space != NULL)
		return 0;
	return rte_iommufd_space_create(container->context, &made->own_space);
}

/* Also true when another device of its group has an empty space of its own. */
bool
own_space_is_wanted(
	const struct open_device *made, const struct container *container)
{
	return made->is_empty || container_is_apart(container) ||
		(container == &containers_registry.standard &&
			own_space_of_group(made) != NULL);
}

/*
 * A request holds only for a device without others in its group: devices of one group
 * share a space.
 */
bool
own_space_is_to_be_empty(const struct open_device *made)
{
	const struct open_device *other;

	if (!rte_iommufd_device_wants_empty(made->path))
		return false;
	TAILQ_FOREACH(other, &containers_registry.devices, next)
		if (other->group >= 0 && other->group == made->group)
			return false;
	return true;
}

/* Used by a device that owns it, or by one that the program has moved there. */
static bool
is_in_use(const struct rte_iommufd_space *space)
{
	struct open_device *device;

	TAILQ_FOREACH(device, &containers_registry.devices, next)
		if (device->own_space == space ||
			rte_iommufd_device_space(device->device) == space)
			return true;
	return false;
}

static void
keep_space(struct rte_iommufd_space *space)
{
	struct kept_space *kept = calloc(1, sizeof(*kept));

	if (kept == NULL) {
		BUS_LOG(ERR,
			"no memory to end an address space later: it stays to the end of the process");
		return;
	}
	kept->space = space;
	TAILQ_INSERT_TAIL(&containers_registry.kept_spaces, kept, next);
}

static void
release_kept_spaces(void)
{
	struct kept_space *kept, *following;

	for (kept = TAILQ_FIRST(&containers_registry.kept_spaces); kept != NULL;
		kept = following) {
		following = TAILQ_NEXT(kept, next);
		if (is_in_use(kept->space))
			continue;
		TAILQ_REMOVE(&containers_registry.kept_spaces, kept, next);
		rte_iommufd_space_destroy(kept->space);
		free(kept);
	}
}

void
own_space_release(struct open_device *device)
{
	struct open_device *other;

	if (device->own_space == NULL)
		return;
	TAILQ_FOREACH(other, &containers_registry.devices, next)
		if (other->own_space == device->own_space)
			return;
	if (is_in_use(device->own_space))
		keep_space(device->own_space);
	else
		rte_iommufd_space_destroy(device->own_space);
	release_kept_spaces();
}
