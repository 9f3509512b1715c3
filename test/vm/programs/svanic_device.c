/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Checks the device svanic against its datasheet, from both ends of the wire: the device
 * by its registers, the other NIC by a packet socket.
 *
 *   svanic_device DEVICE INTERFACE [GROUP...]
 *
 * DEVICE is a folder name such as 0000:01:00.0, INTERFACE the kernel's name of the NIC it
 * is wired to, GROUP registers, traffic, spaces, pages, cache, resets or noise; without
 * any, all of these. Machines of their own are for the groups less (4 pairs, neither ATS
 * nor PRI), no-pasid (no such capability, or not enabled), one-request (that may be out)
 * and ignored (invalidations are); for link, the link goes down and up at the right
 * lines. Each check prints what it saw; the exit status is 0 when all was right.
 */

#include "svanic_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- registers ---------------------------------------------------------------------- */

static void
check_identity(struct bare *bare)
{
	say_subject("identity");
	check(bare_read(bare, SVANIC_ID) == SVANIC_ID_VALUE, "ID %#x",
		bare_read(bare, SVANIC_ID));
	check(bare_read(bare, SVANIC_VERSION) == SVANIC_VERSION_VALUE,
		"VERSION %#x", bare_read(bare, SVANIC_VERSION));
	check(bare_read(bare, SVANIC_LIMITS) == (16 | 15 << 8 | 16 << 16),
		"LIMITS %#x", bare_read(bare, SVANIC_LIMITS));
	check(bare_read(bare, SVANIC_FEATURES) == 0x71f, "FEATURES %#x",
		bare_read(bare, SVANIC_FEATURES));
	check(bare_read(bare, SVANIC_MAC_LOW) == 0x00005452 &&
			bare_read(bare, SVANIC_MAC_HIGH) == 0x0100,
		"station address %#x %#x", bare_read(bare, SVANIC_MAC_LOW),
		bare_read(bare, SVANIC_MAC_HIGH));
	check(bare_read(bare, SVANIC_STATUS) & SVANIC_STATUS_LINK, "STATUS %#x",
		bare_read(bare, SVANIC_STATUS));
}

/* What is written to a register, and what is read then. */
static void
check_register(struct bare *bare, const char *name, uint32_t offset,
	uint32_t value, uint32_t expected)
{
	bare_write(bare, offset, value);
	check(bare_read(bare, offset) == expected, "%s with %#x written: %#x",
		name, value, bare_read(bare, offset));
}

static void
check_values(struct bare *bare)
{
	const uint32_t pair = SVANIC_PAIR(15);

	say_subject("registers keep what they may");
	check_register(bare, "ID", SVANIC_ID, 0, SVANIC_ID_VALUE);
	check_register(bare, "CONTROL", SVANIC_CONTROL, 0x7fffffff, 1);
	check_register(bare, "MAC_HIGH", SVANIC_MAC_HIGH, 0xffffffff, 0xffff);
	check_register(
		bare, "RECEIVE_MODE", SVANIC_RECEIVE_MODE, 0xffffffff, 0xf);
	check_register(bare, "FRAME_LIMIT", SVANIC_FRAME_LIMIT, 63, 1518);
	check_register(bare, "FRAME_LIMIT", SVANIC_FRAME_LIMIT, 9729, 1518);
	check_register(bare, "FRAME_LIMIT", SVANIC_FRAME_LIMIT, 9728, 9728);
	check_register(
		bare, "EVENT_ENABLE", SVANIC_EVENT_ENABLE, 0xffffffff, 7);
	check_register(
		bare, "HASH_FIELDS", SVANIC_HASH_FIELDS, 0xffffffff, 0x3f);
	check_register(
		bare, "HASH_KEY", SVANIC_HASH_KEY + 36, 0x12345678, 0x12345678);
	check_register(bare, "HASH_TABLE", SVANIC_HASH_TABLE + 124, 0x01020304,
		0x01020304);
	check_register(bare, "FILTER_LOW", SVANIC_FILTER_LOW(31), 0xffffffff,
		0xffffffff);
	check_register(bare, "FILTER_HIGH", SVANIC_FILTER_HIGH(31), 0xffffffff,
		0xc00fffff);
	check_register(
		bare, "PASID", pair + SVANIC_PASID, 0xffffffff, 0xe00fffff);
	check_register(
		bare, "RX_HEAD", pair + SVANIC_RX + SVANIC_QUEUE_HEAD, 7, 0);
	check_register(bare, "RX_TAIL of a queue that is off",
		pair + SVANIC_RX + SVANIC_QUEUE_TAIL, 7, 0);
	check_register(bare, "a hole", 0x300, 7, 0);
	check_register(bare, "the pair after the last",
		SVANIC_PAIR(16) + SVANIC_PASID, 7, 0);
}

