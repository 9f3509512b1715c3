/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Drives svanic by its registers, from user space, with nothing between.
 *
 * Must not know: DPDK, this project's library, what is tested.
 */

#include "svanic_bare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/iommufd.h>
#include <linux/vfio.h>

#define COMMAND 4
#define COMMAND_MEMORY 2
#define COMMAND_MASTER 4

static void
need(bool condition, const char *what)
{
	if (condition)
		return;
	printf("WRONG: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
call(int fd, unsigned long request, void *argument, const char *what)
{
	need(ioctl(fd, request, argument) >= 0, what);
}

/* --- VFIO and IOMMUFD ------------------------------------------------------------- */

static int
open_device(const char *address)
{
	char path[300], name[64] = "";
	struct dirent *entry;
	DIR *folder;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev",
		address);
	folder = opendir(path);
	need(folder != NULL, path);
	while ((entry = readdir(folder)) != NULL) {
		if (strncmp(entry->d_name, "vfio", 4) == 0)
			snprintf(name, sizeof(name), "%.60s", entry->d_name);
	}
	closedir(folder);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	fd = open(path, O_RDWR);
	need(fd >= 0, path);
	return fd;
}

static void
map_registers(struct bare *bare)
{
	struct vfio_region_info region = {
		.argsz = sizeof(region),
		.index = SVANIC_REGISTERS_BAR,
	};
	void *at;

	call(bare->device, VFIO_DEVICE_GET_REGION_INFO, &region,
		"region of BAR 0");
	need(region.size == SVANIC_REGISTERS_SIZE, "size of BAR 0");
	at = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		bare->device, region.offset);
	need(at != MAP_FAILED, "mapping BAR 0");
	bare->registers = at;
}

static void
set_vectors(struct bare *bare)
{
	struct {
		struct vfio_irq_set set;
		int fds[SVANIC_MSIX_VECTORS];
	} irqs = {
		.set = {
			.argsz = sizeof(irqs),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.count = SVANIC_MSIX_VECTORS,
		},
	};
	unsigned int i;

	for (i = 0; i < SVANIC_MSIX_VECTORS; i++) {
		bare->vectors[i] = eventfd(0, EFD_NONBLOCK);
		need(bare->vectors[i] >= 0, "eventfd");
		irqs.fds[i] = bare->vectors[i];
	}
	call(bare->device, VFIO_DEVICE_SET_IRQS, &irqs,
		"setting 17 MSI-X vectors");
}

void
bare_set_bus_master(struct bare *bare, bool on)
{
	struct vfio_region_info region = {
		.argsz = sizeof(region),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint16_t command;

	call(bare->device, VFIO_DEVICE_GET_REGION_INFO, &region,
		"region of config space");
	need(pread(bare->device, &command, 2, (off_t)region.offset + COMMAND) ==
			2,
		"reading COMMAND");
	command |= COMMAND_MEMORY;
	command = on ? command | COMMAND_MASTER : command & ~COMMAND_MASTER;
	need(pwrite(bare->device, &command, 2,
		     (off_t)region.offset + COMMAND) == 2,
		"writing COMMAND");
}

void
bare_open(struct bare *bare, const char *address)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };

	bare->device = open_device(address);
	bare->iommu = open("/dev/iommu", O_RDWR);
	need(bare->iommu >= 0, "/dev/iommu");
	bind.argsz = offsetof(struct vfio_device_bind_iommufd, out_devid) +
		sizeof(bind.out_devid);
	bind.iommufd = bare->iommu;
	call(bare->device, VFIO_DEVICE_BIND_IOMMUFD, &bind,
		"binding to IOMMUFD");
	bare->id = bind.out_devid;
	map_registers(bare);
	bare_set_bus_master(bare, true);
	set_vectors(bare);
}

void
bare_take(struct bare *bare, int device)
{
	bare->device = device;
	map_registers(bare);
	bare_set_bus_master(bare, true);
}

