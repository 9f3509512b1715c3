/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Threads that work beside what is measured; see latency_load.h. */

#include <err.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_pause.h>

#include "latency_load.h"

#define READ_WRITE (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define AREA ((size_t)16 * SVA_PAGE)
#define POLL_US 200
/* Of the other queue: the next one is never the neighbour, which would be a stream. */
#define REQUEST_PAGES 256u
#define REQUEST_STRIDE 97u
#define REQUEST_PAIR 1

static volatile unsigned int counted;

static int
spin(struct load *load)
{
	while (!atomic_load(&load->ending)) {
		counted++;
		rte_pause();
	}
	return 0;
}

/* It can take seconds; only the prefault counts. */
static int
prefault_all(struct load *load)
{
	int ret;

	atomic_store(&load->pausing, false);
	ret = rte_iommufd_sva_prefault(
		load->scene->sva, load->memory, load->size, READ_WRITE);
	atomic_store(&load->pausing, true);
	if (ret != 0)
		return ret;
	return rte_iommufd_sva_invalidate(
		load->scene->sva, load->memory, load->size);
}

static int
map_and_unmap(struct load *load)
{
	char *area = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;
	int ret = 0;

	if (area == MAP_FAILED) {
		warn("%zu bytes of memory", AREA);
		return -1;
	}
	for (i = 0; i < AREA; i += SVA_PAGE)
		area[i] = 1;
	if (load->kind == LOAD_UNMAP_DEVICES)
		ret = rte_iommufd_sva_prefault(
			load->scene->sva, area, AREA, READ_WRITE);
	if (munmap(area, AREA) == 0)
		return ret;
	warn("munmap()");
	return -1;
}

static int
request_all(struct load *load)
{
	unsigned int i;
	double taken;

	for (i = 0; i < REQUEST_PAGES && !atomic_load(&load->ending); i++)
		if (nic_send(&load->queue,
			    load->memory +
				    (size_t)(i * REQUEST_STRIDE %
					    REQUEST_PAGES) *
					    SVA_PAGE,
			    &taken) != 0)
			return -1;
	return rte_iommufd_sva_invalidate(
		load->scene->sva, load->memory, load->size);
}

static int
one_round(struct load *load)
{
	switch (load->kind) {
	case LOAD_SPIN:
		return spin(load);
	case LOAD_PREFAULT:
		return prefault_all(load);
	case LOAD_REQUESTS:
		return request_all(load);
	default:
		return map_and_unmap(load);
	}
}

static void *
load_main(void *argument)
{
	struct load *load = argument;

	while (!atomic_load(&load->ending) && !atomic_load(&load->failed)) {
		if (one_round(load) != 0)
			atomic_store(&load->failed, true);
		else
			atomic_fetch_add(&load->rounds, 1);
	}
	return NULL;
}

static int
begin_requests(struct load *load)
{
	load->size = (size_t)REQUEST_PAGES * SVA_PAGE;
	load->memory = sva_memory_create(load->size);
	if (load->memory == NULL)
		return -1;
	if (sva_queue_begin(load->scene, REQUEST_PAIR, &load->queue) == 0)
		return 0;
	sva_memory_destroy(load->memory, load->size);
	return -1;
}

static void
stop_threads(struct load *load)
{
	atomic_store(&load->ending, true);
	while (load->count > 0)
		pthread_join(load->threads[--load->count], NULL);
	if (load->kind != LOAD_REQUESTS)
		return;
	sva_queue_end(&load->queue);
	sva_memory_destroy(load->memory, load->size);
}

int
load_begin(struct load *load, struct sva_scene *scene, enum load_kind kind,
	unsigned int threads, char *memory, size_t size)
{
	int ret = 0;

	memset(load, 0, sizeof(*load));
	load->scene = scene;
	load->kind = kind;
	load->memory = memory;
	load->size = size;
	atomic_store(&load->pausing, kind == LOAD_PREFAULT);
	if (kind == LOAD_REQUESTS && begin_requests(load) != 0)
		return -1;
	while (load->count < threads && ret == 0) {
		ret = pthread_create(
			&load->threads[load->count], NULL, load_main, load);
		load->count += ret == 0;
	}
	if (ret == 0)
		return 0;
	warnx("thread: %s", strerror(ret));
	stop_threads(load);
	return -1;
}

int
load_wait(const struct load *load)
{
	while (atomic_load(&load->pausing) && !atomic_load(&load->failed))
		usleep(POLL_US);
	return atomic_load(&load->failed) ? -1 : 0;
}

int
load_end(struct load *load)
{
	stop_threads(load);
	if (load->kind == LOAD_NONE)
		return 0;
	if (!atomic_load(&load->failed) && atomic_load(&load->rounds) > 0)
		return 0;
	warnx("a thread beside what is measured has %s",
		atomic_load(&load->failed) ? "failed" : "done nothing");
	return -1;
}
