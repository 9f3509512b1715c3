/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef BACKEND_H
#define BACKEND_H

/*
 * The one variable point of the library: what differs between IOMMUFD and legacy
 * containers stands behind struct backend; everything else is shared. The
 * objects themselves are here as well, since backends keep their handles in them.
 *
 * Rules for a backend's functions:
 *  - 0 or -errno; who gets an errno from the kernel logs it, once, explained;
 *  - what they made before a failure they take back themselves;
 *  - they are called with the locks that the list below names, and take none.
 *
 * Order of locks, outermost first:
 *   1. EAL's memory hotplug lock, then its lock of the list of event callbacks (both
 *      held by EAL inside memory events; the second is taken to register one)
 *   2. memory.c's begin_lock, then its pass_lock; mirror.c's relations_lock
 *   3. rte_iommufd_context.lock
 *   4. an interval of a space (space_claim()), and then of one that mirrors it
 *   5. rte_iommufd_space.books, the innermost: it is held for a look at the record or a
 *      change of it, and never during a call of the kernel
 * A memory event comes with 1 held and takes pass_lock, 4 and 5. So nobody may take 1, which
 * also means to call EAL's memory functions that lock, while holding one of the others.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "claims.h"
#include "device_place.h"
#include "explain.h"
#include "mappings.h"
#include "pasid_set.h"
#include "rte_iommufd.h"
#include "settings.h"

struct fault_queue;
struct group;
struct page_table;

struct backend {
	const char *name;
	/* Page tables, and the mappings in them, live only while a device is
	 * attached, as with a legacy container: maps made before are noted and
	 * entered by address_space_go_live(), and they are all gone when the
	 * last device has left.
	 */
	bool maps_need_device;
	/* Whether map() and unmap() on one space run side by side in the kernel. */
	bool maps_in_parallel;
	/* Devices use physical addresses, and nothing holds them back. */
	bool unsafe;
	/* Whether map() takes a dma-buf: a mapping with a file and no va. */
	bool maps_regions;

	/* No lock held. */
	int (*space_create)(struct rte_iommufd_space *space);

	/* The interval claimed; where maps_in_parallel says so, by several threads at a
	 * time, with intervals of their own or parts of one. What goes wrong is logged by
	 * the callers, in the same words for all backends.
	 */
	int (*map)(
		struct rte_iommufd_space *space, const struct mapping *mapping);
	int (*unmap)(struct rte_iommufd_space *space, uint64_t iova,
		uint64_t length, uint64_t *unmapped);
	/* NULL: cannot copy. Of the source no lock is needed. */
	int (*copy)(struct rte_iommufd_space *space, uint64_t iova,
		struct rte_iommufd_space *source, uint64_t source_iova,
		uint64_t length, uint32_t rights);
	/* These with the whole space claimed. NULL: has nothing like it. */
	int (*allow)(struct rte_iommufd_space *space,
		const struct rte_iommufd_range *ranges, uint32_t count);
	int (*ranges)(struct rte_iommufd_space *space,
		struct rte_iommufd_range *ranges, uint32_t *count);
	int (*type1_fd)(struct rte_iommufd_space *space);

	/* Whether memory is better offered by its files than by its addresses. No
	 * lock held.
	 */
	bool (*maps_files)(struct rte_iommufd_context *context);

	/* The context's lock held. */
	void (*space_destroy)(struct rte_iommufd_space *space);
	int (*device_open)(struct rte_iommufd_device *device);
	/* Detaches, too, and its PASIDs first. */
	void (*device_close)(struct rte_iommufd_device *device);
	int (*attach)(struct rte_iommufd_device *device,
		struct rte_iommufd_space *space);
	/* From the space it is in to another; NULL: cannot. */
	int (*move)(struct rte_iommufd_device *device,
		struct rte_iommufd_space *space);
	int (*detach)(struct rte_iommufd_device *device);
	int (*hw_info)(const struct rte_iommufd_device *device,
		struct rte_iommufd_hw_info *info);

	/* All three NULL: knows no PASIDs. The context's lock held. */
	/* How many bits wide the device's PASIDs are, or -errno, logged. */
	int (*pasid_width)(const struct rte_iommufd_device *device);
	/* Of a PASID with a space: to that space in place of it. */
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
/* A name and nothing else: DPDK's own code does the work. */
extern const struct backend backend_stock;

