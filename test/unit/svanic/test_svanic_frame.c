/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * svanic's model: sums in and out, and the receive hash. The sums expected here were
 * made by another program; the hashes are the examples of the specification of
 * receive-side scaling ("Verifying the RSS Hash Calculation").
 *
 * Must not know: QEMU, queues.
 */

#include <string.h>
#include <arpa/inet.h>

#include "frame.h"
#include "unit.h"

#define ETHERNET 14
#define IPV4 20
#define IPV6 40
#define UDP_LENGTH 15 /* with 7 bytes of data */
#define TCP_LENGTH 27

static const uint8_t specification_key[SVANIC_HASH_KEY_LENGTH] = { 0x6d, 0x5a,
	0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb,
	0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac,
	0x01, 0xfa };

static uint8_t frame[256];

static void
put_16(uint32_t offset, uint16_t value)
{
	frame[offset] = value >> 8;
	frame[offset + 1] = value & 0xff;
}

static uint16_t
get_16(uint32_t offset)
{
	return (uint16_t)(frame[offset] << 8 | frame[offset + 1]);
}

/* UDP over IPv4 with no sums; its length. */
static uint32_t
make_udp4(uint32_t l2)
{
	static const uint8_t addresses[] = { 192, 0, 2, 1, 198, 51, 100, 7 };
	static const uint8_t udp[UDP_LENGTH] = { 0x12, 0x34, 0, 7, 0,
		UDP_LENGTH, 0, 0, 's', 'v', 'a', 'n', 'i', 'c', '!' };
	static const uint8_t header[] = { 0x45, 0, 0, IPV4 + UDP_LENGTH, 0, 1,
		0, 0, 64, 17, 0, 0 };

	memset(frame, 0, sizeof(frame));
	put_16(l2 - 2, 0x0800);
	memcpy(frame + l2, header, sizeof(header));
	memcpy(frame + l2 + 12, addresses, sizeof(addresses));
	memcpy(frame + l2 + IPV4, udp, sizeof(udp));
	return l2 + IPV4 + UDP_LENGTH;
}

static uint32_t
make_tcp6(void)
{
	static const uint8_t header[] = { 0x60, 0, 0, 0, 0, TCP_LENGTH, 6, 64 };
	static const uint8_t tcp[TCP_LENGTH] = { 0x12, 0x34, 0, 80, 0, 0, 0, 1,
		0, 0, 0, 2, 0x50, 0x10, 2, 0, 0, 0, 0, 0, 's', 'v', 'a', 'n',
		'i', 'c', '!' };

	memset(frame, 0, sizeof(frame));
	put_16(ETHERNET - 2, 0x86dd);
	memcpy(frame + ETHERNET, header, sizeof(header));
	assert_int_equal(
		inet_pton(AF_INET6, "2001:db8::1", frame + ETHERNET + 8), 1);
	assert_int_equal(
		inet_pton(AF_INET6, "2001:db8::7", frame + ETHERNET + 24), 1);
	memcpy(frame + ETHERNET + IPV6, tcp, sizeof(tcp));
	return ETHERNET + IPV6 + TCP_LENGTH;
}

#define ALL_CHECKED (SVANIC_RX_IPV4_SUM_CHECKED | SVANIC_RX_L4_SUM_CHECKED)

/* --- sums made ---------------------------------------------------------------- */

static void
both_sums_of_udp_over_ipv4_are_made(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET);

	put_16(ETHERNET + 10, 0xaaaa); /* the driver leaves what it likes */
	put_16(ETHERNET + IPV4 + 6, 0xbbbb);
	assert_true(frame_make_sums(frame, length,
		SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM, ETHERNET, IPV4));
	assert_int_equal(get_16(ETHERNET + 10), 0x8e8d);
	assert_int_equal(get_16(ETHERNET + IPV4 + 6), 0xa210);
	assert_int_equal(frame_check_sums(frame, length), ALL_CHECKED);
}

static void
the_sum_of_tcp_over_ipv6_is_made(void **state __rte_unused)
{
	uint32_t length = make_tcp6();

	assert_true(frame_make_sums(
		frame, length, SVANIC_TX_TCP_SUM, ETHERNET, IPV6));
	assert_int_equal(get_16(ETHERNET + IPV6 + 16), 0xe084);
	assert_int_equal(
		frame_check_sums(frame, length), SVANIC_RX_L4_SUM_CHECKED);
}

