/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Frames out of memory (datasheet, section 6): a frame's descriptors are collected, its
 * bytes gathered, its sums made; it is sent, and reported. Each stage can end to wait and
 * goes on where it was.
 *
 * Must not know: how a frame's sums are made, where a frame goes.
 */

#include <string.h>

#include "descriptor.h"
#include "frame.h"
#include "svanic.h"

void
svanic_tx_forget(struct svanic_queue *queue)
{
	struct svanic_tx *tx = &queue->tx;

	tx->stage = SVANIC_TX_COLLECT;
	tx->collected = 0;
	tx->segment = 0;
	tx->length = 0;
	tx->error = 0;
	queue->done = 0;
}

static void
enter(struct svanic_queue *queue, enum svanic_tx_stage stage)
{
	queue->tx.stage = stage;
	queue->tx.segment = 0;
	queue->done = 0;
}

static void
fail_frame(struct svanic_queue *queue, int error)
{
	queue->tx.error = (uint8_t)error;
	svanic_count(queue->pair, COUNT_TX_ERRORS, 1);
	enter(queue, SVANIC_TX_REPORT_BACK);
}

/* --- stages: each is left for the next one, or with a result other than SVANIC_DONE - */

static bool
is_complete(const struct svanic_tx *tx)
{
	return tx->collected != 0 &&
		(tx->segments[tx->collected - 1].flags & SVANIC_TX_END);
}

static int
collect(struct svanic_queue *queue)
{
	struct svanic_tx *tx = &queue->tx;
	int result;

	while (!is_complete(tx)) {
		if (tx->collected == SVANIC_SEGMENTS_MAX) {
			svanic_queue_halt(queue, SVANIC_ERROR_MALFORMED);
			return SVANIC_HALT;
		}
		result = svanic_queue_descriptor(queue,
			queue->ring.head + tx->collected,
			&tx->segments[tx->collected]);
		if (result != SVANIC_DONE)
			return result;
		tx->collected++;
	}
	if (descriptors_tx_are_valid(
		    tx->segments, tx->collected, queue->nic->frame_limit))
		enter(queue, SVANIC_TX_GATHER);
	else
		fail_frame(queue, SVANIC_ERROR_MALFORMED);
	return SVANIC_DONE;
}

static void
finish_bytes(struct svanic_queue *queue)
{
	const struct svanic_tx_descriptor *first = &queue->tx.segments[0];
	struct svanic_tx *tx = &queue->tx;

	if (!frame_make_sums(tx->bytes, tx->length, first->flags,
		    first->l2_length, first->l3_length)) {
		fail_frame(queue, SVANIC_ERROR_MALFORMED);
		return;
	}
	if (tx->length < FRAME_SHORTEST) {
		memset(tx->bytes + tx->length, 0, FRAME_SHORTEST - tx->length);
		tx->length = FRAME_SHORTEST;
	}
	enter(queue, SVANIC_TX_SEND);
}

static int
gather(struct svanic_queue *queue)
{
	struct svanic_tx *tx = &queue->tx;
	int result;

	while (tx->segment < tx->collected) {
		result = svanic_dma(queue, tx->segments[tx->segment].address,
			tx->bytes + tx->length,
			tx->segments[tx->segment].length, false, &queue->done);
		if (result > 0) {
			fail_frame(queue, result);
			return SVANIC_DONE;
		}
		if (result != SVANIC_DONE)
			return result;
		tx->length += tx->segments[tx->segment].length;
		tx->segment++;
		queue->done = 0;
	}
	finish_bytes(queue);
	return SVANIC_DONE;
}

static int
send(struct svanic_queue *queue)
{
	struct svanic *nic = queue->nic;

	if (nic->is_sending_blocked)
		return SVANIC_BUSY;
	if (!svanic_net_send(nic, queue->tx.bytes, queue->tx.length))
		nic->is_sending_blocked = true;
	svanic_count(queue->pair, COUNT_TX_FRAMES, 1);
	svanic_count(queue->pair, COUNT_TX_BYTES, queue->tx.length);
	enter(queue, SVANIC_TX_REPORT_BACK);
	return SVANIC_DONE;
}

static int
report(struct svanic_queue *queue)
{
	struct svanic_tx *tx = &queue->tx;
	struct svanic_tx_descriptor descriptor;
	int result;

	for (; tx->segment < tx->collected; tx->segment++) {
		bool is_last = tx->segment + 1 == tx->collected;

		descriptor = tx->segments[tx->segment];
		if (!(descriptor.flags & SVANIC_TX_REPORT) &&
			!(is_last && tx->error))
			continue;
		descriptor.flags = SVANIC_TX_DONE;
		if (is_last)
			descriptor.flags |= (uint16_t)(tx->error
				<< SVANIC_ERROR_SHIFT);
		result = svanic_queue_write_back(
			queue, queue->ring.head + tx->segment, &descriptor);
		if (result != SVANIC_DONE)
			return result;
	}
	svanic_queue_give_back(queue, tx->collected);
	svanic_tx_forget(queue);
	return SVANIC_DONE;
}

int
svanic_tx_step(struct svanic_queue *queue)
{
	int result;

	do {
		switch (queue->tx.stage) {
		case SVANIC_TX_COLLECT:
			result = collect(queue);
			break;
		case SVANIC_TX_GATHER:
			result = gather(queue);
			break;
		case SVANIC_TX_SEND:
			result = send(queue);
			break;
		default:
			result = report(queue);
			break;
		}
	} while (result == SVANIC_DONE && queue->tx.stage != SVANIC_TX_COLLECT);
	return result;
}
