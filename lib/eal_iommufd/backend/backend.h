/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef BACKEND_H
#define BACKEND_H

/*
 * The interface of a backend: what differs between IOMMUFD and legacy containers is in
 * the functions of struct backend; everything else is shared.
 *
 * Rules for a backend's functions:
 *  - they return 0 or -errno; the function that gets an errno from the kernel logs it
 *    once, with an explanation;
 *  - on failure they undo what they have done;
 *  - they are called with the locks that each names (see objects.h), and take none; those
 *    that change what the kernel has of a space (attach, detach, device_close and
 *    space_destroy, for legacy containers) lock the whole space for it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "backend/objects.h"
#include "kernel/memory_limits.h"

struct pasid;

struct backend {
	const char *name;
	/* Whether map() and unmap() on one space run in parallel in the kernel. */
	bool maps_in_parallel;
	/* Devices use physical addresses, without any protection. */
	bool unsafe;
	/* Whether map() takes a dma-buf: a mapping with a file and no va. */
	bool maps_regions;
	/* Whether a program can own a device's page table: nest.h. */
	bool nests;
	/* What map() is charged to, by default: see backend_charge(). */
	enum memory_charge charge;

	/* No lock held. A space begins as SPACE_LIVE, unless this says otherwise. */
	int (*space_create)(struct rte_iommufd_space *space);

	/* The interval is locked. With maps_in_parallel, several threads call these at a
	 * time, with different intervals or parts of one. The callers log failures, with
	 * the same text for all backends. Not called while the space is SPACE_EMPTY, but
	 * it may become so during the calls of a batch: then they succeed.
	 */
	int (*map)(
		struct rte_iommufd_space *space, const struct mapping *mapping);
	int (*unmap)(struct rte_iommufd_space *space, uint64_t iova,
		uint64_t length, uint64_t *unmapped);
	/* NULL: cannot copy. The source needs no lock. */
	int (*copy)(struct rte_iommufd_space *space, uint64_t iova,
		struct rte_iommufd_space *source, uint64_t source_iova,
		uint64_t length, uint32_t rights);
	/* The whole space is locked. NULL: not supported. */
	int (*allow)(struct rte_iommufd_space *space,
		const struct rte_iommufd_range *ranges, uint32_t count);
	/* No lock is needed. */
	int (*ranges)(struct rte_iommufd_space *space,
		struct rte_iommufd_range *ranges, uint32_t *count);
	/* Which pages devices write; both NULL: not recorded. dirty.lock is held. */
	/* The whole space is locked. -errno: nothing is recorded. */
	int (*dirty_track)(struct rte_iommufd_space *space, bool enable);
	/* The interval is locked, and all of it is mapped. Sets bits; only: NULL for all
	 * page tables of the space.
	 */
	int (*dirty_read)(struct rte_iommufd_space *space,
		const struct page_table *only, uint64_t iova, uint64_t length,
		bool clear, uint64_t *bitmap);
	/* dirty_read() takes whole mappings only, and each read clears. */
	bool dirty_by_mapping;

	/* The whole space is held. */
	int (*type1_fd)(struct rte_iommufd_space *space);

	/* Whether to map memory by its files is better than by its addresses. No
	 * lock held.
	 */
	bool (*maps_files)(struct rte_iommufd_context *context);

	/* The context's lock held. */
	void (*space_destroy)(struct rte_iommufd_space *space);
	/* The cause of a failure is written to why, and the caller logs it: another
	 * backend may accept the device.
	 */
	int (*device_open)(
		struct rte_iommufd_device *device, struct explanation *why);
	/* Of a device that is open and the first of its context: attaches it as attach()
	 * does, to a temporary space, and detaches it. The cause of a failure is written
	 * to why. NULL: nothing to try.
	 */
	int (*try_attach)(
		struct rte_iommufd_device *device, struct explanation *why);
	/* Detaches, too, and its PASIDs first. */
	void (*device_close)(struct rte_iommufd_device *device);
	/* Of an opened device; enters the mappings of the space's record that the
	 * kernel does not have.
	 */
	int (*attach)(struct rte_iommufd_device *device,
		struct rte_iommufd_space *space);
	/* From the space it is in to another; NULL: cannot. */
	int (*move)(struct rte_iommufd_device *device,
		struct rte_iommufd_space *space);
	int (*detach)(struct rte_iommufd_device *device);
	int (*hw_info)(const struct rte_iommufd_device *device,
		struct rte_iommufd_hw_info *info);

	/* All three NULL: no PASIDs. The context's lock is held. */
	/* How many bits wide the device's PASIDs are, or -errno, logged. */
	int (*pasid_width)(const struct rte_iommufd_device *device);
	/* If the PASID has a space: replaces it by this one. */
	int (*attach_pasid)(const struct rte_iommufd_device *device,
		struct pasid *pasid, struct rte_iommufd_space *space);
	int (*detach_pasid)(
		const struct rte_iommufd_device *device, struct pasid *pasid);
};

extern const struct backend backend_iommufd;
extern const struct backend backend_type1;
extern const struct backend backend_type1v2;
/* Without an IOMMU: by the device's own node, or by its group. */
extern const struct backend backend_noiommu_cdev;
extern const struct backend backend_noiommu_group;
/* Only a name: DPDK's own code does the work. */
extern const struct backend backend_stock;

/* What map() is charged to in this context. */
static inline enum memory_charge
backend_charge(const struct rte_iommufd_context *context)
{
	if (context->backend->charge == MEMORY_CHARGED_TO_USER &&
		context->charges_process)
		return MEMORY_CHARGED_TO_PROCESS;
	return context->backend->charge;
}

#endif /* BACKEND_H */
