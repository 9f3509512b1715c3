/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* EAL's channel between processes, for unit tests; see fake_mp.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>

#include <rte_errno.h>
#include <rte_interrupts.h>

#include "fake_mp.h"
#include "kernel/kernel.h"
#include "unit.h"

#define MAX_ENDS 4

enum fake_mp_primary fake_mp_primary;
const char *fake_mp_peer;
unsigned int fake_mp_late_answers;
void (*fake_mp_forge)(struct rte_mp_msg *answer);

/* A pidfd that the primary waits for. */
struct end {
	char peer[64];
	rte_intr_callback_fn callback;
	void *argument;
};

static struct {
	char name[RTE_MP_MAX_NAME_LEN];
	rte_mp_t action; /* NULL: none is registered */
	bool in_primary;
	const char *asking; /* the peer while the action runs */
	struct rte_mp_msg reply;
	bool replied;
	struct rte_mp_msg late;
	struct end ends[MAX_ENDS];
	unsigned int requests, vfio_requests;
	unsigned int delay; /* that many requests from now on; 0: none */
	bool delayed;
	struct rte_mp_msg waiting;
	unsigned int kill_before; /* that many requests from now on; 0: none */
	const char *kill_peer;
	unsigned int waited;
} mp;

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int ret = syscall(SYS_clock_gettime, clock, now);

	now->tv_sec += mp.waited;
	return ret;
}

void
fake_mp_wait(unsigned int seconds)
{
	mp.waited += seconds;
}

enum rte_proc_type_t
rte_eal_process_type(void)
{
	return mp.in_primary ? RTE_PROC_PRIMARY : RTE_PROC_SECONDARY;
}

void
fake_mp_be_primary(bool primary)
{
	mp.in_primary = primary;
}

int
rte_mp_action_register(const char *name, rte_mp_t action)
{
	if (mp.action != NULL) {
		rte_errno = EEXIST;
		return -1;
	}
	snprintf(mp.name, sizeof(mp.name), "%s", name);
	mp.action = action;
	return 0;
}

int
rte_mp_reply(struct rte_mp_msg *message, const char *peer)
{
	int i;

	assert_true(mp.in_primary);
	assert_string_equal(peer, mp.asking);
	assert_false(mp.replied);
	mp.reply = *message;
	for (i = 0; i < message->num_fds; i++)
		mp.reply.fds[i] = kernel_duplicate_fd(message->fds[i]);
	mp.replied = true;
	return 0;
}

/* Descriptors of the message are the primary's own from here on. */
static void
call_action(const struct rte_mp_msg *message, const char *peer)
{
	mp.in_primary = true;
	mp.asking = peer;
	mp.replied = false;
	assert_non_null(mp.action);
	mp.action(message, peer);
	mp.in_primary = false;
}

void
fake_mp_send(const struct rte_mp_msg *message, struct rte_mp_msg *answer)
{
	call_action(message, fake_mp_peer);
	assert_true(mp.replied);
	*answer = mp.reply;
}

static int
time_out(void)
{
	rte_errno = ETIMEDOUT;
	return -1;
}

static void
give(struct rte_mp_reply *replies, const struct rte_mp_msg *reply)
{
	replies->nb_received = 1;
	replies->msgs = malloc(sizeof(*reply));
	assert_non_null(replies->msgs);
	replies->msgs[0] = *reply;
}

/* Nobody takes its descriptors. */
static void
drop_late(void)
{
	while (mp.late.num_fds > 0)
		kernel_close(mp.late.fds[--mp.late.num_fds]);
}

/* The primary acts on the request as on any other; the answer to the one before is taken for its. */
static void
answer_late(const struct rte_mp_msg *received, struct rte_mp_reply *replies)
{
	give(replies, &mp.late);
	call_action(received, fake_mp_peer);
	mp.late = mp.reply;
}

/* EAL's own action, when the devices are DPDK's own code's or not. */
static int
ask_vfio(struct rte_mp_reply *replies)
{
	const int answer[3] = { 0x400,
		fake_mp_primary == FAKE_MP_STOCK ? 0 : 0xff, 1 };
	struct rte_mp_msg reply = { .len_param = sizeof(answer) };

	mp.vfio_requests++;
	if (fake_mp_primary == FAKE_MP_STOPPED)
		return time_out();
	memcpy(reply.param, answer, sizeof(answer));
	give(replies, &reply);
	return 0;
}

