/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* When a packet comes in; see wire.h. */

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

#define QUIET 300 /* milliseconds without a packet */
#define MOST_PACKETS 100000

/* testpmd addresses nobody in particular. */
static int
take_all(int wire, unsigned int index)
{
	const struct packet_mreq request = {
		.mr_ifindex = index,
		.mr_type = PACKET_MR_PROMISC,
	};

	return setsockopt(wire, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request,
		sizeof(request));
}

int
wire_open(const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(interface),
	};
	int wire = -1;

	if (address.sll_ifindex == 0) {
		warn("%s", interface);
		return -1;
	}
	wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (wire >= 0 &&
		bind(wire, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		take_all(wire, address.sll_ifindex) == 0)
		return wire;
	warn("%s: packet socket", interface);
	if (wire >= 0)
		close(wire);
	return -1;
}

bool
wire_received(int wire)
{
	struct sockaddr_ll address;
	socklen_t length = sizeof(address);
	char start[16];

	if (recvfrom(wire, start, sizeof(start), 0, (struct sockaddr *)&address,
		    &length) <= 0)
		return false;
	return address.sll_pkttype != PACKET_OUTGOING;
}

static int
set_up(int wire, const char *interface, bool up)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(wire, SIOCGIFFLAGS, &request) != 0)
		goto failed;
	request.ifr_flags &= ~IFF_UP;
	if (up)
		request.ifr_flags |= IFF_UP;
	if (ioctl(wire, SIOCSIFFLAGS, &request) == 0)
		return 0;
failed:
	warn("%s: cannot be set %s", interface, up ? "up" : "down");
	return -1;
}

int
wire_up(int wire, const char *interface)
{
	struct pollfd poll_wire = { .fd = wire, .events = POLLIN };
	unsigned int packets;

	if (set_up(wire, interface, true) != 0)
		return -1;
	for (packets = 0; packets < MOST_PACKETS; packets++) {
		if (poll(&poll_wire, 1, QUIET) == 0)
			return 0;
		/* Also takes what is only an error, such as ENETDOWN. */
		wire_received(wire);
	}
	warnx("%s: somebody is sending all the time", interface);
	return -1;
}

int
wire_down(int wire, const char *interface)
{
	return set_up(wire, interface, false);
}
