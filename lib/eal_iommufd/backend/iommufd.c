/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The IOMMUFD backend: one IOAS for each space, one cdev for each device.
 *
 * The page tables are in page_tables.c.
 *
 * Must not know: EAL, the record of mappings, other backends.
 */

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/cdev.h"
#include "backend/dirty.h"
#include "backend/page_tables.h"
#include "explain/explain.h"
#include "explain/explain_pasid.h"
#include "kernel/kernel.h"
#include "util/log.h"

static int
iommufd_space_create(struct rte_iommufd_space *space)
{
	int ret = kernel_ioas_alloc(space->context->iommu_fd, &space->ioas_id);

	TAILQ_INIT(&space->page_tables);
	if (ret != 0)
		IOMMUFD_LOG(ERR, "the kernel makes no address space: %s",
			rte_strerror(-ret));
	return ret;
}

/* The kernel unmaps what is left: iommufd_ioas_destroy(). */
static void
iommufd_space_destroy(struct rte_iommufd_space *space)
{
	int kept = page_tables_end(space);
	int ret = kernel_object_destroy(
		space->context->iommu_fd, space->ioas_id);

	if (kept != 0)
		ret = kept;
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
		(!mapping->is_region &&
			(context->settings.map == SETTINGS_MAP_VA ||
				context->map_file_call == MAP_FILE_LACKING)))
		return map_va(space, mapping);
	ret = kernel_ioas_map_file(context->iommu_fd, space->ioas_id,
		mapping->file, mapping->offset, mapping->iova, mapping->length,
		mapping->rights);
	if (context->settings.map == SETTINGS_MAP_FILE || mapping->is_region)
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
 * Called before pages are merged into runs: without the kernel's call, runs need not end
 * where a file does.
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

static int
iommufd_device_open(struct rte_iommufd_device *device, struct explanation *why)
{
	const struct sysfs_device *place = &device->place;
	int fd;

	if (place->found.cdev[0] == '\0') {
		explain_no_cdev(why);
		return -ENXIO;
	}
	fd = cdev_open_bound(place, device->context->iommu_fd,
		device->has_vf_token ? device->vf_token : NULL,
		&device->iommufd_id, why);
	if (fd < 0)
		return fd;
	device->fd = fd;
	return 0;
}

static int
iommufd_attach(
	struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	struct explanation why;
	int ret = page_table_attach(
		device, PAGE_TABLE_DEVICE, space, &device->page_table);

	if (ret == 0) {
		if (space->dirty.wanted)
			dirty_note_capability(device);
		return 0;
	}
	if (dirty_say_refused(device, space, ret))
		return -EOPNOTSUPP;
	IOMMUFD_LOG(ERR, "%s: %s", device->place.address,
		explain_attach(&why, &device->place, ret));
	return ret;
}

/* VFIO replaces what is attached, for the whole group. */
static int
iommufd_move(struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	struct page_table *left = device->page_table;
	struct rte_iommufd_device *each;
	int ret = iommufd_attach(device, space);

	if (ret != 0)
		return ret;
	TAILQ_FOREACH(each, &device->context->devices, next) {
		if (each == device || each->space != device->space ||
			!devices_share_group(each, device))
			continue;
		each->page_table = device->page_table;
		if (each->page_table != NULL)
			each->page_table->users++;
		page_table_leave(left);
	}
	page_table_leave(left);
	return 0;
}

static int
refuse_detach(const struct rte_iommufd_device *device, int err)
{
	if (err != 0)
		IOMMUFD_LOG(ERR, "%s: cannot detach: %s", device->place.address,
			rte_strerror(-err));
	return err;
}

static void
leave_page_table(struct rte_iommufd_device *device)
{
	page_table_leave(device->page_table);
	device->page_table = NULL;
}

static int
iommufd_detach(struct rte_iommufd_device *device)
{
	int ret = refuse_detach(device, kernel_device_detach(device->fd));

	if (ret == 0)
		leave_page_table(device);
	return ret;
}

/* What stays to be done when the file of the device or of /dev/iommu is closed. */
static int
end_trial(struct rte_iommufd_device *device, struct rte_iommufd_space *space)
{
	int detached = kernel_device_detach(device->fd);
	int ended;

	leave_page_table(device);
	page_tables_end(space);
	ended = kernel_object_destroy(
		device->context->iommu_fd, space->ioas_id);
	return detached != 0 ? detached : ended;
}

/* By the calls of a real attachment, to an address space that nothing is mapped in. */
static int
iommufd_try_attach(struct rte_iommufd_device *device, struct explanation *why)
{
	struct rte_iommufd_space space = { .context = device->context };
	int ret = kernel_ioas_alloc(device->context->iommu_fd, &space.ioas_id);

	if (ret != 0) {
		explain_trial(why, ret);
		return ret;
	}
	TAILQ_INIT(&space.page_tables);
	ret = page_table_attach(
		device, PAGE_TABLE_DEVICE, &space, &device->page_table);
	if (ret != 0) {
		explain_attach(why, &device->place, ret);
		kernel_object_destroy(device->context->iommu_fd, space.ioas_id);
		return ret;
	}
	ret = end_trial(device, &space);
	if (ret != 0)
		explain_trial(why, ret);
	return ret;
}

static int
detach_pasid_in_kernel(
	const struct rte_iommufd_device *device, const struct pasid *pasid)
{
	int ret = kernel_device_detach_pasid(device->fd, pasid->number);

	if (ret != 0)
		IOMMUFD_LOG(ERR, "%s: cannot detach PASID %u: %s",
			device->place.address, pasid->number,
			rte_strerror(-ret));
	return ret;
}

