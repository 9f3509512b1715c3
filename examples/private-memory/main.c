/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * private-memory: a DPDK program that gives one of its NICs memory that none of the others can
 * reach. The settings come from the program: each device gets an address space of its own, which
 * has EAL's memory as all others have it (pinned and charged once), and whatever is mapped there
 * besides.
 *
 *   devtools/lab shell --nic e1000e --nic e1000e -- /src/devtools/guest/with-vfio private-memory \
 *       -a 01:00.0 -a 02:00.0 -- 0000:01:00.0 0000:02:00.0
 *
 * The bus plugin opens and attaches the devices, as for every DPDK program. No port is started.
 */

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <rte_eal.h>

#include <rte_iommufd.h>

#define PRIVATE_SIZE (UINT64_C(256) << 10)
#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

/* The library has logged what is wrong: this ends the program. */
static void
need(int ret)
{
	if (ret != 0)
		exit(EXIT_FAILURE);
}

static uint64_t
bytes_in(struct rte_iommufd_space *space)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	need(rte_iommufd_space_stats(space, &stats));
	return stats.bytes;
}

static struct rte_iommufd_space *
space_of(struct rte_iommufd_context *context, const char *address)
{
	struct rte_iommufd_device *device;
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	if (rte_iommufd_device_lookup(context, path, &device) != 0)
		errx(EXIT_FAILURE,
			"%s: the bus plugin has not opened it: name it with -a",
			address);
	return rte_iommufd_device_space(device);
}

static void
show(const char *name, struct rte_iommufd_space *space,
	struct rte_iommufd_space *of_eal)
{
	printf("%s: %" PRIu64 " KiB more than EAL's memory\n", name,
		(bytes_in(space) - bytes_in(of_eal)) >> 10);
}

int
main(int argc, char **argv)
{
	struct rte_iommufd_space *first, *second, *of_eal;
	struct rte_iommufd_context *context;
	uint64_t iova;
	void *memory;
	int used;

	/* Before EAL opens the devices. It replaces the environment variable RTE_IOMMUFD. */
	need(rte_iommufd_configure("ioas=per-device"));
	used = rte_eal_init(argc, argv);
	if (used < 0 || argc != used + 3)
		errx(EXIT_FAILURE,
			"usage: private-memory EAL-OPTIONS -- ADDRESS OTHER-ADDRESS");
	need(rte_iommufd_context_default(&context));
	first = space_of(context, argv[used + 1]);
	second = space_of(context, argv[used + 2]);
	of_eal = rte_iommufd_context_memory(context);
	if (of_eal == NULL)
		errx(EXIT_FAILURE, "EAL's memory is in no space");
	printf("backend %s, %s\n", rte_iommufd_context_backend(context),
		first == second ? "ONE SPACE FOR BOTH" : "a space for each");

	memory = mmap(NULL, PRIVATE_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	iova = (uintptr_t)memory;
	need(rte_iommufd_space_map(first, memory, iova, PRIVATE_SIZE, RW));
	show("the first", first, of_eal);
	show("the second", second, of_eal);

	need(rte_iommufd_space_unmap(first, iova, PRIVATE_SIZE));
	munmap(memory, PRIVATE_SIZE);
	rte_eal_cleanup();
	printf("done\n");
	return EXIT_SUCCESS;
}
