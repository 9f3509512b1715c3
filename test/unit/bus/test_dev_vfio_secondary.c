/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A secondary process of DPDK 26.11 with the plugin: devices are lent by the primary process, maps
 * are the primary's, a container of a driver is the process's own. The primary is the library in
 * this program, over a stand-in for EAL's channel. The secondary's file is compiled in (and comes
 * before the library's), because what it knows of the primary lasts as long as the process.
 *
 * Must not know: what is sent.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/vfio.h>

#include "../../../lib/eal_iommufd/eal/mp_secondary.c"
#include "dev_plugin.h"
#include "devices.h"
#include "fake_mp.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

#define DEFAULT_CONTAINER VFIO_SHIM_DEFAULT_CONTAINER_FD
#define PAGE 0x1000
#define IOVA UINT64_C(0x40000000)
#define NIC "0000:01:00.0"
#define OTHER "0000:02:00.0"
#define NODE "/dev/vfio/devices/vfio0"
#define OTHER_NODE "/dev/vfio/devices/vfio1"

static const char *nic, *folder;
static struct rte_iommufd_device *device; /* the primary's */
static struct rte_iommufd_space *space;
static uint8_t memory[PAGE] __attribute__((aligned(PAGE)));

static void
forget_primary(void)
{
	struct own_map *map;

	while ((map = TAILQ_FIRST(&secondary.maps)) != NULL) {
		TAILQ_REMOVE(&secondary.maps, map, next);
		free(map);
	}
	if (secondary.space_fd >= 0)
		kernel_close(secondary.space_fd);
	secondary.space_fd = -1;
	memset(&secondary.space, 0, sizeof(secondary.space));
	memset(&secondary.silent_until, 0, sizeof(secondary.silent_until));
}

static int
start(void **state, const char *settings)
{
	const int ret = devices_start(state, false, settings);

	assert_int_equal(rte_iommufd_configure(settings), 0);
	nic = fake_sysfs_add(&(struct fake_device){
		NIC, "vfio-pci", "vfio0", "511:0", "4", NULL });
	fake_sysfs_add(&(struct fake_device){
		OTHER, "vfio-pci", "vfio1", "511:1", "5", NULL });
	folder = fake_sysfs_path("devices");
	fake_mp_start();
	dev_plugin_start();
	dev_plugin_load(context);
	device = NULL;
	space = NULL;
	fake_mp_be_primary(true);
	if (strcmp(settings, "backend=stock") != 0) {
		device = open_device(nic);
		space = create_space();
		assert_int_equal(rte_iommufd_device_attach(device, space), 0);
		assert_int_equal(rte_iommufd_space_follow_memory(space), 0);
	}
	assert_int_equal(rte_iommufd_process_serve(), 0);
	fake_mp_be_primary(false);
	assert_int_equal(dpdk->dev_vfio_enable(), 0);
	assert_int_equal(dpdk->dev_vfio_init_mem(), 0);
	return ret;
}

static int
setup(void **state)
{
	return start(state, "backend=iommufd");
}

static int
setup_type1(void **state)
{
	return start(state, "backend=type1");
}

static int
teardown(void **state)
{
	dpdk->dev_vfio_cleanup();
	dev_plugin_unload();
	forget_primary();
	fake_mp_end();
	if (device != NULL)
		rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	return devices_end(state);
}

static void
a_device_is_lent(const char *node)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	const unsigned int others = mock_open(node);
	int fd = 0, again = 0;

	assert_int_equal(dpdk->dev_vfio_setup_device(folder, NIC, &fd), 0);
	assert_int_not_equal(fd, rte_iommufd_device_fd(device));
	assert_int_equal(dpdk->dev_vfio_get_device_info(fd, &info), 0);
	assert_int_equal(dpdk->dev_vfio_setup_device(folder, NIC, &again), 0);
	assert_int_equal(again, fd);
	assert_int_equal(dpdk->dev_vfio_get_iova_mode(), 1);
	assert_int_equal(dpdk->dev_vfio_release_device(folder, NIC, fd), 0);
	assert_int_equal(mock_open(node), others);
	assert_no_error();
}

