/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Checks of svanic's PASIDs: what its DMA reaches, and that it waits for a page that is
 * not there without holding up anybody.
 *
 * Must not know: how frames are checked.
 */

#include "svanic_device.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/iommufd.h>

#define USE SVANIC_PASID_USE
#define ATS SVANIC_PASID_ATS
#define ASK SVANIC_PASID_ASK

static void
check_halt(struct pair *pair, const char *what, unsigned int error)
{
	check(bare_wait_for_state(&pair->tx,
		      SVANIC_STATE_HALTED | error << SVANIC_STATE_ERROR_SHIFT),
		"%s: STATE %#x", what, bare_queue_state(&pair->tx));
}

/* --- PASIDs -------------------------------------------------------------------------- */

static void
check_two_spaces(struct test *test, uint8_t *five, uint8_t *six, uint32_t bits,
	const char *how)
{
	struct pair a, b, none;
	unsigned int i, good = 0;

	say_subject(how);
	test_reset(test);
	pair_start(&a, test, 1, five, 5 | USE | bits);
	pair_start(&b, test, 2, six, 6 | USE | bits);
	pair_start(&none, test, 0, test->memory, bits);
	/* all three at the same IOVA; what is sent tells where it was read */
	for (i = 0; i < 10; i++)
		good += sends(&a, 3 * i) + sends(&b, 3 * i + 1) +
			sends(&none, 3 * i + 2);
	check(good == 30, "of 30 frames by three spaces, %u were right", good);
	check(receives(&none, svanic_mac, 1), "received without a PASID");
	bare_write(&test->bare, SVANIC_FILTER_LOW(0), 0x5452);
	bare_write(&test->bare, SVANIC_FILTER_HIGH(0),
		SVANIC_FILTER_VALID | SVANIC_FILTER_STEER | 0x100 |
			2u << SVANIC_FILTER_QUEUE_SHIFT);
	memset(five + RX_DATA, 0, BUFFER);
	check(receives(&b, svanic_mac, 2) && five[RX_DATA] == 0 &&
			pair_counter(&a, SVANIC_FAULTS) +
					pair_counter(&b, SVANIC_FAULTS) ==
				0,
		"received with PASID 6, nothing in PASID 5's memory");
}

static void
check_unattached(struct test *test, uint32_t bits, const char *how)
{
	struct pair pair, other;
	uint32_t info;

	test_reset(test);
	pair_start(&other, test, 0, test->memory, 0);
	pair_start(&pair, test, 3, test->memory, 9 | USE | bits);
	start_sending(&pair, MEMORY_IOVA + TX_DATA, 100);
	check_halt(&pair, how, SVANIC_ERROR_REFUSED);
	info = bare_read(&test->bare, SVANIC_PAIR(3) + SVANIC_FAULT_INFO);
	check(pair_counter(&pair, SVANIC_FAULTS) == 1 &&
			pair_counter(&pair, SVANIC_FAULT_ADDRESS) ==
				MEMORY_IOVA + TX_RING(3) &&
			info ==
				(SVANIC_FAULT_VALID | SVANIC_FAULT_WITH_PASID |
					9),
		"FAULTS %ju, FAULT_ADDRESS %#jx, FAULT_INFO %#x",
		(uintmax_t)pair_counter(&pair, SVANIC_FAULTS),
		(uintmax_t)pair_counter(&pair, SVANIC_FAULT_ADDRESS), info);
	check(bare_read(&test->bare, SVANIC_EVENTS) ==
			(SVANIC_EVENT_QUEUE | SVANIC_EVENT_FAULT),
		"EVENTS %#x", bare_read(&test->bare, SVANIC_EVENTS));
	check(sends(&other, 1), "pair 0 works");
}

/* A PASID that changes its space, and comes back after it was gone. */
static void
check_reattach(struct test *test, uint32_t first, uint8_t *first_memory,
	uint32_t second, uint8_t *second_memory)
{
	struct pair pair;
	unsigned int i;

	say_subject("a PASID is attached again and again");
	for (i = 0; i < 6; i++) {
		uint32_t bits = i % 3 == 2 ? USE | ATS : USE;

		test_reset(test);
		bare_attach_pasid(&test->bare, i % 2 ? second : first, 77);
		pair_start(&pair, test, 1, i % 2 ? second_memory : first_memory,
			77 | bits);
		check(sends(&pair, i) && sends(&pair, i + 100), "turn %u", i);
		bare_detach_pasid(&test->bare, 77);
		start_sending(&pair, MEMORY_IOVA + TX_DATA, 100);
		check_halt(&pair, "detached under a running queue",
			SVANIC_ERROR_REFUSED);
	}
}

