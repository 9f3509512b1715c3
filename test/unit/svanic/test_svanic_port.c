/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The port as a whole, on registers in ordinary memory: what it offers follows from what
 * the device has, and its start from what the host has enabled.
 *
 * Must not know: rings.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_eal.h"
#include "logs.h"
#include "unit.h"

#undef stop /* a macro of newer cmocka, and a member of the driver's structures */
#include "../../../drivers/net/svanic/svanic_ethdev.c"

#define ALL_FEATURES                                                    \
	(SVANIC_FEATURE_RX_IPV4_SUM | SVANIC_FEATURE_RX_L4_SUM |        \
		SVANIC_FEATURE_TX_IPV4_SUM | SVANIC_FEATURE_TX_L4_SUM | \
		SVANIC_FEATURE_HASH)
#define ALL_ENABLED \
	(SVANIC_STATUS_PASID | SVANIC_STATUS_ATS | SVANIC_STATUS_PRI)

static uint8_t registers[SVANIC_REGISTERS_SIZE] __attribute__((aligned(64)));
static struct svanic_device device;
static struct rte_eth_dev_data data;
static struct rte_eth_dev dev;

static void
set(uint32_t offset, uint32_t value)
{
	memcpy(&registers[offset], &value, sizeof(value));
}

static uint32_t
get(uint32_t offset)
{
	uint32_t value;

	memcpy(&value, &registers[offset], sizeof(value));
	return value;
}

static int
setup(void **state __rte_unused)
{
	memset(registers, 0, sizeof(registers));
	memset(&device, 0, sizeof(device));
	memset(&data, 0, sizeof(data));
	device.hardware.registers = registers;
	device.hardware.name = "svanic";
	device.hardware.pairs = 1;
	device.hardware.ring_log2_max = SVANIC_RING_LOG2_MAX;
	device.hardware.segments_max = SVANIC_SEGMENTS_MAX;
	device.hardware.features = ALL_FEATURES;
	data.dev_private = &device;
	data.mtu = RTE_ETHER_MTU;
	dev.data = &data;
	dev.intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	assert_non_null(dev.intr_handle);
	logs_start();
	return 0;
}

static int
teardown(void **state __rte_unused)
{
	rte_intr_instance_free(dev.intr_handle);
	return 0;
}

/* --- what is offered ---------------------------------------------------------- */

static void
all_features_are_all_offloads(void **state __rte_unused)
{
	struct rte_eth_dev_info info = { 0 };

	assert_int_equal(svanic_info_get(&dev, &info), 0);
	assert_int_equal(info.rx_offload_capa, SVANIC_RX_OFFLOADS);
	assert_int_equal(info.tx_offload_capa,
		SVANIC_TX_OFFLOADS | SVANIC_TX_QUEUE_OFFLOADS);
	assert_int_equal(info.flow_type_rss_offloads, SVANIC_HASH_TYPES);
}

