/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * An sva with its threads: its life, its devices, what programs ask of it, and that
 * whatever fails is told once and leaves nothing behind.
 *
 * Must not know: how pages are served (test_sva_fault.c).
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <rte_log.h>

#include "devices.h"
#include "fake_sysfs.h"
#include "fake_telemetry.h"
#include "logs.h"
#include "mock_kernel.h"
#include "mock_userfault.h"
#include "rte_iommufd_pasid.h"
#include "rte_iommufd_sva.h"
#include "unit.h"

#define R RTE_IOMMUFD_MAP_READ
#define W RTE_IOMMUFD_MAP_WRITE
#define PAGE UINT64_C(0x1000)
#define BASE UINT64_C(0x7f0000000000)
#define VA(address) ((void *)(uintptr_t)(address))

static const struct fake_device nic_entry = { "0000:01:00.0", "vfio-pci",
	"vfio0", "511:0", "4", NULL };

static const char *nic;
static struct rte_iommufd_device *device;
static struct rte_iommufd_space *own;
static struct rte_iommufd_sva *sva;

static int
setup_kernel(void **state)
{
	int ret;

	mock_memory_start();
	ret = devices_start(state, false, "backend=iommufd");
	nic = fake_sysfs_add(&nic_entry);
	mock_memory_map(BASE, BASE + 64 * PAGE, R | W);
	return ret;
}

static int
end_kernel(void **state)
{
	mock_memory_finish();
	return devices_end(state);
}

static int
setup(void **state)
{
	int ret = setup_kernel(state);

	device = open_device(nic);
	own = create_space();
	assert_int_equal(rte_iommufd_device_attach(device, own), 0);
	assert_int_equal(rte_iommufd_sva_create(context, NULL, &sva), 0);
	return ret;
}

static int
teardown(void **state)
{
	assert_int_equal(rte_iommufd_sva_destroy(sva), 0);
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(own), 0);
	assert_no_error();
	return end_kernel(state);
}

static struct rte_iommufd_sva_stats
stats_now(void)
{
	struct rte_iommufd_sva_stats stats = { .size = sizeof(stats) };

	rte_iommufd_sva_stats(sva, &stats);
	return stats;
}

static void
wait_for_groups(uint64_t count)
{
	while (stats_now().request_groups < count)
		usleep(1000);
}

static void
devices_are_bound_and_served(void **state __rte_unused)
{
	const struct page_request page = { .address = BASE, .rights = R };
	uint32_t first, second;

	assert_int_equal(rte_iommufd_sva_bind(sva, device, &first), 0);
	assert_int_equal(rte_iommufd_sva_bind(sva, device, &second), 0);
	assert_int_not_equal(first, second);
	mock_ask_pages(&page, 1);
	wait_for_groups(1);
	assert_int_equal(stats_now().mapped, 1);
	assert_int_equal(stats_now().pinned, 16 * PAGE);
	assert_int_equal(rte_iommufd_sva_destroy(sva), -EBUSY);
	assert_one_error("2 bindings");
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, first), 0);
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, first), -ENOENT);
	assert_one_error("not bound");
	assert_int_equal(stats_now().pinned, 16 * PAGE);
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, second), 0);
	assert_int_equal(stats_now().pinned, 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(mock_pasids(), 0);
}

/* What it is attached to is in the sva's record, and nowhere else. */
static void
a_pasid_of_an_sva_is_not_for_others(void **state __rte_unused)
{
	uint32_t pasid;

	assert_int_equal(rte_iommufd_sva_bind(sva, device, &pasid), 0);
	assert_int_equal(rte_iommufd_pasid_detach(device, pasid), -EBUSY);
	assert_one_error("belongs to shared virtual addressing",
		"rte_iommufd_sva_unbind()");
	assert_int_equal(rte_iommufd_pasid_replace(device, pasid, own), -EBUSY);
	assert_one_error("belongs to shared virtual addressing",
		"rte_iommufd_sva_unbind()");
	assert_int_equal(rte_iommufd_pasid_attach(device, pasid, own), -EBUSY);
	assert_one_error("a space is attached");
	assert_int_equal(rte_iommufd_pasid_free(device, pasid), -EBUSY);
	assert_one_error("it is attached");
	assert_int_equal(mock_pasids(), 1);
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, pasid), 0);
	assert_int_equal(mock_pasids(), 0);
}

