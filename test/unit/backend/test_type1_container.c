/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The states of a legacy container's page table, each transition between them, and what is
 * mapped and unmapped meanwhile: the kernel and the record agree after each step.
 *
 * The linker puts a hook before the calls that close a file, that take a group out of its
 * container, and that map and unmap (--wrap), so that a test can act in the midst of a transition.
 *
 * Must not know: IOMMUFD, but for a container that is IOMMUFD's.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "backend/backend.h"
#include "devices.h"
#include "kernel/kernel.h"
#include "kernel/kernel_state.h"
#include "logs.h"
#include "machine.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define VA(address) ((void *)(uintptr_t)(address))
#define PATIENCE 20 /* seconds for what should happen at once */

/* In the place of kernel_state.c's, which would show the machine that the test runs on. */
extern enum kernel_switch __wrap_kernel_state_remaps_interrupts(void);

enum kernel_switch
__wrap_kernel_state_remaps_interrupts(void)
{
	return KERNEL_SWITCH_OFF;
}

/* --- What happens in the midst of a call --- */

int __real_kernel_close(int fd);
int __real_kernel_group_unset_container(int group_fd);
int __real_kernel_type1_map(int container_fd, uint64_t va, uint64_t iova,
	uint64_t length, uint32_t rights);
int __real_kernel_type1_unmap(
	int container_fd, uint64_t iova, uint64_t length, uint64_t *unmapped);
int __wrap_kernel_close(int fd);
int __wrap_kernel_group_unset_container(int group_fd);
int __wrap_kernel_type1_map(int container_fd, uint64_t va, uint64_t iova,
	uint64_t length, uint32_t rights);
int __wrap_kernel_type1_unmap(
	int container_fd, uint64_t iova, uint64_t length, uint64_t *unmapped);

static struct {
	int fd; /* the one whose call is meant; 0: none */
	void (*act)(void);
} hook;

static void
run_hook(int fd)
{
	if (hook.fd != fd)
		return;
	hook.fd = 0;
	hook.act();
}

int
__wrap_kernel_close(int fd)
{
	run_hook(fd);
	return __real_kernel_close(fd);
}

int
__wrap_kernel_group_unset_container(int group_fd)
{
	run_hook(group_fd);
	return __real_kernel_group_unset_container(group_fd);
}

int
__wrap_kernel_type1_map(int container_fd, uint64_t va, uint64_t iova,
	uint64_t length, uint32_t rights)
{
	run_hook(container_fd);
	return __real_kernel_type1_map(container_fd, va, iova, length, rights);
}

int
__wrap_kernel_type1_unmap(
	int container_fd, uint64_t iova, uint64_t length, uint64_t *unmapped)
{
	run_hook(container_fd);
	return __real_kernel_type1_unmap(container_fd, iova, length, unmapped);
}

/* --- Another thread, which frees memory --- */

static struct {
	struct rte_iommufd_space *space;
	pthread_t thread;
	atomic_bool ended;
	int ret;
} freeing;

static void *
unmap_first_page(void *argument __rte_unused)
{
	freeing.ret = rte_iommufd_space_unmap(freeing.space, 0x1000, 0x1000);
	atomic_store(&freeing.ended, true);
	return NULL;
}

static unsigned int
count_claims(struct rte_iommufd_space *space)
{
	struct locked_range *each;
	unsigned int count = 0;

	pthread_mutex_lock(&space->range_lock.lock);
	TAILQ_FOREACH(each, &space->range_lock.all, next)
		count++;
	pthread_mutex_unlock(&space->range_lock.lock);
	return count;
}

/* It has to wait, or it does what it does at once. */
static void
free_in_a_thread(void)
{
	const time_t until = time(NULL) + PATIENCE;

	freeing.ended = false;
	assert_int_equal(
		pthread_create(&freeing.thread, NULL, unmap_first_page, NULL),
		0);
	while (!freeing.ended && count_claims(freeing.space) < 2 &&
		time(NULL) < until)
		sched_yield();
}

