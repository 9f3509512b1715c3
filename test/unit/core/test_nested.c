/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Page tables of programs: the kernel's objects in their order, what is refused and how that is
 * explained, which invalidations are sent, faults, and that nothing is left behind. That an SMMU
 * reads the tables is shown on one: test/vm/nested.sh.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "machine.h"
#include "mock_kernel.h"
#include "rte_iommufd_nested.h"
#include "rte_iommufd_pasid.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE UINT64_C(4096)
#define MIB (UINT64_C(1) << 20)
#define TABLES_IOVA UINT64_C(0x40000000)
#define TABLES 16
#define EVENT_READ (UINT64_C(1) << 35)

static _Alignas(4096) char tables[TABLES * 4096];

static struct {
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	struct rte_iommufd_nested *nested;
} world;

static void
be_an_smmu(void)
{
	mock_iommu_type = MOCK_SMMUV3;
	mock_smmu = (struct smmuv3_registers){ .idr = {
						       [0] = 2u << 2 | 1u << 24,
						       [5] = 1u << 4 | 4,
					       } };
}

static int
setup_script(void **state)
{
	be_an_smmu();
	return machine_start(state, true, "backend=iommufd,map=va");
}

/* A device in a space, in which the memory for tables is. */
static void
open_world(void)
{
	memset(tables, 0xee, sizeof(tables));
	world.nested = NULL;
	world.space = create_space();
	world.device = open_device(nic);
	assert_int_equal(
		rte_iommufd_device_attach(world.device, world.space), 0);
	assert_int_equal(rte_iommufd_space_map(world.space, tables, TABLES_IOVA,
				 sizeof(tables), RW),
		0);
}

static int
setup_device(void **state)
{
	be_an_smmu();
	machine_start(state, false, "backend=iommufd,map=va");
	open_world();
	return 0;
}

static void
create(void)
{
	assert_int_equal(rte_iommufd_nested_create(world.device, TABLES_IOVA,
				 sizeof(tables), &world.nested),
		0);
}

static int
setup(void **state)
{
	setup_device(state);
	create();
	return 0;
}

static int
teardown(void **state)
{
	rte_iommufd_nested_destroy(world.nested);
	rte_iommufd_device_close(world.device);
	assert_int_equal(rte_iommufd_space_destroy(world.space), 0);
	assert_no_error();
	mock_iommu_type = MOCK_INTEL;
	return devices_end(state);
}

static int
end(void **state)
{
	mock_iommu_type = MOCK_INTEL;
	return devices_end(state);
}