static void
a_device_that_is_closed_is_unbound(void **state __rte_unused)
{
	const struct page_request page = { .address = BASE, .rights = R };
	uint32_t first, second;

	assert_int_equal(rte_iommufd_sva_bind(sva, device, &first), 0);
	assert_int_equal(rte_iommufd_sva_bind(sva, device, &second), 0);
	mock_ask_pages(&page, 1);
	wait_for_groups(1);
	rte_iommufd_device_close(device);
	assert_int_equal(stats_now().pinned, 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(mock_pasids(), 0);
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, first), -ENOENT);
	assert_one_error("not bound");
	device = open_device(nic);
	assert_int_equal(rte_iommufd_device_attach(device, own), 0);
}

static void
telemetry_tells_of_it(void **state __rte_unused)
{
	const struct page_request page = { .address = BASE, .rights = R };
	uint32_t pasid;

	assert_int_equal(rte_iommufd_sva_bind(sva, device, &pasid), 0);
	mock_ask_pages(&page, 1);
	wait_for_groups(1);
	assert_int_equal(fake_telemetry_call("/iommufd/sva", NULL), 0);
	assert_int_equal(fake_telemetry_number("exists"), 1);
	assert_int_equal(fake_telemetry_number("ended"), 0);
	assert_int_equal(fake_telemetry_number("users"), 1);
	assert_int_equal(fake_telemetry_number("bindings"), 1);
	assert_int_equal(fake_telemetry_number("pin_limit"), 0);
	assert_int_equal(fake_telemetry_number("fault_around"), 16 * PAGE);
	assert_int_equal(fake_telemetry_number("page_requests"), 1);
	assert_int_equal(fake_telemetry_number("mapped"), 1);
	assert_int_equal(fake_telemetry_number("pinned"), 16 * PAGE);
	assert_int_equal(fake_telemetry_call("/iommufd/sva", "1"), -EINVAL);
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, pasid), 0);
	assert_int_equal(fake_telemetry_call("/iommufd/sva", ""), 0);
	assert_int_equal(fake_telemetry_number("bindings"), 0);
	assert_int_equal(fake_telemetry_number("pinned"), 0);
	assert_int_equal(fake_telemetry_number("pinned_peak"), 16 * PAGE);
}

static void
telemetry_tells_that_there_is_none(void **state __rte_unused)
{
	assert_int_equal(fake_telemetry_call("/iommufd/sva", NULL), 0);
	assert_int_equal(fake_telemetry_number("exists"), 0);
	assert_false(fake_telemetry_has("pinned"));
}

static void
memory_is_mapped_ahead_of_time(void **state __rte_unused)
{
	uint32_t pasid;

	assert_int_equal(
		rte_iommufd_sva_prefault(sva, VA(BASE), PAGE, R), -ENODEV);
	assert_one_error("no device is bound");
	assert_int_equal(rte_iommufd_sva_bind(sva, device, &pasid), 0);
	/* Exactly the pages that are touched, for it was said how much. */
	assert_int_equal(rte_iommufd_sva_prefault(
				 sva, VA(BASE + PAGE + 5), 2 * PAGE, R | W),
		0);
	assert_int_equal(stats_now().pinned, 3 * PAGE);
	assert_int_equal(
		rte_iommufd_sva_prefault(sva, VA(BASE), 64 * PAGE, R), 0);
	assert_int_equal(stats_now().pinned, 64 * PAGE);
	assert_int_equal(
		rte_iommufd_sva_prefault(sva, VA(BASE), 65 * PAGE, R), -EFAULT);
	assert_one_error("has nothing there");
	mock_memory_map(BASE + 64 * PAGE, BASE + 65 * PAGE, R);
	assert_int_equal(
		rte_iommufd_sva_prefault(sva, VA(BASE), 65 * PAGE, W), -EFAULT);
	assert_one_error("these rights");
	assert_int_equal(
		rte_iommufd_sva_prefault(sva, VA(BASE), 0, W), -EINVAL);
	assert_one_error("no interval");
	assert_int_equal(
		rte_iommufd_sva_prefault(sva, VA(BASE), 1, 4), -EINVAL);
	assert_one_error("no interval");
	assert_int_equal(rte_iommufd_sva_prefault(sva, VA(BASE), UINT64_MAX, W),
		-EINVAL);
	assert_one_error("no interval");
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, pasid), 0);
}

