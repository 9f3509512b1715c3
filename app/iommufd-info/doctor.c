/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What is wrong, and what to do about it; see doctor.h. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "pci_devices.h"
#include "doctor.h"
#include "host.h"
#include "user.h"

const char *const doctor_finding_names[FINDINGS] = {
	[FINDING_NO_IOMMU] = "no-iommu",
	[FINDING_UNBOUND] = "unbound",
	[FINDING_WRONG_DRIVER] = "wrong-driver",
	[FINDING_GROUP_MEMBER] = "group-member",
	[FINDING_IN_USE] = "in-use",
	[FINDING_RESERVED_MEMORY] = "reserved-memory",
	[FINDING_UNSAFE_INTERRUPTS] = "unsafe-interrupts",
	[FINDING_PERMISSION] = "permission",
	[FINDING_NODE_MISSING] = "node-missing",
	[FINDING_NO_HUGEPAGES] = "no-hugepages",
	[FINDING_MEMLOCK] = "memlock",
	[FINDING_PLUGIN] = "plugin",
	[FINDING_OTHER] = "other",
};

/* What is examined, and where the result is written to. */
struct examined {
	const struct host *host;
	const struct device *device;
	const struct user *user;
	struct diagnosis *diagnosis;
};

static void __attribute__((format(printf, 3, 4)))
find(const struct examined *examined, enum finding finding, const char *format,
	...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	examined->diagnosis->found[finding] = true;
	texts_add(&examined->diagnosis->sentences, "%s", text);
}

#define COMMAND(examined, ...) \
	texts_add(&(examined)->diagnosis->commands, __VA_ARGS__)
#define HINT(examined, ...) \
	texts_add(&(examined)->diagnosis->hints, __VA_ARGS__)

/* --- the IOMMU -------------------------------------------------------------------------- */

static void
examine_iommu(const struct examined *examined)
{
	const struct host *host = examined->host;

	if (host->unit_count > 0 || examined->device->place.found.group >= 0)
		return;
	if (host->firmware_table != NULL &&
		strcmp(host->firmware_table, "DMAR") == 0) {
		find(examined, FINDING_NO_IOMMU,
			"the machine has an IOMMU (the firmware's table DMAR), and the kernel does not use it: it needs the parameter intel_iommu=on, and a new start");
		/* Appended: what an administrator has in the file stays. */
		COMMAND(examined, "mkdir -p /etc/default/grub.d");
		COMMAND(examined,
			"echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX intel_iommu=on\"' >>/etc/default/grub.d/dpdk-iommufd.cfg");
		COMMAND(examined, "update-grub");
		COMMAND(examined, "reboot");
		return;
	}
	find(examined, FINDING_NO_IOMMU,
		"the kernel has no IOMMU in use%s: switch it on in the firmware (VT-d, AMD-Vi, SMMU). Without one there is only VFIO's unsafe mode, in which nothing keeps a device from reading and writing all memory",
		host->firmware_is_seen && host->firmware_table == NULL
			? ", and the firmware describes none"
			: "");
}

/* --- drivers ---------------------------------------------------------------------------- */

/* DPDK has drivers for these devices that work beside the kernel driver: it has to stay. */
static bool
works_with_kernel_driver(const char *driver)
{
	static const char *const drivers[] = { "mlx4_core", "mlx5_core", "mana",
		"nfb" };
	size_t i;

	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(driver, drivers[i]) == 0)
			return true;
	return false;
}

/* Where it is installed, dpdk-devbind.py knows network devices; the rest goes by sysfs. */
static void
command_to_bind(const struct examined *examined, const char *address,
	const char *driver, unsigned int class)
{
	if (examined->host->has_devbind && class >> 16 == 0x02) {
		COMMAND(examined, "dpdk-devbind.py -b vfio-pci %s", address);
		return;
	}
	COMMAND(examined,
		"echo vfio-pci >/sys/bus/pci/devices/%s/driver_override",
		address);
	if (driver[0] != '\0')
		COMMAND(examined,
			"echo %s >/sys/bus/pci/devices/%s/driver/unbind",
			address, address);
	COMMAND(examined, "echo %s >/sys/bus/pci/drivers_probe", address);
}

