/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Sending: mbufs to descriptors, and what has been sent back to the pools; see
 * svanic_queue.h.
 *
 * The device is asked to report every so many descriptors; a report tells that all
 * before it are done. So taking back costs one look at memory for many packets, and
 * packets that the device could not send come back with the others: its own counter
 * has them.
 *
 * Must not know: ethdev's structures, registers but the doorbell and HEAD.
 */

#include <errno.h>

#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_io.h>

#include "svanic_hardware.h"
#include "svanic_queue.h"

/* mbufs that go back to a pool at once */
#define FREE_AT_ONCE 64

#define SUM_FLAGS (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)

/* What a packet can ask for, and what says how to read that. */
#define FLAGS_SERVED (SUM_FLAGS | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6)

static inline uint64_t
word_at(const struct svanic_tx_queue *queue, uint32_t count)
{
	return rte_le_to_cpu_64(__atomic_load_n(
		&queue->ring[count & queue->mask].words[1], __ATOMIC_RELAXED));
}

static inline uint16_t
flags_in(uint64_t word)
{
	return (word >> 16) & 0xffff;
}

/* --- taking back -------------------------------------------------------------- */

/* Whole mbufs of one pool, up to the end of the ring. */
static void
free_fast(struct svanic_tx_queue *queue, uint32_t place, uint32_t count)
{
	rte_mempool_put_bulk(queue->mbufs[place]->pool,
		(void **)&queue->mbufs[place], count);
}

/* An mbuf that nobody else holds, and that is as its pool wants it. */
static inline bool
is_plain(const struct rte_mbuf *mbuf, const struct rte_mempool *pool)
{
	return rte_mbuf_refcnt_read(mbuf) == 1 && mbuf->pool == pool &&
		RTE_MBUF_DIRECT(mbuf) && mbuf->next == NULL &&
		mbuf->nb_segs == 1;
}

/* Plain ones from the first on, as they lie in the ring; returns how many. */
static uint32_t
free_plain(struct rte_mbuf **mbufs, uint32_t count)
{
	struct rte_mempool *pool = mbufs[0]->pool;
	struct rte_mbuf **mbuf = mbufs, **end = mbufs + count;

	while (mbuf != end && likely(is_plain(*mbuf, pool)))
		mbuf++;
	if (mbuf != mbufs)
		rte_mempool_put_bulk(
			pool, (void **)mbufs, (unsigned int)(mbuf - mbufs));
	return (uint32_t)(mbuf - mbufs);
}

static void
free_any(struct svanic_tx_queue *queue, uint32_t place, uint32_t count)
{
	struct rte_mbuf *ready[FREE_AT_ONCE], *mbuf;
	struct rte_mempool *pool = NULL;
	unsigned int waiting = 0;
	uint32_t i;

	for (i = place; i < place + count; i++) {
		mbuf = rte_pktmbuf_prefree_seg(queue->mbufs[i]);
		if (mbuf == NULL)
			continue;
		if (waiting == FREE_AT_ONCE ||
			(waiting > 0 && mbuf->pool != pool)) {
			rte_mempool_put_bulk(pool, (void **)ready, waiting);
			waiting = 0;
		}
		pool = mbuf->pool;
		ready[waiting++] = mbuf;
	}
	if (waiting > 0)
		rte_mempool_put_bulk(pool, (void **)ready, waiting);
}

static void
free_each(struct svanic_tx_queue *queue, uint32_t place, uint32_t count)
{
	uint32_t freed = free_plain(&queue->mbufs[place], count);

	if (freed != count)
		free_any(queue, place + freed, count - freed);
}

static void
take_back(struct svanic_tx_queue *queue, uint32_t end)
{
	uint32_t place, count;

	while (queue->done != end) {
		place = queue->done & queue->mask;
		count = RTE_MIN(end - queue->done, queue->mask + 1 - place);
		if (queue->fast_free)
			free_fast(queue, place, count);
		else
			free_each(queue, place, count);
		queue->done += count;
	}
}

/* As far as the device has reported. */
static inline void
reclaim(struct svanic_tx_queue *queue)
{
	uint32_t end = queue->done, reported;

	while (queue->report_done != queue->report_next) {
		reported = queue->reports[queue->report_done & queue->mask];
		if (!(flags_in(word_at(queue, reported - 1)) & SVANIC_TX_DONE))
			break;
		end = reported;
		queue->report_done++;
	}
	take_back(queue, end);
}

/*
 * A device that was reset or is gone reads as something impossible: nothing is done. The
 * register of a queue that is off is of the run before.
 */
