/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The port in a secondary process, on registers in ordinary memory: it is read, what would
 * change it is refused with one line and changes nothing, and what is the primary process's
 * alone is not touched.
 *
 * Must not know: rings.
 */

#include <string.h>

#include <rte_errno.h>

#include "logs.h"
#include "unit.h"

#include "../../../drivers/net/svanic/svanic_secondary.c"

#define NAME "0000:01:00.0"
/* What another process's pointers are here. */
#define ELSEWHERE ((struct svanic_pasids *)(uintptr_t)8)

int svanic_logtype = RTE_LOGTYPE_USER1;

static uint8_t registers[SVANIC_REGISTERS_SIZE] __attribute__((aligned(64)));
static uint8_t registers_before[SVANIC_REGISTERS_SIZE];
static struct svanic_device device, device_before;
static struct rte_eth_dev_data data, data_before;
static struct rte_pci_device pci;
static struct rte_ether_addr addresses[1 + SVANIC_UNICAST_FILTERS];
static struct rte_eth_dev *port;
static bool is_there;
static unsigned int finished, released;

/* --- in the places of EAL's and ethdev's ------------------------------------------- */

enum rte_proc_type_t
rte_eal_process_type(void)
{
	return RTE_PROC_SECONDARY;
}

struct rte_eth_dev *
rte_eth_dev_attach_secondary(const char *name)
{
	assert_string_equal(name, NAME);
	return is_there ? port : NULL;
}

void
rte_eth_dev_probing_finish(struct rte_eth_dev *dev)
{
	assert_ptr_equal(dev, port);
	finished++;
}

int
rte_eth_dev_release_port(struct rte_eth_dev *dev)
{
	assert_ptr_equal(dev, port);
	released++;
	return 0;
}

static int
setup(void **state __rte_unused)
{
	memset(registers, 0, sizeof(registers));
	memset(&device, 0, sizeof(device));
	memset(&data, 0, sizeof(data));
	memset(&pci, 0, sizeof(pci));
	device.hardware.registers = registers;
	device.hardware.name = device.name;
	device.hardware.pairs = 1;
	snprintf(device.name, sizeof(device.name), NAME);
	snprintf(pci.name, sizeof(pci.name), NAME);
	pci.device.name = pci.name;
	pci.mem_resource[SVANIC_REGISTERS_BAR].addr = registers;
	snprintf(data.name, sizeof(data.name), NAME);
	data.dev_private = &device;
	data.mac_addrs = addresses;
	data.mtu = 9000; /* the primary process has set it */
	data.dev_started = 1;
	port = &rte_eth_devices[0];
	memset(port, 0, sizeof(*port));
	port->data = &data;
	is_there = true;
	finished = 0;
	released = 0;
	logs_start();
	return 0;
}

static void
attach(void)
{
	assert_int_equal(svanic_secondary_attach(&pci), 0);
	assert_int_equal(finished, 1);
	assert_ptr_equal(port->device, &pci.device);
}

/* --- attaching -------------------------------------------------------------------- */

static void
a_port_of_the_primary_process_is_attached(void **state __rte_unused)
{
	attach();
	/* whatever frames the primary process has it started for */
	assert_ptr_equal(port->rx_pkt_burst, svanic_rx_burst_scattered);
	assert_ptr_equal(port->tx_pkt_burst, svanic_tx_burst);
	assert_no_error();
}

static void
a_port_that_the_primary_has_not_is_told_of(void **state __rte_unused)
{
	is_there = false;
	assert_int_equal(svanic_secondary_attach(&pci), -ENODEV);
	assert_one_error(NAME, "the primary process has no port of this name");
	assert_int_equal(finished + released, 0);
}

static void
registers_at_another_address_are_refused(void **state __rte_unused)
{
	pci.mem_resource[SVANIC_REGISTERS_BAR].addr = registers_before;
	assert_int_equal(svanic_secondary_attach(&pci), -ENXIO);
	assert_one_error(
		NAME, "not mapped where the primary", "--base-virtaddr");
	assert_int_equal(finished, 0);
	assert_int_equal(released, 1);
}

/* --- what only the primary process does -------------------------------------------- */

static void
remember(void)
{
	memcpy(registers_before, registers, sizeof(registers));
	memcpy(&device_before, &device, sizeof(device));
	memcpy(&data_before, &data, sizeof(data));
}

static void
assert_refused(int result)
{
	assert_int_equal(result, -E_RTE_SECONDARY);
	assert_one_error(NAME, "a secondary process only reads this port");
	assert_memory_equal(registers, registers_before, sizeof(registers));
	assert_memory_equal(&device, &device_before, sizeof(device));
	assert_memory_equal(&data, &data_before, sizeof(data));
}

