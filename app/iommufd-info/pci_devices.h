/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_PCI_DEVICES_H
#define INFO_PCI_DEVICES_H

/*
 * What is true of each device, and what a start of DPDK would do with it. A start's choice is
 * the library's own (core/choice.h).
 *
 * Must not know: how it is shown; what to do about it.
 */

#include <stdbool.h>
#include <sys/queue.h>

#include "core/choice.h"
#include "explain/explain.h"
#include "kernel/iommu_unit.h"
#include "kernel/node_access.h"
#include "kernel/node_owner.h"
#include "kernel/reserved_regions.h"
#include "kernel/sysfs_device.h"
#include "texts.h"

struct host;
struct options;
struct user;

#define DEVICE_MEMBERS_MAX 64
#define DEVICE_REGIONS_MAX 32
#define DEVICE_INTERFACES_MAX 4

enum seen {
	SEEN_NOT, /* it could not be seen whether there is one */
	SEEN_ABSENT,
	SEEN_PRESENT,
};

struct member {
	struct sysfs_device place;
	unsigned int class; /* 0x020000 */
	bool is_intruder;   /* its driver keeps the group from programs */
};

enum probe_state {
	PROBE_NOT_DONE,
	PROBE_DONE,
	PROBE_REFUSED,
};

/* What the device took when it was opened as by a start. */
struct probe {
	enum probe_state state;
	char backend[16];
	struct explanation reason;
	enum seen dirty_tracking;
	int pasid_bits; /* -1: not told */
};

/* What a start would do. */
struct outlook {
	enum choice_verdict verdict;
	char backend[16]; /* "none" without one */
	struct explanation reason;
};

struct device {
	TAILQ_ENTRY(device) next;
	struct sysfs_device place;
	unsigned int class;
	unsigned int vendor;
	unsigned int id;
	char interfaces[DEVICE_INTERFACES_MAX][32];
	unsigned int interface_count;
	bool interface_is_up; /* one of these */

	struct member members[DEVICE_MEMBERS_MAX];
	unsigned int member_count;
	char group_type[32];
	bool has_iommu;
	struct iommu_unit iommu;
	struct reserved_region regions[DEVICE_REGIONS_MAX];
	unsigned int region_count;

	bool is_vf;
	enum seen pasid, ats, page_requests;
	enum seen map_file;

	struct node_access cdev;       /* path "": none */
	struct node_access group_node; /* path "": none */
	bool is_held;
	struct node_owner holder;
	char held_by_node[PATH_MAX];

	struct outlook start;
	struct probe probe;
	struct texts unseen;
};

TAILQ_HEAD(device_list, device);

/*
 * Those that the options name or, without names, those that fit. 0, or -ENODEV with a sentence
 * in problem when one is not there.
 */
int devices_look(const struct options *options, const struct user *user,
	const struct host *host, struct device_list *devices, char *problem,
	size_t problem_size);
void devices_forget(struct device_list *devices);

#endif /* INFO_PCI_DEVICES_H */