static void
say_driver(const struct examined *examined)
{
	const struct device *device = examined->device;
	const char *driver = device->place.found.driver;

	if (driver[0] == '\0') {
		find(examined, FINDING_UNBOUND,
			"%s is not bound to any driver: bind it to vfio-pci",
			device->place.address);
		return;
	}
	if (device->interface_count == 0) {
		find(examined, FINDING_WRONG_DRIVER,
			"%s is bound to %s, not to a driver of VFIO",
			device->place.address, driver);
		return;
	}
	find(examined, FINDING_WRONG_DRIVER,
		"%s is bound to %s, not to a driver of VFIO: bind it to vfio-pci. Its network interface %s goes away with that%s",
		device->place.address, driver, device->interfaces[0],
		device->interface_is_up
			? ". It is up now: make sure that you do not reach this machine through it"
			: "");
}

static void
examine_driver(const struct examined *examined)
{
	const struct device *device = examined->device;
	const char *driver = device->place.found.driver;

	/* Without an IOMMU vfio-pci takes a device only in the unsafe mode. */
	if (device->start.verdict != CHOICE_NOT_OF_VFIO ||
		examined->diagnosis->found[FINDING_NO_IOMMU])
		return;
	if (works_with_kernel_driver(driver)) {
		HINT(examined,
			"%s is bound to %s, and DPDK's driver for it works beside that one: there is nothing to bind",
			device->place.address, driver);
		return;
	}
	say_driver(examined);
	COMMAND(examined, "modprobe vfio-pci");
	command_to_bind(examined, device->place.address, driver, device->class);
}

static void
examine_group(const struct examined *examined)
{
	const struct device *device = examined->device;
	const struct member *member;
	unsigned int i;

	for (i = 0; i < device->member_count; i++) {
		member = &device->members[i];
		if (!member->is_intruder ||
			strcmp(member->place.address, device->place.address) ==
				0)
			continue;
		find(examined, FINDING_GROUP_MEMBER,
			"%s is of the same IOMMU group (%d) and bound to %s: a group belongs to programs as a whole or not at all. Bind it to vfio-pci; what uses it by %s has to do without",
			member->place.address, device->place.found.group,
			member->place.found.driver, member->place.found.driver);
		command_to_bind(examined, member->place.address,
			member->place.found.driver, member->class);
	}
}

/* --- what keeps VFIO from giving it out ---------------------------------------------------- */

static void
examine_holder(const struct examined *examined)
{
	const struct device *device = examined->device;

	if (!device->is_held)
		return;
	find(examined, FINDING_IN_USE,
		"it is in use: process %d (%s) has %s open. End that program, if it is not meant to have it",
		device->holder.pid, device->holder.program,
		device->held_by_node);
}

static void
examine_reserved_memory(const struct examined *examined)
{
	const struct device *device = examined->device;
	unsigned int i;

	for (i = 0; i < device->region_count; i++)
		if (strcmp(device->regions[i].type, "direct") == 0) {
			find(examined, FINDING_RESERVED_MEMORY,
				"the firmware reserves memory for it or its group (%#" PRIx64
				"-%#" PRIx64
				"): Linux gives such a device to no program. Turn off in the firmware what needs that memory, or use another device",
				device->regions[i].first,
				device->regions[i].last);
			return;
		}
}

static void
examine_interrupts(const struct examined *examined)
{
	const struct host *host = examined->host;

	if (host->remaps_interrupts != KERNEL_SWITCH_OFF ||
		host->unit_count == 0 ||
		host->iommufd_unsafe_interrupts == KERNEL_SWITCH_ON ||
		host->type1_unsafe_interrupts == KERNEL_SWITCH_ON)
		return;
	find(examined, FINDING_UNSAFE_INTERRUPTS,
		"this machine does not remap interrupts, so that a device could forge them, and VFIO refuses it: switch interrupt remapping on in the firmware. Where you trust the device and the program, allow_unsafe_interrupts=1 of the module iommufd (or vfio_iommu_type1) permits it; that takes safety away, so it is not among the commands");
}

/* --- the user's rights --------------------------------------------------------------------- */

/* The group that the node has already is used, if it may do so and root is not it. */
static void
command_to_permit(const struct examined *examined,
	const struct node_access *node, const char *rights, unsigned int mask)
{
	const struct user *user = examined->user;

	if ((node->mode & mask) == mask && strcmp(node->group, "root") != 0 &&
		!user_is_in_group(user, node->group)) {
		COMMAND(examined, "usermod -aG %s %s", node->group, user->name);
		HINT(examined, "%s is in the group %s from its next login on",
			user->name, node->group);
		return;
	}
	COMMAND(examined, "chgrp %s %s", user->group, node->path);
	COMMAND(examined, "chmod %s %s", rights, node->path);
}

