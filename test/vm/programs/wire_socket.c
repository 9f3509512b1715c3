/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The other end of the wire; see wire_socket.h. */

#include <errno.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <linux/if_packet.h>

#include "wire_socket.h"

int
wire_socket(const char *interface, uint16_t ethertype)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ethertype),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int error, fd;

	/* Protocol 0 until bind(): else it gets frames of every interface first. */
	fd = address.sll_ifindex == 0 ? -1 : socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}
