/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Pages to runs: when two pages become one run, and when they must not.
 *
 * Must not know: where pages come from.
 */

#include <errno.h>

#include "util/extents.h"
#include "rte_iommufd.h"
#include "unit.h"

#define PAGE 0x200000
#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

struct emitted {
	struct mapping runs[8];
	unsigned int count;
	int result; /* what the next calls get */
};

static struct emitted emitted;
static struct extents runs;

static int
collect(const struct mapping *run, void *argument)
{
	struct emitted *into = argument;

	assert_true(into->count < RTE_DIM(into->runs));
	into->runs[into->count++] = *run;
	return into->result;
}

static int
setup(void **state __rte_unused)
{
	emitted = (struct emitted){ .count = 0 };
	extents_start(&runs, collect, &emitted);
	return 0;
}

static struct mapping
anonymous_page(unsigned int number)
{
	return (struct mapping){
		.iova = 0x40000000 + (uint64_t)number * PAGE,
		.va = 0x7f0000000000 + (uint64_t)number * PAGE,
		.length = PAGE,
		.file = -1,
		.rights = RW,
	};
}

static struct mapping
file_page(unsigned int number)
{
	struct mapping page = anonymous_page(number);

	page.file = 3;
	page.offset = (uint64_t)number * PAGE;
	return page;
}

/* How many runs the two make; merging allowed. */
static unsigned int
runs_of_two(const struct mapping *first, const struct mapping *second)
{
	assert_int_equal(extents_add_page(&runs, first, true), 0);
	assert_int_equal(extents_add_page(&runs, second, true), 0);
	assert_int_equal(extents_finish(&runs), 0);
	return emitted.count;
}

static void
no_pages_make_no_run(void **state __rte_unused)
{
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(emitted.count, 0);
}

static void
one_page_is_one_run_given_out_once(void **state __rte_unused)
{
	const struct mapping page = file_page(7);

	assert_int_equal(extents_add_page(&runs, &page, true), 0);
	assert_int_equal(emitted.count, 0);
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(emitted.count, 1);
	assert_memory_equal(&emitted.runs[0], &page, sizeof(page));
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(emitted.count, 1);
}

static void
pages_in_a_row_become_one_run(void **state __rte_unused)
{
	struct mapping page;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		page = anonymous_page(i);
		assert_int_equal(extents_add_page(&runs, &page, true), 0);
	}
	assert_int_equal(emitted.count, 0);
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(emitted.count, 1);
	page = anonymous_page(0);
	assert_int_equal(emitted.runs[0].length, 5 * PAGE);
	assert_int_equal(emitted.runs[0].iova, page.iova);
	assert_int_equal(emitted.runs[0].va, page.va);
}

static void
pages_of_a_file_in_a_row_become_one_run(void **state __rte_unused)
{
	const struct mapping first = file_page(0);
	const struct mapping second = file_page(1);

	assert_int_equal(runs_of_two(&first, &second), 1);
	assert_int_equal(emitted.runs[0].length, 2 * PAGE);
	assert_int_equal(emitted.runs[0].offset, 0);
}

static void
pages_of_two_sizes_can_be_one_run(void **state __rte_unused)
{
	const struct mapping first = anonymous_page(0);
	struct mapping second = anonymous_page(1);

	second.length = 0x1000;
	assert_int_equal(runs_of_two(&first, &second), 1);
	assert_int_equal(emitted.runs[0].length, PAGE + 0x1000);
}

static void
a_step_in_va_ends_a_run(void **state __rte_unused)
{
	const struct mapping first = anonymous_page(0);
	struct mapping second = anonymous_page(1);

	second.va += PAGE;
	assert_int_equal(runs_of_two(&first, &second), 2);
	assert_memory_equal(&emitted.runs[0], &first, sizeof(first));
	assert_memory_equal(&emitted.runs[1], &second, sizeof(second));
}

static void
a_step_in_iova_ends_a_run(void **state __rte_unused)
{
	const struct mapping first = anonymous_page(0);
	struct mapping second = anonymous_page(1);

	second.iova += PAGE;
	assert_int_equal(runs_of_two(&first, &second), 2);
}