static void
end_thread(void)
{
	assert_int_equal(pthread_join(freeing.thread, NULL), 0);
	assert_int_equal(freeing.ret, 0);
}

static void
free_at_once(void)
{
	unmap_first_page(NULL);
}

/* --- The stage --- */

static int
setup(void **state)
{
	hook.fd = 0;
	return machine_start(state, false, "backend=type1");
}

static void
map_page(struct rte_iommufd_space *space, uint64_t iova)
{
	assert_int_equal(
		rte_iommufd_space_map(space, VA(iova), iova, 0x1000, RW), 0);
}

static void
unmap_page(struct rte_iommufd_space *space, uint64_t iova)
{
	assert_int_equal(rte_iommufd_space_unmap(space, iova, 0x1000), 0);
}

/* A space with two pages, and the device attached to it. */
static struct rte_iommufd_space *
live_space(struct rte_iommufd_device *device)
{
	struct rte_iommufd_space *space = create_space();

	assert_int_equal(space->state, SPACE_EMPTY);
	map_page(space, 0x1000);
	map_page(space, 0x2000);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(space->state, SPACE_LIVE);
	assert_int_equal(mock_mappings(), 2);
	freeing.space = space;
	return space;
}

/* The same, and then all that is left of it is in the kernel. */
static struct rte_iommufd_space *
held_space(void)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	rte_iommufd_device_close(device);
	assert_no_error();
	assert_int_equal(space->state, SPACE_HELD);
	assert_int_equal(mock_mappings(), 2);
	return space;
}

static void
end_space(struct rte_iommufd_space *space)
{
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(mock_mappings(), 0);
}

static struct rte_iommufd_device *
attach_new(const char *path, struct rte_iommufd_space *space)
{
	struct rte_iommufd_device *device = open_device(path);

	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(space->state, SPACE_LIVE);
	return device;
}

/* --- Transitions --- */

static void
the_last_device_empties_the_container(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(space->state, SPACE_EMPTY);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(space->state, SPACE_LIVE);
	assert_int_equal(mock_mappings(), 2);
	rte_iommufd_device_close(device);
	assert_int_equal(space->state, SPACE_EMPTY);
	assert_int_equal(mock_mappings(), 0);
	end_space(space);
	assert_no_error();
}

static void
a_device_that_is_not_the_last_changes_nothing(void **state __rte_unused)
{
	struct rte_iommufd_device *first = open_device(nic);
	struct rte_iommufd_space *space = live_space(first);
	struct rte_iommufd_device *second = attach_new(twin, space);
	struct rte_iommufd_device *third = attach_new(second_nic, space);

	rte_iommufd_device_close(first);
	assert_int_equal(space->state, SPACE_LIVE);
	rte_iommufd_device_close(second);
	assert_int_equal(space->state, SPACE_LIVE);
	assert_int_equal(mock_mappings(), 2);
	/* For the ranges, after each change, and for nothing else. */
	assert_int_equal(mock_calls("container_has_iommu"),
		mock_calls("container_ranges"));
	rte_iommufd_device_close(third);
	assert_int_equal(space->state, SPACE_EMPTY);
	end_space(space);
}

/* A detached device's group can come back, and nothing is entered twice. */
static void
a_detached_device_can_be_held_and_come_back(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_one_error("0000:01:00.0", "does not leave the container");
	assert_int_equal(space->state, SPACE_HELD);
	unmap_page(space, 0x1000);
	map_page(space, 0x3000);
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(space->state, SPACE_LIVE);
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(mock_calls("container_set_iommu"), 1);
	mock_end_elsewhere();
	rte_iommufd_device_close(device);
	assert_int_equal(space->state, SPACE_EMPTY);
	end_space(space);
	assert_no_error();
}

