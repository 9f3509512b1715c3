/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_REGISTERS_H
#define SVANIC_REGISTERS_H

/*
 * svanic's registers and descriptors as numbers; what they mean is in
 * doc/guides/nics/svanic/datasheet.md, whose sections the comments name. Driver and
 * model both include this file.
 *
 * Must not know: DPDK, QEMU.
 */

#include <stdint.h>

/* 1. PCI Express */
#define SVANIC_VENDOR_ID 0x1234
#define SVANIC_DEVICE_ID 0x5356
#define SVANIC_REGISTERS_BAR 0
#define SVANIC_REGISTERS_SIZE 0x10000
#define SVANIC_MSIX_BAR 4
#define SVANIC_MSIX_VECTORS 17

/* 3. Global registers */
#define SVANIC_ID 0x000
#define SVANIC_ID_VALUE 0x314e5653
#define SVANIC_VERSION 0x004
#define SVANIC_VERSION_VALUE 0x00010001
#define SVANIC_LIMITS 0x008
#define SVANIC_FEATURES 0x00c
#define SVANIC_FEATURE_RX_IPV4_SUM (1u << 0)
#define SVANIC_FEATURE_RX_L4_SUM (1u << 1)
#define SVANIC_FEATURE_TX_IPV4_SUM (1u << 2)
#define SVANIC_FEATURE_TX_L4_SUM (1u << 3)
#define SVANIC_FEATURE_HASH (1u << 4)
#define SVANIC_FEATURE_PASID (1u << 8)
#define SVANIC_FEATURE_ATS (1u << 9)
#define SVANIC_FEATURE_PRI (1u << 10)
#define SVANIC_CONTROL 0x010
#define SVANIC_CONTROL_RECEIVE (1u << 0)
#define SVANIC_CONTROL_RESET (1u << 31)
#define SVANIC_STATUS 0x014
#define SVANIC_STATUS_LINK (1u << 0)
#define SVANIC_STATUS_PASID (1u << 8)
#define SVANIC_STATUS_ATS (1u << 9)
#define SVANIC_STATUS_PRI (1u << 10)
#define SVANIC_MAC_LOW 0x018
#define SVANIC_MAC_HIGH 0x01c
#define SVANIC_RECEIVE_MODE 0x020
#define SVANIC_RECEIVE_PROMISCUOUS (1u << 0)
#define SVANIC_RECEIVE_ALL_MULTICAST (1u << 1)
#define SVANIC_RECEIVE_BROADCAST (1u << 2)
#define SVANIC_RECEIVE_HASH (1u << 3)
#define SVANIC_FRAME_LIMIT 0x024
#define SVANIC_FRAME_LIMIT_RESET 1518
#define SVANIC_FRAME_LIMIT_MIN 64
#define SVANIC_FRAME_LIMIT_MAX 9728
#define SVANIC_EVENTS 0x028
#define SVANIC_EVENT_LINK (1u << 0)
#define SVANIC_EVENT_QUEUE (1u << 1)
#define SVANIC_EVENT_FAULT (1u << 2)
#define SVANIC_EVENT_ENABLE 0x02c
#define SVANIC_PAGE_PATIENCE 0x030
#define SVANIC_PAGE_PATIENCE_RESET 2000
#define SVANIC_QUEUE_EVENTS 0x034
#define SVANIC_HASH_FIELDS 0x040
#define SVANIC_HASH_IPV4 (1u << 0)
#define SVANIC_HASH_IPV4_TCP (1u << 1)
#define SVANIC_HASH_IPV4_UDP (1u << 2)
#define SVANIC_HASH_IPV6 (1u << 3)
#define SVANIC_HASH_IPV6_TCP (1u << 4)
#define SVANIC_HASH_IPV6_UDP (1u << 5)
#define SVANIC_HASH_KEY 0x050
#define SVANIC_HASH_KEY_LENGTH 40
#define SVANIC_HASH_TABLE 0x080
#define SVANIC_HASH_TABLE_ENTRIES 128
#define SVANIC_FILTERS 32
#define SVANIC_FILTER_LOW(n) (0x100 + 8 * (n))
#define SVANIC_FILTER_HIGH(n) (0x104 + 8 * (n))
#define SVANIC_FILTER_QUEUE_SHIFT 16
#define SVANIC_FILTER_STEER (1u << 30)
#define SVANIC_FILTER_VALID (1u << 31)
#define SVANIC_RECEIVE_FILTERED 0x200
#define SVANIC_RECEIVE_OVERSIZE 0x208
#define SVANIC_RECEIVE_NO_QUEUE 0x210
#define SVANIC_TRANSLATION_HITS 0x218 /* from version 1.1 on */
#define SVANIC_TRANSLATION_MISSES 0x220
#define SVANIC_INVALIDATIONS 0x228
#define SVANIC_TRANSLATIONS_REMOVED 0x230

