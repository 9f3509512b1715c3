/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MEMORY_LIMITS_H
#define MEMORY_LIMITS_H

/*
 * What keeps this process from pinning more memory, as far as the kernel tells.
 *
 * Must not know: what it is wanted for.
 */

#include <stdbool.h>
#include <stdint.h>

struct memory_limits {
	/* CAP_IPC_LOCK: what is pinned is counted, but not limited. */
	bool unlimited;
	uint64_t locked_kib; /* RLIMIT_MEMLOCK; UINT64_MAX: none */
	uint64_t pinned_kib; /* VmPin: pinned by this process already */
	/* The memory cgroup with a limit that is nearest to this process. */
	char cgroup[128]; /* its name; "" when there is none */
	uint64_t cgroup_max_kib;
	uint64_t cgroup_used_kib;
};

void memory_limits_read(struct memory_limits *limits);

#endif /* MEMORY_LIMITS_H */
