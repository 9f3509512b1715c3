/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Page tables that the program owns: the memory that the SMMU reads them from, and what was
 * unmapped in them and is still to be invalidated.
 *
 * The memory begins with a page for the context descriptor; the tables are behind it.
 *
 * Must not know: calls of the kernel, formats.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "backend/nest.h"
#include "core/address_space.h"
#include "core/device_owner.h"
#include "core/nested.h"
#include "core/pasid.h"
#include "kernel/reserved_regions.h"
#include "rte_iommufd_nested.h"
#include "util/log.h"
#include "util/sized_struct.h"
#include "util/stage1.h"

#define DESCRIPTOR_PAGES 1
#define LEAST_PAGES (DESCRIPTOR_PAGES + 2)
#define REGIONS 32

/* Entries that were unmapped and may be in the SMMU's caches. */
struct unmapped {
	struct entry {
		uint64_t first;
		uint64_t last;
	} entries[RTE_IOMMUFD_NESTED_BATCH];
	uint32_t count;
	bool are_more; /* than there is room for */
};

struct rte_iommufd_nested {
	struct rte_iommufd_context *context;
	struct nest nest;
	struct stage1 table;
	struct unmapped unmapped;
};

int
nested_check_none(const struct rte_iommufd_device *device, const char *purpose)
{
	if (device->nested == NULL)
		return 0;
	IOMMUFD_LOG(ERR,
		"%s: cannot %s, it has a page table of the program's own: destroy that first",
		device->place.address, purpose);
	return -EBUSY;
}

void
nested_end_device(struct rte_iommufd_device *device)
{
	if (device->nested == NULL)
		return;
	nest_end(&device->nested->nest);
	device->nested = NULL;
	address_space_read_ranges(device->space);
}

static bool
nested_has_ended(const struct rte_iommufd_nested *nested)
{
	return nested->nest.device == NULL;
}

/* --- creation ------------------------------------------------------------------------ */

static int
nested_refuse(const struct rte_iommufd_device *device, const char *why, int err)
{
	IOMMUFD_LOG(ERR, "%s: a program cannot own its page table, %s",
		device->place.address, why);
	return err;
}

static int
nested_check_device(const struct rte_iommufd_device *device)
{
	const struct backend *backend = device->context->backend;

	if (!backend->nests) {
		IOMMUFD_LOG(ERR,
			"%s: backend %s has no page tables of programs: they need RTE_IOMMUFD=backend=iommufd",
			device->place.address, backend->name);
		return -EOPNOTSUPP;
	}
	if (device_state(device) != DEVICE_ATTACHED)
		return nested_refuse(device,
			"the device is attached to nothing: attach it first",
			-EINVAL);
	if (device->space->dirty.wanted)
		return nested_refuse(device,
			"its address space records which pages devices write, and what goes by that table would be missing",
			-EBUSY);
	if (pasid_is_any_attached(device))
		return nested_refuse(device,
			"PASIDs of the device are attached: detach them first",
			-EBUSY);
	return nested_check_none(device, "have another one");
}

static int
nested_find_memory(const struct rte_iommufd_device *device, uint64_t iova,
	uint64_t length, void **memory)
{
	if ((iova | length) % STAGE1_PAGE != 0 ||
		length / STAGE1_PAGE < LEAST_PAGES ||
		length / STAGE1_PAGE > UINT32_MAX)
		return nested_refuse(device,
			"the memory for it is not three pages of 4096 bytes or more",
			-EINVAL);
	if (rte_iommufd_space_lookup(device->space, iova, length,
		    RTE_IOMMUFD_MAP_READ, memory) != 0)
		return nested_refuse(device,
			"the memory for it is not mapped in the device's address space, or not contiguous",
			-ENOENT);
	return 0;
}

