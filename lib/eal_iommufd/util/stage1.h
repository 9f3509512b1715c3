/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef STAGE1_H
#define STAGE1_H

/*
 * A stage-1 page table in memory of the program, in Arm's VMSAv8-64 format with 4 KiB granule,
 * 48 bits and four levels (DDI 0487, D8.3), for an SMMUv3 that reads it through stage 2:
 * doc/nested.md.
 *
 * All addresses in the table are those of the IOAS. To map needs no invalidation. After an
 * unmap the caller invalidates, and waits, before it uses the memory or the addresses again.
 * A table of a lower level stays once it is made, so that no invalidation of it is needed; where
 * one is, blocks are not used.
 *
 * One thread at a time; the IOMMU reads meanwhile. Must not know: the kernel, invalidation.
 */

#include <stdint.h>

#define STAGE1_PAGE UINT64_C(4096)
#define STAGE1_WIDTH 48 /* of addresses, in bits */
#define STAGE1_READ (1u << 0)
#define STAGE1_WRITE \
	(1u << 1) /* with STAGE1_READ only: there is no other in the format */

struct stage1 {
	uint64_t *root;
	/* The memory for tables: its address in the process, and in the IOAS. */
	char *memory;
	uint64_t iova;
	uint32_t pages;
	uint32_t used;
};

/* The memory is page-aligned and has at least one page. The table is empty. */
void stage1_init(
	struct stage1 *table, void *memory, uint64_t iova, uint32_t pages);

/* For the context descriptor: TTB0. */
uint64_t stage1_root_iova(const struct stage1 *table);

/*
 * Maps [input, input + length) to output on, with the largest blocks that fit (1 GiB, 2 MiB).
 * 0; -EINVAL: not whole pages, beyond 48 bits, or wrong rights; -EEXIST: something is mapped there;
 * -ENOMEM: no page left for a table. After an error nothing of it is mapped.
 */
int stage1_map(struct stage1 *table, uint64_t input, uint64_t output,
	uint64_t length, uint32_t rights);

/*
 * 0; -EINVAL as above, or a block is in it only in part; -ENOENT: something in it is not mapped.
 * After an error all is mapped as before.
 */
int stage1_unmap(struct stage1 *table, uint64_t input, uint64_t length);

/* How far it is from the address, which is mapped, to the end of its page or block. */
uint64_t stage1_reach(const struct stage1 *table, uint64_t input);

#endif /* STAGE1_H */
