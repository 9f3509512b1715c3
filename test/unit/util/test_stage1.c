/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A stage-1 page table, against a walker that is written from the specification (DDI 0487, D8.2 and
 * D8.3) and knows nothing of the code under test: what is mapped is translated with its rights,
 * what is not mapped is a fault, at every step.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "util/stage1.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define TABLES 64
#define TABLES_IOVA UINT64_C(0x123456000)
#define RW (STAGE1_READ | STAGE1_WRITE)

static struct stage1 table;
static _Alignas(4096) char memory[TABLES * 4096];

static int
setup(void **state __rte_unused)
{
	memset(memory, 0xee, sizeof(memory));
	stage1_init(&table, memory, TABLES_IOVA, TABLES);
	return 0;
}

/* --- the walker ---------------------------------------------------------------------- */

struct translation {
	bool fault;
	uint64_t output;
	bool writable;
	unsigned int level;
};

/* The descriptor at an address of the IOAS, which is one of the table's own memory. */
static uint64_t
fetch(uint64_t iova)
{
	uint64_t descriptor;

	assert_true(iova >= TABLES_IOVA &&
		iova + 8 <= TABLES_IOVA + sizeof(memory) && iova % 8 == 0);
	memcpy(&descriptor, memory + (iova - TABLES_IOVA), 8);
	return descriptor;
}

static struct translation
walk(uint64_t input)
{
	static const struct translation fault = { .fault = true };
	uint64_t base = TABLES_IOVA, descriptor, low;
	unsigned int level, shift;

	for (level = 0; level <= 3; level++) {
		shift = 39 - 9 * level;
		descriptor = fetch(base + ((input >> shift) & 0x1ff) * 8);
		if ((descriptor & 1) == 0)
			return fault;
		if ((descriptor & 2) == 0 || level == 3)
			break;
		base = descriptor & UINT64_C(0x0000fffffffff000);
	}
	/* A block at level 0 and bits 1:0 = 01 at level 3 are reserved. */
	assert_true(level != 0 && (level != 3 || (descriptor & 2) != 0));
	low = (UINT64_C(1) << shift) - 1;
	/* The address's low bits are RES0 in a block. */
	assert_int_equal(descriptor & low & UINT64_C(0x0000fffffffff000), 0);
	assert_int_equal(descriptor >> 2 & 7, 0); /* AttrIndx */
	assert_int_equal(descriptor >> 6 & 1, 1); /* AP[1]: unprivileged, too */
	assert_int_equal(descriptor >> 8 & 3, 3); /* inner shareable */
	assert_int_equal(descriptor >> 10 & 1, 1); /* AF */
	assert_int_equal(descriptor >> 11 & 1, 1); /* nG */
	assert_int_equal(descriptor >> 53, 3);	   /* XN, and nothing above */
	return (struct translation){
		.output = (descriptor & UINT64_C(0x0000fffffffff000) & ~low) |
			(input & low),
		.writable = (descriptor >> 7 & 1) == 0,
		.level = level,
	};
}

static void
assert_walk(uint64_t input, uint64_t output, bool writable, unsigned int level)
{
	const struct translation found = walk(input);

	assert_false(found.fault);
	assert_int_equal(found.output, output);
	assert_int_equal(found.writable, writable);
	assert_int_equal(found.level, level);
}

/* --- the tests ----------------------------------------------------------------------- */

static void
nothing_is_mapped_at_first(void **state __rte_unused)
{
	assert_true(walk(0).fault);
	assert_true(walk(UINT64_C(0xfffffffff000)).fault);
	assert_int_equal(stage1_unmap(&table, 0, 4 * KIB), -ENOENT);
	assert_int_equal(stage1_root_iova(&table), TABLES_IOVA);
}

