/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_DOCTOR_H
#define INFO_DOCTOR_H

/*
 * What keeps a device from forwarding packets for a user, and the commands that repair it. A
 * cause is named only where it was found. A command never takes safety away: what would do so
 * is named in the sentence.
 *
 * Must not know: how it is shown.
 */

#include <stdbool.h>

#include "texts.h"

struct device;
struct host;
struct user;

/* What was found; the names are part of the JSON schema. */
enum finding {
	FINDING_NO_IOMMU,
	FINDING_UNBOUND, /* no driver has the device */
	FINDING_WRONG_DRIVER,
	FINDING_GROUP_MEMBER,
	FINDING_IN_USE,
	FINDING_RESERVED_MEMORY,
	FINDING_UNSAFE_INTERRUPTS,
	FINDING_PERMISSION,
	FINDING_NODE_MISSING,
	FINDING_NO_HUGEPAGES,
	FINDING_MEMLOCK,
	FINDING_PLUGIN,
	FINDING_OTHER, /* the library's own sentence */
	FINDINGS,
};

extern const char *const doctor_finding_names[FINDINGS];

struct diagnosis {
	bool found[FINDINGS];
	struct texts sentences; /* in the order in which to act */
	struct texts commands;
	struct texts hints; /* what is not in the way, but good to know */
};

void doctor_examine(const struct host *host, const struct device *device,
	const struct user *user, struct diagnosis *diagnosis);
bool doctor_found_nothing(const struct diagnosis *diagnosis);
void doctor_forget(struct diagnosis *diagnosis);

#endif /* INFO_DOCTOR_H */
