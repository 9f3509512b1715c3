/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The device's registers as they are, for who looks for a fault in it. None of them
 * changes by being read.
 *
 * Must not know: what they mean.
 */

#include <errno.h>

#include "svanic_device.h"

int
svanic_registers_get(struct rte_eth_dev *dev, struct rte_dev_reg_info *info)
{
	const struct svanic_hardware *hardware = &svanic_device_of(dev)
							  ->hardware;
	uint32_t *words = info->data, i;
	uint32_t count = SVANIC_PAIR(hardware->pairs) / sizeof(*words);

	info->width = sizeof(*words);
	if (words == NULL) { /* only the room that is needed is asked for */
		info->length = count;
		return 0;
	}
	if (info->length != 0 && info->length != count)
		return -ENOTSUP;
	info->length = count;
	info->version = svanic_read32(hardware, SVANIC_VERSION);
	for (i = 0; i < count; i++)
		words[i] = svanic_read32(hardware, i * sizeof(*words));
	return 0;
}
