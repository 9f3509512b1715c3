/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The page tables of an address space; see page_tables.h. */

#include <errno.h>
#include <stdlib.h>

#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/dirty.h"
#include "backend/fault_queue.h"
#include "backend/page_tables.h"
#include "kernel/kernel.h"
#include "util/log.h"

/* A reset takes at most a second or so (pci_dev_wait()); in milliseconds. */
#define RESET_PATIENCE 2000
#define RESET_STEP 10

static int
page_table_attach_once(const struct rte_iommufd_device *device, uint32_t pasid,
	uint32_t page_table_id)
{
	if (pasid == PAGE_TABLE_DEVICE)
		return kernel_device_attach(device->fd, page_table_id);
	return kernel_device_attach_pasid(device->fd, pasid, page_table_id);
}

/*
 * While a device is being reset, its attachment is refused with EBUSY
 * (pci_dev_reset_iommu_prepare()).
 */
static int
page_table_attach_patiently(const struct rte_iommufd_device *device,
	uint32_t pasid, uint32_t page_table_id)
{
	unsigned int tries = RESET_PATIENCE / RESET_STEP;
	int ret;

	for (;;) {
		ret = page_table_attach_once(device, pasid, page_table_id);
		if (ret != -EBUSY || tries-- == 0)
			return ret;
		kernel_sleep(RESET_STEP);
	}
}

/* One that the kernel keeps stays in the list, where the next user may find it. */
static int
end_page_table(struct page_table *table)
{
	struct rte_iommufd_space *space = table->space;
	int ret;

	dirty_keep_table(table);
	ret = kernel_object_destroy(space->context->iommu_fd, table->id);
	if (ret != 0)
		return ret;
	dirty_leave_list(table);
	free(table);
	return 0;
}

/* enum iommu_hw_info_type */
#define IOMMU_INTEL 1
#define IOMMU_SMMUV3 2

/*
 * The drivers that attach page tables to PASIDs. AMD's driver makes page tables for
 * PASIDs, of another format than its default, but cannot attach them to a PASID (Linux
 * 6.15 to 7.3), so they would have no use there. Other drivers make none.
 */
static int
check_iommu_driver(const struct rte_iommufd_device *device)
{
	uint64_t capabilities;
	uint8_t pasid_width;
	uint32_t type;
	int ret = kernel_hw_info(device->context->iommu_fd, device->iommufd_id,
		&type, &capabilities, &pasid_width);

	/* A device that its driver emulates (mdev) has no IOMMU in front of it. */
	if (ret == -ENOENT)
		return -EOPNOTSUPP;
	if (ret != 0)
		return ret;
	return type == IOMMU_INTEL || type == IOMMU_SMMUV3 ? 0 : -EOPNOTSUPP;
}

/*
 * Made so that it fits PASIDs where it can, and, where the program wants it, so that it
 * records which pages are written. -EOPNOTSUPP stands for the flags, so they are left out
 * one after the other, PASIDs first: AMD's driver makes no page table with both.
 */
static int
alloc_page_table(const struct rte_iommufd_device *device,
	struct rte_iommufd_space *space, uint32_t fault_id,
	struct page_table *made)
{
	const uint32_t faults = space->faults != NULL ? KERNEL_HWPT_FAULTS : 0;
	int driver = check_iommu_driver(device);
	int ret = driver;

	if (driver != 0 && driver != -EOPNOTSUPP)
		return driver;
	if (space->dirty.wanted) {
		made->tracks_dirty = true;
		if (driver == 0)
			ret = kernel_hwpt_alloc(space->context->iommu_fd,
				device->iommufd_id, space->ioas_id,
				KERNEL_HWPT_PASID | KERNEL_HWPT_DIRTY | faults,
				fault_id, &made->id);
		if (ret == -EOPNOTSUPP && faults == 0)
			ret = kernel_hwpt_alloc(space->context->iommu_fd,
				device->iommufd_id, space->ioas_id,
				KERNEL_HWPT_DIRTY, 0, &made->id);
		if (ret != -EOPNOTSUPP && ret != -ENOTTY)
			return ret;
		if (space->dirty.running)
			return ret;
		made->tracks_dirty = false;
		dirty_say_untracked(device, ret);
	}
	if (driver != 0)
		return driver;
	return kernel_hwpt_alloc(space->context->iommu_fd, device->iommufd_id,
		space->ioas_id, KERNEL_HWPT_PASID | faults, fault_id,
		&made->id);
}

