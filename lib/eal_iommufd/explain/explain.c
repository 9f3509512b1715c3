/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Errno and situation -> cause and remedy; see explain.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/sysfs_device.h"
#include "explain/explain.h"
#include "explain/explain_say.h"
#include "kernel/node_owner.h"

/* " (held by PID, PROGRAM)", or "" when that cannot be seen. */
static const char *
name_holder(const char *node, char *text, size_t size)
{
	struct node_owner holder;

	if (node_owner_find(node, &holder))
		snprintf(text, size, " (held by process %d, %s)", holder.pid,
			holder.program);
	else
		text[0] = '\0';
	return text;
}

const char *
explain_iommu_node(struct explanation *explanation, int err)
{
	switch (-err) {
	case ENOENT:
		return say(explanation,
			"this kernel has no /dev/iommu (it needs Linux 6.6 or later with CONFIG_IOMMUFD, and the module iommufd loaded)");
	case EACCES:
	case EPERM:
		return say(explanation,
			"no permission to open /dev/iommu (give this user read and write access to it)");
	case ENODEV:
	case ENXIO:
		return say(explanation,
			"/dev/iommu is there, but no driver behind it (modprobe iommufd)");
	default:
		return say(explanation, "cannot open /dev/iommu: %s",
			strerror(-err));
	}
}

const char *
explain_container_node(struct explanation *explanation, int err)
{
	switch (-err) {
	case ENOENT:
		return say(explanation,
			"this kernel has no /dev/vfio/vfio (modprobe vfio-pci)");
	case EACCES:
	case EPERM:
		return say(explanation,
			"no permission to open /dev/vfio/vfio (give this user read and write access to it)");
	case ENODEV:
	case ENXIO:
		return say(explanation,
			"/dev/vfio/vfio is there, but no driver behind it (modprobe vfio-pci)");
	default:
		return say(explanation, "cannot open /dev/vfio/vfio: %s",
			strerror(-err));
	}
}

const char *
explain_device_node(struct explanation *explanation, const char *node, int err)
{
	switch (-err) {
	case ENOENT:
		return say(explanation,
			"%s is missing (in a container, pass it in; else see whether udev runs)",
			node);
	case EACCES:
	case EPERM:
		return say(explanation,
			"no permission to open %s (give this user read and write access to it)",
			node);
	case ENODEV:
	case ENXIO:
		return say(explanation,
			"%s is there, but no device behind it: it is left over from another device or another boot (mend /dev)",
			node);
	default:
		return say(explanation, "cannot open %s: %s", node,
			strerror(-err));
	}
}

const char *
explain_wrong_node(struct explanation *explanation, const char *node)
{
	return say(explanation,
		"%s is not this device's node (its device number is another one than sysfs shows): mend /dev",
		node);
}

const char *
explain_no_cdev(struct explanation *explanation)
{
	return say(explanation,
		"this process is on IOMMUFD, but the device has no node under /dev/vfio/devices: use RTE_IOMMUFD=backend=type1 for all");
}

const char *
explain_no_memory(struct explanation *explanation, const char *purpose)
{
	return say(explanation, "no memory for %s", purpose);
}

const char *
explain_group_node(struct explanation *explanation, const char *node, int err)
{
	char holder[80];

	if (err == -EBUSY)
		return say(explanation,
			"the IOMMU group %s is in use%s: end the other program, or give it a device of another group",
			node, name_holder(node, holder, sizeof(holder)));
	return explain_device_node(explanation, node, err);
}

static const char *
explain_taken(struct explanation *explanation, const char *node)
{
	char holder[80];

	return say(explanation,
		"already opened by another program%s: a device can be used by one at a time, end that program first",
		name_holder(node, holder, sizeof(holder)));
}

const char *
explain_not_viable(
	struct explanation *explanation, const struct sysfs_device *place)
{
	struct sysfs_device intruder;

	if (!sysfs_device_find_member(
		    place, sysfs_device_is_intruder, &intruder))
		return say(explanation,
			"IOMMU group %d cannot be used, one of its devices belongs to the kernel: bind all of them to vfio-pci (ls /sys/kernel/iommu_groups/%d/devices)",
			place->found.group, place->found.group);
	return say(explanation,
		"IOMMU group %d cannot be used, its member %s is bound to %s: run \"dpdk-devbind.py -b vfio-pci %s\", or unbind it",
		place->found.group, intruder.address, intruder.found.driver,
		intruder.address);
}

static bool
is_held(const struct sysfs_device *member)
{
	struct node_owner holder;
	char node[PATH_MAX];

	if (member->found.cdev[0] == '\0')
		return false;
	sysfs_device_cdev_node(member, node, sizeof(node));
	return node_owner_find(node, &holder);
}