static void
only_the_sum_asked_for_is_made(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET);

	assert_true(frame_make_sums(
		frame, length, SVANIC_TX_IPV4_SUM, ETHERNET, IPV4));
	assert_int_equal(get_16(ETHERNET + 10), 0x8e8d);
	assert_int_equal(get_16(ETHERNET + IPV4 + 6), 0);
	assert_true(frame_make_sums(frame, length, SVANIC_TX_END, 0, 0));
}

static void
a_udp_sum_of_zero_is_sent_as_ones(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET), data = ETHERNET + IPV4 + 8;

	/* the data's first word makes up for all the rest */
	put_16(data, 0);
	assert_true(frame_make_sums(
		frame, length, SVANIC_TX_UDP_SUM, ETHERNET, IPV4));
	put_16(data, get_16(ETHERNET + IPV4 + 6));
	assert_true(frame_make_sums(
		frame, length, SVANIC_TX_UDP_SUM, ETHERNET, IPV4));
	assert_int_equal(get_16(ETHERNET + IPV4 + 6), 0xffff);
}

static void
bytes_behind_the_packet_do_not_count(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET);

	memset(frame + length, 0x5a, 11);
	assert_true(frame_make_sums(frame, length + 11,
		SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM, ETHERNET, IPV4));
	assert_int_equal(get_16(ETHERNET + IPV4 + 6), 0xa210);
	assert_int_equal(frame_check_sums(frame, length + 11), ALL_CHECKED);
}

/* The IP packet is longer than the UDP datagram in it. */
static void
a_udp_sum_is_over_udps_own_length(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET);

	memset(frame + length, 0x5a, 11);
	put_16(ETHERNET + 2, IPV4 + UDP_LENGTH + 11);
	assert_true(frame_make_sums(frame, length + 11,
		SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM, ETHERNET, IPV4));
	assert_int_equal(get_16(ETHERNET + IPV4 + 6), 0xa210);
	assert_int_equal(frame_check_sums(frame, length + 11), ALL_CHECKED);
}

static void
a_udp_length_that_cannot_be_has_no_sum(void **state __rte_unused)
{
	static const uint16_t lengths[] = { 0, 7, UDP_LENGTH + 1 };
	uint32_t length = make_udp4(ETHERNET);
	unsigned int i;

	frame_make_sums(frame, length, SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM,
		ETHERNET, IPV4);
	for (i = 0; i < RTE_DIM(lengths); i++) {
		put_16(ETHERNET + IPV4 + 4, lengths[i]);
		assert_int_equal(frame_check_sums(frame, length),
			SVANIC_RX_IPV4_SUM_CHECKED);
		assert_false(frame_make_sums(
			frame, length, SVANIC_TX_UDP_SUM, ETHERNET, IPV4));
	}
}

static void
headers_that_cannot_be_are_refused(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET);

	/* headers beyond the frame, too short, of another protocol's size */
	assert_false(frame_make_sums(
		frame, ETHERNET + 19, SVANIC_TX_IPV4_SUM, ETHERNET, IPV4));
	assert_false(frame_make_sums(
		frame, length, SVANIC_TX_IPV4_SUM, ETHERNET, 16));
	assert_false(frame_make_sums(
		frame, length, SVANIC_TX_IPV4_SUM, ETHERNET, 0));
	assert_false(frame_make_sums(
		frame, length, SVANIC_TX_TCP_SUM, ETHERNET, IPV4));
	/* an IP header that says more than there is */
	put_16(ETHERNET + 2, IPV4 + UDP_LENGTH + 1);
	assert_false(frame_make_sums(
		frame, length, SVANIC_TX_UDP_SUM, ETHERNET, IPV4));
	/* no IP header at all */
	frame[ETHERNET] = 0x75;
	assert_false(frame_make_sums(
		frame, length, SVANIC_TX_UDP_SUM, ETHERNET, IPV4));
	assert_false(frame_make_sums(
		frame, length, SVANIC_TX_IPV4_SUM, ETHERNET, IPV4));
}

static void
a_frame_is_of_its_kind(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET);

	assert_int_equal(frame_kind(frame, length), SVANIC_KIND_IPV4_UDP);
	put_16(ETHERNET + 6, 0x2000); /* a fragment */
	assert_int_equal(frame_kind(frame, length), SVANIC_KIND_IPV4);
	frame[ETHERNET + 9] = 1;
	put_16(ETHERNET + 6, 0);
	assert_int_equal(frame_kind(frame, length), SVANIC_KIND_IPV4);
	put_16(ETHERNET - 2, 0x0806);
	assert_int_equal(frame_kind(frame, length), 0);
	length = make_tcp6();
	assert_int_equal(frame_kind(frame, length), SVANIC_KIND_IPV6_TCP);
	assert_int_equal(frame_kind(frame, length - 1), 0); /* cut */
}

