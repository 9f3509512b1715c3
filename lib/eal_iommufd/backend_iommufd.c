/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The IOMMUFD backend: one IOAS for each space, one cdev for each device.
 *
 * The kernel makes the page table itself (an "auto domain" HWPT) when the first
 * device is attached to an IOAS, and shares it with every later device that
 * fits: iommufd_device_auto_get_domain().
 *
 * Must not know: EAL, the record of mappings, other backends.
 */

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>

#include "backend.h"
#include "explain.h"
#include "kernel.h"
#include "log.h"

/* A reset takes at most a second or so (pci_dev_wait()); in milliseconds. */
#define RESET_PATIENCE 2000
#define RESET_STEP 10

static int
iommufd_space_create(struct rte_iommufd_space *space)
{
	int ret = kernel_ioas_alloc(space->context->iommu_fd, &space->ioas_id);

	if (ret != 0)
		IOMMUFD_LOG(ERR, "the kernel makes no address space: %s",
			rte_strerror(-ret));
	return ret;
}

/* The kernel unmaps what is left: iommufd_ioas_destroy(). */
static void
iommufd_space_destroy(struct rte_iommufd_space *space)
{
	int ret = kernel_object_destroy(
		space->context->iommu_fd, space->ioas_id);

	if (ret != 0)
		IOMMUFD_LOG(ERR, "the kernel keeps address space %u: %s",
			space->ioas_id, rte_strerror(-ret));
}

static int
map_va(struct rte_iommufd_space *space, const struct mapping *mapping)
{
	return kernel_ioas_map(space->context->iommu_fd, space->ioas_id,
		mapping->va, mapping->iova, mapping->length, mapping->rights);
}

/*
 * By its file where there is one. The kernel may lack the call (ENOTTY, before
 * 6.13), or the call may not know this kind of file (EINVAL, EOPNOTSUPP:
 * memfd_pin_folios() takes shmem and hugetlbfs); by its address it is the same
 * memory then, only slower to map.
 */
static int
iommufd_map(struct rte_iommufd_space *space, const struct mapping *mapping)
{
	struct rte_iommufd_context *context = space->context;
	int ret;

	if (mapping->file < 0 ||
		(mapping->va != 0 &&
			(context->settings.map == SETTINGS_MAP_VA ||
				context->map_file_call == MAP_FILE_LACKING)))
		return map_va(space, mapping);
	ret = kernel_ioas_map_file(context->iommu_fd, space->ioas_id,
		mapping->file, mapping->offset, mapping->iova, mapping->length,
		mapping->rights);
	if (context->settings.map == SETTINGS_MAP_FILE || mapping->va == 0)
		return ret;
	if (ret == -ENOTTY)
		context->map_file_call = MAP_FILE_LACKING;
	if (ret == -ENOTTY || ret == -EINVAL || ret == -EOPNOTSUPP)
		return map_va(space, mapping);
	return ret;
}

static int
iommufd_unmap(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	uint64_t *unmapped)
{
	return kernel_ioas_unmap(space->context->iommu_fd, space->ioas_id, iova,
		length, unmapped);
}

static int
iommufd_copy(struct rte_iommufd_space *space, uint64_t iova,
	struct rte_iommufd_space *source, uint64_t source_iova, uint64_t length,
	uint32_t rights)
{
	return kernel_ioas_copy(space->context->iommu_fd, space->ioas_id, iova,
		source->ioas_id, source_iova, length, rights);
}

static int
iommufd_allow(struct rte_iommufd_space *space,
	const struct rte_iommufd_range *ranges, uint32_t count)
{
	return kernel_ioas_allow(
		space->context->iommu_fd, space->ioas_id, ranges, count);
}

static int
iommufd_ranges(struct rte_iommufd_space *space,
	struct rte_iommufd_range *ranges, uint32_t *count)
{
	return kernel_ioas_ranges(
		space->context->iommu_fd, space->ioas_id, ranges, count);
}

static int
iommufd_type1_fd(struct rte_iommufd_space *space)
{
	int ret = kernel_ioas_serve_type1(
		space->context->iommu_fd, space->ioas_id);

	if (ret != 0) {
		IOMMUFD_LOG(ERR,
			"IOMMUFD does not serve type1 calls on this address space: %s",
			rte_strerror(-ret));
		return ret;
	}
	return space->context->iommu_fd;
}

/*
 * Asked before pages are merged into runs: without the call, runs need not end where
 * a file does.
 */
static bool
iommufd_maps_files(struct rte_iommufd_context *context)
{
	if (context->settings.map == SETTINGS_MAP_VA)
		return false;
	if (context->map_file_call == MAP_FILE_UNKNOWN)
		context->map_file_call = kernel_ioas_has_map_file(
						 context->iommu_fd)
			? MAP_FILE_THERE
			: MAP_FILE_LACKING;
	return context->map_file_call == MAP_FILE_THERE ||
		context->settings.map == SETTINGS_MAP_FILE;
}

