/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* EAL's functions that probe, in one object file as in librte_eal.a; see test_static_probe.c. */

#include <string.h>

#include "static_eal.h"

struct static_eal static_eal;

int rte_bus_probe(void);
int rte_dev_probe(const char *devargs);
int rte_eal_hotplug_add(
	const char *bus, const char *device, const char *arguments);

int
rte_bus_probe(void)
{
	static_eal.bus_probes++;
	return static_eal.answer;
}

int
rte_dev_probe(const char *devargs __attribute__((unused)))
{
	static_eal.device_probes++;
	return static_eal.answer;
}

int
rte_eal_hotplug_add(const char *bus __attribute__((unused)), const char *device,
	const char *arguments __attribute__((unused)))
{
	return rte_dev_probe(device);
}
