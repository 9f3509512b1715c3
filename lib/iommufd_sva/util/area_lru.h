/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef AREA_LRU_H
#define AREA_LRU_H

/*
 * The areas of the process that devices can reach now. They are found by address, and by
 * the order of the last request for each, which is the order of eviction. An area is what
 * one map call has mapped, and can only be removed whole.
 *
 * A pure data structure. Must not know: the kernel, locks, why something is mapped.
 * Memory comes from the function given by the caller, is freed only by area_lru_end(),
 * and never comes from malloc(); sva.h says why.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct area {
	uint64_t start;	 /* of a page */
	uint64_t end;	 /* exclusive */
	uint32_t rights; /* RTE_IOMMUFD_MAP_* */
	uint32_t owner;	 /* a number of the caller's */
	bool keep;	 /* is never the oldest; in a record: area_lru_keep() */
	uint64_t
		round; /* round of the last request for it: see area_lru_touch() */

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
	struct area_list recency; /* the least recently requested first */
	struct area_list kept;	  /* which are never evicted */
	struct area_list unused;
	uint64_t count;
	uint64_t bytes;
	uint64_t peak; /* of bytes */
};

void area_lru_init(
	struct area_lru *residency, area_lru_take_t take, area_lru_give_t give);
/* Frees the memory. */
void area_lru_end(struct area_lru *residency);

/*
 * An area that is not in it yet, to be filled in and then added or dropped; NULL: no
 * memory. So the memory is allocated before the call of the kernel.
 */
struct area *area_lru_new(struct area_lru *residency);
void area_lru_drop(struct area_lru *residency, struct area *area);

/* The area must not overlap another one. It counts as requested now. */
void area_lru_add(struct area_lru *residency, struct area *area);
/* Removes the area, which is unused then. */
void area_lru_remove(struct area_lru *residency, struct area *area);

/* The area that contains the address, or NULL. */
struct area *area_lru_find(const struct area_lru *residency, uint64_t address);
/* The lowest area that ends above the address, or NULL. */
struct area *area_lru_next(const struct area_lru *residency, uint64_t address);

/*
 * The largest gap between areas around an address that is in no area: a mapping for this
 * address must stay inside it.
 */
void area_lru_gap(const struct area_lru *residency, uint64_t address,
	uint64_t *start, uint64_t *end);

/* The area was requested now, in this round. */
void area_lru_touch(
	struct area_lru *residency, struct area *area, uint64_t round);

/* From now on the area is, or is not, kept. */
void area_lru_keep(struct area_lru *residency, struct area *area, bool keep);

/*
 * The least recently requested area that is not kept, if that request was not in this round;
 * or NULL.
 */
struct area *area_lru_oldest(const struct area_lru *residency, uint64_t round);

#endif /* AREA_LRU_H */
