/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Checks of svanic's address translation cache: what it keeps, and that it keeps nothing
 * that the IOMMU has invalidated; or, on a device with that defect, that it does keep it.
 *
 * Must not know: how frames are checked.
 */

#include "svanic_device.h"

#include <string.h>

#define PASID 8
#define ATS (PASID | SVANIC_PASID_USE | SVANIC_PASID_ATS)
#define SUBJECT NOT_MAPPED /* the page whose memory changes */
#define LENGTH 200

struct cache {
	struct test *test;
	uint32_t space;
	uint8_t *memory;	 /* rings and buffers */
	uint8_t *first, *second; /* by turns at SUBJECT */
	struct pair pair;
};

static uint64_t
counter(struct cache *cache, uint32_t offset)
{
	return bare_read_wide(&cache->test->bare, offset);
}

/* Whose bytes a frame from SUBJECT has: first's, second's or nobody's (NULL). */
static const uint8_t *
whose_bytes(struct cache *cache)
{
	uint32_t slot = start_sending(&cache->pair, SUBJECT, LENGTH);
	uint8_t frame[2048];

	if (!bare_wait_for_head(&cache->pair.tx, slot + 1) ||
		bare_tx(&cache->pair.tx, slot)->flags != SVANIC_TX_DONE ||
		peer_receive(cache->test, frame, sizeof(frame)) != LENGTH)
		return NULL;
	if (memcmp(frame, cache->first, LENGTH) == 0)
		return cache->first;
	return memcmp(frame, cache->second, LENGTH) == 0 ? cache->second : NULL;
}

static void
put_at_subject(struct cache *cache, uint8_t *memory)
{
	struct bare *bare = &cache->test->bare;

	bare_unmap(bare, cache->space, SUBJECT, PAGE);
	bare_map(bare, cache->space, memory, SUBJECT, PAGE);
}

static void
begin(struct cache *cache, struct test *test)
{
	struct bare *bare = &test->bare;

	*cache = (struct cache){
		.test = test,
		.space = bare_space(bare),
		.memory = test_memory(),
		.first = test_memory(),
		.second = test_memory(),
	};
	make_frame(cache->first, LENGTH, peer_mac, svanic_mac, 1);
	make_frame(cache->second, LENGTH, peer_mac, svanic_mac, 2);
	bare_map(bare, cache->space, cache->memory, MEMORY_IOVA, MEMORY_SIZE);
	bare_map(bare, cache->space, cache->first, SUBJECT, PAGE);
	bare_attach_pasid(bare, bare_table(bare, cache->space, 0), PASID);
	test_reset(test);
	pair_start(&cache->pair, test, 1, cache->memory, ATS);
}

static void
end(struct cache *cache)
{
	pair_stop(&cache->pair);
	bare_detach_pasid(&cache->test->bare, PASID);
}

static void
check_kept(struct cache *cache)
{
	uint64_t misses, hits;

	say_subject("translations are kept");
	check(whose_bytes(cache) == cache->first, "sent");
	misses = counter(cache, SVANIC_TRANSLATION_MISSES);
	hits = counter(cache, SVANIC_TRANSLATION_HITS);
	check(whose_bytes(cache) == cache->first &&
			whose_bytes(cache) == cache->first,
		"sent twice more");
	check(misses != 0 &&
			counter(cache, SVANIC_TRANSLATION_MISSES) == misses &&
			counter(cache, SVANIC_TRANSLATION_HITS) > hits,
		"TRANSLATION_MISSES %ju, still %ju; TRANSLATION_HITS %ju, then %ju",
		(uintmax_t)misses,
		(uintmax_t)counter(cache, SVANIC_TRANSLATION_MISSES),
		(uintmax_t)hits,
		(uintmax_t)counter(cache, SVANIC_TRANSLATION_HITS));
}

static void
check_invalidated(struct cache *cache)
{
	unsigned int turn, good = 0;
	uint64_t removed;

	say_subject("what is unmapped is invalidated");
	removed = counter(cache, SVANIC_TRANSLATIONS_REMOVED);
	for (turn = 0; turn < 10; turn++) {
		put_at_subject(
			cache, turn % 2 == 0 ? cache->second : cache->first);
		good += whose_bytes(cache) ==
			(turn % 2 == 0 ? cache->second : cache->first);
	}
	check(good == 10, "of 10 frames, %u had the new bytes", good);
	check(counter(cache, SVANIC_INVALIDATIONS) >= 10 &&
			counter(cache, SVANIC_TRANSLATIONS_REMOVED) - removed >=
				10,
		"INVALIDATIONS %ju, TRANSLATIONS_REMOVED %ju",
		(uintmax_t)counter(cache, SVANIC_INVALIDATIONS),
		(uintmax_t)counter(cache, SVANIC_TRANSLATIONS_REMOVED));
	bare_unmap(&cache->test->bare, cache->space, SUBJECT, PAGE);
	check(whose_bytes(cache) == NULL &&
			pair_counter(&cache->pair, SVANIC_TX_ERRORS) == 1,
		"unmapped, it is refused: TX_ERRORS %ju",
		(uintmax_t)pair_counter(&cache->pair, SVANIC_TX_ERRORS));
}

void
check_cache(struct test *test)
{
	struct cache cache;

	begin(&cache, test);
	check_kept(&cache);
	check_invalidated(&cache);
	end(&cache);
}

/* The defect: the old bytes are sent, after the unmapping has returned. */
void
check_ignored(struct test *test)
{
	struct cache cache;

	begin(&cache, test);
	say_subject("a device that ignores invalidations");
	check(whose_bytes(&cache) == cache.first, "sent");
	put_at_subject(&cache, cache.second);
	check(whose_bytes(&cache) == cache.first,
		"the old bytes are sent, INVALIDATIONS %ju",
		(uintmax_t)counter(&cache, SVANIC_INVALIDATIONS));
	check(counter(&cache, SVANIC_INVALIDATIONS) != 0 &&
			counter(&cache, SVANIC_TRANSLATIONS_REMOVED) == 0,
		"TRANSLATIONS_REMOVED %ju",
		(uintmax_t)counter(&cache, SVANIC_TRANSLATIONS_REMOVED));
	test_reset(test);
	pair_start(&cache.pair, test, 1, cache.memory, ATS);
	check(whose_bytes(&cache) == cache.second,
		"a reset empties the cache all the same");
	end(&cache);
}
