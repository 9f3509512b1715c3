/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A stand-in for userfault.c; see mock_userfault.h. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "kernel/kernel.h"
#include "mock_kernel.h"
#include "mock_userfault.h"
#include "rte_iommufd.h"
#include "unit.h"

#define MAX_MAPPINGS 64
#define MAX_CHANGES 256
#define MAX_NAMES 16
#define MAX_FOLLOWERS 16
#define DESCRIPTORS_DEFAULT 1024
#define PAGE 0x1000

struct place {
	struct vma mapping;
	int follower; /* the userfaultfd; 0: none */
	int refusal;  /* of whoever wants to follow it */
};

/* A change that was not read. */
struct report {
	int follower;
	struct memory_change change;
};

struct tally {
	const char *name;
	unsigned int count;
	int error; /* of all of them; 0: none */
};

static struct {
	struct place places[MAX_MAPPINGS];
	unsigned int place_count;
	struct report reports[MAX_CHANGES];
	unsigned int report_count;
	struct vma huge;
	struct vma populated;
	bool reports_are_late;
	bool threads_wait;
	uint64_t preemptions;
	int held_follower; /* whose thread has not continued; 0: none */
	unsigned int descriptor_limit;
	unsigned int chunks;
	unsigned int descriptors;
	struct tally tallies[MAX_NAMES];
	unsigned int calls;
	unsigned int failing_call;
	int failing_error;
	bool has_failed;
	const char *moment;
	void (*happen)(void);
	unsigned int happenings;
	uint64_t now;
} memory;

/* Recursive: what happens during a call calls the test's functions. */
static pthread_mutex_t lock;

static void
enter(void)
{
	pthread_mutex_lock(&lock);
}

static void
leave(void)
{
	pthread_mutex_unlock(&lock);
}

void
mock_memory_start(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	memset(&memory, 0, sizeof(memory));
	memory.descriptor_limit = DESCRIPTORS_DEFAULT;
}

void
mock_memory_finish(void)
{
	unsigned int i;

	assert_int_equal(memory.chunks, 0);
	for (i = 0; i < memory.place_count; i++)
		assert_int_equal(memory.places[i].follower, 0);
	assert_int_equal(memory.report_count, 0);
	pthread_mutex_destroy(&lock);
}

/* --- What the process does --- */

static void
add_place(const struct place *place)
{
	if (place->mapping.start >= place->mapping.end)
		return;
	if (memory.place_count == MAX_MAPPINGS)
		abort();
	memory.places[memory.place_count++] = *place;
}

static void
report(int follower, struct memory_change change)
{
	if (memory.report_count == MAX_CHANGES)
		abort();
	memory.reports[memory.report_count++] = (struct report){
		.follower = follower,
		.change = change,
	};
	eventfd_write(follower, 1);
}

/* Who followed it, each once. */
struct followers {
	int fds[MAX_FOLLOWERS];
	unsigned int count;
};

static void
add_follower(struct followers *followers, int fd)
{
	unsigned int i;

	for (i = 0; i < followers->count; i++)
		if (followers->fds[i] == fd)
			return;
	if (fd == 0)
		return;
	if (followers->count == MAX_FOLLOWERS)
		abort();
	followers->fds[followers->count++] = fd;
}

/* What is left of it on both sides stays. */
static struct followers
cut(uint64_t start, uint64_t end)
{
	struct followers followers = { .count = 0 };
	struct place place, rest;
	unsigned int i = 0;

	while (i < memory.place_count) {
		place = memory.places[i];
		if (place.mapping.end <= start || place.mapping.start >= end) {
			i++;
			continue;
		}
		memory.places[i] = memory.places[--memory.place_count];
		add_follower(&followers, place.follower);
		rest = place;
		rest.mapping.end = start;
		add_place(&rest);
		rest = place;
		rest.mapping.start = end;
		add_place(&rest);
		i = 0;
	}
	return followers;
}

void
mock_memory_unmap(uint64_t start, uint64_t end)
{
	struct followers followers;
	unsigned int i;

	enter();
	followers = cut(start, end);
	for (i = 0; i < followers.count; i++)
		report(followers.fds[i],
			(struct memory_change){ .kind = MEMORY_UNMAPPED,
				.start = start,
				.end = end });
	leave();
}

void
mock_memory_unmap_silently(uint64_t start, uint64_t end)
{
	enter();
	cut(start, end);
	leave();
}

