/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_STAND_IN_H
#define SVANIC_STAND_IN_H

/*
 * svanic as software: registers and rings in ordinary memory, and what the device does
 * with them, done by the test step by step, as the datasheet says. Whatever the driver
 * does against the datasheet's rules fails the test.
 *
 * A test includes the driver's source after this header, so that its doorbells and its
 * reads of registers come here: they are counted.
 *
 * Must not know: the driver's queues, EAL.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_io.h>

#include "svanic_registers.h"

#define STAND_IN_RING_MAX 128
#define STAND_IN_FRAME_MAX 16384

struct stand_in_frame {
	uint8_t bytes[STAND_IN_FRAME_MAX];
	uint32_t length;
	uint16_t flags; /* of the first descriptor */
	uint16_t segments;
	uint8_t l2_length;
	uint8_t l3_length;
};

struct stand_in {
	uint8_t registers[SVANIC_REGISTERS_SIZE] __attribute__((aligned(64)));
	uint64_t ring[2 * STAND_IN_RING_MAX] __attribute__((aligned(64)));
	uint32_t size;
	uint32_t at; /* the queue's registers */
	uint32_t head;
	bool off; /* a doorbell has no effect */
	unsigned int doorbells;
	unsigned int reads; /* of registers */
};

extern struct stand_in stand_in;

/* One queue of pair 0: SVANIC_RX or SVANIC_TX. */
void stand_in_start(uint32_t side, uint32_t size);

/* The queue is disabled; HEAD stays as it is. stand_in_start() enables it again. */
void stand_in_stop(void);

void stand_in_doorbell(uint32_t value, volatile void *address);
#define rte_write32_relaxed stand_in_doorbell
uint32_t stand_in_read(const volatile void *address);
#define rte_read32 stand_in_read

/* Descriptors that the device has not worked off. */
uint32_t stand_in_waiting(void);

/*
 * Receives a frame whose bytes count up from `first`, over as many buffers as it needs;
 * `status` is added in the last descriptor.
 */
void stand_in_receive(
	uint32_t length, uint8_t first, uint16_t status, uint32_t hash);
/* Loses a frame, after `before` whole buffers of it: an error code of section 7. */
void stand_in_receive_error(unsigned int before, unsigned int code);

/* Sends the next frame; `code` is its error. Its memory is the next call's, too. */
const struct stand_in_frame *stand_in_send(unsigned int code);

#endif /* SVANIC_STAND_IN_H */
