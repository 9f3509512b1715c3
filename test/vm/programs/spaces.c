/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A DPDK program that uses address spaces itself: what the bus plugin has opened is
 * looked up and used with the functions of rte_iommufd.h. Like echo.c, it sends back
 * what port 0 receives.
 *
 *   spaces EAL-OPTIONS -- isolation A B   A and B are devices, A that of port 0, in
 *               spaces of their own. SIGUSR1: memory is mapped for B only, and A sends
 *               a frame out of it, which the IOMMU refuses. SIGUSR2: it is copied into
 *               A's space, and from now on all frames go out of it.
 *   spaces EAL-OPTIONS -- move A          SIGUSR1: A is moved into another address space,
 *               which mirrors the first and has memory of its own, out of which all
 *               frames go then; or back.
 *   spaces EAL-OPTIONS -- p2p A OWNER REGION   OWNER is a device that the options do not
 *               name; all frames go out of that region (BAR) of it.
 *   spaces EAL-OPTIONS -- bar A OWNER REGION HOW   the same, mapped by rte_dev_dma_map() of the
 *               address at which the program sees it; HOW: "vfio" or "sysfs", where it maps
 *               the registers itself, or "closed": by sysfs, and OWNER is not opened. Port 0's
 *               own registers are mapped for it as well.
 *
 * Ends with SIGTERM.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <rte_common.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_iommufd.h>
#include <rte_mbuf.h>
#include <rte_memory.h>

#include "frames.h"
#include "rest.h"

#define PORT 0
#define MEMORY_SIZE (SLOTS * SLOT_SIZE)
#define REGION_IOVA UINT64_C(0x40000000)
#define PAGE 4096
#define PORT_IOVA UINT64_C(0x50000000)
#define ALL_RIGHTS (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PCI_COMMAND_OFFSET 4
#define PCI_COMMAND_MEMORY 2

/* --- what the modes do --- */

struct job {
	const char *mode;
	struct rte_iommufd_context *context;
	struct rte_iommufd_device *device; /* of port 0 */
	struct rte_iommufd_device *other_device;
	struct rte_iommufd_space *space;
	struct rte_iommufd_space *other_space;
	struct rte_mempool *pool;
	struct slots slots;
	void *named; /* bar: the registers, as rte_dev_dma_map() is told */
	bool from_slots;
	unsigned int moves;
};

static void
take_memory(struct job *job)
{
	job->slots.va = frames_own_memory(MEMORY_SIZE);
	job->slots.iova = (uintptr_t)job->slots.va;
}

static void
sysfs_path(const char *address, char *path, size_t size)
{
	snprintf(path, size, "/sys/bus/pci/devices/%s", address);
}

static struct rte_iommufd_device *
look_up(struct job *job, const char *address)
{
	struct rte_iommufd_device *device = NULL;
	char path[128];

	sysfs_path(address, path, sizeof(path));
	check(rte_iommufd_device_lookup(job->context, path, &device) == 0,
		"the bus plugin has not opened this device");
	return device;
}

static void
begin_isolation(struct job *job, const char *other)
{
	job->other_device = look_up(job, other);
	job->other_space = rte_iommufd_device_space(job->other_device);
	check(job->space != job->other_space, "both are in the same space");
	take_memory(job);
	check(rte_iommufd_space_map(job->other_space, job->slots.va,
		      job->slots.iova, MEMORY_SIZE, ALL_RIGHTS) == 0,
		"map for the other device");
	printf("spaces: memory at %#" PRIx64 "\n", job->slots.iova);
}

static void
trespass(struct job *job)
{
	static const uint8_t frame[60] = "out of memory of another device";

	frames_send(PORT,
		frames_in_slot(&job->slots, job->pool, frame, sizeof(frame)));
	printf("spaces: sent out of the other device's memory\n");
}

static void
copy(struct job *job)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	check(rte_iommufd_space_copy(job->space, job->slots.iova,
		      job->other_space, job->slots.iova, MEMORY_SIZE,
		      RTE_IOMMUFD_MAP_READ) == 0,
		"copy");
	rte_iommufd_space_stats(job->space, &stats);
	job->from_slots = true;
	printf("spaces: copied, %" PRIu64 " copy calls so far\n",
		stats.copy_calls);
}

static void
begin_move(struct job *job)
{
	check(rte_iommufd_space_create(job->context, &job->other_space) == 0,
		"space");
	check(rte_iommufd_space_mirror(job->other_space,
		      rte_iommufd_context_memory(job->context)) == 0,
		"mirror");
	take_memory(job);
	check(rte_iommufd_space_map(job->other_space, job->slots.va,
		      job->slots.iova, MEMORY_SIZE, RTE_IOMMUFD_MAP_READ) == 0,
		"map in the other space");
}

