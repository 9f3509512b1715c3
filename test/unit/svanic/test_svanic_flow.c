/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Flow rules, on registers in ordinary memory: which are taken, what is in the device's
 * filters then, and with which words the others are refused.
 *
 * Must not know: queues.
 */

#include <string.h>

#include "unit.h"

#include "../../../drivers/net/svanic/svanic_flow.c"
#include "../../../drivers/net/svanic/svanic_hardware.c"

int svanic_logtype = RTE_LOGTYPE_USER1;

static uint8_t registers[SVANIC_REGISTERS_SIZE] __attribute__((aligned(64)));
static struct svanic_device device;
static struct rte_eth_dev_data data;
static struct rte_eth_dev dev;
static struct rte_flow_error error;

static const struct rte_flow_attr ingress = { .ingress = 1 };
static struct rte_flow_item_eth spec, mask;
static struct rte_flow_action_queue queue;
static struct rte_flow_item pattern[3];
static struct rte_flow_action actions[3];

static int
setup(void **state __rte_unused)
{
	memset(registers, 0, sizeof(registers));
	memset(&device, 0, sizeof(device));
	device.hardware.registers = registers;
	data.dev_private = &device;
	data.nb_rx_queues = 4;
	dev.data = &data;
	memset(&error, 0, sizeof(error));

	memset(&spec, 0, sizeof(spec));
	memset(&mask, 0, sizeof(mask));
	memset(&mask.hdr.dst_addr, 0xff, sizeof(mask.hdr.dst_addr));
	spec.hdr.dst_addr = (struct rte_ether_addr){ { 2, 0, 0, 0, 0, 1 } };
	queue.index = 3;
	memset(pattern, 0, sizeof(pattern));
	pattern[0] = (struct rte_flow_item){
		.type = RTE_FLOW_ITEM_TYPE_ETH, .spec = &spec, .mask = &mask
	};
	memset(actions, 0, sizeof(actions));
	actions[0] = (struct rte_flow_action){
		.type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &queue
	};
	return 0;
}

static struct rte_flow *
create(void)
{
	return create_flow(&dev, &ingress, pattern, actions, &error);
}

static uint32_t
filter_high(unsigned int n)
{
	uint32_t value;

	memcpy(&value, &registers[SVANIC_FILTER_HIGH(n)], sizeof(value));
	return value;
}

static unsigned int
filters_in_use(void)
{
	unsigned int n, count = 0;

	for (n = 0; n < SVANIC_FILTERS; n++)
		count += (filter_high(n) & SVANIC_FILTER_VALID) != 0;
	return count;
}

static void
a_rule_is_a_filter(void **state __rte_unused)
{
	struct rte_flow *flow = create();

	assert_non_null(flow);
	assert_int_equal(filter_high(FIRST_FILTER + SVANIC_FLOW_FILTERS - 1),
		SVANIC_FILTER_VALID | SVANIC_FILTER_STEER |
			3u << SVANIC_FILTER_QUEUE_SHIFT | 0x0100);
	assert_int_equal(filters_in_use(), 1);
	assert_int_equal(destroy_flow(&dev, flow, &error), 0);
	assert_int_equal(filters_in_use(), 0);
}

static void
rules_come_back_after_a_reset(void **state __rte_unused)
{
	assert_non_null(create());
	memset(registers, 0, sizeof(registers));
	svanic_flows_restore(&dev);
	assert_int_equal(filters_in_use(), 1);
	assert_int_equal(flush_flows(&dev, &error), 0);
	svanic_flows_restore(&dev);
	assert_int_equal(filters_in_use(), 0);
}

static void
there_are_so_many_filters_and_one_rule_for_an_address(void **state __rte_unused)
{
	unsigned int i;

	for (i = 0; i < SVANIC_FLOW_FILTERS; i++) {
		spec.hdr.dst_addr.addr_bytes[5] = i;
		assert_int_equal(
			validate_flow(&dev, &ingress, pattern, actions, &error),
			0);
		assert_non_null(create());
		assert_null(create());
		assert_int_equal(rte_errno, EEXIST);
	}
	spec.hdr.dst_addr.addr_bytes[5] = i;
	assert_null(create());
	assert_int_equal(rte_errno, ENOSPC);
	assert_int_equal(
		validate_flow(&dev, &ingress, pattern, actions, &error),
		-ENOSPC);
	assert_int_equal(filters_in_use(), SVANIC_FLOW_FILTERS);
}

static void
expect_refused(int number, const char *words)
{
	assert_null(create());
	assert_int_equal(rte_errno, number);
	assert_non_null(strstr(error.message, words));
	assert_int_equal(filters_in_use(), 0);
	setup(NULL);
}

static void
what_the_device_cannot_do_is_refused(void **state __rte_unused)
{
	const struct rte_flow_attr egress = { .egress = 1 };

	assert_null(create_flow(&dev, &egress, pattern, actions, &error));
	assert_non_null(strstr(error.message, "received frames"));
	mask.hdr.dst_addr.addr_bytes[5] = 0xf0;
	expect_refused(ENOTSUP, "the whole destination address");
	mask.hdr.ether_type = 0xffff;
	expect_refused(ENOTSUP, "and nothing else");
	pattern[0].mask = NULL;
	expect_refused(ENOTSUP, "the whole destination address");
	pattern[0].spec = NULL;
	expect_refused(ENOTSUP, "eth with a destination address");
	pattern[1].type = RTE_FLOW_ITEM_TYPE_IPV4;
	expect_refused(ENOTSUP, "nothing but the Ethernet header");
	actions[0].type = RTE_FLOW_ACTION_TYPE_DROP;
	expect_refused(ENOTSUP, "the action is: queue");
	actions[1].type = RTE_FLOW_ACTION_TYPE_COUNT;
	expect_refused(ENOTSUP, "one action");
	queue.index = 4;
	expect_refused(EINVAL, "no such receive queue");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_rule_is_a_filter, setup),
		cmocka_unit_test_setup(rules_come_back_after_a_reset, setup),
		cmocka_unit_test_setup(
			there_are_so_many_filters_and_one_rule_for_an_address,
			setup),
		cmocka_unit_test_setup(
			what_the_device_cannot_do_is_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