int
rte_mp_request_sync(struct rte_mp_msg *message, struct rte_mp_reply *replies,
	const struct timespec *patience)
{
	struct rte_mp_msg received = *message;
	int i;

	assert_false(mp.in_primary);
	assert_true(patience->tv_sec >= 1 && patience->tv_sec <= 5);
	*replies = (struct rte_mp_reply){ .nb_sent = 1 };
	if (strcmp(message->name, mp.name) != 0)
		return ask_vfio(replies);
	if (mp.kill_before > 0 && --mp.kill_before == 0) {
		fake_mp_kill(mp.kill_peer);
		return time_out();
	}
	mp.requests++;
	if (fake_mp_primary == FAKE_MP_UNREACHABLE) {
		rte_errno = ENOBUFS;
		return -1;
	}
	if (fake_mp_primary == FAKE_MP_STOPPED ||
		fake_mp_primary == FAKE_MP_STOCK)
		return time_out();
	if (fake_mp_primary == FAKE_MP_ENDED ||
		fake_mp_primary == FAKE_MP_STARTING) {
		replies->nb_sent = 0;
		return 0;
	}
	for (i = 0; i < message->num_fds; i++)
		received.fds[i] = kernel_duplicate_fd(message->fds[i]);
	if (fake_mp_late_answers > 0) {
		fake_mp_late_answers--;
		answer_late(&received, replies);
		return 0;
	}
	if (mp.delayed) {
		mp.delayed = false;
		call_action(&mp.waiting, fake_mp_peer);
		/* Nobody takes the answer. */
		for (i = 0; i < mp.reply.num_fds; i++)
			kernel_close(mp.reply.fds[i]);
	}
	if (mp.delay > 0 && --mp.delay == 0) {
		mp.delayed = true;
		mp.waiting = received;
		return time_out();
	}
	call_action(&received, fake_mp_peer);
	if (!mp.replied)
		return time_out();
	drop_late();
	mp.late = mp.reply;
	mp.late.num_fds = 0;
	if (fake_mp_forge != NULL)
		fake_mp_forge(&mp.reply);
	give(replies, &mp.reply);
	return 0;
}

unsigned int
fake_mp_requests(const char *name)
{
	return strcmp(name, mp.name) == 0 ? mp.requests : mp.vfio_requests;
}

int
rte_intr_callback_register(const struct rte_intr_handle *handle,
	rte_intr_callback_fn callback, void *argument)
{
	struct end *end;

	assert_true(mp.in_primary);
	assert_int_equal(rte_intr_type_get(handle), RTE_INTR_HANDLE_EXT);
	/* EAL would panic. */
	assert_int_equal(kernel_check_waitable(rte_intr_fd_get(handle)), 0);
	for (end = mp.ends; end->callback != NULL; end++)
		assert_true(end < mp.ends + MAX_ENDS - 1);
	snprintf(end->peer, sizeof(end->peer), "%s", mp.asking);
	end->callback = callback;
	end->argument = argument;
	return 0;
}

int
rte_intr_callback_unregister_pending(const struct rte_intr_handle *handle,
	rte_intr_callback_fn callback, void *argument,
	rte_intr_unregister_callback_fn last)
{
	struct end *end;

	for (end = mp.ends; end < mp.ends + MAX_ENDS; end++) {
		if (end->callback != callback || end->argument != argument)
			continue;
		end->callback = NULL;
		last((struct rte_intr_handle *)(uintptr_t)handle, argument);
		return 1;
	}
	fail_msg("no such callback");
	return -ENOENT;
}

void
fake_mp_kill(const char *peer)
{
	struct end *end;

	for (end = mp.ends; end < mp.ends + MAX_ENDS; end++)
		if (end->callback != NULL && strcmp(end->peer, peer) == 0)
			end->callback(end->argument);
}

void
fake_mp_delay(unsigned int number)
{
	mp.delay = number;
}

void
fake_mp_kill_before(unsigned int number, const char *peer)
{
	mp.kill_before = number;
	mp.kill_peer = peer;
}

void
fake_mp_start(void)
{
	memset(&mp, 0, sizeof(mp));
	fake_mp_primary = FAKE_MP_ANSWERS;
	fake_mp_peer = "mp_socket_1";
	fake_mp_late_answers = 0;
	fake_mp_forge = NULL;
}

void
fake_mp_end(void)
{
	struct end *end;

	drop_late();
	for (end = mp.ends; end < mp.ends + MAX_ENDS; end++)
		if (end->callback != NULL)
			end->callback(end->argument);
}