uint32_t
bare_space(struct bare *bare)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	call(bare->iommu, IOMMU_IOAS_ALLOC, &alloc, "IOMMU_IOAS_ALLOC");
	return alloc.out_ioas_id;
}

void
bare_map(struct bare *bare, uint32_t space, void *memory, uint64_t iova,
	uint64_t length)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = space,
		.user_va = (uintptr_t)memory,
		.length = length,
		.iova = iova,
	};

	call(bare->iommu, IOMMU_IOAS_MAP, &map, "IOMMU_IOAS_MAP");
}

void
bare_unmap(struct bare *bare, uint32_t space, uint64_t iova, uint64_t length)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = space,
		.iova = iova,
		.length = length,
	};

	call(bare->iommu, IOMMU_IOAS_UNMAP, &unmap, "IOMMU_IOAS_UNMAP");
}

uint32_t
bare_faults(struct bare *bare, int *fd)
{
	struct iommu_fault_alloc alloc = { .size = sizeof(alloc) };

	call(bare->iommu, IOMMU_FAULT_QUEUE_ALLOC, &alloc,
		"IOMMU_FAULT_QUEUE_ALLOC");
	*fd = alloc.out_fault_fd;
	return alloc.out_fault_id;
}

uint32_t
bare_table(struct bare *bare, uint32_t space, uint32_t fault)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.flags = IOMMU_HWPT_ALLOC_PASID |
			(fault != 0 ? IOMMU_HWPT_FAULT_ID_VALID : 0),
		.dev_id = bare->id,
		.pt_id = space,
		.fault_id = fault,
	};

	call(bare->iommu, IOMMU_HWPT_ALLOC, &alloc, "IOMMU_HWPT_ALLOC");
	return alloc.out_hwpt_id;
}

void
bare_attach(struct bare *bare, uint32_t table)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = offsetof(struct vfio_device_attach_iommufd_pt, pasid),
		.pt_id = table,
	};

	call(bare->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach, "attaching");
}

void
bare_attach_pasid(struct bare *bare, uint32_t table, uint32_t pasid)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.flags = VFIO_DEVICE_ATTACH_PASID,
		.pt_id = table,
		.pasid = pasid,
	};

	call(bare->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach,
		"attaching a PASID");
}

void
bare_detach_pasid(struct bare *bare, uint32_t pasid)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
		.flags = VFIO_DEVICE_DETACH_PASID,
		.pasid = pasid,
	};

	call(bare->device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach,
		"detaching a PASID");
}

void
bare_reset_function(struct bare *bare)
{
	call(bare->device, VFIO_DEVICE_RESET, NULL, "VFIO_DEVICE_RESET");
}

/* --- registers -------------------------------------------------------------------- */

uint32_t
bare_read(struct bare *bare, uint32_t offset)
{
	return *(volatile uint32_t *)(bare->registers + offset);
}

uint64_t
bare_read_wide(struct bare *bare, uint32_t offset)
{
	return *(volatile uint64_t *)(bare->registers + offset);
}

void
bare_write(struct bare *bare, uint32_t offset, uint32_t value)
{
	*(volatile uint32_t *)(bare->registers + offset) = value;
}

void
bare_write_wide(struct bare *bare, uint32_t offset, uint64_t value)
{
	*(volatile uint64_t *)(bare->registers + offset) = value;
}

