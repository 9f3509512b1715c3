/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * dirty-copy: copies a ring of buffers while a NIC fills it, as one has to who moves a virtual
 * machine to another host: all of it once, then in rounds what was written since the last one,
 * and when the NIC has stopped, what is left. Both are equal then.
 *
 * Each round prints how many pages were copied, and how many of these the NIC has not written,
 * by its own descriptors: none with an IOMMU that has dirty tracking; with a legacy container all
 * others, because the kernel knows no better. A page that the NIC has written and that is not
 * reported ends the program.
 *
 *   devtools/lab shell --nic svanic:link=pair1 --nic virtio:link=pair1,kernel -- \
 *       /src/devtools/guest/with-broadcasts /src/devtools/guest/with-vfio dirty-copy 0000:01:00.0 \
 *       backend=type1
 *
 * The library alone is at work here, without EAL, and the NIC svanic by its registers
 * (doc/guides/nics/svanic/datasheet.md), which receives broadcasts.
 */

#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_io.h>

#include <rte_iommufd.h>

#include "svanic_registers.h"

#define PAGE UINT64_C(4096)
#define BUFFERS 128 /* of one page each, in one mapping */
#define DESCRIPTORS (1u << SVANIC_RING_LOG2_MIN)
#define BUFFERS_IOVA UINT64_C(0x10000000)
#define RING_IOVA UINT64_C(0x20000000)
#define FRAMES 150 /* in all: each buffer at least once */
#define FRAMES_A_ROUND 15
#define PATIENCE_MS 60000
#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

#define WORDS (BUFFERS / 64)

static struct {
	struct rte_iommufd_context *context;
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	char *registers;
	volatile struct svanic_rx_descriptor *ring;
	char *buffers;
	uint32_t given;	   /* descriptors */
	uint32_t received; /* frames */
} nic;

static char copy[BUFFERS * PAGE];
static uint64_t reported[WORDS], before[WORDS]; /* in this round, in the last */
static uint64_t written[WORDS]; /* since the last round, by the descriptors */

/* The library has logged what is wrong: this ends the program. */
static void
need(int ret)
{
	if (ret != 0)
		exit(EXIT_FAILURE);
}

static void *
make_memory(uint64_t length, uint64_t iova)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(EXIT_FAILURE, "memory");
	need(rte_iommufd_space_map(nic.space, memory, iova, length, RW));
	return memory;
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
reach_registers(int fd)
{
	const uint16_t memory_and_master = rte_cpu_to_le_16(0x2 | 0x4);
	const struct vfio_region_info config = find_region(
		fd, VFIO_PCI_CONFIG_REGION_INDEX);
	const struct vfio_region_info bar = find_region(
		fd, SVANIC_REGISTERS_BAR);

	nic.registers = mmap(NULL, SVANIC_REGISTERS_SIZE,
		PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)bar.offset);
	/* A device does no DMA before its config space says that it may. */
	if (nic.registers == MAP_FAILED ||
		pwrite(fd, &memory_and_master, 2, (off_t)config.offset + 4) !=
			2)
		err(EXIT_FAILURE, "registers");
}

/* The record is asked for before the device comes: page tables are made for it. */
static void
open_nic(const char *address, const char *settings)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	need(rte_iommufd_context_create(settings, &nic.context));
	need(rte_iommufd_device_open(nic.context, path, NULL, &nic.device));
	printf("dirty-copy: backend %s\n",
		rte_iommufd_context_backend(nic.context));
	need(rte_iommufd_space_create(nic.context, &nic.space));
	need(rte_iommufd_space_dirty_want(nic.space));
	need(rte_iommufd_device_attach(nic.device, nic.space));
	reach_registers(rte_iommufd_device_fd(nic.device));
	nic.ring = make_memory(PAGE, RING_IOVA);
	nic.buffers = make_memory(BUFFERS * PAGE, BUFFERS_IOVA);
}

static void
close_nic(void)
{
	munmap(nic.registers, SVANIC_REGISTERS_SIZE);
	rte_iommufd_device_close(nic.device);
	need(rte_iommufd_space_destroy(nic.space));
	need(rte_iommufd_context_destroy(nic.context));
}

static void
write_register(uint32_t offset, uint32_t value)
{
	rte_write32(rte_cpu_to_le_32(value), nic.registers + offset);
}

/* All descriptors but one: a full ring looks like an empty one. */
static void
give_buffers(void)
{
	while (nic.given < nic.received + DESCRIPTORS - 1) {
		nic.ring[nic.given % DESCRIPTORS] =
			(struct svanic_rx_descriptor){
				.address = rte_cpu_to_le_64(BUFFERS_IOVA +
					nic.given % BUFFERS * PAGE),
				.length = rte_cpu_to_le_16(PAGE),
			};
		nic.given++;
	}
	rte_io_wmb();
	write_register(
		SVANIC_PAIR(0) + SVANIC_RX + SVANIC_QUEUE_TAIL, nic.given);
}

