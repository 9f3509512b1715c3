/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Contexts: every branch of the choice of a backend, the reason that is given for
 * it, and what may be done to a context when.
 *
 * Must not know: how a backend does its work.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "kernel/kernel_state.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define IOMMU_NODE "/dev/iommu"
#define CONTAINER_NODE "/dev/vfio/vfio"
#define DEVICE_NODE "/dev/vfio/devices/vfio0"

/* Device folders: with everything, without a cdev, without an IOMMU. */
static const char *nic;
static const char *old_nic;
static const char *unsafe_nic;

/*
 * In the place of kernel_state.c's: whatever the machine's kernel is, this one has neither, and
 * its interrupts are not remapped.
 */
extern bool __wrap_kernel_state_has_node(const char *name);
extern enum kernel_switch __wrap_kernel_state_remaps_interrupts(void);

bool
__wrap_kernel_state_has_node(const char *name __rte_unused)
{
	return false;
}

enum kernel_switch
__wrap_kernel_state_remaps_interrupts(void)
{
	return KERNEL_SWITCH_OFF;
}

static int
setup(void **state)
{
	const struct fake_device with_cdev = { "0000:01:00.0", "vfio-pci",
		"vfio0", "511:0", "7", NULL };
	const struct fake_device without_cdev = { "0000:02:00.0", "vfio-pci",
		NULL, NULL, "8", NULL };
	const struct fake_device without_iommu = { "0000:03:00.0", "vfio-pci",
		"noiommu-vfio0", "511:3", "9", "vfio-noiommu" };

	mock_start_permissive(state);
	fake_sysfs_make();
	nic = fake_sysfs_add(&with_cdev);
	old_nic = fake_sysfs_add(&without_cdev);
	unsafe_nic = fake_sysfs_add(&without_iommu);
	logs_start();
	context = NULL;
	return 0;
}

static int
teardown(void **state)
{
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	fake_sysfs_remove();
	return mock_finish(state);
}

static int
choose(const char *settings, const char *path)
{
	if (context == NULL)
		assert_int_equal(
			rte_iommufd_context_create(settings, &context), 0);
	return rte_iommufd_context_choose(context, path);
}

static void
assert_chosen(const char *backend, const char *reason)
{
	assert_string_equal(rte_iommufd_context_backend(context), backend);
	assert_contains(rte_iommufd_context_reason(context), reason);
	assert_contains(logs_text(), reason);
	assert_no_error();
}

static void
start_again(void)
{
	void *state = NULL;

	teardown(&state);
	setup(&state);
}

static void
nothing_is_decided_or_opened_at_first(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_context_create("", &context), 0);
	assert_string_equal(rte_iommufd_context_backend(context), "none");
	assert_string_equal(rte_iommufd_context_reason(context), "");
	assert_int_equal(mock_calls(""), 0);
}

static void
auto_takes_iommufd_where_all_is_there(void **state __rte_unused)
{
	assert_int_equal(choose("backend=auto", nic), 0);
	assert_chosen("iommufd", "the kernel and the device have it");
	assert_contains(logs_text(), "0000:01:00.0: backend iommufd");
	assert_int_equal(mock_open(IOMMU_NODE), 1);
	assert_int_equal(mock_open(DEVICE_NODE), 0);
	assert_int_equal(mock_calls("device_bind"), 1);
	assert_int_equal(mock_calls("device_attach"), 1);
	assert_int_equal(mock_calls("open " CONTAINER_NODE), 0);
}

static void
auto_does_without_a_device(void **state __rte_unused)
{
	assert_int_equal(choose("", NULL), 0);
	assert_chosen("iommufd", "the kernel and the device have it");
	assert_int_equal(mock_calls("open"), 1);
}

struct refusal {
	int error;
	const char *words;
};

