/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef NIC_H
#define NIC_H

/*
 * The NIC svanic, by its registers, on a device of the library: transmit queues
 * that read this process's memory by a PASID and ask for pages that are not
 * there. What is sent is of no importance here; what counts is that memory is
 * read.
 *
 * Functions return 0 or -1, which is said, unless they say otherwise.
 *
 * Must not know: what is measured.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_iommufd.h>

struct svanic_tx_descriptor;

#define NIC_LISTEN_PAIRS 2 /* whose interrupts can be waited for */

struct nic {
	struct rte_iommufd_context *context;
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *empty; /* for DMA without a PASID */
	char *registers;
	int events[NIC_LISTEN_PAIRS]; /* eventfds of their interrupts */
	bool listens;
};

/* address: 0000:01:00.0. After it, whatever it returned: nic_close(). */
int nic_open(struct nic *nic, const char *address);
void nic_close(struct nic *nic);

/* A counter of a pair: SVANIC_TX_FRAMES and the like (svanic_registers.h). */
uint64_t nic_counter(
	const struct nic *nic, unsigned int pair, uint32_t counter);

struct nic_queue {
	struct nic *nic;
	unsigned int pair;
	uint32_t mask;
	uint32_t next; /* descriptors given so far */
	volatile struct svanic_tx_descriptor *ring;
};

/* The bytes of the ring: page-aligned memory that the caller has mapped. */
#define NIC_RING_SIZE(log2) ((size_t)16 << (log2))

int nic_queue_start(struct nic_queue *queue, struct nic *nic, unsigned int pair,
	uint32_t pasid, void *ring, unsigned int log2);
/* The NIC reads nothing more afterwards. */
void nic_queue_stop(struct nic_queue *queue);

/* A frame of NIC_FRAME bytes; there is room for as many as the ring has. */
#define NIC_FRAME 60
void nic_put(struct nic_queue *queue, const void *frame);
void nic_doorbell(struct nic_queue *queue);
/* How many of those that were given the NIC has not given back. */
uint32_t nic_outstanding(const struct nic_queue *queue);
/* Until there are none. */
int nic_wait(const struct nic_queue *queue);

/* Once, before nic_send(). */
int nic_listen(struct nic *nic);
/*
 * One frame, on a queue that has no others; microseconds from the doorbell to the interrupt in
 * taken. The thread sleeps meanwhile. An error of the NIC is -1.
 */
int nic_send(struct nic_queue *queue, const void *frame, double *taken);

#endif /* NIC_H */
