/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_SCENE_H
#define SVA_SCENE_H

/*
 * svanic bound to this process's addresses, for one turn: an sva, and a queue
 * whose ring is present from the start. And memory in pages of 4 KiB.
 *
 * Functions return 0 or -1, which is said.
 *
 * Must not know: what is measured.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_iommufd_sva.h>

#include "nic.h"

#define SVA_PAGE 4096
#define SVA_RING_LOG2 10

struct sva_scene {
	struct nic nic;
	struct rte_iommufd_sva *sva;
	uint32_t pasid;
	bool bound;
	struct nic_queue queue; /* of pair 0 */
	bool started;
};

/* fault_around: of struct rte_iommufd_sva_options. Afterwards: sva_scene_end(). */
int sva_scene_begin(
	struct sva_scene *scene, const char *address, uint64_t fault_around);
void sva_scene_end(struct sva_scene *scene);

/* Another queue, whose ring is present as well. Afterwards, before sva_scene_end(): sva_queue_end(). */
int sva_queue_begin(
	struct sva_scene *scene, unsigned int pair, struct nic_queue *queue);
void sva_queue_end(struct nic_queue *queue);

/* The NIC reads a few bytes of each page, in order. */
int sva_scene_read(
	struct sva_scene *scene, const char *memory, unsigned int pages);

/* In pages of 4 KiB, all there, from a multiple of 2 MiB on; NULL, which is said. */
char *sva_memory_create(size_t size);
void sva_memory_destroy(char *memory, size_t size);

#endif /* SVA_SCENE_H */
