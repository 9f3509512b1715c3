/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Page requests (PCI Express, section 10.4): each in a group of its own, one per queue at
 * a time. An index is used again only when its answer has come, so a late answer is known
 * as one; a request that was given up counts against the allocation until then. Queues
 * wait for a free request in the order in which they came. An answer "success" does not
 * promise the page: it is asked for again, as often as it takes, until patience ends.
 *
 * Must not know: what the page is wanted for.
 */

#include <stdlib.h>
#include <string.h>

#include "svanic.h"

static void
for_each_queue(struct svanic *nic, void (*function)(struct svanic_queue *queue))
{
	unsigned int i;

	for (i = 0; i < SVANIC_PAIRS_MAX; i++) {
		function(&nic->pairs[i].rx);
		function(&nic->pairs[i].tx);
	}
}

static void
go_on(struct svanic_queue *queue)
{
	if (queue->state == SVANIC_STATE_WAITING)
		queue->state = SVANIC_STATE_RUNNING;
	svanic_queue_schedule(queue);
}

/* --- turns ------------------------------------------------------------------------ */

static void
go_on_in_turn(struct svanic_queue *queue)
{
	if (queue->page.turn != 0)
		go_on(queue);
}

/* A request is free, or who is next has changed: all that wait look whether it is they. */
static void
call_next(struct svanic *nic)
{
	for_each_queue(nic, go_on_in_turn);
}

static bool
comes_before(const struct svanic_queue *other, uint64_t turn)
{
	return other->page.turn != 0 && other->page.turn < turn;
}

static bool
is_next(struct svanic_queue *queue)
{
	const struct svanic *nic = queue->nic;
	uint64_t turn = queue->page.turn;
	unsigned int i;

	if (turn == 0)
		turn = UINT64_MAX;
	for (i = 0; i < SVANIC_PAIRS_MAX; i++) {
		if (comes_before(&nic->pairs[i].rx, turn) ||
			comes_before(&nic->pairs[i].tx, turn))
			return false;
	}
	return true;
}

static void
leave_turns(struct svanic_queue *queue)
{
	if (queue->page.turn == 0)
		return;
	queue->page.turn = 0;
	call_next(queue->nic);
}

/* --- answers ---------------------------------------------------------------------- */

static void
answer(struct svanic_queue *queue, enum svanic_answer what)
{
	queue->page.is_out = false;
	queue->page.answer = what;
	go_on(queue);
}

static void
take_answer(struct qemu_page_notifier *notifier,
	struct qemu_page_response *response)
{
	struct svanic_requests *requests = (struct svanic_requests *)notifier;
	struct svanic_queue *queue;

	if (response->index >= SVANIC_PAGE_INDEXES ||
		requests->state[response->index] == SVANIC_REQUEST_FREE)
		return;
	if (requests->state[response->index] == SVANIC_REQUEST_OUT)
		requests->out--;
	requests->state[response->index] = SVANIC_REQUEST_FREE;
	queue = requests->waiting[response->index];
	requests->waiting[response->index] = NULL;
	if (requests->nic != NULL)
		call_next(requests->nic);
	if (queue == NULL)
		return; /* given up */
	if (response->code == QEMU_PAGE_SUCCESS) {
		answer(queue, SVANIC_ANSWER_NONE);
	} else if (response->code == QEMU_PAGE_INVALID) {
		svanic_count(queue->pair, COUNT_PAGE_REFUSALS, 1);
		answer(queue, SVANIC_ANSWER_REFUSED);
	} else {
		svanic_count(queue->pair, COUNT_PAGE_TIMEOUTS, 1);
		answer(queue, SVANIC_ANSWER_FAILED);
	}
}

void
svanic_page_give_up(struct svanic_queue *queue)
{
	struct svanic_page *page = &queue->page;

	if (page->is_out)
		queue->nic->requests->waiting[page->index] = NULL;
	page->is_out = false;
	svanic_page_is_there(queue);
}

void
svanic_page_is_there(struct svanic_queue *queue)
{
	if (!queue->page.is_wanted)
		return;
	queue->page.is_wanted = false;
	queue->page.answer = SVANIC_ANSWER_NONE;
	timer_del(&queue->page.patience);
	leave_turns(queue);
}

static void
lose_patience(void *opaque)
{
	struct svanic_queue *queue = opaque;

	if (!queue->page.is_wanted)
		return;
	if (queue->page.is_out)
		queue->nic->requests->waiting[queue->page.index] = NULL;
	leave_turns(queue);
	svanic_count(queue->pair, COUNT_PAGE_TIMEOUTS, 1);
	answer(queue, SVANIC_ANSWER_FAILED);
}

/* --- asking ----------------------------------------------------------------------- */

static bool
find_index(struct svanic_requests *requests, uint16_t *index)
{
	unsigned int i;

	for (i = 0; i < SVANIC_PAGE_INDEXES; i++) {
		*index = (requests->next + i) % SVANIC_PAGE_INDEXES;
		if (requests->state[*index] != SVANIC_REQUEST_FREE)
			continue;
		requests->next = (*index + 1) % SVANIC_PAGE_INDEXES;
		return true;
	}
	return false;
}