static const struct refusal iommu_refusals[] = {
	{ -ENOENT, "/dev/iommu" },
	{ -EACCES, "no permission to open /dev/iommu" },
	{ -EPERM, "no permission to open /dev/iommu" },
	{ -ENODEV, "modprobe iommufd" },
	{ -ENXIO, "modprobe iommufd" },
	{ -EMFILE, "Too many open files" },
};

static const struct refusal node_refusals[] = {
	{ -ENOENT, DEVICE_NODE " is missing" },
	{ -EACCES, "no permission to open " DEVICE_NODE },
	{ -EPERM, "no permission to open " DEVICE_NODE },
	{ -EMFILE, "Too many open files" },
};

static const struct refusal container_refusals[] = {
	{ -ENOENT, "/dev/vfio/vfio" },
	{ -EACCES, "no permission to open /dev/vfio/vfio" },
	{ -EPERM, "no permission to open /dev/vfio/vfio" },
	{ -ENODEV, "modprobe vfio-pci" },
	{ -ENXIO, "modprobe vfio-pci" },
	{ -ENFILE, "Too many open files in system" },
};

static void
auto_falls_back_when_iommu_cannot_be_opened(void **state __rte_unused)
{
	size_t i;

	for (i = 0; i < RTE_DIM(iommu_refusals); i++) {
		mock_answer("open " IOMMU_NODE, iommu_refusals[i].error);
		assert_int_equal(choose("", nic), 0);
		assert_chosen("type1v2", iommu_refusals[i].words);
		assert_int_equal(mock_open(CONTAINER_NODE), 0);
		start_again();
	}
}

static void
auto_falls_back_when_the_device_node_cannot_be_opened(void **state __rte_unused)
{
	size_t i;

	for (i = 0; i < RTE_DIM(node_refusals); i++) {
		mock_answer("open " DEVICE_NODE, node_refusals[i].error);
		assert_int_equal(choose("", nic), 0);
		assert_chosen("type1v2", node_refusals[i].words);
		assert_int_equal(mock_open(IOMMU_NODE), 0);
		start_again();
	}
}

static void
auto_falls_back_when_sysfs_shows_no_node(void **state __rte_unused)
{
	assert_int_equal(choose("", old_nic), 0);
	assert_chosen("type1v2", "CONFIG_VFIO_DEVICE_CDEV");
	assert_int_equal(mock_open(IOMMU_NODE), 0);
}

static void
auto_takes_type1_where_v2_is_missing(void **state __rte_unused)
{
	mock_answer("open " IOMMU_NODE, -ENOENT);
	mock_answer("container_has_extension type1v2", 0);
	assert_int_equal(choose("", nic), 0);
	assert_chosen("type1", "CONFIG_IOMMUFD");
}

static void
auto_leaves_other_iommus_to_stock(void **state __rte_unused)
{
	mock_answer("open " IOMMU_NODE, -ENOENT);
	mock_answer("container_has_extension", 0);
	assert_int_equal(choose("", nic), -EOPNOTSUPP);
	assert_chosen("stock", "no type1 IOMMU");
	assert_int_equal(choose("", nic), -EOPNOTSUPP);
}

static void
an_error_of_the_extension_query_counts_as_no(void **state __rte_unused)
{
	mock_answer("open " IOMMU_NODE, -ENOENT);
	mock_answer("container_has_extension", -EINVAL);
	assert_int_equal(choose("", nic), -EOPNOTSUPP);
	assert_chosen("stock", "no type1 IOMMU");
}

static void
auto_fails_when_neither_can_be_had(void **state __rte_unused)
{
	size_t i;

	for (i = 0; i < RTE_DIM(container_refusals); i++) {
		mock_answer("open " IOMMU_NODE, -ENOENT);
		mock_answer(
			"open " CONTAINER_NODE, container_refusals[i].error);
		assert_int_equal(choose("", nic), -ENXIO);
		assert_one_error("0000:01:00.0", "CONFIG_IOMMUFD",
			container_refusals[i].words);
		assert_string_equal(
			rte_iommufd_context_backend(context), "none");
		assert_contains(
			rte_iommufd_context_reason(context), "CONFIG_IOMMUFD");
		start_again();
	}
}