void
bare_pause(void)
{
	sched_yield();
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

void
bare_reset(struct bare *bare)
{
	bare_write(bare, SVANIC_CONTROL, SVANIC_CONTROL_RESET);
	while (bare_read(bare, SVANIC_CONTROL) & SVANIC_CONTROL_RESET)
		bare_pause();
	bare_write(bare, SVANIC_CONTROL, SVANIC_CONTROL_RECEIVE);
}

uint64_t
bare_interrupts(struct bare *bare, unsigned int vector, int patience_ms)
{
	struct pollfd ready = { .fd = bare->vectors[vector], .events = POLLIN };
	uint64_t count = 0;

	if (poll(&ready, 1, patience_ms) <= 0)
		return 0;
	if (read(bare->vectors[vector], &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}

/* --- rings ------------------------------------------------------------------------ */

void
bare_queue_start(struct bare_queue *queue, struct bare *bare, uint32_t base,
	void *ring, uint64_t iova, uint32_t log2_size)
{
	*queue = (struct bare_queue){
		.bare = bare,
		.base = base,
		.rx = ring,
		.iova = iova,
		.log2_size = log2_size,
	};
	bare_write_wide(bare, base + SVANIC_QUEUE_RING, iova);
	bare_write(bare, base + SVANIC_QUEUE_SIZE, log2_size);
	bare_write(bare, base + SVANIC_QUEUE_CONTROL, SVANIC_QUEUE_ENABLE);
}

void
bare_queue_stop(struct bare_queue *queue)
{
	bare_write(queue->bare, queue->base + SVANIC_QUEUE_CONTROL, 0);
	while (bare_read(queue->bare, queue->base + SVANIC_QUEUE_CONTROL) != 0)
		bare_pause();
}

static uint32_t
slot(const struct bare_queue *queue, uint32_t number)
{
	return number & ((1u << queue->log2_size) - 1);
}

volatile struct svanic_rx_descriptor *
bare_rx(struct bare_queue *queue, uint32_t number)
{
	return &queue->rx[slot(queue, number)];
}

volatile struct svanic_tx_descriptor *
bare_tx(struct bare_queue *queue, uint32_t number)
{
	return &queue->tx[slot(queue, number)];
}

uint32_t
bare_put_rx(struct bare_queue *queue, uint64_t iova, uint16_t length)
{
	*bare_rx(queue, queue->tail) = (struct svanic_rx_descriptor){
		.address = iova,
		.length = length,
	};
	return queue->tail++;
}

uint32_t
bare_put_tx(struct bare_queue *queue, uint64_t iova, uint16_t length,
	uint16_t flags, uint8_t l2_length, uint8_t l3_length)
{
	*bare_tx(queue, queue->tail) = (struct svanic_tx_descriptor){
		.address = iova,
		.length = length,
		.flags = flags,
		.l2_length = l2_length,
		.l3_length = l3_length,
	};
	return queue->tail++;
}

void
bare_queue_ring(struct bare_queue *queue)
{
	bare_write(queue->bare, queue->base + SVANIC_QUEUE_TAIL, queue->tail);
}

uint32_t
bare_queue_head(struct bare_queue *queue)
{
	return bare_read(queue->bare, queue->base + SVANIC_QUEUE_HEAD);
}

uint32_t
bare_queue_state(struct bare_queue *queue)
{
	return bare_read(queue->bare, queue->base + SVANIC_QUEUE_STATE);
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
bare_wait_for_head(struct bare_queue *queue, uint32_t head)
{
	uint64_t end = now_ms() + BARE_PATIENCE_MS;

	while (bare_queue_head(queue) != head) {
		if (now_ms() > end)
			return false;
		bare_pause();
	}
	return true;
}

bool
bare_wait_for_state(struct bare_queue *queue, uint32_t state)
{
	uint64_t end = now_ms() + BARE_PATIENCE_MS;

	while (bare_queue_state(queue) != state) {
		if (now_ms() > end)
			return false;
		bare_pause();
	}
	return true;
}

uint64_t
bare_counter(struct bare *bare, unsigned int pair, uint32_t counter)
{
	return bare_read_wide(bare, SVANIC_PAIR(pair) + counter);
}

bool
bare_wait_for_counter(struct bare *bare, uint32_t offset, uint64_t value)
{
	uint64_t end = now_ms() + BARE_PATIENCE_MS;

	while (bare_read_wide(bare, offset) != value) {
		if (now_ms() > end)
			return false;
		bare_pause();
	}
	return true;
}
