/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A program of DPDK 26.11 with the plugin, from EAL's start to its end, in a primary process: what
 * callers get, and what the kernel sees. Everything is real but the kernel and 26.11's EAL
 * itself: see dev_plugin.h. EAL's memory is that of an installed DPDK.
 *
 * Must not know: how calls get to the plugin.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/vfio.h>

#include <rte_errno.h>
#include <rte_iommufd.h>

#include "dev_plugin.h"
#include "fake_eal.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

#define DEFAULT_CONTAINER VFIO_SHIM_DEFAULT_CONTAINER_FD
#define EAL_BYTES (64 << 20)
#define PAGE 0x1000
#define IOVA UINT64_C(0x40000000)
#define NIC "0000:01:00.0"
#define NEIGHBOUR "0000:01:00.1" /* in the same group */
#define OTHER "0000:02:00.0"
#define KERNELS_OWN "0000:03:00.0" /* its driver is not VFIO's */
#define NOWHERE "0000:77:00.0"
#define NODE "/dev/vfio/devices/vfio0"
#define OTHER_NODE "/dev/vfio/devices/vfio12"
#define GROUP_NODE "/dev/vfio/4"

/* enum dev_vfio_mode, enum dev_vfio_iova_mode */
enum { MODE_NONE, MODE_GROUP, MODE_CDEV };
enum { IOVA_UNKNOWN, IOVA_VA, IOVA_PA };

static struct rte_iommufd_context *context;
static const char *devices;
static uint8_t memory[4 * PAGE] __attribute__((aligned(PAGE)));

static int
group_setup(void **state)
{
	if (small_eal_start(state) != 0)
		return -1;
	devices = fake_sysfs_path("devices");
	setenv("SYSFS_PCI_DEVICES", devices, 1);
	fake_sysfs_add(&(struct fake_device){
		NIC, "vfio-pci", "vfio0", "511:0", "4", NULL });
	fake_sysfs_add(&(struct fake_device){
		NEIGHBOUR, "vfio-pci", "vfio1", "511:1", "4", NULL });
	fake_sysfs_add(&(struct fake_device){
		OTHER, "vfio-pci", "vfio12", "511:12", "5", NULL });
	fake_sysfs_add(&(struct fake_device){
		KERNELS_OWN, "e1000e", NULL, NULL, NULL, NULL });
	dev_plugin_start();
	return 0;
}

static int
start(void **state, const char *settings)
{
	int ret;

	logs_start();
	mock_start_permissive(state);
	assert_int_equal(rte_iommufd_configure(settings), 0);
	ret = rte_iommufd_context_create(settings, &context);
	dev_plugin_load(context);
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
setup_auto(void **state)
{
	return start(state, "");
}

static int
setup_stock(void **state)
{
	return start(state, "backend=stock");
}

static int
teardown(void **state)
{
	dpdk->dev_vfio_cleanup();
	dev_plugin_unload();
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	return mock_finish(state);
}

/* As rte_eal_init() calls them. */
static void
start_vfio(void)
{
	assert_int_equal(dpdk->dev_vfio_enable(), 0);
	assert_int_equal(dpdk->dev_vfio_init_mem(), 0);
}

static int
set_up(const char *address)
{
	int fd = 0;

	return dpdk->dev_vfio_setup_device(devices, address, &fd) == 0 ? fd
								       : -1;
}

static void
release(const char *address, int fd)
{
	assert_int_equal(
		dpdk->dev_vfio_release_device(devices, address, fd), 0);
}

#define assert_refused(error, call)                 \
	do {                                        \
		rte_errno = 0;                      \
		assert_int_equal(call, -1);         \
		assert_int_equal(rte_errno, error); \
	} while (0)

/* None of DPDK's own functions was called, but to see whether they are in use. */
static void
assert_own_code_rests(void)
{
	unsigned int i;

	for (i = 0; i < DEV_EAL_FUNCTIONS; i++)
		if (i != DEV_EAL_dev_vfio_is_enabled)
			assert_int_equal(dev_eal[i].calls, 0);
}

/* --- the main job ------------------------------------------------------------------------ */

static void
a_program_runs(const char *node, unsigned int nodes, int mode)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int fd;

	assert_int_equal(dpdk->dev_vfio_is_enabled(), 0);
	assert_int_equal(dpdk->dev_vfio_enable(), 0);
	assert_int_equal(dpdk->dev_vfio_is_enabled(), 1);
	assert_int_equal(dpdk->dev_vfio_get_iova_mode(), IOVA_VA);
	assert_int_equal(dpdk->dev_vfio_init_mem(), 0);
	assert_int_equal(mock_calls("open"), 0); /* with the first device */
	fd = set_up(NIC);
	assert_true(fd > 0);
	assert_int_equal(dpdk->dev_vfio_get_device_info(fd, &info), 0);
	assert_int_equal(mock_open(node), nodes);
	assert_int_equal(mock_mapped_bytes(), EAL_BYTES);
	assert_int_equal(dpdk->dev_vfio_get_mode(), mode);
	release(NIC, fd);
	assert_int_equal(mock_open(node), 0);
	dpdk->dev_vfio_cleanup();
	assert_int_equal(mock_mappings(), 0);
	assert_own_code_rests();
	assert_no_error();
}