void
check_spaces(struct test *test)
{
	struct bare *bare = &test->bare;
	uint8_t *five = test_memory(), *six = test_memory();
	uint32_t space_five = bare_space(bare), space_six = bare_space(bare);
	uint32_t table_five, table_six;

	bare_map(bare, space_five, five, MEMORY_IOVA, MEMORY_SIZE);
	bare_map(bare, space_six, six, MEMORY_IOVA, MEMORY_SIZE);
	table_five = bare_table(bare, space_five, 0);
	table_six = bare_table(bare, space_six, 0);
	bare_attach_pasid(bare, table_five, 5);
	bare_attach_pasid(bare, table_six, 6);
	check((bare_read(bare, SVANIC_STATUS) &
		      (SVANIC_STATUS_PASID | SVANIC_STATUS_ATS |
			      SVANIC_STATUS_PRI)) ==
			(SVANIC_STATUS_PASID | SVANIC_STATUS_ATS |
				SVANIC_STATUS_PRI),
		"STATUS with PASIDs attached: %#x",
		bare_read(bare, SVANIC_STATUS));
	check_two_spaces(test, five, six, 0, "PASIDs untranslated");
	check_two_spaces(test, five, six, ATS, "PASIDs by ATS");
	say_subject("a PASID that is not attached");
	check_unattached(test, 0, "untranslated");
	check_unattached(test, ATS, "by ATS");
	check_reattach(test, table_five, five, table_six, six);
	bare_detach_pasid(bare, 5);
	bare_detach_pasid(bare, 6);
}

/* --- page requests -------------------------------------------------------------------- */

#define ASKING 7 /* the PASID */
#define MISSING \
	NOT_MAPPED /* what it has not mapped: MEMORY_SIZE from here on */
#define SHORT_PATIENCE_MS 400

struct pages {
	struct test *test;
	int fd;
	uint32_t space;
	uint8_t *memory;  /* at MEMORY_IOVA */
	uint8_t *missing; /* at MISSING, when it is mapped */
};

static bool
next_request_within(
	struct pages *pages, struct iommu_hwpt_pgfault *request, int ms)
{
	struct pollfd ready = { .fd = pages->fd, .events = POLLIN };

	return poll(&ready, 1, ms) > 0 &&
		read(pages->fd, request, sizeof(*request)) == sizeof(*request);
}

static bool
next_request(struct pages *pages, struct iommu_hwpt_pgfault *request)
{
	return next_request_within(pages, request, BARE_PATIENCE_MS);
}

static void
answer(struct pages *pages, const struct iommu_hwpt_pgfault *request,
	uint32_t code)
{
	struct iommu_hwpt_page_response response = {
		.cookie = request->cookie,
		.code = code,
	};

	if (write(pages->fd, &response, sizeof(response)) != sizeof(response))
		check(false, "a page response was not taken");
}

static void
provide(struct pages *pages, uint64_t iova)
{
	bare_map(&pages->test->bare, pages->space,
		pages->missing + (iova - MISSING), iova, PAGE);
}

/* The request that a queue waits with: where, for what, and that it does wait. */
static bool
check_request(struct pages *pages, struct bare_queue *queue, uint64_t page,
	bool is_write, struct iommu_hwpt_pgfault *request)
{
	bool got = next_request(pages, request);

	check(got && request->addr == page && request->pasid == ASKING &&
			(request->perm & 3) == (is_write ? 2u : 1u) &&
			bare_wait_for_state(queue, SVANIC_STATE_WAITING),
		"a request for %#llx, PASID %u, perm %#x; STATE %#x",
		got ? request->addr : 0, got ? request->pasid : 0,
		got ? request->perm : 0, bare_queue_state(queue));
	return got;
}

static void
start_asking(struct pages *pages, struct pair *pair, unsigned int number)
{
	pair_start(pair, pages->test, number, pages->memory,
		ASKING | USE | ATS | ASK);
}

