/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PEER_FRAMES_H
#define PEER_FRAMES_H

/*
 * What the frames of `peer` look like: random contents that follow from a seed and a number,
 * and the number before them, so that a frame that comes back says which one it has to be.
 *
 * Must not know: how frames are sent.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_ETHERTYPE 0x88b5 /* IEEE 802: local experimental */
#define PEER_ADDRESS 6
#define PEER_ETHERNET_HEADER 14
#define PEER_LONGEST 1514
#define PEER_FRAME_MAX 65536

struct peer_frames {
	uint8_t address[PEER_ADDRESS]; /* of this end of the wire */
	/* Whose frames come to this address; else they come back with the
	 * addresses they went with. */
	uint8_t far[PEER_ADDRESS];
	bool has_far;
	const char *seed;
	size_t longest;
	unsigned int changed;
};

/* Returns the frame's length; it is not more than longest. */
size_t peer_make_frame(
	const struct peer_frames *frames, uint64_t number, uint8_t *frame);
/* Whether the frame is right; its number is stored then. Another one is counted, and shown. */
bool peer_check_frame(struct peer_frames *frames, const uint8_t *frame,
	size_t length, uint64_t *number);
void peer_print_hex(const uint8_t *bytes, size_t count);

#endif /* PEER_FRAMES_H */
