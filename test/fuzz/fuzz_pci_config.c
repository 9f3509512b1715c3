/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Any bytes as the extended capabilities of a device, or as a configuration space of any length
 * up to twice the real one: a capability is there, is not there, or cannot be seen, and the
 * search ends.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "fuzz.h"
#include "kernel/pci_config.h"

#define LONGEST 8192
#define CONFIG_SIZE 4096
#define FIRST_EXTENDED 256

/* A device's folder in sysfs, for the life of the process. */
static char folder[] = "/tmp/fuzz-pci-XXXXXX";
static char config_path[sizeof(folder) + 8];

static void
remove_folder(void)
{
	unlink(config_path);
	rmdir(folder);
}

static void
make_folder(void)
{
	if (config_path[0] != '\0')
		return;
	FUZZ_CHECK(mkdtemp(folder) != NULL);
	snprintf(config_path, sizeof(config_path), "%s/config", folder);
	atexit(remove_folder);
}

static void
check_capability(unsigned int capability)
{
	int ret = pci_config_has(folder, capability);

	FUZZ_CHECK(ret == 0 || ret == 1 || (ret < 0 && ret > -4096));
}

/* The first byte says which of the two. */
static void
write_config(int fd, const uint8_t *data, size_t size)
{
	const off_t offset = data[0] < 0xf0 ? FIRST_EXTENDED : 0;

	FUZZ_CHECK(pwrite(fd, data + 1, size - 1, offset) == (ssize_t)size - 1);
	if (offset > 0)
		FUZZ_CHECK(ftruncate(fd, CONFIG_SIZE) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd;

	if (size == 0 || size > LONGEST)
		return 0;
	make_folder();
	fd = open(config_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0);
	write_config(fd, data, size);
	close(fd);
	check_capability(PCI_CONFIG_ATS);
	check_capability(PCI_CONFIG_PAGE_REQUESTS);
	check_capability(PCI_CONFIG_PASID);
	return 0;
}