static void
check_sent_later(struct pages *pages)
{
	struct iommu_hwpt_pgfault request;
	struct pair pair, other;
	uint8_t frame[2048];
	uint32_t slot;

	say_subject("a frame in pages that are provided when asked for");
	test_reset(pages->test);
	start_asking(pages, &pair, 1);
	pair_start(&other, pages->test, 0, pages->test->memory, 0);
	make_frame(pages->missing + PAGE - 100, 300, peer_mac, svanic_mac, 1);
	slot = start_sending(&pair, MISSING + PAGE - 100, 300);
	if (!check_request(pages, &pair.tx, MISSING, false, &request))
		return;
	check(sends(&other, 2), "meanwhile pair 0 sends");
	provide(pages, MISSING);
	answer(pages, &request, IOMMUFD_PAGE_RESP_SUCCESS);
	if (!check_request(pages, &pair.tx, MISSING + PAGE, false, &request))
		return;
	provide(pages, MISSING + PAGE);
	answer(pages, &request, IOMMUFD_PAGE_RESP_SUCCESS);
	check(bare_wait_for_head(&pair.tx, slot + 1) &&
			bare_tx(&pair.tx, slot)->flags == SVANIC_TX_DONE &&
			peer_receive(pages->test, frame, sizeof(frame)) ==
				300 &&
			memcmp(frame, pages->missing + PAGE - 100, 300) == 0,
		"sent: flags %#x", bare_tx(&pair.tx, slot)->flags);
	check(pair_counter(&pair, SVANIC_PAGE_REQUESTS) == 2 &&
			pair_counter(&pair, SVANIC_FAULTS) == 0,
		"PAGE_REQUESTS %ju, FAULTS %ju",
		(uintmax_t)pair_counter(&pair, SVANIC_PAGE_REQUESTS),
		(uintmax_t)pair_counter(&pair, SVANIC_FAULTS));
	bare_unmap(&pages->test->bare, pages->space, MISSING, 2 * PAGE);
}

static void
check_received_later(struct pages *pages)
{
	struct iommu_hwpt_pgfault request;
	uint8_t frame[300], second[200];
	struct pair pair;

	say_subject("a frame into a page that is provided when asked for");
	test_reset(pages->test);
	start_asking(pages, &pair, 0);
	bare_put_rx(&pair.rx, MISSING + 3 * PAGE, BUFFER);
	bare_put_rx(&pair.rx, MEMORY_IOVA + RX_DATA, BUFFER);
	bare_queue_ring(&pair.rx);
	make_frame(frame, sizeof(frame), svanic_mac, peer_mac, 1);
	make_frame(second, sizeof(second), svanic_mac, peer_mac, 2);
	peer_send(pages->test, frame, sizeof(frame));
	peer_send(pages->test, second, sizeof(second));
	if (!check_request(pages, &pair.rx, MISSING + 3 * PAGE, true, &request))
		return;
	check(sends(&pair, 3), "meanwhile the same pair sends");
	provide(pages, MISSING + 3 * PAGE);
	answer(pages, &request, IOMMUFD_PAGE_RESP_SUCCESS);
	check(bare_wait_for_head(&pair.rx, 2) &&
			memcmp(pages->missing + 3 * PAGE, frame,
				sizeof(frame)) == 0 &&
			memcmp(pages->memory + RX_DATA, second,
				sizeof(second)) == 0,
		"received, and the frame after it: status %#x, %#x",
		bare_rx(&pair.rx, 0)->status, bare_rx(&pair.rx, 1)->status);
	bare_unmap(&pages->test->bare, pages->space, MISSING + 3 * PAGE, PAGE);
}

