/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_PASID_H
#define SVANIC_PASID_H

/*
 * The mode sva=1: what a queue pair's DMA carries so that the device's addresses are
 * this process's. Knows the library's rte_iommufd_sva.h, and nothing of queues.
 *
 * Functions return 0 or -errno; the library has logged what is missing, or they have.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_iommufd_sva_stats;
struct svanic_options;
struct svanic_pasids;

/*
 * Binds the device, which the bus plugin has opened, to this process by the first
 * PASID, so that what is missing is named at once. `path` is its folder in sysfs;
 * `name` is kept.
 */
int svanic_pasids_open(const char *path, const char *name,
	const struct svanic_options *options, struct svanic_pasids **pasids);
/* PASIDs for so many pairs; those that are there stay. */
int svanic_pasids_require(struct svanic_pasids *pasids, unsigned int pairs);
/* The pair's PASID, one that was required. */
uint32_t svanic_pasids_of(
	const struct svanic_pasids *pasids, unsigned int pair);
/* Memory that the device uses all the time: mapped now, and never evicted for other. */
void svanic_pasids_keep(
	struct svanic_pasids *pasids, const void *memory, size_t length);
/*
 * For struct svanic_changes: the counter of changes of this process's memory, and the wait
 * until the device has lost what changed. -EIO, for ever: that is not done any more.
 */
const uint32_t *svanic_pasids_changes(const struct svanic_pasids *pasids);
int svanic_pasids_follow(void *pasids);
/*
 * The same for a queue that is about to start. -EIO with one line each time: the library's at
 * first, and then this driver's.
 */
int svanic_pasids_check(struct svanic_pasids *pasids);
void svanic_pasids_stats(
	struct svanic_pasids *pasids, struct rte_iommufd_sva_stats *stats);
/* The device does no DMA; NULL is allowed. */
void svanic_pasids_close(struct svanic_pasids *pasids);

#endif /* SVANIC_PASID_H */
