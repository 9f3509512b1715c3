/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The set of mapped intervals; see iova_map.h.
 *
 * The intervals never overlap, so they are kept as an array in ascending order. Memory
 * comes in long rows of neighbours, of which a whole batch takes one move of what lies
 * behind; a balanced tree (tsearch()) took a tenth of the time of mapping a file for
 * each hugepage.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/iova_map.h"

static uint64_t
last_of(const struct mapping *mapping)
{
	return mapping->iova + (mapping->length - 1);
}

/* Not empty, and its last byte is an address. */
static bool
is_interval(uint64_t iova, uint64_t length)
{
	return length != 0 && iova <= UINT64_MAX - (length - 1);
}

void
iova_map_init(struct iova_map *set)
{
	*set = (struct iova_map){ .items = NULL };
}

void
iova_map_clear(struct iova_map *set)
{
	free(set->items);
	iova_map_init(set);
}

/* The first that ends at the address or behind it; count when there is none. */
static size_t
position_of(const struct iova_map *set, uint64_t iova)
{
	size_t low = 0;
	size_t high = set->count;
	size_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (last_of(&set->items[middle]) < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
make_room(struct iova_map *set, size_t more)
{
	struct mapping *items;
	size_t room;

	if (more <= set->room - set->count)
		return 0;
	room = set->room * 2;
	if (room < set->count + more)
		room = set->count + more;
	items = reallocarray(set->items, room, sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	set->items = items;
	set->room = room;
	return 0;
}

/* Puts them before the item at the position, where they belong. */
static int
insert(struct iova_map *set, size_t position, const struct mapping *mappings,
	size_t count)
{
	int ret = make_room(set, count);
	size_t i;

	if (ret != 0)
		return ret;
	memmove(&set->items[position + count], &set->items[position],
		(set->count - position) * sizeof(*set->items));
	memcpy(&set->items[position], mappings, count * sizeof(*mappings));
	set->count += count;
	for (i = 0; i < count; i++) {
		set->bytes += mappings[i].length;
		/* Whoever mapped it may close it. */
		set->items[position + i].file = -1;
	}
	return 0;
}

int
iova_map_add(struct iova_map *set, const struct mapping *mapping)
{
	size_t position;

	if (!is_interval(mapping->iova, mapping->length))
		return -EINVAL;
	position = position_of(set, mapping->iova);
	if (position < set->count &&
		set->items[position].iova <= last_of(mapping))
		return -EEXIST;
	return insert(set, position, mapping, 1);
}

/* How many of them, from the first on, ascend and lie before the end of the gap. */
static size_t
fitting(const struct mapping *mappings, size_t count,
	const struct mapping *behind)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_interval(mappings[i].iova, mappings[i].length))
			return i;
		if (i > 0 && mappings[i].iova <= last_of(&mappings[i - 1]))
			return i;
		if (behind != NULL && last_of(&mappings[i]) >= behind->iova)
			return i;
	}
	return count;
}

/* As many as fit into one gap; 0 when the first does not. */
static int
add_row(struct iova_map *set, const struct mapping *mappings, size_t count,
	size_t *added)
{
	const struct mapping *behind = NULL;
	size_t position;

	*added = 0;
	if (!is_interval(mappings->iova, mappings->length))
		return -EINVAL;
	position = position_of(set, mappings->iova);
	if (position < set->count)
		behind = &set->items[position];
	*added = fitting(mappings, count, behind);
	if (*added == 0)
		return -EEXIST;
	return insert(set, position, mappings, *added);
}

int
iova_map_add_all(struct iova_map *set, const struct mapping *mappings,
	size_t count, size_t *failed)
{
	size_t done, added;
	int ret;

	for (done = 0; done < count; done += added) {
		ret = add_row(set, &mappings[done], count - done, &added);
		if (ret == 0)
			continue;
		*failed = done;
		while (done-- > 0)
			iova_map_remove(set, mappings[done].iova,
				mappings[done].length);
		return ret;
	}
	return 0;
}

const struct mapping *
iova_map_find(const struct iova_map *set, uint64_t iova)
{
	size_t position = position_of(set, iova);

	if (position == set->count || set->items[position].iova > iova)
		return NULL;
	return &set->items[position];
}

/*
 * The items that make up [iova, iova + length), from *position on: how many. Fails as
 * iova_map_check_whole() does for a gap; its ends may lie inside items.
 */
