/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The commands of DPDK's telemetry: what they tell of each object, pages, parameters that make
 * no sense, and objects that come and go meanwhile.
 *
 * Must not know: how the answers become JSON.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "fake_sysfs.h"
#include "fake_telemetry.h"
#include "logs.h"
#include "machine.h"
#include "mock_kernel.h"
#include "rte_iommufd_internal.h"
#include "unit.h"
#include "util/log.h"

#define INFO "/iommufd/info"
#define DEVICES "/iommufd/devices"
#define SPACES "/iommufd/spaces"
#define MAPPINGS "/iommufd/mappings"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE UINT64_C(0x1000)
/* Where no process has anything, so that nothing is made present there. */
#define VA(iova) ((void *)(uintptr_t)(UINT64_C(0x8000200000000000) + (iova)))
/* Of mappings in one answer: telemetry.c. */
#define PAGE_OF_MAPPINGS 100

static int
setup(void **state)
{
	return machine_start(state, false, "backend=auto,threads=1");
}

static int
setup_type1(void **state)
{
	return machine_start(state, false, "backend=type1,threads=1");
}

static void
call_well(const char *command, const char *parameters)
{
	if (fake_telemetry_call(command, parameters) != 0)
		fail_msg("%s,%s failed", command,
			parameters == NULL ? "" : parameters);
}

/* The last space that was made. */
static unsigned int
last_space(void)
{
	call_well(SPACES, NULL);
	return fake_telemetry_int_item(
		"spaces", fake_telemetry_length("spaces") - 1);
}

static const char *
text_of(unsigned int number)
{
	static char text[32];

	snprintf(text, sizeof(text), "%u", number);
	return text;
}

static void
map_well(struct rte_iommufd_space *space, uint64_t iova, uint64_t length)
{
	assert_int_equal(
		rte_iommufd_space_map(space, VA(iova), iova, length, RW), 0);
}

/* --- What is told --- */

static void
nothing_is_made_because_somebody_looks(void **state __rte_unused)
{
	call_well(INFO, NULL);
	assert_string_equal(fake_telemetry_string("backend"), "none");
	assert_string_equal(fake_telemetry_text("reason"), "");
	assert_string_equal(
		fake_telemetry_string("version"), rte_iommufd_version());
	assert_int_equal(fake_telemetry_number("devices"), 0);
	assert_int_equal(fake_telemetry_number("spaces"), 0);
	call_well(DEVICES, NULL);
	assert_int_equal(fake_telemetry_number("count"), 0);
	call_well(SPACES, "");
	assert_int_equal(fake_telemetry_number("count"), 0);
	assert_int_equal(fake_telemetry_length("spaces"), 0);
	assert_int_equal(mock_calls(""), 0);
}

static void
info_has_backend_reason_and_sums(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_space *space = create_space();
	uint64_t before, unmapped_before;

	call_well(INFO, NULL);
	before = fake_telemetry_number("map_calls");
	unmapped_before = fake_telemetry_number("unmap_calls");
	map_well(space, 0, PAGE);
	map_well(space, PAGE, 3 * PAGE);
	assert_int_equal(rte_iommufd_space_unmap(space, 0, PAGE), 0);
	call_well(INFO, NULL);
	assert_string_equal(fake_telemetry_string("backend"), "iommufd");
	assert_string_equal(fake_telemetry_text("reason"),
		"the kernel and the device have it");
	assert_string_equal(fake_telemetry_string("process"), "primary");
	assert_int_equal(fake_telemetry_number("devices"), 1);
	assert_int_equal(fake_telemetry_number("spaces"), 1);
	assert_int_equal(fake_telemetry_number("map_calls"), before + 2);
	assert_int_equal(
		fake_telemetry_number("unmap_calls"), unmapped_before + 1);
	assert_int_equal(fake_telemetry_number("areas"), 1);
	assert_int_equal(fake_telemetry_number("bytes"), 3 * PAGE);

	/* What a space has counted outlives it. */
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	rte_iommufd_device_close(device);
	call_well(INFO, NULL);
	assert_int_equal(fake_telemetry_number("map_calls"), before + 2);
	assert_int_equal(fake_telemetry_number("bytes"), 0);
	assert_int_equal(fake_telemetry_number("devices"), 0);
}

static void
a_long_reason_is_whole(void **state __rte_unused)
{
	struct rte_iommufd_device *device;

	mock_answer("open /dev/iommu", -EACCES);
	device = open_device(nic);
	call_well(INFO, NULL);
	assert_string_equal(fake_telemetry_string("backend"), "type1v2");
	assert_string_equal(fake_telemetry_text("reason"),
		rte_iommufd_context_reason(context));
	rte_iommufd_device_close(device);
}