static void
check_accesses(struct bare *bare)
{
	const uint32_t ring = SVANIC_PAIR(3) + SVANIC_TX + SVANIC_QUEUE_RING;

	say_subject("accesses of other sizes");
	bare_write_wide(bare, ring, UINT64_C(0x1122334455667700));
	check(bare_read(bare, ring) == 0x55667700 &&
			bare_read(bare, ring + 4) == 0x11223344,
		"TX_RING written by 8 bytes: %#x %#x", bare_read(bare, ring),
		bare_read(bare, ring + 4));
	bare_write(bare, ring, 0xaabbcc00);
	check(bare_read_wide(bare, ring) == UINT64_C(0x1122334455667700),
		"its low half written: %#jx",
		(uintmax_t)bare_read_wide(bare, ring));
	bare_write(bare, ring + 4, 0x99);
	check(bare_read_wide(bare, ring) == UINT64_C(0x99aabbcc00),
		"and its high half: %#jx",
		(uintmax_t)bare_read_wide(bare, ring));
	check(bare_read_wide(bare, SVANIC_ID) == 0, "ID read by 8 bytes: %#jx",
		(uintmax_t)bare_read_wide(bare, SVANIC_ID));
	check(*(volatile uint16_t *)(bare->registers + SVANIC_ID) == 0 &&
			bare->registers[SVANIC_ID] == 0,
		"ID read by 2 bytes and by 1: %#x, %#x",
		*(volatile uint16_t *)(bare->registers + SVANIC_ID),
		bare->registers[SVANIC_ID]);
	check(*(volatile uint32_t *)(bare->registers + SVANIC_ID + 2) == 0,
		"4 bytes between ID and VERSION: %#x",
		*(volatile uint32_t *)(bare->registers + SVANIC_ID + 2));
}

static void
check_pasid_register(struct test *test)
{
	const uint32_t offset = SVANIC_PAIR(2) + SVANIC_PASID;
	struct pair pair;

	say_subject("PASID while a queue is on");
	test_reset(test);
	pair_start(&pair, test, 2, test->memory, 0);
	check_register(&test->bare, "PASID", offset, 5 | SVANIC_PASID_USE, 0);
	bare_queue_stop(&pair.rx);
	check_register(&test->bare, "PASID", offset, 5 | SVANIC_PASID_USE, 0);
	bare_queue_stop(&pair.tx);
	check_register(&test->bare, "PASID", offset, 5 | SVANIC_PASID_USE,
		5 | SVANIC_PASID_USE);
}

void
check_registers(struct test *test)
{
	check_identity(&test->bare);
	test_reset(test);
	check_values(&test->bare);
	check_accesses(&test->bare);
	check_pasid_register(test);
}

/* --- resets ---------------------------------------------------------------------------- */

