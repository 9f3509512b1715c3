/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A set of pages; see dirty_set.h. */

#include <stdlib.h>

#include <rte_common.h>

#include "util/dirty_set.h"

#define FIRST_CAPACITY 16

static void
dirty_set_spill(struct dirty_set *set, uint64_t first, uint64_t last)
{
	if (!set->spilled)
		set->spill = (struct dirty_interval){ first, last };
	set->spilled = true;
	set->spill.first = RTE_MIN(set->spill.first, first);
	set->spill.last = RTE_MAX(set->spill.last, last);
}

static bool
dirty_set_has_room(struct dirty_set *set)
{
	size_t capacity = set->capacity == 0 ? FIRST_CAPACITY
					     : set->capacity * 2;
	struct dirty_interval *items;

	if (set->count < set->capacity)
		return true;
	items = realloc(set->items, capacity * sizeof(*items));
	if (items == NULL)
		return false;
	set->items = items;
	set->capacity = capacity;
	return true;
}

void
dirty_set_add(struct dirty_set *set, uint64_t first, uint64_t last)
{
	struct dirty_interval *end;

	/* Pages are added in ascending order most of the time. */
	if (set->count > 0) {
		end = &set->items[set->count - 1];
		if (end->last != UINT64_MAX && end->last + 1 == first) {
			end->last = last;
			return;
		}
		if (end->first <= first && last <= end->last)
			return;
	}
	if (!dirty_set_has_room(set)) {
		dirty_set_spill(set, first, last);
		return;
	}
	set->items[set->count++] = (struct dirty_interval){ first, last };
}

static void
read_interval(const struct dirty_interval *interval, uint64_t first,
	uint64_t last, uint64_t page_size, uint64_t *bitmap)
{
	uint64_t page, end;

	if (interval->last < first || interval->first > last)
		return;
	page = (RTE_MAX(interval->first, first) - first) / page_size;
	end = (RTE_MIN(interval->last, last) - first) / page_size;
	for (; page <= end; page++)
		bitmap[page / 64] |= UINT64_C(1) << page % 64;
}

void
dirty_set_read(const struct dirty_set *set, uint64_t first, uint64_t last,
	uint64_t page_size, uint64_t *bitmap)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		read_interval(&set->items[i], first, last, page_size, bitmap);
	if (set->spilled)
		read_interval(&set->spill, first, last, page_size, bitmap);
}

void
dirty_set_remove(struct dirty_set *set, uint64_t first, uint64_t last)
{
	struct dirty_interval whole;
	size_t i = 0;

	while (i < set->count) {
		whole = set->items[i];
		if (whole.last < first || whole.first > last) {
			i++;
			continue;
		}
		if (whole.first < first && whole.last > last) {
			if (!dirty_set_has_room(set))
				return;
			set->items[i++].last = first - 1;
			set->items[set->count++] = (struct dirty_interval){
				last + 1, whole.last
			};
		} else if (whole.first < first) {
			set->items[i++].last = first - 1;
		} else if (whole.last > last) {
			set->items[i++].first = last + 1;
		} else {
			set->items[i] = set->items[--set->count];
		}
	}
	if (!set->spilled)
		return;
	if (first <= set->spill.first && set->spill.last <= last)
		set->spilled = false;
}

void
dirty_set_clear(struct dirty_set *set)
{
	free(set->items);
	*set = (struct dirty_set){ .items = NULL };
}