/*
 * Three causes have the same number: iommu_device_claim_dma_owner() refuses a
 * group that somebody else owns, the kernel or another iommufd, and
 * iommufd_device_bind() a machine that does not remap interrupts.
 */
static const char *
explain_not_permitted(
	struct explanation *explanation, const struct sysfs_device *place)
{
	struct sysfs_device member;
	char node[PATH_MAX];
	char holder[80];

	if (sysfs_device_find_member(place, sysfs_device_is_intruder, &member))
		return explain_not_viable(explanation, place);
	if (sysfs_device_find_member(place, is_held, &member)) {
		sysfs_device_cdev_node(&member, node, sizeof(node));
		return say(explanation,
			"%s of the same IOMMU group is in use%s: a group belongs to one program, end that program first",
			member.address,
			name_holder(node, holder, sizeof(holder)));
	}
	return say(explanation,
		"this machine does not remap interrupts, so a device could forge them: enable it in the firmware, or, where you trust the device, set allow_unsafe_interrupts=1 of the module iommufd, or of vfio_iommu_type1 for legacy containers");
}

/*
 * vfio_df_ioctl_bind_iommufd(): -EBUSY while the group is open in the legacy way,
 * -EINVAL from vfio_df_open() when the device is open already, -EACCES for a wrong
 * token.
 */
const char *
explain_bind(struct explanation *explanation, const struct sysfs_device *place,
	bool with_token, int err)
{
	char node[PATH_MAX];
	char holder[80];
	struct node_owner other;

	switch (-err) {
	case EBUSY:
		sysfs_device_group_node(place, node, sizeof(node));
		return say(explanation,
			"its IOMMU group is in use through %s%s: end that program first",
			node, name_holder(node, holder, sizeof(holder)));
	case EINVAL:
		sysfs_device_cdev_node(place, node, sizeof(node));
		if (with_token && !node_owner_find(node, &other))
			return say(explanation,
				"this kernel takes no VF token on %s (Linux 6.17 does): use RTE_IOMMUFD=backend=type1",
				node);
		return explain_taken(explanation, node);
	case EACCES:
		if (!with_token)
			return say(explanation,
				"its PF's program has set a VF token: give the same by --vfio-vf-token");
		return say(explanation,
			"the kernel refused the VF token: give the PF's token by --vfio-vf-token");
	case EPERM:
		return explain_not_permitted(explanation, place);
	default:
		return say(explanation, "cannot bind to IOMMUFD: %s",
			strerror(-err));
	}
}

const char *
explain_attach(struct explanation *explanation, int err)
{
	switch (-err) {
	case EBUSY:
		return say(explanation,
			"cannot attach, the device or one of its group is being reset: try again");
	case EINVAL:
		return say(explanation,
			"cannot attach, this device's IOMMU does not fit the address space: the kernel may not drive this IOMMU for user space, the IOMMU's width may be too small, or memory may be mapped where the device has reserved addresses");
	case EADDRINUSE:
		return say(explanation,
			"cannot attach, memory is mapped at an address that this device's IOMMU has reserved: choose another --base-virtaddr");
	case ENOMEM:
		return say(explanation,
			"cannot attach, out of memory for I/O page tables (a memory cgroup limits them, too)");
	default:
		return say(explanation,
			"cannot attach to the address space: %s",
			strerror(-err));
	}
}

const char *
explain_trial(struct explanation *explanation, int err)
{
	return say(explanation,
		"the kernel does not make or end an address space for a trial: %s",
		strerror(-err));
}

const char *
explain_container(struct explanation *explanation, int err)
{
	switch (-err) {
	case EPERM:
		return say(explanation,
			"the IOMMU refused the device: without interrupt remapping, set allow_unsafe_interrupts=1 of the module vfio_iommu_type1 where you trust the device");
	case EBUSY:
		return say(explanation,
			"its IOMMU group is already in another container");
	default:
		return say(explanation,
			"cannot put its IOMMU group into a container: %s",
			strerror(-err));
	}
}

const char *
explain_group_device(struct explanation *explanation, bool with_token, int err)
{
	switch (-err) {
	case EACCES:
	case EINVAL:
		if (!with_token)
			break;
		/* fallthrough */
	case EPERM:
		return say(explanation,
			"the kernel refused the VF token: give the PF's token by --vfio-vf-token");
	default:
		break;
	}
	if (err == -EBUSY)
		return say(explanation,
			"already opened through /dev/vfio/devices by another program: end that program first");
	return say(explanation,
		"its IOMMU group does not give the device out: %s%s",
		strerror(-err),
		with_token ? "" : " (a VF may need --vfio-vf-token)");
}
