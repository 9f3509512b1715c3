/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_DESCRIPTOR_H
#define SVANIC_DESCRIPTOR_H

/*
 * The rules of the datasheet's sections 5 and 6 for what a driver writes.
 *
 * Must not know: QEMU, where descriptors come from.
 */

#include <stdbool.h>
#include <stdint.h>

#include "svanic_registers.h"

/* A receive descriptor that the driver has given. */
bool descriptor_rx_is_valid(const struct svanic_rx_descriptor *descriptor);

/*
 * The descriptors of one outgoing frame, from its first to the one with END, at most
 * SVANIC_SEGMENTS_MAX. What the headers must hold is checked with the frame's bytes:
 * frame_make_sums().
 */
bool descriptors_tx_are_valid(const struct svanic_tx_descriptor *descriptors,
	unsigned int count, uint32_t frame_limit);

uint32_t descriptors_tx_length(
	const struct svanic_tx_descriptor *descriptors, unsigned int count);

#endif /* SVANIC_DESCRIPTOR_H */