/* 4. Queue pairs */
#define SVANIC_PAIRS_MAX 16
#define SVANIC_PAIR(n) (0x1000 + 0x400 * (n))
/* of a pair: where its queues begin, and their registers */
#define SVANIC_RX 0x000
#define SVANIC_TX 0x100
#define SVANIC_QUEUE_RING 0x00
#define SVANIC_QUEUE_SIZE 0x08
#define SVANIC_QUEUE_CONTROL 0x0c
#define SVANIC_QUEUE_ENABLE (1u << 0)
#define SVANIC_QUEUE_TAIL 0x10
#define SVANIC_QUEUE_HEAD 0x14
#define SVANIC_QUEUE_STATE 0x18
#define SVANIC_STATE_OFF 0
#define SVANIC_STATE_RUNNING 1
#define SVANIC_STATE_WAITING 2
#define SVANIC_STATE_HALTED 3
#define SVANIC_STATE_ERROR_SHIFT 8
#define SVANIC_RING_ALIGNMENT 64
#define SVANIC_RING_LOG2_MIN 5
#define SVANIC_RING_LOG2_MAX 15
#define SVANIC_SEGMENTS_MAX 16
/* of a pair */
#define SVANIC_PASID 0x200
#define SVANIC_PASID_MASK 0xfffffu
#define SVANIC_PASID_ASK (1u << 29)
#define SVANIC_PASID_ATS (1u << 30)
#define SVANIC_PASID_USE (1u << 31)
#define SVANIC_INTERRUPT 0x210
#define SVANIC_INTERRUPT_COUNT 0x3fffffffu
#define SVANIC_INTERRUPT_TX (1u << 30)
#define SVANIC_INTERRUPT_ARM (1u << 31)
#define SVANIC_RX_FRAMES 0x300
#define SVANIC_RX_BYTES 0x308
#define SVANIC_RX_MISSED 0x310
#define SVANIC_RX_ERRORS 0x318
#define SVANIC_TX_FRAMES 0x320
#define SVANIC_TX_BYTES 0x328
#define SVANIC_TX_ERRORS 0x330
#define SVANIC_FAULTS 0x338
#define SVANIC_PAGE_REQUESTS 0x340
#define SVANIC_PAGE_REFUSALS 0x348
#define SVANIC_PAGE_TIMEOUTS 0x350
#define SVANIC_FAULT_ADDRESS 0x358
#define SVANIC_FAULT_INFO 0x360
#define SVANIC_FAULT_WITH_PASID (1u << 28)
#define SVANIC_FAULT_WRITE (1u << 29)
#define SVANIC_FAULT_VALID (1u << 31)

/* 5. and 6. Descriptors, little-endian. Bytes 8 to 15 are written by the device at once. */
struct svanic_rx_descriptor {
	uint64_t address;
	uint16_t length;
	uint16_t status;
	uint32_t hash;
};

#define SVANIC_RX_DONE (1u << 0)
#define SVANIC_RX_END (1u << 1)
#define SVANIC_RX_IPV4_SUM_CHECKED (1u << 2)
#define SVANIC_RX_IPV4_SUM_WRONG (1u << 3)
#define SVANIC_RX_L4_SUM_CHECKED (1u << 4)
#define SVANIC_RX_L4_SUM_WRONG (1u << 5)
#define SVANIC_RX_HASHED (1u << 6)
#define SVANIC_RX_KIND_SHIFT 7 /* three bits, from version 1.1 on */
#define SVANIC_KIND_IPV4 1
#define SVANIC_KIND_IPV4_TCP 2
#define SVANIC_KIND_IPV4_UDP 3
#define SVANIC_KIND_IPV6 4
#define SVANIC_KIND_IPV6_TCP 5
#define SVANIC_KIND_IPV6_UDP 6

struct svanic_tx_descriptor {
	uint64_t address;
	uint16_t length;
	uint16_t flags;
	uint8_t l2_length;
	uint8_t l3_length;
	uint16_t reserved;
};

#define SVANIC_TX_DONE (1u << 0)
#define SVANIC_TX_END (1u << 1)
#define SVANIC_TX_REPORT (1u << 2)
#define SVANIC_TX_IPV4_SUM (1u << 3)
#define SVANIC_TX_TCP_SUM (1u << 4)
#define SVANIC_TX_UDP_SUM (1u << 5)

/* In the status of a receive and the flags of a transmit descriptor: 7. Errors */
#define SVANIC_ERROR_SHIFT 12

enum svanic_error {
	SVANIC_ERROR_NONE = 0,
	SVANIC_ERROR_REFUSED = 1,
	SVANIC_ERROR_NO_PAGE = 2,
	SVANIC_ERROR_NO_ANSWER = 3,
	SVANIC_ERROR_NO_PASID = 4,
	SVANIC_ERROR_MALFORMED = 5,
	SVANIC_ERROR_BUS = 6,
};

#endif /* SVANIC_REGISTERS_H */