/* A ring in a page that is not there: read, and written back to after it went away. */
static void
check_ring_later(struct pages *pages)
{
	const uint64_t ring = MISSING + 5 * PAGE;
	struct iommu_hwpt_pgfault request;
	struct pair pair;
	uint8_t frame[2048];

	say_subject("a ring in a page that is provided when asked for");
	test_reset(pages->test);
	start_asking(pages, &pair, 1);
	bare_queue_stop(&pair.tx);
	bare_queue_start(&pair.tx, &pages->test->bare, pair.tx.base,
		pages->missing + 5 * PAGE, ring, RING_LOG2);
	make_frame(pages->memory + TX_DATA, 100, peer_mac, svanic_mac, 1);
	start_sending(&pair, MEMORY_IOVA + TX_DATA, 100);
	if (!check_request(pages, &pair.tx, ring, false, &request))
		return;
	provide(pages, ring);
	answer(pages, &request, IOMMUFD_PAGE_RESP_SUCCESS);
	check(bare_wait_for_head(&pair.tx, 1) &&
			peer_receive(pages->test, frame, sizeof(frame)) == 100,
		"sent: HEAD %u", bare_queue_head(&pair.tx));
	bare_unmap(&pages->test->bare, pages->space, ring, PAGE);
	start_sending(&pair, MEMORY_IOVA + TX_DATA, 100);
	if (!check_request(pages, &pair.tx, ring, false, &request))
		return;
	answer(pages, &request, IOMMUFD_PAGE_RESP_INVALID);
	check_halt(&pair, "answered that there is no such page",
		SVANIC_ERROR_NO_PAGE);
}

static void
check_refused_page(struct pages *pages)
{
	struct iommu_hwpt_pgfault request;
	struct pair pair;
	uint32_t slot;

	say_subject("a page request that is answered: no such page");
	test_reset(pages->test);
	start_asking(pages, &pair, 1);
	slot = start_sending(&pair, MISSING, 100);
	if (!check_request(pages, &pair.tx, MISSING, false, &request))
		return;
	answer(pages, &request, IOMMUFD_PAGE_RESP_INVALID);
	check(bare_wait_for_head(&pair.tx, slot + 1) &&
			bare_tx(&pair.tx, slot)->flags ==
				(SVANIC_TX_DONE |
					SVANIC_ERROR_NO_PAGE
						<< SVANIC_ERROR_SHIFT),
		"flags %#x", bare_tx(&pair.tx, slot)->flags);
	check(pair_counter(&pair, SVANIC_PAGE_REFUSALS) == 1 &&
			pair_counter(&pair, SVANIC_FAULTS) == 1 &&
			pair_counter(&pair, SVANIC_TX_ERRORS) == 1,
		"PAGE_REFUSALS %ju, FAULTS %ju, TX_ERRORS %ju",
		(uintmax_t)pair_counter(&pair, SVANIC_PAGE_REFUSALS),
		(uintmax_t)pair_counter(&pair, SVANIC_FAULTS),
		(uintmax_t)pair_counter(&pair, SVANIC_TX_ERRORS));
	check(sends(&pair, 1), "and the queue goes on");
}

static void
check_no_answer(struct pages *pages)
{
	struct iommu_hwpt_pgfault late, request;
	struct pair pair;
	uint32_t slot;

	say_subject("a page request that is not answered in time");
	test_reset(pages->test);
	bare_write(&pages->test->bare, SVANIC_PAGE_PATIENCE, SHORT_PATIENCE_MS);
	start_asking(pages, &pair, 1);
	slot = start_sending(&pair, MISSING, 100);
	if (!next_request(pages, &late)) {
		check(false, "no request");
		return;
	}
	check(bare_wait_for_head(&pair.tx, slot + 1) &&
			bare_tx(&pair.tx, slot)->flags ==
				(SVANIC_TX_DONE |
					SVANIC_ERROR_NO_ANSWER
						<< SVANIC_ERROR_SHIFT),
		"flags %#x, PAGE_TIMEOUTS %ju", bare_tx(&pair.tx, slot)->flags,
		(uintmax_t)pair_counter(&pair, SVANIC_PAGE_TIMEOUTS));
	check(sends(&pair, 1), "the queue goes on");
	bare_write(&pages->test->bare, SVANIC_PAGE_PATIENCE, 0);
	slot = start_sending(&pair, MISSING, 100);
	if (!check_request(pages, &pair.tx, MISSING, false, &request))
		return;
	answer(pages, &late, IOMMUFD_PAGE_RESP_INVALID);
	check(bare_queue_state(&pair.tx) == SVANIC_STATE_WAITING &&
			pair_counter(&pair, SVANIC_PAGE_REFUSALS) == 0,
		"the late answer is ignored: STATE %#x, PAGE_REFUSALS %ju",
		bare_queue_state(&pair.tx),
		(uintmax_t)pair_counter(&pair, SVANIC_PAGE_REFUSALS));
	provide(pages, MISSING);
	answer(pages, &request, IOMMUFD_PAGE_RESP_SUCCESS);
	check(bare_wait_for_head(&pair.tx, slot + 1) &&
			bare_tx(&pair.tx, slot)->flags == SVANIC_TX_DONE,
		"the right answer is heeded: flags %#x",
		bare_tx(&pair.tx, slot)->flags);
	while (!peer_is_quiet(pages->test))
		;
	bare_unmap(&pages->test->bare, pages->space, MISSING, PAGE);
}

