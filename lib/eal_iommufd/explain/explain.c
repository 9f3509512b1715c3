/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Why a node in /dev could not be opened; see explain.h. */

#include <errno.h>
#include <string.h>

#include "explain/explain.h"
#include "explain/explain_say.h"
#include "kernel/kernel_state.h"

const char *
explain_iommu_node(struct explanation *explanation, int err)
{
	switch (-err) {
	case ENOENT:
		if (kernel_state_has_node("iommu"))
			return say(explanation,
				"/dev/iommu is missing, but this kernel has its driver (in a container, pass it in; else see whether udev runs)");
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
		if (kernel_state_has_node("vfio"))
			return say(explanation,
				"/dev/vfio/vfio is missing, but this kernel has its driver (in a container, pass it in; else see whether udev runs)");
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
		"%s is not this device's node (its device number is another one than sysfs shows): repair /dev",
		node);
}

const char *
explain_passed_fd(struct explanation *explanation, int fd, const char *name,
	const char *node, int err)
{
	switch (-err) {
	case EBADF:
		return say(explanation,
			"LISTEN_FDNAMES calls file descriptor %d \"%s\", but no file is open there: pass %s open, without close-on-exec",
			fd, name, node);
	case ENXIO:
	case ENODEV:
		return say(explanation,
			"LISTEN_FDNAMES calls file descriptor %d \"%s\", but its file is not %s: pass that file, or put the names in the order of the descriptors",
			fd, name, node);
	default:
		return say(explanation,
			"LISTEN_FDNAMES calls file descriptor %d \"%s\", and whether its file is %s cannot be checked: %s (is sysfs mounted on /sys?)",
			fd, name, node, strerror(-err));
	}
}

const char *
explain_passed_in_use(struct explanation *explanation, int fd)
{
	return say(explanation,
		"already opened in this process, by its file descriptor %d, which was passed to it: close the device there first; rte_iommufd_device_lookup() finds it",
		fd);
}

const char *
explain_passed_token(struct explanation *explanation, int fd)
{
	return say(explanation,
		"its file, descriptor %d, was passed to this process and has been bound with another VF token, and the kernel binds a file once: give the same token",
		fd);
}

const char *
explain_rlimit_mode(struct explanation *explanation, bool by_process, int err)
{
	const char *whom = by_process ? "process" : "user";

	switch (-err) {
	case EPERM:
		return say(explanation,
			"rlimit=%s was asked for, and the kernel lets only a process with CAP_SYS_RESOURCE choose whom it charges: start the program by dpdk-iommufd-run --rlimit-mode %s, or leave the setting out",
			whom, whom);
	case EBUSY:
		return say(explanation,
			"rlimit=%s was asked for, but the file of /dev/iommu that was passed to this process is in use, with the other way to charge: leave the setting out, or pass a file of its own",
			whom);
	default:
		return say(explanation,
			"rlimit=%s was asked for, but the kernel does not set it: %s",
			whom, strerror(-err));
	}
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
explain_trial(struct explanation *explanation, int err)
{
	return say(explanation,
		"the kernel does not make or end an address space for a trial: %s",
		strerror(-err));
}