static void
auto_fails_when_vfio_has_another_version(void **state __rte_unused)
{
	mock_answer("open " IOMMU_NODE, -ENOENT);
	mock_answer("container_api_version", 1);
	assert_int_equal(choose("", nic), -ENXIO);
	assert_one_error("CONFIG_IOMMUFD", "unknown version of VFIO");
	assert_int_equal(mock_open(CONTAINER_NODE), 0);
}

static void
a_device_without_iommu_is_taken_by_its_node(void **state __rte_unused)
{
	assert_int_equal(choose("", unsafe_nic), 0);
	assert_chosen("noiommu", "UNSAFE");
	assert_int_equal(mock_calls("open /dev/vfio/devices/noiommu-vfio0"), 1);
	start_again();
	assert_int_equal(choose("backend=noiommu", unsafe_nic), 0);
	assert_chosen("noiommu", "UNSAFE");
}

static void
a_device_without_iommu_is_taken_by_its_group(void **state __rte_unused)
{
	mock_answer("open " IOMMU_NODE, -ENOENT);
	assert_int_equal(choose("", unsafe_nic), 0);
	assert_chosen("noiommu",
		"by its group, where its memory is not even pinned, because");
	assert_int_equal(mock_open(IOMMU_NODE), 0);
}

static void
noiommu_is_not_for_devices_with_an_iommu(void **state __rte_unused)
{
	assert_int_equal(choose("backend=noiommu", nic), -ENXIO);
	assert_one_error("0000:01:00.0", "backend noiommu was asked for",
		"backend=auto");
	start_again();
	assert_int_equal(choose("backend=noiommu", NULL), -ENXIO);
	assert_one_error("any device", "backend noiommu was asked for");
}

static void
iommufd_is_taken_when_asked_for(void **state __rte_unused)
{
	assert_int_equal(choose("backend=iommufd", nic), 0);
	assert_chosen("iommufd", "asked for by the settings");
}

static void
assert_iommufd_refused(const char *path, const char *words)
{
	assert_int_equal(choose("backend=iommufd", path), -ENXIO);
	assert_one_error("iommufd was asked for", words);
	assert_string_equal(rte_iommufd_context_backend(context), "none");
	assert_contains(rte_iommufd_context_reason(context), words);
	assert_int_equal(mock_calls("open " CONTAINER_NODE), 0);
	assert_int_equal(mock_open(IOMMU_NODE), 0);
	start_again();
}

static void
iommufd_asked_for_or_nothing(void **state __rte_unused)
{
	size_t i;

	for (i = 0; i < RTE_DIM(iommu_refusals); i++) {
		mock_answer("open " IOMMU_NODE, iommu_refusals[i].error);
		assert_iommufd_refused(nic, iommu_refusals[i].words);
	}
	for (i = 0; i < RTE_DIM(node_refusals); i++) {
		mock_answer("open " DEVICE_NODE, node_refusals[i].error);
		assert_iommufd_refused(nic, node_refusals[i].words);
	}
	assert_iommufd_refused(old_nic, "CONFIG_VFIO_DEVICE_CDEV");
	mock_answer("open " IOMMU_NODE, -ENOENT);
	assert_iommufd_refused(NULL, "CONFIG_IOMMUFD");
}

static void
type1_is_taken_when_asked_for(void **state __rte_unused)
{
	assert_int_equal(choose("backend=type1", nic), 0);
	assert_chosen("type1v2", "asked for by the settings");
	assert_int_equal(mock_calls("open " IOMMU_NODE), 0);
	assert_int_equal(mock_open(CONTAINER_NODE), 0);
	start_again();
	mock_answer("container_has_extension type1v2", 0);
	assert_int_equal(choose("backend=type1", NULL), 0);
	assert_chosen("type1", "asked for by the settings");
}