/* Whether the kernel has IOMMU_IOAS_MAP_FILE. */
enum map_file_call {
	MAP_FILE_UNKNOWN,
	MAP_FILE_THERE,
	MAP_FILE_LACKING,
};

struct rte_iommufd_context {
	pthread_mutex_t lock;
	struct settings settings;
	const struct backend *backend; /* NULL until it is chosen */
	struct explanation reason;     /* for that choice */
	unsigned int spaces;
	/* The first that follows EAL's memory, or NULL; guarded by begin_lock. */
	struct rte_iommufd_space *memory;
	TAILQ_HEAD(, rte_iommufd_device) devices;

	int iommu_fd; /* iommufd: /dev/iommu, else -1 */
	/* iommufd: an enum map_file_call, which any thread may find out */
	atomic_int map_file_call;
	TAILQ_HEAD(, group) groups; /* type1: those that are open */
};

/* More ranges than this are not looked at: the kernel has the last word anyway. */
#define SPACE_RANGES 32

struct rte_iommufd_space {
	struct rte_iommufd_context *context;
	/* Who maps, unmaps or looks up claims the interval first (space_claim()), and keeps
	 * it until the kernel has answered: calls about the same memory take turns, and all
	 * others go side by side. So what the record says of an interval changes only by the
	 * hands of who has claimed it.
	 */
	struct claims claims;
	/* Guards these two among those who have claimed different intervals. Who has
	 * claimed the whole space needs it not.
	 */
	pthread_mutex_t books;
	struct mappings mappings;
	struct rte_iommufd_space_stats stats;
	/* From here to mirrors, and live: changed by who has claimed the whole space, read
	 * by who has claimed any part of it.
	 */
	struct rte_iommufd_range ranges[SPACE_RANGES];
	uint32_t range_count; /* 0: not known */
	/* Those that mirror this one. */
	TAILQ_HEAD(, rte_iommufd_space) mirrors;
	/* The one that this mirrors, or NULL; how many mirror this; guarded by
	 * relations_lock. And the place in the source's list.
	 */
	struct rte_iommufd_space *source;
	unsigned int mirror_count;
	TAILQ_ENTRY(rte_iommufd_space) next_mirror;
	unsigned int devices; /* attached; guarded by the context's lock */
	unsigned int pasids;  /* of devices, attached; guarded by the same */
	/* Nothing can be mapped where devices write interrupts. */
	bool keeps_interrupt_window;
	bool live; /* the backend has somewhere to put mappings */
	/* type1: the last device has left, but its group could not leave the container,
	 * which goes on to hold what is mapped; guarded by the context's lock
	 */
	bool keeps_page_table;
	bool follows_memory;

	/* iommufd: who is told of page requests, which belongs to who made the space;
	 * NULL: devices that meet an address without a translation fail
	 */
	struct fault_queue *faults;
	/* iommufd: those that we have made; guarded by the context's lock */
	TAILQ_HEAD(, page_table) page_tables;
	uint32_t ioas_id; /* iommufd */
	int container_fd; /* type1, else -1 */
};

struct rte_iommufd_device {
	TAILQ_ENTRY(rte_iommufd_device) next; /* in its context */
	struct rte_iommufd_context *context;  /* NULL: borrowed (process.c) */
	struct rte_iommufd_space *space;      /* NULL: attached to none */
	struct device_place place;
	bool has_vf_token;
	uint8_t vf_token[RTE_IOMMUFD_VF_TOKEN_LENGTH];
	int fd; /* -1 while there is none */

	struct pasid_set pasids; /* guarded by the context's lock */
	int pasid_width;	 /* in bits; 0 until somebody has asked */

	uint32_t iommufd_id; /* iommufd: the device's object in the context */
	/* iommufd: NULL when attached to none, or to one that the kernel has made */
	struct page_table *page_table;
	struct group *group; /* type1 */
};

/*
 * Whether the devices are of one IOMMU group, so that the kernel moves both when one is
 * moved: iommufd_device_do_replace().
 */
static inline bool
devices_share_group(const struct rte_iommufd_device *one,
	const struct rte_iommufd_device *other)
{
	if (one == other)
		return true;
	return !one->place.noiommu && one->place.found.group >= 0 &&
		one->place.found.group == other->place.found.group;
}

#endif /* BACKEND_H */
