/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The library without EAL and without a PMD, against the real kernel: what
 * rte_iommufd.h says of return values has to hold.
 *
 *   api SETTINGS DEVICE-FOLDER
 *
 * Prints what the kernel told; ends with status 0 when all was as documented.
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

#include <rte_errno.h>
#include <rte_iommufd.h>

#include "expect.h"
#include "msi_window.h"

#define ALL (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE 4096
#define LENGTH (16 * PAGE)
#define IOVA UINT64_C(0x40000000)

static void
show_ranges(struct rte_iommufd_space *space)
{
	struct rte_iommufd_range ranges[16];
	bool below = false, above = false, inside = false;
	int count = rte_iommufd_space_ranges(space, ranges, 16);
	int i;

	printf("ranges: %d\n", count);
	for (i = 0; i < count && i < 16; i++) {
		printf("  %#" PRIx64 "-%#" PRIx64 "\n", ranges[i].first,
			ranges[i].last);
		below |= ranges[i].last == MSI_WINDOW - 1;
		above |= ranges[i].first == MSI_WINDOW + MSI_WINDOW_SIZE;
		inside |= ranges[i].first <= MSI_WINDOW &&
			ranges[i].last >= MSI_WINDOW;
	}
	expect("the interrupt window is left out", below && above && !inside,
		1);
	expect("asked for one range, told of all",
		rte_iommufd_space_ranges(space, ranges, 1), count);
}

static void
check_maps(struct rte_iommufd_space *space, char *memory)
{
	void *va = NULL;

	expect("map", rte_iommufd_space_map(space, memory, IOVA, LENGTH, ALL),
		0);
	expect("map again",
		rte_iommufd_space_map(space, memory, IOVA, LENGTH, ALL),
		-EEXIST);
	expect("map over the end",
		rte_iommufd_space_map(
			space, memory, IOVA + LENGTH - PAGE, LENGTH, ALL),
		-EEXIST);
	expect("map without rights",
		rte_iommufd_space_map(space, memory, 2 * IOVA, LENGTH, 0),
		-EINVAL);
	expect("map nothing",
		rte_iommufd_space_map(space, memory, 2 * IOVA, 0, ALL),
		-EINVAL);
	expect("map what is no memory",
		rte_iommufd_space_map(
			space, (void *)0x1000, 2 * IOVA, LENGTH, ALL),
		-EFAULT);
	expect("look up",
		rte_iommufd_space_lookup(
			space, IOVA + PAGE, LENGTH - PAGE, ALL, &va),
		0);
	expect("where it is", va == memory + PAGE, 1);
	expect("look up beyond",
		rte_iommufd_space_lookup(space, IOVA, LENGTH + 1, ALL, &va),
		-ENOENT);
	expect("unmap a part", rte_iommufd_space_unmap(space, IOVA, LENGTH / 2),
		-EINVAL);
	expect("unmap too much",
		rte_iommufd_space_unmap(space, IOVA, LENGTH + PAGE), -ENOENT);
	expect("map beside it",
		rte_iommufd_space_map(
			space, memory, IOVA + LENGTH, LENGTH, ALL),
		0);
	expect("unmap both", rte_iommufd_space_unmap(space, IOVA, 2 * LENGTH),
		0);
	expect("unmap again", rte_iommufd_space_unmap(space, IOVA, LENGTH),
		-ENOENT);
}

static void
check_reserved(struct rte_iommufd_space *space, char *memory)
{
	expect("map into the interrupt window",
		rte_iommufd_space_map(space, memory, MSI_WINDOW, LENGTH, ALL),
		-EINVAL);
	expect("map beyond the IOMMU",
		rte_iommufd_space_map(
			space, memory, UINT64_MAX - LENGTH + 1, LENGTH, ALL),
		-EINVAL);
}

static void
check_file(struct rte_iommufd_space *space)
{
	int file = memfd_create("api", 0);
	char *memory = MAP_FAILED;

	if (file >= 0 && ftruncate(file, LENGTH) == 0)
		memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED,
			file, 0);
	expect("a file", memory != MAP_FAILED, 1);
	expect("map a file",
		rte_iommufd_space_map_file(space, file, PAGE, memory + PAGE,
			IOVA, LENGTH - PAGE, ALL),
		0);
	expect("unmap it", rte_iommufd_space_unmap(space, IOVA, LENGTH - PAGE),
		0);
	munmap(memory, LENGTH);
	close(file);
}

int
main(int argc, char **argv)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct rte_iommufd_context *context;
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };
	struct rte_iommufd_hw_info hw_info = { .size = sizeof(hw_info) };
	bool iommufd;
	char *memory;

	if (argc != 3)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	memory = mmap(NULL, 2 * LENGTH, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED ||
		rte_iommufd_context_create(argv[1], &context) != 0)
		return EXIT_FAILURE;
	if (rte_iommufd_device_open(context, argv[2], NULL, &device) != 0)
		return EXIT_FAILURE;
	iommufd = strcmp(rte_iommufd_context_backend(context), "iommufd") == 0;
	printf("backend %s: %s\n", rte_iommufd_context_backend(context),
		rte_iommufd_context_reason(context));
	if (rte_iommufd_space_create(context, &space) != 0)
		return EXIT_FAILURE;
	expect("detach what is not attached", rte_iommufd_device_detach(device),
		-EINVAL);
	/* Before a device is there: made at once, or noted until one comes. */
	expect("map early",
		rte_iommufd_space_map(space, memory, 2 * IOVA, LENGTH, ALL), 0);
	expect("attach", rte_iommufd_device_attach(device, space), 0);
	expect("attach again", rte_iommufd_device_attach(device, space),
		-EINVAL);
	expect("describe", rte_iommufd_device_info(device, &info), 0);
	expect("regions", info.num_regions >= VFIO_PCI_NUM_REGIONS, 1);
	expect("hardware", rte_iommufd_device_hw_info(device, &hw_info),
		iommufd ? 0 : -EOPNOTSUPP);
	printf("IOMMU type %u, capabilities %#" PRIx64 ", PASID bits %u\n",
		hw_info.type, hw_info.capabilities, hw_info.max_pasid_log2);
	show_ranges(space);
	expect("unmap early", rte_iommufd_space_unmap(space, 2 * IOVA, LENGTH),
		0);
	check_maps(space, memory);
	check_reserved(space, memory);
	check_file(space);
	expect("end a space with a device", rte_iommufd_space_destroy(space),
		-EBUSY);
	expect("end a context with a device",
		rte_iommufd_context_destroy(context), -EBUSY);
	expect("map for good",
		rte_iommufd_space_map(space, memory, IOVA, LENGTH, ALL), 0);
	expect("detach", rte_iommufd_device_detach(device), 0);
	expect("attach once more", rte_iommufd_device_attach(device, space), 0);
	rte_iommufd_space_stats(space, &stats);
	expect("one area", stats.areas == 1 && stats.bytes == LENGTH, 1);
	rte_iommufd_device_close(device);
	expect("end the space", rte_iommufd_space_destroy(space), 0);
	expect("end the context", rte_iommufd_context_destroy(context), 0);
	printf("%u wrong\n", wrong);
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
