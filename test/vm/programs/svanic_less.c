/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Checks of svanics that have less than the usual one: fewer pairs, capabilities that are
 * not there or that the host has not enabled, one page request at a time.
 *
 * Must not know: how frames are checked.
 */

#include "svanic_device.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <linux/iommufd.h>

#define PASID 5

static void
check_halts(struct test *test, uint32_t pasid, const char *what)
{
	struct pair pair;

	test_reset(test);
	pair_start(&pair, test, 1, test->memory, pasid);
	start_sending(&pair, MEMORY_IOVA + TX_DATA, 100);
	check(bare_wait_for_state(&pair.tx,
		      SVANIC_STATE_HALTED |
			      SVANIC_ERROR_NO_PASID
				      << SVANIC_STATE_ERROR_SHIFT),
		"%s: STATE %#x", what, bare_queue_state(&pair.tx));
	check(pair_counter(&pair, SVANIC_FAULTS) == 0, "FAULTS %ju",
		(uintmax_t)pair_counter(&pair, SVANIC_FAULTS));
	pair_stop(&pair);
}

void
check_less(struct test *test)
{
	struct bare *bare = &test->bare;
	uint32_t space = bare_space(bare);
	uint8_t *memory = test_memory();
	struct pair pair;

	say_subject("four pairs, neither ATS nor PRI");
	check((bare_read(bare, SVANIC_LIMITS) & 0xff) == 4, "LIMITS %#x",
		bare_read(bare, SVANIC_LIMITS));
	check(bare_read(bare, SVANIC_FEATURES) == 0x11f, "FEATURES %#x",
		bare_read(bare, SVANIC_FEATURES));
	bare_write(bare, SVANIC_PAIR(4) + SVANIC_PASID, PASID);
	check(bare_read(bare, SVANIC_PAIR(4) + SVANIC_PASID) == 0,
		"no fifth pair");
	bare_map(bare, space, memory, MEMORY_IOVA, MEMORY_SIZE);
	bare_attach_pasid(bare, bare_table(bare, space, 0), PASID);
	test_reset(test);
	pair_start(&pair, test, 3, memory, PASID | SVANIC_PASID_USE);
	check(sends(&pair, 1), "a PASID untranslated");
	check_halts(test, PASID | SVANIC_PASID_USE | SVANIC_PASID_ATS, "ATS");
	check_halts(test, SVANIC_PASID_ATS | SVANIC_PASID_ASK, "ATS and PRI");
	test_reset(test);
	bare_write(bare, SVANIC_FILTER_LOW(0), 0x5452);
	bare_write(bare, SVANIC_FILTER_HIGH(0),
		SVANIC_FILTER_VALID | SVANIC_FILTER_STEER | 0x100 |
			9u << SVANIC_FILTER_QUEUE_SHIFT);
	make_frame(memory, 100, svanic_mac, peer_mac, 1);
	peer_send(test, memory, 100);
	check(bare_wait_for_counter(bare, SVANIC_RECEIVE_NO_QUEUE, 1),
		"a frame steered to pair 9: RECEIVE_NO_QUEUE %ju",
		(uintmax_t)bare_read_wide(bare, SVANIC_RECEIVE_NO_QUEUE));
	bare_detach_pasid(bare, PASID);
}

void
check_no_pasid(struct test *test)
{
	struct pair pair;

	say_subject("no PASIDs");
	check(!(bare_read(&test->bare, SVANIC_STATUS) & SVANIC_STATUS_PASID),
		"FEATURES %#x, STATUS %#x",
		bare_read(&test->bare, SVANIC_FEATURES),
		bare_read(&test->bare, SVANIC_STATUS));
	check_halts(test, PASID | SVANIC_PASID_USE, "a PASID is used");
	test_reset(test);
	pair_start(&pair, test, 1, test->memory, 0);
	start_sending(&pair, MEMORY_IOVA + TX_DATA, 100);
	check(bare_wait_for_head(&pair.tx, 1), "none is used: HEAD %u",
		bare_queue_head(&pair.tx));
}

/* --- one page request ------------------------------------------------------------------- */

static bool
next_request(int fd, struct iommu_hwpt_pgfault *request)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, BARE_PATIENCE_MS) > 0 &&
		read(fd, request, sizeof(*request)) == sizeof(*request);
}

#define SHORT_PATIENCE_MS 400

