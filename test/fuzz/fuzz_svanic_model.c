/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A driver that writes anything: what the model of svanic takes for valid descriptors is within
 * the limits, and what it does with a frame and any lengths of headers stays in the frame.
 */

#include <string.h>

#include "descriptor.h"
#include "frame.h"
#include "fuzz.h"

#define FRAME_LIMIT 9018
#define DESCRIPTOR_BYTES sizeof(struct svanic_tx_descriptor)

static void
check_descriptors(const struct svanic_tx_descriptor *given, unsigned int count)
{
	struct svanic_tx_descriptor *descriptors;
	unsigned int i;

	descriptors = malloc(count * sizeof(*descriptors));
	FUZZ_CHECK(descriptors != NULL);
	memcpy(descriptors, given, count * sizeof(*descriptors));
	if (descriptors_tx_are_valid(descriptors, count, FRAME_LIMIT)) {
		FUZZ_CHECK(descriptors_tx_length(descriptors, count) <=
			FRAME_LIMIT);
		for (i = 0; i < count; i++)
			FUZZ_CHECK(descriptors[i].length > 0);
	}
	free(descriptors);
}

static void
check_receive_descriptor(const uint8_t *data)
{
	struct svanic_rx_descriptor descriptor;

	memcpy(&descriptor, data, sizeof(descriptor));
	if (descriptor_rx_is_valid(&descriptor))
		FUZZ_CHECK(descriptor.length > 0);
}

/* In memory of just this size. */
static void
check_frame(const struct svanic_tx_descriptor *first, const uint8_t *data,
	size_t size)
{
	static const uint8_t key[SVANIC_HASH_KEY_LENGTH] = { 1, 2, 3 };
	uint8_t *frame = malloc(size);
	uint32_t hash;

	FUZZ_CHECK(frame != NULL);
	memcpy(frame, data, size);
	frame_check_sums(frame, size);
	FUZZ_CHECK(frame_kind(frame, size) < 8);
	frame_hash(frame, size, key, first->flags, &hash);
	/* As queue.c does: only with descriptors that are valid. */
	if ((uint32_t)first->l2_length + first->l3_length <= size)
		frame_make_sums(frame, size, first->flags, first->l2_length,
			first->l3_length);
	free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct svanic_tx_descriptor descriptors[SVANIC_SEGMENTS_MAX];
	unsigned int count;

	if (size < 1 + DESCRIPTOR_BYTES)
		return 0;
	count = 1 + data[0] % SVANIC_SEGMENTS_MAX;
	count = count < (size - 1) / DESCRIPTOR_BYTES
		? count
		: (size - 1) / DESCRIPTOR_BYTES;
	memcpy(descriptors, data + 1, count * DESCRIPTOR_BYTES);
	data += 1 + count * DESCRIPTOR_BYTES;
	size -= 1 + count * DESCRIPTOR_BYTES;
	check_descriptors(descriptors, count);
	check_receive_descriptor((const uint8_t *)descriptors);
	if (size > 0)
		check_frame(&descriptors[0], data, size);
	return 0;
}
