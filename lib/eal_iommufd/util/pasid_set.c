/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The PASIDs of one device that are in use; see pasid_set.h. */

#include <stdlib.h>
#include <string.h>

#include "util/pasid_set.h"

/* How many there are below the number. */
static uint32_t
pasid_set_position_of(const struct pasid_set *set, uint32_t number)
{
	uint32_t low = 0;
	uint32_t high = set->count;
	uint32_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (set->items[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct pasid *
pasid_set_find(const struct pasid_set *set, uint32_t number)
{
	uint32_t position = pasid_set_position_of(set, number);

	if (position == set->count || set->items[position].number != number)
		return NULL;
	return &set->items[position];
}

/* Up to the first gap the n-th number is n. */
uint32_t
pasid_set_lowest_free(const struct pasid_set *set)
{
	uint32_t low = 0;
	uint32_t high = set->count;
	uint32_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (set->items[middle].number == middle + 1)
			low = middle + 1;
		else
			high = middle;
	}
	return low + 1;
}

static bool
pasid_set_make_room(struct pasid_set *set)
{
	uint32_t room = set->room == 0 ? 8 : 2 * set->room;
	struct pasid *items;

	if (set->count < set->room)
		return true;
	items = realloc(set->items, room * sizeof(*items));
	if (items == NULL)
		return false;
	set->items = items;
	set->room = room;
	return true;
}

struct pasid *
pasid_set_add(struct pasid_set *set, uint32_t number)
{
	uint32_t position = pasid_set_position_of(set, number);
	struct pasid *item;

	if (!pasid_set_make_room(set))
		return NULL;
	item = &set->items[position];
	memmove(item + 1, item, (set->count - position) * sizeof(*item));
	set->count++;
	*item = (struct pasid){ .number = number };
	return item;
}

void
pasid_set_remove(struct pasid_set *set, uint32_t number)
{
	uint32_t position = pasid_set_position_of(set, number);
	struct pasid *item = &set->items[position];

	set->count--;
	memmove(item, item + 1, (set->count - position) * sizeof(*item));
}

void
pasid_set_clear(struct pasid_set *set)
{
	free(set->items);
	*set = (struct pasid_set){ .items = NULL };
}