/* --- sums checked ----------------------------------------------------------------- */

static void
wrong_sums_are_told_apart(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET);

	frame_make_sums(frame, length, SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM,
		ETHERNET, IPV4);
	frame[length - 1] ^= 1;
	assert_int_equal(frame_check_sums(frame, length),
		ALL_CHECKED | SVANIC_RX_L4_SUM_WRONG);
	frame[length - 1] ^= 1;
	frame[ETHERNET + 8]--; /* time to live */
	assert_int_equal(frame_check_sums(frame, length),
		ALL_CHECKED | SVANIC_RX_IPV4_SUM_WRONG);
}

static void
udp_without_a_sum_is_not_checked(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET);

	frame_make_sums(frame, length, SVANIC_TX_IPV4_SUM, ETHERNET, IPV4);
	assert_int_equal(
		frame_check_sums(frame, length), SVANIC_RX_IPV4_SUM_CHECKED);
}

static void
a_fragment_has_no_l4_sum(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET);

	put_16(ETHERNET + 6, 0x2000); /* more follow */
	frame_make_sums(frame, length, SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM,
		ETHERNET, IPV4);
	assert_int_equal(
		frame_check_sums(frame, length), SVANIC_RX_IPV4_SUM_CHECKED);
}

static void
tags_are_skipped(void **state __rte_unused)
{
	uint32_t length = make_udp4(ETHERNET + 8);

	put_16(12, 0x88a8);
	put_16(16, 0x8100);
	frame_make_sums(frame, length, SVANIC_TX_IPV4_SUM | SVANIC_TX_UDP_SUM,
		ETHERNET + 8, IPV4);
	assert_int_equal(frame_check_sums(frame, length), ALL_CHECKED);
}

/* Whatever the bytes are and wherever the frame ends: nothing behind it is read, which
 * a build with a sanitizer sees, and no sum is checked in less than its headers. */
static void
frames_cut_anywhere_are_safe(void **state __rte_unused)
{
	uint32_t whole = make_tcp6(), length, hash;
	uint8_t *copy;

	for (length = 0; length < whole; length++) {
		copy = test_malloc(length + 1);
		memcpy(copy, frame, length);
		assert_int_equal(frame_check_sums(copy, length), 0);
		assert_false(frame_hash(copy, length, specification_key,
			SVANIC_HASH_IPV6_TCP, &hash));
		test_free(copy);
	}
}

/* --- the receive hash ------------------------------------------------------------- */

static const struct {
	int family;
	const char *destination, *source;
	uint16_t destination_port, source_port;
	uint32_t with_addresses, with_ports;
} examples[] = {
	{ AF_INET, "161.142.100.80", "66.9.149.187", 1766, 2794, 0x323e8fc2,
		0x51ccc178 },
	{ AF_INET, "65.69.140.83", "199.92.111.2", 4739, 14230, 0xd718262a,
		0xc626b0ea },
	{ AF_INET, "12.22.207.184", "24.19.198.95", 38024, 12898, 0xd2d0a5de,
		0x5c2b394a },
	{ AF_INET, "209.142.163.6", "38.27.205.30", 2217, 48228, 0x82989176,
		0xafc7327f },
	{ AF_INET, "202.188.127.2", "153.39.163.191", 1303, 44251, 0x5d1809c5,
		0x10e828a2 },
	{ AF_INET6, "3ffe:2501:200:3::1", "3ffe:2501:200:1fff::7", 1766, 2794,
		0x2cc18cd5, 0x40207d3d },
	{ AF_INET6, "ff02::1", "3ffe:501:8::260:97ff:fe40:efab", 4739, 14230,
		0x0f0c461c, 0xdde51bbf },
	{ AF_INET6, "fe80::200:f8ff:fe21:67cf",
		"3ffe:1900:4545:3:200:f8ff:fe21:67cf", 38024, 44251, 0x4b61e985,
		0x02d1feef },
};

