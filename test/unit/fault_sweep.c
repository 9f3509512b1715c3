/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Every call fails once; see fault_sweep.h. */

#include <errno.h>
#include <string.h>
#include <linux/vfio.h>

#include "logs.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "fault_sweep.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define VA(address) ((void *)(uintptr_t)(address))

static const int errors[] = { -ENOMEM, -EINVAL, -EBUSY, -EPERM, -EFAULT };

/* The call that was made to fail is what one needs to know first. */
#define check(condition, what)                                            \
	do {                                                              \
		if (!(condition))                                         \
			fail_msg("%s, when \"%s\" failed; log: %s", what, \
				mock_failed_call(), logs_text());         \
	} while (0)

/* For functions that return an error: it was logged once, success never. */
static bool
step(int ret)
{
	check(logs_errors() == (ret < 0), "not one error line for an error");
	logs_start();
	return ret >= 0;
}

/* For functions that have to go on whatever happens. */
static void
step_that_goes_on(void)
{
	check(logs_errors() <= 1, "more than one error line");
	logs_start();
}

/* Whether writes are recorded in all of the life's spaces. */
static bool records;

struct life {
	struct rte_iommufd_context *context;
	struct rte_iommufd_space *space;
	struct rte_iommufd_space *mirror; /* of that one; NULL: could not be */
	struct rte_iommufd_device *devices[2];
};

static void
map_some(struct rte_iommufd_space *space, uint64_t iova)
{
	step(rte_iommufd_space_map(space, VA(0x10000), iova, 0x1000, RW));
	step(rte_iommufd_space_map(
		space, VA(0x11000), iova + 0x1000, 0x1000, RW));
	step(rte_iommufd_space_map_file(
		space, 3, 0, VA(0x20000), iova + 0x4000, 0x2000, RW));
}

/* In three areas, of which two are neighbours. */
static void
map_runs(struct rte_iommufd_space *space, uint64_t iova)
{
	struct rte_iommufd_run runs[3];
	size_t i;

	for (i = 0; i < RTE_DIM(runs); i++)
		runs[i] = (struct rte_iommufd_run){
			.va = VA(0x40000 + i * 0x1000),
			.iova = iova + (i + i / 2) * 0x1000,
			.length = 0x1000,
			.file = -1,
			.rights = RW,
		};
	step(rte_iommufd_space_map_runs(
		space, runs, sizeof(struct rte_iommufd_run), RTE_DIM(runs)));
}

/* Whoever could not map all of it has nothing of it. */
static void
assert_runs_all_or_none(struct rte_iommufd_space *space, uint64_t iova)
{
	unsigned int there = 0;
	void *va;
	size_t i;

	for (i = 0; i < 3; i++)
		there += rte_iommufd_space_lookup(space,
				 iova + (i + i / 2) * 0x1000, 0x1000, RW,
				 &va) == 0;
	check(there == 0 || there == 3, "part of the runs is mapped");
}

static void
unmap_one(struct rte_iommufd_space *space, uint64_t iova)
{
	void *va;

	if (rte_iommufd_space_lookup(space, iova, 0x1000, RW, &va) == 0)
		step(rte_iommufd_space_unmap(space, iova, 0x1000));
}

/* As often as it could be mapped. */
static void
map_and_unmap_counted(struct rte_iommufd_space *space)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < 3; i++)
		count += step(rte_iommufd_space_map_counted(
			space, VA(0x90000), 0x900000, 0x1000, RW));
	while (count-- > 0)
		step(rte_iommufd_space_unmap_counted(
			space, VA(0x90000), 0x900000, 0x1000));
}

/* To start what runs, or to end what does not, is refused in one line as well. */
static void
record(struct rte_iommufd_space *space)
{
	if (!records)
		return;
	step(rte_iommufd_space_dirty_want(space));
	step(rte_iommufd_space_dirty_start(space));
}

static void
read_record(struct rte_iommufd_space *space)
{
	uint64_t bitmap[0x1000 / 64];

	if (!records || space == NULL)
		return;
	memset(bitmap, 0, sizeof(bitmap));
	step(rte_iommufd_space_dirty_read(
		space, 0, 0x1000000, RTE_IOMMUFD_DIRTY_KEEP, bitmap));
	step(rte_iommufd_space_dirty_read(space, 0, 0x1000000, 0, bitmap));
}

static void
end_record(struct rte_iommufd_space *space)
{
	if (records && space != NULL)
		step(rte_iommufd_space_dirty_stop(space));
}

/* One that an error kept out of the space, or kept in it, is left as it is. */
static bool
attach(struct life *life, unsigned int number)
{
	struct rte_iommufd_device *device = life->devices[number];

	return device != NULL &&
		step(rte_iommufd_device_attach(device, life->space));
}

/* May have something to tell of a device that is out none the less. */
static bool
detach(struct life *life, unsigned int number)
{
	const int ret = rte_iommufd_device_detach(life->devices[number]);

	if (ret < 0)
		return step(ret);
	step_that_goes_on();
	return true;
}

static void
ask(struct life *life, unsigned int number)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct rte_iommufd_range ranges[4];
	struct rte_iommufd_hw_info hw_info = { .size = sizeof(hw_info) };

	step(rte_iommufd_device_info(life->devices[number], &info));
	step(rte_iommufd_space_ranges(life->space, ranges, RTE_DIM(ranges)));
	step(rte_iommufd_space_type1_fd(life->space));
	if (strcmp(rte_iommufd_context_backend(life->context), "iommufd") == 0)
		step(rte_iommufd_device_hw_info(
			life->devices[number], &hw_info));
}