/*
 * The end of the cdev's file unbinds the device (vfio_df_unbind_iommufd()), but that can
 * be later: a mapping of the device's registers keeps the file open. The device's DMA
 * ends here. A page table that could not be left before can be when the file is closed.
 */
static void
iommufd_device_close(struct rte_iommufd_device *device)
{
	const struct pasid_set *pasids = &device->pasids;
	uint32_t i;

	for (i = 0; i < pasids->count; i++)
		if (pasids->items[i].space != NULL)
			detach_pasid_in_kernel(device, &pasids->items[i]);
	if (device->space != NULL)
		refuse_detach(device, kernel_device_detach(device->fd));
	cdev_close(&device->place, device->fd);
	device->fd = -1;
	for (i = 0; i < pasids->count; i++)
		page_table_leave(pasids->items[i].page_table);
	leave_page_table(device);
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

/*
 * A kernel that does not support PASIDs does not know this flag either. To detach a PASID
 * that is not attached has no effect (vfio_iommufd_physical_pasid_detach_ioas()).
 */
static int
ask_vfio_for_pasids(const struct rte_iommufd_device *device)
{
	struct explanation why;
	int ret = kernel_device_detach_pasid(device->fd, 1);

	if (ret == 0)
		return 0;
	IOMMUFD_LOG(ERR, "%s: %s", device->place.address,
		explain_vfio_without_pasids(&why, &device->place, ret));
	return ret == -EINVAL ? -EOPNOTSUPP : ret;
}

/* The kernel accepts PASIDs for a device without PASIDs, and does nothing. */
static int
iommufd_pasid_width(const struct rte_iommufd_device *device)
{
	struct rte_iommufd_hw_info info = { .max_pasid_log2 = 0 };
	struct explanation why;
	int ret = iommufd_hw_info(device, &info);

	if (ret != 0 && ret != -EOPNOTSUPP)
		return ret;
	if (info.max_pasid_log2 == 0) {
		IOMMUFD_LOG(ERR, "%s: %s", device->place.address,
			explain_no_pasids(&why, &device->place));
		return -EOPNOTSUPP;
	}
	ret = ask_vfio_for_pasids(device);
	return ret != 0 ? ret : info.max_pasid_log2;
}

/*
 * Checked here, because the kernel refuses it with an errno that has many other causes.
 */
static int
check_page_table(const struct rte_iommufd_device *device)
{
	if (device->page_table != NULL)
		return 0;
	IOMMUFD_LOG(ERR,
		"%s: it is on a page table that fits no PASIDs, because the driver of its IOMMU makes no other, or because another device of its IOMMU group was there first",
		device->place.address);
	return -EOPNOTSUPP;
}

static int
iommufd_attach_pasid(const struct rte_iommufd_device *device,
	struct pasid *pasid, struct rte_iommufd_space *space)
{
	struct page_table *left = pasid->page_table;
	struct explanation why;
	int ret = check_page_table(device);

	if (ret != 0)
		return ret;
	ret = page_table_attach(
		device, pasid->number, space, &pasid->page_table);
	if (ret == 0) {
		page_table_leave(left);
		return 0;
	}
	if (dirty_say_refused(device, space, ret))
		return -EOPNOTSUPP;
	IOMMUFD_LOG(ERR, "%s: %s", device->place.address,
		explain_attach_pasid(&why, &device->place, pasid->number,
			space->faults != NULL, &ret));
	return ret;
}

static int
iommufd_detach_pasid(
	const struct rte_iommufd_device *device, struct pasid *pasid)
{
	int ret = detach_pasid_in_kernel(device, pasid);

	if (ret != 0)
		return ret;
	page_table_leave(pasid->page_table);
	pasid->page_table = NULL;
	return 0;
}

#define CDEVS_IN_IOAS                                                         \
	.maps_in_parallel = true, .space_create = iommufd_space_create,       \
	.space_destroy = iommufd_space_destroy, .map = iommufd_map,           \
	.unmap = iommufd_unmap, .copy = iommufd_copy, .allow = iommufd_allow, \
	.ranges = iommufd_ranges, .type1_fd = iommufd_type1_fd,               \
	.maps_files = iommufd_maps_files, .device_open = iommufd_device_open, \
	.try_attach = iommufd_try_attach,                                     \
	.device_close = iommufd_device_close, .attach = iommufd_attach,       \
	.move = iommufd_move, .detach = iommufd_detach,                       \
	.hw_info = iommufd_hw_info

const struct backend backend_iommufd = {
	.name = "iommufd",
	.dirty_track = page_tables_track_dirty,
	.dirty_read = page_tables_read_dirty,
	.maps_regions = true,
	.nests = true,
	.charge = MEMORY_CHARGED_TO_USER,
	CDEVS_IN_IOAS,
	.pasid_width = iommufd_pasid_width,
	.attach_pasid = iommufd_attach_pasid,
	.detach_pasid = iommufd_detach_pasid,
};
/*
 * Without an IOMMU the kernel (7.3) keeps what is mapped in a table of its own, which
 * only pins the memory: the device does not see it.
 */
const struct backend backend_noiommu_cdev = {
	.name = "noiommu",
	.unsafe = true,
	.charge = MEMORY_CHARGED_TO_USER,
	CDEVS_IN_IOAS,
};
