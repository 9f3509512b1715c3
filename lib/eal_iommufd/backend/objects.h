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
 *   2. secondary_maps.c's secondaries_lock; eal_memory.c's begin_lock, then its pass_lock;
 *      mirror.c's relations_lock; in lib/iommufd_sva the process's lock, then an sva's
 *      binding_lock
 *   3. rte_iommufd_context.lock
 *      Under it, and with none of the following: iommu_node.c's iommu_lock, or cdev.c's
 *      passed_lock; then passed_fds.c's lock.
 *   4. a range of a space (space_lock_range()), and then the same range of those that mirror
 *      it, all of them until a request is entered in all or in none
 *   5. inventory.c's lock: it is held while an object is entered, removed or described
 *   6. rte_iommufd_space.dirty.lock: it is held while page tables are read or enter and
 *      leave the list, so that none ends while it is read
 *   7. rte_iommufd_space.map_lock, the innermost: it is held while the record is read or
 *      changed, and never during a call of the kernel
 * A memory event comes with 1 held and takes pass_lock, 4, 6 and 7. So nothing may take 1,
 * or call EAL's memory functions that do, while it holds one of the others.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "explain/explain.h"
#include "kernel/sysfs_device.h"
#include "rte_iommufd.h"
#include "util/dirty_set.h"
#include "util/iova_map.h"
#include "util/pasid_set.h"
#include "util/range_lock.h"
#include "util/settings.h"

struct backend;
struct fault_queue;
struct group;
struct page_table;
struct rte_iommufd_nested;

/* Whether the kernel has IOMMU_IOAS_MAP_FILE. */
enum map_file_call {
	MAP_FILE_UNKNOWN,
	MAP_FILE_THERE,
	MAP_FILE_LACKING,
};

struct rte_iommufd_context {
	TAILQ_ENTRY(rte_iommufd_context) in_inventory;
	pthread_mutex_t lock;
	struct settings settings;
	const struct backend *backend; /* NULL until it is chosen */
	struct explanation reason;     /* for that choice */
	/* Copies of both, without the attempts of the choice; guarded by the inventory. */
	struct {
		const struct backend *backend;
		struct explanation reason;
	} shown;
	/* Only what the choice would be is asked: no device is opened (choice_foresee()). */
	bool foresees;
	unsigned int spaces;
	/* The first that follows EAL's memory, or NULL; guarded by begin_lock. */
	struct rte_iommufd_space *memory;
	TAILQ_HEAD(, rte_iommufd_device) devices;

	int iommu_fd; /* iommufd: /dev/iommu, else -1 */
	/* iommufd: what is pinned is charged to the process, not to its user */
	bool charges_process;
	/* iommufd: an enum map_file_call, which any thread may set */
	atomic_int map_file_call;
	TAILQ_HEAD(, group) groups; /* type1: those that are open */
};

/* More ranges than this are not checked here: the kernel checks all of them. */
#define SPACE_RANGES 32

/*
 * What the kernel has of a space's record. With IOMMUFD a space is LIVE from its first moment
 * to its last. With a legacy container it is not, because the container has no page table
 * while no IOMMU group is in it: type1_container.c has the transitions, all of them.
 */
enum space_state {
	SPACE_EMPTY, /* nothing: mappings are recorded only, until the first device comes */
	SPACE_LIVE, /* all of it, for devices of this process */
	/* All of it, and no device of this process is attached: the kernel keeps the page
	 * table, and what is mapped and unmapped goes on to be mapped and unmapped there.
	 */
	SPACE_HELD,
};

/* The users that need IOVAs to stay usable. */
enum allowed_for {
	ALLOWED_FOR_EAL,
	ALLOWED_FOR_PROGRAM,
	ALLOWED_KINDS,
};

struct allowed_ranges {
	struct rte_iommufd_range *items; /* ascending, and without overlap */
	uint32_t count;
};

/* iommufd: the record of the pages that devices write. */
struct dirty_tracking {
	/* Page tables are made for it. Changed with the context's lock held, while no device
	 * and no PASID is attached.
	 */
	atomic_bool wanted;
	/* Changed with the context's lock and this one held. */
	atomic_bool running;
	pthread_mutex_t
		lock; /* guards kept, and page_tables once wanted is set */
	/* What was written in memory that was unmapped since, or by devices whose page
	 * table has ended, and was not read yet.
	 */
	struct dirty_set kept;
};

