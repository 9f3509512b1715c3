/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef IOVA_MAP_H
#define IOVA_MAP_H

/*
 * The set of IOVA intervals that are mapped in one address space: what the
 * kernel keeps too, but does not tell. Each interval is one map call ("area" in
 * iommufd's terms) and can only be unmapped whole.
 *
 * A pure data structure. Must not know: the kernel, locks, DPDK. Memory comes
 * from malloc(), never from EAL, so that it may be used inside memory events.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Who has mapped it, and so may unmap it. */
enum mapping_origin {
	MAPPING_OF_PROGRAM,
	MAPPING_OF_EAL,	   /**< eal_memory.c, for EAL's memory */
	MAPPING_OF_SOURCE, /**< mirror.c, for what is mapped in another space */
	MAPPING_OF_SECONDARY, /**< foreign_map.c, for another process's memory */
	/** Its unmapping failed: what the kernel has there is not known any more. */
	MAPPING_LOST,
};

/** One map call's worth of memory. */
struct mapping {
	uint64_t iova;
	uint64_t length; /**< in bytes, never 0, iova + length <= 2^64 */
	uint64_t va; /**< where this process sees the memory; 0: it does not */
	int file;    /**< the file behind it, or -1; not kept in a record */
	uint64_t offset; /**< of the memory in that file */
	uint32_t rights; /**< RTE_IOMMUFD_MAP_* */
	enum mapping_origin origin;
};

struct iova_map {
	struct mapping *items; /**< in ascending order */
	size_t count;
	size_t room; /**< for how many there is memory */
	uint64_t bytes;
};

typedef int (*iova_map_visit_t)(const struct mapping *mapping, void *argument);

void iova_map_init(struct iova_map *set);
void iova_map_clear(struct iova_map *set);

/* 0, -EEXIST when it overlaps one that is there, -EINVAL, -ENOMEM. */
int iova_map_add(struct iova_map *set, const struct mapping *mapping);

/*
 * Adds all of them or none; fast where they ascend. What iova_map_add() returns for the
 * one that *failed tells then.
 */
int iova_map_add_all(struct iova_map *set, const struct mapping *mappings,
	size_t count, size_t *failed);

/* The mapping that contains the address, or NULL; valid until the set changes. */
const struct mapping *iova_map_find(const struct iova_map *set, uint64_t iova);

/*
 * Whether [iova, iova + length) consists of whole mappings without a gap.
 * 0: it does; -ENOENT: something in it is not mapped; -EINVAL: it begins or ends
 * inside a mapping.
 */
int iova_map_check_whole(
	const struct iova_map *set, uint64_t iova, uint64_t length);

/*
 * Where [iova, iova + length) lies in this process, when it is mapped without a
 * gap and to contiguous memory with at least these rights. 0, or -ENOENT.
 */
int iova_map_translate(const struct iova_map *set, uint64_t iova,
	uint64_t length, uint32_t rights, uint64_t *va);

/* From now on these whole mappings are MAPPING_LOST. */
void iova_map_lose(struct iova_map *set, uint64_t iova, uint64_t length);

/* Removes all of [iova, iova + length), which iova_map_check_whole accepted. */
void iova_map_remove(struct iova_map *set, uint64_t iova, uint64_t length);

/*
 * The parts of mappings that make up [iova, iova + length), in ascending order, in an
 * array that the caller frees. 0; -ENOENT when something in it is not mapped;
 * -EINVAL; -ENOMEM.
 */
int iova_map_cut_out(const struct iova_map *set, uint64_t iova, uint64_t length,
	struct mapping **parts, size_t *count);

/* All mappings in ascending order, in an array that the caller frees. 0 or -ENOMEM. */
int iova_map_list(
	const struct iova_map *set, struct mapping **list, size_t *count);

/* Visits all in ascending order; stops at, and returns, the first non-zero. */
int iova_map_walk(
	const struct iova_map *set, iova_map_visit_t visit, void *argument);

#endif /* IOVA_MAP_H */