static void
a_program_runs_by_iommufd(void **state __rte_unused)
{
	a_program_runs(NODE, 1, MODE_CDEV);
	assert_int_equal(mock_calls("open " GROUP_NODE), 0);
}

static void
a_program_runs_by_type1(void **state __rte_unused)
{
	a_program_runs(GROUP_NODE, 1, MODE_GROUP);
	assert_int_equal(mock_calls("open " NODE), 0);
}

static void
a_device_that_is_set_up_twice_has_one_fd(void **state __rte_unused)
{
	int fd;

	start_vfio();
	fd = set_up(NIC);
	assert_true(fd > 0);
	assert_int_equal(set_up(NIC), fd);
	assert_int_equal(mock_open(NODE), 1);
	release(NIC, fd);
	assert_refused(ENOENT, dpdk->dev_vfio_release_device(devices, NIC, fd));
	assert_one_error(NIC, "was not set up");
}

/* A driver that fails does not always release its device. */
static void
the_cleanup_closes_what_is_open(void **state __rte_unused)
{
	int container;

	start_vfio();
	assert_true(set_up(NIC) > 0);
	container = dpdk->dev_vfio_container_create();
	assert_true(container >= 0);
	assert_int_equal(dpdk->dev_vfio_container_assign_device(
				 container, devices, OTHER),
		0);
	dpdk->dev_vfio_cleanup();
	assert_int_equal(mock_open(NODE), 0);
	assert_int_equal(mock_open(OTHER_NODE), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
}

/* --- errors ------------------------------------------------------------------------------ */

static void
what_vfio_does_not_manage_is_enodev(void **state __rte_unused)
{
	start_vfio();
	assert_refused(ENODEV, set_up(NOWHERE));
	assert_refused(ENODEV, set_up(KERNELS_OWN));
	assert_refused(ENODEV,
		dpdk->dev_vfio_container_assign_device(
			DEFAULT_CONTAINER, devices, NOWHERE));
	assert_no_error();
	assert_contains(logs_text(), "not managed by VFIO");
}

/* The bus takes ENODEV for "not managed", and would go on without a word. */
static void
what_the_kernel_refuses_is_eio(void **state __rte_unused)
{
	start_vfio();
	mock_answer("device_attach", -ENODEV);
	assert_refused(EIO, set_up(NIC));
	mock_answer("device_attach", -EBUSY);
	assert_refused(EIO, set_up(NIC));
	assert_int_equal(mock_open(NODE), 0);
	logs_start();
	mock_answer("device_attach", -EBUSY);
	assert_refused(EIO,
		dpdk->dev_vfio_container_assign_device(
			DEFAULT_CONTAINER, devices, NIC));
	assert_int_equal(mock_open(NODE), 0);
	assert_int_equal(logs_errors(), 1);
}

static void
without_the_module_vfio_is_off(void **state __rte_unused)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int number;

	dev_plugin_unload_module("vfio");
	start_vfio();
	assert_int_equal(dpdk->dev_vfio_is_enabled(), 0);
	assert_int_equal(dpdk->dev_vfio_module_is_loaded(0), 0);
	assert_int_equal(dpdk->dev_vfio_module_is_loaded(1), 1);
	assert_int_equal(dpdk->dev_vfio_get_mode(), MODE_NONE);
	assert_int_equal(dpdk->dev_vfio_get_iova_mode(), IOVA_UNKNOWN);
	assert_no_error();
	assert_refused(ENXIO, set_up(NIC));
	assert_one_error("modprobe vfio-pci");
	assert_refused(ENXIO, dpdk->dev_vfio_release_device(devices, NIC, 5));
	assert_refused(ENXIO, dpdk->dev_vfio_get_device_info(5, &info));
	assert_refused(
		ENXIO, dpdk->dev_vfio_get_group_num(devices, NIC, &number));
	assert_refused(
		ENXIO, dpdk->dev_vfio_get_device_num(devices, NIC, &number));
	assert_refused(ENXIO, dpdk->dev_vfio_get_container_fd());
	assert_refused(ENXIO, dpdk->dev_vfio_container_create());
	assert_refused(ENXIO, dpdk->dev_vfio_container_destroy(5));
	assert_refused(
		ENXIO, dpdk->dev_vfio_container_assign_device(5, devices, NIC));
	assert_refused(ENXIO,
		dpdk->dev_vfio_container_dma_map(
			DEFAULT_CONTAINER, IOVA, IOVA, PAGE));
	assert_refused(ENXIO,
		dpdk->dev_vfio_container_dma_unmap(
			DEFAULT_CONTAINER, IOVA, IOVA, PAGE));
	assert_int_equal(mock_calls(""), 0);
	dev_plugin_load_module("vfio");
	/* The PCI bus tries it again for each device. */
	assert_int_equal(dpdk->dev_vfio_enable(), 0);
	assert_true(set_up(NIC) > 0);
}

