/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Regions of devices, for the DMA of other devices.
 *
 * IOMMU_IOAS_MAP takes memory only, and it does not accept registers as memory
 * (pin_user_pages() refuses VM_PFNMAP). It takes them as a dma-buf, which VFIO makes of a
 * part of a region. Programs know the address at which they have mapped the registers, by
 * VFIO or by sysfs: /proc/self/maps shows which device and which part of it that is.
 *
 * Must not know: how a space is mapped, EAL.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "backend/backend.h"
#include "core/region.h"
#include "core/space_kernel.h"
#include "explain/explain.h"
#include "kernel/kernel.h"
#include "kernel/vma_file.h"
#include "util/log.h"

/* What vfio-pci's offsets consist of: drivers/vfio/pci, VFIO_PCI_OFFSET_SHIFT. */
#define VFIO_OFFSET_SHIFT 40
#define VFIO_OFFSET_MASK ((UINT64_C(1) << VFIO_OFFSET_SHIFT) - 1)
#define BARS 6

/* A part of a device's registers, as this process has mapped it. */
struct registers {
	char address
		[DEVICE_PLACE_NAME_SIZE]; /* the device's, as far as it is known */
	struct rte_iommufd_device *owner; /* NULL: not open in the context */
	unsigned int region;
	uint64_t offset;
};

static int
region_dma_buf(const struct rte_iommufd_device *owner, unsigned int region,
	uint64_t offset, uint64_t length, struct explanation *why)
{
	int file = kernel_device_open_dma_buf(
		owner->fd, region, offset, length);

	if (file < 0)
		explain_region(why, region, offset, length, file);
	/* The kernel does not know the call. */
	return file == -ENOTTY ? -EOPNOTSUPP : file;
}

int
region_open(const struct rte_iommufd_device *owner, unsigned int region,
	uint64_t offset, uint64_t length)
{
	struct explanation why;
	int file = region_dma_buf(owner, region, offset, length, &why);

	if (file < 0)
		IOMMUFD_LOG(ERR, "%s: %s", owner->place.address, why.text);
	return file;
}

/* --- The device of the registers --- */

/* Where the BAR is in physical memory, which the kernel adds to the offsets of sysfs maps. */
static bool
region_read_start(const char *folder, unsigned int bar, uint64_t *start)
{
	char path[PATH_MAX];
	unsigned int line;
	char text[128];
	FILE *file;
	bool found = false;

	if (snprintf(path, sizeof(path), "%s/resource", folder) >=
		(int)sizeof(path))
		return false;
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	for (line = 0; line <= bar; line++)
		found = fgets(text, sizeof(text), file) != NULL;
	fclose(file);
	return found && sscanf(text, "%" SCNx64, start) == 1;
}

/* ".../0000:01:00.0/resource2" or "resource2_wc": the device's address, and the BAR. */
static bool
region_parse_sysfs_path(const char *path, struct registers *registers)
{
	const char *name = strrchr(path, '/');
	const char *folder;

	if (name == NULL ||
		sscanf(name, "/resource%u", &registers->region) != 1 ||
		registers->region >= BARS)
		return false;
	folder = memrchr(path, '/', name - path);
	if (folder == NULL ||
		(size_t)(name - folder) > sizeof(registers->address))
		return false;
	snprintf(registers->address, sizeof(registers->address), "%.*s",
		(int)(name - folder - 1), folder + 1);
	return true;
}

static bool
region_is_of_sysfs(
	const struct rte_iommufd_device *device, const struct registers *wanted)
{
	return strcmp(device->place.address, wanted->address) == 0;
}

static bool
region_is_of_node(
	const struct rte_iommufd_device *device, const struct vma_file *vma)
{
	char node[PATH_MAX];

	sysfs_device_cdev_node(&device->place, node, sizeof(node));
	return strcmp(vma->path, node) == 0;
}

/* The context's lock is held. */
static void
region_find_owner(struct rte_iommufd_context *context,
	const struct vma_file *vma, bool by_sysfs, struct registers *registers)
{
	struct rte_iommufd_device *device;

	TAILQ_FOREACH(device, &context->devices, next)
		if (device->fd >= 0 &&
			(by_sysfs ? region_is_of_sysfs(device, registers)
				  : region_is_of_node(device, vma)))
			registers->owner = device;
}

/* Whether the run is registers; the context's lock is held. */
static bool
region_find(struct rte_iommufd_context *context, const struct mapping *run,
	struct registers *registers)
{
	struct vma_file vma;
	uint64_t start = 0;
	bool by_sysfs;

	*registers = (struct registers){ .owner = NULL };
	if (vma_file_at(run->va, &vma) != 0 ||
		run->va + (run->length - 1) >= vma.end)
		return false;
	registers->offset = vma.offset + (run->va - vma.start);
	by_sysfs = region_parse_sysfs_path(vma.path, registers);
	if (!by_sysfs && strncmp(vma.path, "/dev/vfio/", 10) != 0)
		return false;
	region_find_owner(context, &vma, by_sysfs, registers);
	if (!by_sysfs) {
		snprintf(registers->address, sizeof(registers->address), "%s",
			registers->owner != NULL
				? registers->owner->place.address
				: vma.path);
		registers->region = registers->offset >> VFIO_OFFSET_SHIFT;
		registers->offset &= VFIO_OFFSET_MASK;
	} else if (registers->owner != NULL) {
		if (!region_read_start(registers->owner->place.path,
			    registers->region, &start))
			registers->owner = NULL;
		registers->offset -= start;
	}
	return true;
}

static void
region_refuse(const struct mapping *run, const struct registers *registers,
	const char *why)
{
	IOMMUFD_LOG(ERR,
		"cannot map %#" PRIx64 "-%#" PRIx64 ": at %#" PRIx64
		" of this process are registers of %s, and %s; RTE_IOMMUFD=backend=type1 maps them by their address",
		run->iova, run->iova + (run->length - 1), run->va,
		registers->address, why);
}

int
region_open_at(struct rte_iommufd_space *space, const struct mapping *run)
{
	struct rte_iommufd_context *context = space->context;
	struct registers registers;
	struct explanation why = {
		.text = "this process has not opened that device"
	};
	int file = -EFAULT;
	bool is_registers = false;

	pthread_mutex_lock(&context->lock);
	if (context->backend->maps_regions)
		is_registers = region_find(context, run, &registers);
	if (is_registers && registers.owner != NULL)
		file = region_dma_buf(registers.owner, registers.region,
			registers.offset, run->length, &why);
	pthread_mutex_unlock(&context->lock);
	if (file >= 0)
		return file;
	if (is_registers)
		region_refuse(run, &registers, why.text);
	else
		space_refuse_map(space, run, -EFAULT);
	return -EFAULT;
}