static uint32_t
read_head(const struct svanic_tx_queue *queue)
{
	uint32_t head = queue->kept;

	if (queue->runs)
		head = svanic_read32(queue->hardware,
			svanic_queue_at(queue->number, SVANIC_TX) +
				SVANIC_QUEUE_HEAD);
	return head - queue->done <= queue->next - queue->done ? head
							       : queue->done;
}

/*
 * The count after the packet that begins at `count`, at most `head`, whatever the device has
 * written; only ends are written back.
 */
static uint32_t
end_of_packet(
	const struct svanic_tx_queue *queue, uint32_t count, uint32_t head)
{
	const uint16_t end = SVANIC_TX_END | SVANIC_TX_DONE;

	while (count + 1 != head && !(flags_in(word_at(queue, count)) & end))
		count++;
	return count + 1;
}

static void
forget_reports(struct svanic_tx_queue *queue)
{
	uint32_t reported;

	while (queue->report_done != queue->report_next) {
		reported = queue->reports[queue->report_done & queue->mask];
		if ((int32_t)(reported - queue->done) > 0)
			return;
		queue->report_done++;
	}
}

int
svanic_tx_done_cleanup(void *opaque, uint32_t packets)
{
	struct svanic_tx_queue *queue = opaque;
	uint32_t head = read_head(queue), end = queue->done;
	int count = 0;

	while (end != head && (packets == 0 || (uint32_t)count < packets)) {
		end = end_of_packet(queue, end, head);
		count++;
	}
	take_back(queue, end);
	forget_reports(queue);
	return count;
}

/*
 * Whether the descriptor of this count, which was given and not taken back, is done: by
 * the first report that covers it, or by HEAD when no report was asked for yet.
 */
static bool
is_done(const struct svanic_tx_queue *queue, uint32_t count)
{
	uint32_t i, reported;

	for (i = queue->report_done; i != queue->report_next; i++) {
		reported = queue->reports[i & queue->mask];
		if ((int32_t)(reported - count) > 0)
			return flags_in(word_at(queue, reported - 1)) &
				SVANIC_TX_DONE;
	}
	return count - queue->done < read_head(queue) - queue->done;
}

int
svanic_tx_status(void *opaque, uint16_t offset)
{
	const struct svanic_tx_queue *queue = opaque;
	uint32_t ahead; /* of what was taken back */

	if (offset > queue->mask)
		return -EINVAL;
	/* The place at `offset` from the next one was used a ring ago. */
	ahead = queue->next + offset - (queue->mask + 1) - queue->done;
	if (ahead >= queue->next - queue->done)
		return RTE_ETH_TX_DESC_DONE;
	return is_done(queue, queue->done + ahead) ? RTE_ETH_TX_DESC_DONE
						   : RTE_ETH_TX_DESC_FULL;
}

/* --- giving to the device ------------------------------------------------------- */

static inline uint64_t
flag_word(uint16_t flags)
{
	return (uint64_t)flags << 16;
}

/* By bits 52 to 54 of the packet's flags. */
static inline uint64_t
sum_word(const struct rte_mbuf *mbuf)
{
	static const uint16_t sums[8] = {
		[1] = SVANIC_TX_TCP_SUM,
		[3] = SVANIC_TX_UDP_SUM,
		[4] = SVANIC_TX_IPV4_SUM,
		[5] = SVANIC_TX_IPV4_SUM | SVANIC_TX_TCP_SUM,
		[6] = SVANIC_TX_IPV4_SUM,
		[7] = SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM,
	};

	RTE_BUILD_BUG_ON(RTE_MBUF_F_TX_TCP_CKSUM != 1ULL << 52);
	RTE_BUILD_BUG_ON(RTE_MBUF_F_TX_UDP_CKSUM != 3ULL << 52);
	RTE_BUILD_BUG_ON(RTE_MBUF_F_TX_IP_CKSUM != 4ULL << 52);
	if (!(mbuf->ol_flags & SUM_FLAGS))
		return 0;
	return flag_word(sums[(mbuf->ol_flags >> 52) & 7]) |
		(uint64_t)mbuf->l2_len << 32 | (uint64_t)mbuf->l3_len << 40;
}

static inline void
write_descriptor(
	struct svanic_tx_queue *queue, struct rte_mbuf *mbuf, uint64_t word)
{
	uint32_t place = queue->next & queue->mask;
	uint64_t address = svanic_mbuf_address(mbuf, queue->address) +
		mbuf->data_off;

	queue->ring[place].words[0] = rte_cpu_to_le_64(address);
	queue->ring[place].words[1] = rte_cpu_to_le_64(word | mbuf->data_len);
	queue->mbufs[place] = mbuf;
	queue->next++;
}

