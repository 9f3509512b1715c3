/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A stage-1 page table of Arm's; see stage1.h. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "util/stage1.h"

#define ENTRIES 512
#define LAST_LEVEL 3

/* DDI 0487, D8.3.1: VMSAv8-64 translation table descriptor formats */
#define VALID (UINT64_C(1) << 0)
#define TABLE_OR_PAGE (UINT64_C(1) << 1)
#define ADDRESS_MASK UINT64_C(0x0000fffffffff000)
#define AP_UNPRIVILEGED (UINT64_C(1) << 6)
#define AP_READ_ONLY (UINT64_C(1) << 7)
#define SH_INNER (UINT64_C(3) << 8)
#define ACCESSED (UINT64_C(1) << 10)
#define NOT_GLOBAL (UINT64_C(1) << 11)
#define NEVER_EXECUTED (UINT64_C(3) << 53) /* PXN and UXN */

/* How much an entry of this level covers. */
static uint64_t
level_size(unsigned int level)
{
	return STAGE1_PAGE << 9 * (LAST_LEVEL - level);
}

static unsigned int
index_of(uint64_t input, unsigned int level)
{
	return input / level_size(level) % ENTRIES;
}

static bool
is_table(uint64_t entry, unsigned int level)
{
	return level < LAST_LEVEL && (entry & VALID) != 0 &&
		(entry & TABLE_OR_PAGE) != 0;
}

static uint64_t *
table_behind(const struct stage1 *table, uint64_t entry)
{
	return (uint64_t *)(table->memory +
		((entry & ADDRESS_MASK) - table->iova));
}

/* What was written before is seen before the entry is. */
static void
store(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

void
stage1_init(struct stage1 *table, void *memory, uint64_t iova, uint32_t pages)
{
	*table = (struct stage1){
		.root = memory,
		.memory = memory,
		.iova = iova,
		.pages = pages,
		.used = 1,
	};
	memset(memory, 0, STAGE1_PAGE);
}

uint64_t
stage1_root_iova(const struct stage1 *table)
{
	return table->iova;
}

static uint64_t *
make_table(struct stage1 *table, uint64_t *entry)
{
	uint64_t offset = table->used * STAGE1_PAGE;

	if (table->used == table->pages)
		return NULL;
	table->used++;
	memset(table->memory + offset, 0, STAGE1_PAGE);
	store(entry, (table->iova + offset) | TABLE_OR_PAGE | VALID);
	return (uint64_t *)(table->memory + offset);
}

static bool
is_valid(uint64_t address, uint64_t length)
{
	const uint64_t limit = UINT64_C(1) << STAGE1_WIDTH;

	return (address | length) % STAGE1_PAGE == 0 && address < limit &&
		length <= limit - address;
}

/* The entry that translates the address, or is empty there, and its level. */
static uint64_t *
find_entry(const struct stage1 *table, uint64_t input, unsigned int *level)
{
	uint64_t *entry = &table->root[index_of(input, 0)];

	for (*level = 0; is_table(*entry, *level);) {
		uint64_t *next = table_behind(table, *entry);

		entry = &next[index_of(input, ++*level)];
	}
	return entry;
}

/* How far it is from the address to the end of what its entry covers, or of the interval. */
static uint64_t
step_of(uint64_t input, uint64_t left, unsigned int level)
{
	const uint64_t covered = level_size(level) - input % level_size(level);

	return covered < left ? covered : left;
}

static bool
fits(uint64_t input, uint64_t output, uint64_t length, unsigned int level)
{
	return level > 0 && (input | output) % level_size(level) == 0 &&
		length >= level_size(level);
}

/* Makes the tables down to where the largest entry fits. NULL: no page is left. */
static uint64_t *
make_entry(struct stage1 *table, uint64_t input, uint64_t output,
	uint64_t length, unsigned int *level)
{
	uint64_t *entry = find_entry(table, input, level), *next;

	while (!fits(input, output, length, *level)) {
		next = make_table(table, entry);
		if (next == NULL)
			return NULL;
		entry = &next[index_of(input, ++*level)];
	}
	return entry;
}

static uint64_t
attributes_of(uint32_t rights)
{
	return VALID | AP_UNPRIVILEGED | SH_INNER | ACCESSED | NOT_GLOBAL |
		NEVER_EXECUTED |
		((rights & STAGE1_WRITE) != 0 ? 0 : AP_READ_ONLY);
}

/* What is mapped, from the beginning. */
static void
clear(struct stage1 *table, uint64_t input, uint64_t length)
{
	unsigned int level;
	uint64_t step;

	for (; length > 0; input += step, length -= step) {
		store(find_entry(table, input, &level), 0);
		step = step_of(input, length, level);
	}
}

static bool
is_empty(const struct stage1 *table, uint64_t input, uint64_t length)
{
	unsigned int level;
	uint64_t step;

	for (; length > 0; input += step, length -= step) {
		if (*find_entry(table, input, &level) != 0)
			return false;
		step = step_of(input, length, level);
	}
	return true;
}

int
stage1_map(struct stage1 *table, uint64_t input, uint64_t output,
	uint64_t length, uint32_t rights)
{
	const uint64_t attributes = attributes_of(rights);
	unsigned int level;
	uint64_t done, *entry;

	if (length == 0 || !is_valid(input, length) ||
		!is_valid(output, length) ||
		(rights & ~STAGE1_WRITE) != STAGE1_READ)
		return -EINVAL;
	if (!is_empty(table, input, length))
		return -EEXIST;
	for (done = 0; done < length; done += level_size(level)) {
		entry = make_entry(table, input + done, output + done,
			length - done, &level);
		if (entry == NULL) {
			clear(table, input, done);
			return -ENOMEM;
		}
		store(entry,
			(output + done) | attributes |
				(level == LAST_LEVEL ? TABLE_OR_PAGE : 0));
	}
	return 0;
}

int
stage1_unmap(struct stage1 *table, uint64_t input, uint64_t length)
{
	uint64_t at = input, left = length, step;
	unsigned int level;

	if (length == 0 || !is_valid(input, length))
		return -EINVAL;
	for (; left > 0; at += step, left -= step) {
		if (*find_entry(table, at, &level) == 0)
			return -ENOENT;
		step = step_of(at, left, level);
		if (step != level_size(level))
			return -EINVAL;
	}
	clear(table, input, length);
	return 0;
}

uint64_t
stage1_reach(const struct stage1 *table, uint64_t input)
{
	unsigned int level;

	find_entry(table, input, &level);
	return step_of(input, UINT64_MAX, level);
}
