/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A device whose registers lie, from one read to the next if it likes, and the whole of net_svanic,
 * as a program uses it through ethdev. Whatever they say: the driver reads and writes within the
 * registers, each call ends in bounded time and says no more than it has to, what ethdev is told is
 * within the datasheet's limits, and rings and mbufs that the device has not given up are given
 * to nobody else.
 *
 * Must not know: how the driver does it, but for which of its functions a bus calls.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <rte_memzone.h>

#include "fake_eal.h"
#include "fuzz.h"
#include "register_reads.h"
#include "rte_iommufd_sva.h"
#include "svanic_pasid.h"

#include "../../drivers/net/svanic/svanic_ethdev.c"

#define MBUFS 1024
#define QUEUES_MAX 3
#define RING 32
#define STEP_BYTES 2
#define LIE_BYTES 6
#define LIES_MAX 16
#define READS_MAX 200000
#define WAIT_AT_LEAST 50000		 /* so that a wait has few turns */
#define PATIENCE (UINT64_C(2200) * 1000) /* a little more than the driver's */
#define WAITS_MAX \
	(2 * 2 * SVANIC_PAIRS_MAX + 4) /* each queue, and a reset for it */
#define LINES_MAX (2 * 2 * SVANIC_PAIRS_MAX + 4)
#define SEGMENTS_MORE 40 /* than a device takes */

/* --- the registers ------------------------------------------------------------------ */

/* From the read after `after` others of it on, a register says something else. */
struct lie {
	uint32_t offset;
	unsigned int after;
	bool stays; /* until the next reset */
	uint32_t value;
};

/* What a driver has to believe of a queue: it reads its ring. */
struct reader {
	bool is_on;
	uint64_t ring;
	uint32_t size;
};

static uint8_t registers[SVANIC_REGISTERS_SIZE] __attribute__((aligned(64)));
static struct lie lies[LIES_MAX];
static unsigned int lie_count, reads;
static struct reader readers[SVANIC_PAIRS_MAX][2]; /* receive, transmit */
static unsigned int queue_starts, port_starts, resets, opens;
static bool reset_is_asked_for;
static uint64_t now;

static uint32_t
get(uint32_t offset)
{
	uint32_t value;

	memcpy(&value, &registers[offset], sizeof(value));
	return value;
}

static void
set(uint32_t offset, uint32_t value)
{
	memcpy(&registers[offset], &value, sizeof(value));
}

static void
forget_lies(bool all)
{
	unsigned int i, kept = 0;

	for (i = 0; i < lie_count; i++)
		if (lies[i].stays && !all)
			lies[kept++] = lies[i];
	lie_count = kept;
}

static void
no_reader_is_on(void)
{
	memset(readers, 0, sizeof(readers));
	reset_is_asked_for = false;
}

static void
reset_registers(void)
{
	memset(registers, 0, sizeof(registers));
	set(SVANIC_ID, SVANIC_ID_VALUE);
	set(SVANIC_VERSION, SVANIC_VERSION_VALUE);
	set(SVANIC_LIMITS,
		SVANIC_PAIRS_MAX | SVANIC_RING_LOG2_MAX << 8 |
			SVANIC_SEGMENTS_MAX << 16);
	set(SVANIC_FEATURES, 0x71f);
	set(SVANIC_STATUS,
		SVANIC_STATUS_LINK | SVANIC_STATUS_PASID | SVANIC_STATUS_ATS |
			SVANIC_STATUS_PRI);
	set(SVANIC_MAC_LOW, 0x00005452);
	set(SVANIC_MAC_HIGH, 0x0100);
}

/* Where in the registers; a driver has to stay in them. */
static uint32_t
offset_of(const volatile void *address, size_t size)
{
	const uintptr_t offset = (uintptr_t)address - (uintptr_t)registers;

	FUZZ_CHECK(offset <= SVANIC_REGISTERS_SIZE - size);
	FUZZ_CHECK(offset % size == 0);
	return (uint32_t)offset;
}

/* The queue whose registers these are; NULL: they are no queue's. */
static struct reader *
reader_at(uint32_t offset, uint32_t *in_queue)
{
	uint32_t in_pair = (offset - SVANIC_PAIR(0)) % 0x400;

	if (offset < SVANIC_PAIR(0) ||
		offset >= SVANIC_PAIR(SVANIC_PAIRS_MAX) ||
		in_pair >= 2 * SVANIC_TX)
		return NULL;
	*in_queue = in_pair % SVANIC_TX;
	return &readers[(offset - SVANIC_PAIR(0)) / 0x400][in_pair / SVANIC_TX];
}

