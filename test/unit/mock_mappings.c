/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Mappings, of an IOAS or of a container, and which of their pages were written: a part of the stand-in, see mock_kernel.h. */

#include <errno.h>

#include "kernel/kernel.h"
#include "mock_kernel.h"
#include "mock_state.h"

bool
mock_overlap(const struct object *mapping, uint64_t iova, uint64_t length)
{
	return mapping->key <= iova + (length - 1) &&
		iova <= mapping->key + (mapping->value - 1);
}

void
mock_map(uint64_t owner, uint64_t iova, uint64_t length, const char *call)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == MAPPING &&
			mock.objects[i].parent == owner &&
			mock_overlap(&mock.objects[i], iova, length))
			mock_complain("%s: something is mapped there", call);
	mock_object_enter(MAPPING, iova, owner, length);
}

/*
 * What was written there is lost with the mapping, in each page table of the IOAS, or in the
 * container.
 */
static void
forget_written(uint64_t owner, uint64_t iova, uint64_t length)
{
	struct object *page, *hwpt;

	for (page = mock.objects; page < mock.objects + MAX_OBJECTS; page++) {
		if (page->kind != DIRTY_PAGE || page->key - iova >= length)
			continue;
		hwpt = mock_object_find(HWPT, page->parent);
		if (page->parent == owner ||
			(hwpt != NULL && hwpt->parent == owner))
			mock_object_forget(page);
	}
}

static uint64_t
unmap(uint64_t owner, uint64_t iova, uint64_t length, const char *call)
{
	struct object *mapping;
	uint64_t unmapped = 0;

	for (mapping = mock.objects; mapping < mock.objects + MAX_OBJECTS;
		mapping++) {
		if (mapping->kind != MAPPING || mapping->parent != owner ||
			!mock_overlap(mapping, iova, length))
			continue;
		if (mapping->key < iova ||
			mapping->key + (mapping->value - 1) >
				iova + (length - 1))
			mock_complain("%s: part of a mapping", call);
		unmapped += mapping->value;
		forget_written(owner, mapping->key, mapping->value);
		mock_object_forget(mapping);
	}
	return unmapped;
}

/* A script that says how much was unmapped means something else than all. */
int
mock_answer_unmap(const struct answer *answer, uint64_t owner, uint64_t iova,
	uint64_t length, uint64_t *unmapped, const char *call)
{
	*unmapped = 0;
	if (answer->result != 0)
		return answer->result;
	*unmapped = answer->has_value ? answer->value
				      : unmap(owner, iova, length, call);
	return 0;
}

int
mock_answer_ranges(const struct answer *answer,
	struct rte_iommufd_range *ranges, uint32_t *count)
{
	const uint32_t capacity = *count;
	uint32_t i;

	if (answer->result != 0)
		return answer->result;
	*count = mock.range_count;
	for (i = 0; i < mock.range_count && i < capacity; i++)
		ranges[i] = mock.ranges[i];
	return mock.range_count > capacity ? -EMSGSIZE : 0;
}

struct object *
mock_find_mapping(uint64_t owner, uint64_t iova)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == MAPPING &&
			mock.objects[i].parent == owner &&
			mock_overlap(&mock.objects[i], iova, 1))
			return &mock.objects[i];
	return NULL;
}

/* The owner is a page table or a container. */
void
mock_read_written(uint64_t owner, uint64_t iova, uint64_t length,
	uint64_t page_size, bool clear, uint64_t *bitmap)
{
	struct object *page;
	uint64_t bit;

	for (page = mock.objects; page < mock.objects + MAX_OBJECTS; page++) {
		if (page->kind != DIRTY_PAGE || page->parent != owner ||
			page->key - iova >= length)
			continue;
		bit = (page->key - iova) / page_size;
		bitmap[bit / 64] |= UINT64_C(1) << bit % 64;
		if (clear)
			mock_object_forget(page);
	}
}
