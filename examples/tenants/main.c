/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * tenants: one NIC, two tenants, each with a queue pair, a PASID and an address space
 * of its own. What is mapped for one is out of the other's reach, though it is the same
 * device that reads and writes for both: the tenant that tries gets an error in its
 * descriptor, the NIC counts a fault, the kernel logs one, and the other tenant's memory
 * is as it was.
 *
 * At last one of them gets another address space in place of its own.
 *
 * To write, the NIC needs frames from the wire: each tenant waits for broadcast frames.
 *
 *   devtools/lab shell --nic svanic:link=pair1 --nic virtio:link=pair1,kernel -- \
 *       /src/devtools/guest/with-broadcasts /src/devtools/guest/with-vfio tenants 0000:01:00.0
 *
 * The library alone is at work here, without EAL, and the NIC svanic by its registers
 * (doc/guides/nics/svanic/datasheet.md), so that nothing hides what a PASID is: a number
 * in a register of the queue pair, with which rte_iommufd_pasid_attach() has
 * connected an address space.
 */

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_io.h>

#include <rte_iommufd.h>
#include <rte_iommufd_pasid.h>

#include "svanic_registers.h"

#define PATIENCE_MS 60000

/* A tenant's memory: two rings, a frame of a text, and room for one from the wire. */
#define MEMORY_SIZE 0x3000
#define RX_RING_OFFSET 0x800
#define FRAME_OFFSET 0x1000
#define ROOM_OFFSET 0x2000
#define ROOM_SIZE 0x1000
#define FRAME_SIZE 60
static const uint8_t frame_header[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0x52, 0x54, 0, 0, 0, 1, 0x88, 0xb5 };

struct nic {
	struct rte_iommufd_context *context;
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *empty; /* for DMA without a PASID */
	char *registers;
};

struct tenant {
	const char *name;
	unsigned int pair;
	uint64_t iova; /* of its memory */
	char *memory;
	struct rte_iommufd_space *space;
	uint32_t pasid;
	uint32_t sent; /* descriptors given to the NIC */
	uint32_t received;
};

/* The library has logged what is wrong: this ends the program. */
static void
need(int ret)
{
	if (ret != 0)
		exit(EXIT_FAILURE);
}

static void
write_register(struct nic *nic, uint32_t offset, uint32_t value)
{
	rte_write32(rte_cpu_to_le_32(value), nic->registers + offset);
}

static uint64_t
read_counter(struct nic *nic, const struct tenant *tenant, uint32_t counter)
{
	return rte_le_to_cpu_64(rte_read64(
		nic->registers + SVANIC_PAIR(tenant->pair) + counter));
}

/* --- the NIC ----------------------------------------------------------------------- */

static struct vfio_region_info
find_region(int fd, unsigned int index)
{
	struct vfio_region_info region = {
		.argsz = sizeof(region),
		.index = index,
	};

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &region) != 0)
		err(EXIT_FAILURE, "region %u", index);
	return region;
}

static void
open_nic(struct nic *nic, const char *address)
{
	const uint16_t memory_and_master = rte_cpu_to_le_16(0x2 | 0x4);
	struct vfio_region_info config, bar;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	need(rte_iommufd_context_create("backend=iommufd", &nic->context));
	if (rte_iommufd_device_open(nic->context, path, NULL, &nic->device) !=
		0)
		errx(EXIT_FAILURE, "%s: is it bound to vfio-pci?", address);
	need(rte_iommufd_space_create(nic->context, &nic->empty));
	need(rte_iommufd_device_attach(nic->device, nic->empty));

	fd = rte_iommufd_device_fd(nic->device);
	bar = find_region(fd, SVANIC_REGISTERS_BAR);
	nic->registers = mmap(NULL, SVANIC_REGISTERS_SIZE,
		PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)bar.offset);
	/* A device does no DMA before its config space says that it may. */
	config = find_region(fd, VFIO_PCI_CONFIG_REGION_INDEX);
	if (nic->registers == MAP_FAILED ||
		pwrite(fd, &memory_and_master, 2, (off_t)config.offset + 4) !=
			2)
		err(EXIT_FAILURE, "%s", address);
}

static void
close_nic(struct nic *nic)
{
	munmap(nic->registers, SVANIC_REGISTERS_SIZE);
	rte_iommufd_device_close(nic->device);
	need(rte_iommufd_space_destroy(nic->empty));
	need(rte_iommufd_context_destroy(nic->context));
}

/* --- tenants ----------------------------------------------------------------------- */

static void
start_queue(struct nic *nic, uint32_t queue, uint64_t ring)
{
	rte_write64(rte_cpu_to_le_64(ring),
		nic->registers + queue + SVANIC_QUEUE_RING);
	write_register(nic, queue + SVANIC_QUEUE_SIZE, SVANIC_RING_LOG2_MIN);
	write_register(nic, queue + SVANIC_QUEUE_CONTROL, SVANIC_QUEUE_ENABLE);
}

