/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Receiving: descriptors to mbufs, and mbufs to descriptors; see svanic_queue.h. How a
 * queue is set up is in svanic_queue_setup.c.
 *
 * Must not know: ethdev's structures, registers but the doorbell.
 */

#include <errno.h>
#include <string.h>
#ifdef __SSE4_1__
#include <smmintrin.h>
#endif

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ethdev.h>
#include <rte_io.h>
#include <rte_power_intrinsics.h>
#include <rte_prefetch.h>

#include "svanic_queue.h"

/*
 * What every received mbuf gets, by four writes of eight bytes or two of sixteen: data_off,
 * refcnt, nb_segs and port; the flags; packet type and length; data length, VLAN tag and hash.
 * The last one is a descriptor's second word without its status.
 */
#define REARM offsetof(struct rte_mbuf, rearm_data)
#define FLAGS offsetof(struct rte_mbuf, ol_flags)
#define TYPE_AND_LENGTH offsetof(struct rte_mbuf, packet_type)
#define LENGTH_AND_HASH offsetof(struct rte_mbuf, data_len)

_Static_assert(RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN, "words written as a whole");
_Static_assert(
	FLAGS == REARM + 8 && REARM % 16 == 0 && TYPE_AND_LENGTH % 16 == 0,
	"sixteen bytes at once");
_Static_assert(offsetof(struct rte_mbuf, pkt_len) == TYPE_AND_LENGTH + 4 &&
		offsetof(struct rte_mbuf, vlan_tci) == LENGTH_AND_HASH + 2 &&
		offsetof(struct rte_mbuf, hash.rss) == LENGTH_AND_HASH + 4,
	"words written as a whole");

#define ERROR_BITS (0xfu << SVANIC_ERROR_SHIFT)

/* What the device says of a frame, by bits 2 to 9 of its status. */
#define KNOWN_SHIFT 2
#define KNOWN_MASK 0xff
#define KNOWN(bit) ((bit) >> KNOWN_SHIFT)

static uint64_t
flags_of(unsigned int known)
{
	uint64_t flags = 0;

	if (known & KNOWN(SVANIC_RX_IPV4_SUM_CHECKED))
		flags |= known & KNOWN(SVANIC_RX_IPV4_SUM_WRONG)
			? RTE_MBUF_F_RX_IP_CKSUM_BAD
			: RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (known & KNOWN(SVANIC_RX_L4_SUM_CHECKED))
		flags |= known & KNOWN(SVANIC_RX_L4_SUM_WRONG)
			? RTE_MBUF_F_RX_L4_CKSUM_BAD
			: RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (known & KNOWN(SVANIC_RX_HASHED))
		flags |= RTE_MBUF_F_RX_RSS_HASH;
	return flags;
}

/* A device before version 1.1 has no kinds: that it has checked a header's sum tells IPv4. */
static uint32_t
type_of(unsigned int known)
{
	static const uint32_t types[8] = {
		[SVANIC_KIND_IPV4] = RTE_PTYPE_L3_IPV4_EXT_UNKNOWN,
		[SVANIC_KIND_IPV4_TCP] = RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
			RTE_PTYPE_L4_TCP,
		[SVANIC_KIND_IPV4_UDP] = RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
			RTE_PTYPE_L4_UDP,
		[SVANIC_KIND_IPV6] = RTE_PTYPE_L3_IPV6_EXT_UNKNOWN,
		[SVANIC_KIND_IPV6_TCP] = RTE_PTYPE_L3_IPV6_EXT_UNKNOWN |
			RTE_PTYPE_L4_TCP,
		[SVANIC_KIND_IPV6_UDP] = RTE_PTYPE_L3_IPV6_EXT_UNKNOWN |
			RTE_PTYPE_L4_UDP,
	};
	uint32_t type =
		types[known >> (SVANIC_RX_KIND_SHIFT - KNOWN_SHIFT) & 7];

	if (type == 0 && (known & KNOWN(SVANIC_RX_IPV4_SUM_CHECKED)))
		type = RTE_PTYPE_L3_IPV4_EXT_UNKNOWN;
	return RTE_PTYPE_L2_ETHER | type;
}

