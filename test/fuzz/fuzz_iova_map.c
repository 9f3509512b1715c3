/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The record of mappings against a model: an array that has for each of 64 pages the mapping
 * it belongs to. Each four bytes of the input are one call. The pages are the first or the
 * last of the address space, so that ends at 2^64 are among them.
 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "util/iova_map.h"

#define PAGES 64
#define PAGE UINT64_C(4096)
#define CALL_BYTES 4

/* What the model has of one page; id 0: it is free. */
struct page {
	unsigned int id;
	enum mapping_origin origin;
};

static struct page pages[PAGES];
static unsigned int last_id;
static uint64_t base;
static struct iova_map map;

static bool
all_are_free(unsigned int first, unsigned int count)
{
	unsigned int i;

	for (i = first; i < first + count; i++)
		if (pages[i].id != 0)
			return false;
	return true;
}

static bool
all_are_mapped(unsigned int first, unsigned int count)
{
	unsigned int i;

	for (i = first; i < first + count; i++)
		if (pages[i].id == 0 || pages[i].origin == MAPPING_OF_SECONDARY)
			return false;
	return true;
}

/* Neither end cuts a mapping in two. */
static bool
ends_are_ends(unsigned int first, unsigned int count)
{
	const unsigned int end = first + count;

	return (first == 0 || pages[first].id == 0 ||
		       pages[first - 1].id != pages[first].id) &&
		(end == PAGES || pages[end].id == 0 ||
			pages[end - 1].id != pages[end].id);
}

static void
set_pages(unsigned int first, unsigned int count, struct page value)
{
	unsigned int i;

	for (i = first; i < first + count; i++)
		pages[i] = value;
}

static void
add(unsigned int first, unsigned int count, enum mapping_origin origin)
{
	const struct mapping mapping = {
		.iova = base + first * PAGE,
		.length = count * PAGE,
		.va = PAGE * (1000 + first),
		.file = -1,
		.origin = origin,
	};
	const bool is_free = all_are_free(first, count);

	FUZZ_CHECK(iova_map_add(&map, &mapping) == (is_free ? 0 : -EEXIST));
	if (is_free)
		set_pages(first, count, (struct page){ ++last_id, origin });
}

static void
remove_whole(unsigned int first, unsigned int count)
{
	const uint64_t iova = base + first * PAGE;
	const bool whole = all_are_mapped(first, count) &&
		ends_are_ends(first, count);
	const int ret = iova_map_check_whole(&map, iova, count * PAGE);

	FUZZ_CHECK(whole == (ret == 0));
	FUZZ_CHECK(ret == 0 || ret == -ENOENT || ret == -EINVAL);
	if (!whole)
		return;
	iova_map_remove(&map, iova, count * PAGE);
	set_pages(first, count, (struct page){ 0 });
}

static void
remove_reserved(unsigned int first, unsigned int count)
{
	bool is_one = ends_are_ends(first, count) && pages[first].id != 0 &&
		pages[first].origin == MAPPING_OF_SECONDARY;
	unsigned int i;
	int ret;

	for (i = first; i < first + count; i++)
		is_one = is_one && pages[i].id == pages[first].id;
	ret = iova_map_remove_reserved(&map, base + first * PAGE, count * PAGE);
	FUZZ_CHECK(ret == (is_one ? 0 : -ENOENT));
	if (is_one)
		set_pages(first, count, (struct page){ 0 });
}

static void
remove_all_reserved(void)
{
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		if (pages[i].id == 0 || pages[i].origin != MAPPING_OF_SECONDARY)
			continue;
		pages[i] = (struct page){ 0 };
		bytes += PAGE;
	}
	FUZZ_CHECK(iova_map_remove_all_reserved(&map) == bytes);
}

