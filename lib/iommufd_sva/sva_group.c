/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Groups of page requests: each page is made present (sva_fault.c), and the group is
 * answered when all of its pages were present at the same time. A group whose page is about to
 * be dropped by the process is held meanwhile, and then the device is told to try again.
 *
 * Must not know: threads; how a page is mapped; how changes are detected.
 */

#include <errno.h>

#include <rte_common.h>

#include "sva.h"

/*
 * How often a group is served again because the process has changed. After that the answer
 * tells the device to try again, without a limit.
 */
#define TRIES 8

/* Of a stream, twice as much as last is mapped, from the page on. */
static struct sva_request
request_for(const struct rte_iommufd_sva *sva, const struct page_request *page)
{
	struct sva_request request = {
		.address = page->address & ~(sva->page - 1),
		.rights = page->rights,
		.around = sva->fault_around,
		.clip = { 0, UINT64_MAX },
		.by_service = true,
	};
	uint64_t size = streams_continue(&sva->streams, request.address);

	size = RTE_MIN(size, sva->stream_around);
	if (size <= sva->fault_around)
		return request;
	request.around = sva->stream_around;
	request.clip.start = request.address;
	request.clip.end = request.address + size;
	return request;
}

static uint64_t
wanted_size(
	const struct rte_iommufd_sva *sva, const struct sva_request *request)
{
	if (request->clip.start == request->address)
		return interval_size(request->clip);
	return sva->fault_around;
}

static void
note_stream(struct rte_iommufd_sva *sva, const struct sva_request *request)
{
	const struct area *area = area_lru_find(
		&sva->residency, request->address);

	if (area != NULL)
		streams_note(&sva->streams, request->address,
			wanted_size(sva, request), area->end);
}

static enum sva_outcome
serve_page(struct rte_iommufd_sva *sva, const struct page_request *page,
	struct interval *held)
{
	struct sva_request request = request_for(sva, page);
	enum sva_outcome outcome = sva_fault_in(sva, &request);
	enum sva_report_kind kind;

	if (interval_size(request.held) != 0)
		*held = request.held;
	/* This may succeed later: the device requests it again. */
	if (request.error == -EAGAIN)
		return SVA_PRESENT;
	if (outcome == SVA_MAPPED)
		note_stream(sva, &request);
	if (sva_report_kind_of(outcome, request.error, &kind))
		sva_report(&sva->report, kind, request.address, sva->page,
			request.rights, request.error);
	return outcome;
}

static void
count_outcome(struct rte_iommufd_sva_stats *stats, enum sva_outcome outcome)
{
	switch (outcome) {
	case SVA_MAPPED:
		stats->mapped++;
		break;
	case SVA_PRESENT:
		stats->present++;
		break;
	case SVA_REFUSED:
		stats->refused++;
		break;
	case SVA_FAILED:
		stats->failed++;
		break;
	}
}

static bool
is_served(enum sva_outcome outcome)
{
	return outcome == SVA_MAPPED || outcome == SVA_PRESENT;
}

/*
 * Serves every page of the group once. Threads that wait for their reports to be read wait
 * for one page at most. How many reports were read, or -errno.
 */
static int
serve_pages(struct rte_iommufd_sva *sva, const struct page_request *pages,
	unsigned int count, bool again, enum sva_outcome *outcomes,
	struct interval *held)
{
	enum sva_outcome outcome;
	unsigned int i;
	int changes = 0;
	int ret;

	for (i = 0; i < count; i++) {
		outcome = serve_page(sva, &pages[i], held);
		if (!again || outcome != SVA_PRESENT)
			outcomes[i] = outcome;
		ret = sva_notifier_read(sva);
		if (ret < 0)
			return ret;
		changes += ret;
	}
	return changes;
}

static bool
are_present(const struct rte_iommufd_sva *sva, const struct page_request *pages,
	unsigned int count)
{
	const struct area *area;
	unsigned int i;

	for (i = 0; i < count; i++) {
		area = area_lru_find(&sva->residency, pages[i].address);
		if (area == NULL || (pages[i].rights & ~area->rights) != 0)
			return false;
	}
	return true;
}

/*
 * Repeats this while changes are reported and one of the pages is not present: they may have
 * unmapped it. The outcome of a page is that of the first pass that mapped or refused it.
 */
static enum page_answer
serve_group(struct rte_iommufd_sva *sva, const struct page_request *pages,
	unsigned int count, struct interval *held)
{
	enum sva_outcome outcomes[FAULT_GROUP_MAX];
	enum page_answer answer = PAGE_ANSWER_SUCCESS;
	unsigned int tries = 0;
	unsigned int i;
	int changes;

	sva->round++;
	/* Pages that are not served, because reports cannot be read. */
	for (i = 0; i < count; i++)
		outcomes[i] = SVA_REFUSED;
	do
		changes = serve_pages(
			sva, pages, count, tries > 0, outcomes, held);
	while (changes > 0 && ++tries < TRIES &&
		!are_present(sva, pages, count));
	if (changes < 0)
		answer = PAGE_ANSWER_INVALID;
	for (i = 0; i < count; i++) {
		count_outcome(&sva->stats, outcomes[i]);
		if (!is_served(outcomes[i]))
			answer = PAGE_ANSWER_INVALID;
	}
	return answer;
}

