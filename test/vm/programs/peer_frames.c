/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <endian.h>

#include "peer_frames.h"

#define SHORTEST 64
/* Bytes behind the contents: a receiver may cut a frame's end short (QEMU's e1000e with em
 * does, by four bytes). */
#define TRAILER 8
#define SHOWN 3

static const uint8_t magic[4] = { 'i', 'o', 'f', 'd' };

struct header {
	uint8_t destination[PEER_ADDRESS], source[PEER_ADDRESS];
	uint16_t ethertype;
	uint8_t magic[sizeof(magic)];
	uint64_t number;
	uint16_t length; /* of the contents, which follow */
} __attribute__((packed));

/* splitmix64 */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t value = *state += 0x9e3779b97f4a7c15;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

/* Another one for each seed and each number. */
static uint64_t
state_of(const char *seed, uint64_t number)
{
	uint64_t state = number;

	for (; *seed != '\0'; seed++)
		state = next_random(&state) ^ (uint8_t)*seed;
	return next_random(&state);
}

/* The seed and the number, and nothing else, decide what must come back. */
static size_t
make_contents(
	const struct peer_frames *frames, uint64_t number, uint8_t *contents)
{
	uint64_t state = state_of(frames->seed, number), random;
	const size_t around = sizeof(struct header) + TRAILER;
	const size_t least = SHORTEST - around;
	const size_t most = frames->longest - around;
	const size_t length = least + next_random(&state) % (most - least + 1);
	size_t i;

	for (i = 0; i < length; i += sizeof(random)) {
		random = next_random(&state);
		memcpy(contents + i, &random,
			length - i < sizeof(random) ? length - i
						    : sizeof(random));
	}
	return length;
}

size_t
peer_make_frame(
	const struct peer_frames *frames, uint64_t number, uint8_t *frame)
{
	struct header header;
	const size_t length = make_contents(
		frames, number, frame + sizeof(header));

	memset(header.destination, 0xff, PEER_ADDRESS);
	if (frames->has_far)
		memcpy(header.destination, frames->far, PEER_ADDRESS);
	memcpy(header.source, frames->address, PEER_ADDRESS);
	header.ethertype = htons(PEER_ETHERTYPE);
	memcpy(header.magic, magic, sizeof(magic));
	header.number = htobe64(number);
	header.length = htons(length);
	memcpy(frame, &header, sizeof(header));
	memset(frame + sizeof(header) + length, 0, TRAILER);
	return sizeof(header) + length + TRAILER;
}

static bool
is_from_the_other_end(
	const struct peer_frames *frames, const struct header *header)
{
	if (!frames->has_far)
		return memcmp(header->source, frames->address, PEER_ADDRESS) ==
			0;
	return memcmp(header->destination, frames->address, PEER_ADDRESS) ==
		0 &&
		memcmp(header->source, frames->far, PEER_ADDRESS) == 0;
}

static bool
is_right(const struct peer_frames *frames, const struct header *header,
	const uint8_t *contents, size_t length)
{
	uint8_t wanted[PEER_FRAME_MAX];
	size_t wanted_length;

	if (memcmp(header->magic, magic, sizeof(magic)) != 0 ||
		!is_from_the_other_end(frames, header))
		return false;
	wanted_length = make_contents(frames, be64toh(header->number), wanted);
	return ntohs(header->length) == wanted_length &&
		length >= wanted_length &&
		memcmp(contents, wanted, wanted_length) == 0;
}

bool
peer_check_frame(struct peer_frames *frames, const uint8_t *frame,
	size_t length, uint64_t *number)
{
	struct header header;

	memset(&header, 0, sizeof(header));
	if (length >= sizeof(header)) {
		memcpy(&header, frame, sizeof(header));
		if (is_right(frames, &header, frame + sizeof(header),
			    length - sizeof(header))) {
			*number = be64toh(header.number);
			return true;
		}
	}
	if (++frames->changed <= SHOWN) {
		printf("peer: changed frame, number %" PRIu64 ", %zu bytes: ",
			be64toh(header.number), length);
		peer_print_hex(frame, length < 64 ? length : 64);
	}
	return false;
}

void
peer_print_hex(const uint8_t *bytes, size_t count)
{
	while (count-- > 0)
		printf("%02x", *bytes++);
	printf("\n");
}
