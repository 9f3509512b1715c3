/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What the doctor of dpdk-iommufd-info says of machines that are made up: each cause by its
 * name, and its commands word by word.
 *
 * Must not know: how the facts are found.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pci_devices.h"
#include "doctor.h"
#include "host.h"
#include "unit.h"
#include "user.h"

static struct host host;
static struct device device;
static struct user user;
static struct diagnosis diagnosis;

static void
set_node(struct node_access *node, const char *path, enum node_state state)
{
	snprintf(node->path, sizeof(node->path), "%s", path);
	node->state = state;
	node->mode = 0600;
	strcpy(node->owner, "root");
	strcpy(node->group, "root");
}

/* A machine and a device on vfio-pci, which an ordinary user may use. */
static int
setup(void **state __rte_unused)
{
	host = (struct host){
		.unit_count = 1,
		.has_iommufd = true,
		.has_vfio = true,
		.has_devbind = true,
		.remaps_interrupts = KERNEL_SWITCH_ON,
		.iommufd_unsafe_interrupts = KERNEL_SWITCH_OFF,
		.type1_unsafe_interrupts = KERNEL_SWITCH_OFF,
		.limits_are_of_user = true,
		.limits = { .locked_kib = 1 << 21 },
		.pools = { { 0, 2048, 512, 512 } },
		.pool_count = 1,
		.mount_count = 1,
		.plugin = { .folder = "/pmds", .state = PLUGIN_LOADS },
	};
	set_node(&host.iommu_node, "/dev/iommu", NODE_ACCESSIBLE);
	set_node(&host.container_node, "/dev/vfio/vfio", NODE_ACCESSIBLE);
	strcpy(host.mounts[0].mount.path, "/dev/hugepages");
	set_node(&host.mounts[0].access, "/dev/hugepages", NODE_ACCESSIBLE);
	device = (struct device){
		.place = { .address = "0000:01:00.0",
			.found = { .driver = "vfio-pci",
				.cdev = "vfio0",
				.group = 7 } },
		.class = 0x020000,
		.start = { CHOICE_WOULD_TRY, "iommufd", { "it has it" } },
	};
	set_node(&device.cdev, "/dev/vfio/devices/vfio0", NODE_ACCESSIBLE);
	set_node(&device.group_node, "/dev/vfio/7", NODE_ACCESSIBLE);
	user = (struct user){ "packet", getuid(), 4242, "packets", true, false,
		true };
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	doctor_forget(&diagnosis);
	return 0;
}

/* The one thing that is found, and its commands; the list ends with NULL. */
static void __attribute__((sentinel))
assert_found(enum finding finding, ...)
{
	const char *command;
	va_list commands;
	unsigned int i = 0;
	int other;

	doctor_forget(&diagnosis);
	doctor_examine(&host, &device, &user, &diagnosis);
	for (other = 0; other < FINDINGS; other++)
		assert_int_equal(diagnosis.found[other], other == (int)finding);
	assert_false(doctor_found_nothing(&diagnosis));
	va_start(commands, finding);
	while ((command = va_arg(commands, const char *)) != NULL) {
		assert_true(i < diagnosis.commands.count);
		assert_string_equal(diagnosis.commands.items[i++], command);
	}
	va_end(commands);
	assert_int_equal(diagnosis.commands.count, i);
}

static void
nothing_may_be_found(void **state __rte_unused)
{
	doctor_examine(&host, &device, &user, &diagnosis);
	assert_true(doctor_found_nothing(&diagnosis));
	assert_int_equal(diagnosis.commands.count, 0);
	assert_int_equal(diagnosis.hints.count, 0);
}

static void
a_device_without_a_driver_is_bound(void **state __rte_unused)
{
	device.place.found.driver[0] = '\0';
	device.start.verdict = CHOICE_NOT_OF_VFIO;
	assert_found(FINDING_UNBOUND, "modprobe vfio-pci",
		"dpdk-devbind.py -b vfio-pci 0000:01:00.0", NULL);
	/* Its node will be root's. */
	assert_contains(diagnosis.hints.items[0], "run this again");
}

