/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef WIRE_SOCKET_H
#define WIRE_SOCKET_H

/*
 * A socket at a NIC that the guest's kernel drives: the other end of the wire.
 *
 * Must not know: DPDK, or what is sent.
 */

#include <stdint.h>

/* For frames of this type on this interface alone. A descriptor, or -1 and errno. */
int wire_socket(const char *interface, uint16_t ethertype);

#endif /* WIRE_SOCKET_H */
