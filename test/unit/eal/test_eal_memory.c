/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * EAL's memory mirrored into a space, with a small stand-in for EAL: a few lists of
 * pages, and events that the tests send. EAL's own functions want hugepages for
 * that; what works without is in test_memory_eal.c.
 *
 * Must not know: how spaces map.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "core/address_space.h"
#include "fake_sysfs.h"
#include "logs.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE 0x200000
#define LISTS 4
#define PAGES 6 /* of each list but the last */
#define MANY \
	300 /* of the last, which has no length unless a test gives it one */
#define LAST (LISTS - 1)

/* --- The stand-in for EAL --- */

struct fake_list {
	struct rte_memseg_list list;
	unsigned int count; /* of the pages */
	struct rte_memseg pages[MANY];
	bool used[MANY];
	int files[MANY]; /* -1: none */
	size_t offsets[MANY];
};

static struct {
	struct fake_list lists[LISTS];
	int register_error; /* what rte_errno gets; 0: registering works */
	rte_mem_event_callback_t callback; /* NULL: none is registered */
	void *argument;
	char name[RTE_MEM_EVENT_CALLBACK_NAME_LEN];
	unsigned int registered; /* how often */
	int locked;
	enum rte_iova_mode iova_mode;
} eal;

enum rte_iova_mode
rte_eal_iova_mode(void)
{
	return eal.iova_mode;
}

int
rte_mem_event_callback_register(
	const char *name, rte_mem_event_callback_t callback, void *argument)
{
	eal.registered++;
	if (eal.register_error != 0) {
		rte_errno = eal.register_error;
		return -1;
	}
	assert_null(eal.callback);
	snprintf(eal.name, sizeof(eal.name), "%s", name);
	eal.callback = callback;
	eal.argument = argument;
	return 0;
}

int
rte_mem_event_callback_unregister(const char *name, void *argument)
{
	if (eal.register_error != 0) {
		rte_errno = eal.register_error;
		return -1;
	}
	assert_non_null(eal.callback);
	assert_string_equal(name, eal.name);
	assert_ptr_equal(argument, eal.argument);
	eal.callback = NULL;
	return 0;
}

void
rte_mcfg_mem_read_lock(void)
{
	assert_int_equal(eal.locked++, 0);
}

void
rte_mcfg_mem_read_unlock(void)
{
	assert_int_equal(eal.locked--, 1);
}

int
rte_memseg_walk_thread_unsafe(rte_memseg_walk_t visit, void *argument)
{
	struct fake_list *list;
	unsigned int i;
	int ret;

	assert_int_equal(eal.locked, 1);
	for (list = eal.lists; list < eal.lists + LISTS; list++) {
		for (i = 0; i < list->count; i++) {
			if (!list->used[i])
				continue;
			ret = visit(&list->list, &list->pages[i], argument);
			if (ret != 0)
				return ret;
		}
	}
	return 0;
}