/* With DMA at rest: not every IOMMU's driver replaces page tables in one step. */
static void
move(struct job *job)
{
	const bool forth = rte_iommufd_device_space(job->device) == job->space;

	rte_eth_dev_stop(PORT);
	check(rte_iommufd_device_move(
		      job->device, forth ? job->other_space : job->space) == 0,
		"move");
	check(rte_eth_dev_start(PORT) == 0, "start again");
	job->from_slots = forth;
	printf("spaces: move %u\n", ++job->moves);
}

static void
end_move(struct job *job)
{
	if (job->moves % 2 == 1)
		move(job);
	check(rte_iommufd_space_destroy(job->other_space) == 0, "destroy");
}

static void
enable_memory(int device)
{
	struct vfio_region_info config = {
		.argsz = sizeof(config),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint16_t command;

	check(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config) == 0,
		"config space");
	check(pread(device, &command, sizeof(command),
		      config.offset + PCI_COMMAND_OFFSET) == sizeof(command),
		"read the command register");
	command |= PCI_COMMAND_MEMORY;
	check(pwrite(device, &command, sizeof(command),
		      config.offset + PCI_COMMAND_OFFSET) == sizeof(command),
		"write the command register");
}

static int
open_owner(struct job *job, const char *owner)
{
	char path[128];
	int fd;

	sysfs_path(owner, path, sizeof(path));
	check(rte_iommufd_device_open(
		      job->context, path, NULL, &job->other_device) == 0,
		"open the owner");
	check(rte_iommufd_device_attach(job->other_device, job->space) == 0,
		"attach the owner");
	fd = rte_iommufd_device_fd(job->other_device);
	enable_memory(fd);
	return fd;
}

static void
see_region_by_vfio(struct job *job, int fd, unsigned int index)
{
	struct vfio_region_info region = { .argsz = sizeof(region),
		.index = index };

	check(ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &region) == 0 &&
			region.size >= MEMORY_SIZE,
		"the region is too small");
	job->slots.va = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, region.offset);
	check(job->slots.va != MAP_FAILED, "mmap of the region");
}