/* Whole mappings become lost, also those that only their ends overlap. */
static void
lose(unsigned int first, unsigned int count)
{
	unsigned int i, j;

	iova_map_lose(&map, base + first * PAGE, count * PAGE);
	for (i = first; i < first + count; i++)
		for (j = 0; j < PAGES; j++)
			if (pages[i].id != 0 && pages[j].id == pages[i].id)
				pages[j].origin = MAPPING_LOST;
}

static void
translate(unsigned int first, unsigned int count)
{
	const uint64_t iova = base + first * PAGE;
	bool is_there = all_are_mapped(first, count);
	unsigned int i;
	uint64_t va;
	int ret;

	for (i = first; i < first + count; i++)
		is_there = is_there && pages[i].origin != MAPPING_LOST;
	ret = iova_map_translate(&map, iova, count * PAGE, 0, &va);
	FUZZ_CHECK(ret == (is_there ? 0 : -ENOENT));
	FUZZ_CHECK(!is_there || va == PAGE * (1000 + first));
}

/* The parts are the range, in order, without a gap. */
static void
cut_out(unsigned int first, unsigned int count)
{
	uint64_t next = base + first * PAGE;
	struct mapping *parts;
	size_t n, i;
	int ret;

	ret = iova_map_cut_out(&map, next, count * PAGE, &parts, &n);
	FUZZ_CHECK(ret == (all_are_mapped(first, count) ? 0 : -ENOENT));
	if (ret != 0)
		return;
	for (i = 0; i < n; i++) {
		FUZZ_CHECK(parts[i].iova == next);
		FUZZ_CHECK(parts[i].va == PAGE * 1000 + (next - base));
		next += parts[i].length;
	}
	FUZZ_CHECK(next == base + (first + count) * PAGE);
	free(parts);
}

static void
check_page(unsigned int i)
{
	const uint64_t iova = base + i * PAGE;
	const struct mapping *found = iova_map_find(&map, iova + PAGE / 2);

	FUZZ_CHECK((found != NULL) == (pages[i].id != 0));
	FUZZ_CHECK(found == NULL || found->origin == pages[i].origin);
	if (i > 0 && found != NULL && pages[i].id == pages[i - 1].id)
		FUZZ_CHECK(found == iova_map_find(&map, iova - PAGE));
}

static void
check_all(void)
{
	uint64_t bytes = 0, end = 0;
	struct mapping *list;
	unsigned int i;
	size_t count, n;

	for (i = 0; i < PAGES; i++) {
		check_page(i);
		bytes += pages[i].id != 0 ? PAGE : 0;
	}
	FUZZ_CHECK(map.bytes == bytes);
	FUZZ_CHECK(iova_map_list(&map, &list, &count) == 0);
	FUZZ_CHECK(count == map.count);
	for (n = 0; n < count; n++) {
		FUZZ_CHECK(n == 0 || list[n].iova >= end);
		end = list[n].iova + list[n].length;
	}
	free(list);
}

static void
call(const uint8_t *bytes)
{
	const unsigned int first = bytes[1] % PAGES;
	const unsigned int count = 1 + bytes[2] % (PAGES - first);

	switch (bytes[0] % 8) {
	case 0:
	case 1:
		add(first, count, bytes[3] % MAPPING_LOST);
		break;
	case 2:
		remove_whole(first, count);
		break;
	case 3:
		remove_reserved(first, count);
		break;
	case 4:
		lose(first, count);
		break;
	case 5:
		translate(first, count);
		break;
	case 6:
		cut_out(first, count);
		break;
	case 7:
		if (bytes[3] % 16 == 0)
			remove_all_reserved();
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	base = data[0] % 2 == 0 ? 0 : 0 - PAGES * PAGE;
	memset(pages, 0, sizeof(pages));
	last_id = 0;
	iova_map_init(&map);
	for (data++, size--; size >= CALL_BYTES; size -= CALL_BYTES) {
		call(data);
		data += CALL_BYTES;
	}
	check_all();
	iova_map_clear(&map);
	FUZZ_CHECK(map.count == 0 && map.bytes == 0);
	return 0;
}
