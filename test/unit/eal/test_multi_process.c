/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A primary process and its secondary processes, over a stand-in for EAL's channel: what is
 * lent, who may map what, what is left when one of them ends or keeps silent. The secondary's
 * file is compiled in, because what it knows of the primary lasts as long as the process.
 *
 * Must not know: how EAL sends messages.
 */

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "../../../lib/eal_iommufd/eal/mp_secondary.c"
#include "backend/backend.h"
#include "core/space_map.h"
#include "devices.h"
#include "fake_mp.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

#define PAGE 0x1000
#define IOVA UINT64_C(0x40000000)
#define VFIO "eal_vfio_mp_sync"
#define NODE "/dev/vfio/devices/vfio0"
#define OTHER "mp_socket_2"

static const struct fake_device nic_entry = { "0000:01:00.0", "vfio-pci",
	"vfio0", "511:0", "4", NULL };
static const struct fake_device other_entry = { "0000:02:00.0", "vfio-pci",
	"vfio1", "511:1", "5", NULL };
static const char *nic;
static struct rte_iommufd_device *device;
static struct rte_iommufd_space *space;
static uint8_t memory[4 * PAGE] __attribute__((aligned(PAGE)));

int __wrap_rte_iommufd_context_default(struct rte_iommufd_context **found);

/* In the place of the process's, which never ends. */
int
__wrap_rte_iommufd_context_default(struct rte_iommufd_context **found)
{
	*found = context;
	return 0;
}

/* --- A primary with one device in the space that follows memory --- */

static void
forget_own_maps(void)
{
	struct own_map *map;

	while ((map = TAILQ_FIRST(&secondary.maps)) != NULL) {
		TAILQ_REMOVE(&secondary.maps, map, next);
		free(map);
	}
}

/* As if another process asked from now on. */
static void
be_secondary(const char *peer)
{
	forget_own_maps();
	if (secondary.space_fd >= 0)
		kernel_close(secondary.space_fd);
	secondary.space_fd = -1;
	memset(&secondary.space, 0, sizeof(secondary.space));
	memset(&secondary.silent_until, 0, sizeof(secondary.silent_until));
	fake_mp_peer = peer;
}