/* The other device of the group is opened and not attached: so the group stays open. */
static void
a_closed_device_can_be_held_in_an_open_group(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_device *other = open_device(twin);
	struct rte_iommufd_space *space = live_space(device);

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	rte_iommufd_device_close(device);
	assert_one_error("does not leave the container");
	assert_int_equal(space->state, SPACE_HELD);
	map_page(space, 0x3000);
	assert_int_equal(mock_mappings(), 3);
	assert_int_equal(rte_iommufd_device_attach(other, space), 0);
	assert_int_equal(mock_calls("type1_map"), 3);
	mock_end_elsewhere();
	rte_iommufd_device_close(other);
	assert_int_equal(space->state, SPACE_EMPTY);
	end_space(space);
	assert_no_error();
}

static void
a_closed_device_is_held_while_its_file_is_open(void **state __rte_unused)
{
	struct rte_iommufd_space *space = held_space();

	unmap_page(space, 0x1000);
	assert_int_equal(mock_mappings(), 1);
	map_page(space, 0x1000);
	assert_int_equal(mock_mappings(), 2);
	mock_end_elsewhere();
	assert_int_equal(mock_mappings(), 0);
	end_space(space);
	assert_no_error();
}

/* Nobody is told when the kernel gives up a page table: the next call finds out. */
static void
a_map_finds_that_the_page_table_has_gone(void **state __rte_unused)
{
	struct rte_iommufd_space *space = held_space();
	struct rte_iommufd_device *device;

	mock_end_elsewhere();
	map_page(space, 0x3000);
	assert_int_equal(space->state, SPACE_EMPTY);
	map_page(space, 0x4000);
	assert_int_equal(mock_calls("type1_map"), 2);
	device = attach_new(nic, space);
	assert_int_equal(mock_mappings(), 4);
	rte_iommufd_device_close(device);
	end_space(space);
	assert_no_error();
}

static void
an_unmap_finds_that_the_page_table_has_gone(void **state __rte_unused)
{
	struct rte_iommufd_space *space = held_space();
	struct rte_iommufd_device *device;

	mock_end_elsewhere();
	unmap_page(space, 0x1000);
	assert_int_equal(space->state, SPACE_EMPTY);
	unmap_page(space, 0x2000);
	assert_int_equal(mock_calls("type1_unmap"), 0);
	map_page(space, 0x1000);
	device = attach_new(second_nic, space);
	assert_int_equal(mock_mappings(), 1);
	rte_iommufd_device_close(device);
	end_space(space);
	assert_no_error();
}

/* It can go at any moment, and then the call fails. */
static void
a_page_table_that_goes_during_a_map_is_no_failure(void **state __rte_unused)
{
	struct rte_iommufd_space *space = held_space();
	struct rte_iommufd_device *device;

	hook.act = mock_end_elsewhere;
	hook.fd = space->container_fd;
	map_page(space, 0x3000);
	assert_int_equal(hook.fd, 0);
	assert_int_equal(space->state, SPACE_EMPTY);
	device = attach_new(nic, space);
	assert_int_equal(mock_mappings(), 3);
	rte_iommufd_device_close(device);
	end_space(space);
	assert_no_error();
}

static void
a_page_table_that_goes_during_an_unmap_is_no_failure(void **state __rte_unused)
{
	struct rte_iommufd_space *space = held_space();
	struct rte_iommufd_device *device;

	hook.act = mock_end_elsewhere;
	hook.fd = space->container_fd;
	unmap_page(space, 0x1000);
	assert_int_equal(hook.fd, 0);
	assert_int_equal(space->state, SPACE_EMPTY);
	device = attach_new(nic, space);
	assert_int_equal(mock_mappings(), 1);
	rte_iommufd_device_close(device);
	end_space(space);
	assert_no_error();
}