/*
 * Opens the node and makes sure that it is this device's: what the name in
 * /dev points to is up to whoever manages /dev.
 */
static int
open_node(const struct device_place *place)
{
	struct explanation why;
	char node[PATH_MAX];
	dev_t number = 0;
	int fd, ret;

	device_place_cdev_node(place, node, sizeof(node));
	fd = kernel_open(node);
	if (fd < 0) {
		IOMMUFD_LOG(ERR, "%s: %s", place->address,
			explain_device_node(&why, node, fd));
		return fd;
	}
	ret = kernel_device_number(fd, &number);
	if (ret == 0 && number == place->cdev_number)
		return fd;
	kernel_close(fd);
	IOMMUFD_LOG(ERR,
		"%s: %s is not this device's node (wrong device number): mend /dev",
		place->address, node);
	return -ENXIO;
}

static int
iommufd_device_open(struct rte_iommufd_device *device)
{
	const struct device_place *place = &device->place;
	struct explanation why;
	int fd, ret;

	if (place->found.cdev[0] == '\0') {
		IOMMUFD_LOG(ERR,
			"%s: this process is on IOMMUFD, but the device has no node under /dev/vfio/devices: use RTE_IOMMUFD=backend=type1 for all",
			place->address);
		return -ENXIO;
	}
	fd = open_node(place);
	if (fd < 0)
		return fd;
	ret = kernel_device_bind(fd, device->context->iommu_fd,
		device->has_vf_token ? device->vf_token : NULL,
		&device->iommufd_id);
	if (ret == 0) {
		device->fd = fd;
		return 0;
	}
	/* Before the node is looked up among the open files of others. */
	kernel_close(fd);
	IOMMUFD_LOG(ERR, "%s: %s", place->address,
		explain_bind(&why, place, device->has_vf_token, ret));
	return ret;
}

/*
 * A device that is being reset is out of reach for a moment, and then its attachment
 * is refused with EBUSY (pci_dev_reset_iommu_prepare()).
 */
static int
attach_patiently(const struct rte_iommufd_device *device, uint32_t ioas_id)
{
	unsigned int tries = RESET_PATIENCE / RESET_STEP;
	int ret;

	for (;;) {
		ret = kernel_device_attach(device->fd, ioas_id);
		if (ret != -EBUSY || tries-- == 0)
			return ret;
		kernel_sleep(RESET_STEP);
	}
}

static int
iommufd_attach(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	struct explanation why;
	int ret = attach_patiently(device, space->ioas_id);

	if (ret != 0)
		IOMMUFD_LOG(ERR, "%s: %s", device->place.address,
			explain_attach(&why, ret));
	return ret;
}

static int
iommufd_detach(struct rte_iommufd_device *device)
{
	int ret = kernel_device_detach(device->fd);

	if (ret != 0)
		IOMMUFD_LOG(ERR, "%s: cannot detach: %s", device->place.address,
			rte_strerror(-ret));
	return ret;
}

/*
 * The end of the cdev's file unbinds the device (vfio_df_unbind_iommufd()), but that
 * can come later: whoever has mapped its registers keeps the file. Its DMA ends here.
 */
static void
iommufd_device_close(struct rte_iommufd_device *device)
{
	if (device->space != NULL)
		iommufd_detach(device);
	kernel_close(device->fd);
	device->fd = -1;
}

static int
iommufd_hw_info(const struct rte_iommufd_device *device,
	struct rte_iommufd_hw_info *info)
{
	int ret = kernel_hw_info(device->context->iommu_fd, device->iommufd_id,
		&info->type, &info->capabilities, &info->max_pasid_log2);

	if (ret != 0 && ret != -EOPNOTSUPP)
		IOMMUFD_LOG(ERR,
			"%s: the kernel does not describe its IOMMU: %s",
			device->place.address, rte_strerror(-ret));
	return ret;
}

#define CDEVS_IN_IOAS                                                         \
	.maps_in_parallel = true, .space_create = iommufd_space_create,       \
	.space_destroy = iommufd_space_destroy, .map = iommufd_map,           \
	.unmap = iommufd_unmap, .copy = iommufd_copy, .allow = iommufd_allow, \
	.ranges = iommufd_ranges, .type1_fd = iommufd_type1_fd,               \
	.maps_files = iommufd_maps_files, .device_open = iommufd_device_open, \
	.device_close = iommufd_device_close, .attach = iommufd_attach,       \
	.move = iommufd_attach, /* VFIO replaces */                           \
		.detach = iommufd_detach, .hw_info = iommufd_hw_info

const struct backend backend_iommufd = {
	.name = "iommufd",
	.maps_regions = true,
	CDEVS_IN_IOAS,
};
/*
 * Without an IOMMU the kernel (7.3) keeps what is mapped in a table of its own, which
 * only pins the memory: the device does not see it.
 */
const struct backend backend_noiommu_cdev = {
	.name = "noiommu",
	.unsafe = true,
	CDEVS_IN_IOAS,
};
