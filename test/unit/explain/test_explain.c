/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Explanations: for each errno that has a case of its own, cause and remedy are in
 * the sentence; what is looked up (limits, group members, holders of a file) is
 * what is really there.
 *
 * Must not know: who shows them.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "kernel/sysfs_device.h"
#include "explain/explain.h"
#include "fake_sysfs.h"
#include "kernel/node_owner.h"
#include "util/iova_map.h"
#include "rte_iommufd.h"
#include "unit.h"

#ifdef RTE_ARCH_ARM64
#define INTERRUPT_ADDRESSES \
	"reserved by the IOMMU (on arm64 0x8000000-0x80fffff)"
#else
#define INTERRUPT_ADDRESSES \
	"reserved by the IOMMU (on x86 0xfee00000-0xfeefffff)"
#endif

static struct explanation why;

/* One sentence in the caller's buffer, with cause and remedy in it. */
static void
assert_explains(const char *text, const char *cause, const char *remedy)
{
	assert_ptr_equal(text, why.text);
	assert_non_null(memchr(why.text, '\0', sizeof(why.text)));
	assert_null(strchr(text, '\n'));
	assert_contains(text, cause);
	assert_contains(text, remedy);
}

/* Files with these texts are read in the place of the real ones; "": there is none. */
struct text_file {
	const char *path;
	const char *text;
};

/* The text of a file that the kernel has no memory to open. */
static const char no_memory[] = "no memory";

static const struct text_file *text_files; /* the last has no path; or NULL */

/* In the place of libc's. */
FILE *
fopen(const char *path, const char *mode)
{
	static FILE *(*open_file)(const char *path, const char *mode);
	const struct text_file *file;

	if (open_file == NULL)
		*(void **)&open_file = dlsym(RTLD_NEXT, "fopen");
	for (file = text_files; file != NULL && file->path != NULL; file++) {
		if (strcmp(file->path, path) != 0)
			continue;
		errno = file->text == no_memory ? ENOMEM : ENOENT;
		return file->text == no_memory || file->text[0] == '\0'
			? NULL
			: fmemopen((void *)(uintptr_t)file->text,
				  strlen(file->text), "r");
	}
	return open_file(path, mode);
}

static int
setup(void **state)
{
	memset(why.text, '#', sizeof(why.text));
	text_files = NULL;
	return fake_sysfs_setup(state);
}

#define PARAMETER(module) \
	"/sys/module/" module "/parameters/allow_unsafe_interrupts"
#define INTERRUPTS "/proc/interrupts"
#define REMAPPED "  9:  0  IR-IO-APIC    9-fasteoi   acpi\n"
#define REMAPPED_BY_ITS \
	" 12:  0  GICv3 27 Level  arch_timer\n 31:  0  ITS-PCI-MSIX-0000:01:00.0  0 Edge  virtio1\n"
#define NOT_REMAPPED "  9:  0  IO-APIC    9-fasteoi   acpi\n 24: 0 PCI-MSI 1\n"

/* The kernel has no IOMMUFD and no VFIO. */
static const struct text_file no_drivers[] = { { "/sys/class/misc/iommu/dev",
						       "" },
	{ "/sys/class/misc/vfio/dev", "" }, { NULL, "" } };

static void
the_iommu_node_is_explained(void **state __rte_unused)
{
	text_files = no_drivers;
	assert_explains(explain_iommu_node(&why, -ENOENT), "no /dev/iommu",
		"CONFIG_IOMMUFD");
	assert_explains(explain_iommu_node(&why, -EACCES), "no permission",
		"read and write access");
	assert_explains(explain_iommu_node(&why, -EPERM), "no permission",
		"read and write access");
	assert_explains(explain_iommu_node(&why, -ENODEV), "no driver",
		"modprobe iommufd");
	assert_explains(explain_iommu_node(&why, -ENXIO), "no driver",
		"modprobe iommufd");
	assert_explains(explain_iommu_node(&why, -EMFILE), "/dev/iommu",
		"Too many open files");
}

static void
the_container_node_is_explained(void **state __rte_unused)
{
	text_files = no_drivers;
	assert_explains(explain_container_node(&why, -ENOENT),
		"no /dev/vfio/vfio", "modprobe vfio-pci");
	assert_explains(explain_container_node(&why, -EACCES), "no permission",
		"read and write access");
	assert_explains(explain_container_node(&why, -EPERM), "no permission",
		"read and write access");
	assert_explains(explain_container_node(&why, -ENODEV), "no driver",
		"modprobe vfio-pci");
	assert_explains(explain_container_node(&why, -ENXIO), "no driver",
		"modprobe vfio-pci");
	assert_explains(explain_container_node(&why, -EMFILE), "/dev/vfio/vfio",
		"Too many open files");
}

