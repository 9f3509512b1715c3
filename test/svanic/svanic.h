/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_H
#define SVANIC_H

/*
 * The device's state, and what its parts offer each other. All of it runs under QEMU's
 * big lock: register accesses, bottom halves, timers, frames from the netdev.
 *
 * Must not know: how a part does its work.
 */

#include <stdbool.h>
#include <stdint.h>

#include "filter.h"
#include "qemu_abi.h"
#include "ring.h"
#include "svanic_registers.h"

#define SVANIC_TYPE "svanic"
#define SVANIC_FRAMES_PER_RUN \
	64 /* of one queue, before others get their turn */
#define SVANIC_WAITING_FRAMES 64 /* datasheet, section 5 */
#define SVANIC_PAGE_INDEXES 512	 /* a page request group index has 9 bits */
#define SVANIC_BATCH (RING_PAGE_SIZE / RING_DESCRIPTOR_SIZE)

struct svanic;
struct svanic_atc;
struct svanic_pair;

/* What a step of a queue came to. Error codes of the datasheet are above these. */
enum svanic_result {
	SVANIC_DONE = 0,
	SVANIC_WAIT =
		-1, /* for a page: to be called again when there is an answer */
	SVANIC_EMPTY = -2, /* no descriptor */
	SVANIC_HALT = -3,  /* the queue has halted */
	SVANIC_BUSY = -4,  /* the netdev takes no frame for now */
};

/* How a queue's DMA goes out, looked up for one run of it: dma.c. */
struct svanic_access {
	int error; /* nothing may go out: why */
	bool ats;
	bool ask;
	uint32_t pasid;
	void *space;
};

enum svanic_answer {
	SVANIC_ANSWER_NONE,
	SVANIC_ANSWER_FAILED,
	SVANIC_ANSWER_REFUSED,
};

/* The page a queue waits for, or has asked for before: pages.c. */
struct svanic_page {
	uint64_t
		turn; /* waits for its turn to ask, the lowest first; 0: it does not */
	bool is_wanted; /* until it is there, or given up; and is asked for then */
	bool is_out;
	uint16_t index;
	uint64_t address;
	enum svanic_answer answer;
	struct qemu_timer patience;
};

struct svanic_descriptors {
	uint32_t first;
	uint32_t count;
	uint64_t words[SVANIC_BATCH][2];
};

/* A frame on its way into memory. */
struct svanic_rx_frame {
	uint8_t *bytes;
	uint32_t length;
	uint32_t offset; /* what is before it, is in memory */
	uint16_t status;
	uint32_t hash;
};

struct svanic_rx {
	unsigned int first, count; /* of those that wait for a descriptor */
	struct svanic_rx_frame waiting[SVANIC_WAITING_FRAMES];
};

enum svanic_tx_stage {
	SVANIC_TX_COLLECT,
	SVANIC_TX_GATHER,
	SVANIC_TX_SEND,
	SVANIC_TX_REPORT_BACK,
};

struct svanic_tx {
	enum svanic_tx_stage stage;
	unsigned int collected; /* descriptors of the current frame */
	unsigned int segment;	/* the stage's work has got to this one */
	uint32_t length;
	uint8_t error;
	struct svanic_tx_descriptor segments[SVANIC_SEGMENTS_MAX];
	uint8_t bytes[SVANIC_FRAME_LIMIT_MAX];
};

struct svanic_queue {
	struct svanic *nic;
	struct svanic_pair *pair;
	bool is_rx;

	/* registers */
	uint64_t ring_register;
	uint32_t ring_low;
	uint32_t size_register;
	uint8_t state;
	uint8_t halt_error;
	bool is_armed;
	uint32_t armed_at;

	struct ring ring;
	struct svanic_access access;
	struct svanic_page page;
	struct svanic_descriptors batch;
	uint32_t done;	    /* bytes of the current transfer */
	uint8_t step_error; /* of the current buffer: to be written back */
	void *bottom_half;
	bool is_work_due; /* by work_timer */
	bool is_ending;	  /* it was disabled, and works until end_timer */
	struct qemu_timer work_timer;
	struct qemu_timer end_timer;
	union {
		struct svanic_rx rx;
		struct svanic_tx tx;
	};
};

