/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_TELEMETRY_H
#define SVA_TELEMETRY_H

/*
 * The command /iommufd/sva of DPDK's telemetry.
 *
 * Must not know: sva's other parts.
 */

#include <stdbool.h>
#include <stdint.h>

#include "rte_iommufd_sva.h"

/* What is told of the process's sva, copied. */
struct sva_state {
	bool ended;	    /* its service has: all page requests are refused */
	unsigned int users; /* its creators that have not destroyed it */
	unsigned int bindings;
	uint64_t pin_limit; /* 0: none */
	uint64_t fault_around;
	struct rte_iommufd_sva_stats stats;
};

/* Returns false when the process has no sva. Called in a thread of the telemetry library. */
typedef bool (*sva_state_reader)(struct sva_state *state);

/* Once. Where the telemetry library has no room left, there is no command. */
void sva_telemetry_register(sva_state_reader reader);

#endif /* SVA_TELEMETRY_H */
