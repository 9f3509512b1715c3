/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef AREA_LRU_H
#define AREA_LRU_H

/*
 * Which areas of the process devices can reach now: looked up by address, and in the
 * order in which they were asked for last, which is the order in which they are given
 * up for others. An area is what one map call has mapped, and goes only whole.
 *
 * A pure data structure. Must not know: the kernel, locks, why something is mapped.
 * Memory comes from the function that it is given, never goes back before
 * area_lru_end(), and is never malloc()'s: see sva.h for why.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct area {
	uint64_t start;	 /* of a page */
	uint64_t end;	 /* exclusive */
	uint32_t rights; /* RTE_IOMMUFD_MAP_* */
	uint64_t
		round; /* the last one that asked for it: see area_lru_touch() */

	/* Of area_lru.c only. */
	struct area *left;
	struct area *right;
	uint32_t priority;
	TAILQ_ENTRY(area) recency;
};

TAILQ_HEAD(area_list, area);

/* Memory for areas: a chunk of at least this size, or NULL. */
typedef void *(*area_lru_take_t)(size_t size);
typedef void (*area_lru_give_t)(void *chunk, size_t size);

struct area_lru_chunk;

struct area_lru {
	area_lru_take_t take;
	area_lru_give_t give;
	struct area_lru_chunk *chunks;
	struct area *root;
	struct area_list recency; /* the one asked for longest ago first */
	struct area_list unused;
	uint64_t count;
	uint64_t bytes;
	uint64_t peak; /* of bytes */
};

void area_lru_init(
	struct area_lru *residency, area_lru_take_t take, area_lru_give_t give);
/* Gives the memory back. */
void area_lru_end(struct area_lru *residency);

/*
 * An area that is not in it yet, to be filled in and then added or dropped; NULL: no
 * memory. So that what needs memory comes before the kernel is asked.
 */
struct area *area_lru_new(struct area_lru *residency);
void area_lru_drop(struct area_lru *residency, struct area *area);

/* It overlaps none that is there. It counts as asked for just now. */
void area_lru_add(struct area_lru *residency, struct area *area);
/* Out of it and unused again. */
void area_lru_remove(struct area_lru *residency, struct area *area);

/* The area that contains the address, or NULL. */
struct area *area_lru_find(const struct area_lru *residency, uint64_t address);
/* The lowest area that ends above the address, or NULL. */
struct area *area_lru_next(const struct area_lru *residency, uint64_t address);

/*
 * The largest gap between areas around an address that is in none: what is mapped for
 * it must not go beyond.
 */
void area_lru_gap(const struct area_lru *residency, uint64_t address,
	uint64_t *start, uint64_t *end);

/* It was asked for just now, in this round. */
void area_lru_touch(
	struct area_lru *residency, struct area *area, uint64_t round);

/* The one asked for longest ago, if that was not in this round; or NULL. */
struct area *area_lru_oldest(const struct area_lru *residency, uint64_t round);

#endif /* AREA_LRU_H */
