/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Register accesses (datasheet, sections 2 to 4): finds the register, keeps what is only
 * kept, and hands on what does something.
 *
 * Must not know: how anything is done.
 */

#include <string.h>

#include "svanic.h"

#define PAIRS_BEGIN SVANIC_PAIR(0)
#define PAIR_SIZE (SVANIC_PAIR(1) - SVANIC_PAIR(0))
#define QUEUE_REGISTERS_END (SVANIC_QUEUE_STATE + 4)
#define LOG2_RING_SHIFT 8
#define SEGMENTS_SHIFT 16
#define EVENTS_ALL (SVANIC_EVENT_LINK | SVANIC_EVENT_QUEUE | SVANIC_EVENT_FAULT)
#define MODE_ALL                                                     \
	(SVANIC_RECEIVE_PROMISCUOUS | SVANIC_RECEIVE_ALL_MULTICAST | \
		SVANIC_RECEIVE_BROADCAST | SVANIC_RECEIVE_HASH)
#define HASH_FIELDS_ALL 0x3f
#define FILTER_HIGH_ALL (SVANIC_FILTER_VALID | SVANIC_FILTER_STEER | 0xfffff)
#define PASID_ALL                                                 \
	(SVANIC_PASID_USE | SVANIC_PASID_ATS | SVANIC_PASID_ASK | \
		SVANIC_PASID_MASK)

static bool
is_in(uint64_t offset, uint64_t begin, uint64_t length)
{
	return offset >= begin && offset < begin + length;
}

/* --- reading ---------------------------------------------------------------------- */

static uint32_t
features(const struct svanic *nic)
{
	return SVANIC_FEATURE_RX_IPV4_SUM | SVANIC_FEATURE_RX_L4_SUM |
		SVANIC_FEATURE_TX_IPV4_SUM | SVANIC_FEATURE_TX_L4_SUM |
		SVANIC_FEATURE_HASH |
		(nic->properties.pasid ? SVANIC_FEATURE_PASID : 0) |
		(nic->properties.ats ? SVANIC_FEATURE_ATS : 0) |
		(nic->properties.pri ? SVANIC_FEATURE_PRI : 0);
}

static uint32_t
status(const struct svanic *nic)
{
	const struct svanic_properties *has = &nic->properties;

	return (svanic_net_link(nic) ? SVANIC_STATUS_LINK : 0) |
		(has->pasid && pcie_pasid_enabled(nic->device)
				? SVANIC_STATUS_PASID
				: 0) |
		(has->ats && pcie_ats_enabled(nic->device) ? SVANIC_STATUS_ATS
							   : 0) |
		(has->pri && pcie_pri_enabled(nic->device) ? SVANIC_STATUS_PRI
							   : 0);
}

static uint32_t
queue_events(const struct svanic *nic)
{
	uint32_t halted = 0;
	unsigned int i;

	for (i = 0; i < nic->properties.pairs; i++) {
		if (nic->pairs[i].rx.state == SVANIC_STATE_HALTED ||
			nic->pairs[i].tx.state == SVANIC_STATE_HALTED)
			halted |= 1u << i;
	}
	return halted;
}

static uint32_t
read_bytes(const uint8_t *bytes, uint64_t offset)
{
	uint32_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return value;
}

static uint32_t
read_table(const struct svanic *nic, uint64_t offset)
{
	if (is_in(offset, SVANIC_HASH_KEY, SVANIC_HASH_KEY_LENGTH))
		return read_bytes(nic->hash_key, offset - SVANIC_HASH_KEY);
	if (is_in(offset, SVANIC_HASH_TABLE, SVANIC_HASH_TABLE_ENTRIES))
		return read_bytes(nic->hash_table, offset - SVANIC_HASH_TABLE);
	if (is_in(offset, SVANIC_FILTER_LOW(0), 8 * SVANIC_FILTERS)) {
		offset -= SVANIC_FILTER_LOW(0);
		return nic->filters.further[offset / 8][offset / 4 % 2];
	}
	return 0;
}

static uint32_t
read_global(const struct svanic *nic, uint64_t offset)
{
	switch (offset) {
	case SVANIC_ID:
		return SVANIC_ID_VALUE;
	case SVANIC_VERSION:
		return SVANIC_VERSION_VALUE;
	case SVANIC_LIMITS:
		return nic->properties.pairs |
			SVANIC_RING_LOG2_MAX << LOG2_RING_SHIFT |
			SVANIC_SEGMENTS_MAX << SEGMENTS_SHIFT;
	case SVANIC_FEATURES:
		return features(nic);
	case SVANIC_CONTROL:
		return nic->control;
	case SVANIC_STATUS:
		return status(nic);
	case SVANIC_MAC_LOW:
		return nic->filters.mac[0];
	case SVANIC_MAC_HIGH:
		return nic->filters.mac[1];
	case SVANIC_RECEIVE_MODE:
		return nic->filters.mode;
	case SVANIC_FRAME_LIMIT:
		return nic->frame_limit;
	case SVANIC_EVENTS:
		return nic->events;
	case SVANIC_EVENT_ENABLE:
		return nic->event_enable;
	case SVANIC_PAGE_PATIENCE:
		return nic->page_patience;
	case SVANIC_QUEUE_EVENTS:
		return queue_events(nic);
	case SVANIC_HASH_FIELDS:
		return nic->hash_fields;
	default:
		return read_table(nic, offset);
	}
}

