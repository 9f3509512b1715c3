/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Shared virtual addressing against the real kernel, by the bare svanic: its rings and
 * buffers are this program's own addresses, whatever memory is there, and what goes
 * over the wire is compared byte by byte.
 *
 *   sva DEVICE INTERFACE memory          all kinds of memory, sent from and received into
 *   sva DEVICE INTERFACE change KIND N   memory changes N times, and is sent at once (after
 *                                        madvise() as a driver does it, which sees that
 *                                        rte_iommufd_sva_changes() has changed); no old byte is sent
 *   sva DEVICE INTERFACE fenced KIND N   the same when rte_iommufd_sva_fence() is down
 *   sva DEVICE INTERFACE settle KIND N   the same after rte_iommufd_sva_settle()
 *   sva DEVICE INTERFACE unfenced KIND N the same without waiting
 *   sva DEVICE INTERFACE blind KIND N    the same, with the changes kept from the library: old
 *                                        bytes must be seen, or the test could not fail
 *   sva DEVICE INTERFACE early KIND N    the same, with reports read before anything is unmapped:
 *                                        old bytes must be seen
 *   sva DEVICE INTERFACE rash KIND N     the same, with a kernel that says of every thread whose report
 *                                        was read that it has run on: old bytes must be seen when starved
 *   sva DEVICE INTERFACE limit | fork | burst N | stopped | outstanding | prefault
 *
 * KIND is munmap, mmap, mremap, brk, dontneed, race, starved or mprotect: see change(). DEVICE is a folder name such as
 * 0000:01:00.0, INTERFACE the kernel's name of the NIC that it is wired to. Ends with
 * status 0 when all was as documented.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sva_reports.h"
#include "sva_scene.h"
#include "sva_tests.h"

/* --- limit --- */

#define LIMIT (512u << 10)

/* Areas pass, each used once, and what is used all the time is requested no more. */
static void
check_kept(struct pair *pair, uint8_t *memory)
{
	const unsigned int areas = 32;
	uint64_t requests;
	unsigned int i;

	expect("keep the rings",
		rte_iommufd_sva_prefault(sva, pair->rings, 2 * PAGE,
			R | W | RTE_IOMMUFD_SVA_KEEP),
		0);
	expect("keep the headers",
		rte_iommufd_sva_prefault(sva, pair->headers,
			HEADER << RING_LOG2, R | W | RTE_IOMMUFD_SVA_KEEP),
		0);
	requests = counter(pair, SVANIC_PAGE_REQUESTS);
	for (i = areas; i-- > 0;) {
		fill(memory + i * 2 * AREA, i);
		expect("sent", send_from(pair, memory + i * 2 * AREA), 0);
		expect("got by the peer", peer_gets(i), 0);
	}
	expect("only these were requested",
		counter(pair, SVANIC_PAGE_REQUESTS) - requests, areas);
}

static void
test_limit(void)
{
	const size_t size = 8u << 20;
	uint8_t *memory = get_memory(size);
	uint64_t most = 0, now;
	size_t at;

	madvise(memory, size, MADV_NOHUGEPAGE);
	start_pair(&pairs[0], 0);
	for (at = 0; at < 2 * size; at += 5 * PAGE) {
		uint8_t *payload = memory + at % size;

		fill(payload, at);
		if (send_from(&pairs[0], payload) != 0 || peer_gets(at) != 0) {
			printf("WRONG: at %zu\n", at);
			wrong++;
			break;
		}
		now = pinned_kib();
		most = now > most ? now : most;
	}
	printf("at most %" PRIu64 " KiB pinned, %" PRIu64 " evictions\n", most,
		stats_now().evictions);
	expect("within the limit", most <= LIMIT >> 10, 1);
	expect("and near it", most > LIMIT >> 11, 1);
	expect("evicted", stats_now().evictions > 100, 1);
	check_kept(&pairs[0], memory);
	expect("more ahead of time than the limit",
		rte_iommufd_sva_prefault(sva, memory, size, R), -ENOSPC);
	stop_pair(&pairs[0]);
}

/* --- fork --- */

