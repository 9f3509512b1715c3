/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef IOVA_MAP_H
#define IOVA_MAP_H

/*
 * The set of IOVA intervals that are mapped in one address space. The kernel has the same
 * set, but does not report it. Each interval is one map call ("area" in iommufd's terms)
 * and can only be unmapped whole.
 *
 * A pure data structure. Must not know: the kernel, locks, DPDK. Memory comes
 * from malloc(), never from EAL, so that it may be used inside memory events.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/tree.h>

/**
 * Which user has mapped it, and so may unmap it. In the descriptions of the functions,
 * "mapped" means mapped by this process: a mapping of a secondary process only blocks its
 * interval for others.
 */
enum mapping_origin {
	MAPPING_OF_PROGRAM,
	/** The program, once or more often: it is unmapped when the count is 0. */
	MAPPING_COUNTED,
	MAPPING_OF_EAL,	   /**< eal_memory.c, for EAL's memory */
	MAPPING_OF_SOURCE, /**< mapped because the mirrored space has it */
	/** A secondary process, by itself (foreign_map.c): reserved here, not entered by this process. */
	MAPPING_OF_SECONDARY,
	/** Its unmapping failed: it is not known what the kernel has there. */
	MAPPING_LOST,
};

/** One map call's worth of memory. */
struct mapping {
	uint64_t iova;
	uint64_t length; /**< in bytes, never 0, iova + length <= 2^64 */
	uint64_t va;	 /**< address of the memory in this process; 0: none */
	int file;	 /**< the file behind it, or -1; not kept in a record */
	uint64_t offset; /**< of the memory in that file */
	uint32_t rights; /**< RTE_IOMMUFD_MAP_* */
	enum mapping_origin origin;
	/** How often the program has mapped it by counted calls, whatever its origin. */
	uint32_t count;
	/**
	 * How much of what the program mapped by counted calls EAL has as well, in bytes.
	 * EAL may get and free it page by page, and the mapping goes only as a whole.
	 */
	uint64_t eal_bytes;
	bool is_region; /**< a device's registers: mapped by the file, never by va */
	bool has_aliases; /**< counted calls used several addresses of it */
};

/** Whether this process has entered it, and the kernel is known to have it. */
static inline bool
mapping_is_entered_here(const struct mapping *mapping)
{
	return mapping->origin != MAPPING_LOST &&
		mapping->origin != MAPPING_OF_SECONDARY;
}

/* Private to iova_map.c. */
struct iova_map_node {
	RB_ENTRY(iova_map_node) entry;
	struct mapping mapping;
};

struct iova_map {
	RB_HEAD(iova_map_tree, iova_map_node) tree;
	size_t count;
	uint64_t bytes;
};

typedef int (*iova_map_visit_t)(const struct mapping *mapping, void *argument);

void iova_map_init(struct iova_map *set);
void iova_map_clear(struct iova_map *set);

/* 0, -EEXIST when it overlaps one that is there, -EINVAL, -ENOMEM. */
int iova_map_add(struct iova_map *set, const struct mapping *mapping);

/*
 * Adds all of them or none. On failure returns what iova_map_add() returns for the
 * mapping that *failed names.
 */
int iova_map_add_all(struct iova_map *set, const struct mapping *mappings,
	size_t count, size_t *failed);

/* The mapping that contains the address, or NULL; valid until it is removed. */
const struct mapping *iova_map_find(const struct iova_map *set, uint64_t iova);

/* The first mapping that ends at the address or behind it, or NULL; valid as long. */
const struct mapping *iova_map_at_or_after(
	const struct iova_map *set, uint64_t iova);

/* The one behind it, or NULL. */
const struct mapping *iova_map_next(const struct mapping *mapping);

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

/* Changes what the visitor changes in each mapping that overlaps [iova, iova + length). */
typedef void (*iova_map_change_t)(
	struct mapping *mapping, const void *argument);
void iova_map_change(struct iova_map *set, uint64_t iova, uint64_t length,
	iova_map_change_t change, const void *argument);

/* From now on these whole mappings are MAPPING_LOST. */
void iova_map_lose(struct iova_map *set, uint64_t iova, uint64_t length);

/*
 * Removes all of [iova, iova + length), which iova_map_check_whole() accepted. Needs no
 * memory, so it cannot fail.
 */
void iova_map_remove(struct iova_map *set, uint64_t iova, uint64_t length);

/*
 * Removes the mapping of MAPPING_OF_SECONDARY with exactly this interval. 0, or
 * -ENOENT.
 */
int iova_map_remove_reserved(
	struct iova_map *set, uint64_t iova, uint64_t length);

/* Removes all mappings of MAPPING_OF_SECONDARY. Returns how many bytes they had. */
uint64_t iova_map_remove_all_reserved(struct iova_map *set);

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
