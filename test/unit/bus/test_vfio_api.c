/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The functions by which DPDK 22.11 to 26.07 reaches VFIO: what they answer, when calls are passed
 * on to DPDK's own code. The files are compiled in, because their state never ends in a program;
 * the containers, the plugin and DPDK's own code are stand-ins.
 *
 * Must not know: how devices are opened.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/vfio.h>

#include <rte_errno.h>
#include <rte_iommufd.h>
#include <rte_log.h>
#include <rte_uuid.h>

#include "fake_sysfs.h"
#include "logs.h"
#include "unit.h"

/* In the place of /sys/module. */
static const char *
in_fake_sysfs(const char *path)
{
	return strncmp(path, "/sys/", 5) == 0 ? fake_sysfs_path(path + 1)
					      : path;
}

static int
fake_open(const char *path, int flags)
{
	return open(in_fake_sysfs(path), flags);
}

static int
fake_access(const char *path, int mode)
{
	return access(in_fake_sysfs(path), mode);
}

/* The process's context, which would not end. */
static struct {
	int error;
	const char *backend;
	unsigned int choices;
} process;

static int
fake_context_default(struct rte_iommufd_context **context)
{
	*context = NULL;
	return process.error;
}

static const char *
fake_context_backend(const struct rte_iommufd_context *context __rte_unused)
{
	return process.backend;
}

static int
fake_context_choose(struct rte_iommufd_context *context __rte_unused,
	const char *path __rte_unused)
{
	process.choices++;
	return -EOPNOTSUPP;
}

#define open(path, flags) fake_open(path, flags)
#define access(path, mode) fake_access(path, mode)
#define rte_iommufd_context_default fake_context_default
#define rte_iommufd_context_backend fake_context_backend
#define rte_iommufd_context_choose fake_context_choose
#include "../../../drivers/bus/pci_iommufd/vfio_core.c"
#include "../../../drivers/bus/pci_iommufd/vfio_api.c"
#undef open
#undef access

RTE_LOG_REGISTER(bus_iommufd_logtype, bus.pci.iommufd, INFO)

static const char *devices;

/* --- the stand-ins --- */

static struct {
	unsigned int take_overs, diagnoses;
	bool in_use;	 /* containers have something open */
	bool has_stock;	 /* DPDK's own code is there */
	bool is_started; /* by EAL itself */
	unsigned int stock_enables, stock_setups;
	int open_result;
	unsigned int opened;
	bool with_token;
	char path[PATH_MAX];
	int group;
	int default_fd; /* or -errno */
} seen;

static rte_uuid_t process_token;

void
rte_eal_vfio_get_vf_token(rte_uuid_t token)
{
	rte_uuid_copy(token, process_token);
}

void
plugin_take_over(void)
{
	seen.take_overs++;
}

void
diagnose_begin(void)
{
	seen.diagnoses++;
}

static int
stock_enable(const char *module __rte_unused)
{
	seen.stock_enables++;
	return 0;
}

static int
stock_setup_device(const char *base __rte_unused,
	const char *address __rte_unused, int *fd,
	struct vfio_device_info *info __rte_unused)
{
	seen.stock_setups++;
	*fd = 77;
	return 0;
}

static int
stock_get_container_fd(void)
{
	return 78;
}

static const struct dpdk_vfio stock = {
	.rte_vfio_get_container_fd = stock_get_container_fd,
	.rte_vfio_enable = stock_enable,
	.rte_vfio_setup_device = stock_setup_device,
};

const struct dpdk_vfio *
dpdk_vfio_functions(void)
{
	return &stock;
}

enum dpdk_vfio_generation
dpdk_vfio_generation(void)
{
	return seen.has_stock ? DPDK_VFIO_RTE : DPDK_VFIO_UNKNOWN;
}

bool
dpdk_vfio_is_started(void)
{
	return seen.is_started;
}

int
dpdk_vfio_start(bool with_memory)
{
	assert_false(with_memory);
	return stock.rte_vfio_enable("vfio");
}

bool
containers_are_in_use(void)
{
	return seen.in_use;
}