static void
the_last_error_is_kept(void **state __rte_unused)
{
	struct rte_iommufd_space *space = create_space();
	uint64_t before;

	call_well(INFO, NULL);
	before = fake_telemetry_number("errors");
	assert_int_equal(rte_iommufd_space_unmap(space, 0, PAGE), -ENOENT);
	call_well(INFO, NULL);
	assert_int_equal(fake_telemetry_number("errors"), before + 1);
	assert_string_equal(fake_telemetry_text("last_error"),
		"cannot unmap 0 + 0x1000: not all of it is mapped");
	assert_true(fake_telemetry_number("last_error_time") > 0);
	assert_one_error("cannot unmap 0 + 0x1000: not all of it is mapped");

	IOMMUFD_LOG(WARNING, "this is no error");
	call_well(INFO, NULL);
	assert_int_equal(fake_telemetry_number("errors"), before + 1);
	rte_iommufd_space_destroy(space);
}

static void
an_endless_error_line_is_cut(void **state __rte_unused)
{
	char words[2 * LOG_LINE_SIZE];

	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	IOMMUFD_LOG(ERR, "%s", words);
	call_well(INFO, NULL);
	assert_true(
		strlen(fake_telemetry_text("last_error")) > LOG_LINE_SIZE - 32);
	assert_int_equal(strspn(fake_telemetry_text("last_error"), "x"),
		strlen(fake_telemetry_text("last_error")));
}

static void
a_device_is_described(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_device *second = open_device(second_nic);
	struct rte_iommufd_space *space = create_space();
	unsigned int number = last_space();

	call_well(DEVICES, NULL);
	assert_int_equal(fake_telemetry_number("count"), 2);
	assert_string_equal(fake_telemetry_item("devices", 0), "0000:01:00.0");
	assert_string_equal(fake_telemetry_item("devices", 1), "0000:02:00.0");
	call_well(DEVICES, "0000:01:00.0");
	assert_string_equal(fake_telemetry_string("device"), "0000:01:00.0");
	assert_string_equal(fake_telemetry_string("backend"), "iommufd");
	assert_string_equal(fake_telemetry_string("driver"), "vfio-pci");
	assert_string_equal(fake_telemetry_string("cdev"), "vfio0");
	assert_int_equal(fake_telemetry_number("group"), 7);
	assert_int_equal(fake_telemetry_number("space"), 0);

	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	call_well(DEVICES, "01:00.0");
	assert_int_equal(fake_telemetry_number("space"), number);
	call_well(SPACES, text_of(number));
	assert_int_equal(fake_telemetry_number("devices"), 1);

	rte_iommufd_device_close(device);
	assert_int_equal(fake_telemetry_call(DEVICES, "0000:01:00.0"), -ENOENT);
	call_well(SPACES, text_of(number));
	assert_int_equal(fake_telemetry_number("devices"), 0);
	rte_iommufd_device_close(second);
	rte_iommufd_space_destroy(space);
}

static void
devices_that_move_are_counted_where_they_are(void **state __rte_unused)
{
	struct rte_iommufd_device *device = open_device(nic);
	struct rte_iommufd_device *other = open_device(twin);
	struct rte_iommufd_device *stranger = open_device(second_nic);
	struct rte_iommufd_space *from = create_space();
	unsigned int left = last_space();
	struct rte_iommufd_space *to = create_space();
	unsigned int entered = last_space();

	assert_int_equal(rte_iommufd_device_attach(device, from), 0);
	assert_int_equal(rte_iommufd_device_attach(other, from), 0);
	assert_int_equal(rte_iommufd_device_attach(stranger, from), 0);
	assert_int_equal(rte_iommufd_device_move(device, to), 0);
	call_well(SPACES, text_of(left));
	assert_int_equal(fake_telemetry_number("devices"), 1);
	call_well(SPACES, text_of(entered));
	assert_int_equal(fake_telemetry_number("devices"), 2);
	call_well(DEVICES, "0000:01:00.1");
	assert_int_equal(fake_telemetry_number("space"), entered);
	rte_iommufd_device_close(device);
	rte_iommufd_device_close(other);
	rte_iommufd_device_close(stranger);
	rte_iommufd_space_destroy(from);
	rte_iommufd_space_destroy(to);
}

