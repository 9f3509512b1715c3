/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What the VM tests run where testpmd does not reach: sends every frame that port
 * 0 receives back as it came, out of memory of the kind that the test asks for.
 *
 *   echo EAL-OPTIONS -- plain    from the pool that receives
 *   echo EAL-OPTIONS -- grow     from pools that are made and freed all the time
 *   echo EAL-OPTIONS -- extmem   from memory of the program's own, mapped with
 *                                rte_dev_dma_map(); SIGUSR1 unmaps it and sends
 *                                one more frame out of it
 *   echo EAL-OPTIONS -- container ADDRESS   as vDPA drivers do: the device at
 *                                ADDRESS, which the options do not name, goes into
 *                                a container of its own, which gets EAL's memory
 *   echo EAL-OPTIONS -- raw [ADDRESS]   as extmem, but mapped and unmapped by ioctls
 *                                on the fd of the default container, or of the
 *                                one for ADDRESS
 *   echo EAL-OPTIONS -- idle     leaves the port alone: a secondary process that
 *                                holds the primary's device
 *
 * Ends with SIGTERM or SIGINT. Knows DPDK's API only, nothing of ours.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "frames.h"
#include "rest.h"
#include "vfio_calls.h"

#define PORT 0
#define GROW_MBUFS 8192
#define GROW_FRAMES 64
#define EXTMEM_MBUFS 512
#define EXTMEM_PAGE 4096
#define RAW_IOVA 0x40000000 /* EAL's memory lies above 4 GiB */

/* Sends the frame's bytes out of another pool. */
static void
send_copy(struct rte_mbuf *frame, struct rte_mempool *pool)
{
	struct rte_mbuf *copy = rte_pktmbuf_alloc(pool);
	const uint16_t length = rte_pktmbuf_data_len(frame);

	/* All of the pool's are on their way out: as a full queue would. */
	if (copy != NULL) {
		memcpy(rte_pktmbuf_append(copy, length),
			rte_pktmbuf_mtod(frame, void *), length);
		frames_send(PORT, copy);
	}
	rte_pktmbuf_free(frame);
}

static uint64_t
heap_mib(void)
{
	struct rte_malloc_socket_stats stats;

	rte_malloc_get_socket_stats(rte_socket_id(), &stats);
	return stats.heap_totalsz_bytes >> 20;
}

/* A pool that sends, and the one before, whose frames may still be in the queue. */
struct grow {
	struct rte_mempool *now;
	struct rte_mempool *before;
	unsigned int frames;
	unsigned int cycles;
};

static void
next_pool(struct grow *grow)
{
	char name[32];

	if (grow->before != NULL) {
		if (!rte_mempool_full(grow->before))
			return;
		rte_mempool_free(grow->before);
		printf("echo: cycle %u: freed, heap %" PRIu64 " MiB\n",
			grow->cycles, heap_mib());
	}
	grow->before = grow->now;
	snprintf(name, sizeof(name), "grow_%u", grow->cycles++);
	grow->now = frames_make_pool(name, GROW_MBUFS);
	printf("echo: cycle %u: grown, heap %" PRIu64 " MiB\n", grow->cycles,
		heap_mib());
	grow->frames = 0;
}

static void
echo_grow(struct rte_mbuf *frame, struct grow *grow)
{
	if (grow->now == NULL || grow->frames >= GROW_FRAMES)
		next_pool(grow);
	grow->frames++;
	send_copy(frame, grow->now);
}

struct extmem {
	struct rte_mempool *pool;
	void *memory;
	size_t length;
	uint64_t iova;
	int container; /* mapped by ioctls on this fd, or -1 */
};

static void
check_container(int fd)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };

	check(ioctl(fd, VFIO_GET_API_VERSION) == VFIO_API_VERSION, "version");
	check(ioctl(fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) == 1,
		"type1v2");
	check(ioctl(fd, VFIO_IOMMU_GET_INFO, &info) == 0 &&
			(info.flags & VFIO_IOMMU_INFO_PGSIZES) != 0 &&
			(info.iova_pgsizes & EXTMEM_PAGE) != 0,
		"VFIO_IOMMU_GET_INFO");
	printf("echo: page sizes %#" PRIx64 "\n", (uint64_t)info.iova_pgsizes);
}

static int
map_raw(const struct extmem *extmem)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)extmem->memory,
		.iova = extmem->iova,
		.size = extmem->length,
	};

	return ioctl(extmem->container, VFIO_IOMMU_MAP_DMA, &map);
}

static int
unmap_raw(const struct extmem *extmem)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = extmem->iova,
		.size = extmem->length,
	};

	if (ioctl(extmem->container, VFIO_IOMMU_UNMAP_DMA, &unmap) != 0)
		return -1;
	return unmap.size == extmem->length ? 0 : -1;
}

static int
map_extmem(const struct extmem *extmem)
{
	if (extmem->container >= 0) {
		check_container(extmem->container);
		return map_raw(extmem);
	}
	return rte_dev_dma_map(frames_device_of(PORT), extmem->memory,
		extmem->iova, extmem->length);
}