/* What the driver may conclude from what it has read. */
static void
conclude(uint32_t offset, uint32_t value)
{
	uint32_t in_queue;
	struct reader *reader = reader_at(offset, &in_queue);

	if (offset == SVANIC_ID && value == UINT32_MAX)
		no_reader_is_on(); /* the device is gone */
	if (offset == SVANIC_CONTROL && reset_is_asked_for &&
		!(value & SVANIC_CONTROL_RESET))
		no_reader_is_on();
	if (reader == NULL)
		return;
	if (in_queue == SVANIC_QUEUE_CONTROL && !(value & SVANIC_QUEUE_ENABLE))
		reader->is_on = false;
	if (in_queue == SVANIC_QUEUE_STATE &&
		(value & 0xff) == SVANIC_STATE_HALTED)
		reader->is_on = false;
}

static uint32_t
read_word(uint32_t offset)
{
	uint32_t value = get(offset);
	unsigned int i;

	FUZZ_CHECK(reads++ < READS_MAX);
	for (i = 0; i < lie_count; i++) {
		if (lies[i].offset != offset)
			continue;
		if (lies[i].after > 0)
			lies[i].after--;
		else
			value = lies[i].value;
	}
	return value;
}

uint32_t
registers_read32(const volatile void *address)
{
	const uint32_t offset = offset_of(address, sizeof(uint32_t));
	const uint32_t value = read_word(offset);

	conclude(offset, value);
	return value;
}

uint64_t
registers_read64(const volatile void *address)
{
	const uint32_t offset = offset_of(address, sizeof(uint64_t));

	return read_word(offset) | (uint64_t)read_word(offset + 4) << 32;
}

static void
write_queue(
	struct reader *reader, uint32_t at, uint32_t in_queue, uint32_t value)
{
	if (in_queue != SVANIC_QUEUE_CONTROL)
		return;
	if (!(value & SVANIC_QUEUE_ENABLE)) {
		set(at + SVANIC_QUEUE_STATE, SVANIC_STATE_OFF);
		return;
	}
	set(at + SVANIC_QUEUE_STATE, SVANIC_STATE_RUNNING);
	set(at + SVANIC_QUEUE_TAIL, 0);
	set(at + SVANIC_QUEUE_HEAD, 0);
	memcpy(&reader->ring, &registers[at + SVANIC_QUEUE_RING],
		sizeof(reader->ring));
	reader->size = 1u << get(at + SVANIC_QUEUE_SIZE);
	reader->is_on = true;
	queue_starts++;
}

void
registers_write32(uint32_t value, volatile void *address)
{
	const uint32_t offset = offset_of(address, sizeof(value));
	uint32_t in_queue;
	struct reader *reader = reader_at(offset, &in_queue);

	if (offset == SVANIC_CONTROL && (value & SVANIC_CONTROL_RESET)) {
		reset_registers();
		reset_is_asked_for = true;
		resets++;
		return;
	}
	set(offset, offset == SVANIC_EVENTS ? get(offset) & ~value : value);
	if (reader != NULL)
		write_queue(reader, offset - in_queue, in_queue, value);
}

void
registers_write64(uint64_t value, volatile void *address)
{
	memcpy(&registers[offset_of(address, sizeof(value))], &value,
		sizeof(value));
}

uint64_t
clock_now(void)
{
	return now;
}

void
clock_wait(unsigned int microseconds)
{
	now += RTE_MAX(microseconds, (unsigned int)WAIT_AT_LEAST);
}

/* --- in the place of what the driver calls --------------------------------------------- */

struct svanic_pasids {
	unsigned int bound;
	uint32_t changes;
};

static struct svanic_pasids pasids;
static rte_intr_callback_fn handler;
static void *handler_argument;
static unsigned int lines, lines_of_halts, lines_of_faults;
static bool is_told_of_loss;

int
svanic_pasids_open(const char *path __rte_unused, const char *name __rte_unused,
	const struct svanic_options *options __rte_unused,
	struct svanic_pasids **made)
{
	pasids.bound = 1;
	*made = &pasids;
	return 0;
}

int
svanic_pasids_require(struct svanic_pasids *some, unsigned int pairs)
{
	some->bound = RTE_MAX(some->bound, pairs);
	return 0;
}