void
mock_memory_map_as(const struct vma *mapping)
{
	const struct place place = { .mapping = *mapping };

	enter();
	mock_memory_unmap(mapping->start, mapping->end);
	add_place(&place);
	leave();
}

void
mock_memory_map(uint64_t start, uint64_t end, uint32_t rights)
{
	const struct vma mapping = {
		.start = start,
		.end = end,
		.page_size = PAGE,
		.rights = rights,
	};

	mock_memory_map_as(&mapping);
}

static struct place *
find(uint64_t address)
{
	unsigned int i;

	for (i = 0; i < memory.place_count; i++)
		if (memory.places[i].mapping.start <= address &&
			memory.places[i].mapping.end > address)
			return &memory.places[i];
	return NULL;
}

void
mock_memory_remove(uint64_t start, uint64_t end)
{
	enter();
	if (find(start) != NULL && find(start)->follower != 0)
		report(find(start)->follower,
			(struct memory_change){ .kind = MEMORY_REMOVED,
				.start = start,
				.end = end });
	leave();
}

void
mock_memory_move(uint64_t from, uint64_t to, uint64_t length)
{
	struct place place;

	enter();
	place = *find(from);
	mock_memory_unmap(to, to + length);
	cut(from, from + length);
	place.mapping.start = to;
	place.mapping.end = to + length;
	add_place(&place);
	if (place.follower != 0)
		report(place.follower,
			(struct memory_change){ .kind = MEMORY_MOVED,
				.start = from,
				.end = from + length,
				.destination = to });
	leave();
}

void
mock_memory_grow(uint64_t start, uint64_t end)
{
	enter();
	find(start)->mapping.end = end;
	leave();
}

void
mock_memory_follow_by_another(uint64_t start, int fd)
{
	enter();
	find(start)->follower = fd;
	leave();
}

void
mock_memory_protect(uint64_t start, uint64_t end, uint32_t rights)
{
	struct place place;

	enter();
	place = *find(start);
	cut(start, end);
	place.mapping.start = start;
	place.mapping.end = end;
	place.mapping.rights = rights;
	add_place(&place);
	leave();
}

void
mock_memory_make_huge(uint64_t start, uint64_t end)
{
	memory.huge.start = start;
	memory.huge.end = end;
}

void
mock_memory_refuse_following(uint64_t start, int error)
{
	find(start)->refusal = error;
}

/* --- What a test wants to know, and to go wrong --- */

void
mock_memory_during_each(
	const char *call, void (*happen)(void), unsigned int times)
{
	memory.moment = call;
	memory.happen = happen;
	memory.happenings = times;
}

void
mock_memory_during(const char *call, void (*happen)(void))
{
	mock_memory_during_each(call, happen, 1);
}

/* The first place in the interval that is not followed, or NULL. */
static struct place *
find_unfollowed(uint64_t start, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < memory.place_count; i++)
		if (memory.places[i].mapping.start < end &&
			memory.places[i].mapping.end > start &&
			memory.places[i].follower == 0)
			return &memory.places[i];
	return NULL;
}

struct vma
mock_memory_populated(void)
{
	return memory.populated;
}

void
mock_memory_delay_reports(bool late)
{
	memory.reports_are_late = late;
}

void
mock_memory_let_threads_wait(bool wait)
{
	memory.threads_wait = wait;
}

void
mock_memory_preempt(void)
{
	enter();
	memory.preemptions++;
	leave();
}

void
mock_memory_set_descriptor_limit(unsigned int limit)
{
	memory.descriptor_limit = limit;
}

void
mock_memory_hold_thread(int follower)
{
	memory.held_follower = follower;
}

int
mock_memory_follower(uint64_t address)
{
	return find(address)->follower;
}

bool
mock_memory_is_followed(uint64_t start, uint64_t end)
{
	return find_unfollowed(start, end) == NULL;
}

unsigned int
mock_memory_unread(void)
{
	return memory.report_count;
}

static struct tally *
tally_of(const char *call)
{
	struct tally *tally = memory.tallies;

	while (tally->name != NULL && strcmp(tally->name, call) != 0)
		tally++;
	tally->name = call;
	return tally;
}

unsigned int
mock_memory_calls(const char *call)
{
	unsigned int count;

	enter();
	count = call[0] == '\0' ? memory.calls : tally_of(call)->count;
	leave();
	return count;
}

