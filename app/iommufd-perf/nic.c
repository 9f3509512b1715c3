/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* svanic by its registers (doc/guides/nics/svanic/datasheet.md); see nic.h. */

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_byteorder.h>
#include <rte_io.h>

#include "nic.h"
#include "scene.h"
#include "svanic_registers.h"

#define PATIENCE 60000 /* milliseconds for a ring */
#define POLL_US 50

#define COMMAND 4 /* of PCI's config space */
#define COMMAND_MEMORY 0x2
#define COMMAND_MASTER 0x4

static uint32_t
read_register(const struct nic *nic, uint32_t offset)
{
	return rte_le_to_cpu_32(rte_read32(nic->registers + offset));
}

static void
write_register(const struct nic *nic, uint32_t offset, uint32_t value)
{
	rte_write32(rte_cpu_to_le_32(value), nic->registers + offset);
}

/* The bits go away as soon as the NIC has done it. */
static int
wait_for_zero(const struct nic *nic, uint32_t offset, uint32_t bits)
{
	double begun = scene_clock();

	while ((read_register(nic, offset) & bits) != 0) {
		if (scene_clock() - begun > PATIENCE) {
			warnx("svanic's register %#x does not change", offset);
			return -1;
		}
		usleep(POLL_US);
	}
	return 0;
}

static int
find_region(int fd, struct vfio_region_info *region, unsigned int index)
{
	*region = (struct vfio_region_info){
		.argsz = sizeof(*region),
		.index = index,
	};
	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, region) == 0)
		return 0;
	warn("region %u of svanic", index);
	return -1;
}

static int
map_registers(struct nic *nic, int fd)
{
	struct vfio_region_info bar;
	void *registers;

	if (find_region(fd, &bar, SVANIC_REGISTERS_BAR) != 0)
		return -1;
	if (bar.size != SVANIC_REGISTERS_SIZE) {
		warnx("this is no svanic: its BAR 0 has another size");
		return -1;
	}
	registers = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		(off_t)bar.offset);
	if (registers == MAP_FAILED) {
		warn("registers of svanic");
		return -1;
	}
	nic->registers = registers;
	return 0;
}

static int
allow_dma(int fd)
{
	const uint16_t command = rte_cpu_to_le_16(
		COMMAND_MEMORY | COMMAND_MASTER);
	struct vfio_region_info config;

	if (find_region(fd, &config, VFIO_PCI_CONFIG_REGION_INDEX) != 0)
		return -1;
	if (pwrite(fd, &command, sizeof(command),
		    (off_t)config.offset + COMMAND) == sizeof(command))
		return 0;
	warn("config space of svanic");
	return -1;
}

static int
begin_use(struct nic *nic)
{
	int fd = rte_iommufd_device_fd(nic->device);

	if (map_registers(nic, fd) != 0 || allow_dma(fd) != 0)
		return -1;
	if (read_register(nic, SVANIC_ID) != SVANIC_ID_VALUE) {
		warnx("this is no svanic: another ID");
		return -1;
	}
	write_register(nic, SVANIC_CONTROL, SVANIC_CONTROL_RESET);
	if (wait_for_zero(nic, SVANIC_CONTROL, SVANIC_CONTROL_RESET) != 0)
		return -1;
	/* A late answer is a figure, and no error. */
	write_register(nic, SVANIC_PAGE_PATIENCE, PATIENCE);
	return 0;
}

int
nic_open(struct nic *nic, const char *address)
{
	char path[64];

	*nic = (struct nic){ 0 };
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	if (rte_iommufd_context_create("backend=iommufd", &nic->context) != 0 ||
		rte_iommufd_space_create(nic->context, &nic->empty) != 0)
		return -1;
	if (rte_iommufd_device_open(nic->context, path, NULL, &nic->device) !=
		0) {
		warnx("%s cannot be opened: is it bound to vfio-pci?", address);
		return -1;
	}
	if (rte_iommufd_device_attach(nic->device, nic->empty) != 0)
		return -1;
	return begin_use(nic);
}

/* Vector 0 is of the NIC itself, then one of each pair. */
static int
set_vectors(struct nic *nic)
{
	char buffer[sizeof(struct vfio_irq_set) + sizeof(nic->events)]
		__attribute__((aligned(8)));
	struct vfio_irq_set *irqs = (struct vfio_irq_set *)buffer;

	*irqs = (struct vfio_irq_set){
		.argsz = sizeof(buffer),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD |
			VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
		.start = 1,
		.count = NIC_LISTEN_PAIRS,
	};
	memcpy(irqs->data, nic->events, sizeof(nic->events));
	if (ioctl(rte_iommufd_device_fd(nic->device), VFIO_DEVICE_SET_IRQS,
		    irqs) == 0)
		return 0;
	warn("interrupts of svanic");
	return -1;
}

int
nic_listen(struct nic *nic)
{
	unsigned int i;

	nic->listens = true;
	for (i = 0; i < NIC_LISTEN_PAIRS; i++)
		nic->events[i] = eventfd(0, EFD_CLOEXEC);
	for (i = 0; i < NIC_LISTEN_PAIRS; i++)
		if (nic->events[i] < 0) {
			warn("eventfd");
			return -1;
		}
	return set_vectors(nic);
}