uint32_t
svanic_pasids_of(const struct svanic_pasids *some, unsigned int pair)
{
	FUZZ_CHECK(pair < some->bound);
	return 1 + pair;
}

void
svanic_pasids_keep(struct svanic_pasids *some __rte_unused,
	const void *memory __rte_unused, size_t length __rte_unused)
{
}

const uint32_t *
svanic_pasids_changes(const struct svanic_pasids *some)
{
	return &some->changes;
}

int
svanic_pasids_follow(void *some __rte_unused)
{
	return 0;
}

int
svanic_pasids_check(struct svanic_pasids *some __rte_unused)
{
	return 0;
}

void
svanic_pasids_stats(struct svanic_pasids *some __rte_unused,
	struct rte_iommufd_sva_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
}

void
svanic_pasids_close(struct svanic_pasids *some __rte_unused)
{
	pasids.bound = 0;
}

int
rte_iommufd_device_request_empty(const char *path __rte_unused)
{
	return 0;
}

void
rte_iommufd_device_request_withdraw(const char *path __rte_unused)
{
}

int __wrap_rte_pci_map_device(struct rte_pci_device *pci);
void __wrap_rte_pci_unmap_device(struct rte_pci_device *pci);
int __wrap_rte_intr_callback_register(const struct rte_intr_handle *handle,
	rte_intr_callback_fn callback, void *argument);
int __wrap_rte_intr_callback_unregister_sync(
	const struct rte_intr_handle *handle, rte_intr_callback_fn callback,
	void *argument);
int __wrap_rte_intr_enable(const struct rte_intr_handle *handle);
int __wrap_rte_intr_disable(const struct rte_intr_handle *handle);
int __wrap_rte_intr_ack(const struct rte_intr_handle *handle);
int __wrap_rte_log(uint32_t level, uint32_t type, const char *format, ...);

int
__wrap_rte_pci_map_device(struct rte_pci_device *pci)
{
	pci->mem_resource[SVANIC_REGISTERS_BAR].addr = registers;
	return 0;
}

void
__wrap_rte_pci_unmap_device(struct rte_pci_device *pci)
{
	FUZZ_CHECK(pci->mem_resource[SVANIC_REGISTERS_BAR].addr != NULL);
	pci->mem_resource[SVANIC_REGISTERS_BAR].addr = NULL;
}

int
__wrap_rte_intr_callback_register(
	const struct rte_intr_handle *handle __rte_unused,
	rte_intr_callback_fn callback, void *argument)
{
	FUZZ_CHECK(handler == NULL);
	handler = callback;
	handler_argument = argument;
	return 0;
}

int
__wrap_rte_intr_callback_unregister_sync(
	const struct rte_intr_handle *handle __rte_unused,
	rte_intr_callback_fn callback, void *argument)
{
	FUZZ_CHECK(handler == callback && handler_argument == argument);
	handler = NULL;
	return 1;
}

int
__wrap_rte_intr_enable(const struct rte_intr_handle *handle __rte_unused)
{
	return 0;
}

int
__wrap_rte_intr_disable(const struct rte_intr_handle *handle __rte_unused)
{
	return 0;
}

int
__wrap_rte_intr_ack(const struct rte_intr_handle *handle __rte_unused)
{
	return 0;
}

