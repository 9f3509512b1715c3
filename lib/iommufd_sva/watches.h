/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef WATCHES_H
#define WATCHES_H

/*
 * Which userfaultfd follows which mappings of the process.
 *
 * A thread that changes followed memory continues when its report is read, and a report
 * cannot be looked at without reading it. What is known before that is the descriptor that
 * has a report. So each followed mapping has a userfaultfd of its own, as far as there are
 * descriptors; then the record here tells what has to be unmapped before the report is read.
 * Beyond that, mappings share descriptors, and are unmapped together.
 *
 * Facts of the kernel that this depends on: mappings with different userfaultfds never merge,
 * and a new mapping never merges with a followed one (is_mergeable_vm_userfaultfd_ctx()). What is
 * split, moved or grown keeps its userfaultfd. A userfaultfd's count of changes under way is
 * raised before the process's memory is unlocked, and lowered by the thread that continues
 * after its report was read (mmap_changing).
 *
 * Callers hold rte_iommufd_sva.lock. Must not know: what devices can reach; what a change
 * means.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kernel/userfault.h"
#include "kernel/vma_query.h"
#include "util/area_lru.h"
#include "util/interval.h"

#define WATCHES_MAX 256u

struct watch {
	int fd;
	unsigned int places;  /* how many parts of the record are its */
	struct interval hull; /* and they lie in this */
};

struct watches {
	int set; /* can be read when a report waits; -1: nothing is followed */
	unsigned int count; /* descriptors that are open */
	unsigned int limit; /* and how many may be */
	unsigned int next_shared;
	struct watch items[WATCHES_MAX];
	/* The record: what is followed, and by which descriptor (owner). It can contain a
	 * mapping that is gone while the report waits.
	 */
	struct area_lru places;
};

/* 0; or -errno as userfault_open(). */
int watches_open(struct watches *watches);
/*
 * Nothing is followed any more, and no thread waits for its report to be read, also where a
 * child has the descriptors.
 */
void watches_close(struct watches *watches, const struct vma_query *view);

/* Whether all of the mapping is in the record with one descriptor, and which. */
bool watches_cover(const struct watches *watches, struct interval mapping,
	unsigned int *number);

/*
 * Follows a mapping from now on. 0; -EAGAIN: a change is under way; -ENOMEM: no memory for
 * the record; or as userfault_register().
 */
int watches_follow(
	struct watches *watches, struct interval mapping, unsigned int *number);

/* What has moved there is followed by the descriptor. 0 or -ENOMEM. */
int watches_record(
	struct watches *watches, unsigned int number, struct interval interval);
/* It follows this no more. */
void watches_forget(
	struct watches *watches, unsigned int number, struct interval interval);

/* The lowest place of the descriptor above the address; false: none. */
bool watches_next_place(const struct watches *watches, unsigned int number,
	uint64_t address, struct interval *place);

/* Those that have reports: how many, or -errno. */
int watches_ready(const struct watches *watches, unsigned int *numbers,
	unsigned int capacity);
/* One report. 1; 0: none was left; or -errno. */
int watches_read(const struct watches *watches, unsigned int number,
	struct memory_change *change);
/* No change is under way, neither reported nor about to be, that was not read. */
bool watches_are_quiet(const struct watches *watches, unsigned int number);

#endif /* WATCHES_H */
