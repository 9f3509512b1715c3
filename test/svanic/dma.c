/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A queue's way to memory: without a PASID, with one untranslated, or with a translation
 * asked for by ATS; page by page (datasheet, section 10).
 *
 * Must not know: what is transferred, how a page request is sent.
 */

#include <string.h>

#include "svanic.h"

#define COMMAND 0x04
#define COMMAND_BUS_MASTER 0x04

static const struct qemu_attributes no_attributes;

static bool
is_bus_master(const struct svanic *nic)
{
	return pci_default_read_config(nic->device, COMMAND, 2) &
		COMMAND_BUS_MASTER;
}

/* What the pair uses must be there, and the host must have enabled it. */
static bool
are_capabilities_enabled(const struct svanic *nic, uint32_t use)
{
	if ((use & SVANIC_PASID_USE) &&
		(!nic->properties.pasid || !pcie_pasid_enabled(nic->device)))
		return false;
	if ((use & SVANIC_PASID_ATS) &&
		(!nic->properties.ats || !pcie_ats_enabled(nic->device)))
		return false;
	return !(use & SVANIC_PASID_ASK) ||
		(nic->properties.pri && pcie_pri_enabled(nic->device));
}

void *
svanic_iommu(struct svanic *nic)
{
	if (nic->iommu == NULL) /* it stays as long as QEMU runs */
		nic->iommu = object_resolve_path_type("", "intel-iommu", NULL);
	return nic->iommu;
}

/*
 * The address space of a PASID. It is not kept: the IOMMU drops it when the PASID's table
 * entry goes.
 */
static void *
space_of_pasid(struct svanic *nic, uint32_t pasid)
{
	void *bus = qdev_get_parent_bus(nic->device);
	int function = pci_requester_id(nic->device) & 0xff;
	struct qemu_vtd_address_space *space;

	if (svanic_iommu(nic) == NULL)
		return NULL;
	space = vtd_find_add_as(nic->iommu, bus, function, pasid);
	if (space->bus != bus || space->function != function ||
		space->pasid != pasid)
		return NULL;
	return space->address_space;
}

void
svanic_dma_prepare(struct svanic_queue *queue)
{
	struct svanic *nic = queue->nic;
	uint32_t use = queue->pair->pasid;
	struct svanic_access *access = &queue->access;

	*access = (struct svanic_access){
		.ats = use & SVANIC_PASID_ATS,
		.ask = use & SVANIC_PASID_ASK,
		.pasid = use & SVANIC_PASID_USE ? use & SVANIC_PASID_MASK
						: QEMU_NO_PASID,
	};
	if (!is_bus_master(nic))
		access->error = SVANIC_ERROR_BUS;
	else if (!are_capabilities_enabled(nic, use))
		access->error = SVANIC_ERROR_NO_PASID;
	else if (access->ats)
		access->space = address_space_memory;
	else if (access->pasid == QEMU_NO_PASID)
		access->space = pci_device_iommu_address_space(nic->device);
	else
		access->space = space_of_pasid(nic, access->pasid);
	if (access->error == 0 && access->space == NULL)
		access->error = SVANIC_ERROR_REFUSED;
}

static void
record_fault(struct svanic_queue *queue, uint64_t address, bool is_write)
{
	struct svanic_pair *pair = queue->pair;

	svanic_count(pair, COUNT_FAULTS, 1);
	pair->counters[COUNT_FAULT_ADDRESS] = address;
	pair->fault_info = SVANIC_FAULT_VALID |
		(is_write ? SVANIC_FAULT_WRITE : 0);
	if (queue->access.pasid != QEMU_NO_PASID)
		pair->fault_info |= SVANIC_FAULT_WITH_PASID |
			queue->access.pasid;
	svanic_event(queue->nic, SVANIC_EVENT_FAULT);
}

/* SVANIC_DONE with what is to be used instead of the address, SVANIC_WAIT, or an error. */
static int
translate(struct svanic_queue *queue, uint64_t address, bool is_write,
	uint64_t *translated)
{
	uint64_t page = address & ~(uint64_t)(RING_PAGE_SIZE - 1);
	uint32_t wanted = is_write ? QEMU_MAY_WRITE : QEMU_MAY_READ;

	*translated = address;
	if (!queue->access.ats)
		return SVANIC_DONE;
	if (svanic_atc_translate(queue->nic, queue->access.pasid, address,
		    wanted, translated)) {
		svanic_page_is_there(queue);
		return SVANIC_DONE;
	}
	if (!queue->access.ask)
		return SVANIC_ERROR_REFUSED;
	return svanic_page_ask(queue, page, is_write);
}

/* An aligned word is written at once. The device's registers do not hear of it. */
static bool
touch(struct svanic_queue *queue, uint64_t translated, void *buffer,
	uint32_t length, bool is_write)
{
	struct svanic *nic = queue->nic;
	uint32_t status = 0;
	uint64_t word;

	nic->in_dma = true;
	if (is_write && length == sizeof(word) &&
		translated % sizeof(word) == 0) {
		memcpy(&word, buffer, sizeof(word));
		address_space_stq_le(queue->access.space, translated, word,
			no_attributes, &status);
	} else {
		status = address_space_rw(queue->access.space, translated,
			no_attributes, buffer, length, is_write);
	}
	nic->in_dma = false;
	return status == 0;
}

/* At most one page. */
static int
move_in_page(struct svanic_queue *queue, uint64_t address, void *buffer,
	uint32_t length, bool is_write)
{
	uint64_t translated;
	int result = translate(queue, address, is_write, &translated);

	if (result == SVANIC_DONE &&
		!touch(queue, translated, buffer, length, is_write))
		result = queue->access.ats ? SVANIC_ERROR_BUS
					   : SVANIC_ERROR_REFUSED;
	if (result > 0 && result != SVANIC_ERROR_BUS)
		record_fault(queue, address, is_write);
	return result;
}

int
svanic_dma(struct svanic_queue *queue, uint64_t address, void *buffer,
	uint32_t length, bool is_write, uint32_t *done)
{
	uint32_t part, in_page;
	int result;

	if (queue->access.error != 0)
		return queue->access.error;
	while (*done < length) {
		in_page = RING_PAGE_SIZE -
			(uint32_t)((address + *done) % RING_PAGE_SIZE);
		part = length - *done < in_page ? length - *done : in_page;
		result = move_in_page(queue, address + *done,
			(uint8_t *)buffer + *done, part, is_write);
		if (result != SVANIC_DONE)
			return result;
		*done += part;
	}
	return SVANIC_DONE;
}

int
svanic_dma_write_8(struct svanic_queue *queue, uint64_t address, uint64_t value)
{
	uint32_t done = 0;

	return svanic_dma(queue, address, &value, sizeof(value), true, &done);
}
