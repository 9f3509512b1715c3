/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A life of address spaces with devices, again and again: each time another of the
 * kernel's allocations fails in it, until a life has passed in which none was left to
 * fail. Whatever fails, a function that fails has logged one line, what the library
 * says is mapped is what the page tables have, everything can be ended, and nothing is
 * left behind: no descriptor, no pinned page, no memory. A life without failures works
 * right after.
 *
 * Must not know: how the library does it.
 */

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "backend.h"
#include "fail_nth.h"
#include "kernel.h"
#include "logs.h"
#include "mock.h"
#include "rte_iommufd.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE UINT64_C(4096)
#define PAGES 64
#define LENGTH (PAGES * PAGE)
#define IOVA UINT64_C(0x2000000)
#define COPY UINT64_C(0x4000000)
#define OWN UINT64_C(0x6000000)

enum step {
	CREATE,
	ALLOW,
	MAP,
	MAP_FILE,
	MAP_RUNS,
	RANGES,
	UNMAP,
	COPIES,
	MIRROR,
	DESTROY,
	STEPS,
};

static const char *const step_names[STEPS] = { "create", "allow", "map",
	"map_file", "map_runs", "ranges", "unmap", "copy", "mirror",
	"destroy" };

/* What a life is made of that a failure must not leave behind. */
struct possessions {
	unsigned int descriptors;
	unsigned long pinned;
	size_t heap;
};

static const char *settings;
static char *memory;
static int file;
static unsigned int number; /* the allocation that fails; 0: none */
static unsigned int failures[STEPS];

struct life {
	struct rte_iommufd_context *context;
	struct rte_iommufd_space *space, *mirror, *copies;
	struct mock_device device, mirror_device, copies_device;
	bool mirrors;
};

#define check(condition, what)                                              \
	do {                                                                \
		if (!(condition))                                           \
			fail_msg("%s, with allocation %u failing; log: %s", \
				what, number, logs_text());                 \
	} while (0)

/* For functions that return an error: it was logged once, success never. */
static bool
step(enum step which, int ret)
{
	fail_nth_pause();
	if (logs_errors() != (ret < 0))
		fail_msg(
			"%s returned %d and logged %u errors, with allocation %u failing; log: %s",
			step_names[which], ret, logs_errors(), number,
			logs_text());
	if (ret < 0)
		failures[which]++;
	check(ret >= 0 || fail_nth_has_hit(),
		"an error that nothing was made to fail for");
	logs_start();
	return ret >= 0;
}

/* Runs one call of the library with its allocations counted. */
#define TRY(which, call) step(which, (fail_nth_resume(), (call)))

/* The test's own step is no subject of failures. */
static void
attach(struct rte_iommufd_space *space, struct mock_device *device)
{
	check(mock_attach(space, 0, device) == 0, "the device is kept out");
	check(logs_errors() == 0, "an error of the attachment");
}

/*
 * What the library says of the pages from here on that are mapped in one stretch of
 * memory is what the device sees.
 */
static void
compare(struct rte_iommufd_space *space, const struct mock_device *device,
	uint64_t iova, const char *va, uint64_t length)
{
	uint64_t done;
	void *found;
	bool said;

	if (device->handle == 0)
		return;
	for (done = 0; done < length; done += PAGE) {
		said = rte_iommufd_space_lookup(space, iova + done, PAGE,
			       RTE_IOMMUFD_MAP_READ, &found) == 0;
		check(!said || found == va + done, "the books are wrong");
		check(mock_reaches(device, iova + done, va + done, PAGE) ==
				said,
			"the books and the page table differ");
	}
}

static void
compare_all(const struct life *life)
{
	compare(life->space, &life->device, IOVA, memory, LENGTH);
	if (life->mirror != NULL) {
		compare(life->mirror, &life->mirror_device, IOVA, memory,
			LENGTH);
		compare(life->mirror, &life->mirror_device, OWN, memory,
			LENGTH);
	}
	if (life->copies != NULL)
		compare(life->copies, &life->copies_device, COPY, memory,
			LENGTH);
}

static bool
has(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	void *va;

	return rte_iommufd_space_lookup(
		       space, iova, length, RTE_IOMMUFD_MAP_READ, &va) == 0;
}

/* As many pages as one call says, from the page of that number on. */
static void
map(struct rte_iommufd_space *space, uint64_t base, unsigned int page,
	unsigned int count)
{
	TRY(MAP, rte_iommufd_space_map(space, memory + page * PAGE,
			 base + page * PAGE, count * PAGE, RW));
}

static void
map_file(struct rte_iommufd_space *space, unsigned int page, unsigned int count)
{
	TRY(MAP_FILE,
		rte_iommufd_space_map_file(space, file, page * PAGE,
			memory + page * PAGE, IOVA + page * PAGE, count * PAGE,
			RW));
}

static void
map_runs(const struct life *life, unsigned int page, unsigned int count)
{
	struct rte_iommufd_run runs[PAGES];
	unsigned int i, there = 0;

	for (i = 0; i < count; i++)
		runs[i] = (struct rte_iommufd_run){
			.va = memory + (page + i) * PAGE,
			.iova = IOVA + (page + i) * PAGE,
			.length = PAGE,
			.offset = (page + i) * PAGE,
			.file = i % 2 == 0 ? file : -1,
			.rights = RW,
		};
	TRY(MAP_RUNS, rte_iommufd_space_map_runs(life->space, runs, count));
	for (i = 0; i < count; i++)
		there += has(life->space, runs[i].iova, PAGE);
	check(there == 0 || there == count, "part of the runs is mapped");
}

