/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Why a device or its group was refused; see explain.h. The kernel gives one errno for
 * several causes. Each visible cause is looked for; a cause that is not visible is named
 * as a possibility, with the errno and what was checked.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "explain/explain.h"
#include "explain/explain_say.h"
#include "kernel/cdev_owner.h"
#include "kernel/kernel_state.h"
#include "kernel/node_owner.h"
#include "kernel/reserved_regions.h"
#include "kernel/sysfs_device.h"

/* "... is in use (held by process PID, PROGRAM): end that program first" */
static const char *
say_owned(struct explanation *explanation, const char *subject,
	const struct node_owner *owner)
{
	if (owner->is_self)
		return say(explanation,
			"%s (held by this process itself, by its file descriptor %d): close it there first; a device that this library has opened is found by rte_iommufd_device_lookup()",
			subject, owner->fd);
	return say(explanation,
		"%s (held by process %d, %s): end that program first", subject,
		owner->pid, owner->program);
}

static const char *
say_member_owned(struct explanation *explanation,
	const struct sysfs_device *member, const struct node_owner *owner)
{
	char subject[160];

	snprintf(subject, sizeof(subject),
		"%s of the same IOMMU group is in use, and a group belongs to one program",
		member->address);
	return say_owned(explanation, subject, owner);
}

static const char *
say_intruder(struct explanation *explanation, const struct sysfs_device *place,
	const struct sysfs_device *intruder)
{
	return say(explanation,
		"IOMMU group %d cannot be used, its member %s is bound to %s: run \"dpdk-devbind.py -b vfio-pci %s\", or unbind it",
		place->found.group, intruder->address, intruder->found.driver,
		intruder->address);
}

/*
 * iommu_device_claim_dma_owner() puts the group on a page table without mappings, which
 * __iommu_device_set_domain() refuses to a device with regions of the type "direct". NULL
 * when there are none.
 */
static const char *
say_reserved(struct explanation *explanation, const struct sysfs_device *place)
{
	char regions[128];

	if (!reserved_regions_find_direct(
		    place->path, regions, sizeof(regions)))
		return NULL;
	return say(explanation,
		"the firmware reserves memory for this device or one of its IOMMU group (%s: type direct in %s/iommu_group/reserved_regions), and Linux gives such a device to no program: turn off in the firmware what needs that memory (ask the machine's vendor), or use another device",
		regions, place->path);
}

/*
 * vfio_group_fops_open(): a process has it open, by this node or by a cdev of a member.
 */
const char *
explain_group_node(struct explanation *explanation,
	const struct sysfs_device *place, int err)
{
	struct sysfs_device member;
	struct node_owner owner;
	char subject[160];
	char node[PATH_MAX];

	sysfs_device_group_node(place, node, sizeof(node));
	if (err != -EBUSY)
		return explain_device_node(explanation, node, err);
	if (node_owner_find(node, &owner)) {
		snprintf(subject, sizeof(subject),
			"the IOMMU group %.100s is in use", node);
		return say_owned(explanation, subject, &owner);
	}
	if (cdev_owner_find_member(place, &member, &owner))
		return say_member_owned(explanation, &member, &owner);
	return say(explanation,
		"the IOMMU group %s is in use by a process that cannot be seen from here: find it as root (fuser -v %s /dev/vfio/devices/*) and end it, or use a device of another group",
		node, node);
}

/* VFIO_GROUP_FLAGS_VIABLE is not set: iommu_group_dma_owner_claimed(). */
const char *
explain_not_viable(
	struct explanation *explanation, const struct sysfs_device *place)
{
	struct sysfs_device member;
	struct node_owner owner;

	if (sysfs_device_find_member(place, sysfs_device_is_intruder, &member))
		return say_intruder(explanation, place, &member);
	if (cdev_owner_find_member(place, &member, &owner))
		return say_member_owned(explanation, &member, &owner);
	return say(explanation,
		"IOMMU group %d cannot be used, its DMA belongs to another owner: no member with a kernel driver and no process that has one open was found, so look as root, and bind all members to vfio-pci (ls /sys/kernel/iommu_groups/%d/devices)",
		place->found.group, place->found.group);
}

