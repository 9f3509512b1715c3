/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The handler of vector 0, on registers in ordinary memory: each halt of a queue is told
 * of once, by one line that is true and one event.
 *
 * Must not know: rings.
 */

#include <string.h>

#include "logs.h"
#include "unit.h"

#include "../../../drivers/net/svanic/svanic_hardware.c"
#include "../../../drivers/net/svanic/svanic_interrupt.c"

#define RING 0x7f0000001000
#define RING_LOG2 5

int svanic_logtype = RTE_LOGTYPE_USER1;

static uint8_t registers[SVANIC_REGISTERS_SIZE] __attribute__((aligned(64)));
static struct svanic_device device;
static struct rte_eth_dev_data data;
static struct rte_eth_dev dev;
static unsigned int events;

/* In the places of ethdev's and EAL's. */
int
rte_eth_dev_callback_process(struct rte_eth_dev *of __rte_unused,
	enum rte_eth_event_type event, void *argument __rte_unused)
{
	events += event == RTE_ETH_EVENT_INTR_RESET;
	return 0;
}

int
rte_intr_ack(const struct rte_intr_handle *handle __rte_unused)
{
	return 0;
}

static void
set(uint32_t offset, uint64_t value, size_t size)
{
	memcpy(&registers[offset], &value, size);
}

static int
setup(void **state __rte_unused)
{
	memset(registers, 0, sizeof(registers));
	memset(&device, 0, sizeof(device));
	device.hardware.registers = registers;
	device.hardware.name = "svanic";
	device.hardware.pairs = 2;
	data.dev_private = &device;
	dev.data = &data;
	events = 0;
	logs_start();
	return 0;
}

/* As the device does it. */
static void
halt(uint16_t pair, uint32_t side, unsigned int error)
{
	uint32_t at = svanic_queue_at(pair, side);

	set(at + SVANIC_QUEUE_RING, RING, 8);
	set(at + SVANIC_QUEUE_SIZE, RING_LOG2, 4);
	set(at + SVANIC_QUEUE_STATE,
		SVANIC_STATE_HALTED | error << SVANIC_STATE_ERROR_SHIFT, 4);
	set(SVANIC_QUEUE_EVENTS, 1u << pair, 4);
	set(SVANIC_EVENTS, SVANIC_EVENT_QUEUE, 4);
}

static void
refuse(uint16_t pair, uint64_t address)
{
	set(SVANIC_PAIR(pair) + SVANIC_FAULT_ADDRESS, address, 8);
	set(SVANIC_PAIR(pair) + SVANIC_FAULT_INFO, SVANIC_FAULT_VALID, 4);
}

static void
run(uint16_t pair, uint32_t side)
{
	svanic_forget_halt(&device, pair, side);
	set(svanic_queue_at(pair, side) + SVANIC_QUEUE_STATE,
		SVANIC_STATE_RUNNING, 4);
}

static void
expect_told(unsigned int lines, const char *what)
{
	const char *at = logs_text();
	unsigned int found = 0;

	while ((at = strstr(at, what)) != NULL) {
		found++;
		at += strlen(what);
	}
	assert_int_equal(found, lines);
}

static void
a_halt_is_told_of_once(void **state __rte_unused)
{
	halt(0, SVANIC_RX, SVANIC_ERROR_REFUSED);
	handle(&dev);
	handle(&dev);
	expect_told(1, "receive queue 0 has halted");
	assert_int_equal(events, 1);
}

static void
both_queues_of_a_pair_are_told_of(void **state __rte_unused)
{
	halt(1, SVANIC_RX, SVANIC_ERROR_NO_PAGE);
	handle(&dev);
	halt(1, SVANIC_TX, SVANIC_ERROR_NO_PAGE);
	handle(&dev);
	handle(&dev);
	expect_told(1, "receive queue 1 has halted");
	expect_told(1, "transmit queue 1 has halted");
	assert_int_equal(events, 2);
}

/* The other one of the pair halts after one was stopped and before it is started. */
static void
a_halt_between_stop_and_start_is_told_of(void **state __rte_unused)
{
	halt(0, SVANIC_RX, SVANIC_ERROR_NO_PAGE);
	handle(&dev);
	set(svanic_queue_at(0, SVANIC_RX) + SVANIC_QUEUE_STATE,
		SVANIC_STATE_OFF, 4);
	halt(0, SVANIC_TX, SVANIC_ERROR_NO_PAGE);
	handle(&dev);
	run(0, SVANIC_RX);
	expect_told(1, "transmit queue 0 has halted");
	assert_int_equal(events, 2);
}

static void
a_queue_that_was_started_is_told_of_again(void **state __rte_unused)
{
	halt(0, SVANIC_TX, SVANIC_ERROR_MALFORMED);
	handle(&dev);
	run(0, SVANIC_TX);
	handle(&dev);
	expect_told(1, "transmit queue 0 has halted");
	halt(0, SVANIC_TX, SVANIC_ERROR_MALFORMED);
	handle(&dev);
	expect_told(2, "transmit queue 0 has halted");
	assert_int_equal(events, 2);
}

/* A device that lies, or that another program has left so. */
static void
a_queue_that_was_never_started_is_not_told_of(void **state __rte_unused)
{
	svanic_expect_no_halts(&device);
	svanic_forget_halt(&device, 0, SVANIC_TX);
	halt(0, SVANIC_RX, SVANIC_ERROR_MALFORMED);
	halt(0, SVANIC_TX, SVANIC_ERROR_MALFORMED);
	handle(&dev);
	expect_told(0, "receive queue 0 has halted");
	expect_told(1, "transmit queue 0 has halted");
	assert_int_equal(events, 1);
}

static void
the_address_is_the_rings(void **state __rte_unused)
{
	refuse(0, RING + 16);
	halt(0, SVANIC_RX, SVANIC_ERROR_REFUSED);
	handle(&dev);
	expect_told(1, "for this access, at 0x7f0000001010 in its ring; it");
}

/* It is of a packet's memory, or of the other queue: no place of this halt. */
static void
an_address_of_something_else_is_not_told(void **state __rte_unused)
{
	refuse(0, RING + 16 * (1 << RING_LOG2));
	halt(0, SVANIC_RX, SVANIC_ERROR_REFUSED);
	handle(&dev);
	expect_told(1, "receive queue 0 has halted");
	expect_told(0, ", at 0x");
}

static void
a_halt_without_an_address_has_none(void **state __rte_unused)
{
	refuse(0, RING + 16);
	halt(0, SVANIC_RX, SVANIC_ERROR_NO_PASID);
	halt(0, SVANIC_TX, SVANIC_ERROR_MALFORMED);
	handle(&dev);
	expect_told(1, "has not enabled PASID, ATS or page requests; it stays");
	expect_told(1, "against the rules; it stays");
	expect_told(0, ", at 0x");
	assert_int_equal(events, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_halt_is_told_of_once, setup),
		cmocka_unit_test_setup(
			both_queues_of_a_pair_are_told_of, setup),
		cmocka_unit_test_setup(
			a_halt_between_stop_and_start_is_told_of, setup),
		cmocka_unit_test_setup(
			a_queue_that_was_started_is_told_of_again, setup),
		cmocka_unit_test_setup(
			a_queue_that_was_never_started_is_not_told_of, setup),
		cmocka_unit_test_setup(the_address_is_the_rings, setup),
		cmocka_unit_test_setup(
			an_address_of_something_else_is_not_told, setup),
		cmocka_unit_test_setup(
			a_halt_without_an_address_has_none, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
