/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The life of queues: their memory, their start and their stop; see svanic_queue.h for
 * what they do in between.
 *
 * Must not know: what is in descriptors.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "svanic_device.h"
#include "svanic_log.h"
#include "svanic_pasid.h"
#include "svanic_queue.h"

/* When packets are worth a look, unless the program says so. */
#define REFILL_DEFAULT 32
#define REPORT_DEFAULT 32
#define FREE_DEFAULT 32

static struct svanic_rx_queue *
rx_queue(const struct rte_eth_dev *dev, uint16_t number)
{
	return number < dev->data->nb_rx_queues ? dev->data->rx_queues[number]
						: NULL;
}

static struct svanic_tx_queue *
tx_queue(const struct rte_eth_dev *dev, uint16_t number)
{
	return number < dev->data->nb_tx_queues ? dev->data->tx_queues[number]
						: NULL;
}

/* --- memory ------------------------------------------------------------------- */

/*
 * The device's rings have a power of two of descriptors, which ethdev has no limit for: a
 * ring has at least as many as were asked for. 0: there is none.
 */
static uint16_t
ring_size(const struct rte_eth_dev *dev, uint16_t count)
{
	const struct svanic_hardware *hardware = &svanic_device_of(dev)
							  ->hardware;

	if (count >= 1u << SVANIC_RING_LOG2_MIN &&
		count <= 1u << hardware->ring_log2_max)
		return (uint16_t)rte_align32pow2(count);
	SVANIC_LOG(ERR, "%s: a ring has %u to %u descriptors, not %" PRIu16,
		hardware->name, 1u << SVANIC_RING_LOG2_MIN,
		1u << hardware->ring_log2_max, count);
	return 0;
}

/* Rings whose memory is lost, of all ports of this process: they keep their names. */
static uint16_t lost_rings;

static const struct rte_memzone *
reserve_ring(const struct rte_eth_dev *dev, const char *side, uint16_t number,
	uint16_t descriptors, unsigned int socket)
{
	const struct rte_memzone *memory;
	char name[RTE_MEMZONE_NAMESIZE], after[8] = "";

	if (lost_rings > 0)
		snprintf(after, sizeof(after), "_%" PRIu16, lost_rings);
	snprintf(name, sizeof(name), "svanic_%" PRIu16 "_%s_%" PRIu16 "%s",
		dev->data->port_id, side, number, after);
	memory = rte_memzone_reserve_aligned(name,
		descriptors * sizeof(union svanic_descriptor), socket,
		RTE_MEMZONE_IOVA_CONTIG, SVANIC_RING_ALIGNMENT);
	if (memory == NULL)
		SVANIC_LOG(ERR,
			"%s: no memory for a ring of %" PRIu16 " descriptors",
			svanic_device_of(dev)->hardware.name, descriptors);
	return memory;
}

static void *
allocate(const struct rte_eth_dev *dev, size_t size, unsigned int socket)
{
	void *memory = rte_zmalloc_socket(
		"svanic", size, RTE_CACHE_LINE_SIZE, socket);

	if (memory == NULL)
		SVANIC_LOG(ERR, "%s: no memory for a queue",
			svanic_device_of(dev)->hardware.name);
	return memory;
}

/* Where in an mbuf the address is that the device uses. */
static uint16_t
address_field(const struct rte_eth_dev *dev)
{
	if (svanic_device_of(dev)->pasids != NULL)
		return offsetof(struct rte_mbuf, buf_addr);
#ifdef RTE_IOVA_IN_MBUF
	if (RTE_IOVA_IN_MBUF == 0)
		return offsetof(struct rte_mbuf, buf_addr);
#endif
	return offsetof(struct rte_mbuf, buf_iova);
}

/*
 * The first burst follows whatever was reported before. Without sva=1 what is read is in the
 * queue itself, where secondary processes have it, too.
 */
static void
set_changes(const struct rte_eth_dev *dev, struct svanic_changes *changes)
{
	struct svanic_pasids *pasids = svanic_device_of(dev)->pasids;

	if (pasids == NULL) {
		changes->reported = &changes->never;
		return;
	}
	changes->reported = svanic_pasids_changes(pasids);
	changes->followed = __atomic_load_n(
				    changes->reported, __ATOMIC_ACQUIRE) -
		1;
	changes->follow = svanic_pasids_follow;
	changes->argument = pasids;
}