void
mock_memory_fail_call(unsigned int number, int error)
{
	memory.failing_call = number;
	memory.failing_error = error;
}

bool
mock_memory_call_has_failed(void)
{
	return memory.has_failed;
}

void
mock_memory_fail_all(const char *call, int error)
{
	enter();
	tally_of(call)->error = error;
	leave();
}

void
mock_memory_set_time(uint64_t milliseconds)
{
	memory.now = milliseconds;
}

/* --- userfault.h --- */

/* What it shall fail with, or 0. */
static int
count_call(const char *call)
{
	struct tally *tally = tally_of(call);

	tally->count++;
	if (++memory.calls == memory.failing_call) {
		memory.has_failed = true;
		return memory.failing_error;
	}
	return tally->error;
}

static void
let_happen(const char *call)
{
	if (memory.happenings == 0 || strcmp(memory.moment, call) != 0)
		return;
	memory.happenings--;
	memory.happen();
}

static int
open_real(const char *call)
{
	int ret;

	enter();
	ret = count_call(call);
	leave();
	return ret != 0 ? ret : mock_open_real(call);
}

int
userfault_open(void)
{
	return open_real("follow_open");
}

void
userfault_close(int fd)
{
	kernel_close(fd);
}

/* Another one has some of it. */
static bool
is_taken(int fd, uint64_t start, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < memory.place_count; i++)
		if (memory.places[i].mapping.start < end &&
			memory.places[i].mapping.end > start &&
			memory.places[i].follower != 0 &&
			memory.places[i].follower != fd)
			return true;
	return false;
}

int
userfault_register(int fd, uint64_t start, uint64_t end)
{
	struct place *place;
	int ret;

	enter();
	ret = count_call("register");
	place = find(start);
	if (ret == 0 && place == NULL)
		ret = -EINVAL;
	if (ret == 0 && place->refusal != 0)
		ret = place->refusal;
	if (ret == 0 && is_taken(fd, start, end))
		ret = -EBUSY;
	while (ret == 0 && (place = find_unfollowed(start, end)) != NULL)
		place->follower = fd;
	let_happen("register");
	leave();
	return ret;
}

int
userfault_unregister(int fd __rte_unused, uint64_t start, uint64_t end)
{
	unsigned int i;

	enter();
	count_call("unregister");
	for (i = 0; i < memory.place_count; i++)
		if (memory.places[i].mapping.start < end &&
			memory.places[i].mapping.end > start)
			memory.places[i].follower = 0;
	leave();
	return 0;
}

static unsigned int
reports_of(int fd)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < memory.report_count; i++)
		count += memory.reports[i].follower == fd;
	return count;
}

int
userfault_pending(int fd)
{
	int ret;

	enter();
	let_happen("pending");
	ret = reports_of(fd) > 0 || memory.threads_wait ||
			memory.held_follower == fd
		? -EAGAIN
		: 0;
	leave();
	return ret;
}

static void
take_report(unsigned int i)
{
	memory.report_count--;
	memmove(&memory.reports[i], &memory.reports[i + 1],
		(memory.report_count - i) * sizeof(memory.reports[0]));
}

int
userfault_read(int fd, struct memory_change *changes, unsigned int capacity)
{
	eventfd_t pending;
	unsigned int i = 0;
	int ret;

	enter();
	/* What can be seen before a report is read. */
	let_happen("before read");
	ret = count_call("read");
	while (ret >= 0 && i < memory.report_count && ret < (int)capacity) {
		if (memory.reports[i].follower != fd) {
			i++;
			continue;
		}
		changes[ret++] = memory.reports[i].change;
		take_report(i);
	}
	if (ret >= 0 && reports_of(fd) == 0)
		eventfd_read(fd, &pending);
	let_happen("read");
	leave();
	return ret;
}

unsigned int
userfault_descriptor_limit(void)
{
	return memory.descriptor_limit;
}

int
userfault_set_open(void)
{
	int fd = open_real("set_open");
	int set;

	if (fd < 0)
		return fd;
	/* The kernel's stand-in counts the descriptor, which becomes a set. */
	set = epoll_create1(EPOLL_CLOEXEC);
	assert_int_equal(dup3(set, fd, O_CLOEXEC), fd);
	close(set);
	return fd;
}

