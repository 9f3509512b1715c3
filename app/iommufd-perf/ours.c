/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Our way: the library, through rte_iommufd.h alone. What the library logs is its
 * own line; nothing is added to it.
 *
 * Must not know: ioctls, or what is measured.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_iommufd.h>

#include "way.h"

#define RIGHTS (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

static struct rte_iommufd_context *
context_of(struct way_world *world)
{
	return (struct rte_iommufd_context *)world;
}

static struct rte_iommufd_space *
space_of(struct way_space *space)
{
	return (struct rte_iommufd_space *)space;
}

static struct rte_iommufd_device *
device_of(struct way_device *device)
{
	return (struct rte_iommufd_device *)device;
}

static int
result(int ret)
{
	return ret == 0 ? 0 : -1;
}

static int
ours_world_begin(const char *settings, struct way_world **world)
{
	struct rte_iommufd_context *context;
	char known[64];

	/* Until the library has the key threads. */
	snprintf(known, sizeof(known), "%.*s", (int)strcspn(settings, ","),
		settings);
	if (rte_iommufd_context_create(known, &context) != 0)
		return -1;
	*world = (struct way_world *)context;
	return 0;
}

static void
ours_world_end(struct way_world *world)
{
	rte_iommufd_context_destroy(context_of(world));
}

static int
ours_space_create(struct way_world *world, struct way_space **space)
{
	struct rte_iommufd_space *made;

	if (rte_iommufd_space_create(context_of(world), &made) != 0)
		return -1;
	*space = (struct way_space *)made;
	return 0;
}

static void
ours_space_destroy(struct way_space *space)
{
	rte_iommufd_space_destroy(space_of(space));
}

static int
ours_device_open(struct way_world *world, const char *address,
	struct way_device **device)
{
	struct rte_iommufd_device *opened;
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	ret = rte_iommufd_device_open(context_of(world), path, NULL, &opened);
	if (ret == -ENODEV)
		warnx("%s: no such device, or not bound to vfio-pci", address);
	if (ret != 0)
		return -1;
	*device = (struct way_device *)opened;
	return 0;
}

static int
ours_device_attach(struct way_device *device, struct way_space *space)
{
	return result(
		rte_iommufd_device_attach(device_of(device), space_of(space)));
}

static void
ours_device_close(struct way_device *device)
{
	rte_iommufd_device_close(device_of(device));
}

static int
ours_map(struct way_space *space, const struct memory *memory, uint64_t offset,
	uint64_t length)
{
	struct memory_run *runs;
	int count = memory_runs(memory, offset, length, &runs);
	int ret = count < 0 ? -1 : 0;
	int i;

	for (i = 0; i < count && ret == 0; i++)
		ret = result(rte_iommufd_space_map_file(space_of(space),
			runs[i].file, runs[i].offset, runs[i].va,
			(uintptr_t)runs[i].va, runs[i].length, RIGHTS));
	free(runs);
	return ret;
}

static int
ours_unmap(struct way_space *space, const struct memory *memory,
	uint64_t offset, uint64_t length)
{
	return result(rte_iommufd_space_unmap(
		space_of(space), (uintptr_t)memory->va + offset, length));
}

static unsigned int
ours_map_calls(struct way_space *space)
{
	struct rte_iommufd_space_stats stats;

	rte_iommufd_space_stats(space_of(space), &stats);
	return stats.map_calls;
}

static unsigned int
ours_unmap_calls(struct way_space *space)
{
	struct rte_iommufd_space_stats stats;

	rte_iommufd_space_stats(space_of(space), &stats);
	return stats.unmap_calls;
}

const struct way_ops ours_ops = {
	.world_begin = ours_world_begin,
	.world_end = ours_world_end,
	.space_create = ours_space_create,
	.space_destroy = ours_space_destroy,
	.device_open = ours_device_open,
	.device_attach = ours_device_attach,
	.device_close = ours_device_close,
	.map = ours_map,
	.unmap = ours_unmap,
	.map_calls = ours_map_calls,
	.unmap_calls = ours_unmap_calls,
};
