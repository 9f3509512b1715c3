/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * svanic's model: page requests that are outstanding over a reset, and how long a page is asked
 * for, with functions of QEMU that only store what they get.
 *
 * Must not know: queues and their work.
 */

#include <stdlib.h>
#include <string.h>

#include "svanic.h"
#include "unit.h"

#define ALLOCATION 1
#define PAGE 4096

static struct svanic nic;
static uint16_t last_index;
static unsigned int requests_sent;
static unsigned int timers_set;
static void (*timer_function)(void *opaque);

uint32_t
pcie_pri_get_req_alloc(void *device __rte_unused)
{
	return ALLOCATION;
}

int
pci_pri_register_notifier(void *device __rte_unused,
	uint32_t pasid __rte_unused,
	struct qemu_page_notifier *notifier __rte_unused)
{
	return 0;
}

int
pci_pri_request_page(void *device __rte_unused, uint32_t pasid __rte_unused,
	bool privileged __rte_unused, bool execute __rte_unused,
	uint64_t address __rte_unused, bool last __rte_unused, uint16_t index,
	bool is_read __rte_unused, bool is_write __rte_unused)
{
	requests_sent++;
	last_index = index;
	return 0;
}

void
timer_init_full(struct qemu_timer *timer __rte_unused, void *group __rte_unused,
	int clock __rte_unused, int scale __rte_unused,
	int attributes __rte_unused, void (*function)(void *opaque),
	void *opaque __rte_unused)
{
	timer_function = function;
}

void
timer_mod(struct qemu_timer *timer __rte_unused, int64_t when __rte_unused)
{
	timers_set++;
}

void
timer_del(struct qemu_timer *timer __rte_unused)
{
}

int64_t
qemu_clock_get_ns(int clock __rte_unused)
{
	return 0;
}

void
svanic_queue_schedule(struct svanic_queue *queue __rte_unused)
{
}

static int
setup(void **state __rte_unused)
{
	unsigned int i;

	memset(&nic, 0, sizeof(nic));
	for (i = 0; i < SVANIC_PAIRS_MAX; i++) {
		nic.pairs[i].rx.nic = &nic;
		nic.pairs[i].rx.pair = &nic.pairs[i];
		nic.pairs[i].tx.nic = &nic;
		nic.pairs[i].tx.pair = &nic.pairs[i];
	}
	requests_sent = 0;
	timers_set = 0;
	assert_true(svanic_pages_init(&nic));
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	struct svanic_requests *requests = nic.requests;

	svanic_pages_exit(&nic);
	free(requests);
	return 0;
}

static void
respond(uint16_t index)
{
	struct qemu_page_response response = { QEMU_PAGE_SUCCESS, index };

	nic.requests->notifier.notify(&nic.requests->notifier, &response);
}

static void
a_late_answer_is_not_taken_for_a_new_request(void **state __rte_unused)
{
	struct svanic_queue *queue = &nic.pairs[0].tx;
	uint16_t before, after;

	assert_int_equal(svanic_page_ask(queue, PAGE, false), SVANIC_WAIT);
	before = last_index;
	svanic_pages_forget_all(&nic);
	/* The next index that is sent would be the same one. */
	nic.requests->next = before;
	assert_int_equal(svanic_page_ask(queue, PAGE, false), SVANIC_WAIT);
	after = last_index;
	assert_int_equal(requests_sent, 2);
	assert_int_not_equal(after, before);
	respond(before);
	assert_true(queue->page.is_out);
	respond(after);
	assert_false(queue->page.is_out);
}

/* A reset returns the allocation, and a late answer returns nothing more. */
static void
a_late_answer_returns_only_its_index(void **state __rte_unused)
{
	uint16_t before;

	svanic_page_ask(&nic.pairs[0].tx, PAGE, false);
	before = last_index;
	svanic_pages_forget_all(&nic);
	svanic_page_ask(&nic.pairs[0].tx, PAGE, false);
	respond(before);
	assert_int_equal(nic.requests->out, 1);
	/* One at a time: this one waits for its turn. */
	svanic_page_ask(&nic.pairs[1].tx, PAGE, false);
	assert_int_equal(requests_sent, 2);
	respond(last_index);
	nic.requests->next = before;
	svanic_page_ask(&nic.pairs[1].tx, PAGE, false);
	assert_int_equal(requests_sent, 3);
	assert_int_equal(last_index, before);
}

/* A success promises nothing: it is asked for again, until patience ends. */
static void
a_page_is_asked_for_until_it_is_there(void **state __rte_unused)
{
	struct svanic_queue *queue = &nic.pairs[0].tx;
	unsigned int i;

	nic.page_patience = 100;
	for (i = 1; i <= 1000; i++) {
		assert_int_equal(
			svanic_page_ask(queue, PAGE, false), SVANIC_WAIT);
		assert_int_equal(requests_sent, i);
		respond(last_index);
	}
	assert_int_equal(timers_set, 1);
	svanic_page_is_there(queue);
	svanic_page_ask(queue, PAGE, false);
	respond(last_index);
	assert_int_equal(timers_set, 2);
	/* It ends between an answer and the next request. */
	timer_function(queue);
	assert_int_equal(
		svanic_page_ask(queue, PAGE, false), SVANIC_ERROR_NO_ANSWER);
	assert_int_equal(svanic_page_ask(queue, PAGE, false), SVANIC_WAIT);
	timer_function(queue);
	assert_int_equal(
		svanic_page_ask(queue, PAGE, false), SVANIC_ERROR_NO_ANSWER);
	/* Nothing is wanted: a timer that comes late changes nothing. */
	timer_function(queue);
	assert_int_equal(svanic_page_ask(queue, 2 * PAGE, false), SVANIC_WAIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_late_answer_is_not_taken_for_a_new_request, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_late_answer_returns_only_its_index, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_page_is_asked_for_until_it_is_there, setup, teardown),
	};

	return cmocka_run_group_tests_name("svanic_pages", tests, NULL, NULL);
}