static void
what_changes_the_port_is_refused_in_one_line(void **state __rte_unused)
{
	const struct eth_dev_ops *ops;
	const struct rte_flow_ops *flow_ops;

	attach();
	ops = port->dev_ops;
	remember();
	assert_refused(ops->dev_start(port));
	assert_refused(ops->dev_stop(port));
	assert_refused(ops->dev_reset(port));
	assert_refused(ops->promiscuous_enable(port));
	assert_refused(ops->promiscuous_disable(port));
	assert_refused(ops->allmulticast_enable(port));
	assert_refused(ops->allmulticast_disable(port));
	assert_refused(ops->mac_addr_set(port, addresses));
	assert_refused(ops->mac_addr_add(port, addresses, 1, 0));
	assert_refused(ops->set_mc_addr_list(port, addresses, 1));
	assert_refused(ops->mtu_set(port, 1500));
	assert_refused(ops->stats_reset(port));
	assert_refused(ops->xstats_reset(port));
	assert_refused(ops->rx_queue_start(port, 0));
	assert_refused(ops->rx_queue_stop(port, 0));
	assert_refused(ops->tx_queue_start(port, 0));
	assert_refused(ops->tx_queue_stop(port, 0));
	assert_refused(ops->rx_queue_intr_enable(port, 0));
	assert_refused(ops->rx_queue_intr_disable(port, 0));
	assert_refused(ops->rss_hash_update(port, NULL));
	assert_refused(ops->reta_update(port, NULL, 0));
	assert_refused(ops->flow_ops_get(port, &flow_ops));
}

/* ethdev would change the port before, or though, the driver refuses. */
static void
what_ethdev_does_by_itself_is_not_offered(void **state __rte_unused)
{
	attach();
	assert_null(port->dev_ops->dev_configure);
	assert_null(port->dev_ops->rx_queue_setup);
	assert_null(port->dev_ops->tx_queue_setup);
	assert_null(port->dev_ops->rx_queue_release);
	assert_null(port->dev_ops->tx_queue_release);
	assert_null(port->dev_ops->mac_addr_remove);
}

static void
a_close_leaves_the_port_to_the_primary(void **state __rte_unused)
{
	attach();
	remember();
	assert_int_equal(port->dev_ops->dev_close(port), 0);
	assert_memory_equal(registers, registers_before, sizeof(registers));
	assert_memory_equal(&device, &device_before, sizeof(device));
	assert_memory_equal(&data, &data_before, sizeof(data));
	assert_no_error();
}

/* --- with sva=1 --------------------------------------------------------------------- */

static void
statistics_do_not_touch_the_primary_processs_pasids(void **state __rte_unused)
{
	static struct rte_eth_xstat_name names[64];
	static struct rte_eth_xstat stats[64];
	uint64_t filtered = 5;
	int count, i;

	device.options.sva = true;
	device.pasids = ELSEWHERE;
	memcpy(&registers[SVANIC_RECEIVE_FILTERED], &filtered,
		sizeof(filtered));
	attach();
	count = port->dev_ops->xstats_get_names(port, names, RTE_DIM(names));
	assert_true(count >= 1 && count <= (int)RTE_DIM(names));
	assert_int_equal(
		port->dev_ops->xstats_get(port, stats, RTE_DIM(stats)), count);
	assert_string_equal(names[0].name, "rx_filtered");
	assert_int_equal(stats[0].value, 5);
	for (i = 0; i < count; i++)
		assert_null(strstr(names[i].name, "sva_"));
	assert_no_error();
}

static void
packets_are_the_primary_processs(void **state __rte_unused)
{
	struct rte_mbuf *mbuf = NULL;
	void *no_queue = NULL; /* would be read by the functions for packets */

	device.options.sva = true;
	device.pasids = ELSEWHERE;
	attach();
	assert_int_equal(port->tx_pkt_burst(no_queue, &mbuf, 1), 0);
	assert_one_error("with sva=1 a secondary process can neither");
	assert_int_equal(port->rx_pkt_burst(no_queue, &mbuf, 1), 0);
	assert_int_equal(port->tx_pkt_burst(no_queue, &mbuf, 1), 0);
	assert_no_error(); /* told of once */
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(a_port_of_the_primary_process_is_attached),
		TEST(a_port_that_the_primary_has_not_is_told_of),
		TEST(registers_at_another_address_are_refused),
		TEST(what_changes_the_port_is_refused_in_one_line),
		TEST(what_ethdev_does_by_itself_is_not_offered),
		TEST(a_close_leaves_the_port_to_the_primary),
		TEST(statistics_do_not_touch_the_primary_processs_pasids),
		TEST(packets_are_the_primary_processs),
	};

	return RUN_TESTS("svanic_secondary", tests);
}
