/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What a start would do with a device: the same choice as that of a start, with the same
 * words where sysfs shows the cause, and without opening the device through VFIO.
 *
 * Must not know: who asks.
 */

#include <errno.h>
#include <string.h>

#include "core/choice.h"
#include "fake_sysfs.h"
#include "kernel/kernel_state.h"
#include "kernel/node_owner.h"
#include "kernel/sysfs_device.h"
#include "logs.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define DEVICE_NODE "/dev/vfio/devices/vfio0"
#define GROUP_NODE "/dev/vfio/7"

/* In the place of kernel_state.c's, which would show the machine that the test runs on. */
static enum kernel_switch remapping, unsafe_interrupts;

extern enum kernel_switch __wrap_kernel_state_remaps_interrupts(void);
extern enum kernel_switch __wrap_kernel_state_unsafe_interrupts(
	const char *module);

enum kernel_switch
__wrap_kernel_state_remaps_interrupts(void)
{
	return remapping;
}

enum kernel_switch
__wrap_kernel_state_unsafe_interrupts(const char *module __rte_unused)
{
	return unsafe_interrupts;
}

/* In the place of node_owner.c's: a node that a test says is open. */
static const char *owned_node;

extern bool __wrap_node_owner_find(const char *node, struct node_owner *owner);

bool
__wrap_node_owner_find(const char *node, struct node_owner *owner)
{
	if (owned_node == NULL || strcmp(node, owned_node) != 0)
		return false;
	*owner = (struct node_owner){ .pid = 4711, .program = "holder" };
	return true;
}

static struct fake_device nic_device;
static struct rte_iommufd_context *context;
static enum choice_verdict verdict;
static const char *folder;

static int
setup(void **state)
{
	mock_start_permissive(state);
	fake_sysfs_make();
	logs_start();
	remapping = KERNEL_SWITCH_ON;
	unsafe_interrupts = KERNEL_SWITCH_OFF;
	owned_node = NULL;
	nic_device = (struct fake_device){ "0000:01:00.0", "vfio-pci", "vfio0",
		"511:0", "7", NULL };
	context = NULL;
	return 0;
}

static void
forget(void)
{
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	context = NULL;
}

/* Whatever was foreseen: nothing was opened for good, and no line was logged. */
static int
teardown(void **state)
{
	forget();
	assert_int_equal(mock_calls("device_bind"), 0);
	assert_int_equal(mock_calls("device_attach"), 0);
	assert_int_equal(mock_calls("open /dev/vfio/7"), 0);
	assert_int_equal(mock_calls("group_"), 0);
	assert_string_equal(logs_text(), "");
	fake_sysfs_remove();
	return mock_finish(state);
}

static int
foresee(const char *settings)
{
	struct sysfs_device place;

	if (folder == NULL)
		folder = fake_sysfs_add(&nic_device);
	assert_int_equal(sysfs_device_find(folder, &place), 0);
	folder = NULL;
	assert_int_equal(rte_iommufd_context_create(settings, &context), 0);
	return choice_foresee(context, &place, &verdict);
}

static void
assert_foreseen(enum choice_verdict wanted, const char *backend)
{
	assert_int_equal(verdict, wanted);
	assert_string_equal(rte_iommufd_context_backend(context), backend);
}

static void
assert_reason(const char *part)
{
	assert_contains(rte_iommufd_context_reason(context), part);
}

static void
nothing_speaks_against_iommufd(void **state __rte_unused)
{
	assert_int_equal(foresee(""), 0);
	assert_foreseen(CHOICE_WOULD_TRY, "iommufd");
	assert_reason("the kernel and the device's node have it");
	assert_int_equal(mock_open(DEVICE_NODE), 0);
}

static void
a_missing_node_leads_to_type1(void **state __rte_unused)
{
	mock_answer("open /dev/iommu", -EACCES);
	assert_int_equal(foresee(""), 0);
	assert_foreseen(CHOICE_WOULD_TRY, "type1v2");
	assert_reason("no permission to open /dev/iommu");
	assert_int_equal(mock_calls("check_access " GROUP_NODE), 1);
}

static void
no_permission_for_either_is_told_for_both(void **state __rte_unused)
{
	mock_answer("open " DEVICE_NODE, -EACCES);
	mock_answer("check_access " GROUP_NODE, -EACCES);
	assert_int_equal(foresee(""), -ENXIO);
	assert_foreseen(CHOICE_WOULD_FAIL, "none");
	assert_reason("no permission to open " DEVICE_NODE);
	assert_reason("no permission to open " GROUP_NODE);
}

static void
a_device_of_another_driver_is_not_vfios(void **state __rte_unused)
{
	nic_device.driver = "e1000e";
	nic_device.cdev = NULL;
	assert_int_equal(foresee(""), -ENODEV);
	assert_foreseen(CHOICE_NOT_OF_VFIO, "none");
	assert_reason("dpdk-devbind.py -b vfio-pci 0000:01:00.0");
	assert_int_equal(mock_calls(""), 0);
}

