/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The objects of this process, for readers in other threads; see inventory.h.
 *
 * Must not know: how the objects work, who reads.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"
#include "core/inventory.h"

static struct {
	pthread_mutex_t lock;
	TAILQ_HEAD(, rte_iommufd_context) contexts;
	TAILQ_HEAD(, rte_iommufd_space) spaces;
	TAILQ_HEAD(, rte_iommufd_device) devices;
	uint32_t last_number;		      /* of a space */
	struct rte_iommufd_space_stats ended; /* of spaces that have ended */
} inventory = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.contexts = TAILQ_HEAD_INITIALIZER(inventory.contexts),
	.spaces = TAILQ_HEAD_INITIALIZER(inventory.spaces),
	.devices = TAILQ_HEAD_INITIALIZER(inventory.devices),
};

void
inventory_change_begin(void)
{
	pthread_mutex_lock(&inventory.lock);
}

void
inventory_change_end(void)
{
	pthread_mutex_unlock(&inventory.lock);
}

/* --- Contexts --- */

void
inventory_add_context(struct rte_iommufd_context *context, bool is_default)
{
	pthread_mutex_lock(&inventory.lock);
	if (is_default)
		TAILQ_INSERT_HEAD(&inventory.contexts, context, in_inventory);
	else
		TAILQ_INSERT_TAIL(&inventory.contexts, context, in_inventory);
	pthread_mutex_unlock(&inventory.lock);
}

void
inventory_remove_context(struct rte_iommufd_context *context)
{
	pthread_mutex_lock(&inventory.lock);
	TAILQ_REMOVE(&inventory.contexts, context, in_inventory);
	pthread_mutex_unlock(&inventory.lock);
}

void
inventory_show_choice(struct rte_iommufd_context *context)
{
	pthread_mutex_lock(&inventory.lock);
	context->shown.backend = context->backend;
	context->shown.reason = context->reason;
	pthread_mutex_unlock(&inventory.lock);
}

static const char *
inventory_backend_name(const struct rte_iommufd_context *context)
{
	return context == NULL || context->shown.backend == NULL
		? "none"
		: context->shown.backend->name;
}

/* --- Spaces --- */

/* The lock is held. */
static struct rte_iommufd_space_stats
inventory_stats_of(struct rte_iommufd_space *space)
{
	struct rte_iommufd_space_stats stats;

	pthread_mutex_lock(&space->map_lock);
	stats = space->stats;
	stats.areas = space->map.count;
	stats.bytes = space->map.bytes;
	pthread_mutex_unlock(&space->map_lock);
	return stats;
}

static void
inventory_add_calls(struct rte_iommufd_space_stats *sum,
	const struct rte_iommufd_space_stats *stats)
{
	sum->map_calls += stats->map_calls;
	sum->copy_calls += stats->copy_calls;
	sum->unmap_calls += stats->unmap_calls;
	sum->failed_calls += stats->failed_calls;
}

void
inventory_add_space(struct rte_iommufd_space *space)
{
	pthread_mutex_lock(&inventory.lock);
	space->number = ++inventory.last_number;
	TAILQ_INSERT_TAIL(&inventory.spaces, space, in_inventory);
	pthread_mutex_unlock(&inventory.lock);
}

void
inventory_remove_space(struct rte_iommufd_space *space)
{
	struct rte_iommufd_space_stats stats;

	pthread_mutex_lock(&inventory.lock);
	stats = inventory_stats_of(space);
	inventory_add_calls(&inventory.ended, &stats);
	TAILQ_REMOVE(&inventory.spaces, space, in_inventory);
	pthread_mutex_unlock(&inventory.lock);
}

/* The lock is held. */
static struct rte_iommufd_space *
inventory_find_space(uint32_t number)
{
	struct rte_iommufd_space *space;

	TAILQ_FOREACH(space, &inventory.spaces, in_inventory)
		if (space->number == number)
			return space;
	return NULL;
}

unsigned int
inventory_list_spaces(uint32_t *numbers, unsigned int capacity)
{
	const struct rte_iommufd_space *space;
	unsigned int count = 0;

	pthread_mutex_lock(&inventory.lock);
	TAILQ_FOREACH(space, &inventory.spaces, in_inventory) {
		if (count < capacity)
			numbers[count] = space->number;
		count++;
	}
	pthread_mutex_unlock(&inventory.lock);
	return count;
}

/* The lock is held. */
static void
inventory_describe_space(
	struct rte_iommufd_space *space, struct inventory_space *described)
{
	*described = (struct inventory_space){
		.number = space->number,
		.backend = inventory_backend_name(space->context),
		.has_ioas = space->container_fd < 0,
		.ioas_id = space->ioas_id,
		.devices = space->devices,
		.pasids = space->pasids,
		.source = space->source == NULL ? 0 : space->source->number,
		.prepared_for_dirty = space->dirty.wanted,
		.records_dirty = space->dirty.running,
		.reports_page_requests = space->faults != NULL,
		.stats = inventory_stats_of(space),
	};
}