static void
wrong_parameters_are_einval(void **state __rte_unused)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int number;

	start_vfio();
	assert_refused(EINVAL, dpdk->dev_vfio_setup_device(NULL, NIC, &number));
	assert_refused(
		EINVAL, dpdk->dev_vfio_setup_device(devices, NULL, &number));
	assert_refused(EINVAL, dpdk->dev_vfio_setup_device(devices, NIC, NULL));
	assert_refused(EINVAL, dpdk->dev_vfio_release_device(NULL, NIC, 5));
	assert_refused(
		EINVAL, dpdk->dev_vfio_get_group_num(devices, NIC, NULL));
	assert_refused(
		EINVAL, dpdk->dev_vfio_get_device_num(devices, NIC, NULL));
	assert_refused(EINVAL, dpdk->dev_vfio_get_device_info(5, NULL));
	assert_refused(EINVAL,
		dpdk->dev_vfio_container_assign_device(
			DEFAULT_CONTAINER, NULL, NIC));
	assert_refused(EINVAL,
		dpdk->dev_vfio_container_dma_map(
			DEFAULT_CONTAINER, IOVA, IOVA, 0));
	assert_refused(EINVAL,
		dpdk->dev_vfio_container_dma_unmap(
			DEFAULT_CONTAINER, IOVA, IOVA, 0));
	assert_no_error();
	assert_refused(EINVAL, dpdk->dev_vfio_get_device_info(12345, &info));
	assert_one_error("12345 is not the fd of a device");
	assert_refused(EINVAL,
		dpdk->dev_vfio_container_dma_map(12345, IOVA, IOVA, PAGE));
	assert_one_error("12345 is not the fd of a container");
	assert_refused(EINVAL,
		dpdk->dev_vfio_container_assign_device(12345, devices, NIC));
	assert_one_error("12345 is not the fd of a container");
	assert_refused(
		EINVAL, dpdk->dev_vfio_container_destroy(DEFAULT_CONTAINER));
	assert_one_error("default container");
	assert_refused(ENODEV, dpdk->dev_vfio_container_destroy(12345));
	assert_one_error("12345 is not the fd of a container");
}

