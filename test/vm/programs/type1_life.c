/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What a legacy container has mapped while devices come and go.
 *
 *   type1_life between DEVICE-FOLDER   memory is unmapped, given back and mapped again while no
 *                                  device is attached
 *   type1_life race DEVICE-FOLDER TURNS   a thread maps and unmaps all the time while the last
 *                                  device is detached, whose file stays open elsewhere, and
 *                                  attached again
 *
 * Ends with status 0 when all is as it should be. Knows the library's public API only.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include <rte_iommufd.h>

#include "expect.h"

#define ALL_RIGHTS (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGES 64
#define LENGTH (PAGES * 4096)
#define IOVA UINT64_C(0x40000000)
#define RACE_IOVA UINT64_C(0x50000000)

static struct rte_iommufd_context *context;
static struct rte_iommufd_device *device;
static struct rte_iommufd_space *space;

static void *
new_memory(void)
{
	void *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	memset(memory, 1, LENGTH);
	return memory;
}

static int
map(const void *memory, uint64_t iova)
{
	return rte_iommufd_space_map(space, memory, iova, LENGTH, ALL_RIGHTS);
}

static int
unmap(uint64_t iova)
{
	return rte_iommufd_space_unmap(space, iova, LENGTH);
}

/* The pages that are pinned now, whoever pinned them. */
static int
pinned(void)
{
	FILE *refresh = fopen("/proc/sys/vm/stat_refresh", "w");
	FILE *file = fopen("/proc/vmstat", "r");
	long long acquired = 0, released = 0;
	char line[128];

	/* Processors keep part of the count to themselves. */
	if (refresh != NULL) {
		fputs("1", refresh);
		fclose(refresh);
	}
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		sscanf(line, "nr_foll_pin_acquired %lld", &acquired);
		sscanf(line, "nr_foll_pin_released %lld", &released);
	}
	if (file != NULL)
		fclose(file);
	return acquired - released;
}

/* --- between --- */

static void
between(void)
{
	void *first = new_memory();
	void *second = new_memory();
	void *third = new_memory();

	expect("attach", rte_iommufd_device_attach(device, space), 0);
	expect("map", map(first, IOVA), 0);
	expect("pages pinned", pinned(), PAGES);
	expect("detach", rte_iommufd_device_detach(device), 0);
	expect("attach with the same map",
		rte_iommufd_device_attach(device, space), 0);
	expect("pages pinned", pinned(), PAGES);

	expect("detach", rte_iommufd_device_detach(device), 0);
	expect("unmap in between", unmap(IOVA), 0);
	expect("pages pinned", pinned(), 0);
	munmap(first, LENGTH);
	expect("map other memory there", map(second, IOVA), 0);
	expect("attach with the other memory",
		rte_iommufd_device_attach(device, space), 0);
	expect("pages pinned", pinned(), PAGES);
	expect("unmap", unmap(IOVA), 0);
	expect("pages pinned", pinned(), 0);

	expect("map", map(third, IOVA), 0);
	expect("detach", rte_iommufd_device_detach(device), 0);
	munmap(third, LENGTH);
	expect("attach with memory that was given back",
		rte_iommufd_device_attach(device, space), -EFAULT);
	expect("unmap", unmap(IOVA), 0);
	expect("attach", rte_iommufd_device_attach(device, space), 0);

	expect("map", map(second, IOVA), 0);
	rte_iommufd_device_close(device);
	device = NULL;
	expect("unmap when it is closed", unmap(IOVA), 0);
	expect("pages pinned", pinned(), 0);
	munmap(second, LENGTH);
}

/* --- race --- */

static atomic_bool ended;
static atomic_bool thread_failed;
static atomic_uint turns_of_thread;

static void *
map_and_unmap(void *memory)
{
	int ret = 0;

	while (ret == 0 && !atomic_load(&ended)) {
		ret = map(memory, RACE_IOVA);
		if (ret == 0)
			ret = unmap(RACE_IOVA);
		atomic_fetch_add(&turns_of_thread, 1);
	}
	atomic_store(&thread_failed, ret != 0);
	expect("the thread's last call", ret, 0);
	return NULL;
}

/* Not before the thread has gone on since the last time. */
static void
wait_for_thread(void)
{
	const unsigned int before = atomic_load(&turns_of_thread);

	while (atomic_load(&turns_of_thread) < before + 2 &&
		!atomic_load(&thread_failed))
		sched_yield();
}

/* The file that the device had is open elsewhere for the time of the detachment. */
static int
detach_and_attach(void)
{
	int elsewhere = dup(rte_iommufd_device_fd(device));
	int ret;

	wait_for_thread();
	ret = rte_iommufd_device_detach(device);
	if (ret != 0)
		return ret;
	wait_for_thread();
	ret = rte_iommufd_device_attach(device, space);
	close(elsewhere);
	return ret;
}

static void
race(unsigned int turns)
{
	void *memory = new_memory();
	pthread_t thread;
	unsigned int i;
	int ret = 0;

	expect("attach", rte_iommufd_device_attach(device, space), 0);
	pthread_create(&thread, NULL, map_and_unmap, memory);
	for (i = 0; i < turns && ret == 0 && !thread_failed; i++)
		ret = detach_and_attach();
	expect("the last detachment and attachment", ret, 0);
	atomic_store(&ended, true);
	pthread_join(thread, NULL);
	printf("%u detachments beside %u maps\n", i,
		atomic_load(&turns_of_thread));
	expect("pages pinned", pinned(), 0);
	expect("map", map(memory, RACE_IOVA), 0);
	expect("pages pinned", pinned(), PAGES);
	expect("unmap", unmap(RACE_IOVA), 0);
	munmap(memory, LENGTH);
}

int
main(int argc, char **argv)
{
	const bool racing = argc == 4 && strcmp(argv[1], "race") == 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!racing && (argc != 3 || strcmp(argv[1], "between") != 0))
		return EXIT_FAILURE;
	if (rte_iommufd_context_create("backend=type1", &context) != 0 ||
		rte_iommufd_device_open(context, argv[2], NULL, &device) != 0 ||
		rte_iommufd_space_create(context, &space) != 0)
		return EXIT_FAILURE;
	if (racing)
		race(atoi(argv[3]));
	else
		between();
	rte_iommufd_device_close(device);
	expect("end the space", rte_iommufd_space_destroy(space), 0);
	expect("end the context", rte_iommufd_context_destroy(context), 0);
	printf("%u wrong\n", wrong);
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
