/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * IOVAs that have to stay usable in a space: those that EAL needs and those that the program
 * has named. The kernel keeps one list, which each call replaces as a whole
 * (iommufd_ioas_allow_iovas()), so it is given the union of both.
 *
 * Must not know: which backend it is, where EAL's addresses come from.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "backend/backend.h"
#include "core/space_allow.h"
#include "core/space_map.h"
#include "util/log.h"

static int
allow_compare(const void *one, const void *other)
{
	const struct rte_iommufd_range *a = one;
	const struct rte_iommufd_range *b = other;

	return a->first < b->first ? -1 : a->first > b->first;
}

/* A sorted copy; -EINVAL for what is no range, and for ranges that overlap. */
static int
allow_copy(struct allowed_ranges *copy, const struct rte_iommufd_range *ranges,
	uint32_t count)
{
	uint32_t i;

	copy->items = calloc((size_t)count + 1, sizeof(*copy->items));
	if (copy->items == NULL)
		return -ENOMEM;
	copy->count = count;
	if (count > 0)
		memcpy(copy->items, ranges, count * sizeof(*ranges));
	qsort(copy->items, count, sizeof(*copy->items), allow_compare);
	for (i = 0; i < count; i++)
		if (copy->items[i].first > copy->items[i].last ||
			(i > 0 &&
				copy->items[i].first <=
					copy->items[i - 1].last)) {
			free(copy->items);
			return -EINVAL;
		}
	return 0;
}

/* Ranges that overlap or touch become one. */
static int
allow_unite(struct allowed_ranges *united, const struct allowed_ranges *one,
	const struct allowed_ranges *other)
{
	const uint32_t count = one->count + other->count;
	struct rte_iommufd_range *items, *last;
	uint32_t i;

	items = calloc((size_t)count + 1, sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	if (one->count > 0)
		memcpy(items, one->items, one->count * sizeof(*items));
	if (other->count > 0)
		memcpy(items + one->count, other->items,
			other->count * sizeof(*items));
	qsort(items, count, sizeof(*items), allow_compare);
	*united = (struct allowed_ranges){ .items = items };
	for (i = 0; i < count; i++) {
		last = &items[united->count - 1];
		if (united->count > 0 &&
			(last->last == UINT64_MAX ||
				items[i].first <= last->last + 1))
			last->last = RTE_MAX(last->last, items[i].last);
		else
			items[united->count++] = items[i];
	}
	return 0;
}

static int
allow_in_kernel(struct rte_iommufd_space *space, enum allowed_for whom,
	const struct allowed_ranges *wanted)
{
	const enum allowed_for others = whom == ALLOWED_FOR_EAL
		? ALLOWED_FOR_PROGRAM
		: ALLOWED_FOR_EAL;
	struct allowed_ranges united;
	int ret;

	ret = allow_unite(&united, wanted, &space->allowed[others]);
	if (ret != 0)
		return ret;
	ret = space->context->backend->allow(space, united.items, united.count);
	free(united.items);
	return ret;
}

int
space_allow(struct rte_iommufd_space *space, enum allowed_for whom,
	const struct rte_iommufd_range *ranges, uint32_t count)
{
	struct allowed_ranges wanted;
	struct locked_range locked;
	int ret;

	if (space->context->backend->allow == NULL)
		return -EOPNOTSUPP;
	ret = allow_copy(&wanted, ranges, count);
	if (ret != 0)
		return ret;
	space_lock_all(space, &locked);
	ret = allow_in_kernel(space, whom, &wanted);
	if (ret == 0) {
		free(space->allowed[whom].items);
		space->allowed[whom] = wanted;
	}
	space_unlock_range(space, &locked);
	if (ret != 0)
		free(wanted.items);
	return ret;
}

int
rte_iommufd_space_allow(struct rte_iommufd_space *space,
	const struct rte_iommufd_range *ranges, unsigned int count)
{
	int ret = space_allow(space, ALLOWED_FOR_PROGRAM, ranges, count);

	if (ret == -EOPNOTSUPP)
		IOMMUFD_LOG(ERR,
			"backend %s cannot keep IOVAs usable: RTE_IOMMUFD=backend=iommufd can",
			space->context->backend->name);
	else if (ret != 0)
		IOMMUFD_LOG(ERR, "these IOVAs cannot be kept usable: %s",
			ret == -EADDRINUSE
				? "the IOMMU of an attached device has some of them reserved, or does not reach them (rte_iommufd_space_ranges() tells)"
				: rte_strerror(-ret));
	return ret;
}

void
space_allow_end(struct rte_iommufd_space *space)
{
	unsigned int i;

	for (i = 0; i < ALLOWED_KINDS; i++)
		free(space->allowed[i].items);
}