static void
maps_fail_by_eio(void **state __rte_unused)
{
	const uint64_t va = (uintptr_t)memory;

	start_vfio();
	assert_refused(EIO,
		dpdk->dev_vfio_container_dma_map(
			DEFAULT_CONTAINER, va, IOVA, PAGE));
	assert_no_error();
	assert_true(set_up(NIC) > 0);
	assert_refused(EIO,
		dpdk->dev_vfio_container_dma_unmap(
			DEFAULT_CONTAINER, va, IOVA, PAGE));
	logs_start();
	assert_int_equal(dpdk->dev_vfio_container_dma_map(
				 DEFAULT_CONTAINER, va, IOVA, PAGE),
		0);
	assert_int_equal(mock_mapped_bytes(), EAL_BYTES + PAGE);
	assert_int_equal(dpdk->dev_vfio_container_dma_unmap(
				 DEFAULT_CONTAINER, va, IOVA, PAGE),
		0);
	assert_int_equal(mock_mapped_bytes(), EAL_BYTES);
	assert_no_error();
}

/* --- modes ------------------------------------------------------------------------------- */

/* As long as no device has decided, the answer is that of DPDK's own code. */
static void
the_mode_is_that_of_dpdks_own_code_at_first(void **state __rte_unused)
{
	int number = -1;

	start_vfio();
	assert_int_equal(dpdk->dev_vfio_get_mode(), MODE_GROUP);
	assert_int_equal(
		dpdk->dev_vfio_get_group_num(devices, OTHER, &number), 0);
	assert_int_equal(number, 5);
	assert_refused(ENODEV,
		dpdk->dev_vfio_get_group_num(devices, NOWHERE, &number));
	assert_refused(ENOTSUP,
		dpdk->dev_vfio_get_device_num(devices, OTHER, &number));
	dev_plugin_has_containers = false;
	assert_int_equal(dpdk->dev_vfio_get_mode(), MODE_CDEV);
	assert_no_error();
}

static void
the_first_device_decides_the_mode(void **state __rte_unused)
{
	int number = -1;

	start_vfio();
	assert_true(set_up(NIC) > 0);
	assert_int_equal(dpdk->dev_vfio_get_mode(), MODE_CDEV);
	assert_refused(
		ENOTSUP, dpdk->dev_vfio_get_group_num(devices, OTHER, &number));
	assert_int_equal(
		dpdk->dev_vfio_get_device_num(devices, OTHER, &number), 0);
	assert_int_equal(number, 12);
	assert_refused(ENODEV,
		dpdk->dev_vfio_get_device_num(devices, KERNELS_OWN, &number));
	assert_refused(ENODEV,
		dpdk->dev_vfio_get_device_num(devices, NOWHERE, &number));
	assert_no_error();
}

/* EAL's own call of dev_vfio_enable() need not get here. */
static void
the_iova_mode_is_known_before_vfio_is_enabled(void **state __rte_unused)
{
	assert_int_equal(dpdk->dev_vfio_get_iova_mode(), IOVA_VA);
	dev_plugin_turn_switch("Y\n");
	/* There is an IOMMU all the same. */
	assert_int_equal(dpdk->dev_vfio_get_iova_mode(), IOVA_VA);
	fake_sysfs_add(&(struct fake_device){
		"0000:04:00.0", "vfio-pci", NULL, NULL, "9", "vfio-noiommu" });
	assert_int_equal(dpdk->dev_vfio_get_iova_mode(), IOVA_PA);
	dev_plugin_turn_switch("N\n");
	assert_int_equal(dpdk->dev_vfio_get_iova_mode(), IOVA_VA);
	assert_int_equal(dpdk->dev_vfio_is_enabled(), 0);
	assert_own_code_rests();
}

/* --- containers of drivers ------------------------------------------------------------------ */