/* Some of it is refused by containers, which is one line as well. */
static void
live_with_mirror(struct life *life)
{
	const struct rte_iommufd_range window = { 0x10000000, 0x1fffffff };
	struct rte_iommufd_space *copies;

	step(rte_iommufd_space_allow(life->space, &window, 1));
	map_runs(life->space, 0x400000);
	assert_runs_all_or_none(life->space, 0x400000);
	if (step(rte_iommufd_space_mirror(life->mirror, life->space)))
		assert_runs_all_or_none(life->mirror, 0x400000);
	map_runs(life->space, 0x500000);
	assert_runs_all_or_none(life->space, 0x500000);
	assert_runs_all_or_none(life->mirror, 0x500000);
	map_and_unmap_counted(life->space);
	map_some(life->mirror, 0x600000);
	unmap_one(life->mirror, 0x500000);
	unmap_one(life->space, 0x500000);
	unmap_one(life->space, 0x501000);
	if (!step(rte_iommufd_space_create(life->context, &copies)))
		return;
	if (rte_iommufd_space_lookup(
		    life->space, 0x400000, 0x2000, RW, &(void *){ NULL }) == 0)
		step(rte_iommufd_space_copy(
			copies, 0x700000, life->space, 0x400000, 0x2000, RW));
	unmap_one(copies, 0x701000);
	check(rte_iommufd_space_destroy(copies) == 0, "copies cannot be ended");
	step_that_goes_on();
}

/* There and back, and a region of it for the others. */
static void
move_about(struct life *life, unsigned int number)
{
	struct rte_iommufd_device *device = life->devices[number];

	if (step(rte_iommufd_device_move(device, life->mirror)))
		check(rte_iommufd_device_space(device) == life->mirror,
			"it is not where it was moved to");
	step(rte_iommufd_device_move(device, life->space));
	step(rte_iommufd_space_map_region(life->space, device, 0, 0, 0x800000,
		0x1000, RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE));
}

static void
live_with_space(struct life *life)
{
	bool attached[2];
	unsigned int i;

	if (!step(rte_iommufd_space_create(life->context, &life->mirror)))
		life->mirror = NULL;
	else
		live_with_mirror(life);
	record(life->space);
	if (life->mirror != NULL)
		record(life->mirror);
	map_some(life->space, 0x100000);
	for (i = 0; i < 2; i++)
		attached[i] = attach(life, i);
	map_some(life->space, 0x200000);
	unmap_one(life->space, 0x100000);
	unmap_one(life->space, 0x201000);
	read_record(life->space);
	read_record(life->mirror);
	for (i = 0; i < 2; i++) {
		if (!attached[i])
			continue;
		ask(life, i);
		if (life->mirror != NULL)
			move_about(life, i);
		attached[i] = !detach(life, i);
	}
	/* Once more for the first; the second stays as it is. */
	if (!attached[0])
		attached[0] = attach(life, 0);
	map_some(life->space, 0x300000);
	unmap_one(life->space, 0x301000);
	read_record(life->space);
	end_record(life->mirror);
	if (attached[1] || !attached[0])
		end_record(life->space);
}

static void
end(struct life *life)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		rte_iommufd_device_close(life->devices[i]);
		step_that_goes_on();
	}
	check(rte_iommufd_space_destroy(life->mirror) == 0,
		"the mirror cannot be ended");
	step_that_goes_on();
	check(rte_iommufd_space_destroy(life->space) == 0,
		"the space cannot be ended");
	step_that_goes_on();
	check(rte_iommufd_context_destroy(life->context) == 0,
		"the context cannot be ended");
	step_that_goes_on();
}

static void
live(const char *settings, const char *first, const char *second)
{
	struct life life = { .context = NULL };

	assert_int_equal(
		rte_iommufd_context_create(settings, &life.context), 0);
	if (!step(rte_iommufd_device_open(
		    life.context, first, NULL, &life.devices[0])))
		life.devices[0] = NULL;
	if (!step(rte_iommufd_device_open(
		    life.context, second, NULL, &life.devices[1])))
		life.devices[1] = NULL;
	if (step(rte_iommufd_space_create(life.context, &life.space)))
		live_with_space(&life);
	else
		life.space = NULL;
	end(&life);
}

/* Whether the life was so long that the call did fail. */
static bool
live_with_failing_call(const char *settings, const char *first,
	const char *second, unsigned int number, int error)
{
	void *state = NULL;

	mock_start_permissive(&state);
	mock_fail_call(number, error);
	logs_start();
	live(settings, first, second);
	mock_finish(&state);
	return mock_call_has_failed();
}

void
sweep_every_call_while_writes_are_recorded(
	const char *settings, const char *first, const char *second)
{
	records = true;
	sweep_every_call(settings, first, second);
	records = false;
}

void
sweep_every_call(const char *settings, const char *first, const char *second)
{
	unsigned int number;
	size_t i;

	for (i = 0; i < RTE_DIM(errors); i++) {
		number = 1;
		while (live_with_failing_call(
			settings, first, second, number, errors[i]))
			number++;
		/* No life is shorter than that. */
		assert_true(number > 40);
	}
}
