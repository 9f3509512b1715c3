/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Spreading frames among receive queues by the receive hash (RSS).
 *
 * Must not know: queues.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_version.h>

#include "svanic_device.h"
#include "svanic_log.h"

/* The key that the specification of this hash gives as its example. */
static const uint8_t default_key[SVANIC_HASH_KEY_LENGTH] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, /* */
	0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, /* */
	0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, /* */
	0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, /* */
	0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa, /* */
};

static const struct {
	uint64_t types; /* ethdev's */
	uint32_t field; /* the device's */
} kinds[] = {
	{ RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 |
			RTE_ETH_RSS_NONFRAG_IPV4_OTHER,
		SVANIC_HASH_IPV4 },
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, SVANIC_HASH_IPV4_TCP },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, SVANIC_HASH_IPV4_UDP },
	{ RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 |
			RTE_ETH_RSS_NONFRAG_IPV6_OTHER,
		SVANIC_HASH_IPV6 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, SVANIC_HASH_IPV6_TCP },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP, SVANIC_HASH_IPV6_UDP },
};

static uint32_t
fields_of(uint64_t types)
{
	uint32_t fields = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(kinds); i++)
		if (types & kinds[i].types)
			fields |= kinds[i].field;
	return fields;
}

static uint32_t
four_bytes(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
		(uint32_t)bytes[3] << 24;
}

static void
write_bytes(const struct svanic_hardware *hardware, uint32_t offset,
	const uint8_t *bytes, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i += 4)
		svanic_write32(hardware, offset + i, four_bytes(bytes + i));
}

void
svanic_hash_restore(struct rte_eth_dev *dev)
{
	const struct svanic_device *device = svanic_device_of(dev);
	const struct svanic_hardware *hardware = &device->hardware;
	uint32_t mode = svanic_read32(hardware, SVANIC_RECEIVE_MODE) &
		~SVANIC_RECEIVE_HASH;

	if (!(hardware->features & SVANIC_FEATURE_HASH))
		return;
	write_bytes(hardware, SVANIC_HASH_KEY, device->hash_key,
		SVANIC_HASH_KEY_LENGTH);
	write_bytes(hardware, SVANIC_HASH_TABLE, device->hash_table,
		SVANIC_HASH_TABLE_ENTRIES);
	svanic_write32(
		hardware, SVANIC_HASH_FIELDS, fields_of(device->hash_types));
	if (device->hash_types != 0)
		mode |= SVANIC_RECEIVE_HASH;
	svanic_write32(hardware, SVANIC_RECEIVE_MODE, mode);
}

static int
take_key(struct svanic_device *device, const struct rte_eth_rss_conf *conf)
{
	if (conf->rss_key == NULL)
		return 0;
	if (conf->rss_key_len != SVANIC_HASH_KEY_LENGTH) {
		SVANIC_LOG(ERR, "%s: a hash key has %d bytes, not %d",
			device->hardware.name, SVANIC_HASH_KEY_LENGTH,
			conf->rss_key_len);
		return -EINVAL;
	}
	memcpy(device->hash_key, conf->rss_key, SVANIC_HASH_KEY_LENGTH);
	return 0;
}

int
svanic_hash_configure(struct rte_eth_dev *dev)
{
	const struct rte_eth_conf *conf = &dev->data->dev_conf;
	struct svanic_device *device = svanic_device_of(dev);
	unsigned int i;

	device->hash_types = 0;
	memcpy(device->hash_key, default_key, sizeof(default_key));
	for (i = 0; i < SVANIC_HASH_TABLE_ENTRIES; i++)
		device->hash_table[i] = i % RTE_MAX(dev->data->nb_rx_queues, 1);
	if (!(conf->rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG))
		return 0;
	device->hash_types = conf->rx_adv_conf.rss_conf.rss_hf &
		SVANIC_HASH_TYPES;
	return take_key(device, &conf->rx_adv_conf.rss_conf);
}

int
svanic_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	struct svanic_device *device = svanic_device_of(dev);
	int ret = take_key(device, conf);

	if (ret != 0)
		return ret;
	device->hash_types = conf->rss_hf & SVANIC_HASH_TYPES;
	svanic_hash_restore(dev);
	return 0;
}

int
svanic_hash_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	const struct svanic_device *device = svanic_device_of(dev);

	if (conf->rss_key != NULL &&
		conf->rss_key_len >= SVANIC_HASH_KEY_LENGTH)
		memcpy(conf->rss_key, device->hash_key, SVANIC_HASH_KEY_LENGTH);
	conf->rss_key_len = SVANIC_HASH_KEY_LENGTH;
	conf->rss_hf = device->hash_types;
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	conf->algorithm = RTE_ETH_HASH_FUNCTION_TOEPLITZ;
#endif
	return 0;
}

static bool
is_named(const struct rte_eth_rss_reta_entry64 *table, unsigned int i)
{
	return (table[i / RTE_ETH_RETA_GROUP_SIZE].mask >>
		       (i % RTE_ETH_RETA_GROUP_SIZE)) &
		1;
}

/* ethdev has checked the size and that the queues are there. */
int
svanic_table_update(struct rte_eth_dev *dev,
	struct rte_eth_rss_reta_entry64 *table, uint16_t size)
{
	struct svanic_device *device = svanic_device_of(dev);
	unsigned int i;

	if (size != SVANIC_HASH_TABLE_ENTRIES)
		return -EINVAL;
	for (i = 0; i < size; i++)
		if (is_named(table, i))
			device->hash_table[i] =
				table[i / RTE_ETH_RETA_GROUP_SIZE]
					.reta[i % RTE_ETH_RETA_GROUP_SIZE];
	svanic_hash_restore(dev);
	return 0;
}

int
svanic_table_query(struct rte_eth_dev *dev,
	struct rte_eth_rss_reta_entry64 *table, uint16_t size)
{
	const struct svanic_device *device = svanic_device_of(dev);
	unsigned int i;

	if (size != SVANIC_HASH_TABLE_ENTRIES)
		return -EINVAL;
	for (i = 0; i < size; i++)
		if (is_named(table, i))
			table[i / RTE_ETH_RETA_GROUP_SIZE]
				.reta[i % RTE_ETH_RETA_GROUP_SIZE] =
				device->hash_table[i];
	return 0;
}