static void
stop_listening(struct nic *nic)
{
	unsigned int i;

	for (i = 0; nic->listens && i < NIC_LISTEN_PAIRS; i++)
		if (nic->events[i] >= 0)
			close(nic->events[i]);
}

void
nic_close(struct nic *nic)
{
	stop_listening(nic);
	if (nic->registers != NULL)
		munmap(nic->registers, SVANIC_REGISTERS_SIZE);
	rte_iommufd_device_close(nic->device);
	rte_iommufd_space_destroy(nic->empty);
	if (nic->context != NULL)
		rte_iommufd_context_destroy(nic->context);
}

uint64_t
nic_counter(const struct nic *nic, unsigned int pair, uint32_t counter)
{
	return rte_le_to_cpu_64(
		rte_read64(nic->registers + SVANIC_PAIR(pair) + counter));
}

/* --- a queue -------------------------------------------------------------- */

static uint32_t
register_of(const struct nic_queue *queue, uint32_t offset)
{
	return SVANIC_PAIR(queue->pair) + SVANIC_TX + offset;
}

int
nic_queue_start(struct nic_queue *queue, struct nic *nic, unsigned int pair,
	uint32_t pasid, void *ring, unsigned int log2)
{
	*queue = (struct nic_queue){
		.nic = nic,
		.pair = pair,
		.mask = (1u << log2) - 1,
		.ring = ring,
	};
	write_register(nic, SVANIC_PAIR(pair) + SVANIC_PASID,
		pasid | SVANIC_PASID_USE | SVANIC_PASID_ATS | SVANIC_PASID_ASK);
	rte_write64(rte_cpu_to_le_64((uintptr_t)ring),
		nic->registers + register_of(queue, SVANIC_QUEUE_RING));
	write_register(nic, register_of(queue, SVANIC_QUEUE_SIZE), log2);
	write_register(nic, register_of(queue, SVANIC_QUEUE_CONTROL),
		SVANIC_QUEUE_ENABLE);
	if ((read_register(nic, register_of(queue, SVANIC_QUEUE_STATE)) &
		    0xff) == SVANIC_STATE_RUNNING)
		return 0;
	warnx("svanic does not start a queue");
	return -1;
}

void
nic_queue_stop(struct nic_queue *queue)
{
	write_register(queue->nic, register_of(queue, SVANIC_QUEUE_CONTROL), 0);
	wait_for_zero(queue->nic, register_of(queue, SVANIC_QUEUE_CONTROL),
		SVANIC_QUEUE_ENABLE);
}

void
nic_put(struct nic_queue *queue, const void *frame)
{
	queue->ring[queue->next++ & queue->mask] =
		(struct svanic_tx_descriptor){
			.address = rte_cpu_to_le_64((uintptr_t)frame),
			.length = rte_cpu_to_le_16(NIC_FRAME),
			.flags = rte_cpu_to_le_16(SVANIC_TX_END),
		};
}

void
nic_doorbell(struct nic_queue *queue)
{
	write_register(
		queue->nic, register_of(queue, SVANIC_QUEUE_TAIL), queue->next);
}

uint32_t
nic_outstanding(const struct nic_queue *queue)
{
	return queue->next -
		read_register(
			queue->nic, register_of(queue, SVANIC_QUEUE_HEAD));
}

int
nic_wait(const struct nic_queue *queue)
{
	double begun = scene_clock();
	uint32_t state = SVANIC_STATE_RUNNING;

	while (nic_outstanding(queue) != 0) {
		state = read_register(
			queue->nic, register_of(queue, SVANIC_QUEUE_STATE));
		if ((state & 0xff) == SVANIC_STATE_HALTED ||
			scene_clock() - begun > PATIENCE) {
			warnx("svanic does not work its ring off: state %#x",
				state);
			return -1;
		}
		usleep(POLL_US);
	}
	return 0;
}

static int
wait_for_event(int event)
{
	struct pollfd polled = { .fd = event, .events = POLLIN };
	uint64_t count;

	if (poll(&polled, 1, PATIENCE) == 1 &&
		read(event, &count, sizeof(count)) == sizeof(count))
		return 0;
	warnx("svanic raises no interrupt");
	return -1;
}

/* Armed before the doorbell: the interrupt comes when HEAD leaves where it is now. */
int
nic_send(struct nic_queue *queue, const void *frame, double *taken)
{
	volatile struct svanic_tx_descriptor
		*descriptor = &queue->ring[queue->next & queue->mask];
	double begun;
	uint16_t flags;

	write_register(queue->nic, SVANIC_PAIR(queue->pair) + SVANIC_INTERRUPT,
		(queue->next & SVANIC_INTERRUPT_COUNT) | SVANIC_INTERRUPT_TX |
			SVANIC_INTERRUPT_ARM);
	nic_put(queue, frame);
	descriptor->flags |= rte_cpu_to_le_16(SVANIC_TX_REPORT);
	begun = scene_clock();
	nic_doorbell(queue);
	if (wait_for_event(queue->nic->events[queue->pair]) != 0)
		return -1;
	*taken = (scene_clock() - begun) * 1e3;
	flags = rte_le_to_cpu_16(descriptor->flags);
	if ((flags & SVANIC_TX_DONE) && flags >> SVANIC_ERROR_SHIFT == 0)
		return 0;
	warnx("svanic does not send a frame: flags %#x", flags);
	return -1;
}
