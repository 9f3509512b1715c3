/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef BACKEND_DIRTY_H
#define BACKEND_DIRTY_H

/*
 * The record of the pages that devices write in one space: started and stopped for all of its
 * page tables, read from all of them, and kept where a mapping or a page table ends before it
 * was read. In spaces of backends without such a record nothing is wanted, so nothing is done.
 *
 * Must not know: what the program reads and when; which mapping is whose.
 */

#include <stdbool.h>
#include <stdint.h>

struct page_table;
struct rte_iommufd_device;
struct rte_iommufd_space;

uint64_t dirty_page_size(void);

/* The context's lock is held for these. -errno: not logged, and nothing is recorded. */
int dirty_start(struct rte_iommufd_space *space);
int dirty_stop(struct rte_iommufd_space *space);

/*
 * The whole space is locked for these two. A page table has come: where writes are recorded,
 * it records them, too; 0 or -errno, not logged. A page table has ended, and nobody has read
 * it: all that is mapped counts as written.
 */
int dirty_resume(struct rte_iommufd_space *space);
void dirty_keep_unread(struct rte_iommufd_space *space);

/*
 * A new page table enters the space's list, and its record is started before a device can
 * be on it. 0 or -errno, not logged; then it is not in the list.
 */
int dirty_enter_list(struct page_table *table);
void dirty_leave_list(struct page_table *table);
/* Keeps what a page table has, before it ends. Locks the whole space. */
void dirty_keep_table(struct page_table *table);
/* Asks the kernel, for those who read what the process has. */
void dirty_note_capability(struct rte_iommufd_device *device);
/* Says why no page table with a record could be made for the device: the kernel's errno. */
void dirty_say_untracked(const struct rte_iommufd_device *device, int err);
/*
 * Whether it was not attached because its writes could not be recorded, which is said then:
 * page_table_attach()'s errno.
 */
bool dirty_say_refused(const struct rte_iommufd_device *device,
	const struct rte_iommufd_space *space, int err);

/*
 * The range is locked, and all of it is mapped. Sets bits of what was written, bit 0 is the
 * page at iova; with clear, the record starts anew. 0 or the first -errno, not logged; the
 * other page tables are read nevertheless.
 */
int dirty_read(struct rte_iommufd_space *space, uint64_t iova, uint64_t length,
	bool clear, uint64_t *bitmap);

/*
 * Where the backend reads by mapping: the range is locked, and is a whole mapping. What was
 * written moves from the kernel to what is kept. 0 or -errno, not logged.
 */
int dirty_take(struct rte_iommufd_space *space, uint64_t iova, uint64_t length);

/*
 * Keeps what was written there, before it is unmapped. What cannot be read counts as
 * written. The range is locked, and all of it is mapped.
 */
void dirty_keep(
	struct rte_iommufd_space *space, uint64_t iova, uint64_t length);

#endif /* BACKEND_DIRTY_H */