static void
assert_type1_refused(const char *words)
{
	assert_int_equal(choose("backend=type1", nic), -ENXIO);
	assert_one_error("type1 was asked for", words);
	assert_string_equal(rte_iommufd_context_backend(context), "none");
	assert_contains(rte_iommufd_context_reason(context), words);
	assert_int_equal(mock_calls("open " IOMMU_NODE), 0);
	start_again();
}

static void
type1_asked_for_or_nothing(void **state __rte_unused)
{
	size_t i;

	for (i = 0; i < RTE_DIM(container_refusals); i++) {
		mock_answer(
			"open " CONTAINER_NODE, container_refusals[i].error);
		assert_type1_refused(container_refusals[i].words);
	}
	mock_answer("container_has_extension", 0);
	assert_type1_refused("no type1 IOMMU");
	mock_answer("container_api_version", -ENOTTY);
	assert_type1_refused("unknown version");
}

static void
stock_asked_for_opens_nothing(void **state __rte_unused)
{
	assert_int_equal(
		rte_iommufd_context_create("backend=stock", &context), 0);
	assert_string_equal(rte_iommufd_context_backend(context), "stock");
	assert_int_equal(choose(NULL, nic), -EOPNOTSUPP);
	assert_chosen("stock", "asked for by the settings");
	assert_int_equal(mock_calls(""), 0);
}

static void
a_space_cannot_be_made_on_stock(void **state __rte_unused)
{
	struct rte_iommufd_space *space = NULL;

	assert_int_equal(
		rte_iommufd_context_create("backend=stock", &context), 0);
	assert_int_equal(
		rte_iommufd_space_create(context, &space), -EOPNOTSUPP);
	assert_null(space);
	assert_no_error();
}

static void
the_choice_is_made_once(void **state __rte_unused)
{
	unsigned int calls;

	assert_int_equal(choose("", nic), 0);
	calls = mock_calls("");
	logs_start();
	assert_int_equal(choose("", old_nic), 0);
	assert_int_equal(choose("", NULL), 0);
	assert_int_equal(mock_calls(""), calls);
	assert_string_equal(rte_iommufd_context_backend(context), "iommufd");
	assert_string_equal(logs_text(), "");
}

/* Who counts on an IOMMU does not get a device without one beside it. */
static void
a_device_without_iommu_is_refused_where_one_is_promised(
	void **state __rte_unused)
{
	assert_int_equal(choose("", nic), 0);
	assert_int_equal(choose("", unsafe_nic), -ENXIO);
	assert_one_error("0000:03:00.0: it has no IOMMU", "backend iommufd",
		"backend=noiommu");
	start_again();
	assert_int_equal(choose("backend=iommufd", unsafe_nic), -ENXIO);
	assert_one_error("0000:03:00.0: it has no IOMMU");
	start_again();
	assert_int_equal(choose("backend=type1", unsafe_nic), -ENXIO);
	assert_one_error("0000:03:00.0: it has no IOMMU", "backend type1");
	start_again();
	assert_int_equal(choose("", unsafe_nic), 0);
	assert_int_equal(choose("", nic), 0);
	assert_no_error();
}

static void
a_choice_that_failed_is_tried_again(void **state __rte_unused)
{
	mock_answer("open " IOMMU_NODE, -EACCES);
	assert_int_equal(choose("backend=iommufd", nic), -ENXIO);
	assert_one_error("no permission");
	mock_answer("open " IOMMU_NODE, MOCK_FIRST_FD);
	assert_int_equal(choose("backend=iommufd", nic), 0);
	assert_chosen("iommufd", "asked for");
}

static void
a_device_that_is_not_there_decides_nothing(void **state __rte_unused)
{
	assert_int_equal(choose("", fake_sysfs_path("nowhere")), -ENODEV);
	assert_one_error("nowhere", "no such device");
	assert_string_equal(rte_iommufd_context_backend(context), "none");
	assert_int_equal(mock_calls(""), 0);
}

