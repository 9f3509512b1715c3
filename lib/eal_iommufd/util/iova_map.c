/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The set of mapped intervals; see iova_map.h.
 *
 * The intervals never overlap, so that one order serves for their first and for their last
 * addresses. They are nodes of a balanced tree, the one of <bsd/sys/tree.h> (libbsd, which
 * DPDK's development package depends on; nothing of it is linked): each operation takes time
 * that grows with the logarithm of their number.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "util/iova_map.h"

static uint64_t
last_of(const struct mapping *mapping)
{
	return mapping->iova + (mapping->length - 1);
}

static int
compare_last(const struct iova_map_node *one, const struct iova_map_node *other)
{
	const uint64_t last = last_of(&one->mapping);
	const uint64_t other_last = last_of(&other->mapping);

	return last < other_last ? -1 : last > other_last;
}

/* RB_GENERATE_STATIC() wants a macro that libbsd defines for its overlay only. */
RB_GENERATE_INTERNAL(iova_map_tree, iova_map_node, entry, compare_last,
	static __attribute__((unused)))

/* Not empty, and its last byte is an address. */
static bool
is_interval(uint64_t iova, uint64_t length)
{
	return length != 0 && iova <= UINT64_MAX - (length - 1);
}

void
iova_map_init(struct iova_map *set)
{
	RB_INIT(&set->tree);
	set->count = 0;
	set->bytes = 0;
}

static void
unlink_node(struct iova_map *set, struct iova_map_node *node)
{
	RB_REMOVE(iova_map_tree, &set->tree, node);
	set->count--;
	set->bytes -= node->mapping.length;
	free(node);
}

void
iova_map_clear(struct iova_map *set)
{
	struct iova_map_node *node;

	while ((node = RB_ROOT(&set->tree)) != NULL)
		unlink_node(set, node);
}

/* The macros take no pointer to const; a search changes nothing. */
static struct iova_map_node *
node_at_or_after(const struct iova_map *set, uint64_t iova)
{
	struct iova_map_node key = { .mapping = { .iova = iova, .length = 1 } };

	return RB_NFIND(
		iova_map_tree, (struct iova_map_tree *)&set->tree, &key);
}

static struct iova_map_node *
node_after(struct iova_map_node *node)
{
	return RB_NEXT(iova_map_tree, NULL, node);
}

const struct mapping *
iova_map_at_or_after(const struct iova_map *set, uint64_t iova)
{
	struct iova_map_node *node = node_at_or_after(set, iova);

	return node == NULL ? NULL : &node->mapping;
}

const struct mapping *
iova_map_next(const struct mapping *mapping)
{
	const size_t offset = offsetof(struct iova_map_node, mapping);
	struct iova_map_node *node = node_after(
		(void *)((uintptr_t)mapping - offset));

	return node == NULL ? NULL : &node->mapping;
}

const struct mapping *
iova_map_find(const struct iova_map *set, uint64_t iova)
{
	const struct mapping *found = iova_map_at_or_after(set, iova);

	return found == NULL || found->iova > iova ? NULL : found;
}

/* 0, or the errno for which the set refuses it. */
static int
link_node(struct iova_map *set, struct iova_map_node *node)
{
	const struct mapping *mapping = &node->mapping;
	const struct mapping *behind;

	if (!is_interval(mapping->iova, mapping->length))
		return -EINVAL;
	behind = iova_map_at_or_after(set, mapping->iova);
	if (behind != NULL && behind->iova <= last_of(mapping))
		return -EEXIST;
	RB_INSERT(iova_map_tree, &set->tree, node);
	set->count++;
	set->bytes += mapping->length;
	return 0;
}

static struct iova_map_node *
make_node(const struct mapping *mapping)
{
	struct iova_map_node *node = calloc(1, sizeof(*node));

	if (node == NULL)
		return NULL;
	node->mapping = *mapping;
	/* Its owner may close the file at any time. */
	node->mapping.file = -1;
	return node;
}

int
iova_map_add(struct iova_map *set, const struct mapping *mapping)
{
	struct iova_map_node *node = make_node(mapping);
	int ret;

	if (node == NULL)
		return -ENOMEM;
	ret = link_node(set, node);
	if (ret != 0)
		free(node);
	return ret;
}

int
iova_map_add_all(struct iova_map *set, const struct mapping *mappings,
	size_t count, size_t *failed)
{
	size_t done;
	int ret;

	for (done = 0; done < count; done++) {
		ret = iova_map_add(set, &mappings[done]);
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

/*
 * The mappings that make up [iova, iova + length): the first, and how many. Fails as
 * iova_map_check_whole() does for a gap; its ends may lie inside mappings.
 */
static int
find_row(const struct iova_map *set, uint64_t iova, uint64_t length,
	struct iova_map_node **first, size_t *count)
{
	const uint64_t last = iova + (length - 1);
	struct iova_map_node *node;
	uint64_t next = iova;

	if (!is_interval(iova, length))
		return -EINVAL;
	*first = node_at_or_after(set, iova);
	*count = 0;
	for (node = *first; node != NULL && node->mapping.iova <= next;
		node = node_after(node)) {
		if (node->mapping.origin == MAPPING_OF_SECONDARY)
			return -ENOENT;
		++*count;
		if (last_of(&node->mapping) >= last)
			return 0;
		next = last_of(&node->mapping) + 1;
	}
	return -ENOENT;
}

/* A gap behind an end that lies inside a mapping is still an end inside a mapping. */
int
iova_map_check_whole(const struct iova_map *set, uint64_t iova, uint64_t length)
{
	const struct mapping *at_end;
	struct iova_map_node *first;
	size_t count;
	int ret = find_row(set, iova, length, &first, &count);

	if (ret == -EINVAL)
		return ret;
	if (first != NULL && first->mapping.iova < iova)
		return -EINVAL;
	if (ret != 0)
		return ret;
	at_end = iova_map_find(set, iova + (length - 1));
	return last_of(at_end) == iova + (length - 1) ? 0 : -EINVAL;
}

int
iova_map_translate(const struct iova_map *set, uint64_t iova, uint64_t length,
	uint32_t rights, uint64_t *va)
{
	struct iova_map_node *node, *first;
	const struct mapping *item;
	size_t count;

	if (find_row(set, iova, length, &first, &count) != 0)
		return -ENOENT;
	for (node = first; count-- > 0; node = node_after(node)) {
		item = &node->mapping;
		if (item->origin == MAPPING_LOST || item->va == 0 ||
			(item->rights & rights) != rights ||
			item->va - first->mapping.va !=
				item->iova - first->mapping.iova)
			return -ENOENT;
	}
	*va = first->mapping.va + (iova - first->mapping.iova);
	return 0;
}

void
iova_map_change(struct iova_map *set, uint64_t iova, uint64_t length,
	iova_map_change_t change, const void *argument)
{
	const uint64_t last = iova + (length - 1);
	struct iova_map_node *node;

	for (node = node_at_or_after(set, iova);
		node != NULL && node->mapping.iova <= last;
		node = node_after(node))
		change(&node->mapping, argument);
}

static void
become_lost(struct mapping *mapping, const void *argument)
{
	(void)argument;
	mapping->origin = MAPPING_LOST;
}

void
iova_map_lose(struct iova_map *set, uint64_t iova, uint64_t length)
{
	iova_map_change(set, iova, length, become_lost, NULL);
}

void
iova_map_remove(struct iova_map *set, uint64_t iova, uint64_t length)
{
	struct iova_map_node *node, *following;
	size_t count;

	if (find_row(set, iova, length, &node, &count) != 0)
		return;
	for (; count-- > 0; node = following) {
		following = node_after(node);
		unlink_node(set, node);
	}
}

int
iova_map_remove_reserved(struct iova_map *set, uint64_t iova, uint64_t length)
{
	struct iova_map_node *node = node_at_or_after(set, iova);

	if (node == NULL || node->mapping.iova != iova ||
		node->mapping.length != length ||
		node->mapping.origin != MAPPING_OF_SECONDARY)
		return -ENOENT;
	unlink_node(set, node);
	return 0;
}

uint64_t
iova_map_remove_all_reserved(struct iova_map *set)
{
	const uint64_t before = set->bytes;
	struct iova_map_node *node, *following;

	for (node = node_at_or_after(set, 0); node != NULL; node = following) {
		following = node_after(node);
		if (node->mapping.origin == MAPPING_OF_SECONDARY)
			unlink_node(set, node);
	}
	return before - set->bytes;
}

int
iova_map_walk(
	const struct iova_map *set, iova_map_visit_t visit, void *argument)
{
	struct iova_map_node *node;
	int ret;

	for (node = node_at_or_after(set, 0); node != NULL;
		node = node_after(node)) {
		ret = visit(&node->mapping, argument);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* A copy of some mappings; one more than there are, so that it is never empty. */
static int
copy_row(struct iova_map_node *first, size_t count, struct mapping **copy)
{
	struct iova_map_node *node;
	size_t i;

	*copy = calloc(count + 1, sizeof(**copy));
	if (*copy == NULL)
		return -ENOMEM;
	for (i = 0, node = first; i < count; i++, node = node_after(node))
		(*copy)[i] = node->mapping;
	return 0;
}

int
iova_map_list(const struct iova_map *set, struct mapping **list, size_t *count)
{
	*count = set->count;
	return copy_row(node_at_or_after(set, 0), set->count, list);
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
	struct iova_map_node *first;
	struct mapping *final;
	int ret;

	ret = find_row(set, iova, length, &first, count);
	if (ret == 0)
		ret = copy_row(first, *count, parts);
	if (ret != 0)
		return ret;
	clip_front(*parts, iova);
	final = &(*parts)[*count - 1];
	if (last_of(final) > last)
		final->length = last - final->iova + 1;
	return 0;
}