static uint64_t
ring_address(const struct rte_eth_dev *dev, const struct rte_memzone *memory)
{
	if (svanic_device_of(dev)->pasids != NULL)
		return (uintptr_t)memory->addr;
	return memory->iova;
}

/* A ring that is evicted for packets' memory is asked for again with the next packet. */
static void
keep_ring(const struct rte_eth_dev *dev, const struct rte_memzone *memory)
{
	struct svanic_pasids *pasids = svanic_device_of(dev)->pasids;

	if (pasids != NULL)
		svanic_pasids_keep(pasids, memory->addr, memory->len);
}

/* The device may still write into a ring: its memory is lost then. */
static void
free_ring(const struct rte_eth_dev *dev, const struct rte_memzone *memory)
{
	if (!svanic_device_of(dev)->dma_goes_on)
		rte_memzone_free(memory);
	else
		lost_rings++;
}

static void
free_rx(const struct rte_eth_dev *dev, struct svanic_rx_queue *queue)
{
	free_ring(dev, queue->memory);
	rte_free(queue->mbufs);
	rte_free(queue);
}

static struct svanic_rx_queue *
make_rx(const struct rte_eth_dev *dev, uint16_t number, uint16_t descriptors,
	unsigned int socket)
{
	struct svanic_rx_queue *queue = allocate(dev, sizeof(*queue), socket);

	if (queue == NULL)
		return NULL;
	queue->mbufs = allocate(dev,
		(descriptors + SVANIC_SPARE_PLACES) * sizeof(queue->mbufs[0]),
		socket);
	if (queue->mbufs == NULL)
		goto release;
	queue->memory = reserve_ring(dev, "rx", number, descriptors, socket);
	if (queue->memory == NULL)
		goto release;
	queue->hardware = &svanic_device_of(dev)->hardware;
	queue->counters = &svanic_device_of(dev)->rx_counters[number];
	set_changes(dev, &queue->changes);
	queue->ring = queue->memory->addr;
	queue->mask = descriptors - 1;
	queue->number = number;
	queue->address = address_field(dev);
	queue->port = dev->data->port_id;
	queue->doorbell = queue->hardware->registers +
		svanic_queue_at(number, SVANIC_RX) + SVANIC_QUEUE_TAIL;
	return queue;

release:
	free_rx(dev, queue);
	return NULL;
}

/* Mbufs whose buffers are the program's own memory, and stay theirs, say so. */
static uint64_t
flags_of_pool(struct rte_mempool *pool)
{
	const struct rte_pktmbuf_pool_private *private = rte_mempool_get_priv(
		pool);

	return private->flags & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF
		? RTE_MBUF_F_EXTERNAL
		: 0;
}

int
svanic_rx_setup(struct rte_eth_dev *dev, uint16_t number, uint16_t descriptors,
	unsigned int socket, const struct rte_eth_rxconf *conf,
	struct rte_mempool *pool)
{
	const char *name = svanic_device_of(dev)->hardware.name;
	uint16_t room = rte_pktmbuf_data_room_size(pool);
	struct svanic_rx_queue *queue;

	svanic_rx_release(dev, number);
	descriptors = ring_size(dev, descriptors);
	if (descriptors == 0)
		return -EINVAL;
	if (room <= RTE_PKTMBUF_HEADROOM) {
		SVANIC_LOG(ERR,
			"%s: the mbufs of pool %s have room for the headroom only",
			name, pool->name);
		return -EINVAL;
	}
	if (conf->rx_free_thresh > descriptors) {
		SVANIC_LOG(ERR,
			"%s: rx_free_thresh %" PRIu16
			" is more than the ring's %" PRIu16,
			name, conf->rx_free_thresh, descriptors);
		return -EINVAL;
	}
	queue = make_rx(dev, number, descriptors, socket);
	if (queue == NULL)
		return -ENOMEM;
	queue->pool = pool;
	queue->flags = flags_of_pool(pool);
	queue->buffer = room - RTE_PKTMBUF_HEADROOM;
	queue->at_least = conf->rx_free_thresh != 0
		? conf->rx_free_thresh
		: RTE_MIN(REFILL_DEFAULT, descriptors / 2);
	queue->offloads = conf->offloads | dev->data->dev_conf.rxmode.offloads;
	queue->deferred_start = conf->rx_deferred_start;
	dev->data->rx_queues[number] = queue;
	return 0;
}

