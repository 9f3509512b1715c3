/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * DPDK's own way, in raw ioctls: a type1v2 container, and a VFIO_IOMMU_MAP_DMA
 * for each page (lib/eal/linux/eal_vfio.c, vfio_type1_dma_mem_map()).
 *
 * The device's own file is not opened: a container needs only the group, and
 * opening, which resets the device, is no part of attaching. (With a cdev it is
 * part of device_open().)
 *
 * Must not know: the library, apart from looking a device up, or what is
 * measured.
 */

#include <err.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_iommufd.h>

#include "way.h"

struct container {
	int fd;
	unsigned int groups;
	atomic_uint map_calls; /* threads may map side by side */
	atomic_uint unmap_calls;
};

struct group {
	const char *address;
	int fd;
};

static struct container *
container_of(struct way_space *space)
{
	return (struct container *)space;
}

static struct group *
group_of(struct way_device *device)
{
	return (struct group *)device;
}

/* The kernel's interface has nothing above a container. */
static int
stock_world_begin(const char *settings, struct way_world **world)
{
	(void)settings;
	*world = NULL;
	return 0;
}

static void
stock_world_end(struct way_world *world)
{
	(void)world;
}

static int
stock_space_create(struct way_world *world, struct way_space **space)
{
	struct container *container = calloc(1, sizeof(*container));

	(void)world;
	if (container == NULL) {
		warn("container");
		return -1;
	}
	container->fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container->fd < 0) {
		warn("/dev/vfio/vfio");
		free(container);
		return -1;
	}
	*space = (struct way_space *)container;
	return 0;
}

static void
stock_space_destroy(struct way_space *space)
{
	close(container_of(space)->fd);
	free(space);
}

static int
open_group(const char *address)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	if (rte_iommufd_device_find(path, &place) != 0 || place.group < 0) {
		warnx("%s: no such device, or no IOMMU group", address);
		return -1;
	}
	snprintf(path, sizeof(path), "/dev/vfio/%d", place.group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		warn("%s: %s (is it bound to vfio-pci?)", address, path);
	return fd;
}

static int
stock_device_open(struct way_world *world, const char *address,
	struct way_device **device)
{
	struct group *group = calloc(1, sizeof(*group));

	(void)world;
	if (group == NULL) {
		warn("group");
		return -1;
	}
	group->address = address;
	group->fd = open_group(address);
	if (group->fd < 0) {
		free(group);
		return -1;
	}
	*device = (struct way_device *)group;
	return 0;
}

static int
stock_device_attach(struct way_device *device, struct way_space *space)
{
	struct container *container = container_of(space);
	struct group *group = group_of(device);

	if (ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &container->fd) != 0) {
		warn("%s: VFIO_GROUP_SET_CONTAINER", group->address);
		return -1;
	}
	if (container->groups == 0 &&
		ioctl(container->fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) != 0) {
		warn("%s: VFIO_SET_IOMMU", group->address);
		return -1;
	}
	container->groups++;
	return 0;
}

/* The group leaves its container by the end of its file. */
static void
stock_device_close(struct way_device *device)
{
	struct group *group = group_of(device);

	close(group->fd);
	free(group);
}

static int
stock_map(struct way_space *space, const struct memory *memory, uint64_t offset,
	uint64_t length)
{
	struct container *container = container_of(space);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.size = MEMORY_PAGE,
	};
	uint64_t at;

	for (at = offset; at < offset + length; at += MEMORY_PAGE) {
		map.vaddr = (uintptr_t)memory->va + at;
		map.iova = map.vaddr;
		container->map_calls++;
		if (ioctl(container->fd, VFIO_IOMMU_MAP_DMA, &map) == 0)
			continue;
		warn("VFIO_IOMMU_MAP_DMA");
		return -1;
	}
	return 0;
}

static int
stock_unmap(struct way_space *space, const struct memory *memory,
	uint64_t offset, uint64_t length)
{
	struct container *container = container_of(space);
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap) };
	uint64_t at;

	for (at = offset; at < offset + length; at += MEMORY_PAGE) {
		unmap.iova = (uintptr_t)memory->va + at;
		unmap.size = MEMORY_PAGE;
		container->unmap_calls++;
		if (ioctl(container->fd, VFIO_IOMMU_UNMAP_DMA, &unmap) == 0 &&
			unmap.size == MEMORY_PAGE)
			continue;
		warn("VFIO_IOMMU_UNMAP_DMA");
		return -1;
	}
	return 0;
}

static unsigned int
stock_map_calls(struct way_space *space)
{
	return container_of(space)->map_calls;
}

static unsigned int
stock_unmap_calls(struct way_space *space)
{
	return container_of(space)->unmap_calls;
}

const struct way_ops stock_ops = {
	.world_begin = stock_world_begin,
	.world_end = stock_world_end,
	.space_create = stock_space_create,
	.space_destroy = stock_space_destroy,
	.device_open = stock_device_open,
	.device_attach = stock_device_attach,
	.device_close = stock_device_close,
	.map = stock_map,
	.unmap = stock_unmap,
	.map_calls = stock_map_calls,
	.unmap_calls = stock_unmap_calls,
};