static void
a_device_is_lent_by_iommufd(void **state __rte_unused)
{
	a_device_is_lent(NODE);
}

static void
a_device_is_lent_by_type1(void **state __rte_unused)
{
	a_device_is_lent("/dev/vfio/4");
}

static void
maps_are_the_primarys(void **state __rte_unused)
{
	const uint64_t va = (uintptr_t)memory;
	int fd = 0;

	assert_int_equal(dpdk->dev_vfio_container_dma_map(
				 DEFAULT_CONTAINER, va, IOVA, PAGE),
		-1);
	assert_int_equal(rte_errno, EIO);
	assert_int_equal(dpdk->dev_vfio_setup_device(folder, NIC, &fd), 0);
	assert_int_equal(dpdk->dev_vfio_container_dma_map(
				 DEFAULT_CONTAINER, va, IOVA, PAGE),
		0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(dpdk->dev_vfio_container_dma_unmap(
				 DEFAULT_CONTAINER, va, IOVA, PAGE),
		0);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
	assert_int_equal(dpdk->dev_vfio_get_container_fd(), -1);
	assert_int_equal(rte_errno, EIO);
	assert_one_error("in a secondary process");
}

static void
what_the_primary_does_not_have_is_eio(void **state __rte_unused)
{
	int fd = 0;

	assert_int_equal(dpdk->dev_vfio_setup_device(folder, OTHER, &fd), -1);
	assert_int_equal(rte_errno, EIO);
	assert_one_error(OTHER, "the primary process does not lend");
}

/* As with DPDK's own code, it has nothing to do with the primary process. */
static void
a_container_is_the_processs_own(void **state __rte_unused)
{
	const unsigned int asked = fake_mp_requests(MP_ACTION);
	const uint64_t va = (uintptr_t)memory;
	int container, fd = 0;

	container = dpdk->dev_vfio_container_create();
	assert_true(container >= 0);
	assert_int_equal(dpdk->dev_vfio_container_assign_device(
				 container, folder, OTHER),
		0);
	assert_int_equal(dpdk->dev_vfio_setup_device(folder, OTHER, &fd), 0);
	assert_int_equal(
		dpdk->dev_vfio_container_dma_map(container, va, IOVA, PAGE), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(dpdk->dev_vfio_container_destroy(container), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(mock_open(OTHER_NODE), 0);
	assert_int_equal(fake_mp_requests(MP_ACTION), asked);
	assert_no_error();
}

/* The primary leaves its devices to DPDK's own code, and says so. */
static void
the_primarys_own_code_is_this_ones_too(void **state __rte_unused)
{
	int fd = 0;

	fake_mp_primary = FAKE_MP_STOCK;
	assert_int_equal(DEV_EAL_CALLS(enable), 0);
	assert_int_equal(dpdk->dev_vfio_setup_device(folder, NIC, &fd), 0);
	assert_int_equal(DEV_EAL_CALLS(enable), 1);
	assert_int_equal(DEV_EAL_CALLS(init_mem), 1);
	assert_int_equal(DEV_EAL_CALLS(setup_device), 1);
	assert_contains(logs_text(), "the primary process says");
	dpdk->dev_vfio_release_device(folder, NIC, 5);
	assert_int_equal(DEV_EAL_CALLS(release_device), 1);
	assert_no_error();
}

int
main(int argc, char **argv)
{
#define TEST_WITH(name, begin) \
	cmocka_unit_test_setup_teardown(name, begin, teardown)
#define TEST(name) TEST_WITH(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(a_device_is_lent_by_iommufd),
		TEST_WITH(a_device_is_lent_by_type1, setup_type1),
		TEST(maps_are_the_primarys),
		TEST_WITH(maps_are_the_primarys, setup_type1),
		TEST(what_the_primary_does_not_have_is_eio),
		TEST(a_container_is_the_processs_own),
		TEST(the_primarys_own_code_is_this_ones_too),
	};

	if (argc != 3) {
		fprintf(stderr, "usage: %s PLUGIN CALLER\n", argv[0]);
		return 2;
	}
	dev_plugin_path = argv[1];
	dev_caller_path = argv[2];
	return RUN_TESTS("dev_vfio_secondary", tests);
}