/* Answered as if it were there, until it is asked for no more: how often. */
static unsigned int
answer_falsely(struct pages *pages, struct pair *pair)
{
	struct iommu_hwpt_pgfault request;
	unsigned int requests = 0;

	for (;;) {
		if (next_request_within(pages, &request, SHORT_PATIENCE_MS)) {
			requests++;
			answer(pages, &request, IOMMUFD_PAGE_RESP_SUCCESS);
		} else if (bare_queue_head(&pair->tx) != 0) {
			return requests;
		}
	}
}

/* As a page that the process changes all the time. */
static void
check_false_answers(struct pages *pages)
{
	struct iommu_hwpt_pgfault request;
	unsigned int requests = 0;
	struct pair pair;
	uint32_t slot;

	say_subject("a page that is promised 40 times before it is there");
	test_reset(pages->test);
	bare_write(&pages->test->bare, SVANIC_PAGE_PATIENCE, 0);
	start_asking(pages, &pair, 1);
	make_frame(pages->missing, 100, peer_mac, svanic_mac, 1);
	slot = start_sending(&pair, MISSING, 100);
	while (requests < 40 && next_request(pages, &request)) {
		requests++;
		answer(pages, &request, IOMMUFD_PAGE_RESP_SUCCESS);
	}
	if (!check_request(pages, &pair.tx, MISSING, false, &request))
		return;
	provide(pages, MISSING);
	answer(pages, &request, IOMMUFD_PAGE_RESP_SUCCESS);
	check(bare_wait_for_head(&pair.tx, slot + 1) && requests == 40 &&
			pair_counter(&pair, SVANIC_PAGE_REQUESTS) == 41 &&
			bare_tx(&pair.tx, slot)->flags == SVANIC_TX_DONE,
		"%u requests, flags %#x", requests + 1,
		bare_tx(&pair.tx, slot)->flags);
	while (!peer_is_quiet(pages->test))
		;
	bare_unmap(&pages->test->bare, pages->space, MISSING, PAGE);

	say_subject("a page that is promised and never there");
	test_reset(pages->test);
	bare_write(&pages->test->bare, SVANIC_PAGE_PATIENCE, SHORT_PATIENCE_MS);
	start_asking(pages, &pair, 1);
	slot = start_sending(&pair, MISSING, 100);
	requests = answer_falsely(pages, &pair);
	check(requests > 1 && pair_counter(&pair, SVANIC_PAGE_TIMEOUTS) == 1 &&
			bare_tx(&pair.tx, slot)->flags ==
				(SVANIC_TX_DONE |
					SVANIC_ERROR_NO_ANSWER
						<< SVANIC_ERROR_SHIFT),
		"%u requests, flags %#x", requests,
		bare_tx(&pair.tx, slot)->flags);
	check(sends(&pair, 1), "and the queue goes on");
}