/* Every register that is not as a reset leaves it; STATUS is the host's. */
static unsigned int
not_reset(struct bare *bare)
{
	static const struct {
		uint32_t offset, value;
	} values[] = {
		{ SVANIC_ID, SVANIC_ID_VALUE },
		{ SVANIC_VERSION, SVANIC_VERSION_VALUE },
		{ SVANIC_LIMITS, 16 | 15 << 8 | 16 << 16 },
		{ SVANIC_FEATURES, 0x71f },
		{ SVANIC_MAC_LOW, 0x5452 },
		{ SVANIC_MAC_HIGH, 0x100 },
		{ SVANIC_RECEIVE_MODE, SVANIC_RECEIVE_BROADCAST },
		{ SVANIC_FRAME_LIMIT, SVANIC_FRAME_LIMIT_RESET },
		{ SVANIC_PAGE_PATIENCE, SVANIC_PAGE_PATIENCE_RESET },
	};
	unsigned int count = 0, i;
	uint32_t offset, expected;

	for (offset = 0; offset < SVANIC_PAIR(16); offset += 4) {
		expected = 0;
		for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			if (values[i].offset == offset)
				expected = values[i].value;
		}
		if (offset == SVANIC_STATUS ||
			bare_read(bare, offset) == expected)
			continue;
		if (count++ < 5)
			printf("after reset, register %#x is %#x\n", offset,
				bare_read(bare, offset));
	}
	return count;
}

/* All pairs have their rings full of frames, and pair 0's receive queue gets some. */
static void
start_traffic(struct test *test, struct pair pairs[])
{
	uint8_t frame[100];
	unsigned int i, k;

	test_reset(test);
	make_frame(test->memory + TX_DATA, 1000, peer_mac, svanic_mac, 1);
	for (i = 0; i < SVANIC_PAIRS_MAX; i++) {
		pair_start(&pairs[i], test, i, test->memory, 0);
		for (k = 0; k < RING_ENTRIES; k++)
			bare_put_tx(&pairs[i].tx, MEMORY_IOVA + TX_DATA, 1000,
				SVANIC_TX_END | SVANIC_TX_REPORT, 0, 0);
	}
	make_frame(frame, sizeof(frame), svanic_mac, peer_mac, 2);
	for (k = 0; k < 3; k++)
		peer_send(test, frame, sizeof(frame));
	for (i = 0; i < SVANIC_PAIRS_MAX; i++)
		bare_queue_ring(&pairs[i].tx);
}

static void
drain_peer(struct test *test)
{
	while (!peer_is_quiet(test))
		;
}

/* Where a frame has this length, it is one of those that end what came before. */
#define LAST_LENGTH 777
#define QUIET_MS 200
#define LAST_FRAMES_MAX (BARE_PATIENCE_MS / QUIET_MS)

/*
 * The last frame is lost where those before it have filled the peer's socket. So when
 * the wire is quiet without it, another one is sent, which is not the same: the one
 * before may come late.
 */
static void
wait_for_last_frame(struct test *test, struct pair *pair)
{
	uint8_t *last = test->memory + TX_DATA, frame[2048];
	unsigned int number;
	size_t length;

	for (number = 0; number < LAST_FRAMES_MAX; number++) {
		make_frame(last, LAST_LENGTH, peer_mac, svanic_mac, number);
		start_sending(pair, MEMORY_IOVA + TX_DATA, LAST_LENGTH);
		do {
			length = peer_receive_within(
				test, frame, sizeof(frame), QUIET_MS);
			if (length == LAST_LENGTH &&
				memcmp(frame, last, length) == 0)
				return;
		} while (length != 0);
	}
	check(false, "the last frame has come");
}