int
containers_open_device(const char *path, int group, const uint8_t *vf_token,
	int *fd, struct vfio_device_info *info __rte_unused)
{
	seen.opened++;
	seen.with_token = vf_token != NULL;
	seen.group = group;
	snprintf(seen.path, sizeof(seen.path), "%s", path);
	*fd = 42;
	return seen.open_result;
}

int
containers_assign_device(int container __rte_unused,
	const char *path __rte_unused, int group __rte_unused,
	const uint8_t *vf_token __rte_unused)
{
	return -EBADF;
}

int
containers_close_device(const char *path, int fd)
{
	return fd == 42 && strcmp(path, seen.path) == 0 ? 0 : -ENODEV;
}

int
containers_device_info(int fd, struct vfio_device_info *info __rte_unused)
{
	return fd == 42 ? 0 : -ENODEV;
}

int
containers_group_fd(int group __rte_unused, int *fd __rte_unused)
{
	return -EOPNOTSUPP;
}

int
containers_forget_group_fd(int fd __rte_unused)
{
	return -EBADF;
}

int
containers_default_fd(int *fd)
{
	*fd = seen.default_fd;
	return seen.default_fd < 0 ? seen.default_fd : 0;
}

int
containers_create(int *fd __rte_unused)
{
	return -EOPNOTSUPP;
}

int
containers_destroy(int fd __rte_unused)
{
	return -EBADF;
}

int
containers_bind_group(
	int container __rte_unused, int group __rte_unused, int *fd)
{
	*fd = 9;
	return 0;
}

int
containers_unbind_group(int container __rte_unused, int group __rte_unused)
{
	return 0;
}

int
containers_map(int container __rte_unused, uint64_t va __rte_unused,
	uint64_t iova __rte_unused, uint64_t length __rte_unused)
{
	return -ENODEV;
}

int
containers_unmap(int container __rte_unused, uint64_t va __rte_unused,
	uint64_t iova __rte_unused, uint64_t length __rte_unused)
{
	return 0;
}

/* --- the tests --- */

static int
set_up(void **context __rte_unused)
{
	fake_sysfs_make();
	devices = fake_sysfs_path("devices");
	setenv("SYSFS_PCI_DEVICES", devices, 1);
	logs_start();
	memset(&state, 0, sizeof(state));
	memset(&seen, 0, sizeof(seen));
	memset(&process, 0, sizeof(process));
	memset(process_token, 0, sizeof(process_token));
	process.backend = "none";
	seen.default_fd = 5;
	return 0;
}

static int
tear_down(void **context __rte_unused)
{
	fake_sysfs_remove();
	return 0;
}

static void
load_module(const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "sys/module/%s/refcnt", name);
	fake_sysfs_write(fake_sysfs_path(file), "1\n");
}

static void
turn_switch(const char *value)
{
	fake_sysfs_write(
		fake_sysfs_path(
			"sys/module/vfio/parameters/enable_unsafe_noiommu_mode"),
		value);
}

static void
add_nic(void)
{
	fake_sysfs_add(&(struct fake_device){
		"0000:01:00.0", "vfio-pci", "vfio0", "511:0", "7", "DMA" });
}

static void
add_unsafe_nic(void)
{
	fake_sysfs_add(&(struct fake_device){
		"0000:03:00.0", "vfio-pci", NULL, NULL, "9", "vfio-noiommu" });
}

static int
setup_nic(const char *address)
{
	struct vfio_device_info info;
	int fd = 0;

	return rte_vfio_setup_device(devices, address, &fd, &info);
}

static void
the_unsafe_switch_counts_with_such_a_device_only(void **context __rte_unused)
{
	assert_int_equal(rte_vfio_noiommu_is_enabled(), 0);
	turn_switch("Y\n");
	assert_int_equal(rte_vfio_noiommu_is_enabled(), 0);
	add_nic();
	assert_int_equal(rte_vfio_noiommu_is_enabled(), 0);
	add_unsafe_nic();
	assert_int_equal(rte_vfio_noiommu_is_enabled(), 1);
	turn_switch("N\n");
	assert_int_equal(rte_vfio_noiommu_is_enabled(), 0);
}