static void
a_device_of_another_driver_is_bound_anew(void **state __rte_unused)
{
	strcpy(device.place.found.driver, "e1000e");
	device.start.verdict = CHOICE_NOT_OF_VFIO;
	strcpy(device.interfaces[0], "eth7");
	device.interface_count = 1;
	device.interface_is_up = true;
	assert_found(FINDING_WRONG_DRIVER, "modprobe vfio-pci",
		"dpdk-devbind.py -b vfio-pci 0000:01:00.0", NULL);
	assert_contains(diagnosis.sentences.items[0], "eth7");
	assert_contains(diagnosis.sentences.items[0], "It is up now");
	/* dpdk-devbind.py does not know all kinds, and is not everywhere. */
	host.has_devbind = false;
	assert_found(FINDING_WRONG_DRIVER, "modprobe vfio-pci",
		"echo vfio-pci >/sys/bus/pci/devices/0000:01:00.0/driver_override",
		"echo 0000:01:00.0 >/sys/bus/pci/devices/0000:01:00.0/driver/unbind",
		"echo 0000:01:00.0 >/sys/bus/pci/drivers_probe", NULL);
	host.has_devbind = true;
	device.class = 0x108000;
	assert_found(FINDING_WRONG_DRIVER, "modprobe vfio-pci",
		"echo vfio-pci >/sys/bus/pci/devices/0000:01:00.0/driver_override",
		"echo 0000:01:00.0 >/sys/bus/pci/devices/0000:01:00.0/driver/unbind",
		"echo 0000:01:00.0 >/sys/bus/pci/drivers_probe", NULL);
}

static void
a_device_that_works_with_its_driver_keeps_it(void **state __rte_unused)
{
	strcpy(device.place.found.driver, "mlx5_core");
	device.start.verdict = CHOICE_NOT_OF_VFIO;
	doctor_examine(&host, &device, &user, &diagnosis);
	assert_true(doctor_found_nothing(&diagnosis));
	assert_contains(diagnosis.hints.items[0], "nothing to bind");
}

static void
a_member_of_the_group_is_bound(void **state __rte_unused)
{
	device.member_count = 2;
	device.members[0].place = device.place;
	strcpy(device.members[1].place.address, "0000:01:00.1");
	strcpy(device.members[1].place.found.driver, "e1000e");
	device.members[1].class = 0x020000;
	device.members[1].is_intruder = true;
	device.start.verdict = CHOICE_WOULD_FAIL;
	assert_found(FINDING_GROUP_MEMBER,
		"dpdk-devbind.py -b vfio-pci 0000:01:00.1", NULL);
}

static void
a_user_gets_the_nodes_by_a_group(void **state __rte_unused)
{
	host.iommu_node.state = NODE_DENIED;
	device.cdev.state = NODE_DENIED;
	device.start.verdict = CHOICE_WOULD_FAIL;
	assert_found(FINDING_PERMISSION, "chgrp packets /dev/iommu",
		"chmod g+rw /dev/iommu",
		"chgrp packets /dev/vfio/devices/vfio0",
		"chmod g+rw /dev/vfio/devices/vfio0", NULL);
	/* A group that has it already is not taken from the others. */
	host.iommu_node.state = NODE_ACCESSIBLE;
	device.cdev.mode = 0660;
	strcpy(device.cdev.group, "dpdk");
	assert_found(FINDING_PERMISSION, "usermod -aG dpdk packet", NULL);
}

static void
without_iommufd_the_groups_nodes_count(void **state __rte_unused)
{
	host.has_iommufd = false;
	host.iommu_node.state = NODE_MISSING;
	device.cdev.path[0] = '\0';
	device.group_node.state = NODE_DENIED;
	assert_found(FINDING_PERMISSION, "chgrp packets /dev/vfio/7",
		"chmod g+rw /dev/vfio/7", NULL);
}

static void
a_small_limit_is_raised(void **state __rte_unused)
{
	char prlimit[128];

	/* 512 pages of 2 MiB, and 64 MiB. */
	snprintf(prlimit, sizeof(prlimit),
		"prlimit --pid %d --memlock=1140850688:1140850688", getppid());
	host.limits.locked_kib = 8192;
	assert_found(FINDING_MEMLOCK, prlimit,
		"echo 'packet - memlock 1114112' >>/etc/security/limits.d/dpdk-packet.conf",
		NULL);
	/* Not the shell of the user, and none that can log in. */
	user.uid++;
	user.is_known = false;
	assert_found(FINDING_MEMLOCK, NULL);
	host.limits.unlimited = true;
	doctor_forget(&diagnosis);
	doctor_examine(&host, &device, &user, &diagnosis);
	assert_true(doctor_found_nothing(&diagnosis));
	/* Root cannot see what a user gets. */
	host.limits.unlimited = false;
	host.limits_are_of_user = false;
	doctor_forget(&diagnosis);
	doctor_examine(&host, &device, &user, &diagnosis);
	assert_true(doctor_found_nothing(&diagnosis));
}

static void
hugepages_are_reserved_and_mounted(void **state __rte_unused)
{
	host.pools[0].total = host.pools[0].free = 0;
	host.mount_count = 0;
	assert_found(FINDING_NO_HUGEPAGES,
		"echo 512 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
		"mkdir -p /dev/hugepages",
		"mount -t hugetlbfs hugetlbfs /dev/hugepages", NULL);
}

