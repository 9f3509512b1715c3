/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The life of a queue, its runs, and its descriptors: read in batches, written back one
 * by one (datasheet, section 4).
 *
 * Must not know: what is in a descriptor.
 */

#include <stddef.h>
#include <string.h>

#include "svanic.h"

/* --- runs ------------------------------------------------------------------------- */

bool
svanic_queue_may_work(const struct svanic_queue *queue)
{
	return queue->state == SVANIC_STATE_RUNNING;
}

bool
svanic_queue_is_on(const struct svanic_queue *queue)
{
	return queue->state == SVANIC_STATE_RUNNING ||
		queue->state == SVANIC_STATE_WAITING;
}

static void
start_timer(struct qemu_timer *timer, uint32_t delay)
{
	timer_mod(timer,
		qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / QEMU_MILLISECOND +
			delay);
}

bool
svanic_queue_works_at_once(const struct svanic_queue *queue)
{
	return svanic_queue_may_work(queue) &&
		queue->nic->properties.work_delay == 0;
}

void
svanic_queue_schedule(struct svanic_queue *queue)
{
	if (svanic_queue_works_at_once(queue)) {
		qemu_bh_schedule(queue->bottom_half);
	} else if (svanic_queue_may_work(queue) && !queue->is_work_due) {
		queue->is_work_due = true;
		start_timer(
			&queue->work_timer, queue->nic->properties.work_delay);
	}
}

static void
run(void *opaque)
{
	struct svanic_queue *queue = opaque;
	unsigned int frames;
	int result = SVANIC_DONE;

	queue->is_work_due = false;
	if (!svanic_queue_may_work(queue))
		return;
	svanic_dma_prepare(queue);
	for (frames = 0;
		frames < SVANIC_FRAMES_PER_RUN && result == SVANIC_DONE;
		frames++)
		result = queue->is_rx ? svanic_rx_step(queue)
				      : svanic_tx_step(queue);
	svanic_interrupt_check(queue);
	if (result == SVANIC_DONE)
		svanic_queue_schedule(queue);
}

/* --- life ------------------------------------------------------------------------- */

static void
end_disabled(void *opaque)
{
	svanic_queue_end(opaque);
}

static void
make_timer(struct svanic_queue *queue, struct qemu_timer *timer,
	void (*function)(void *opaque))
{
	timer_init_full(timer, NULL, QEMU_CLOCK_VIRTUAL, QEMU_MILLISECOND, 0,
		function, queue);
}

void
svanic_queue_init(struct svanic *nic, struct svanic_pair *pair,
	struct svanic_queue *queue, bool is_rx)
{
	queue->nic = nic;
	queue->pair = pair;
	queue->is_rx = is_rx;
	queue->bottom_half = qemu_bh_new_full(run, queue, SVANIC_TYPE, NULL);
	make_timer(queue, &queue->work_timer, run);
	make_timer(queue, &queue->end_timer, end_disabled);
}

void
svanic_queue_exit(struct svanic_queue *queue)
{
	svanic_queue_end(queue);
	qemu_bh_delete(queue->bottom_half);
}

/* What is under way is given up, frames that wait are lost. */
static void
stop(struct svanic_queue *queue)
{
	qemu_bh_cancel(queue->bottom_half);
	timer_del(&queue->work_timer);
	timer_del(&queue->end_timer);
	queue->is_work_due = false;
	queue->is_ending = false;
	svanic_page_give_up(queue);
	if (queue->is_rx)
		svanic_rx_drop_waiting(queue);
	else
		svanic_tx_forget(queue);
	queue->batch.count = 0;
	queue->done = 0;
	queue->step_error = 0;
}

void
svanic_queue_end(struct svanic_queue *queue)
{
	if (queue->state == SVANIC_STATE_OFF)
		return;
	stop(queue);
	queue->state = SVANIC_STATE_OFF;
	queue->halt_error = 0;
}