void
svanic_rx_release(struct rte_eth_dev *dev, uint16_t number)
{
	struct svanic_rx_queue *queue = rx_queue(dev, number);

	if (queue == NULL)
		return;
	svanic_rx_drain(queue);
	free_rx(dev, queue);
	dev->data->rx_queues[number] = NULL;
}

static void
free_tx(const struct rte_eth_dev *dev, struct svanic_tx_queue *queue)
{
	free_ring(dev, queue->memory);
	rte_free(queue->reports);
	rte_free(queue->mbufs);
	rte_free(queue);
}

static struct svanic_tx_queue *
make_tx(const struct rte_eth_dev *dev, uint16_t number, uint16_t descriptors,
	unsigned int socket)
{
	struct svanic_tx_queue *queue = allocate(dev, sizeof(*queue), socket);

	if (queue == NULL)
		return NULL;
	queue->mbufs = allocate(
		dev, descriptors * sizeof(queue->mbufs[0]), socket);
	queue->reports = allocate(
		dev, descriptors * sizeof(queue->reports[0]), socket);
	if (queue->mbufs == NULL || queue->reports == NULL)
		goto release;
	queue->memory = reserve_ring(dev, "tx", number, descriptors, socket);
	if (queue->memory == NULL)
		goto release;
	queue->hardware = &svanic_device_of(dev)->hardware;
	queue->counters = &svanic_device_of(dev)->tx_counters[number];
	set_changes(dev, &queue->changes);
	queue->ring = queue->memory->addr;
	queue->mask = descriptors - 1;
	queue->number = number;
	queue->address = address_field(dev);
	queue->segments_max = queue->hardware->segments_max;
	queue->doorbell = queue->hardware->registers +
		svanic_queue_at(number, SVANIC_TX) + SVANIC_QUEUE_TAIL;
	return queue;

release:
	free_tx(dev, queue);
	return NULL;
}

/*
 * The device reports at the latest when half of the ring is in use, so that there is
 * always something to be taken back before it is full.
 */
static int
check_tx_conf(const struct rte_eth_dev *dev, uint16_t descriptors,
	const struct rte_eth_txconf *conf)
{
	if (conf->tx_rs_thresh <= descriptors / 2 &&
		conf->tx_free_thresh <= descriptors)
		return 0;
	SVANIC_LOG(ERR,
		"%s: tx_rs_thresh %" PRIu16
		" is more than half of the ring's %" PRIu16
		", or tx_free_thresh %" PRIu16 " more than all",
		svanic_device_of(dev)->hardware.name, conf->tx_rs_thresh,
		descriptors, conf->tx_free_thresh);
	return -EINVAL;
}

