/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Several address spaces of one context against the real kernel, without EAL and
 * without a PMD: what rte_iommufd.h says of return values has to hold, and memory is
 * pinned as often as it says.
 *
 *   api_spaces SETTINGS DEVICE-FOLDER
 *
 * Ends with status 0 when all was as documented.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <linux/vfio.h>

#include <rte_common.h>
#include <rte_iommufd.h>

#include "expect.h"
#include "msi_window.h"

#define ALL (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE 4096
#define RUNS 200 /* enough for threads */
#define RUN (4 * PAGE)
#define LENGTH (RUNS * RUN)
#define IOVA UINT64_C(0x40000000)
#define ELSEWHERE UINT64_C(0x80000000)

static struct rte_iommufd_context *context;
static struct rte_iommufd_device *device;
static struct rte_iommufd_space *first, *second, *third;
static bool iommufd;
static char *memory;
static int file;

/* In pages, by this process: IOMMUFD counts as pinned, a container as locked. */
static unsigned long
pinned(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long sum = 0;
	unsigned long kib;
	char line[128];

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "VmPin: %lu", &kib) == 1 ||
			sscanf(line, "VmLck: %lu", &kib) == 1)
			sum += kib;
	if (status != NULL)
		fclose(status);
	return sum * 1024 / PAGE;
}

static uint64_t
areas(struct rte_iommufd_space *space)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	rte_iommufd_space_stats(space, &stats);
	return stats.areas;
}

static void
describe_runs(struct rte_iommufd_run *runs)
{
	unsigned int i;

	for (i = 0; i < RUNS; i++)
		runs[i] = (struct rte_iommufd_run){
			.va = memory + i * RUN,
			.iova = IOVA + i * RUN,
			.length = RUN,
			.offset = i * RUN,
			.file = i % 2 == 0 ? file : -1,
			.rights = ALL,
		};
}

static void
check_runs(void)
{
	struct rte_iommufd_run runs[RUNS];

	describe_runs(runs);
	runs[RUNS / 2].va = (void *)PAGE;
	runs[RUNS / 2].file = -1;
	expect("map runs, one of which is no memory",
		rte_iommufd_space_map_runs(
			first, runs, sizeof(struct rte_iommufd_run), RUNS),
		-EFAULT);
	expect("areas then", areas(first), 0);
	expect("pinned then", pinned(), 0);
	describe_runs(runs);
	runs[RUNS - 1].iova = IOVA;
	expect("map runs, two at one place",
		rte_iommufd_space_map_runs(
			first, runs, sizeof(struct rte_iommufd_run), RUNS),
		-EEXIST);
	describe_runs(runs);
	runs[3].rights = 0;
	expect("map runs, one without rights",
		rte_iommufd_space_map_runs(
			first, runs, sizeof(struct rte_iommufd_run), RUNS),
		-EINVAL);
	runs[3].rights = ALL;
	runs[3].iova = MSI_WINDOW;
	expect("map runs, one into the interrupt window",
		rte_iommufd_space_map_runs(
			first, runs, sizeof(struct rte_iommufd_run), RUNS),
		-EINVAL);
	expect("areas then", areas(first), 0);
	expect("map no runs",
		rte_iommufd_space_map_runs(
			first, runs, sizeof(struct rte_iommufd_run), 0),
		0);
	describe_runs(runs);
	expect("map runs",
		rte_iommufd_space_map_runs(
			first, runs, sizeof(struct rte_iommufd_run), RUNS),
		0);
	expect("areas then", areas(first), RUNS);
	expect("pinned then", pinned(), LENGTH / PAGE);
}