static void
vfio_is_there_with_its_module(void **context __rte_unused)
{
	assert_int_equal(rte_vfio_enable("vfio"), 0);
	assert_int_equal(rte_vfio_is_enabled("vfio"), 0);
	load_module("vfio");
	load_module("vfio_pci");
	assert_int_equal(rte_vfio_is_enabled("vfio"), 0);
	assert_int_equal(rte_vfio_enable("vfio"), 0);
	assert_int_equal(rte_vfio_is_enabled("vfio"), 1);
	assert_int_equal(rte_vfio_is_enabled("vfio-pci"), 1);
	assert_int_equal(rte_vfio_is_enabled("vfio_platform"), 0);
	/* What has to be done once is. */
	assert_int_equal(seen.take_overs, 1);
	assert_int_equal(seen.diagnoses, 1);
	assert_no_error();
}

static void
own_code_that_eal_has_started_is_told_of(void **context __rte_unused)
{
	seen.is_started = true;
	load_module("vfio");
	assert_int_equal(rte_vfio_enable("vfio"), 0);
	assert_contains(logs_text(), "-Bsymbolic-functions");
	assert_no_error();
}

static void
wrong_settings_refuse_devices(void **context __rte_unused)
{
	process.error = -EINVAL;
	add_nic();
	assert_int_equal(rte_vfio_enable("vfio"), 0);
	assert_int_equal(setup_nic("0000:01:00.0"), -1);
	assert_int_equal(rte_errno, EINVAL);
	assert_int_equal(rte_vfio_get_container_fd(), -1);
	assert_int_equal(rte_vfio_container_create(), -1);
	assert_int_equal(seen.opened, 0);
	assert_int_equal(seen.diagnoses, 0);
}

static void
what_was_missing_at_the_start_is_asked_for_again(void **context __rte_unused)
{
	process.error = -ENOMEM;
	add_nic();
	assert_int_equal(rte_vfio_enable("vfio"), 0);
	assert_int_equal(setup_nic("0000:01:00.0"), 0);
	assert_int_equal(seen.opened, 1);
	assert_int_equal(seen.diagnoses, 1);
}

static void
a_device_is_set_up_and_released(void **context __rte_unused)
{
	struct vfio_device_info info;
	int fd = 0;

	add_nic();
	assert_int_equal(
		rte_vfio_get_device_info(devices, "0000:01:00.0", &fd, &info),
		0);
	assert_int_equal(fd, 42);
	assert_int_equal(seen.group, 7);
	assert_false(seen.with_token);
	assert_int_equal(
		rte_vfio_get_device_info(devices, "0000:01:00.0", &fd, &info),
		0);
	assert_int_equal(seen.opened, 1);
	assert_int_equal(
		rte_vfio_release_device(devices, "0000:01:00.0", 42), 0);
	assert_int_equal(
		rte_vfio_release_device(devices, "0000:01:00.0", 43), -1);
	assert_int_equal(rte_errno, ENODEV);
	assert_one_error("0000:01:00.0", "was not set up");
}

static void
what_vfio_does_not_manage_is_skipped(void **context __rte_unused)
{
	int group = -1;

	assert_int_equal(setup_nic("0000:77:00.0"), 1);
	assert_int_equal(
		rte_vfio_get_group_num(devices, "0000:77:00.0", &group), 0);
	add_nic();
	seen.open_result = -ENODEV;
	assert_int_equal(setup_nic("0000:01:00.0"), 1);
	assert_int_equal(
		rte_vfio_get_group_num(devices, "0000:01:00.0", &group), 1);
	assert_int_equal(group, 7);
	assert_no_error();
}

static void
the_container_is_dpdks_own_after_the_hand_over(void **context __rte_unused)
{
	seen.has_stock = true;
	assert_int_equal(rte_vfio_get_container_fd(), 5);
	seen.default_fd = -ENOMEM;
	assert_int_equal(rte_vfio_get_container_fd(), -1);
	assert_int_equal(rte_errno, ENOMEM);
	assert_int_equal(seen.stock_enables, 0);
	seen.default_fd = -EOPNOTSUPP;
	assert_int_equal(rte_vfio_get_container_fd(), 78);
	assert_int_equal(rte_vfio_get_container_fd(), 78);
	assert_int_equal(seen.stock_enables, 1);
	assert_no_error();
}

