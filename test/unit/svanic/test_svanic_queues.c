/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The life of queues, on registers in ordinary memory: sizes of rings; at a stop, a queue
 * that does not end its DMA, a device that does not come out of its reset, one that is
 * gone. No mbuf is given back that the device may still use.
 *
 * Must not know: what is in descriptors.
 */

#include <string.h>

#include <rte_cycles.h>
#include <rte_io.h>
#include <rte_memory.h>

static void write_register(uint32_t value, volatile void *address);
#define rte_write32 write_register
/* So many times shorter is the driver's patience. */
#define rte_get_timer_hz() (rte_get_timer_hz() / 1000)

#include "fake_eal.h"
#include "logs.h"
#include "unit.h"

#include "../../../drivers/net/svanic/svanic_hardware.c"
#include "../../../drivers/net/svanic/svanic_queue_setup.c"

#define MBUFS 255
#define RING 64

int svanic_logtype = RTE_LOGTYPE_USER1;

static struct rte_mempool *pool;
static uint8_t registers[SVANIC_REGISTERS_SIZE] __attribute__((aligned(64)));
static struct svanic_device device;
static struct rte_eth_dev_data data;
static struct rte_eth_dev dev;
static void *rx_queues[1], *tx_queues[1];
static bool queues_end, resets_end;
static unsigned int rings_kept;
static int check_result;

void
svanic_stats_keep(struct rte_eth_dev *of __rte_unused)
{
}

void
svanic_forget_halt(struct svanic_device *of __rte_unused,
	uint16_t pair __rte_unused, uint32_t side __rte_unused)
{
}

void
svanic_pasids_keep(struct svanic_pasids *pasids __rte_unused,
	const void *memory, size_t length)
{
	rings_kept++;
	assert_non_null(memory);
	assert_int_equal(length, RING * sizeof(union svanic_descriptor));
}

const uint32_t *
svanic_pasids_changes(const struct svanic_pasids *pasids __rte_unused)
{
	static const uint32_t never;

	return &never;
}

int
svanic_pasids_follow(void *pasids __rte_unused)
{
	return 0;
}

/* With its line, which a test of its own is about. */
int
svanic_pasids_check(struct svanic_pasids *pasids __rte_unused)
{
	return check_result;
}

int
rte_eth_dev_callback_process(struct rte_eth_dev *of __rte_unused,
	enum rte_eth_event_type event __rte_unused, void *argument __rte_unused)
{
	return 0;
}

/* What the device makes of it. */
static void
write_register(uint32_t value, volatile void *address)
{
	uint32_t offset = (uint32_t)((volatile uint8_t *)address - registers);
	bool is_queue_control = offset >= SVANIC_PAIR(0) &&
		offset % 0x100 == SVANIC_QUEUE_CONTROL;

	if (is_queue_control && value == 0 && !queues_end)
		return;
	if (offset == SVANIC_CONTROL && resets_end) {
		memset(registers + SVANIC_PAIR(0), 0, 0x400);
		value = 0;
	}
	memcpy(registers + offset, &value, sizeof(value));
}

static int
setup_queues(void)
{
	const struct rte_eth_rxconf rx = { 0 };
	const struct rte_eth_txconf tx = { 0 };
	int ret = svanic_rx_setup(&dev, 0, RING, 0, &rx, pool);

	return ret != 0 ? ret : svanic_tx_setup(&dev, 0, RING, 0, &tx);
}

static int
setup(void **state __rte_unused)
{
	if (pool == NULL)
		pool = rte_pktmbuf_pool_create(
			"stop", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	assert_non_null(pool);
	memset(registers, 0, sizeof(registers));
	memset(&device, 0, sizeof(device));
	memset(&data, 0, sizeof(data));
	device.hardware.registers = registers;
	device.hardware.name = "svanic";
	device.hardware.pairs = 1;
	device.hardware.ring_log2_max = SVANIC_RING_LOG2_MAX;
	data.dev_private = &device;
	data.rx_queues = rx_queues;
	data.tx_queues = tx_queues;
	data.nb_rx_queues = 1;
	data.nb_tx_queues = 1;
	dev.data = &data;
	queues_end = true;
	resets_end = true;
	logs_start();
	rings_kept = 0;
	check_result = 0;
	assert_int_equal(setup_queues(), 0);
	assert_int_equal(svanic_queues_start(&dev), 0);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS - RING);
	return 0;
}

static void
release(void)
{
	svanic_rx_release(&dev, 0);
	svanic_tx_release(&dev, 0);
}

/* ethdev asks for a multiple of nb_align, the device for a power of two. */
static void
a_ring_has_at_least_as_many_as_were_asked_for(void **state __rte_unused)
{
	const struct rte_eth_rxconf rx = { 0 };
	const struct rte_eth_txconf tx = { 0 };
	struct rte_eth_rxq_info rx_info;
	struct rte_eth_txq_info tx_info;

	svanic_queues_stop(&dev);
	assert_int_equal(svanic_rx_setup(&dev, 0, 96, 0, &rx, pool), 0);
	assert_int_equal(svanic_tx_setup(&dev, 0, 160, 0, &tx), 0);
	svanic_rx_info(&dev, 0, &rx_info);
	svanic_tx_info(&dev, 0, &tx_info);
	assert_int_equal(rx_info.nb_desc, 128);
	assert_int_equal(tx_info.nb_desc, 256);
	assert_int_equal(svanic_queues_start(&dev), 0);
	svanic_queues_stop(&dev);
	release();
	assert_int_equal(svanic_rx_setup(&dev, 0, 31, 0, &rx, pool), -EINVAL);
	assert_one_error("32 to 32768 descriptors, not 31");
}

