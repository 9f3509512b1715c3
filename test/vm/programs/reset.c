/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * One thread resets a device again and again, while the main one detaches it and
 * attaches it: an attach that meets a reset has to wait for its end.
 *
 *   reset DEVICE-FOLDER RESETS
 *
 * Ends with status 0 when every call succeeded. Knows IOMMUFD only: a legacy
 * container closes the device at each detach.
 */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>

#include <rte_errno.h>
#include <rte_iommufd.h>

#define PAUSE_US 50000 /* between two resets: about as long as one takes */

struct resets {
	int fd;
	unsigned int wanted;
	atomic_uint done;
	unsigned int failed;
};

static void *
reset_again_and_again(void *argument)
{
	struct resets *resets = argument;

	while (atomic_load(&resets->done) < resets->wanted) {
		if (ioctl(resets->fd, VFIO_DEVICE_RESET) != 0 &&
			resets->failed++ == 0)
			printf("first reset that failed: %s\n",
				strerror(errno));
		atomic_fetch_add(&resets->done, 1);
		usleep(PAUSE_US);
	}
	return NULL;
}

static int
open_device(const char *folder, struct rte_iommufd_device **device,
	struct rte_iommufd_space **space)
{
	struct rte_iommufd_context *context;

	if (rte_iommufd_context_create("backend=iommufd", &context) != 0 ||
		rte_iommufd_device_open(context, folder, NULL, device) != 0 ||
		rte_iommufd_space_create(context, space) != 0)
		return -1;
	return rte_iommufd_device_attach(*device, *space);
}

/* What came of it, in numbers. */
struct counts {
	unsigned int turns;
	unsigned int busy;
	unsigned int failed;
};

static void
count(struct counts *counts, const char *what, int ret)
{
	if (ret == -EBUSY)
		counts->busy++;
	else if (ret != 0 && counts->failed++ == 0)
		printf("turn %u: %s: %s\n", counts->turns, what,
			rte_strerror(-ret));
}

static void
detach_and_attach(struct rte_iommufd_device *device,
	struct rte_iommufd_space *space, struct resets *resets,
	struct counts *counts)
{
	bool attached = true;
	int ret;

	while (atomic_load(&resets->done) < resets->wanted) {
		if (attached) {
			ret = rte_iommufd_device_detach(device);
			count(counts, "detach", ret);
			attached = ret != 0;
		}
		if (!attached) {
			ret = rte_iommufd_device_attach(device, space);
			count(counts, "attach", ret);
			attached = ret == 0;
		}
		counts->turns++;
	}
}

int
main(int argc, char **argv)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	struct counts counts = { 0 };
	struct resets resets = { 0 };
	pthread_t thread;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3 || open_device(argv[1], &device, &space) != 0)
		return EXIT_FAILURE;
	resets.wanted = atoi(argv[2]);
	resets.fd = rte_iommufd_device_fd(device);
	if (pthread_create(&thread, NULL, reset_again_and_again, &resets) != 0)
		return EXIT_FAILURE;
	detach_and_attach(device, space, &resets, &counts);
	pthread_join(thread, NULL);
	printf("%u resets (%u failed), meanwhile %u turns: %u calls said EBUSY, %u something else\n",
		resets.wanted, resets.failed, counts.turns, counts.busy,
		counts.failed);
	rte_iommufd_device_close(device);
	rte_iommufd_space_destroy(space);
	return counts.busy + counts.failed + resets.failed == 0 &&
			counts.turns >= resets.wanted
		? EXIT_SUCCESS
		: EXIT_FAILURE;
}
