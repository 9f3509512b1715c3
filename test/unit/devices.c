/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A context, devices and spaces for tests; see devices.h. */

#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

const uint8_t devices_token[RTE_IOMMUFD_VF_TOKEN_LENGTH] = { 0x14, 0xd6, 0x3f,
	0x20, 0x84, 0x45, 0x11, 0xea, 0x89, 0x00, 0x1f, 0x9c, 0xe7, 0xd5, 0x65,
	0x0d };

struct rte_iommufd_context *context;

int
devices_start(void **state, bool scripted, const char *settings)
{
	fake_sysfs_make();
	logs_start();
	if (scripted)
		mock_start_script(state);
	else
		mock_start_permissive(state);
	return rte_iommufd_context_create(settings, &context);
}

int
devices_end(void **state)
{
	fake_sysfs_remove();
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	return mock_finish(state);
}

struct rte_iommufd_device *
open_device(const char *path)
{
	struct rte_iommufd_device *device = NULL;

	assert_int_equal(
		rte_iommufd_device_open(context, path, NULL, &device), 0);
	assert_non_null(device);
	return device;
}

struct rte_iommufd_space *
create_space(void)
{
	struct rte_iommufd_space *space = NULL;

	assert_int_equal(rte_iommufd_space_create(context, &space), 0);
	assert_non_null(space);
	return space;
}