static void
see_region_by_sysfs(struct job *job, const char *owner, unsigned int index)
{
	char folder[128], path[160];
	int fd;

	sysfs_path(owner, folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/resource%u", folder, index);
	fd = open(path, O_RDWR | O_CLOEXEC);
	check(fd >= 0, "open of the resource in sysfs");
	job->slots.va = mmap(
		NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(job->slots.va != MAP_FAILED, "mmap of the resource in sysfs");
	close(fd);
}

static void
begin_p2p(struct job *job, const char *owner, unsigned int index)
{
	see_region_by_vfio(job, open_owner(job, owner), index);
	check(rte_iommufd_space_map_region(job->space, job->other_device, index,
		      0, REGION_IOVA, MEMORY_SIZE, RTE_IOMMUFD_MAP_READ) == 0,
		"map the region");
	job->slots.iova = REGION_IOVA;
	job->from_slots = true;
}

static void
end_owner(struct job *job)
{
	munmap(job->slots.va, MEMORY_SIZE);
	rte_iommufd_device_close(job->other_device);
	printf("spaces: region given back\n");
}

static void
end_p2p(struct job *job)
{
	check(rte_iommufd_space_unmap(job->space, REGION_IOVA, MEMORY_SIZE) ==
			0,
		"unmap the region");
	end_owner(job);
}

/* The first registers that the PMD has mapped by VFIO. */
static void *
registers_of_port(size_t *length)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start = 0, end = 0;
	char line[512];
	bool found = false;

	check(maps != NULL, "/proc/self/maps");
	while (!found && fgets(line, sizeof(line), maps) != NULL)
		found = strstr(line, "/dev/vfio/devices/vfio") != NULL &&
			sscanf(line, "%lx-%lx", &start, &end) == 2;
	fclose(maps);
	check(found, "the PMD has mapped registers");
	*length = end - start;
	return (void *)start;
}

static void
register_memory(void *va, size_t length)
{
	check(rte_extmem_register(va, length, NULL, length / PAGE, PAGE) == 0,
		"register");
}

static void
map_registers_of_port(void)
{
	size_t length;
	void *va = registers_of_port(&length);

	register_memory(va, length);
	check(rte_dev_dma_map(frames_device_of(PORT), va, PORT_IOVA, length) ==
			0,
		"map the port's registers");
	check(rte_dev_dma_map(frames_device_of(PORT), va, PORT_IOVA, length) ==
			0,
		"map them again");
	check(rte_dev_dma_unmap(
		      frames_device_of(PORT), va, PORT_IOVA, length) == 0,
		"unmap them");
	check(rte_dev_dma_unmap(
		      frames_device_of(PORT), va, PORT_IOVA, length) == 0,
		"unmap them again");
	check(rte_dev_dma_unmap(
		      frames_device_of(PORT), va, PORT_IOVA, length) != 0,
		"they are unmapped");
	check(rte_extmem_unregister(va, length) == 0, "unregister");
	printf("spaces: %zu bytes of registers mapped\n", length);
}

static void
begin_bar(
	struct job *job, const char *owner, unsigned int index, const char *how)
{
	const bool by_vfio = strcmp(how, "vfio") == 0;
	const bool opens = strcmp(how, "closed") != 0;

	if (opens)
		map_registers_of_port();
	if (!by_vfio)
		see_region_by_sysfs(job, owner, index);
	job->named = job->slots.va;
	/*
	 * Of a device that VFIO has open, the kernel may give nothing in sysfs, and takes away
	 * what it has given (CONFIG_IO_STRICT_DEVMEM): written to is the part that VFIO shows.
	 */
	if (opens)
		see_region_by_vfio(job, open_owner(job, owner), index);
	if (by_vfio)
		job->named = job->slots.va;
	register_memory(job->named, MEMORY_SIZE);
	if (rte_dev_dma_map(frames_device_of(PORT), job->named, REGION_IOVA,
		    MEMORY_SIZE) != 0) {
		check(!opens, "map the registers");
		printf("spaces: refused, errno %d\n", rte_errno);
		return;
	}
	job->slots.iova = REGION_IOVA;
	job->from_slots = true;
}

static void
end_bar(struct job *job)
{
	if (job->from_slots)
		check(rte_dev_dma_unmap(frames_device_of(PORT), job->named,
			      REGION_IOVA, MEMORY_SIZE) == 0,
			"unmap the registers");
	check(rte_extmem_unregister(job->named, MEMORY_SIZE) == 0,
		"unregister");
	end_owner(job);
}

static void
begin(struct job *job, char **arguments)
{
	job->mode = arguments[0];
	check(rte_iommufd_context_default(&job->context) == 0, "context");
	job->device = look_up(job, arguments[1]);
	job->space = rte_iommufd_device_space(job->device);
	if (strcmp(job->mode, "isolation") == 0)
		begin_isolation(job, arguments[2]);
	else if (strcmp(job->mode, "move") == 0)
		begin_move(job);
	else if (strcmp(job->mode, "bar") == 0)
		begin_bar(job, arguments[2], atoi(arguments[3]), arguments[4]);
	else
		begin_p2p(job, arguments[2], atoi(arguments[3]));
}

static void
end(struct job *job)
{
	if (strcmp(job->mode, "move") == 0)
		end_move(job);
	else if (strcmp(job->mode, "p2p") == 0)
		end_p2p(job);
	else if (strcmp(job->mode, "bar") == 0)
		end_bar(job);
}

static void
echo(struct job *job, struct rte_mbuf *frame)
{
	if (job->from_slots) {
		frames_send(PORT,
			frames_in_slot(&job->slots, job->pool,
				rte_pktmbuf_mtod(frame, void *),
				rte_pktmbuf_data_len(frame)));
		rte_pktmbuf_free(frame);
	} else {
		frames_send(PORT, frame);
	}
}

/* SIGUSR1 has come. */
static void
do_first(struct job *job)
{
	asked_for_first = 0;
	if (strcmp(job->mode, "isolation") == 0)
		trespass(job);
	else
		move(job);
}

static void
run(struct job *job)
{
	struct rte_mbuf *frames[BURST];
	uint16_t count, i;

	while (!asked_to_end) {
		count = rte_eth_rx_burst(PORT, 0, frames, BURST);
		for (i = 0; i < count; i++)
			echo(job, frames[i]);
		rest_if_none(count);
		if (asked_for_first)
			do_first(job);
		if (asked_for_second)
			copy(job);
		asked_for_second = 0;
	}
}

int
main(int argc, char **argv)
{
	struct job job = { .slots.stride = SLOT_SIZE };
	uint16_t port;
	int used;

	setvbuf(stdout, NULL, _IOLBF, 0);
	used = rte_eal_init(argc, argv);
	check(used >= 0 && argc > used + 2, "rte_eal_init");
	frames_note_signals();
	job.pool = frames_make_pool("pool", 1024);
	RTE_ETH_FOREACH_DEV(port)
	frames_start_port(port, job.pool);
	begin(&job, argv + used + 1);
	printf("spaces: ready\n");
	run(&job);
	rte_eth_dev_stop(PORT);
	end(&job);
	RTE_ETH_FOREACH_DEV(port)
	rte_eth_dev_close(port);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