/* As in an mbuf, to be combined with what all mbufs have and what the descriptor says. */
static struct meaning {
	uint64_t rearm; /* 0 */
	uint64_t flags;
	uint64_t fields[2]; /* the packet type and nothing else */
} __rte_aligned(32) meaning[KNOWN_MASK + 1];

_Static_assert(sizeof(struct meaning) == 1 << 5, "meaning_of()");

RTE_INIT(svanic_rx_fill_meaning)
{
	unsigned int known;

	for (known = 0; known <= KNOWN_MASK; known++) {
		meaning[known].flags = flags_of(known);
		meaning[known].fields[0] = type_of(known);
	}
}

static inline uint64_t
load_word(const union svanic_descriptor *descriptor)
{
	return __atomic_load_n(&descriptor->words[1], __ATOMIC_RELAXED);
}

static inline uint64_t
read_word(const struct svanic_rx_queue *queue, uint32_t count)
{
	return load_word(&queue->ring[count & queue->mask]);
}

static inline uint16_t
length_in(uint64_t word)
{
	return word & 0xffff;
}

static inline uint16_t
status_in(uint64_t word)
{
	return (word >> 16) & 0xffff;
}

/* What a queue's descriptors have alike before the device has had them. */
struct buffers {
	size_t field; /* where in an mbuf the address is */
#ifdef __SSE4_1__
	__m128i rest; /* the headroom, to be added; the length */
#else
	uint64_t length;
#endif
};

static inline struct buffers
buffers_of(const struct svanic_rx_queue *queue)
{
	return (struct buffers){ .field = queue->address,
#ifdef __SSE4_1__
		.rest = _mm_set_epi64x(queue->buffer, RTE_PKTMBUF_HEADROOM)
#else
		.length = queue->buffer
#endif
	};
}

static inline void
give_one(union svanic_descriptor *descriptor, const struct rte_mbuf *mbuf,
	struct buffers buffers)
{
#ifdef __SSE4_1__
	const char *address = (const char *)mbuf + buffers.field;

	_mm_store_si128((__m128i *)(void *)descriptor,
		_mm_add_epi64(
			_mm_loadl_epi64((const __m128i *)(const void *)address),
			buffers.rest));
#else
	descriptor->words[0] = svanic_mbuf_address(mbuf, buffers.field) +
		RTE_PKTMBUF_HEADROOM;
	descriptor->words[1] = buffers.length;
#endif
}

/* To the device: the mbufs that are in these places. */
static inline void
give(struct svanic_rx_queue *queue, uint32_t place, uint32_t count)
{
	union svanic_descriptor *descriptor = &queue->ring[place];
	struct rte_mbuf **mbuf = &queue->mbufs[place];
	const struct buffers buffers = buffers_of(queue);

	for (; count >= 4; count -= 4, mbuf += 4, descriptor += 4) {
		give_one(&descriptor[0], mbuf[0], buffers);
		give_one(&descriptor[1], mbuf[1], buffers);
		give_one(&descriptor[2], mbuf[2], buffers);
		give_one(&descriptor[3], mbuf[3], buffers);
	}
	for (; count > 0; count--, mbuf++, descriptor++)
		give_one(descriptor, *mbuf, buffers);
}

/* Fills `count` places that lie side by side; false when the pool has too few mbufs. */
static inline bool
fill_run(struct svanic_rx_queue *queue, uint32_t count)
{
	uint32_t place = queue->given & queue->mask;

	if (unlikely(rte_mempool_get_bulk(queue->pool,
			     (void **)&queue->mbufs[place], count) != 0)) {
		queue->counters->no_mbufs += !queue->starved;
		queue->starved = true;
		return false;
	}
	queue->starved = false;
	queue->given += count;
	give(queue, place, count);
	return true;
}

void
svanic_rx_ring_doorbell(struct svanic_rx_queue *queue)
{
	rte_io_wmb();
	rte_write32_relaxed(rte_cpu_to_le_32(queue->given), queue->doorbell);
}

/*
 * In runs of at_least, so that a pool that has as many to spare can always serve one.
 * One doorbell for all; none for nothing.
 */
