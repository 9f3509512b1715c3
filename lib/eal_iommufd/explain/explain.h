/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef EXPLAIN_H
#define EXPLAIN_H

/*
 * An errno and the situation it came in -> cause and remedy, one sentence each. A cause
 * is named as certain only when it was looked for and found; else the sentence names the
 * errno and what was checked.
 *
 * The functions write into the caller's buffer and return it; err is a negative
 * errno. The caller logs the text, with the name of the device before it.
 *
 * Must not know: contexts, backends; how the text is shown.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kernel/memory_limits.h"

struct sysfs_device;
struct mapping;
struct rte_iommufd_range;

struct explanation {
	char text[768];
};

/* Why /dev/iommu could not be opened. */
const char *explain_iommu_node(struct explanation *explanation, int err);
/* Why /dev/vfio/vfio could not be opened. */
const char *explain_container_node(struct explanation *explanation, int err);
/* Why the node of a device could not be opened. */
const char *explain_device_node(
	struct explanation *explanation, const char *node, int err);
/* Why the node of the device's legacy group could not be opened. */
const char *explain_group_node(struct explanation *explanation,
	const struct sysfs_device *place, int err);
/* The node of that name is another device's. */
const char *explain_wrong_node(
	struct explanation *explanation, const char *node);
/* The file that was passed to the process by that name (LISTEN_FDNAMES) is not the node. */
const char *explain_passed_fd(struct explanation *explanation, int fd,
	const char *name, const char *node, int err);
/* A device of this process uses the passed file. */
const char *explain_passed_in_use(struct explanation *explanation, int fd);
/* The passed file is bound, with another VF token than the one that is given now. */
const char *explain_passed_token(struct explanation *explanation, int fd);
/* Why IOMMU_OPTION_RLIMIT_MODE could not be set. */
const char *explain_rlimit_mode(
	struct explanation *explanation, bool by_process, int err);
/* The process is on IOMMUFD, and the kernel gives the device no node. */
const char *explain_no_cdev(struct explanation *explanation);
/* purpose: what the memory was for. */
const char *explain_no_memory(
	struct explanation *explanation, const char *purpose);
/* Why VFIO_DEVICE_BIND_IOMMUFD was refused. */
const char *explain_bind(struct explanation *explanation,
	const struct sysfs_device *place, bool with_token, int err);
/* Why VFIO_DEVICE_ATTACH_IOMMUFD_PT was refused. */
const char *explain_attach(struct explanation *explanation,
	const struct sysfs_device *place, int err);
/* Why a device could not be attached and detached for a trial, beside the attachment. */
const char *explain_trial(struct explanation *explanation, int err);
/* Why a group cannot be used: VFIO_GROUP_FLAGS_VIABLE is not set. */
const char *explain_not_viable(
	struct explanation *explanation, const struct sysfs_device *place);
/* Why VFIO_GROUP_SET_CONTAINER or VFIO_SET_IOMMU was refused. */
const char *explain_container(struct explanation *explanation,
	const struct sysfs_device *place, int err);
/* Why VFIO_GROUP_GET_DEVICE_FD was refused. */
const char *explain_group_device(struct explanation *explanation,
	const struct sysfs_device *place, bool with_token, int err);
/* The same where the group's container is IOMMUFD's. */
const char *explain_group_device_in_iommufd(struct explanation *explanation,
	const struct sysfs_device *place, bool with_token, int err);
/*
 * Why memory could not be mapped; ranges are the IOVAs that can be mapped, as far as
 * they are known. charge names the kernel's counter that was compared with the limit on
 * locked memory.
 */
const char *explain_map(struct explanation *explanation,
	const struct mapping *run, const struct rte_iommufd_range *ranges,
	unsigned int range_count, enum memory_charge charge, int err);
/* Why part of a device's region (a BAR) is not given out for P2P. */
const char *explain_region(struct explanation *explanation, unsigned int region,
	uint64_t offset, uint64_t length, int err);

#endif /* EXPLAIN_H */
