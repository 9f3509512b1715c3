/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The wire: frames to and from QEMU's netdev, and which queue one from there is for.
 *
 * Must not know: how a frame gets into memory.
 */

#include "frame.h"
#include "svanic.h"

#define SHORTEST_HEADER 14

/* The pair for a frame that no filter steers; HASH_TABLE can name one that is not there. */
static unsigned int
pair_by_hash(const struct svanic *nic, const struct svanic_rx_frame *frame)
{
	if (!(frame->status & SVANIC_RX_HASHED))
		return 0;
	return nic->hash_table[frame->hash % SVANIC_HASH_TABLE_ENTRIES];
}

static void
look_into(const struct svanic *nic, struct svanic_rx_frame *frame)
{
	frame->status = (uint16_t)(frame_check_sums(
					   frame->bytes, frame->length) |
		frame_kind(frame->bytes, frame->length)
			<< SVANIC_RX_KIND_SHIFT);
	if ((nic->filters.mode & SVANIC_RECEIVE_HASH) &&
		frame_hash(frame->bytes, frame->length, nic->hash_key,
			nic->hash_fields, &frame->hash))
		frame->status |= SVANIC_RX_HASHED;
}

static void
take_frame(struct svanic *nic, struct svanic_rx_frame *frame)
{
	int destination = filter_destination(&nic->filters, frame->bytes);
	unsigned int pair;

	if (destination == FILTER_NOBODY) {
		nic->filtered++;
		return;
	}
	if (frame->length > nic->frame_limit) {
		nic->oversize++;
		return;
	}
	look_into(nic, frame);
	pair = destination == FILTER_ANY ? pair_by_hash(nic, frame)
					 : (unsigned int)destination;
	if (pair >= nic->properties.pairs ||
		!svanic_queue_is_on(&nic->pairs[pair].rx))
		nic->no_queue++;
	else
		svanic_rx_take(&nic->pairs[pair].rx, frame);
}

/* All is taken: the device loses frames as a NIC does, and holds up nobody on the wire. */
static ssize_t
receive(struct qemu_net_client *client, const uint8_t *bytes, size_t length)
{
	struct svanic *nic = qemu_get_nic_opaque(client);
	struct svanic_rx_frame frame = {
		.bytes = (uint8_t *)(uintptr_t)bytes, /* only read */
		.length = (uint32_t)length,
	};

	if ((nic->control & SVANIC_CONTROL_RECEIVE) &&
		length >= SHORTEST_HEADER)
		take_frame(nic, &frame);
	return (ssize_t)length;
}

static void
link_changed(struct qemu_net_client *client)
{
	svanic_event(qemu_get_nic_opaque(client), SVANIC_EVENT_LINK);
}

static struct qemu_net_info net_info = {
	.type = QEMU_NET_NIC,
	.size = QEMU_NIC_SIZE,
	.receive = receive,
	.link_changed = link_changed,
};

void
svanic_net_init(struct svanic *nic)
{
	struct qemu_nic_conf *conf = &nic->properties.nic;

	nic->nic = qemu_new_nic(
		&net_info, conf, SVANIC_TYPE, NULL, &nic->nic_guard, nic);
	qemu_format_nic_info_str(qemu_get_queue(nic->nic), conf->mac);
}

void
svanic_net_exit(struct svanic *nic)
{
	qemu_del_nic(nic->nic);
}

bool
svanic_net_link(const struct svanic *nic)
{
	return !qemu_get_queue(nic->nic)->link_down;
}

static void
sent(struct qemu_net_client *client, ssize_t length)
{
	struct svanic *nic = qemu_get_nic_opaque(client);
	unsigned int i;

	(void)length;
	nic->is_sending_blocked = false;
	for (i = 0; i < nic->properties.pairs; i++)
		svanic_queue_schedule(&nic->pairs[i].tx);
}

bool
svanic_net_send(struct svanic *nic, const uint8_t *frame, uint32_t length)
{
	return qemu_send_packet_async(
		       qemu_get_queue(nic->nic), frame, (int)length, sent) != 0;
}