/* The order of calls in its life, to the letter. */
static void
it_lives_by_the_book(void **state __rte_unused)
{
	char text[128];

	mock_expect(10, "open /dev/iommu");
	mock_expect(0, "ioas_alloc iommu=10");
	mock_expect_value(3);
	mock_expect(12, "open /dev/vfio/devices/vfio0");
	mock_expect(0, "device_number fd=12");
	mock_expect(0, "device_bind fd=12 iommu=10 token=none");
	mock_expect_value(5);
	mock_expect(0, "hw_info iommu=10 device=5");
	mock_expect(0, "hwpt_alloc device=5 ioas=3 flags=pasid fault=0");
	mock_expect_value(7);
	mock_expect(0, "device_attach fd=12 page_table=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	snprintf(text, sizeof(text),
		"ioas_map ioas=3 va=%#" PRIxPTR
		" iova=0x40000000 length=0x10000 rights=rw",
		(uintptr_t)tables);
	mock_expect(0, "%s", text);
	open_world();

	mock_expect(0, "smmuv3_registers device=5");
	mock_expect(0, "nest_parent_alloc device=5 ioas=3");
	mock_expect_value(20);
	mock_expect(0, "viommu_alloc device=5 hwpt=20");
	mock_expect_value(21);
	mock_expect(0, "vdevice_alloc viommu=21 device=5 stream=0");
	mock_expect_value(22);
	mock_expect(0, "nested_alloc device=5 viommu=21 words=0x4000000b,0xd4");
	mock_expect_value(23);
	mock_expect(13, "veventq_alloc viommu=21 depth=256");
	mock_expect_value(24);
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	create();
	assert_int_equal(rte_iommufd_nested_fault_fd(world.nested), 13);

	mock_expect(0,
		"nested_invalidate viommu=21 count=2 first=0x5,0x1 last=0x1000000000011,0");
	mock_expect(0, "device_attach fd=12 page_table=23");
	assert_int_equal(rte_iommufd_nested_attach(world.nested), 0);
	assert_int_equal(rte_iommufd_nested_attach(world.nested), 0);

	mock_expect(0, "device_attach fd=12 page_table=7");
	assert_int_equal(rte_iommufd_nested_detach(world.nested), 0);
	assert_int_equal(rte_iommufd_nested_detach(world.nested), 0);

	mock_expect(0, "close fd=13");
	mock_expect(0, "destroy id=24");
	mock_expect(0, "destroy id=23");
	mock_expect(0, "destroy id=22");
	mock_expect(0, "destroy id=21");
	mock_expect(0, "destroy id=20");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	rte_iommufd_nested_destroy(world.nested);

	mock_expect(0, "device_detach fd=12");
	mock_expect(0, "close fd=12");
	mock_expect(0, "destroy id=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	rte_iommufd_device_close(world.device);
	mock_expect(0, "destroy id=3");
	assert_int_equal(rte_iommufd_space_destroy(world.space), 0);
	mock_expect(0, "close fd=10");
}

/* The device's file still has all of it when it is closed. */
static void
a_closed_device_ends_it(void **state __rte_unused)
{
	struct rte_iommufd_nested_fault fault = { .size = sizeof(fault) };

	assert_int_equal(rte_iommufd_nested_attach(world.nested), 0);
	rte_iommufd_device_close(world.device);
	assert_int_equal(rte_iommufd_nested_attach(world.nested), -ENODEV);
	assert_int_equal(rte_iommufd_nested_detach(world.nested), -ENODEV);
	assert_int_equal(
		rte_iommufd_nested_map(world.nested, 0, 0, PAGE, RW), -ENODEV);
	assert_int_equal(
		rte_iommufd_nested_unmap(world.nested, 0, PAGE), -ENODEV);
	assert_int_equal(rte_iommufd_nested_invalidate(world.nested), -ENODEV);
	assert_int_equal(rte_iommufd_nested_fault_fd(world.nested), -ENODEV);
	assert_int_equal(
		rte_iommufd_nested_fault_read(world.nested, &fault), -ENODEV);
	world.device = NULL;
}

/* --- what is refused ----------------------------------------------------------------- */

static void
each_step_says_what_is_missing(void **state)
{
	static const struct {
		const char *call;
		int error;
		int result;
		const char *said;
	} steps[] = {
		{ "smmuv3_registers", -ENOTTY, -EOPNOTSUPP, "Linux 6.6" },
		{ "smmuv3_registers", -EOPNOTSUPP, -EOPNOTSUPP,
			"no SMMUv3 of Arm's" },
		{ "nest_parent_alloc", -EOPNOTSUPP, -EOPNOTSUPP,
			"does not translate in two stages" },
		{ "nest_parent_alloc", -EADDRINUSE, -EADDRINUSE,
			"second stage does not reach" },
		{ "nest_parent_alloc", -ENOMEM, -ENOMEM,
			"makes no second stage" },
		{ "viommu_alloc", -ENOTTY, -EOPNOTSUPP, "Linux 6.13" },
		{ "viommu_alloc", -EOPNOTSUPP, -EOPNOTSUPP,
			"say CANWBS of the PCI root complex" },
		{ "vdevice_alloc", -EOPNOTSUPP, -EOPNOTSUPP,
			"not exactly one stream ID" },
		{ "vdevice_alloc", -EEXIST, -EEXIST, "shares this /dev/iommu" },
		{ "nested_alloc", -EIO, -EIO, "does not take it" },
		{ "veventq_alloc", -EMFILE, -EMFILE, "no queue for faults" },
	};
	struct rte_iommufd_nested *nested;
	unsigned int i;

	for (i = 0; i < RTE_DIM(steps); i++) {
		setup_device(state);
		mock_answer(steps[i].call, steps[i].error);
		assert_int_equal(rte_iommufd_nested_create(world.device,
					 TABLES_IOVA, sizeof(tables), &nested),
			steps[i].result);
		assert_one_error("0000:01:00.0", steps[i].said);
		teardown(state);
	}
}

static void
an_smmu_with_s2fwb_lacks_something_else(void **state __rte_unused)
{
	struct rte_iommufd_nested *nested;

	mock_smmu.idr[3] = 1u << 8;
	mock_answer("viommu_alloc", -EOPNOTSUPP);
	assert_int_equal(rte_iommufd_nested_create(world.device, TABLES_IOVA,
				 sizeof(tables), &nested),
		-EOPNOTSUPP);
	assert_one_error("though that has S2FWB");
}

static void
an_smmu_that_reads_other_tables_is_refused(void **state __rte_unused)
{
	struct rte_iommufd_nested *nested;

	mock_smmu.idr[5] = 1u << 6;
	assert_int_equal(rte_iommufd_nested_create(world.device, TABLES_IOVA,
				 sizeof(tables), &nested),
		-EOPNOTSUPP);
	assert_one_error("pages of 4 KiB");
	assert_int_equal(mock_calls("nest_parent_alloc"), 0);
}

static void
memory_for_tables_is_in_the_space(void **state __rte_unused)
{
	struct rte_iommufd_nested *nested;

	assert_int_equal(rte_iommufd_nested_create(world.device,
				 TABLES_IOVA + PAGE, sizeof(tables), &nested),
		-ENOENT);
	assert_one_error("not mapped in the device's address space");
	assert_int_equal(rte_iommufd_nested_create(world.device,
				 TABLES_IOVA + 1, sizeof(tables), &nested),
		-EINVAL);
	assert_one_error("three pages");
	assert_int_equal(rte_iommufd_nested_create(
				 world.device, TABLES_IOVA, 2 * PAGE, &nested),
		-EINVAL);
	assert_one_error("three pages");
}

static void
a_device_has_one_at_most(void **state __rte_unused)
{
	struct rte_iommufd_nested *nested;

	assert_int_equal(rte_iommufd_nested_create(world.device, TABLES_IOVA,
				 sizeof(tables), &nested),
		-EBUSY);
	assert_one_error("cannot have another one");
}

static void
a_device_without_a_space_has_none(void **state __rte_unused)
{
	struct rte_iommufd_nested *nested;

	assert_int_equal(rte_iommufd_device_detach(world.device), 0);
	assert_int_equal(rte_iommufd_nested_create(world.device, TABLES_IOVA,
				 sizeof(tables), &nested),
		-EINVAL);
	assert_one_error("attached to nothing");
}

/* The kernel's objects are over the space in which the device was. */
static void
its_device_stays_in_its_space(void **state __rte_unused)
{
	struct rte_iommufd_space *other = create_space();

	assert_int_equal(rte_iommufd_device_detach(world.device), -EBUSY);
	assert_one_error("cannot detach", "destroy that first");
	assert_int_equal(rte_iommufd_device_move(world.device, other), -EBUSY);
	assert_one_error("cannot move", "destroy that first");
	rte_iommufd_nested_destroy(world.nested);
	world.nested = NULL;
	assert_int_equal(rte_iommufd_device_move(world.device, other), 0);
	assert_int_equal(rte_iommufd_device_move(world.device, world.space), 0);
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
}

static void
it_and_pasids_exclude_each_other(void **state __rte_unused)
{
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 1, world.space), -EBUSY);
	assert_one_error("cannot attach PASID 1", "destroy that first");
	rte_iommufd_nested_destroy(world.nested);
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 1, world.space), 0);
	assert_int_equal(rte_iommufd_nested_create(world.device, TABLES_IOVA,
				 sizeof(tables), &world.nested),
		-EBUSY);
	assert_one_error("PASIDs of the device are attached");
	assert_int_equal(rte_iommufd_pasid_detach(world.device, 1), 0);
	create();
}