/* Another device of its group is VFIO's, so that a legacy container would take the group. */
static void
a_device_without_a_driver_decides_nothing(void **state __rte_unused)
{
	static const struct fake_device unbound = { "0000:01:00.7", NULL, NULL,
		NULL, "7", NULL };
	const char *path = fake_sysfs_add(&unbound);
	struct rte_iommufd_device *device = NULL;

	assert_int_equal(choose("", path), -ENODEV);
	assert_one_error("0000:01:00.7", "no VFIO driver has it");
	assert_int_equal(
		rte_iommufd_device_open(context, path, NULL, &device), -ENODEV);
	assert_no_error();
	assert_string_equal(rte_iommufd_context_backend(context), "none");
	assert_int_equal(mock_calls(""), 0);
}

/* --- what a device really takes, with backend=auto --- */

static int
open_auto(const char *path, const uint8_t *token,
	struct rte_iommufd_device **device)
{
	if (context == NULL)
		assert_int_equal(rte_iommufd_context_create("", &context), 0);
	*device = NULL;
	return rte_iommufd_device_open(context, path, token, device);
}

/* The device is used by a legacy container then, and nothing of IOMMUFD is left. */
static void
assert_falls_back(const char *path, const uint8_t *token, const char *reason)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;

	assert_int_equal(open_auto(path, token, &device), 0);
	assert_chosen("type1v2", reason);
	assert_int_equal(mock_open(IOMMU_NODE), 0);
	assert_int_equal(mock_open(DEVICE_NODE), 0);
	assert_int_equal(rte_iommufd_space_create(context, &space), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	start_again();
}

static void
auto_falls_back_when_interrupts_are_not_remapped(void **state __rte_unused)
{
	mock_answer("device_bind", -EPERM);
	assert_falls_back(nic, NULL,
		"allow_unsafe_interrupts=1 of the module iommufd, or of vfio_iommu_type1");
}

static void
auto_falls_back_when_the_iommu_cannot_be_driven(void **state __rte_unused)
{
	mock_answer("device_attach", -EINVAL);
	assert_falls_back(nic, NULL, "may not drive this IOMMU");
	mock_answer("ioas_alloc", -ENOMEM);
	assert_falls_back(nic, NULL, "for a trial");
}

static void
auto_falls_back_when_the_node_is_stale(void **state __rte_unused)
{
	mock_answer("open " DEVICE_NODE, -ENODEV);
	assert_falls_back(nic, NULL, "no device behind it");
	mock_answer("open " DEVICE_NODE, -ENXIO);
	assert_falls_back(nic, NULL, "no device behind it");
	mock_answer_value("device_number fd=1001", 0, 12345);
	assert_falls_back(nic, NULL, "not this device's node");
}

static void
auto_falls_back_with_the_token_and_never_without(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	mock_answer("device_bind", -EINVAL);
	assert_falls_back(nic, devices_token, "takes no VF token");

	mock_answer("device_bind", -EINVAL);
	mock_answer("group_open_device", -EACCES);
	assert_int_equal(open_auto(nic, devices_token, &device), -ENXIO);
	assert_one_error("0000:01:00.0", "takes no VF token",
		"the kernel refused the VF token");
	assert_int_equal(mock_calls("device_bind"), 1);
	assert_int_equal(mock_calls("group_open_device"), 1);
	assert_contains(
		mock_last_call("group_open_device"), DEVICES_TOKEN_UUID);
}

/* In a container that is IOMMUFD's, the trial can fail for more than the token. */
static void
a_trial_in_a_container_of_iommufd_is_explained_so(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	mock_container_is_iommufd = true;
	mock_answer("device_bind", -EINVAL);
	mock_answer("group_open_device", -EADDRINUSE);
	assert_int_equal(open_auto(nic, devices_token, &device), -ENXIO);
	assert_one_error("0000:01:00.0", "takes no VF token",
		"this device's IOMMU has reserved");
}

