/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Four threads map and unmap in one space, which another one mirrors, as often as is asked for:
 * after each call the page tables of both spaces' mock devices have what they should, to the
 * byte, and at the end nothing is pinned.
 *
 *   mock_churn SETTINGS CALLS
 *
 * Must not know: how the library does it.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>

#include "backend/backend.h"
#include "logs.h"
#include "mock.h"
#include "mock_vfio.h"
#include "rte_iommufd.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define THREADS 4
#define PAGE UINT64_C(4096)
#define SLOTS 32     /* of a thread */
#define SLOT_PAGES 4 /* the most that is mapped by one call */
#define SLOT (SLOT_PAGES * PAGE)
#define OF_THREAD (SLOTS * SLOT)
#define IOVA UINT64_C(0x2000000)

struct worker {
	pthread_t thread;
	unsigned int number;
	uint64_t random;
	uint64_t mapped[SLOTS]; /* bytes */
	unsigned int calls;
	const char *wrong; /* NULL: nothing */
};

static const char *settings;
static unsigned int calls_of_thread;
static struct rte_iommufd_context *context;
static struct rte_iommufd_space *space, *mirror;
static struct mock_device *devices[2];
static char *memory;
static int file;

/* Of its own, so that a run is the same each time as far as the threads let it. */
static unsigned int
draw(struct worker *worker, unsigned int below)
{
	worker->random = worker->random * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (worker->random >> 33) % below;
}

static uint64_t
offset_of(const struct worker *worker, unsigned int slot)
{
	return worker->number * OF_THREAD + slot * SLOT;
}

/* The first bytes of the slot are in both page tables, the rest is in neither. */
static bool
is_right(const struct worker *worker, unsigned int slot)
{
	const uint64_t offset = offset_of(worker, slot);
	const uint64_t length = worker->mapped[slot];
	unsigned int i;

	for (i = 0; i < RTE_DIM(devices); i++) {
		if (length > 0 &&
			!mock_reaches(devices[i], IOVA + offset,
				memory + offset, length))
			return false;
		if (length < SLOT &&
			!mock_reaches_none(devices[i], IOVA + offset + length,
				memory + offset + length, SLOT - length))
			return false;
	}
	return true;
}

static int
change(struct worker *worker, unsigned int slot)
{
	const uint64_t offset = offset_of(worker, slot);
	const uint64_t length = (1 + draw(worker, SLOT_PAGES)) * PAGE;
	int ret;

	if (worker->mapped[slot] > 0) {
		ret = rte_iommufd_space_unmap(
			space, IOVA + offset, worker->mapped[slot]);
		worker->mapped[slot] = 0;
		return ret;
	}
	worker->mapped[slot] = length;
	if (draw(worker, 2) == 0)
		return rte_iommufd_space_map_file(space, file, offset,
			memory + offset, IOVA + offset, length, RW);
	return rte_iommufd_space_map(
		space, memory + offset, IOVA + offset, length, RW);
}

static void *
work(void *argument)
{
	struct worker *worker = argument;
	unsigned int slot;

	while (worker->calls < calls_of_thread && worker->wrong == NULL) {
		slot = draw(worker, SLOTS);
		worker->calls++;
		if (change(worker, slot) != 0)
			worker->wrong = "a call fails";
		else if (!is_right(worker, slot))
			worker->wrong = "a page table is wrong";
	}
	for (slot = 0; slot < SLOTS && worker->wrong == NULL; slot++)
		if (!is_right(worker, slot))
			worker->wrong = "a page table is wrong at the end";
		else if (worker->mapped[slot] > 0 && change(worker, slot) != 0)
			worker->wrong = "the last unmap fails";
	return NULL;
}

static struct mock_device *
add_device(struct rte_iommufd_space *to, struct rte_iommufd_device **device)
{
	assert_int_equal(
		rte_iommufd_device_open(context, mock_vfio_add(), NULL, device),
		0);
	assert_int_equal(rte_iommufd_device_attach(*device, to), 0);
	return mock_vfio_device(*device);
}

static void
run_workers(void)
{
	static struct worker workers[THREADS];
	unsigned int i, calls = 0;

	for (i = 0; i < THREADS; i++) {
		workers[i].number = i;
		workers[i].random = i + 1;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
					 &workers[i]),
			0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (i = 0; i < THREADS; i++) {
		if (workers[i].wrong != NULL)
			fail_msg("thread %u, call %u: %s; log: %s", i,
				workers[i].calls, workers[i].wrong,
				logs_text());
		calls += workers[i].calls;
	}
	print_message("%u calls by %u threads, each checked in 2 page tables\n",
		calls, THREADS);
}

static void
test_churn(void **state)
{
	struct rte_iommufd_device *first, *second;

	(void)state;
	logs_start();
	mock_vfio_start();
	assert_int_equal(rte_iommufd_context_create(settings, &context), 0);
	assert_int_equal(rte_iommufd_space_create(context, &space), 0);
	assert_int_equal(rte_iommufd_space_create(context, &mirror), 0);
	devices[0] = add_device(space, &first);
	devices[1] = add_device(mirror, &second);
	assert_int_equal(rte_iommufd_space_mirror(mirror, space), 0);
	memory = mock_memory(THREADS * OF_THREAD, &file);
	run_workers();
	assert_int_equal(mock_pinned_pages(), 0);
	assert_true(mock_is_pinned(
		context->iommu_fd, memory, THREADS * OF_THREAD, 0));
	rte_iommufd_device_close(first);
	rte_iommufd_device_close(second);
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	munmap(memory, THREADS * OF_THREAD);
	close(file);
	mock_vfio_end();
	assert_no_error();
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_churn),
	};

	assert_int_equal(argc, 3);
	settings = argv[1];
	calls_of_thread = strtoul(argv[2], NULL, 0) / THREADS;
	return RUN_TESTS("churn", tests);
}