/* Counters of a pair, in the order of their registers. */
enum svanic_counter {
	COUNT_RX_FRAMES,
	COUNT_RX_BYTES,
	COUNT_RX_MISSED,
	COUNT_RX_ERRORS,
	COUNT_TX_FRAMES,
	COUNT_TX_BYTES,
	COUNT_TX_ERRORS,
	COUNT_FAULTS,
	COUNT_PAGE_REQUESTS,
	COUNT_PAGE_REFUSALS,
	COUNT_PAGE_TIMEOUTS,
	COUNT_FAULT_ADDRESS,
	COUNTERS
};

struct svanic_pair {
	unsigned int number;
	uint32_t pasid;
	uint32_t interrupt;
	uint32_t fault_info;
	uint64_t counters[COUNTERS];
	struct svanic_queue rx;
	struct svanic_queue tx;
};

enum svanic_request_state {
	SVANIC_REQUEST_FREE,
	SVANIC_REQUEST_OUT,
	/* Sent before a reset: its answer is still to come, and is for no queue. */
	SVANIC_REQUEST_STALE,
};

/* Page requests by their index: the queue that waits; those given up count, too. */
struct svanic_requests {
	struct qemu_page_notifier
		notifier; /* first: pages.c finds the rest by it */
	struct svanic *nic;
	uint16_t next;
	unsigned int out; /* how many are in that state */
	uint64_t turns;	  /* the last one given */
	struct svanic_queue *waiting[SVANIC_PAGE_INDEXES];
	enum svanic_request_state state[SVANIC_PAGE_INDEXES];
};

struct svanic_properties {
	struct qemu_nic_conf nic;
	uint32_t pri_requests;
	uint32_t work_delay; /* milliseconds, as the next one */
	uint32_t disable_delay;
	uint8_t pairs;
	bool pasid, ats, pri;
	bool ignores_invalidations;
};

/* Of the address translation cache, in the order of their registers. */
struct svanic_translation_counters {
	uint64_t hits, misses;
	uint64_t invalidations; /* that came */
	uint64_t removed;	/* pages that they were about */
};

struct svanic {
	_Alignas(16) uint8_t region[QEMU_MEMORY_REGION_SIZE];
	struct svanic_properties properties;
	void *device;
	void *iommu; /* once a PASID was used */
	void *nic;
	bool nic_guard;
	bool in_dma;
	bool is_sending_blocked;

	/* registers */
	uint32_t control;
	struct filters filters;
	uint32_t frame_limit;
	uint32_t events;
	uint32_t event_enable;
	uint32_t page_patience;
	uint32_t hash_fields;
	uint8_t hash_key[SVANIC_HASH_KEY_LENGTH];
	uint8_t hash_table[SVANIC_HASH_TABLE_ENTRIES];
	uint64_t filtered, oversize, no_queue;
	struct svanic_translation_counters translations;

	struct svanic_requests *requests;
	struct svanic_atc *atc;
	struct svanic_pair pairs[SVANIC_PAIRS_MAX];
};

static inline void
svanic_count(
	struct svanic_pair *pair, enum svanic_counter counter, uint64_t more)
{
	pair->counters[counter] += more;
}

/* --- device.c --------------------------------------------------------------------- */

struct svanic *svanic_of(void *device);

/* --- registers.c ------------------------------------------------------------------ */

extern const struct qemu_region_operations svanic_register_operations;

/* --- queue.c: a queue's life, its descriptors ------------------------------------- */

void svanic_queue_init(struct svanic *nic, struct svanic_pair *pair,
	struct svanic_queue *queue, bool is_rx);
void svanic_queue_exit(struct svanic_queue *queue);
void svanic_queue_enable(struct svanic_queue *queue);
/* By the driver: it can take time. */
void svanic_queue_disable(struct svanic_queue *queue);
/* At once. */
void svanic_queue_end(struct svanic_queue *queue);
void svanic_queue_halt(struct svanic_queue *queue, int error);
void svanic_queue_set_tail(struct svanic_queue *queue, uint32_t tail);
bool svanic_queue_may_work(const struct svanic_queue *queue);
bool svanic_queue_is_on(const struct svanic_queue *queue);
/* Whether it works on what comes at once, and not after a delay. */
bool svanic_queue_works_at_once(const struct svanic_queue *queue);
void svanic_queue_schedule(struct svanic_queue *queue);