int
userfault_set_add(int set, int fd, unsigned int number)
{
	struct epoll_event event = { .events = EPOLLIN,
		.data.u64 = (uint64_t)fd << 32 | number };
	int ret;

	enter();
	ret = count_call("set_add");
	leave();
	if (ret == 0)
		assert_int_equal(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
	return ret;
}

int
userfault_set_ready(int set, unsigned int *numbers, unsigned int capacity)
{
	struct epoll_event events[MAX_FOLLOWERS];
	eventfd_t any;
	int count, i, fd;
	int ready = 0;

	enter();
	count = count_call("ready");
	if (count != 0 || memory.reports_are_late) {
		leave();
		return count;
	}
	count = epoll_wait(set, events, RTE_MIN(capacity, RTE_DIM(events)), 0);
	for (i = 0; i < count; i++) {
		fd = events[i].data.u64 >> 32;
		if (reports_of(fd) > 0)
			numbers[ready++] = events[i].data.u64 & UINT32_MAX;
		else /* mock_ask_pages() wakes all */
			eventfd_read(fd, &any);
	}
	leave();
	return ready;
}

int
userfault_open_proc(const char *path __rte_unused)
{
	return open_real("open_to_read");
}

int
userfault_query_vma(int fd __rte_unused, uint64_t address, bool or_next,
	struct vma *mapping)
{
	const struct place *best;
	unsigned int i;
	int ret;

	enter();
	ret = count_call("query");
	best = find(address);
	for (i = 0; or_next && best == NULL && i < memory.place_count; i++)
		if (memory.places[i].mapping.start > address)
			best = &memory.places[i];
	for (i = 0; or_next && i < memory.place_count; i++)
		if (memory.places[i].mapping.start > address &&
			memory.places[i].mapping.start < best->mapping.start)
			best = &memory.places[i];
	if (ret == 0 && best == NULL)
		ret = -ENOENT;
	if (ret == 0)
		*mapping = best->mapping;
	let_happen("query");
	leave();
	return ret;
}

int
userfault_is_huge(int fd __rte_unused, uint64_t start, uint64_t end, bool *huge)
{
	int ret;

	enter();
	ret = count_call("huge");
	*huge = start == memory.huge.start && end == memory.huge.end;
	leave();
	return ret;
}

int
userfault_is_registered(int fd __rte_unused, uint64_t start, uint64_t end)
{
	int ret;

	enter();
	ret = count_call("scan");
	if (ret == 0 && find_unfollowed(start, end) != NULL)
		ret = -EPERM;
	let_happen("scan");
	leave();
	return ret;
}

void
userfault_populate(uint64_t start, uint64_t end, bool write)
{
	enter();
	count_call("populate");
	memory.populated = (struct vma){
		.start = start,
		.end = end,
		.rights = write ? RTE_IOMMUFD_MAP_WRITE : RTE_IOMMUFD_MAP_READ,
	};
	leave();
	/* It takes long: without the lock. */
	let_happen("populate");
}

void *
userfault_memory_alloc(size_t size)
{
	void *taken = NULL;

	enter();
	if (count_call("take") == 0)
		taken = calloc(1, size);
	memory.chunks += taken != NULL;
	leave();
	return taken;
}

void
userfault_memory_free(void *taken, size_t size __rte_unused)
{
	enter();
	free(taken);
	memory.chunks--;
	leave();
}

uint64_t
userfault_preemptions(void)
{
	uint64_t count;

	enter();
	count = memory.preemptions;
	leave();
	return count;
}

void
userfault_pass_prepare(void)
{
}

void
userfault_pass_threads(void *page, size_t size)
{
	assert_non_null(page);
	assert_int_equal(size, PAGE);
	enter();
	count_call("pass");
	leave();
	let_happen("pass");
}

int
userfault_wake_open(void)
{
	return open_real("wake_open");
}

void
userfault_wake(int fd)
{
	eventfd_write(fd, 1);
}

void
userfault_wake_clear(int fd)
{
	eventfd_t count;

	eventfd_read(fd, &count);
}

int
userfault_wait(const int *fds, unsigned int count, int milliseconds)
{
	struct pollfd polled[4];
	int ready = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		polled[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	poll(polled, count, milliseconds);
	let_happen("wait");
	while (count-- > 0)
		if (polled[count].revents != 0)
			ready |= 1 << count;
	return ready;
}

uint64_t
userfault_now(void)
{
	uint64_t now;

	enter();
	now = memory.now;
	leave();
	return now;
}