static void
make_extmem(struct extmem *extmem, int container)
{
	const uint16_t element = RTE_MBUF_DEFAULT_BUF_SIZE;
	struct rte_pktmbuf_extmem description;

	extmem->length = RTE_ALIGN_CEIL(EXTMEM_MBUFS * element, EXTMEM_PAGE);
	extmem->memory = frames_own_memory(extmem->length);
	extmem->container = container;
	extmem->iova = container >= 0 ? RAW_IOVA : (uintptr_t)extmem->memory;
	check(rte_extmem_register(extmem->memory, extmem->length, NULL, 0,
		      EXTMEM_PAGE) == 0,
		"rte_extmem_register");
	check(map_extmem(extmem) == 0, "map");
	description = (struct rte_pktmbuf_extmem){
		.buf_ptr = extmem->memory,
		.buf_iova = extmem->iova,
		.buf_len = extmem->length,
		.elt_size = element,
	};
	extmem->pool = rte_pktmbuf_pool_create_extbuf("extmem", EXTMEM_MBUFS, 0,
		0, element, SOCKET_ID_ANY, &description, 1);
	check(extmem->pool != NULL, "extbuf pool");
	printf("echo: external memory at %#" PRIx64 "\n", extmem->iova);
}

static void
unmap_extmem(struct extmem *extmem)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(extmem->pool);

	check(frame != NULL && rte_pktmbuf_append(frame, 60) != NULL,
		"no frame left");
	if (extmem->container >= 0)
		check(unmap_raw(extmem) == 0, "VFIO_IOMMU_UNMAP_DMA");
	else
		check(rte_dev_dma_unmap(frames_device_of(PORT), extmem->memory,
			      extmem->iova, extmem->length) == 0,
			"rte_dev_dma_unmap");
	printf("echo: unmapped %#" PRIx64 "\n", extmem->iova);
	frames_send(PORT, frame);
	printf("echo: sent from unmapped memory\n");
}

static int
map_into_container(const struct rte_memseg_list *list,
	const struct rte_memseg *page, void *container)
{
	if (list->external)
		return 0;
	return vfio_container_dma_map(
		*(int *)container, page->addr_64, page->iova, page->len);
}

static int
unmap_from_container(const struct rte_memseg_list *list,
	const struct rte_memseg *page, void *container)
{
	if (list->external)
		return 0;
	return vfio_container_dma_unmap(
		*(int *)container, page->addr_64, page->iova, page->len);
}

static int
open_container(const char *address)
{
	int container = vfio_container_create();

	check(container >= 0, "container");
	check(vfio_container_take(container, address), "take");
	check(vfio_container_dma_map(container, 0x100000, 0x100000, 4096) < 0 &&
			rte_errno == VFIO_CALLS_NO_DEVICE,
		"a map without a device does not say so");
	check(rte_dev_probe(address) == 0, "probe");
	check(rte_memseg_walk(map_into_container, &container) == 0, "map");
	check(vfio_container_dma_unmap(container, 0x100000, 0x100000, 4096) <
				0 &&
			rte_errno == VFIO_CALLS_NOT_MAPPED,
		"unmap of what is not mapped does not say so");
	return container;
}

static void
close_container(int container)
{
	struct rte_device *device = frames_device_of(PORT);

	rte_eth_dev_stop(PORT);
	rte_eth_dev_close(PORT);
	check(rte_memseg_walk(unmap_from_container, &container) == 0, "unmap");
	check(rte_dev_remove(device) == 0, "remove");
	check(vfio_container_destroy(container) == 0, "destroy");
	printf("echo: container closed\n");
}

int
main(int argc, char **argv)
{
	struct rte_mbuf *frames[BURST];
	struct extmem extmem = { 0 };
	struct grow grow = { 0 };
	uint64_t echoed = 0;
	int container = -1;
	const char *mode;
	uint16_t count, i;
	int used;

	setvbuf(stdout, NULL, _IOLBF, 0);
	used = rte_eal_init(argc, argv);
	check(used >= 0, "rte_eal_init");
	mode = argc > used + 1 ? argv[used + 1] : "plain";
	frames_note_signals();
	if (strcmp(mode, "idle") == 0) {
		check(rte_eth_dev_count_avail() == 1, "not exactly one port");
		printf("echo: idle\n");
		while (!asked_to_end)
			usleep(10000);
		rte_eal_cleanup();
		return EXIT_SUCCESS;
	}
	if (strcmp(mode, "container") == 0 ||
		(strcmp(mode, "raw") == 0 && argc > used + 2))
		container = open_container(argv[used + 2]);
	check(rte_eth_dev_count_avail() == 1, "not exactly one port");
	frames_start_port(PORT, frames_make_pool("receive", 1024));
	if (strcmp(mode, "extmem") == 0)
		make_extmem(&extmem, -1);
	if (strcmp(mode, "raw") == 0)
		make_extmem(&extmem,
			container >= 0 ? container : vfio_get_container_fd());
	printf("echo: ready, heap %" PRIu64 " MiB\n", heap_mib());

	while (!asked_to_end) {
		count = rte_eth_rx_burst(PORT, 0, frames, BURST);
		for (i = 0; i < count; i++) {
			if (strcmp(mode, "grow") == 0)
				echo_grow(frames[i], &grow);
			else if (extmem.pool != NULL)
				send_copy(frames[i], extmem.pool);
			else
				frames_send(PORT, frames[i]);
		}
		echoed += count;
		rest_if_none(count);
		if (asked_for_first && extmem.pool != NULL) {
			asked_for_first = 0;
			unmap_extmem(&extmem);
		}
	}
	printf("echo: %" PRIu64 " frames\n", echoed);
	if (container >= 0) {
		close_container(container);
	} else {
		rte_eth_dev_stop(PORT);
		rte_eth_dev_close(PORT);
	}
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