/* In the midst of a batch, too: then all of it is recorded, and nothing entered. */
static void
a_batch_finds_that_the_page_table_has_gone(void **state __rte_unused)
{
	const struct rte_iommufd_run runs[] = {
		{ .va = VA(0x3000),
			.iova = 0x3000,
			.length = 0x1000,
			.file = -1,
			.rights = RW },
		{ .va = VA(0x4000),
			.iova = 0x4000,
			.length = 0x1000,
			.file = -1,
			.rights = RW },
	};
	struct rte_iommufd_space *space = held_space();
	struct rte_iommufd_device *device;

	hook.act = mock_end_elsewhere;
	hook.fd = space->container_fd;
	assert_int_equal(rte_iommufd_space_map_runs(
				 space, runs, sizeof(runs[0]), RTE_DIM(runs)),
		0);
	assert_int_equal(space->state, SPACE_EMPTY);
	device = attach_new(nic, space);
	assert_int_equal(mock_mappings(), 4);
	rte_iommufd_device_close(device);
	end_space(space);
	assert_no_error();
}

static void
an_attach_finds_that_the_page_table_has_gone(void **state __rte_unused)
{
	struct rte_iommufd_space *space = held_space();
	struct rte_iommufd_device *device;

	mock_end_elsewhere();
	device = attach_new(second_nic, space);
	assert_int_equal(mock_calls("container_set_iommu"), 2);
	assert_int_equal(mock_mappings(), 2);
	rte_iommufd_device_close(device);
	end_space(space);
	assert_no_error();
}

static void
a_map_that_fails_for_another_reason_is_refused(void **state __rte_unused)
{
	struct rte_iommufd_space *space = held_space();

	mock_answer("type1_map", -ENOSPC);
	assert_int_equal(
		rte_iommufd_space_map(space, VA(0x3000), 0x3000, 0x1000, RW),
		-ENOSPC);
	assert_one_error("0x3000-0x3fff");
	assert_int_equal(space->state, SPACE_HELD);
	end_space(space);
	mock_end_elsewhere();
}

static void
a_held_page_table_still_has_its_ranges(void **state __rte_unused)
{
	static const struct rte_iommufd_range known = { 0, 0x7fffffffff };
	struct rte_iommufd_space *space = held_space();
	struct rte_iommufd_range range;

	mock_set_ranges(&known, 1);
	assert_int_equal(rte_iommufd_space_ranges(space, &range, 1), 1);
	assert_memory_equal(&range, &known, sizeof(known));
	mock_end_elsewhere();
	assert_int_equal(
		rte_iommufd_space_ranges(space, &range, 1), -EOPNOTSUPP);
	end_space(space);
}

/* The other processes' devices lose what the space had. */
static void
a_held_space_ends_with_nothing_mapped(void **state __rte_unused)
{
	struct rte_iommufd_space *space = held_space();

	end_space(space);
	assert_int_equal(mock_calls("type1_unmap"), 2);
	assert_no_error();
	mock_end_elsewhere();
}

static void
what_stays_mapped_after_a_space_is_told(void **state __rte_unused)
{
	struct rte_iommufd_space *space = held_space();

	mock_answer("type1_unmap", -EIO);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_one_error("8192 bytes", "stay mapped");
	mock_end_elsewhere();
}

/* What is entered again after a failure is what the record says. */
static void
a_refused_entry_leaves_nothing_even_where_the_group_stays(
	void **state __rte_unused)
{
	static const struct rte_iommufd_range known = { 0, 0x7fffffffff };
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();
	struct rte_iommufd_range range;

	map_page(space, 0x1000);
	map_page(space, 0x2000);
	mock_set_ranges(&known, 1);
	mock_answer("type1_map container=1002 va=0x2000", -ENOSPC);
	mock_answer("group_unset_container", -EBUSY);
	assert_int_equal(rte_iommufd_device_attach(device, space), -ENOSPC);
	assert_int_equal(logs_errors(), 2);
	logs_start();
	assert_int_equal(space->state, SPACE_EMPTY);
	assert_int_equal(mock_mappings(), 0);
	/* The kernel is asked, not the space's state, which needs a lock. */
	assert_int_equal(rte_iommufd_space_ranges(space, &range, 1), 1);
	mock_answer("type1_map container=1002 va=0x2000", 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_mappings(), 2);
	rte_iommufd_device_close(device);
	end_space(space);
}

/* --- A group that is wanted in another space --- */

