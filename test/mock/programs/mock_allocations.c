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
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "core/address_space.h"
#include "backend/backend.h"
#include "fail_nth.h"
#include "backend/fault_queue.h"
#include "kernel/kernel.h"
#include "logs.h"
#include "mock.h"
#include "mock_vfio.h"
#include "rte_iommufd.h"
#include "rte_iommufd_pasid.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE UINT64_C(4096)
#define PAGES 64
#define LENGTH (PAGES * PAGE)
#define IOVA UINT64_C(0x2000000)
#define COPY UINT64_C(0x4000000)
#define OWN UINT64_C(0x6000000)

enum step {
	DO_CREATE,
	DO_OPEN,
	DO_ATTACH,
	DO_MOVE,
	DO_DETACH,
	DO_ALLOW,
	DO_MAP,
	DO_MAP_FILE,
	DO_MAP_RUNS,
	DO_RANGES,
	DO_UNMAP,
	DO_COPY,
	DO_MIRROR,
	DO_PASID_ALLOC,
	DO_PASID_ATTACH,
	DO_PASID_REPLACE,
	DO_PASID_DETACH,
	DO_DIRTY_START,
	DO_DIRTY_READ,
	DO_DIRTY_STOP,
	STEPS,
};

static const char *const step_names[STEPS] = { "create", "open", "attach",
	"move", "detach", "allow", "map", "map_file", "map_runs", "ranges",
	"unmap", "copy", "mirror", "pasid_alloc", "pasid_attach",
	"pasid_replace", "pasid_detach", "dirty_start", "dirty_read",
	"dirty_stop" };

/* What a life is made of that a failure must not leave behind. */
struct possessions {
	unsigned int descriptors;
	unsigned long pinned;
	size_t heap;
};

static const char *settings;
static const char *paths[3]; /* of the devices */
static char *memory;
static int file;
static unsigned int number; /* the allocation that fails; 0: none */
static unsigned int failures[STEPS];
static unsigned int tries[STEPS];
static unsigned int calls; /* of this life, so far */
static char failed_in[64]; /* the call that the failure was in; "" before it */

struct life {
	struct rte_iommufd_context *context;
	struct rte_iommufd_space *space, *mirror, *copies;
	/* One for each of them; NULL where something has failed. */
	struct rte_iommufd_device *device, *mirror_device, *copies_device;
	/* Of page requests; its space is there where the queue is. */
	struct fault_queue queue;
	struct rte_iommufd_space *asking;
};

#define check(condition, ...)                                                                     \
	do {                                                                                      \
		char what[256];                                                                   \
		if (!(condition)) {                                                               \
			snprintf(what, sizeof(what), __VA_ARGS__);                                \
			fail_msg(                                                                 \
				"%s, after call %u, with allocation %u failing (in %s); log: %s", \
				what, calls, number, failed_in, logs_text());                     \
		}                                                                                 \
	} while (0)

/* For functions that return an error: it was logged once, success never. */
static bool
step(enum step which, int ret)
{
	fail_nth_pause();
	calls++;
	tries[which]++;
	if (failed_in[0] == '\0' && fail_nth_has_hit())
		snprintf(failed_in, sizeof(failed_in), "call %u, %s", calls,
			step_names[which]);
	check(logs_errors() == (ret < 0), "%s returned %d and logged %u errors",
		step_names[which], ret, logs_errors());
	if (ret < 0)
		failures[which]++;
	check(ret >= 0 || fail_nth_has_hit(),
		"an error that nothing was made to fail for");
	logs_start();
	return ret >= 0;
}

/* Runs one call of the library with its allocations counted. */
#define TRY(which, call) step(which, (fail_nth_resume(), (call)))

/* The sysfs is the test's own. */
int __real_sysfs_device_find(const char *path, struct sysfs_device *place);
int __wrap_sysfs_device_find(const char *path, struct sysfs_device *place);

int
__wrap_sysfs_device_find(const char *path, struct sysfs_device *place)
{
	int ret;

	fail_nth_pause();
	ret = __real_sysfs_device_find(path, place);
	fail_nth_resume();
	return ret;
}

static struct rte_iommufd_device *
open_in(struct rte_iommufd_space *space, const char *path)
{
	struct rte_iommufd_device *device = NULL;

	if (!TRY(DO_OPEN,
		    rte_iommufd_device_open(
			    space->context, path, NULL, &device)))
		return NULL;
	TRY(DO_ATTACH, rte_iommufd_device_attach(device, space));
	return device;
}