/*
 * Interrupts that are not remapped: iommufd_bind_iommu() and vfio_iommu_type1_attach_group()
 * refuse the device then, each unless its module's parameter allows it. The cause is
 * certain where it can be seen (x86), else a possibility.
 */
static const char *
say_unsafe_interrupts(struct explanation *explanation, const char *module)
{
	const bool allowed = kernel_state_unsafe_interrupts(module) ==
		KERNEL_SWITCH_ON;
	const enum kernel_switch remaps = kernel_state_remaps_interrupts();
	const char *which = strcmp(module, "iommufd") != 0
		? module
		: "iommufd, or of vfio_iommu_type1 for legacy containers";

	if (!allowed && remaps == KERNEL_SWITCH_OFF)
		return say(explanation,
			"this machine does not remap interrupts (/proc/interrupts), so a device could forge them: enable it in the firmware, or, where you trust the device, set allow_unsafe_interrupts=1 of the module %s",
			which);
	if (!allowed && remaps == KERNEL_SWITCH_UNKNOWN)
		return say(explanation,
			"the kernel refuses it (EPERM); no process was found that has its IOMMU group. If this machine does not remap interrupts, a device could forge them: enable it in the firmware, or, where you trust the device, set allow_unsafe_interrupts=1 of the module %s",
			which);
	return say(explanation,
		"the kernel refuses it (EPERM); no process was found that has its IOMMU group, and interrupts are %s: look as root who has /dev/vfio/* open (fuser -v), and in the kernel's log",
		allowed ? "allowed to be unsafe" : "remapped");
}

/*
 * EPERM: iommu_device_claim_dma_owner() refuses a group that the kernel or another
 * iommufd owns; vfio_df_device_first_open() or the container require CAP_SYS_RAWIO
 * without an IOMMU.
 */
static const char *
explain_not_permitted(struct explanation *explanation,
	const struct sysfs_device *place, const char *module)
{
	struct sysfs_device member;
	struct node_owner owner;

	if (place->found.noiommu)
		return say(explanation,
			"the kernel refuses it (EPERM): a device without an IOMMU needs a program with CAP_SYS_RAWIO");
	if (sysfs_device_find_member(place, sysfs_device_is_intruder, &member))
		return say_intruder(explanation, place, &member);
	if (cdev_owner_find_member(place, &member, &owner))
		return say_member_owned(explanation, &member, &owner);
	return say_unsafe_interrupts(explanation, module);
}

/* vfio_device_block_group(), __iommu_take_dma_ownership() */
static const char *
explain_bind_busy(
	struct explanation *explanation, const struct sysfs_device *place)
{
	struct node_owner owner;
	char subject[160];
	char node[PATH_MAX];

	sysfs_device_group_node(place, node, sizeof(node));
	if (!node_owner_find(node, &owner))
		return say(explanation,
			"its IOMMU group is in use (EBUSY): by a process that has %s open and cannot be seen from here (fuser -v %s as root shows it), or by the kernel itself",
			node, node);
	snprintf(subject, sizeof(subject),
		"its IOMMU group is in use through %.90s", node);
	return say_owned(explanation, subject, &owner);
}

/*
 * vfio_df_open(): the device is open; vfio_df_check_token(): no token is taken (before
 * Linux 6.17: flags are not); the firmware's reservation; iommufd_bind_iommu(): DMA
 * that is not coherent with the caches.
 */
static const char *
explain_bind_invalid(struct explanation *explanation,
	const struct sysfs_device *place, bool with_token)
{
	struct node_owner owner;
	char node[PATH_MAX];

	if (cdev_owner_find(place, &owner))
		return say_owned(explanation,
			"already opened, and a device can be opened by one program at a time",
			&owner);
	if (say_reserved(explanation, place) != NULL)
		return explanation->text;
	sysfs_device_cdev_node(place, node, sizeof(node));
	if (with_token)
		return say(explanation,
			"the kernel refuses it (EINVAL); no process was found that has %s open, and the firmware reserves nothing. Linux before 6.17 takes no VF token there: use RTE_IOMMUFD=backend=type1",
			node);
	return say(explanation,
		"the kernel refuses it (EINVAL); no process was found that has %s open, and the firmware reserves nothing. If a process that cannot be seen from here has it (fuser -v %s as root), end that; else the device's DMA may not be coherent with the caches",
		node, node);
}