static void
a_refused_attachment_is_explained(void **state __rte_unused)
{
	mock_answer("device_attach", -ENOENT);
	assert_int_equal(rte_iommufd_nested_attach(world.nested), -ENOENT);
	assert_one_error("another device of its IOMMU group");
	mock_answer("device_attach", -EBUSY);
	assert_int_equal(rte_iommufd_nested_attach(world.nested), -EBUSY);
	assert_one_error("being reset");
	mock_answer("device_attach", 0);
	assert_int_equal(rte_iommufd_nested_attach(world.nested), 0);
	mock_answer("device_attach", -ENOMEM);
	assert_int_equal(rte_iommufd_nested_detach(world.nested), -ENOMEM);
	assert_one_error("cannot go back");
	mock_answer("device_attach", 0);
}

static void
containers_have_none(void **state)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_nested *nested;
	struct rte_iommufd_space *space;

	machine_start(state, false, "backend=type1");
	device = open_device(nic);
	space = create_space();
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_nested_create(
				 device, TABLES_IOVA, sizeof(tables), &nested),
		-EOPNOTSUPP);
	assert_one_error("RTE_IOMMUFD=backend=iommufd");
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(devices_end(state), 0);
}

/* Whatever call fails, what there is ends. */
static void
each_call_may_fail(void **state)
{
	unsigned int call, from;
	bool failed = true, needed;
	int ret;

	for (call = 1; failed; call++) {
		setup_device(state);
		from = mock_calls("");
		mock_fail_call(from + call, -ENOMEM);
		ret = rte_iommufd_nested_create(world.device, TABLES_IOVA,
			sizeof(tables), &world.nested);
		if (ret == 0)
			ret = rte_iommufd_nested_attach(world.nested);
		if (ret == 0)
			ret = rte_iommufd_nested_detach(world.nested);
		failed = mock_call_has_failed();
		/* The ranges only help to explain refusals. */
		needed = failed &&
			strncmp(mock_failed_call(), "ioas_ranges", 11) != 0;
		assert_int_equal(ret, needed ? -ENOMEM : 0);
		if (needed)
			assert_one_error("0000:01:00.0");
		teardown(state);
	}
	assert_true(call > 8);
}