static void
rings_are_kept_with_sva(void **state __rte_unused)
{
	svanic_queues_stop(&dev);
	assert_int_equal(rings_kept, 0);
	device.pasids = (struct svanic_pasids *)registers; /* some */
	release();
	assert_int_equal(setup_queues(), 0);
	assert_int_equal(svanic_queues_start(&dev), 0);
	assert_int_equal(rings_kept, 2);
	svanic_queues_stop(&dev);
	release();
}

/* The library or the check has said why, and then nothing else is logged or mapped. */
static void
no_queue_starts_when_changes_are_not_followed(void **state __rte_unused)
{
	svanic_queues_stop(&dev);
	device.pasids = (struct svanic_pasids *)registers; /* some */
	check_result = -EIO;
	assert_int_equal(svanic_rx_start(&dev, 0), -EIO);
	assert_int_equal(svanic_tx_start(&dev, 0), -EIO);
	assert_int_equal(svanic_queues_start(&dev), -EIO);
	assert_int_equal(rings_kept, 0);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
	assert_no_error();
	release();
}

static void
a_stop_gives_all_back(void **state __rte_unused)
{
	svanic_queues_stop(&dev);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
	assert_no_error();
	release();
	assert_null(rte_memzone_lookup("svanic_0_rx_0"));
}

static void
a_reset_ends_what_does_not_end(void **state __rte_unused)
{
	queues_end = false;
	svanic_queues_stop(&dev);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
	assert_one_error("does not end its DMA");
	assert_int_equal(svanic_rx_start(&dev, 0), -EIO);
	release();
}

/* Nothing but a slot's reset ends its DMA. */
static void
nothing_comes_back_from_a_device_that_goes_on(void **state __rte_unused)
{
	queues_end = false;
	resets_end = false;
	svanic_queues_stop(&dev);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS - RING);
	assert_int_equal(logs_errors(), 3);
	assert_non_null(strstr(logs_last_error(), "may still use its rings"));
	assert_int_equal(svanic_queues_recover(&dev), -EIO);
	release();
	assert_non_null(rte_memzone_lookup("svanic_0_rx_0"));
	assert_non_null(rte_memzone_lookup("svanic_0_tx_0"));
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS - RING);

	resets_end = true;
	assert_int_equal(svanic_queues_recover(&dev), 0);
	rte_memzone_free(rte_memzone_lookup("svanic_0_rx_0"));
	rte_memzone_free(rte_memzone_lookup("svanic_0_tx_0"));
	rte_mempool_free(pool);
	pool = NULL;
}

/* It does no DMA: all is given back, and nobody waits. */
static void
a_device_that_is_gone_holds_nothing(void **state __rte_unused)
{
	queues_end = false;
	resets_end = false;
	memset(registers, 0xff, sizeof(registers));
	svanic_queues_stop(&dev);
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
	assert_no_error();
	release();
}

/* --- secondary processes ------------------------------------------------------- */

/* They have the same memory at the same addresses, and nothing else of the primary's. */
static void
what_the_packet_path_reads_is_shared(void **state __rte_unused)
{
	const struct svanic_rx_queue *rx;
	const struct svanic_tx_queue *tx;

	rx = data.rx_queues[0];
	tx = data.tx_queues[0];
	assert_non_null(rte_mem_virt2memseg_list(rx));
	assert_non_null(rte_mem_virt2memseg_list(rx->changes.reported));
	assert_non_null(rte_mem_virt2memseg_list(rx->ring));
	assert_non_null(rte_mem_virt2memseg_list(rx->mbufs));
	assert_non_null(rte_mem_virt2memseg_list(tx));
	assert_non_null(rte_mem_virt2memseg_list(tx->changes.reported));
	assert_non_null(rte_mem_virt2memseg_list(tx->ring));
	assert_non_null(rte_mem_virt2memseg_list(tx->mbufs));
	assert_non_null(rte_mem_virt2memseg_list(tx->reports));
	svanic_queues_stop(&dev);
	release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			a_ring_has_at_least_as_many_as_were_asked_for, setup),
		cmocka_unit_test_setup(rings_are_kept_with_sva, setup),
		cmocka_unit_test_setup(
			no_queue_starts_when_changes_are_not_followed, setup),
		cmocka_unit_test_setup(a_stop_gives_all_back, setup),
		cmocka_unit_test_setup(a_reset_ends_what_does_not_end, setup),
		cmocka_unit_test_setup(
			nothing_comes_back_from_a_device_that_goes_on, setup),
		cmocka_unit_test_setup(
			a_device_that_is_gone_holds_nothing, setup),
		cmocka_unit_test_setup(
			what_the_packet_path_reads_is_shared, setup),
	};

	return cmocka_run_group_tests_name(
		"svanic_queues", tests, small_eal_start, small_eal_stop);
}