/* In a container the kernel has the driver, and /dev has not the node. */
static void
a_node_that_is_missing_in_dev_alone_is_explained(void **state __rte_unused)
{
	static const struct text_file files[] = { { "/sys/class/misc/iommu/dev",
							  "10:261\n" },
		{ "/sys/class/misc/vfio/dev", "10:196\n" }, { NULL, "" } };

	text_files = files;
	assert_explains(explain_iommu_node(&why, -ENOENT),
		"/dev/iommu is missing, but this kernel has its driver",
		"in a container, pass it in");
	assert_explains(explain_container_node(&why, -ENOENT),
		"/dev/vfio/vfio is missing, but this kernel has its driver",
		"in a container, pass it in");
}

static void
a_device_node_is_explained(void **state __rte_unused)
{
	assert_explains(explain_device_node(&why, "/dev/x", -ENOENT),
		"/dev/x is missing", "container");
	assert_explains(explain_device_node(&why, "/dev/x", -EACCES),
		"no permission to open /dev/x", "read and write access");
	assert_explains(explain_device_node(&why, "/dev/x", -EPERM),
		"no permission to open /dev/x", "read and write access");
	assert_explains(explain_device_node(&why, "/dev/x", -EIO), "/dev/x",
		"Input/output error");
}

/* A group and a node that nobody has. */
static const struct sysfs_device nobodys = {
	.path = "/nowhere/0000:01:00.0",
	.address = "0000:01:00.0",
	.found = { .cdev = "vfio2000000001", .group = 2000000001 },
};

static void
a_group_node_is_explained(void **state __rte_unused)
{
	assert_explains(explain_group_node(&why, &nobodys, -EBUSY),
		"group /dev/vfio/2000000001 is in use by a process that cannot be seen from here",
		"fuser -v /dev/vfio/2000000001");
	assert_null(strstr(why.text, "held by"));
	assert_explains(explain_group_node(&why, &nobodys, -ENOENT),
		"/dev/vfio/2000000001 is missing", "container");
	assert_explains(explain_group_node(&why, &nobodys, -EACCES),
		"no permission", "/dev/vfio/2000000001");
}

/* Where no cause was found, the errno and what was looked at. */
static void
a_refused_bind_is_explained(void **state __rte_unused)
{
	assert_explains(explain_bind(&why, &nobodys, false, -EBUSY),
		"in use (EBUSY)", "fuser -v /dev/vfio/2000000001");
	assert_explains(explain_bind(&why, &nobodys, false, -EINVAL),
		"refuses it (EINVAL); no process was found that has /dev/vfio/devices/vfio2000000001 open, and the firmware reserves nothing",
		"fuser -v /dev/vfio/devices/vfio2000000001");
	assert_null(strstr(why.text, "already opened"));
	assert_explains(explain_bind(&why, &nobodys, true, -EINVAL),
		"Linux before 6.17 takes no VF token there",
		"RTE_IOMMUFD=backend=type1");
	assert_explains(explain_bind(&why, &nobodys, true, -EACCES),
		"refused the VF token", "--vfio-vf-token");
	assert_explains(explain_bind(&why, &nobodys, false, -EACCES),
		"wants a VF token", "--vfio-vf-token");
	assert_explains(explain_bind(&why, &nobodys, false, -EIO), "bind",
		"Input/output error");
}

/* What the kernel refuses a device for whose group nobody has, and with what parameter. */
static const char *
explain_not_permitted(const char *interrupts, const char *parameter)
{
	const struct text_file files[] = { { INTERRUPTS, interrupts },
		{ PARAMETER("iommufd"), parameter },
		{ PARAMETER("vfio_iommu_type1"), "N\n" }, { NULL, "" } };

	text_files = files;
	explain_bind(&why, &nobodys, false, -EPERM);
	text_files = NULL;
	return why.text;
}

static void
interrupts_are_blamed_where_they_are_seen_not_to_be_remapped(
	void **state __rte_unused)
{
	assert_explains(explain_not_permitted(NOT_REMAPPED, "N\n"),
		"this machine does not remap interrupts (/proc/interrupts)",
		"allow_unsafe_interrupts=1 of the module iommufd");
	assert_contains(explain_not_permitted(NOT_REMAPPED, ""),
		"this machine does not remap interrupts");
	assert_explains(
		explain_not_permitted(" 1: 0 GICv3 27 Level timer\n", "N\n"),
		"If this machine does not remap interrupts",
		"allow_unsafe_interrupts=1 of the module iommufd");
	assert_contains(explain_not_permitted("", "N\n"),
		"If this machine does not remap interrupts");
}