/*
 * What the library says of the pages from here on that are mapped in one stretch of
 * memory is what the device sees.
 */
static void
compare_mock(struct rte_iommufd_space *space, const struct mock_device *mock,
	uint64_t iova, const char *va, uint64_t length)
{
	uint64_t done;
	void *found;
	bool said;

	for (done = 0; done < length; done += PAGE) {
		said = rte_iommufd_space_lookup(space, iova + done, PAGE,
			       RTE_IOMMUFD_MAP_READ, &found) == 0;
		check(!said || found == va + done, "the record is wrong");
		check(mock_reaches(mock, iova + done, va + done, PAGE) == said,
			"%#" PRIx64
			" of page table %u is%s mapped by the record and%s in it",
			iova + done, mock->page_table_id, said ? "" : " not",
			said ? " not" : "");
	}
}

static void
compare(struct rte_iommufd_space *space, struct rte_iommufd_device *device,
	uint64_t iova, const char *va, uint64_t length)
{
	if (device != NULL && rte_iommufd_device_space(device) == space)
		compare_mock(space, mock_vfio_device(device), iova, va, length);
}

/* And the PASID is attached where the library says, or nowhere. */
static void
compare_pasid(struct rte_iommufd_device *device, uint32_t pasid, uint64_t iova)
{
	struct rte_iommufd_space *space = rte_iommufd_pasid_space(
		device, pasid);
	const struct mock_device mock = mock_vfio_pasid(device, pasid);

	check((space == NULL) == (mock.handle == 0),
		"the record and the kernel differ on a PASID");
	if (space != NULL)
		compare_mock(space, &mock, iova, memory, LENGTH);
}

