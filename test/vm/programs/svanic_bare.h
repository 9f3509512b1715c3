/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_BARE_H
#define SVANIC_BARE_H

/*
 * The bare svanic in the hands of one program: VFIO's cdev and IOMMUFD by their ioctls,
 * registers, rings. What cannot go wrong on a sound machine ends the program here.
 *
 * Must not know: DPDK, this project's library, what is tested.
 */

#include <stdbool.h>
#include <stdint.h>

#include "svanic_registers.h"

#define BARE_PATIENCE_MS 20000

struct bare {
	int iommu;
	int device;
	uint32_t id;
	volatile uint8_t *registers;
	int vectors[SVANIC_MSIX_VECTORS]; /* eventfds */
};

/* The device at a folder name such as 0000:01:00.0, bound to vfio-pci. */
void bare_open(struct bare *bare, const char *address);

/*
 * The registers of a device that somebody else has opened and gives DMA: of the functions
 * here those that use IOMMUFD or interrupts are not for it.
 */
void bare_take(struct bare *bare, int device);

uint32_t bare_space(struct bare *bare);
void bare_map(struct bare *bare, uint32_t space, void *memory, uint64_t iova,
	uint64_t length);
void bare_unmap(
	struct bare *bare, uint32_t space, uint64_t iova, uint64_t length);
/* A page table for a PASID or for a device that has some; fault: of bare_faults(), or 0. */
uint32_t bare_table(struct bare *bare, uint32_t space, uint32_t fault);
uint32_t bare_faults(struct bare *bare, int *fd);
void bare_attach(struct bare *bare, uint32_t table);
void bare_attach_pasid(struct bare *bare, uint32_t table, uint32_t pasid);
void bare_detach_pasid(struct bare *bare, uint32_t pasid);
/* A function-level reset, which VFIO makes. */
void bare_reset_function(struct bare *bare);
void bare_set_bus_master(struct bare *bare, bool on);

uint32_t bare_read(struct bare *bare, uint32_t offset);
uint64_t bare_read_wide(struct bare *bare, uint32_t offset);
void bare_write(struct bare *bare, uint32_t offset, uint32_t value);
void bare_write_wide(struct bare *bare, uint32_t offset, uint64_t value);

/* By CONTROL; then it receives. */
void bare_reset(struct bare *bare);

/* Times the vector was raised since the last call; waits for one up to so many ms. */
uint64_t bare_interrupts(
	struct bare *bare, unsigned int vector, int patience_ms);

/* --- rings ------------------------------------------------------------------------ */

struct bare_queue {
	struct bare *bare;
	uint32_t base; /* of its registers */
	union {
		volatile struct svanic_rx_descriptor *rx;
		volatile struct svanic_tx_descriptor *tx;
	};
	uint64_t iova;
	uint32_t log2_size;
	uint32_t tail;
};

void bare_queue_start(struct bare_queue *queue, struct bare *bare,
	uint32_t base, void *ring, uint64_t iova, uint32_t log2_size);
/* Waits until the device says that it is off. */
void bare_queue_stop(struct bare_queue *queue);
/* The next descriptor's number; the doorbell is bare_queue_ring()'s. */
uint32_t bare_put_rx(struct bare_queue *queue, uint64_t iova, uint16_t length);
uint32_t bare_put_tx(struct bare_queue *queue, uint64_t iova, uint16_t length,
	uint16_t flags, uint8_t l2_length, uint8_t l3_length);
void bare_queue_ring(struct bare_queue *queue);
uint32_t bare_queue_head(struct bare_queue *queue);
uint32_t bare_queue_state(struct bare_queue *queue);
/*
 * In a loop that waits: whoever is waited for may need this processor. To QEMU's TCG, which may
 * run all processors by one thread in turns of 100 ms, `pause` is the end of the turn.
 */
void bare_pause(void);
/* False when HEAD does not get there. */
bool bare_wait_for_head(struct bare_queue *queue, uint32_t head);
bool bare_wait_for_state(struct bare_queue *queue, uint32_t state);
volatile struct svanic_rx_descriptor *bare_rx(
	struct bare_queue *queue, uint32_t number);
volatile struct svanic_tx_descriptor *bare_tx(
	struct bare_queue *queue, uint32_t number);

/* A counter of a pair: SVANIC_RX_FRAMES and the like. */
uint64_t bare_counter(struct bare *bare, unsigned int pair, uint32_t counter);
/* Waits until it has this value. */
bool bare_wait_for_counter(struct bare *bare, uint32_t offset, uint64_t value);

#endif /* SVANIC_BARE_H */