static void
interrupts_are_not_blamed_where_they_are_no_cause(void **state __rte_unused)
{
	assert_explains(explain_not_permitted(REMAPPED NOT_REMAPPED, "N\n"),
		"refuses it (EPERM); no process was found that has its IOMMU group, and interrupts are remapped",
		"fuser -v");
	assert_contains(explain_not_permitted(REMAPPED_BY_ITS, "N\n"),
		"and interrupts are remapped");
	assert_explains(explain_not_permitted(NOT_REMAPPED, "Y\n"),
		"interrupts are allowed to be unsafe", "fuser -v");
	assert_null(strstr(why.text, "does not remap"));
}

static void
a_device_without_an_iommu_needs_a_privilege(void **state __rte_unused)
{
	struct sysfs_device place = nobodys;

	place.found.noiommu = true;
	assert_explains(explain_bind(&why, &place, false, -EPERM),
		"without an IOMMU", "CAP_SYS_RAWIO");
	assert_explains(explain_container(&why, &place, -EPERM),
		"without an IOMMU", "CAP_SYS_RAWIO");
	assert_explains(explain_group_device(&why, &place, false, -EPERM),
		"without an IOMMU", "CAP_SYS_RAWIO");
}

/* A device alone in group 41, with that reserved for it. */
static void
make_reserved(struct sysfs_device *place, const char *regions)
{
	const struct fake_device device = { "0000:01:00.0", "vfio-pci", NULL,
		NULL, "41", NULL };

	assert_int_equal(sysfs_device_find(fake_sysfs_add(&device), place), 0);
	fake_sysfs_write(
		fake_sysfs_path("groups/41/reserved_regions"), regions);
}

#define INTERRUPT_REGION "0x00000000fee00000 0x00000000feefffff msi\n"

static void
what_the_firmware_reserves_is_named(void **state __rte_unused)
{
	static const char cause[] =
		"the firmware reserves memory for this device or one of its IOMMU group (0x7b800000-0x7bffffff, 0x100000000-0x1000fffff: type direct in ";
	static const char remedy[] =
		"turn off in the firmware what needs that memory";
	struct sysfs_device place;

	make_reserved(&place,
		"0x000000007b800000 0x000000007bffffff direct\n" INTERRUPT_REGION
		"0x0000000100000000 0x00000001000fffff direct\n");
	assert_explains(
		explain_bind(&why, &place, false, -EINVAL), cause, remedy);
	assert_contains(why.text, "/0000:01:00.0/iommu_group/reserved_regions");
	assert_explains(
		explain_bind(&why, &place, true, -EINVAL), cause, remedy);
	assert_explains(explain_attach(&why, &place, -EINVAL), cause, remedy);
	assert_explains(explain_attach(&why, &place, -EPERM), cause, remedy);
	assert_explains(
		explain_container(&why, &place, -EINVAL), cause, remedy);
	assert_explains(explain_container(&why, &place, -EPERM), cause, remedy);
	explain_bind(&why, &place, false, -EACCES);
	assert_null(strstr(why.text, "firmware"));
}

static void
a_reservation_that_does_no_harm_is_not_blamed(void **state __rte_unused)
{
	struct sysfs_device place;

	make_reserved(&place,
		"0x0000000000000000 0x0000000000ffffff direct-relaxable\n" INTERRUPT_REGION
		"0x000000fd00000000 0x000000ffffffffff reserved\n");
	assert_explains(explain_bind(&why, &place, false, -EINVAL), "(EINVAL)",
		"the firmware reserves nothing");
	assert_explains(explain_attach(&why, &place, -EINVAL), "cannot attach",
		"does not fit");
}

static void
many_reservations_are_named_in_part(void **state __rte_unused)
{
	struct sysfs_device place;
	char regions[32 * 48] = "";
	int i;

	for (i = 0; i < 32; i++)
		strcat(regions,
			"0x7000000000000000 0x70000000000fffff direct\n");
	make_reserved(&place, regions);
	assert_explains(explain_bind(&why, &place, false, -EINVAL),
		"(0x7000000000000000-0x70000000000fffff, ",
		"ask the machine's vendor");
}

static void
a_refused_attach_is_explained(void **state __rte_unused)
{
	assert_explains(explain_attach(&why, &nobodys, -EBUSY), "being reset",
		"try again");
	assert_explains(explain_attach(&why, &nobodys, -EINVAL),
		"cannot attach", "does not fit");
	assert_explains(explain_attach(&why, &nobodys, -EADDRINUSE), "reserved",
		"--base-virtaddr");
	assert_explains(explain_attach(&why, &nobodys, -ENOMEM),
		"out of memory", "cgroup");
	assert_explains(explain_attach(&why, &nobodys, -EPERM), "cannot attach",
		"Operation not permitted");
	assert_explains(explain_attach(&why, &nobodys, -EIO), "cannot attach",
		"Input/output error");
}