/* The descriptor of this number: SVANIC_DONE, _EMPTY, _WAIT or _HALT. */
int svanic_queue_descriptor(
	struct svanic_queue *queue, uint32_t number, void *descriptor);
/* Writes bytes 8 to 15: SVANIC_DONE, _WAIT or _HALT. */
int svanic_queue_write_back(
	struct svanic_queue *queue, uint32_t number, const void *descriptor);
/* So many descriptors are the driver's again. */
void svanic_queue_give_back(struct svanic_queue *queue, uint32_t count);

/* --- rx.c, tx.c: SVANIC_DONE for one frame, or why there was none ------------------ */

int svanic_rx_step(struct svanic_queue *queue);
/* A frame for this queue; it is put into memory, waits, or is lost and counted. */
void svanic_rx_take(
	struct svanic_queue *queue, const struct svanic_rx_frame *frame);
void svanic_rx_drop_waiting(struct svanic_queue *queue);
int svanic_tx_step(struct svanic_queue *queue);
void svanic_tx_forget(struct svanic_queue *queue);

/* --- dma.c ------------------------------------------------------------------------ */

/* The IOMMU, NULL without one. */
void *svanic_iommu(struct svanic *nic);
/* To be called at the beginning of each run: what it finds holds for this run only. */
void svanic_dma_prepare(struct svanic_queue *queue);
/*
 * Moves bytes; *done of them are there already, which is brought up to date. Returns
 * SVANIC_DONE, SVANIC_WAIT or an error code, which is counted.
 */
int svanic_dma(struct svanic_queue *queue, uint64_t address, void *buffer,
	uint32_t length, bool is_write, uint32_t *done);
/* Writes eight bytes at once, to a multiple of eight. */
int svanic_dma_write_8(
	struct svanic_queue *queue, uint64_t address, uint64_t value);

/* --- atc.c ------------------------------------------------------------------------ */

bool svanic_atc_init(struct svanic *nic);
/* Whether this QEMU lays IOMMU notifiers out as qemu_abi.h has them. */
bool svanic_atc_knows_notifiers(struct svanic *nic);
void svanic_atc_exit(struct svanic *nic);
/* Forgets all translations. */
void svanic_atc_clear(struct svanic *nic);
/* What is to be used instead of this address; false when the IOMMU does not permit it. */
bool svanic_atc_translate(struct svanic *nic, uint32_t pasid, uint64_t address,
	uint32_t wanted, uint64_t *translated);

/* --- pages.c ---------------------------------------------------------------------- */

bool svanic_pages_init(struct svanic *nic);
void svanic_pages_exit(struct svanic *nic);
void svanic_pages_forget_all(struct svanic *nic);
/* Asks for the page of this address: SVANIC_WAIT, or the error code of the answer. */
int svanic_page_ask(
	struct svanic_queue *queue, uint64_t address, bool is_write);
void svanic_page_give_up(struct svanic_queue *queue);
/* The page that was asked for is there, or is not wanted any more. */
void svanic_page_is_there(struct svanic_queue *queue);

/* --- interrupts.c ----------------------------------------------------------------- */

void svanic_event(struct svanic *nic, uint32_t event);
void svanic_event_enable(struct svanic *nic, uint32_t enable);
void svanic_interrupt_write(struct svanic_pair *pair, uint32_t value);
uint32_t svanic_interrupt_read(const struct svanic_pair *pair);
void svanic_interrupt_check(struct svanic_queue *queue);

/* --- net.c ------------------------------------------------------------------------ */

void svanic_net_init(struct svanic *nic);
void svanic_net_exit(struct svanic *nic);
bool svanic_net_link(const struct svanic *nic);
/* False: the netdev has taken this one, but no more until it says so. */
bool svanic_net_send(struct svanic *nic, const uint8_t *frame, uint32_t length);

/* --- reset.c ---------------------------------------------------------------------- */

void svanic_reset(struct svanic *nic);

#endif /* SVANIC_H */