/* A legacy container would be refused as well, so it is not asked for. */
static void
auto_does_not_ask_twice_for_what_no_backend_gives(void **state __rte_unused)
{
	static const struct refusal refusals[] = {
		{ -EBUSY, "its IOMMU group is in use" },
		{ -EACCES, "--vfio-vf-token" },
	};
	struct rte_iommufd_device *device;
	size_t i;

	for (i = 0; i < RTE_DIM(refusals); i++) {
		mock_answer("device_bind", refusals[i].error);
		assert_int_equal(
			open_auto(nic, NULL, &device), refusals[i].error);
		assert_one_error("0000:01:00.0: ", refusals[i].words);
		assert_int_equal(mock_calls("open " CONTAINER_NODE), 0);
		assert_string_equal(
			rte_iommufd_context_backend(context), "none");
		start_again();
	}
}

static void
auto_names_both_reasons_in_one_line(void **state __rte_unused)
{
	static const struct {
		const char *call;
		int error;
		const char *words;
	} refusals[] = {
		{ "open /dev/vfio/7", -EACCES,
			"permission to open /dev/vfio/7" },
		{ "group_set_container", -EBUSY, "in another one already" },
		{ "container_set_iommu", -EPERM,
			"of the module vfio_iommu_type1" },
		{ "group_unset_container", -EBUSY,
			"does not make or end an address space for a trial" },
	};
	struct rte_iommufd_device *device;
	size_t i;

	for (i = 0; i < RTE_DIM(refusals); i++) {
		mock_answer("device_bind", -EPERM);
		mock_answer(refusals[i].call, refusals[i].error);
		assert_int_equal(open_auto(nic, NULL, &device), -ENXIO);
		assert_one_error("0000:01:00.0: neither",
			"of the module iommufd", refusals[i].words);
		assert_string_equal(
			rte_iommufd_context_backend(context), "none");
		assert_int_equal(mock_open(IOMMU_NODE), 0);
		start_again();
	}
}

static void
a_device_that_could_not_be_opened_decides_nothing(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	mock_answer("open /dev/vfio/8", -EACCES);
	assert_int_equal(open_auto(old_nic, NULL, &device), -ENXIO);
	assert_one_error("0000:02:00.0", "CONFIG_VFIO_DEVICE_CDEV",
		"no permission to open /dev/vfio/8");
	logs_start();
	assert_int_equal(open_auto(nic, NULL, &device), 0);
	assert_chosen("iommufd", "the kernel and the device have it");
	rte_iommufd_device_close(device);
	start_again();

	/* The same with the backend that the settings ask for. */
	assert_int_equal(
		rte_iommufd_context_create("backend=type1", &context), 0);
	mock_answer("open /dev/vfio/8", -EACCES);
	assert_int_equal(open_auto(old_nic, NULL, &device), -EACCES);
	assert_one_error("0000:02:00.0", "no permission");
	assert_string_equal(rte_iommufd_context_backend(context), "none");
}

/* The second device gets what the first has, or one line. */
static void
a_second_device_changes_nothing(void **state __rte_unused)
{
	struct rte_iommufd_device *device, *second;

	assert_int_equal(open_auto(nic, NULL, &device), 0);
	assert_int_equal(open_auto(old_nic, NULL, &second), -ENXIO);
	assert_one_error("0000:02:00.0", "this process is on IOMMUFD");
	assert_string_equal(rte_iommufd_context_backend(context), "iommufd");
	assert_int_equal(mock_calls("open " CONTAINER_NODE), 0);
	rte_iommufd_device_close(device);
}