int
inventory_read_space(uint32_t number, struct inventory_space *space)
{
	struct rte_iommufd_space *found;

	pthread_mutex_lock(&inventory.lock);
	found = inventory_find_space(number);
	if (found != NULL)
		inventory_describe_space(found, space);
	pthread_mutex_unlock(&inventory.lock);
	return found == NULL ? -ENOENT : 0;
}

/* The lock is held. */
static unsigned int
inventory_copy_mappings(struct rte_iommufd_space *space, uint64_t iova,
	struct mapping *mappings, unsigned int capacity)
{
	const struct mapping *mapping;
	unsigned int count = 0;

	pthread_mutex_lock(&space->map_lock);
	mapping = iova_map_at_or_after(&space->map, iova);
	while (mapping != NULL && count < capacity) {
		mappings[count++] = *mapping;
		mapping = iova_map_next(mapping);
	}
	pthread_mutex_unlock(&space->map_lock);
	return count;
}

int
inventory_list_mappings(uint32_t number, uint64_t iova,
	struct mapping *mappings, unsigned int capacity)
{
	struct rte_iommufd_space *space;
	int count = -ENOENT;

	pthread_mutex_lock(&inventory.lock);
	space = inventory_find_space(number);
	if (space != NULL)
		count = inventory_copy_mappings(
			space, iova, mappings, capacity);
	pthread_mutex_unlock(&inventory.lock);
	return count;
}

/* --- Devices --- */

void
inventory_add_device(struct rte_iommufd_device *device)
{
	pthread_mutex_lock(&inventory.lock);
	TAILQ_INSERT_TAIL(&inventory.devices, device, in_inventory);
	pthread_mutex_unlock(&inventory.lock);
}

void
inventory_remove_device(struct rte_iommufd_device *device)
{
	pthread_mutex_lock(&inventory.lock);
	TAILQ_REMOVE(&inventory.devices, device, in_inventory);
	pthread_mutex_unlock(&inventory.lock);
}

unsigned int
inventory_list_devices(
	char (*addresses)[DEVICE_PLACE_NAME_SIZE], unsigned int capacity)
{
	const struct rte_iommufd_device *device;
	unsigned int count = 0;

	pthread_mutex_lock(&inventory.lock);
	TAILQ_FOREACH(device, &inventory.devices, in_inventory) {
		if (count < capacity)
			memcpy(addresses[count], device->place.address,
				DEVICE_PLACE_NAME_SIZE);
		count++;
	}
	pthread_mutex_unlock(&inventory.lock);
	return count;
}

static bool
inventory_is_named(const struct rte_iommufd_device *device, const char *address)
{
	static const char domain[] = "0000:";
	const char *whole = device->place.address;

	if (strcmp(whole, address) == 0)
		return true;
	return strncmp(whole, domain, strlen(domain)) == 0 &&
		strcmp(whole + strlen(domain), address) == 0;
}

/* The lock is held. */
static void
inventory_describe_device(const struct rte_iommufd_device *device,
	struct inventory_device *described)
{
	memcpy(described->address, device->place.address,
		sizeof(described->address));
	described->found = device->place.found;
	described->backend = device->context == NULL
		? "borrowed"
		: inventory_backend_name(device->context);
	described->space = device->space == NULL ? 0 : device->space->number;
	described->dirty_capability = device->dirty_capability;
}

int
inventory_read_device(const char *address, struct inventory_device *device)
{
	const struct rte_iommufd_device *each;
	int ret = -ENOENT;

	pthread_mutex_lock(&inventory.lock);
	TAILQ_FOREACH(each, &inventory.devices, in_inventory) {
		if (!inventory_is_named(each, address))
			continue;
		inventory_describe_device(each, device);
		ret = 0;
		break;
	}
	pthread_mutex_unlock(&inventory.lock);
	return ret;
}

/* --- All --- */

void
inventory_read_sums(struct inventory_sums *sums)
{
	const struct rte_iommufd_context *context;
	const struct rte_iommufd_device *device;
	struct rte_iommufd_space_stats stats;
	struct rte_iommufd_space *space;

	*sums = (struct inventory_sums){ .contexts = 0 };
	pthread_mutex_lock(&inventory.lock);
	context = TAILQ_FIRST(&inventory.contexts);
	sums->backend = inventory_backend_name(context);
	if (context != NULL)
		sums->reason = context->shown.reason;
	TAILQ_FOREACH(context, &inventory.contexts, in_inventory)
		sums->contexts++;
	TAILQ_FOREACH(device, &inventory.devices, in_inventory)
		sums->devices++;
	sums->stats = inventory.ended;
	TAILQ_FOREACH(space, &inventory.spaces, in_inventory) {
		stats = inventory_stats_of(space);
		inventory_add_calls(&sums->stats, &stats);
		sums->stats.areas += stats.areas;
		sums->stats.bytes += stats.bytes;
		sums->spaces++;
	}
	pthread_mutex_unlock(&inventory.lock);
}