static void
unmap(struct rte_iommufd_space *space, uint64_t base, unsigned int page,
	unsigned int count)
{
	if (has(space, base + page * PAGE, count * PAGE))
		TRY(UNMAP, rte_iommufd_space_unmap(space, base + page * PAGE,
				   count * PAGE));
}

static void
live_with_mirror(struct life *life)
{
	if (!TRY(CREATE,
		    rte_iommufd_space_create(life->context, &life->mirror))) {
		life->mirror = NULL;
		return;
	}
	attach(life->mirror, &life->mirror_device);
	life->mirrors = TRY(
		MIRROR, rte_iommufd_space_mirror(life->mirror, life->space));
	compare_all(life);
	map(life->mirror, OWN, 40, 2);
	map(life->space, IOVA, 20, 3);
	map_runs(life, 24, 6);
	compare_all(life);
	unmap(life->space, IOVA, 24, 3);
	unmap(life->space, IOVA, 20, 3);
	compare_all(life);
}

static void
live_with_copies(struct life *life)
{
	if (!TRY(CREATE,
		    rte_iommufd_space_create(life->context, &life->copies))) {
		life->copies = NULL;
		return;
	}
	attach(life->copies, &life->copies_device);
	if (has(life->space, IOVA, 8 * PAGE))
		TRY(COPIES, rte_iommufd_space_copy(life->copies,
				    COPY + PAGE, life->space, IOVA + PAGE,
				    5 * PAGE, RW));
	compare_all(life);
	if (has(life->space, IOVA, 8 * PAGE)) {
		unmap(life->space, IOVA, 0, 8);
		compare_all(life);
	}
	unmap(life->copies, COPY, 1, 5);
	compare_all(life);
}

static void
live_with_space(struct life *life)
{
	const struct rte_iommufd_range window = { IOVA, OWN + LENGTH - 1 };
	struct rte_iommufd_range ranges[4];

	TRY(ALLOW, rte_iommufd_space_allow(life->space, &window, 1));
	map(life->space, IOVA, 60, 4);
	attach(life->space, &life->device);
	TRY(RANGES, rte_iommufd_space_ranges(
			    life->space, ranges, RTE_DIM(ranges)));
	map(life->space, IOVA, 0, 4);
	map_file(life->space, 4, 4);
	map_runs(life, 8, 8);
	compare_all(life);
	live_with_mirror(life);
	live_with_copies(life);
	unmap(life->space, IOVA, 8, 4);
	compare_all(life);
}

/* Returns 0 whatever fails, and has at most one thing to tell. */
static void
end_space(struct rte_iommufd_space *space, struct mock_device *device)
{
	int ret;

	mock_end(device);
	fail_nth_resume();
	ret = rte_iommufd_space_destroy(space);
	fail_nth_pause();
	check(ret == 0, "a space cannot be ended");
	check(logs_errors() == 0, "the end of a space has left something");
	logs_start();
}

static void
live(void)
{
	struct life life = { .context = NULL };
	int ret;

	assert_int_equal(
		rte_iommufd_context_create(settings, &life.context), 0);
	if (TRY(CREATE, rte_iommufd_space_create(life.context, &life.space)))
		live_with_space(&life);
	else
		life.space = NULL;
	end_space(life.copies, &life.copies_device);
	end_space(life.mirror, &life.mirror_device);
	end_space(life.space, &life.device);
	fail_nth_resume();
	ret = rte_iommufd_context_destroy(life.context);
	step(DESTROY, ret);
	check(ret == 0, "the context cannot be ended");
}

static unsigned int
open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

static struct possessions
take_stock(void)
{
	struct possessions now = {
		.descriptors = open_descriptors(),
		.pinned = mock_pinned_pages(),
	};
	const struct mallinfo2 heap = mallinfo2();

	now.heap = heap.uordblks + heap.hblkhd;
	return now;
}

static void
live_and_leave_nothing(unsigned int n, int control)
{
	const struct possessions before = take_stock();
	struct possessions after;

	number = n;
	fail_nth_start(n);
	live();
	after = take_stock();
	check(after.descriptors == before.descriptors,
		"a descriptor is left open");
	check(after.pinned == before.pinned, "pages stay charged");
	check(mock_is_pinned(control, memory, LENGTH, 0), "pages stay pinned");
	check(after.heap == before.heap, "memory is not freed");
}

static void
test_each_allocation_fails(void **state)
{
	const int control = kernel_open("/dev/iommu");
	unsigned int n = 0;
	bool hit;
	int i;

	(void)state;
	assert_true(control >= 0);
	logs_start();
	live(); /* what libraries keep for themselves is there then */
	do {
		live_and_leave_nothing(++n, control);
		hit = fail_nth_has_hit();
		if (hit)
			live_and_leave_nothing(0, control);
	} while (hit);
	kernel_close(control);
	print_message("%u allocations; failed calls:", n - 1);
	for (i = 0; i < STEPS; i++)
		print_message(" %s %u", step_names[i], failures[i]);
	print_message("\n");
	/* Each of these allocates; a sweep that does not reach them is none. */
	assert_true(failures[CREATE] > 0 && failures[ALLOW] > 0);
	assert_true(failures[MAP] > 0 && failures[MAP_FILE] > 0);
	assert_true(failures[MAP_RUNS] > 0 && failures[COPIES] > 0);
	assert_true(failures[MIRROR] > 0);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_allocation_fails),
	};

	assert_int_equal(argc, 2);
	settings = argv[1];
	fail_nth_set_up();
	memory = mock_memory(LENGTH, &file);
	return RUN_TESTS("allocations", tests);
}