static void
what_is_invalidated_is_gone_on_return(void **state __rte_unused)
{
	uint32_t pasid;

	assert_int_equal(rte_iommufd_sva_bind(sva, device, &pasid), 0);
	assert_int_equal(
		rte_iommufd_sva_prefault(sva, VA(BASE), 64 * PAGE, R), 0);
	assert_int_equal(rte_iommufd_sva_invalidate(sva, VA(BASE + 5), 1), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(rte_iommufd_sva_invalidate(sva, VA(BASE), 0), 0);
	assert_int_equal(stats_now().invalidations, 2);
	assert_int_equal(
		rte_iommufd_sva_invalidate(sva, VA(BASE), UINT64_MAX), -EINVAL);
	assert_one_error("no interval");
	assert_int_equal(
		rte_iommufd_sva_invalidate(sva, MAP_FAILED, 1), -EINVAL);
	assert_one_error("no interval");
	assert_int_equal(
		rte_iommufd_sva_prefault(sva, MAP_FAILED, PAGE, R), -EINVAL);
	assert_one_error("no interval");
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, pasid), 0);
}

static void
after_settling_changes_were_followed(void **state __rte_unused)
{
	unsigned int i;
	uint32_t pasid;

	assert_int_equal(rte_iommufd_sva_bind(sva, device, &pasid), 0);
	for (i = 0; i < 100; i++) {
		mock_memory_map(BASE, BASE + 64 * PAGE, R | W);
		assert_int_equal(
			rte_iommufd_sva_prefault(sva, VA(BASE), 64 * PAGE, R),
			0);
		mock_memory_unmap(BASE, BASE + 32 * PAGE);
		assert_int_equal(rte_iommufd_sva_settle(sva), 0);
		assert_int_equal(mock_mappings(), 0);
	}
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, pasid), 0);
}

/* Whoever waits for it is woken, and told. */
static void
settling_does_not_outlast_the_service(void **state __rte_unused)
{
	mock_memory_fail_all("ready", -EBADF);
	assert_int_equal(rte_iommufd_sva_settle(sva), -EIO);
	assert_int_equal(rte_iommufd_sva_settle(sva), -EIO);
	while (!logs_contain("there can be another"))
		usleep(1000);
	logs_start();
}

static void
who_comes_after_the_end_is_told(void **state __rte_unused)
{
	uint32_t pasid = 0;

	mock_memory_fail_all("ready", -EBADF);
	assert_int_equal(rte_iommufd_sva_settle(sva), -EIO);
	while (!logs_contain("there can be another"))
		usleep(1000);
	logs_start();
	assert_int_equal(rte_iommufd_sva_bind(sva, device, &pasid), -EIO);
	assert_one_error("has ended");
	assert_int_equal(pasid, 0);
	assert_int_equal(rte_iommufd_sva_invalidate(sva, VA(BASE), 1), -EIO);
	assert_one_error("has ended");
}

static void
a_child_has_no_part_in_it(void **state __rte_unused)
{
	struct rte_iommufd_sva_stats stats = { .size = sizeof(stats),
		.mapped = 1 };
	uint32_t pasid;
	pid_t child = fork();
	int status;

	if (child == 0) {
		rte_iommufd_sva_stats(sva, &stats);
		_exit(rte_iommufd_sva_bind(sva, device, &pasid) != -EINVAL ||
			rte_iommufd_sva_unbind(sva, device, 1) != -EINVAL ||
			rte_iommufd_sva_settle(sva) != -EINVAL ||
			rte_iommufd_sva_invalidate(sva, NULL, 1) != -EINVAL ||
			rte_iommufd_sva_prefault(sva, VA(BASE), 1, R) !=
				-EINVAL ||
			rte_iommufd_sva_destroy(sva) != -EINVAL ||
			stats.mapped != 0 || logs_errors() != 6);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Nothing is written behind the size that the program has. */
static void
statistics_of_another_size(void **state __rte_unused)
{
	struct {
		struct rte_iommufd_sva_stats stats;
		uint64_t behind[2];
	} longer = { .behind = { 7, 7 } };

	longer.stats.size = sizeof(longer.stats);
	assert_int_equal(rte_iommufd_sva_stats(sva, &longer.stats), 0);
	assert_int_equal(longer.behind[0], 7);
	longer.stats.size = sizeof(longer) - sizeof(longer.behind[1]);
	assert_int_equal(rte_iommufd_sva_stats(sva, &longer.stats), 0);
	assert_int_equal(longer.behind[0], 0);
	assert_int_equal(longer.behind[1], 7);
	assert_int_equal(
		longer.stats.size, sizeof(longer) - sizeof(longer.behind[1]));
	longer.stats.size = sizeof(longer.stats) - 1;
	longer.stats.mapped = 7;
	assert_int_equal(rte_iommufd_sva_stats(sva, &longer.stats), -EINVAL);
	assert_one_error("rte_iommufd_sva_stats.size");
	assert_int_equal(longer.stats.mapped, 7);
}

static void
there_is_one_in_a_process(void **state __rte_unused)
{
	const struct rte_iommufd_sva_options like_it = {
		.size = sizeof(like_it),
		.fault_around = 16 * PAGE,
	};
	struct rte_iommufd_sva *other = NULL;
	struct rte_iommufd_sva *third = NULL;
	uint32_t pasid;

	assert_int_equal(rte_iommufd_sva_create(context, NULL, &other), 0);
	assert_ptr_equal(other, sva);
	assert_int_equal(rte_iommufd_sva_create(context, &like_it, &third), 0);
	assert_ptr_equal(third, sva);
	assert_int_equal(rte_iommufd_sva_bind(other, device, &pasid), 0);
	assert_int_equal(rte_iommufd_sva_destroy(third), 0);
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, pasid), 0);
	assert_int_equal(rte_iommufd_sva_destroy(other), 0);
	/* It is still there for the first. */
	assert_int_equal(rte_iommufd_sva_bind(sva, device, &pasid), 0);
	assert_int_equal(rte_iommufd_sva_unbind(sva, device, pasid), 0);
}

