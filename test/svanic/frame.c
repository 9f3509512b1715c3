/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Reads Ethernet, IPv4 (RFC 791), IPv6 (RFC 8200), TCP and UDP headers as far as sums
 * (RFC 1071) and the receive hash need them.
 *
 * Must not know: QEMU, queues, where a frame goes.
 */

#include "frame.h"

#include <stddef.h>
#include <string.h>

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_TAG 0x8100
#define TYPE_SERVICE_TAG 0x88a8
#define TAGS_MAX 2
#define IPV6_EXTENSIONS_MAX 8

#define HOP_BY_HOP 0
#define TCP 6
#define UDP 17
#define ROUTING 43
#define FRAGMENT 44
#define DESTINATION 60

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER 20
#define UDP_HEADER 8

/* Where the headers of one packet are; version 0: neither IPv4 nor IPv6, or broken. */
struct packet {
	uint8_t version;
	uint8_t protocol;
	bool is_fragment;
	uint32_t l3;
	uint32_t l4;
	uint32_t end;
};

static uint16_t
read_16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void
write_16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = value >> 8;
	bytes[1] = value & 0xff;
}

/* --- headers ---------------------------------------------------------------------- */

static void
parse_ipv4(const uint8_t *frame, uint32_t length, struct packet *packet)
{
	const uint8_t *header = frame + packet->l3;
	uint32_t header_length, total;

	if (length - packet->l3 < IPV4_HEADER || header[0] >> 4 != 4)
		return;
	header_length = (header[0] & 0xfu) * 4;
	total = read_16(header + 2);
	if (header_length < IPV4_HEADER || total < header_length ||
		total > length - packet->l3)
		return;
	packet->version = 4;
	packet->protocol = header[9];
	packet->is_fragment = (read_16(header + 6) & 0x3fff) != 0;
	packet->l4 = packet->l3 + header_length;
	packet->end = packet->l3 + total;
}

/* Leaves the protocol at what cannot be skipped. */
static void
skip_ipv6_extensions(const uint8_t *frame, struct packet *packet)
{
	const uint8_t *at;
	unsigned int i;
	uint32_t size;

	for (i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		if (packet->end - packet->l4 < 8)
			return;
		at = frame + packet->l4;
		switch (packet->protocol) {
		case HOP_BY_HOP:
		case ROUTING:
		case DESTINATION:
			size = (at[1] + 1u) * 8;
			if (size > packet->end - packet->l4)
				return;
			break;
		case FRAGMENT:
			packet->is_fragment = true;
			return;
		default:
			return;
		}
		packet->protocol = at[0];
		packet->l4 += size;
	}
}

static void
parse_ipv6(const uint8_t *frame, uint32_t length, struct packet *packet)
{
	const uint8_t *header = frame + packet->l3;

	if (length - packet->l3 < IPV6_HEADER || header[0] >> 4 != 6 ||
		read_16(header + 4) > length - packet->l3 - IPV6_HEADER)
		return;
	packet->version = 6;
	packet->protocol = header[6];
	packet->l4 = packet->l3 + IPV6_HEADER;
	packet->end = packet->l4 + read_16(header + 4);
	skip_ipv6_extensions(frame, packet);
}

static struct packet
parse(const uint8_t *frame, uint32_t length)
{
	struct packet packet = { .l3 = 14 };
	unsigned int tags;
	uint16_t type = 0;

	for (tags = 0; packet.l3 <= length; tags++, packet.l3 += 4) {
		type = read_16(frame + packet.l3 - 2);
		if ((type != TYPE_TAG && type != TYPE_SERVICE_TAG) ||
			tags == TAGS_MAX)
			break;
	}
	if (packet.l3 > length)
		return packet;
	if (type == TYPE_IPV4)
		parse_ipv4(frame, length, &packet);
	else if (type == TYPE_IPV6)
		parse_ipv6(frame, length, &packet);
	return packet;
}

static bool
has_l4(const struct packet *packet, uint8_t protocol)
{
	uint32_t header = protocol == TCP ? TCP_HEADER : UDP_HEADER;

	return packet->version != 0 && !packet->is_fragment &&
		packet->protocol == protocol &&
		packet->end - packet->l4 >= header;
}

/* --- sums ------------------------------------------------------------------------- */