static void
check_copies(void)
{
	expect("copy",
		rte_iommufd_space_copy(
			second, ELSEWHERE, first, IOVA, LENGTH, ALL),
		0);
	expect("areas then", areas(second), RUNS);
	/* A container without a device notes it and pins when one comes. */
	expect("pinned once", pinned(), LENGTH / PAGE);
	expect("copy to where something is",
		rte_iommufd_space_copy(
			second, ELSEWHERE, first, IOVA, LENGTH, ALL),
		-EEXIST);
	expect("copy what is not there",
		rte_iommufd_space_copy(
			second, IOVA, first, ELSEWHERE, LENGTH, ALL),
		-ENOENT);
	expect("copy more than is there",
		rte_iommufd_space_copy(
			second, IOVA, first, IOVA, LENGTH + PAGE, ALL),
		-ENOENT);
	expect("copy without rights",
		rte_iommufd_space_copy(second, IOVA, first, IOVA, LENGTH, 0),
		-EINVAL);
	expect("copy into itself",
		rte_iommufd_space_copy(
			first, ELSEWHERE, first, IOVA, LENGTH, ALL),
		-EINVAL);
	expect("copy a part of areas",
		rte_iommufd_space_copy(second, IOVA, first, IOVA + PAGE,
			2 * RUN, RTE_IOMMUFD_MAP_READ),
		0);
	expect("its areas", areas(second), RUNS + 3);
	expect("unmap the copied part",
		rte_iommufd_space_unmap(second, IOVA, 2 * RUN), 0);
	expect("unmap the copy",
		rte_iommufd_space_unmap(second, ELSEWHERE, LENGTH), 0);
	expect("areas then", areas(second), 0);
	expect("still pinned", pinned(), LENGTH / PAGE);
}

static void
check_mirrors(void)
{
	expect("mirror", rte_iommufd_space_mirror(second, first), 0);
	expect("mirror again", rte_iommufd_space_mirror(second, first), 0);
	expect("areas then", areas(second), RUNS);
	expect("pinned once", pinned(), LENGTH / PAGE);
	expect("mirror a mirror", rte_iommufd_space_mirror(third, second),
		-EINVAL);
	expect("mirror what mirrors", rte_iommufd_space_mirror(first, third),
		-EINVAL);
	expect("mirror itself", rte_iommufd_space_mirror(third, third),
		-EINVAL);
	expect("end what is mirrored", rte_iommufd_space_destroy(first),
		-EBUSY);
	expect("map in the source",
		rte_iommufd_space_map(first, memory, ELSEWHERE, RUN, ALL), 0);
	expect("areas then", areas(second), RUNS + 1);
	expect("unmap in the source",
		rte_iommufd_space_unmap(first, ELSEWHERE, RUN), 0);
	expect("areas then", areas(second), RUNS);
	expect("map in the mirror alone",
		rte_iommufd_space_map(second, memory, ELSEWHERE, RUN, ALL), 0);
	expect("areas of the source", areas(first), RUNS);
	expect("map there in the source",
		rte_iommufd_space_map(first, memory, ELSEWHERE, RUN, ALL),
		-EEXIST);
	expect("areas of the source", areas(first), RUNS);
	expect("unmap a part of the mirror",
		rte_iommufd_space_unmap(second, IOVA, RUN), 0);
	expect("unmap all of the source",
		rte_iommufd_space_unmap(first, IOVA, LENGTH), 0);
	expect("areas of the mirror", areas(second), 1);
	expect("unmap the mirror's own",
		rte_iommufd_space_unmap(second, ELSEWHERE, RUN), 0);
	expect("pinned then", pinned(), 0);
}

static void
check_moves(void)
{
	const int moved = iommufd ? 0 : -EOPNOTSUPP;

	expect("move", rte_iommufd_device_move(device, third), moved);
	expect("where it is",
		rte_iommufd_device_space(device) == (iommufd ? third : first),
		1);
	expect("move again", rte_iommufd_device_move(device, third), moved);
	expect("move back", rte_iommufd_device_move(device, first),
		iommufd ? 0 : 0);
	expect("where it is", rte_iommufd_device_space(device) == first, 1);
}