/* An example as a frame: its headers, nothing more. */
static uint32_t
make_example(unsigned int i, uint8_t protocol)
{
	uint32_t l4, ports_and_more = protocol == 6 ? 20 : 8;
	bool is_ipv4 = examples[i].family == AF_INET;

	memset(frame, 0, sizeof(frame));
	l4 = ETHERNET + (is_ipv4 ? IPV4 : IPV6);
	put_16(12, is_ipv4 ? 0x0800 : 0x86dd);
	frame[ETHERNET] = is_ipv4 ? 0x45 : 0x60;
	put_16(ETHERNET + (is_ipv4 ? 2 : 4),
		(uint16_t)(ports_and_more + (is_ipv4 ? IPV4 : 0)));
	frame[ETHERNET + (is_ipv4 ? 9 : 6)] = protocol;
	inet_pton(examples[i].family, examples[i].source,
		frame + ETHERNET + (is_ipv4 ? 12 : 8));
	inet_pton(examples[i].family, examples[i].destination,
		frame + ETHERNET + (is_ipv4 ? 16 : 24));
	put_16(l4, examples[i].source_port);
	put_16(l4 + 2, examples[i].destination_port);
	return l4 + ports_and_more;
}

static void
examples_have_the_hashes_of_the_specification(void **state __rte_unused)
{
	uint32_t length, hash, i;

	for (i = 0; i < RTE_DIM(examples); i++) {
		length = make_example(i, 6);
		assert_true(frame_hash(frame, length, specification_key,
			SVANIC_HASH_IPV4_TCP | SVANIC_HASH_IPV6_TCP, &hash));
		assert_int_equal(hash, examples[i].with_ports);
		length = make_example(i, 17);
		assert_true(frame_hash(frame, length, specification_key,
			SVANIC_HASH_IPV4_UDP | SVANIC_HASH_IPV6_UDP, &hash));
		assert_int_equal(hash, examples[i].with_ports);
		length = make_example(i, 99);
		assert_true(frame_hash(
			frame, length, specification_key, 0x3f, &hash));
		assert_int_equal(hash, examples[i].with_addresses);
	}
}

static void
a_kind_that_is_not_chosen_counts_as_ip(void **state __rte_unused)
{
	uint32_t length = make_example(0, 6), hash;

	assert_true(frame_hash(frame, length, specification_key,
		SVANIC_HASH_IPV4 | SVANIC_HASH_IPV4_UDP, &hash));
	assert_int_equal(hash, examples[0].with_addresses);
	assert_false(frame_hash(frame, length, specification_key,
		SVANIC_HASH_IPV4_UDP | SVANIC_HASH_IPV6, &hash));
}

static void
a_fragment_is_hashed_without_ports(void **state __rte_unused)
{
	uint32_t length = make_example(0, 6), hash;

	put_16(ETHERNET + 6, 0x0001); /* not the first */
	assert_true(frame_hash(frame, length, specification_key,
		SVANIC_HASH_IPV4 | SVANIC_HASH_IPV4_TCP, &hash));
	assert_int_equal(hash, examples[0].with_addresses);
}

static void
what_is_not_ip_has_no_hash(void **state __rte_unused)
{
	uint32_t length = make_example(0, 6), hash;

	put_16(12, 0x0806);
	assert_false(frame_hash(frame, length, specification_key, 0x3f, &hash));
	assert_int_equal(frame_check_sums(frame, length), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sums_of_udp_over_ipv4_are_made),
		cmocka_unit_test(the_sum_of_tcp_over_ipv6_is_made),
		cmocka_unit_test(only_the_sum_asked_for_is_made),
		cmocka_unit_test(a_frame_is_of_its_kind),
		cmocka_unit_test(a_udp_sum_of_zero_is_sent_as_ones),
		cmocka_unit_test(a_udp_sum_is_over_udps_own_length),
		cmocka_unit_test(a_udp_length_that_cannot_be_has_no_sum),
		cmocka_unit_test(bytes_behind_the_packet_do_not_count),
		cmocka_unit_test(headers_that_cannot_be_are_refused),
		cmocka_unit_test(wrong_sums_are_told_apart),
		cmocka_unit_test(udp_without_a_sum_is_not_checked),
		cmocka_unit_test(a_fragment_has_no_l4_sum),
		cmocka_unit_test(tags_are_skipped),
		cmocka_unit_test(frames_cut_anywhere_are_safe),
		cmocka_unit_test(examples_have_the_hashes_of_the_specification),
		cmocka_unit_test(a_kind_that_is_not_chosen_counts_as_ip),
		cmocka_unit_test(a_fragment_is_hashed_without_ports),
		cmocka_unit_test(what_is_not_ip_has_no_hash),
	};

	return RUN_TESTS("svanic_frame", tests);
}
