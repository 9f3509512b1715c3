/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* PASIDs whose addresses are this process's; see svanic_pasid.h. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <rte_iommufd.h>
#include <rte_iommufd_pasid.h>
#include <rte_iommufd_sva.h>

#include "svanic_log.h"
#include "svanic_options.h"
#include "svanic_pasid.h"
#include "svanic_registers.h"

struct svanic_pasids {
	struct rte_iommufd_device *device; /* the bus plugin's */
	struct rte_iommufd_sva *sva;
	const char *name; /* for log lines */
	unsigned int bound;
	bool per_queue; /* else all pairs have the first one */
	bool lost; /* changes of memory are not followed any more; atomic */
	uint32_t numbers[SVANIC_PAIRS_MAX];
};

static int
bind_next(struct svanic_pasids *pasids)
{
	int ret = rte_iommufd_sva_bind(
		pasids->sva, pasids->device, &pasids->numbers[pasids->bound]);

	if (ret != 0)
		return ret;
	SVANIC_LOG(NOTICE, "%s: addresses of this process by PASID %" PRIu32,
		pasids->name, pasids->numbers[pasids->bound]);
	pasids->bound++;
	return 0;
}

/* Only the bus plugin's iommufd backend gives a device that the library knows. */
static int
find_device(const char *path, struct rte_iommufd_context *context,
	struct rte_iommufd_device **device)
{
	int ret = rte_iommufd_device_lookup(context, path, device);

	if (ret == 0)
		return 0;
	SVANIC_LOG(ERR,
		"%s: sva=1 wants the device opened by librte_bus_pci_iommufd, which is not loaded here or leaves it to DPDK's own code (RTE_IOMMUFD=backend=stock)",
		path);
	return -ENOTSUP;
}

/* Before anything of an sva: the library's line names the device and what it lacks. */
static int
check_pasids(struct rte_iommufd_device *device)
{
	uint32_t pasid;
	int ret = rte_iommufd_pasid_alloc(device, &pasid);

	return ret != 0 ? ret : rte_iommufd_pasid_free(device, pasid);
}

static int
make_sva(struct svanic_pasids *pasids, struct rte_iommufd_context *context,
	uint64_t pin_limit)
{
	const struct rte_iommufd_sva_options options = {
		.size = sizeof(options),
		.pin_limit = pin_limit,
	};
	int ret = rte_iommufd_sva_create(context, &options, &pasids->sva);

	if (ret != 0)
		return ret;
	ret = bind_next(pasids);
	if (ret != 0)
		rte_iommufd_sva_destroy(pasids->sva);
	return ret;
}

int
svanic_pasids_open(const char *path, const char *name,
	const struct svanic_options *options, struct svanic_pasids **pasids)
{
	struct svanic_pasids *made = calloc(1, sizeof(*made));
	struct rte_iommufd_context *context;
	int ret;

	if (made == NULL) {
		SVANIC_LOG(ERR, "%s: no memory for PASIDs", path);
		return -ENOMEM;
	}
	made->name = name;
	made->per_queue = options->pasid_per_queue;
	ret = rte_iommufd_context_default(&context);
	if (ret == 0)
		ret = find_device(path, context, &made->device);
	if (ret == 0)
		ret = check_pasids(made->device);
	if (ret == 0)
		ret = make_sva(made, context, options->pin_limit);
	if (ret != 0) {
		free(made);
		return ret;
	}
	*pasids = made;
	return 0;
}

int
svanic_pasids_require(struct svanic_pasids *pasids, unsigned int pairs)
{
	int ret = 0;

	while (pasids->per_queue && pasids->bound < pairs && ret == 0)
		ret = bind_next(pasids);
	return ret;
}

uint32_t
svanic_pasids_of(const struct svanic_pasids *pasids, unsigned int pair)
{
	return pasids->numbers[pasids->per_queue ? pair : 0];
}

/* When it cannot be done, the library says why, and the device asks for the pages. */
void
svanic_pasids_keep(
	struct svanic_pasids *pasids, const void *memory, size_t length)
{
	rte_iommufd_sva_prefault(pasids->sva, memory, length,
		RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE |
			RTE_IOMMUFD_SVA_KEEP);
}

const uint32_t *
svanic_pasids_changes(const struct svanic_pasids *pasids)
{
	return rte_iommufd_sva_changes(pasids->sva);
}

/* The library says in a line why, so it is asked only once: its service does not come back. */
int
svanic_pasids_follow(void *opaque)
{
	struct svanic_pasids *pasids = opaque;
	int ret;

	if (__atomic_load_n(&pasids->lost, __ATOMIC_RELAXED))
		return -EIO;
	ret = rte_iommufd_sva_settle(pasids->sva);
	if (ret != 0)
		__atomic_store_n(&pasids->lost, true, __ATOMIC_RELAXED);
	return ret;
}

int
svanic_pasids_check(struct svanic_pasids *pasids)
{
	if (!__atomic_load_n(&pasids->lost, __ATOMIC_RELAXED))
		return svanic_pasids_follow(pasids);
	SVANIC_LOG(ERR,
		"%s: no queue is started with sva=1: changes of this process's memory are not followed any more, an earlier line says since when; start the program again",
		pasids->name);
	return -EIO;
}

void
svanic_pasids_stats(
	struct svanic_pasids *pasids, struct rte_iommufd_sva_stats *stats)
{
	rte_iommufd_sva_stats(pasids->sva, stats);
}

void
svanic_pasids_close(struct svanic_pasids *pasids)
{
	if (pasids == NULL)
		return;
	while (pasids->bound > 0)
		rte_iommufd_sva_unbind(pasids->sva, pasids->device,
			pasids->numbers[--pasids->bound]);
	rte_iommufd_sva_destroy(pasids->sva);
	free(pasids);
}
