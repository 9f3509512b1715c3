/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Several threads of the program at one space: what is about different memory is in the
 * kernel at the same time, what is about the same memory takes turns, and what concerns
 * the whole space waits for what is under way.
 *
 * The linker puts the gates below before the mock's map, unmap and copy calls
 * (--wrap), so that a test can hold a call in the kernel.
 *
 * Must not know: how the library keeps them apart, but for how many are in the queue.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/space_map.h"
#include "backend/backend.h"
#include "kernel/kernel.h"
#include "logs.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define READ RTE_IOMMUFD_MAP_READ
#define RW (READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE 0x1000
/* Where no process has anything, so that nothing is made present there. */
#define VA_BASE UINT64_C(0x8000200000000000)
#define VA(iova) ((void *)(uintptr_t)(VA_BASE + (iova)))
#define A 0x10000
#define B 0x20000
#define PATIENCE 20 /* seconds for what should happen at once */

static struct rte_iommufd_context *context;
static struct rte_iommufd_space *space;

/* --- Gates --- */

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_changed = PTHREAD_COND_INITIALIZER;
static unsigned int inside;	 /* calls that are in the kernel now */
static unsigned int most_inside; /* since the start */
static unsigned int wanted; /* in the kernel before any goes on; 0: no gate */
static bool held;	    /* nobody goes on */
static bool given_up;

static void
pass_gate(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE;
	pthread_mutex_lock(&gate_lock);
	inside++;
	most_inside = RTE_MAX(most_inside, inside);
	pthread_cond_broadcast(&gate_changed);
	while ((held || most_inside < wanted) && !given_up)
		given_up = pthread_cond_timedwait(&gate_changed, &gate_lock,
				   &until) == ETIMEDOUT;
	pthread_mutex_unlock(&gate_lock);
}

static void
leave_gate(void)
{
	pthread_mutex_lock(&gate_lock);
	inside--;
	pthread_cond_broadcast(&gate_changed);
	pthread_mutex_unlock(&gate_lock);
}

int __real_kernel_ioas_map(int iommu_fd, uint32_t ioas_id, uint64_t va,
	uint64_t iova, uint64_t length, uint32_t rights);
int __wrap_kernel_ioas_map(int iommu_fd, uint32_t ioas_id, uint64_t va,
	uint64_t iova, uint64_t length, uint32_t rights);
int __real_kernel_ioas_unmap(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped);
int __wrap_kernel_ioas_unmap(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped);

int
__wrap_kernel_ioas_map(int iommu_fd, uint32_t ioas_id, uint64_t va,
	uint64_t iova, uint64_t length, uint32_t rights)
{
	int ret;

	pass_gate();
	ret = __real_kernel_ioas_map(
		iommu_fd, ioas_id, va, iova, length, rights);
	leave_gate();
	return ret;
}

int
__wrap_kernel_ioas_unmap(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped)
{
	int ret;

	pass_gate();
	ret = __real_kernel_ioas_unmap(
		iommu_fd, ioas_id, iova, length, unmapped);
	leave_gate();
	return ret;
}

/* Every call of the kernel stays in it until let_go(). */
static void
hold_calls(void)
{
	held = true;
}

static void
let_go(void)
{
	pthread_mutex_lock(&gate_lock);
	held = false;
	pthread_cond_broadcast(&gate_changed);
	pthread_mutex_unlock(&gate_lock);
}

/* Something that should have come did not: the test fails when it has ended. */
static void
give_up(void)
{
	pthread_mutex_lock(&gate_lock);
	given_up = true;
	pthread_cond_broadcast(&gate_changed);
	pthread_mutex_unlock(&gate_lock);
}

static void
wait_inside(unsigned int count)
{
	pthread_mutex_lock(&gate_lock);
	while (inside < count && !given_up)
		pthread_cond_wait(&gate_changed, &gate_lock);
	pthread_mutex_unlock(&gate_lock);
}

