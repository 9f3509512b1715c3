/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * All kinds of reset: CONTROL.RESET, function level, bus (datasheet, section 9).
 *
 * Must not know: who asked for it.
 */

#include <string.h>

#include "svanic.h"

static void
reset_queue(struct svanic_queue *queue)
{
	svanic_queue_end(queue);
	queue->ring_register = 0;
	queue->ring_low = 0;
	queue->size_register = 0;
	queue->is_armed = false;
	queue->armed_at = 0;
	queue->ring = (struct ring){ 0 };
}

static void
reset_pair(struct svanic_pair *pair)
{
	reset_queue(&pair->rx);
	reset_queue(&pair->tx);
	pair->pasid = 0;
	pair->interrupt = 0;
	pair->fault_info = 0;
	memset(pair->counters, 0, sizeof(pair->counters));
}

static void
reset_filters(struct svanic *nic)
{
	const uint8_t *mac = nic->properties.nic.mac;

	memset(&nic->filters, 0, sizeof(nic->filters));
	nic->filters.mac[0] = mac[0] | mac[1] << 8 | mac[2] << 16 |
		(uint32_t)mac[3] << 24;
	nic->filters.mac[1] = mac[4] | mac[5] << 8;
	nic->filters.mode = SVANIC_RECEIVE_BROADCAST;
}

/* A frame that the netdev still holds stays its own affair. */
void
svanic_reset(struct svanic *nic)
{
	unsigned int i;

	for (i = 0; i < SVANIC_PAIRS_MAX; i++)
		reset_pair(&nic->pairs[i]);
	svanic_pages_forget_all(nic);
	svanic_atc_clear(nic);
	reset_filters(nic);
	nic->control = 0;
	nic->frame_limit = SVANIC_FRAME_LIMIT_RESET;
	nic->events = 0;
	nic->event_enable = 0;
	nic->page_patience = SVANIC_PAGE_PATIENCE_RESET;
	nic->hash_fields = 0;
	memset(nic->hash_key, 0, sizeof(nic->hash_key));
	memset(nic->hash_table, 0, sizeof(nic->hash_table));
	nic->filtered = 0;
	nic->oversize = 0;
	nic->no_queue = 0;
	memset(&nic->translations, 0, sizeof(nic->translations));
}