static void
descending_pages_are_not_merged(void **state __rte_unused)
{
	const struct mapping first = anonymous_page(1);
	const struct mapping second = anonymous_page(0);

	assert_int_equal(runs_of_two(&first, &second), 2);
}

static void
other_rights_end_a_run(void **state __rte_unused)
{
	const struct mapping first = anonymous_page(0);
	struct mapping second = anonymous_page(1);

	second.rights = RTE_IOMMUFD_MAP_READ;
	assert_int_equal(runs_of_two(&first, &second), 2);
}

static void
another_file_ends_a_run(void **state __rte_unused)
{
	const struct mapping first = file_page(0);
	struct mapping second = file_page(1);

	second.file = 4;
	assert_int_equal(runs_of_two(&first, &second), 2);
}

static void
a_file_and_none_are_two_runs(void **state __rte_unused)
{
	const struct mapping first = file_page(0);
	const struct mapping second = anonymous_page(1);

	assert_int_equal(runs_of_two(&first, &second), 2);
}

static void
a_step_in_the_file_ends_a_run(void **state __rte_unused)
{
	const struct mapping first = file_page(0);
	struct mapping second = file_page(1);

	second.offset += PAGE;
	assert_int_equal(runs_of_two(&first, &second), 2);
}

static void
without_a_file_the_offset_does_not_matter(void **state __rte_unused)
{
	const struct mapping first = anonymous_page(0);
	struct mapping second = anonymous_page(1);

	second.offset = 12 * PAGE;
	assert_int_equal(runs_of_two(&first, &second), 1);
}

static void
a_page_that_may_go_stays_alone(void **state __rte_unused)
{
	static const bool may_merge[] = { true, false, true, true, false,
		false };
	static const uint64_t lengths[] = { 1, 1, 2, 1, 1 };
	struct mapping page;
	unsigned int i;

	for (i = 0; i < RTE_DIM(may_merge); i++) {
		page = anonymous_page(i);
		assert_int_equal(
			extents_add_page(&runs, &page, may_merge[i]), 0);
	}
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(emitted.count, RTE_DIM(lengths));
	for (i = 0; i < RTE_DIM(lengths); i++)
		assert_int_equal(emitted.runs[i].length, lengths[i] * PAGE);
}

/* With the IOVA that many pages before a multiple of 1 GiB. */
static struct mapping
page_before_boundary(unsigned int before, unsigned int number)
{
	struct mapping page = file_page(number);

	page.iova = EXTENTS_END_AT * 3 + ((uint64_t)number - before) * PAGE;
	return page;
}

static void
a_run_ends_at_a_multiple_of_1_gib(void **state __rte_unused)
{
	struct mapping page;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		page = page_before_boundary(2, i);
		assert_int_equal(extents_add_page(&runs, &page, true), 0);
	}
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(emitted.count, 2);
	assert_int_equal(emitted.runs[0].length, 2 * PAGE);
	assert_int_equal(emitted.runs[1].iova, EXTENTS_END_AT * 3);
	assert_int_equal(emitted.runs[1].length, 3 * PAGE);
	assert_int_equal(emitted.runs[1].offset, 2 * PAGE);
	assert_int_equal(runs.ended_by_file, 0);
}

/* 1024 pages from one multiple to another and 3 more are three runs. */
static void
no_run_is_longer_than_1_gib(void **state __rte_unused)
{
	struct mapping page;
	unsigned int i;

	for (i = 0; i < 1027; i++) {
		page = page_before_boundary(0, i);
		assert_int_equal(extents_add_page(&runs, &page, true), 0);
	}
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(emitted.count, 3);
	assert_int_equal(emitted.runs[0].length, EXTENTS_END_AT);
	assert_int_equal(emitted.runs[1].length, EXTENTS_END_AT);
	assert_int_equal(emitted.runs[2].length, 3 * PAGE);
}

/* Where the IOVA is at a multiple: where the memory is does not matter. */
static void
a_multiple_of_1_gib_in_va_is_none(void **state __rte_unused)
{
	struct mapping first = anonymous_page(0);
	struct mapping second = anonymous_page(1);

	first.va = EXTENTS_END_AT * 5 - PAGE;
	first.iova = second.iova - PAGE;
	second.va = EXTENTS_END_AT * 5;
	assert_int_equal(runs_of_two(&first, &second), 1);
}