/* --- mappings and invalidations ------------------------------------------------------ */

static void
map(uint64_t iova, uint64_t length)
{
	assert_int_equal(
		rte_iommufd_nested_map(world.nested, iova, iova, length, RW),
		0);
}

static void
unmap(uint64_t iova, uint64_t length)
{
	assert_int_equal(
		rte_iommufd_nested_unmap(world.nested, iova, length), 0);
}

static void
assert_invalidations(unsigned int count, const char *last)
{
	assert_int_equal(mock_calls("nested_invalidate"), count);
	if (last != NULL)
		assert_contains(mock_last_call("nested_invalidate"), last);
}

static void
mapping_enters_no_kernel(void **state __rte_unused)
{
	const unsigned int before = mock_calls("");

	map(0x10000, PAGE);
	map(2 * MIB, 2 * MIB);
	assert_int_equal(
		rte_iommufd_nested_map(world.nested, 0x10000, 0, PAGE, RW),
		-EEXIST);
	assert_int_equal(rte_iommufd_nested_map(world.nested, 0x20000, 0, PAGE,
				 RTE_IOMMUFD_MAP_WRITE),
		-EINVAL);
	assert_int_equal(
		rte_iommufd_nested_map(world.nested, 0x20000, 0, PAGE, RW | 4),
		-EINVAL);
	assert_int_equal(
		rte_iommufd_nested_unmap(world.nested, 0x20000, PAGE), -ENOENT);
	assert_int_equal(rte_iommufd_nested_invalidate(world.nested), 0);
	unmap(0x10000, PAGE);
	assert_int_equal(mock_calls(""), before);
}

