/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Which areas devices can reach; see area_lru.h.
 *
 * A treap: a search tree by address that is a heap by priority. Priorities are a hash
 * of the address, so that the tree stays shallow whatever the order of insertion.
 * Areas do not overlap, so their starts order their ends, too.
 */

#include "util/area_lru.h"

#define CHUNK_SIZE (64 * 1024)

struct area_lru_chunk {
	struct area_lru_chunk *next;
	struct area areas[];
};

#define CHUNK_AREAS \
	((CHUNK_SIZE - sizeof(struct area_lru_chunk)) / sizeof(struct area))

void
area_lru_init(
	struct area_lru *residency, area_lru_take_t take, area_lru_give_t give)
{
	*residency = (struct area_lru){ .take = take, .give = give };
	TAILQ_INIT(&residency->recency);
	TAILQ_INIT(&residency->kept);
	TAILQ_INIT(&residency->unused);
}

void
area_lru_end(struct area_lru *residency)
{
	struct area_lru_chunk *chunk;

	while ((chunk = residency->chunks) != NULL) {
		residency->chunks = chunk->next;
		residency->give(chunk, CHUNK_SIZE);
	}
}

static void
area_lru_add_chunk(struct area_lru *residency)
{
	struct area_lru_chunk *chunk = residency->take(CHUNK_SIZE);
	size_t i;

	if (chunk == NULL)
		return;
	chunk->next = residency->chunks;
	residency->chunks = chunk;
	for (i = 0; i < CHUNK_AREAS; i++)
		TAILQ_INSERT_TAIL(
			&residency->unused, &chunk->areas[i], recency);
}

struct area *
area_lru_new(struct area_lru *residency)
{
	struct area *area;

	if (TAILQ_EMPTY(&residency->unused))
		area_lru_add_chunk(residency);
	area = TAILQ_FIRST(&residency->unused);
	if (area == NULL)
		return NULL;
	TAILQ_REMOVE(&residency->unused, area, recency);
	*area = (struct area){ .round = 0 };
	return area;
}

void
area_lru_drop(struct area_lru *residency, struct area *area)
{
	TAILQ_INSERT_HEAD(&residency->unused, area, recency);
}

/* The finisher of splitmix64. */
static uint32_t
area_lru_hash(uint64_t address)
{
	address = (address ^ (address >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	address = (address ^ (address >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (address ^ (address >> 31)) >> 32;
}

/* Areas below the address are stored in *left, the others in *right. */
static void
area_lru_split(struct area *tree, uint64_t address, struct area **left,
	struct area **right)
{
	while (tree != NULL) {
		if (tree->start < address) {
			*left = tree;
			left = &tree->right;
			tree = tree->right;
		} else {
			*right = tree;
			right = &tree->left;
			tree = tree->left;
		}
	}
	*left = NULL;
	*right = NULL;
}

/* Everything in left is below everything in right. */
static struct area *
area_lru_join(struct area *left, struct area *right)
{
	struct area *root;
	struct area **place = &root;

	while (left != NULL && right != NULL) {
		if (left->priority > right->priority) {
			*place = left;
			place = &left->right;
			left = left->right;
		} else {
			*place = right;
			place = &right->left;
			right = right->left;
		}
	}
	*place = left != NULL ? left : right;
	return root;
}

/* Which list an area of the tree is in. */
static struct area_list *
area_lru_list(struct area_lru *residency, const struct area *area)
{
	return area->keep ? &residency->kept : &residency->recency;
}

void
area_lru_add(struct area_lru *residency, struct area *area)
{
	struct area **place = &residency->root;

	area->priority = area_lru_hash(area->start);
	while (*place != NULL && (*place)->priority > area->priority)
		place = area->start < (*place)->start ? &(*place)->left
						      : &(*place)->right;
	area_lru_split(*place, area->start, &area->left, &area->right);
	*place = area;
	TAILQ_INSERT_TAIL(area_lru_list(residency, area), area, recency);
	residency->count++;
	residency->bytes += area->end - area->start;
	if (residency->bytes > residency->peak)
		residency->peak = residency->bytes;
}

void
area_lru_remove(struct area_lru *residency, struct area *area)
{
	struct area **place = &residency->root;

	while (*place != area)
		place = area->start < (*place)->start ? &(*place)->left
						      : &(*place)->right;
	*place = area_lru_join(area->left, area->right);
	TAILQ_REMOVE(area_lru_list(residency, area), area, recency);
	residency->count--;
	residency->bytes -= area->end - area->start;
	area_lru_drop(residency, area);
}

struct area *
area_lru_next(const struct area_lru *residency, uint64_t address)
{
	struct area *area = residency->root;
	struct area *best = NULL;

	while (area != NULL) {
		if (area->end > address) {
			best = area;
			area = area->left;
		} else {
			area = area->right;
		}
	}
	return best;
}

struct area *
area_lru_find(const struct area_lru *residency, uint64_t address)
{
	struct area *area = area_lru_next(residency, address);

	return area != NULL && area->start <= address ? area : NULL;
}

/* Where the highest area below the address ends, or 0. */
static uint64_t
area_lru_end_below(const struct area_lru *residency, uint64_t address)
{
	const struct area *area = residency->root;
	uint64_t end = 0;

	while (area != NULL) {
		if (area->start < address) {
			end = area->end;
			area = area->right;
		} else {
			area = area->left;
		}
	}
	return end;
}

void
area_lru_gap(const struct area_lru *residency, uint64_t address,
	uint64_t *start, uint64_t *end)
{
	const struct area *above = area_lru_next(residency, address);

	*start = area_lru_end_below(residency, address);
	*end = above == NULL ? UINT64_MAX : above->start;
}

void
area_lru_touch(struct area_lru *residency, struct area *area, uint64_t round)
{
	area->round = round;
	TAILQ_REMOVE(area_lru_list(residency, area), area, recency);
	TAILQ_INSERT_TAIL(area_lru_list(residency, area), area, recency);
}

void
area_lru_keep(struct area_lru *residency, struct area *area, bool keep)
{
	if (area->keep == keep)
		return;
	TAILQ_REMOVE(area_lru_list(residency, area), area, recency);
	area->keep = keep;
	/* What is kept no more goes first: its request is older than that of others in this round. */
	TAILQ_INSERT_HEAD(area_lru_list(residency, area), area, recency);
}

struct area *
area_lru_oldest(const struct area_lru *residency, uint64_t round)
{
	struct area *area = TAILQ_FIRST(&residency->recency);

	return area != NULL && area->round != round ? area : NULL;
}