static void
stop_queue(struct nic *nic, uint32_t queue)
{
	write_register(nic, queue + SVANIC_QUEUE_CONTROL, 0);
	while (rte_read32(nic->registers + queue + SVANIC_QUEUE_CONTROL) != 0)
		; /* until then it can be in the midst of a transfer */
}

/* The heart of it: memory in a space, the space on a PASID, the PASID in the queue. */
static void
move_in(struct nic *nic, struct tenant *tenant)
{
	uint32_t pair = SVANIC_PAIR(tenant->pair);

	tenant->memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (tenant->memory == MAP_FAILED)
		err(EXIT_FAILURE, "memory");
	memcpy(tenant->memory + FRAME_OFFSET, frame_header,
		sizeof(frame_header));
	snprintf(tenant->memory + FRAME_OFFSET + sizeof(frame_header),
		FRAME_SIZE - sizeof(frame_header), "from the memory of %s",
		tenant->name);

	need(rte_iommufd_space_create(nic->context, &tenant->space));
	need(rte_iommufd_pasid_alloc(nic->device, &tenant->pasid));
	need(rte_iommufd_pasid_attach(
		nic->device, tenant->pasid, tenant->space));
	need(rte_iommufd_space_map(tenant->space, tenant->memory, tenant->iova,
		MEMORY_SIZE, RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE));

	write_register(
		nic, pair + SVANIC_PASID, tenant->pasid | SVANIC_PASID_USE);
	start_queue(nic, pair + SVANIC_TX, tenant->iova);
	start_queue(nic, pair + SVANIC_RX, tenant->iova + RX_RING_OFFSET);
	printf("tenants: %s has queue pair %u, PASID %" PRIu32
	       " and memory at %#" PRIx64 "\n",
		tenant->name, tenant->pair, tenant->pasid, tenant->iova);
}

/*
 * The tenant gets another space, with the same memory at the same addresses: its queues and its
 * PASID stay as they are, and nothing is sent or received meanwhile.
 */
static void
change_space(struct nic *nic, struct tenant *tenant)
{
	struct rte_iommufd_space *before = rte_iommufd_pasid_space(
		nic->device, tenant->pasid);

	need(rte_iommufd_space_create(nic->context, &tenant->space));
	need(rte_iommufd_space_map(tenant->space, tenant->memory, tenant->iova,
		MEMORY_SIZE, RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE));
	need(rte_iommufd_pasid_replace(
		nic->device, tenant->pasid, tenant->space));
	need(rte_iommufd_space_destroy(before));
	printf("tenants: %s has another space on PASID %" PRIu32 "\n",
		tenant->name, tenant->pasid);
}

static void
move_out(struct nic *nic, struct tenant *tenant)
{
	stop_queue(nic, SVANIC_PAIR(tenant->pair) + SVANIC_RX);
	stop_queue(nic, SVANIC_PAIR(tenant->pair) + SVANIC_TX);
	need(rte_iommufd_pasid_detach(nic->device, tenant->pasid));
	need(rte_iommufd_pasid_free(nic->device, tenant->pasid));
	need(rte_iommufd_space_destroy(tenant->space));
	munmap(tenant->memory, MEMORY_SIZE);
}

/* Sends the frame at an address of the tenant's space. The descriptor's error code. */
static unsigned int
send_frame(struct nic *nic, struct tenant *tenant, uint64_t address)
{
	volatile struct svanic_tx_descriptor *descriptor;
	unsigned int waited;
	uint16_t flags = 0;

	descriptor = (void *)tenant->memory;
	descriptor += tenant->sent++ % (1u << SVANIC_RING_LOG2_MIN);
	*descriptor = (struct svanic_tx_descriptor){
		.address = rte_cpu_to_le_64(address),
		.length = rte_cpu_to_le_16(FRAME_SIZE),
		.flags = rte_cpu_to_le_16(SVANIC_TX_END | SVANIC_TX_REPORT),
	};
	write_register(nic,
		SVANIC_PAIR(tenant->pair) + SVANIC_TX + SVANIC_QUEUE_TAIL,
		tenant->sent);
	for (waited = 0; waited < PATIENCE_MS; waited++) {
		flags = rte_le_to_cpu_16(descriptor->flags);
		if ((flags & SVANIC_TX_DONE) != 0)
			return flags >> SVANIC_ERROR_SHIFT;
		usleep(1000);
	}
	errx(EXIT_FAILURE, "the NIC does not report back to %s", tenant->name);
}

/* Broadcasts go to this tenant's queue from now on. */
static void
take_broadcasts(struct nic *nic, const struct tenant *tenant)
{
	write_register(nic, SVANIC_FILTER_LOW(0), 0xffffffff);
	write_register(nic, SVANIC_FILTER_HIGH(0),
		SVANIC_FILTER_VALID | SVANIC_FILTER_STEER |
			tenant->pair << SVANIC_FILTER_QUEUE_SHIFT | 0xffff);
	write_register(nic, SVANIC_CONTROL, SVANIC_CONTROL_RECEIVE);
}

