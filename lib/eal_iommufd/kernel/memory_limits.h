/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MEMORY_LIMITS_H
#define MEMORY_LIMITS_H

/*
 * The limits on the memory that this process can pin, as far as the kernel shows them.
 *
 * Must not know: the purpose of the memory.
 */

#include <stdbool.h>
#include <stdint.h>

/* Which counter the kernel compares with RLIMIT_MEMLOCK when memory is pinned. */
enum memory_charge {
	/* None: what is pinned already, and memory that is not pinned at all. */
	MEMORY_NOT_CHARGED,
	/*
	 * IOMMUFD: one of all this user's processes, which cannot be read. What it
	 * charges is seen as VmPin of each (iopt_pages_update_pinned()).
	 */
	MEMORY_CHARGED_TO_USER,
	/* A container: this process's, VmLck (vfio_lock_acct()). */
	MEMORY_CHARGED_TO_PROCESS,
};

struct memory_limits {
	/* There is no memory even to read these: a number that is 0 is not known. */
	bool unreadable;
	/* CAP_IPC_LOCK: what is pinned is counted, but not limited. */
	bool unlimited;
	uint64_t locked_kib;  /* RLIMIT_MEMLOCK; UINT64_MAX: none */
	uint64_t charged_kib; /* of this process, as far as it is seen */
	/* Of the other processes of this user that can be seen; charged to the user. */
	uint64_t others_kib;
	uint64_t available_kib; /* MemAvailable of the machine; 0: not known */
	/* Among the memory cgroups of this process that have a limit, the fullest. */
	char cgroup[128]; /* its name; "" when there is none */
	uint64_t cgroup_max_kib;
	uint64_t cgroup_used_kib;
};

void memory_limits_read(
	struct memory_limits *limits, enum memory_charge charge);

#endif /* MEMORY_LIMITS_H */