/* Of what came before, frames can still be on the wire: they are behind these two. */
static void
wait_for_own_frames(struct test *test)
{
	uint8_t own[LAST_LENGTH];
	struct pair pair;
	uint32_t slot = 0;

	test_reset(test);
	pair_start(&pair, test, 0, test->memory, 0);
	wait_for_last_frame(test, &pair);

	make_frame(own, sizeof(own), svanic_mac, peer_mac, 98);
	peer_send(test, own, sizeof(own));
	do {
		slot = bare_put_rx(&pair.rx, MEMORY_IOVA + RX_DATA, BUFFER);
		bare_queue_ring(&pair.rx);
	} while (bare_wait_for_head(&pair.rx, slot + 1) &&
		memcmp(test->memory + RX_DATA, own, sizeof(own)) != 0);
}

static void
check_works_after(struct test *test, const char *what)
{
	struct pair pair;

	wait_for_own_frames(test);
	test_reset(test);
	pair_start(&pair, test, 0, test->memory, 0);
	check(sends(&pair, 6), "%s: sends", what);
	check(receives(&pair, svanic_mac, 7), "%s: receives", what);
	bare_write(&test->bare, SVANIC_PAIR(0) + SVANIC_INTERRUPT,
		SVANIC_INTERRUPT_ARM);
	check(bare_interrupts(&test->bare, 1, BARE_PATIENCE_MS) == 1,
		"%s: raises its vector", what);
}

void
check_resets(struct test *test)
{
	struct pair pairs[SVANIC_PAIRS_MAX];
	unsigned int left;

	say_subject("resets while all queues send");
	start_traffic(test, pairs);
	bare_write(&test->bare, SVANIC_CONTROL, SVANIC_CONTROL_RESET);
	left = not_reset(&test->bare);
	check(left == 0, "CONTROL.RESET: %u registers not reset", left);
	check_works_after(test, "CONTROL.RESET");
	start_traffic(test, pairs);
	bare_reset_function(&test->bare);
	left = not_reset(&test->bare);
	check(left == 0, "function-level reset: %u registers not reset", left);
	bare_set_bus_master(&test->bare, true);
	check_works_after(test, "function-level reset");
}

/* --- noise ----------------------------------------------------------------------------- */

#define NOISE_WRITES 20000

static uint64_t noise_state;

static uint64_t
noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 7;
	noise_state ^= noise_state << 17;
	return noise_state;
}

/* Descriptors of which some are good: any address in the memory or none, any bits. */
static void
fill_with_noise(struct test *test)
{
	uint64_t *words = (uint64_t *)test->memory;
	size_t i;

	for (i = 0; i < TX_DATA / 8; i += 2) {
		words[i] = noise() % 4 == 0
			? noise()
			: MEMORY_IOVA + noise() % MEMORY_SIZE;
		words[i + 1] = noise() % 4 == 0
			? noise()
			: (noise() % 300) | (noise() & 6) << 16;
	}
}

static void
write_noise(struct bare *bare)
{
	uint32_t pair = SVANIC_PAIR(noise() % 17);

	switch (noise() % 6) {
	case 0:
		bare_write(bare, noise() % SVANIC_PAIR(17) & ~3u,
			(uint32_t)noise());
		break;
	case 1:
		bare_write_wide(bare, pair + (noise() % 2) * SVANIC_TX,
			MEMORY_IOVA + noise() % (TX_DATA / 64) * 64);
		break;
	case 2:
		bare_write(bare,
			pair + (noise() % 2) * SVANIC_TX + SVANIC_QUEUE_SIZE,
			noise() % 12);
		break;
	case 3:
		bare_write(bare,
			pair + (noise() % 2) * SVANIC_TX + SVANIC_QUEUE_CONTROL,
			noise() % 4 != 0);
		break;
	default:
		bare_write(bare,
			pair + (noise() % 2) * SVANIC_TX + SVANIC_QUEUE_TAIL,
			noise() % 100);
		break;
	}
}