static bool
can_send(struct svanic_queue *queue, uint16_t *index)
{
	struct svanic_requests *requests = queue->nic->requests;

	return requests->out < pcie_pri_get_req_alloc(queue->nic->device) &&
		is_next(queue) && find_index(requests, index);
}

/* The IOMMU can forget the notifier, so it is told each time. */
static bool
send(struct svanic_queue *queue, uint16_t index, uint64_t address,
	bool is_write)
{
	struct svanic *nic = queue->nic;
	struct svanic_requests *requests = nic->requests;
	uint32_t pasid = queue->access.pasid;

	if (pci_pri_register_notifier(
		    nic->device, pasid, &requests->notifier) != 0)
		return false;
	requests->state[index] = SVANIC_REQUEST_OUT;
	requests->waiting[index] = queue;
	requests->out++;
	queue->page.is_out = true;
	queue->page.index = index;
	if (pci_pri_request_page(nic->device, pasid, false, false, address,
		    true, index, !is_write, is_write) == 0)
		return true;
	requests->state[index] = SVANIC_REQUEST_FREE;
	requests->waiting[index] = NULL;
	requests->out--;
	queue->page.is_out = false;
	return false;
}

/* Its patience counts from here on, through all answers that do not bring the page. */
static void
want(struct svanic_queue *queue, uint64_t address)
{
	int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / QEMU_MILLISECOND;
	uint32_t patience = queue->nic->page_patience;

	if (queue->page.is_wanted && queue->page.address == address)
		return;
	svanic_page_is_there(queue);
	queue->page.is_wanted = true;
	queue->page.address = address;
	if (patience != 0)
		timer_mod(&queue->page.patience, now + patience);
}

static int
end_asking(struct svanic_queue *queue, int error)
{
	svanic_page_is_there(queue);
	return error;
}

static int
wait_for_turn(struct svanic_queue *queue)
{
	if (queue->page.turn == 0)
		queue->page.turn = ++queue->nic->requests->turns;
	queue->state = SVANIC_STATE_WAITING;
	return SVANIC_WAIT;
}

static int
send_and_wait(struct svanic_queue *queue, uint16_t index, uint64_t address,
	bool is_write)
{
	if (!send(queue, index, address, is_write)) {
		svanic_count(queue->pair, COUNT_PAGE_TIMEOUTS, 1);
		return end_asking(queue, SVANIC_ERROR_NO_ANSWER);
	}
	svanic_count(queue->pair, COUNT_PAGE_REQUESTS, 1);
	leave_turns(queue);
	if (queue->page.is_out) /* it can have been answered at once */
		queue->state = SVANIC_STATE_WAITING;
	return SVANIC_WAIT;
}

int
svanic_page_ask(struct svanic_queue *queue, uint64_t address, bool is_write)
{
	struct svanic_page *page = &queue->page;
	enum svanic_answer last;
	uint16_t index;

	want(queue, address);
	last = page->answer;
	page->answer = SVANIC_ANSWER_NONE;
	if (last == SVANIC_ANSWER_REFUSED)
		return end_asking(queue, SVANIC_ERROR_NO_PAGE);
	if (last == SVANIC_ANSWER_FAILED)
		return end_asking(queue, SVANIC_ERROR_NO_ANSWER);
	if (!can_send(queue, &index))
		return wait_for_turn(queue);
	return send_and_wait(queue, index, address, is_write);
}

/* --- life ------------------------------------------------------------------------- */

static void
make_timer(struct svanic_queue *queue)
{
	timer_init_full(&queue->page.patience, NULL, QEMU_CLOCK_VIRTUAL,
		QEMU_MILLISECOND, 0, lose_patience, queue);
}

bool
svanic_pages_init(struct svanic *nic)
{
	nic->requests = calloc(1, sizeof(*nic->requests));
	if (nic->requests == NULL)
		return false;
	nic->requests->notifier.notify = take_answer;
	nic->requests->nic = nic;
	for_each_queue(nic, make_timer);
	return true;
}

/*
 * A reset returns all of the allocation. But an index whose answer
 * is still to come is not used again before: the answer would be taken for a new request's.
 */
void
svanic_pages_forget_all(struct svanic *nic)
{
	struct svanic_requests *requests = nic->requests;
	unsigned int i;

	for_each_queue(nic, svanic_page_give_up);
	memset(requests->waiting, 0, sizeof(requests->waiting));
	for (i = 0; i < SVANIC_PAGE_INDEXES; i++)
		if (requests->state[i] == SVANIC_REQUEST_OUT)
			requests->state[i] = SVANIC_REQUEST_STALE;
	requests->out = 0;
}

/*
 * The requests' memory is left behind: the IOMMU can have the notifier for any PASID that
 * a pair ever had, and calls it when an answer comes after the device has gone.
 */
void
svanic_pages_exit(struct svanic *nic)
{
	svanic_pages_forget_all(nic);
	nic->requests->nic = NULL;
	nic->requests = NULL;
}
