/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_FILTER_H
#define SVANIC_FILTER_H

/*
 * Where a frame goes: the last paragraph of the datasheet's section 3.
 *
 * Must not know: QEMU, queues, what is in a frame behind its addresses.
 */

#include <stdint.h>

#include "svanic_registers.h"

/* What filter_destination() says of a frame that is no queue pair's by its address. */
#define FILTER_NOBODY (-1)
#define FILTER_ANY (-2) /* accepted: the hash or pair 0 */

struct filters {
	uint32_t mac[2];		     /* MAC_LOW, MAC_HIGH */
	uint32_t mode;			     /* RECEIVE_MODE */
	uint32_t further[SVANIC_FILTERS][2]; /* FILTER_LOW, FILTER_HIGH */
};

/* The pair a filter steers the frame to, or one of the above. */
int filter_destination(
	const struct filters *filters, const uint8_t destination[6]);

#endif /* SVANIC_FILTER_H */
