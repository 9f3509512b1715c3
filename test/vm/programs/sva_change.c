/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Memory that changes while devices use it: a part of sva.c. */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "sva_reports.h"
#include "sva_scene.h"
#include "sva_tests.h"

/* A second pair that sends from the same page all the time. */
static struct {
	pthread_t thread;
	atomic_bool end;
	void *payload;
	atomic_ulong frames;
	atomic_ulong refused;
} traffic;

static void *
send_on_and_on(void *argument)
{
	struct pair *pair = argument;

	if (atomic_load(&is_starving))
		use_cpu(false);
	while (!atomic_load(&traffic.end)) {
		if (done(pair, post(pair, traffic.payload, OTHER_ETHERTYPE)) !=
			0)
			atomic_fetch_add(&traffic.refused, 1);
		atomic_fetch_add(&traffic.frames, 1);
	}
	return NULL;
}

static void
renew(void *at)
{
	must(mmap(at, AREA, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at,
		"mmap");
}

/* The other pair sends from the same page. */
static bool
is_race(const char *kind)
{
	return strcmp(kind, "race") == 0 || strcmp(kind, "starved") == 0;
}

/*
 * Gives the page other memory; its bytes are gone then, or the rights are. madvise() is dontneed,
 * race, and starved, where it gets no CPU for a while when its report was read.
 */
static void
change(const char *kind, uint8_t *area)
{
	uint8_t *page = area + 3 * PAGE;
	uint8_t *spare;

	if (strcmp(kind, "munmap") == 0) {
		must(munmap(page, PAGE) == 0, kind);
		must(mmap(page, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			     -1, 0) == page,
			kind);
	} else if (strcmp(kind, "mmap") == 0) {
		renew(area);
	} else if (strcmp(kind, "mremap") == 0) {
		spare = get_memory(PAGE);
		spare[0] = 1;
		must(mremap(spare, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			     page) == page,
			kind);
	} else if (strcmp(kind, "brk") == 0) {
		must(sbrk(0) == area + AREA && brk(page) == 0 &&
				brk(area + AREA) == 0,
			kind);
	} else {
		must(madvise(page, PAGE, MADV_DONTNEED) == 0, kind);
	}
}

/* mprotect() changes no bytes: after it the device may read and not write. */
static unsigned int
protect_once(struct pair *pair, uint8_t *page)
{
	unsigned int old = 0;

	expect("write", receive_into(pair, page, 1), 0);
	must(mprotect(page, PAGE, PROT_READ) == 0, "mprotect");
	if (atomic_load(&order) != BLIND)
		expect("invalidate",
			rte_iommufd_sva_invalidate(sva, page, PAGE), 0);
	old += receive_into(pair, page, 2) != SVANIC_ERROR_NO_PAGE;
	must(mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
	return old;
}

enum wait {
	NO_WAIT,
	FENCE,
	CHANGES, /* as a driver does */
	SETTLE,
};

static void
wait_for_service(enum wait wait)
{
	const uint32_t *fence = rte_iommufd_sva_fence(sva);
	static uint32_t seen;
	uint32_t changes = __atomic_load_n(
		rte_iommufd_sva_changes(sva), __ATOMIC_ACQUIRE);

	while (wait == FENCE && __atomic_load_n(fence, __ATOMIC_ACQUIRE) != 0)
		bare_pause();
	if (wait == CHANGES && changes != seen)
		wait = SETTLE;
	seen = changes;
	if (wait == SETTLE && rte_iommufd_sva_settle(sva) != 0)
		wrong++;
}

static unsigned int
change_once(struct pair *pair, const char *kind, uint8_t *area, uint32_t number,
	enum wait wait)
{
	uint8_t *page = area + 3 * PAGE;
	int ret;

	if (strcmp(kind, "mprotect") == 0)
		return protect_once(pair, page);
	change(kind, area);
	fill(page, number);
	wait_for_service(wait);
	ret = send_from(pair, page);
	if (ret != 0) {
		printf("WRONG: turn %u was not sent: %d\n", number, ret);
		wrong++;
		return 0;
	}
	ret = peer_gets(number);
	if (ret != 0 && ret != -EILSEQ) {
		printf("WRONG: turn %u: %s\n", number, strerror(-ret));
		exit(EXIT_FAILURE);
	}
	return ret == -EILSEQ;
}

/* The end of the heap, or memory of its own. */
static uint8_t *
get_area(const char *kind)
{
	uint8_t *end;

	if (strcmp(kind, "brk") != 0)
		return get_memory(AREA);
	end = (uint8_t *)(((uintptr_t)sbrk(0) + PAGE - 1) &
		~(uintptr_t)(PAGE - 1));
	must(brk(end + AREA) == 0, kind);
	return end;
}

static unsigned int
run_turns(const char *kind, unsigned int turns, uint8_t *area, enum wait wait)
{
	const bool starves = atomic_load(&is_starving);
	unsigned int old = 0;
	pthread_t thread;
	unsigned int i;

	if (starves) {
		use_cpu(true);
		must(pthread_create(
			     &thread, NULL, take_cpu_for_a_while, NULL) == 0,
			"thread");
	}
	for (i = 1; i <= turns; i++)
		old += change_once(&pairs[0], kind, area, i, wait);
	if (starves) {
		stop_starving();
		pthread_join(thread, NULL);
	}
	return old;
}

/*
 * The second pair uses a neighbour in the same area, so that the page is within reach without
 * having been used; in a race both use the same page.
 */
static unsigned int
change_beside_traffic(
	const char *kind, unsigned int turns, enum wait wait, enum order how)
{
	uint8_t *area = get_area(kind);
	unsigned int old;

	fill(area + 3 * PAGE, 0);
	expect("sent", send_from(&pairs[0], area + 3 * PAGE), 0);
	expect("got", peer_gets(0), 0);
	traffic.payload = area + (is_race(kind) ? 3 : 1) * PAGE;
	atomic_store(&is_starving, strcmp(kind, "starved") == 0);
	must(pthread_create(&traffic.thread, NULL, send_on_and_on, &pairs[1]) ==
			0,
		"thread");
	while (atomic_load(&traffic.frames) == 0)
		bare_pause(); /* a few turns can be over before it begins */
	atomic_store(&order, how);
	old = run_turns(kind, turns, area, wait);
	atomic_store(&traffic.end, true);
	pthread_join(traffic.thread, NULL);
	printf("%s: %u turns, %lu frames beside them, %lu of these refused; %u old\n",
		kind, turns, atomic_load(&traffic.frames),
		atomic_load(&traffic.refused), old);
	atomic_store(&order, AS_IT_IS);
	return old;
}

static enum wait
wait_of(const char *mode, const char *kind)
{
	if (strcmp(mode, "settle") == 0)
		return SETTLE;
	if (strcmp(mode, "change") == 0 &&
		(strcmp(kind, "dontneed") == 0 || is_race(kind)))
		return CHANGES;
	return strcmp(mode, "fenced") == 0 ? FENCE : NO_WAIT;
}

void
test_change(const char *mode, const char *kind, unsigned int turns)
{
	const enum order how = strcmp(mode, "blind") == 0 ? BLIND
		: strcmp(mode, "early") == 0		  ? EARLY
		: strcmp(mode, "rash") == 0		  ? RASH
							  : AS_IT_IS;
	unsigned int old;

	/* A busy machine may take seconds; done() has a limit of its own. */
	bare_write(&bare, SVANIC_PAGE_PATIENCE, 0);
	start_pair(&pairs[0], 0);
	start_pair(&pairs[1], 1);
	old = change_beside_traffic(kind, turns, wait_of(mode, kind), how);
	if (how != AS_IT_IS)
		expect("old bytes were seen", old > 0, 1);
	else
		expect("old bytes", old, 0);
	expect("other traffic went on", atomic_load(&traffic.frames) > 0, 1);
	expect("none of it was refused", atomic_load(&traffic.refused), 0);
	stop_pair(&pairs[0]);
	stop_pair(&pairs[1]);
}