static inline void
refill(struct svanic_rx_queue *queue)
{
	uint32_t before = queue->given, empty, run;

	for (;;) {
		empty = queue->mask + 1 - (queue->given - queue->taken);
		if (empty < queue->at_least)
			break;
		if (!svanic_changes_are_followed(&queue->changes))
			break;
		run = queue->mask + 1 - (queue->given & queue->mask);
		if (!fill_run(queue, RTE_MIN(run, (uint32_t)queue->at_least)))
			break;
	}
	if (queue->given != before)
		svanic_rx_ring_doorbell(queue);
}

int
svanic_rx_fill(struct svanic_rx_queue *queue)
{
	struct rte_mbuf model;

	memset(&model, 0, sizeof(model));
	model.data_off = RTE_PKTMBUF_HEADROOM;
	model.nb_segs = 1;
	model.port = queue->port;
	rte_mbuf_refcnt_set(&model, 1);
	memcpy(&queue->rearm, (const char *)&model + REARM,
		sizeof(queue->rearm));
	svanic_rx_drain(queue);
	queue->starved = false;
	queue->taken = 0;
	queue->given = 0;
	return fill_run(queue, queue->mask + 1) ? 0 : -ENOMEM;
}

/* The device counts them as received; those with an error it counts as lost. */
static void
count_dropped(struct svanic_rx_queue *queue)
{
	uint64_t word, bytes = 0;
	uint32_t count;

	if (queue->first != NULL)
		bytes = queue->first->pkt_len;

	for (count = queue->taken; count != queue->given; count++) {
		word = read_word(queue, count);
		if (!(status_in(word) & SVANIC_RX_DONE))
			break;
		bytes += length_in(word);
		if (!(status_in(word) & SVANIC_RX_END))
			continue;
		if (!(status_in(word) & ERROR_BITS)) {
			queue->counters->dropped++;
			queue->counters->dropped_bytes += bytes;
		}
		bytes = 0;
	}
}

void
svanic_rx_drain(struct svanic_rx_queue *queue)
{
	count_dropped(queue);
	for (; queue->taken != queue->given; queue->taken++)
		rte_pktmbuf_free_seg(queue->mbufs[queue->taken & queue->mask]);
	rte_pktmbuf_free(queue->first);
	queue->first = NULL;
}

void
svanic_rx_abandon(struct svanic_rx_queue *queue)
{
	queue->taken = queue->given;
	rte_pktmbuf_free(queue->first); /* these it has done with */
	queue->first = NULL;
}

/* The table's place is cut out of the word as it is, without a multiplication. */
static inline const struct meaning *
meaning_of(uint64_t word)
{
	uint32_t offset = (uint32_t)word >> (16 + KNOWN_SHIFT - 5) &
		KNOWN_MASK << 5;

	return (const struct meaning *)(const void *)((const char *)meaning +
		offset);
}

#ifdef __SSE4_1__

/* What all mbufs of a queue have alike: the first eight bytes and flags. */
typedef __m128i common_t;

static inline common_t
common_of(const struct svanic_rx_queue *queue)
{
	return _mm_set_epi64x((long long)queue->flags, (long long)queue->rearm);
}

static inline void
put(struct rte_mbuf *mbuf, size_t field, __m128i value)
{
	_mm_store_si128((__m128i *)(void *)((char *)mbuf + field), value);
}

/* The mbuf of one descriptor, by what the device says in its word. */
static inline void
fill_mbuf(struct rte_mbuf *mbuf, common_t common, uint64_t word)
{
	const __m128i order = _mm_set_epi8(7, 6, 5, 4, -1, -1, 1, 0, /* */
		-1, -1, 1, 0, -1, -1, -1, -1);
	const __m128i *known = (const __m128i *)(const void *)meaning_of(word);

	put(mbuf, REARM, _mm_or_si128(common, known[0]));
	put(mbuf, TYPE_AND_LENGTH,
		_mm_or_si128(_mm_shuffle_epi8(
				     _mm_cvtsi64_si128((long long)word), order),
			known[1]));
}

#else

typedef struct {
	uint64_t rearm;
	uint64_t flags;
} common_t;

static inline common_t
common_of(const struct svanic_rx_queue *queue)
{
	return (common_t){ .rearm = queue->rearm, .flags = queue->flags };
}

static inline void
put(struct rte_mbuf *mbuf, size_t field, uint64_t value)
{
	memcpy((char *)mbuf + field, &value, sizeof(value));
}