static void
each_size_has_its_level(void **state __rte_unused)
{
	assert_int_equal(stage1_map(&table, 0x1000, 0x7000, 4 * KIB, RW), 0);
	assert_int_equal(
		stage1_map(&table, 4 * MIB, 6 * MIB, 2 * MIB, STAGE1_READ), 0);
	assert_int_equal(stage1_map(&table, 5 * GIB, 9 * GIB, GIB, RW), 0);
	assert_walk(0x1abc, 0x7abc, true, 3);
	assert_true(walk(0x2000).fault);
	assert_true(walk(0xfff).fault);
	assert_walk(4 * MIB + 0x12345, 6 * MIB + 0x12345, false, 2);
	assert_walk(6 * GIB - 1, 10 * GIB - 1, true, 1);
	assert_true(walk(6 * GIB).fault);
}

static void
an_interval_takes_the_largest_blocks(void **state __rte_unused)
{
	const uint64_t input = GIB - 2 * MIB - 4 * KIB;
	const uint64_t length = 4 * KIB + 2 * MIB + GIB + 2 * MIB + 4 * KIB;

	assert_int_equal(
		stage1_map(&table, input, input + 8 * GIB, length, RW), 0);
	assert_walk(input, input + 8 * GIB, true, 3);
	assert_walk(input + 4 * KIB, input + 4 * KIB + 8 * GIB, true, 2);
	assert_walk(GIB, 9 * GIB, true, 1);
	assert_walk(2 * GIB, 10 * GIB, true, 2);
	assert_walk(2 * GIB + 2 * MIB, 10 * GIB + 2 * MIB, true, 3);
	assert_true(walk(input + length).fault);
	assert_int_equal(stage1_unmap(&table, input, length), 0);
	assert_true(walk(input).fault);
	assert_true(walk(GIB).fault);
	assert_true(walk(2 * GIB + 2 * MIB).fault);
}

static void
outputs_that_are_not_aligned_take_smaller_entries(void **state __rte_unused)
{
	assert_int_equal(
		stage1_map(&table, 2 * MIB, 2 * MIB + 4 * KIB, 2 * MIB, RW), 0);
	assert_walk(4 * MIB - 1, 4 * MIB + 4 * KIB - 1, true, 3);
}

/* There are no blocks at level 0. */
static void
half_a_terabyte_takes_blocks_of_a_gibibyte(void **state __rte_unused)
{
	assert_int_equal(stage1_map(&table, 0, 0, 512 * GIB, RW), 0);
	assert_int_equal(table.used, 2);
	assert_walk(511 * GIB, 511 * GIB, true, 1);
	assert_int_equal(stage1_unmap(&table, 0, 512 * GIB), 0);
	assert_true(walk(511 * GIB).fault);
}

/* A table stays where one was: a block would need its invalidation. */
static void
where_pages_were_there_are_pages(void **state __rte_unused)
{
	uint32_t used;

	assert_int_equal(stage1_map(&table, 0, 0, 4 * KIB, RW), 0);
	assert_int_equal(stage1_unmap(&table, 0, 4 * KIB), 0);
	used = table.used;
	assert_int_equal(stage1_map(&table, 0, 0, 2 * MIB, RW), 0);
	assert_walk(MIB, MIB, true, 3);
	assert_int_equal(table.used, used);
}

static void
what_is_wrong_is_refused(void **state __rte_unused)
{
	assert_int_equal(stage1_map(&table, 0, 0, 0, RW), -EINVAL);
	assert_int_equal(stage1_map(&table, 1, 0, 4 * KIB, RW), -EINVAL);
	assert_int_equal(stage1_map(&table, 0, 1, 4 * KIB, RW), -EINVAL);
	assert_int_equal(stage1_map(&table, 0, 0, 4 * KIB, 0), -EINVAL);
	assert_int_equal(
		stage1_map(&table, 0, 0, 4 * KIB, STAGE1_WRITE), -EINVAL);
	assert_int_equal(
		stage1_map(&table, UINT64_C(1) << 48, 0, 4 * KIB, RW), -EINVAL);
	assert_int_equal(stage1_map(&table, (UINT64_C(1) << 48) - 4 * KIB, 0,
				 8 * KIB, RW),
		-EINVAL);
	assert_int_equal(stage1_map(&table, 0, 0, 2 * MIB, RW), 0);
	assert_int_equal(stage1_map(&table, MIB, 0, 4 * KIB, RW), -EEXIST);
	assert_int_equal(stage1_unmap(&table, MIB, 4 * KIB), -EINVAL);
	assert_int_equal(stage1_unmap(&table, 0, 2 * MIB + 4 * KIB), -ENOENT);
	assert_walk(MIB, MIB, true, 2);
}

