/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * IOMMUFD in raw ioctls, without the library. Two ways to use it, by settings:
 * "page": an IOMMU_IOAS_MAP for each page (the cdev mode of DPDK 26.11);
 * "file": the areas that the library makes, to see what it costs by itself.
 *
 * Must not know: the library, apart from looking a device up, or what is
 * measured.
 */

#include <err.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rte_iommufd.h>

#include "kernel/kernel_uapi.h"
#include "way.h"

#define RIGHTS (UAPI_MAP_FIXED_IOVA | UAPI_MAP_READABLE | UAPI_MAP_WRITEABLE)

struct iommu {
	int fd;
	bool by_file;
};

struct ioas {
	const struct iommu *iommu;
	uint32_t id;
	_Atomic uint64_t iova; /* of the part that was mapped last */
	_Atomic uint64_t length;
	atomic_uint map_calls; /* threads may map side by side */
	atomic_uint unmap_calls;
};

struct cdev {
	const char *address;
	int fd;
};

static struct ioas *
ioas_of(struct way_space *space)
{
	return (struct ioas *)space;
}

static int
ioas_world_begin(const char *settings, struct way_world **world)
{
	struct iommu *iommu = calloc(1, sizeof(*iommu));

	if (iommu == NULL) {
		warn("iommu");
		return -1;
	}
	iommu->by_file = strcmp(settings, "file") == 0;
	iommu->fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (iommu->fd < 0) {
		warn("/dev/iommu");
		free(iommu);
		return -1;
	}
	*world = (struct way_world *)iommu;
	return 0;
}

static void
ioas_world_end(struct way_world *world)
{
	close(((struct iommu *)world)->fd);
	free(world);
}

static int
ioas_space_create(struct way_world *world, struct way_space **space)
{
	const struct iommu *iommu = (struct iommu *)world;
	struct uapi_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct ioas *ioas = calloc(1, sizeof(*ioas));

	if (ioas == NULL) {
		warn("ioas");
		return -1;
	}
	if (ioctl(iommu->fd, UAPI_IOAS_ALLOC, &alloc) != 0) {
		warn("IOMMU_IOAS_ALLOC");
		free(ioas);
		return -1;
	}
	ioas->iommu = iommu;
	ioas->id = alloc.out_ioas_id;
	*space = (struct way_space *)ioas;
	return 0;
}

static void
ioas_space_destroy(struct way_space *space)
{
	struct ioas *ioas = ioas_of(space);
	struct uapi_destroy destroy = {
		.size = sizeof(destroy),
		.id = ioas->id,
	};

	if (ioctl(ioas->iommu->fd, UAPI_DESTROY, &destroy) != 0)
		warn("IOMMU_DESTROY");
	free(ioas);
}

static int
open_cdev(const char *address)
{
	struct rte_iommufd_device_place place = { .size = sizeof(place) };
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	if (rte_iommufd_device_find(path, &place) != 0 ||
		place.cdev[0] == '\0') {
		warnx("%s: no such device, or no VFIO node", address);
		return -1;
	}
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", place.cdev);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		warn("%s: %s", address, path);
	return fd;
}

static int
ioas_device_open(struct way_world *world, const char *address,
	struct way_device **device)
{
	struct uapi_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = ((struct iommu *)world)->fd,
	};
	struct cdev *cdev = calloc(1, sizeof(*cdev));

	if (cdev == NULL) {
		warn("cdev");
		return -1;
	}
	cdev->address = address;
	cdev->fd = open_cdev(address);
	if (cdev->fd < 0)
		goto release;
	if (ioctl(cdev->fd, UAPI_DEVICE_BIND_IOMMUFD, &bind) != 0) {
		warn("%s: VFIO_DEVICE_BIND_IOMMUFD", address);
		goto close;
	}
	*device = (struct way_device *)cdev;
	return 0;

close:
	close(cdev->fd);
release:
	free(cdev);
	return -1;
}

static int
ioas_device_attach(struct way_device *device, struct way_space *space)
{
	const struct cdev *cdev = (struct cdev *)device;
	struct uapi_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = ioas_of(space)->id,
	};

	if (ioctl(cdev->fd, UAPI_DEVICE_ATTACH_IOMMUFD_PT, &attach) == 0)
		return 0;
	warn("%s: VFIO_DEVICE_ATTACH_IOMMUFD_PT", cdev->address);
	return -1;
}

static void
ioas_device_close(struct way_device *device)
{
	close(((struct cdev *)device)->fd);
	free(device);
}