/* The next frame into an address of the tenant's space. The descriptor's error code. */
static unsigned int
receive_frame(struct nic *nic, struct tenant *tenant, uint64_t address)
{
	volatile struct svanic_rx_descriptor *descriptor;
	unsigned int waited;
	uint16_t status;

	descriptor = (void *)(tenant->memory + RX_RING_OFFSET);
	descriptor += tenant->received++ % (1u << SVANIC_RING_LOG2_MIN);
	*descriptor = (struct svanic_rx_descriptor){
		.address = rte_cpu_to_le_64(address),
		.length = rte_cpu_to_le_16(ROOM_SIZE),
	};
	write_register(nic,
		SVANIC_PAIR(tenant->pair) + SVANIC_RX + SVANIC_QUEUE_TAIL,
		tenant->received);
	for (waited = 0; waited < PATIENCE_MS; waited++) {
		status = rte_le_to_cpu_16(descriptor->status);
		if ((status & SVANIC_RX_DONE) != 0)
			return status >> SVANIC_ERROR_SHIFT;
		usleep(1000);
	}
	errx(EXIT_FAILURE, "no broadcast frame has come for %s", tenant->name);
}

/* A frame into its own memory, then one into the other's, which must not change. */
static bool
try_to_write(struct nic *nic, struct tenant *tenant, const struct tenant *other)
{
	static char before[MEMORY_SIZE];
	unsigned int own, foreign;
	bool unchanged;

	take_broadcasts(nic, tenant);
	memcpy(before, other->memory, MEMORY_SIZE);
	own = receive_frame(nic, tenant, tenant->iova + ROOM_OFFSET);
	foreign = receive_frame(nic, tenant, other->iova + ROOM_OFFSET);
	unchanged = memcmp(before, other->memory, MEMORY_SIZE) == 0;
	printf("tenants: %s receives into its own memory: %s\n", tenant->name,
		own == SVANIC_ERROR_NONE ? "received" : "NOT RECEIVED");
	printf("tenants: %s receives into the memory of %s: %s, which is %s\n",
		tenant->name, other->name,
		foreign == SVANIC_ERROR_REFUSED ? "refused" : "NOT REFUSED",
		unchanged ? "as it was" : "CHANGED");
	return own == SVANIC_ERROR_NONE && foreign == SVANIC_ERROR_REFUSED &&
		unchanged;
}

/* Its own frame, then the other's at the address where the other has it. */
static bool
try_to_read(struct nic *nic, struct tenant *tenant, const struct tenant *other)
{
	unsigned int own = send_frame(nic, tenant, tenant->iova + FRAME_OFFSET);
	unsigned int foreign = send_frame(
		nic, tenant, other->iova + FRAME_OFFSET);

	printf("tenants: %s sends from its own memory: %s\n", tenant->name,
		own == SVANIC_ERROR_NONE ? "sent" : "NOT SENT");
	printf("tenants: %s sends from the memory of %s: %s\n", tenant->name,
		other->name,
		foreign == SVANIC_ERROR_REFUSED ? "refused" : "NOT REFUSED");
	return own == SVANIC_ERROR_NONE && foreign == SVANIC_ERROR_REFUSED;
}

static void
show_counters(struct nic *nic, const struct tenant *tenant)
{
	printf("tenants: %s: %" PRIu64 " frames sent, %" PRIu64
	       " received, %" PRIu64 " errors, %" PRIu64
	       " faults, the last at %#" PRIx64 "\n",
		tenant->name, read_counter(nic, tenant, SVANIC_TX_FRAMES),
		read_counter(nic, tenant, SVANIC_RX_FRAMES),
		read_counter(nic, tenant, SVANIC_TX_ERRORS) +
			read_counter(nic, tenant, SVANIC_RX_ERRORS),
		read_counter(nic, tenant, SVANIC_FAULTS),
		read_counter(nic, tenant, SVANIC_FAULT_ADDRESS));
}

int
main(int argc, char **argv)
{
	struct tenant tenants[] = {
		{ .name = "Anna", .pair = 0, .iova = 0x10000000 },
		{ .name = "Bert", .pair = 1, .iova = 0x20000000 },
	};
	struct nic nic = { 0 };
	bool kept_apart = true;
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2)
		errx(EXIT_FAILURE, "which NIC? such as 0000:01:00.0");
	open_nic(&nic, argv[1]);
	for (i = 0; i < RTE_DIM(tenants); i++)
		move_in(&nic, &tenants[i]);
	for (i = 0; i < RTE_DIM(tenants); i++) {
		kept_apart &= try_to_read(&nic, &tenants[i], &tenants[1 - i]);
		kept_apart &= try_to_write(&nic, &tenants[i], &tenants[1 - i]);
	}
	change_space(&nic, &tenants[0]);
	kept_apart &= try_to_read(&nic, &tenants[0], &tenants[1]);
	for (i = 0; i < RTE_DIM(tenants); i++)
		show_counters(&nic, &tenants[i]);
	for (i = 0; i < RTE_DIM(tenants); i++)
		move_out(&nic, &tenants[i]);
	close_nic(&nic);
	return kept_apart ? EXIT_SUCCESS : EXIT_FAILURE;
}
