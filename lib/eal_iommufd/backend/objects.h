/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef OBJECTS_H
#define OBJECTS_H

/*
 * The objects of the library: contexts, address spaces and devices, with the handles that
 * backends keep in them, and the order of the locks that guard them.
 *
 * Order of locks, outermost first:
 *   1. EAL's memory hotplug lock, then its lock of the list of event callbacks (both
 *      held by EAL inside memory events; the second is taken to register one)
 *   2. secondary_maps.c's secondaries_lock; eal_memory.c's begin_lock, then its pass_lock; mirror.c's relations_lock; sva.c's
 *      process_lock, then an sva's binding_lock
 *   3. rte_iommufd_context.lock
 *   4. an interval of a space (space_lock_range()), and then of one that mirrors it
 *   5. rte_iommufd_space.map_lock, the innermost: it is held for a look at the record or a
 *      change of it, and never during a call of the kernel
 * A memory event comes with 1 held and takes pass_lock, 4 and 5. So nobody may take 1, which
 * also means to call EAL's memory functions that lock, while holding one of the others.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "explain/explain.h"
#include "kernel/sysfs_device.h"
#include "rte_iommufd.h"
#include "util/iova_map.h"
#include "util/pasid_set.h"
#include "util/range_lock.h"
#include "util/settings.h"

struct backend;
struct fault_queue;
struct group;
struct page_table;

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
	/* Who maps, unmaps or looks up claims the interval first (space_lock_range()), and keeps
	 * it until the kernel has answered: calls about the same memory take turns, and all
	 * others go side by side. So what the record says of an interval changes only by the
	 * hands of who has claimed it.
	 */
	struct range_lock range_lock;
	/* Guards these two among those who have claimed different intervals. Who has
	 * claimed the whole space needs it not.
	 */
	pthread_mutex_t map_lock;
	struct iova_map map;
	struct rte_iommufd_space_stats stats;
	/* How many of the record's are MAPPING_OF_SECONDARY (foreign_map.c). */
	atomic_uint foreign_maps;
	/* From here to mirrors, and live: changed by who has claimed the whole space, read
	 * by who has claimed any part of it.
	 */
	struct rte_iommufd_range ranges[SPACE_RANGES];
	uint32_t range_count; /* 0: not known */
	/* Nothing can be mapped where devices write interrupts. */
	bool keeps_interrupt_window;
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
	bool live;	      /* the backend has somewhere to put mappings */
	/* type1: the last device has left, but its group could not leave the container,
	 * which goes on to hold what is mapped; guarded by the context's lock
	 */
	bool keeps_page_table;
	/* Ends what another layer does for the space, before it is destroyed: eal_memory.c sets
	 * it while the space follows EAL's memory, else NULL; guarded by relations_lock.
	 */
	void (*unfollow)(struct rte_iommufd_space *space);

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
	struct rte_iommufd_context
		*context;		 /* NULL: borrowed (mp_secondary.c) */
	struct rte_iommufd_space *space; /* NULL: attached to none */
	struct sysfs_device place;
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

#endif /* OBJECTS_H */