/* With an address space there, the backend is in use: what the device lacks is said. */
static void
a_space_keeps_the_backend(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;

	assert_int_equal(rte_iommufd_context_create("", &context), 0);
	assert_int_equal(rte_iommufd_space_create(context, &space), 0);
	mock_answer("device_bind", -EPERM);
	assert_int_equal(open_auto(nic, NULL, &device), -EPERM);
	assert_one_error("0000:01:00.0", "allow_unsafe_interrupts");
	assert_string_equal(rte_iommufd_context_backend(context), "iommufd");
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
one_that_is_asked_for_is_not_replaced(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &context), 0);
	mock_answer("device_bind", -EPERM);
	assert_int_equal(open_auto(nic, NULL, &device), -EPERM);
	assert_one_error("0000:01:00.0", "allow_unsafe_interrupts");
	assert_int_equal(mock_calls("open " CONTAINER_NODE), 0);
}

static void
contexts_have_their_own_iommu(void **state __rte_unused)
{
	struct rte_iommufd_context *other;

	assert_int_equal(choose("", NULL), 0);
	assert_int_equal(rte_iommufd_context_create("", &other), 0);
	assert_int_equal(rte_iommufd_context_choose(other, NULL), 0);
	assert_int_equal(mock_open(IOMMU_NODE), 2);
	assert_int_equal(rte_iommufd_context_destroy(other), 0);
	assert_int_equal(mock_open(IOMMU_NODE), 1);
}

static void
wrong_settings_make_no_context(void **state __rte_unused)
{
	assert_int_equal(
		rte_iommufd_context_create("backend=vfio", &context), -EINVAL);
	assert_one_error("RTE_IOMMUFD", "backend=vfio",
		"auto, iommufd, type1, noiommu, stock");
	assert_null(context);
}

static void
destroying_none_is_fine(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_context_destroy(NULL), 0);
	assert_no_error();
}

static void
a_context_with_a_space_stays(void **state __rte_unused)
{
	struct rte_iommufd_space *space;

	assert_int_equal(rte_iommufd_context_create("", &context), 0);
	assert_int_equal(rte_iommufd_space_create(context, &space), 0);
	assert_int_equal(rte_iommufd_context_destroy(context), -EBUSY);
	assert_one_error("cannot end");
	assert_int_equal(mock_open(IOMMU_NODE), 1);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
}

static void
a_context_with_a_device_stays(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	assert_int_equal(rte_iommufd_context_create("", &context), 0);
	assert_int_equal(
		rte_iommufd_device_open(context, nic, NULL, &device), 0);
	assert_int_equal(rte_iommufd_context_destroy(context), -EBUSY);
	assert_one_error("cannot end");
	rte_iommufd_device_close(device);
}

/* The program has more rights than its user. */
static bool is_secure;

/* In the place of libc's. */
char *
secure_getenv(const char *name)
{
	return is_secure ? NULL : getenv(name);
}

static void
a_program_with_more_rights_reads_no_environment(void **state __rte_unused)
{
	setenv("RTE_IOMMUFD", "backend=nonsense", 1);
	is_secure = true;
	assert_int_equal(rte_iommufd_context_create(NULL, &context), 0);
	is_secure = false;
	assert_string_equal(rte_iommufd_context_backend(context), "none");
	unsetenv("RTE_IOMMUFD");
}

/*
 * The process's context is one for the whole program, so its life is one test: it
 * ends with the type1 backend, which keeps nothing open.
 */