static void
what_the_device_lacks_is_not_offered(void **state __rte_unused)
{
	struct rte_eth_dev_info info = { 0 };

	device.hardware.features = SVANIC_FEATURE_RX_L4_SUM;
	assert_int_equal(svanic_info_get(&dev, &info), 0);
	assert_int_equal(info.rx_offload_capa,
		RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM |
			RTE_ETH_RX_OFFLOAD_SCATTER);
	assert_int_equal(info.tx_offload_capa,
		RTE_ETH_TX_OFFLOAD_MULTI_SEGS |
			RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
	assert_int_equal(info.flow_type_rss_offloads, 0);
	assert_int_equal(info.reta_size, 0);
}

static void
registers_are_shown_as_they_are(void **state __rte_unused)
{
	static uint32_t words[SVANIC_PAIR(1) / 4];
	struct rte_dev_reg_info info = { .data = NULL };

	set(SVANIC_VERSION, SVANIC_VERSION_VALUE);
	set(SVANIC_PAIR(0) + SVANIC_PASID, 77);
	assert_int_equal(operations.get_reg(&dev, &info), 0);
	assert_int_equal(info.length, RTE_DIM(words));
	assert_int_equal(info.width, 4);
	info.data = words;
	assert_int_equal(operations.get_reg(&dev, &info), 0);
	assert_int_equal(info.version, SVANIC_VERSION_VALUE);
	assert_int_equal(words[(SVANIC_PAIR(0) + SVANIC_PASID) / 4], 77);
	info.length = 3;
	assert_int_equal(operations.get_reg(&dev, &info), -ENOTSUP);
}

/* As test/fuzz/fuzz_svanic_registers.c has found: frames of more segments than a ring has places waited for ever. */
static void
limits_beyond_the_datasheet_are_not_believed(void **state __rte_unused)
{
	struct rte_eth_dev_info info = { 0 };

	set(SVANIC_ID, SVANIC_ID_VALUE);
	set(SVANIC_VERSION, SVANIC_VERSION_VALUE);
	set(SVANIC_LIMITS, 0xffffffff);
	assert_int_equal(svanic_hardware_identify(&device.hardware), 0);
	assert_int_equal(svanic_info_get(&dev, &info), 0);
	assert_int_equal(info.max_rx_queues, SVANIC_PAIRS_MAX);
	assert_int_equal(info.rx_desc_lim.nb_max, 1 << SVANIC_RING_LOG2_MAX);
	assert_int_equal(info.tx_desc_lim.nb_seg_max, SVANIC_SEGMENTS_MAX);
}

/* --- rings ------------------------------------------------------------------------ */

/* Its memory is lost while the device may write to it, and the port works again after a reset that succeeds. */
static void
a_queue_whose_ring_was_lost_can_be_set_up_again(void **state __rte_unused)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		"lost", 64, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	const struct rte_eth_rxconf rx = { 0 };
	const struct rte_eth_txconf tx = { 0 };
	void *rx_queues[1] = { NULL }, *tx_queues[1] = { NULL };
	unsigned int turn;

	assert_non_null(pool);
	data.rx_queues = rx_queues;
	data.tx_queues = tx_queues;
	data.nb_rx_queues = 1;
	data.nb_tx_queues = 1;
	for (turn = 0; turn < 3; turn++) {
		assert_int_equal(
			svanic_rx_setup(&dev, 0, 32, SOCKET_ID_ANY, &rx, pool),
			0);
		assert_int_equal(
			svanic_tx_setup(&dev, 0, 32, SOCKET_ID_ANY, &tx), 0);
		device.dma_goes_on = turn < 2;
		svanic_rx_release(&dev, 0);
		svanic_tx_release(&dev, 0);
		device.dma_goes_on = false;
	}
	assert_no_error();
	rte_mempool_free(pool);
}

static union svanic_descriptor ring[32];
static char *dumped;
static size_t dumped_length;

/* Lines of a dump, as one text. */
static const char *
dump(int (*function)(const struct rte_eth_dev *dev, uint16_t queue,
	     uint16_t offset, uint16_t count, FILE *file),
	uint16_t offset, uint16_t count, int expected)
{
	FILE *file;

	free(dumped);
	dumped = NULL;
	file = open_memstream(&dumped, &dumped_length);
	assert_non_null(file);
	assert_int_equal(function(&dev, 0, offset, count, file), expected);
	assert_int_equal(fclose(file), 0);
	return dumped;
}

static void
received_descriptors_are_dumped_from_the_next_one_on(void **state __rte_unused)
{
	struct svanic_rx_queue queue = { .ring = ring,
		.mask = RTE_DIM(ring) - 1,
		.taken = 31,
		.given = 33 };
	void *queues[1] = { &queue };

	data.rx_queues = queues;
	memset(ring, 0, sizeof(ring));
	ring[31].words[0] = 0x1000;
	ring[31].words[1] = 60 | SVANIC_RX_DONE << 16;
	ring[0].words[0] = 0x2000;
	assert_string_equal(dump(operations.eth_rx_descriptor_dump, 0, 3, 0),
		"0: place 31, received, address 0x1000, bytes 8 to 15 0x000000000001003c\n"
		"1: place 0, given to the device, address 0x2000, bytes 8 to 15 0x0000000000000000\n"
		"2: place 1, empty, address 0x0, bytes 8 to 15 0x0000000000000000\n");
	dump(operations.eth_rx_descriptor_dump, 31, 1, 0);
	assert_non_null(strstr(dumped, "31: place 30, empty"));
	assert_string_equal(
		dump(operations.eth_rx_descriptor_dump, 31, 2, -EINVAL), "");
	assert_string_equal(
		dump(operations.eth_rx_descriptor_dump, 0, 0, -EINVAL), "");
	assert_string_equal(
		dump(operations.eth_rx_descriptor_dump, 40000, 40000, -EINVAL),
		"");
	queues[0] = NULL; /* not set up */
	assert_string_equal(
		dump(operations.eth_rx_descriptor_dump, 0, 1, -EINVAL), "");
}