int
rte_memseg_list_walk_thread_unsafe(rte_memseg_list_walk_t visit, void *argument)
{
	struct fake_list *list;
	int ret;

	assert_int_equal(eal.locked, 1);
	for (list = eal.lists; list < eal.lists + LISTS; list++) {
		ret = visit(&list->list, argument);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static struct fake_list *
find_list(const void *address)
{
	const uint64_t va = (uintptr_t)address;
	struct fake_list *list;

	for (list = eal.lists; list < eal.lists + LISTS; list++)
		if (va >= list->list.addr_64 &&
			va < list->list.addr_64 + (uint64_t)list->count * PAGE)
			return list;
	return NULL;
}

struct rte_memseg_list *
rte_mem_virt2memseg_list(const void *address)
{
	struct fake_list *list = find_list(address);

	return list == NULL ? NULL : &list->list;
}

struct rte_memseg *
rte_mem_virt2memseg(
	const void *address, const struct rte_memseg_list *list __rte_unused)
{
	struct fake_list *found = find_list(address);

	assert_ptr_equal(list, &found->list);
	return &found->pages[((uintptr_t)address - found->list.addr_64) / PAGE];
}

static unsigned int
number_of(const struct rte_memseg *page)
{
	return page - find_list(page->addr)->pages;
}

int
rte_memseg_get_fd_thread_unsafe(const struct rte_memseg *page)
{
	const int file = find_list(page->addr)->files[number_of(page)];

	if (file < 0)
		rte_errno = ENODEV;
	return file;
}

int
rte_memseg_get_fd_offset_thread_unsafe(
	const struct rte_memseg *page, size_t *offset)
{
	*offset = find_list(page->addr)->offsets[number_of(page)];
	return 0;
}

/* --- What the tests do with it --- */

static uint64_t
va_of(unsigned int list, unsigned int page)
{
	return 0x100000000 + (uint64_t)(list * PAGES + page) * PAGE;
}

/* IOVA as VA, unless a test changes it. No page is in use. */
static void
start_eal(void)
{
	struct fake_list *list;
	unsigned int i, j;

	memset(&eal, 0, sizeof(eal));
	eal.iova_mode = RTE_IOVA_VA;
	for (i = 0; i < LISTS; i++) {
		list = &eal.lists[i];
		list->list.addr_64 = va_of(i, 0);
		list->list.page_sz = PAGE;
		list->list.len = i == LAST ? 0 : PAGES * PAGE;
		list->list.heap = 1;
		list->count = i == LAST ? MANY : PAGES;
		for (j = 0; j < list->count; j++) {
			list->pages[j].addr_64 = va_of(i, j);
			list->pages[j].iova = va_of(i, j);
			list->pages[j].len = PAGE;
			list->pages[j].hugepage_sz = PAGE;
			list->files[j] = -1;
		}
	}
}

static void
use_pages(unsigned int list, unsigned int first, unsigned int count,
	uint32_t flags)
{
	unsigned int i;

	for (i = first; i < first + count; i++) {
		eal.lists[list].used[i] = true;
		eal.lists[list].pages[i].flags = flags;
	}
}

/* As EAL does it: a page is in use before the event, or until after it. */
static void
allocate(unsigned int list, unsigned int first, unsigned int count)
{
	use_pages(list, first, count, 0);
	assert_non_null(eal.callback);
	eal.callback(RTE_MEM_EVENT_ALLOC, (void *)(uintptr_t)va_of(list, first),
		count * PAGE, eal.argument);
}

static void
release(unsigned int list, unsigned int first, unsigned int count)
{
	unsigned int i;

	assert_non_null(eal.callback);
	eal.callback(RTE_MEM_EVENT_FREE, (void *)(uintptr_t)va_of(list, first),
		count * PAGE, eal.argument);
	for (i = first; i < first + count; i++)
		eal.lists[list].used[i] = false;
}

static struct rte_iommufd_context *context;
static struct rte_iommufd_space *space;

static int
start_with(const char *settings)
{
	logs_start();
	start_eal();
	assert_int_equal(rte_iommufd_context_create(settings, &context), 0);
	return rte_iommufd_space_create(context, &space);
}

static int
setup(void **state)
{
	mock_start_permissive(state);
	return start_with("backend=iommufd");
}

static int
setup_by_address(void **state)
{
	mock_start_permissive(state);
	return start_with("backend=iommufd,map=va");
}

static int
setup_type1(void **state)
{
	mock_start_permissive(state);
	return start_with("backend=type1");
}

static int
teardown(void **state)
{
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(rte_iommufd_context_destroy(context), 0);
	assert_null(eal.callback);
	assert_int_equal(eal.locked, 0);
	return mock_finish(state);
}

static int
follow(void)
{
	return rte_iommufd_space_follow_memory(space);
}

static void
assert_last_map(unsigned int list, unsigned int page, unsigned int pages)
{
	char text[128];

	snprintf(text, sizeof(text), "va=%#lx iova=%#lx length=%#x rights=rw",
		(unsigned long)va_of(list, page),
		(unsigned long)va_of(list, page), pages * PAGE);
	assert_contains(mock_last_call("ioas_map "), text);
}

/* Each page, and nothing else, in the kernel and in the record. */
static void
assert_mapped(unsigned int areas, unsigned int pages)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	rte_iommufd_space_stats(space, &stats);
	assert_int_equal(stats.areas, areas);
	assert_int_equal(stats.bytes, (uint64_t)pages * PAGE);
	assert_int_equal(mock_mappings(), areas);
	assert_int_equal(mock_mapped_bytes(), (uint64_t)pages * PAGE);
}

static void
no_memory_is_followed_too(void **state __rte_unused)
{
	assert_int_equal(follow(), 0);
	assert_mapped(0, 0);
	assert_non_null(eal.callback);
	assert_no_error();
}

static void
pages_that_stay_are_one_run(void **state __rte_unused)
{
	use_pages(0, 1, 4, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(follow(), 0);
	assert_mapped(1, 4);
	assert_last_map(0, 1, 4);
	assert_no_error();
}

static void
pages_that_may_go_are_alone(void **state __rte_unused)
{
	use_pages(0, 0, 2, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	use_pages(0, 2, 3, 0);
	assert_int_equal(follow(), 0);
	assert_mapped(4, 5);
	assert_last_map(0, 4, 1);
}

static void
neighbouring_lists_are_one_run(void **state __rte_unused)
{
	use_pages(0, 0, PAGES, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	use_pages(1, 0, PAGES, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(follow(), 0);
	assert_mapped(1, 2 * PAGES);
	assert_last_map(0, 0, 2 * PAGES);
}

static void
a_gap_ends_a_run(void **state __rte_unused)
{
	use_pages(0, 0, 2, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	use_pages(0, 3, 2, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(follow(), 0);
	assert_mapped(2, 4);
}

/* --no-huge and --legacy-mem: there are no events, and nothing is ever freed. */
static void
without_events_all_pages_stay(void **state __rte_unused)
{
	eal.register_error = ENOTSUP;
	use_pages(0, 0, 5, 0);
	assert_int_equal(follow(), 0);
	assert_mapped(1, 5);
	assert_no_error();
	assert_int_equal(follow(), 0);
	assert_int_equal(eal.registered, 1);
}

static void
external_heaps_are_one_run(void **state __rte_unused)
{
	eal.lists[1].list.external = 1;
	use_pages(1, 0, 4, 0);
	assert_int_equal(follow(), 0);
	assert_mapped(1, 4);
}

static void
registered_external_memory_is_not_ours(void **state __rte_unused)
{
	eal.lists[1].list.external = 1;
	eal.lists[1].list.heap = 0;
	use_pages(1, 0, 4, 0);
	assert_int_equal(follow(), 0);
	assert_mapped(0, 0);
	assert_no_error();
}

static void
pages_without_iova_are_left_out(void **state __rte_unused)
{
	use_pages(0, 0, 3, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	eal.lists[0].pages[1].iova = RTE_BAD_IOVA;
	assert_int_equal(follow(), 0);
	assert_mapped(2, 2);
	assert_no_error();
}

static void
give_files(unsigned int list, int first_file, bool one_file)
{
	unsigned int i;

	for (i = 0; i < eal.lists[list].count; i++) {
		eal.lists[list].files[i] = first_file + (one_file ? 0 : i);
		eal.lists[list].offsets[i] = one_file ? i * PAGE : 0;
	}
}

static void
one_file_is_one_run(void **state __rte_unused)
{
	give_files(0, 50, true);
	use_pages(0, 1, 3, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(follow(), 0);
	assert_mapped(1, 3);
	assert_contains(mock_last_call("ioas_map_file"),
		"file=50 offset=0x200000 iova=0x100200000 length=0x600000 rights=rw");
	assert_int_equal(mock_calls("ioas_map "), 0);
}

static void
a_file_for_each_page_is_a_run_for_each(void **state __rte_unused)
{
	give_files(0, 50, false);
	use_pages(0, 0, 3, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(follow(), 0);
	assert_mapped(3, 3);
	assert_contains(mock_last_call("ioas_map_file"), "file=52 offset=0 ");
}

static void
by_address_files_do_not_matter(void **state __rte_unused)
{
	give_files(0, 50, false);
	use_pages(0, 0, 3, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(follow(), 0);
	assert_mapped(1, 3);
	assert_last_map(0, 0, 3);
}

static void
containers_get_addresses_when_a_device_comes(void **state __rte_unused)
{
	struct rte_iommufd_space_stats stats = { .size = sizeof(stats) };

	give_files(0, 50, false);
	use_pages(0, 0, 3, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(follow(), 0);
	rte_iommufd_space_stats(space, &stats);
	assert_int_equal(stats.areas, 1);
	assert_int_equal(mock_calls("type1_map"), 0);
}

static void
following_twice_is_following_once(void **state __rte_unused)
{
	use_pages(0, 0, 2, 0);
	assert_int_equal(follow(), 0);
	assert_int_equal(follow(), 0);
	assert_int_equal(eal.registered, 1);
	assert_mapped(2, 2);
	assert_no_error();
}

static void
memory_that_comes_is_mapped_page_by_page(void **state __rte_unused)
{
	assert_int_equal(follow(), 0);
	allocate(0, 1, 3);
	assert_mapped(3, 3);
	release(0, 2, 1);
	assert_mapped(2, 2);
	release(0, 3, 1);
	release(0, 1, 1);
	assert_mapped(0, 0);
	assert_no_error();
}

static void
memory_that_goes_together_is_one_call(void **state __rte_unused)
{
	assert_int_equal(follow(), 0);
	allocate(0, 0, 4);
	release(0, 0, 4);
	assert_mapped(0, 0);
	assert_int_equal(mock_calls("ioas_unmap"), 1);
	assert_no_error();
}

/* rte_malloc_heap_memory_add() sends the event first and sets .heap after it. */
static void
a_new_heap_is_announced_before_it_is_called_one(void **state __rte_unused)
{
	eal.lists[1].list.external = 1;
	eal.lists[1].list.heap = 0;
	assert_int_equal(follow(), 0);
	allocate(1, 0, 4);
	assert_mapped(1, 4);
	eal.lists[1].list.heap = 1;
	release(1, 0, 4);
	assert_mapped(0, 0);
	assert_no_error();
}

static void
an_external_heap_comes_and_goes_as_one(void **state __rte_unused)
{
	assert_int_equal(follow(), 0);
	eal.lists[2].list.external = 1;
	allocate(2, 0, PAGES);
	assert_mapped(1, PAGES);
	release(2, 0, PAGES);
	assert_mapped(0, 0);
	assert_no_error();
}

static void
an_address_that_eal_does_not_know_is_skipped(void **state __rte_unused)
{
	assert_int_equal(follow(), 0);
	eal.callback(RTE_MEM_EVENT_ALLOC, (void *)0x1000, PAGE, eal.argument);
	eal.callback(RTE_MEM_EVENT_FREE, (void *)0x1000, PAGE, eal.argument);
	assert_mapped(0, 0);
	assert_no_error();
}

static void
what_could_not_be_mapped_is_not_unmapped(void **state __rte_unused)
{
	assert_int_equal(follow(), 0);
	allocate(0, 0, 1);
	mock_answer("ioas_map", -ENOMEM);
	allocate(0, 1, 1);
	assert_one_error("cannot pin");
	mock_answer("ioas_map", 0);
	allocate(0, 2, 1);
	assert_mapped(2, 2);
	release(0, 0, 3);
	assert_mapped(0, 0);
	assert_no_error();
}

/* EAL cannot be told: the next device that is opened has it, or is refused. */
static void
what_an_event_could_not_map_is_mapped_at_the_next_try(void **state __rte_unused)
{
	use_pages(1, 0, 2, 0);
	assert_int_equal(follow(), 0);
	mock_answer("ioas_map", -ENOMEM);
	allocate(0, 0, 2);
	assert_one_error("cannot pin");
	assert_int_equal(follow(), -ENOMEM);
	assert_one_error("cannot pin");
	assert_mapped(2, 2);
	assert_non_null(eal.callback);
	mock_answer("ioas_map", 0);
	allocate(0, 4, 1);
	assert_mapped(3, 3);
	assert_int_equal(follow(), 0);
	assert_mapped(5, 5);
	assert_int_equal(follow(), 0);
	assert_mapped(5, 5);
	release(0, 0, 2);
	release(0, 4, 1);
	assert_mapped(2, 2);
	assert_no_error();
}

static void
what_eal_has_given_up_is_missing_no_more(void **state __rte_unused)
{
	assert_int_equal(follow(), 0);
	mock_answer("ioas_map", -ENOMEM);
	allocate(0, 0, 1);
	assert_one_error("cannot pin");
	release(0, 0, 1);
	assert_int_equal(follow(), 0);
	assert_mapped(0, 0);
	assert_no_error();
}

static void
one_failed_page_is_one_error(void **state __rte_unused)
{
	assert_int_equal(follow(), 0);
	mock_answer("ioas_map", -ENOMEM);
	allocate(0, 0, 4);
	assert_one_error("cannot pin");
}

/* Else it stays pinned, and in the way of what EAL puts there next. */
static void
a_refused_unmap_does_not_keep_the_rest(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		eal.lists[0].pages[i].iova = 0x40000000 + 2 * i * PAGE;
	assert_int_equal(follow(), 0);
	allocate(0, 0, 3);
	assert_mapped(3, 3);
	mock_answer("ioas_unmap ioas=1 iova=0x40400000", -EBUSY);
	release(0, 0, 3);
	assert_true(logs_errors() >= 1);
	assert_contains(logs_text(), "0x40400000-0x405fffff");
	assert_mapped(1, 1);
}

static void
a_failed_map_leaves_nothing_behind(void **state __rte_unused)
{
	use_pages(0, 0, 3, 0);
	use_pages(1, 0, 3, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	mock_answer("ioas_map ioas=1 va=0x100c00000", -ENOMEM);
	assert_int_equal(follow(), -ENOMEM);
	assert_one_error("cannot pin");
	assert_mapped(0, 0);
	assert_null(eal.callback);
	assert_int_equal(eal.locked, 0);
	/* Another try is a whole one. */
	mock_answer("ioas_map", 0);
	assert_int_equal(follow(), 0);
	assert_mapped(4, 6);
	assert_non_null(eal.callback);
	assert_no_error();
}

static void
a_failed_map_without_events_leaves_nothing_behind(void **state __rte_unused)
{
	eal.register_error = ENOTSUP;
	use_pages(0, 0, 3, 0);
	use_pages(1, 0, 3, 0);
	mock_answer("ioas_map ioas=1 va=0x100c00000", -EFAULT);
	assert_int_equal(follow(), -EFAULT);
	assert_one_error("0x100c00000");
	assert_mapped(0, 0);
}

/* What the program mapped before is the program's, and stays. */
/* The program's mapping of other memory is in the way of the second page. */
static void
a_failed_map_leaves_what_was_there_before(void **state __rte_unused)
{
	use_pages(0, 0, 3, 0);
	assert_int_equal(
		rte_iommufd_space_map(space, (void *)(uintptr_t)va_of(0, 2),
			va_of(0, 1), PAGE, RW),
		0);
	assert_int_equal(follow(), -EEXIST);
	assert_one_error("already");
	assert_mapped(1, 1);
	assert_int_equal(rte_iommufd_space_unmap(space, va_of(0, 1), PAGE), 0);
}

/* The same memory at the same address is no conflict, and remains the program's. */
static void
what_the_program_has_mapped_is_left_to_it(void **state __rte_unused)
{
	use_pages(0, 0, 1, 0);
	assert_int_equal(
		rte_iommufd_space_map(space, (void *)(uintptr_t)va_of(0, 0),
			va_of(0, 0), 2 * PAGE, RW),
		0);
	assert_int_equal(follow(), 0);
	allocate(0, 1, 1);
	assert_mapped(1, 2);
	release(0, 0, 2);
	assert_mapped(1, 2);
	assert_no_error();
	assert_int_equal(
		rte_iommufd_space_unmap(space, va_of(0, 0), 2 * PAGE), 0);
}

/* A program maps memory by rte_dev_dma_map(), and EAL gets it thereafter. */
static void
what_both_have_stays_until_both_have_left(void **state __rte_unused)
{
	void *va = (void *)(uintptr_t)va_of(0, 0);

	use_pages(0, 0, 1, 0);
	assert_int_equal(rte_iommufd_space_map_counted(
				 space, va, va_of(0, 0), 2 * PAGE, RW),
		0);
	assert_int_equal(follow(), 0);
	allocate(0, 1, 1);
	assert_mapped(1, 2);
	/* EAL leaves first. */
	release(0, 0, 2);
	assert_mapped(1, 2);
	assert_int_equal(rte_iommufd_space_unmap_counted(
				 space, va, va_of(0, 0), 2 * PAGE),
		0);
	assert_mapped(0, 0);
	/* The program leaves first. */
	assert_int_equal(rte_iommufd_space_map_counted(
				 space, va, va_of(0, 0), 2 * PAGE, RW),
		0);
	allocate(0, 0, 2);
	assert_int_equal(rte_iommufd_space_unmap_counted(
				 space, va, va_of(0, 0), 2 * PAGE),
		0);
	assert_mapped(1, 2);
	release(0, 0, 2);
	assert_mapped(0, 0);
	assert_no_error();
}

/* The program's mapping is of several pages, which EAL gets and frees one by one. */
static void
pages_of_one_mapping_come_and_go_one_by_one(void **state __rte_unused)
{
	void *va = (void *)(uintptr_t)va_of(0, 0);

	assert_int_equal(rte_iommufd_space_map_counted(
				 space, va, va_of(0, 0), 3 * PAGE, RW),
		0);
	assert_int_equal(follow(), 0);
	allocate(0, 0, 1);
	allocate(0, 1, 1);
	release(0, 0, 1);
	/* EAL has the second page still. */
	assert_int_equal(rte_iommufd_space_unmap_counted(
				 space, va, va_of(0, 0), 3 * PAGE),
		0);
	assert_mapped(1, 3);
	/* What EAL gets in it meanwhile needs no call. */
	allocate(0, 2, 1);
	assert_mapped(1, 3);
	release(0, 1, 1);
	assert_mapped(1, 3);
	release(0, 2, 1);
	assert_mapped(0, 0);
	assert_no_error();
}

/* A program maps in pieces that are smaller than EAL's pages. */
static void
a_page_in_pieces_stays_until_both_have_left(void **state __rte_unused)
{
	const uint64_t half = PAGE / 2;
	void *first = (void *)(uintptr_t)va_of(0, 0);
	void *second = (void *)(uintptr_t)(va_of(0, 0) + half);
	unsigned int round;

	for (round = 0; round < 3; round++) {
		assert_int_equal(rte_iommufd_space_map_counted(
					 space, first, va_of(0, 0), half, RW),
			0);
		assert_int_equal(rte_iommufd_space_map_counted(space, second,
					 va_of(0, 0) + half, half, RW),
			0);
		assert_int_equal(follow(), 0);
		allocate(0, 0, 1);
		assert_mapped(2, 1);
		/* Which of them the program unmaps while EAL has them. */
		if (round == 1)
			assert_int_equal(rte_iommufd_space_unmap_counted(space,
						 first, va_of(0, 0), half),
				0);
		if (round == 2)
			assert_int_equal(
				rte_iommufd_space_unmap_counted(space, second,
					va_of(0, 0) + half, half),
				0);
		assert_mapped(2, 1);
		release(0, 0, 1);
		if (round != 1)
			assert_int_equal(rte_iommufd_space_unmap_counted(space,
						 first, va_of(0, 0), half),
				0);
		if (round != 2)
			assert_int_equal(
				rte_iommufd_space_unmap_counted(space, second,
					va_of(0, 0) + half, half),
				0);
		assert_mapped(0, 0);
	}
	assert_no_error();
}

/* rte_eal_cleanup() makes pages freeable that were to stay, and frees some. */
static void
part_of_a_run_stays_to_the_end(void **state __rte_unused)
{
	use_pages(0, 0, 4, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(follow(), 0);
	assert_mapped(1, 4);
	release(0, 1, 2);
	assert_mapped(1, 4);
	assert_int_equal(mock_calls("ioas_unmap"), 0);
	assert_no_error();
}

/* Runs need not end where a file does when files do not matter. */
static void
without_the_call_files_do_not_cut_runs(void **state __rte_unused)
{
	mock_has_map_file = false;
	give_files(0, 10, false);
	use_pages(0, 0, 4, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(follow(), 0);
	mock_has_map_file = true;
	assert_mapped(1, 4);
	assert_int_equal(mock_calls("ioas_map_file"), 0);
	assert_no_error();
}

static void
without_a_callback_nothing_is_mapped(void **state __rte_unused)
{
	eal.register_error = ENOMEM;
	use_pages(0, 0, 3, 0);
	assert_int_equal(follow(), -ENOMEM);
	assert_one_error("Cannot allocate memory");
	assert_mapped(0, 0);
}

/* The space's end is the end of the callback (teardown() looks). */
static void
the_callback_ends_with_the_space(void **state __rte_unused)
{
	struct rte_iommufd_space *other;

	assert_int_equal(rte_iommufd_space_create(context, &other), 0);
	assert_int_equal(rte_iommufd_space_follow_memory(other), 0);
	assert_non_null(eal.callback);
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
	assert_null(eal.callback);
	assert_int_equal(follow(), 0);
}

/* An external heap goes as one, so it must not share an area with a neighbour. */
static void
external_heaps_do_not_merge_with_neighbours(void **state __rte_unused)
{
	use_pages(0, 0, PAGES, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	use_pages(1, 0, PAGES, 0);
	use_pages(2, 0, PAGES, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	eal.lists[1].list.external = 1;
	assert_int_equal(follow(), 0);
	assert_mapped(3, 3 * PAGES);
	release(1, 0, PAGES);
	assert_mapped(2, 2 * PAGES);
	assert_no_error();
}

static void
two_external_heaps_are_two_runs(void **state __rte_unused)
{
	use_pages(0, 0, PAGES, 0);
	use_pages(1, 0, PAGES, 0);
	eal.lists[0].list.external = 1;
	eal.lists[1].list.external = 1;
	assert_int_equal(follow(), 0);
	assert_mapped(2, 2 * PAGES);
	release(0, 0, PAGES);
	assert_mapped(1, PAGES);
	assert_no_error();
}

/* Those that share an area, and those that are alone. */
static void
whichever_map_fails_nothing_is_mapped_or_followed(void **state)
{
	unsigned int number;

	for (number = 1; number <= 5; number++) {
		use_pages(0, 0, 3, 0);
		use_pages(1, 0, PAGES, RTE_MEMSEG_FLAG_DO_NOT_FREE);
		use_pages(2, 1, 1, RTE_MEMSEG_FLAG_DO_NOT_FREE);
		mock_fail_call(mock_calls("") + number, -EFAULT);
		assert_int_equal(follow(), -EFAULT);
		assert_contains(mock_failed_call(), "ioas_map ");
		assert_one_error("cannot map");
		assert_mapped(0, 0);
		assert_null(eal.callback);
		assert_int_equal(mock_calls("ioas_allow"), 0);
		assert_int_equal(teardown(state), 0);
		setup(state);
	}
}

static void
know_ranges(const struct rte_iommufd_range *ranges, uint32_t count)
{
	mock_set_ranges(ranges, count);
	address_space_read_ranges(space);
}

static const struct rte_iommufd_range whole[] = { { 0, UINT64_MAX } };

static void
windows_of_eal_are_kept_usable(void **state __rte_unused)
{
	know_ranges(whole, 1);
	eal.lists[1].list.external = 1;
	assert_int_equal(follow(), 0);
	assert_int_equal(mock_calls("ioas_allow"), 1);
	assert_string_equal(mock_last_call("ioas_allow"),
		"ioas_allow ioas=1 ranges=0x100000000-0x100bfffff,0x101800000-0x1023fffff");
	assert_no_error();
}

/* Cut in two, cut at its end, and out of reach. */
static void
windows_are_clipped_to_what_can_be_reached(void **state __rte_unused)
{
	static const struct rte_iommufd_range ranges[] = {
		{ 0, 0x1003fffff },
		{ 0x100800000, 0x100dfffff },
	};

	know_ranges(ranges, 2);
	assert_int_equal(follow(), 0);
	assert_string_equal(mock_last_call("ioas_allow"),
		"ioas_allow ioas=1 ranges=0x100000000-0x1003fffff,0x100800000-0x100dfffff");
	assert_no_error();
}

static void
windows_matter_where_addresses_are_va_and_memory_comes(void **state)
{
	static const struct rte_iommufd_range low[] = { { 0, 0xffffffff } };

	know_ranges(whole, 1);
	eal.iova_mode = RTE_IOVA_PA;
	assert_int_equal(follow(), 0);
	assert_int_equal(mock_calls("ioas_allow"), 0);
	assert_int_equal(teardown(state), 0);
	/* No memory events. */
	setup(state);
	know_ranges(whole, 1);
	eal.register_error = ENOTSUP;
	assert_int_equal(follow(), 0);
	assert_int_equal(mock_calls("ioas_allow"), 0);
	assert_int_equal(teardown(state), 0);
	/* Not known what can be reached, or none of it can. */
	setup(state);
	assert_int_equal(follow(), 0);
	assert_int_equal(mock_calls("ioas_allow"), 0);
	assert_int_equal(teardown(state), 0);
	setup(state);
	know_ranges(low, 1);
	assert_int_equal(follow(), 0);
	assert_int_equal(mock_calls("ioas_allow"), 0);
	assert_no_error();
}

static void
windows_that_the_kernel_does_not_keep_are_a_warning(void **state __rte_unused)
{
	know_ranges(whole, 1);
	use_pages(0, 0, 1, 0);
	mock_answer("ioas_allow", -EADDRINUSE);
	assert_int_equal(follow(), 0);
	assert_contains(logs_text(), "does not keep EAL's addresses usable");
	assert_contains(logs_text(), "Address already in use");
	assert_no_error();
	assert_mapped(1, 1);
}

/* They have nothing like it, which is no news. */
static void
containers_keep_no_windows(void **state __rte_unused)
{
	const struct fake_device fake = { "0000:01:00.0", "vfio-pci", NULL,
		NULL, "7", NULL };
	struct rte_iommufd_device *device;

	fake_sysfs_make();
	assert_int_equal(rte_iommufd_device_open(
				 context, fake_sysfs_add(&fake), NULL, &device),
		0);
	mock_set_ranges(whole, 1);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	use_pages(0, 0, 1, 0);
	assert_int_equal(follow(), 0);
	assert_null(strstr(logs_text(), "usable"));
	assert_no_error();
	rte_iommufd_device_close(device);
	fake_sysfs_remove();
}

static void
a_space_that_mirrors_does_not_follow(void **state __rte_unused)
{
	struct rte_iommufd_space *mirror;

	use_pages(0, 0, 2, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(rte_iommufd_space_create(context, &mirror), 0);
	assert_int_equal(rte_iommufd_space_mirror(mirror, space), 0);
	assert_int_equal(rte_iommufd_space_follow_memory(mirror), -EINVAL);
	assert_one_error("mirrors another");
	assert_null(eal.callback);
	assert_int_equal(eal.registered, 0);
	assert_int_equal(eal.locked, 0);
	assert_mapped(0, 0);
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
}

static void
a_space_that_follows_does_not_mirror(void **state __rte_unused)
{
	struct rte_iommufd_space *other;

	assert_int_equal(rte_iommufd_space_create(context, &other), 0);
	assert_int_equal(follow(), 0);
	assert_int_equal(rte_iommufd_space_mirror(space, other), -EINVAL);
	assert_one_error("does not follow memory itself");
	assert_int_equal(rte_iommufd_space_destroy(other), 0);
}

/* What ioas=per-device is made of. */
static void
mirrors_get_eal_s_memory_as_it_comes_and_goes(void **state __rte_unused)
{
	struct rte_iommufd_space *mirror;

	use_pages(0, 0, 2, RTE_MEMSEG_FLAG_DO_NOT_FREE);
	assert_int_equal(rte_iommufd_space_create(context, &mirror), 0);
	assert_int_equal(rte_iommufd_space_mirror(mirror, space), 0);
	assert_int_equal(follow(), 0);
	assert_int_equal(mock_mappings(), 2);
	allocate(1, 0, 3);
	assert_int_equal(mock_mappings(), 8);
	assert_int_equal(mock_mapped_bytes(), 2 * 5 * PAGE);
	release(1, 1, 2);
	assert_int_equal(mock_mappings(), 4);
	/* What one of them cannot have none has, and it is said once. */
	mock_answer("ioas_copy", -ENOMEM);
	allocate(1, 1, 1);
	assert_one_error("cannot pin");
	assert_int_equal(mock_mappings(), 4);
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
	assert_mapped(2, 3);
	assert_no_error();
}

/* A file for each of so many pages, or one for all. */
static void
follow_files(void **state, unsigned int pages, bool one_file, uint32_t flags)
{
	teardown(state);
	setup(state);
	give_files(LAST, 10, one_file);
	use_pages(LAST, 0, pages, flags);
	assert_int_equal(follow(), 0);
	assert_no_error();
}

/* The one test for it, since it is said once in a process. */
static void
the_hint_at_files_comes_once_and_where_it_pays(void **state)
{
	static const char hint[] = "--single-file-segments";
	const uint32_t stays = RTE_MEMSEG_FLAG_DO_NOT_FREE;

	follow_files(state, 256, false, stays);
	assert_null(strstr(logs_text(), hint));
	follow_files(state, MANY, true, stays);
	assert_null(strstr(logs_text(), hint));
	follow_files(state, MANY, false, 0);
	assert_null(strstr(logs_text(), hint));
	follow_files(state, 257, false, stays);
	assert_contains(logs_text(),
		"257 calls mapped EAL's memory, since each hugepage has a file of its own: with --single-file-segments it takes 1,");
	follow_files(state, MANY, false, stays);
	assert_null(strstr(logs_text(), hint));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(no_memory_is_followed_too),
		TEST(pages_that_stay_are_one_run),
		TEST(pages_that_may_go_are_alone),
		TEST(neighbouring_lists_are_one_run),
		TEST(a_gap_ends_a_run),
		TEST(without_events_all_pages_stay),
		TEST(external_heaps_are_one_run),
		TEST(registered_external_memory_is_not_ours),
		TEST(pages_without_iova_are_left_out),
		TEST(one_file_is_one_run),
		TEST(a_file_for_each_page_is_a_run_for_each),
		cmocka_unit_test_setup_teardown(by_address_files_do_not_matter,
			setup_by_address, teardown),
		cmocka_unit_test_setup_teardown(
			containers_get_addresses_when_a_device_comes,
			setup_type1, teardown),
		TEST(following_twice_is_following_once),
		TEST(memory_that_comes_is_mapped_page_by_page),
		TEST(memory_that_goes_together_is_one_call),
		TEST(an_external_heap_comes_and_goes_as_one),
		TEST(a_new_heap_is_announced_before_it_is_called_one),
		TEST(an_address_that_eal_does_not_know_is_skipped),
		TEST(what_could_not_be_mapped_is_not_unmapped),
		TEST(what_an_event_could_not_map_is_mapped_at_the_next_try),
		TEST(what_eal_has_given_up_is_missing_no_more),
		TEST(one_failed_page_is_one_error),
		TEST(a_refused_unmap_does_not_keep_the_rest),
		TEST(a_failed_map_leaves_nothing_behind),
		TEST(a_failed_map_without_events_leaves_nothing_behind),
		TEST(a_failed_map_leaves_what_was_there_before),
		TEST(what_the_program_has_mapped_is_left_to_it),
		TEST(what_both_have_stays_until_both_have_left),
		TEST(pages_of_one_mapping_come_and_go_one_by_one),
		TEST(a_page_in_pieces_stays_until_both_have_left),
		TEST(part_of_a_run_stays_to_the_end),
		TEST(without_the_call_files_do_not_cut_runs),
		TEST(without_a_callback_nothing_is_mapped),
		TEST(the_callback_ends_with_the_space),
		TEST(external_heaps_do_not_merge_with_neighbours),
		TEST(two_external_heaps_are_two_runs),
		TEST(whichever_map_fails_nothing_is_mapped_or_followed),
		TEST(windows_of_eal_are_kept_usable),
		TEST(windows_are_clipped_to_what_can_be_reached),
		TEST(windows_matter_where_addresses_are_va_and_memory_comes),
		TEST(windows_that_the_kernel_does_not_keep_are_a_warning),
		cmocka_unit_test_setup_teardown(
			containers_keep_no_windows, setup_type1, teardown),
		TEST(a_space_that_mirrors_does_not_follow),
		TEST(a_space_that_follows_does_not_mirror),
		TEST(mirrors_get_eal_s_memory_as_it_comes_and_goes),
		TEST(the_hint_at_files_comes_once_and_where_it_pays),
	};

	return RUN_TESTS("eal_memory", tests);
}