/* What the END descriptor has to say, `segments` being the packet's. */
static inline uint64_t
end_word(struct svanic_tx_queue *queue, uint16_t segments)
{
	uint32_t after = queue->next + 1; /* it is the next to be written */

	queue->unreported += segments;
	if (queue->unreported < queue->report_after)
		return flag_word(SVANIC_TX_END);
	queue->unreported = 0;
	queue->reports[queue->report_next++ & queue->mask] = after;
	return flag_word(SVANIC_TX_END | SVANIC_TX_REPORT);
}

/* Segments without bytes are left out: the device takes none. */
static void
send_segments(struct svanic_tx_queue *queue, struct rte_mbuf *mbuf)
{
	struct rte_mbuf *waiting = NULL, *following;
	uint64_t word = sum_word(mbuf);
	uint16_t segments = 0;

	for (; mbuf != NULL; mbuf = following) {
		following = mbuf->next;
		if (queue->fast_free) { /* as the pool wants them */
			mbuf->next = NULL;
			mbuf->nb_segs = 1;
		}
		if (unlikely(mbuf->data_len == 0)) {
			rte_pktmbuf_free_seg(mbuf);
			continue;
		}
		if (waiting != NULL) {
			write_descriptor(queue, waiting, word);
			word = 0;
		}
		waiting = mbuf;
		segments++;
	}
	write_descriptor(queue, waiting, word | end_word(queue, segments));
}

/* More descriptors than the device finds an end in would halt the queue. */
static bool
is_sendable(const struct svanic_tx_queue *queue, const struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs <= queue->segments_max && mbuf->pkt_len > 0;
}

static inline uint32_t
free_places(const struct svanic_tx_queue *queue)
{
	return queue->mask + 1 - (queue->next - queue->done);
}

/* One segment with bytes, and nothing to be made for it: nearly all packets. */
static inline bool
is_simple(const struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs == 1 && mbuf->data_len != 0 &&
		(mbuf->ol_flags & SUM_FLAGS) == 0;
}

static inline void
write_one(union svanic_descriptor *descriptor, const struct rte_mbuf *mbuf,
	size_t field)
{
	descriptor->words[0] = rte_cpu_to_le_64(
		svanic_mbuf_address(mbuf, field) + mbuf->data_off);
	descriptor->words[1] = rte_cpu_to_le_64(
		flag_word(SVANIC_TX_END) | mbuf->data_len);
}

/* Whether four packets are simple; it takes few instructions when they are. */
static inline bool
are_simple(const struct rte_mbuf *a, const struct rte_mbuf *b,
	const struct rte_mbuf *c, const struct rte_mbuf *d)
{
	return (a->nb_segs | b->nb_segs | c->nb_segs | d->nb_segs) == 1 &&
		((a->ol_flags | b->ol_flags | c->ol_flags | d->ol_flags) &
			SUM_FLAGS) == 0 &&
		a->data_len != 0 && b->data_len != 0 && c->data_len != 0 &&
		d->data_len != 0;
}

/*
 * Simple packets into places in a row, up to the first that is not. Returns how many. A
 * function of its own, since all that its loop uses is in registers then.
 */
static __rte_noinline uint32_t
write_simple(union svanic_descriptor *descriptor, struct rte_mbuf **kept,
	struct rte_mbuf **mbufs, uint32_t most, size_t field)
{
	struct rte_mbuf **mbuf = mbufs, **end = mbufs + most;
	struct rte_mbuf *a, *b, *c, *d;

	for (; end - mbuf >= 4; mbuf += 4, kept += 4, descriptor += 4) {
		a = mbuf[0];
		b = mbuf[1];
		c = mbuf[2];
		d = mbuf[3];
		if (unlikely(!are_simple(a, b, c, d)))
			break;
		write_one(&descriptor[0], a, field);
		write_one(&descriptor[1], b, field);
		write_one(&descriptor[2], c, field);
		write_one(&descriptor[3], d, field);
		kept[0] = a;
		kept[1] = b;
		kept[2] = c;
		kept[3] = d;
	}
	for (; mbuf != end && is_simple(*mbuf); mbuf++, kept++, descriptor++) {
		write_one(descriptor, *mbuf, field);
		*kept = *mbuf;
	}
	return (uint32_t)(mbuf - mbufs);
}

/* So many simple ones were written; the last of them reports when it is time. */
static inline void
count_simple(struct svanic_tx_queue *queue, uint32_t count)
{
	queue->next += count;
	queue->unreported += count;
	if (count == 0 || queue->unreported < queue->report_after)
		return;
	queue->unreported = 0;
	queue->reports[queue->report_next++ & queue->mask] = queue->next;
	queue->ring[(queue->next - 1) & queue->mask]
		.words[1] |= rte_cpu_to_le_64(flag_word(SVANIC_TX_REPORT));
}