/* While another one's request is out. */
static void
check_waits_for_turn(struct pair *pair, const char *what)
{
	check(bare_wait_for_state(&pair->tx, SVANIC_STATE_WAITING) &&
			pair_counter(pair, SVANIC_PAGE_REQUESTS) == 0 &&
			pair_counter(pair, SVANIC_PAGE_TIMEOUTS) == 0,
		"%s: STATE %#x, PAGE_REQUESTS %ju, PAGE_TIMEOUTS %ju", what,
		bare_queue_state(&pair->tx),
		(uintmax_t)pair_counter(pair, SVANIC_PAGE_REQUESTS),
		(uintmax_t)pair_counter(pair, SVANIC_PAGE_TIMEOUTS));
}

static void
check_impatient(struct bare *bare, struct pair *pair)
{
	uint32_t slot;

	bare_write(bare, SVANIC_PAGE_PATIENCE, SHORT_PATIENCE_MS);
	slot = start_sending(pair, NOT_MAPPED, 100);
	check(bare_wait_for_head(&pair->tx, slot + 1) &&
			bare_tx(&pair->tx, slot)->flags ==
				(SVANIC_TX_DONE |
					SVANIC_ERROR_NO_ANSWER
						<< SVANIC_ERROR_SHIFT) &&
			pair_counter(pair, SVANIC_PAGE_REQUESTS) == 0 &&
			pair_counter(pair, SVANIC_PAGE_TIMEOUTS) == 1,
		"its turn does not come in time: flags %#x, PAGE_TIMEOUTS %ju",
		bare_tx(&pair->tx, slot)->flags,
		(uintmax_t)pair_counter(pair, SVANIC_PAGE_TIMEOUTS));
	bare_write(bare, SVANIC_PAGE_PATIENCE, 0);
}

/* The queue whose turn it is asks; the answer lets the next one ask. */
static void
check_asks(int fd, struct pair *pair, const char *what)
{
	struct iommu_hwpt_page_response response = {
		.code = IOMMUFD_PAGE_RESP_INVALID,
	};
	struct iommu_hwpt_pgfault request;

	check(next_request(fd, &request) &&
			pair_counter(pair, SVANIC_PAGE_REQUESTS) == 1,
		"%s asks: PAGE_REQUESTS %ju", what,
		(uintmax_t)pair_counter(pair, SVANIC_PAGE_REQUESTS));
	response.cookie = request.cookie;
	check(write(fd, &response, sizeof(response)) == sizeof(response),
		"it is answered");
}

void
check_one_request(struct test *test)
{
	const uint32_t asking = PASID | SVANIC_PASID_USE | SVANIC_PASID_ATS |
		SVANIC_PASID_ASK;
	struct iommu_hwpt_page_response response = {
		.code = IOMMUFD_PAGE_RESP_INVALID,
	};
	struct iommu_hwpt_pgfault request;
	struct bare *bare = &test->bare;
	uint32_t space = bare_space(bare), faults;
	uint8_t *memory = test_memory();
	struct pair first, second, third;
	int fd;

	say_subject("only one page request may be out");
	faults = bare_faults(bare, &fd);
	bare_map(bare, space, memory, MEMORY_IOVA, MEMORY_SIZE);
	bare_attach_pasid(bare, bare_table(bare, space, faults), PASID);
	test_reset(test);
	bare_write(bare, SVANIC_PAGE_PATIENCE, 0);
	pair_start(&first, test, 0, memory, asking);
	pair_start(&second, test, 1, memory, asking);
	pair_start(&third, test, 2, memory, asking);
	start_sending(&first, NOT_MAPPED, 100);
	check(next_request(fd, &request), "the first queue asks");
	check_impatient(bare, &third);
	/* the third comes before the second, whose number is lower */
	start_sending(&third, NOT_MAPPED, 100);
	check(bare_wait_for_state(&third.tx, SVANIC_STATE_WAITING),
		"it waits again: STATE %#x", bare_queue_state(&third.tx));
	start_sending(&second, NOT_MAPPED, 100);
	check_waits_for_turn(&second, "another one waits for its turn");
	pair_stop(&first);
	check_waits_for_turn(&second, "also when the first has given up");
	response.cookie = request.cookie;
	check(write(fd, &response, sizeof(response)) == sizeof(response),
		"the answer comes");
	check_asks(fd, &third, "who came first");
	check_asks(fd, &second, "who came second");
	check(bare_wait_for_head(&third.tx, 2) &&
			bare_wait_for_head(&second.tx, 1),
		"both go on: flags %#x, %#x", bare_tx(&third.tx, 1)->flags,
		bare_tx(&second.tx, 0)->flags);
	pair_stop(&second);
	pair_stop(&third);
	bare_detach_pasid(bare, PASID);
}
