/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * When a vector is raised (datasheet, section 8).
 *
 * Must not know: what a queue does.
 */

#include "svanic.h"

#define DEVICE_VECTOR 0
#define PAIR_VECTOR(n) (1 + (n))

void
svanic_event(struct svanic *nic, uint32_t event)
{
	uint32_t becomes_set = event & ~nic->events;

	nic->events |= event;
	if (becomes_set & nic->event_enable)
		msix_notify(nic->device, DEVICE_VECTOR);
}

void
svanic_event_enable(struct svanic *nic, uint32_t enable)
{
	nic->event_enable = enable;
	if (nic->events & enable)
		msix_notify(nic->device, DEVICE_VECTOR);
}

static struct svanic_queue *
named_queue(struct svanic_pair *pair, uint32_t value)
{
	return value & SVANIC_INTERRUPT_TX ? &pair->tx : &pair->rx;
}

void
svanic_interrupt_write(struct svanic_pair *pair, uint32_t value)
{
	struct svanic_queue *queue = named_queue(pair, value);

	pair->interrupt = value & ~SVANIC_INTERRUPT_ARM;
	queue->is_armed = value & SVANIC_INTERRUPT_ARM;
	queue->armed_at = value & SVANIC_INTERRUPT_COUNT;
	svanic_interrupt_check(queue);
}

uint32_t
svanic_interrupt_read(const struct svanic_pair *pair)
{
	const struct svanic_queue *queue = pair->interrupt & SVANIC_INTERRUPT_TX
		? &pair->tx
		: &pair->rx;

	return pair->interrupt | (queue->is_armed ? SVANIC_INTERRUPT_ARM : 0);
}

void
svanic_interrupt_check(struct svanic_queue *queue)
{
	if (!queue->is_armed)
		return;
	if ((queue->ring.head & SVANIC_INTERRUPT_COUNT) == queue->armed_at &&
		queue->state != SVANIC_STATE_HALTED)
		return;
	queue->is_armed = false;
	msix_notify(queue->nic->device, PAIR_VECTOR(queue->pair->number));
}
