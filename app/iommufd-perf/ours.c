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

	if (rte_iommufd_context_create(settings, &context) != 0)
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

static struct rte_iommufd_run
to_run(const struct memory_run *run)
{
	return (struct rte_iommufd_run){
		.va = run->va,
		.iova = (uintptr_t)run->va,
		.length = run->length,
		.offset = run->offset,
		.file = run->file,
		.rights = RIGHTS,
	};
}

/* Making the list is part of the way, and of its time. */
static int
ours_map(struct way_space *space, const struct memory *memory, uint64_t offset,
	uint64_t length)
{
	struct rte_iommufd_run *runs = NULL;
	struct memory_run *pieces;
	int count = memory_runs(memory, offset, length, &pieces);
	int ret = -1;
	int i;

	if (count > 0)
		runs = calloc(count, sizeof(*runs));
	if (runs != NULL) {
		for (i = 0; i < count; i++)
			runs[i] = to_run(&pieces[i]);
		ret = result(rte_iommufd_space_map_runs(space_of(space), runs,
			sizeof(struct rte_iommufd_run), count));
	}
	free(runs);
	free(pieces);
	return ret;
}

static int
ours_unmap(struct way_space *space, const struct memory *memory,
	uint64_t offset, uint64_t length)
{
	return result(rte_iommufd_space_unmap(
		space_of(space), (uintptr_t)memory->va + offset, length));
}

static int
ours_mirror(struct way_space *space, struct way_space *source)
{
	return result(
		rte_iommufd_space_mirror(space_of(space), space_of(source)));
}

static unsigned int
ours_map_calls(struct way_space *space)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	rte_iommufd_space_stats(space_of(space), &stats);
	return stats.map_calls;
}

static unsigned int
ours_unmap_calls(struct way_space *space)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

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
	.mirror = ours_mirror,
	.map_calls = ours_map_calls,
	.unmap_calls = ours_unmap_calls,
};