/* Where the IOMMU translates interrupts, the kernel puts the doorbell there: iommufd_sw_msi(). */
static int
nested_map_interrupts(struct rte_iommufd_nested *nested)
{
	const struct rte_iommufd_device *device = nested->nest.device;
	struct reserved_region regions[REGIONS];
	unsigned int count, i;
	int ret;

	count = reserved_regions_read(device->place.path, regions, REGIONS);
	for (i = 0; i < count; i++) {
		if (strcmp(regions[i].type, "msi") != 0)
			continue;
		ret = stage1_map(&nested->table, regions[i].first,
			regions[i].first,
			regions[i].last - regions[i].first + 1,
			STAGE1_READ | STAGE1_WRITE);
		if (ret != 0)
			return nested_refuse(device,
				"the memory for it has no room for the tables of the interrupt window",
				ret);
	}
	return 0;
}

static int
nested_make(struct rte_iommufd_nested *nested, void *memory, uint64_t iova,
	uint64_t length)
{
	int ret;

	stage1_init(&nested->table,
		(char *)memory + DESCRIPTOR_PAGES * STAGE1_PAGE,
		iova + DESCRIPTOR_PAGES * STAGE1_PAGE,
		length / STAGE1_PAGE - DESCRIPTOR_PAGES);
	smmuv3_context_descriptor(memory, &nested->nest.registers, NEST_ASID,
		stage1_root_iova(&nested->table));
	ret = nested_map_interrupts(nested);
	return ret == 0 ? nest_make(&nested->nest, iova) : ret;
}

static int
nested_create_locked(struct rte_iommufd_device *device, uint64_t iova,
	uint64_t length, struct rte_iommufd_nested *nested)
{
	void *memory;
	int ret = nested_check_device(device);

	if (ret == 0)
		ret = nested_find_memory(device, iova, length, &memory);
	if (ret == 0)
		ret = nest_begin(&nested->nest, device);
	if (ret == 0)
		ret = nested_make(nested, memory, iova, length);
	if (ret != 0)
		return ret;
	device->nested = nested;
	address_space_read_ranges(device->space);
	return 0;
}

int
rte_iommufd_nested_create(struct rte_iommufd_device *device, uint64_t iova,
	uint64_t length, struct rte_iommufd_nested **nested)
{
	struct rte_iommufd_nested *made;
	int ret;

	if (!device_is_own(device))
		return -EINVAL;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return nested_refuse(device, "out of memory", -ENOMEM);
	made->context = device->context;
	pthread_mutex_lock(&made->context->lock);
	ret = nested_create_locked(device, iova, length, made);
	pthread_mutex_unlock(&made->context->lock);
	if (ret != 0) {
		free(made);
		return ret;
	}
	*nested = made;
	return 0;
}

void
rte_iommufd_nested_destroy(struct rte_iommufd_nested *nested)
{
	if (nested == NULL)
		return;
	pthread_mutex_lock(&nested->context->lock);
	if (!nested_has_ended(nested))
		nested_end_device(nested->nest.device);
	pthread_mutex_unlock(&nested->context->lock);
	free(nested);
}

/* --- attachment ---------------------------------------------------------------------- */

static int
nested_switch(struct rte_iommufd_nested *nested, bool attach)
{
	if (nested_has_ended(nested))
		return -ENODEV;
	if (nested->nest.attached == attach)
		return 0;
	return attach ? nest_attach(&nested->nest) : nest_detach(&nested->nest);
}

int
rte_iommufd_nested_attach(struct rte_iommufd_nested *nested)
{
	int ret;

	pthread_mutex_lock(&nested->context->lock);
	ret = nested_switch(nested, true);
	pthread_mutex_unlock(&nested->context->lock);
	return ret;
}

int
rte_iommufd_nested_detach(struct rte_iommufd_nested *nested)
{
	int ret;

	pthread_mutex_lock(&nested->context->lock);
	ret = nested_switch(nested, false);
	pthread_mutex_unlock(&nested->context->lock);
	return ret;
}

/* --- mappings ------------------------------------------------------------------------ */

static bool
unmapped_touches(const struct unmapped *unmapped, uint64_t first, uint64_t last)
{
	uint32_t i;

	if (unmapped->are_more)
		return true;
	for (i = 0; i < unmapped->count; i++)
		if (unmapped->entries[i].first <= last &&
			unmapped->entries[i].last >= first)
			return true;
	return false;
}