static uint64_t
sum(const uint8_t *bytes, uint32_t length)
{
	uint64_t total = 0;
	uint32_t i;

	for (i = 0; i + 1 < length; i += 2)
		total += read_16(bytes + i);
	if (length & 1)
		total += (uint64_t)bytes[length - 1] << 8;
	return total;
}

static uint16_t
fold(uint64_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)total;
}

/*
 * Bytes that a TCP or UDP sum is over: UDP has a length of its own, and what the IP packet
 * has behind it does not count (RFC 768). 0 when UDP's length is impossible.
 */
static uint32_t
summed_length(const uint8_t *frame, const struct packet *packet)
{
	uint32_t length = packet->end - packet->l4, own;

	if (packet->protocol != UDP)
		return length;
	own = read_16(frame + packet->l4 + 4);
	return own >= UDP_HEADER && own <= length ? own : 0;
}

static uint64_t
sum_with_pseudo_header(
	const uint8_t *frame, const struct packet *packet, uint32_t length)
{
	const uint8_t *header = frame + packet->l3;
	uint64_t total = (uint64_t)packet->protocol + (length >> 16) +
		(length & 0xffff);

	if (packet->version == 4)
		total += sum(header + 12, 8);
	else
		total += sum(header + 8, 32);
	return total + sum(frame + packet->l4, length);
}

static size_t
l4_sum_offset(uint8_t protocol)
{
	return protocol == TCP ? 16 : 6;
}

static uint16_t
check_l4(const uint8_t *frame, const struct packet *packet)
{
	uint32_t length;
	bool no_sum;

	if (!has_l4(packet, TCP) && !has_l4(packet, UDP))
		return 0;
	no_sum = packet->protocol == UDP && packet->version == 4 &&
		read_16(frame + packet->l4 + l4_sum_offset(UDP)) == 0;
	length = summed_length(frame, packet);
	if (no_sum || length == 0)
		return 0;
	if (fold(sum_with_pseudo_header(frame, packet, length)) != 0xffff)
		return SVANIC_RX_L4_SUM_CHECKED | SVANIC_RX_L4_SUM_WRONG;
	return SVANIC_RX_L4_SUM_CHECKED;
}

uint16_t
frame_check_sums(const uint8_t *frame, uint32_t length)
{
	struct packet packet = parse(frame, length);
	uint16_t status = 0;

	if (packet.version == 4) {
		status |= SVANIC_RX_IPV4_SUM_CHECKED;
		if (fold(sum(frame + packet.l3, packet.l4 - packet.l3)) !=
			0xffff)
			status |= SVANIC_RX_IPV4_SUM_WRONG;
	}
	return status | check_l4(frame, &packet);
}

unsigned int
frame_kind(const uint8_t *frame, uint32_t length)
{
	struct packet packet = parse(frame, length);
	bool is_tcp = has_l4(&packet, TCP), is_udp = has_l4(&packet, UDP);

	if (packet.version == 4)
		return is_tcp	 ? SVANIC_KIND_IPV4_TCP
			: is_udp ? SVANIC_KIND_IPV4_UDP
				 : SVANIC_KIND_IPV4;
	if (packet.version == 6)
		return is_tcp	 ? SVANIC_KIND_IPV6_TCP
			: is_udp ? SVANIC_KIND_IPV6_UDP
				 : SVANIC_KIND_IPV6;
	return 0;
}

static bool
make_ipv4_sum(uint8_t *frame, uint32_t l2_length, uint32_t l3_length)
{
	uint8_t *header = frame + l2_length;

	if (l3_length < IPV4_HEADER || header[0] >> 4 != 4)
		return false;
	write_16(header + 10, 0);
	write_16(header + 10, (uint16_t)~fold(sum(header, l3_length)));
	return true;
}

/* The packet that a driver describes; its end is where the IP header says. */
static bool
describe(const uint8_t *frame, uint32_t length, uint32_t l2_length,
	uint32_t l3_length, uint8_t protocol, struct packet *packet)
{
	const uint8_t *header = frame + l2_length;

	*packet = (struct packet){
		.protocol = protocol,
		.l3 = l2_length,
		.l4 = l2_length + l3_length,
	};
	if (l3_length >= IPV4_HEADER && header[0] >> 4 == 4) {
		packet->version = 4;
		packet->end = l2_length + read_16(header + 2);
	} else if (l3_length >= IPV6_HEADER && header[0] >> 4 == 6) {
		packet->version = 6;
		packet->end = l2_length + IPV6_HEADER + read_16(header + 4);
	}
	return packet->end >= packet->l4 && packet->end <= length &&
		has_l4(packet, protocol);
}