static void
the_one_is_not_changed_by_who_comes_later(void **state __rte_unused)
{
	const struct rte_iommufd_sva_options limit = { .size = sizeof(limit),
		.pin_limit = 16 * PAGE };
	const struct rte_iommufd_sva_options around = { .size = sizeof(around),
		.fault_around = PAGE };
	struct rte_iommufd_sva *other = NULL;

	assert_int_equal(
		rte_iommufd_sva_create(context, &limit, &other), -EBUSY);
	assert_one_error("has an sva already");
	assert_int_equal(
		rte_iommufd_sva_create(context, &around, &other), -EBUSY);
	assert_one_error("has an sva already");
	assert_null(other);
}

/* --- what is needed --- */

static void
create_fails(const struct rte_iommufd_sva_options *options, int error,
	const char *part)
{
	struct rte_iommufd_sva *made = NULL;

	assert_int_equal(
		rte_iommufd_sva_create(context, options, &made), error);
	assert_one_error(part);
	assert_null(made);
}

static void
wrong_options_are_refused(void **state __rte_unused)
{
	const struct rte_iommufd_sva_options wrong[] = {
		{ .size = sizeof(wrong[0]), .pin_limit = PAGE - 1 },
		{ .size = sizeof(wrong[0]), .fault_around = PAGE / 2 },
		{ .size = sizeof(wrong[0]), .fault_around = 3 * PAGE },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(wrong); i++)
		create_fails(&wrong[i], -EINVAL, "wrong options");
	assert_int_equal(rte_iommufd_sva_destroy(NULL), 0);
}

/* A program that was built with a structure shorter or longer than this library's. */
static void
options_of_another_size(void **state __rte_unused)
{
	struct {
		struct rte_iommufd_sva_options options;
		uint64_t unknown;
	} longer = { .options.size = sizeof(longer) };
	struct rte_iommufd_sva *made = NULL;

	assert_int_equal(
		rte_iommufd_sva_create(context, &longer.options, &made), 0);
	assert_int_equal(rte_iommufd_sva_destroy(made), 0);
	made = NULL;
	longer.unknown = 1;
	create_fails(&longer.options, -E2BIG, "does not know");
	longer.options.size = sizeof(longer.options) - 1;
	create_fails(&longer.options, -EINVAL, "has to be at least 24");
	longer.options.size = 0;
	create_fails(&longer.options, -EINVAL, "has to be at least 24");
}

static void
what_the_kernel_lacks_is_named(void **state __rte_unused)
{
	mock_answer("fault_queue_alloc", -ENOTTY);
	create_fails(NULL, -EOPNOTSUPP, "6.11");
	mock_answer("fault_queue_alloc", 0);
	mock_memory_fail_all("query", -ENOTTY);
	create_fails(NULL, -EOPNOTSUPP, "takes no queries");
	mock_memory_fail_all("query", 0);
	mock_memory_fail_all("follow_open", -EPERM);
	create_fails(NULL, -EPERM, "seccomp");
	mock_memory_fail_all("follow_open", -ENOSYS);
	create_fails(NULL, -EOPNOTSUPP, "CONFIG_USERFAULTFD");
	mock_memory_fail_all("follow_open", -EINVAL);
	create_fails(NULL, -EOPNOTSUPP, "WP_ASYNC");
}

static int
setup_type1(void **state)
{
	mock_memory_start();
	return devices_start(state, false, "backend=type1");
}

static void
legacy_containers_have_no_page_requests(void **state __rte_unused)
{
	create_fails(NULL, -EOPNOTSUPP, "needs RTE_IOMMUFD=backend=iommufd");
}