static void
check_given_up(struct pages *pages)
{
	struct iommu_hwpt_pgfault request;
	struct pair pair;

	say_subject("queues that are stopped while they wait");
	test_reset(pages->test);
	bare_write(&pages->test->bare, SVANIC_PAGE_PATIENCE, 0);
	start_asking(pages, &pair, 1);
	start_sending(&pair, MISSING, 100);
	if (!check_request(pages, &pair.tx, MISSING, false, &request))
		return;
	bare_queue_stop(&pair.tx);
	check(bare_queue_state(&pair.tx) == SVANIC_STATE_OFF,
		"disabled: STATE %#x", bare_queue_state(&pair.tx));
	answer(pages, &request, IOMMUFD_PAGE_RESP_INVALID);
	bare_queue_stop(&pair.rx);
	start_asking(pages, &pair, 1);
	check(sends(&pair, 1) && pair_counter(&pair, SVANIC_PAGE_REFUSALS) == 0,
		"enabled again, it sends; the answer was ignored");
	start_sending(&pair, MISSING, 100);
	if (!check_request(pages, &pair.tx, MISSING, false, &request))
		return;
	test_reset(pages->test);
	check(bare_queue_state(&pair.tx) == SVANIC_STATE_OFF &&
			pair_counter(&pair, SVANIC_PAGE_REQUESTS) == 0,
		"reset: STATE %#x", bare_queue_state(&pair.tx));
	answer(pages, &request, IOMMUFD_PAGE_RESP_SUCCESS);
	start_asking(pages, &pair, 1);
	check(sends(&pair, 2), "started again, it sends");
}

/* All 32 queues ask at once; their answers come in the opposite order. */
static void
check_all_waiting(struct pages *pages)
{
	struct iommu_hwpt_pgfault requests[SVANIC_PAIRS_MAX];
	struct pair pairs[SVANIC_PAIRS_MAX];
	unsigned int i, count = 0, done = 0;

	say_subject("sixteen queues wait, each for a page of its own");
	test_reset(pages->test);
	bare_write(&pages->test->bare, SVANIC_PAGE_PATIENCE, 0);
	for (i = 0; i < SVANIC_PAIRS_MAX; i++) {
		start_asking(pages, &pairs[i], i);
		start_sending(&pairs[i], MISSING + i * PAGE, 100);
	}
	while (count < SVANIC_PAIRS_MAX &&
		next_request(pages, &requests[count]))
		count++;
	check(count == SVANIC_PAIRS_MAX, "%u requests", count);
	while (count-- > 0) {
		i = (unsigned int)((requests[count].addr - MISSING) / PAGE);
		make_frame(pages->missing + i * PAGE, 100, peer_mac, svanic_mac,
			i);
		provide(pages, requests[count].addr);
		answer(pages, &requests[count], IOMMUFD_PAGE_RESP_SUCCESS);
		done += bare_wait_for_head(&pairs[i].tx, 1);
	}
	check(done == SVANIC_PAIRS_MAX, "%u frames sent, each after its answer",
		done);
	while (!peer_is_quiet(pages->test))
		;
	bare_unmap(&pages->test->bare, pages->space, MISSING,
		SVANIC_PAIRS_MAX * PAGE);
}

static void
check_not_asking(struct pages *pages)
{
	struct pair pair;
	uint32_t slot;

	say_subject("ATS without ASK");
	test_reset(pages->test);
	pair_start(&pair, pages->test, 1, pages->memory, ASKING | USE | ATS);
	slot = start_sending(&pair, MISSING, 100);
	check(bare_wait_for_head(&pair.tx, slot + 1) &&
			bare_tx(&pair.tx, slot)->flags ==
				(SVANIC_TX_DONE |
					SVANIC_ERROR_REFUSED
						<< SVANIC_ERROR_SHIFT) &&
			pair_counter(&pair, SVANIC_PAGE_REQUESTS) == 0,
		"flags %#x, PAGE_REQUESTS %ju", bare_tx(&pair.tx, slot)->flags,
		(uintmax_t)pair_counter(&pair, SVANIC_PAGE_REQUESTS));
	check(sends(&pair, 1), "and the queue goes on");
}

void
check_pages(struct test *test)
{
	struct pages pages = {
		.test = test,
		.space = bare_space(&test->bare),
		.memory = test_memory(),
		.missing = test_memory(),
	};
	uint32_t faults = bare_faults(&test->bare, &pages.fd);

	bare_map(&test->bare, pages.space, pages.memory, MEMORY_IOVA,
		MEMORY_SIZE);
	bare_attach_pasid(&test->bare,
		bare_table(&test->bare, pages.space, faults), ASKING);
	check_sent_later(&pages);
	check_received_later(&pages);
	check_ring_later(&pages);
	check_refused_page(&pages);
	check_no_answer(&pages);
	check_false_answers(&pages);
	check_given_up(&pages);
	check_all_waiting(&pages);
	check_not_asking(&pages);
	bare_detach_pasid(&test->bare, ASKING);
}