static void
a_kept_group_goes_to_another_space_once_it_can(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);
	struct rte_iommufd_space *other = create_space();

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_one_error("does not leave the container");
	assert_int_equal(rte_iommufd_device_attach(device, other), -EBUSY);
	assert_one_error("0000:01:00.0", "another address space", "keeps it");
	assert_int_equal(space->state, SPACE_HELD);

	mock_end_elsewhere();
	assert_int_equal(rte_iommufd_device_attach(device, other), 0);
	assert_int_equal(space->state, SPACE_EMPTY);
	assert_int_equal(other->state, SPACE_LIVE);
	assert_int_equal(mock_mappings(), 0);
	map_page(space, 0x3000);
	assert_int_equal(mock_mappings(), 0);
	rte_iommufd_device_close(device);
	end_space(space);
	end_space(other);
	assert_no_error();
}

static void
a_kept_group_outlives_its_space(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);
	struct rte_iommufd_space *other = create_space();

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_one_error("does not leave the container");
	end_space(space);
	assert_int_equal(rte_iommufd_device_attach(device, other), -EBUSY);
	assert_one_error("keeps it");
	mock_end_elsewhere();
	assert_int_equal(rte_iommufd_device_attach(device, other), 0);
	rte_iommufd_device_close(device);
	end_space(other);
	assert_no_error();
}

/* --- A child of fork() --- */

/* It has all files of its parent, the group's and the container's, too. */
static void
a_forked_child_keeps_the_page_table(void **state __rte_unused)
{
	struct rte_iommufd_device *first = open_device(nic);
	struct rte_iommufd_space *space = live_space(first);
	struct rte_iommufd_device *second, *again;

	mock_fork();
	rte_iommufd_device_close(first);
	assert_int_equal(space->state, SPACE_HELD);
	unmap_page(space, 0x1000);
	map_page(space, 0x3000);
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(
		rte_iommufd_device_open(context, nic, NULL, &again), -EBUSY);
	assert_one_error("0000:01:00.0", "in use");

	second = attach_new(second_nic, space);
	assert_int_equal(mock_calls("container_set_iommu"), 1);
	assert_int_equal(mock_mappings(), 2);
	/* The child's end takes nothing from the other group. */
	mock_end_elsewhere();
	assert_int_equal(mock_mappings(), 2);
	again = attach_new(nic, space);
	rte_iommufd_device_close(again);
	rte_iommufd_device_close(second);
	assert_int_equal(space->state, SPACE_EMPTY);
	end_space(space);
	assert_no_error();
}

/* --- Memory that is freed in the midst of it --- */

static void
assert_freed(struct rte_iommufd_space *space)
{
	assert_int_equal(freeing.ret, 0);
	assert_int_equal(mock_mappings(), 1);
	map_page(space, 0x1000);
	assert_int_equal(mock_mappings(), 2);
}

static void
memory_freed_while_the_last_device_is_detached(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	hook.act = free_at_once;
	hook.fd = rte_iommufd_device_fd(device);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_one_error("does not leave the container");
	assert_freed(space);
	mock_end_elsewhere();
	rte_iommufd_device_close(device);
	end_space(space);
}

static void
memory_freed_while_the_last_device_is_closed(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	hook.act = free_at_once;
	hook.fd = rte_iommufd_device_fd(device);
	rte_iommufd_device_close(device);
	assert_freed(space);
	end_space(space);
	mock_end_elsewhere();
}

/* The first descriptor that the stand-in gives out after the test of the container. */
#define GROUP_FD (MOCK_FIRST_FD + 1)

static void
memory_freed_while_the_group_is_taken_out(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	hook.act = free_in_a_thread;
	hook.fd = GROUP_FD;
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(hook.fd, 0);
	end_thread();
	assert_one_error("does not leave the container");
	assert_freed(space);
	mock_end_elsewhere();
	rte_iommufd_device_close(device);
	end_space(space);
}