static void
check_allow(void)
{
	const struct rte_iommufd_range fine[] = { { IOVA, 2 * IOVA - 1 },
		{ UINT64_C(1) << 32, (UINT64_C(1) << 36) - 1 } };
	const struct rte_iommufd_range reserved[] = { { MSI_WINDOW - PAGE,
		MSI_WINDOW + PAGE - 1 } };
	const struct rte_iommufd_range reversed[] = { { IOVA, IOVA - 1 } };

	expect("allow", rte_iommufd_space_allow(first, fine, RTE_DIM(fine)),
		iommufd ? 0 : -EOPNOTSUPP);
	expect("allow the interrupt window",
		rte_iommufd_space_allow(first, reserved, RTE_DIM(reserved)),
		iommufd ? -EADDRINUSE : -EOPNOTSUPP);
	expect("allow a range that ends before it begins",
		rte_iommufd_space_allow(first, reversed, RTE_DIM(reversed)),
		iommufd ? -EINVAL : -EOPNOTSUPP);
	expect("allow nothing", rte_iommufd_space_allow(first, NULL, 0),
		iommufd ? 0 : -EOPNOTSUPP);
}

/* A kernel that gives out no registers is said to be one by the script that asked it. */
static void
check_regions(void)
{
	const unsigned int bar = VFIO_PCI_BAR0_REGION_INDEX;
	const bool given = iommufd && getenv("NO_REGIONS") == NULL;

	expect("map a region",
		rte_iommufd_space_map_region(
			first, device, bar, 0, ELSEWHERE, 4 * PAGE, ALL),
		given ? 0 : -EOPNOTSUPP);
	expect("map beyond a region",
		rte_iommufd_space_map_region(
			first, device, bar, UINT64_C(1) << 32, IOVA, PAGE, ALL),
		given ? -EINVAL : -EOPNOTSUPP);
	expect("map a region that is none",
		rte_iommufd_space_map_region(
			first, device, 1000, 0, IOVA, PAGE, ALL),
		given ? -ENODEV : -EOPNOTSUPP);
	if (given)
		expect("unmap the region",
			rte_iommufd_space_unmap(first, ELSEWHERE, 4 * PAGE), 0);
}

static bool
prepare(const char *settings, const char *path)
{
	file = memfd_create("api_spaces", 0);
	if (file < 0 || ftruncate(file, LENGTH) != 0)
		return false;
	memory = mmap(
		NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	return memory != MAP_FAILED &&
		rte_iommufd_context_create(settings, &context) == 0 &&
		rte_iommufd_device_open(context, path, NULL, &device) == 0 &&
		rte_iommufd_space_create(context, &first) == 0 &&
		rte_iommufd_space_create(context, &second) == 0 &&
		rte_iommufd_space_create(context, &third) == 0;
}

int
main(int argc, char **argv)
{
	struct rte_iommufd_device *found = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3 || !prepare(argv[1], argv[2]))
		return EXIT_FAILURE;
	iommufd = strcmp(rte_iommufd_context_backend(context), "iommufd") == 0;
	expect("find the device",
		rte_iommufd_device_lookup(context, argv[2], &found), 0);
	expect("which it is", found == device, 1);
	expect("find another",
		rte_iommufd_device_lookup(context, "/sys/none", &found),
		-ENODEV);
	expect("move before it is attached",
		rte_iommufd_device_move(device, first), -EINVAL);
	expect("attach", rte_iommufd_device_attach(device, first), 0);
	check_runs();
	check_copies();
	check_mirrors();
	check_moves();
	check_allow();
	check_regions();
	rte_iommufd_device_close(device);
	expect("end the mirror", rte_iommufd_space_destroy(second), 0);
	expect("end the source", rte_iommufd_space_destroy(first), 0);
	expect("end the third", rte_iommufd_space_destroy(third), 0);
	expect("end the context", rte_iommufd_context_destroy(context), 0);
	printf("%u wrong\n", wrong);
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