static int
start(void **state, const char *settings)
{
	int ret = devices_start(state, false, settings);

	nic = fake_sysfs_add(&nic_entry);
	fake_mp_start();
	be_secondary("mp_socket_1");
	device = NULL;
	space = NULL;
	if (strcmp(settings, "backend=stock") != 0) {
		device = open_device(nic);
		space = create_space();
		assert_int_equal(rte_iommufd_device_attach(device, space), 0);
		assert_int_equal(rte_iommufd_space_follow_memory(space), 0);
	}
	fake_mp_be_primary(true);
	assert_int_equal(rte_iommufd_process_serve(), 0);
	assert_int_equal(rte_iommufd_process_serve(), 0); /* again */
	fake_mp_be_primary(false);
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
setup_stock(void **state)
{
	return start(state, "backend=stock");
}

static int
teardown(void **state)
{
	fake_mp_end();
	be_secondary("none");
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	return devices_end(state);
}

static int
map(unsigned int pages)
{
	return rte_iommufd_process_map(memory, IOVA, pages * PAGE);
}

static int
unmap(unsigned int pages)
{
	return rte_iommufd_process_unmap(memory, IOVA, pages * PAGE);
}

/* By the primary itself. */
static int
map_in_primary(uint64_t iova)
{
	return rte_iommufd_space_map(space, memory, iova, PAGE, ALL_RIGHTS);
}

static int
borrow_nic(struct rte_iommufd_device **borrowed)
{
	return rte_iommufd_process_borrow(nic, borrowed);
}

/* --- Devices --- */

static void
a_device_is_lent(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	assert_int_equal(borrow_nic(&borrowed), 0);
	assert_int_not_equal(
		rte_iommufd_device_fd(borrowed), rte_iommufd_device_fd(device));
	assert_int_equal(mock_open(NODE), 2);
	rte_iommufd_device_close(borrowed);
	assert_int_equal(mock_open(NODE), 1);
	assert_no_error();
}

static void
an_unknown_device_is_not_lent(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	assert_int_equal(rte_iommufd_process_borrow(
				 fake_sysfs_add(&other_entry), &borrowed),
		-ENOENT);
	assert_one_error("0000:02:00.0: the primary process does not lend",
		"same -a options");
	assert_int_equal(
		rte_iommufd_process_borrow("/nowhere", &borrowed), -ENOENT);
	assert_one_error("/nowhere: there is no such device");
}

static void
a_primary_that_leaves_devices_to_stock_says_so(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	assert_int_equal(borrow_nic(&borrowed), -EOPNOTSUPP);
	assert_int_equal(fake_mp_requests(MP_ACTION), 1);
	assert_int_equal(fake_mp_requests(VFIO), 0);
	assert_no_error();
}

static void
a_primary_without_the_library_that_uses_stock_is_known(
	void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	fake_mp_primary = FAKE_MP_STOCK;
	assert_int_equal(borrow_nic(&borrowed), -EOPNOTSUPP);
	assert_int_equal(fake_mp_requests(VFIO), 1);
	assert_no_error();
}

static void
a_stopped_primary_costs_one_patience_and_one_line(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	fake_mp_primary = FAKE_MP_STOPPED;
	assert_int_equal(borrow_nic(&borrowed), -ETIMEDOUT);
	assert_one_error("the primary process does not answer");
	assert_int_equal(borrow_nic(&borrowed), -ETIMEDOUT);
	assert_int_equal(map(1), -ETIMEDOUT);
	assert_int_equal(fake_mp_requests(MP_ACTION), 1);
	assert_int_equal(fake_mp_requests(VFIO), 1);
	assert_no_error();
}

static void
a_primary_that_goes_on_is_asked_again(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	fake_mp_primary = FAKE_MP_STOPPED;
	assert_int_equal(borrow_nic(&borrowed), -ETIMEDOUT);
	assert_one_error("does not answer");
	fake_mp_primary = FAKE_MP_ANSWERS;
	fake_mp_wait(SILENCE_SECONDS + 1);
	assert_int_equal(borrow_nic(&borrowed), 0);
	rte_iommufd_device_close(borrowed);
	assert_no_error();
}

static void
a_late_answer_is_passed_over(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	assert_int_equal(borrow_nic(&borrowed), 0);
	rte_iommufd_device_close(borrowed);
	fake_mp_late_answers =
		2; /* of what was asked above, and of its repetition */
	assert_int_equal(map(1), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(unmap(1), 0);
	assert_no_error();
}

/* Each answer is late, so each request is sent twice; the primary acts on it once. */
static void
a_request_that_is_sent_twice_is_acted_on_once(void **state __rte_unused)
{
	unsigned int late;

	assert_int_equal(map(1), 0);
	for (late = 1; late <= 4; late++) {
		fake_mp_late_answers = late;
		assert_int_equal(rte_iommufd_process_map(
					 memory + PAGE, IOVA + PAGE, PAGE),
			0);
		assert_int_equal(mock_mappings(), 2);
		fake_mp_late_answers = late;
		assert_int_equal(rte_iommufd_process_unmap(
					 memory + PAGE, IOVA + PAGE, PAGE),
			0);
		assert_int_equal(mock_mappings(), 1);
	}
	assert_int_equal(unmap(1), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
}

static void
a_primary_that_has_ended_is_one_line(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	fake_mp_primary = FAKE_MP_ENDED;
	assert_int_equal(borrow_nic(&borrowed), -ECONNREFUSED);
	assert_one_error("it has ended, or has not started yet");
	assert_int_equal(map(1), -ECONNREFUSED);
	assert_one_error("it has ended");
	assert_int_equal(fake_mp_requests(VFIO), 0);
}

/* --- Messages --- */

static int
answer_to(const struct rte_mp_msg *message)
{
	struct rte_mp_msg reply;
	struct mp_answer answer;

	fake_mp_send(message, &reply);
	assert_int_equal(reply.len_param, sizeof(answer));
	assert_int_equal(reply.num_fds, 0);
	memcpy(&answer, reply.param, sizeof(answer));
	assert_int_equal(answer.version, MP_VERSION);
	return answer.result;
}

static struct rte_mp_msg
message_of(const struct mp_request *request)
{
	struct rte_mp_msg message = { .len_param = sizeof(*request) };

	memcpy(message.param, request, sizeof(*request));
	return message;
}

static void
a_message_of_another_kind_is_refused(void **state __rte_unused)
{
	struct mp_request request = { .version = MP_VERSION,
		.kind = MP_BORROW_DEVICE };
	struct rte_mp_msg message;

	strcpy(request.path, nic);
	message = message_of(&request);
	message.len_param--;
	assert_int_equal(answer_to(&message), -EPROTO);
	message.len_param = 0;
	assert_int_equal(answer_to(&message), -EPROTO);
	request.version++;
	message = message_of(&request);
	assert_int_equal(answer_to(&message), -EPROTO);
	request.version = MP_VERSION;
	request.kind = 99;
	message = message_of(&request);
	assert_int_equal(answer_to(&message), -EPROTO);
	/* A path without an end is ended. */
	request.kind = MP_BORROW_DEVICE;
	memset(request.path, '/', sizeof(request.path));
	message = message_of(&request);
	assert_int_equal(answer_to(&message), -ENOENT);
	assert_no_error();
}

static int forged_result;
static uint32_t forged_way;

static void
forge(struct rte_mp_msg *reply)
{
	struct mp_answer answer;

	memcpy(&answer, reply->param, sizeof(answer));
	answer.result = forged_result;
	answer.way = forged_way;
	memcpy(reply->param, &answer, sizeof(answer));
}

/* Its descriptor is closed: the stand-in for the kernel counts. */
static void
an_answer_without_sense_is_refused(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	fake_mp_forge = forge;
	forged_result = MP_IS_EALS;
	assert_int_equal(borrow_nic(&borrowed), -EPROTO);
	assert_one_error("is not understood");
	assert_int_equal(mock_open(NODE), 1);
	forged_result = -5000;
	assert_int_equal(borrow_nic(&borrowed), -EPROTO);
	assert_one_error("is not understood");
	forged_result = 0;
	forged_way = MP_WAY_NONE + 1;
	assert_int_equal(map(1), -EPROTO);
	assert_one_error("is not understood");
	assert_int_equal(mock_open("/dev/iommu"), 1);
}

static unsigned int forged_number; /* that request from now on */

/* As by a primary of another version, which does not understand the request either. */
static void
forge_version(struct rte_mp_msg *reply)
{
	struct mp_answer answer;

	if (--forged_number != 0)
		return;
	memcpy(&answer, reply->param, sizeof(answer));
	answer.version = MP_VERSION + 1;
	answer.result = -EPROTO;
	memcpy(reply->param, &answer, sizeof(answer));
}

static void
forge_next(unsigned int number)
{
	fake_mp_forge = forge_version;
	forged_number = number;
}

static void
a_primary_of_another_version_is_one_line(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;
	unsigned int number;

	forge_next(1);
	assert_int_equal(borrow_nic(&borrowed), -EPROTO);
	assert_one_error("another version of this library");
	/* The space, the intention, the commitment. */
	for (number = 1; number <= 3; number++) {
		be_secondary("mp_socket_1");
		forge_next(number);
		assert_int_equal(map(1), -EPROTO);
		assert_one_error("another version of this library");
		assert_int_equal(map(1), 0);
		assert_int_equal(mock_mappings(), 1);
		forge_next(1);
		assert_int_equal(unmap(1), -EPROTO);
		assert_one_error("another version of this library");
		assert_int_equal(unmap(1), 0);
		assert_int_equal(mock_mappings(), 0);
	}
	assert_no_error();
}

static void
a_withdrawal_that_is_not_understood_is_one_line(void **state __rte_unused)
{
	mock_answer("ioas_map", -EFAULT);
	forge_next(3);
	assert_int_equal(map(1), -EPROTO);
	assert_one_error("another version of this library");
	mock_answer("ioas_map", 0);
	assert_int_equal(map(1), 0);
	assert_int_equal(unmap(1), 0);
	assert_no_error();
}

static void
a_request_that_cannot_be_sent_is_one_line(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	assert_int_equal(map(1), 0);
	fake_mp_primary = FAKE_MP_UNREACHABLE;
	assert_int_equal(borrow_nic(&borrowed), -ENOBUFS);
	assert_one_error("cannot send a request");
	assert_int_equal(rte_iommufd_process_map(memory, IOVA + 4 * PAGE, PAGE),
		-ENOBUFS);
	assert_one_error("cannot send a request");
	assert_int_equal(unmap(1), -ENOBUFS);
	assert_one_error("cannot send a request");
	fake_mp_primary = FAKE_MP_ANSWERS;
	assert_int_equal(unmap(1), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
}

/* As when the secondary may open no more files. */
static void
forge_loss(struct rte_mp_msg *reply)
{
	while (reply->num_fds > 0)
		kernel_close(reply->fds[--reply->num_fds]);
}

static void
an_answer_without_its_descriptor_is_one_line(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;

	fake_mp_forge = forge_loss;
	assert_int_equal(borrow_nic(&borrowed), -EIO);
	assert_one_error("no descriptor", "ulimit -n");
	assert_int_equal(map(1), -EIO);
	assert_one_error("cannot map");
	assert_int_equal(mock_open(NODE), 1);
}

/* What an earlier request has met is not taken for the cause of what fails without one. */
static void
what_fails_without_a_request_has_its_line(void **state __rte_unused)
{
	fake_mp_primary = FAKE_MP_ENDED;
	assert_int_equal(map(1), -ECONNREFUSED);
	assert_one_error("it has ended");
	assert_int_equal(unmap(1), -EINVAL);
	assert_one_error("this process has not mapped it so");
}

static void
descriptors_that_nobody_wants_are_closed(void **state __rte_unused)
{
	struct mp_request request = { .version = MP_VERSION,
		.kind = MP_BORROW_SPACE };
	struct rte_mp_msg message;

	message = message_of(&request);
	assert_int_equal(answer_to(&message), -EPROTO); /* it lacks its pidfd */
	message.num_fds = 2;
	message.fds[0] = kernel_open("pidfd");
	message.fds[1] = kernel_open("pidfd");
	assert_int_equal(answer_to(&message), -EPROTO);
	request.kind = MP_INTEND;
	message = message_of(&request);
	message.num_fds = 1;
	message.fds[0] = kernel_open("pidfd");
	assert_int_equal(answer_to(&message), -ENOENT);
	assert_int_equal(mock_open("pidfd"), 0);
}

static void
a_descriptor_that_cannot_be_waited_for_is_refused(void **state __rte_unused)
{
	struct mp_request request = { .version = MP_VERSION,
		.kind = MP_BORROW_SPACE };
	struct rte_mp_msg message = message_of(&request);
	struct rte_mp_msg reply;
	struct mp_answer answer;
	int i;

	message.num_fds = 1;
	message.fds[0] = kernel_open("/etc/passwd");
	fake_mp_send(&message, &reply);
	memcpy(&answer, reply.param, sizeof(answer));
	assert_int_equal(answer.result, -EPERM);
	assert_one_error("the end of a secondary process cannot be waited for");
	assert_int_equal(mock_open("/etc/passwd"), 0);
	for (i = 0; i < reply.num_fds; i++)
		kernel_close(reply.fds[i]);
}

static void
a_request_of_one_that_has_not_joined_is_refused(void **state __rte_unused)
{
	struct mp_request request = {
		.version = MP_VERSION, .iova = IOVA, .length = PAGE
	};
	struct rte_mp_msg message;

	assert_int_equal(map_in_primary(IOVA), 0);
	for (request.kind = MP_INTEND; request.kind <= MP_UNMAP;
		request.kind++) {
		message = message_of(&request);
		assert_int_equal(answer_to(&message), -ENOENT);
	}
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
}

/* --- Maps --- */

static void
a_secondary_maps_and_unmaps(void **state __rte_unused)
{
	assert_int_equal(map(2), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(mock_mapped_bytes(), 2 * PAGE);
	/* The primary knows of it. */
	assert_no_error();
	assert_int_equal(map_in_primary(IOVA + PAGE), -EEXIST);
	assert_int_equal(logs_errors(), 1);
	logs_start();
	assert_int_equal(
		rte_iommufd_space_unmap(space, IOVA, 2 * PAGE), -EPERM);
	assert_one_error("a secondary process has mapped it");
	assert_int_equal(unmap(2), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(map_in_primary(IOVA + PAGE), 0);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA + PAGE, PAGE), 0);
	assert_no_error();
}

static void
maps_are_counted(void **state __rte_unused)
{
	assert_int_equal(map(1), 0);
	assert_int_equal(map(1), 0);
	assert_int_equal(unmap(1), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(unmap(1), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
	assert_int_equal(unmap(1), -EINVAL);
	assert_one_error("this process has not mapped it so");
}

static void
neighbours_are_unmapped_by_one_call(void **state __rte_unused)
{
	assert_int_equal(map(1), 0);
	assert_int_equal(
		rte_iommufd_process_map(memory + PAGE, IOVA + PAGE, PAGE), 0);
	assert_int_equal(
		rte_iommufd_process_unmap(memory, IOVA, 3 * PAGE), -EINVAL);
	assert_one_error("this process has not mapped it so");
	assert_int_equal(mock_mappings(), 2);
	assert_int_equal(unmap(2), 0);
	assert_int_equal(mock_mappings(), 0);
}

static void
map_memory_of_eal(uint64_t iova, unsigned int pages)
{
	const struct mapping run = {
		.iova = iova,
		.length = pages * PAGE,
		.va = (uintptr_t)memory,
		.file = -1,
		.rights = ALL_RIGHTS,
		.origin = MAPPING_OF_EAL,
	};

	assert_int_equal(space_map_runs(space, &run, 1, 1), 0);
}

static void
eals_memory_is_mapped_already(void **state __rte_unused)
{
	map_memory_of_eal(IOVA, 2);
	assert_int_equal(map(1), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(unmap(1), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_no_error();
	/* In part, or at another address. */
	assert_int_equal(map(3), -EEXIST);
	assert_one_error("part of it is mapped already");
	assert_int_equal(
		rte_iommufd_process_map(memory + PAGE, IOVA, PAGE), -EEXIST);
	assert_one_error("part of it is mapped already");
	assert_int_equal(mock_calls("ioas_map"), 1);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, 2 * PAGE), 0);
}

static void
what_the_primary_has_is_in_the_way(void **state __rte_unused)
{
	assert_int_equal(map_in_primary(IOVA), 0);
	assert_int_equal(map(1), -EEXIST);
	assert_one_error("cannot map 0x40000000 + 0x1000",
		"by the primary or another secondary process");
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
	assert_int_equal(map(1), 0);
	assert_int_equal(unmap(1), 0);
}

static void
no_interval_is_refused(void **state __rte_unused)
{
	assert_int_equal(map(0), -EINVAL);
	assert_one_error("cannot map");
	assert_int_equal(
		rte_iommufd_process_map(memory, -(uint64_t)PAGE, 2 * PAGE),
		-EINVAL);
	assert_one_error("cannot map");
	assert_int_equal(mock_calls("ioas_map"), 0);
}

static void
what_the_kernel_refuses_is_forgotten(void **state __rte_unused)
{
	mock_answer("ioas_map", -EFAULT);
	assert_int_equal(map(1), -EFAULT);
	assert_one_error("there is no memory at its address in this process");
	mock_answer("ioas_map", 0);
	assert_int_equal(map_in_primary(IOVA), 0);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
	assert_int_equal(map(1), 0);
	assert_int_equal(unmap(1), 0);
	assert_no_error();
}

static void
a_place_that_no_device_reaches_is_refused_and_unmapped(
	void **state __rte_unused)
{
	space->ranges[0] = (struct rte_iommufd_range){ 0, IOVA - 1 };
	space->range_count = 1;
	assert_int_equal(map(1), -EINVAL);
	assert_int_equal(mock_mappings(), 0);
	space->range_count = 0;
	logs_start();
	assert_int_equal(map(1), 0);
	assert_int_equal(unmap(1), 0);
	assert_no_error();
}

static void
two_secondaries_do_not_overlap(void **state __rte_unused)
{
	assert_int_equal(map(2), 0);
	be_secondary(OTHER);
	assert_int_equal(map(1), -EEXIST);
	assert_one_error("another secondary process");
	assert_int_equal(
		rte_iommufd_process_map(memory, IOVA + 2 * PAGE, PAGE), 0);
	assert_int_equal(mock_mappings(), 2);
	fake_mp_kill("mp_socket_1");
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(map(1), 0);
	assert_int_equal(unmap(3), -EINVAL);
	assert_one_error("this process has not mapped it so");
	assert_int_equal(unmap(1), 0);
}

/* --- Ends --- */

static void
what_a_secondary_leaves_is_unmapped(void **state __rte_unused)
{
	assert_int_equal(map(1), 0);
	assert_int_equal(
		rte_iommufd_process_map(memory, IOVA + 8 * PAGE, 2 * PAGE), 0);
	fake_mp_kill("mp_socket_1");
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(mock_open("pidfd"), 0);
	assert_int_equal(map_in_primary(IOVA), 0);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
	assert_no_error();
}

/* The requests are: the space, intend, commit. */
static void
one_that_ends_before_it_has_said_that_it_mapped(void **state __rte_unused)
{
	fake_mp_primary = FAKE_MP_ANSWERS;
	fake_mp_kill_before(3, "mp_socket_1");
	map(1); /* what it returns nobody learns */
	assert_int_equal(mock_calls("ioas_unmap"), 1);
	assert_int_equal(mock_mappings(), 0);
	logs_start();
	assert_int_equal(map_in_primary(IOVA), 0);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
	assert_no_error();
}

static void
one_that_ends_unmaps_nothing_of_the_primary(void **state __rte_unused)
{
	mock_answer("ioas_map", -EFAULT);
	fake_mp_kill_before(3, "nobody"); /* its withdrawal is lost */
	assert_int_equal(map(1), -ETIMEDOUT);
	mock_answer("ioas_map", 0);
	assert_int_equal(map_in_primary(IOVA), 0);
	fake_mp_kill("mp_socket_1");
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
}

static void
end_space(void)
{
	rte_iommufd_device_close(device);
	device = NULL;
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	space = NULL;
}

static void
a_space_that_has_ended_takes_all_along(void **state __rte_unused)
{
	assert_int_equal(map(1), 0);
	end_space();
	assert_int_equal(
		rte_iommufd_process_map(memory, 2 * IOVA, PAGE), -ESTALE);
	assert_one_error("has ended the address space");
	assert_int_equal(unmap(1), 0);
	assert_no_error();
}

/* The allocator may well give the next space the memory of the one that has ended. */
static void
a_space_that_comes_after_is_not_the_same(void **state __rte_unused)
{
	struct rte_iommufd_space *ended = space;

	assert_int_equal(map(1), 0);
	end_space();
	context->memory = ended; /* which must not be looked into */
	assert_int_equal(
		rte_iommufd_process_map(memory, 2 * IOVA, PAGE), -ESTALE);
	assert_one_error("has ended the address space");
	fake_mp_kill("mp_socket_1");
	assert_int_equal(mock_calls("ioas_unmap"), 0);
	context->memory = NULL;
}

/* --- A child of fork() --- */

/* Runs in the child: cmocka's state is the parent's. */
static int
child_is_told_at_once(void)
{
	struct rte_iommufd_device *borrowed;
	const unsigned int requests = fake_mp_requests(MP_ACTION);

	if (borrow_nic(&borrowed) != -ECHILD || map(1) != -ECHILD)
		return 1;
	if (fake_mp_requests(MP_ACTION) != requests)
		return 2;
	return strstr(logs_text(), "is a child of fork() of process") != NULL
		? 0
		: 3;
}

static void
a_child_of_fork_gets_no_answer_and_is_told_so(void **state __rte_unused)
{
	struct rte_iommufd_device *borrowed;
	int status = -1;
	pid_t child;

	assert_int_equal(borrow_nic(&borrowed), 0);
	child = fork();
	if (child == 0)
		_exit(child_is_told_at_once());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* The parent goes on. */
	assert_int_equal(map(1), 0);
	assert_int_equal(unmap(1), 0);
	rte_iommufd_device_close(borrowed);
	assert_no_error();
}

/* Runs in the child, which has a copy of the parent's descriptors of the space. */
static int
child_leaves_the_kernels_mapping(void)
{
	const unsigned int errors = logs_errors();
	const unsigned int unmaps = mock_calls("ioas_unmap");

	if (map(2) != -ECHILD || unmap(1) == 0)
		return 1;
	if (mock_calls("ioas_unmap") != unmaps)
		return 2;
	return logs_errors() == errors + 2 ? 0 : 3;
}

/* The primary has not confirmed the mapping, so the parent settles it later; its child must not. */
static void
a_child_of_fork_settles_nothing(void **state __rte_unused)
{
	int status = -1;
	pid_t child;

	fake_mp_delay(3);
	assert_int_equal(map(1), -ETIMEDOUT);
	assert_one_error("does not answer");
	fake_mp_wait(SILENCE_SECONDS + 1);
	child = fork();
	if (child == 0)
		_exit(child_leaves_the_kernels_mapping());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(map(1), 0);
	assert_int_equal(unmap(1), 0);
	assert_no_error();
}

/* Runs in the child. */
static int
child_has_one_line_for_each_call(void)
{
	const unsigned int errors = logs_errors();

	if (map(2) != -ECHILD || logs_errors() != errors + 1)
		return 1;
	return unmap(1) != -ECHILD || logs_errors() != errors + 2 ? 2 : 0;
}

static void
a_child_of_fork_has_one_line_for_each_call(void **state __rte_unused)
{
	int status = -1;
	pid_t child;

	assert_int_equal(map(1), 0);
	child = fork();
	if (child == 0)
		_exit(child_has_one_line_for_each_call());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(unmap(1), 0);
	assert_no_error();
}

/* --- A primary that acts on requests too late --- */

/* Of the first map: the space, intend, commit. */
static void
delay_in_map(unsigned int number)
{
	fake_mp_delay(number);
	assert_int_equal(map(1), -ETIMEDOUT);
	assert_one_error("does not answer");
	fake_mp_wait(SILENCE_SECONDS + 1);
	assert_int_equal(map(1), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(unmap(1), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(map_in_primary(IOVA), 0);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
	assert_no_error();
}

static void
a_space_that_comes_late(void **state __rte_unused)
{
	delay_in_map(1);
}

static void
an_intention_that_comes_late(void **state __rte_unused)
{
	delay_in_map(2);
}

static void
a_commitment_that_comes_late(void **state __rte_unused)
{
	delay_in_map(3);
}

static void
an_unmap_that_comes_late(void **state __rte_unused)
{
	assert_int_equal(map(1), 0);
	fake_mp_delay(1);
	assert_int_equal(unmap(1), -ETIMEDOUT);
	assert_one_error("does not answer");
	assert_int_equal(mock_mappings(), 1);
	fake_mp_wait(SILENCE_SECONDS + 1);
	assert_int_equal(unmap(1), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(map(1), 0);
	fake_mp_delay(1);
	assert_int_equal(unmap(1), -ETIMEDOUT);
	assert_one_error("does not answer");
	fake_mp_wait(SILENCE_SECONDS + 1);
	assert_int_equal(map(1), 0); /* which is not the old one */
	assert_int_equal(mock_calls("ioas_map"), 3);
	assert_int_equal(unmap(1), 0);
	assert_no_error();
}

/* --- Mirrors and type1 --- */

static void
mirrors_have_it_too(void **state __rte_unused)
{
	struct rte_iommufd_space *mirror = create_space(), *late;

	assert_int_equal(rte_iommufd_space_mirror(mirror, space), 0);
	assert_int_equal(map(1), 0);
	assert_int_equal(mock_mappings(), 2);
	late = create_space();
	assert_int_equal(rte_iommufd_space_mirror(late, space), 0);
	assert_int_equal(mock_mappings(), 3);
	assert_int_equal(mock_calls("ioas_map "), 1);
	fake_mp_kill("mp_socket_1");
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(rte_iommufd_space_destroy(late), 0);
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
	assert_no_error();
}

/* What cannot be unmapped in a mirror is unmapped in the space, and leaves its record. */
static void
a_mirror_that_fails_keeps_nothing_reserved(void **state __rte_unused)
{
	struct rte_iommufd_space *mirror = create_space();
	char call[32];

	assert_int_equal(rte_iommufd_space_mirror(mirror, space), 0);
	assert_int_equal(map(1), 0);
	snprintf(call, sizeof(call), "ioas_unmap ioas=%u ", mirror->ioas_id);
	mock_answer(call, -EIO);
	assert_int_equal(unmap(1), -EIO);
	assert_contains(logs_text(), "cannot unmap 0x40000000-0x40000fff");
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
	assert_int_equal(map_in_primary(IOVA), 0);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
}

static void
a_legacy_container_is_mapped_into(void **state __rte_unused)
{
	assert_int_equal(map(1), 0);
	assert_int_equal(mock_calls("type1_map"), 1);
	assert_int_equal(mock_mappings(), 1);
	fake_mp_kill("mp_socket_1");
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
}

/* The primary's last device leaves, and comes back: what the secondary had is gone. */
static void
come_back(void)
{
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_no_error();
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(mock_mappings(), 0);
	assert_non_null(strstr(logs_text(), "4096 bytes that a secondary"));
}

static void
a_secondary_unmaps_what_ended_with_the_page_table(void **state __rte_unused)
{
	assert_int_equal(map(1), 0);
	come_back();
	assert_int_equal(map_in_primary(IOVA), 0);
	/* That is the primary's now. */
	assert_int_equal(unmap(1), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
	assert_int_equal(map(1), 0);
	assert_int_equal(mock_mappings(), 1);
	assert_int_equal(unmap(1), 0);
	assert_no_error();
}

static void
one_ends_after_its_maps_ended_with_the_page_table(void **state __rte_unused)
{
	assert_int_equal(map(1), 0);
	come_back();
	fake_mp_kill("mp_socket_1");
	assert_int_equal(map_in_primary(IOVA), 0);
	assert_int_equal(rte_iommufd_space_unmap(space, IOVA, PAGE), 0);
	assert_no_error();
}

static void
a_legacy_container_cannot_be_mirrored_into(void **state __rte_unused)
{
	struct rte_iommufd_space *mirror = create_space();

	assert_int_equal(rte_iommufd_space_mirror(mirror, space), 0);
	assert_int_equal(map(1), -EOPNOTSUPP);
	assert_one_error("type1 with ioas=per-device", "ioas=shared");
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
}

static void
without_a_device_a_legacy_container_takes_nothing(void **state __rte_unused)
{
	rte_iommufd_device_close(device);
	device = NULL;
	assert_int_equal(map(1), -ENODEV);
	assert_no_error();
	context->memory = NULL;
	be_secondary(OTHER);
	assert_int_equal(map(1), -ENODEV);
	assert_no_error();
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TYPE1_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_type1, teardown)
#define STOCK_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_stock, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_device_is_lent),
		TEST(an_unknown_device_is_not_lent),
		STOCK_TEST(a_primary_that_leaves_devices_to_stock_says_so),
		TEST(a_primary_without_the_library_that_uses_stock_is_known),
		TEST(a_stopped_primary_costs_one_patience_and_one_line),
		TEST(a_primary_that_goes_on_is_asked_again),
		TEST(a_late_answer_is_passed_over),
		TEST(a_request_that_is_sent_twice_is_acted_on_once),
		TEST(a_primary_that_has_ended_is_one_line),
		TEST(a_message_of_another_kind_is_refused),
		TEST(an_answer_without_sense_is_refused),
		TEST(a_primary_of_another_version_is_one_line),
		TEST(a_withdrawal_that_is_not_understood_is_one_line),
		TEST(a_request_that_cannot_be_sent_is_one_line),
		TEST(an_answer_without_its_descriptor_is_one_line),
		TEST(what_fails_without_a_request_has_its_line),
		TEST(descriptors_that_nobody_wants_are_closed),
		TEST(a_descriptor_that_cannot_be_waited_for_is_refused),
		TEST(a_request_of_one_that_has_not_joined_is_refused),
		TEST(a_secondary_maps_and_unmaps),
		TEST(maps_are_counted),
		TEST(neighbours_are_unmapped_by_one_call),
		TEST(eals_memory_is_mapped_already),
		TEST(what_the_primary_has_is_in_the_way),
		TEST(no_interval_is_refused),
		TEST(what_the_kernel_refuses_is_forgotten),
		TEST(a_place_that_no_device_reaches_is_refused_and_unmapped),
		TEST(two_secondaries_do_not_overlap),
		TEST(what_a_secondary_leaves_is_unmapped),
		TEST(one_that_ends_before_it_has_said_that_it_mapped),
		TEST(one_that_ends_unmaps_nothing_of_the_primary),
		TEST(a_space_that_has_ended_takes_all_along),
		TEST(a_space_that_comes_after_is_not_the_same),
		TEST(a_child_of_fork_gets_no_answer_and_is_told_so),
		TEST(a_child_of_fork_settles_nothing),
		TEST(a_child_of_fork_has_one_line_for_each_call),
		TEST(a_space_that_comes_late),
		TEST(an_intention_that_comes_late),
		TEST(a_commitment_that_comes_late),
		TEST(an_unmap_that_comes_late),
		TEST(mirrors_have_it_too),
		TEST(a_mirror_that_fails_keeps_nothing_reserved),
		TYPE1_TEST(a_legacy_container_is_mapped_into),
		TYPE1_TEST(a_secondary_unmaps_what_ended_with_the_page_table),
		TYPE1_TEST(one_ends_after_its_maps_ended_with_the_page_table),
		TYPE1_TEST(a_legacy_container_cannot_be_mirrored_into),
		TYPE1_TEST(without_a_device_a_legacy_container_takes_nothing),
	};

	return RUN_TESTS("multi_process", tests);
}