static void
a_batch_is_one_call(void **state __rte_unused)
{
	map(0x10000, 8 * PAGE);
	map(2 * MIB, 2 * MIB);
	unmap(0x10000, PAGE);
	unmap(2 * MIB, 2 * MIB);
	unmap(0x12000, 2 * PAGE);
	assert_invalidations(0, NULL);
	assert_int_equal(rte_iommufd_nested_invalidate(world.nested), 0);
	assert_invalidations(1,
		"count=4 first=0x1000000000012,0x10001 last=0x1000000000012,0x13001");
	assert_int_equal(rte_iommufd_nested_invalidate(world.nested), 0);
	assert_invalidations(1, NULL);
}

static void
more_than_a_batch_is_all(void **state __rte_unused)
{
	map(0x10000, 65 * PAGE);
	unmap(0x10000, 64 * PAGE);
	unmap(0x10000 + 64 * PAGE, PAGE);
	assert_int_equal(rte_iommufd_nested_invalidate(world.nested), 0);
	assert_invalidations(1, "count=1 first=0x1000000000011,0 ");
	map(0x10000, 65 * PAGE);
	assert_invalidations(1, NULL);
	unmap(0x10000, 64 * PAGE);
	assert_int_equal(rte_iommufd_nested_invalidate(world.nested), 0);
	assert_invalidations(2, "count=64 first=0x1000000000012,0x10001 ");
}

/* Break before make. */
static void
an_address_is_invalidated_before_its_next_use(void **state __rte_unused)
{
	map(0x10000, 4 * PAGE);
	unmap(0x11000, 2 * PAGE);
	map(0x18000, PAGE);
	assert_invalidations(0, NULL);
	map(0x12000, PAGE);
	assert_invalidations(1,
		"count=2 first=0x1000000000012,0x11001 last=0x1000000000012,0x12001");
	map(0x11000, PAGE);
	assert_invalidations(1, NULL);
}

static void
without_an_invalidation_an_address_is_not_used(void **state __rte_unused)
{
	map(0x10000, PAGE);
	unmap(0x10000, PAGE);
	mock_answer("nested_invalidate", -EIO);
	assert_int_equal(rte_iommufd_nested_invalidate(world.nested), -EIO);
	assert_one_error("may go on with what was unmapped");
	assert_int_equal(
		rte_iommufd_nested_map(world.nested, 0x10000, 0, PAGE, RW),
		-EIO);
	assert_one_error("may go on with what was unmapped");
	mock_answer("nested_invalidate", 0);
	map(0x10000, PAGE);
	assert_invalidations(3, "count=1 ");
}

static void
what_is_not_unmapped_is_not_invalidated(void **state __rte_unused)
{
	map(2 * MIB, 2 * MIB);
	assert_int_equal(
		rte_iommufd_nested_unmap(world.nested, 2 * MIB, MIB), -EINVAL);
	assert_int_equal(
		rte_iommufd_nested_unmap(world.nested, 0, 4 * MIB), -ENOENT);
	assert_int_equal(rte_iommufd_nested_invalidate(world.nested), 0);
	assert_invalidations(0, NULL);
}

/* What was mapped for a moment, before a table was lacking, may be cached. */
static void
a_map_that_fails_halfway_is_invalidated(void **state __rte_unused)
{
	unsigned int gib;

	for (gib = 0; rte_iommufd_nested_map(
			      world.nested, gib * 1024 * MIB, 0, PAGE, RW) == 0;
		gib++)
		;
	assert_true(gib > 0);
	assert_int_equal(rte_iommufd_nested_invalidate(world.nested), 0);
	assert_invalidations(1, "count=1 first=0x1000000000011,0 ");
}