/* --- Threads of the program --- */

struct caller {
	pthread_t thread;
	int (*call)(struct rte_iommufd_space *space, uint64_t iova);
	struct rte_iommufd_space *space;
	uint64_t iova;
	int ret;
};

static void *
run_caller(void *argument)
{
	struct caller *caller = argument;

	caller->ret = caller->call(caller->space, caller->iova);
	return NULL;
}

static void
start_caller(struct caller *caller,
	int (*call)(struct rte_iommufd_space *space, uint64_t iova),
	struct rte_iommufd_space *of, uint64_t iova)
{
	*caller = (struct caller){ .call = call, .space = of, .iova = iova };
	assert_int_equal(
		pthread_create(&caller->thread, NULL, run_caller, caller), 0);
}

static int
end_caller(struct caller *caller)
{
	assert_int_equal(pthread_join(caller->thread, NULL), 0);
	return caller->ret;
}

/* Those who have claimed something of the space, and those who wait for it. */
static unsigned int
count_claims(struct rte_iommufd_space *of)
{
	struct locked_range *each;
	unsigned int count = 0;

	pthread_mutex_lock(&of->range_lock.lock);
	TAILQ_FOREACH(each, &of->range_lock.all, next)
		count++;
	pthread_mutex_unlock(&of->range_lock.lock);
	return count;
}

static void
wait_for_claims(struct rte_iommufd_space *of, unsigned int count)
{
	const time_t until = time(NULL) + PATIENCE;

	while (count_claims(of) < count) {
		if (time(NULL) > until) {
			give_up();
			return;
		}
		sched_yield();
	}
}

static int
map(struct rte_iommufd_space *of, uint64_t iova)
{
	return rte_iommufd_space_map(of, VA(iova), iova, PAGE, RW);
}

static int
unmap(struct rte_iommufd_space *of, uint64_t iova)
{
	return rte_iommufd_space_unmap(of, iova, PAGE);
}

static int
lookup(struct rte_iommufd_space *of, uint64_t iova)
{
	void *va;

	return rte_iommufd_space_lookup(of, iova, PAGE, READ, &va);
}

static int
mirror(struct rte_iommufd_space *of, uint64_t iova __rte_unused)
{
	return rte_iommufd_space_mirror(of, space);
}

/* --- Setup --- */

static int
start(void **state, const char *settings)
{
	logs_start();
	mock_start_permissive(state);
	inside = most_inside = wanted = 0;
	held = given_up = false;
	assert_int_equal(rte_iommufd_context_create(settings, &context), 0);
	return rte_iommufd_space_create(context, &space);
}

static int
setup(void **state)
{
	return start(state, "backend=iommufd,threads=1");
}

static int
setup_type1(void **state)
{
	return start(state, "backend=type1,threads=1");
}

static int
teardown(void **state)
{
	assert_false(given_up);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	assert_no_error();
	return mock_finish(state);
}

static void
assert_mapped(unsigned int areas)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	rte_iommufd_space_stats(space, &stats);
	assert_int_equal(stats.areas, areas);
	assert_int_equal(stats.bytes, areas * PAGE);
	assert_int_equal(mock_mappings(), areas);
	assert_int_equal(mock_mapped_bytes(), areas * PAGE);
}

/* --- Different memory --- */

static void
two_at_once(int (*one)(struct rte_iommufd_space *, uint64_t),
	int (*other)(struct rte_iommufd_space *, uint64_t))
{
	struct caller callers[2];

	most_inside = 0;
	wanted = 2;
	start_caller(&callers[0], one, space, A);
	start_caller(&callers[1], other, space, B);
	assert_int_equal(end_caller(&callers[0]), 0);
	assert_int_equal(end_caller(&callers[1]), 0);
	assert_int_equal(most_inside, 2);
	wanted = 0;
}

static void
two_maps_are_in_the_kernel_at_once(void **state __rte_unused)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	two_at_once(map, map);
	assert_mapped(2);
	rte_iommufd_space_stats(space, &stats);
	assert_int_equal(stats.map_calls, 2);
}