static void
compare_all(const struct life *life)
{
	compare(life->space, life->device, IOVA, memory, LENGTH);
	if (life->mirror != NULL) {
		compare(life->mirror, life->mirror_device, IOVA, memory,
			LENGTH);
		compare(life->mirror, life->mirror_device, OWN, memory, LENGTH);
	}
	if (life->copies != NULL)
		compare(life->copies, life->copies_device, COPY, memory,
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
	TRY(DO_MAP,
		rte_iommufd_space_map(space, memory + page * PAGE,
			base + page * PAGE, count * PAGE, RW));
}

static void
map_file(struct rte_iommufd_space *space, unsigned int page, unsigned int count)
{
	TRY(DO_MAP_FILE,
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
	TRY(DO_MAP_RUNS,
		rte_iommufd_space_map_runs(life->space, runs,
			sizeof(struct rte_iommufd_run), count));
	for (i = 0; i < count; i++)
		there += has(life->space, runs[i].iova, PAGE);
	check(there == 0 || there == count, "part of the runs is mapped");
}

/*
 * What could not be unmapped is in no answer of the library any more, its place stays
 * taken, and to unmap it again helps.
 */
static void
mend(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	struct mapping area;
	uint64_t done;

	for (done = 0; space != NULL && done < length; done += PAGE) {
		if (address_space_find(space, iova + done, &area) != 0 ||
			area.origin != MAPPING_LOST)
			continue;
		check(rte_iommufd_space_map(
			      space, memory, area.iova, PAGE, RW) == -EEXIST,
			"a lost place is mapped anew");
		logs_start();
		check(rte_iommufd_space_unmap(space, area.iova, area.length) ==
				0,
			"unmapping again does not help");
	}
}

static void
unmap(const struct life *life, struct rte_iommufd_space *space, uint64_t base,
	unsigned int page, unsigned int count)
{
	const uint64_t iova = base + page * PAGE;

	if (!has(space, iova, count * PAGE) ||
		TRY(DO_UNMAP,
			rte_iommufd_space_unmap(space, iova, count * PAGE)))
		return;
	mend(space, iova, count * PAGE);
	mend(life->mirror, iova, count * PAGE);
}

static void
live_with_mirror(struct life *life)
{
	if (!TRY(DO_CREATE,
		    rte_iommufd_space_create(life->context, &life->mirror))) {
		life->mirror = NULL;
		return;
	}
	life->mirror_device = open_in(life->mirror, paths[1]);
	TRY(DO_MIRROR, rte_iommufd_space_mirror(life->mirror, life->space));
	compare_all(life);
	map(life->mirror, OWN, 40, 2);
	map(life->space, IOVA, 20, 3);
	map_runs(life, 24, 6);
	compare_all(life);
	unmap(life, life->space, IOVA, 24, 3);
	unmap(life, life->space, IOVA, 20, 3);
	compare_all(life);
}

static void
live_with_copies(struct life *life)
{
	if (!TRY(DO_CREATE,
		    rte_iommufd_space_create(life->context, &life->copies))) {
		life->copies = NULL;
		return;
	}
	life->copies_device = open_in(life->copies, paths[2]);
	if (has(life->space, IOVA, 8 * PAGE))
		TRY(DO_COPY,
			rte_iommufd_space_copy(life->copies, COPY + PAGE,
				life->space, IOVA + PAGE, 5 * PAGE, RW));
	compare_all(life);
	if (has(life->space, IOVA, 8 * PAGE)) {
		unmap(life, life->space, IOVA, 0, 8);
		compare_all(life);
	}
	unmap(life, life->copies, COPY, 1, 5);
	compare_all(life);
}

static void
read_record(const struct life *life, uint32_t flags)
{
	uint64_t bitmap[PAGES / 64] = { 0 };

	TRY(DO_DIRTY_READ,
		rte_iommufd_space_dirty_read(
			life->space, IOVA, LENGTH, flags, bitmap));
}

/* It runs on, so that what follows is unmapped and attached while writes are recorded. */
static void
live_with_record(const struct life *life)
{
	if (!TRY(DO_DIRTY_START, rte_iommufd_space_dirty_start(life->space)))
		return;
	map(life->space, IOVA, 32, 2);
	read_record(life, RTE_IOMMUFD_DIRTY_KEEP);
	unmap(life, life->space, IOVA, 32, 2);
	read_record(life, 0);
	if (!TRY(DO_DIRTY_STOP, rte_iommufd_space_dirty_stop(life->space)))
		return;
	TRY(DO_DIRTY_START, rte_iommufd_space_dirty_start(life->space));
}

static void
live_with_space(struct life *life)
{
	const struct rte_iommufd_range window = { IOVA, OWN + LENGTH - 1 };
	struct rte_iommufd_range ranges[4];

	TRY(DO_ALLOW, rte_iommufd_space_allow(life->space, &window, 1));
	check(rte_iommufd_space_dirty_want(life->space) == 0,
		"a record of writes cannot be wanted");
	map(life->space, IOVA, 60, 4);
	life->device = open_in(life->space, paths[0]);
	TRY(DO_RANGES,
		rte_iommufd_space_ranges(life->space, ranges, RTE_DIM(ranges)));
	map(life->space, IOVA, 0, 4);
	map_file(life->space, 4, 4);
	map_runs(life, 8, 8);
	compare_all(life);
	live_with_record(life);
	live_with_mirror(life);
	live_with_copies(life);
	unmap(life, life->space, IOVA, 8, 4);
	compare_all(life);
}

/* The queue itself logs nothing: who asks for it does. */
static void
live_with_requests(struct life *life, uint32_t pasid)
{
	int ret;

	fail_nth_resume();
	ret = fault_queue_open(&life->queue, life->context->iommu_fd);
	fail_nth_pause();
	check(ret == 0 || fail_nth_has_hit(), "no queue of page requests");
	if (ret != 0)
		return;
	if (!TRY(DO_CREATE,
		    address_space_create_faulting(
			    life->context, &life->queue, &life->asking))) {
		life->asking = NULL;
		check(fault_queue_close(&life->queue) == 0,
			"a queue cannot be ended");
		return;
	}
	map(life->asking, IOVA, 0, 2);
	TRY(DO_PASID_ATTACH,
		rte_iommufd_pasid_attach(life->device, pasid, life->asking));
	compare_pasid(life->device, pasid, IOVA);
	map(life->asking, IOVA, 2, 2);
	compare_pasid(life->device, pasid, IOVA);
}

static void
live_with_pasids(struct life *life)
{
	uint32_t pasid;

	if (life->device == NULL || life->mirror == NULL ||
		life->copies == NULL)
		return;
	if (!TRY(DO_PASID_ALLOC, rte_iommufd_pasid_alloc(life->device, &pasid)))
		return;
	TRY(DO_PASID_ATTACH,
		rte_iommufd_pasid_attach(life->device, pasid, life->mirror));
	compare_pasid(life->device, pasid, IOVA);
	if (rte_iommufd_pasid_space(life->device, pasid) != NULL) {
		TRY(DO_PASID_REPLACE,
			rte_iommufd_pasid_replace(
				life->device, pasid, life->copies));
		compare_pasid(life->device, pasid, COPY);
		TRY(DO_PASID_DETACH,
			rte_iommufd_pasid_detach(life->device, pasid));
		compare_pasid(life->device, pasid, COPY);
	}
	/* Its number goes with the device. */
	live_with_requests(life, pasid + 1);
}

/* Away and back again, and out. */
static void
move_about(const struct life *life)
{
	struct rte_iommufd_device *device = life->device;

	if (device == NULL || rte_iommufd_device_space(device) == NULL)
		return;
	if (life->mirror != NULL) {
		TRY(DO_MOVE, rte_iommufd_device_move(device, life->mirror));
		compare(rte_iommufd_device_space(device), device, IOVA, memory,
			LENGTH);
		TRY(DO_MOVE, rte_iommufd_device_move(device, life->space));
	}
	if (life->mirror_device != NULL &&
		rte_iommufd_device_space(life->mirror_device) != NULL)
		TRY(DO_DETACH, rte_iommufd_device_detach(life->mirror_device));
	/* Not while one of its PASIDs is attached. */
	if (life->asking == NULL)
		TRY(DO_DETACH, rte_iommufd_device_detach(device));
}

/* These return nothing or 0 whatever fails, and have nothing to tell. */
static void
goes_on(bool good)
{
	fail_nth_pause();
	check(good, "something cannot be ended");
	check(logs_errors() == 0, "the end has left something");
	logs_start();
}

static void
end_device(struct rte_iommufd_device *device)
{
	fail_nth_resume();
	rte_iommufd_device_close(device);
	goes_on(true);
}

static void
end_space(struct rte_iommufd_space *space)
{
	fail_nth_resume();
	goes_on(rte_iommufd_space_destroy(space) == 0);
}

static void
live(void)
{
	struct life life = { .context = NULL };

	assert_int_equal(
		rte_iommufd_context_create(settings, &life.context), 0);
	if (TRY(DO_CREATE,
		    rte_iommufd_space_create(life.context, &life.space))) {
		live_with_space(&life);
		live_with_pasids(&life);
		move_about(&life);
	} else {
		life.space = NULL;
	}
	end_device(life.device);
	end_device(life.mirror_device);
	end_device(life.copies_device);
	end_space(life.asking);
	if (life.asking != NULL)
		check(fault_queue_close(&life.queue) == 0,
			"a queue cannot be ended");
	end_space(life.copies);
	end_space(life.mirror);
	end_space(life.space);
	fail_nth_resume();
	goes_on(rte_iommufd_context_destroy(life.context) == 0);
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
	calls = 0;
	failed_in[0] = '\0';
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
	for (i = 0; i < (int)RTE_DIM(paths); i++)
		paths[i] = mock_vfio_add();
	logs_start();
	live(); /* what libraries keep for themselves is there then */
	for (i = 0; i < STEPS; i++) {
		if (tries[i] == 0)
			fail_msg("the life without a failure does not reach %s",
				step_names[i]);
	}
	do {
		live_and_leave_nothing(++n, control);
		hit = fail_nth_has_hit();
		/* What is left over in the process or the kernel stays, so that
		 * not each of them has to be looked for at once.
		 */
		if (n % 8 == 0 || !hit)
			live_and_leave_nothing(0, control);
	} while (hit);
	kernel_close(control);
	print_message("%u allocations; failed calls:", n - 1);
	for (i = 0; i < STEPS; i++)
		print_message(" %s %u", step_names[i], failures[i]);
	print_message("\n");
	/*
	 * Nothing here about how many failed in which call: that depends on what the
	 * kernel's allocators have in stock. What holds for each point is checked in
	 * live_and_leave_nothing(), and that a life reaches every call, above.
	 */
	assert_true(n > 1);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_allocation_fails),
	};
	int ret;

	assert_int_equal(argc, 2);
	settings = argv[1];
	fail_nth_set_up();
	memory = mock_memory(LENGTH, &file);
	mock_vfio_start();
	ret = RUN_TESTS("allocations", tests);
	mock_vfio_end();
	return ret;
}