static void
an_error_leads_to_no_second_try(void **context __rte_unused)
{
	seen.has_stock = true;
	add_nic();
	seen.open_result = -EACCES;
	assert_int_equal(setup_nic("0000:01:00.0"), -1);
	assert_int_equal(rte_errno, EACCES);
	assert_int_equal(seen.opened, 1);
	assert_int_equal(seen.stock_setups, 0);
}

/* The kernel refuses a token for devices that have nothing to do with VFs. */
static void
the_token_is_for_devices_that_take_it(void **context __rte_unused)
{
	memset(process_token, 7, sizeof(process_token));
	add_nic();
	assert_int_equal(setup_nic("0000:01:00.0"), 0);
	assert_false(seen.with_token);
	fake_sysfs_write(
		fake_sysfs_path("devices/0000:01:00.0/sriov_totalvfs"), "8\n");
	assert_int_equal(setup_nic("0000:01:00.0"), 0);
	assert_true(seen.with_token);
	memset(process_token, 0, sizeof(process_token));
	assert_int_equal(setup_nic("0000:01:00.0"), 0);
	assert_false(seen.with_token);
}

static void
the_settings_hand_over_at_once(void **context __rte_unused)
{
	process.backend = "stock";
	seen.has_stock = true;
	assert_int_equal(rte_vfio_enable("vfio"), 0);
	assert_int_equal(process.choices, 1);
	assert_int_equal(seen.stock_enables, 1);
	assert_int_equal(setup_nic("0000:01:00.0"), 0);
	assert_int_equal(seen.stock_setups, 1);
	assert_int_equal(seen.opened, 0);
	assert_int_equal(seen.diagnoses, 0);
}

static void
a_device_hands_over_where_nothing_is_open(void **context __rte_unused)
{
	add_nic();
	seen.open_result = -EOPNOTSUPP;
	assert_int_equal(setup_nic("0000:01:00.0"), -1);
	assert_int_equal(rte_errno, EOPNOTSUPP);
	assert_one_error("is not in this program");

	seen.has_stock = true;
	seen.in_use = true;
	assert_int_equal(setup_nic("0000:01:00.0"), -1);
	assert_int_equal(rte_errno, EBUSY);
	assert_one_error("cannot be mixed");

	seen.in_use = false;
	assert_int_equal(setup_nic("0000:01:00.0"), 0);
	assert_int_equal(seen.stock_enables, 1);
	assert_int_equal(seen.stock_setups, 1);
	assert_int_equal(setup_nic("0000:01:00.0"), 0);
	assert_int_equal(seen.stock_setups, 2);
}

static void
maps_answer_as_vhost_expects(void **context __rte_unused)
{
	assert_int_equal(rte_vfio_container_dma_map(-1, 0, 0, 0), -1);
	assert_int_equal(rte_errno, EINVAL);
	assert_int_equal(rte_vfio_container_dma_unmap(-1, 0, 0, 0), -1);
	assert_int_equal(rte_errno, EINVAL);
	assert_int_equal(rte_vfio_container_dma_map(-1, 0, 0, 4096), -1);
	assert_int_equal(rte_errno, ENODEV);
	assert_int_equal(rte_vfio_container_dma_unmap(-1, 0, 0, 4096), 0);
	assert_int_equal(rte_vfio_get_container_fd(), 5);
	assert_int_equal(rte_vfio_container_group_bind(5, 7), 9);
	assert_int_equal(rte_vfio_container_group_unbind(5, 7), 0);
	assert_int_equal(rte_vfio_get_group_fd(7), -1);
	assert_int_equal(rte_errno, EOPNOTSUPP);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_unsafe_switch_counts_with_such_a_device_only),
		TEST(vfio_is_there_with_its_module),
		TEST(own_code_that_eal_has_started_is_told_of),
		TEST(wrong_settings_refuse_devices),
		TEST(what_was_missing_at_the_start_is_asked_for_again),
		TEST(a_device_is_set_up_and_released),
		TEST(what_vfio_does_not_manage_is_skipped),
		TEST(the_container_is_dpdks_own_after_the_hand_over),
		TEST(an_error_leads_to_no_second_try),
		TEST(the_token_is_for_devices_that_take_it),
		TEST(the_settings_hand_over_at_once),
		TEST(a_device_hands_over_where_nothing_is_open),
		TEST(maps_answer_as_vhost_expects),
	};

	return RUN_TESTS("vfio_api", tests);
}
