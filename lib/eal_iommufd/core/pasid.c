/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * PASIDs: which ones of a device are in use, and which space is attached to each.
 *
 * Whether the device and the machine support PASIDs is checked at the first PASID of the
 * device, and not before.
 *
 * Must not know: page tables, calls of the kernel.
 */

#include <errno.h>
#include <inttypes.h>

#include "backend/backend.h"
#include "core/address_space.h"
#include "core/device_owner.h"
#include "core/pasid.h"
#include "rte_iommufd_pasid.h"
#include "util/log.h"

bool
pasid_is_any_attached(const struct rte_iommufd_device *device)
{
	uint32_t i;

	for (i = 0; i < device->pasids.count; i++)
		if (device->pasids.items[i].space != NULL)
			return true;
	return false;
}

void
pasid_end_device(struct rte_iommufd_device *device)
{
	struct rte_iommufd_space *space;
	uint32_t i;

	for (i = 0; i < device->pasids.count; i++) {
		space = device->pasids.items[i].space;
		if (space == NULL)
			continue;
		address_space_leave_pasid(space);
		address_space_read_ranges(space);
	}
	pasid_set_clear(&device->pasids);
}

/* Logs what is missing, if something is. */
static int
pasid_check_device(struct rte_iommufd_device *device)
{
	const struct backend *backend = device->context->backend;
	int ret;

	if (device->pasid_width > 0)
		return 0;
	if (backend->pasid_width == NULL) {
		IOMMUFD_LOG(ERR,
			"%s: backend %s has no PASIDs: they need RTE_IOMMUFD=backend=iommufd",
			device->place.address, backend->name);
		return -EOPNOTSUPP;
	}
	ret = backend->pasid_width(device);
	if (ret < 0)
		return ret;
	device->pasid_width = ret;
	return 0;
}

static bool
pasid_is_in_range(const struct rte_iommufd_device *device, uint32_t number)
{
	return number != 0 && (uint64_t)number >> device->pasid_width == 0;
}

static int
pasid_refuse_out_of_memory(const struct rte_iommufd_device *device)
{
	IOMMUFD_LOG(
		ERR, "%s: no memory for another PASID", device->place.address);
	return -ENOMEM;
}

static int
alloc_locked(struct rte_iommufd_device *device, uint32_t *number)
{
	struct pasid *pasid;
	uint32_t lowest;
	int ret = pasid_check_device(device);

	if (ret != 0)
		return ret;
	lowest = pasid_set_lowest_free(&device->pasids);
	if (!pasid_is_in_range(device, lowest)) {
		IOMMUFD_LOG(ERR, "%s: all %" PRIu64 " PASIDs are in use",
			device->place.address,
			(UINT64_C(1) << device->pasid_width) - 1);
		return -ENOSPC;
	}
	pasid = pasid_set_add(&device->pasids, lowest);
	if (pasid == NULL)
		return pasid_refuse_out_of_memory(device);
	pasid->allocated = true;
	*number = lowest;
	return 0;
}

int
rte_iommufd_pasid_alloc(struct rte_iommufd_device *device, uint32_t *pasid)
{
	int ret;

	if (!device_is_own(device))
		return -EINVAL;
	pthread_mutex_lock(&device->context->lock);
	ret = alloc_locked(device, pasid);
	pthread_mutex_unlock(&device->context->lock);
	return ret;
}

static int
pasid_free_locked(struct rte_iommufd_device *device, uint32_t number)
{
	struct pasid *pasid = pasid_set_find(&device->pasids, number);

	if (pasid == NULL || !pasid->allocated) {
		IOMMUFD_LOG(ERR,
			"%s: cannot free PASID %u, it was not allocated",
			device->place.address, number);
		return -EINVAL;
	}
	if (pasid->space != NULL) {
		IOMMUFD_LOG(ERR,
			"%s: cannot free PASID %u, it is attached: detach it first",
			device->place.address, number);
		return -EBUSY;
	}
	pasid_set_remove(&device->pasids, number);
	return 0;
}

int
rte_iommufd_pasid_free(struct rte_iommufd_device *device, uint32_t pasid)
{
	int ret;

	if (!device_is_own(device))
		return -EINVAL;
	pthread_mutex_lock(&device->context->lock);
	ret = pasid_free_locked(device, pasid);
	pthread_mutex_unlock(&device->context->lock);
	return ret;
}

static int
pasid_refuse(const struct rte_iommufd_device *device, uint32_t number,
	const char *why, int err)
{
	IOMMUFD_LOG(ERR, "%s: cannot attach PASID %u, %s",
		device->place.address, number, why);
	return err;
}

static int
pasid_check_attachment(struct rte_iommufd_device *device, uint32_t number,
	const struct rte_iommufd_space *space)
{
	int ret = pasid_check_device(device);

	if (ret != 0)
		return ret;
	if (!pasid_is_in_range(device, number)) {
		IOMMUFD_LOG(ERR,
			"%s: cannot attach PASID %u, it is not between 1 and %" PRIu64,
			device->place.address, number,
			(UINT64_C(1) << device->pasid_width) - 1);
		return -EINVAL;
	}
	if (space->context != device->context)
		return pasid_refuse(device, number,
			"the address space is of another context", -EINVAL);
	if (device->space == NULL)
		return pasid_refuse(device, number,
			"the device itself is attached to nothing: attach it first, which can be to an empty address space",
			-EINVAL);
	if (device->nested != NULL)
		return pasid_refuse(device, number,
			"the device has a page table of the program's own: destroy that first",
			-EBUSY);
	return 0;
}

/* In place of the space that is attached to it, if there is one. */
static int
pasid_put_in_space(const struct rte_iommufd_device *device, struct pasid *pasid,
	struct rte_iommufd_space *space)
{
	struct rte_iommufd_space *left = pasid->space;
	int ret = address_space_enter_pasid(space);