static int
create_container(void)
{
	int container = dpdk->dev_vfio_container_create();

	assert_true(container >= 0);
	return container;
}

static void
assign(int container, const char *address)
{
	assert_int_equal(dpdk->dev_vfio_container_assign_device(
				 container, devices, address),
		0);
}

static void
one_device_is_assigned(void **state __rte_unused)
{
	const uint64_t va = (uintptr_t)memory;
	int container, fd, other_fd;

	start_vfio();
	container = create_container();
	assign(container, NIC);
	/* EAL's memory is not for it. */
	assert_int_equal(mock_mappings(), 0);
	assert_refused(EEXIST,
		dpdk->dev_vfio_container_assign_device(
			container, devices, NIC));
	assert_int_equal(mock_open(NODE), 1);
	fd = set_up(NIC);
	assert_true(fd > 0);
	assert_int_equal(mock_open(NODE), 1);
	assert_int_equal(
		dpdk->dev_vfio_container_dma_map(container, va, IOVA, PAGE), 0);
	assert_int_equal(mock_mapped_bytes(), PAGE);
	/* The others go where they always go. */
	other_fd = set_up(OTHER);
	assert_true(other_fd > 0);
	assert_int_equal(mock_mapped_bytes(), EAL_BYTES + PAGE);
	release(OTHER, other_fd);
	assert_int_equal(
		dpdk->dev_vfio_container_dma_unmap(container, va, IOVA, PAGE),
		0);
	release(NIC, fd);
	assert_int_equal(dpdk->dev_vfio_container_destroy(container), 0);
	assert_no_error();
}

static void
a_device_leaves_its_container_when_it_is_released(void **state __rte_unused)
{
	int container;

	start_vfio();
	container = create_container();
	assign(container, NIC);
	release(NIC, set_up(NIC));
	assert_true(set_up(NIC) > 0);
	assert_int_equal(mock_mapped_bytes(), EAL_BYTES);
	assert_int_equal(dpdk->dev_vfio_container_destroy(container), 0);
	assert_no_error();
}

/* The kernel keeps a group together. */
static void
a_group_is_in_one_container(void **state __rte_unused)
{
	int container, fd;

	start_vfio();
	container = create_container();
	assign(container, NIC);
	fd = set_up(NEIGHBOUR);
	assert_true(fd > 0);
	assert_int_equal(mock_mappings(), 0);
	assert_refused(EIO,
		dpdk->dev_vfio_container_assign_device(
			DEFAULT_CONTAINER, devices, NIC));
	assert_one_error(NIC, "group 4 is in use in another container",
		"release that device first");
	assert_int_equal(dpdk->dev_vfio_container_destroy(container), 0);
	assert_int_equal(mock_open(NODE), 0);
	assert_true(set_up(NIC) > 0);
	container = create_container();
	assert_refused(EIO,
		dpdk->dev_vfio_container_assign_device(
			container, devices, NEIGHBOUR));
	assert_one_error(NEIGHBOUR, "group 4 is in use");
}

static void
a_container_is_destroyed_with_its_devices(void **state __rte_unused)
{
	int container, fd;

	start_vfio();
	container = create_container();
	assign(container, NIC);
	fd = set_up(NIC);
	assert_int_equal(dpdk->dev_vfio_container_destroy(container), 0);
	assert_int_equal(mock_open(NODE), 0);
	assert_refused(ENOENT, dpdk->dev_vfio_release_device(devices, NIC, fd));
	logs_start();
	assert_refused(ENODEV, dpdk->dev_vfio_container_destroy(container));
}

static void
the_default_container_has_a_descriptor(void **state __rte_unused)
{
	int container, fd;

	start_vfio();
	container = dpdk->dev_vfio_get_container_fd();
	assert_true(container >= 0);
	assert_int_equal(dpdk->dev_vfio_get_container_fd(), container);
	assert_refused(EINVAL, dpdk->dev_vfio_container_destroy(container));
	logs_start();
	assign(container, NIC);
	assert_int_equal(mock_mapped_bytes(), EAL_BYTES);
	fd = set_up(NIC);
	release(NIC, fd);
	assert_no_error();
}