static void
one_of_several_mounts_is_enough(void **state __rte_unused)
{
	host.mounts[0].access.state = NODE_DENIED;
	host.mounts[0].access.mode = 0755;
	assert_found(FINDING_PERMISSION, "chgrp packets /dev/hugepages",
		"chmod g+rwx /dev/hugepages", NULL);
	host.mounts[1] = host.mounts[0];
	host.mounts[1].access.state = NODE_ACCESSIBLE;
	host.mount_count = 2;
	doctor_forget(&diagnosis);
	doctor_examine(&host, &device, &user, &diagnosis);
	assert_true(doctor_found_nothing(&diagnosis));
}

static void
what_takes_safety_away_is_no_command(void **state __rte_unused)
{
	host.remaps_interrupts = KERNEL_SWITCH_OFF;
	device.start.verdict = CHOICE_WOULD_FAIL;
	assert_found(FINDING_UNSAFE_INTERRUPTS, NULL);
	assert_contains(
		diagnosis.sentences.items[0], "allow_unsafe_interrupts=1");
	host.remaps_interrupts = KERNEL_SWITCH_ON;
	host.unit_count = 0;
	device.place.found.group = -1;
	device.place.found.driver[0] = '\0';
	device.start.verdict = CHOICE_NOT_OF_VFIO;
	assert_found(FINDING_NO_IOMMU, NULL);
}

static void
an_existing_grub_file_is_not_overwritten(void **state __rte_unused)
{
	host.unit_count = 0;
	host.firmware_table = "DMAR";
	device.place.found.group = -1;
	device.start.verdict = CHOICE_NOT_OF_VFIO;
	assert_found(FINDING_NO_IOMMU, "mkdir -p /etc/default/grub.d",
		"echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX intel_iommu=on\"' >>/etc/default/grub.d/dpdk-iommufd.cfg",
		"update-grub", "reboot", NULL);
}

static void
a_holder_and_reserved_memory_are_named(void **state __rte_unused)
{
	device.start.verdict = CHOICE_WOULD_FAIL;
	device.is_held = true;
	device.holder.pid = 4711;
	strcpy(device.holder.program, "dpdk-testpmd");
	strcpy(device.held_by_node, "/dev/vfio/7");
	assert_found(FINDING_IN_USE, NULL);
	assert_contains(diagnosis.sentences.items[0], "4711 (dpdk-testpmd)");
	device.is_held = false;
	device.regions[0] = (struct reserved_region){ 0x1000, 0x1fff,
		"direct" };
	device.region_count = 1;
	assert_found(FINDING_RESERVED_MEMORY, NULL);
	assert_contains(diagnosis.sentences.items[0], "0x1000-0x1fff");
}

static void
a_broken_plugin_is_taken_out(void **state __rte_unused)
{
	host.plugin.state = PLUGIN_BROKEN;
	strcpy(host.plugin.path, "/pmds/librte_bus_pci_iommufd.so");
	strcpy(host.plugin.error, "no such file");
	assert_found(
		FINDING_PLUGIN, "rm /pmds/librte_bus_pci_iommufd.so", NULL);
	assert_contains(diagnosis.sentences.items[0], "no such file");
}

/* What no one else has found, the library has said. */
static void
the_librarys_own_sentence_is_the_last_resort(void **state __rte_unused)
{
	device.start.verdict = CHOICE_WOULD_FAIL;
	strcpy(device.start.reason.text, "a cause of another kind");
	assert_found(FINDING_OTHER, NULL);
	assert_string_equal(
		diagnosis.sentences.items[0], "a cause of another kind");
}

/* 2^32 would be root's number if its upper half were lost. */
static void
a_number_that_is_no_users_is_refused(void **state __rte_unused)
{
	struct user found;

	assert_int_equal(user_find("4294967296", &found), -ENOENT);
	assert_int_equal(user_find("4294967295", &found), -ENOENT);
	assert_int_equal(user_find("99999999999999999999", &found), -ENOENT);
	assert_int_equal(user_find("12x", &found), -ENOENT);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_may_be_found),
		TEST(a_device_without_a_driver_is_bound),
		TEST(a_device_of_another_driver_is_bound_anew),
		TEST(a_device_that_works_with_its_driver_keeps_it),
		TEST(a_member_of_the_group_is_bound),
		TEST(a_user_gets_the_nodes_by_a_group),
		TEST(without_iommufd_the_groups_nodes_count),
		TEST(a_small_limit_is_raised),
		TEST(hugepages_are_reserved_and_mounted),
		TEST(one_of_several_mounts_is_enough),
		TEST(what_takes_safety_away_is_no_command),
		TEST(an_existing_grub_file_is_not_overwritten),
		TEST(a_holder_and_reserved_memory_are_named),
		TEST(a_broken_plugin_is_taken_out),
		TEST(the_librarys_own_sentence_is_the_last_resort),
		TEST(a_number_that_is_no_users_is_refused),
	};

	return RUN_TESTS("info_doctor", tests);
}
