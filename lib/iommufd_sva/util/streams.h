/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef STREAMS_H
#define STREAMS_H

/*
 * Devices that use memory in ascending order: which requests continue such a stream, and
 * how much is mapped for them.
 *
 * A pure data structure of fixed size. Must not know: what is mapped, and why.
 */

#include <stdint.h>

/* How many at a time; the least recently continued one makes room. */
#define STREAMS_MAX 8

struct stream {
	uint64_t next; /* the address at which it continues; 0: none */
	uint64_t size; /* how much was mapped for the last request */
	uint64_t used; /* when it was continued last */
};

struct streams {
	struct stream items[STREAMS_MAX];
	uint64_t clock;
};

/* How much is to be mapped from this address on: twice as much as last; 0: no stream is there. */
uint64_t streams_continue(const struct streams *streams, uint64_t address);

/*
 * For a request at the address, so much was wanted, and what is mapped ends at next. It
 * continues a stream, or begins one.
 */
void streams_note(struct streams *streams, uint64_t address, uint64_t size,
	uint64_t next);

#endif /* STREAMS_H */
