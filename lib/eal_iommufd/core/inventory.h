/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INVENTORY_H
#define INVENTORY_H

/*
 * The contexts, spaces and devices that this process has, for threads that own none of them
 * (telemetry). The owners enter and remove them; a reader gets copies, so that an object may end
 * at any time.
 *
 * One lock, which is never held during a call of the kernel or while memory is allocated: a
 * reader is not kept waiting by a device that is being attached, and keeps nobody waiting.
 *
 * Must not know: how the objects work, who reads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/objects.h"

/* --- For the owners --- */

/* The default context is listed first, so that it is the one that is described. */
void inventory_add_context(
	struct rte_iommufd_context *context, bool is_default);
void inventory_remove_context(struct rte_iommufd_context *context);
/* Copies the choice of the backend, for readers. The context's lock is held. */
void inventory_show_choice(struct rte_iommufd_context *context);

/* Gives the space its number, which no other space of this process gets. */
void inventory_add_space(struct rte_iommufd_space *space);
/* What it has counted is kept in the sums. */
void inventory_remove_space(struct rte_iommufd_space *space);

void inventory_add_device(struct rte_iommufd_device *device);
void inventory_remove_device(struct rte_iommufd_device *device);

/* Around each change of the members that objects.h names as guarded by the inventory. */
void inventory_change_begin(void);
void inventory_change_end(void);

/* --- For readers --- */

struct inventory_sums {
	const char *backend; /* of the first context; "none" without a choice */
	struct explanation reason; /* for it */
	unsigned int contexts;
	unsigned int spaces;
	unsigned int devices;
	/* Of all spaces, also of those that have ended. What is mapped in several spaces
	 * counts in each.
	 */
	struct rte_iommufd_space_stats stats;
};
void inventory_read_sums(struct inventory_sums *sums);

struct inventory_space {
	uint32_t number;
	const char *backend;
	bool has_ioas;
	uint32_t ioas_id; /* the kernel's number of it */
	unsigned int devices;
	unsigned int pasids;
	uint32_t source; /* the number of the space that it mirrors; 0: none */
	bool prepared_for_dirty; /* its page tables can record what devices write */
	bool records_dirty;	 /* and do so now */
	bool reports_page_requests; /* what is mapped in it is not counted here */
	struct rte_iommufd_space_stats stats;
};
/* The numbers of the spaces, ascending, as many as fit. Returns how many there are. */
unsigned int inventory_list_spaces(uint32_t *numbers, unsigned int capacity);
/* 0, or -ENOENT. */
int inventory_read_space(uint32_t number, struct inventory_space *space);

/*
 * The mappings of a space that end at the address or behind it, ascending, as many as fit.
 * Returns how many were stored, or -ENOENT when there is no such space.
 */
int inventory_list_mappings(uint32_t number, uint64_t iova,
	struct mapping *mappings, unsigned int capacity);

struct inventory_device {
	char address[DEVICE_PLACE_NAME_SIZE];
	struct rte_iommufd_device_place found;
	const char *backend; /* "borrowed": it is the primary process's */
	uint32_t
		space; /* the number of the space that it is attached to; 0: none */
	enum dirty_capability dirty_capability;
};
/* The addresses, in the order in which they were opened. Returns how many there are. */
unsigned int inventory_list_devices(
	char (*addresses)[DEVICE_PLACE_NAME_SIZE], unsigned int capacity);
/* By the whole address, or without PCI's domain 0. 0, or -ENOENT. */
int inventory_read_device(const char *address, struct inventory_device *device);

#endif /* INVENTORY_H */
