/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The kernel's objects for a page table that the program owns; see nest.h. */

#include <errno.h>

#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/nest.h"
#include "backend/page_tables.h"
#include "explain/explain_nested.h"
#include "kernel/kernel.h"
#include "kernel/kernel_nested.h"
#include "util/log.h"

/* How many faults the kernel keeps for the program. */
#define EVENTS 256

static int
nest_refuse(const struct nest *nest, enum nest_step step, int err)
{
	const struct sysfs_device *place = &nest->device->place;
	struct explanation why;

	IOMMUFD_LOG(ERR, "%s: %s", place->address,
		explain_nested(&why, place, step, &nest->registers, err));
	return err;
}

int
nest_begin(struct nest *nest, struct rte_iommufd_device *device)
{
	int ret;

	*nest = (struct nest){
		.device = device,
		.iommu_fd = device->context->iommu_fd,
		.events_fd = -1,
	};
	ret = kernel_smmuv3_registers(
		nest->iommu_fd, device->iommufd_id, &nest->registers);
	if (ret != 0) {
		nest_refuse(nest, NEST_REGISTERS, ret);
		return ret == -ENOTTY ? -EOPNOTSUPP : ret;
	}
	if (!smmuv3_reads_stage1(&nest->registers))
		return nest_refuse(nest, NEST_FORMAT, -EOPNOTSUPP);
	return 0;
}

/* Before Linux 6.15 there is none, and faults are in the kernel's log. */
static int
open_events(struct nest *nest)
{
	int fd = kernel_veventq_alloc(
		nest->iommu_fd, nest->viommu_id, EVENTS, &nest->events_id);

	if (fd == -ENOTTY || fd == -EOPNOTSUPP)
		return 0;
	if (fd < 0)
		return fd;
	nest->events_fd = fd;
	return 0;
}

/* The first step that fails is in *step. */
static int
make_objects(struct nest *nest, uint64_t descriptor_iova, enum nest_step *step)
{
	const uint32_t device_id = nest->device->iommufd_id;
	uint64_t words[2];
	int ret;

	*step = NEST_PARENT;
	ret = kernel_nest_parent_alloc(nest->iommu_fd, device_id,
		nest->device->space->ioas_id, &nest->parent_id);
	if (ret != 0)
		return ret;
	*step = NEST_VIOMMU;
	ret = kernel_viommu_alloc(
		nest->iommu_fd, device_id, nest->parent_id, &nest->viommu_id);
	if (ret != 0)
		return ret;
	*step = NEST_VDEVICE;
	ret = kernel_vdevice_alloc(nest->iommu_fd, nest->viommu_id, device_id,
		NEST_STREAM, &nest->vdevice_id);
	if (ret != 0)
		return ret;
	*step = NEST_TABLE;
	smmuv3_stream_table_entry(words, &nest->registers, descriptor_iova);
	ret = kernel_nested_alloc(nest->iommu_fd, device_id, nest->viommu_id,
		words, &nest->table_id);
	if (ret != 0)
		return ret;
	*step = NEST_EVENTS;
	return open_events(nest);
}

int
nest_make(struct nest *nest, uint64_t descriptor_iova)
{
	enum nest_step step;
	int ret = make_objects(nest, descriptor_iova, &step);

	if (ret == 0)
		return 0;
	nest_refuse(nest, step, ret);
	nest_end(nest);
	return ret == -ENOTTY ? -EOPNOTSUPP : ret;
}

/* What the SMMU may have kept of an earlier table in this place is forgotten first. */
int
nest_attach(struct nest *nest)
{
	const struct smmuv3_command commands[] = {
		smmuv3_forget_descriptor(NEST_STREAM),
		smmuv3_forget_all(NEST_ASID),
	};
	int ret = nest_invalidate(nest, commands, RTE_DIM(commands));

	if (ret != 0)
		return ret;
	ret = kernel_device_attach(nest->device->fd, nest->table_id);
	if (ret != 0)
		return nest_refuse(nest, NEST_ATTACHMENT, ret);
	nest->attached = true;
	return 0;
}

/* To the page table of the space, which it has kept meanwhile. */
int
nest_detach(struct nest *nest)
{
	const struct rte_iommufd_device *device = nest->device;
	int ret = kernel_device_attach(device->fd,
		device->page_table != NULL ? device->page_table->id
					   : device->space->ioas_id);

	if (ret != 0) {
		IOMMUFD_LOG(ERR,
			"%s: cannot go back to the page table of its address space: %s",
			device->place.address, rte_strerror(-ret));
		return ret;
	}
	nest->attached = false;
	return 0;
}

static void
end_object(const struct nest *nest, uint32_t *id)
{
	int ret;

	if (*id == 0)
		return;
	ret = kernel_object_destroy(nest->iommu_fd, *id);
	if (ret != 0)
		IOMMUFD_LOG(WARNING,
			"the kernel keeps object %u of a program's page table: %s; it ends with the process",
			*id, rte_strerror(-ret));
	*id = 0;
}

void
nest_end(struct nest *nest)
{
	if (nest->device == NULL)
		return;
	if (nest->attached)
		nest_detach(nest);
	if (nest->events_fd >= 0)
		kernel_close(nest->events_fd);
	nest->events_fd = -1;
	end_object(nest, &nest->events_id);
	end_object(nest, &nest->table_id);
	end_object(nest, &nest->vdevice_id);
	end_object(nest, &nest->viommu_id);
	end_object(nest, &nest->parent_id);
	nest->device = NULL;
}

/* Stores to the table come before. */
int
nest_invalidate(struct nest *nest, const struct smmuv3_command *commands,
	uint32_t count)
{
	int ret;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	ret = kernel_nested_invalidate(
		nest->iommu_fd, nest->viommu_id, commands, &count);
	return ret == 0 ? 0 : nest_refuse(nest, NEST_INVALIDATION, ret);
}

int
nest_read_fault(struct nest *nest, struct smmuv3_fault *fault, uint32_t *lost)
{
	struct smmuv3_event event;
	uint32_t sequence;
	int ret;

	if (nest->events_fd < 0)
		return -EOPNOTSUPP;
	ret = kernel_veventq_read(nest->events_fd, &event, &sequence);
	if (ret <= 0)
		return ret;
	*fault = smmuv3_fault_of(&event);
	/* Numbers go from 0 to INT_MAX, also of those that were lost: struct
	 * iommufd_vevent_header.
	 */
	*lost = (sequence - nest->next_sequence) & INT32_MAX;
	if (fault->number == 0)
		(*lost)++;
	nest->next_sequence = (sequence + 1) & INT32_MAX;
	return 1;
}