/* Doorbells are written to where the kernel has put them in the space. */
static void
the_interrupt_window_is_mapped(void **state)
{
	setup_device(state);
	fake_sysfs_write(fake_sysfs_path("groups/7/reserved_regions"),
		"0x0000000008000000 0x00000000080fffff msi\n"
		"0x0000000010000000 0x00000000100fffff reserved\n");
	create();
	assert_int_equal(
		rte_iommufd_nested_map(world.nested, 0x80ff000, 0, PAGE, RW),
		-EEXIST);
	map(0x10000000, PAGE);
	teardown(state);
}

/* --- faults -------------------------------------------------------------------------- */

static void
faults_are_told(void **state __rte_unused)
{
	struct rte_iommufd_nested_fault fault = { .size = sizeof(fault) };
	struct smmuv3_event event = { { 0x10, EVENT_READ, 0x123456 } };

	assert_int_equal(
		rte_iommufd_nested_fault_read(world.nested, &fault), 0);
	mock_tell_event(&event, 0);
	assert_int_equal(
		rte_iommufd_nested_fault_read(world.nested, &fault), 1);
	assert_int_equal(fault.number, SMMUV3_F_TRANSLATION);
	assert_false(fault.write);
	assert_int_equal(fault.iova, 0x123456);
	assert_int_equal(fault.lost, 0);
	event.words[1] = 0;
	mock_tell_event(&event, 4);
	assert_int_equal(
		rte_iommufd_nested_fault_read(world.nested, &fault), 1);
	assert_true(fault.write);
	assert_int_equal(fault.lost, 3);
	/* The kernel's notice of lost events: it is counted itself. */
	event.words[0] = 0;
	mock_tell_event(&event, 6);
	assert_int_equal(
		rte_iommufd_nested_fault_read(world.nested, &fault), 1);
	assert_int_equal(fault.number, 0);
	assert_int_equal(fault.iova, 0);
	assert_int_equal(fault.lost, 2);
	fault.size = 8;
	assert_int_equal(
		rte_iommufd_nested_fault_read(world.nested, &fault), -EINVAL);
	assert_one_error("rte_iommufd_nested_fault");
}

/* Linux 6.13 and 6.14 */
static void
an_older_kernel_tells_no_faults(void **state __rte_unused)
{
	struct rte_iommufd_nested_fault fault = { .size = sizeof(fault) };

	mock_answer("veventq_alloc", -ENOTTY);
	create();
	assert_int_equal(
		rte_iommufd_nested_fault_fd(world.nested), -EOPNOTSUPP);
	assert_int_equal(rte_iommufd_nested_fault_read(world.nested, &fault),
		-EOPNOTSUPP);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define DEVICE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_device, teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			it_lives_by_the_book, setup_script, end),
		TEST(a_closed_device_ends_it),
		cmocka_unit_test(each_step_says_what_is_missing),
		DEVICE_TEST(an_smmu_with_s2fwb_lacks_something_else),
		DEVICE_TEST(an_smmu_that_reads_other_tables_is_refused),
		DEVICE_TEST(memory_for_tables_is_in_the_space),
		TEST(a_device_has_one_at_most),
		DEVICE_TEST(a_device_without_a_space_has_none),
		TEST(its_device_stays_in_its_space),
		TEST(it_and_pasids_exclude_each_other),
		TEST(a_refused_attachment_is_explained),
		cmocka_unit_test(containers_have_none),
		cmocka_unit_test(each_call_may_fail),
		TEST(mapping_enters_no_kernel),
		TEST(a_batch_is_one_call),
		TEST(more_than_a_batch_is_all),
		TEST(an_address_is_invalidated_before_its_next_use),
		TEST(without_an_invalidation_an_address_is_not_used),
		TEST(what_is_not_unmapped_is_not_invalidated),
		TEST(a_map_that_fails_halfway_is_invalidated),
		cmocka_unit_test(the_interrupt_window_is_mapped),
		TEST(faults_are_told),
		DEVICE_TEST(an_older_kernel_tells_no_faults),
	};

	return RUN_TESTS("nested", tests);
}