static uint32_t
read_queue(const struct svanic_queue *queue, uint64_t offset)
{
	switch (offset) {
	case SVANIC_QUEUE_SIZE:
		return queue->size_register;
	case SVANIC_QUEUE_CONTROL:
		return svanic_queue_is_on(queue) ? SVANIC_QUEUE_ENABLE : 0;
	case SVANIC_QUEUE_TAIL:
		return queue->ring.tail;
	case SVANIC_QUEUE_HEAD:
		return queue->ring.head;
	case SVANIC_QUEUE_STATE:
		return queue->state |
			queue->halt_error << SVANIC_STATE_ERROR_SHIFT;
	default:
		return 0;
	}
}

static uint32_t
read_pair(const struct svanic_pair *pair, uint64_t offset)
{
	if (is_in(offset, SVANIC_RX, QUEUE_REGISTERS_END))
		return read_queue(&pair->rx, offset - SVANIC_RX);
	if (is_in(offset, SVANIC_TX, QUEUE_REGISTERS_END))
		return read_queue(&pair->tx, offset - SVANIC_TX);
	switch (offset) {
	case SVANIC_PASID:
		return pair->pasid;
	case SVANIC_INTERRUPT:
		return svanic_interrupt_read(pair);
	case SVANIC_FAULT_INFO:
		return pair->fault_info;
	default:
		return 0;
	}
}

/* The pair whose registers are at this offset, or NULL. */
static struct svanic_pair *
pair_at(struct svanic *nic, uint64_t offset)
{
	uint64_t number = (offset - PAIRS_BEGIN) / PAIR_SIZE;

	if (offset < PAIRS_BEGIN || number >= nic->properties.pairs)
		return NULL;
	return &nic->pairs[number];
}

/* The registers of 8 bytes; false when there is none. */
static bool
read_wide(struct svanic *nic, uint64_t offset, uint64_t *value)
{
	const struct svanic_pair *pair = pair_at(nic, offset);

	if (offset == SVANIC_RECEIVE_FILTERED)
		*value = nic->filtered;
	else if (offset == SVANIC_RECEIVE_OVERSIZE)
		*value = nic->oversize;
	else if (offset == SVANIC_RECEIVE_NO_QUEUE)
		*value = nic->no_queue;
	else if (offset == SVANIC_TRANSLATION_HITS)
		*value = nic->translations.hits;
	else if (offset == SVANIC_TRANSLATION_MISSES)
		*value = nic->translations.misses;
	else if (offset == SVANIC_INVALIDATIONS)
		*value = nic->translations.invalidations;
	else if (offset == SVANIC_TRANSLATIONS_REMOVED)
		*value = nic->translations.removed;
	else if (pair == NULL)
		return false;
	else if (offset % PAIR_SIZE == SVANIC_RX + SVANIC_QUEUE_RING)
		*value = pair->rx.ring_register;
	else if (offset % PAIR_SIZE == SVANIC_TX + SVANIC_QUEUE_RING)
		*value = pair->tx.ring_register;
	else if (is_in(offset % PAIR_SIZE, SVANIC_RX_FRAMES, 8 * COUNTERS))
		*value =
			pair->counters[(offset % PAIR_SIZE - SVANIC_RX_FRAMES) /
				8];
	else
		return false;
	return true;
}

static uint64_t
read_register(void *opaque, uint64_t offset, unsigned int size)
{
	struct svanic *nic = opaque;
	const struct svanic_pair *pair;
	uint64_t value;

	if (nic->in_dma || (size != 4 && size != 8) || offset % size != 0)
		return 0;
	if (size == 8)
		return read_wide(nic, offset, &value) ? value : 0;
	if (read_wide(nic, offset & ~UINT64_C(7), &value))
		return offset & 4 ? value >> 32 : value & UINT32_MAX;
	if (offset < PAIRS_BEGIN)
		return read_global(nic, offset);
	pair = pair_at(nic, offset);
	return pair == NULL ? 0 : read_pair(pair, offset % PAIR_SIZE);
}

/* --- writing ---------------------------------------------------------------------- */

static void
write_control(struct svanic *nic, uint32_t value)
{
	if (value & SVANIC_CONTROL_RESET)
		svanic_reset(nic);
	else
		nic->control = value & SVANIC_CONTROL_RECEIVE;
}