static void
descriptors_to_be_sent_are_dumped_from_the_next_place_on(
	void **state __rte_unused)
{
	static uint32_t reports[RTE_DIM(ring)];
	struct svanic_tx_queue queue = { .ring = ring,
		.mask = RTE_DIM(ring) - 1,
		.reports = reports,
		.hardware = &device.hardware,
		.done = 10,
		.next = 12,
		.runs = true };
	void *queues[1] = { &queue };

	data.tx_queues = queues;
	memset(ring, 0, sizeof(ring));
	ring[11].words[0] = 0x3000;
	ring[11].words[1] = 64 | SVANIC_TX_END << 16;
	set(SVANIC_PAIR(0) + SVANIC_TX + SVANIC_QUEUE_HEAD, 11);
	assert_string_equal(dump(operations.eth_tx_descriptor_dump, 29, 3, 0),
		"29: place 9, free, or sent, address 0x0, bytes 8 to 15 0x0000000000000000\n"
		"30: place 10, free, or sent, address 0x0, bytes 8 to 15 0x0000000000000000\n"
		"31: place 11, given to the device, address 0x3000, bytes 8 to 15 0x0000000000020040\n");
	assert_string_equal(
		dump(operations.eth_tx_descriptor_dump, 30, 3, -EINVAL), "");
	queues[0] = NULL;
	assert_string_equal(
		dump(operations.eth_tx_descriptor_dump, 0, 1, -EINVAL), "");
}

static void
a_device_that_is_gone_is_removed(void **state __rte_unused)
{
	assert_false(operations.is_removed(&dev));
	memset(registers, 0xff, sizeof(registers));
	assert_true(operations.is_removed(&dev));
}

/* --- start ---------------------------------------------------------------------- */

static void
frames_with_two_tags_are_received_at_the_usual_mtu(void **state __rte_unused)
{
	assert_int_equal(start(&dev), 0);
	assert_int_equal(
		get(SVANIC_FRAME_LIMIT), 1500 + 14 + 2 * RTE_VLAN_HLEN);
	assert_int_equal(stop(&dev), 0);
	data.mtu = SVANIC_MTU_MAX;
	assert_int_equal(start(&dev), 0);
	assert_int_equal(get(SVANIC_FRAME_LIMIT), SVANIC_FRAME_LIMIT_MAX);
	assert_int_equal(stop(&dev), 0);
}

static void
what_the_host_has_not_enabled_is_told_of(void **state __rte_unused)
{
	device.pasids = (struct svanic_pasids *)registers; /* some */
	set(SVANIC_STATUS, ALL_ENABLED & ~SVANIC_STATUS_ATS);
	assert_int_equal(start(&dev), -ENOTSUP);
	assert_one_error("sva=1 cannot start", "has not enabled ATS in");
	set(SVANIC_STATUS, 0);
	assert_int_equal(start(&dev), -ENOTSUP);
	assert_one_error("has not enabled PASID ATS PRI in");
}

static void
without_sva_nothing_has_to_be_enabled(void **state __rte_unused)
{
	assert_int_equal(start(&dev), 0);
	assert_int_equal(get(SVANIC_CONTROL), SVANIC_CONTROL_RECEIVE);
	assert_int_equal(stop(&dev), 0);
	assert_no_error();
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_features_are_all_offloads),
		TEST(what_the_device_lacks_is_not_offered),
		TEST(registers_are_shown_as_they_are),
		TEST(limits_beyond_the_datasheet_are_not_believed),
		TEST(a_queue_whose_ring_was_lost_can_be_set_up_again),
		TEST(received_descriptors_are_dumped_from_the_next_one_on),
		TEST(descriptors_to_be_sent_are_dumped_from_the_next_place_on),
		TEST(a_device_that_is_gone_is_removed),
		TEST(frames_with_two_tags_are_received_at_the_usual_mtu),
		TEST(what_the_host_has_not_enabled_is_told_of),
		TEST(without_sva_nothing_has_to_be_enabled),
	};

	return cmocka_run_group_tests_name(
		"svanic_port", tests, small_eal_start, small_eal_stop);
}
