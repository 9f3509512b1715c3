/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef STATIC_EAL_H
#define STATIC_EAL_H

/* What EAL's functions answer, and how often they were called; see static_eal.c. */
extern struct static_eal {
	int answer;
	unsigned int bus_probes;
	unsigned int device_probes;
} static_eal;

#endif /* STATIC_EAL_H */