static void
examine_node(const struct examined *examined, const struct node_access *node)
{
	if (node->state == NODE_ACCESSIBLE || node->path[0] == '\0')
		return;
	if (node->state == NODE_MISSING) {
		find(examined, FINDING_NODE_MISSING,
			"%s is missing, though the kernel has it: pass it into the container, or see whether udev runs",
			node->path);
		return;
	}
	find(examined, FINDING_PERMISSION,
		"%s may not open %s (%s:%s, mode %04o): give the user's group read and write access",
		examined->user->name, node->path, node->owner, node->group,
		node->mode);
	command_to_permit(examined, node, "g+rw", 0060);
}

static void
examine_nodes(const struct examined *examined)
{
	const struct device *device = examined->device;
	const bool by_cdev = examined->host->has_iommufd &&
		device->cdev.path[0] != '\0';

	if (device->start.verdict == CHOICE_NOT_OF_VFIO) {
		if (!examined->user->is_root)
			HINT(examined,
				"its node is made when it is bound, for root alone: run this again then");
		return;
	}
	examine_node(examined,
		by_cdev ? &examined->host->iommu_node
			: &examined->host->container_node);
	examine_node(examined, by_cdev ? &device->cdev : &device->group_node);
	if (examined->diagnosis->found[FINDING_PERMISSION])
		HINT(examined,
			"/dev is made anew at each start of the machine: a udev rule gives a group these nodes for good (SUBSYSTEM==\"vfio-dev\", and KERNEL==\"iommu\")");
}

/* --- memory -------------------------------------------------------------------------------- */

/* One of several that the user may use is enough. */
static const struct host_mount *
find_mount(const struct host *host)
{
	unsigned int i;

	for (i = 0; i < host->mount_count; i++)
		if (host->mounts[i].access.state == NODE_ACCESSIBLE)
			return &host->mounts[i];
	return host->mount_count == 0 ? NULL : &host->mounts[0];
}

static void
examine_hugepages(const struct examined *examined)
{
	const struct host *host = examined->host;
	const struct host_mount *mount = find_mount(host);

	if (hugepages_total_kib(host->pools, host->pool_count) == 0) {
		find(examined, FINDING_NO_HUGEPAGES,
			"no hugepages are reserved: DPDK needs some for its packets (here 1 GiB in pages of 2 MiB)");
		COMMAND(examined,
			"echo 512 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
	} else if (hugepages_free_kib(host->pools, host->pool_count) == 0) {
		find(examined, FINDING_NO_HUGEPAGES,
			"no hugepage is free: end a program that uses them, remove files that one has left in %s, or reserve more",
			mount == NULL ? "hugetlbfs" : mount->mount.path);
	}
	if (mount == NULL) {
		find(examined, FINDING_NO_HUGEPAGES,
			"hugetlbfs is not mounted, through which DPDK gets hugepages");
		COMMAND(examined, "mkdir -p /dev/hugepages");
		COMMAND(examined,
			"mount -t hugetlbfs hugetlbfs /dev/hugepages");
	} else if (mount->access.state == NODE_DENIED) {
		find(examined, FINDING_PERMISSION,
			"%s may not make files in %s (%s:%s, mode %04o), through which DPDK gets hugepages",
			examined->user->name, mount->mount.path,
			mount->access.owner, mount->access.group,
			mount->access.mode);
		command_to_permit(examined, &mount->access, "g+rwx", 0070);
	}
}

/* A shell of the user, and not a program such as sudo, which ends with this one. */
static bool
is_started_by_user(const struct user *user)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", getppid());
	return stat(path, &status) == 0 && status.st_uid == user->uid;
}