static void
memory_freed_while_the_group_is_closed(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	hook.act = free_in_a_thread;
	hook.fd = GROUP_FD;
	rte_iommufd_device_close(device);
	assert_int_equal(hook.fd, 0);
	end_thread();
	assert_freed(space);
	end_space(space);
	mock_end_elsewhere();
}

/* Where the group does leave, there is nothing to unmap for the kernel. */
static void
memory_freed_while_the_group_leaves(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	hook.act = free_in_a_thread;
	hook.fd = GROUP_FD;
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(hook.fd, 0);
	end_thread();
	assert_int_equal(mock_calls("type1_unmap"), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_mappings(), 1);
	rte_iommufd_device_close(device);
	end_space(space);
	assert_no_error();
}

/* --- A container that is IOMMUFD's --- */

static int
setup_iommufd(void **state)
{
	const int ret = setup(state);

	mock_container_is_iommufd = true;
	return ret;
}

static void
iommufd_keeps_what_is_mapped(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(space->state, SPACE_HELD);
	unmap_page(space, 0x1000);
	map_page(space, 0x3000);
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_mappings(), 2);
	rte_iommufd_device_close(device);
	assert_int_equal(space->state, SPACE_HELD);
	unmap_page(space, 0x2000);
	assert_int_equal(mock_mappings(), 1);
	device = attach_new(nic, space);
	rte_iommufd_device_close(device);
	end_space(space);
	assert_no_error();
}

/* The group can be opened again there, although the child has the device's file. */
static void
iommufd_keeps_it_for_a_forked_child(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = live_space(device);

	mock_keep_elsewhere(rte_iommufd_device_fd(device));
	rte_iommufd_device_close(device);
	unmap_page(space, 0x1000);
	assert_int_equal(mock_mappings(), 1);
	device = attach_new(nic, space);
	rte_iommufd_device_close(device);
	mock_end_elsewhere();
	end_space(space);
	assert_no_error();
}

/* There a device is attached when its file is opened, and that can fail for its reasons. */
static void
a_refusal_of_iommufd_is_not_explained_as_a_token(void **state __rte_unused)
{
	static const struct {
		int error;
		const char *words;
	} refusals[] = {
		{ -EFAULT, "not there any more" },
		{ -EADDRINUSE, "reserved" },
		{ -ENOMEM, "page tables" },
		{ -EPERM, "remap interrupts" },
	};
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();
	size_t i;

	for (i = 0; i < RTE_DIM(refusals); i++) {
		mock_answer("group_open_device", refusals[i].error);
		assert_int_equal(rte_iommufd_device_attach(device, space),
			refusals[i].error);
		assert_one_error("0000:01:00.0", refusals[i].words);
	}
	rte_iommufd_device_close(device);
	end_space(space);
}

/* --- Every call fails once --- */

static const char *
what_failed(void)
{
	return mock_call_has_failed() ? mock_failed_call() : "nothing";
}

/* What is recorded is in the kernel, or nothing is. */
static void
check_agreement(struct rte_iommufd_space *space)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };
	const bool held = space_has_page_table(space);

	rte_iommufd_space_stats(space, &stats);
	if (mock_mappings() != (held ? stats.areas : 0))
		fail_msg("%u mappings, and %" PRIu64
			 " are recorded, in state %d, after %s failed",
			mock_mappings(), stats.areas, space->state,
			what_failed());
}

static void
change_maps(struct rte_iommufd_space *space, uint64_t iova)
{
	rte_iommufd_space_unmap(space, iova, 0x1000);
	check_agreement(space);
	rte_iommufd_space_map(space, VA(0x8000), iova + 0x8000, 0x1000, RW);
	check_agreement(space);
}

static struct rte_iommufd_device *
try_attach(const char *path, struct rte_iommufd_space *space)
{
	struct rte_iommufd_device *device = NULL;

	if (rte_iommufd_device_open(context, path, NULL, &device) != 0)
		return NULL;
	rte_iommufd_device_attach(device, space);
	check_agreement(space);
	return device;
}