static void
a_space_is_described(void **state __rte_unused)
{
	struct rte_iommufd_space *source = create_space();
	unsigned int first = last_space();
	struct rte_iommufd_space *mirror = create_space();
	unsigned int second = last_space();

	map_well(source, 0, 2 * PAGE);
	assert_int_equal(rte_iommufd_space_mirror(mirror, source), 0);
	call_well(SPACES, text_of(first));
	assert_string_equal(fake_telemetry_string("backend"), "iommufd");
	assert_true(fake_telemetry_has("ioas"));
	assert_int_equal(fake_telemetry_number("mirrors"), 0);
	assert_int_equal(fake_telemetry_number("bytes"), 2 * PAGE);
	assert_int_equal(fake_telemetry_number("copy_calls"), 0);
	call_well(SPACES, text_of(second));
	assert_int_equal(fake_telemetry_number("mirrors"), first);
	assert_int_equal(fake_telemetry_number("bytes"), 2 * PAGE);
	assert_int_equal(fake_telemetry_number("copy_calls"), 1);
	assert_int_equal(fake_telemetry_number("page_requests"), 0);
	rte_iommufd_space_destroy(mirror);
	rte_iommufd_space_destroy(source);
	assert_int_equal(fake_telemetry_call(SPACES, text_of(first)), -ENOENT);
}