static void
two_unmaps_are_in_the_kernel_at_once(void **state __rte_unused)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	assert_int_equal(map(space, A), 0);
	assert_int_equal(map(space, B), 0);
	two_at_once(unmap, unmap);
	assert_mapped(0);
	rte_iommufd_space_stats(space, &stats);
	assert_int_equal(stats.unmap_calls, 2);
}

static void
a_map_and_an_unmap_are_in_the_kernel_at_once(void **state __rte_unused)
{
	assert_int_equal(map(space, B), 0);
	two_at_once(map, unmap);
	assert_mapped(1);
	assert_int_equal(lookup(space, A), 0);
}

static void
other_memory_is_looked_up_meanwhile(void **state __rte_unused)
{
	struct caller caller;

	assert_int_equal(map(space, B), 0);
	hold_calls();
	start_caller(&caller, map, space, A);
	wait_inside(1);
	assert_int_equal(lookup(space, B), 0);
	assert_int_equal(lookup(space, B + PAGE), -ENOENT);
	let_go();
	assert_int_equal(end_caller(&caller), 0);
}

/* They came to the end of the queue before, and kept all that came later waiting. */
static void
statistics_and_ranges_wait_for_nothing(void **state __rte_unused)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };
	struct rte_iommufd_range range = { 0, UINT32_MAX };
	struct caller caller;

	mock_set_ranges(&range, 1);
	hold_calls();
	start_caller(&caller, map, space, A);
	wait_inside(1);
	alarm(PATIENCE);
	assert_int_equal(rte_iommufd_space_stats(space, &stats), 0);
	assert_int_equal(rte_iommufd_space_ranges(space, &range, 1), 1);
	alarm(0);
	assert_int_equal(stats.areas, 1);
	assert_int_equal(stats.map_calls, 0);
	let_go();
	assert_int_equal(end_caller(&caller), 0);
}

static void
a_source_maps_while_another_part_of_it_is_mapped(void **state __rte_unused)
{
	struct rte_iommufd_space *other;

	assert_int_equal(rte_iommufd_space_create(context, &other), 0);
	assert_int_equal(rte_iommufd_space_mirror(other, space), 0);
	two_at_once(map, map);
	assert_int_equal(lookup(other, A), 0);
	assert_int_equal(lookup(other, B), 0);
	two_at_once(unmap, unmap);
	assert_int_equal(lookup(other, A), -ENOENT);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
}

/* --- The same memory --- */

/* The second call while the first one, a map of A, is in the kernel: it waits. */
static int
second_call(int result_of_first,
	int (*second)(struct rte_iommufd_space *, uint64_t),
	struct rte_iommufd_space *of)
{
	struct caller callers[2];
	int ret;

	hold_calls();
	start_caller(&callers[0], map, space, A);
	wait_inside(1);
	start_caller(&callers[1], second, of, A);
	wait_for_claims(space, 2);
	let_go();
	assert_int_equal(end_caller(&callers[0]), result_of_first);
	ret = end_caller(&callers[1]);
	assert_int_equal(most_inside, 1);
	return ret;
}

static void
what_is_being_mapped_is_not_mapped_twice(void **state __rte_unused)
{
	assert_int_equal(second_call(0, map, space), -EEXIST);
	assert_one_error("0x10000");
	assert_mapped(1);
}

static void
what_could_not_be_mapped_is_free_for_the_next(void **state __rte_unused)
{
	mock_fail_call(mock_calls("") + 1, -ENOMEM);
	assert_int_equal(second_call(-ENOMEM, map, space), 0);
	assert_one_error("cannot pin 4 KiB");
	assert_mapped(1);
}

static void
what_is_being_mapped_is_unmapped_thereafter(void **state __rte_unused)
{
	assert_int_equal(second_call(0, unmap, space), 0);
	assert_mapped(0);
}