static void
a_member_of_the_kernels_prevents_both(void **state __rte_unused)
{
	static const char *const settings[] = { "", "backend=iommufd",
		"backend=type1" };
	const struct fake_device member = { "0000:01:00.1", "snd_hda_intel",
		NULL, NULL, "7", NULL };
	const char *nic = fake_sysfs_add(&nic_device);
	size_t i;

	fake_sysfs_add(&member);
	for (i = 0; i < RTE_DIM(settings); i++) {
		folder = nic;
		assert_true(foresee(settings[i]) < 0);
		assert_foreseen(CHOICE_WOULD_FAIL, "none");
		assert_reason("0000:01:00.1 is bound to snd_hda_intel");
		forget();
	}
}

/* By its own node or by its group's, it is another program's for each backend. */
static void
what_another_program_has_is_not_given_out(void **state __rte_unused)
{
	static const char *const nodes[] = { DEVICE_NODE, GROUP_NODE };
	static const char *const settings[] = { "", "backend=iommufd",
		"backend=type1" };
	const char *nic = fake_sysfs_add(&nic_device);
	size_t i, j;

	for (i = 0; i < RTE_DIM(nodes); i++)
		for (j = 0; j < RTE_DIM(settings); j++) {
			owned_node = nodes[i];
			folder = nic;
			assert_true(foresee(settings[j]) < 0);
			assert_foreseen(CHOICE_WOULD_FAIL, "none");
			assert_reason("held by process 4711, holder");
			forget();
		}
}

static void
reserved_memory_prevents_both(void **state __rte_unused)
{
	static const char *const settings[] = { "", "backend=iommufd",
		"backend=type1" };
	const char *nic = fake_sysfs_add(&nic_device);
	size_t i;

	fake_sysfs_write(fake_sysfs_path("groups/7/reserved_regions"),
		"0x000000007b800000 0x000000007bffffff direct\n");
	for (i = 0; i < RTE_DIM(settings); i++) {
		folder = nic;
		assert_true(foresee(settings[i]) < 0);
		assert_foreseen(CHOICE_WOULD_FAIL, "none");
		assert_reason("0x7b800000-0x7bffffff");
		forget();
	}
}

static void
interrupts_that_are_not_remapped_prevent_both(void **state __rte_unused)
{
	const char *nic = fake_sysfs_add(&nic_device);

	remapping = KERNEL_SWITCH_OFF;
	folder = nic;
	assert_int_equal(foresee(""), -ENXIO);
	assert_foreseen(CHOICE_WOULD_FAIL, "none");
	assert_reason("allow_unsafe_interrupts=1");
	forget();
	unsafe_interrupts = KERNEL_SWITCH_ON;
	folder = nic;
	assert_int_equal(foresee(""), 0);
	assert_foreseen(CHOICE_WOULD_TRY, "iommufd");
}

static void
settings_are_obeyed(void **state __rte_unused)
{
	folder = fake_sysfs_add(&nic_device);
	assert_int_equal(foresee("backend=stock"), -EOPNOTSUPP);
	assert_foreseen(CHOICE_LEFT_TO_STOCK, "stock");
	assert_reason("asked for by the settings");
	forget();
	folder = fake_sysfs_path("devices/0000:01:00.0");
	assert_int_equal(foresee("backend=type1"), 0);
	assert_foreseen(CHOICE_WOULD_TRY, "type1v2");
	assert_reason("asked for by the settings");
	forget();
	folder = fake_sysfs_path("devices/0000:01:00.0");
	assert_int_equal(foresee("backend=noiommu"), -ENXIO);
	assert_foreseen(CHOICE_WOULD_FAIL, "none");
	assert_reason("not a device without an IOMMU");
}

static void
another_iommu_is_left_to_stock(void **state __rte_unused)
{
	mock_answer("open /dev/iommu", -ENOENT);
	mock_answer("container_has_extension", 0);
	assert_int_equal(foresee(""), -EOPNOTSUPP);
	assert_foreseen(CHOICE_LEFT_TO_STOCK, "stock");
	assert_reason("no type1 IOMMU");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_speaks_against_iommufd),
		TEST(a_missing_node_leads_to_type1),
		TEST(no_permission_for_either_is_told_for_both),
		TEST(a_device_of_another_driver_is_not_vfios),
		TEST(a_member_of_the_kernels_prevents_both),
		TEST(what_another_program_has_is_not_given_out),
		TEST(reserved_memory_prevents_both),
		TEST(interrupts_that_are_not_remapped_prevent_both),
		TEST(settings_are_obeyed),
		TEST(another_iommu_is_left_to_stock),
	};

	return RUN_TESTS("foresight", tests);
}