/* In the child: nothing works, and its memory is its own. */
static int
be_a_child(uint8_t *page, int from_parent)
{
	uint32_t pasid;
	char byte;

	if (rte_iommufd_sva_bind(sva, device, &pasid) != -EINVAL ||
		rte_iommufd_sva_settle(sva) != -EINVAL ||
		rte_iommufd_sva_invalidate(sva, page, PAGE) != -EINVAL ||
		rte_iommufd_sva_destroy(sva) != -EINVAL)
		return 1;
	/* Nobody reads of these, and nobody needs to. */
	fill(page, 99);
	if (madvise(page, PAGE, MADV_DONTNEED) != 0 || page[0] != 0 ||
		munmap(page, PAGE) != 0)
		return 2;
	return syscall(SYS_read, from_parent, &byte, 1) == 1 ? 0 : 3;
}

static void
test_fork(void)
{
	uint8_t *page = get_memory(AREA);
	int to_child[2], status = -1;
	pid_t child;

	start_pair(&pairs[0], 0);
	send_filled(&pairs[0], "before", page);
	must(pipe(to_child) == 0, "pipe");
	child = fork();
	if (child == 0)
		_exit(be_a_child(page, to_child[0]));
	/* The pages are the parent's, not copies that the device does not know. */
	send_filled(&pairs[0], "while a child shares it", page);
	send_filled(&pairs[0], "its neighbour", page + PAGE);
	expect("received", receive_into(&pairs[0], page, 7), 0);
	must(munmap(page + PAGE, PAGE) == 0, "munmap");
	expect("settled", rte_iommufd_sva_settle(sva), 0);
	expect("not there", send_from(&pairs[0], page + PAGE),
		SVANIC_ERROR_NO_PAGE);
	stop_pair(&pairs[0]);
	/* The child has the userfaultfd: its end here must leave nobody waiting. */
	expect("end the sva", rte_iommufd_sva_destroy(sva), 0);
	must(munmap(page, PAGE) == 0 &&
			madvise(page + 2 * PAGE, PAGE, MADV_DONTNEED) == 0,
		"munmap");
	must(write(to_child[1], "", 1) == 1, "write");
	waitpid(child, &status, 0);
	expect("the child's verdict", status, 0);
	sva = NULL;
}

/* --- burst --- */

/* All pairs ask at once, for pages of their own and for the same ones. */
static void
test_burst(unsigned int rounds)
{
	const unsigned int frames = 24;
	uint32_t last[PAIRS_MAX] = { 0 };
	unsigned int round, pair, i;
	uint8_t *shared, *memory;

	for (pair = 0; pair < PAIRS_MAX; pair++)
		start_pair(&pairs[pair], pair);
	for (round = 0; round < rounds; round++) {
		shared = get_memory(frames * PAGE * 16);
		memory = get_memory(PAIRS_MAX * frames * PAGE * 16);
		for (i = 0; i < frames; i++)
			for (pair = 0; pair < PAIRS_MAX; pair++)
				last[pair] = post(&pairs[pair],
					i % 2 == 0 ? shared + i * PAGE * 16
						   : memory +
							(pair * frames + i) *
								PAGE * 16,
					OTHER_ETHERTYPE);
		for (pair = 0; pair < PAIRS_MAX; pair++)
			expect("all sent", done(&pairs[pair], last[pair]), 0);
		munmap(shared, frames * PAGE * 16);
		munmap(memory, PAIRS_MAX * frames * PAGE * 16);
	}
	for (pair = 0; pair < PAIRS_MAX; pair++) {
		expect("frames", counter(&pairs[pair], SVANIC_TX_FRAMES),
			rounds * frames);
		expect("errors", counter(&pairs[pair], SVANIC_TX_ERRORS), 0);
		expect("timeouts", counter(&pairs[pair], SVANIC_PAGE_TIMEOUTS),
			0);
		stop_pair(&pairs[pair]);
	}
	printf("%" PRIu64 " pages asked for in %" PRIu64 " groups, %" PRIu64
	       " map calls, %" PRIu64 " present\n",
		stats_now().page_requests, stats_now().request_groups,
		stats_now().map_calls, stats_now().present);
}

/* --- nobody answers --- */

/* The device gives up after its PAGE_PATIENCE; then all is as before. */
static void
test_stopped(void)
{
	uint8_t *memory = get_memory(AREA);
	uint64_t begun;

	start_pair(&pairs[0], 0);
	send_filled(&pairs[0], "before", get_memory(PAGE));
	bare_write(&bare, SVANIC_PAGE_PATIENCE, 700);
	pause_requests();
	begun = now_ms();
	expect("not answered", send_from(&pairs[0], memory),
		SVANIC_ERROR_NO_ANSWER);
	printf("after %" PRIu64 " ms\n", now_ms() - begun);
	expect("not before its patience ends", now_ms() - begun >= 600, 1);
	resume_requests();
	send_filled(&pairs[0], "afterwards", memory);
	expect("timeouts", counter(&pairs[0], SVANIC_PAGE_TIMEOUTS), 1);
	stop_pair(&pairs[0]);
}