static void
what_is_being_mapped_is_found_when_it_is(void **state __rte_unused)
{
	assert_int_equal(second_call(0, lookup, space), 0);
}

static void
what_could_not_be_mapped_is_not_found(void **state __rte_unused)
{
	mock_fail_call(mock_calls("") + 1, -ENOMEM);
	assert_int_equal(second_call(-ENOMEM, lookup, space), -ENOENT);
	assert_one_error("cannot pin 4 KiB");
	assert_mapped(0);
}

static int
map_two(struct rte_iommufd_space *of, uint64_t iova __rte_unused)
{
	const struct rte_iommufd_run runs[] = {
		{ .va = VA(A),
			.iova = A,
			.length = PAGE,
			.file = -1,
			.rights = RW },
		{ .va = VA(B),
			.iova = B,
			.length = PAGE,
			.file = -1,
			.rights = RW },
	};

	return rte_iommufd_space_map_runs(
		of, runs, sizeof(struct rte_iommufd_run), RTE_DIM(runs));
}

/* The second run is in the record while the kernel refuses the first. */
static void
what_waits_for_its_batch_is_not_found(void **state __rte_unused)
{
	struct caller callers[2];

	mock_fail_call(mock_calls("") + 1, -ENOMEM);
	hold_calls();
	start_caller(&callers[0], map_two, space, 0);
	wait_inside(1);
	start_caller(&callers[1], lookup, space, B);
	wait_for_claims(space, 2);
	let_go();
	assert_int_equal(end_caller(&callers[0]), -ENOMEM);
	assert_int_equal(end_caller(&callers[1]), -ENOENT);
	assert_one_error("cannot pin 8 KiB");
	assert_mapped(0);
}

/* --- The whole space --- */

static void
a_mirror_waits_for_what_is_under_way(void **state __rte_unused)
{
	struct rte_iommufd_space *other;

	assert_int_equal(rte_iommufd_space_create(context, &other), 0);
	assert_int_equal(second_call(0, mirror, other), 0);
	assert_int_equal(lookup(other, A), 0);
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
}

static int
end_space(struct rte_iommufd_space *of, uint64_t iova __rte_unused)
{
	return rte_iommufd_space_destroy(of);
}

static void
a_mirror_does_not_end_while_its_source_maps(void **state __rte_unused)
{
	struct rte_iommufd_space *other;

	assert_int_equal(rte_iommufd_space_create(context, &other), 0);
	assert_int_equal(rte_iommufd_space_mirror(other, space), 0);
	assert_int_equal(second_call(0, end_space, other), 0);
	assert_mapped(1);
}

/* A container's calls take turns in the kernel anyway. */
static void
a_container_is_claimed_as_a_whole(void **state __rte_unused)
{
	struct caller caller;
	struct locked_range locked;

	space_lock_range(space, &locked, A, PAGE);
	start_caller(&caller, map, space, B);
	wait_for_claims(space, 2);
	pthread_mutex_lock(&space->map_lock);
	assert_int_equal(space->map.count, 0);
	pthread_mutex_unlock(&space->map_lock);
	space_unlock_range(space, &locked);
	assert_int_equal(end_caller(&caller), 0);
}

/* --- Everything at once --- */

#define WORKERS 4
#define SLOTS \
	8 /* of each worker, each a page, in between those of the others */
#define ROUNDS 25
#define MIRRORS 50 /* at most; the mock remembers so many calls and no more */

static atomic_bool stop_mirrors;
static atomic_uint failures;

static uint64_t
slot_of(unsigned int worker, unsigned int slot)
{
	return A + (uint64_t)(slot * WORKERS + worker) * PAGE;
}

static void
must(int ret, int expected)
{
	if (ret != expected)
		failures++;
}