/* Those that --single-file-segments would have made longer, and no others. */
static void
what_ends_by_its_file_is_counted(void **state __rte_unused)
{
	struct mapping first = file_page(0);
	struct mapping second = file_page(1);

	second.file = 4;
	assert_int_equal(runs_of_two(&first, &second), 2);
	assert_int_equal(runs.ended_by_file, 1);
	first = file_page(2);
	first.file = 4;
	first.offset = 17 * PAGE;
	assert_int_equal(runs_of_two(&second, &first), 4);
	assert_int_equal(runs.ended_by_file, 2);
}

static void
what_ends_otherwise_is_not_counted(void **state)
{
	const struct mapping first = file_page(0);
	struct mapping seconds[4];
	size_t i;

	for (i = 0; i < RTE_DIM(seconds); i++) {
		seconds[i] = file_page(1);
		seconds[i].file = 4;
	}
	seconds[0].va += PAGE;
	seconds[1].iova += PAGE;
	seconds[2].rights = RTE_IOMMUFD_MAP_READ;
	for (i = 0; i < 3; i++) {
		setup(state);
		assert_int_equal(runs_of_two(&first, &seconds[i]), 2);
		assert_int_equal(runs.ended_by_file, 0);
	}
	setup(state);
	assert_int_equal(extents_add_page(&runs, &first, false), 0);
	assert_int_equal(extents_add_page(&runs, &seconds[3], true), 0);
	seconds[3] = file_page(2);
	assert_int_equal(extents_add_page(&runs, &seconds[3], false), 0);
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(runs.ended_by_file, 0);
	/* At a multiple of 1 GiB it had to end anyway. */
	setup(state);
	seconds[0] = page_before_boundary(1, 0);
	seconds[1] = page_before_boundary(1, 1);
	seconds[1].file = 4;
	assert_int_equal(runs_of_two(&seconds[0], &seconds[1]), 2);
	assert_int_equal(runs.ended_by_file, 0);
}

static void
an_error_of_emit_is_returned_and_the_run_is_gone(void **state __rte_unused)
{
	const struct mapping first = anonymous_page(0);
	const struct mapping apart = anonymous_page(8);

	emitted.result = -ENOMEM;
	assert_int_equal(extents_add_page(&runs, &first, true), 0);
	assert_int_equal(extents_add_page(&runs, &apart, true), -ENOMEM);
	assert_int_equal(emitted.count, 1);
	/* Neither the one that failed nor the page that was not taken. */
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(emitted.count, 1);
}

static void
an_error_of_the_last_run_is_returned(void **state __rte_unused)
{
	const struct mapping page = anonymous_page(0);

	emitted.result = -EFAULT;
	assert_int_equal(extents_add_page(&runs, &page, true), 0);
	assert_int_equal(extents_finish(&runs), -EFAULT);
	assert_int_equal(extents_finish(&runs), 0);
	assert_int_equal(emitted.count, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(no_pages_make_no_run),
		TEST(one_page_is_one_run_given_out_once),
		TEST(pages_in_a_row_become_one_run),
		TEST(pages_of_a_file_in_a_row_become_one_run),
		TEST(pages_of_two_sizes_can_be_one_run),
		TEST(a_step_in_va_ends_a_run),
		TEST(a_step_in_iova_ends_a_run),
		TEST(descending_pages_are_not_merged),
		TEST(other_rights_end_a_run),
		TEST(another_file_ends_a_run),
		TEST(a_file_and_none_are_two_runs),
		TEST(a_step_in_the_file_ends_a_run),
		TEST(without_a_file_the_offset_does_not_matter),
		TEST(a_page_that_may_go_stays_alone),
		TEST(a_run_ends_at_a_multiple_of_1_gib),
		TEST(no_run_is_longer_than_1_gib),
		TEST(a_multiple_of_1_gib_in_va_is_none),
		TEST(what_ends_by_its_file_is_counted),
		TEST(what_ends_otherwise_is_not_counted),
		TEST(an_error_of_emit_is_returned_and_the_run_is_gone),
		TEST(an_error_of_the_last_run_is_returned),
	};

	return RUN_TESTS("extents", tests);
}