static void
who_makes_a_group_not_viable_is_named(void **state __rte_unused)
{
	const struct fake_device device = { "0000:01:00.0", "vfio-pci", NULL,
		NULL, "41", NULL };
	const struct fake_device intruder = { "0000:01:00.7", "nvme", NULL,
		NULL, "41", NULL };
	struct sysfs_device place;

	assert_int_equal(sysfs_device_find(fake_sysfs_add(&device), &place), 0);
	assert_explains(explain_not_viable(&why, &place),
		"IOMMU group 41 cannot be used, its DMA belongs to another owner: no member with a kernel driver and no process",
		"bind all members to vfio-pci");
	fake_sysfs_add(&intruder);
	assert_explains(explain_not_viable(&why, &place),
		"IOMMU group 41 cannot be used, its member 0000:01:00.7 is bound to nvme",
		"dpdk-devbind.py -b vfio-pci 0000:01:00.7");
}

static void
a_refused_container_is_explained(void **state __rte_unused)
{
	const struct text_file files[] = { { INTERRUPTS, NOT_REMAPPED },
		{ PARAMETER("iommufd"), "Y\n" },
		{ PARAMETER("vfio_iommu_type1"), "N\n" }, { NULL, "" } };

	text_files = files;
	assert_explains(explain_container(&why, &nobodys, -EPERM),
		"does not remap interrupts",
		"allow_unsafe_interrupts=1 of the module vfio_iommu_type1");
	text_files = NULL;
	assert_explains(explain_container(&why, &nobodys, -EBUSY), "(EBUSY)",
		"in another one already, or the kernel uses it");
	assert_explains(explain_container(&why, &nobodys, -EINVAL), "container",
		"Invalid argument");
	assert_explains(explain_container(&why, &nobodys, -EIO), "container",
		"Input/output error");
}

static void
a_device_that_its_group_keeps_is_explained(void **state __rte_unused)
{
	assert_explains(explain_group_device(&why, &nobodys, true, -EACCES),
		"refused the VF token", "--vfio-vf-token");
	assert_explains(explain_group_device(&why, &nobodys, true, -EINVAL),
		"refused the VF token", "--vfio-vf-token");
	assert_explains(explain_group_device(&why, &nobodys, false, -EPERM),
		"Operation not permitted", "--vfio-vf-token");
	assert_explains(explain_group_device(&why, &nobodys, false, -EACCES),
		"Permission denied", "a VF may need --vfio-vf-token");
	assert_explains(explain_group_device(&why, &nobodys, false, -EINVAL),
		"Invalid argument", "a VF may need --vfio-vf-token");
	assert_explains(explain_group_device(&why, &nobodys, false, -EBUSY),
		"does not give the device out", "busy");
	explain_group_device(&why, &nobodys, true, -EIO);
	assert_null(strstr(why.text, "may need"));
}

static enum memory_charge charge;

static const char *
explain_map_error(int err)
{
	const struct mapping run = {
		.iova = 0x40000000,
		.length = 0x200000,
		.va = 0x7f0000000000,
	};

	return explain_map(&why, &run, NULL, 0, charge, err);
}

static void
a_refused_map_is_explained(void **state __rte_unused)
{
	static const char interval[] = "cannot map 0x40000000-0x401fffff";

	assert_explains(explain_map_error(-EEXIST), interval, "already");
	assert_explains(
		explain_map_error(-EFAULT), interval, "at 0x7f0000000000");
	assert_explains(explain_map_error(-EINVAL), interval, "reserved");
	assert_explains(
		explain_map_error(-EINVAL), interval, "--base-virtaddr");
	assert_explains(
		explain_map_error(-EINVAL), interval, INTERRUPT_ADDRESSES);
	assert_explains(explain_map_error(-EADDRINUSE), interval,
		"this library has not mapped");
	assert_explains(explain_map_error(-ENOENT),
		"cannot copy 0x40000000-0x401fffff",
		"another thread has unmapped it");
	assert_explains(
		explain_map_error(-EPERM), interval, "may not be written");
	assert_explains(explain_map_error(-ENOTTY), interval,
		"leave out map=file of RTE_IOMMUFD");
	assert_explains(
		explain_map_error(-ENOSPC), interval, "dma_entry_limit");
	assert_explains(
		explain_map_error(-EIO), interval, "Input/output error");
}

/* An IOMMU of 39 bits, as many a desktop's. */
static const struct rte_iommufd_range ranges39[] = {
	{ 0, 0xfedfffff },
	{ 0xfef00000, 0x7fffffffff },
};