int
svanic_tx_setup(struct rte_eth_dev *dev, uint16_t number, uint16_t descriptors,
	unsigned int socket, const struct rte_eth_txconf *conf)
{
	struct svanic_tx_queue *queue;

	svanic_tx_release(dev, number);
	descriptors = ring_size(dev, descriptors);
	if (descriptors == 0 || check_tx_conf(dev, descriptors, conf) != 0)
		return -EINVAL;
	queue = make_tx(dev, number, descriptors, socket);
	if (queue == NULL)
		return -ENOMEM;
	queue->offloads = conf->offloads | dev->data->dev_conf.txmode.offloads;
	queue->fast_free = (queue->offloads &
				   RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
	queue->report_after = conf->tx_rs_thresh != 0
		? conf->tx_rs_thresh
		: RTE_MIN(REPORT_DEFAULT, descriptors / 2);
	queue->free_below = conf->tx_free_thresh != 0
		? conf->tx_free_thresh
		: RTE_MIN(FREE_DEFAULT, descriptors / 2);
	queue->deferred_start = conf->tx_deferred_start;
	dev->data->tx_queues[number] = queue;
	return 0;
}

void
svanic_tx_release(struct rte_eth_dev *dev, uint16_t number)
{
	struct svanic_tx_queue *queue = tx_queue(dev, number);

	if (queue == NULL)
		return;
	svanic_tx_drain(queue);
	free_tx(dev, queue);
	dev->data->tx_queues[number] = NULL;
}

void
svanic_rx_info(
	struct rte_eth_dev *dev, uint16_t number, struct rte_eth_rxq_info *info)
{
	const struct svanic_rx_queue *queue = rx_queue(dev, number);

	info->mp = queue->pool;
	info->scattered_rx = dev->data->scattered_rx;
	info->nb_desc = queue->mask + 1;
	info->rx_buf_size = queue->buffer;
	info->conf.rx_free_thresh = queue->at_least;
	info->conf.rx_deferred_start = queue->deferred_start;
	info->conf.offloads = queue->offloads;
}

void
svanic_tx_info(
	struct rte_eth_dev *dev, uint16_t number, struct rte_eth_txq_info *info)
{
	const struct svanic_tx_queue *queue = tx_queue(dev, number);

	info->nb_desc = queue->mask + 1;
	info->conf.tx_rs_thresh = queue->report_after;
	info->conf.tx_free_thresh = queue->free_below;
	info->conf.tx_deferred_start = queue->deferred_start;
	info->conf.offloads = queue->offloads;
}

bool
svanic_rx_needs_scatter(const struct rte_eth_dev *dev, uint32_t frame)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++)
		if (rx_queue(dev, i) != NULL &&
			rx_queue(dev, i)->buffer < frame)
			return true;
	return false;
}

/* --- start and stop ----------------------------------------------------------- */

/* After a queue that would not stop: a reset ends all of the device's DMA, or nothing. */
static void
stop_all_dma(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);
	uint16_t i;

	svanic_stats_keep(dev);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		svanic_tx_keep_head(tx_queue(dev, i));
	device->dma_goes_on = svanic_hardware_reset(&device->hardware) != 0;
	device->was_reset = true;
	if (device->dma_goes_on)
		SVANIC_LOG(ERR,
			"%s: the device may still use its rings and mbufs: they are lost until the program ends",
			device->hardware.name);
}

static void
stop_dma(struct rte_eth_dev *dev, uint16_t number, uint32_t side)
{
	struct svanic_device *device = svanic_device_of(dev);

	if (!device->dma_goes_on &&
		svanic_queue_disable(
			&device->hardware, svanic_queue_at(number, side)) != 0)
		stop_all_dma(dev);
}

int
svanic_queues_recover(struct rte_eth_dev *dev)
{
	struct svanic_device *device = svanic_device_of(dev);

	if (!device->dma_goes_on)
		return 0;
	if (svanic_hardware_reset(&device->hardware) != 0)
		return -EIO;
	device->dma_goes_on = false;
	return 0;
}

/* A reset takes PASIDs and filters away: a queue would run without them. */
static int
check_not_reset(const struct rte_eth_dev *dev)
{
	if (!svanic_device_of(dev)->was_reset)
		return 0;
	SVANIC_LOG(ERR,
		"%s: no queue is started after a reset of the device: stop the port and start it",
		svanic_device_of(dev)->hardware.name);
	return -EIO;
}

/* 0; or -errno with a line that says why no queue can be started. */
static int
check_startable(const struct rte_eth_dev *dev)
{
	struct svanic_pasids *pasids = svanic_device_of(dev)->pasids;
	int ret = check_not_reset(dev);

	if (ret != 0 || pasids == NULL)
		return ret;
	return svanic_pasids_check(pasids);
}

int
svanic_rx_start(struct rte_eth_dev *dev, uint16_t number)
{
	struct svanic_rx_queue *queue = rx_queue(dev, number);
	uint32_t at = svanic_queue_at(number, SVANIC_RX);
	int ret;

	if (dev->data->rx_queue_state[number] == RTE_ETH_QUEUE_STATE_STARTED)
		return 0;
	ret = check_startable(dev);
	if (ret != 0)
		return ret;
	if (svanic_rx_fill(queue) != 0) {
		SVANIC_LOG(ERR,
			"%s: pool %s has too few mbufs for receive queue %" PRIu16
			", which wants %" PRIu32,
			queue->hardware->name, queue->pool->name, number,
			queue->mask + 1);
		return -ENOMEM;
	}
	svanic_forget_halt(svanic_device_of(dev), number, SVANIC_RX);
	keep_ring(dev, queue->memory);
	ret = svanic_queue_enable(queue->hardware, at,
		ring_address(dev, queue->memory), queue->mask + 1);
	if (ret != 0) {
		svanic_rx_drain(queue);
		return ret;
	}
	svanic_rx_ring_doorbell(queue);
	dev->data->rx_queue_state[number] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;
}

