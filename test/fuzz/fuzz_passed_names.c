/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Any text as LISTEN_FDNAMES, with a number of descriptors that fits it or not: a descriptor
 * is used only by a name of the library, and each that is kept is closed once.
 *
 * The functions of kernel.h that are reached are stand-ins: no descriptor of this process is
 * touched.
 */

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel/kernel.h"
#include "kernel/passed_fds.h"
#include "kernel/sysfs_device.h"
#include "util/log.h"

/* The library's names are at most this many here. */
#define NAMES_MAX 4096

int iommufd_logtype;
static unsigned int kept, closed;

void
rte_iommufd_log(uint32_t level, int type, const char *format, ...)
{
	(void)level;
	(void)type;
	(void)format;
}

int
kernel_set_cloexec(int fd)
{
	FUZZ_CHECK(fd >= 3 && fd < 3 + NAMES_MAX);
	kept++;
	return 0;
}

int
kernel_duplicate_fd(int fd)
{
	return fd;
}

int
kernel_close(int fd)
{
	FUZZ_CHECK(fd >= 3 && fd < 3 + NAMES_MAX);
	closed++;
	return 0;
}

/* The first byte says by how much LISTEN_FDS is wrong, 0 in most cases. */
static void
set_environment(const uint8_t *data, size_t size)
{
	char names[NAMES_MAX], number[32];
	unsigned int count = 1;
	size_t i;

	for (i = 0; i < size && data[i + 1] != '\0'; i++) {
		names[i] = data[i + 1];
		count += names[i] == ':';
	}
	names[i] = '\0';
	snprintf(number, sizeof(number), "%u",
		data[0] >= 0xf0 ? count + (data[0] & 15) - 8 : count);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
}

static void
check_name(const struct passed_fd *passed, const char *first, const char *other)
{
	if (passed == NULL)
		return;
	FUZZ_CHECK(strcmp(passed->name, first) == 0 ||
		strcmp(passed->name, other) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sysfs_device place = { 0 };

	if (size == 0 || size > NAMES_MAX)
		return 0;
	snprintf(place.address, sizeof(place.address), "0000:01:00.0");
	snprintf(place.found.cdev, sizeof(place.found.cdev), "vfio0");
	kept = closed = 0;
	set_environment(data, size - 1);
	check_name(passed_fds_find_iommu(), "iommu", "iommu");
	check_name(passed_fds_find_device(&place), "vfio0", "pci-0000-01-00.0");
	FUZZ_CHECK(!passed_fds_have_devices() || kept > 0);
	passed_fds_forget();
	FUZZ_CHECK(kept == closed);
	return 0;
}
