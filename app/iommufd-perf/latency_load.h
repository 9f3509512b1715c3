/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef LATENCY_LOAD_H
#define LATENCY_LOAD_H

/*
 * Threads of this process that do one thing again and again, while another thread measures
 * how long it waits beside them.
 *
 * Functions return 0 or -1, which is said.
 *
 * Must not know: what is measured.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sva_scene.h"

#define LOAD_THREADS_MAX 4

enum load_kind {
	LOAD_NONE,
	LOAD_SPIN,     /* counts; no system call */
	LOAD_PREFAULT, /* brings the memory of the load, and gives it back */
	LOAD_UNMAP,    /* mmap(), a store to each page, munmap() */
	LOAD_UNMAP_DEVICES, /* the same, prefaulted before the munmap() */
	LOAD_REQUESTS, /* another queue of the NIC requests pages, one at a time */
};

struct load {
	struct sva_scene *scene;
	enum load_kind kind;
	char *memory; /* LOAD_PREFAULT: in pages of 4 KiB; LOAD_REQUESTS: its own */
	size_t size;
	struct nic_queue queue; /* LOAD_REQUESTS */
	pthread_t threads[LOAD_THREADS_MAX];
	unsigned int count; /* of threads that run */
	atomic_bool ending;
	atomic_bool pausing; /* what counts is not being done */
	atomic_bool failed;
	atomic_ulong rounds;
};

/* After it, if it returned 0: load_end(). Memory and size are for LOAD_PREFAULT. */
int load_begin(struct load *load, struct sva_scene *scene, enum load_kind kind,
	unsigned int threads, char *memory, size_t size);
/* Returns when the threads do what the load is named for. -1: a thread has ended. */
int load_wait(const struct load *load);
/* -1: a thread has failed, or has not ended a single round. */
int load_end(struct load *load);

#endif /* LATENCY_LOAD_H */