static void
write_table(struct svanic *nic, uint64_t offset, uint32_t value)
{
	if (is_in(offset, SVANIC_HASH_KEY, SVANIC_HASH_KEY_LENGTH)) {
		memcpy(nic->hash_key + offset - SVANIC_HASH_KEY, &value,
			sizeof(value));
	} else if (is_in(offset, SVANIC_HASH_TABLE,
			   SVANIC_HASH_TABLE_ENTRIES)) {
		memcpy(nic->hash_table + offset - SVANIC_HASH_TABLE, &value,
			sizeof(value));
	} else if (is_in(offset, SVANIC_FILTER_LOW(0), 8 * SVANIC_FILTERS)) {
		offset -= SVANIC_FILTER_LOW(0);
		nic->filters.further[offset / 8][offset / 4 % 2] = offset & 4
			? value & FILTER_HIGH_ALL
			: value;
	}
}

static void
write_global(struct svanic *nic, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case SVANIC_CONTROL:
		write_control(nic, value);
		break;
	case SVANIC_MAC_LOW:
		nic->filters.mac[0] = value;
		break;
	case SVANIC_MAC_HIGH:
		nic->filters.mac[1] = value & 0xffff;
		break;
	case SVANIC_RECEIVE_MODE:
		nic->filters.mode = value & MODE_ALL;
		break;
	case SVANIC_FRAME_LIMIT:
		if (value >= SVANIC_FRAME_LIMIT_MIN &&
			value <= SVANIC_FRAME_LIMIT_MAX)
			nic->frame_limit = value;
		break;
	case SVANIC_EVENTS:
		nic->events &= ~value;
		break;
	case SVANIC_EVENT_ENABLE:
		svanic_event_enable(nic, value & EVENTS_ALL);
		break;
	case SVANIC_PAGE_PATIENCE:
		nic->page_patience = value;
		break;
	case SVANIC_HASH_FIELDS:
		nic->hash_fields = value & HASH_FIELDS_ALL;
		break;
	default:
		write_table(nic, offset, value);
		break;
	}
}

static void
write_queue(struct svanic_queue *queue, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case SVANIC_QUEUE_RING:
		queue->ring_low = value;
		break;
	case SVANIC_QUEUE_RING + 4:
		queue->ring_register = (uint64_t)value << 32 | queue->ring_low;
		break;
	case SVANIC_QUEUE_SIZE:
		queue->size_register = value;
		break;
	case SVANIC_QUEUE_CONTROL:
		if (value & SVANIC_QUEUE_ENABLE)
			svanic_queue_enable(queue);
		else
			svanic_queue_disable(queue);
		break;
	case SVANIC_QUEUE_TAIL:
		svanic_queue_set_tail(queue, value);
		break;
	}
}

static void
write_pair(struct svanic_pair *pair, uint64_t offset, uint32_t value)
{
	if (is_in(offset, SVANIC_RX, QUEUE_REGISTERS_END))
		write_queue(&pair->rx, offset - SVANIC_RX, value);
	else if (is_in(offset, SVANIC_TX, QUEUE_REGISTERS_END))
		write_queue(&pair->tx, offset - SVANIC_TX, value);
	else if (offset == SVANIC_INTERRUPT)
		svanic_interrupt_write(pair, value);
	else if (offset == SVANIC_PASID && !svanic_queue_is_on(&pair->rx) &&
		!svanic_queue_is_on(&pair->tx))
		pair->pasid = value & PASID_ALL;
}

static void
write_wide(struct svanic_pair *pair, uint64_t offset, uint64_t value)
{
	if (pair == NULL)
		return;
	if (offset == SVANIC_RX + SVANIC_QUEUE_RING)
		pair->rx.ring_register = value;
	else if (offset == SVANIC_TX + SVANIC_QUEUE_RING)
		pair->tx.ring_register = value;
}

/* DMA of the device's own that comes back to its registers does nothing. */
static void
write_register(void *opaque, uint64_t offset, uint64_t value, unsigned int size)
{
	struct svanic *nic = opaque;
	struct svanic_pair *pair = pair_at(nic, offset);

	if (nic->in_dma || (size != 4 && size != 8) || offset % size != 0)
		return;
	if (size == 8)
		write_wide(pair, offset % PAIR_SIZE, value);
	else if (offset < PAIRS_BEGIN)
		write_global(nic, offset, (uint32_t)value);
	else if (pair != NULL)
		write_pair(pair, offset % PAIR_SIZE, (uint32_t)value);
}

const struct qemu_region_operations svanic_register_operations = {
	.read = read_register,
	.write = write_register,
	.endianness = QEMU_LITTLE_ENDIAN,
	.valid = { .min = 1, .max = 8, .unaligned = true },
	.implemented = { .min = 1, .max = 8, .unaligned = true },
};