static const char *
explain_address(uint64_t iova, uint64_t length,
	const struct rte_iommufd_range *ranges, unsigned int count)
{
	const struct mapping run = { .iova = iova, .length = length };

	return explain_map(
		&why, &run, ranges, count, MEMORY_NOT_CHARGED, -EINVAL);
}

static void
an_address_out_of_reach_is_explained(void **state __rte_unused)
{
	static const struct rte_iommufd_range wide[] = {
		{ 0, (UINT64_C(1) << 48) - 1 },
	};

	assert_explains(explain_address(0x7f0000000000, 0x200000, ranges39, 2),
		"cannot map 0x7f0000000000-0x7f00001fffff: the IOMMU of an attached device reaches only up to 0x7fffffffff (39 bits)",
		"--base-virtaddr=0x100000000");
	assert_contains(why.text, "--iova-mode=pa");
	/* The last page within reach, and the first one that is not. */
	assert_explains(explain_address(0x7ffffff000, 0x1000, ranges39, 2),
		"reserved by the IOMMU", "choose other addresses");
	assert_explains(explain_address(0x7ffffff000, 0x1001, ranges39, 2),
		"0x7ffffff000-0x8000000000: ", "(39 bits)");
	assert_explains(explain_address(UINT64_C(1) << 48, 0x1000, wide, 1),
		"reaches only up to 0xffffffffffff", "(48 bits)");
}

static void
a_reserved_address_is_explained_by_the_others(void **state __rte_unused)
{
	assert_explains(explain_address(0xfee00000, 0x1000, ranges39, 2),
		"cannot map 0xfee00000-0xfee00fff: not in whole pages, or reserved",
		"what can be mapped is 0-0xfedfffff, 0xfef00000-0x7fffffffff: choose other addresses");
	assert_null(strstr(why.text, "on x86"));
}

/* As many as there is room for, and a sentence none the less. */
static void
many_ranges_are_listed_in_part(void **state __rte_unused)
{
	struct rte_iommufd_range ranges[32];
	size_t i;

	for (i = 0; i < RTE_DIM(ranges); i++) {
		ranges[i].first = 0x7000000000000000 + i * 0x100000;
		ranges[i].last = ranges[i].first + 0xffff;
	}
	assert_explains(explain_address(0x1000, 0x1000, ranges, 32),
		"0x7000000000000000-0x700000000000ffff, 0x7000000000100000-",
		": choose other addresses (--base-virtaddr for EAL's memory)");
}

static void
a_region_that_is_not_given_out_is_explained(void **state __rte_unused)
{
	assert_explains(explain_region(&why, 2, 0x1000, 0x2000, -ENOTTY),
		"this kernel does not give out", "Linux 6.19");
	assert_explains(explain_region(&why, 2, 0x1000, 0x2000, -EOPNOTSUPP),
		"region 2 cannot be given out", "no way between devices");
	assert_explains(explain_region(&why, 2, 0x1000, 0x2000, -ENODEV),
		"region 2 cannot be given out", "being reset");
	assert_explains(explain_region(&why, 2, 0x1000, 0x2000, -EINVAL),
		"region 2 has no 0x1000 + 0x2000",
		"VFIO_DEVICE_GET_REGION_INFO");
	assert_explains(explain_region(&why, 2, 0x1000, 0x2000, -EMFILE),
		"region 2 cannot be given out", "Too many open files");
}

static rlim_t locked_memory;

/* In the place of libc's, for the code under test. */
int
getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	assert_int_equal(resource, RLIMIT_MEMLOCK);
	limit->rlim_cur = locked_memory;
	limit->rlim_max = RLIM_INFINITY;
	return 0;
}

#define STATUS "/proc/self/status"
#define CGROUP "/proc/self/cgroup"
#define MEMINFO "/proc/meminfo"
#define OF_CGROUP(name) "/sys/fs/cgroup/" name
/* Without CAP_IPC_LOCK, which is bit 14, and with it alone. */
#define ORDINARY "CapEff:\t000001ffffffbfff\n"
#define PRIVILEGED "CapEff:\t0000000000004000\n"
#define AVAILABLE "MemTotal: 2000 kB\nMemAvailable:    1234 kB\n"

static const char *
explain_with(const struct text_file *files)
{
	text_files = files;
	explain_map_error(-ENOMEM);
	text_files = NULL;
	assert_true(strlen(why.text) < sizeof(why.text) - 1);
	return why.text;
}

static void
the_limit_on_locked_memory_is_told(void **state __rte_unused)
{
	const struct text_file files[] = { { STATUS, ORDINARY }, { NULL, "" } };

	charge = MEMORY_CHARGED_TO_USER;
	locked_memory = 24 << 10;
	assert_explains(explain_with(files),
		"cannot pin 2048 KiB for DMA: the limit on locked memory is 24 KiB",
		"ulimit -l");
	assert_contains(why.text,
		"0 KiB are charged against it already (VmPin of this process)");
	assert_contains(why.text, "raise it to at least 2048 ");
	assert_contains(why.text, "LimitMEMLOCK=");
	assert_contains(why.text, "CAP_IPC_LOCK");
	assert_null(strstr(why.text, "other programs"));
}

