/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Which frames the port takes: addresses, modes, the largest frame.
 *
 * Must not know: queues, but for how large their buffers are.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "svanic_device.h"
#include "svanic_log.h"

static int
change_mode(struct rte_eth_dev *dev, uint32_t set, uint32_t clear)
{
	const struct svanic_hardware *hardware = &svanic_device_of(dev)
							  ->hardware;
	uint32_t mode = svanic_read32(hardware, SVANIC_RECEIVE_MODE);

	svanic_write32(hardware, SVANIC_RECEIVE_MODE, (mode & ~clear) | set);
	return 0;
}

int
svanic_promiscuous_enable(struct rte_eth_dev *dev)
{
	return change_mode(dev, SVANIC_RECEIVE_PROMISCUOUS, 0);
}

int
svanic_promiscuous_disable(struct rte_eth_dev *dev)
{
	return change_mode(dev, 0, SVANIC_RECEIVE_PROMISCUOUS);
}

int
svanic_allmulticast_enable(struct rte_eth_dev *dev)
{
	return change_mode(dev, SVANIC_RECEIVE_ALL_MULTICAST, 0);
}

int
svanic_allmulticast_disable(struct rte_eth_dev *dev)
{
	return change_mode(dev, 0, SVANIC_RECEIVE_ALL_MULTICAST);
}

int
svanic_mac_set(struct rte_eth_dev *dev, struct rte_ether_addr *address)
{
	svanic_hardware_set_mac(&svanic_device_of(dev)->hardware, address);
	return 0;
}

/* Place 0 of ethdev's list is the port's own address; the others have filters. */
int
svanic_mac_add(struct rte_eth_dev *dev, struct rte_ether_addr *address,
	uint32_t index, uint32_t pool)
{
	RTE_SET_USED(pool);
	if (index == 0)
		return svanic_mac_set(dev, address);
	svanic_hardware_set_filter(
		&svanic_device_of(dev)->hardware, index - 1, address);
	return 0;
}

void
svanic_mac_remove(struct rte_eth_dev *dev, uint32_t index)
{
	if (index > 0)
		svanic_hardware_set_filter(
			&svanic_device_of(dev)->hardware, index - 1, NULL);
}

static void
write_multicast(const struct svanic_device *device)
{
	unsigned int i;

	for (i = 0; i < SVANIC_MULTICAST_FILTERS; i++)
		svanic_hardware_set_filter(&device->hardware,
			SVANIC_UNICAST_FILTERS + i,
			i < device->multicasts ? &device->multicast[i] : NULL);
}

int
svanic_multicast_set(struct rte_eth_dev *dev, struct rte_ether_addr *addresses,
	uint32_t count)
{
	struct svanic_device *device = svanic_device_of(dev);

	if (count > SVANIC_MULTICAST_FILTERS) {
		SVANIC_LOG(ERR,
			"%s: %" PRIu32
			" multicast addresses do not fit into %d filters: use allmulticast",
			device->hardware.name, count, SVANIC_MULTICAST_FILTERS);
		return -ENOSPC;
	}
	if (count > 0)
		memcpy(device->multicast, addresses,
			count * sizeof(addresses[0]));
	device->multicasts = count;
	write_multicast(device);
	return 0;
}

/* The functions for receiving are chosen at the start. */
int
svanic_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	const struct svanic_hardware *hardware = &svanic_device_of(dev)
							  ->hardware;
	uint32_t frame = SVANIC_FRAME_OF_MTU(mtu);

	if (!dev->data->dev_started)
		return 0; /* written at the start */
	if (!dev->data->scattered_rx && svanic_rx_needs_scatter(dev, frame)) {
		SVANIC_LOG(ERR,
			"%s: frames of MTU %" PRIu16
			" do not fit into one buffer: stop the port first",
			hardware->name, mtu);
		return -EBUSY;
	}
	svanic_write32(hardware, SVANIC_FRAME_LIMIT, frame);
	return 0;
}

void
svanic_filters_restore(struct rte_eth_dev *dev)
{
	const struct svanic_device *device = svanic_device_of(dev);

	/* Unicast addresses and the two modes are ethdev's to bring back. */
	svanic_write32(&device->hardware, SVANIC_FRAME_LIMIT,
		SVANIC_FRAME_OF_MTU(dev->data->mtu));
	change_mode(dev, SVANIC_RECEIVE_BROADCAST, 0);
	write_multicast(device);
}