static inline void
fill_mbuf(struct rte_mbuf *mbuf, common_t common, uint64_t word)
{
	const struct meaning *known = meaning_of(word);

	put(mbuf, REARM, common.rearm);
	put(mbuf, FLAGS, known->flags | common.flags);
	put(mbuf, TYPE_AND_LENGTH,
		known->fields[0] | (uint64_t)length_in(word) << 32);
	put(mbuf, LENGTH_AND_HASH, word & ~UINT64_C(0xffff0000));
}

#endif

/* A frame that the device could not write, or of which it says what cannot be. */
static void
lose_frame(struct svanic_rx_queue *queue, struct rte_mbuf *mbuf, uint64_t word)
{
	unsigned int code = status_in(word) >> SVANIC_ERROR_SHIFT;

	queue->counters->errors[code != 0 ? code : SVANIC_ERROR_MALFORMED]++;
	fill_mbuf(mbuf, common_of(queue), 0);
	rte_pktmbuf_free_seg(mbuf);
	rte_pktmbuf_free(queue->first);
	queue->first = NULL;
}

/* Whole frames without an error, which is nearly all there is. */
#define WHOLE_BITS ((uint64_t)(SVANIC_RX_DONE | SVANIC_RX_END) << 16)
#define ERROR_WORD ((uint64_t)ERROR_BITS << 16)

/* The mbuf of one place; the header of one some places on will soon be written to. */
static inline struct rte_mbuf *
take_place(struct rte_mbuf **place, struct rte_mbuf **mbuf)
{
	rte_prefetch0(place[SVANIC_SPARE_PLACES]);
	*mbuf = *place;
	return *mbuf;
}

#ifdef __SSE4_1__

/* Length and status of four descriptors, one beside the other. */
static inline __m128i
four_statuses(__m128i a, __m128i b, __m128i c, __m128i d)
{
	return _mm_castps_si128(
		_mm_shuffle_ps(_mm_castsi128_ps(_mm_unpackhi_epi64(a, b)),
			_mm_castsi128_ps(_mm_unpackhi_epi64(c, d)),
			_MM_SHUFFLE(2, 0, 2, 0)));
}

static inline __m128i
load(const union svanic_descriptor *descriptor)
{
	return _mm_load_si128((const __m128i *)(const void *)descriptor);
}

static inline void
fill_by(struct rte_mbuf *mbuf, common_t common, __m128i descriptor,
	uint32_t offset)
{
	const __m128i order = _mm_set_epi8(15, 14, 13, 12, -1, -1, 9, 8, /* */
		-1, -1, 9, 8, -1, -1, -1, -1);
	const __m128i *known = (const __m128i *)(const void *)((const char *)
								       meaning +
		offset);

	put(mbuf, REARM, _mm_or_si128(common, known[0]));
	put(mbuf, TYPE_AND_LENGTH,
		_mm_or_si128(_mm_shuffle_epi8(descriptor, order), known[1]));
}

/* Which of the four are whole frames, without an error, and no longer than a buffer. */
static inline __m128i
are_whole(__m128i status, uint16_t buffer)
{
	const __m128i told = _mm_set1_epi32(
		(int)((WHOLE_BITS | ERROR_WORD) & UINT32_MAX));
	const __m128i whole = _mm_set1_epi32((int)WHOLE_BITS);
	const __m128i limit = _mm_set1_epi32((int)(0xffff0000u | buffer));
	__m128i excess = _mm_subs_epu16(status, limit);

	return _mm_cmpeq_epi32(
		_mm_or_si128(_mm_and_si128(status, told), excess), whole);
}

/*
 * Four whole frames. A descriptor is read at once: its second word, which the device writes at
 * once, is as old as its status. False: not all are whole, and none was taken.
 */
static inline bool
take_four(const union svanic_descriptor *ring, struct rte_mbuf **places,
	struct rte_mbuf **mbufs, common_t common, uint16_t buffer)
{
	const __m128i known = _mm_set1_epi32(KNOWN_MASK << 5);
	__m128i a = load(&ring[0]), b = load(&ring[1]);
	__m128i c = load(&ring[2]), d = load(&ring[3]);
	__m128i status = four_statuses(a, b, c, d), offsets;

