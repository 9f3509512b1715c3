/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A program that maps memory of its own, as users of PMDs (rte_dev_dma_map()) and vhost
 * (rte_vfio_container_dma_map()) do. Knows DPDK's API only, nothing of ours.
 *
 *   maps EAL-OPTIONS -- flat COUNT ROUNDS   COUNT maps of 4 KiB, one after the other, and as
 *               many unmaps; prints the medians of the first and of the last 2048 of each, of
 *               the best of at most so many rounds
 *   maps EAL-OPTIONS -- twice        with --iova-mode=pa: pages that the process sees at two
 *               addresses are mapped at their physical address for each of them, and unmapped
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>

#include <rte_common.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_memory.h>

#include "vfio_calls.h"

#define PAGE 4096
#define SOME 2048
/* So many pages are really there; they are seen again and again behind each other. */
#define REAL_PAGES 4096
#define TWICE_PAGES 16
/* Where neither EAL nor the process has anything. */
#define FLAT_IOVA UINT64_C(0x200000000)

static struct rte_device *device;

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	printf("maps: FAILED: %s: %s\n", what, rte_strerror(rte_errno));
	exit(EXIT_FAILURE);
}

static uint64_t
nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* --- flat --- */

struct times {
	uint32_t *map; /* in nanoseconds, one for each page */
	uint32_t *unmap;
};

struct medians {
	uint32_t first;
	uint32_t last;
};

static int
compare(const void *one, const void *other)
{
	const uint32_t a = *(const uint32_t *)one;
	const uint32_t b = *(const uint32_t *)other;

	return a < b ? -1 : a > b;
}

static uint32_t
median(const uint32_t *times)
{
	uint32_t sorted[SOME];

	memcpy(sorted, times, sizeof(sorted));
	qsort(sorted, SOME, sizeof(*sorted), compare);
	return sorted[SOME / 2];
}