/* Not beyond the next report, nor the ring's end. */
static inline uint32_t
most_simple(const struct svanic_tx_queue *queue, uint32_t wanted)
{
	uint32_t to_report = queue->report_after - queue->unreported;
	uint32_t to_end = queue->mask + 1 - (queue->next & queue->mask);

	wanted = RTE_MIN(wanted, free_places(queue));
	wanted = RTE_MIN(wanted, to_report);
	return RTE_MIN(wanted, to_end);
}

/* Any packet. False: there is no room for it now. */
static bool
send_any(struct svanic_tx_queue *queue, struct rte_mbuf *mbuf)
{
	if (unlikely(free_places(queue) < mbuf->nb_segs)) {
		reclaim(queue);
		if (free_places(queue) < mbuf->nb_segs &&
			mbuf->nb_segs <= queue->segments_max)
			return false;
	}
	if (unlikely(!is_sendable(queue, mbuf))) {
		queue->counters->refused++;
		rte_pktmbuf_free(mbuf);
	} else if (likely(mbuf->nb_segs == 1)) {
		write_descriptor(
			queue, mbuf, sum_word(mbuf) | end_word(queue, 1));
	} else {
		send_segments(queue, mbuf);
	}
	return true;
}

uint16_t
svanic_tx_burst(void *opaque, struct rte_mbuf **mbufs, uint16_t count)
{
	struct svanic_tx_queue *queue = opaque;
	uint32_t before = queue->next, most, written, place;
	uint16_t sent = 0;

	if (unlikely(!svanic_changes_are_followed(&queue->changes)))
		return 0;
	if (free_places(queue) < queue->free_below)
		reclaim(queue);
	while (sent < count) {
		most = most_simple(queue, count - sent);
		place = queue->next & queue->mask;
		written = write_simple(&queue->ring[place],
			&queue->mbufs[place], mbufs + sent, most,
			queue->address);
		count_simple(queue, written);
		sent += written;
		if (written == most && most != 0)
			continue;
		if (!send_any(queue, mbufs[sent]))
			break;
		sent++;
	}
	if (queue->next != before) {
		rte_io_wmb();
		rte_write32_relaxed(
			rte_cpu_to_le_32(queue->next), queue->doorbell);
	}
	return sent;
}

/* 0, or a negative errno: why the device could not send this packet. */
static int
check_packet(const struct svanic_tx_queue *queue, const struct rte_mbuf *mbuf)
{
	uint64_t flags = mbuf->ol_flags;
	uint64_t l4 = flags & RTE_MBUF_F_TX_L4_MASK;

	if ((flags & RTE_MBUF_F_TX_OFFLOAD_MASK & ~FLAGS_SERVED) != 0 ||
		l4 == RTE_MBUF_F_TX_SCTP_CKSUM)
		return -ENOTSUP;
	if (!is_sendable(queue, mbuf))
		return -EINVAL;
	if ((flags & SUM_FLAGS) == 0)
		return 0;
	if (mbuf->l2_len == 0 || mbuf->l3_len == 0 || mbuf->l3_len > UINT8_MAX)
		return -EINVAL;
	if (!(flags & (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6)) && l4 != 0)
		return -EINVAL;
	return 0;
}

/* The device makes sums from nothing, so that there is nothing to be prepared. */
uint16_t
svanic_tx_prepare(void *opaque, struct rte_mbuf **mbufs, uint16_t count)
{
	const struct svanic_tx_queue *queue = opaque;
	uint16_t i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = check_packet(queue, mbufs[i]);
		if (ret != 0) {
			rte_errno = -ret;
			break;
		}
	}
	return i;
}

/* --- begin and end -------------------------------------------------------------- */

static void
forget_all(struct svanic_tx_queue *queue)
{
	queue->next = 0;
	queue->done = 0;
	queue->report_next = 0;
	queue->report_done = 0;
	queue->unreported = 0;
	queue->kept = 0;
}

void
svanic_tx_keep_head(struct svanic_tx_queue *queue)
{
	queue->kept = read_head(queue);
	queue->runs = false;
}

void
svanic_tx_drain(struct svanic_tx_queue *queue)
{
	uint32_t count;

	reclaim(queue);
	count = read_head(queue);
	for (; count != queue->next;
		count = end_of_packet(queue, count, queue->next))
		queue->counters->dropped++;
	take_back(queue, queue->next);
	forget_all(queue);
	queue->runs = false;
}

void
svanic_tx_abandon(struct svanic_tx_queue *queue)
{
	forget_all(queue);
	queue->runs = false;
}

void
svanic_tx_begin(struct svanic_tx_queue *queue)
{
	svanic_tx_drain(queue);
	queue->runs = true;
}