static bool
waits_no_longer(struct bare_queue *queue)
{
	const uint64_t last = now_ms() + BARE_PATIENCE_MS;

	while (bare_queue_state(queue) == SVANIC_STATE_WAITING) {
		if (now_ms() > last)
			return false;
		usleep(1000);
	}
	return true;
}

/* A binding that ends while a request is out: the kernel answers it. */
static void
test_outstanding(void)
{
	uint8_t *memory = get_memory(AREA);
	uint32_t last;

	start_pair(&pairs[0], 0);
	start_pair(&pairs[1], 1);
	send_filled(&pairs[0], "before", get_memory(PAGE));
	send_filled(&pairs[1], "before", get_memory(PAGE));
	bare_write(&bare, SVANIC_PAGE_PATIENCE, 0); /* for ever */
	pause_requests();
	last = post(&pairs[0], memory, TEST_ETHERTYPE);
	expect("it waits for a page",
		bare_wait_for_state(&pairs[0].tx, SVANIC_STATE_WAITING), 1);
	expect("unbind", rte_iommufd_sva_unbind(sva, device, pairs[0].pasid),
		0);
	expect("it waits no longer", waits_no_longer(&pairs[0].tx), 1);
	printf("descriptor %u, state %#x\n", last,
		bare_queue_state(&pairs[0].tx));
	resume_requests();
	bare_queue_stop(&pairs[0].tx);
	bare_queue_stop(&pairs[0].rx);
	send_filled(&pairs[1], "the other binding", memory);
	stop_pair(&pairs[1]);
}

/* --- prefault --- */

static void
test_prefault(void)
{
	const size_t size = 5u << 20;
	uint8_t *memory = get_memory(size);
	uint64_t asked, pinned;
	size_t at;

	start_pair(&pairs[0], 0);
	send_filled(&pairs[0], "before", get_memory(PAGE));
	asked = counter(&pairs[0], SVANIC_PAGE_REQUESTS);
	pinned = stats_now().pinned;
	expect("prefault", rte_iommufd_sva_prefault(sva, memory, size, R | W),
		0);
	expect("all of it", stats_now().pinned - pinned >= size, 1);
	for (at = 0; at + PAGE <= size; at += 37 * PAGE) {
		fill(memory + at, at);
		if (send_from(&pairs[0], memory + at) != 0 ||
			peer_gets(at) != 0) {
			printf("WRONG: at %zu\n", at);
			wrong++;
		}
	}
	expect("nothing was asked for",
		counter(&pairs[0], SVANIC_PAGE_REQUESTS) - asked, 0);
	expect("invalidate", rte_iommufd_sva_invalidate(sva, memory, size), 0);
	expect("out", stats_now().pinned <= pinned, 1);
	send_filled(&pairs[0], "asked for again", memory);
	expect("once", counter(&pairs[0], SVANIC_PAGE_REQUESTS) - asked, 1);
	expect("beyond the end", rte_iommufd_sva_prefault(sva, (void *)8, 1, R),
		-EFAULT);
	stop_pair(&pairs[0]);
}

/* --- all of them --- */

int
main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[3] : "";
	const struct rte_iommufd_sva_options options = {
		.size = sizeof(options),
		.pin_limit = strcmp(what, "limit") == 0 ? LIMIT : 0,
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4)
		return EXIT_FAILURE;
	open_all(argv[1], argv[2], &options);
	watch_reports();
	if (strcmp(what, "memory") == 0)
		test_memory();
	else if (argc == 6)
		test_change(what, argv[4], atoi(argv[5]));
	else if (strcmp(what, "limit") == 0)
		test_limit();
	else if (strcmp(what, "fork") == 0)
		test_fork();
	else if (argc == 5 && strcmp(what, "burst") == 0)
		test_burst(atoi(argv[4]));
	else if (strcmp(what, "stopped") == 0)
		test_stopped();
	else if (strcmp(what, "outstanding") == 0)
		test_outstanding();
	else if (strcmp(what, "prefault") == 0)
		test_prefault();
	else
		must(false, what);
	close_all();
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
