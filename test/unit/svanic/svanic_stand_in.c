/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* svanic as software; see svanic_stand_in.h. */

#include <string.h>

#include "svanic_stand_in.h"
#include "unit.h"

#define ERROR_BITS (0xfu << SVANIC_ERROR_SHIFT)

struct stand_in stand_in;

static uint32_t *
register_at(uint32_t offset)
{
	return (uint32_t *)(void *)&stand_in.registers[stand_in.at + offset];
}

void
stand_in_start(uint32_t side, uint32_t size)
{
	assert_true(size <= STAND_IN_RING_MAX);
	memset(&stand_in, 0, sizeof(stand_in));
	stand_in.size = size;
	stand_in.at = SVANIC_PAIR(0) + side;
	/* A driver must not find its way by what was in the ring. */
	memset(stand_in.ring, 0xee, sizeof(stand_in.ring));
}

void
stand_in_stop(void)
{
	stand_in.off = true;
}

void
stand_in_doorbell(uint32_t value, volatile void *address)
{
	assert_ptr_equal(
		(void *)(uintptr_t)address, register_at(SVANIC_QUEUE_TAIL));
	if (stand_in.off)
		return;
	/* More would halt the queue; fewer would take descriptors back. */
	assert_true(value - stand_in.head <= stand_in.size);
	assert_true(value - stand_in.head >= stand_in_waiting());
	*register_at(SVANIC_QUEUE_TAIL) = value;
	stand_in.doorbells++;
}

uint32_t
stand_in_read(const volatile void *address)
{
	stand_in.reads++;
	return *(const volatile uint32_t *)address;
}

uint32_t
stand_in_waiting(void)
{
	return *register_at(SVANIC_QUEUE_TAIL) - stand_in.head;
}

static uint64_t *
next_descriptor(void)
{
	assert_true(stand_in_waiting() > 0);
	return &stand_in.ring[2 * (stand_in.head++ & (stand_in.size - 1))];
}

static void
publish_head(void)
{
	*register_at(SVANIC_QUEUE_HEAD) = stand_in.head;
}

/* --- receive ------------------------------------------------------------------ */

static uint16_t
check_buffer(const uint64_t *descriptor)
{
	uint16_t length = descriptor[1] & 0xffff;

	assert_int_equal(descriptor[1] >> 16, 0);
	assert_int_not_equal(length, 0);
	return length;
}

static void
write_back(
	uint64_t *descriptor, uint16_t length, uint16_t status, uint32_t hash)
{
	descriptor[1] = length | (uint64_t)status << 16 | (uint64_t)hash << 32;
	publish_head();
}

void
stand_in_receive(uint32_t length, uint8_t first, uint16_t status, uint32_t hash)
{
	uint64_t *descriptor;
	uint32_t part, i;
	uint8_t *bytes;

	while (length > 0) {
		descriptor = next_descriptor();
		part = RTE_MIN(length, (uint32_t)check_buffer(descriptor));
		bytes = (uint8_t *)(uintptr_t)descriptor[0];
		for (i = 0; i < part; i++)
			bytes[i] = first++;
		length -= part;
		write_back(descriptor, part,
			SVANIC_RX_DONE |
				(length == 0 ? SVANIC_RX_END | status : 0),
			length == 0 ? hash : 0);
	}
}

void
stand_in_receive_error(unsigned int before, unsigned int code)
{
	uint64_t *descriptor;

	while (before-- > 0) {
		descriptor = next_descriptor();
		write_back(descriptor, check_buffer(descriptor), SVANIC_RX_DONE,
			0);
	}
	descriptor = next_descriptor();
	check_buffer(descriptor);
	write_back(descriptor, 0,
		SVANIC_RX_DONE | SVANIC_RX_END | code << SVANIC_ERROR_SHIFT, 0);
}

/* --- transmit ------------------------------------------------------------------- */

static void
check_descriptor(const uint64_t *descriptor)
{
	assert_int_not_equal(descriptor[1] & 0xffff, 0);
	assert_int_equal(
		(descriptor[1] >> 16) & (SVANIC_TX_DONE | ERROR_BITS), 0);
	assert_int_equal(descriptor[1] >> 48, 0);
}

static void
append(struct stand_in_frame *frame, const uint64_t *descriptor)
{
	uint16_t length = descriptor[1] & 0xffff;

	assert_true(frame->length + length <= sizeof(frame->bytes));
	memcpy(&frame->bytes[frame->length], (void *)(uintptr_t)descriptor[0],
		length);
	frame->length += length;
	frame->segments++;
}

const struct stand_in_frame *
stand_in_send(unsigned int code)
{
	static struct stand_in_frame frame;
	uint64_t *descriptor;

	frame.length = 0;
	frame.segments = 0;
	do {
		descriptor = next_descriptor();
		check_descriptor(descriptor);
		if (frame.segments == 0) {
			frame.flags = descriptor[1] >> 16;
			frame.l2_length = descriptor[1] >> 32;
			frame.l3_length = descriptor[1] >> 40;
		}
		append(&frame, descriptor);
		assert_true(frame.segments <= SVANIC_SEGMENTS_MAX);
	} while (!((descriptor[1] >> 16) & SVANIC_TX_END));
	if (((descriptor[1] >> 16) & SVANIC_TX_REPORT) || code != 0)
		descriptor[1] |= (uint64_t)(SVANIC_TX_DONE |
					 code << SVANIC_ERROR_SHIFT)
			<< 16;
	publish_head();
	return &frame;
}