static int
map_page(struct ioas *ioas, char *va)
{
	struct uapi_ioas_map map = {
		.size = sizeof(map),
		.flags = RIGHTS,
		.ioas_id = ioas->id,
		.user_va = (uintptr_t)va,
		.iova = (uintptr_t)va,
		.length = MEMORY_PAGE,
	};

	ioas->map_calls++;
	if (ioctl(ioas->iommu->fd, UAPI_IOAS_MAP, &map) == 0)
		return 0;
	warn("IOMMU_IOAS_MAP");
	return -1;
}

static int
map_run(struct ioas *ioas, const struct memory_run *run)
{
	struct uapi_ioas_map_file map = {
		.size = sizeof(map),
		.flags = RIGHTS,
		.ioas_id = ioas->id,
		.fd = run->file,
		.start = run->offset,
		.iova = (uintptr_t)run->va,
		.length = run->length,
	};

	ioas->map_calls++;
	if (ioctl(ioas->iommu->fd, UAPI_IOAS_MAP_FILE, &map) == 0)
		return 0;
	warn("IOMMU_IOAS_MAP_FILE");
	return -1;
}

static int
map_by_file(struct ioas *ioas, const struct memory *memory, uint64_t offset,
	uint64_t length)
{
	struct memory_run *runs;
	int count = memory_runs(memory, offset, length, &runs);
	int ret = count < 0 ? -1 : 0;
	int i;

	for (i = 0; i < count && ret == 0; i++)
		ret = map_run(ioas, &runs[i]);
	free(runs);
	return ret;
}

static int
ioas_map(struct way_space *space, const struct memory *memory, uint64_t offset,
	uint64_t length)
{
	struct ioas *ioas = ioas_of(space);
	uint64_t at;

	ioas->iova = (uintptr_t)memory->va + offset;
	ioas->length = length;
	if (ioas->iommu->by_file)
		return map_by_file(ioas, memory, offset, length);
	for (at = offset; at < offset + length; at += MEMORY_PAGE)
		if (map_page(ioas, memory->va + at) != 0)
			return -1;
	return 0;
}

static int
unmap_area(struct ioas *ioas, char *va, uint64_t length)
{
	struct uapi_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas->id,
		.iova = (uintptr_t)va,
		.length = length,
	};

	ioas->unmap_calls++;
	if (ioctl(ioas->iommu->fd, UAPI_IOAS_UNMAP, &unmap) == 0)
		return 0;
	warn("IOMMU_IOAS_UNMAP");
	return -1;
}

/* Page by page, or all that there is by one call, as the library does. */
static int
ioas_unmap(struct way_space *space, const struct memory *memory,
	uint64_t offset, uint64_t length)
{
	struct ioas *ioas = ioas_of(space);
	uint64_t at;

	if (ioas->iommu->by_file)
		return unmap_area(ioas, memory->va + offset, length);
	for (at = offset; at < offset + length; at += MEMORY_PAGE)
		if (unmap_area(ioas, memory->va + at, MEMORY_PAGE) != 0)
			return -1;
	return 0;
}

/* One call takes all areas that lie side by side. */
static int
ioas_mirror(struct way_space *space, struct way_space *source)
{
	struct ioas *ioas = ioas_of(space);
	struct uapi_ioas_copy copy = {
		.size = sizeof(copy),
		.flags = RIGHTS,
		.dst_ioas_id = ioas->id,
		.src_ioas_id = ioas_of(source)->id,
		.length = ioas_of(source)->length,
		.dst_iova = ioas_of(source)->iova,
		.src_iova = ioas_of(source)->iova,
	};

	ioas->map_calls++;
	if (ioctl(ioas->iommu->fd, UAPI_IOAS_COPY, &copy) == 0)
		return 0;
	warn("IOMMU_IOAS_COPY");
	return -1;
}

static unsigned int
ioas_map_calls(struct way_space *space)
{
	return ioas_of(space)->map_calls;
}

static unsigned int
ioas_unmap_calls(struct way_space *space)
{
	return ioas_of(space)->unmap_calls;
}

const struct way_ops ioas_ops = {
	.world_begin = ioas_world_begin,
	.world_end = ioas_world_end,
	.space_create = ioas_space_create,
	.space_destroy = ioas_space_destroy,
	.device_open = ioas_device_open,
	.device_attach = ioas_device_attach,
	.device_close = ioas_device_close,
	.map = ioas_map,
	.unmap = ioas_unmap,
	.mirror = ioas_mirror,
	.map_calls = ioas_map_calls,
	.unmap_calls = ioas_unmap_calls,
};
