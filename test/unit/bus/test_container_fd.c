/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * rte_vfio_get_container_fd() where the work is left to DPDK's own code: it hands over, as
 * the other functions do. vfio_api.c is compiled in; what it calls is in here.
 *
 * Must not know: containers.
 */

#include <errno.h>

#include <rte_log.h>

#include "../../../drivers/bus/pci_iommufd/vfio_api.c"
#include "logs.h"
#include "unit.h"

RTE_LOG_REGISTER(bus_iommufd_logtype, bus.pci.iommufd, INFO)

#define STOCK_FD 77

static int default_fd; /* or -errno */
static unsigned int enabled;

static int
stock_enable(const char *module)
{
	assert_string_equal(module, "vfio");
	enabled++;
	return 0;
}

static int
stock_get_container_fd(void)
{
	return STOCK_FD;
}

static const struct dpdk_vfio stock_functions = {
	.rte_vfio_enable = stock_enable,
	.rte_vfio_get_container_fd = stock_get_container_fd,
};

const struct dpdk_vfio *
dpdk_vfio_functions(void)
{
	return &stock_functions;
}

int
containers_default_fd(int *container_fd)
{
	*container_fd = default_fd;
	return default_fd < 0 ? default_fd : 0;
}

bool
containers_are_in_use(void)
{
	return false;
}

static void
the_container_is_dpdks_own_after_the_hand_over(void **unused __rte_unused)
{
	logs_start();
	default_fd = 12;
	assert_int_equal(rte_vfio_get_container_fd(), 12);
	default_fd = -ENOMEM;
	assert_int_equal(rte_vfio_get_container_fd(), -1);
	assert_int_equal(rte_errno, ENOMEM);
	assert_int_equal(enabled, 0);
	default_fd = -EOPNOTSUPP;
	assert_int_equal(rte_vfio_get_container_fd(), STOCK_FD);
	assert_int_equal(enabled, 1);
	assert_int_equal(rte_vfio_get_container_fd(), STOCK_FD);
	assert_int_equal(enabled, 1);
	assert_no_error();
}

/* Not called here. */
#define UNUSED(function, parameters)                   \
	int function parameters                        \
	{                                              \
		fail_msg("%s() is called", #function); \
		return -1;                             \
	}
UNUSED(containers_open_device,
	(const char *path __rte_unused, int group __rte_unused,
		const uint8_t *vf_token __rte_unused, int *fd __rte_unused,
		struct vfio_device_info *info __rte_unused))
UNUSED(containers_close_device,
	(const char *path __rte_unused, int fd __rte_unused))
UNUSED(containers_device_info,
	(int fd __rte_unused, struct vfio_device_info *info __rte_unused))
UNUSED(containers_create, (int *container_fd __rte_unused))
UNUSED(containers_destroy, (int container_fd __rte_unused))
UNUSED(containers_bind_group,
	(int container_fd __rte_unused, int group __rte_unused,
		int *group_fd __rte_unused))
UNUSED(containers_unbind_group,
	(int container_fd __rte_unused, int group __rte_unused))
UNUSED(containers_group_fd,
	(int group __rte_unused, int *group_fd __rte_unused))
UNUSED(containers_forget_group_fd, (int group_fd __rte_unused))
UNUSED(containers_map,
	(int container_fd __rte_unused, uint64_t va __rte_unused,
		uint64_t iova __rte_unused, uint64_t length __rte_unused))
UNUSED(containers_unmap,
	(int container_fd __rte_unused, uint64_t va __rte_unused,
		uint64_t iova __rte_unused, uint64_t length __rte_unused))

void
plugin_take_over(void)
{
}

void
diagnose_requested_devices(void)
{
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_container_is_dpdks_own_after_the_hand_over),
	};

	return RUN_TESTS("container_fd", tests);
}