static bool
make_l4_sum(uint8_t *frame, uint32_t length, uint32_t l2_length,
	uint32_t l3_length, uint8_t protocol)
{
	struct packet packet;
	uint32_t summed;
	uint8_t *field;
	uint16_t value;

	if (!describe(frame, length, l2_length, l3_length, protocol, &packet))
		return false;
	summed = summed_length(frame, &packet);
	if (summed == 0)
		return false;
	field = frame + packet.l4 + l4_sum_offset(protocol);
	write_16(field, 0);
	value = (uint16_t)~fold(sum_with_pseudo_header(frame, &packet, summed));
	if (value == 0 && protocol == UDP)
		value = 0xffff; /* RFC 768: zero says that there is no sum */
	write_16(field, value);
	return true;
}

bool
frame_make_sums(uint8_t *frame, uint32_t length, uint16_t flags,
	uint32_t l2_length, uint32_t l3_length)
{
	if ((flags &
		    (SVANIC_TX_IPV4_SUM | SVANIC_TX_TCP_SUM |
			    SVANIC_TX_UDP_SUM)) == 0)
		return true;
	if (l3_length == 0 || l2_length + l3_length > length)
		return false;
	if ((flags & SVANIC_TX_IPV4_SUM) &&
		!make_ipv4_sum(frame, l2_length, l3_length))
		return false;
	if (flags & SVANIC_TX_TCP_SUM)
		return make_l4_sum(frame, length, l2_length, l3_length, TCP);
	if (flags & SVANIC_TX_UDP_SUM)
		return make_l4_sum(frame, length, l2_length, l3_length, UDP);
	return true;
}

/* --- the receive hash ------------------------------------------------------------- */

uint32_t
frame_toeplitz(const uint8_t key[SVANIC_HASH_KEY_LENGTH], const uint8_t *bytes,
	uint32_t length)
{
	uint32_t hash = 0, i, bit;
	/* the 32 bits of the key that belong to the current bit, and those after them */
	uint64_t window = 0;

	for (i = 0; i < 8; i++)
		window = window << 8 | key[i];
	for (i = 0; i < length; i++) {
		for (bit = 0; bit < 8; bit++, window <<= 1) {
			if (bytes[i] & 0x80u >> bit)
				hash ^= (uint32_t)(window >> 32);
		}
		if (i + 8 < SVANIC_HASH_KEY_LENGTH)
			window |= key[i + 8];
	}
	return hash;
}

/* The kind among those that were chosen, the ports' one first; 0 for none. */
static uint32_t
hash_kind(const struct packet *packet, uint32_t fields)
{
	uint32_t kind = 0;

	if (packet->version == 0)
		return 0;
	if (has_l4(packet, TCP))
		kind = packet->version == 4 ? SVANIC_HASH_IPV4_TCP
					    : SVANIC_HASH_IPV6_TCP;
	else if (has_l4(packet, UDP))
		kind = packet->version == 4 ? SVANIC_HASH_IPV4_UDP
					    : SVANIC_HASH_IPV6_UDP;
	if (fields & kind)
		return kind;
	return fields &
		(packet->version == 4 ? SVANIC_HASH_IPV4 : SVANIC_HASH_IPV6);
}

bool
frame_hash(const uint8_t *frame, uint32_t length,
	const uint8_t key[SVANIC_HASH_KEY_LENGTH], uint32_t fields,
	uint32_t *hash)
{
	struct packet packet = parse(frame, length);
	uint32_t kind = hash_kind(&packet, fields);
	uint8_t input[36];
	uint32_t addresses;

	if (kind == 0)
		return false;
	addresses = packet.version == 4 ? 8 : 32;
	memcpy(input, frame + packet.l3 + (packet.version == 4 ? 12 : 8),
		addresses);
	if (kind == SVANIC_HASH_IPV4 || kind == SVANIC_HASH_IPV6) {
		*hash = frame_toeplitz(key, input, addresses);
		return true;
	}
	memcpy(input + addresses, frame + packet.l4, 4);
	*hash = frame_toeplitz(key, input, addresses + 4);
	return true;
}
