/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* All kinds of memory, sent from and received into: a part of sva.c. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/mman.h>

#include "sva_scene.h"
#include "sva_tests.h"

#define HUGE (2u << 20)

static void *
map_file(size_t size, int protection, int flags)
{
	char name[] = "/tmp/sva-XXXXXX";
	uint8_t payload[PAYLOAD];
	int fd = mkstemp(name);
	void *memory;

	fill(payload, 1000);
	must(fd >= 0 && ftruncate(fd, size) == 0 &&
			pwrite(fd, payload, PAYLOAD, 0) == PAYLOAD,
		name);
	memory = mmap(NULL, size, protection, flags, fd, 0);
	must(memory != MAP_FAILED, name);
	unlink(name);
	close(fd);
	return memory;
}

static void
check_sending(struct pair *pair)
{
	uint8_t stack[PAYLOAD];
	void *heap = malloc(PAYLOAD);
	void *large = malloc(1 << 20);
	void *huge = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	uint8_t *two_pages = get_memory(2 * PAGE);

	send_filled(pair, "the stack", stack);
	send_filled(pair, "malloc", heap);
	send_filled(pair, "malloc of much", large);
	send_filled(pair, "across two pages", two_pages + PAGE - 100);
	send_filled(pair, "a shared file",
		map_file(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED));
	send_filled(pair, "a private file",
		map_file(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE));
	if (huge != MAP_FAILED)
		send_filled(pair, "a hugepage", (uint8_t *)huge + 0x123456);
	else
		printf("WRONG: no hugepage: %s\n", strerror(errno)), wrong++;
	printf("-- a private file that may only be read\n");
	expect("sent", send_from(pair, map_file(PAGE, PROT_READ, MAP_PRIVATE)),
		0);
	expect("got by the peer", peer_gets(1000), 0);
	free(heap);
	free(large);
}

/* The kernel may have none to give; then there is nothing to see. */
static void
check_transparent_hugepage(struct pair *pair)
{
	uint8_t *memory = get_memory(2 * HUGE);
	uint8_t *huge = (uint8_t *)(((uintptr_t)memory + HUGE - 1) &
		~(uintptr_t)(HUGE - 1));
	const uint64_t pinned = stats_now().pinned;

	madvise(memory, 2 * HUGE, MADV_HUGEPAGE);
	memset(memory, 1, 2 * HUGE);
	send_filled(pair, "a transparent hugepage", huge + 0x54321);
	printf("%" PRIu64 " bytes were pinned for it\n",
		stats_now().pinned - pinned);
	send_filled(pair, "another part of it", huge + 0x154321);
	must(munmap(memory, 2 * HUGE) == 0, "munmap");
	expect("settled", rte_iommufd_sva_settle(sva), 0);
	expect("all of it is gone", stats_now().pinned, pinned);
}

/* Zero pages, which nobody has touched. */
static void
check_untouched(struct pair *pair)
{
	uint8_t *memory = get_memory(1 << 20);
	uint8_t frame[2048], zeros[PAYLOAD] = { 0 };

	printf("-- memory that nobody has touched\n");
	expect("sent", send_from(pair, memory + 0x5000), 0);
	expect("length", peer_receives(frame, sizeof(frame)), HEADER + PAYLOAD);
	expect("zeros", memcmp(frame + HEADER, zeros, PAYLOAD), 0);
	expect("received", receive_into(pair, memory + 0x80ff0, 5), 0);
}

/* A refusal is an error of its descriptor and counted; the queue goes on. */
static void
check_refusals(struct pair *pair)
{
	uint8_t *memory = get_memory(PAGE);
	uint8_t *fixed = map_file(PAGE, PROT_READ, MAP_PRIVATE);
	void *none = mmap(
		NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const uint64_t refusals = counter(pair, SVANIC_PAGE_REFUSALS);

	printf("-- what the process does not have\n");
	munmap(memory, PAGE);
	expect("not there", send_from(pair, memory), SVANIC_ERROR_NO_PAGE);
	expect("the null page", send_from(pair, NULL), SVANIC_ERROR_NO_PAGE);
	expect("no rights", send_from(pair, none), SVANIC_ERROR_NO_PAGE);
	expect("written and read only", receive_into(pair, fixed, 6),
		SVANIC_ERROR_NO_PAGE);
	expect("the interrupts", send_from(pair, (void *)(uintptr_t)0xfee00000),
		SVANIC_ERROR_NO_PAGE);
	expect("the library counts them", stats_now().refused >= 5, 1);
	expect("the device counts them",
		counter(pair, SVANIC_PAGE_REFUSALS) - refusals, 5);
	send_filled(pair, "what it has, afterwards", get_memory(PAGE));
}

/* As the header says: the kernel reports nothing of it. */
static void
check_what_cannot_be_followed(struct pair *pair)
{
	const int fd = open("/proc/self/exe", O_RDONLY);
	void *memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	printf("-- a shared file that is open for reading only\n");
	must(memory != MAP_FAILED, "/proc/self/exe");
	expect("refused", send_from(pair, memory), SVANIC_ERROR_NO_PAGE);
	close(fd);
}

void
test_memory(void)
{
	struct pair *pair = &pairs[0];

	start_pair(pair, 0);
	check_sending(pair);
	check_transparent_hugepage(pair);
	check_untouched(pair);
	check_refusals(pair);
	check_what_cannot_be_followed(pair);
	expect("something is pinned", stats_now().pinned > 0, 1);
	stop_pair(pair);
	expect("nothing is pinned", pinned_kib(), 0);
}