static void
dirty_tracking_is_told(void **state __rte_unused)
{
	struct rte_iommufd_space *space = create_space();
	unsigned int number = last_space();
	struct rte_iommufd_device *device = open_device(nic);

	call_well(SPACES, text_of(number));
	assert_string_equal(
		fake_telemetry_string("dirty_tracking"), "not wanted");
	call_well(DEVICES, "0000:01:00.0");
	assert_string_equal(fake_telemetry_string("dirty_tracking"), "unknown");
	assert_int_equal(rte_iommufd_space_dirty_want(space), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	call_well(DEVICES, "0000:01:00.0");
	assert_string_equal(fake_telemetry_string("dirty_tracking"), "yes");
	call_well(SPACES, text_of(number));
	assert_string_equal(fake_telemetry_string("dirty_tracking"), "off");
	assert_int_equal(rte_iommufd_space_dirty_start(space), 0);
	call_well(SPACES, text_of(number));
	assert_string_equal(fake_telemetry_string("dirty_tracking"), "on");
	assert_int_equal(rte_iommufd_space_dirty_stop(space), 0);
	call_well(SPACES, text_of(number));
	assert_string_equal(fake_telemetry_string("dirty_tracking"), "off");
	rte_iommufd_device_close(device);
	rte_iommufd_space_destroy(space);
}

static void
a_container_has_no_ioas(void **state __rte_unused)
{
	struct rte_iommufd_space *space = create_space();
	unsigned int number = last_space();

	call_well(SPACES, text_of(number));
	assert_string_equal(fake_telemetry_string("backend"), "type1v2");
	assert_false(fake_telemetry_has("ioas"));
	rte_iommufd_space_destroy(space);
}

/* --- Mappings, in pages --- */

static void
mappings_come_in_pages(void **state __rte_unused)
{
	const unsigned int count = 2 * PAGE_OF_MAPPINGS + 1;
	struct rte_iommufd_space *space = create_space();
	char parameters[128];
	unsigned int seen = 0, pages = 0, i;

	for (i = 0; i < count; i++)
		map_well(space, 2 * i * PAGE, PAGE);
	snprintf(parameters, sizeof(parameters), "%u", last_space());
	do {
		call_well(MAPPINGS, parameters);
		snprintf(parameters, sizeof(parameters),
			"iova=%#" PRIx64 " length=0x1000 va=%#" PRIx64
			" rights=rw of=program",
			2 * seen * PAGE,
			(uint64_t)(uintptr_t)VA(2 * seen * PAGE));
		assert_string_equal(
			fake_telemetry_item("mappings", 0), parameters);
		seen += fake_telemetry_length("mappings");
		pages++;
		snprintf(parameters, sizeof(parameters), "%s",
			fake_telemetry_string("next"));
	} while (parameters[0] != '\0');
	assert_int_equal(seen, count);
	assert_int_equal(pages, 3);

	/* From inside a mapping, and from behind all of them. */
	snprintf(parameters, sizeof(parameters), "%u,%" PRIu64, last_space(),
		2 * (count - 1) * PAGE + 1);
	call_well(MAPPINGS, parameters);
	assert_int_equal(fake_telemetry_length("mappings"), 1);
	snprintf(parameters, sizeof(parameters), "%u,0xffffffffffffffff",
		last_space());
	call_well(MAPPINGS, parameters);
	assert_int_equal(fake_telemetry_length("mappings"), 0);
	assert_string_equal(fake_telemetry_string("next"), "");
	rte_iommufd_space_destroy(space);
}

static void
the_longest_mappings_fit(void **state __rte_unused)
{
	struct rte_iommufd_space *space = create_space();
	unsigned int i;

	for (i = 0; i < PAGE_OF_MAPPINGS; i++)
		map_well(space, UINT64_C(0x1000000000000000) + 2 * i * PAGE,
			PAGE);
	call_well(MAPPINGS, text_of(last_space()));
	assert_int_equal(fake_telemetry_length("mappings"), PAGE_OF_MAPPINGS);
	assert_string_equal(fake_telemetry_string("next"), "");
	rte_iommufd_space_destroy(space);
}

/* --- Parameters --- */

static void
parameters_without_sense_are_refused(void **state __rte_unused)
{
	static const char *const hostile[] = { " ", ",", ",,", "x", "-1", "+1",
		" 1", "1 ", "1x", "1.0", "0x", "0x1", "1,,", "1,", ",1", "1,-1",
		"1, 1", "1,0x", "1,x", "1,1,1", "4294967296",
		"1,18446744073709551616", "99999999999999999999999", "%s%s%s%n",
		"\x80\xff", "1;1", "../../etc", "\"", "\n" };
	static char endless[1024];
	struct rte_iommufd_space *space = create_space();
	unsigned int i;

	memset(endless, '9', sizeof(endless) - 1);
	for (i = 0; i < RTE_DIM(hostile); i++) {
		assert_int_equal(
			fake_telemetry_call(INFO, hostile[i]), -EINVAL);
		assert_int_equal(
			fake_telemetry_call(SPACES, hostile[i]), -EINVAL);
		assert_int_equal(
			fake_telemetry_call(MAPPINGS, hostile[i]), -EINVAL);
		assert_int_equal(
			fake_telemetry_call(DEVICES, hostile[i]), -ENOENT);
	}
	assert_int_equal(fake_telemetry_call(SPACES, endless), -EINVAL);
	assert_int_equal(fake_telemetry_call(MAPPINGS, endless), -EINVAL);
	assert_int_equal(fake_telemetry_call(DEVICES, endless), -ENOENT);
	assert_int_equal(fake_telemetry_call(MAPPINGS, NULL), -EINVAL);
	assert_int_equal(fake_telemetry_call(MAPPINGS, ""), -EINVAL);
	assert_int_equal(fake_telemetry_call(SPACES, "0"), -ENOENT);
	assert_int_equal(fake_telemetry_call(SPACES, "4294967295"), -ENOENT);
	assert_int_equal(fake_telemetry_call(MAPPINGS, "0"), -ENOENT);
	assert_no_error();
	rte_iommufd_space_destroy(space);
}

/* --- Meanwhile --- */

static void *
come_and_go(void *argument)
{
	atomic_bool *done = argument;
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	unsigned int i;

	for (i = 0; i < 200; i++) {
		device = open_device(nic);
		space = create_space();
		map_well(space, 0, PAGE);
		rte_iommufd_device_attach(device, space);
		map_well(space, PAGE, PAGE);
		rte_iommufd_device_close(device);
		rte_iommufd_space_destroy(space);
	}
	atomic_store(done, true);
	return NULL;
}

static void
objects_may_end_while_they_are_described(void **state __rte_unused)
{
	unsigned int number = 0;
	atomic_bool done = false;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, come_and_go, &done), 0);
	while (!atomic_load(&done)) {
		call_well(INFO, NULL);
		call_well(SPACES, NULL);
		if (fake_telemetry_length("spaces") > 0)
			number = fake_telemetry_int_item("spaces", 0);
		fake_telemetry_call(SPACES, text_of(number));
		fake_telemetry_call(MAPPINGS, text_of(number));
		call_well(DEVICES, NULL);
		fake_telemetry_call(DEVICES, "0000:01:00.0");
	}
	pthread_join(thread, NULL);
	assert_no_error();
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, devices_end)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_made_because_somebody_looks),
		TEST(info_has_backend_reason_and_sums),
		TEST(a_long_reason_is_whole),
		TEST(the_last_error_is_kept),
		TEST(an_endless_error_line_is_cut),
		TEST(a_device_is_described),
		TEST(devices_that_move_are_counted_where_they_are),
		TEST(a_space_is_described),
		TEST(dirty_tracking_is_told),
		cmocka_unit_test_setup_teardown(
			a_container_has_no_ioas, setup_type1, devices_end),
		TEST(mappings_come_in_pages),
		TEST(the_longest_mappings_fit),
		TEST(parameters_without_sense_are_refused),
		TEST(objects_may_end_while_they_are_described),
	};

	return RUN_TESTS("telemetry", tests);
}