int
__wrap_rte_log(uint32_t level __rte_unused, uint32_t type __rte_unused,
	const char *format, ...)
{
	char line[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	lines++;
	lines_of_halts += strstr(line, "has halted") != NULL;
	lines_of_faults += strstr(line, "the IOMMU refuses") != NULL;
	is_told_of_loss |= strstr(line, "they are lost") != NULL;
	return 0;
}

/* --- what has to hold ------------------------------------------------------------------ */

static struct rte_mempool *pool;
static struct rte_pci_device pci;
static uint16_t port;
static bool port_is_there;

struct zone_search {
	uint64_t address;
	unsigned int of_driver;
	bool found;
};

static void
look_at_zone(const struct rte_memzone *zone, void *opaque)
{
	struct zone_search *search = opaque;

	if (strncmp(zone->name, "svanic_", 7) != 0)
		return;
	search->of_driver++;
	search->found |= zone->iova == search->address ||
		(uintptr_t)zone->addr == search->address;
}

static bool
has_zone(uint64_t address)
{
	struct zone_search search = { .address = address };

	rte_memzone_walk(look_at_zone, &search);
	return search.found;
}

static unsigned int
count_zones(void)
{
	struct zone_search search = { 0 };

	rte_memzone_walk(look_at_zone, &search);
	return search.of_driver;
}

static void
free_zone(const struct rte_memzone *zone, void *opaque)
{
	const struct rte_memzone **found = opaque;

	if (strncmp(zone->name, "svanic_", 7) == 0)
		*found = zone;
}

static void
free_lost_zones(void)
{
	const struct rte_memzone *zone;

	do {
		zone = NULL;
		rte_memzone_walk(free_zone, &zone);
		if (zone != NULL)
			FUZZ_CHECK(rte_memzone_free(zone) == 0);
	} while (zone != NULL);
}

/* What the device may still read or write is nobody else's. */
static void
check_memory(void)
{
	unsigned int pair, side, filled = 0;

	for (pair = 0; pair < SVANIC_PAIRS_MAX; pair++)
		for (side = 0; side < 2; side++) {
			if (!readers[pair][side].is_on)
				continue;
			FUZZ_CHECK(has_zone(readers[pair][side].ring));
			filled += side == 0 ? readers[pair][side].size : 0;
		}
	FUZZ_CHECK(rte_mempool_in_use_count(pool) >= filled);
}

/* What goes wrong again and again is told once for each start, and in few lines for a call. */
static void
check_lines(unsigned int before)
{
	FUZZ_CHECK(
		lines_of_halts <= queue_starts + resets * 2 * SVANIC_PAIRS_MAX);
	FUZZ_CHECK(lines_of_faults <= port_starts + opens);
	FUZZ_CHECK(lines - before <= LINES_MAX);
}

static void
check_info(void)
{
	struct rte_eth_dev_info info;
	struct rte_ether_addr address;

	FUZZ_CHECK(rte_eth_dev_info_get(port, &info) == 0);
	FUZZ_CHECK(info.max_rx_queues > 0 &&
		info.max_rx_queues <= SVANIC_PAIRS_MAX);
	FUZZ_CHECK(info.max_tx_queues == info.max_rx_queues);
	FUZZ_CHECK(info.rx_desc_lim.nb_max >= info.rx_desc_lim.nb_min);
	FUZZ_CHECK(info.rx_desc_lim.nb_max <= 1u << SVANIC_RING_LOG2_MAX);
	FUZZ_CHECK(info.tx_desc_lim.nb_seg_max > 0);
	/* Else a frame could wait for ever for room in the ring. */
	FUZZ_CHECK(info.tx_desc_lim.nb_seg_max <= info.tx_desc_lim.nb_min);
	FUZZ_CHECK(rte_eth_macaddr_get(port, &address) == 0);
}

/* --- what the program does ---------------------------------------------------------------- */

/* ethdev's queues of this port; 0 before they are configured. */
static uint16_t
queues_of(bool is_rx)
{
	const struct rte_eth_dev_data *data = rte_eth_devices[port].data;

	return is_rx ? data->nb_rx_queues : data->nb_tx_queues;
}

static bool
is_started(void)
{
	return rte_eth_devices[port].data->dev_started;
}

static void
open_device(uint8_t flags)
{
	static char arguments[] = "sva=1,pasid=queue,patience=5";
	static struct rte_devargs devargs = { .args = arguments };

	opens++;
	pci.device.devargs = flags & 1 ? &devargs : NULL;
	pci.mem_resource[SVANIC_REGISTERS_BAR].addr = NULL;
	port_is_there = probe(&svanic_driver, &pci) == 0;
	if (port_is_there)
		FUZZ_CHECK(rte_eth_dev_get_port_by_name(
				   pci.device.name, &port) == 0);
	else
		FUZZ_CHECK(pci.mem_resource[SVANIC_REGISTERS_BAR].addr == NULL);
}

/* All that was sure to be given up is there again. */
static void
close_device(void)
{
	FUZZ_CHECK(remove_port(&pci) == 0);
	FUZZ_CHECK(pci.mem_resource[SVANIC_REGISTERS_BAR].addr == NULL);
	FUZZ_CHECK(handler == NULL);
	port_is_there = false;
	if (is_told_of_loss)
		return;
	FUZZ_CHECK(count_zones() == 0);
	FUZZ_CHECK(rte_mempool_in_use_count(pool) == 0);
}

/* Queues that were asked for within the limits are there. */
static void
set_up_queues(uint8_t argument)
{
	struct rte_eth_rxconf rx = { .rx_deferred_start = (argument >> 6) & 1 };
	struct rte_eth_txconf tx = { .tx_deferred_start = (argument >> 5) & 1 };
	struct rte_eth_dev_info info;
	uint16_t ring, i;

	FUZZ_CHECK(rte_eth_dev_info_get(port, &info) == 0);
	ring = RTE_MIN(
		info.rx_desc_lim.nb_max, argument & 0x80 ? 2 * RING : RING);
	for (i = 0; i < queues_of(true); i++)
		FUZZ_CHECK(rte_eth_rx_queue_setup(
				   port, i, ring, 0, &rx, pool) == 0);
	for (i = 0; i < queues_of(false); i++)
		FUZZ_CHECK(rte_eth_tx_queue_setup(port, i, ring, 0, &tx) == 0);
}

static void
configure_port(uint8_t argument)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;

	FUZZ_CHECK(rte_eth_dev_info_get(port, &info) == 0);
	conf.intr_conf.lsc = argument & 1;
	conf.intr_conf.rxq = (argument >> 1) & 1;
	if (info.flow_type_rss_offloads != 0 && (argument & 4)) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4;
	}
	if (is_started() ||
		rte_eth_dev_configure(port,
			RTE_MIN(info.max_rx_queues,
				1 + (argument >> 3) % QUEUES_MAX),
			RTE_MIN(info.max_tx_queues,
				1 + (argument >> 4) % QUEUES_MAX),
			&conf) != 0)
		return;
	set_up_queues(argument);
}