static void
start_receiving(void)
{
	const uint32_t queue = SVANIC_PAIR(0) + SVANIC_RX;

	rte_write64(rte_cpu_to_le_64(RING_IOVA),
		nic.registers + queue + SVANIC_QUEUE_RING);
	write_register(queue + SVANIC_QUEUE_SIZE, SVANIC_RING_LOG2_MIN);
	write_register(queue + SVANIC_QUEUE_CONTROL, SVANIC_QUEUE_ENABLE);
	give_buffers();
	write_register(SVANIC_RECEIVE_MODE, SVANIC_RECEIVE_BROADCAST);
	write_register(SVANIC_CONTROL, SVANIC_CONTROL_RECEIVE);
}

static void
stop_receiving(void)
{
	const uint32_t control = SVANIC_PAIR(0) + SVANIC_RX +
		SVANIC_QUEUE_CONTROL;

	write_register(control, 0);
	while (rte_read32(nic.registers + control) != 0)
		; /* until then it can be in the midst of a transfer */
}

/* Takes the frames that are there. */
static void
take_frames(void)
{
	volatile struct svanic_rx_descriptor *descriptor;
	unsigned int buffer;
	uint16_t status;

	while (nic.received < nic.given) {
		descriptor = &nic.ring[nic.received % DESCRIPTORS];
		status = rte_le_to_cpu_16(descriptor->status);
		if ((status & SVANIC_RX_DONE) == 0)
			break;
		if (status >> SVANIC_ERROR_SHIFT != SVANIC_ERROR_NONE)
			errx(EXIT_FAILURE, "the NIC reports error %u",
				status >> SVANIC_ERROR_SHIFT);
		buffer = nic.received++ % BUFFERS;
		written[buffer / 64] |= UINT64_C(1) << buffer % 64;
	}
}

static void
wait_for_frames(uint32_t count)
{
	const uint32_t wanted = nic.received + count;
	unsigned int waited;

	for (waited = 0; nic.received < wanted; waited++) {
		if (waited == PATIENCE_MS)
			errx(EXIT_FAILURE, "no broadcast frames come");
		take_frames();
		give_buffers();
		usleep(1000);
	}
}

/* --- the copy ---------------------------------------------------------------------- */

static bool
has_bit(const uint64_t *bits, unsigned int page)
{
	return bits[page / 64] & UINT64_C(1) << page % 64;
}

static double
read_record(void)
{
	struct timespec from, to;

	memcpy(before, reported, sizeof(before));
	memset(reported, 0, sizeof(reported));
	clock_gettime(CLOCK_MONOTONIC, &from);
	need(rte_iommufd_space_dirty_read(
		nic.space, BUFFERS_IOVA, BUFFERS * PAGE, 0, reported));
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from.tv_sec) * 1e6 +
		(double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

/*
 * A frame's page is in this report, or in the last one, when its descriptor was seen only after
 * that. Returns how many pages were reported and not written.
 */
static unsigned int
compare_with_descriptors(void)
{
	unsigned int page, others = 0;

	for (page = 0; page < BUFFERS; page++) {
		if (has_bit(written, page) && !has_bit(reported, page) &&
			!has_bit(before, page))
			errx(EXIT_FAILURE,
				"page %u was written by the NIC and is NOT REPORTED",
				page);
		others += has_bit(reported, page) && !has_bit(written, page);
	}
	return others;
}

static void
copy_round(unsigned int round)
{
	unsigned int page, copied = 0;
	const double microseconds = read_record();
	const unsigned int others = compare_with_descriptors();

	memset(written, 0, sizeof(written));
	for (page = 0; page < BUFFERS; page++) {
		if (!has_bit(reported, page))
			continue;
		memcpy(copy + page * PAGE, nic.buffers + page * PAGE, PAGE);
		copied++;
	}
	printf("dirty-copy: round %u: %u of %u pages, %u of them not written by the NIC; read in %.0f us\n",
		round, copied, BUFFERS, others, microseconds);
}

int
main(int argc, char **argv)
{
	unsigned int round = 1;
	bool equal;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2 && argc != 3)
		errx(EXIT_FAILURE,
			"usage: dirty-copy ADDRESS [SETTINGS], such as 0000:01:00.0 backend=type1");
	open_nic(argv[1], argc == 3 ? argv[2] : "backend=auto");
	need(rte_iommufd_space_dirty_start(nic.space));
	memcpy(copy, nic.buffers, sizeof(copy));
	start_receiving();
	while (nic.received < FRAMES) {
		wait_for_frames(FRAMES_A_ROUND);
		copy_round(round++);
	}
	stop_receiving();
	take_frames();
	copy_round(round);
	need(rte_iommufd_space_dirty_stop(nic.space));
	equal = memcmp(copy, nic.buffers, sizeof(copy)) == 0;
	printf("dirty-copy: %" PRIu32 " frames, the copy is %s\n", nic.received,
		equal ? "equal" : "NOT EQUAL");
	close_nic();
	return equal ? EXIT_SUCCESS : EXIT_FAILURE;
}