/* Batches overlap as wholes with those of others, single pages do not. */
static void
map_batch(unsigned int worker)
{
	struct rte_iommufd_run runs[SLOTS / 2];
	unsigned int i;

	for (i = 0; i < RTE_DIM(runs); i++)
		runs[i] = (struct rte_iommufd_run){
			.va = VA(slot_of(worker, i)),
			.iova = slot_of(worker, i),
			.length = PAGE,
			.file = -1,
			.rights = RW,
		};
	must(rte_iommufd_space_map_runs(space, runs,
		     sizeof(struct rte_iommufd_run), RTE_DIM(runs)),
		0);
}

static void *
run_worker(void *argument)
{
	const unsigned int worker = (uintptr_t)argument;
	unsigned int round, slot;

	for (round = 0; round < ROUNDS; round++) {
		map_batch(worker);
		for (slot = SLOTS / 2; slot < SLOTS; slot++)
			must(map(space, slot_of(worker, slot)), 0);
		for (slot = 0; slot < SLOTS; slot++)
			must(lookup(space, slot_of(worker, slot)), 0);
		for (slot = 0; slot < SLOTS; slot++)
			must(unmap(space, slot_of(worker, slot)), 0);
		must(lookup(space, slot_of(worker, 0)), -ENOENT);
	}
	for (slot = 0; slot < SLOTS; slot += 2)
		must(map(space, slot_of(worker, slot)), 0);
	return NULL;
}

static void *
run_mirrors(void *argument __rte_unused)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };
	struct rte_iommufd_space *other;
	unsigned int turn;

	for (turn = 0; turn < MIRRORS && !stop_mirrors; turn++) {
		must(rte_iommufd_space_create(context, &other), 0);
		must(rte_iommufd_space_mirror(other, space), 0);
		rte_iommufd_space_stats(space, &stats);
		must(stats.bytes == (uint64_t)stats.areas * PAGE, 1);
		must(rte_iommufd_space_destroy(other), 0);
	}
	return NULL;
}

static void
many_threads_leave_what_they_mapped(void **state __rte_unused)
{
	struct rte_iommufd_space *other;
	pthread_t workers[WORKERS], mirrors;
	unsigned int i;

	failures = 0;
	stop_mirrors = false;
	assert_int_equal(pthread_create(&mirrors, NULL, run_mirrors, NULL), 0);
	for (i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&workers[i], NULL, run_worker,
					 (void *)(uintptr_t)i),
			0);
	for (i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_join(workers[i], NULL), 0);
	stop_mirrors = true;
	assert_int_equal(pthread_join(mirrors, NULL), 0);
	assert_int_equal(failures, 0);
	assert_mapped(WORKERS * SLOTS / 2);
	assert_int_equal(rte_iommufd_space_create(context, &other), 0);
	assert_int_equal(rte_iommufd_space_mirror(other, space), 0);
	assert_int_equal(mock_mappings(), WORKERS * SLOTS);
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TYPE1_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_type1, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_maps_are_in_the_kernel_at_once),
		TEST(two_unmaps_are_in_the_kernel_at_once),
		TEST(a_map_and_an_unmap_are_in_the_kernel_at_once),
		TEST(other_memory_is_looked_up_meanwhile),
		TEST(statistics_and_ranges_wait_for_nothing),
		TEST(a_source_maps_while_another_part_of_it_is_mapped),
		TEST(what_is_being_mapped_is_not_mapped_twice),
		TEST(what_could_not_be_mapped_is_free_for_the_next),
		TEST(what_is_being_mapped_is_unmapped_thereafter),
		TEST(what_is_being_mapped_is_found_when_it_is),
		TEST(what_could_not_be_mapped_is_not_found),
		TEST(what_waits_for_its_batch_is_not_found),
		TEST(a_mirror_waits_for_what_is_under_way),
		TEST(a_mirror_does_not_end_while_its_source_maps),
		TYPE1_TEST(a_container_is_claimed_as_a_whole),
		TEST(many_threads_leave_what_they_mapped),
	};

	return RUN_TESTS("concurrent_maps", tests);
}
