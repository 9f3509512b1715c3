/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * two-spaces: one device and two address spaces. What a driver engineer wants to know first of
 * an IOMMU: what can be mapped, what a mapping costs, what a device reaches, and how it is
 * moved from one address space to another while both have the same memory.
 *
 *   devtools/lab shell --nic e1000e -- /src/devtools/guest/with-vfio two-spaces 0000:01:00.0
 *
 * The library alone, without EAL. Each step prints what it has found. No DMA is started.
 */

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>

#include <rte_iommufd.h>

#define MEMORY_SIZE (UINT64_C(4) << 20)
#define IOVA UINT64_C(0x100000000)
#define COPY_IOVA UINT64_C(0x200000000)
#define REGISTERS_IOVA UINT64_C(0x300000000)
#define REGISTERS_SIZE 4096
#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

/* The library has logged what is wrong: this ends the program. */
static void
need(int ret)
{
	if (ret < 0)
		exit(EXIT_FAILURE);
}

/* Memory with a file behind it, which IOMMUFD maps many times faster than an address. */
static void *
make_memory(int *file)
{
	void *memory;

	*file = memfd_create("spaces", 0);
	if (*file < 0 || ftruncate(*file, MEMORY_SIZE) != 0)
		err(EXIT_FAILURE, "memfd");
	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		*file, 0);
	if (memory == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	return memory;
}

static struct rte_iommufd_device *
open_device(struct rte_iommufd_context *context, const char *address)
{
	struct rte_iommufd_hw_info info = { .size = sizeof(info) };
	struct rte_iommufd_device *device;
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	need(rte_iommufd_device_open(context, path, NULL, &device));
	printf("backend %s: %s\n", rte_iommufd_context_backend(context),
		rte_iommufd_context_reason(context));
	need(rte_iommufd_device_hw_info(device, &info));
	printf("IOMMU of type %" PRIu32 ", PASIDs of %u bits\n", info.type,
		info.max_pasid_log2);
	return device;
}

/*
 * The IOVAs that will be used are named before the device comes: a device that cannot reach
 * them is refused at its attachment, and not at a map call some day.
 */
static struct rte_iommufd_space *
make_space(struct rte_iommufd_context *context)
{
	const struct rte_iommufd_range used[] = {
		{ IOVA, IOVA + MEMORY_SIZE - 1 },
		{ COPY_IOVA, COPY_IOVA + MEMORY_SIZE - 1 },
	};
	struct rte_iommufd_space *space;

	need(rte_iommufd_space_create(context, &space));
	need(rte_iommufd_space_allow(space, used, RTE_DIM(used)));
	return space;
}

static void
show(const char *name, struct rte_iommufd_space *space)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };
	struct rte_iommufd_range ranges[8];
	int count = rte_iommufd_space_ranges(space, ranges, RTE_DIM(ranges));
	int i;

	need(count);
	need(rte_iommufd_space_stats(space, &stats));
	printf("%s: %" PRIu64 " KiB in %" PRIu64 " areas, by %" PRIu64
	       " calls, %" PRIu64 " of them copies; IOVAs",
		name, stats.bytes >> 10, stats.areas, stats.map_calls,
		stats.copy_calls);
	for (i = 0; i < RTE_MIN(count, (int)RTE_DIM(ranges)); i++)
		printf(" %#" PRIx64 "-%#" PRIx64, ranges[i].first,
			ranges[i].last);
	printf("\n");
}

/* The device's own registers, as another device would reach them: Linux 6.19. */
static void
show_registers(
	struct rte_iommufd_space *space, struct rte_iommufd_device *device)
{
	if (rte_iommufd_space_map_region(space, device, 0, 0, REGISTERS_IOVA,
		    REGISTERS_SIZE, RW) != 0)
		return;
	printf("registers are mapped at %#" PRIx64 "\n", REGISTERS_IOVA);
	need(rte_iommufd_space_unmap(space, REGISTERS_IOVA, REGISTERS_SIZE));
}

int
main(int argc, char **argv)
{
	struct rte_iommufd_space *first, *second;
	struct rte_iommufd_context *context;
	struct rte_iommufd_device *device;
	void *memory;
	int file;

	if (argc != 2)
		errx(EXIT_FAILURE, "usage: two-spaces ADDRESS");
	memory = make_memory(&file);
	need(rte_iommufd_context_create("backend=iommufd", &context));
	device = open_device(context, argv[1]);
	first = make_space(context);
	second = make_space(context);

	need(rte_iommufd_device_attach(device, first));
	need(rte_iommufd_space_map_file(
		first, file, 0, memory, IOVA, MEMORY_SIZE, RW));
	/* The same memory, elsewhere and only to be read: pinned and charged once. */
	need(rte_iommufd_space_copy(second, COPY_IOVA, first, IOVA, MEMORY_SIZE,
		RTE_IOMMUFD_MAP_READ));
	show("first", first);

	/* From now on the device reaches COPY_IOVA, and IOVA no longer. */
	need(rte_iommufd_device_move(device, second));
	printf("the device is in the %s\n",
		rte_iommufd_device_space(device) == second ? "second"
							   : "first");
	show("second", second);
	show_registers(second, device);

	need(rte_iommufd_device_detach(device));
	rte_iommufd_device_close(device);
	need(rte_iommufd_space_destroy(second));
	need(rte_iommufd_space_destroy(first));
	need(rte_iommufd_context_destroy(context));
	printf("done\n");
	return EXIT_SUCCESS;
}
