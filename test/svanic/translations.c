/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The entries of the address translation cache, in a table with one place for each hash.
 *
 * Must not know: QEMU, where translations and invalidations come from.
 */

#include "translations.h"

#include <string.h>

#define ENTRIES (1u << TRANSLATIONS_LOG2)
#define PAGE_SHIFT 12

/* Neighbouring pages get neighbouring places: a buffer pool displaces nothing of itself. */
static uint32_t
place_of(uint32_t pasid, uint64_t page)
{
	uint64_t number = page >> PAGE_SHIFT;

	return (uint32_t)(number ^ number >> TRANSLATIONS_LOG2 ^
		       number >> 2 * TRANSLATIONS_LOG2 ^
		       pasid * UINT32_C(2654435761) >> 16) &
		(ENTRIES - 1);
}

const struct translation *
translations_find(const struct translations *cache, uint32_t pasid,
	uint64_t page, uint32_t permissions)
{
	const struct translation
		*entry = &cache->entries[place_of(pasid, page)];

	if (entry->page != page || entry->pasid != pasid ||
		(entry->permissions & permissions) != permissions)
		return NULL;
	return entry;
}

void
translations_add(
	struct translations *cache, const struct translation *translation)
{
	cache->entries[place_of(translation->pasid, translation->page)] =
		*translation;
}

static uint64_t
remove_if_within(struct translation *entry, uint32_t pasid, uint64_t first,
	uint64_t last)
{
	if (entry->permissions == 0 || entry->pasid != pasid ||
		entry->page + (TRANSLATIONS_PAGE - 1) < first ||
		entry->page > last)
		return 0;
	*entry = (struct translation){ 0 };
	return 1;
}

/* The shorter of two ways: page by page, or entry by entry. */
uint64_t
translations_remove(struct translations *cache, uint32_t pasid, uint64_t first,
	uint64_t last)
{
	uint64_t begin = first >> PAGE_SHIFT, removed = 0, i;
	uint64_t more = (last >> PAGE_SHIFT) - begin;

	if (more < ENTRIES) {
		for (i = 0; i <= more; i++)
			removed += remove_if_within(
				&cache->entries[place_of(
					pasid, (begin + i) << PAGE_SHIFT)],
				pasid, first, last);
		return removed;
	}
	for (i = 0; i < ENTRIES; i++)
		removed += remove_if_within(
			&cache->entries[i], pasid, first, last);
	return removed;
}

void
translations_clear(struct translations *cache)
{
	memset(cache, 0, sizeof(*cache));
}