static void
without_memory_for_tables_nothing_is_mapped(void **state __rte_unused)
{
	stage1_init(&table, memory, TABLES_IOVA, 4);
	/* The second 2 MiB need a table more than there is. */
	assert_int_equal(stage1_map(&table, 2 * MIB - 8 * KIB, 0, 12 * KIB, RW),
		-ENOMEM);
	assert_true(walk(2 * MIB - 8 * KIB).fault);
	assert_int_equal(
		stage1_map(&table, 2 * MIB - 8 * KIB, 0, 8 * KIB, RW), 0);
	assert_walk(2 * MIB - 1, 8 * KIB - 1, true, 3);
}

/* The model: for each of these pages, where it leads. */
#define PAGES 2048
#define START (GIB - PAGES / 2 * 4 * KIB)

static uint64_t model[PAGES]; /* 0: nowhere */

static bool
is_free(unsigned int page, unsigned int count)
{
	for (; count > 0; page++, count--)
		if (model[page] != 0)
			return false;
	return true;
}

static void
compare(void)
{
	struct translation found;
	unsigned int page;

	for (page = 0; page < PAGES; page++) {
		found = walk(START + page * 4 * KIB);
		assert_int_equal(found.fault, model[page] == 0);
		if (!found.fault)
			assert_int_equal(found.output, model[page]);
	}
}

static void
map_random(unsigned int page, unsigned int count)
{
	const uint64_t output = (1 + random() % 4096) * 2 * MIB +
		random() % 2 * START % (2 * MIB) + page % 512 * 4 * KIB;
	const bool free = is_free(page, count);
	unsigned int i;

	assert_int_equal(stage1_map(&table, START + page * 4 * KIB, output,
				 count * 4 * KIB, RW),
		free ? 0 : -EEXIST);
	for (i = 0; free && i < count; i++)
		model[page + i] = output + i * 4 * KIB;
}

static void
unmap_random(unsigned int page, unsigned int count)
{
	unsigned int i;

	if (stage1_unmap(&table, START + page * 4 * KIB, count * 4 * KIB) != 0)
		return;
	for (i = 0; i < count; i++) {
		assert_int_not_equal(model[page + i], 0);
		model[page + i] = 0;
	}
}

static void
in_random_rounds_the_walker_sees_what_is_mapped(void **state __rte_unused)
{
	unsigned int round, page, count;

	srandom(1);
	memset(model, 0, sizeof(model));
	for (round = 0; round < 4000; round++) {
		count = 1 + random() % (random() % 8 == 0 ? 1024 : 8);
		page = random() % (PAGES - count + 1);
		if (random() % 2 == 0)
			map_random(page, count);
		else
			unmap_random(page, count);
		if (round % 16 == 0)
			compare();
	}
	compare();
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(nothing_is_mapped_at_first),
		TEST(each_size_has_its_level),
		TEST(an_interval_takes_the_largest_blocks),
		TEST(outputs_that_are_not_aligned_take_smaller_entries),
		TEST(half_a_terabyte_takes_blocks_of_a_gibibyte),
		TEST(where_pages_were_there_are_pages),
		TEST(what_is_wrong_is_refused),
		TEST(without_memory_for_tables_nothing_is_mapped),
		TEST(in_random_rounds_the_walker_sees_what_is_mapped),
	};

	return RUN_TESTS("stage1", tests);
}
