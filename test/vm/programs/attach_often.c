/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A program that takes its NIC and gives it back, again and again. After each turn it has what
 * it had after the second: files, mappings of registers, threads, pinned memory, and objects of
 * the kernel's IOMMUFD. In some of the turns frames go through the port.
 *
 *   attach_often EAL-OPTIONS -- ADDRESS TURNS EVERY   the options name the NIC at ADDRESS; in
 *                       the first and each EVERY-th turn frames are sent back as they came
 *
 * At its end it says by how much its own heap and EAL's have grown in a turn. Knows DPDK's public
 * API, and of the kernel's what /proc shows and the number of a new object; nothing of ours.
 */

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/types.h>
#include <sys/ioctl.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "frames.h"
#include "rest.h"

#define PORT 0
#define FRAMES 20
#define FIRST_KEPT 2 /* the turn after which nothing may be added */
#define TURNS_OF_A_LINE 100

/* linux/iommufd.h, which not every machine has. */
struct ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};

struct destroy {
	__u32 size;
	__u32 id;
};

#define IOAS_ALLOC _IO(';', 0x81)
#define DESTROY _IO(';', 0x80)

struct possessions {
	unsigned int files;
	unsigned int registers; /* mappings of a device's file */
	unsigned int threads;
	unsigned long pinned; /* KiB */
	unsigned int
		object; /* the lowest free number in IOMMUFD; 0: no IOMMUFD */
	/* In bytes. DPDK may keep some of these. */
	size_t heap;
	size_t eal_heap;
};

/* Calls visit for each name in the folder; returns how many there are. */
static unsigned int
walk(const char *folder, void (*visit)(const char *path, void *argument),
	void *argument)
{
	DIR *names = opendir(folder);
	unsigned int count = 0;
	struct dirent *entry;
	char path[300];

	check(names != NULL, folder);
	while ((entry = readdir(names)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		count++;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (visit != NULL)
			visit(path, argument);
	}
	closedir(names);
	return count;
}

/* The number that IOMMUFD gives to a new object is the lowest that is free. */
static void
look_for_iommufd(const char *path, void *argument)
{
	struct ioas_alloc new = { .size = sizeof(new) };
	struct destroy old = { .size = sizeof(old) };
	unsigned int *lowest = argument;
	char target[128];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	int fd = atoi(strrchr(path, '/') + 1);

	target[length > 0 ? length : 0] = '\0';
	if (strcmp(target, "/dev/iommu") != 0)
		return;
	check(ioctl(fd, IOAS_ALLOC, &new) == 0, "a new object of IOMMUFD's");
	old.id = new.out_ioas_id;
	check(ioctl(fd, DESTROY, &old) == 0, "its end");
	*lowest = new.out_ioas_id;
}

static unsigned long
pinned_memory(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long amount, sum = 0;
	char line[256];

	check(file != NULL, "/proc/self/status");
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "VmPin: %lu", &amount) == 1 ||
			sscanf(line, "VmLck: %lu", &amount) == 1)
			sum += amount;
	fclose(file);
	return sum;
}

static unsigned int
count_registers(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	unsigned int count = 0;
	char line[512];

	check(file != NULL, "/proc/self/maps");
	while (fgets(line, sizeof(line), file) != NULL)
		count += strstr(line, "vfio") != NULL;
	fclose(file);
	return count;
}

static struct possessions
take_stock(void)
{
	const struct mallinfo2 heap = mallinfo2();
	struct rte_malloc_socket_stats eal;
	struct possessions now = { .object = 0 };

	now.files = walk("/proc/self/fd", look_for_iommufd, &now.object);
	now.registers = count_registers();
	now.threads = walk("/proc/self/task", NULL, NULL);
	now.pinned = pinned_memory();
	now.heap = heap.uordblks + heap.hblkhd;
	rte_malloc_get_socket_stats(rte_socket_id(), &eal);
	now.eal_heap = eal.heap_allocsz_bytes;
	return now;
}

static void
compare(unsigned int turn, const struct possessions *kept,
	const struct possessions *now)
{
	if (now->files == kept->files && now->registers == kept->registers &&
		now->threads == kept->threads && now->pinned == kept->pinned &&
		now->object == kept->object)
		return;
	printf("attach_often: FAILED: turn %u: files %u, mappings of registers %u, threads %u, pinned %lu KiB, next object %u; after turn %u: %u, %u, %u, %lu, %u\n",
		turn, now->files, now->registers, now->threads, now->pinned,
		now->object, FIRST_KEPT, kept->files, kept->registers,
		kept->threads, kept->pinned, kept->object);
	exit(EXIT_FAILURE);
}

static void
send_back(void)
{
	struct rte_mbuf *frames[BURST];
	unsigned int sent = 0;
	uint16_t count, i;

	while (sent < FRAMES && !asked_to_end) {
		count = rte_eth_rx_burst(PORT, 0, frames, BURST);
		rest_if_none(count);
		for (i = 0; i < count; i++)
			frames_send(PORT, frames[i]);
		sent += count;
	}
}

static void
take_turn(const char *address, struct rte_mempool *pool, bool sends)
{
	check(rte_eth_dev_is_valid_port(PORT) != 0, "no port");
	if (sends) {
		frames_start_port(PORT, pool);
		send_back();
		check(rte_eth_dev_stop(PORT) == 0, "stop");
	}
	check(rte_eth_dev_close(PORT) == 0, "close");
	check(rte_eal_hotplug_remove("pci", address) == 0, "remove");
}

static void
run(const char *address, unsigned int turns, unsigned int every)
{
	struct rte_mempool *pool = frames_make_pool("pool", 1024);
	struct possessions kept = { .files = 0 }, now = kept;
	unsigned int turn;

	printf("attach_often: ready\n"); /* which takes memory for what is printed */
	for (turn = 1; turn <= turns && !asked_to_end; turn++) {
		if (turn > 1)
			check(rte_eal_hotplug_add("pci", address, "") == 0,
				"add");
		take_turn(address, pool, turn == 1 || turn % every == 0);
		check(rte_mempool_full(pool) != 0, "an mbuf is lost");
		now = take_stock();
		if (turn == FIRST_KEPT)
			kept = now;
		if (turn > FIRST_KEPT)
			compare(turn, &kept, &now);
		if (turn % TURNS_OF_A_LINE == 0)
			printf("attach_often: %u turns\n", turn);
	}
	check(turn > turns && turns > FIRST_KEPT, "ended early");
	printf("attach_often: done, %u turns; after each %u files, %lu KiB pinned, next object %u\n",
		turns, now.files, now.pinned, now.object);
	printf("attach_often: bytes a turn: heap %.1f, of EAL %.1f\n",
		((double)now.heap - kept.heap) / (turns - FIRST_KEPT),
		((double)now.eal_heap - kept.eal_heap) / (turns - FIRST_KEPT));
}

int
main(int argc, char **argv)
{
	int used;

	setvbuf(stdout, NULL, _IOLBF, 0);
	used = rte_eal_init(argc, argv);
	check(used >= 0 && argc == used + 4, "rte_eal_init");
	frames_note_signals();
	run(argv[used + 1], strtoul(argv[used + 2], NULL, 0),
		strtoul(argv[used + 3], NULL, 0));
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
