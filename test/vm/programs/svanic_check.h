/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_CHECK_H
#define SVANIC_CHECK_H

/*
 * What the checks of svanic share: the device under test with its memory, the other end
 * of the wire, frames, and saying what was seen.
 *
 * Must not know: any one check.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "svanic_bare.h"

/* Memory of each address space, at the same IOVA in all of them. */
#define MEMORY_SIZE (1u << 20)
#define MEMORY_IOVA 0x1000000
#define PAGE 4096u

/* Where things are in it; each pair has rings of its own. */
#define RX_RING(pair) ((pair) * 0x1000u)
#define TX_RING(pair) ((pair) * 0x1000u + 0x800)
#define RING_LOG2 6
#define RING_ENTRIES (1u << RING_LOG2)
#define TX_DATA 0x20000u
#define RX_DATA 0x80000u
#define BUFFER 2048u
#define NOT_MAPPED (MEMORY_IOVA + MEMORY_SIZE)

struct test {
	struct bare bare;
	int peer;
	uint32_t space; /* the one without a PASID */
	uint8_t *memory;
};

struct pair {
	struct test *test;
	unsigned int number;
	uint8_t *memory;
	struct bare_queue rx;
	struct bare_queue tx;
};

extern unsigned int checks_wrong;

void say_subject(const char *subject);
void say(bool good, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* What is said is read after the condition was: that may have waited for it. */
#define check(good, ...)                      \
	do {                                  \
		bool check_good = (good);     \
                                              \
		say(check_good, __VA_ARGS__); \
	} while (0)

/* --- the device ------------------------------------------------------------------- */

/* svanic at this address, without a PASID in a space of its own. */
void test_open(struct test *test, const char *address, const char *interface);
uint8_t *test_memory(void);
/* CONTROL.RESET, and receiving again. */
void test_reset(struct test *test);
/* Both queues, running in memory, with what PASID is to hold. */
void pair_start(struct pair *pair, struct test *test, unsigned int number,
	uint8_t *memory, uint32_t pasid);
void pair_stop(struct pair *pair);
uint64_t pair_counter(struct pair *pair, uint32_t counter);

/* --- frames ----------------------------------------------------------------------- */

extern const uint8_t svanic_mac[6], peer_mac[6];

/* Bytes that follow from a number, behind the two addresses. */
void make_frame(uint8_t *frame, size_t length, const uint8_t to[6],
	const uint8_t from[6], unsigned int number);
/* The next frame from svanic, 0 when none comes. */
size_t peer_receive(struct test *test, uint8_t *frame, size_t size);
size_t peer_receive_within(
	struct test *test, uint8_t *frame, size_t size, int patience_ms);
/* Nothing has come from svanic that was not received yet. */
bool peer_is_quiet(struct test *test);
void peer_send(struct test *test, const uint8_t *frame, size_t length);

/* One frame out of the pair's memory, and the peer gets it as it is. */
bool sends(struct pair *pair, unsigned int number);
/* The same, already waiting at this IOVA; only the device's part: the descriptor. */
uint32_t start_sending(struct pair *pair, uint64_t iova, uint16_t length);
/* One frame from the peer into the pair's memory. */
bool receives(struct pair *pair, const uint8_t to[6], unsigned int number);

#endif /* SVANIC_CHECK_H */