const char *
explain_bind(struct explanation *explanation, const struct sysfs_device *place,
	bool with_token, int err)
{
	switch (-err) {
	case EBUSY:
		return explain_bind_busy(explanation, place);
	case EINVAL:
		return explain_bind_invalid(explanation, place, with_token);
	case EACCES:
		if (!with_token)
			return say(explanation,
				"the kernel wants a VF token for it (a VF whose PF VFIO has, or a PF whose VFs are in use): give the one that they share by --vfio-vf-token");
		return say(explanation,
			"the kernel refused the VF token: give the PF's token by --vfio-vf-token");
	case EPERM:
		return explain_not_permitted(explanation, place, "iommufd");
	default:
		return say(explanation, "cannot bind to IOMMUFD: %s",
			strerror(-err));
	}
}

const char *
explain_attach(struct explanation *explanation,
	const struct sysfs_device *place, int err)
{
	switch (-err) {
	case EBUSY:
		return say(explanation,
			"cannot attach, the kernel is busy with the device or its group (EBUSY), as it is while one of them is being reset: try again");
	case EINVAL:
	case EPERM: /* before 6.6: intel_iommu_attach_device() */
		if (say_reserved(explanation, place) != NULL)
			return explanation->text;
		if (err == -EPERM)
			break;
		return say(explanation,
			"cannot attach, this device's IOMMU does not fit the address space: the kernel may not drive this IOMMU for user space, the IOMMU's width may be too small, or memory may be mapped where the device has reserved addresses");
	case EADDRINUSE:
		return say(explanation,
			"cannot attach, memory is mapped at an address that this device's IOMMU has reserved: choose another --base-virtaddr");
	case ENOMEM:
		return say(explanation,
			"cannot attach, out of memory for I/O page tables (a memory cgroup limits them, too)");
	default:
		break;
	}
	return say(explanation, "cannot attach to the address space: %s",
		strerror(-err));
}

const char *
explain_container(struct explanation *explanation,
	const struct sysfs_device *place, int err)
{
	switch (-err) {
	case EPERM:
	case EINVAL:
		if (say_reserved(explanation, place) != NULL)
			return explanation->text;
		if (err == -EINVAL)
			break;
		return explain_not_permitted(
			explanation, place, "vfio_iommu_type1");
	case EBUSY:
		return say(explanation,
			"cannot put its IOMMU group into a container (EBUSY): it is in another one already, or the kernel uses it");
	default:
		break;
	}
	return say(explanation,
		"cannot put its IOMMU group into a container: %s",
		strerror(-err));
}

/* vfio_pci_validate_vf_token(), vfio_df_open() */
const char *
explain_group_device(struct explanation *explanation,
	const struct sysfs_device *place, bool with_token, int err)
{
	struct node_owner owner;

	switch (-err) {
	case EACCES:
	case EINVAL:
		if (!with_token)
			break;
		return say(explanation,
			"the kernel refused the VF token: give the PF's token by --vfio-vf-token");
	case EPERM:
		if (place->found.noiommu)
			return explain_not_permitted(
				explanation, place, "vfio_iommu_type1");
		break;
	case EBUSY:
		if (cdev_owner_find(place, &owner))
			return say_owned(explanation,
				"already opened through /dev/vfio/devices",
				&owner);
		break;
	default:
		break;
	}
	return say(explanation,
		"its IOMMU group does not give the device out: %s%s",
		strerror(-err),
		with_token ? "" : " (a VF may need --vfio-vf-token)");
}

/*
 * IOMMUFD binds and attaches a group's device when its file is opened: vfio_df_group_open().
 * So the errors are those of both, after those of the VF token.
 */
const char *
explain_group_device_in_iommufd(struct explanation *explanation,
	const struct sysfs_device *place, bool with_token, int err)
{
	switch (-err) {
	case EPERM:
		return explain_not_permitted(explanation, place, "iommufd");
	case EADDRINUSE:
	case ENOMEM:
		return explain_attach(explanation, place, err);
	case EFAULT:
		return say(explanation,
			"cannot attach, memory that was mapped for devices is not there any more: this program has given it back without unmapping it");
	default:
		return explain_group_device(
			explanation, place, with_token, err);
	}
}
