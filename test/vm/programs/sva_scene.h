/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_SCENE_H
#define SVA_SCENE_H

/*
 * What the tests of sva.c share: the device with its pairs of rings at addresses of this process, and
 * frames that it sends to a peer or receives from it, with payloads whose bytes are known.
 *
 * Must not know: what is tested.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_iommufd.h>
#include <rte_iommufd_sva.h>

#include "expect.h"
#include "svanic_bare.h"

#define R RTE_IOMMUFD_MAP_READ
#define W RTE_IOMMUFD_MAP_WRITE
#define PAGE 4096
#define AREA (16 * PAGE)
#define RING_LOG2 6
#define PAIRS_MAX 8
#define HEADER 14
#define PAYLOAD 200
#define TEST_ETHERTYPE \
	0x88b5 /* IEEE 802: local experimental; the peer listens */
#define OTHER_ETHERTYPE 0x88b6 /* it does not */

struct pair {
	unsigned int number;
	uint32_t pasid;
	struct bare_queue rx, tx;
	uint8_t *headers; /* one for each slot of the ring */
	uint8_t *rings;	  /* two pages */
};

extern struct rte_iommufd_device *device;
extern struct rte_iommufd_sva *sva;
extern struct bare bare;
extern struct pair pairs[PAIRS_MAX];

/* Ends the program where the condition does not hold; errno is printed. */
void must(bool condition, const char *what);
uint64_t now_ms(void);

/* The device's folder name, and the interface that it is wired to. */
void open_all(const char *address, const char *interface,
	const struct rte_iommufd_sva_options *options);
void close_all(void);
void start_pair(struct pair *pair, unsigned int number);
void stop_pair(struct pair *pair);

uint64_t pinned_kib(void);
uint64_t counter(const struct pair *pair, uint32_t which);
struct rte_iommufd_sva_stats stats_now(void);

/* Private memory that nobody has touched. */
void *get_memory(size_t size);

/* The payload of this number. */
void fill(void *payload, uint32_t number);
/* Puts a frame into the ring and rings; the number of its last descriptor. */
uint32_t post(struct pair *pair, const void *payload, uint16_t ethertype);
/* The error code that the descriptor got, or -ETIMEDOUT. */
int done(struct pair *pair, uint32_t last);
int send_from(struct pair *pair, const void *payload);
/* The length of the next frame that the peer gets, or -ETIMEDOUT. */
int peer_receives(void *frame, size_t size);
/* 0: the next frame that the peer gets is this one; -EILSEQ: it has other bytes. */
int peer_gets(uint32_t number);
/* The error code of the receive descriptor, or -errno. */
int receive_into(struct pair *pair, void *buffer, uint32_t number);
/* Sends a payload that no frame has had, which the peer gets. */
void send_filled(struct pair *pair, const char *what, void *payload);

#endif /* SVA_SCENE_H */