/* Until the end it works on what it was given, as a device with many transfers out. */
void
svanic_queue_disable(struct svanic_queue *queue)
{
	uint32_t delay = queue->nic->properties.disable_delay;

	if (delay == 0 || !svanic_queue_is_on(queue)) {
		svanic_queue_end(queue);
	} else if (!queue->is_ending) {
		queue->is_ending = true;
		start_timer(&queue->end_timer, delay);
	}
}

/* One that was disabled is off then: the driver has asked for that already. */
void
svanic_queue_halt(struct svanic_queue *queue, int error)
{
	if (queue->is_ending) {
		svanic_queue_end(queue);
		return;
	}
	stop(queue);
	queue->state = SVANIC_STATE_HALTED;
	queue->halt_error = (uint8_t)error;
	svanic_event(queue->nic, SVANIC_EVENT_QUEUE);
	svanic_interrupt_check(queue);
}

void
svanic_queue_enable(struct svanic_queue *queue)
{
	if (queue->state != SVANIC_STATE_OFF)
		return;
	queue->ring = (struct ring){ .address = queue->ring_register };
	if (!ring_is_valid(queue->ring_register, queue->size_register)) {
		svanic_queue_halt(queue, SVANIC_ERROR_MALFORMED);
		return;
	}
	queue->ring.log2_size = (uint8_t)queue->size_register;
	queue->state = SVANIC_STATE_RUNNING;
	svanic_interrupt_check(queue);
}

void
svanic_queue_set_tail(struct svanic_queue *queue, uint32_t tail)
{
	if (!svanic_queue_is_on(queue) || queue->is_ending)
		return;
	if (!ring_takes_tail(&queue->ring, tail)) {
		svanic_queue_halt(queue, SVANIC_ERROR_MALFORMED);
		return;
	}
	queue->ring.tail = tail;
	svanic_queue_schedule(queue);
}

/* --- descriptors ------------------------------------------------------------------ */

static int
read_batch(struct svanic_queue *queue, uint32_t number)
{
	struct svanic_descriptors *batch = &queue->batch;
	uint32_t count = ring_batch(&queue->ring, number), done = 0;
	int result;

	batch->count = 0;
	if (count == 0)
		return SVANIC_EMPTY;
	result = svanic_dma(queue, ring_slot_address(&queue->ring, number),
		batch->words, count * RING_DESCRIPTOR_SIZE, false, &done);
	if (result > 0) {
		svanic_queue_halt(queue, result);
		return SVANIC_HALT;
	}
	if (result != SVANIC_DONE)
		return result;
	batch->first = number;
	batch->count = count;
	return SVANIC_DONE;
}

int
svanic_queue_descriptor(
	struct svanic_queue *queue, uint32_t number, void *descriptor)
{
	struct svanic_descriptors *batch = &queue->batch;
	int result;

	if (number - batch->first >= batch->count) {
		result = read_batch(queue, number);
		if (result != SVANIC_DONE)
			return result;
	}
	memcpy(descriptor, batch->words[number - batch->first],
		RING_DESCRIPTOR_SIZE);
	return SVANIC_DONE;
}

/* The frame's bytes are in memory before the word that says so: x86 stores in order. */
int
svanic_queue_write_back(
	struct svanic_queue *queue, uint32_t number, const void *descriptor)
{
	uint64_t word;
	int result;

	memcpy(&word, (const uint8_t *)descriptor + sizeof(word), sizeof(word));
	__atomic_thread_fence(__ATOMIC_RELEASE);
	result = svanic_dma_write_8(queue,
		ring_slot_address(&queue->ring, number) + sizeof(word), word);
	if (result > 0) {
		svanic_queue_halt(queue, result);
		return SVANIC_HALT;
	}
	return result;
}

void
svanic_queue_give_back(struct svanic_queue *queue, uint32_t count)
{
	queue->ring.head += count;
}