static void
start_port(void)
{
	port_starts++;
	if (queues_of(true) > 0)
		rte_eth_dev_start(port);
}

static void
interrupt(uint8_t events)
{
	if (handler == NULL)
		return;
	set(SVANIC_EVENTS, events);
	handler(handler_argument);
}

static void
read_statistics(void)
{
	static struct rte_eth_xstat_name names[1024];
	static struct rte_eth_xstat values[1024];
	struct rte_eth_stats stats;
	int count;

	FUZZ_CHECK(rte_eth_stats_get(port, &stats) == 0);
	count = rte_eth_xstats_get_names(port, names, RTE_DIM(names));
	FUZZ_CHECK(count > 0 && count <= (int)RTE_DIM(names));
	FUZZ_CHECK(rte_eth_xstats_get(port, values, RTE_DIM(values)) == count);
}

static void
switch_queue(uint8_t argument)
{
	uint16_t queue = (argument >> 2) % QUEUES_MAX;

	if (!is_started() || queue >= queues_of(argument & 1))
		return;
	if (argument & 1 && argument & 2)
		rte_eth_dev_rx_queue_start(port, queue);
	else if (argument & 1)
		rte_eth_dev_rx_queue_stop(port, queue);
	else if (argument & 2)
		rte_eth_dev_tx_queue_start(port, queue);
	else
		rte_eth_dev_tx_queue_stop(port, queue);
}

static struct rte_mbuf *
make_packet(unsigned int segments)
{
	struct rte_mbuf *packet = NULL, *mbuf;

	while (segments-- > 0) {
		mbuf = rte_pktmbuf_alloc(pool);
		if (mbuf == NULL || rte_pktmbuf_append(mbuf, 60) == NULL)
			break;
		if (packet == NULL)
			packet = mbuf;
		else
			FUZZ_CHECK(rte_pktmbuf_chain(packet, mbuf) == 0);
	}
	return packet;
}

static void
send_packets(uint8_t argument)
{
	struct rte_mbuf *packet = make_packet(
		argument & 0x80 ? SEGMENTS_MORE : 1 + argument % 4);
	uint16_t offset;

	if (packet == NULL)
		return; /* the pool is empty: mbufs were lost */
	if (!is_started() || rte_eth_tx_burst(port, 0, &packet, 1) == 0)
		rte_pktmbuf_free(packet);
	if (!is_started())
		return;
	for (offset = 0; offset < RING; offset++)
		rte_eth_tx_descriptor_status(port, 0, offset);
	if (argument & 0x40)
		rte_eth_tx_done_cleanup(port, 0, argument % 8);
}