static void
the_life_of_the_process_context(void **state __rte_unused)
{
	struct rte_iommufd_context *first, *again;

	setenv("RTE_IOMMUFD", "backend=nonsense", 1);
	assert_int_equal(rte_iommufd_context_default(&first), -EINVAL);
	assert_null(first);
	assert_one_error("RTE_IOMMUFD", "backend=nonsense");

	assert_int_equal(rte_iommufd_configure("map=nonsense"), -EINVAL);
	assert_one_error("map=nonsense");

	/* The environment counts... */
	setenv("RTE_IOMMUFD", "backend=stock", 1);
	assert_int_equal(rte_iommufd_context_default(&first), 0);
	assert_int_equal(rte_iommufd_context_default(&again), 0);
	assert_ptr_equal(first, again);
	assert_string_equal(rte_iommufd_context_backend(first), "stock");

	/* ...until the program says something, which replaces all of it... */
	assert_int_equal(rte_iommufd_configure(NULL), 0);
	assert_string_equal(rte_iommufd_context_backend(first), "none");
	assert_int_equal(rte_iommufd_configure("backend=type1"), 0);
	assert_int_equal(rte_iommufd_context_create(NULL, &context), 0);
	assert_int_equal(rte_iommufd_context_choose(context, NULL), 0);
	assert_chosen("type1v2", "asked for by the settings");

	/* ...and nothing counts once the choice is made. */
	assert_int_equal(rte_iommufd_context_choose(first, NULL), 0);
	assert_string_equal(rte_iommufd_context_backend(first), "type1v2");
	assert_int_equal(rte_iommufd_configure("backend=iommufd"), -EBUSY);
	assert_one_error("too late", "type1v2", "rte_eal_init()");
	assert_int_equal(rte_iommufd_context_default(&again), 0);
	assert_ptr_equal(first, again);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_decided_or_opened_at_first),
		TEST(auto_takes_iommufd_where_all_is_there),
		TEST(auto_does_without_a_device),
		TEST(auto_falls_back_when_iommu_cannot_be_opened),
		TEST(auto_falls_back_when_the_device_node_cannot_be_opened),
		TEST(auto_falls_back_when_sysfs_shows_no_node),
		TEST(auto_takes_type1_where_v2_is_missing),
		TEST(auto_leaves_other_iommus_to_stock),
		TEST(an_error_of_the_extension_query_counts_as_no),
		TEST(auto_fails_when_neither_can_be_had),
		TEST(auto_fails_when_vfio_has_another_version),
		TEST(a_device_without_iommu_is_taken_by_its_node),
		TEST(a_device_without_iommu_is_taken_by_its_group),
		TEST(noiommu_is_not_for_devices_with_an_iommu),
		TEST(iommufd_is_taken_when_asked_for),
		TEST(iommufd_asked_for_or_nothing),
		TEST(type1_is_taken_when_asked_for),
		TEST(type1_asked_for_or_nothing),
		TEST(stock_asked_for_opens_nothing),
		TEST(a_space_cannot_be_made_on_stock),
		TEST(the_choice_is_made_once),
		TEST(a_device_without_iommu_is_refused_where_one_is_promised),
		TEST(a_choice_that_failed_is_tried_again),
		TEST(a_device_that_is_not_there_decides_nothing),
		TEST(a_device_without_a_driver_decides_nothing),
		TEST(auto_falls_back_when_interrupts_are_not_remapped),
		TEST(auto_falls_back_when_the_iommu_cannot_be_driven),
		TEST(auto_falls_back_when_the_node_is_stale),
		TEST(auto_falls_back_with_the_token_and_never_without),
		TEST(a_trial_in_a_container_of_iommufd_is_explained_so),
		TEST(auto_does_not_ask_twice_for_what_no_backend_gives),
		TEST(auto_names_both_reasons_in_one_line),
		TEST(a_device_that_could_not_be_opened_decides_nothing),
		TEST(a_second_device_changes_nothing),
		TEST(a_space_keeps_the_backend),
		TEST(one_that_is_asked_for_is_not_replaced),
		TEST(contexts_have_their_own_iommu),
		TEST(wrong_settings_make_no_context),
		TEST(destroying_none_is_fine),
		TEST(a_context_with_a_space_stays),
		TEST(a_context_with_a_device_stays),
		TEST(a_program_with_more_rights_reads_no_environment),
		TEST(the_life_of_the_process_context),
	};

	return RUN_TESTS("context", tests);
}