static char *
see_pages(unsigned int count)
{
	const int file = memfd_create("maps", MFD_CLOEXEC);
	char *all = mmap(NULL, (size_t)count * PAGE, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned int done, step;

	check(file >= 0 && ftruncate(file, (off_t)REAL_PAGES * PAGE) == 0,
		"memfd");
	check(all != MAP_FAILED, "addresses");
	for (done = 0; done < count; done += step) {
		step = RTE_MIN((unsigned int)REAL_PAGES, count - done);
		check(mmap(all + (size_t)done * PAGE, (size_t)step * PAGE,
			      PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED | MAP_POPULATE, file,
			      0) != MAP_FAILED,
			"pages");
	}
	close(file);
	return all;
}

static void
map_all(char *pages, unsigned int count, const struct times *times)
{
	uint64_t before;
	unsigned int i;

	for (i = 0; i < count; i++) {
		before = nanoseconds();
		check(rte_dev_dma_map(device, pages + (size_t)i * PAGE,
			      FLAT_IOVA + (uint64_t)i * PAGE, PAGE) == 0,
			"map");
		times->map[i] = nanoseconds() - before;
	}
	for (i = 0; i < count; i++) {
		before = nanoseconds();
		check(rte_dev_dma_unmap(device, pages + (size_t)i * PAGE,
			      FLAT_IOVA + (uint64_t)i * PAGE, PAGE) == 0,
			"unmap");
		times->unmap[i] = nanoseconds() - before;
	}
}

/* The round that grew least: in others the machine had other work to do. */
static void
keep_better(struct medians *best, const uint32_t *early, const uint32_t *late)
{
	const struct medians now = { median(early), median(late) };

	if (best->first == 0 ||
		(uint64_t)now.last * best->first <
			(uint64_t)best->last * now.first)
		*best = now;
}

/* What is shown to be so needs no other round. */
static bool
is_flat(const struct medians *medians)
{
	return medians->first != 0 &&
		2 * (uint64_t)medians->last <= 3 * (uint64_t)medians->first;
}

static void
run_flat(unsigned int count, unsigned int rounds)
{
	struct times times = { calloc(count, sizeof(uint32_t)),
		calloc(count, sizeof(uint32_t)) };
	struct medians map = { 0 }, unmap = { 0 };
	char *pages = see_pages(count);
	unsigned int round;

	check(count >= 2 * SOME && times.map != NULL && times.unmap != NULL,
		"room for times");
	check(rte_extmem_register(
		      pages, (size_t)count * PAGE, NULL, count, PAGE) == 0,
		"register");
	for (round = 0; round < rounds && !(is_flat(&map) && is_flat(&unmap));
		round++) {
		map_all(pages, count, &times);
		keep_better(&map, times.map, times.map + count - SOME);
		/* There are most of them when the first is unmapped. */
		keep_better(&unmap, times.unmap + count - SOME, times.unmap);
	}
	printf("maps: %u maps of 4 KiB: first %u ns, last %u ns; unmaps: with fewest %u ns, with most %u ns\n",
		count, map.first, map.last, unmap.first, unmap.last);
	check(rte_extmem_unregister(pages, (size_t)count * PAGE) == 0,
		"unregister");
	munmap(pages, (size_t)count * PAGE);
	free(times.map);
	free(times.unmap);
}

/* --- twice --- */

/* What strace shows stands between these. */
static void
mark(const char *what)
{
	printf("maps: %s\n", what);
	fflush(stdout);
}

static void
each_page(char *pages, const rte_iova_t *iovas,
	int (*call)(int container, uint64_t va, uint64_t iova, uint64_t length),
	const char *what)
{
	unsigned int i;

	mark(what);
	for (i = 0; i < TWICE_PAGES; i++)
		check(call(RTE_VFIO_DEFAULT_CONTAINER_FD,
			      (uintptr_t)pages + i * PAGE, iovas[i], PAGE) == 0,
			what);
}

static void
run_twice(void)
{
	const int file = memfd_create("maps", MFD_CLOEXEC);
	rte_iova_t iovas[TWICE_PAGES];
	char *seen[2];
	unsigned int i;

	check(rte_eal_iova_mode() == RTE_IOVA_PA, "physical addresses");
	check(file >= 0 && ftruncate(file, TWICE_PAGES * PAGE) == 0, "memfd");
	for (i = 0; i < RTE_DIM(seen); i++) {
		seen[i] = mmap(NULL, TWICE_PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_SHARED, file, 0);
		check(seen[i] != MAP_FAILED, "pages");
	}
	check(mlock(seen[0], TWICE_PAGES * PAGE) == 0, "mlock");
	for (i = 0; i < TWICE_PAGES; i++) {
		iovas[i] = rte_mem_virt2iova(seen[0] + i * PAGE);
		check(iovas[i] != RTE_BAD_IOVA, "physical address");
	}
	each_page(seen[0], iovas, vfio_container_dma_map, "map for the first");
	each_page(seen[1], iovas, vfio_container_dma_map, "map for the second");
	each_page(seen[0], iovas, vfio_container_dma_unmap,
		"unmap for the first");
	each_page(seen[1], iovas, vfio_container_dma_unmap,
		"unmap for the second");
	mark("all unmapped");
	check(vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD,
		      (uintptr_t)seen[1], iovas[0], PAGE) != 0,
		"nothing is mapped any more");
	close(file);
}

int
main(int argc, char **argv)
{
	struct rte_eth_dev_info info;
	int used;

	setvbuf(stdout, NULL, _IOLBF, 0);
	used = rte_eal_init(argc, argv);
	check(used >= 0 && argc > used + 1, "EAL and a mode");
	check(rte_eth_dev_info_get(0, &info) == 0, "a port");
	device = info.device;
	if (strcmp(argv[used + 1], "flat") == 0 && argc > used + 3)
		run_flat(atoi(argv[used + 2]), atoi(argv[used + 3]));
	else if (strcmp(argv[used + 1], "twice") == 0)
		run_twice();
	else
		check(false, "a mode");
	rte_eth_dev_close(0);
	rte_eal_cleanup();
	printf("maps: done\n");
	return EXIT_SUCCESS;
}