static void
stop_rx(struct rte_eth_dev *dev, uint16_t number)
{
	struct svanic_rx_queue *queue = rx_queue(dev, number);

	if (dev->data->rx_queue_state[number] == RTE_ETH_QUEUE_STATE_STOPPED)
		return;
	stop_dma(dev, number, SVANIC_RX);
	if (svanic_device_of(dev)->dma_goes_on)
		svanic_rx_abandon(queue);
	else
		svanic_rx_drain(queue);
	dev->data->rx_queue_state[number] = RTE_ETH_QUEUE_STATE_STOPPED;
}

int
svanic_tx_start(struct rte_eth_dev *dev, uint16_t number)
{
	struct svanic_tx_queue *queue = tx_queue(dev, number);
	int ret;

	if (dev->data->tx_queue_state[number] == RTE_ETH_QUEUE_STATE_STARTED)
		return 0;
	ret = check_startable(dev);
	if (ret != 0)
		return ret;
	svanic_tx_begin(queue);
	svanic_forget_halt(svanic_device_of(dev), number, SVANIC_TX);
	keep_ring(dev, queue->memory);
	ret = svanic_queue_enable(queue->hardware,
		svanic_queue_at(number, SVANIC_TX),
		ring_address(dev, queue->memory), queue->mask + 1);
	if (ret != 0) {
		svanic_tx_drain(queue);
		return ret;
	}
	dev->data->tx_queue_state[number] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;
}

static void
stop_tx(struct rte_eth_dev *dev, uint16_t number)
{
	struct svanic_tx_queue *queue = tx_queue(dev, number);

	if (dev->data->tx_queue_state[number] == RTE_ETH_QUEUE_STATE_STOPPED)
		return;
	stop_dma(dev, number, SVANIC_TX);
	if (svanic_device_of(dev)->dma_goes_on)
		svanic_tx_abandon(queue);
	else
		svanic_tx_drain(queue);
	dev->data->tx_queue_state[number] = RTE_ETH_QUEUE_STATE_STOPPED;
}

/* The other queues have ended with this one, which nobody has asked for. */
static void
tell_of_reset(struct rte_eth_dev *dev, bool before)
{
	if (svanic_device_of(dev)->was_reset && !before)
		rte_eth_dev_callback_process(
			dev, RTE_ETH_EVENT_INTR_RESET, NULL);
}

int
svanic_rx_stop(struct rte_eth_dev *dev, uint16_t number)
{
	bool before = svanic_device_of(dev)->was_reset;

	stop_rx(dev, number);
	tell_of_reset(dev, before);
	return 0;
}

int
svanic_tx_stop(struct rte_eth_dev *dev, uint16_t number)
{
	bool before = svanic_device_of(dev)->was_reset;

	stop_tx(dev, number);
	tell_of_reset(dev, before);
	return 0;
}

/* ethdev refuses a port that has queues without a setup, so all are there. */
int
svanic_queues_start(struct rte_eth_dev *dev)
{
	uint16_t i;
	int ret = 0;

	for (i = 0; i < dev->data->nb_tx_queues && ret == 0; i++)
		if (!tx_queue(dev, i)->deferred_start)
			ret = svanic_tx_start(dev, i);
	for (i = 0; i < dev->data->nb_rx_queues && ret == 0; i++)
		if (!rx_queue(dev, i)->deferred_start)
			ret = svanic_rx_start(dev, i);
	if (ret != 0)
		svanic_queues_stop(dev);
	return ret;
}

void
svanic_queues_stop(struct rte_eth_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++)
		stop_rx(dev, i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		stop_tx(dev, i);
}