static void
live(struct rte_iommufd_space *space, bool detach)
{
	struct rte_iommufd_device *device = try_attach(nic, space);
	struct rte_iommufd_device *other;

	if (device != NULL && rte_iommufd_device_space(device) != NULL) {
		mock_keep_elsewhere(rte_iommufd_device_fd(device));
		if (detach)
			rte_iommufd_device_detach(device);
		check_agreement(space);
	}
	if (!detach)
		rte_iommufd_device_close(device);
	check_agreement(space);
	change_maps(space, 0x1000);
	other = try_attach(second_nic, space);
	change_maps(space, 0x2000);
	if (detach)
		rte_iommufd_device_close(device);
	rte_iommufd_device_close(other);
	change_maps(space, 0x3000);
}

/* -EINVAL to the question would be a lie, which the kernel does not tell. */
static bool
live_with_failing_call(bool detach, unsigned int number, int error)
{
	struct rte_iommufd_space *space = NULL;
	void *state = NULL;
	bool failed;

	setup(&state);
	mock_fail_call(number, error);
	if (rte_iommufd_space_create(context, &space) == 0) {
		rte_iommufd_space_map(space, VA(0x1000), 0x1000, 0x1000, RW);
		rte_iommufd_space_map(space, VA(0x2000), 0x2000, 0x1000, RW);
		rte_iommufd_space_map(space, VA(0x3000), 0x3000, 0x1000, RW);
		live(space, detach);
	}
	mock_end_elsewhere();
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	failed = mock_call_has_failed();
	devices_end(&state);
	return failed;
}

static void
whatever_fails_the_kernel_has_what_is_recorded(void **state __rte_unused)
{
	static const int errors[] = { -ENOMEM, -EBUSY, -EIO };
	unsigned int number;
	size_t i;

	for (i = 0; i < 2 * RTE_DIM(errors); i++) {
		number = 1;
		while (live_with_failing_call(
			i % 2 == 0, number, errors[i / 2]))
			number++;
		assert_true(number > 25);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, devices_end)
#define IOMMUFD_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_iommufd, devices_end)
	const struct CMUnitTest tests[] = {
		TEST(the_last_device_empties_the_container),
		TEST(a_device_that_is_not_the_last_changes_nothing),
		TEST(a_detached_device_can_be_held_and_come_back),
		TEST(a_closed_device_can_be_held_in_an_open_group),
		TEST(a_closed_device_is_held_while_its_file_is_open),
		TEST(a_map_finds_that_the_page_table_has_gone),
		TEST(an_unmap_finds_that_the_page_table_has_gone),
		TEST(a_page_table_that_goes_during_a_map_is_no_failure),
		TEST(a_page_table_that_goes_during_an_unmap_is_no_failure),
		TEST(a_batch_finds_that_the_page_table_has_gone),
		TEST(an_attach_finds_that_the_page_table_has_gone),
		TEST(a_map_that_fails_for_another_reason_is_refused),
		TEST(a_held_page_table_still_has_its_ranges),
		TEST(a_held_space_ends_with_nothing_mapped),
		TEST(what_stays_mapped_after_a_space_is_told),
		TEST(a_refused_entry_leaves_nothing_even_where_the_group_stays),
		TEST(a_kept_group_goes_to_another_space_once_it_can),
		TEST(a_kept_group_outlives_its_space),
		TEST(a_forked_child_keeps_the_page_table),
		TEST(memory_freed_while_the_last_device_is_detached),
		TEST(memory_freed_while_the_last_device_is_closed),
		TEST(memory_freed_while_the_group_is_taken_out),
		TEST(memory_freed_while_the_group_is_closed),
		TEST(memory_freed_while_the_group_leaves),
		IOMMUFD_TEST(iommufd_keeps_what_is_mapped),
		IOMMUFD_TEST(iommufd_keeps_it_for_a_forked_child),
		cmocka_unit_test(
			whatever_fails_the_kernel_has_what_is_recorded),
		IOMMUFD_TEST(a_refusal_of_iommufd_is_not_explained_as_a_token),
	};

	return RUN_TESTS("type1_container", tests);
}
