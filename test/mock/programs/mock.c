/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The kernel's mock devices; see mock.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kernel/kernel.h"
#include "mock.h"
#include "unit.h"

int
mock_command(int iommu_fd, struct uapi_test_command *command)
{
	command->size = sizeof(*command);
	return ioctl(iommu_fd, UAPI_TEST_COMMAND, command) < 0 ? -errno : 0;
}

int
mock_create(int iommu_fd, uint32_t page_table_id, uint32_t flags,
	struct mock_device *device)
{
	struct uapi_test_command command = {
		.operation = UAPI_TEST_MOCK_DOMAIN_FLAGS,
		.id = page_table_id,
		.mock_domain.flags = flags,
	};
	int ret = mock_command(iommu_fd, &command);

	if (ret != 0)
		return ret;
	device->iommu_fd = iommu_fd;
	device->handle = command.mock_domain.out_handle;
	device->device_id = command.mock_domain.out_device_id;
	device->page_table_id = command.mock_domain.out_page_table_id;
	return 0;
}

int
mock_move(struct mock_device *device, uint32_t page_table_id)
{
	struct uapi_test_command command = {
		.operation = UAPI_TEST_MOCK_DOMAIN_REPLACE,
		.id = device->handle,
		.replace.page_table_id = page_table_id,
	};
	int ret = mock_command(device->iommu_fd, &command);

	if (ret == 0)
		device->page_table_id = command.replace.page_table_id;
	return ret;
}

int
mock_destroy(struct mock_device *device)
{
	int ret = kernel_object_destroy(device->iommu_fd, device->handle);

	device->handle = 0;
	return ret;
}

bool
mock_page_table_has(int iommu_fd, uint32_t page_table_id, uint64_t iova,
	const void *va, uint64_t length)
{
	struct uapi_test_command command = {
		.operation = UAPI_TEST_CHECK_MAP,
		.id = page_table_id,
		.check_map = { .iova = iova,
			.length = length,
			.va = (uintptr_t)va },
	};
	int ret;

	/* The kernel says the same of what it will not look at. */
	assert_int_equal(
		(iova | length | (uintptr_t)va) % UAPI_TEST_PAGE_SIZE, 0);
	assert_int_not_equal(length, 0);
	ret = mock_command(iommu_fd, &command);
	if (ret != 0)
		assert_int_equal(ret, -EINVAL);
	return ret == 0;
}

bool
mock_reaches(const struct mock_device *device, uint64_t iova, const void *va,
	uint64_t length)
{
	return mock_page_table_has(
		device->iommu_fd, device->page_table_id, iova, va, length);
}

bool
mock_reaches_none(const struct mock_device *device, uint64_t iova,
	const void *va, uint64_t length)
{
	uint64_t done;

	for (done = 0; done < length; done += UAPI_TEST_PAGE_SIZE)
		if (mock_reaches(device, iova + done, (const char *)va + done,
			    UAPI_TEST_PAGE_SIZE))
			return false;
	return true;
}

bool
mock_is_pinned(int iommu_fd, const void *va, uint64_t length, uint32_t times)
{
	struct uapi_test_command command = {
		.operation = UAPI_TEST_CHECK_REFS,
		.check_refs = { .length = length,
			.va = (uintptr_t)va,
			.references = times },
	};
	int ret = mock_command(iommu_fd, &command);

	if (ret != 0)
		assert_int_equal(ret, -EIO);
	return ret == 0;
}

unsigned long
mock_pinned_pages(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	bool found = false;
	char line[128];

	assert_non_null(status);
	while (!found && fgets(line, sizeof(line), status) != NULL)
		found = sscanf(line, "VmPin: %lu", &kib) == 1;
	fclose(status);
	assert_true(found);
	return kib / 4;
}

char *
mock_memory(size_t length, int *file)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);
	char *memory;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, length), 0);
	memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, fd, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	*file = fd;
	return memory;
}
