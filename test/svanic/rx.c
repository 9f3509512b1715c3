/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Frames into memory (datasheet, section 5). A step can end in the middle of a frame, to
 * wait for a page or a descriptor, and goes on where it was.
 *
 * Must not know: which frames are for this queue, what is in them.
 */

#include <stdlib.h>
#include <string.h>

#include "descriptor.h"
#include "svanic.h"

/* --- one frame -------------------------------------------------------------------- */

/* Fills the buffer; an error of its own is kept, so that it is told even after a wait. */
static int
fill(struct svanic_queue *queue, struct svanic_rx_frame *frame,
	const struct svanic_rx_descriptor *descriptor, uint32_t part)
{
	int result;

	if (queue->step_error != 0)
		return SVANIC_DONE;
	if (!descriptor_rx_is_valid(descriptor)) {
		queue->step_error = SVANIC_ERROR_MALFORMED;
		return SVANIC_DONE;
	}
	result = svanic_dma(queue, descriptor->address,
		frame->bytes + frame->offset, part, true, &queue->done);
	if (result > 0)
		queue->step_error = (uint8_t)result;
	return result == SVANIC_WAIT ? SVANIC_WAIT : SVANIC_DONE;
}

static void
describe(const struct svanic_queue *queue, const struct svanic_rx_frame *frame,
	struct svanic_rx_descriptor *descriptor, uint32_t part)
{
	descriptor->hash = 0;
	if (queue->step_error != 0) {
		descriptor->length = 0;
		descriptor->status = (uint16_t)(SVANIC_RX_DONE | SVANIC_RX_END |
			queue->step_error << SVANIC_ERROR_SHIFT);
		return;
	}
	descriptor->length = (uint16_t)part;
	descriptor->status = SVANIC_RX_DONE;
	if (frame->offset + part < frame->length)
		return;
	descriptor->status |= SVANIC_RX_END | frame->status;
	descriptor->hash = frame->hash;
}

/* One buffer: SVANIC_DONE, _EMPTY, _WAIT or _HALT. */
static int
put_part(struct svanic_queue *queue, struct svanic_rx_frame *frame)
{
	uint32_t number = queue->ring.head,
		 part = frame->length - frame->offset;
	struct svanic_rx_descriptor descriptor;
	int result;

	result = svanic_queue_descriptor(queue, number, &descriptor);
	if (result != SVANIC_DONE)
		return result;
	if (part > descriptor.length)
		part = descriptor.length;
	result = fill(queue, frame, &descriptor, part);
	if (result != SVANIC_DONE)
		return result;
	describe(queue, frame, &descriptor, part);
	result = svanic_queue_write_back(queue, number, &descriptor);
	if (result != SVANIC_DONE)
		return result;
	svanic_queue_give_back(queue, 1);
	queue->done = 0;
	frame->offset += part;
	return SVANIC_DONE;
}

static int
put(struct svanic_queue *queue, struct svanic_rx_frame *frame)
{
	int result;

	while (frame->offset < frame->length) {
		result = put_part(queue, frame);
		if (result != SVANIC_DONE)
			return result;
		if (queue->step_error != 0) {
			queue->step_error = 0;
			svanic_count(queue->pair, COUNT_RX_ERRORS, 1);
			return SVANIC_DONE;
		}
	}
	svanic_count(queue->pair, COUNT_RX_FRAMES, 1);
	svanic_count(queue->pair, COUNT_RX_BYTES, frame->length);
	return SVANIC_DONE;
}

/* --- frames that wait ------------------------------------------------------------- */

static void
let_wait(struct svanic_queue *queue, const struct svanic_rx_frame *frame)
{
	struct svanic_rx *rx = &queue->rx;
	uint8_t *copy = NULL;
	unsigned int last;

	if (rx->count < SVANIC_WAITING_FRAMES)
		copy = malloc(frame->length);
	if (copy == NULL) {
		svanic_count(queue->pair, COUNT_RX_MISSED, 1);
		return;
	}
	memcpy(copy, frame->bytes, frame->length);
	last = (rx->first + rx->count) % SVANIC_WAITING_FRAMES;
	rx->waiting[last] = *frame;
	rx->waiting[last].bytes = copy;
	rx->count++;
}

static void
drop_first(struct svanic_rx *rx)
{
	free(rx->waiting[rx->first].bytes);
	rx->first = (rx->first + 1) % SVANIC_WAITING_FRAMES;
	rx->count--;
}

void
svanic_rx_drop_waiting(struct svanic_queue *queue)
{
	for (; queue->rx.count != 0; drop_first(&queue->rx))
		svanic_count(queue->pair, COUNT_RX_MISSED, 1);
}

int
svanic_rx_step(struct svanic_queue *queue)
{
	struct svanic_rx *rx = &queue->rx;
	int result;

	if (rx->count == 0)
		return SVANIC_EMPTY;
	result = put(queue, &rx->waiting[rx->first]);
	if (result == SVANIC_DONE)
		drop_first(rx);
	return result;
}

void
svanic_rx_take(struct svanic_queue *queue, const struct svanic_rx_frame *frame)
{
	struct svanic_rx_frame current = *frame;
	int result = SVANIC_WAIT;

	if (queue->rx.count == 0 && svanic_queue_works_at_once(queue)) {
		svanic_dma_prepare(queue);
		result = put(queue, &current);
		svanic_interrupt_check(queue);
	}
	if (result == SVANIC_HALT)
		svanic_count(queue->pair, COUNT_RX_MISSED, 1);
	else if (result != SVANIC_DONE)
		let_wait(queue, &current);
	if (result == SVANIC_WAIT)
		svanic_queue_schedule(queue);
}
