/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* EAL for unit tests; see fake_eal.h. */

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

#include <rte_eal.h>

#include "fake_sysfs.h"
#include "fake_eal.h"
#include "unit.h"

/* The CPU that EAL may run on, in EAL's words for where sysfs has it. */
static char cpu_file[128];
static int cpu;

/*
 * In the place of libc's, for EAL, which looks for CPUs so: tests may run where no
 * sysfs is mounted.
 */
int
access(const char *path, int mode)
{
	if (strcmp(path, cpu_file) == 0)
		return 0;
	return syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

int rte_vfio_enable(const char *module);

/* In the place of EAL's own, which wants a sysfs as well; no device is opened. */
int
rte_vfio_enable(const char *module __rte_unused)
{
	return 0;
}

static void
find_cpu(void)
{
	cpu_set_t cpus;

	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (cpu = 0; !CPU_ISSET(cpu, &cpus); cpu++)
		assert_true(cpu < CPU_SETSIZE - 1);
	snprintf(cpu_file, sizeof(cpu_file),
		"/sys/devices/system/cpu/cpu%d/topology/core_id", cpu);
}

int
small_eal_start(void **state __rte_unused)
{
	char lcores[32];
	char *arguments[] = { (char *)"fake_eal", (char *)"--no-huge",
		(char *)"-m", (char *)"64", (char *)"--no-pci",
		(char *)"--no-shconf", (char *)"--no-telemetry",
		(char *)"--iova-mode=va", (char *)"--log-level=lib.eal:1",
		lcores, NULL };

	find_cpu();
	snprintf(lcores, sizeof(lcores), "--lcores=0@%d", cpu);
	fake_sysfs_make();
	setenv("RUNTIME_DIRECTORY", fake_sysfs_path(""), 1);
	return rte_eal_init(RTE_DIM(arguments) - 1, arguments) < 0;
}

int
small_eal_stop(void **state __rte_unused)
{
	const int ret = rte_eal_cleanup();

	fake_sysfs_remove();
	return ret;
}