/* IOMMUFD's charge is seen as VmPin, a container's as VmLck. */
static void
what_is_charged_already_counts(void **state __rte_unused)
{
	const struct text_file files[] = {
		{ STATUS,
			"VmPeak:\t     100 kB\nVmLck:\t    6500 kB\nVmPin:\t    7000 kB\nVmHWM:\t 1 kB\n" ORDINARY },
		{ NULL, "" }
	};

	locked_memory = 8192 << 10;
	charge = MEMORY_CHARGED_TO_USER;
	assert_explains(explain_with(files),
		"cannot pin 2048 KiB for DMA: the limit on locked memory is 8192 KiB, and 7000 KiB are charged against it already (VmPin of this process)",
		"raise it to at least 9048 ");
	charge = MEMORY_CHARGED_TO_PROCESS;
	assert_explains(explain_with(files),
		"6500 KiB are charged against it already (VmLck of this process)",
		"raise it to at least 8548 ");
}

/* One KiB makes the difference between a proven cause and none. */
static void
a_limit_with_room_is_not_blamed(void **state __rte_unused)
{
	const struct text_file full[] = {
		{ STATUS, "VmLck:\t 6145 kB\nVmPin:\t 6145 kB\n" ORDINARY },
		{ CGROUP, "" }, { MEMINFO, AVAILABLE }, { NULL, "" }
	};
	const struct text_file fits[] = {
		{ STATUS, "VmLck:\t 6144 kB\nVmPin:\t 6144 kB\n" ORDINARY },
		{ CGROUP, "" }, { MEMINFO, AVAILABLE }, { NULL, "" }
	};

	locked_memory = 8192 << 10;
	charge = MEMORY_CHARGED_TO_PROCESS;
	assert_contains(explain_with(full), "raise it to at least 8193 ");
	assert_explains(explain_with(fits),
		"cannot pin 2048 KiB for DMA: out of memory (ENOMEM). Looked at: the limit on locked memory, 8192 KiB, has room for it (6144 KiB are charged: VmLck of this process); the machine has 1234 KiB available",
		"");
	assert_null(strstr(why.text, "raise"));
	charge = MEMORY_CHARGED_TO_USER;
	assert_contains(explain_with(full), "raise it to at least 8193 ");
	assert_explains(explain_with(fits),
		"(6144 KiB are charged: VmPin of this process), unless programs of this user that cannot be seen use it up; the machine",
		"");
}

/* What is copied from another space is pinned and charged already. */
static void
the_limit_is_not_blamed_for_a_copy(void **state __rte_unused)
{
	const struct text_file files[] = { { STATUS, ORDINARY }, { CGROUP, "" },
		{ MEMINFO, AVAILABLE }, { NULL, "" } };

	locked_memory = 24 << 10;
	charge = MEMORY_NOT_CHARGED;
	assert_explains(explain_with(files),
		"out of memory (ENOMEM). Looked at: no limit on locked memory applies; the machine has 1234 KiB available",
		"");
}

/* Who has the capability is not limited, whatever ulimit says. */
static void
the_limit_is_not_blamed_on_who_has_none(void **state __rte_unused)
{
	const struct text_file files[] = { { STATUS, PRIVILEGED },
		{ CGROUP, "" }, { NULL, "" } };

	charge = MEMORY_CHARGED_TO_USER;
	locked_memory = 24 << 10;
	assert_explains(explain_with(files),
		"cannot pin 2048 KiB for DMA: out of memory (ENOMEM)",
		"no limit on locked memory applies");
	assert_null(strstr(why.text, "ulimit"));
	locked_memory = RLIM_INFINITY;
	assert_contains(explain_with(files), "no limit on locked memory");
}

/* Nothing that could not be read is told as if it were 0. */
static void
no_memory_to_look_is_said(void **state __rte_unused)
{
	const struct text_file own[] = { { STATUS, no_memory }, { CGROUP, "" },
		{ MEMINFO, AVAILABLE }, { NULL, "" } };
	const struct text_file cgroup[] = { { STATUS, ORDINARY },
		{ CGROUP, no_memory }, { MEMINFO, AVAILABLE }, { NULL, "" } };

	charge = MEMORY_CHARGED_TO_PROCESS;
	locked_memory = 8192 << 10;
	assert_explains(explain_with(own),
		"cannot pin 2048 KiB for DMA: out of memory (ENOMEM), also for a look at limits and charges",
		"MemoryMax=");
	assert_null(strstr(why.text, "0 KiB are charged"));
	assert_explains(explain_with(cgroup), "also for a look", "MemoryMax=");
	locked_memory = 24 << 10;
	assert_null(strstr(explain_with(own), "raise"));
}