	if (ret != 0)
		return ret;
	ret = device->context->backend->attach_pasid(device, pasid, space);
	if (ret != 0) {
		address_space_leave_pasid(space);
		return ret;
	}
	pasid->space = space;
	address_space_read_ranges(space);
	if (left != NULL) {
		address_space_leave_pasid(left);
		address_space_read_ranges(left);
	}
	return 0;
}

static int
pasid_attach_locked(struct rte_iommufd_device *device, uint32_t number,
	struct rte_iommufd_space *space)
{
	struct pasid *pasid;
	int ret = pasid_check_attachment(device, number, space);

	if (ret != 0)
		return ret;
	pasid = pasid_set_find(&device->pasids, number);
	if (pasid != NULL && pasid->space != NULL)
		return pasid_refuse(device, number,
			"a space is attached to it: rte_iommufd_pasid_replace() takes another",
			-EBUSY);
	if (pasid == NULL)
		pasid = pasid_set_add(&device->pasids, number);
	if (pasid == NULL)
		return pasid_refuse_out_of_memory(device);
	ret = pasid_put_in_space(device, pasid, space);
	if (ret != 0 && !pasid->allocated)
		pasid_set_remove(&device->pasids, number);
	return ret;
}

int
rte_iommufd_pasid_attach(struct rte_iommufd_device *device, uint32_t pasid,
	struct rte_iommufd_space *space)
{
	int ret;

	if (!device_is_own(device))
		return -EINVAL;
	pthread_mutex_lock(&device->context->lock);
	ret = pasid_attach_locked(device, pasid, space);
	pthread_mutex_unlock(&device->context->lock);
	return ret;
}

/* The PASID, when a space is attached to it. */
static struct pasid *
pasid_find_attached(const struct rte_iommufd_device *device, uint32_t number,
	const char *purpose)
{
	struct pasid *pasid = pasid_set_find(&device->pasids, number);

	if (pasid != NULL && pasid->space != NULL)
		return pasid;
	IOMMUFD_LOG(ERR, "%s: cannot %s PASID %u, no space is attached to it",
		device->place.address, purpose, number);
	return NULL;
}

/* A PASID of a fault space is its user's, who keeps a record of it: see fault_space.c. */
static int
pasid_refuse_owned(const struct rte_iommufd_device *device,
	const struct pasid *pasid, const char *purpose)
{
	if (!pasid->space->owned)
		return 0;
	IOMMUFD_LOG(ERR,
		"%s: cannot %s PASID %u, it belongs to shared virtual addressing: rte_iommufd_sva_unbind() ends it",
		device->place.address, purpose, pasid->number);
	return -EBUSY;
}

static int
pasid_replace_locked(struct rte_iommufd_device *device, uint32_t number,
	struct rte_iommufd_space *space)
{
	struct pasid *pasid = pasid_find_attached(device, number, "replace");
	int ret;

	if (pasid == NULL)
		return -ENOENT;
	ret = pasid_refuse_owned(device, pasid, "replace");
	if (ret != 0)
		return ret;
	if (pasid->space == space)
		return 0;
	ret = pasid_check_attachment(device, number, space);
	return ret != 0 ? ret : pasid_put_in_space(device, pasid, space);
}

int
rte_iommufd_pasid_replace(struct rte_iommufd_device *device, uint32_t pasid,
	struct rte_iommufd_space *space)
{
	int ret;

	if (!device_is_own(device))
		return -EINVAL;
	pthread_mutex_lock(&device->context->lock);
	ret = pasid_replace_locked(device, pasid, space);
	pthread_mutex_unlock(&device->context->lock);
	return ret;
}

static int
pasid_leave_space(struct rte_iommufd_device *device, struct pasid *pasid)
{
	struct rte_iommufd_space *left;
	int ret = device->context->backend->detach_pasid(device, pasid);

	if (ret != 0)
		return ret;
	left = pasid->space;
	pasid->space = NULL;
	if (!pasid->allocated)
		pasid_set_remove(&device->pasids, pasid->number);
	address_space_leave_pasid(left);
	address_space_read_ranges(left);
	return 0;
}

static int
pasid_detach_locked(struct rte_iommufd_device *device, uint32_t number)
{
	struct pasid *pasid = pasid_find_attached(device, number, "detach");
	int ret;

	if (pasid == NULL)
		return -ENOENT;
	ret = pasid_refuse_owned(device, pasid, "detach");
	return ret != 0 ? ret : pasid_leave_space(device, pasid);
}

int
pasid_detach_owned(struct rte_iommufd_device *device, uint32_t number,
	const struct rte_iommufd_space *owner)
{
	struct pasid *pasid = pasid_find_attached(device, number, "detach");

	if (pasid == NULL || pasid->space != owner)
		return -ENOENT;
	return pasid_leave_space(device, pasid);
}

int
rte_iommufd_pasid_detach(struct rte_iommufd_device *device, uint32_t pasid)
{
	int ret;

	if (!device_is_own(device))
		return -EINVAL;
	pthread_mutex_lock(&device->context->lock);
	ret = pasid_detach_locked(device, pasid);
	pthread_mutex_unlock(&device->context->lock);
	return ret;
}

struct rte_iommufd_space *
rte_iommufd_pasid_space(struct rte_iommufd_device *device, uint32_t pasid)
{
	const struct pasid *found;
	struct rte_iommufd_space *space;

	if (device->context == NULL)
		return NULL;
	pthread_mutex_lock(&device->context->lock);
	found = pasid_set_find(&device->pasids, pasid);
	space = found == NULL ? NULL : found->space;
	pthread_mutex_unlock(&device->context->lock);
	return space;
}
