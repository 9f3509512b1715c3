/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef WIRE_H
#define WIRE_H

/*
 * The other end of the wire: an interface of the kernel that tells when a packet
 * comes in.
 *
 * Must not know: who sends, or why it is asked.
 */

#include <stdbool.h>

/* A packet socket that takes all that comes in; -1, which is said. */
int wire_open(const char *interface);

/*
 * Up, and then quiet: what was still on its way has been taken. Down: what comes
 * in costs nothing more. 0 or -1, which is said.
 */
int wire_up(int wire, const char *interface);
int wire_down(int wire, const char *interface);

/* Takes one packet; whether it came in from outside. */
bool wire_received(int wire);

#endif /* WIRE_H */