	if (unlikely(_mm_movemask_epi8(are_whole(status, buffer)) != 0xffff))
		return false;
	offsets = _mm_and_si128(
		_mm_srli_epi32(status, 16 + KNOWN_SHIFT - 5), known);
	fill_by(take_place(&places[0], &mbufs[0]), common, a,
		(uint32_t)_mm_extract_epi32(offsets, 0));
	fill_by(take_place(&places[1], &mbufs[1]), common, b,
		(uint32_t)_mm_extract_epi32(offsets, 1));
	fill_by(take_place(&places[2], &mbufs[2]), common, c,
		(uint32_t)_mm_extract_epi32(offsets, 2));
	fill_by(take_place(&places[3], &mbufs[3]), common, d,
		(uint32_t)_mm_extract_epi32(offsets, 3));
	return true;
}

#else

/*
 * Four whole frames. No length of the four is larger than all of them in one word, so that one
 * comparison does for nearly all. False: not all are whole, and none was taken.
 */
static inline bool
take_four(const union svanic_descriptor *ring, struct rte_mbuf **places,
	struct rte_mbuf **mbufs, common_t common, uint16_t buffer)
{
	uint64_t a = load_word(&ring[0]), b = load_word(&ring[1]);
	uint64_t c = load_word(&ring[2]), d = load_word(&ring[3]);

	if (unlikely((a & b & c & d & WHOLE_BITS) != WHOLE_BITS ||
		    ((a | b | c | d) & ERROR_WORD) != 0 ||
		    length_in(a | b | c | d) > buffer))
		return false;
	fill_mbuf(take_place(&places[0], &mbufs[0]), common, a);
	fill_mbuf(take_place(&places[1], &mbufs[1]), common, b);
	fill_mbuf(take_place(&places[2], &mbufs[2]), common, c);
	fill_mbuf(take_place(&places[3], &mbufs[3]), common, d);
	return true;
}

#endif

/*
 * Places in a row up to the ring's end, four at a time. Returns how many it took. A function
 * of its own, since all that its loop uses is in registers then.
 */
static __rte_noinline uint32_t
take_whole(const struct svanic_rx_queue *queue, uint32_t at,
	struct rte_mbuf **mbufs, uint32_t count)
{
	const union svanic_descriptor *ring = &queue->ring[at];
	struct rte_mbuf **places = &queue->mbufs[at], **place = places;
	struct rte_mbuf **end = places + (count & ~3u);
	const common_t common = common_of(queue);
	const uint16_t buffer = queue->buffer;

	for (; place != end; ring += 4, place += 4, mbufs += 4)
		if (!take_four(ring, place, mbufs, common, buffer))
			break;
	return (uint32_t)(place - places);
}

/* One descriptor, whatever it says. False: the device has not done with it. */
static inline bool
take_one(struct svanic_rx_queue *queue, uint32_t place, struct rte_mbuf **mbufs,
	uint16_t *count)
{
	uint64_t word = load_word(&queue->ring[place]);
	struct rte_mbuf *mbuf = queue->mbufs[place];

	if (!(status_in(word) & SVANIC_RX_DONE))
		return false;
	if (likely((status_in(word) & (ERROR_BITS | SVANIC_RX_END)) ==
			    SVANIC_RX_END &&
		    length_in(word) <= queue->buffer)) {
		fill_mbuf(mbuf, common_of(queue), word);
		mbufs[(*count)++] = mbuf;
	} else {
		lose_frame(queue, mbuf, word);
	}
	return true;
}

uint16_t
svanic_rx_burst(void *opaque, struct rte_mbuf **mbufs, uint16_t capacity)
{
	struct svanic_rx_queue *queue = opaque;
	uint32_t taken = queue->taken, place, most, whole;
	uint16_t count = 0;

	while (count < capacity && taken != queue->given) {
		place = taken & queue->mask;
		most = RTE_MIN(queue->given - taken, queue->mask + 1 - place);
		most = RTE_MIN(most, (uint32_t)(capacity - count));
		whole = take_whole(queue, place, mbufs + count, most);
		count += whole;
		taken += whole;
		if (whole == most)
			continue;
		if (!take_one(queue, taken & queue->mask, mbufs, &count))
			break;
		taken++;
	}
	/* The frames' bytes are read after the words that told of them. */
	rte_io_rmb();
	queue->taken = taken;
	refill(queue);
	return count;
}