static int
find_row(const struct iova_map *set, uint64_t iova, uint64_t length,
	size_t *position, size_t *count)
{
	const uint64_t last = iova + (length - 1);
	uint64_t next = iova;
	size_t i;

	if (!is_interval(iova, length))
		return -EINVAL;
	*position = position_of(set, iova);
	for (i = *position; i < set->count && set->items[i].iova <= next; i++) {
		if (last_of(&set->items[i]) >= last) {
			*count = i - *position + 1;
			return 0;
		}
		next = last_of(&set->items[i]) + 1;
	}
	return -ENOENT;
}

/* A gap behind an end that lies inside an item is still an end inside an item. */
int
iova_map_check_whole(const struct iova_map *set, uint64_t iova, uint64_t length)
{
	size_t position, count;
	int ret = find_row(set, iova, length, &position, &count);

	if (ret == -EINVAL)
		return ret;
	if (position < set->count && set->items[position].iova < iova)
		return -EINVAL;
	if (ret != 0)
		return ret;
	if (last_of(&set->items[position + count - 1]) != iova + (length - 1))
		return -EINVAL;
	return 0;
}

int
iova_map_translate(const struct iova_map *set, uint64_t iova, uint64_t length,
	uint32_t rights, uint64_t *va)
{
	const struct mapping *first, *item;
	size_t position, count, i;

	if (find_row(set, iova, length, &position, &count) != 0)
		return -ENOENT;
	first = &set->items[position];
	for (i = 0; i < count; i++) {
		item = &first[i];
		if (item->origin == MAPPING_LOST || item->va == 0 ||
			(item->rights & rights) != rights ||
			item->va - first->va != item->iova - first->iova)
			return -ENOENT;
	}
	*va = first->va + (iova - first->iova);
	return 0;
}

void
iova_map_lose(struct iova_map *set, uint64_t iova, uint64_t length)
{
	const uint64_t last = iova + (length - 1);
	size_t i;

	for (i = position_of(set, iova);
		i < set->count && set->items[i].iova <= last; i++)
		set->items[i].origin = MAPPING_LOST;
}

void
iova_map_remove(struct iova_map *set, uint64_t iova, uint64_t length)
{
	size_t position, count, i;

	if (find_row(set, iova, length, &position, &count) != 0)
		return;
	for (i = position; i < position + count; i++)
		set->bytes -= set->items[i].length;
	memmove(&set->items[position], &set->items[position + count],
		(set->count - position - count) * sizeof(*set->items));
	set->count -= count;
}

int
iova_map_walk(
	const struct iova_map *set, iova_map_visit_t visit, void *argument)
{
	size_t i;
	int ret;

	for (i = 0; i < set->count; i++) {
		ret = visit(&set->items[i], argument);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* A copy of some items; one more than there are, so that it is never empty. */
static int
copy_items(const struct mapping *items, size_t count, struct mapping **copy)
{
	*copy = calloc(count + 1, sizeof(**copy));
	if (*copy == NULL)
		return -ENOMEM;
	if (count > 0)
		memcpy(*copy, items, count * sizeof(*items));
	return 0;
}

int
iova_map_list(const struct iova_map *set, struct mapping **list, size_t *count)
{
	*count = set->count;
	return copy_items(set->items, set->count, list);
}

/* Leaves out of a mapping what lies before the address. */
static void
clip_front(struct mapping *mapping, uint64_t first)
{
	uint64_t skipped;

	if (mapping->iova >= first)
		return;
	skipped = first - mapping->iova;
	mapping->iova = first;
	mapping->va += mapping->va == 0 ? 0 : skipped;
	mapping->offset += skipped;
	mapping->length -= skipped;
}

int
iova_map_cut_out(const struct iova_map *set, uint64_t iova, uint64_t length,
	struct mapping **parts, size_t *count)
{
	const uint64_t last = iova + (length - 1);
	struct mapping *final;
	size_t position;
	int ret;

	ret = find_row(set, iova, length, &position, count);
	if (ret == 0)
		ret = copy_items(&set->items[position], *count, parts);
	if (ret != 0)
		return ret;
	clip_front(*parts, iova);
	final = &(*parts)[*count - 1];
	if (last_of(final) > last)
		final->length = last - final->iova + 1;
	return 0;
}
