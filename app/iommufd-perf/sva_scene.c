/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* svanic with this process's addresses; see sva_scene.h. */

#include <err.h>
#include <sys/mman.h>

#include "memory.h"
#include "sva_scene.h"

#define RING_SIZE NIC_RING_SIZE(SVA_RING_LOG2)

static void *
anonymous(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory != MAP_FAILED)
		return memory;
	warn("%zu bytes of memory", size);
	return NULL;
}

/* The ring is brought in, so that there is no request for it while others count. */
int
sva_queue_begin(
	struct sva_scene *scene, unsigned int pair, struct nic_queue *queue)
{
	void *ring = anonymous(RING_SIZE);

	if (ring == NULL)
		return -1;
	if (rte_iommufd_sva_prefault(scene->sva, ring, RING_SIZE,
		    RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE) == 0 &&
		nic_queue_start(queue, &scene->nic, pair, scene->pasid, ring,
			SVA_RING_LOG2) == 0)
		return 0;
	munmap(ring, RING_SIZE);
	return -1;
}

void
sva_queue_end(struct nic_queue *queue)
{
	nic_queue_stop(queue);
	munmap((void *)(uintptr_t)queue->ring, RING_SIZE);
}

int
sva_scene_begin(
	struct sva_scene *scene, const char *address, uint64_t fault_around)
{
	const struct rte_iommufd_sva_options options = {
		.size = sizeof(options),
		.fault_around = fault_around,
	};

	*scene = (struct sva_scene){ 0 };
	if (nic_open(&scene->nic, address) != 0 ||
		rte_iommufd_sva_create(
			scene->nic.context, &options, &scene->sva) != 0 ||
		rte_iommufd_sva_bind(
			scene->sva, scene->nic.device, &scene->pasid) != 0)
		return -1;
	scene->bound = true;
	if (sva_queue_begin(scene, 0, &scene->queue) != 0)
		return -1;
	scene->started = true;
	return 0;
}

void
sva_scene_end(struct sva_scene *scene)
{
	if (scene->started)
		sva_queue_end(&scene->queue);
	if (scene->bound)
		rte_iommufd_sva_unbind(
			scene->sva, scene->nic.device, scene->pasid);
	rte_iommufd_sva_destroy(scene->sva);
	nic_close(&scene->nic);
}

int
sva_scene_read(struct sva_scene *scene, const char *memory, unsigned int pages)
{
	unsigned int i;

	for (i = 0; i < pages; i++) {
		nic_put(&scene->queue, memory + (size_t)i * SVA_PAGE);
		if ((i & scene->queue.mask) != scene->queue.mask)
			continue;
		nic_doorbell(&scene->queue);
		if (nic_wait(&scene->queue) != 0)
			return -1;
	}
	nic_doorbell(&scene->queue);
	return nic_wait(&scene->queue);
}

/* --- memory --------------------------------------------------------------- */

/* What is before and behind the aligned part goes back. */
static char *
align(char *memory, size_t size)
{
	size_t before = -(uintptr_t)memory % MEMORY_PAGE;

	if (before > 0)
		munmap(memory, before);
	munmap(memory + before + size, MEMORY_PAGE - before);
	return memory + before;
}

char *
sva_memory_create(size_t size)
{
	char *memory = anonymous(size + MEMORY_PAGE);
	size_t i;

	if (memory == NULL)
		return NULL;
	memory = align(memory, size);
	/* Fails where the kernel has no larger pages, and that is as good. */
	madvise(memory, size, MADV_NOHUGEPAGE);
	for (i = 0; i < size; i += SVA_PAGE)
		memory[i] = 1;
	return memory;
}

void
sva_memory_destroy(char *memory, size_t size)
{
	if (memory != NULL)
		munmap(memory, size);
}