static void
receive_packets(uint8_t argument)
{
	struct rte_mbuf *packets[RING];

	if (!is_started())
		return;
	FUZZ_CHECK(rte_eth_rx_burst(port, 0, packets, RING) == 0);
	FUZZ_CHECK(rte_eth_rx_queue_count(port, 0) == 0);
	if (argument & 1)
		rte_eth_dev_rx_intr_enable(port, 0);
	else
		rte_eth_dev_rx_intr_disable(port, 0);
}

static void
change_filters(uint8_t argument)
{
	struct rte_ether_addr address = { .addr_bytes = {
						  2, 0, 0, 0, 0, argument } };
	struct rte_eth_rss_reta_entry64 table[2] = {
		{ .mask = 1, .reta = { 0 } },
	};

	switch (argument % 7) {
	case 0:
		rte_eth_dev_mac_addr_add(port, &address, 0);
		break;
	case 1:
		rte_eth_dev_mac_addr_remove(port, &address);
		break;
	case 2:
		rte_eth_dev_default_mac_addr_set(port, &address);
		break;
	case 3:
		rte_eth_promiscuous_enable(port);
		break;
	case 4:
		rte_eth_promiscuous_disable(port);
		break;
	case 5:
		rte_eth_dev_set_mtu(port, 68 + argument * 37);
		break;
	case 6:
		rte_eth_dev_rss_reta_update(
			port, table, SVANIC_HASH_TABLE_ENTRIES);
		break;
	}
}

static void
read_registers(void)
{
	static uint32_t words[SVANIC_REGISTERS_SIZE / 4];
	struct rte_dev_reg_info info = { 0 };
	char version[16];

	FUZZ_CHECK(rte_eth_dev_get_reg_info(port, &info) == 0);
	FUZZ_CHECK(info.length <= RTE_DIM(words));
	info.data = words;
	FUZZ_CHECK(rte_eth_dev_get_reg_info(port, &info) == 0);
	FUZZ_CHECK(rte_eth_dev_fw_version_get(port, version, sizeof(version)) ==
		0);
}

/* All of the registers say the same, as those of a device that has gone do. */
static void
say_everywhere(uint8_t byte)
{
	memset(registers, byte, sizeof(registers));
}

enum doing {
	CONFIGURE,
	START,
	STOP,
	INTERRUPT,
	LINK,
	STATISTICS,
	SWITCH_QUEUE,
	SEND,
	RECEIVE,
	RESET,
	FILTERS,
	REGISTERS,
	EVERYWHERE,
	SET_UP_AGAIN,
	REMOVED,
	REOPEN,
};

static void
do_step(enum doing what, uint8_t argument)
{
	struct rte_eth_link link;

	switch (what) {
	case CONFIGURE:
		configure_port(argument);
		break;
	case START:
		start_port();
		break;
	case STOP:
		rte_eth_dev_stop(port);
		break;
	case INTERRUPT:
		interrupt(argument);
		break;
	case LINK:
		FUZZ_CHECK(rte_eth_link_get_nowait(port, &link) == 0);
		break;
	case STATISTICS:
		read_statistics();
		break;
	case SWITCH_QUEUE:
		switch_queue(argument);
		break;
	case SEND:
		if (queues_of(false) > 0)
			send_packets(argument);
		break;
	case RECEIVE:
		if (queues_of(true) > 0)
			receive_packets(argument);
		break;
	case RESET:
		rte_eth_dev_reset(port);
		break;
	case FILTERS:
		change_filters(argument);
		break;
	case REGISTERS:
		read_registers();
		break;
	case EVERYWHERE:
		say_everywhere(argument);
		break;
	case SET_UP_AGAIN:
		if (!is_started())
			set_up_queues(argument);
		break;
	case REMOVED:
		rte_eth_dev_is_removed(port);
		break;
	case REOPEN:
		close_device();
		open_device(argument);
		break;
	}
}

/* --- the input --------------------------------------------------------------------------- */