static int
make_page_table(const struct rte_iommufd_device *device,
	struct rte_iommufd_space *space, struct page_table **table)
{
	struct page_table *made = calloc(1, sizeof(*made));
	uint32_t fault_id = space->faults != NULL ? space->faults->id : 0;
	int ret;

	if (made == NULL)
		return -ENOMEM;
	made->space = space;
	ret = alloc_page_table(device, space, fault_id, made);
	if (ret != 0)
		goto fail;
	ret = dirty_enter_list(made);
	if (ret != 0) {
		kernel_object_destroy(space->context->iommu_fd, made->id);
		goto fail;
	}
	*table = made;
	return 0;

fail:
	free(made);
	return ret;
}

/*
 * -EINVAL: none of them fits this device (iommufd_device_auto_get_domain()); an emulated one
 * takes none at all (ENOENT, iommufd_access_change_ioas_id()).
 */
static int
page_table_attach_to_present(const struct rte_iommufd_device *device,
	uint32_t pasid, struct rte_iommufd_space *space,
	struct page_table **table)
{
	struct page_table *each;
	int ret;

	TAILQ_FOREACH(each, &space->page_tables, next) {
		ret = page_table_attach_patiently(device, pasid, each->id);
		if (ret == 0)
			*table = each;
		if (ret != -EINVAL && ret != -ENOENT)
			return ret;
	}
	return -EINVAL;
}

static int
page_table_attach_to_new(const struct rte_iommufd_device *device,
	uint32_t pasid, struct rte_iommufd_space *space,
	struct page_table **table)
{
	struct page_table *made;
	int ret = make_page_table(device, space, &made);

	if (ret != 0)
		return ret;
	ret = page_table_attach_patiently(device, pasid, made->id);
	if (ret != 0)
		end_page_table(made);
	else
		*table = made;
	return ret;
}

/*
 * Whether a page table of the kernel's own may be used: the kernel is too old to make one
 * for the library (ENOTTY), or the driver of the IOMMU makes none for PASIDs
 * (EOPNOTSUPP), or this device does not take it (EINVAL), as when another one of its
 * group is on one of the kernel's. It records no writes, so not while they are recorded.
 */
static bool
may_be_the_kernels(
	uint32_t pasid, const struct rte_iommufd_space *space, int err)
{
	return pasid == PAGE_TABLE_DEVICE && space->faults == NULL &&
		!space->dirty.running &&
		(err == -ENOTTY || err == -EOPNOTSUPP || err == -EINVAL);
}

int
page_table_attach(const struct rte_iommufd_device *device, uint32_t pasid,
	struct rte_iommufd_space *space, struct page_table **table)
{
	struct page_table *found = NULL;
	int ret = -EINVAL;

	/* Without an IOMMU there is one software table, of the kernel's. */
	if (!space->context->backend->unsafe) {
		ret = page_table_attach_to_present(
			device, pasid, space, &found);
		if (ret == -EINVAL)
			ret = page_table_attach_to_new(
				device, pasid, space, &found);
	}
	if (may_be_the_kernels(pasid, space, ret))
		ret = page_table_attach_patiently(
			device, pasid, space->ioas_id);
	if (ret != 0)
		return ret;
	if (found != NULL)
		found->users++;
	*table = found;
	return 0;
}

void
page_table_leave(struct page_table *table)
{
	int ret;

	if (table == NULL || --table->users > 0)
		return;
	ret = end_page_table(table);
	if (ret != 0)
		IOMMUFD_LOG(WARNING,
			"the kernel keeps page table %u: %s; it is ended with its address space",
			table->id, rte_strerror(-ret));
}

int
page_tables_end(struct rte_iommufd_space *space)
{
	struct page_table *table;
	int err, ret = 0;

	while ((table = TAILQ_FIRST(&space->page_tables)) != NULL) {
		err = end_page_table(table);
		if (err == 0)
			continue;
		ret = err;
		dirty_leave_list(table);
		free(table);
	}
	return ret;
}
