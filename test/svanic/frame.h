/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_FRAME_H
#define SVANIC_FRAME_H

/*
 * What the device reads in a frame and writes into it: sums and the receive hash.
 *
 * Must not know: QEMU, queues, where a frame goes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "svanic_registers.h"

#define FRAME_SHORTEST 60

/* The bits 2 to 5 of a receive descriptor's status for a frame from the wire. */
uint16_t frame_check_sums(const uint8_t *frame, uint32_t length);

/* SVANIC_KIND_*: what the frame is; 0 when it is none of these. */
unsigned int frame_kind(const uint8_t *frame, uint32_t length);

/*
 * Makes the sums that flags of a transmit descriptor ask for. False, and the frame may
 * be half changed, when the headers are not what the lengths and flags say.
 */
bool frame_make_sums(uint8_t *frame, uint32_t length, uint16_t flags,
	uint32_t l2_length, uint32_t l3_length);

/* The Toeplitz hash of a number of bytes, at most SVANIC_HASH_KEY_LENGTH - 4. */
uint32_t frame_toeplitz(const uint8_t key[SVANIC_HASH_KEY_LENGTH],
	const uint8_t *bytes, uint32_t length);

/* The hash of the fields of HASH_FIELDS; false when the frame is of no kind in them. */
bool frame_hash(const uint8_t *frame, uint32_t length,
	const uint8_t key[SVANIC_HASH_KEY_LENGTH], uint32_t fields,
	uint32_t *hash);

#endif /* SVANIC_FRAME_H */