/* The entries of the table in this interval, or all that may have been in it. */
static void
unmapped_add(struct unmapped *unmapped, const struct stage1 *table,
	uint64_t iova, uint64_t length)
{
	uint64_t reach;

	for (; length > 0; iova += reach, length -= reach) {
		if (unmapped->count == RTE_IOMMUFD_NESTED_BATCH) {
			unmapped->are_more = true;
			return;
		}
		reach = stage1_reach(table, iova);
		if (reach > length)
			reach = length;
		unmapped->entries[unmapped->count++] = (struct entry){
			.first = iova,
			.last = iova + (reach - 1),
		};
	}
}

static uint32_t
rights_of(uint32_t rights)
{
	return ((rights & RTE_IOMMUFD_MAP_READ) != 0 ? STAGE1_READ : 0) |
		((rights & RTE_IOMMUFD_MAP_WRITE) != 0 ? STAGE1_WRITE : 0) |
		(rights & ~(RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE));
}

int
rte_iommufd_nested_map(struct rte_iommufd_nested *nested, uint64_t iova,
	uint64_t target, uint64_t length, uint32_t rights)
{
	int ret;

	if (nested_has_ended(nested))
		return -ENODEV;
	if (unmapped_touches(&nested->unmapped, iova, iova + (length - 1))) {
		ret = rte_iommufd_nested_invalidate(nested);
		if (ret != 0)
			return ret;
	}
	ret = stage1_map(
		&nested->table, iova, target, length, rights_of(rights));
	/* A part of it was there for a moment. */
	if (ret == -ENOMEM)
		nested->unmapped.are_more = true;
	return ret;
}

int
rte_iommufd_nested_unmap(
	struct rte_iommufd_nested *nested, uint64_t iova, uint64_t length)
{
	struct unmapped *unmapped = &nested->unmapped;
	const uint32_t count = unmapped->count;
	const bool are_more = unmapped->are_more;
	int ret;

	if (nested_has_ended(nested))
		return -ENODEV;
	unmapped_add(unmapped, &nested->table, iova, length);
	ret = stage1_unmap(&nested->table, iova, length);
	if (ret != 0) {
		unmapped->count = count;
		unmapped->are_more = are_more;
	}
	return ret;
}

int
rte_iommufd_nested_invalidate(struct rte_iommufd_nested *nested)
{
	struct smmuv3_command commands[RTE_IOMMUFD_NESTED_BATCH];
	struct unmapped *unmapped = &nested->unmapped;
	uint32_t count = unmapped->count, i;
	int ret;

	if (nested_has_ended(nested))
		return -ENODEV;
	for (i = 0; i < count; i++)
		commands[i] = smmuv3_forget_address(
			NEST_ASID, unmapped->entries[i].first);
	if (unmapped->are_more) {
		commands[0] = smmuv3_forget_all(NEST_ASID);
		count = 1;
	}
	if (count == 0)
		return 0;
	ret = nest_invalidate(&nested->nest, commands, count);
	if (ret != 0)
		return ret;
	unmapped->count = 0;
	unmapped->are_more = false;
	return 0;
}

/* --- faults -------------------------------------------------------------------------- */

int
rte_iommufd_nested_fault_fd(const struct rte_iommufd_nested *nested)
{
	if (nested_has_ended(nested))
		return -ENODEV;
	return nested->nest.events_fd < 0 ? -EOPNOTSUPP
					  : nested->nest.events_fd;
}

int
rte_iommufd_nested_fault_read(struct rte_iommufd_nested *nested,
	struct rte_iommufd_nested_fault *fault)
{
	struct rte_iommufd_nested_fault filled = { .number = 0 };
	struct smmuv3_fault found;
	int ret = sized_struct_check(fault,
		SIZED_STRUCT_UP_TO(struct rte_iommufd_nested_fault, lost),
		"rte_iommufd_nested_fault");

	if (ret != 0)
		return ret;
	if (nested_has_ended(nested))
		return -ENODEV;
	ret = nest_read_fault(&nested->nest, &found, &filled.lost);
	if (ret != 1)
		return ret;
	filled.number = found.number;
	if (found.number != 0) {
		filled.write = !found.is_read;
		filled.iova = found.address;
	}
	sized_struct_fill(fault, &filled, sizeof(filled));
	return 1;
}
