/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Which areas devices can reach: against a plain array that does the same, for
 * thousands of random steps; and what an array would not show.
 */

#include <stdlib.h>
#include <string.h>

#include "util/area_lru.h"
#include "unit.h"

#define PAGE UINT64_C(0x1000)
#define PAGES 256
#define STEPS 20000

static struct area_lru residency;
static unsigned int chunks;
static bool no_memory;

static void *
take(size_t size)
{
	if (no_memory)
		return NULL;
	chunks++;
	return calloc(1, size);
}

static void
give(void *chunk, size_t size __rte_unused)
{
	chunks--;
	free(chunk);
}

static int
setup(void **state __rte_unused)
{
	no_memory = false;
	area_lru_init(&residency, take, give);
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	area_lru_end(&residency);
	assert_int_equal(chunks, 0);
	return 0;
}

static struct area *
add(uint64_t start, uint64_t end, uint64_t round)
{
	struct area *area = area_lru_new(&residency);

	assert_non_null(area);
	area->start = start;
	area->end = end;
	area->round = round;
	area_lru_add(&residency, area);
	return area;
}

/* --- the model: for each page the first page of its area, or -1 --- */

static int owner[PAGES];
static unsigned int areas;
static uint64_t bytes;

static void
model_add(int first, int count)
{
	int i;

	for (i = first; i < first + count; i++)
		owner[i] = first;
	areas++;
	bytes += count * PAGE;
	add(first * PAGE, (first + count) * PAGE, 0);
}

static void
model_remove(int page)
{
	struct area *area = area_lru_find(&residency, page * PAGE + 5);
	int first = owner[page];
	int i;

	assert_non_null(area);
	assert_int_equal(area->start, first * PAGE);
	for (i = first; i < PAGES && owner[i] == first; i++) {
		owner[i] = -1;
		bytes -= PAGE;
	}
	assert_int_equal(area->end, i * PAGE);
	areas--;
	area_lru_remove(&residency, area);
}

static void
compare_at(int page)
{
	const uint64_t address = page * PAGE + rand() % PAGE;
	const struct area *found = area_lru_find(&residency, address);
	const struct area *next = area_lru_next(&residency, address);
	uint64_t start, end;
	int below = page, above = page;

	while (above < PAGES && owner[above] < 0)
		above++;
	while (below >= 0 && owner[below] < 0)
		below--;
	if (owner[page] >= 0) {
		assert_ptr_equal(found, next);
		assert_int_equal(found->start, owner[page] * PAGE);
		return;
	}
	assert_null(found);
	area_lru_gap(&residency, address, &start, &end);
	assert_int_equal(start, (below + 1) * PAGE);
	if (above == PAGES) {
		assert_null(next);
		assert_true(end == UINT64_MAX);
	} else {
		assert_int_equal(next->start, above * PAGE);
		assert_int_equal(end, above * PAGE);
	}
}

static void
random_step(void)
{
	int page = rand() % PAGES;
	int count = 1;

	if (owner[page] >= 0) {
		model_remove(page);
		return;
	}
	while (count < 8 && page + count < PAGES && owner[page + count] < 0)
		count++;
	model_add(page, 1 + rand() % count);
}

static void
it_is_as_a_plain_array_would_be(void **state __rte_unused)
{
	int i;

	srand(1);
	memset(owner, -1, sizeof(owner));
	areas = 0;
	bytes = 0;
	for (i = 0; i < STEPS; i++) {
		random_step();
		compare_at(rand() % PAGES);
		assert_int_equal(residency.count, areas);
		assert_int_equal(residency.bytes, bytes);
	}
	assert_true(residency.peak >= residency.bytes);
}

/* In ascending order, which makes a list of a tree that does not balance itself. */
static void
it_stays_shallow(void **state __rte_unused)
{
	const struct area *area;
	unsigned int depth = 0;
	uint64_t i;

	for (i = 0; i < 100000; i++)
		add(i * PAGE, (i + 1) * PAGE, 0);
	for (area = residency.root; area != NULL; area = area->right)
		depth++;
	assert_true(depth >= 1 && depth <= 60);
}

static void
what_is_kept_is_never_the_oldest(void **state __rte_unused)
{
	struct area *a = add(1 * PAGE, 2 * PAGE, 1);
	struct area *b = add(2 * PAGE, 3 * PAGE, 2);

	area_lru_keep(&residency, a, true);
	assert_ptr_equal(area_lru_oldest(&residency, 4), b);
	area_lru_touch(&residency, a, 3);
	area_lru_remove(&residency, b);
	assert_null(area_lru_oldest(&residency, 4));
	area_lru_keep(&residency, a, false);
	assert_ptr_equal(area_lru_oldest(&residency, 4), a);
	/* Though another one was requested in this round meanwhile. */
	area_lru_keep(&residency, a, true);
	b = add(3 * PAGE, 4 * PAGE, 4);
	area_lru_keep(&residency, a, false);
	assert_ptr_equal(area_lru_oldest(&residency, 4), a);
	area_lru_remove(&residency, b);
	area_lru_keep(&residency, a, true);
	area_lru_remove(&residency, a);
	assert_int_equal(residency.count, 0);
}

static void
the_one_asked_for_longest_ago_goes_first(void **state __rte_unused)
{
	struct area *a = add(1 * PAGE, 2 * PAGE, 1);
	struct area *b = add(2 * PAGE, 3 * PAGE, 2);
	struct area *c = add(3 * PAGE, 4 * PAGE, 3);

	assert_ptr_equal(area_lru_oldest(&residency, 4), a);
	area_lru_touch(&residency, a, 4);
	assert_ptr_equal(area_lru_oldest(&residency, 4), b);
	area_lru_remove(&residency, b);
	assert_ptr_equal(area_lru_oldest(&residency, 4), c);
	area_lru_remove(&residency, c);
	/* What is asked for now does not make room for itself. */
	assert_null(area_lru_oldest(&residency, 4));
	assert_ptr_equal(area_lru_oldest(&residency, 5), a);
}

static void
without_memory_there_is_no_area(void **state __rte_unused)
{
	struct area *area = area_lru_new(&residency);

	area_lru_drop(&residency, area);
	no_memory = true;
	while ((area = area_lru_new(&residency)) != NULL)
		;
	no_memory = false;
	assert_non_null(area_lru_new(&residency));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_is_as_a_plain_array_would_be),
		TEST(it_stays_shallow),
		TEST(what_is_kept_is_never_the_oldest),
		TEST(the_one_asked_for_longest_ago_goes_first),
		TEST(without_memory_there_is_no_area),
	};

	return RUN_TESTS("area_lru", tests);
}