void
check_noise(struct test *test)
{
	uint64_t sent = 0, received = 0, errors = 0;
	struct pair pairs[SVANIC_PAIRS_MAX];
	uint8_t frame[900];
	unsigned int i, pair;

	say_subject("noise in registers and rings");
	noise_state = UINT64_C(0x5eed5eed5eed);
	make_frame(frame, sizeof(frame), svanic_mac, peer_mac, 1);
	for (i = 0; i < NOISE_WRITES; i++) {
		if (i % 500 == 0) {
			for (pair = 0; pair < SVANIC_PAIRS_MAX; pair++) {
				sent += bare_counter(
					&test->bare, pair, SVANIC_TX_FRAMES);
				received += bare_counter(
					&test->bare, pair, SVANIC_RX_FRAMES);
				errors += bare_counter(&test->bare, pair,
						  SVANIC_TX_ERRORS) +
					bare_counter(&test->bare, pair,
						SVANIC_RX_ERRORS);
			}
			test_reset(test);
			for (pair = 0; pair < SVANIC_PAIRS_MAX; pair++)
				pair_start(&pairs[pair], test, pair,
					test->memory, 0);
			fill_with_noise(test);
		}
		if (i % 100 == 0) {
			bare_write(&test->bare, SVANIC_CONTROL,
				SVANIC_CONTROL_RECEIVE);
			bare_write(&test->bare, SVANIC_RECEIVE_MODE,
				SVANIC_RECEIVE_PROMISCUOUS);
			peer_send(test, frame, sizeof(frame));
			drain_peer(test);
		}
		write_noise(&test->bare);
	}
	check(sent != 0 && errors != 0,
		"%ju frames sent, %ju received, %ju errors", (uintmax_t)sent,
		(uintmax_t)received, (uintmax_t)errors);
	check_works_after(test, "noise");
}

/* --- the link -------------------------------------------------------------------------- */

static void
check_link_change(struct test *test, const char *what, uint32_t expected)
{
	struct bare *bare = &test->bare;

	printf("the link may %s\n", what);
	check(bare_interrupts(bare, 0, BARE_PATIENCE_MS) != 0 &&
			bare_read(bare, SVANIC_EVENTS) == SVANIC_EVENT_LINK &&
			(bare_read(bare, SVANIC_STATUS) & SVANIC_STATUS_LINK) ==
				expected,
		"vector 0, EVENTS %#x, STATUS %#x",
		bare_read(bare, SVANIC_EVENTS), bare_read(bare, SVANIC_STATUS));
	bare_write(bare, SVANIC_EVENTS, SVANIC_EVENT_LINK);
}

/* Somebody else takes the link down and up again. */
void
check_link(struct test *test)
{
	say_subject("the link");
	test_reset(test);
	bare_write(&test->bare, SVANIC_EVENT_ENABLE, SVANIC_EVENT_LINK);
	check_link_change(test, "go", 0);
	check_link_change(test, "come", SVANIC_STATUS_LINK);
}

/* --- all ---------------------------------------------------------------------------------- */

static const struct group {
	const char *name;
	void (*run)(struct test *test);
	bool has_own_machine;
} groups[] = {
	{ "registers", check_registers },
	{ "traffic", check_traffic },
	{ "spaces", check_spaces },
	{ "pages", check_pages },
	{ "cache", check_cache },
	{ "resets", check_resets },
	{ "noise", check_noise },
	{ "less", check_less, true },
	{ "no-pasid", check_no_pasid, true },
	{ "one-request", check_one_request, true },
	{ "ignored", check_ignored, true },
	{ "link", check_link, true },
};

static bool
is_wanted(const struct group *group, int count, char **names)
{
	int i;

	for (i = 0; i < count; i++) {
		if (strcmp(names[i], group->name) == 0)
			return true;
	}
	return count == 0 && !group->has_own_machine;
}

int
main(int argc, char **argv)
{
	struct test test;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3)
		return EXIT_FAILURE;
	test_open(&test, argv[1], argv[2]);
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (is_wanted(&groups[i], argc - 3, argv + 3))
			groups[i].run(&test);
	}
	printf("%u wrong\n", checks_wrong);
	return checks_wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