/* What takes long, such as to read a page from a disk, is done before the lock is taken. */
static void
prepare_group(struct rte_iommufd_sva *sva, const struct page_request *pages,
	unsigned int count)
{
	struct sva_request request;
	unsigned int i;

	for (i = 0; i < count; i++) {
		request = request_for(sva, &pages[i]);
		sva_fault_prepare(sva, &request);
	}
}

/* What comes next in the stream, if the page has continued one. */
static bool
plan_ahead(struct rte_iommufd_sva *sva, const struct page_request *page,
	struct sva_request *ahead)
{
	const struct area *area = area_lru_find(&sva->residency, page->address);
	uint64_t size = 0;

	if (area != NULL)
		size = streams_continue(&sva->streams, area->end) / 2;
	if (size <= sva->fault_around || !sva_fault_is_serving(sva))
		return false;
	*ahead = (struct sva_request){
		.address = area->end,
		.rights = page->rights,
		.around = sva->stream_around,
		.clip = { area->end, area->end + size },
		.by_service = true,
		.speculative = true,
	};
	return true;
}

/* Without room the device is told to try again at once. */
static bool
hold_group(struct rte_iommufd_sva *sva, uint32_t cookie, struct interval held)
{
	if (interval_size(held) == 0 || sva->held_count == SVA_HELD_MAX)
		return false;
	sva->held[sva->held_count++] = (struct sva_held){
		.cookie = cookie,
		.interval = held,
	};
	return true;
}

static bool
is_over(struct rte_iommufd_sva *sva, struct interval held)
{
	bool open;

	fair_lock_take_first(&sva->lock);
	open = sva_fault_is_serving(sva) &&
		pending_removals_are_open(&sva->removals, held.start, held.end);
	fair_lock_give(&sva->lock);
	return !open;
}

bool
sva_group_release(struct rte_iommufd_sva *sva)
{
	unsigned int i = 0;

	while (i < sva->held_count) {
		if (!is_over(sva, sva->held[i].interval)) {
			i++;
			continue;
		}
		rte_iommufd_fault_space_answer(
			sva->faults, sva->held[i].cookie, PAGE_ANSWER_SUCCESS);
		sva->held[i] = sva->held[--sva->held_count];
	}
	return sva->held_count > 0;
}

/* Whether something is to be mapped after the answer, and what. */
static bool
answer_group(struct rte_iommufd_sva *sva, const struct page_request *pages,
	unsigned int count, struct sva_request *ahead)
{
	enum page_answer answer = PAGE_ANSWER_INVALID;
	struct interval held = { 0, 0 };
	bool planned;

	prepare_group(sva, pages, count);
	fair_lock_take_first(&sva->lock);
	sva->stats.request_groups++;
	sva->stats.page_requests += count;
	if (sva_fault_is_serving(sva))
		answer = serve_group(sva, pages, count, &held);
	else
		sva->stats.refused += count;
	planned = plan_ahead(sva, &pages[count - 1], ahead);
	fair_lock_give(&sva->lock);
	if (answer == PAGE_ANSWER_SUCCESS &&
		hold_group(sva, pages[0].cookie, held))
		return planned;
	/* -EINVAL: the device was unbound meanwhile, which has answered the group. */
	rte_iommufd_fault_space_answer(sva->faults, pages[0].cookie, answer);
	return planned;
}

static void
map_ahead(struct rte_iommufd_sva *sva, struct sva_request *ahead)
{
	sva_fault_prepare(sva, ahead);
	fair_lock_take_first(&sva->lock);
	if (sva_fault_is_serving(sva) && sva_fault_in(sva, ahead) == SVA_MAPPED)
		note_stream(sva, ahead);
	fair_lock_give(&sva->lock);
}

/* What is mapped ahead is mapped when no device waits for it. */
void
sva_group_serve(struct rte_iommufd_sva *sva,
	const struct page_request *requests, unsigned int count)
{
	struct sva_request ahead;
	unsigned int first = 0;
	unsigned int last;
	bool planned = false;

	while (first < count) {
		for (last = first + 1; last < count &&
			requests[last].cookie == requests[first].cookie;
			last++)
			;
		planned = answer_group(
			sva, &requests[first], last - first, &ahead);
		first = last;
	}
	if (planned)
		map_ahead(sva, &ahead);
}
