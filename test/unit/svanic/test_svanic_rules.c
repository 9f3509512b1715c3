/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * svanic's model: where a frame goes, which descriptors are malformed, a ring's
 * arithmetic.
 *
 * Must not know: QEMU.
 */

#include <string.h>

#include "descriptor.h"
#include "filter.h"
#include "ring.h"
#include "unit.h"

/* --- where a frame goes ----------------------------------------------------------- */

static const uint8_t station[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
static const uint8_t other[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x57 };
static const uint8_t group[6] = { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 };
static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static struct filters filters;

static int
setup(void **state __rte_unused)
{
	filters = (struct filters){ .mac = { 0x12005452, 0x5634 } };
	return 0;
}

static void
set_filter(unsigned int n, const uint8_t address[6], uint32_t bits)
{
	memcpy(&filters.further[n][0], address, 4);
	filters.further[n][1] = bits | address[4] | (uint32_t)address[5] << 8;
}

static void
only_the_station_address_is_accepted_at_first(void **state __rte_unused)
{
	assert_int_equal(filter_destination(&filters, station), FILTER_ANY);
	assert_int_equal(filter_destination(&filters, other), FILTER_NOBODY);
	assert_int_equal(filter_destination(&filters, group), FILTER_NOBODY);
	assert_int_equal(
		filter_destination(&filters, broadcast), FILTER_NOBODY);
}

static void
each_mode_accepts_its_own(void **state __rte_unused)
{
	filters.mode = SVANIC_RECEIVE_BROADCAST;
	assert_int_equal(filter_destination(&filters, broadcast), FILTER_ANY);
	assert_int_equal(filter_destination(&filters, group), FILTER_NOBODY);
	filters.mode = SVANIC_RECEIVE_ALL_MULTICAST;
	assert_int_equal(filter_destination(&filters, group), FILTER_ANY);
	assert_int_equal(filter_destination(&filters, other), FILTER_NOBODY);
	filters.mode = SVANIC_RECEIVE_PROMISCUOUS;
	assert_int_equal(filter_destination(&filters, other), FILTER_ANY);
	assert_int_equal(filter_destination(&filters, broadcast), FILTER_ANY);
}

static void
a_filter_counts_when_it_is_valid(void **state __rte_unused)
{
	set_filter(31, other, 7u << SVANIC_FILTER_QUEUE_SHIFT);
	assert_int_equal(filter_destination(&filters, other), FILTER_NOBODY);
	set_filter(31, other,
		SVANIC_FILTER_VALID | 7u << SVANIC_FILTER_QUEUE_SHIFT);
	assert_int_equal(filter_destination(&filters, other), FILTER_ANY);
	set_filter(31, other,
		SVANIC_FILTER_VALID | SVANIC_FILTER_STEER |
			7u << SVANIC_FILTER_QUEUE_SHIFT);
	assert_int_equal(filter_destination(&filters, other), 7);
}

static void
the_lowest_steering_filter_wins(void **state __rte_unused)
{
	const uint32_t steer = SVANIC_FILTER_VALID | SVANIC_FILTER_STEER;

	set_filter(5, station, steer | 3u << SVANIC_FILTER_QUEUE_SHIFT);
	set_filter(6, station, steer | 4u << SVANIC_FILTER_QUEUE_SHIFT);
	set_filter(4, station, SVANIC_FILTER_VALID);
	assert_int_equal(filter_destination(&filters, station), 3);
}

/* --- descriptors ------------------------------------------------------------------ */

static struct svanic_tx_descriptor frame[SVANIC_SEGMENTS_MAX];

static void
make_frame(unsigned int count)
{
	unsigned int i;

	memset(frame, 0, sizeof(frame));
	for (i = 0; i < count; i++)
		frame[i].length = 100;
	frame[count - 1].flags = SVANIC_TX_END | SVANIC_TX_REPORT;
}

static void
a_frame_of_up_to_16_parts_is_good(void **state __rte_unused)
{
	make_frame(1);
	assert_true(descriptors_tx_are_valid(frame, 1, 1518));
	make_frame(16);
	assert_true(descriptors_tx_are_valid(frame, 16, 1600));
	assert_int_equal(descriptors_tx_length(frame, 16), 1600);
}

static void
a_frame_over_the_limit_is_malformed(void **state __rte_unused)
{
	make_frame(16);
	assert_false(descriptors_tx_are_valid(frame, 16, 1599));
}

static void
a_part_without_length_is_malformed(void **state __rte_unused)
{
	make_frame(3);
	frame[1].length = 0;
	assert_false(descriptors_tx_are_valid(frame, 3, 1518));
}

static void
bits_that_must_be_0_are_heeded_in_each_part(void **state __rte_unused)
{
	unsigned int bit;

	for (bit = 0; bit < 16; bit++) {
		make_frame(3);
		frame[1].flags |= (uint16_t)(1u << bit);
		assert_int_equal(descriptors_tx_are_valid(frame, 3, 1518),
			bit >= 1 && bit <= 5);
	}
	make_frame(2);
	frame[1].reserved = 0x100;
	assert_false(descriptors_tx_are_valid(frame, 2, 1518));
}

static void
sums_want_headers_in_the_frame_and_one_protocol(void **state __rte_unused)
{
	make_frame(1);
	frame[0].flags |= SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM;
	frame[0].l2_length = 14;
	frame[0].l3_length = 86;
	assert_true(descriptors_tx_are_valid(frame, 1, 1518));
	frame[0].l3_length = 87;
	assert_false(descriptors_tx_are_valid(frame, 1, 1518));
	frame[0].l3_length = 20;
	frame[0].flags |= SVANIC_TX_TCP_SUM;
	assert_false(descriptors_tx_are_valid(frame, 1, 1518));
}

static void
without_sums_header_lengths_do_not_count(void **state __rte_unused)
{
	make_frame(1);
	frame[0].l2_length = 200;
	frame[0].l3_length = 200;
	assert_true(descriptors_tx_are_valid(frame, 1, 1518));
}

static void
a_receive_descriptor_has_a_length_and_nothing_else(void **state __rte_unused)
{
	struct svanic_rx_descriptor descriptor = { .length = 1 };

	assert_true(descriptor_rx_is_valid(&descriptor));
	descriptor.status = SVANIC_RX_DONE;
	assert_false(descriptor_rx_is_valid(&descriptor));
	descriptor = (struct svanic_rx_descriptor){ .length = 1, .hash = 1 };
	assert_false(descriptor_rx_is_valid(&descriptor));
	descriptor = (struct svanic_rx_descriptor){ .address = 0x1000 };
	assert_false(descriptor_rx_is_valid(&descriptor));
}

/* --- rings ------------------------------------------------------------------------ */

static void
a_ring_has_a_size_and_an_alignment(void **state __rte_unused)
{
	assert_true(ring_is_valid(0x1040, 5));
	assert_true(ring_is_valid(0xffffffffffffffc0, 15));
	assert_false(ring_is_valid(0x1000, 4));
	assert_false(ring_is_valid(0x1000, 16));
	assert_false(ring_is_valid(0x1000, 5 | 1u << 31));
	assert_false(ring_is_valid(0x1020, 5));
}

static void
a_doorbell_gives_what_the_ring_holds(void **state __rte_unused)
{
	struct ring ring = { .log2_size = 5, .head = 10, .tail = 20 };

	assert_true(ring_takes_tail(&ring, 20));
	assert_true(ring_takes_tail(&ring, 42));
	assert_false(ring_takes_tail(&ring, 43));
	assert_false(ring_takes_tail(&ring, 19));
	assert_false(ring_takes_tail(&ring, 9));
}

static void
numbers_count_modulo_2_to_the_32(void **state __rte_unused)
{
	struct ring ring = { .log2_size = 5,
		.address = 0x1000,
		.head = 0xfffffff0,
		.tail = 0xfffffff0 };

	assert_true(ring_takes_tail(&ring, 0x10));
	assert_false(ring_takes_tail(&ring, 0x11));
	ring.tail = 0x10;
	assert_int_equal(ring_batch(&ring, 0xfffffff0), 16);
	assert_int_equal(ring_slot_address(&ring, 0xfffffff0), 0x1100);
	assert_int_equal(ring_batch(&ring, 0), 16);
	assert_int_equal(ring_slot_address(&ring, 0), 0x1000);
}

static void
a_batch_ends_with_what_was_given_the_page_and_the_ring(
	void **state __rte_unused)
{
	struct ring ring = { .log2_size = 9, .address = 0x1040, .tail = 3 };

	assert_int_equal(ring_batch(&ring, 0), 3);
	assert_int_equal(ring_batch(&ring, 3), 0);
	ring.tail = 512;
	assert_int_equal(ring_batch(&ring, 0), 252); /* up to 0x2000 */
	assert_int_equal(ring_batch(&ring, 252), 256);
	assert_int_equal(ring_batch(&ring, 508), 4); /* the ring's end */
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(only_the_station_address_is_accepted_at_first),
		TEST(each_mode_accepts_its_own),
		TEST(a_filter_counts_when_it_is_valid),
		TEST(the_lowest_steering_filter_wins),
		TEST(a_frame_of_up_to_16_parts_is_good),
		TEST(a_frame_over_the_limit_is_malformed),
		TEST(a_part_without_length_is_malformed),
		TEST(bits_that_must_be_0_are_heeded_in_each_part),
		TEST(sums_want_headers_in_the_frame_and_one_protocol),
		TEST(without_sums_header_lengths_do_not_count),
		TEST(a_receive_descriptor_has_a_length_and_nothing_else),
		TEST(a_ring_has_a_size_and_an_alignment),
		TEST(a_doorbell_gives_what_the_ring_holds),
		TEST(numbers_count_modulo_2_to_the_32),
		TEST(a_batch_ends_with_what_was_given_the_page_and_the_ring),
	};

	return RUN_TESTS("svanic_rules", tests);
}