struct rte_iommufd_space {
	TAILQ_ENTRY(rte_iommufd_space) in_inventory;
	uint32_t number; /* in this process, from 1; for people */
	struct rte_iommufd_context *context;
	/* Each call that maps, unmaps or looks up locks its range (space_lock_range())
	 * until the kernel has answered: calls for the same memory take turns, and all
	 * others run in parallel. So what the record says of a range changes only while
	 * it is locked.
	 */
	struct range_lock range_lock;
	/* Guards these two among those that hold different ranges, or none. Only a reader
	 * that has locked the whole space does not need it.
	 */
	pthread_mutex_t map_lock;
	struct iova_map map;
	struct rte_iommufd_space_stats stats;
	/* From here to mirrors, and state: changed with the whole space held, read with any
	 * part of it held.
	 */
	struct rte_iommufd_range ranges[SPACE_RANGES];
	uint32_t range_count; /* 0: not known */
	struct allowed_ranges allowed[ALLOWED_KINDS];
	/* Nothing can be mapped where devices write interrupts. */
	bool keeps_interrupt_window;
	/* Those that mirror this one. */
	TAILQ_HEAD(, rte_iommufd_space) mirrors;
	/* The one that this mirrors, or NULL; how many mirror this; guarded by
	 * relations_lock, and source is changed with the inventory's lock as well. And the
	 * place in the source's list.
	 */
	struct rte_iommufd_space *source;
	unsigned int mirror_count;
	TAILQ_ENTRY(rte_iommufd_space) next_mirror;
	/* Attached devices, and attached PASIDs of devices. Changed with the context's lock and
	 * the inventory's held, read with either.
	 */
	unsigned int devices;
	unsigned int pasids;
	enum space_state state;
	/* Ends what another layer does for the space, before it is destroyed: eal_memory.c sets
	 * it while the space follows EAL's memory, else NULL; guarded by relations_lock.
	 */
	void (*unfollow)(struct rte_iommufd_space *space);
	/* EAL got memory that could not be mapped: eal_memory.c's, guarded by its pass_lock. */
	bool lacks_memory;

	struct dirty_tracking dirty;
	/* iommufd: the queue for page requests, owned by the creator of the space; NULL:
	 * DMA to an address without a translation fails
	 */
	struct fault_queue *faults;
	/* Of a fault space: only its user detaches PASIDs from it. Set when it is made. */
	bool owned;
	/* iommufd: those that the library has made; guarded by the context's lock */
	TAILQ_HEAD(, page_table) page_tables;
	uint32_t ioas_id; /* iommufd */
	int container_fd; /* type1, else -1 */
};

/* Whether the IOMMU of a device records the pages that it writes. */
enum dirty_capability {
	DIRTY_UNKNOWN, /* the kernel was not asked, or does not tell */
	DIRTY_LACKING,
	DIRTY_THERE,
};

struct rte_iommufd_device {
	TAILQ_ENTRY(rte_iommufd_device) next; /* in its context */
	TAILQ_ENTRY(rte_iommufd_device) in_inventory;
	struct rte_iommufd_context
		*context; /* NULL: borrowed (mp_secondary.c) */
	/* NULL: attached to none. Changed with the context's lock and the inventory's held,
	 * read with either.
	 */
	struct rte_iommufd_space *space;
	struct sysfs_device place;
	bool has_vf_token;
	uint8_t vf_token[RTE_IOMMUFD_VF_TOKEN_LENGTH];
	int fd; /* -1 while there is none */

	struct pasid_set pasids; /* guarded by the context's lock */
	int pasid_width;	 /* in bits; 0 until it was read */

	uint32_t iommufd_id; /* iommufd: the device's object in the context */
	/* iommufd: NULL when attached to none, or to one that the kernel has made */
	struct page_table *page_table;
	/* iommufd: the program's own page table, or NULL; guarded by the context's lock */
	struct rte_iommufd_nested *nested;
	struct group *group; /* type1 */
	/* An enum dirty_capability, of IOMMUFD's devices in spaces that want such a record. */
	atomic_int dirty_capability;
};

/*
 * Whether what is mapped and unmapped now goes to the kernel. The caller has locked any
 * part of the space.
 */
static inline bool
space_has_page_table(const struct rte_iommufd_space *space)
{
	return space->state != SPACE_EMPTY;
}

/* The context's lock is held. */
enum device_state {
	DEVICE_OPENED,
	DEVICE_ATTACHED, /* to device->space */
};

static inline enum device_state
device_state(const struct rte_iommufd_device *device)
{
	return device->space == NULL ? DEVICE_OPENED : DEVICE_ATTACHED;
}

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
	return !one->place.found.noiommu && one->place.found.group >= 0 &&
		one->place.found.group == other->place.found.group;
}

#endif /* OBJECTS_H */