/* --- whatever fails --- */

/* The lines of the service's threads and of the caller can come in one write. */
static void
lines_of_two_threads_count_as_two(void **state __rte_unused)
{
	FILE *stream = rte_log_get_stream();

	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "IOMMUFD: first\n");
	assert_one_error("first");
	fputs("IOMMUFD: second\nIOMMUFD: third\n", stream);
	fflush(stream);
	assert_int_equal(logs_errors(), 2);
	logs_start();
	rte_log(RTE_LOG_ERR, RTE_LOGTYPE_USER1, "IOMMUFD: fourth\n");
	assert_one_error("fourth");
}

/* Each failure is one line, and so is the end of the service, whenever that is told. */
static void
assert_told(unsigned int failures)
{
	failures += strstr(logs_text(), "has ended") != NULL;
	if (logs_errors() != failures)
		fail_msg("%u failures, with %u lines: %s", failures,
			logs_errors(), logs_text());
	logs_start();
}

/* How many of the calls in its life have failed. */
static unsigned int
live_with(struct rte_iommufd_sva *made)
{
	unsigned int failures = 0;
	uint32_t pasid;

	if (rte_iommufd_sva_bind(made, device, &pasid) != 0)
		return 1;
	failures += rte_iommufd_sva_prefault(made, VA(BASE), 64 * PAGE, R) != 0;
	failures += rte_iommufd_sva_settle(made) != 0;
	assert_int_equal(rte_iommufd_sva_unbind(made, device, pasid), 0);
	return failures;
}

static void
live(void)
{
	struct rte_iommufd_sva *made = NULL;
	unsigned int failures;

	if (rte_iommufd_sva_create(context, NULL, &made) != 0) {
		assert_told(1);
		return;
	}
	failures = live_with(made);
	/* Here what the service has to say has been said. */
	assert_int_equal(rte_iommufd_sva_destroy(made), 0);
	assert_told(failures);
}

static int
setup_device(void **state)
{
	int ret = setup_kernel(state);

	device = open_device(nic);
	own = create_space();
	assert_int_equal(rte_iommufd_device_attach(device, own), 0);
	return ret;
}

static int
end_device(void **state)
{
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(own), 0);
	return end_kernel(state);
}

/* Of the calls about memory; those that pin it and the rest are next. */
static void
every_call_about_memory_may_fail(void **state)
{
	unsigned int number;

	for (number = 1;; number++) {
		mock_memory_fail_call(mock_memory_calls("") + number, -ENOMEM);
		live();
		if (!mock_memory_call_has_failed())
			break;
		end_device(state);
		setup_device(state);
	}
	assert_true(number > 6);
}

static void
every_call_that_makes_something_may_fail(void **state)
{
	static const char *const calls[] = { "fault_queue_alloc", "ioas_alloc",
		"open wake_open", "open open_to_read", "hwpt_alloc",
		"device_attach_pasid", "ioas_map" };
	size_t i;

	for (i = 0; i < RTE_DIM(calls); i++) {
		mock_answer(calls[i], -ENOMEM);
		live();
		end_device(state);
		setup_device(state);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define WITH(name, start, end) cmocka_unit_test_setup_teardown(name, start, end)
	const struct CMUnitTest tests[] = {
		TEST(devices_are_bound_and_served),
		TEST(telemetry_tells_of_it),
		WITH(telemetry_tells_that_there_is_none, setup_kernel,
			end_kernel),
		TEST(a_pasid_of_an_sva_is_not_for_others),
		TEST(a_device_that_is_closed_is_unbound),
		TEST(memory_is_mapped_ahead_of_time),
		TEST(what_is_invalidated_is_gone_on_return),
		TEST(after_settling_changes_were_followed),
		TEST(settling_does_not_outlast_the_service),
		TEST(who_comes_after_the_end_is_told),
		TEST(a_child_has_no_part_in_it),
		TEST(statistics_of_another_size),
		TEST(there_is_one_in_a_process),
		TEST(the_one_is_not_changed_by_who_comes_later),
		WITH(wrong_options_are_refused, setup_kernel, end_kernel),
		WITH(options_of_another_size, setup_kernel, end_kernel),
		WITH(what_the_kernel_lacks_is_named, setup_kernel, end_kernel),
		WITH(legacy_containers_have_no_page_requests, setup_type1,
			end_kernel),
		TEST(lines_of_two_threads_count_as_two),
		WITH(every_call_about_memory_may_fail, setup_device,
			end_device),
		WITH(every_call_that_makes_something_may_fail, setup_device,
			end_device),
	};

	return RUN_TESTS("sva", tests);
}