/* --- DPDK's own code ------------------------------------------------------------------------ */

static void
the_settings_hand_over_at_once(void **state __rte_unused)
{
	int fd = 0, number;

	assert_int_equal(dpdk->dev_vfio_enable(), 0);
	assert_int_equal(DEV_EAL_CALLS(enable), 1);
	assert_int_equal(DEV_EAL_CALLS(init_mem), 0);
	assert_int_equal(dpdk->dev_vfio_init_mem(), 0);
	assert_int_equal(DEV_EAL_CALLS(init_mem), 1);
	dev_eal[DEV_EAL_dev_vfio_get_mode].answer = MODE_GROUP;
	assert_int_equal(dpdk->dev_vfio_get_mode(), MODE_GROUP);
	dev_eal[DEV_EAL_dev_vfio_is_enabled].answer = 1;
	assert_int_equal(dpdk->dev_vfio_is_enabled(), 1);
	dpdk->dev_vfio_get_iova_mode();
	dpdk->dev_vfio_setup_device(devices, NIC, &fd);
	dpdk->dev_vfio_get_device_info(5, NULL);
	dpdk->dev_vfio_release_device(devices, NIC, 5);
	dpdk->dev_vfio_get_group_num(devices, NIC, &number);
	dpdk->dev_vfio_get_device_num(devices, NIC, &number);
	dpdk->dev_vfio_get_container_fd();
	dpdk->dev_vfio_container_create();
	dpdk->dev_vfio_container_destroy(5);
	dpdk->dev_vfio_container_assign_device(5, devices, NIC);
	dpdk->dev_vfio_container_dma_map(5, IOVA, IOVA, PAGE);
	dpdk->dev_vfio_container_dma_unmap(5, IOVA, IOVA, PAGE);
	dpdk->dev_vfio_cleanup();
#define ASSERT_CALLED(type, name, parameters)                      \
	if (DEV_EAL_##name != DEV_EAL_dev_vfio_module_is_loaded && \
		DEV_EAL_##name != DEV_EAL_dev_vfio_is_enabled)     \
		assert_int_equal(dev_eal[DEV_EAL_##name].calls, 1);
	DEV_VFIO_SHIM_FUNCTIONS(ASSERT_CALLED)
#undef ASSERT_CALLED
	assert_int_equal(mock_calls("open"), 0);
	assert_no_error();
}

/* The kernel has an interface that only DPDK's own code serves: seen at the first device. */
static void
a_device_hands_over_late(void **state __rte_unused)
{
	start_vfio();
	assert_own_code_rests();
	mock_answer("open /dev/iommu", -ENOENT);
	mock_answer("container_has_extension", 0);
	assert_int_equal(set_up(NIC), 0);
	assert_int_equal(DEV_EAL_CALLS(enable), 1);
	assert_int_equal(DEV_EAL_CALLS(init_mem), 1);
	assert_int_equal(DEV_EAL_CALLS(setup_device), 1);
	assert_int_equal(set_up(OTHER), 0);
	assert_int_equal(DEV_EAL_CALLS(enable), 1);
	assert_int_equal(DEV_EAL_CALLS(init_mem), 1);
	assert_int_equal(DEV_EAL_CALLS(setup_device), 2);
	assert_int_equal(mock_open(GROUP_NODE), 0);
}

/* EAL's memory is not there yet, or EAL has called its own code directly. */
static void
memory_is_not_handed_over_before_eal_says_so(void **state __rte_unused)
{
	assert_int_equal(dpdk->dev_vfio_enable(), 0);
	mock_answer("open /dev/iommu", -ENOENT);
	mock_answer("container_has_extension", 0);
	assert_int_equal(set_up(NIC), 0);
	assert_int_equal(DEV_EAL_CALLS(enable), 1);
	assert_int_equal(DEV_EAL_CALLS(init_mem), 0);
}

/* A librte_eal whose calls of its own functions do not get here. */
static void
start_directly(void)
{
	dev_eal[DEV_EAL_dev_vfio_is_enabled].answer = 1;
	assert_int_equal(dpdk->dev_vfio_get_iova_mode(), IOVA_VA);
	/* The PCI bus, for its first device. */
	assert_int_equal(dpdk->dev_vfio_is_enabled(), 0);
	assert_int_equal(dpdk->dev_vfio_enable(), 0);
	assert_int_equal(dpdk->dev_vfio_is_enabled(), 1);
}

static void
eals_own_calls_need_not_get_here(void **state __rte_unused)
{
	int fd;

	start_directly();
	assert_contains(logs_text(), "-Bsymbolic-functions");
	fd = set_up(NIC);
	assert_true(fd > 0);
	assert_int_equal(mock_mapped_bytes(), EAL_BYTES);
	release(NIC, fd);
	assert_int_equal(DEV_EAL_CALLS(enable), 0);
	assert_no_error();
}

static void
own_code_that_eal_has_started_is_not_started_again(void **state __rte_unused)
{
	start_directly();
	mock_answer("open /dev/iommu", -ENOENT);
	mock_answer("container_has_extension", 0);
	assert_int_equal(set_up(NIC), 0);
	assert_int_equal(DEV_EAL_CALLS(enable), 0);
	assert_int_equal(DEV_EAL_CALLS(init_mem), 0);
	assert_int_equal(DEV_EAL_CALLS(setup_device), 1);
}

static void
own_code_that_fails_is_an_error(void **state __rte_unused)
{
	start_vfio();
	mock_answer("open /dev/iommu", -ENOENT);
	mock_answer("container_has_extension", 0);
	dev_eal[DEV_EAL_dev_vfio_init_mem].answer = -1;
	assert_refused(EIO, set_up(NIC));
	assert_int_equal(DEV_EAL_CALLS(init_mem), 1);
	assert_int_equal(DEV_EAL_CALLS(setup_device), 0);
}

int
main(int argc, char **argv)
{
#define TEST_WITH(name, begin) \
	cmocka_unit_test_setup_teardown(name, begin, teardown)
#define TEST(name) TEST_WITH(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(a_program_runs_by_iommufd),
		TEST_WITH(a_program_runs_by_iommufd, setup_auto),
		TEST_WITH(a_program_runs_by_type1, setup_type1),
		TEST(a_device_that_is_set_up_twice_has_one_fd),
		TEST(the_cleanup_closes_what_is_open),
		TEST(what_vfio_does_not_manage_is_enodev),
		TEST(what_the_kernel_refuses_is_eio),
		TEST(without_the_module_vfio_is_off),
		TEST(wrong_parameters_are_einval),
		TEST(maps_fail_by_eio),
		TEST_WITH(maps_fail_by_eio, setup_type1),
		TEST_WITH(the_mode_is_that_of_dpdks_own_code_at_first,
			setup_auto),
		TEST_WITH(the_first_device_decides_the_mode, setup_auto),
		TEST(the_iova_mode_is_known_before_vfio_is_enabled),
		TEST(one_device_is_assigned),
		TEST(a_device_leaves_its_container_when_it_is_released),
		TEST(a_group_is_in_one_container),
		TEST(a_container_is_destroyed_with_its_devices),
		TEST(the_default_container_has_a_descriptor),
		TEST_WITH(the_settings_hand_over_at_once, setup_stock),
		TEST_WITH(a_device_hands_over_late, setup_auto),
		TEST_WITH(memory_is_not_handed_over_before_eal_says_so,
			setup_auto),
		TEST(eals_own_calls_need_not_get_here),
		TEST_WITH(own_code_that_eal_has_started_is_not_started_again,
			setup_auto),
		TEST_WITH(own_code_that_fails_is_an_error, setup_auto),
	};

	if (argc != 3) {
		fprintf(stderr, "usage: %s PLUGIN CALLER\n", argv[0]);
		return 2;
	}
	dev_plugin_path = argv[1];
	dev_caller_path = argv[2];
	return cmocka_run_group_tests_name(
		"dev_vfio", tests, group_setup, small_eal_stop);
}