/* What is told in the last descriptor is the whole frame's. */
static inline void
describe_frame(struct rte_mbuf *first, uint64_t flags, uint64_t word)
{
	const struct meaning *known = meaning_of(word);

	first->ol_flags = known->flags | flags;
	first->packet_type = (uint32_t)known->fields[0];
	first->hash.rss = (uint32_t)(word >> 32);
}

/* Whether the buffer can be one of the frame that has begun: the ring has room for the largest. */
static inline bool
is_possible(const struct svanic_rx_queue *queue, uint64_t word)
{
	return !(status_in(word) & ERROR_BITS) &&
		length_in(word) <= queue->buffer &&
		(queue->first == NULL || queue->first->nb_segs <= queue->mask);
}

static inline void
append(struct svanic_rx_queue *queue, struct rte_mbuf *mbuf)
{
	if (queue->first == NULL) {
		queue->first = mbuf;
	} else {
		queue->last->next = mbuf;
		queue->first->nb_segs++;
		queue->first->pkt_len += mbuf->data_len;
	}
	queue->last = mbuf;
}

uint16_t
svanic_rx_burst_scattered(
	void *opaque, struct rte_mbuf **mbufs, uint16_t capacity)
{
	struct svanic_rx_queue *queue = opaque;
	uint32_t taken = queue->taken;
	struct rte_mbuf *mbuf;
	uint16_t count = 0;
	uint64_t word;

	while (count < capacity && taken != queue->given) {
		word = read_word(queue, taken);
		if (!(status_in(word) & SVANIC_RX_DONE))
			break;
		mbuf = queue->mbufs[taken & queue->mask];
		taken++;
		rte_prefetch0(queue->mbufs[taken & queue->mask]);
		if (unlikely(!is_possible(queue, word))) {
			lose_frame(queue, mbuf, word);
			continue;
		}
		fill_mbuf(mbuf, common_of(queue), word);
		append(queue, mbuf);
		if (!(status_in(word) & SVANIC_RX_END))
			continue;
		describe_frame(queue->first, queue->flags, word);
		mbufs[count++] = queue->first;
		queue->first = NULL;
	}
	rte_io_rmb();
	queue->taken = taken;
	refill(queue);
	return count;
}

static bool
is_done(const struct svanic_rx_queue *queue, uint32_t count)
{
	return status_in(read_word(queue, count)) & SVANIC_RX_DONE;
}

/* The device gives descriptors back in order: those that are done come first. */
svanic_count_t
svanic_rx_count(void *opaque)
{
	const struct svanic_rx_queue *queue = opaque;
	uint32_t done = 0, undone = queue->given - queue->taken, middle;

	while (done != undone) {
		middle = done + (undone - done) / 2;
		if (is_done(queue, queue->taken + middle))
			done = middle + 1;
		else
			undone = middle;
	}
	return done;
}

int
svanic_rx_status(void *opaque, uint16_t offset)
{
	const struct svanic_rx_queue *queue = opaque;

	if (offset > queue->mask)
		return -EINVAL;
	if (offset >= queue->given - queue->taken)
		return RTE_ETH_RX_DESC_UNAVAIL;
	return is_done(queue, queue->taken + offset) ? RTE_ETH_RX_DESC_DONE
						     : RTE_ETH_RX_DESC_AVAIL;
}

/* -1: not to sleep. */
static int
has_come(const uint64_t word, const uint64_t *opaque)
{
	RTE_SET_USED(opaque);
	return status_in(word) & SVANIC_RX_DONE ? -1 : 0;
}

/*
 * The word that the device writes when it has done with the next descriptor. While the queue
 * has none, because its pool was empty, it is one that was done before: nobody sleeps then, and
 * the next burst asks the pool again.
 */
int
svanic_rx_monitor(void *opaque, struct rte_power_monitor_cond *condition)
{
	const struct svanic_rx_queue *queue = opaque;

	condition->addr = &queue->ring[queue->taken & queue->mask].words[1];
	condition->size = sizeof(uint64_t);
	condition->fn = has_come;
	return 0;
}
