/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The set of mapped intervals; see mappings.h.
 *
 * The intervals never overlap, so "ends before the other begins" is a strict
 * order among them, and a balanced tree can be searched with an interval as the
 * key: whatever compares as equal overlaps it. glibc's tsearch() is that tree.
 */

#include <errno.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>

#include "mappings.h"

static uint64_t
last_of(const struct mapping *mapping)
{
	return mapping->iova + (mapping->length - 1);
}

static int
compare(const void *left, const void *right)
{
	const struct mapping *a = left;
	const struct mapping *b = right;

	if (last_of(a) < b->iova)
		return -1;
	if (a->iova > last_of(b))
		return 1;
	return 0;
}

/* Not empty, and its last byte is an address. */
static bool
is_interval(uint64_t iova, uint64_t length)
{
	return length != 0 && iova <= UINT64_MAX - (length - 1);
}

void
mappings_init(struct mappings *set)
{
	*set = (struct mappings){ .root = NULL };
}

void
mappings_clear(struct mappings *set)
{
	tdestroy(set->root, free);
	mappings_init(set);
}

int
mappings_add(struct mappings *set, const struct mapping *mapping)
{
	struct mapping *copy;
	void *node;

	if (!is_interval(mapping->iova, mapping->length))
		return -EINVAL;
	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return -ENOMEM;
	*copy = *mapping;
	node = tsearch(copy, &set->root, compare);
	if (node == NULL) {
		free(copy);
		return -ENOMEM;
	}
	if (*(struct mapping **)node != copy) {
		free(copy);
		return -EEXIST;
	}
	set->count++;
	set->bytes += mapping->length;
	return 0;
}

const struct mapping *
mappings_find(const struct mappings *set, uint64_t iova)
{
	const struct mapping key = { .iova = iova, .length = 1 };
	void *node = tfind(&key, &set->root, compare);

	return node == NULL ? NULL : *(struct mapping **)node;
}

int
mappings_check_whole(const struct mappings *set, uint64_t iova, uint64_t length)
{
	const struct mapping *mapping;
	uint64_t position = iova;
	uint64_t last;

	if (!is_interval(iova, length))
		return -EINVAL;
	last = iova + (length - 1);
	for (;;) {
		mapping = mappings_find(set, position);
		if (mapping == NULL)
			return -ENOENT;
		if (mapping->iova != position || last_of(mapping) > last)
			return -EINVAL;
		if (last_of(mapping) == last)
			return 0;
		position = last_of(mapping) + 1;
	}
}

int
mappings_translate(const struct mappings *set, uint64_t iova, uint64_t length,
	uint32_t rights, uint64_t *va)
{
	const struct mapping *mapping;
	uint64_t position = iova;
	uint64_t start = 0;
	uint64_t here;

	if (!is_interval(iova, length))
		return -ENOENT;
	for (;;) {
		mapping = mappings_find(set, position);
		if (mapping == NULL || mapping->va == 0 ||
			(mapping->rights & rights) != rights)
			return -ENOENT;
		here = mapping->va + (position - mapping->iova);
		if (position == iova)
			start = here;
		else if (here != start + (position - iova))
			return -ENOENT;
		if (last_of(mapping) >= iova + (length - 1))
			break;
		position = last_of(mapping) + 1;
	}
	*va = start;
	return 0;
}

void
mappings_remove(struct mappings *set, uint64_t iova, uint64_t length)
{
	const struct mapping *found;
	uint64_t position = iova;
	uint64_t left = length;
	struct mapping *mapping;

	while (left > 0) {
		found = mappings_find(set, position);
		if (found == NULL || found->length > left)
			return;
		mapping = (struct mapping *)(uintptr_t)found;
		tdelete(mapping, &set->root, compare);
		set->count--;
		set->bytes -= mapping->length;
		position += mapping->length;
		left -= mapping->length;
		free(mapping);
	}
}

struct walk {
	mappings_visit_t visit;
	void *argument;
	int result;
};

static void
walk_node(const void *node, VISIT order, void *closure)
{
	const struct mapping *mapping = *(struct mapping *const *)node;
	struct walk *walk = closure;

	if (order != postorder && order != leaf)
		return;
	if (walk->result == 0)
		walk->result = walk->visit(mapping, walk->argument);
}

int
mappings_walk(
	const struct mappings *set, mappings_visit_t visit, void *argument)
{
	struct walk walk = { .visit = visit, .argument = argument };

	twalk_r(set->root, walk_node, &walk);
	return walk.result;
}

/* An array that grows. */
struct list {
	struct mapping *items;
	size_t count;
	size_t room;
};

static int
append(struct list *list, const struct mapping *mapping)
{
	size_t room = list->room == 0 ? 16 : list->room * 2;
	struct mapping *items;

	if (list->count == list->room) {
		items = reallocarray(list->items, room, sizeof(*items));
		if (items == NULL)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = *mapping;
	return 0;
}

static int
append_visited(const struct mapping *mapping, void *list)
{
	return append(list, mapping);
}

int
mappings_list(const struct mappings *set, struct mapping **list, size_t *count)
{
	struct list all = { .count = 0 };
	int ret = mappings_walk(set, append_visited, &all);

	if (ret != 0) {
		free(all.items);
		return ret;
	}
	*list = all.items;
	*count = all.count;
	return 0;
}

/* The part of a mapping that lies in [first, last]. */
static struct mapping
clip(const struct mapping *mapping, uint64_t first, uint64_t last)
{
	struct mapping part = *mapping;
	uint64_t skipped;

	if (part.iova < first) {
		skipped = first - part.iova;
		part.iova = first;
		part.va += part.va == 0 ? 0 : skipped;
		part.offset += skipped;
		part.length -= skipped;
	}
	if (last_of(&part) > last)
		part.length = last - part.iova + 1;
	return part;
}

static int
cut_out(const struct mappings *set, uint64_t first, uint64_t last,
	struct list *parts)
{
	const struct mapping *found;
	uint64_t position = first;
	struct mapping part;
	int ret;

	for (;;) {
		found = mappings_find(set, position);
		if (found == NULL)
			return -ENOENT;
		part = clip(found, first, last);
		ret = append(parts, &part);
		if (ret != 0)
			return ret;
		if (last_of(&part) == last)
			return 0;
		position = last_of(&part) + 1;
	}
}

int
mappings_cut_out(const struct mappings *set, uint64_t iova, uint64_t length,
	struct mapping **parts, size_t *count)
{
	struct list found = { .count = 0 };
	int ret;

	if (!is_interval(iova, length))
		return -EINVAL;
	ret = cut_out(set, iova, iova + (length - 1), &found);
	if (ret != 0) {
		free(found.items);
		return ret;
	}
	*parts = found.items;
	*count = found.count;
	return 0;
}
