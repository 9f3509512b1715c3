/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What the kernel refuses, provoked without EAL and without a PMD; the lines that explain
 * it are the script's to read.
 *
 *   refusals twice SETTINGS DEVICE-FOLDER      opens the device in two contexts
 *   refusals fill SETTINGS DEVICE-FOLDER       maps a page at many addresses until the
 *                                              kernel has no memory for it; before that it
 *                                              prints "ready" and waits for SIGUSR1
 *
 * SETTINGS of "-" are the process's. Ends with status 0 when it was refused with the errno that it should be.
 */

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_iommufd.h>

#define PAGE 4096
#define FIRST_IOVA (UINT64_C(4) << 30)
/* What one page of an I/O page table reaches: each mapping needs one of its own. */
#define STRIDE (UINT64_C(2) << 20)
#define MAPS_MAX 60000 /* fewer than a container takes */
/* What the process itself may need from then on. */
#define HEAP (16 << 20)
#define STACK (256 << 10)

struct opened {
	struct rte_iommufd_context *context;
	struct rte_iommufd_device *device;
};

static int
open_device(const char *settings, const char *path, struct opened *opened)
{
	int ret = rte_iommufd_context_create(
		strcmp(settings, "-") == 0 ? NULL : settings, &opened->context);

	if (ret != 0)
		return ret;
	ret = rte_iommufd_device_open(
		opened->context, path, NULL, &opened->device);
	if (ret != 0)
		rte_iommufd_context_destroy(opened->context);
	return ret;
}

static void
close_device(struct opened *opened)
{
	rte_iommufd_device_close(opened->device);
	rte_iommufd_context_destroy(opened->context);
}

static bool
is_refused_twice(const char *settings, const char *path)
{
	struct opened first, second;
	int ret;

	ret = open_device(settings, path, &first);
	if (ret != 0)
		return false;
	ret = open_device(settings, path, &second);
	printf("refusals: the second time: %s\n", strerror(-ret));
	if (ret == 0)
		close_device(&second);
	close_device(&first);
	return ret == -EINVAL || ret == -EBUSY;
}

static void
use_stack(void)
{
	volatile char bytes[STACK];
	size_t i;

	for (i = 0; i < sizeof(bytes); i += PAGE)
		bytes[i] = 0;
}

/*
 * All that the process touches later is there when it comes to a place where memory ends: the kernel answers a call
 * with ENOMEM there, but lets a page fault wait for ever when it may kill nobody.
 */
static bool
is_ready(void)
{
	void *heap;
	sigset_t signals;
	int number;

	mallopt(M_MMAP_THRESHOLD, 2 * HEAP);
	mallopt(M_TRIM_THRESHOLD, 2 * HEAP);
	heap = malloc(HEAP);
	if (heap == NULL)
		return false;
	memset(heap, 1, HEAP);
	free(heap);
	use_stack();
	if (mlockall(MCL_CURRENT) != 0)
		return false;
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	printf("refusals: ready\n");
	return sigwait(&signals, &number) == 0;
}

/* The error of the first mapping that is refused; 0: none was. */
static int
fill(struct rte_iommufd_space *space, const void *memory)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < MAPS_MAX; i++)
		ret = rte_iommufd_space_map(space, memory,
			FIRST_IOVA + i * STRIDE, PAGE, RTE_IOMMUFD_MAP_READ);
	printf("refusals: mapping %u: %s\n", i, strerror(-ret));
	return ret;
}

static bool
is_filled(const char *settings, const char *path)
{
	struct rte_iommufd_space *space = NULL;
	struct opened opened;
	int ret;
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED || open_device(settings, path, &opened) != 0)
		return false;
	ret = rte_iommufd_space_create(opened.context, &space);
	if (ret == 0)
		ret = rte_iommufd_device_attach(opened.device, space);
	if (ret == 0)
		ret = is_ready() ? fill(space, memory) : -errno;
	rte_iommufd_device_close(opened.device);
	rte_iommufd_space_destroy(space);
	rte_iommufd_context_destroy(opened.context);
	return ret == -ENOMEM;
}

int
main(int argc, char **argv)
{
	bool refused = false;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc == 4 && strcmp(argv[1], "twice") == 0)
		refused = is_refused_twice(argv[2], argv[3]);
	else if (argc == 4 && strcmp(argv[1], "fill") == 0)
		refused = is_filled(argv[2], argv[3]);
	return refused ? 0 : 1;
}