static void
the_fullest_cgroup_with_a_limit_is_named(void **state __rte_unused)
{
	const struct text_file files[] = { { STATUS, PRIVILEGED },
		{ CGROUP, "1:name=systemd:/other\n0::/pods/ours/inner\n" },
		{ OF_CGROUP("pods/ours/inner/memory.max"), "max\n" },
		{ OF_CGROUP("pods/ours/memory.max"), "1048576\n" },
		{ OF_CGROUP("pods/ours/memory.current"), "1040384\n" },
		{ OF_CGROUP("pods/memory.max"), "2097152\n" },
		{ OF_CGROUP("pods/memory.current"), "2093056\n" },
		{ NULL, "" } };

	charge = MEMORY_CHARGED_TO_USER;
	locked_memory = RLIM_INFINITY;
	assert_explains(explain_with(files), "cannot pin 2048 KiB for DMA",
		"the memory cgroup /pods, where I/O page tables count, uses 2044 of 2048 KiB");
	assert_contains(why.text, "MemoryMax=");
}

/* A process with a name and the file open, until it is killed. */
static pid_t
start_holder(const char *path)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "the-holder");
		if (open(path, O_RDONLY) < 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void
stop_holder(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* IOMMUFD counts all processes of the user, except those that have no limit. */
static void
what_other_programs_of_the_user_have_pinned_counts(void **state __rte_unused)
{
	static const char own[] = "Uid:\t4000000\t0\t0\t0\n"
				  "VmPin:\t 1000 kB\n" ORDINARY;
	static const char others[] = "Uid:\t4000000\t1\t1\t1\n"
				     "VmPin:\t 6000 kB\n" ORDINARY;
	char path[64];
	struct text_file files[] = { { STATUS, own }, { path, others },
		{ CGROUP, "" }, { NULL, "" } };
	pid_t pid;

	if (access("/proc/self/fd", F_OK) != 0)
		skip();
	pid = start_holder("/dev/null");
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	locked_memory = 8192 << 10;
	charge = MEMORY_CHARGED_TO_USER;
	assert_explains(explain_with(files),
		"1000 KiB are charged against it already (VmPin of this process, and 6000 KiB more of other programs of this user)",
		"raise it to at least 9048 ");
	charge = MEMORY_CHARGED_TO_PROCESS;
	assert_contains(explain_with(files), "out of memory");
	charge = MEMORY_CHARGED_TO_USER;
	files[1].text = "Uid:\t4000000\t1\t1\t1\n"
			"VmPin:\t 6000 kB\n" PRIVILEGED;
	assert_contains(explain_with(files), "out of memory");
	files[1].text = "Uid:\t4000001\t4000000\t1\t1\n"
			"VmPin:\t 6000 kB\n" ORDINARY;
	assert_contains(explain_with(files), "out of memory");
	stop_holder(pid);
}

static void
who_holds_a_file_is_found(void **state __rte_unused)
{
	struct node_owner owner;
	char path[PATH_MAX];
	pid_t pid;

	if (access("/proc/self/fd", F_OK) != 0)
		skip();
	fake_sysfs_write(fake_sysfs_path("node"), "");
	assert_non_null(realpath(fake_sysfs_path("node"), path));
	pid = start_holder(path);
	assert_true(node_owner_find(path, &owner));
	stop_holder(pid);
	assert_int_equal(owner.pid, pid);
	assert_false(owner.is_self);
	assert_string_equal(owner.program, "the-holder");
	assert_false(node_owner_find(path, &owner));
}

static void
this_process_is_a_holder_of_its_own_kind(void **state __rte_unused)
{
	struct node_owner owner;
	char path[PATH_MAX];
	int fd;

	if (access("/proc/self/fd", F_OK) != 0)
		skip();
	fake_sysfs_write(fake_sysfs_path("node"), "");
	assert_non_null(realpath(fake_sysfs_path("node"), path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(node_owner_find(path, &owner));
	close(fd);
	assert_true(owner.is_self);
	assert_int_equal(owner.pid, getpid());
	assert_int_equal(owner.fd, fd);
	assert_false(node_owner_find(path, &owner));
}

/* In the place of node_owner.c's for the sentences: a node that a test says is open. */
static const char *owned_node;
static struct node_owner owner_of_node;

extern bool __real_node_owner_find(const char *node, struct node_owner *owner);
extern bool __wrap_node_owner_find(const char *node, struct node_owner *owner);

bool
__wrap_node_owner_find(const char *node, struct node_owner *owner)
{
	if (owned_node == NULL)
		return __real_node_owner_find(node, owner);
	*owner = owner_of_node;
	return strcmp(node, owned_node) == 0;
}

static const struct node_owner other_process = {
	.pid = 77, .fd = 3, .program = "the-other"
};
static const struct node_owner this_process = {
	.pid = 78, .is_self = true, .fd = 9, .program = "this"
};

/* Each sentence about an owner, as the test says who it is. */
static void
assert_owner_is_named(const char *who, const char *remedy)
{
	const struct fake_device devices[] = {
		{ "0000:01:00.0", "vfio-pci", "vfio8", "511:8", "41", NULL },
		{ "0000:01:00.1", "vfio-pci", "vfio9", "511:9", "41", NULL },
	};
	struct sysfs_device place;

	assert_int_equal(
		sysfs_device_find(fake_sysfs_add(&devices[0]), &place), 0);
	fake_sysfs_add(&devices[1]);
	owned_node = "/dev/vfio/devices/vfio8";
	assert_explains(
		explain_bind(&why, &place, false, -EINVAL), who, remedy);
	assert_contains(why.text, "already opened");
	assert_explains(
		explain_group_device(&why, &place, false, -EBUSY), who, remedy);
	assert_contains(why.text, "already opened through /dev/vfio/devices");
	owned_node = "/dev/vfio/devices/vfio9";
	assert_explains(explain_bind(&why, &place, false, -EPERM), who, remedy);
	assert_contains(why.text, "0000:01:00.1 of the same IOMMU group");
	assert_explains(explain_not_viable(&why, &place), who, remedy);
	assert_contains(why.text, "0000:01:00.1 of the same IOMMU group");
	assert_explains(explain_group_node(&why, &place, -EBUSY), who, remedy);
	assert_contains(why.text, "0000:01:00.1 of the same IOMMU group");
	assert_explains(explain_container(&why, &place, -EPERM), who, remedy);
	owned_node = "/dev/vfio/41";
	assert_explains(explain_bind(&why, &place, false, -EBUSY), who, remedy);
	assert_contains(why.text, "in use through /dev/vfio/41");
	assert_explains(explain_group_node(&why, &place, -EBUSY), who, remedy);
	owned_node = NULL;
}

static void
another_process_is_to_be_ended(void **state __rte_unused)
{
	owner_of_node = other_process;
	assert_owner_is_named(
		"(held by process 77, the-other)", "end that program first");
}

static void
this_process_is_not_to_be_ended(void **state __rte_unused)
{
	owner_of_node = this_process;
	assert_owner_is_named(
		"(held by this process itself, by its file descriptor 9)",
		"close it there first; a device that this library has opened is found by rte_iommufd_device_lookup()");
	assert_null(strstr(why.text, "end "));
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, fake_sysfs_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_iommu_node_is_explained),
		TEST(the_container_node_is_explained),
		TEST(a_node_that_is_missing_in_dev_alone_is_explained),
		TEST(a_device_node_is_explained),
		TEST(a_group_node_is_explained),
		TEST(a_refused_bind_is_explained),
		TEST(interrupts_are_blamed_where_they_are_seen_not_to_be_remapped),
		TEST(interrupts_are_not_blamed_where_they_are_no_cause),
		TEST(a_device_without_an_iommu_needs_a_privilege),
		TEST(what_the_firmware_reserves_is_named),
		TEST(a_reservation_that_does_no_harm_is_not_blamed),
		TEST(many_reservations_are_named_in_part),
		TEST(a_refused_attach_is_explained),
		TEST(who_makes_a_group_not_viable_is_named),
		TEST(a_refused_container_is_explained),
		TEST(a_device_that_its_group_keeps_is_explained),
		TEST(a_refused_map_is_explained),
		TEST(an_address_out_of_reach_is_explained),
		TEST(a_reserved_address_is_explained_by_the_others),
		TEST(many_ranges_are_listed_in_part),
		TEST(a_region_that_is_not_given_out_is_explained),
		TEST(the_limit_on_locked_memory_is_told),
		TEST(what_is_charged_already_counts),
		TEST(what_other_programs_of_the_user_have_pinned_counts),
		TEST(a_limit_with_room_is_not_blamed),
		TEST(the_limit_is_not_blamed_for_a_copy),
		TEST(the_limit_is_not_blamed_on_who_has_none),
		TEST(no_memory_to_look_is_said),
		TEST(the_fullest_cgroup_with_a_limit_is_named),
		TEST(who_holds_a_file_is_found),
		TEST(this_process_is_a_holder_of_its_own_kind),
		TEST(another_process_is_to_be_ended),
		TEST(this_process_is_not_to_be_ended),
	};

	return RUN_TESTS("explain", tests);
}
