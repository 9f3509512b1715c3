/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Requests in ascending order; see streams.h. */

#include <stddef.h>

#include "util/streams.h"

static const struct stream *
find_stream(const struct streams *streams, uint64_t address)
{
	unsigned int i;

	for (i = 0; i < STREAMS_MAX; i++)
		if (streams->items[i].next == address && address != 0)
			return &streams->items[i];
	return NULL;
}

uint64_t
streams_continue(const struct streams *streams, uint64_t address)
{
	const struct stream *stream = find_stream(streams, address);

	return stream == NULL ? 0 : 2 * stream->size;
}

void
streams_note(
	struct streams *streams, uint64_t address, uint64_t size, uint64_t next)
{
	unsigned int best = 0;
	unsigned int i;

	for (i = 0; i < STREAMS_MAX; i++) {
		if (streams->items[i].next == address) {
			best = i;
			break;
		}
		if (streams->items[i].used < streams->items[best].used)
			best = i;
	}
	streams->items[best] = (struct stream){
		.next = next,
		.size = size,
		.used = ++streams->clock,
	};
}