static void
command_to_raise(const struct examined *examined, uint64_t wanted_kib)
{
	const struct user *user = examined->user;

	if (is_started_by_user(user))
		COMMAND(examined,
			"prlimit --pid %d --memlock=%" PRIu64 ":%" PRIu64,
			getppid(), wanted_kib << 10, wanted_kib << 10);
	if (user->is_known)
		COMMAND(examined,
			"echo '%s - memlock %" PRIu64
			"' >>/etc/security/limits.d/dpdk-%s.conf",
			user->name, wanted_kib, user->name);
	HINT(examined,
		"limits.d counts from the next login on; in a systemd unit it is LimitMEMLOCK= that counts, in a container the runtime's --ulimit memlock");
}

/* All hugepages, and something for the registers that IOMMUFD charges, too. */
static void
examine_memlock(const struct examined *examined)
{
	const struct host *host = examined->host;
	const struct memory_limits *limits = &host->limits;
	const uint64_t hugepages = hugepages_total_kib(
		host->pools, host->pool_count);
	const uint64_t wanted = hugepages + (64 << 10);

	if (examined->user->is_root || !examined->host->limits_are_of_user ||
		limits->unlimited || limits->locked_kib >= wanted)
		return;
	find(examined, FINDING_MEMLOCK,
		"%s may lock %" PRIu64
		" KiB of memory (RLIMIT_MEMLOCK), and all hugepages are %" PRIu64
		" KiB: raise the limit above that",
		examined->user->name, limits->locked_kib, hugepages);
	command_to_raise(examined, wanted);
}

/* --- the installation ---------------------------------------------------------------------- */

static void
examine_plugin(const struct examined *examined)
{
	const struct plugin *plugin = &examined->host->plugin;

	switch (plugin->state) {
	case PLUGIN_LOADS:
		return;
	case PLUGIN_NO_FOLDER:
		HINT(examined,
			"this DPDK has no plugin folder%s%s: programs need the plugin by -d, LD_PRELOAD or as a library that they link",
			plugin->folder[0] == '\0' ? "" : " ", plugin->folder);
		return;
	case PLUGIN_BROKEN:
		find(examined, FINDING_PLUGIN,
			"the plugin cannot be loaded, and while it is in its folder no DPDK program starts: %s. Install it again, or take it out",
			plugin->error);
		COMMAND(examined, "rm %s", plugin->path);
		return;
	case PLUGIN_UNTRIED:
		HINT(examined, "whether %s can be loaded is not known: %s",
			plugin->path, plugin->error);
		return;
	case PLUGIN_MISSING:
		break;
	}
	find(examined, FINDING_PLUGIN,
		"the plugin is not in %s: DPDK uses its own VFIO code there",
		plugin->folder);
	if (access(INFO_PLUGIN_FILE, R_OK) == 0)
		COMMAND(examined, "ln -s %s %s/librte_bus_pci_iommufd.so",
			INFO_PLUGIN_FILE, plugin->folder);
}

/* What prevents a start as the library says, where none of the others has found a cause. */
static void
examine_rest(const struct examined *examined)
{
	const struct outlook *start = &examined->device->start;

	if (start->verdict == CHOICE_WOULD_FAIL &&
		doctor_found_nothing(examined->diagnosis))
		find(examined, FINDING_OTHER, "%s", start->reason.text);
	if (start->verdict == CHOICE_WOULD_TRY &&
		strcmp(start->backend, "iommufd") != 0)
		HINT(examined, "it works by backend %s, not by IOMMUFD: %s",
			start->backend, start->reason.text);
	if (examined->device->place.found.takes_vf_token)
		HINT(examined,
			"it may need a VF token: the same --vfio-vf-token for the PF and its VFs");
}

void
doctor_examine(const struct host *host, const struct device *device,
	const struct user *user, struct diagnosis *diagnosis)
{
	const struct examined examined = { host, device, user, diagnosis };

	*diagnosis = (struct diagnosis){ .found = { false } };
	examine_iommu(&examined);
	examine_driver(&examined);
	examine_group(&examined);
	examine_holder(&examined);
	examine_reserved_memory(&examined);
	examine_interrupts(&examined);
	examine_nodes(&examined);
	examine_hugepages(&examined);
	examine_memlock(&examined);
	examine_plugin(&examined);
	examine_rest(&examined);
}

bool
doctor_found_nothing(const struct diagnosis *diagnosis)
{
	return diagnosis->sentences.count == 0;
}

void
doctor_forget(struct diagnosis *diagnosis)
{
	texts_clear(&diagnosis->sentences);
	texts_clear(&diagnosis->commands);
	texts_clear(&diagnosis->hints);
}