/* Registers that a lie is about, by a byte: those that the driver decides by. */
static uint32_t
lied_register(uint8_t byte, uint32_t value)
{
	static const uint32_t of_port[] = { SVANIC_ID, SVANIC_VERSION,
		SVANIC_LIMITS, SVANIC_FEATURES, SVANIC_CONTROL, SVANIC_STATUS,
		SVANIC_MAC_LOW, SVANIC_RECEIVE_MODE, SVANIC_EVENTS,
		SVANIC_QUEUE_EVENTS };
	static const uint32_t of_pair[] = { SVANIC_RX + SVANIC_QUEUE_CONTROL,
		SVANIC_RX + SVANIC_QUEUE_STATE, SVANIC_RX + SVANIC_QUEUE_RING,
		SVANIC_RX + SVANIC_QUEUE_SIZE, SVANIC_TX + SVANIC_QUEUE_CONTROL,
		SVANIC_TX + SVANIC_QUEUE_STATE, SVANIC_TX + SVANIC_QUEUE_HEAD,
		SVANIC_PASID, SVANIC_FAULT_INFO, SVANIC_FAULT_ADDRESS };

	if (byte < RTE_DIM(of_port))
		return of_port[byte];
	byte -= RTE_DIM(of_port);
	if (byte < QUEUES_MAX * RTE_DIM(of_pair))
		return SVANIC_PAIR(byte / RTE_DIM(of_pair)) +
			of_pair[byte % RTE_DIM(of_pair)];
	return value % SVANIC_REGISTERS_SIZE / 4 * 4;
}

static void
add_lie(const uint8_t *bytes, bool stays)
{
	struct lie *lie = &lies[lie_count];

	if (lie_count == LIES_MAX)
		return;
	memcpy(&lie->value, bytes + 2, sizeof(lie->value));
	lie->offset = lied_register(bytes[0], lie->value);
	lie->after = bytes[1] % 64;
	lie->stays = stays;
	lie_count++;
}

/* Adds the lies that come with a step; returns the bytes of all. */
static size_t
read_lies(const uint8_t *data, size_t size)
{
	const unsigned int count = (data[0] >> 4) & 7;
	size_t used = STEP_BYTES;
	unsigned int i;

	for (i = 0; i < count && size - used >= LIE_BYTES; i++) {
		add_lie(data + used, data[0] & 0x80);
		used += LIE_BYTES;
	}
	return used;
}

static void
stop_eal(void)
{
	small_eal_stop(NULL);
}

static void
start_once(void)
{
	if (pci.intr_handle != NULL)
		return;
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	FUZZ_CHECK(small_eal_start(NULL) == 0);
	atexit(stop_eal);
	rte_log_set_global_level(RTE_LOG_EMERG);
	pci.device.name = "0000:01:00.0";
	pci.device.driver = &svanic_driver.driver;
	snprintf(pci.name, sizeof(pci.name), "%s", pci.device.name);
	pci.addr.bus = 1;
	pci.id.vendor_id = SVANIC_VENDOR_ID;
	pci.id.device_id = SVANIC_DEVICE_ID;
	pci.mem_resource[SVANIC_REGISTERS_BAR].len = SVANIC_REGISTERS_SIZE;
	pci.intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	FUZZ_CHECK(pci.intr_handle != NULL);
	FUZZ_CHECK(rte_intr_type_set(
			   pci.intr_handle, RTE_INTR_HANDLE_VFIO_MSIX) == 0);
}

static void
begin_input(void)
{
	start_once();
	if (pool == NULL)
		pool = rte_pktmbuf_pool_create(
			"registers", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	FUZZ_CHECK(pool != NULL);
	reset_registers();
	no_reader_is_on();
	lie_count = 0;
	lines = 0;
	lines_of_halts = 0;
	lines_of_faults = 0;
	queue_starts = 0;
	port_starts = 0;
	resets = 0;
	opens = 0;
	is_told_of_loss = false;
}

/* What a device that may go on has kept is for the next input. */
static void
end_input(void)
{
	if (port_is_there)
		close_device();
	if (!is_told_of_loss)
		return;
	no_reader_is_on();
	free_lost_zones();
	rte_mempool_free(pool);
	pool = NULL;
}

static void
begin_step(void)
{
	reads = 0;
	now = 0;
}

static void
end_step(unsigned int lines_before)
{
	FUZZ_CHECK(now <= WAITS_MAX * PATIENCE);
	check_lines(lines_before);
	check_memory();
	forget_lies(false);
	if (port_is_there)
		check_info();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t used;
	unsigned int before;

	begin_input();
	for (bool is_first = true;
		size >= STEP_BYTES && (is_first || port_is_there);
		is_first = false) {
		used = read_lies(data, size);
		before = lines;
		begin_step();
		if (is_first)
			open_device(data[1]);
		else
			do_step(data[0] % 16, data[1]);
		end_step(before);
		data += used;
		size -= used;
	}
	begin_step();
	end_input();
	return 0;
}
